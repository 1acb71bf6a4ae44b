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

LINES, APART = 4, 1 << 11
"""Lines of the caches that are read of each row in turn where rows begin a multiple of so many
bytes apart: those at one place of all rows share a few places in the nearest cache, which fetches
the next ones in vain. Elsewhere it fetches for all rows at once."""


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
        lanes = [cgutils.alloca_once(builder, neutrals.type) for _ in range(LINES)]
        others = together(builder, neutrals)

        def row(column: Any, k: Any) -> Any:
            at = builder.add(builder.mul(column, WORD(size)), builder.mul(pitch, k))
            return builder.inttoptr(builder.add(source, at), kind.as_pointer())

        def put(column: Any, lane: Any) -> None:
            at = builder.add(target, builder.mul(column, WORD(size)))
            found = together(builder, builder.load(lane))
            builder.store(found, builder.inttoptr(at, kind.as_pointer()), align=align)

        def add(found: Any, lane: Any) -> None:
            found = apart(builder, code, width, found)
            builder.store(combine(builder, builder.load(lane), found), lane)

        def strips(first: Any, last: Any, count: Any, lines: int) -> None:
            """Columns of so many lines at a time."""
            step = WORD(lines * width)
            with cgutils.for_range_slice(builder, first, last, step, inc=True) as (column, _):
                columns = [builder.add(column, WORD(k * width)) for k in range(lines)]
                each = [*zip(columns, lanes, strict=False)]
                for _, lane in each:
                    builder.store(neutrals, lane)

                def add_row(k: Any) -> None:
                    for column, lane in each:
                        add(builder.load(row(column, k), align=align), lane)

                if count is None:
                    for k in range(SLAB):
                        add_row(WORD(k))
                else:
                    rows = cgutils.for_range_slice(builder, WORD(0), count, WORD(1), inc=True)
                    with rows as (k, _):
                        add_row(k)
                for column, lane in each:
                    put(column, lane)

        whole = builder.and_(length, WORD(-width))
        collide = builder.icmp_signed("==", builder.and_(pitch, WORD(APART - 1)), WORD(0))
        several = builder.and_(length, WORD(-width * LINES))
        several = builder.select(collide, several, WORD(0))
        full = builder.icmp_signed("==", count, WORD(SLAB))
        # Loops of a known number of rows take half of the time.
        with builder.if_else(full) as (known, open_):
            with known:
                strips(WORD(0), several, None, LINES)
                strips(several, whole, None, 1)
            with open_:
                strips(WORD(0), whole, count, 1)
        with builder.if_then(builder.icmp_signed("<", whole, length)):
            builder.store(neutrals, lanes[0])
            left = builder.mul(builder.sub(length, whole), WORD(kind.count // width))
            left = builder.trunc(left, BYTE)
            rows = cgutils.for_range_slice(builder, WORD(0), count, WORD(1), inc=True)
            with rows as (k, _):
                add(masked_load(builder, part, row(whole, k), left, others, align), lanes[0])
            put(whole, lanes[0])

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
