"""Polynomials by their coefficients, from the highest power down."""

from __future__ import annotations

import functools
import operator
import warnings
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np

from ngrad.dtypes import kind_of, result_type
from ngrad.numpy.convert import array_of, plain, to_tensor
from ngrad.numpy.creation import asarray
from ngrad.numpy.editing import trim_zeros
from ngrad.numpy.factors import eigvals
from ngrad.numpy.filled import ones, zeros, zeros_like
from ngrad.numpy.joining import concatenate
from ngrad.numpy.manipulation import atleast_1d, broadcast_to, flip, tile
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.products import matmul
from ngrad.numpy.reductions import cumprod, sum
from ngrad.numpy.selection import outer, where
from ngrad.numpy.signal import convolve
from ngrad.numpy.systems import inv, least_squares, lstsq, pinv
from ngrad.numpy.ufuncs import UFUNCS
from ngrad.ops.identity import stop_gradient
from ngrad.ops.joining import stacked
from ngrad.ops.shape import reshaped
from ngrad.ops.slicing import strided
from ngrad.ops.slide import Places, slide
from ngrad.replayed import replayed

F = TypeVar("F", bound=Callable[..., Any])


def _of_poly1d(function: F) -> F:
    """A function of coefficients; of NumPy's polynomials NumPy's, which gives such."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        for x in args:
            if type(x) is not ndarray and isinstance(x, np.poly1d):
                return getattr(np, function.__name__)(*map(plain, args), **kwargs)
        return function(*args, **kwargs)

    return cast(F, call)


def polyval(p: Any, x: Any) -> Any:
    """A polynomial at x.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.polyval([3, 0, 1], [1, 5])
    array([ 4, 76])
    """
    if isinstance(x, np.poly1d):  # one of NumPy's polynomials in another, which is such
        return np.polyval(plain(p), x)
    at = asarray(x)
    found = zeros_like(at)
    for term in asarray(p):
        found = found * at + term
    return found


def _longer(a1: Any, a2: Any) -> tuple[ndarray, ndarray]:
    """Coefficients of two polynomials, as many of one as of the other."""
    one, two = atleast_1d(a1), atleast_1d(a2)
    if one._layout.shape == two._layout.shape:
        return one, two
    size = max(one.size, two.size)
    made = [
        concatenate([zeros(size - x.size, x.dtype), x]) if x.size < size else x for x in (one, two)
    ]
    return made[0], made[1]


@_of_poly1d
def polyadd(a1: Any, a2: Any) -> ndarray:
    """The sum of two polynomials."""
    return UFUNCS["add"](*_longer(a1, a2))


@_of_poly1d
def polysub(a1: Any, a2: Any) -> ndarray:
    """The difference of two polynomials."""
    return UFUNCS["subtract"](*_longer(a1, a2))


@_of_poly1d
def polymul(a1: Any, a2: Any) -> ndarray:
    """The product of two polynomials; leading zeros, looked up at the call, are dropped.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.polymul([1, 2], [1, -2])
    array([ 1,  0, -4])
    """
    parts = [trim_zeros(atleast_1d(asarray(a)), "f") for a in (a1, a2)]
    return convolve(*(x if x.size else zeros(1, x.dtype) for x in parts))


@_of_poly1d
def polydiv(u: Any, v: Any) -> tuple[ndarray, ndarray]:
    """The quotient of two polynomials, and what is left, without its leading zeros."""
    r, divisor = (atleast_1d(asarray(a)) + 0.0 for a in (u, v))
    r = r.astype(result_type(r.dtype, divisor.dtype))
    n = divisor.size - 1
    terms = []
    for k in range(r.size - n):
        terms.append(r[k] / divisor[0])
        r[k : k + n + 1] -= terms[k] * divisor
    quotient = concatenate([x.reshape(1) for x in terms]) if terms else zeros(1, r.dtype)
    known = np.asarray(r)
    start = 0
    while start < r.size - 1 and np.allclose(known[start], 0, rtol=1e-14):
        start += 1
    return quotient, r[start:]


@_of_poly1d
def polyder(p: Any, m: int = 1) -> ndarray:
    """The m-th derivative of a polynomial."""
    if m < 0:
        raise ValueError(f"polyder: order of derivative must be positive (see polyint), not {m}")
    found = asarray(p)
    for _ in range(min(int(m), found.shape[0])):
        found = found[:-1] * np.arange(found.shape[0] - 1, 0, -1)
    return found


@_of_poly1d
def polyint(p: Any, m: int = 1, k: Any = None) -> ndarray:
    """The m-th integral of a polynomial, with constants of integration."""
    if m < 0:
        raise ValueError(f"polyint: order of integral must be positive (see polyder), not {m}")
    constants = zeros(m) if k is None else atleast_1d(asarray(k))
    if constants.size == 1 and m > 1:
        constants = tile(constants, m)
    if constants.size < m:
        raise ValueError(f"polyint: k must have 1 or at least {m} elements, not {constants.size}")
    found = asarray(p)
    for step in range(int(m)):
        powers = np.arange(found.shape[0], 0, -1)
        found = concatenate([found / powers, constants[step : step + 1]])
    return found


@replayed
def vander(x: Any, N: int | None = None, increasing: bool = False) -> ndarray:
    """The powers of each element, a row each, from the highest down.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.vander([2, 3], 3)
    array([[4, 2, 1],
           [9, 3, 1]])
    """
    at = asarray(x)
    if at.ndim != 1:
        raise ValueError(f"vander: takes a vector, not an array of shape {at.shape}")
    count = at.size if N is None else operator.index(N)
    at = at.astype(result_type(at.dtype, np.int64), copy=False)
    n = at.shape[0]
    first, others = ones((n, min(count, 1)), at.dtype), (n, max(count - 1, 0))
    parts = [first, broadcast_to(at[:, None], others)]
    powers = cumprod(concatenate(parts, 1), 1)
    return powers if increasing else flip(powers, 1).copy()  # in rows of its own, as NumPy's


def polyfit(
    x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False
) -> Any:
    """The polynomial of a degree that comes closest to points, by least squares; with NumPy's
    RankWarning, if the points do not determine it. It is differentiable in points and weights.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.polyfit([0.0, 1.0, 2.0], [1.0, 3.0, 5.0], 1).round(3)
    array([2., 1.])
    """
    at, values, order = asarray(x) + 0.0, asarray(y) + 0.0, int(deg) + 1
    if deg < 0:
        raise ValueError(f"polyfit: expected deg >= 0, not {deg}")
    if at.ndim != 1 or not at.size:
        raise TypeError(f"polyfit: expected non-empty vector for x, not one of shape {at.shape}")
    if values.ndim not in (1, 2):
        raise TypeError(f"polyfit: expected 1D or 2D array for y, not one of shape {values.shape}")
    if at.shape[0] != values.shape[0]:
        raise TypeError(
            f"polyfit: expected x and y to have same length: {at.shape}, {values.shape}"
        )
    weights = None if w is None else asarray(w) + 0.0
    if weights is not None and (weights.ndim != 1 or weights.shape != at.shape):
        raise TypeError(f"polyfit: expected {at.size} weights, not of shape {weights.shape}")
    left, right, scale = _normalized(at, values, weights, order)
    limit = at.size * at._layout.dtype.finfo.eps if rcond is None else rcond
    rank: Any
    if full or cov:
        found, rest, rank, singular = lstsq(left, right, float(limit))
    else:
        terms, rank, _ = least_squares(left, right, float(limit))
        found = array_of(terms)
    if int(rank) != order and not full:
        warnings.warn("Polyfit may be poorly conditioned", np.exceptions.RankWarning, stacklevel=3)
    found = found / scale[:, None]
    terms = found if values.ndim == 2 else found[:, 0]
    if full:
        return terms, rest, rank, singular, array_of(to_tensor(limit))
    if not cov:
        return terms
    if left.dtype.kind == "c":  # of which NumPy takes no conjugates here
        spread = inv(matmul(left.T, left))
    else:
        inverse = pinv(left, float(limit))
        spread = matmul(inverse, inverse.T)
    spread = spread / outer(scale, scale)
    if cov != "unscaled":
        if at.size <= order:
            raise ValueError(
                f"polyfit: {at.size} points must exceed the order {order} to scale covariances"
            )
        spread = spread[:, :, None] * (rest / (at.size - order))
    elif values.ndim == 2:
        spread = spread[:, :, None]
    return terms, spread[:, :, 0] if values.ndim == 1 and spread.ndim == 3 else spread


@replayed
def _normalized(x: ndarray, y: ndarray, weights: ndarray | None, order: int) -> tuple[ndarray, ...]:
    """The system whose least squares fit a polynomial: its matrix, with columns of length 1, its
    right-hand sides, and the columns' lengths.
    """
    left, right = vander(x, order), y if y.ndim == 2 else y[:, None]
    if weights is not None:
        left, right = left * weights[:, None], right * weights[:, None]
    scale = UFUNCS["sqrt"](sum(left * left, 0))
    return left / scale, right, scale


# -- roots -----------------------------------------------------------------------------------------


def poly(seq_of_zeros: Any) -> ndarray:
    """The polynomial with given roots; of a square matrix, its characteristic one.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.poly([2.0, -1.0])
    array([ 1., -1., -2.])
    """
    places = atleast_1d(asarray(seq_of_zeros))
    if places.ndim == 2 and places.shape[0] == places.shape[1] and places.size:
        places = eigvals(places)  # of a real matrix in pairs
        return poly(places).real if kind_of(asarray(seq_of_zeros).dtype) != "c" else poly(places)
    if places.ndim != 1:
        raise ValueError(
            f"poly: takes a vector of roots, or a square matrix, not an array of {places.shape}"
        )
    own = places._layout.dtype
    places = places if own.is_inexact and not own.is_half else places.astype(float)
    if not places.size:
        return array_of(to_tensor(1.0))
    roots, n = places._read(), places.size
    found = ones((1, 1, 1), places.dtype)._read()
    factors = reshaped(stacked((-roots, ones(n, places.dtype)._read()), 1), (n, 2, 1))
    for k in range(n):  # times x - root
        factor = strided(factors, ((k, 1, 1), (0, 1, 2), (0, 1, 1)))
        found = slide(found, factor, Places.along(k + 2, 1))
    return array_of(reshaped(found, (n + 1,)))


def roots(p: Any) -> ndarray:
    """The roots of a polynomial, found by NumPy at the call: complex numbers, if one is. Two steps
    of Newton's give them their derivatives; those of multiple roots are not finite.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.roots([1.0, -3.0, 2.0]).round(6)
    array([2., 1.])
    """
    terms = atleast_1d(asarray(p))
    if terms.ndim != 1:
        raise ValueError(f"roots: takes a vector, not an array of shape {terms.shape}")
    known: Any = np.roots(np.asarray(terms))
    if kind_of(terms.dtype) != "c" and not np.any(known.imag):
        known = known.real
    terms = terms if kind_of(terms.dtype) == known.dtype.kind else terms.astype(known.dtype)
    return _improved(terms, asarray(known)) if known.size else asarray(known)


@replayed
def _improved(terms: ndarray, found: ndarray) -> ndarray:
    """The roots of a polynomial after two steps of Newton's."""
    slope = polyder(terms).astype(found.dtype)
    for _ in range(2):
        height, steep = polyval(terms, found), polyval(slope, found)
        simple = UFUNCS["not_equal"](steep, 0.0)
        step = where(simple, height, 0.0) / where(simple, steep, 1.0)
        # A multiple root moves as the root of what a term adds: a step of 0, whose slope is not.
        added = height - array_of(stop_gradient(height._read()))
        found = found - step - where(simple, 0.0, UFUNCS["sqrt"](where(simple, 1.0, added)))
    return found


__all__ = [
    "poly", "polyadd", "polyder", "polydiv", "polyfit", "polyint", "polymul", "polysub", "polyval",
    "roots", "vander",
]  # fmt: skip
