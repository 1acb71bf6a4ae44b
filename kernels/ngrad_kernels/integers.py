"""Integer arithmetic with no undefined case, and the float next to another.

Division by zero, `MIN // -1` and shifts by the width or more are undefined in LLVM; here they give
NumPy's results, without a branch where the loop is to vectorise. Every function takes and returns
one integer (or float) type.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types

from ngrad_kernels.codegen import intrinsic
from ngrad_kernels.codes import size_of
from ngrad_kernels.intrinsics import (
    FLOATS,
    bits_of,
    copysign,
    floor,
    from_bits,
    rint,
    scalar,
    select,
)


def _shift(direction: str) -> Any:
    @intrinsic
    def shift(typingctx, x, y):
        if x != y or not isinstance(x, types.Integer):
            raise TypeError(f"a shift takes two integers of one type, not {x} and {y}")

        def codegen(context, builder, signature, args):
            value, count = args
            width = ir.Constant(value.type, x.bitwidth)
            inside = builder.icmp_unsigned("<", count, width)
            safe = builder.select(inside, count, ir.Constant(value.type, 0))
            outside = ir.Constant(value.type, 0)
            if direction == "left":
                shifted = builder.shl(value, safe)
            elif x.signed:
                shifted = builder.ashr(value, safe)
                outside = builder.ashr(value, ir.Constant(value.type, x.bitwidth - 1))
            else:
                shifted = builder.lshr(value, safe)
            return builder.select(inside, shifted, outside)

        return x(x, x), codegen

    return shift


shift_left = _shift("left")
shift_right = _shift("right")


@scalar
def floordiv_int(x, y):
    """Quotient rounded down; 0 where y is 0, and MIN // -1 wraps to MIN."""
    special = (y == 0) | (y == -1)
    quotient = x // (1 if special else y)
    return (0 if y == 0 else -x) if special else quotient


@scalar
def mod_int(x, y):
    """Remainder with the sign of the divisor; 0 where y is 0 or -1."""
    special = (y == 0) | (y == -1)
    return 0 if special else x % (1 if special else y)


@scalar
def floordiv_wide(x, y):
    """As `floordiv_int`, of int64 by floats, which are a vector's.

    A float has 53 bits, so the first quotient is off by 2**11 at most; what it leaves has one that
    a float holds, and to the nearest integer. Then less is left than y, exactly.
    """
    special = (y == 0) | (y == 1) | (y == -1)
    divisor = select(special, np.int64(2), y)
    inverse = np.float64(1) / np.float64(divisor)
    quotient = np.int64(np.float64(x) * inverse)
    rest = x - quotient * divisor
    more = np.int64(rint(np.float64(rest) * inverse))
    rest = rest - more * divisor
    below = (rest != 0) & ((rest ^ divisor) < 0)
    quotient = quotient + more - select(below, np.int64(1), np.int64(0))
    return select(special, x * y, quotient)


@scalar
def mod_wide(x, y):
    """As `mod_int`, of int64 by floats."""
    return select(y == 0, np.int64(0), x - floordiv_wide(x, y) * y)


@scalar
def floordiv_uint(x, y):
    """Quotient of unsigned integers; 0 where y is 0."""
    zero = y == 0
    one = type(y)(1)
    return type(y)(0) if zero else x // (one if zero else y)


@scalar
def mod_uint(x, y):
    """Remainder of unsigned integers; 0 where y is 0."""
    zero = y == 0
    one = type(y)(1)
    return type(y)(0) if zero else x % (one if zero else y)


@scalar
def floordiv_narrow(x, y):
    """As of integers of 8 bytes, of those of fewer, by the quotient of floats, which is a vector's:
    exact, since what is no whole number is further from one than it is rounded.
    """
    special = (y == 0) | (y == -1)
    divisor = select(special, type(y)(1), y)
    quotient = type(x)(floor(np.float64(x) / np.float64(divisor)))
    return select(special, select(y == 0, type(x)(0), type(x)(-x)), quotient)


@scalar
def floordiv_unsigned(x, y):
    """As `floordiv_narrow`, of unsigned integers."""
    divisor = select(y == 0, type(y)(1), y)
    quotient = type(x)(np.int64(floor(np.float64(x) / np.float64(divisor))))
    return select(y == 0, type(x)(0), quotient)


@scalar
def mod_narrow(x, y):
    """Remainder with the sign of the divisor, of integers of fewer than 8 bytes."""
    return select((y == 0) | (y == -1), type(x)(0), type(x)(x - floordiv_narrow(x, y) * y))


