"""Counts of elements by value. Where bins begin, and how many there are, is computed at the call.
Counts have derivatives in their weights, and edges in what they are made of: those that are given,
the ends of a range, or the extremes among the elements.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ngrad.devices import HOST
from ngrad.dtypes import BRAIN, result_type
from ngrad.numpy.convert import FLOAT64, INT64, array_of, known, plain, to_tensor
from ngrad.numpy.creation import asarray
from ngrad.numpy.indices import at_hand
from ngrad.numpy.joining import stack
from ngrad.numpy.logic import imag, real
from ngrad.numpy.manipulation import ravel
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.ranges import linspace
from ngrad.numpy.reductions import sum
from ngrad.numpy.sorting import searchsorted
from ngrad.ops.complexes import complex_
from ngrad.ops.convert import cast_to
from ngrad.ops.gather import ADD_ROWS
from ngrad.ops.shape import broadcast_to, reshape
from ngrad.ops.transfer import said
from ngrad.record import apply, state
from ngrad.tensor import from_numpy, writable


def _counts(place: Any, size: int, weights: Any) -> ndarray:
    """How often each of so many places occurs, or the sums of its weights."""
    n = place.size
    if weights is None and at_hand(place):
        return asarray(np.bincount(np.asarray(place).reshape(-1), minlength=size))
    if weights is not None and to_tensor(weights).dtype.is_complex:
        parts = (_counts(place, size, part(weights))._read() for part in (real, imag))
        return array_of(complex_(*parts))
    given = broadcast_to(to_tensor(1), (n,)) if weights is None else to_tensor(weights, FLOAT64)
    index = cast_to(reshape(place, (n,)), INT64)
    return array_of(apply(ADD_ROWS, (reshape(given, (n,)), index), (size, 0, 0)))


def bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> ndarray:
    """How often each number from 0 to the greatest occurs in a vector, or the sums of its weights.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.bincount([0, 2, 2])
    array([1, 0, 2])
    """
    empty = type(x) is not ndarray and isinstance(x, list) and not x
    numbers = to_tensor(x, INT64 if empty else None)
    where = numbers._layout
    shape, dtype = where.shape, where.dtype
    if len(shape) != 1:
        raise ValueError(f"bincount: takes a vector, not an array of shape {shape}")
    there = where.device is HOST and state.window.trace is None
    # NumPy copies what may not be written to, which it does not do.
    values = writable(numbers) if there else _ends(array_of(numbers))
    if dtype is not INT64:
        if values.size and not np.can_cast(values.dtype, np.int64) and values.dtype != np.uint64:
            raise TypeError(f"bincount: cannot cast {values.dtype} safely to int64")
        values = values.astype(np.int64, copy=False)
    least = minlength if type(minlength) is int else operator.index(minlength)
    if least < 0:
        raise ValueError(f"bincount: minlength must not be negative, not {least}")
    given = None if weights is None else to_tensor(weights)
    if given is not None and given._layout.dtype.is_complex:
        raise TypeError(
            f"bincount: cannot cast weights of {given._layout.dtype.name} safely to float64"
        )
    if given is not None and given._layout.shape != shape:
        raise ValueError(
            f"bincount: the weights, of shape {given._layout.shape}, and the list, of {shape}, "
            "don't have the same length"
        )
    each: Any = None
    if given is not None and there:
        own = given._layout
        there = own.device is HOST and not state.stack
        if there:
            each = known(writable(given)) if own.dtype.is_half else writable(given)
    if there:  # NumPy looks at the values itself
        return array_of(from_numpy(np.bincount(values, each, least), None, HOST))
    if values.size and values.min() < 0:
        raise ValueError(f"bincount: takes no negative numbers, and there is {values.min()}")
    size = max(least, int(values.max()) + 1 if values.size else 0)
    return _counts(numbers, size, given if values.size else None)  # as NumPy counts none


def _ends(x: ndarray) -> Any:
    """An array of NumPy's with the least and the greatest element; of the CPU's, with all."""
    if x._layout.device is HOST or not x.size:
        return np.asarray(x)
    return np.asarray(stack([x.min(), x.max()]))


def _slots(x: ndarray, edges: Any) -> ndarray:
    """The bin of each element; 0 is below all, and the last beyond them. NaN is beyond."""
    found = searchsorted(edges, x, "right")
    return found - (x == asarray(edges)[-1]).astype(np.int64)  # the last bin has both its edges


def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> ndarray:
    """Where bins begin and end: so many of them, or by one of NumPy's rules, or as given."""
    x, wanted = asarray(a), plain(bins)
    if np.ndim(wanted) or (range is not None and not isinstance(wanted, str)):
        # Elements decide nothing, and may not be there yet.
        values, w = known(np.empty(0, x.dtype)), None
    else:
        every = isinstance(wanted, str) or weights is not None
        if every and x._layout.device is not HOST:
            said("histogram_bin_edges", x._layout.device)
        values = known(np.asarray(x) if every else _ends(x))
        w = None if weights is None else known(np.asarray(asarray(weights)))
    edges = np.histogram_bin_edges(values, wanted, _span(range), w)
    if not np.ndim(wanted) and _is_brain(x, range):
        edges = edges.astype(BRAIN)
    return _followed(edges, x, bins, range)


