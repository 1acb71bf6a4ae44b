"""Medians and quantiles."""

from __future__ import annotations

import functools
import math
from numbers import Rational
from typing import Any

import numpy as np

from ngrad.devices import HOST
from ngrad.dtypes import BRAIN, HALF, kind_of
from ngrad.errors import IndexBoundsError
from ngrad.numpy.convert import INT64, PLAIN, array_of
from ngrad.numpy.creation import asarray
from ngrad.numpy.laying import as_array
from ngrad.numpy.manipulation import broadcast_to, moveaxis
from ngrad.numpy.nans import nanmean
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.nothing import NUMBERS, warn_of
from ngrad.numpy.out import into
from ngrad.numpy.reductions import NOTHING, count_nonzero, cumsum, mean, sum
from ngrad.numpy.selection import clip, take_along_axis, where
from ngrad.numpy.sorting import argsort
from ngrad.numpy.statistics import weights_over
from ngrad.numpy.ufuncs import UFUNCS
from ngrad.ops.comparison import isnan
from ngrad.ops.elementwise import select
from ngrad.ops.identity import COPY
from ngrad.ops.ranks import ranked
from ngrad.ops.reductions import normal_axes, ones_shape
from ngrad.ops.shape import reshape, reshaped, swap_last
from ngrad.record import apply
from ngrad.replayed import replayed
from ngrad.tensor import from_numpy

NAN = float("nan")
STEPS = ("inverted_cdf", "closest_observation", "lower", "higher", "nearest")
"""Methods by which every quantile is an element."""


class _Slices:
    """What is reduced, as the rows of a matrix, and their order, in which NaN comes last.

    Attributes
    ----------
    rows : ndarray
    counts : int or NumPy array
        How many elements of a row count: all, or in each those that are no NaN. These are looked up
        at the call.
    """

    def __init__(self, what: str, a: Any, axis: Any, keepdims: Any, nans: bool) -> None:
        self.what, self.x = what, asarray(a)
        self.axes = normal_axes(axis, self.x.ndim, what)
        shape = self.x.shape
        self.shape = (
            ones_shape(shape, self.axes)
            if keepdims not in (NOTHING, None, False)
            else tuple(n for k, n in enumerate(shape) if k not in self.axes)
        )
        self.rows = self.matrix(self.x)
        self.counts: Any = self.rows.shape[1]
        self.floats = kind_of(self.x.dtype) in "fc"
        self.nans = nans and self.floats
        if self.nans:
            self.counts = self.counts - _nans(self.rows)
            if self.x.size and not self.counts.all():
                warn_of(NUMBERS)

    def matrix(self, x: ndarray) -> ndarray:
        """An array of the shape of what is reduced, its reduced axes as the last of two."""
        many, ndim = len(self.axes), x.ndim
        moved = x if many == ndim else moveaxis(x, self.axes, tuple(range(ndim - many, ndim)))
        sizes = moved.shape
        return moved.reshape(math.prod(sizes[: ndim - many]), math.prod(sizes[ndim - many :]))

    def at(self, *places: Any) -> list[ndarray]:
        """The elements at places of the order: integers, or arrays of shape (...), of shape (...,
        rows) if each row has its own. They are of shape (..., rows); and the greatest of all.
        """
        rows, given = self.rows._read(), [np.asarray(place) for place in places]
        each, many = np.ndim(self.counts), self.rows.shape[:1]
        flat = [z.reshape(-1, *many) if each else z.reshape(-1) for z in given]
        last = np.full((1, *flat[0].shape[1:]), rows._layout.shape[1] - 1)
        ranks = from_numpy(np.concatenate([*flat, last]).T, INT64, rows._layout.device)
        columns, begin, found = swap_last(ranked(rows, ranks), 0), 0, []
        for z, of in zip(flat, given, strict=True):
            part = columns[begin : begin + len(z)]
            begin += len(z)
            found.append(array_of(reshaped(part, of.shape if each else of.shape + many)))
        return [*found, array_of(columns[begin])]

    def finished(self, found: ndarray, greatest: ndarray, lead: tuple[int, ...]) -> ndarray:
        """The result in its shape; NaN of a row in which there is one that counts."""
        if self.floats and not self.nans:
            found = array_of(select(isnan(greatest._read()), NAN, found._read()))
        shaped = reshape(found._read(), lead + self.shape)
        if lead and self.rows.shape[0] > 1:  # as NumPy's, not the quantiles of each row together
            shaped = apply(COPY, (shaped,))
        return array_of(shaped)


