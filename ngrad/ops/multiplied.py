"""The product of rows at indices."""

from __future__ import annotations

import math
from typing import Any

from ngrad.graph.op import require
from ngrad.ops.accumulate import accumulated
from ngrad.ops.comparison import less, not_equal
from ngrad.ops.convert import number
from ngrad.ops.elementwise import select
from ngrad.ops.extremes import joining
from ngrad.ops.gather import ADD_ROWS, TAKE
from ngrad.ops.scans import behind
from ngrad.ops.shape import reshape, swap_last
from ngrad.ops.slicing import reverse
from ngrad.ops.sorting import ARGSORT
from ngrad.record import apply

MULTIPLY_ROWS = joining("multiply")
"""The product, in the order in which rows come."""


@MULTIPLY_ROWS.vjp
def _(
    g: Any, out: Any, start: Any, values: Any, index: Any, rows: int, axis: int, batches: int
) -> Any:
    # Of each row, the product of those for its index before and behind it, so that none is divided
    # by, which may be 0: with all rows in the order of their indices.
    lead, shape = index._layout.shape[:batches], values._layout.shape
    count = math.prod(index._layout.shape[batches:])
    where = reshape(index, (*lead, count))
    where = select(less(where, 0), where + rows, where)
    order = apply(ARGSORT, (where,), (False,))
    where = apply(TAKE, (where, order), (batches, batches))
    rest = shape[axis + index._layout.ndim - batches :]
    own = reshape(values, (*shape[:axis], count, *rest))
    own = swap_last(apply(TAKE, (own, order), (axis, batches)), axis)
    anew = not_equal(where, behind(where, -1))
    anew = reshape(anew, (*lead, *(1,) * (own._layout.ndim - 1 - batches), count))
    last = reverse(behind(reverse(anew, -1), True), -1)
    before = select(anew, 1, behind(accumulated("multiply", own, anew)))
    after = accumulated("multiply", reverse(own, -1), reverse(last, -1))
    after = select(last, 1, reverse(behind(after), -1))
    found = swap_last(apply(TAKE, (g * start, where), (axis, batches)), axis) * before * after
    found = apply(ADD_ROWS, (swap_last(found, axis), order), (count, axis, batches))
    return None, reshape(found, shape), None


def multiplied_rows(values: Any, index: Any, rows: int, axis: int = 0) -> Any:
    """The product of the rows at each index; of none, 1."""
    require("multiply_rows", values._layout, "fiu", "real numbers of at least 4 bytes")
    start = number(1, values.dtype, values._layout.device)
    return apply(MULTIPLY_ROWS, (start, values, index), (rows, axis, 0))
