"""The density of the gamma distribution, x^(a - 1) exp(-x) / gamma(a).

Its logarithm and what stands before it are pairs. For a < 7.5 gamma(a) is the quotient of
gamma_value; else Stirling's formula and x^a exp(-x) are taken together, as a deviance.

Source: C. Loader, "Fast and accurate computation of binomial probabilities" (2000).
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fma, scalar, sqrt
from ngrad_kernels.vecmath.deviance import deviance8
from ngrad_kernels.vecmath.doubled import pair_multiply, pair_times, two_product, two_sum
from ngrad_kernels.vecmath.gamma import FAR, HALF, INFINITY, ONE, ZERO
from ngrad_kernels.vecmath.gamma_ratio import exp_quotient8, remainder8
from ngrad_kernels.vecmath.gamma_value import NAN, near8
from ngrad_kernels.vecmath.power import log_pair8

LARGE = np.float64(1e300)
HUGE = np.float64(2.0**900)
ROOT, ROOT_LOW = np.float64(0.3989422804014327), np.float64(-2.49232720227773e-17)
# 1 / sqrt(2 pi)


@scalar
def _exponent8(c, low, x):
    """(h, l): the logarithm of x^(c + low) exp(-x)."""
    h, l = log_pair8(x)  # noqa: E741
    eh, e = two_product(c, h)
    el = fma(c, l, fma(low, h, e))
    eh, e = two_sum(eh, -x)
    return eh, el + e


@scalar
def _far8(a, x, factor, low):
    """x^a exp(-x) / gamma(a + 1) times a factor, a pair; a >= 7.5."""
    dh, dl = two_sum(x, -a)
    eh, el = deviance8(a, x, ZERO, dh, dl)
    nh, nl = pair_multiply(ROOT, ROOT_LOW, factor, low)
    root = sqrt(a)
    rest = el + remainder8(a)
    return exp_quotient8(nh, nl, root, fma(-root, root, a) * (HALF / root), -eh, -rest, ZERO)


@scalar
def times_density8(a, x, factor, low):
    """x^a exp(-x) / gamma(a + 1) times a factor, a pair."""
    if a >= FAR:
        return _far8(a, x, factor, low)
    eh, el = _exponent8(a, ZERO, x)
    dh, dl, nh, nl = near8(a, True)
    if a > HALF:
        dh, dl = pair_times(dh, dl, a)
    nh, nl = pair_multiply(nh, nl, factor, low)
    return exp_quotient8(nh, nl, dh, dl, eh, el, ZERO)


@scalar
def _density8(a, x):
    """The density at 0 < x < inf for 0 < a < inf."""
    if a >= FAR:
        if a > HUGE:  # 0, but where x is a
            return sqrt(ONE / a) * ROOT if x == a else ZERO
        factor = a / x
        return _far8(a, x, factor if factor < LARGE else LARGE, ZERO)
    c, low = two_sum(a, -ONE)
    eh, el = _exponent8(c, low, x)
    dh, dl, nh, nl = near8(a, False)
    return exp_quotient8(nh, nl, dh, dl, eh, el, ZERO)


@scalar
def _edge8(a, x):
    """The density where a or x is 0, infinite, negative or NaN."""
    if not (a >= ZERO and x >= ZERO) or (a == x and a != ONE):
        return NAN
    if x > ZERO or a > ONE:
        return ZERO
    return ONE if a == ONE else INFINITY


@scalar
def gamma_density_f4(a, x):
    """In float64."""
    wide, long = np.float64(a), np.float64(x)
    if wide > ZERO and long > ZERO and wide < INFINITY and long < INFINITY:
        return np.float32(_density8(wide, long))
    return np.float32(_edge8(wide, long))


@scalar
def gamma_density_f8(a, x):
    """x^(a - 1) exp(-x) / gamma(a)."""
    if a > ZERO and x > ZERO and a < INFINITY and x < INFINITY:
        return _density8(a, x)
    return _edge8(a, x)
