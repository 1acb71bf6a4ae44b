"""The gamma function, its reciprocal and sign, the beta function and binomial coefficients, each
with its rule.
"""

from __future__ import annotations

import math
from typing import Any

from ngrad.ops.arithmetic import abs_, floor, minimum
from ngrad.ops.comparison import less, logical_and
from ngrad.ops.complexes import imag_, real_
from ngrad.ops.elementwise import elementwise, select
from ngrad.ops.exponential import log1p
from ngrad.ops.special import digamma, trigamma
from ngrad.ops.trigonometric import cos, sin


def half_turns(x: Any) -> Any:
    """An angle of x half turns, less whole ones, so that its sine and cosine are exact to eps."""
    along = real_(x) if x.dtype.is_complex else x
    return math.pi * (x - 2.0 * floor(0.5 * along + 0.5))


@elementwise(floats=True)
def gamma(x):
    """The gamma function, (x - 1)! where x is whole (DLMF 5.2.1).

    Integers and bools are converted to float64. At 0 it is infinite with the zero's sign, at the
    negative integers NaN, as complex numbers at both. The derivative is gamma(x) digamma(x).

    Examples
    --------
    >>> import ngrad
    >>> gamma(ngrad.constant([0.5, 5.0, -1.0])).numpy()
    array([ 1.7724539, 24.       ,        nan], dtype=float32)
    """


@gamma.vjp
def _(g, out, x):
    return (g * (out * digamma(x)),)


@elementwise(floats=True)
def rgamma(x):
    """1 / gamma(x), which is 0 where gamma has its poles.

    Integers and bools are converted to float64.

    Examples
    --------
    >>> import ngrad
    >>> rgamma(ngrad.constant([0.5, 3.0, -1.0])).numpy()
    array([0.5641896, 0.5      , 0.       ], dtype=float32)
    """


@rgamma.vjp
def _(g, out, x):
    return (g * rgamma_slope(out, x),)


def reflected(x: Any) -> Any:
    """Where functions of the gamma family are those of 1 - x, and of a sine of pi x. Further from
    the real axis a sine overflows, and expansions need none.
    """
    if not x.dtype.is_complex:
        return less(x, 0.5)
    return logical_and(less(real_(x), 0.5), less(abs_(imag_(x)), 8.0))


def rgamma_slope(out: Any, x: Any) -> Any:
    """The derivative of `rgamma`, which is `out`, by reflection where there are zeros, at which
    digamma is infinite.
    """
    left = reflected(x)
    y, z = select(left, 1.0 - x, 0.5), select(left, 0.5, x)
    turn = half_turns(select(left, x, 0.0))
    slope = gamma(y) * (cos(turn) - digamma(y) * sin(turn) / math.pi)
    return select(left, slope, -out * digamma(z))


@elementwise
def loggamma(x):
    """The logarithm of gamma(x) that is analytic but for negative numbers, of complex ones.

    Where it is not the principal one of gamma(x), it differs by whole turns (Hare 1997). At 0 and
    the negative integers it is NaN.

    Examples
    --------
    >>> import ngrad
    >>> loggamma(ngrad.constant([3 + 0j, -1.5 + 0j])).numpy().round(3)
    array([0.693+0.j   , 0.86 -6.283j])
    """


@loggamma.vjp
def _(g, out, x):
    return (g * digamma(x),)


@elementwise(floats=True)
def gammasgn(x):
    """The sign of gamma(x): that of a zero, and NaN at the negative integers.

    Integers and bools are converted to float64.

    Examples
    --------
    >>> import ngrad
    >>> gammasgn(ngrad.constant([2.0, -0.5, -1.0])).numpy()
    array([ 1., -1., nan], dtype=float32)
    """


gammasgn.vjp(lambda g, out, x: (None,))


FAR = 16.0
STIRLING = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12)
"""B(2j) / (2j), of Bernoulli's numbers, for j from 1 on: those of digamma's expansion, which is
exact from `FAR` on.
"""


