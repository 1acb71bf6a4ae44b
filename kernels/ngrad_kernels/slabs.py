"""Slabs of rows, whose columns are reduced in registers: each element is read once, where it lies,
and each result stored once. Rows too short for that are `short_rows.py`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from ngrad_kernels.codegen import intrinsic
from ngrad_kernels.codes import part_of, size_of
from ngrad_kernels.contract import SLAB
from ngrad_kernels.intrinsics import MEMORY, WORD
from ngrad_kernels.reductions import BYTE, NAMES, apart, combination, masked_load, together
from ngrad_kernels.short_rows import call_once, line


def slab(reduction: str, code: str) -> Callable[..., Any]:
    """An intrinsic `(source, pitch, count, length, target)` that reduces, in order, the columns of
    up to `SLAB` rows of `length` elements, which begin a pitch of bytes apart. The target has room
    for a `LINE` behind the last result.
    """
    size, part = size_of(code), part_of(code)
    width, kind, neutrals = line(reduction, code)
    combine = combination(reduction, code)

    def write(builder: ir.IRBuilder, args: Any, align: int) -> None:
        source, pitch, count, length, target = args
        lanes, others = cgutils.alloca_once(builder, neutrals.type), together(builder, neutrals)

        def row(column: Any, k: Any) -> Any:
            at = builder.add(builder.mul(column, WORD(size)), builder.mul(pitch, k))
            return builder.inttoptr(builder.add(source, at), kind.as_pointer())

        def put(column: Any) -> None:
            at = builder.add(target, builder.mul(column, WORD(size)))
            found = together(builder, builder.load(lanes))
            builder.store(found, builder.inttoptr(at, kind.as_pointer()), align=align)

        def add(found: Any) -> None:
            found = apart(builder, code, width, found)
            builder.store(combine(builder, builder.load(lanes), found), lanes)

        whole = builder.and_(length, WORD(-width))
        full = builder.icmp_signed("==", count, WORD(SLAB))
        # Loops of a known number of rows take half of the time.
        with builder.if_else(full) as (known, open_):
            for branch in (known, open_):
                strips = cgutils.for_range_slice(builder, WORD(0), whole, WORD(width), inc=True)
                with branch, strips as (column, _):
                    builder.store(neutrals, lanes)
                    if branch is known:
                        for k in range(SLAB):
                            add(builder.load(row(column, WORD(k)), align=align))
                    else:
                        rows = cgutils.for_range_slice(builder, WORD(0), count, WORD(1), inc=True)
                        with rows as (k, _):
                            add(builder.load(row(column, k), align=align))
                    put(column)
        with builder.if_then(builder.icmp_signed("<", whole, length)):
            builder.store(neutrals, lanes)
            left = builder.mul(builder.sub(length, whole), WORD(kind.count // width))
            left = builder.trunc(left, BYTE)
            rows = cgutils.for_range_slice(builder, WORD(0), count, WORD(1), inc=True)
            with rows as (k, _):
                add(masked_load(builder, part, row(whole, k), left, others, align))
            put(whole)

    @intrinsic
    def call(typingctx, source, pitch, count, length, target):
        def codegen(context, builder, signature, args):
            align = MEMORY[part][1].get_abi_size(context.target_data)
            call_once(builder, f"ngrad.{reduction}.{code}.slab", write, args, align)
            return context.get_dummy_value()

        return types.void(*[types.intp] * 5), codegen

    return call


NAMESPACE: dict[str, Any] = {
    f"slab_{reduction}_{code}": slab(reduction, code)
    for code, names in NAMES.items()
    for reduction in names
}
"""The names that rendered source may use."""