def _is_brain(x: ndarray, range: Any) -> bool:
    """Whether edges are of bfloat16, which NumPy does not know: as it has float16 of float16."""
    return result_type(x.dtype, *(_span(range) or ())) == BRAIN


def _span(range: Any) -> Any:
    """A range for NumPy."""
    return None if range is None else tuple(map(plain, range))


def _followed(edges: Any, x: ndarray, bins: Any, range: Any) -> ndarray:
    """Edges that NumPy found; where a tape listens, computed from what decides where they are."""
    if not state.stack:
        return asarray(edges)
    if np.ndim(bins):
        return asarray(bins)
    if range is None and (x.dtype.kind != "f" or not x.size):
        return asarray(edges)
    low, high = (x.min(), x.max()) if range is None else range
    if low == high:  # as NumPy widens it
        low, high = low - 0.5, high + 0.5
    return linspace(low, high, edges.size, dtype=edges.dtype)


def histogram(
    a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> tuple[ndarray, ndarray]:
    """How many elements lie in each bin, or the sums of their weights; and the edges of the bins.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.histogram([1, 2, 1, 4], bins=[0, 2, 3, 5])
    (array([2, 1, 1]), array([0, 2, 3, 5]))
    """
    x = asarray(a)
    w = None if weights is None else asarray(weights)
    if w is not None and w.shape != x.shape:
        raise ValueError(f"histogram: weights of shape {w.shape} do not fit {x.shape}")
    even = np.ndim(plain(bins)) == 0
    if even and w is None and at_hand(x._read()) and not _is_brain(x, range):
        # NumPy need not search for them.
        found, ends = np.histogram(known(x), plain(bins), _span(range))
        counts, edges = asarray(found), _followed(ends, x, bins, range)
    else:
        edges = histogram_bin_edges(x, bins, range, w if isinstance(plain(bins), str) else None)
        each = None if w is None else ravel(w)
        counts = _counts(_slots(ravel(x), edges)._read(), edges.size + 1, each)[1:-1]
    if w is not None:
        counts = counts.astype(w.dtype)
    if density:
        widths = (edges[1:] - edges[:-1]).astype(float)
        counts = counts / widths / sum(counts)
    return counts, edges


def histogramdd(
    sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> tuple[ndarray, list[ndarray]]:
    """How many points, each a row, lie in each bin of several dimensions; and the edges in each."""
    if isinstance(sample, (list, tuple)) and any(np.ndim(x) for x in sample):
        points = stack([ravel(x) for x in sample], 1)
    else:
        points = asarray(sample)
        points = points.reshape(-1, 1) if points.ndim < 2 else points
    count, dims = points.shape
    each = list(bins) if np.iterable(bins) else [bins] * dims
    if len(each) != dims:
        raise ValueError(f"histogramdd: {len(each)} bins for points of {dims} dimensions")
    for k, one in enumerate(each):
        if np.ndim(one) == 0 and one < 1:
            raise ValueError(f"histogramdd: bins[{k}] must be positive, not {one}")
    ranges = [None] * dims if range is None else list(range)
    if len(ranges) != dims:
        raise ValueError(f"histogramdd: range has {len(ranges)} entries for {dims} dimensions")
    edges = [  # in the dtype of the points only where these say where they are
        histogram_bin_edges(x if span is None else np.empty(0), one, span)
        for x, one, span in zip(points.T, each, ranges, strict=True)
    ]
    shape = tuple(x.size + 1 for x in edges)
    place = asarray(np.zeros(count, np.int64))
    for k, side in enumerate(edges):
        place = place * shape[k] + _slots(points[:, k], side)
    total = _counts(place._read(), int(np.prod(shape)), weights).reshape(shape).astype(float)
    counts = total[(slice(1, -1),) * dims]
    if density:
        whole = sum(counts)
        for k, side in enumerate(edges):
            widths = side[1:] - side[:-1]
            counts = counts / widths.reshape((-1, *(1,) * (dims - k - 1)))
        counts = counts / whole
    return counts, edges


def histogram2d(
    x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> tuple[ndarray, ndarray, ndarray]:
    """As `histogramdd`, of points with two coordinates."""
    one, two = asarray(x), asarray(y)
    if one.shape != two.shape:
        raise ValueError(f"histogram2d: x and y must have one length, not {one.shape}, {two.shape}")
    if np.iterable(bins) and len([*bins]) not in (1, 2):
        bins = [bins, bins]
    counts, edges = histogramdd([one, two], bins, range, density, weights)
    return counts, edges[0], edges[1]


__all__ = ["bincount", "histogram", "histogram2d", "histogram_bin_edges", "histogramdd"]
