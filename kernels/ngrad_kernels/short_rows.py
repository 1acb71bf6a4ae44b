"""Short rows, of which a kernel takes as many at a time as a block holds.

A loop over one row of a few elements takes longer to begin and to end than to run. So what is
computed an element is computed in one loop over the elements of all of these rows; a value of a row
is repeated for each of its elements, and rows are reduced side by side. The order within a row is
`contract.py`'s, so these are the bits of row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from ngrad_kernels.addresses import prefetch
from ngrad_kernels.codegen import intrinsic
from ngrad_kernels.codes import part_of, size_of
from ngrad_kernels.contract import LINE, SEVERAL, SHORT, SLAB, SQUARE, TOGETHER
from ngrad_kernels.intrinsics import MEMORY, WORD
from ngrad_kernels.lanes import turned
from ngrad_kernels.reductions import (
    BYTE,
    INDEX,
    NAMES,
    apart,
    combination,
    constant,
    masked_load,
    neutral,
    put,
    routine,
    splat,
    together,
    vectors,
)

WIDE = SQUARE
"""Rows that are reduced side by side, each in a lane: as many as there are registers for where each
of them begins."""
TURNED = 5
"""Elements, of 4 bytes, of the shortest rows that become lanes as squares of them are turned: of
others, to put each element in its lane takes no longer."""
FOUR = 4
"""Elements, of 4 bytes, of rows of which two lie in a vector."""
AHEAD = 1 << 11
"""Bytes from a row that is reduced to what is fetched meanwhile."""

Write = Callable[[ir.IRBuilder, Any, int], None]
"""What writes a routine: given its operands, and an element's alignment."""


def _routine(name: str, code: str, write: Write) -> Callable[..., Any]:
    """An intrinsic `(source, count, length, target)` that calls a routine."""

    @intrinsic
    def call(typingctx, source, count, length, target):
        def codegen(context, builder, signature, args):
            align = MEMORY[part_of(code)][1].get_abi_size(context.target_data)
            call_once(builder, name, write, args, align)
            return context.get_dummy_value()

        return types.void(*[types.intp] * 4), codegen

    return call


def call_once(builder: ir.IRBuilder, name: str, write: Write, args: Any, align: int) -> None:
    """Call a routine over words, which a module has once."""
    module = builder.module
    function = module.globals.get(name)
    if function is None:
        function = ir.Function(module, ir.FunctionType(ir.VoidType(), [WORD] * len(args)), name)
        function.linkage = "internal"
        function.attributes.add("noinline")
        within = ir.IRBuilder(function.append_basic_block())
        write(within, function.args, align)
        within.ret_void()
    builder.call(function, args)


def smaller(builder: ir.IRBuilder, x: Any, y: Any) -> Any:
    """The smaller of two words."""
    return builder.select(builder.icmp_signed("<", x, y), x, y)


def rows(reduction: str, code: str, ahead: bool = False) -> Callable[..., Any]:
    """An intrinsic `(source, count, length, target)` that reduces `count` rows of `length`
    elements, one behind the other, each as `block_*` does. The target has room for a multiple of
    `WIDE`. Memory ahead of rows is fetched where that is asked for, and caches fetch nothing ahead
    of masked loads.
    """

    def write(builder: ir.IRBuilder, args: Any, align: int) -> None:
        source, count, length, target = args
        out = builder.inttoptr(target, MEMORY[code][1].as_pointer())
        with builder.if_else(builder.icmp_signed("<", length, WORD(SHORT))) as (short, long):
            with short:
                _side_by_side(builder, reduction, code, (source, count, length), (out, align))
            with long:
                block = routine(builder.module, reduction, code, align)
                pitch = builder.mul(length, WORD(size_of(code)))
                with cgutils.for_range_slice(builder, WORD(0), count, WORD(1), inc=True) as (r, _):
                    row = builder.add(source, builder.mul(r, pitch))
                    if ahead:
                        begin = builder.add(row, WORD(AHEAD))
                        lines = cgutils.for_range_slice(
                            builder, WORD(0), pitch, WORD(LINE), inc=True
                        )
                        with lines as (k, _):
                            prefetch(builder, builder.add(begin, k))
                    builder.store(builder.call(block, [row, length]), builder.gep(out, [r]))

    return _routine(f"ngrad.{reduction}.{code}.rows{'.ahead' * ahead}", code, write)


