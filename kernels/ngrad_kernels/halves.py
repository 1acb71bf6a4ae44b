"""Floats that are stored in two bytes: between what lies in memory and the float32 that is
computed.

A load widens, which is exact. What is computed of halves is rounded to them, to nearest, ties to
even, after every operation (`f2(x)` and `f2b(x)` in source text): so it does not matter which
values were stored on the way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import types

from ngrad_kernels.codegen import intrinsic

FLOAT, INT, HALF, BYTE = ir.FloatType(), ir.IntType(32), ir.IntType(16), ir.IntType(8)


def widened(builder: ir.IRBuilder, code: str, value: Any) -> Any:
    """Elements as memory has them, as they are computed: of most dtypes themselves."""
    if code == "b1":  # any non-zero byte is true
        return builder.icmp_unsigned("!=", value, BYTE(0))
    if code == "f2":
        return builder.fpext(value, FLOAT)
    if code == "f2b":  # the upper half of a float32
        return builder.bitcast(builder.shl(builder.zext(value, INT), INT(16)), FLOAT)
    return value


def narrowed(builder: ir.IRBuilder, code: str, value: Any) -> Any:
    """Elements as they are computed, rounded to those that memory has; as `widened`."""
    if code == "b1":
        return builder.zext(value, BYTE)
    if code == "f2":
        return builder.fptrunc(value, ir.HalfType())
    if code == "f2b":
        bits = builder.bitcast(value, INT)
        odd = builder.and_(builder.lshr(bits, INT(16)), INT(1))
        near = builder.add(builder.add(bits, INT(0x7FFF)), odd)
        quiet = builder.or_(bits, INT(0x400000))
        near = builder.select(builder.fcmp_unordered("uno", value, value), quiet, near)
        return builder.trunc(builder.lshr(near, INT(16)), HALF)
    return value


def _to_odd(builder: ir.IRBuilder, value: Any) -> Any:
    """A float64 as float32; if it lies between two, the one whose last bit is 1.

    That is what has to be known of it to round once more, and be as if it were rounded once.
    """
    near = builder.fptrunc(value, FLOAT)
    back, bits = builder.fpext(near, value.type), builder.bitcast(near, INT)
    above = builder.fcmp_ordered(">", _magnitude(builder, back), _magnitude(builder, value))
    step = builder.select(above, INT(-1), INT(1))
    even = builder.icmp_unsigned("==", builder.and_(bits, INT(1)), INT(0))
    move = builder.and_(even, builder.fcmp_ordered("!=", back, value))
    return builder.bitcast(builder.select(move, builder.add(bits, step), bits), FLOAT)


def _magnitude(builder: ir.IRBuilder, value: Any) -> Any:
    word = ir.IntType(64)
    bits = builder.and_(builder.bitcast(value, word), word((1 << 63) - 1))
    return builder.bitcast(bits, value.type)


def rounding(code: str) -> Callable[..., Any]:
    """An intrinsic that rounds a number of any real dtype to a half, as a float32. (Integers of
    more than 53 bits are rounded to float64 first.)
    """

    @intrinsic
    def half(typingctx, x):
        number = types.unliteral(x)

        def codegen(context, builder, signature, args):
            (value,) = args
            if number != types.float32:
                value = context.cast(builder, value, number, types.float64)
                value = _to_odd(builder, value)
            return widened(builder, code, narrowed(builder, code, value))

        return types.float32(x), codegen

    return half
