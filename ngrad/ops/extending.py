"""A tensor extended along axes by elements of its own: mirrored, repeated or wrapped around; and
the transpose of that, which adds what lies around a tensor to those elements.

Each is one op, which passes over the tensor once: to join parts along one axis after the other
would copy it for each, and so would the derivatives of that.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op, require
from ngrad.graph.program import OUT, SCRATCH, Launch, Program, moved
from ngrad.graph.room import padded
from ngrad.ops.arithmetic import add
from ngrad.ops.convert import cast_to, wide
from ngrad.ops.launching import place_launch
from ngrad.ops.reducing import prepare_reduction
from ngrad.ops.slicing import Slice
from ngrad.record import apply

Sides = tuple[tuple[tuple[Slice, ...], tuple[Slice, ...]], ...]
"""For each axis, the elements of it that are put before the tensor, and behind it: slices, of which
those that repeat an element have step 0."""
MOST = 64
"""Regions of a result, of which each is a launch; where there are more, an axis is extended after
the other."""


class Region(NamedTuple):
    """A part of what is extended.

    Attributes
    ----------
    slices : tuple of Slice
        Which elements of the tensor it shows.
    begins : tuple of int
        Where it begins.
    whole : bool
        Whether it is the tensor itself.
    """

    slices: tuple[Slice, ...]
    begins: tuple[int, ...]
    whole: bool

    def of_tensor(self, x: Layout) -> tuple[Layout, int]:
        """How those elements lie, and how many bytes from the tensor's first they begin."""
        return _lying(x, self.slices)

    def of_result(self, x: Layout) -> tuple[Layout, int]:
        """The same of the part itself."""
        parts = zip(self.begins, self.slices, strict=True)
        return _lying(x, [(begin, 1, count) for begin, (_, _, count) in parts])


def _lying(x: Layout, slices: Sequence[Slice]) -> tuple[Layout, int]:
    strides = [stride * step for stride, (_, step, _) in zip(x.strides, slices, strict=True)]
    begin = sum(stride * start for stride, (start, _, _) in zip(x.strides, slices, strict=True))
    shape = tuple([count for _, _, count in slices])
    return layout(x.dtype, shape, tuple(strides), x.device), begin


def _added(sides: Sides) -> list[Any]:
    """How many elements there are around a tensor, along each axis."""
    return [sum(count for side in pair for _, _, count in side) for pair in sides]


def _regions(shape: tuple[int, ...], sides: Sides) -> Iterator[Region]:
    """Those of a tensor of a shape, the tensor itself first."""
    each = []
    for n, (before, after) in zip(shape, sides, strict=True):
        slices = [*before, (0, 1, n), *after]
        begins = itertools.accumulate([count for _, _, count in slices], initial=0)
        parts = [*zip(slices, begins, strict=False)]
        own = parts.pop(len(before))
        each.append([own, *parts])
    for k, chosen in enumerate(itertools.product(*each)):
        shown = tuple([part for part, _ in chosen])
        yield Region(shown, tuple([begin for _, begin in chosen]), whole=k == 0)


# -- extended --------------------------------------------------------------------------------------


def _extend_infer(x: Layout, sides: Sides) -> Layout:
    return layout(x.dtype, tuple([n + m for n, m in zip(x.shape, _added(sides), strict=True)]))


def _extend_prepare(inputs: tuple[Layout, ...], out: Layout, sides: Sides) -> Any:
    (x,) = inputs
    launches, keep = [], []
    for region in _regions(x.shape, sides) if out.size else ():
        (source, begin), (target, offset) = region.of_tensor(x), region.of_result(out)
        if source.size:
            lies = list(zip(target.shape, target.strides, strict=True))
            launch, held = place_launch(source, lies, offset, begin=begin)
            launches.append(launch)
            keep.append(held)
    return Program(tuple(launches), keep=tuple(keep)), out


EXTEND = Op("extend", _extend_infer, _extend_prepare, ("sides",), family="shape")


@EXTEND.vjp
def _(g: Any, out: Any, x: Any, sides: Sides) -> Any:
    return (cast_to(apply(FOLD_SIDES, (wide(g),), (sides,)), g.dtype),)


