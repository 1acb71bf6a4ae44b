"""A part of a tensor replaced, or added to: in its own memory, where nobody reads it any more, so
that it takes no longer for a large tensor than for a small one.
"""

from __future__ import annotations

from typing import Any

from ngrad.errors import ShapeError
from ngrad.graph.indexing import is_box_of
from ngrad.graph.layout import Layout, contiguous_strides, layout
from ngrad.graph.op import Op
from ngrad.graph.program import OUT, SCRATCH, Launch, Program, moved
from ngrad.graph.room import padded
from ngrad.ops.arithmetic import add
from ngrad.ops.convert import number
from ngrad.ops.launching import place_launch, prepare_copy
from ngrad.ops.shape import broadcast_to, spread
from ngrad.ops.slicing import SLICE, Slice, strided
from ngrad.record import apply


def _infer(x: Layout, part: Layout, dies: bool, how: str, slices: tuple[Slice, ...]) -> Layout:
    if part.dtype is not x.dtype or not is_box_of(slices, x.shape, part.shape):
        raise ShapeError(f"put_part: {part!r} is no part {slices} of {x!r}")
    return layout(x.dtype, x.shape)


def _prepare(
    inputs: tuple[Layout, ...], out: Layout, dies: bool, how: str, slices: tuple[Slice, ...]
) -> Any:
    x, part = inputs
    itemsize = out.dtype.itemsize
    strides = contiguous_strides(out.shape, itemsize)
    begin = sum(s * start for s, (start, _, _) in zip(strides, slices, strict=True))
    steps = tuple([s * step for s, (_, step, _) in zip(strides, slices, strict=True)])
    region = list(zip(part.shape, steps, strict=True))
    program = prepare_copy(x, out)[0]
    if dies and x.contiguous:
        nbytes = part.distinct_bytes + (2 if how == "add" else 1) * part.spec.nbytes
        program = Program(over={0: 0}, moved=nbytes)
    if part.size == 0:
        return program, out
    if how == "put":
        launch, held = place_launch(part, region, begin, 1)
        return _then(program, (launch,), held), out
    # What is there and the part, added where nobody looks, and that put there.
    there = layout(x.dtype, part.shape, steps, out.device)
    added, where = add.prepare((there, part), part.spec)
    sums = moved(added, {0: (OUT, begin), OUT: (SCRATCH, 0)})
    launch, held = place_launch(where.on(out.device), region, begin, SCRATCH)
    scratch = padded(part.spec.nbytes)
    return _then(program, (*sums, launch), added.keep, held)._replace(scratch=scratch), out


def _then(program: Program, launches: tuple[Launch, ...], *held: Any) -> Program:
    return program._replace(launches=(*program.launches, *launches), keep=(*program.keep, *held))


PUT_PART = Op("put_part", _infer, _prepare, ("dies", "how", "slices"), family="shape")
"""The first operand with the second in the place of a part of it ("put"), or added to that ("add").
`dies`: nobody reads it after that, so that the result may take its memory."""
PUT_PART.over = True


@PUT_PART.vjp
def _(g: Any, out: Any, x: Any, part: Any, dies: bool, how: str, slices: Any) -> Any:
    taken = strided(g, slices)
    if how == "add":
        return g, taken
    none = broadcast_to(number(0, g.dtype, g._layout.device), part._layout.shape)
    return put_part(g, none, slices), taken


@PUT_PART.batch
def _(
    size: int, batched: Any, x: Any, part: Any, dies: bool, how: str, slices: tuple[Slice, ...]
) -> Any:
    x, part = (z if many else spread(z, size) for z, many in zip((x, part), batched, strict=True))
    return apply(PUT_PART, (x, part), (False, how, ((0, 1, size), *slices)))


def put_part(x: Any, part: Any, slices: tuple[Slice, ...]) -> Any:
    """x with a part of it replaced by one of its dtype and shape; bounds have been checked."""
    return apply(PUT_PART, (x, part), (False, "put", slices))


def _taken_prepare(inputs: tuple[Layout, ...], out: Layout, slices: tuple[Slice, ...]) -> Any:
    if out.size == 0:
        return Program(), out
    program, where = SLICE.prepare(inputs, out, slices=slices)
    run = [(out.size, out.dtype.itemsize)]
    launch, held = place_launch(where.on(out.device), run, begin=program.view)
    return Program((launch,), keep=(held,), moved=where.distinct_bytes + out.nbytes), out


TAKE_PART = Op("take_part", SLICE.infer, _taken_prepare, SLICE.params, family="shape")
"""A slice in memory of its own, as where what it is of is written over."""
TAKE_PART.vjp(SLICE.rule)  # type: ignore[arg-type]


@TAKE_PART.batch
def _(size: int, batched: Any, x: Any, slices: tuple[Slice, ...]) -> Any:
    return apply(TAKE_PART, (x,), (((0, 1, size), *slices),))
