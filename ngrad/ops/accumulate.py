"""An elementwise op of two operands along an axis: of what came before, and each element; and what
comes of all in each segment of the axis.
"""

from __future__ import annotations

import math
from typing import Any

from ngrad.errors import DTypeError
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import TABLE, Op
from ngrad.graph.program import OUT, Launch, Program
from ngrad.ops.batching import looped
from ngrad.ops.comparison import greater
from ngrad.ops.creation import ones_like
from ngrad.ops.elementwise import select
from ngrad.ops.gather import ADD_ROWS, TAKE
from ngrad.ops.launching import dense_operands
from ngrad.ops.reducing import reduction_facts
from ngrad.ops.scans import LINEAR, ahead, behind, cumsum
from ngrad.ops.shape import broadcast_to, spread, swap_last
from ngrad.ops.slicing import reverse as flip
from ngrad.record import apply
from ngrad_kernels.body import Body
from ngrad_kernels.contract import CHUNK
from ngrad_kernels.scalars import SCALARS, supports


def _applicable(op: str, function: str, x: Layout) -> None:
    """Raise unless a function of elements gives one."""
    code = x.dtype.code
    if not supports(function, code) or SCALARS[function].result_of(code) != code:
        raise DTypeError(f"{op}: {function} of {x.dtype.name} has no result of that dtype")


def _infer(x: Layout, anew: Layout, function: str) -> Layout:
    _applicable("accumulate", function, x)
    return x.spec


def _prepare(inputs: tuple[Layout, ...], out: Layout, function: str) -> Any:
    if out.size == 0:
        return Program(), out
    length, code = out.shape[-1], out.dtype.code
    kernel = out.device.target.kernel_of(Body("scan", (code, "b1"), (), (0,), function, code))
    (facts, held), _ = reduction_facts(out, list(range(out.ndim)), length, 1, 1)
    rows, grain = out.size // length, max(1, CHUNK // length)
    read = dense_operands([*enumerate(inputs)])
    launch = Launch(kernel, facts, rows, grain, (*read.operands, (OUT, 0)))
    return read.then(launch, keep=(held,)), out


ACCUMULATE = Op("accumulate", _infer, _prepare, ("function",), family="running")
"""h[i] = function(h[i - 1], x[i]) along the last axis, or x[i] where the second operand, bools of
x's shape, says that it begins anew: for i = 0 at least."""


@ACCUMULATE.vjp
def _(g: Any, out: Any, x: Any, anew: Any, function: str) -> Any:
    # h = g + (what comes later's share of it) is a linear recurrence, from the end. Where it begins
    # anew, x stands for what was before, so that no derivative there is a NaN.
    before = select(anew, x, behind(out))
    rule = TABLE[function].rule
    assert rule is not None
    in_before, in_x = rule(ones_like(g), out, before, x)
    h = g
    if in_before is not None:
        share = ahead(select(anew, 0.0, in_before))
        h = flip(apply(LINEAR, (flip(share, -1), flip(g, -1))), -1)
    return select(anew, h, 0.0 if in_x is None else in_x * h), None


@ACCUMULATE.batch
def _(size: int, batched: Any, x: Any, anew: Any, function: str) -> Any:
    both = zip((x, anew), batched, strict=True)
    return apply(
        ACCUMULATE, tuple([z if many else spread(z, size) for z, many in both]), (function,)
    )


def accumulated(function: str, x: Any, anew: Any) -> Any:
    """An op, by its name, of all elements up to each, along the last axis of x, from anew where
    bools that broadcast to its shape say so.
    """
    return apply(ACCUMULATE, (x, broadcast_to(anew, x._layout.shape)), (function,))


# -- of segments -----------------------------------------------------------------------------------


def _segments_infer(x: Layout, starts: Layout, function: str, axis: int) -> Layout:
    _applicable("segments", function, x)
    return layout(x.dtype, (*x.shape[:axis], *starts.shape, *x.shape[axis + 1 :]))


def _segments_prepare(inputs: tuple[Layout, ...], out: Layout, function: str, axis: int) -> Any:
    if out.size == 0:
        return Program(), out
    (x, starts), code, target = inputs, out.dtype.code, out.device.target
    kernel = target.kernel_of(Body("segments", (code, "i8"), (), (0,), function, code))
    count, length, width = starts.size, x.shape[axis], math.prod(x.shape[axis + 1 :])
    facts, held = target.facts([count, length, width])
    read = dense_operands([*enumerate(inputs)])
    grain = max(1, CHUNK * count // (length * width))
    launch = Launch(kernel, facts, out.size // width, grain, (*read.operands, (OUT, 0)))
    return read.then(launch, keep=(held,)), out


SEGMENTS = Op("segments", _segments_infer, _segments_prepare, ("function", "axis"), "running")
"""The function of all elements, in order, of each segment of an axis: of those from a place up to
the next; the first is 0, none is there twice, and the last segment is up to the end."""


@SEGMENTS.vjp
def _(g: Any, out: Any, x: Any, starts: Any, function: str, axis: int) -> Any:
    length = x._layout.shape[axis]
    began = apply(ADD_ROWS, (ones_like(starts), starts), (length, 0, 0))
    which = cumsum(began) - 1
    if function == "add":
        return apply(TAKE, (g, which), (axis, 0)), None
    # Of the last of each segment that is run through.
    anew, turned = greater(began, 0), swap_last(x, axis)
    anew = broadcast_to(anew, turned._layout.shape)
    running = apply(ACCUMULATE, (turned, anew), (function,))
    ends = behind(flip(starts, -1), length)
    g = apply(ADD_ROWS, (g, flip(ends, -1) - 1), (length, axis, 0))
    assert ACCUMULATE.rule is not None
    found, _ = ACCUMULATE.rule(swap_last(g, axis), running, turned, anew, function=function)
    return swap_last(found, axis), None


@SEGMENTS.batch
def _(size: int, batched: Any, x: Any, starts: Any, function: str, axis: int) -> Any:
    if batched[1]:
        return looped(SEGMENTS, size, batched, x, starts, function=function, axis=axis)
    return apply(SEGMENTS, (x, starts), (function, axis + 1))


def of_segments(function: str, x: Any, starts: Any, axis: int) -> Any:
    """An op, by its name, of all elements of each segment of an axis, which begin at places."""
    return apply(SEGMENTS, (x, starts), (function, axis))
