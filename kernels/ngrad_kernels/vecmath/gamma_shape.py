"""The derivative in a of P(a, x), the share of the gamma function below x.

The formulas of gamma_share, differentiated, whose terms have one sign there, but for those of a sum
for a < x <= 1.1. With D = x^a exp(-x) / gamma(a + 1) and psi = digamma,

    a >= 12, x near a   -exp(-a h^2 / 2) (l / h + S l - S / (2 a) + dS/da) / sqrt(2 pi a)
    x < a, or x <= 1.1  D (m + x (m - 1 / (a + 1)) / (a + 1) + ...), m = log(x) - psi(a + 1)
    else                -D (a (log(x) - psi(a)) - a F'/F) / F, of the continued fraction
                        F of 1 - P

where l = log(x / a), and h and S are those of gamma_uniform.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fma, scalar, sqrt
from ngrad_kernels.vecmath.deviance import deviance8
from ngrad_kernels.vecmath.digamma import below_log8, digamma_f8
from ngrad_kernels.vecmath.doubled import two_sum
from ngrad_kernels.vecmath.gamma import FAR, HALF, INFINITY, ONE, TWO, ZERO
from ngrad_kernels.vecmath.gamma_density import ROOT, times_density8
from ngrad_kernels.vecmath.gamma_ratio import exp_quotient8
from ngrad_kernels.vecmath.gamma_share import (
    EXACT,
    EXACT4,
    HUGE,
    MOST,
    SMALL,
    UNIFORM,
)
from ngrad_kernels.vecmath.gamma_uniform import slopes8
from ngrad_kernels.vecmath.gamma_value import NAN
from ngrad_kernels.vecmath.logarithm import log_f8


@scalar
def _log_mean8(a, x):
    """m, without cancellation where a is large."""
    after = a + ONE
    if after < FAR:
        return log_f8(x) - digamma_f8(after)
    return log_f8(x / after) + below_log8(after)


@scalar
def _series8(a, x, enough):
    """m + x (m - 1 / (a + 1)) / (a + 1) + x^2 (m - 1 / (a + 1) - 1 / (a + 2)) / ..."""
    term = ONE
    k = a
    part = _log_mean8(a, x)
    total = part
    low = ZERO
    for _ in range(MOST):
        k = k + ONE
        part = part - ONE / k
        term = term * (x / k)
        more = term * part
        total, e = two_sum(total, more)
        low = low + e
        if more > enough * total:  # both are negative
            break
    return total + low


@scalar
def _upper_part8(a, x, enough):
    """(a (log(x) - psi(a)) - a F'/F) / F of gamma_share's continued fraction F, differentiated in
    the same recurrence.
    """
    r = ONE / x
    count = np.int64(fma(40.0, r, 8.0) if enough > EXACT else fma(100.0, r, 12.0))
    k = np.float64(count)
    base = x + ONE - a
    above, here = ZERO, ONE
    above_a, here_a = ZERO, ZERO
    for _ in range(count):
        b = fma(TWO, k, base) * r
        step = (k + ONE) * r
        c = step * ((a - k - ONE) * r)
        last, last_a = above, above_a
        above, above_a = here, here_a
        here_a = fma(b, here_a, c * last_a) + r * (step * last - above)
        here = fma(b, above, c * last)
        k = k - ONE
    quotient = above / here
    quotient_a = (above_a - quotient * here_a) / here
    inverse = ONE / (base + (a - ONE) * r * quotient)
    slope = r * fma(a - ONE, quotient_a, quotient) - ONE
    first = fma(a, _log_mean8(a, x), ONE)
    return fma(-a * slope, inverse, first) * inverse


@scalar
def _slope8(a, x, enough):
    """The derivative at 0 < a < inf, 0 < x < inf, to a precision that is `enough`."""
    if a > HUGE:
        return -ROOT / sqrt(a) if x == a else ZERO
    eh, el = ZERO, ZERO
    dh, dl = two_sum(x, -a)
    uniform = a >= UNIFORM
    if uniform:
        eh, el = deviance8(a, x, ZERO, dh, dl)
        uniform = eh <= HALF * a
    if not uniform:
        if x >= a and x > SMALL:
            return -times_density8(a, x, _upper_part8(a, x, enough), ZERO)
        return times_density8(a, x, _series8(a, x, enough), ZERO)
    h = sqrt(TWO * (eh / a)) * (ONE if dh > ZERO else -ONE)
    v = dh / a
    ratio = v / h if eh > ZERO else ONE
    s, in_a, in_h = slopes8(a, h)
    part = fma(fma(-HALF * h, h, v), s, fma(-HALF, h, ratio))  # l / h + l S
    part = part + (in_a - fma(ratio, in_h, HALF * s) / a)
    root = sqrt(a)
    return exp_quotient8(-ROOT * part, ZERO, root, ZERO, -eh, -el, ZERO)


@scalar
def gammainc_slope_f8(a, x):
    """The derivative of `gammainc` in a."""
    if a > ZERO and x > ZERO and a < INFINITY and x < INFINITY:
        return _slope8(a, x, EXACT)
    return ZERO if (a > ZERO and x >= ZERO) and a != x else NAN


@scalar
def gammainc_slope_f4(a, x):
    """In float64."""
    wide, long = np.float64(a), np.float64(x)
    if wide > ZERO and long > ZERO and wide < INFINITY and long < INFINITY:
        return np.float32(_slope8(wide, long, EXACT4))
    return np.float32(ZERO if (wide > ZERO and long >= ZERO) and wide != long else NAN)
