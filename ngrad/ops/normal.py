"""The inverses of erf and erfc, erfc scaled, and the normal distribution function, its logarithm
and their inverses, each with its rule.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ngrad.ops.comparison import greater, less
from ngrad.ops.elementwise import elementwise, select
from ngrad.ops.exponential import exp
from ngrad.ops.faddeeva import wofz_slope
from ngrad.ops.special import erfc

FAR, NODES = 6.0, 20
"""From how many deviations on a tail is a mean, taken by so many nodes, of which half are positive.
"""
GONE = 40.0
"""Where the density is 0 in every dtype."""


@functools.cache
def squares() -> list[tuple[float, float]]:
    """The squares of the nodes of Gauss's and Hermite's formula for means over a normal t, and by
    how much the mean of t**2 weighs each.
    """
    t, weights = (x[NODES // 2 :] for x in np.polynomial.hermite_e.hermegauss(NODES))
    weights = math.sqrt(2 / math.pi) * weights * t * t
    return list(zip((t * t).tolist(), weights.tolist(), strict=True))


def mean(v: Any) -> Any:
    """The mean of t**2 / (1 + v t**2) over a normal t, for v up to 1 / FAR**2, near eps: in it and
    in its derivatives nothing cancels.
    """
    return functools.reduce(lambda found, at: found + at[1] / (1.0 + at[0] * v), squares(), 0.0)


@elementwise(floats=True)
def erfinv(x):
    """The inverse of `erf` (DLMF 7.17.1).

    Integers and bools are converted to float64. At 1 and -1 it is infinite, beyond them NaN. The
    derivative is sqrt(pi) / 2 e**(erfinv(x)**2).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.erfinv([0.0, 0.5]).numpy()
    array([0.        , 0.47693628], dtype=float32)
    """


@erfinv.vjp
def _(g, out, x):
    return (g * (math.sqrt(math.pi) / 2 * exp(out * out)),)


@elementwise(floats=True)
def erfcinv(x):
    """The inverse of `erfc` (DLMF 7.17.2), also of what is too small to be taken from 1.

    Integers and bools are converted to float64. At 0 and 2 it is infinite, outside of them NaN.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.erfcinv([0.5, 1.5]).numpy()
    array([ 0.47693628, -0.47693628], dtype=float32)
    """


@erfcinv.vjp
def _(g, out, x):
    return (g * (-math.sqrt(math.pi) / 2 * exp(out * out)),)


@elementwise(floats=True)
def ndtri(x):
    """The inverse of the normal distribution function.

    Integers and bools are converted to float64. At 0 and 1 it is infinite, outside of them NaN.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.ndtri([0.5, 0.975]).numpy().round(2)
    array([0.  , 1.96], dtype=float32)
    """


@ndtri.vjp
def _(g, out, x):
    return (g * (math.sqrt(2 * math.pi) * exp(0.5 * out * out)),)


@elementwise(floats=True)
def erfcx(x):
    """exp(x**2) erfc(x), without overflow where x is large.

    Integers and bools are converted to float64. Of complex numbers it is wofz(i x).

    Examples
    --------
    >>> import ngrad
    >>> erfcx(ngrad.constant([0.0, 1e10])).numpy()
    array([1.000000e+00, 5.641896e-11], dtype=float32)
    """


@erfcx.vjp
def _(g, out, x):
    if x.dtype.is_complex:
        return (g * (1.0j * wofz_slope(1.0j * x, out)),)
    # Where the difference would cancel, 1 - sqrt(pi) x erfcx(x) is the mean of t**2 / (2 x**2 +
    # t**2) over a normal t (of DLMF 7.7.1).
    far = greater(x, FAR * math.sqrt(0.5))
    near, inverse = select(far, 0.0, x), math.sqrt(0.5) / select(far, x, FAR)
    v = inverse * inverse
    slope = select(far, -v * mean(v), near * math.sqrt(math.pi) * out - 1.0)
    return (g * (2.0 / math.sqrt(math.pi) * slope),)


@elementwise(floats=True)
def log_ndtr(x):
    """The logarithm of the normal distribution function, without underflow in either tail.

    Integers and bools are converted to float64.

    Examples
    --------
    >>> import ngrad
    >>> log_ndtr(ngrad.constant([0.0, -10.0])).numpy().round(2)
    array([ -0.69, -53.23], dtype=float32)
    """


@log_ndtr.vjp
def _(g, out, x):
    return (g * hazard(x),)


def hazard(x: Any) -> Any:
    """The normal density over the distribution function, in the lower tail -x and what is small
    beside it; it has a part for the upper, where `erfcx` overflows.
    """
    low, high = less(x, -FAR), greater(x, 0.0)
    inverse = -1.0 / select(low, x, -FAR)
    v = inverse * inverse
    share = mean(v)
    between = select(low, 0.0, select(high, 0.0, x))
    middle = math.sqrt(2 / math.pi) / erfcx(between * -math.sqrt(0.5))
    above = select(high, select(less(x, GONE), x, GONE), 0.0)
    upper = math.sqrt(2 / math.pi) * exp(-0.5 * above * above) / erfc(above * -math.sqrt(0.5))
    return select(low, inverse * share / (1.0 - v * share) - x, select(high, upper, middle))


@elementwise(floats=True)
def ndtri_exp(x):
    """The inverse of `log_ndtr`: `ndtri` of exp(x), without underflow or cancellation.

    Integers and bools are converted to float64. At 0 it is infinite, above NaN.

    Examples
    --------
    >>> import ngrad
    >>> ndtri_exp(ngrad.constant([-2.0, -1000.0])).numpy().round(2)
    array([ -1.1 , -44.62], dtype=float32)
    """


@ndtri_exp.vjp
def _(g, out, x):
    # The distribution function over the density, in which no large exponents cancel.
    return (g * (math.sqrt(math.pi / 2) * erfcx(out * -math.sqrt(0.5))),)
