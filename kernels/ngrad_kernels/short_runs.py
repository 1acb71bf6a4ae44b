"""Short runs of elements, of which strided views consist, copied many at a time.

A loop over the elements of one takes longer to begin and to end than to run, and so does a routine
for copies of any length. Here vectors are copied, the last one up to the end of the run: where it
overlaps what was copied it has the same bytes, and nothing beside the run is read or written.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from ngrad_kernels.codegen import intrinsic
from ngrad_kernels.intrinsics import WORD

BYTE, INDEX = ir.IntType(8), ir.IntType(32)
RUN = 1 << 13
"""Bytes of the longest run for which this is faster than `memcpy`."""
WIDTHS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
"""Bytes of vectors, which may be several registers'."""
TAKEN = 16
"""Items that are taken of a vector."""

Write = Callable[[Any, int], None]
"""What writes so many bytes at a place of a run."""


def _up_to(builder: ir.IRBuilder, end: Any, step: int) -> Any:
    return cgutils.for_range_slice(builder, WORD(0), end, WORD(step), inc=True)


def _runs(builder: ir.IRBuilder, nbytes: Any, count: Any, begin: Callable[[Any], Write]) -> None:
    """Code that writes runs, each by what is told its number, by the widest vectors that are no
    longer.
    """
    with builder.if_then(builder.icmp_signed("<=", nbytes, WORD(0))):
        builder.ret_void()
    for width in WIDTHS:
        last = builder.sub(nbytes, WORD(width))
        with builder.if_then(builder.icmp_signed("==", last, WORD(0))):
            with _up_to(builder, count, 1) as (run, _):
                begin(run)(WORD(0), width)
            builder.ret_void()
        fits = builder.icmp_signed("<", last, WORD(width if width < WIDTHS[-1] else 1 << 62))
        with builder.if_then(fits):
            with _up_to(builder, count, 1) as (run, _):
                write = begin(run)
                with _up_to(builder, last, width) as (place, _):
                    write(place, width)
                write(last, width)
            builder.ret_void()
    builder.unreachable()


def _along(builder: ir.IRBuilder, address: Any, run: Any, step: Any) -> Any:
    return builder.add(address, builder.mul(run, step))


def _pointer(builder: ir.IRBuilder, address: Any, place: Any, kind: ir.Type) -> Any:
    return builder.inttoptr(builder.add(address, place), kind.as_pointer())


def _copy(builder: ir.IRBuilder, *args: Any) -> None:
    target, source, nbytes, count, step_to, step_from = args

    def begin(run: Any) -> Write:
        there = _along(builder, target, run, step_to)
        here = _along(builder, source, run, step_from)

        def write(place: Any, width: int) -> None:
            kind = ir.VectorType(BYTE, width)
            value = builder.load(_pointer(builder, here, place, kind), align=1)
            builder.store(value, _pointer(builder, there, place, kind), align=1)

        return write

    _runs(builder, nbytes, count, begin)


def _item(builder: ir.IRBuilder, address: Any, size: Any) -> Any:
    """A word of 8 bytes that repeats an item of 1, 2, 4 or 8."""
    word = cgutils.alloca_once(builder, WORD)
    for nbytes in (1, 2, 4, 8):
        with builder.if_then(builder.icmp_signed("==", size, WORD(nbytes))):
            kind = ir.IntType(8 * nbytes)
            item = builder.load(builder.inttoptr(address, kind.as_pointer()), align=1)
            ones = WORD(sum(1 << 8 * k for k in range(0, 8, nbytes)))
            builder.store(builder.mul(builder.zext(item, WORD), ones), word)
    return builder.load(word)


def _repeated(builder: ir.IRBuilder, word: Any, width: int) -> Any:
    """As many bytes of a word that is repeated."""
    if width < 8:
        return builder.trunc(word, ir.IntType(8 * width))
    kind, places = (ir.VectorType(number, width // 8) for number in (WORD, INDEX))
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), word, INDEX(0))
    return builder.shuffle_vector(one, one, ir.Constant(places, [0] * kind.count))


