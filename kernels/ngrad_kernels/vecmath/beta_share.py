"""The shares of the beta function below and above x.

By the symmetry of a, x and b, y = 1 - x it is x that is below the mean, and the share below x that
is computed; the other is 1 without it. With D = x^a y^b / (a beta(a, b)), whose exponent and
quotient are pairs, as x and y are,

    a, x, b x small  P = D (1 + (a + b) x / (a + 1) (1 + (a + b + 1) x / (a + 2) (1 + ...
                     Q = -expm1(u) - exp(u) a ((1 - b) x / (a + 1) + (1 - b) (2 - b) x^2 / ...
    a, b large       the normal distribution's and a rest, by beta_uniform
    else             P = D times a continued fraction, as a recurrence from where it has converged

where u = a log(x) - log(a beta(a, b)). In the first case either can be small.

Sources: DLMF 8.17.8, 8.17.7; A. R. DiDonato, A. H. Morris, "Significant digit computation of the
incomplete beta function ratios" (1992).
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fabs, fma, scalar, sqrt
from ngrad_kernels.vecmath.beta_density import both_deviances8, off_mean8, times_beta_density8
from ngrad_kernels.vecmath.beta_uniform import beta_uniform8
from ngrad_kernels.vecmath.doubled import pair_add, pair_divide, pair_plus, pair_times, two_sum
from ngrad_kernels.vecmath.gamma import (
    HALF,
    INFINITY,
    ONE,
    STIRLING_0,
    STIRLING_1,
    STIRLING_2,
    STIRLING_3,
    STIRLING_4,
    STIRLING_5,
    STIRLING_6,
    STIRLING_7,
    TWO,
    ZERO,
)
from ngrad_kernels.vecmath.gamma_density import ROOT
from ngrad_kernels.vecmath.gamma_ratio import exp_quotient8
from ngrad_kernels.vecmath.gamma_share import (
    EXACT,
    EXACT4,
    MOST,
    THIRD,
    rest_of_one8,
    slope_from_one8,
)
from ngrad_kernels.vecmath.gamma_value import NAN
from ngrad_kernels.vecmath.logarithm import log_tail8
from ngrad_kernels.vecmath.power import log_pair8, log_sum8
from ngrad_kernels.vecmath.scaled_erfc import erfcx_pair8

HUGE, DOWN = np.float64(2.0**500), np.float64(2.0**-200)
UNIFORM, WIDE = np.float64(20.0), np.float64(0.4)
FEW, SLOW, MANY, TENTH = np.float64(15.0), np.float64(100.0), np.float64(8.0), np.float64(0.1)
FEW4, SLOW4 = np.float64(12.0), np.float64(40.0)
"""Of which the terms of the continued fraction are made, and those that float32 needs."""
FORWARD = np.float64(8.0)
"""From where on Stirling's formula is taken for a difference."""


@scalar
def series8(a, b, x, enough):
    """(h, l): 1 + (a + b) / (a + 1) x + (a + b) (a + b + 1) / ((a + 1) (a + 2)) x^2 + ..."""
    term, total, low = ONE, ONE, ZERO
    k = ZERO
    for _ in range(MOST):
        term = term * ((a + (b + k)) * x / (a + (k + ONE)))
        k = k + ONE
        total, e = two_sum(total, term)
        low = low + e
        if term < enough * total:
            break
    return total, low


