"""Logarithms of shares of the gamma and beta functions, also of those that are less than any float.

Far from the mean a continued fraction converges in a few steps, whatever the parameters are: at z
deviations as the normal distribution's does, z + 1 / (z + 2 / (z + 3 / (z + ...

Sources: DLMF 8.9; A. R. DiDonato, A. H. Morris, "Significant digit computation of the incomplete
beta function ratios" (1992).
"""

from __future__ import annotations

import math
from typing import Any

from ngrad.ops.arithmetic import abs_, maximum, minimum
from ngrad.ops.comparison import isfinite, less, logical_and, logical_or
from ngrad.ops.elementwise import select
from ngrad.ops.exponential import log, log1p
from ngrad.ops.incomplete import beta_density, gamma_density
from ngrad.ops.power import sqrt
from ngrad.scipy.formulas import log1p_square, log_of
from ngrad.scipy.special import OF_TENSORS as of

STEPS = 8
"""Of continued fractions, which are enough where `is_far`."""


def is_far(share: Any, other: Any = 1.0) -> Any:
    """Whether a share is so small that the fraction has converged, though far above the least
    number, as its derivatives may be less. To the `other` parameter, below 1, it is in proportion.
    """
    return less(share, float(share.dtype.finfo.tiny) ** (1.0 / 3.0) * other)


def near_zero(x: Any) -> Any:
    """Where the first term of a series is all of it, and a density may be infinite."""
    return less(x, float(x.dtype.finfo.tiny))


def log_ratio(x: Any, away: Any, mean: Any, log_x: Any) -> Any:
    """log(x / mean), by x - mean where that is small."""
    near = less(abs_(away), 0.5 * mean)
    return select(near, log1p(select(near, away, 0.0) / mean), select(near, 0.0, log_x) - log(mean))


# -- of the gamma function -------------------------------------------------------------------------


def gamma_weight(a: Any, x: Any) -> Any:
    """The logarithm of x**a exp(-x) / gamma(a), by its value at a: nothing large cancels."""
    away = x - a
    return log(a * gamma_density(a, a)) + (a * log_ratio(x, away, a, log(x)) - away)


def far_below(a: Any, x: Any) -> Any:
    """The logarithm of the share of gamma(a) up to x, far below a (DLMF 8.9.1, its even part)."""

    def part(k: int) -> tuple[Any, Any]:
        first, last = a + float(2 * k), a + float(2 * k + 1)
        return -(a + k) / first * (x / last), float(k + 1) / last * (x / (last + 1.0))

    rest: Any = 0.0
    for k in range(STEPS, 0, -1):
        odd, even = part(k)
        rest = part(k - 1)[1] * odd / (1.0 + odd + even - rest)
    odd, even = part(0)
    return gamma_weight(a, x) - log(a * (1.0 + odd / (1.0 + even - rest)))


def far_above(a: Any, x: Any) -> Any:
    """The logarithm of the share of gamma(a) above x, far above a (DLMF 8.9.2, its even part)."""
    start, rest = x - a + 1.0, 0.0 * x
    for k in range(STEPS, 0, -1):
        rest = float(k) * (a - float(k)) / (start + float(2 * k) + rest)
    return gamma_weight(a, x) - log(start + rest)


def log_gammainc(a: Any, x: Any) -> Any:
    least = near_zero(x)
    share = of["gammainc"](a, select(least, a, x))
    far = logical_or(least, is_far(share))
    near = log_of(select(far, 0.25, share), of["gammaincc"](a, x))
    return select(far, far_below(a, select(far, x, 0.5 * a)), near)


def log_gammaincc(a: Any, x: Any) -> Any:
    share, there = of["gammaincc"](a, x), less(x, math.inf)
    far = is_far(share, minimum(a, 1.0))
    near = log_of(select(far, 0.25, share), of["gammainc"](a, x))
    found = far_above(a, select(logical_and(far, there), x, 2.0 * a))
    return select(far, select(there, found, -x), near)


# -- of the beta function --------------------------------------------------------------------------


def far_share(a: Any, b: Any, x: Any, y: Any, log_x: Any) -> Any:
    """The logarithm of the share of beta(a, b) up to x = 1 - y, far below the mean."""
    total, few, many = a + b, minimum(a, b), maximum(a, b)
    peak = beta_density(few, many, few / total) * (few / total) * (many / total)
    mean, opposite = a / total, b / total
    away = select(less(mean, 0.5), x - mean, opposite - y)
    powers = a * log_ratio(x, away, mean, log_x) + b * log_ratio(y, -away, opposite, log(y))
    off, rest = a * y - b * x + 1.0, 0.0 * x
    for n in range(STEPS, 0, -1):
        k = float(n)
        last = a + (2.0 * k - 1.0)
        step = k * (b - k) * x
        plain = k + step / last + (a + k) / (last + 2.0) * (off + k * (1.0 + y))
        scaled = (a + (k - 1.0)) / last * ((total + (k - 1.0)) * x / last)
        rest = scaled * step / (plain + rest)
    return log(peak) + powers - log(a / (a + 1.0) * off + rest)


def log_betainc(a: Any, b: Any, x: Any) -> Any:
    least = near_zero(x)
    share = of["betainc"](a, b, select(least, a / (a + b), x))
    far = logical_or(least, is_far(share, minimum(b, 1.0)))
    near = log_of(select(far, 0.25, share), of["betaincc"](a, b, x))
    low = select(far, x, 0.5 * (a / (a + b)))
    return select(far, far_share(a, b, low, 1.0 - low, log(low)), near)


def log_betaincc(a: Any, b: Any, x: Any) -> Any:
    share = of["betaincc"](a, b, x)
    far = is_far(share, minimum(a, 1.0))
    near = log_of(select(far, 0.25, share), of["betainc"](a, b, x))
    low = select(far, x, 1.0 - 0.5 * (b / (a + b)))
    return select(far, far_share(b, a, 1.0 - low, low, log1p(-low)), near)


def log_stdtr(df: Any, t: Any) -> Any:
    share, known = of["stdtr"](df, t), isfinite(df)
    far = is_far(share)
    near = log_of(select(far, 0.25, share), of["stdtr"](df, -t))
    n = select(known, df, 1.0)
    size = select(far, t, -1.0) / sqrt(n)
    square = size * size
    x, y = 1.0 / (1.0 + square), 1.0 / (1.0 + 1.0 / square)
    found = far_share(0.5 * n, 0.5 + 0.0 * n, x, y, -log1p_square(size)) - math.log(2.0)
    return select(far, select(known, found, of["log_ndtr"](t)), near)