def _side_by_side(
    builder: ir.IRBuilder,
    reduction: str,
    code: str,
    rows: tuple[Any, Any, Any],
    target: tuple[Any, int],
) -> None:
    """Code that reduces rows a lane each, in order."""
    source, count, length = rows
    out, align = target
    element, size = MEMORY[code][1], size_of(code)
    combine, vector = combination(reduction, code), vectors(code, WIDE)
    total = cgutils.alloca_once(builder, vector)
    last, pitch = builder.sub(count, WORD(1)), builder.mul(length, WORD(size))
    done = WORD(0)
    if size == 4:
        four = builder.icmp_signed("==", length, WORD(FOUR))
        done = builder.select(four, builder.and_(count, WORD(-WIDE)), done)
        _fours(builder, source, done, combine, constant(vector, neutral(reduction, code)), target)
    with cgutils.for_range_slice(builder, done, count, WORD(WIDE), inc=True) as (first, _):
        begins = []
        for lane in range(WIDE):
            # Lanes behind the last row reduce it again.
            row = smaller(builder, builder.add(first, WORD(lane)), last)
            begin = builder.add(source, builder.mul(row, pitch))
            begins.append(builder.inttoptr(begin, element.as_pointer()))
        builder.store(constant(vector, neutral(reduction, code)), total)
        done = WORD(0)
        if size == 4:
            # What lies behind a row is the next one, but behind the last is no memory of ours.
            squares = builder.and_(builder.add(length, WORD(WIDE - 1)), WORD(-WIDE))
            end = builder.add(builder.mul(row, length), squares)
            inside = builder.icmp_signed("<=", end, builder.mul(count, length))
            long = builder.icmp_signed(">=", length, WORD(TURNED))
            done = builder.select(builder.and_(inside, long), length, done)
            _by_squares(builder, begins, done, combine, (total, align))
        with cgutils.for_range_slice(builder, done, length, WORD(1), inc=True) as (k, _):
            # Not by a gather, which takes twice as long, measured.
            part = ir.Constant(vector, ir.Undefined)
            for lane, begin in enumerate(begins):
                here = builder.load(builder.gep(begin, [k]))
                part = put(builder, part, here, lane)
            builder.store(combine(builder, builder.load(total), part), total)
        result = together(builder, builder.load(total))
        place = builder.bitcast(builder.gep(out, [first]), result.type.as_pointer())
        builder.store(result, place, align=align)