def _fill(builder: ir.IRBuilder, *args: Any) -> None:
    target, source, size, nbytes, count, step_to, step_from = args

    def begin(run: Any) -> Write:
        there = _along(builder, target, run, step_to)
        word = _item(builder, _along(builder, source, run, step_from), size)

        def write(place: Any, width: int) -> None:
            # The vector is no shorter than the item, and ends where one ends.
            value = _repeated(builder, word, width)
            builder.store(value, _pointer(builder, there, place, value.type), align=1)

        return write

    _runs(builder, nbytes, count, begin)


def _every(builder: ir.IRBuilder, *args: Any) -> None:
    target, source, size, step, count = args
    for nbytes, pace in itertools.product((4, 8), (2, 3, 4)):
        alike = builder.and_(
            builder.icmp_signed("==", size, WORD(nbytes)),
            builder.icmp_signed("==", step, WORD(pace)),
        )
        with builder.if_then(alike):
            _every_so_many(builder, target, source, ir.IntType(8 * nbytes), pace, count)
            builder.ret_void()
    builder.unreachable()


def _every_so_many(
    builder: ir.IRBuilder, target: Any, source: Any, item: ir.IntType, step: int, count: Any
) -> None:
    """By vectors that end before the last item, behind which nothing may be read; then the rest."""
    nbytes = item.width // 8
    whole = ir.VectorType(item, TAKEN * step)
    places = ir.Constant(ir.VectorType(INDEX, TAKEN), list(range(0, TAKEN * step, step)))
    loops = builder.udiv(builder.sub(count, WORD(1)), WORD(TAKEN))
    done = builder.mul(loops, WORD(TAKEN))

    def moved(place: Any, read: ir.Type, take: Callable[[Any], Any]) -> None:
        here = builder.mul(place, WORD(step * nbytes))
        value = take(builder.load(_pointer(builder, source, here, read), align=1))
        there = builder.mul(place, WORD(nbytes))
        builder.store(value, _pointer(builder, target, there, value.type), align=1)

    with _up_to(builder, done, TAKEN) as (place, _):
        moved(place, whole, lambda x: builder.shuffle_vector(x, x, places))
    with cgutils.for_range_slice(builder, done, count, WORD(1), inc=True) as (place, _):
        moved(place, item, lambda x: x)


def _called(module: ir.Module, write: Callable[..., None], name: str, arity: int) -> ir.Function:
    """A routine of so many words, which a module has once."""
    if name in module.globals:
        return module.globals[name]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [WORD] * arity), name)
    function.linkage = "internal"
    function.attributes.add("noinline")
    write(ir.IRBuilder(function.append_basic_block()), *function.args)
    return function


@intrinsic
def copy_runs(typingctx, target, source, nbytes, count, step_to, step_from):
    """Copy `count` runs of `nbytes`, each a step behind the one before."""

    def codegen(context, builder, signature, args):
        builder.call(_called(builder.module, _copy, "ngrad.copy_runs", len(args)), args)
        return context.get_dummy_value()

    return types.void(*[types.intp] * 6), codegen


@intrinsic
def take_every(typingctx, target, source, size, step, count):
    """Copy every second, third or fourth item of 4 or 8 bytes, one at least, to side by side: by
    vectors of which some items are taken, as to read these one by one takes several times as long.
    """

    def codegen(context, builder, signature, args):
        builder.call(_called(builder.module, _every, "ngrad.take_every", len(args)), args)
        return context.get_dummy_value()

    return types.void(*[types.intp] * 5), codegen


@intrinsic
def fill_runs(typingctx, target, source, size, nbytes, count, step_to, step_from):
    """Fill `count` runs of `nbytes` with an item each, of 1, 2, 4 or 8 bytes."""

    def codegen(context, builder, signature, args):
        builder.call(_called(builder.module, _fill, "ngrad.fill_runs", len(args)), args)
        return context.get_dummy_value()

    return types.void(*[types.intp] * 7), codegen


NAMESPACE: dict[str, Any] = {
    "copy_runs": copy_runs,
    "take_every": take_every,
    "fill_runs": fill_runs,
    "RUN": RUN,
}
"""The names that rendered source may use."""