def _batch(op: Op) -> None:
    op.batch(lambda size, batched, x, sides: apply(op, (x,), ((((), ()), *sides),)))


def extended(x: Any, sides: Sides) -> Any:
    """A tensor with elements of its own around it; there are those, which has been checked."""
    if math.prod([1 + len(before) + len(after) for before, after in sides]) <= MOST:
        return apply(EXTEND, (x,), (sides,))
    for k, pair in enumerate(sides):
        if any(pair):
            x = apply(EXTEND, (x,), (tuple([pair if j == k else ((), ()) for j in range(x.ndim)]),))
    return x


# -- and folded back -------------------------------------------------------------------------------


def _fold_infer(x: Layout, sides: Sides) -> Layout:
    require("fold_sides", x, "fc", "floating-point or complex tensors")
    return layout(x.dtype, tuple([n - m for n, m in zip(x.shape, _added(sides), strict=True)]))


def _fold_prepare(inputs: tuple[Layout, ...], out: Layout, sides: Sides) -> Any:
    (x,) = inputs
    launches: list[Launch] = []
    keep: list[Any] = []
    scratch = 0
    for region in _regions(out.shape, sides) if out.size else ():
        source, begin = region.of_result(x)
        if not source.size:
            continue
        there, offset = region.of_tensor(out)
        part = (0, begin)
        if not region.whole:
            steps, source, taken = _sum_to(there, offset, source, begin)
            launches += steps.launches
            keep.append(steps.keep)
            scratch = max(scratch, steps.scratch)
            part, there = (SCRATCH, taken), _once(there)
        lies = list(zip(there.shape, there.strides, strict=True))
        launch, held = place_launch(source, lies, offset, part[0], begin=part[1])
        launches.append(launch)
        keep.append(held)
    return Program(tuple(launches), scratch, keep=tuple(keep)), out


def _once(x: Layout) -> Layout:
    """Elements of which none is repeated."""
    return _lying(x, [(0, 1, 1 if stride == 0 else n) for n, stride in _axes(x)])[0]


def _axes(x: Layout) -> list[tuple[int, int]]:
    return list(zip(x.shape, x.strides, strict=True))


def _sum_to(there: Layout, offset: int, part: Layout, begin: int) -> tuple[Program, Layout, int]:
    """What adds a part of the operand to elements of the result, in scratch: those that repeat one
    are added up first. How the sums lie there, and how many bytes on.
    """
    repeated = tuple([k for k, (n, stride) in enumerate(_axes(there)) if stride == 0 and n != 1])
    there, place, taken = _once(there), (0, begin), 0
    launches: tuple[Launch, ...] = ()
    keep: list[Any] = []
    scratch = 0
    if repeated:
        kept = tuple([n for k, n in enumerate(part.shape) if k not in repeated])
        once = layout(part.dtype, kept, None, part.device)
        taken = padded(once.nbytes)
        total, _ = prepare_reduction("sum", part, once, repeated)
        launches = moved(total, {0: place, OUT: (SCRATCH, 0), SCRATCH: (SCRATCH, taken)})
        keep.append(total.keep)
        scratch = taken + total.scratch
        part, place = layout(part.dtype, there.shape, None, part.device), (SCRATCH, 0)
    sums, found = add.prepare((there, part), part.spec)
    launches += moved(sums, {0: (OUT, offset), 1: place, OUT: (SCRATCH, taken)})
    keep.append(sums.keep)
    scratch = max(scratch, taken + padded(found.nbytes))
    return Program(launches, scratch, keep=tuple(keep)), found.on(part.device), taken


FOLD_SIDES = Op("fold_sides", _fold_infer, _fold_prepare, ("sides",), family="shape")
"""The transpose of `extend`."""


@FOLD_SIDES.vjp
def _(g: Any, out: Any, x: Any, sides: Sides) -> Any:
    return (apply(EXTEND, (g,), (sides,)),)


for _op in (EXTEND, FOLD_SIDES):
    _batch(_op)
