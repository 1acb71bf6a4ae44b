"""Rows of a tensor replaced, or added to, at indices: in its own memory, where nobody reads it any
more, so that it takes no longer for a large table than for a small one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from ngrad.devices import HOST
from ngrad.dtypes import BY_CODE, DType
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op, Sample
from ngrad.graph.program import OUT, Launch
from ngrad.ops.comparison import greater
from ngrad.ops.convert import number
from ngrad.ops.elementwise import select
from ngrad.ops.gather import ADD_ROWS, TAKE, beside, rows_joined
from ngrad.ops.launching import cleared, dense_operands, place_launch
from ngrad.ops.shape import broadcast_to, reshape, spread
from ngrad.record import apply

INT64 = BY_CODE["i8"]


def _infer(x: Layout, values: Layout, index: Layout, **_: Any) -> Layout:
    return layout(x.dtype, x.shape)


def _prepare(
    inputs: tuple[Layout, ...], out: Layout, dies: bool, how: str, axis: int, batches: int
) -> Any:
    x = inputs[0]
    if out.device is not HOST and how == "put":
        return None, out  # of several for one row the last counts, which its threads do not know
    if dies and x.contiguous:
        return rows_joined(how, (), inputs, 1, out, axis, batches)._replace(over={0: 0}), out
    if not out.size:
        return rows_joined(how, (), inputs, 1, out, axis, batches), out
    copy, facts = place_launch(x, [(out.size, out.dtype.itemsize)])
    return rows_joined(how, (copy,), inputs, 1, out, axis, batches, facts), out


PUT_ROWS = Op("put_rows", _infer, _prepare, ("dies", "how", "axis", "batches"), family="indexing")
"""The first operand with other rows added to its own ("add"), or in their place ("put"), in order,
at indices of one axis behind those that lead; otherwise as `TAKE`. `dies`: nobody reads it after
that, so that the result may take its memory."""
PUT_ROWS.over = True
ADD_ROWS.onto = lambda rows, axis, batches: (  # one of each row is fused with what is added
    None if batches else (PUT_ROWS, (False, "add", axis, batches))
)


@PUT_ROWS.ahead
def _(dtype: DType) -> Iterator[Sample]:
    if dtype.code[0] == "u":  # bytes, whatever they are; to add, it has the kernels of `ADD_ROWS`
        yield (False, "put", 0, 0), ((dtype, (2, 2)), (dtype, (2, 2)), (INT64, (2,)))


@PUT_ROWS.vjp
def _(
    g: Any, out: Any, x: Any, values: Any, index: Any, dies: bool, how: str, axis: int, batches: int
) -> Any:
    if how == "add":
        return g, apply(TAKE, (g, index), (axis, batches)), None
    zero = number(0, g.dtype, g._layout.device)
    none = broadcast_to(zero, values._layout.shape)
    rows, count = x._layout.shape[axis], values._layout.shape[axis]
    last = last_named(index, rows, batches)
    lead, middle = index._layout.shape[:batches], axis - batches
    shown = reshape(last, (*lead, *(1,) * middle, rows, *(1,) * (x._layout.ndim - 1 - axis)))
    taken = apply(ADD_ROWS, (select(greater(shown, 0), g, 0), last - 1), (count, axis, batches))
    return apply(PUT_ROWS, (g, none, index), (False, "put", axis, batches)), taken, None


@PUT_ROWS.batch
def _(
    size: int, batched: Any, x: Any, values: Any, index: Any, dies: bool, how: str, axis: int,
    batches: int,
) -> Any:  # fmt: skip
    x = x if batched[0] else spread(x, size)
    return beside(PUT_ROWS, size, batched[1:], values, index, axis, batches, (False, how), (x,))


# -- the last of several ---------------------------------------------------------------------------


def _last_infer(index: Layout, rows: int) -> Layout:
    return layout(INT64, (index.shape[0], rows))


def _last_prepare(inputs: tuple[Layout, ...], out: Layout, rows: int) -> Any:
    batch, count = inputs[0].shape
    target = out.device.target
    parts, _ = target.scatter_parts(rows, count, 1)
    facts, held = target.facts([rows, count, parts])
    read = dense_operands([*enumerate(inputs)])
    operands = (*read.operands, (OUT, 0))
    launch = Launch(target.skeleton("last"), facts, batch * parts, 1, operands)
    return read.then(cleared(out), launch, keep=(held,)), out


LAST = Op("last_rows", _last_infer, _last_prepare, ("rows",), family="indexing")
"""For each row of a batch, the last place, counted from 1, at which an index names it; 0 if none
does."""


@LAST.batch
def _(size: int, batched: Any, index: Any, rows: Any) -> Any:
    _, lead, count = index._layout.shape
    out = apply(LAST, (reshape(index, (size * lead, count)),), (rows,))
    return reshape(out, (size, lead, rows))


def last_named(index: Any, rows: Any, batches: int = 0) -> Any:
    """`LAST` of indices behind axes that lead."""
    *lead, count = index._layout.shape
    found = apply(LAST, (reshape(index, (math.prod(lead[:batches]), count)),), (rows,))
    return reshape(found, (*lead, rows))
