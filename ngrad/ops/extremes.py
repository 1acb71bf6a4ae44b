"""The largest and the least of rows at indices."""

from __future__ import annotations

import math
from typing import Any

from ngrad.dtypes import DType
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op, require
from ngrad.graph.program import OUT, Launch, Program
from ngrad.ops.comparison import equal
from ngrad.ops.convert import cast_to, number
from ngrad.ops.elementwise import select
from ngrad.ops.gather import ADD_ROWS, TAKE, beside, rows_joined
from ngrad.record import apply
from ngrad_kernels.contract import CHUNK


def joining(how: str) -> Op:
    """An op that joins rows at indices of a new axis, and of the first operand, a number. Otherwise
    as `ADD_ROWS`.
    """

    def infer(
        start: Layout, values: Layout, index: Layout, rows: int, axis: int, batches: int
    ) -> Layout:
        rest = values.shape[axis + index.ndim - batches :]
        return layout(values.dtype, (*values.shape[:axis], rows, *rest))

    def prepare(inputs: Any, out: Layout, rows: int, axis: int, batches: int) -> Any:
        if out.size == 0:
            return Program(), out
        target = out.device.target
        facts, held = target.facts([out.dtype.itemsize])
        fill = Launch(target.skeleton("fill"), facts, out.size, CHUNK, ((0, 0), (OUT, 0)))
        return rows_joined(how, (fill,), inputs, 1, out, axis, batches, held), out

    names = ("rows", "axis", "batches")
    op = Op(f"{how}_rows", infer, prepare, names, family="indexing", widens=True)

    @op.batch
    def _(size: int, batched: Any, *inputs: Any, rows: int, axis: int, batches: int) -> Any:
        start, values, index = inputs
        return beside(op, size, batched[1:], values, index, axis, batches, (rows,), (start,))

    return op


EXTREMES = {how: joining(how) for how in ("max", "min")}
"""The largest, or least; elements that are share the cotangent evenly."""


def _extreme_vjp(
    g: Any, out: Any, start: Any, values: Any, index: Any, rows: Any, axis: int, batches: int
) -> Any:
    hit = equal(values, apply(TAKE, (out, index), (axis, batches)))
    ties = apply(ADD_ROWS, (cast_to(hit, values.dtype), index), (rows, axis, batches))
    return None, select(hit, apply(TAKE, (g / ties, index), (axis, batches)), 0), None


for _op in EXTREMES.values():
    _op.vjp(_extreme_vjp)


def extreme_rows(how: str, values: Any, index: Any, rows: int, axis: int = 0) -> Any:
    """The largest or least of the rows at each index; of none, what no number is beyond."""
    require(f"{how}_rows", values._layout, "fhiu", "real numbers")
    dtype = values.dtype
    infinite = -math.inf if how == "max" else math.inf
    start = infinite if dtype.is_floating else bound_of(dtype, how)
    start = number(start, dtype, values._layout.device)
    return apply(EXTREMES[how], (start, values, index), (rows, axis, 0))


def bound_of(dtype: DType, how: str) -> Any:
    """What no number is greater, or less, than: of the finite ones."""
    bound = dtype.limits[how == "min"]
    return float(bound) if dtype.is_floating else int(bound)