@scalar
def mod_unsigned(x, y):
    """As `mod_narrow`, of unsigned integers."""
    return select(y == 0, type(x)(0), type(x)(x - floordiv_unsigned(x, y) * y))


@scalar
def pow_int(x, y):
    """x to a non-negative integer power, wrapping; by repeated squaring."""
    result = type(x)(1)
    base = x
    exponent = y
    while exponent > 0:
        if exponent & 1:
            result = type(x)(result * base)
        base = type(x)(base * base)
        exponent = exponent >> 1
    return result


@scalar
def gcd_int(x, y):
    """The greatest common divisor, by Euclid; of 0 and 0 it is 0, and of MIN and 0 or MIN it wraps
    to MIN.
    """
    while y != 0:
        rest = type(x)(0 if y == -1 else x % y)  # MIN % -1 is undefined
        x = y
        y = rest
    return type(x)(-x) if x < 0 else x


@scalar
def gcd_uint(x, y):
    """The greatest common divisor of unsigned integers, by Euclid."""
    while y != 0:
        rest = type(x)(x % y)
        x = y
        y = rest
    return x


ONE, TWO, FOUR, BYTE, HALF, REST = (np.uint64(k) for k in (1, 2, 4, 8, 16, 32))
PAIRS, FOURS, BYTES, COUNT = (
    np.uint64(k) for k in (0x5555555555555555, 0x3333333333333333, 0x0F0F0F0F0F0F0F0F, 0x7F)
)


@scalar
def bits_set(x):
    """How many bits of a uint64 are set: of pairs, fours and bytes, whose counts are added."""
    x = x - ((x >> ONE) & PAIRS)
    x = (x & FOURS) + ((x >> TWO) & FOURS)
    x = (x + (x >> FOUR)) & BYTES
    x = x + (x >> BYTE)
    x = x + (x >> HALF)
    return (x + (x >> REST)) & COUNT


def _lcm(size: int) -> Callable[..., Any]:
    """The least common multiple of integers of so many bytes: |x| / gcd * |y|, which wraps."""
    word = np.dtype(f"u{size}").type

    @scalar
    def lcm(x, y):
        a = word(-x) if x < 0 else word(x)
        b = word(-y) if y < 0 else word(y)
        divisor = gcd_uint(a, b)
        return word(word(a // (word(1) if divisor == 0 else divisor)) * b)

    return lcm


def _nextafter(code: str) -> Callable[..., Any]:
    """The float next to x in the direction of y: that of the next bits."""
    to_bits, to_float = bits_of[code], from_bits[code]
    word = np.dtype(f"i{size_of(code)}").type
    up, down = word(1), word(-1)

    @scalar
    def nextafter(x, y):
        step = select((y > x) == (x > 0), up, down)
        moved = to_float(word(to_bits(x) + step))
        moved = select(x == 0, copysign(to_float(up), y), moved)
        return select((x != x) | (y != y), x + y, select(x == y, y, moved))

    return nextafter


def _extreme(sign: str) -> Any:
    """The least, or the greatest, of several int64."""

    @intrinsic
    def extreme(typingctx, *numbers):
        def codegen(context, builder, signature, args):
            found, *others = cgutils.unpack_tuple(builder, args[0])
            for other in others:
                found = builder.select(builder.icmp_signed(sign, found, other), found, other)
            return found

        return types.intp(types.UniTuple(types.intp, len(numbers))), codegen

    return extreme


least, greatest = _extreme("<="), _extreme(">=")


NAMESPACE: dict[str, Any] = {
    function.py_func.__name__: function
    for function in (
        pow_int,
        gcd_int,
        gcd_uint,
        bits_set,
    )
} | {"math": math, "np": np, "shift_left": shift_left, "shift_right": shift_right}
for _size in (1, 2, 4, 8):
    _narrow = _size < 8
    NAMESPACE |= {
        f"floordiv_i{_size}": floordiv_narrow if _narrow else floordiv_int,
        f"floordiv_u{_size}": floordiv_unsigned if _narrow else floordiv_uint,
        **dict.fromkeys((f"lcm_i{_size}", f"lcm_u{_size}"), _lcm(_size)),
        f"mod_i{_size}": mod_narrow if _narrow else mod_int,
        f"mod_u{_size}": mod_unsigned if _narrow else mod_uint,
    }
BY_FLOATS = {"floordiv_i8": floordiv_wide, "mod_i8": mod_wide}
"""In place of those, where a vector of int64 becomes one of floats: elsewhere a CPU divides sooner.
"""
NAMESPACE |= {f"nextafter_{code}": _nextafter(code) for code in FLOATS}
