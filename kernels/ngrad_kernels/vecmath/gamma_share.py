"""The shares of the gamma function below and above x, P(a, x) and Q(a, x).

Of the two that which can be small is computed, and the other from it. With the density
D = x^a exp(-x) / gamma(a + 1), whose exponent and quotient are pairs,

    a >= 12, x near a   the normal distribution's and a rest, by gamma_uniform
    x < a, or x <= 1.1  P = D (1 + x / (a + 1) + x^2 / ((a + 1) (a + 2)) + ...)
    a, x <= 1 or so     Q = -expm1(u) - exp(u) a (-x / (a + 1) + x^2 / (2 (a + 2)) - ...)
    else                Q = D a / (x + 1 - a + (a - 1) / (x + 3 - a + 2 (a - 2) / (x + 5 - a + ...

where u = a log(x) - log gamma(a + 1). The continued fraction is a recurrence from where it has
converged: its divisions would be the most of its time.

Sources: DLMF 8.7.1, 8.11.4, 8.9.2; W. Gautschi, "A computational procedure for incomplete gamma
functions" (1979). Coefficients: a minimax fit by tests/kernels/fit.py.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fabs, fma, scalar, sqrt
from ngrad_kernels.vecmath.deviance import deviance8
from ngrad_kernels.vecmath.doubled import pair_add, pair_divide, pair_plus, two_product, two_sum
from ngrad_kernels.vecmath.exponential import exp_rest8, expm1_f8
from ngrad_kernels.vecmath.gamma import HALF, INFINITY, ONE, TWO, ZERO
from ngrad_kernels.vecmath.gamma_density import ROOT, times_density8
from ngrad_kernels.vecmath.gamma_ratio import exp_quotient8
from ngrad_kernels.vecmath.gamma_uniform import uniform8
from ngrad_kernels.vecmath.gamma_value import NAN
from ngrad_kernels.vecmath.power import log_pair8
from ngrad_kernels.vecmath.scaled_erfc import erfcx_pair8

UNIFORM = np.float64(12.0)  # from which parameter on
SMALL = np.float64(1.1)
THIRD = np.float64(0.33)
HUGE, DOWN = np.float64(2.0**900), np.float64(2.0**-400)
EXACT, EXACT4 = np.float64(2.0**-54), np.float64(2.0**-32)
MOST = 400
"""Terms of a series. 110 are the most that were seen."""

# log gamma(1 + a) / a, 0 <= a <= 1: 2^-56.69
G_0 = np.float64(-0.5772156649015329)
G_LOW = np.float64(-4.942915152430645e-18)
G_1 = np.float64(0.8224670334241104)
G_2 = np.float64(-0.4006856343858445)
G_3 = np.float64(0.27058080837879933)
G_4 = np.float64(-0.2073855493162952)
G_5 = np.float64(0.1695571414322215)
G_6 = np.float64(-0.14404941013632028)
G_7 = np.float64(0.1255049899780617)
G_8 = np.float64(-0.11130121905749908)
G_9 = np.float64(0.09992257918504835)
G_10 = np.float64(-0.09021940621873853)
G_11 = np.float64(0.08094282343527723)
G_12 = np.float64(-0.07058536054319944)
G_13 = np.float64(0.05785065184870893)
G_14 = np.float64(-0.042719611872817385)
G_15 = np.float64(0.02713373089292742)
G_16 = np.float64(-0.014111679765985659)
G_17 = np.float64(0.0056824779599543174)
G_18 = np.float64(-0.001644600515492382)
G_19 = np.float64(0.00030227746710543603)
G_20 = np.float64(-2.6377288489362443e-05)


@scalar
def slope_from_one8(a):
    """(h, l): log gamma(1 + a) / a, 0 <= a <= 1."""
    p = fma(fma(fma(fma(fma(G_20, a, G_19), a, G_18), a, G_17), a, G_16), a, G_15)
    p = fma(fma(fma(fma(fma(p, a, G_14), a, G_13), a, G_12), a, G_11), a, G_10)
    p = fma(fma(fma(fma(fma(p, a, G_9), a, G_8), a, G_7), a, G_6), a, G_5)
    p = fma(fma(fma(fma(p, a, G_4), a, G_3), a, G_2), a, G_1)
    h, l = two_product(a, p)  # noqa: E741
    h, e = two_sum(G_0, h)
    return h, l + (e + G_LOW)


@scalar
def series8(a, x, enough):
    """(h, l): 1 + x / (a + 1) + x^2 / ((a + 1) (a + 2)) + ..."""
    term = ONE
    total = ONE
    low = ZERO
    k = a
    for _ in range(MOST):
        k = k + ONE
        term = term * (x / k)
        total, e = two_sum(total, term)
        low = low + e
        if term < enough * total:
            break
    return total, low


@scalar
def fraction8(a, x, enough):
    """(h, l): a / (x + 1 - a + (a - 1) / (x + 3 - a + 2 (a - 2) / (x + 5 - a + ...))), x >= 1.1.

    From 11 + 100 / x terms on what is left out is below 2^-54, from 8 + 40 / x on 2^-32. The first
    is a pair.
    """
    r = ONE / x
    count = np.int64(fma(40.0, r, 8.0) if enough > EXACT else fma(100.0, r, 12.0))
    k = np.float64(count)
    base = x + ONE - a
    above, here = ZERO, ONE
    for _ in range(count):
        b = fma(2.0, k, base) * r
        c = ((k + ONE) * r) * ((a - k - ONE) * r)
        above, here = here, fma(b, here, c * above)
        k = k - ONE
    h, l = two_sum(x, -a)  # noqa: E741
    h, e = two_sum(h, ONE)
    h, l = pair_plus(h, l + e, (a - ONE) * r * (above / here))  # noqa: E741
    return pair_divide(a, ZERO, h, l)


@scalar
def rest_of_one8(a, wh, wl, h, l):  # noqa: E741
    """1 - exp(a w) (1 + a s) for pairs w < 1 and s = h + l, which cancel at most in part."""
    t = a * wh
    if fabs(t) < THIRD:
        curve = exp_rest8(t, ZERO)  # exp(t) - 1 - t
        bh, e = two_sum(wh, h)
        bl = e + (wl + l)
        return -fma(a, bh + bl, fma(t + curve, a * (h + l), curve))
    v = expm1_f8(fma(a, wl, t))
    s = a * (h + l)
    return -(v + fma(v, s, s))


@scalar
def upper_by_series8(a, x, enough):
    """Q of 0 < a <= 1 and x <= 1.1."""
    h, l = log_pair8(x)  # noqa: E741
    gh, gl = slope_from_one8(a)
    wh, e = two_sum(h, -gh)
    wl = e + (l - gl)
    # the sum, of which the first two terms count most
    h, l = two_sum(ONE, a)  # noqa: E741
    h, l = pair_divide(-x, ZERO, h, l)  # noqa: E741
    sh, sl = two_product(HALF * x, x)
    ah, al = two_sum(TWO, a)
    term = sh
    sh, sl = pair_divide(sh, sl, ah, al)
    h, l = pair_add(h, l, sh, sl)  # noqa: E741
    k = TWO
    for _ in range(MOST):
        k = k + ONE
        term = term * (-x / k)
        more = term / (a + k)
        h, e = two_sum(h, more)
        l = l + e  # noqa: E741
        if fabs(more) < enough * fabs(h):
            break
    return rest_of_one8(a, wh, wl, h, l)


@scalar
def gamma_share8(a, x, above, enough):
    """P, or Q if `above`, of 0 < a < inf, 0 < x < inf, to a precision that is `enough`."""
    if a > HUGE:
        a = a * DOWN
        x = x * DOWN
        if not x > ZERO:
            return ONE if above else ZERO
    if a <= ONE and x <= SMALL and above:
        return upper_by_series8(a, x, enough)
    eh, el = ZERO, ZERO
    uniform = a >= UNIFORM
    if uniform:
        dh, dl = two_sum(x, -a)
        eh, el = deviance8(a, x, ZERO, dh, dl)
        uniform = eh <= HALF * a
    if uniform:
        upper = x > a
        side = ONE if upper else -ONE
        rest = uniform8(a, sqrt(TWO * (eh / a)) * side) * (ROOT / sqrt(a))
        ch, cl = erfcx_pair8(sqrt(eh), ZERO)
        h, e = two_sum(HALF * ch, rest * side)
        found = exp_quotient8(h, fma(HALF, cl, e), ONE, ZERO, -eh, -el, ZERO)
    else:
        upper = x >= a and x > SMALL
        if upper:
            h, l = fraction8(a, x, enough)  # noqa: E741
        else:
            h, l = series8(a, x, enough)  # noqa: E741
        found = times_density8(a, x, h, l)
    return found if upper == above else ONE - found


@scalar
def edges8(a, x):
    """(whether P is not ordinary, what it is then)."""
    if a > ZERO and x > ZERO and a < INFINITY and x < INFINITY:
        return False, ZERO
    if not (a >= ZERO and x >= ZERO) or (a == ZERO and x == ZERO):
        return True, NAN
    if a == INFINITY and x == INFINITY:
        return True, NAN
    return True, ZERO if x == ZERO or a == INFINITY else ONE


@scalar
def gammainc_f4(a, x):
    """In float64."""
    wide, long = np.float64(a), np.float64(x)
    special, value = edges8(wide, long)
    if not special:
        value = gamma_share8(wide, long, False, EXACT4)
    return np.float32(value)


@scalar
def gammainc_f8(a, x):
    """The share of gamma(a) up to x."""
    special, value = edges8(a, x)
    if not special:
        value = gamma_share8(a, x, False, EXACT)
    return value


@scalar
def gammaincc_f4(a, x):
    """In float64."""
    wide, long = np.float64(a), np.float64(x)
    special, value = edges8(wide, long)
    if special:
        return np.float32(ONE - value)
    return np.float32(gamma_share8(wide, long, True, EXACT4))


@scalar
def gammaincc_f8(a, x):
    """The share of gamma(a) above x."""
    special, value = edges8(a, x)
    if special:
        return ONE - value
    return gamma_share8(a, x, True, EXACT)
