"""Sets of values. How many there are depends on values, so that is computed at the call; the values
themselves are gathered from the input, to which their derivatives go.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ngrad.devices import HOST
from ngrad.numpy.convert import array_of, known, to_tensor
from ngrad.numpy.creation import asarray
from ngrad.numpy.joining import concatenate
from ngrad.numpy.manipulation import ravel
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.selection import take
from ngrad.numpy.sorting import isin
from ngrad.ops.convert import operands as together
from ngrad.ops.finding import distinct_there
from ngrad.ops.ordering import as_first, distinct, distinct_values
from ngrad.ops.shape import normal_axis
from ngrad.ops.transfer import said
from ngrad.record import state
from ngrad.tensor import from_numpy


class UniqueAllResult(NamedTuple):
    """What `unique_all` returns."""

    values: ndarray
    indices: ndarray
    inverse_indices: ndarray
    counts: ndarray


class UniqueCountsResult(NamedTuple):
    """What `unique_counts` returns."""

    values: ndarray
    counts: ndarray


class UniqueInverseResult(NamedTuple):
    """What `unique_inverse` returns."""

    values: ndarray
    inverse_indices: ndarray


def _alone(x: ndarray) -> bool:
    """Whether it does not matter where the values are: no derivative goes there."""
    kind = x.dtype.kind
    return kind in "iub" or (kind == "f" and not state.listens())


def _like(x: ndarray, values: Any) -> ndarray:
    """Values that an array has, as an array that is like it."""
    return array_of(from_numpy(values, x._layout.dtype, x._layout.device))


def unique(
    ar: Any, return_index: bool = False, return_inverse: bool = False,
    return_counts: bool = False, axis: Any = None, *, equal_nan: bool = True, sorted: bool = True,
) -> Any:  # fmt: skip
    """The values that there are, in order, or the slices along an axis; with the place of the first
    of each, where each element is among them, and how often each is there, if asked for.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.unique([2, 1, 2], return_counts=True)
    (array([1, 2]), array([1, 2]))
    """
    x = asarray(ar)
    axis = axis if axis is None else normal_axis(axis, x.ndim, "unique")
    there = x._layout.device is not HOST and x.size
    if there and axis is None:
        wanted = equal_nan, return_inverse, return_counts
        index, *found = map(array_of, distinct_there(x._read(), *wanted))
        parts = [index, *found] if return_index else found
        return (take(ravel(x), index), *parts) if parts else take(ravel(x), index)
    if axis is None and not (return_index or return_inverse) and _alone(x):
        values, *found = distinct_values(known(x), equal_nan, return_counts)
        values = _like(x, values)
        return (values, *map(asarray, found)) if return_counts else values
    if axis is None:
        index, *found = distinct(known(x), equal_nan, return_inverse, return_counts)
        values = take(ravel(x), index)
    else:
        if there:
            said("unique", x._layout.device)
        also: Any = (True, return_inverse, return_counts, axis)
        _, index, *found = np.unique(known(x), *also, equal_nan=equal_nan)
        values = take(x, index, axis)
    parts = [index, *found] if return_index else found
    return (values, *map(asarray, parts)) if parts else values


def unique_all(x: Any) -> UniqueAllResult:
    """The values that there are, the place of the first of each, where each element is among them,
    and how often each is there. No NaN is another's equal.
    """
    return UniqueAllResult(*unique(x, True, True, True, equal_nan=False))


def unique_counts(x: Any) -> UniqueCountsResult:
    """The values that there are, and how often each is there."""
    return UniqueCountsResult(*unique(x, return_counts=True, equal_nan=False))


def unique_inverse(x: Any) -> UniqueInverseResult:
    """The values that there are, and where each element is among them."""
    return UniqueInverseResult(*unique(x, return_inverse=True, equal_nan=False))


def unique_values(x: Any) -> ndarray:
    """The values that there are."""
    return unique(x, equal_nan=False)


def intersect1d(
    ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False
) -> Any:
    """The values that are in both arrays, in order; and where in each, if asked for.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.intersect1d([1, 3, 4, 3], [3, 1, 2])
    array([1, 3])
    """
    x, y = map(array_of, together("intersect1d", to_tensor(ar1), to_tensor(ar2)))
    if x._layout.device is not HOST and x.size:
        (found, first), (others, second) = (unique(z, return_index=True) for z in (x, y))
        among = isin(found, others)
        at = first[among], second[isin(others, found)]
        return (found[among], *at) if return_indices else found[among]
    if not (assume_unique or return_indices) and _alone(x):
        values = np.intersect1d(known(x), known(y))
        return _like(x, as_first(values, known(x).ravel()))
    _, first, second = np.intersect1d(known(x), known(y), assume_unique, True)
    found = take(x, first)
    return (found, asarray(first), asarray(second)) if return_indices else found


def union1d(ar1: Any, ar2: Any) -> ndarray:
    """The values that are in either array, in order."""
    return unique(concatenate((ar1, ar2), axis=None))


def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> ndarray:
    """The values that are in the first array and not in the second, in order."""
    x = ravel(ar1) if assume_unique else unique(ar1)
    return x[isin(x, ar2, invert=True)]


def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> ndarray:
    """The values that are in one array alone, in order."""
    parts = (ar1, ar2) if assume_unique else (unique(ar1), unique(ar2))
    values, counts = unique(concatenate(parts, axis=None), return_counts=True, equal_nan=False)
    return values[counts == 1]


__all__ = [
    "intersect1d", "setdiff1d", "setxor1d", "union1d", "unique", "unique_all", "unique_counts",
    "unique_inverse", "unique_values",
]  # fmt: skip