@scalar
def _difference8(a, b):
    """(h, l): (log gamma(a + b) - log gamma(b)) / a for 0 < a <= 1.

    By Stirling's formula from b >= 8 on, whose terms are subtracted one by one; up to there by the
    recurrence, a p + 1 = (1 + a / b) (1 + a / (b + 1)) ...
    """
    ph, pl = ZERO, ZERO
    start, k, less = b, ZERO, ZERO  # b + less = start + k
    for _ in range(8):
        if not b < FORWARD:
            break
        nh, e = two_sum(ONE, a * ph)
        nh, nl = pair_divide(nh, fma(a, pl, fma(a, ph, -(a * ph)) + e), b, less)
        ph, pl = pair_add(ph, pl, nh, nl)
        k = k + ONE
        b, less = two_sum(start, k)
    h, l = log_pair8(b)  # noqa: E741
    l = l + less / b  # noqa: E741
    t = a / b
    bend = log_tail8(t) / t if t > EXACT else ZERO  # log(1 + t) / t - 1
    l = l + fma(t - HALF / b, ONE + bend, bend)  # noqa: E741
    # what it lacks, c_0 / z + c_1 / z^3 + ...: of u = 1 / b and v = 1 / (a + b) the difference of
    # the powers, over u - v = a u v, is u^2 times the one before it and a power of v times u + v
    u, v = ONE / b, ONE / (a + b)
    both, square = u * u, v * v
    w = v * (u + v)
    power = both + w
    rest = fma(STIRLING_1, power, STIRLING_0)
    w = w * square
    power = fma(power, both, w)
    rest = fma(STIRLING_2, power, rest)
    w = w * square
    power = fma(power, both, w)
    rest = fma(STIRLING_3, power, rest)
    w = w * square
    power = fma(power, both, w)
    rest = fma(STIRLING_4, power, rest)
    w = w * square
    power = fma(power, both, w)
    rest = fma(STIRLING_5, power, rest)
    w = w * square
    power = fma(power, both, w)
    rest = fma(STIRLING_6, power, rest)
    w = w * square
    power = fma(power, both, w)
    rest = fma(STIRLING_7, power, rest)
    l = l - u * v * rest  # noqa: E741
    t = a * ph
    if t <= THIRD:
        h, e = two_sum(h, -ph)
        return two_sum(h, l + (e - (pl + log_tail8(t) / a)))
    ph, pl = pair_times(ph, pl, a)
    ph, e = two_sum(ONE, ph)
    ph, pl = log_sum8(ph, pl + e)
    ph, pl = pair_divide(ph, pl, a, ZERO)
    h, e = two_sum(h, -ph)
    return two_sum(h, l + (e - pl))


@scalar
def upper_by_series8(a, b, x, enough):
    """Q of 0 < a <= 1, x <= 1/2 and b x <= 1/2."""
    h, l = log_pair8(x)  # noqa: E741
    gh, gl = slope_from_one8(a)
    sh, sl = _difference8(a, b)
    h, e = two_sum(h, sh)
    l = e + (l + sl)  # noqa: E741
    wh, e = two_sum(h, -gh)
    wl = e + (l - gl)
    term, h, l, k = ONE, ZERO, ZERO, ZERO  # noqa: E741
    for _ in range(MOST):
        k = k + ONE
        term = term * ((k - b) / k * x)
        more = term / (a + k)
        h, e = two_sum(h, more)
        l = l + e  # noqa: E741
        if fabs(more) <= enough * fabs(h):
            break
    return rest_of_one8(a, wh, wl, h, l)


@scalar
def fraction8(a, b, x, y, dh, dl, enough):
    """(h, l): P / D for x at most the mean, d = b x - a y.

    1 / (b_0 + a_1 / (b_1 + a_2 / (b_2 + ...))), both sides of which were divided by a, and from b_1
    on by a constant, lest they overflow. So many terms were seen to be enough.
    """
    ay = a * y
    slow = ONE / (ay if ay > HALF else HALF)
    many = TENTH * (a * (b / (a + b)))
    many = many if many < MANY else MANY
    if enough > EXACT:
        count = np.int64(fma(SLOW4, slow, fma(HALF, many, FEW4)))
    else:
        count = np.int64(fma(SLOW, slow, FEW + many))
    k = np.float64(count)
    off = ONE - dh
    r = ONE / (off + k)
    xr = x * r
    above, here = ZERO, ONE
    inverse = ONE / (a + fma(TWO, k, ONE))
    for _ in range(count):
        ak = (a + k) * inverse
        c = (ak * ((a + b + k) * xr)) * (((k + ONE) * inverse) * ((b - k - ONE) * xr))
        before = ONE / (a + fma(TWO, k, -ONE))
        d = fma(k * r, fma((b - k) * x, before, ONE), ak * (fma(k, ONE + y, off) * r))
        above, here = here, fma(d, here, c * above)
        inverse = before
        k = k - ONE
    h, e = two_sum(ONE, -dh)
    first, low = two_sum(a, ONE)
    h, l = pair_divide(h, e - dl, first, low)  # noqa: E741
    c = (((a + b) * x) * inverse) * (((b - ONE) * xr) * inverse)
    h, l = pair_plus(h, l, c * (above / here))  # noqa: E741
    return pair_divide(ONE, ZERO, h, l)