def _fours(
    builder: ir.IRBuilder,
    source: Any,
    count: Any,
    combine: Callable[..., Any],
    start: Any,
    target: tuple[Any, int],
) -> None:
    """Code that reduces rows of four elements, as many as are a multiple of `WIDE`: of two rows in
    each vector, elements of one place come together in two steps, which keep to halves of vectors.
    """
    out, align = target
    vector = start.type

    def mixed(x: Any, y: Any, places: Sequence[int]) -> Any:
        return builder.shuffle_vector(x, y, ir.Constant(ir.VectorType(INDEX, WIDE), [*places]))

    with cgutils.for_range_slice(builder, WORD(0), count, WORD(WIDE), inc=True) as (first, _):
        begin = builder.add(source, builder.mul(first, WORD(FOUR * 4)))
        rows = builder.inttoptr(begin, vector.as_pointer())
        pairs = [builder.load(builder.gep(rows, [WORD(k)]), align=align) for k in range(WIDE // 2)]
        total = start
        for lower in (0, 2):
            near, far = (
                mixed(pairs[k], pairs[k + 1], [p + lower for p in (0, 8, 1, 9, 4, 12, 5, 13)])
                for k in (0, 2)
            )
            for side in (0, 2):
                part = mixed(near, far, [p + side for p in (0, 1, 8, 9, 4, 5, 12, 13)])
                total = combine(builder, total, part)
        total = mixed(total, total, (0, 4, 1, 5, 2, 6, 3, 7))  # they were 0, 2, 4, 6, 1, 3, 5, 7
        place = builder.bitcast(builder.gep(out, [first]), vector.as_pointer())
        builder.store(total, place, align=align)


def _by_squares(
    builder: ir.IRBuilder,
    begins: list[Any],
    length: Any,
    combine: Callable[..., Any],
    total: tuple[Any, int],
) -> None:
    """Code that combines lanes with rows, in order, by squares that are turned."""
    lanes, align = total
    vector = lanes.type.pointee

    def square(k: Any) -> list[Any]:
        places = [builder.bitcast(builder.gep(row, [k]), vector.as_pointer()) for row in begins]
        # Not masked, even where rows end within: caches fetch nothing ahead of such loads.
        return turned(builder, [builder.load(at, align=align) for at in places], 1)

    whole = builder.and_(length, WORD(-WIDE))
    with cgutils.for_range_slice(builder, WORD(0), whole, WORD(WIDE), inc=True) as (k, _):
        for part in square(k):
            builder.store(combine(builder, builder.load(lanes), part), lanes)
    left = builder.sub(length, whole)
    with builder.if_then(builder.icmp_signed(">", left, WORD(0))):
        for k, part in enumerate(square(whole)[:-1]):
            before = builder.load(lanes)
            more = builder.icmp_signed("<", WORD(k), left)
            builder.store(builder.select(more, combine(builder, before, part), before), lanes)


def line(reduction: str, code: str) -> tuple[int, Any, Any]:
    """How many elements a line of memory has, its type, and such lanes as change nothing."""
    width, part = LINE // size_of(code), part_of(code)
    kind = ir.VectorType(MEMORY[part][1], LINE // size_of(part))
    return width, kind, constant(vectors(code, width), neutral(reduction, code))


def columns(reduction: str, code: str) -> Callable[..., Any]:
    """An intrinsic `(source, count, length, target)` that reduces the columns of `count` rows of
    `length` elements, one behind the other: in order, each `SLAB` of rows to `length` results. The
    target has room for a `LINE` behind the last.
    """
    size, part = size_of(code), part_of(code)
    width, kind, neutrals = line(reduction, code)
    combine = combination(reduction, code)

    def write(builder: ir.IRBuilder, args: Any, align: int) -> None:
        source, count, length, target = args
        lanes, elements = cgutils.alloca_once(builder, neutrals.type), builder.mul(count, length)
        others = together(builder, neutrals)

        def place(address: Any, element: Any) -> Any:
            at = builder.add(address, builder.mul(element, WORD(size)))
            return builder.inttoptr(at, kind.as_pointer())

        def add(row: Any, column: Any, load: Callable[[Any], Any]) -> None:
            found = load(place(source, builder.add(builder.mul(row, length), column)))
            found = apart(builder, code, width, found)
            builder.store(combine(builder, builder.load(lanes), found), lanes)

        slabs = cgutils.for_range_slice(builder, WORD(0), count, WORD(SLAB), inc=True)
        with slabs as (slab, _):
            stop = smaller(builder, builder.add(slab, WORD(SLAB)), count)
            result = builder.mul(builder.udiv(slab, WORD(SLAB)), length)
            across = cgutils.for_range_slice(builder, WORD(0), length, WORD(width), inc=True)
            with across as (column, _):
                builder.store(neutrals, lanes)
                # What lies behind a row is the next one, but behind the last is no memory of ours.
                end = builder.add(builder.mul(builder.sub(stop, WORD(1)), length), column)
                inside = builder.icmp_signed("<=", builder.add(end, WORD(width)), elements)
                whole = builder.select(inside, stop, slab)
                rows = cgutils.for_range_slice(builder, slab, whole, WORD(1), inc=True)
                with rows as (row, _):
                    add(row, column, lambda at: builder.load(at, align=align))
                left = smaller(builder, builder.sub(length, column), WORD(width))
                left = builder.trunc(builder.mul(left, WORD(kind.count // width)), BYTE)
                rows = cgutils.for_range_slice(builder, whole, stop, WORD(1), inc=True)
                with rows as (row, _):
                    add(row, column, lambda at: masked_load(builder, part, at, left, others, align))
                found = together(builder, builder.load(lanes))
                at = place(target, builder.add(result, column))
                # What is written past the last column, the next slab writes over.
                builder.store(found, at, align=align)

    return _routine(f"ngrad.{reduction}.{code}.columns", code, write)


def repeat(code: str) -> Callable[..., Any]:
    """An intrinsic `(source, count, length, target)` that writes each of `count` elements `length`
    times, one behind the other, and up to a `LINE` behind the last.
    """

    def write(builder: ir.IRBuilder, args: Any, align: int) -> None:
        source, count, length, target = args
        element, size = MEMORY[code][1], size_of(code)
        elements = builder.inttoptr(source, element.as_pointer())
        pitch = builder.mul(length, WORD(size))
        with cgutils.for_range_slice(builder, WORD(0), count, WORD(1), inc=True) as (r, _):
            one = builder.load(builder.gep(elements, [r]))
            value = together(builder, splat(builder, one, vectors(code, LINE // size)))
            row = builder.add(target, builder.mul(r, pitch))
            # What is written past the row, the next row writes over.
            with cgutils.for_range_slice(builder, WORD(0), pitch, WORD(LINE), inc=True) as (k, _):
                place = builder.inttoptr(builder.add(row, k), value.type.as_pointer())
                builder.store(value, place, align=align)

    return _routine(f"ngrad.repeat.{code}", code, write)


NAMESPACE: dict[str, Any] = {
    **{
        f"{name}_{reduction}_{code}": rows(reduction, code, ahead)
        for code, names in NAMES.items()
        for reduction in names
        for name, ahead in (("rows", False), ("rows_in_memory", True))
    },
    **{
        f"columns_{reduction}_{code}": columns(reduction, code)
        for code, names in NAMES.items()
        for reduction in names
    },
    **{f"repeat_{code}": repeat(code) for code in MEMORY},
    "LINE": LINE,
    "SEVERAL": SEVERAL,
    "TOGETHER": TOGETHER,
}
"""The names that rendered source may use."""
