"""The density of the beta distribution, x^(a - 1) (1 - x)^(b - 1) / beta(a, b).

Its logarithm and what stands before it are pairs, and x and y = 1 - x are. Where a or b is below
7.5, beta(a, b) is the quotient and the exponential of `beta`; else Stirling's formulas and the
powers are taken together: with d = b x - a y the exponent is

    -deviance(a, a + d) - deviance(b, b - d)

Source: C. Loader, "Fast and accurate computation of binomial probabilities" (2000).
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fma, scalar, sqrt
from ngrad_kernels.vecmath.beta import positive_parts8
from ngrad_kernels.vecmath.deviance import deviance8
from ngrad_kernels.vecmath.doubled import (
    fast_two_sum,
    pair_add,
    pair_divide,
    pair_multiply,
    pair_times,
    two_product,
    two_sum,
)
from ngrad_kernels.vecmath.exponential import power8
from ngrad_kernels.vecmath.gamma import FAR, HALF, INFINITY, ONE, ZERO
from ngrad_kernels.vecmath.gamma_density import LARGE, ROOT, ROOT_LOW
from ngrad_kernels.vecmath.gamma_ratio import exp_quotient8, remainder8
from ngrad_kernels.vecmath.gamma_value import NAN
from ngrad_kernels.vecmath.power import log_of_ratio8, log_pair8, log_sum8

QUARTER = np.float64(0.25)
NORMAL = np.float64(2.0**-960)  # from here on the low part of a pair is one, too


@scalar
def log_share8(xh, xl, yh, yl):
    """(h, l): log(x) for x + y = 1, pairs."""
    if yh < QUARTER:
        h, l = fast_two_sum(ONE, xh)  # noqa: E741
        h, l = pair_divide(-yh, -yl, h, l + xl)  # noqa: E741
        return log_of_ratio8(h, l, ZERO)
    if xh < NORMAL:
        return log_pair8(xh)
    return log_sum8(xh, xl)


@scalar
def _plus_product(eh, el, c, low, lh, ll):
    """(eh + el) + (c + low) (lh + ll)."""
    h, e = two_product(c, lh)
    h, l = fast_two_sum(h, fma(c, ll, fma(low, lh, e)))  # noqa: E741
    return pair_add(eh, el, h, l)


@scalar
def off_mean8(a, b, xh, xl, yh, yl):
    """(h, l): b x - a y."""
    h, l = pair_times(xh, xl, b)  # noqa: E741
    gh, gl = pair_times(yh, yl, -a)
    return pair_add(h, l, gh, gl)


@scalar
def both_deviances8(a, b, xh, xl, yh, yl, dh, dl):
    """(h, l): minus the logarithm of (x (a + b) / a)^a (y (a + b) / b)^b, d = b x - a y."""
    rh, rl = two_sum(a, b)
    th, tl = pair_multiply(xh, xl, rh, rl)
    h, l = deviance8(a, th, tl, dh, dl)  # noqa: E741
    th, tl = pair_multiply(yh, yl, rh, rl)
    gh, gl = deviance8(b, th, tl, -dh, -dl)
    return pair_add(h, l, gh, gl)


@scalar
def _root(z):
    """(h, l): sqrt(z)."""
    h = sqrt(z)
    return h, fma(-h, h, z) * (HALF / h)


@scalar
def _far8(a, b, xh, xl, yh, yl, factor, low):
    """x^a y^b / (a beta(a, b)) times a factor, for a, b >= 7.5."""
    dh, dl = off_mean8(a, b, xh, xl, yh, yl)
    eh, el = both_deviances8(a, b, xh, xl, yh, yl, dh, dl)
    r = a + b
    rest = remainder8(a) + (remainder8(b) - remainder8(r))
    nh, nl = _root(b)
    nh, nl = pair_multiply(nh, nl, factor, low)
    nh, nl = pair_multiply(nh, nl, ROOT, ROOT_LOW)
    rh, rl = _root(a)
    dh, dl = _root(r)
    rh, rl = pair_multiply(rh, rl, dh, dl)
    return exp_quotient8(nh, nl, rh, rl, -eh, -(el + rest), ZERO)


@scalar
def near_density8(a, b, c, c_low, e, e_low, xh, xl, yh, yl, by, factor, low):
    """x^c y^e / beta(a, b) times a factor, and over a if `by` says so, where x and y are given by
    the pairs of their logarithms, and c and e are pairs.
    """
    th, tl, bh, bl, eh, el, k = positive_parts8(a, b)
    eh, el = _plus_product(-eh, -el, c, c_low, xh, xl)
    eh, el = _plus_product(eh, el, e, e_low, yh, yl)
    k = -k
    if by:
        s = a
        if a < ONE:
            s = a * power8(-k)
            k = ZERO
        th, tl = pair_times(th, tl, s)
    bh, bl = pair_multiply(bh, bl, factor, low)
    return exp_quotient8(bh, bl, th, tl, eh, el, k)


@scalar
def times_beta_density8(a, b, xh, xl, yh, yl, factor, low):
    """x^a y^b / (a beta(a, b)) times a factor; x + y = 1, all of them pairs."""
    if a >= FAR and b >= FAR:
        return _far8(a, b, xh, xl, yh, yl, factor, low)
    lh, ll = log_share8(xh, xl, yh, yl)
    mh, ml = log_share8(yh, yl, xh, xl)
    return near_density8(a, b, a, ZERO, b, ZERO, lh, ll, mh, ml, True, factor, low)


@scalar
def _density8(a, b, x):
    """The density at 0 < x < 1 for positive finite a and b."""
    yh, yl = two_sum(ONE, -x)
    if a >= FAR and b >= FAR:
        factor = a / (x * yh)
        return _far8(a, b, x, ZERO, yh, yl, factor if factor < LARGE else LARGE, ZERO)
    lh, ll = log_share8(x, ZERO, yh, yl)
    mh, ml = log_share8(yh, yl, x, ZERO)
    c, c_low = two_sum(a, -ONE)
    e, e_low = two_sum(b, -ONE)
    return near_density8(a, b, c, c_low, e, e_low, lh, ll, mh, ml, False, ONE, ZERO)


@scalar
def _edge8(a, b, x):
    """The density where x is 0 or 1, or something is infinite, negative or NaN."""
    if not (a > ZERO and b > ZERO and x >= ZERO and x <= ONE):
        return NAN
    if a == INFINITY or b == INFINITY:
        return NAN if a == b else ZERO
    shape = a if x == ZERO else b
    if shape == ONE:
        return b if x == ZERO else a
    return ZERO if shape > ONE else INFINITY


@scalar
def beta_density_f8(a, b, x):
    """x^(a - 1) (1 - x)^(b - 1) / beta(a, b)."""
    if a > ZERO and b > ZERO and a < INFINITY and b < INFINITY and x > ZERO and x < ONE:
        return _density8(a, b, x)
    return _edge8(a, b, x)


@scalar
def beta_density_f4(a, b, x):
    """In float64."""
    return np.float32(beta_density_f8(np.float64(a), np.float64(b), np.float64(x)))