@scalar
def beta_share8(a, b, xh, xl, yh, yl, above, enough):
    """P, or Q if `above`, of positive finite a and b and 0 < x < 1, x + y = 1, to a precision that
    is `enough`.
    """
    if a > HUGE and b > HUGE:
        a = a * DOWN
        b = b * DOWN
    small = a <= ONE and xh <= HALF and b * xh <= HALF
    swapped = not small and b <= ONE and yh <= HALF and a * yh <= HALF
    dh, dl = off_mean8(a, b, xh, xl, yh, yl)
    if swapped or (not small and dh > ZERO):
        small = swapped
        above = not above
        a, b = b, a
        xh, yh = yh, xh
        xl, yl = yl, xl
        dh, dl = -dh, -dl
    if small and above and a < HALF:  # else Q is not small
        return upper_by_series8(a, b, xh, enough)
    r = a + b
    n = a * (b / r)
    if n >= UNIFORM and -dh <= WIDE * n and not small:
        eh, el = both_deviances8(a, b, xh, xl, yh, yl, dh, dl)
        ch, cl = erfcx_pair8(sqrt(eh), ZERO)
        rest = beta_uniform8(n, (a / r) * (b / r), (b - a) / r, -sqrt(TWO * (eh / n)))
        h, e = two_sum(HALF * ch, -rest * (ROOT / sqrt(n)))
        lower = exp_quotient8(h, fma(HALF, cl, e), ONE, ZERO, -eh, -el, ZERO)
    else:
        if small:
            h, l = series8(a, b, xh, enough)  # noqa: E741
        else:
            h, l = fraction8(a, b, xh, yh, dh, dl, enough)  # noqa: E741
        lower = times_beta_density8(a, b, xh, xl, yh, yl, h, l)
    return ONE - lower if above else lower


@scalar
def edges8(a, b, x):
    """(whether P is not ordinary, what it is then)."""
    ordinary = a > ZERO and b > ZERO and a < INFINITY and b < INFINITY
    if ordinary and x > ZERO and x < ONE:
        return False, ZERO
    if not (a >= ZERO and b >= ZERO and x >= ZERO and x <= ONE):
        return True, NAN
    if (a == ZERO and b == ZERO) or (a == INFINITY and b == INFINITY):
        return True, NAN
    if a == ZERO or b == INFINITY:
        return True, ONE if x > ZERO else ZERO
    if b == ZERO or a == INFINITY:
        return True, ZERO if x < ONE else ONE
    return True, x


@scalar
def betainc_f8(a, b, x):
    """The share of beta(a, b) up to x."""
    special, value = edges8(a, b, x)
    if special:
        return value
    yh, yl = two_sum(ONE, -x)
    return beta_share8(a, b, x, ZERO, yh, yl, False, EXACT)


@scalar
def betainc_f4(a, b, x):
    """In float64."""
    wide, long, y = np.float64(a), np.float64(b), np.float64(x)
    special, value = edges8(wide, long, y)
    if special:
        return np.float32(value)
    return np.float32(beta_share8(wide, long, y, ZERO, ONE - y, ZERO, False, EXACT4))


@scalar
def betaincc_f8(a, b, x):
    """The share of beta(a, b) above x."""
    special, value = edges8(a, b, x)
    if special:
        return ONE - value
    yh, yl = two_sum(ONE, -x)
    return beta_share8(a, b, x, ZERO, yh, yl, True, EXACT)


@scalar
def betaincc_f4(a, b, x):
    """In float64."""
    wide, long, y = np.float64(a), np.float64(b), np.float64(x)
    special, value = edges8(wide, long, y)
    if special:
        return np.float32(ONE - value)
    return np.float32(beta_share8(wide, long, y, ZERO, ONE - y, ZERO, True, EXACT4))
