"""Weighted means, how variables vary together, and where extremes are that are no NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.dtypes import kind_of, result_type
from ngrad.numpy.convert import FLOAT64, array_of, dtype_of, to_tensor
from ngrad.numpy.creation import asarray
from ngrad.numpy.joining import concatenate
from ngrad.numpy.manipulation import broadcast_to, distinct_axes
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.nothing import VARIANCE, warn_of
from ngrad.numpy.products import matmul
from ngrad.numpy.reductions import NOTHING, argmax, argmin, mean, sum
from ngrad.numpy.reductions import all as every
from ngrad.numpy.selection import clip, diagonal, where
from ngrad.numpy.ufuncs import UFUNCS
from ngrad.replayed import replayed

# -- weighted means --------------------------------------------------------------------------------


def weights_over(what: str, weights: Any, x: ndarray, axis: Any) -> ndarray:
    """Weights that broadcast with x, of its shape or of that of the axes that are reduced."""
    w = asarray(weights)
    if w.shape == x.shape:
        return w
    if axis is None:
        raise TypeError(
            f"{what}: axis must be specified when shapes differ: {x.shape}, and weights {w.shape}"
        )
    axes = distinct_axes(axis, x.ndim, what)
    if w.shape != tuple(x.shape[k] for k in axes):
        raise ValueError(f"{what}: weights of shape {w.shape} do not fit {x.shape}, axis {axis}")
    w = w.transpose(tuple(int(k) for k in np.argsort(axes)))
    return w.reshape(tuple(n if k in axes else 1 for k, n in enumerate(x.shape)))


@replayed
def average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *,
    keepdims: Any = NOTHING,
) -> Any:  # fmt: skip
    """The mean, of elements with weights; and their sums, if asked for. Of weights that sum to zero
    it is NaN or an infinity.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.average([1.0, 3.0], weights=[3, 1])
    np.float64(1.5)
    """
    x = asarray(a)
    if weights is None:
        found = mean(x, axis, keepdims=keepdims)
        count = x.size // max(found.size, 1)  # which may be open
        total = asarray(array_of(to_tensor(count)), found.dtype) if returned else None
    else:
        w = weights_over("average", weights, x, axis)
        wide = (np.float64,) if x.dtype.kind in "iub" else ()
        dtype = result_type(x.dtype, w.dtype, *wide)
        total = sum(w, axis, dtype, keepdims=keepdims)
        weighed = UFUNCS["multiply"](x, w, dtype=dtype)
        found = sum(weighed, axis, keepdims=keepdims) / total
    return (found, broadcast_to(total, found.shape).copy()) if returned else found


def _each_weight(what: str, name: str, weights: Any, count: int) -> ndarray:
    w = asarray(weights, FLOAT64)
    if w.ndim > 1:
        raise RuntimeError(f"{what}: {name} is a vector, not of shape {w.shape}")
    if w.shape[0] != count:
        raise RuntimeError(f"{what}: {w.shape[0]} {name} for {count} observations")
    given = np.asarray(w)
    if name == "fweights" and (given != np.around(given)).any():
        raise TypeError(f"{what}: fweights must be integer")
    if (given < 0).any():
        raise ValueError(f"{what}: {name} cannot be negative")
    return w


def cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None,
    fweights: Any = None, aweights: Any = None, *, dtype: Any = None,
) -> ndarray:  # fmt: skip
    """The covariances of variables, each a row (or a column, if not `rowvar`) of observations.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.cov([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    if ddof is not None and ddof != int(ddof):
        raise ValueError(f"cov: ddof must be an integer, not {ddof}")
    x, other = asarray(m), y if y is None else asarray(y)
    for part in (x, other):
        if part is not None and part.ndim > 2:
            raise ValueError(f"cov: takes vectors and matrices, not an array of shape {part.shape}")
    ddof = (0 if bias else 1) if ddof is None else int(ddof)
    found = _covariances(x, other, bool(rowvar), ddof, fweights, aweights, dtype)
    if fweights is None and aweights is None and found.size:
        count = x.size if x.ndim < 2 else x.shape[1 if rowvar else 0]
        if count <= ddof:
            warn_of(VARIANCE)
    return found


@replayed
def _covariances(
    m: ndarray, y: ndarray | None, rowvar: bool, ddof: int, fweights: Any, aweights: Any, dtype: Any
) -> ndarray:
    """Those of the rows, or columns, of one array, or two."""
    parts = [x for x in (m, y) if x is not None]
    wide: Any = dtype_of(dtype) or dtype_of(result_type(*(x.dtype for x in parts), np.float64))
    if not wide.is_inexact:
        raise TypeError(f"cov: {wide.name} does not hold averages; ask for floats")
    rows = [asarray(x, wide).reshape(1, -1) if x.ndim < 2 else asarray(x, wide) for x in parts]
    rows = [
        x.T if not rowvar and own.ndim == 2 and (k == 0 or x.shape[0] != 1) else x
        for k, (x, own) in enumerate(zip(rows, parts, strict=True))
    ]
    if rows[0].shape[0] == 0:
        return asarray(np.zeros((0, 0)))
    X = concatenate(rows, 0)
    w: Any = None
    for name, weights in (("fweights", fweights), ("aweights", aweights)):
        if weights is not None:
            each = _each_weight("cov", name, weights, X.shape[1])
            w = each if w is None else w * each
    middle, total = average(X, 1, w, True)
    total = total[0]
    if w is None:
        rest: Any = max(X.shape[1] - ddof, 0)
    else:
        less = ddof if aweights is None else ddof * sum(w * asarray(aweights, FLOAT64)) / total
        rest = UFUNCS["maximum"](total - less, 0.0) if ddof else total
    X = X - middle[:, None]
    weighed = X if w is None else X * w
    found = matmul(X, weighed.T.conj() if X.dtype.kind == "c" else weighed.T)
    return (found * UFUNCS["divide"](1.0, asarray(rest, wide))).squeeze()


def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> ndarray:
    """The correlations of variables: covariances over both standard deviations."""
    c = cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c
    return _correlations(c)


@replayed
def _correlations(c: ndarray) -> ndarray:
    """Those of which these are the covariances."""
    spread = UFUNCS["sqrt"](diagonal(c).real)
    found = c / spread[:, None] / spread
    if found.dtype.kind != "c":
        return clip(found, -1.0, 1.0)
    return clip(found.real, -1.0, 1.0) + 1j * clip(found.imag, -1.0, 1.0)


# -- places without NaNs ---------------------------------------------------------------------------


def _nan_place(name: str, place: Any, worst: float) -> Any:
    def found(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = NOTHING) -> ndarray:
        x = asarray(a)
        if kind_of(x.dtype) not in "fc":
            return place(x, axis, out, keepdims=keepdims)
        nan = UFUNCS["isnan"](x)
        if x.size and np.asarray(every(nan, axis)).any():
            raise ValueError(f"{name}: all-NaN slice encountered in an array of shape {x.shape}")
        return place(where(nan, worst, x), axis, out, keepdims=keepdims)

    found.__name__ = found.__qualname__ = name
    found.__doc__ = f"As `{name[3:]}`, of what is no NaN; whether all are is looked up at the call."
    return found


nanargmax = _nan_place("nanargmax", argmax, -np.inf)
nanargmin = _nan_place("nanargmin", argmin, np.inf)


__all__ = ["average", "corrcoef", "cov", "nanargmax", "nanargmin"]