SHORT = 1 / 64
"""Of a step from x of so much of x, digamma rises by the slope at three places, to 1e-14."""
PLACES = (0.5 - math.sqrt(0.15), 0.5, 0.5 + math.sqrt(0.15))
WEIGHTS = (5 / 18, 8 / 18, 5 / 18)
"""Gauss's, from 0 to 1."""


def digamma_rise(x: Any, y: Any, end: Any) -> Any:
    """`end` - digamma(x), where the one is digamma(x + y), so that nothing cancels: far out by the
    terms of its expansion (DLMF 5.11.2), each less the other's, and else, where y is small beside
    x, as the integral of the slope.
    """
    far = less(FAR, minimum(x, x + y))
    short = less(abs_(y), SHORT * x)
    start, way = select(short, x, 1.0), select(short, y, 0.0)
    slopes = (w * trigamma(start + way * c) for w, c in zip(WEIGHTS, PLACES, strict=True))
    near = select(short, way * sum(slopes), end - digamma(x))
    z, step = select(far, x, FAR), select(far, y, 1.0)
    u, v = 1.0 / z, 1.0 / (z + step)
    power, series, rest = 1.0, 1.0, STIRLING[0]
    for factor in STIRLING[1:]:
        power = power * (u * u)
        series = power + series * (v * v)
        rest = rest + factor * series
    found = log1p(step * u) + u * (step * v) * (0.5 + (u + v) * rest)
    return select(far, found, near)


@elementwise(floats=True)
def beta(x, y):
    """gamma(x) gamma(y) / gamma(x + y), without overflow between (DLMF 5.12.1).

    Integers and bools are converted to float64. Where x or y is 0 or a negative integer it is
    infinite, unless the other is a whole number y <= -x: then it is its limit along that y.

    Examples
    --------
    >>> import ngrad
    >>> beta(ngrad.constant([0.5, 2.0, -3.0]), ngrad.constant([0.5, 3.0, 2.0])).numpy()
    array([3.1415927 , 0.08333334, 0.16666667], dtype=float32)
    """


@beta.vjp
def _(g, out, x, y):
    end = digamma(x + y)
    return -g * (out * digamma_rise(x, y, end)), -g * (out * digamma_rise(y, x, end))


@elementwise(floats=True)
def betaln(x, y):
    """The logarithm of |beta(x, y)|, to which no large numbers are added that cancel.

    Integers and bools are converted to float64.

    Examples
    --------
    >>> import ngrad
    >>> betaln(ngrad.constant([0.5, 1e20]), ngrad.constant([0.5, 2.0])).numpy()
    array([  1.1447299, -92.1034   ], dtype=float32)
    """


@betaln.vjp
def _(g, out, x, y):
    end = digamma(x + y)
    return -g * digamma_rise(x, y, end), -g * digamma_rise(y, x, end)


@elementwise(floats=True)
def binom(x, y):
    """gamma(x + 1) / (gamma(y + 1) gamma(x - y + 1)), without overflow between.

    Integers and bools are converted to float64. Where x is a negative integer it is NaN.

    Examples
    --------
    >>> import ngrad
    >>> binom(ngrad.constant([5.0, 0.5]), ngrad.constant([2.0, 2.0])).numpy()
    array([10.   , -0.125], dtype=float32)
    """


@binom.vjp
def _(g, out, x, y):
    def part(k: Any) -> Any:
        # What digamma(k + 1) times `out` is, by reflection where its poles are, and zeros of `out`.
        past = less(k, -0.5)
        q = select(past, -k, 1.0)
        pole = beta(x + 1.0, q) * cos(half_turns(select(past, k, 0.0)))
        return out * digamma(select(past, q, k + 1.0)) + select(past, pole, 0.0)

    rest = part(x - y)
    return g * (out * digamma(x + 1.0) - rest), g * (rest - part(y))
