"""The product of rows at indices."""

from __future__ import annotations

import math
from typing import Any

from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op, require
from ngrad.graph.program import OUT, SCRATCH, Launch, Program
from ngrad.ops.accumulate import accumulated
from ngrad.ops.comparison import less, not_equal
from ngrad.ops.convert import number
from ngrad.ops.elementwise import select
from ngrad.ops.extremes import joining
from ngrad.ops.gather import ADD_ROWS, TAKE, Gathered, beside, in_parts
from ngrad.ops.launching import dense_operands
from ngrad.ops.scans import LINEAR, behind
from ngrad.ops.shape import reshape, swap_last
from ngrad.ops.slicing import reverse
from ngrad.ops.sorting import ARGSORT
from ngrad.record import apply

REAL = "real numbers of at least 4 bytes"
MULTIPLY_ROWS = joining("multiply")
"""The product, in the order in which rows come."""


@MULTIPLY_ROWS.vjp
def _(
    g: Any, out: Any, start: Any, values: Any, index: Any, rows: int, axis: int, batches: int
) -> Any:
    # None is divided by, which may be 0.
    others = apply(OTHERS, (values, index), (rows, axis, batches))
    return None, apply(TAKE, (g * start, index), (axis, batches)) * others, None


def _infer(values: Layout, index: Layout, rows: int, axis: int, batches: int) -> Layout:
    require("other_rows", values, "fiu", REAL)
    return values.spec


def _prepare(inputs: Any, out: Layout, rows: int, axis: int, batches: int) -> Any:
    (values, index), target = inputs, out.device.target
    if out.size == 0:
        return Program(), out
    shape = (*values.shape[:axis], rows, *values.shape[axis + index.ndim - batches :])
    memory = layout(values.dtype, shape, None, out.device)
    at = Gathered.of(memory.shape, index.shape, axis, batches)
    work = in_parts(target.typed("others", values.dtype.code), at, target)
    read = dense_operands([*enumerate(inputs)])
    operands = (*read.operands, (SCRATCH, read.scratch), (OUT, 0))
    launch = Launch(work.kernel, work.facts, work.n, work.grain, operands)
    program = read.then(launch, keep=(work.keep,))
    return program._replace(scratch=read.scratch + memory.nbytes), out


OTHERS = Op("other_rows", _infer, _prepare, ("rows", "axis", "batches"), family="indexing")
"""For each row the product of the others at its index: of those before it times those behind it.
Otherwise as `ADD_ROWS`."""


@OTHERS.vjp
def _(g: Any, out: Any, values: Any, index: Any, rows: int, axis: int, batches: int) -> Any:
    # With all rows in the order of their indices: to the product that a later one has, it gives
    # those before it, and of those behind it all but that one; and likewise to an earlier one's.
    lead, shape = index._layout.shape[:batches], values._layout.shape
    count = math.prod(index._layout.shape[batches:])
    where = reshape(index, (*lead, count))
    where = select(less(where, 0), where + rows, where)
    order = apply(ARGSORT, (where,), (False,))
    where = apply(TAKE, (where, order), (batches, batches))
    rest = shape[axis + index._layout.ndim - batches :]

    def ordered(x: Any) -> Any:
        x = reshape(x, (*shape[:axis], count, *rest))
        return swap_last(apply(TAKE, (x, order), (axis, batches)), axis)

    x, g = ordered(values), ordered(g)
    anew = not_equal(where, behind(where, -1))
    anew = reshape(anew, (*lead, *(1,) * (x._layout.ndim - 1 - batches), count))
    before, sums_before = _running(x, g, anew)
    last = behind(reverse(anew, -1), True)
    after, sums_after = (reverse(y, -1) for y in _running(reverse(x, -1), reverse(g, -1), last))
    found = swap_last(before * sums_after + after * sums_before, axis)
    return reshape(apply(ADD_ROWS, (found, order), (count, axis, batches)), shape), None


def _running(x: Any, g: Any, anew: Any) -> tuple[Any, Any]:
    """Products of the elements before each, and sums of such that leave one out, which g is for."""
    before = select(anew, 1, behind(accumulated("multiply", x, anew)))
    one = select(anew, 0, behind(x))
    return before, apply(LINEAR, (one, select(anew, 0, behind(g * before))))


@OTHERS.batch
def _(size: int, batched: Any, x: Any, index: Any, rows: Any, axis: int, batches: int) -> Any:
    return beside(OTHERS, size, batched, x, index, axis, batches, (rows,))


def multiplied_rows(values: Any, index: Any, rows: int, axis: int = 0) -> Any:
    """The product of the rows at each index; of none, 1."""
    require("multiply_rows", values._layout, "fiu", REAL)
    start = number(1, values.dtype, values._layout.device)
    return apply(MULTIPLY_ROWS, (start, values, index), (rows, axis, 0))
