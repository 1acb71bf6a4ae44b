"""Densities, shares and their inverses whose formulas are longer than a line."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from ngrad.ops.arithmetic import abs_, maximum, minimum
from ngrad.ops.comparison import greater, isfinite, less, less_equal, logical_and
from ngrad.ops.elementwise import select
from ngrad.ops.exponential import exp, expm1, log, log1p
from ngrad.ops.identity import stop_gradient
from ngrad.ops.incomplete import beta_density
from ngrad.ops.power import sqrt, square
from ngrad.ops.trigonometric import tan
from ngrad.scipy.odds import f_shares
from ngrad.scipy.special import OF_TENSORS as of

LOG_ROOT = 0.5 * math.log(2.0 * math.pi)
betaln, xlogy, i0, i0e = of["betaln"], of["xlogy"], of["i0"], of["i0e"]
exprel = of["exprel"]
ndtr, log_ndtr, ndtri_exp, erf = of["ndtr"], of["log_ndtr"], of["ndtri_exp"], of["erf"]


# -- of the whole line -----------------------------------------------------------------------------


def minus_size(y: Any) -> Any:
    """-|y|, with a derivative at 0, for what is smooth there."""
    return select(less(y, 0.0), y, -y)


def log_of(share: Any, rest: Any) -> Any:
    """The logarithm of a probability, by the rest to 1 where that is less.

    The derivative is that of log(share) everywhere: where either branch has an infinite slope, the
    one that is not taken would make NaN of it.
    """
    plain = log(share)
    exact = log1p(-select(less(share, 0.5), 0.5, rest))
    return plain + stop_gradient(select(less(share, 0.5), 0.0, exact - plain))


def cauchy_inverse(p: Any) -> Any:
    """By the distance to the nearer end, where that is less than the one to the middle."""
    low, center = less(p, 0.5), p - 0.5
    far = 1.0 / tan(math.pi * select(low, p, 1.0 - p))
    return select(less(abs_(center), 0.25), tan(math.pi * center), select(low, -far, far))


MOST, TINY = 1e3, 1e-20
"""Of what is more, exp(-y) is 0; of what is less, (exp(y) - 1) / y is 1."""
SHORT = 80.0
"""Of what is more, exp(-exp(y)) is 0."""


def short_exp(y: Any) -> Any:
    """exp(y), finite, for what is 0 or 1 where it is large."""
    return exp(minimum(y, SHORT))


def gumbel_density(y: Any) -> Any:
    return exp(minimum(y, SHORT) - short_exp(y))


def gumbel_log_share(y: Any) -> Any:
    """log(1 - exp(-exp(y))), which is y where exp(y) is nothing beside 1."""
    far = less(y, -40.0)
    x = short_exp(select(far, 0.0, y))
    return select(far, y, log_of(-expm1(-x), exp(-x)))


def laplace_below(y: Any) -> Any:
    size = minus_size(y)
    return select(less(y, 0.0), size - math.log(2.0), log1p(-0.5 * exp(size)))


def laplace_inverse(p: Any) -> Any:
    return select(less(p, 0.5), log(2.0 * p), -log(2.0 * (1.0 - p)))


def logistic_log_density(y: Any) -> Any:
    size = minus_size(y)
    return size - 2.0 * log1p(exp(size))


FAR = 1e8
"""Beyond it 1 is nothing beside a square."""


def log1p_square(y: Any) -> Any:
    """log(1 + y**2), whose square may be infinite."""
    far = greater(abs_(y), FAR)
    return select(far, 2.0 * log(abs_(select(far, y, FAR))), log1p(square(select(far, 0.0, y))))


def t_log_density(y: Any, df: Any) -> Any:
    some = isfinite(df)
    n = select(some, df, 1.0)
    most = -0.5 * log(n) - betaln(0.5 * n, 0.5 + 0.0 * n)
    found = most - 0.5 * (n + 1.0) * log1p_square(y / sqrt(n))
    return select(some, found, -0.5 * y * y - LOG_ROOT)


def log_i0e(kappa: Any) -> Any:
    """The logarithm of i0e, which has a kink at 0, of numbers from 0 on, of which none is one."""
    small = less(kappa, 1.0)
    near, away = select(small, kappa, 0.0), select(small, 1.0, kappa)
    return select(small, log(i0(near)) - near, log(i0e(away)))


class Between(NamedTuple):
    """The normal probability between two numbers, on the side where it is in one lower tail.

    Attributes
    ----------
    tails : tensor
        That beyond both, where the numbers have 0 between them.
    last : tensor
        Elsewhere, the logarithm of the probability up to the greater of the two.
    ratio : tensor
        The logarithm of the probability up to the smaller of the two, less that.
    across : tensor of bool
    """

    tails: Any
    last: Any
    ratio: Any
    across: Any


def between(a: Any, b: Any) -> Between:
    right = greater(a, 0.0)
    low, high = select(right, -b, a), select(right, -a, b)
    open_ = isfinite(low)
    first = select(open_, log_ndtr(select(open_, low, 0.0)), -math.inf)
    side, across = less_equal(high, 0.0), less(0.0, high)
    last = log_ndtr(select(side, high, 0.0))
    some = logical_and(side, isfinite(last))
    tails = ndtr(low) + ndtr(-select(across, high, 1.0))
    return Between(tails, last, select(some, first - last, -1.0), across)


def log_mass(a: Any, b: Any) -> Any:
    """The logarithm of the normal probability between two numbers: of the two tails that lie beyond
    them, or as the difference of two on one side.
    """
    tails, last, ratio, across = between(a, b)
    return select(across, log1p(-tails), last + log1p(-exp(ratio)))


def truncated(a: Any, b: Any, whole: Any) -> Any:
    """The share of a probability, given by its logarithm, that is between two numbers."""
    tails, last, ratio, across = between(a, b)
    return select(across, (1.0 - tails) / exp(whole), -exp(last - whole) * expm1(ratio))


def truncated_log(share: Any, rest: Any) -> Any:
    """The logarithm of a share, given by itself, or by the rest to 1 where that is less."""
    more = less(rest, 0.5)
    return select(more, log1p(-select(more, rest, 0.5)), share)


def truncated_inverse(p: Any, a: Any, b: Any) -> Any:
    """By the smaller tail, in logarithms."""
    right = greater(a, 0.0)
    edge, log_share = select(right, -b, a), select(right, log1p(-p), log(p))
    open_ = isfinite(edge)
    start = select(open_, log_ndtr(select(open_, edge, 0.0)), -math.inf)
    share = log_share + log_mass(a, b)
    top = maximum(start, share)
    found = ndtri_exp(top + log1p(exp(-abs_(select(open_, start - share, -math.inf)))))
    return select(right, -found, found)


# -- of positive numbers, and of an interval -------------------------------------------------------


def or_at_zero(at_zero: float, inside: Callable[..., Any]) -> Callable[..., Any]:
    """A function of positive numbers, and what it is at 0, where its terms are infinite."""

    def found(y: Any, *shapes: Any) -> Any:
        there = greater(y, 0.0)
        return select(there, inside(select(there, y, 1.0), *shapes), at_zero)

    return found


def halfnorm_log_above(y: Any) -> Any:
    near = less(y, 0.5)
    low, high = select(near, y, 0.0), select(near, 1.0, y)
    return select(near, log1p(-erf(low * math.sqrt(0.5))), math.log(2.0) + log_ndtr(-high))


def expon_below(y: Any, log_y: Any) -> Any:
    """log(1 - exp(-y)), by the logarithm of y where it is small, which y may be too much so for."""
    far = log1p(-exp(-minimum(maximum(y, 0.5), MOST)))
    some = select(less(y, TINY), 0.0, minimum(y, 1.0))  # of what y cannot have, nor its slope
    return select(greater(y, 0.7), far, log_y + log(exprel(-some)))


def f_log_density(y: Any, m: Any, n: Any) -> Any:
    a, b = 0.5 * m, 0.5 * n
    return a * log(m / n) + xlogy(a - 1.0, y) - (a + b) * log1p(m / n * y) - betaln(a, b)


def f_density(y: Any, m: Any, n: Any) -> Any:
    a, b, (below, low, high, rest) = 0.5 * m, 0.5 * n, f_shares(y, m, n)
    first, last = select(below, a, b), select(below, b, a)
    return beta_density(first, last, select(below, low, high)) * (m / n * rest) * rest


def f_inverse(
    below: Any, share_of: Callable[..., Any], rest_of: Callable[..., Any], p: Any, m: Any, n: Any
) -> Any:
    """By an inverse for a share of the beta function, where that is below 1/2, or for the rest."""
    a, b = 0.5 * m, 0.5 * n
    share = select(below, share_of(a, b, select(below, p, 0.5)), 0.5)
    rest = select(below, 0.5, rest_of(b, a, select(below, 0.5, p)))
    return n / m * select(below, share / (1.0 - share), (1.0 - rest) / rest)


def weibull_log_density(y: Any, c: Any) -> Any:
    return log(c) + xlogy(c - 1.0, y) - y**c


def weibull_density(y: Any, c: Any) -> Any:
    near = less(y, 1.0)
    low, high = select(near, y, 0.5), select(near, 1.0, y)
    return select(near, c * low ** (c - 1.0) * exp(-(low**c)), exp(weibull_log_density(high, c)))
