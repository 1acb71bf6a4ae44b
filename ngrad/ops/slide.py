"""Filters that slide over axes, each over a channel of its own: correlations and convolutions."""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

from ngrad.errors import DTypeError, ShapeError
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.graph.program import OUT, SCRATCH, Launch, Program
from ngrad.graph.room import padded
from ngrad.graph.strides import reshaped_strides
from ngrad.ops.launching import Dense, dense_operands
from ngrad.ops.reducing import prepare_reduction
from ngrad.ops.reductions import reduce_sum
from ngrad.ops.shape import SEEN, broadcast_to, reshape, reshaped, spread
from ngrad.ops.slicing import reverse
from ngrad.ops.windows import AXES, in_lines, of_three_axes
from ngrad.record import apply
from ngrad_kernels.slides import LONG, PART

Numbers = tuple[int, ...]
TOGETHER = 64
"""Windows side by side of one item of work, whatever they take."""


class Places(NamedTuple):
    """What a filter meets where: the element p of window i is at (i * step + p * gap - lead) / hole
    of the input, if that is a place in it; a number for each axis.

    Attributes
    ----------
    counts : tuple of int
        How many windows there are.
    steps, gaps : tuple of int
        From a window to the next, and from an element of a window to the next.
    holes : tuple of int
        How far elements of the input lie apart.
    leads : tuple of int
        How far the first window begins before the input.
    """

    counts: Numbers
    steps: Numbers
    gaps: Numbers
    holes: Numbers
    leads: Numbers

    @classmethod
    @functools.lru_cache(SEEN)
    def along(cls, count: int, lead: int) -> Places:
        """Of windows one after the other along an axis, without gaps and holes."""
        return cls((count,), (1,), (1,), (1,), (lead,))

    def words(self, extents: Numbers, sizes: Numbers) -> list[int]:
        """The facts of a kernel that are of three axes each."""
        parts = (extents, self.counts, sizes, self.steps, self.gaps, self.holes)
        return [*of_three_axes(*parts), *of_three_axes(self.leads, missing=0)]

    def of_input(self, extents: Numbers, sizes: Numbers) -> Places:
        """How the filters turned round slide over the cotangent, to give that of the input."""
        leads = [
            (size - 1) * gap - lead
            for size, gap, lead in zip(sizes, self.gaps, self.leads, strict=True)
        ]
        return Places(extents, self.holes, self.gaps, self.steps, tuple(leads))

    def of_filters(self, sizes: Numbers) -> Places:
        """How the cotangent slides over the input, to give that of the filters."""
        return Places(sizes, self.gaps, self.steps, self.holes, self.leads)


def turns(move: int, hole: int) -> tuple[int, int]:
    """Of moves so far: how many lead from an element to an element, and how many elements on."""
    common = math.gcd(move, hole)
    return hole // common, move // common


def _infer(x: Layout, w: Layout, **how: Any) -> Layout:
    if x.dtype.is_bool:
        raise DTypeError("slide: does not take bool; convert with ngrad.cast")
    if x.ndim == w.ndim == len(how["counts"]) == 1:
        return layout(x.dtype, how["counts"])
    counts, width = how["counts"], x.shape[-1]
    fit = x.ndim == w.ndim == len(counts) + 2 <= AXES + 2 and w.shape[0] in (1, x.shape[0])
    if not fit or w.shape[-1] != width:
        raise ShapeError(f"slide: filters of shape {w.shape} do not go with an input of {x.shape}")
    return layout(x.dtype, (x.shape[0], *counts, width))


