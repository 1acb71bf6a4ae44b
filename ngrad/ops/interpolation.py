"""Piecewise linear functions through points."""

from __future__ import annotations

import math
from typing import Any

from ngrad.errors import DTypeError
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op, require
from ngrad.graph.program import OUT, Launch, Program
from ngrad.ops.comparison import equal
from ngrad.ops.elementwise import select
from ngrad.ops.gather import ADD_ROWS, gather_rows
from ngrad.ops.launching import dense_operands
from ngrad.ops.shape import reshape, spread
from ngrad.ops.slicing import strided
from ngrad.ops.sorting import SEARCH, SEARCHES
from ngrad.record import apply


def _infer(x: Layout, places: Layout, values: Layout) -> Layout:
    """x: (lead..., any...); places and values: (lead..., n)."""
    require("interp", x, "fh", "floats")
    if not x.dtype is places.dtype is values.dtype:
        names = ", ".join(where.dtype.name for where in (x, places, values))
        raise DTypeError(f"interp: operands must have one dtype, not {names}")
    return layout(x.dtype, x.shape)


def _prepare(inputs: tuple[Layout, ...], out: Layout) -> Any:
    if out.size == 0:
        return Program(), out
    target, places = out.device.target, inputs[1]
    count, values = places.shape[-1], math.prod(out.shape[places.ndim - 1 :])
    facts, held = target.facts([count, max(count - 2, 0), values])
    read = dense_operands([*enumerate(inputs)])
    kernel = target.typed("interp", out.dtype.code)
    operands = (*read.operands, (OUT, 0))
    return read.then(Launch(kernel, facts, out.size, SEARCHES, operands), keep=(held,)), out


INTERP = Op("interp", _infer, _prepare, family="interpolation", widens=True)
"""The piecewise linear function through points at rising places, at each x; beyond them, the value
of the first or of the last one."""
INTERP.ahead(lambda dtype: [((), ((dtype, (1, 2)),) * 3)])


@INTERP.vjp
def _(g: Any, out: Any, x: Any, places: Any, values: Any) -> Any:
    *lead, count = places._layout.shape
    axis = len(lead)

    def part(z: Any, start: int, size: int) -> Any:
        return strided(z, (*((0, 1, n) for n in lead), (start, 1, size)))

    def one(z: Any, at: int) -> Any:
        return reshape(part(z, at, 1), (*lead, *(1,) * (x.ndim - axis)))

    def between(below: Any, inside: Any, above: Any) -> Any:
        beyond = select(x < one(places, 0), below, inside)
        return select(x >= one(places, count - 1), above, beyond)

    def back(z: Any) -> Any:
        """The transpose of weighing both neighbours by their shares."""
        return added(z * (1.0 - share), low) + added(z * share, high)

    def added(z: Any, at: Any) -> Any:
        flat = (*lead, math.prod(x._layout.shape[axis:]))
        return apply(ADD_ROWS, (reshape(z, flat), reshape(at, flat)), (count, axis, axis))

    inner = part(places, min(1, count - 1), max(count - 2, 0))
    low = apply(SEARCH, (inner, x), (True,))
    high = low + min(1, count - 1)
    x0, x1, y0, y1 = (
        gather_rows(z, at, axis, axis) for z in (places, values) for at in (low, high)
    )
    width = select(equal(x0, x1), 1.0, x1 - x0)  # 0 of a single point
    share = between(0.0, (x - x0) / width, 1.0)
    in_x = between(0.0, g * ((y1 - y0) / width), 0.0)
    return in_x, -back(in_x), back(g)


@INTERP.batch
def _(size: int, batched: Any, x: Any, places: Any, values: Any) -> Any:
    if places.ndim == 1 and not (batched[1] or batched[2]):  # the same points for all
        return apply(INTERP, (x, places, values))
    given = zip((x, places, values), batched, strict=True)
    return apply(INTERP, tuple([z if many else spread(z, size) for z, many in given]))