def _nans(rows: ndarray) -> Any:
    """How many elements of each row are NaN, an array of NumPy's: counted where they lie."""
    if rows._layout.device is HOST:
        return np.isnan(np.asarray(rows)).sum(1)
    return np.asarray(count_nonzero(UFUNCS["isnan"](rows), 1))


def _median(what: str, a: Any, axis: Any, keepdims: Any, nans: bool) -> ndarray:
    if asarray(a).size == 0:
        return (nanmean if nans else mean)(a, axis, keepdims=keepdims)
    slices = _Slices(what, a, axis, keepdims, nans)
    low, high, most = slices.at(np.maximum(slices.counts - 1, 0) // 2, slices.counts // 2)
    return slices.finished(low * 0.5 + high * 0.5, most, ())


@into
@replayed
def median(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False
) -> ndarray:
    """The element in the middle of the order, or the mean of the two there; NaN if there is one.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.median([3.0, 1.0, 7.0, 5.0])
    np.float64(4.0)
    """
    return _median("median", a, axis, keepdims, False)


@into
def nanmedian(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
    keepdims: Any = NOTHING,
) -> ndarray:  # fmt: skip
    """As `median`, of what is no NaN."""
    return _median("nanmedian", a, axis, keepdims, True)


# -- quantiles -------------------------------------------------------------------------------------


def _quantile(
    what: str, a: Any, q: Any, axis: Any, method: Any, keepdims: Any, weights: Any,
    whole: int,
) -> ndarray:  # fmt: skip
    slices = _Slices(what, a, axis, keepdims, what.startswith("nan"))
    if slices.x.dtype.kind == "b" and method not in STEPS:
        raise TypeError(
            f"{what}: bools have nothing between them; use astype(float), or method= one of {STEPS}"
        )
    exact = type(q) not in PLAIN  # of a dtype of its own
    share = np.asarray(q)
    if share.dtype.hasobject and isinstance(share.item(0), Rational):
        share = share.astype(np.float64)
    share = share / whole if whole != 1 else share
    if share.ndim > 2:
        raise ValueError(f"{what}: q is a number or a vector, not of shape {share.shape}")
    if not ((share >= 0) & (share <= 1)).all():
        raise ValueError(f"{what}: q lies between 0 and {whole}, not {q}")
    if weights is not None:
        if method != "inverted_cdf":
            raise ValueError(f"{what}: weights= goes with method='inverted_cdf', not {method!r}")
        found = slices.finished(*_weighted(slices, share, weights, axis), share.shape)
        return as_array(found._read())
    if slices.x.size == 0 and what.startswith("nan"):
        return nanmean(slices.x, axis, keepdims=keepdims)
    if slices.rows.shape[1] == 0:
        raise IndexBoundsError(f"{what}: of no elements: shape {slices.x.shape}")
    return slices.finished(*_interpolated(slices, share, exact, method), share.shape)


def _interpolated(slices: _Slices, share: Any, exact: bool, method: Any) -> tuple[ndarray, ndarray]:
    """Between the elements at both sides of a place in the order; and the greatest. Where it is,
    and of which dtype the result, NumPy's own quantile tells, of the places 0, 1, 2, ...
    """
    own = _quantiles_dtype(slices.x.dtype, share.dtype, exact, method)
    given = share.tobytes(), share.dtype, share.shape, method
    sides = _sides if share.size <= 64 else _sides.__wrapped__  # many are not remembered
    near: Any
    scale: Any
    if np.ndim(slices.counts):
        counts, which = np.unique(np.maximum(slices.counts, 1), return_inverse=True)
        found = zip(*(sides(int(count), *given) for count in counts), strict=True)
        near, low, high, scale = (np.stack(parts, -1)[..., which] for parts in found)
    else:
        near, low, high, scale = sides(slices.counts, *given)
        scale = scale[..., None] if share.ndim else float(scale)
    if kind_of(own) != "f" or not np.any(scale):
        base, most = slices.at(near)
        return base.astype(own), most
    base, behind, before, most = (x.astype(own) for x in slices.at(near, low, high))
    if type(scale) is float:
        return base + (before - behind) * scale, most
    found = base + (before - behind) * scale.astype(own)
    # Of an infinity at its place, nothing is taken off, whatever other quantiles there are.
    return (found if scale.all() else where(scale != 0.0, found, base)), most


@functools.lru_cache(1024)
def _sides(count: int, shares: bytes, dtype: Any, shape: tuple[int, ...], method: Any) -> Any:
    """Where the quantiles of so many elements in order lie: the place that is nearest, those at
    both sides, and what part of the way between these it is from the nearest.
    """
    share: Any = np.frombuffer(shares, dtype).reshape(shape)
    place = np.quantile(np.arange(float(count)), share, method=method)
    low, high = np.floor(place).astype(np.int64), np.ceil(place).astype(np.int64)
    part = place - low
    upper = part >= 0.5
    return np.where(upper, high, low), low, high, np.where(upper, part - 1.0, part)


@functools.cache
def _quantiles_dtype(dtype: Any, of_shares: Any, exact: bool, method: Any) -> Any:
    """The dtype of NumPy's quantiles; a Python number has none of its own. bfloat16 counts as
    float16, which NumPy knows; beside it, as float32.
    """
    if exact and {dtype, of_shares} == {BRAIN, HALF}:
        of_shares = np.float32
    brain = BRAIN in (dtype, of_shares)
    known, shares = (HALF if one == BRAIN else one for one in (dtype, of_shares))
    share = np.zeros(1, shares)
    found = np.quantile(np.zeros(1, known), share if exact else share.item(), method=method).dtype
    if found == known:
        return dtype
    return BRAIN if brain and found == HALF else found


def _weighted(slices: _Slices, share: Any, weights: Any, axis: Any) -> tuple[ndarray, ndarray]:
    """The first element in order up to which lies that share of the weights; and the greatest."""
    spread = broadcast_to(weights_over(slices.what, weights, slices.x, axis), slices.x.shape)
    by = slices.matrix(spread).astype(float)
    given = np.asarray(by)
    if (given < 0).any():
        raise ValueError(f"{slices.what}: weights must be non-negative")
    together = given.sum(1)
    if not (np.isfinite(together) & (together > 0)).all():
        raise ValueError(f"{slices.what}: weights included NaN, inf or were all zero")
    if slices.nans:
        by = where(UFUNCS["isnan"](slices.rows), 0.0, by)
    order = argsort(slices.rows, 1)
    total = cumsum(take_along_axis(by, order, 1), 1)
    total = total / total[:, -1:]
    total = where(total == 0.0, -1.0, total)  # what has no weight is never the first
    before = sum(total < asarray(share)[..., None, None], -1)
    place = clip(before, None, slices.rows.shape[1] - 1)
    ordered = take_along_axis(slices.rows, order, 1)
    return ordered[np.arange(ordered.shape[0]), place], ordered[:, -1]


@into
@replayed
def quantile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
    method: Any = "linear", keepdims: Any = False, *, weights: Any = None,
) -> ndarray:  # fmt: skip
    """The values below which shares q of the elements lie, by any of NumPy's methods. q is a number
    or an array of such, and has no derivative.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.quantile([1.0, 2.0, 4.0], 0.75)
    np.float64(3.0)
    """
    return _quantile("quantile", a, q, axis, method, keepdims, weights, 1)


@into
@replayed
def percentile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
    method: Any = "linear", keepdims: Any = False, *, weights: Any = None,
) -> ndarray:  # fmt: skip
    """As `quantile`, of q in hundredths."""
    return _quantile("percentile", a, q, axis, method, keepdims, weights, 100)


@into
def nanquantile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
    method: Any = "linear", keepdims: Any = NOTHING, *, weights: Any = None,
) -> ndarray:  # fmt: skip
    """As `quantile`, of what is no NaN."""
    return _quantile("nanquantile", a, q, axis, method, keepdims, weights, 1)


@into
def nanpercentile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
    method: Any = "linear", keepdims: Any = NOTHING, *, weights: Any = None,
) -> ndarray:  # fmt: skip
    """As `percentile`, of what is no NaN."""
    return _quantile("nanpercentile", a, q, axis, method, keepdims, weights, 100)


__all__ = [
    "median", "nanmedian", "nanpercentile", "nanquantile", "percentile", "quantile",
]  # fmt: skip