def _prepare(inputs: tuple[Layout, ...], out: Layout, **how: Any) -> Any:
    (x, w), places, lies = inputs, Places(**how), out
    if out.size == 0:
        return Program(), out
    if out.ndim == 1:
        x, w = inputs = tuple(map(_batch_of_one, inputs))
        out = _batch_of_one(out)
    sizes, width = w.shape[1:-1], x.shape[-1]
    shared = 0 if w.shape[0] == 1 else math.prod(w.shape[1:])
    last = (places.steps[-1], places.gaps[-1])
    repeats = [n for move in last for n in turns(move, places.holes[-1])]
    target = out.device.target
    words = places.words(x.shape[1:-1], sizes)
    batch, parts = x.shape[0], -(-sizes[-1] // PART)
    facts, held = target.facts([*words, width, shared, *repeats, batch, PART])
    work = width * math.prod(sizes) // math.prod(places.holes) // max(1, parts)
    grain = in_lines(work, out.shape[-2])
    if width < LONG:  # what takes as long for one window as for several side by side
        grain = max(grain, min(out.shape[-2], TOGETHER))
    n, kernel = out.size // width, target.typed("slide", x.dtype.code)
    read = dense_operands([*enumerate(inputs)])
    if parts <= 1:
        launch = Launch(kernel, facts, n, grain, (*read.operands, (OUT, 0)))
        return read.then(launch, keep=(held,)), lies
    partial = layout(x.dtype, (parts, *out.shape), None, out.device)
    operands = (*read.operands, (SCRATCH, read.scratch))
    made = read.then(Launch(kernel, facts, n * parts, grain, operands), keep=(held,))
    scratch = read.scratch + padded(partial.nbytes)
    total, _ = prepare_reduction("sum", partial, out, (0,))
    return Dense(((SCRATCH, read.scratch),), made.launches, scratch, made.keep).before(total), lies


def _batch_of_one(where: Layout) -> Layout:
    """A vector as a batch of one channel."""
    shape = _one(where.shape)
    return layout(where.dtype, shape, reshaped_strides(where, shape), where.device)


def _one(shape: Numbers) -> Numbers:
    return (1, *shape, 1)


SLIDE = Op("slide", _infer, _prepare, Places._fields, family="reduction", widens=True)
"""Of x (batch, *extents, channels) and filters w (batch or 1, *sizes, channels), the sums of
products of what windows show of a channel and its filter: (batch, *counts, channels). Where a
window shows what is not there, it adds nothing. Either derivative slides too: filters turned round
over the cotangent, and the cotangent over x.

A sum is in the order of a window's elements; the last axis of a window of 32 and more is summed by
itself. Of one of more than `PART`, each part is a sum of its own.
"""
SLIDE.ahead(lambda dtype: [(tuple(Places.along(2, 0)), ((dtype, (1, 2, 1)),) * 2)])


def slide(x: Any, w: Any, places: Places) -> Any:
    """What `SLIDE` says, of tensors of one dtype."""
    return apply(SLIDE, (x, w), tuple(places))


@SLIDE.vjp
def _slide_vjp(g: Any, out: Any, x: Any, w: Any, **how: Any) -> Any:
    if x.ndim == 1:
        of_g, *of_both = [reshaped(z, _one(z._layout.shape)) for z in (g, x, w)]
        parts = zip(_slide_vjp(of_g, out, *of_both, **how), (x, w), strict=True)
        return tuple([reshaped(part, z._layout.shape) for part, z in parts])
    places, sizes = Places(**how), w._layout.shape[1:-1]
    batch, *extents, _ = x._layout.shape
    turned = reverse(w, tuple(range(1, 1 + len(sizes))))
    for_x = slide(g, turned, places.of_input(tuple(extents), sizes))
    for_w = slide(x, g, places.of_filters(sizes))
    return for_x, for_w if w._layout.shape[0] == batch else reduce_sum(for_w, 0, keepdims=True)


@SLIDE.batch
def _slide_batch(size: int, batched: Any, x: Any, w: Any, **how: Any) -> Any:
    def joined(z: Any) -> Any:
        shape = z._layout.shape
        return reshape(z, (shape[0] * shape[1], *shape[2:]))

    if x.ndim == 1 + batched[0]:
        given = [
            reshaped(z, (size, *_one(z._layout.shape[1:])) if many else _one(z._layout.shape))
            for z, many in zip((x, w), batched, strict=True)
        ]
        found = _slide_batch(size, batched, *given, **how)
        return reshaped(found, (size, *how["counts"]))
    x = x if batched[0] else spread(x, size)
    each = x._layout.shape[1]
    if batched[1]:
        w = joined(broadcast_to(w, (size, each, *w._layout.shape[2:])))
    elif w._layout.shape[0] != 1:
        w = joined(spread(w, size))
    found = slide(joined(x), w, Places(**how))
    return reshape(found, (size, each, *found._layout.shape[1:]))
