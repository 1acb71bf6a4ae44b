"""Where masks hold, and which values there are, by ops: on a device, of which only the count is
looked at. On the CPU NumPy finds them sooner.
"""

from __future__ import annotations

import math
from typing import Any

from ngrad.dtypes import BY_CODE
from ngrad.ops.arithmetic import mod
from ngrad.ops.comparison import isnan, logical_and, logical_not, not_equal
from ngrad.ops.convert import cast_to
from ngrad.ops.gather import gather_rows
from ngrad.ops.joining import embedded
from ngrad.ops.reductions import reduce_sum
from ngrad.ops.scans import cumsum
from ngrad.ops.shape import reshape
from ngrad.ops.slicing import strided
from ngrad.ops.sorting import ARGSORT, ordered
from ngrad.record import apply

INT64 = BY_CODE["i8"]


def places_there(holds: Any) -> Any:
    """Where a mask holds, in row-major order."""
    size = holds._layout.size
    flat = reshape(holds, (size,))
    if not size:
        return cast_to(flat, INT64)
    count = int(reduce_sum(cast_to(flat, INT64)))
    # The order is stable, and False comes before True.
    return _part(apply(ARGSORT, (logical_not(flat),), (False,)), 0, count)


def along_axes(places: Any, shape: tuple[int, ...]) -> list[Any]:
    """The index along each axis of places in row-major order."""
    found = []
    for k, n in enumerate(shape):
        behind = math.prod(shape[k + 1 :])
        found.append(mod(places // behind if behind > 1 else places, n))
    return found


def distinct_there(x: Any, equal_nan: bool, inverse: bool, counts: bool) -> list[Any]:
    """As `ordering.distinct`, of a tensor that has elements."""
    size = x._layout.size
    flat = reshape(x, (size,))
    where = ordered(ARGSORT, flat, False)
    ranked = gather_rows(flat, where)
    before, after = _part(ranked, 0, size - 1), _part(ranked, 1, size)
    differs = not_equal(before, after)
    if equal_nan and x.dtype.is_inexact:
        differs = logical_and(differs, logical_not(logical_and(isnan(before), isnan(after))))
    first = embedded(differs, ((1, 0),), True)
    begins = places_there(first)
    found = [gather_rows(where, begins)]
    if inverse:
        among = cumsum(cast_to(first, INT64)) - 1
        among = gather_rows(among, apply(ARGSORT, (where,), (False,)))  # in the elements' own order
        found.append(reshape(among, x._layout.shape))
    if counts:
        ends = embedded(_part(begins, 1, begins._layout.size), ((0, 1),), size)
        found.append(ends - begins)
    return found


def _part(x: Any, start: int, stop: int) -> Any:
    return strided(x, ((start, 1, stop - start),))
