"""The gamma function and its reciprocal.

For a = |x| < 7.5 the recurrence leads to 2 + d, |d| <= 1/2, and to a product; 1 / gamma(2 + d) is
a polynomial, which, as of an entire function, is short. Further out Stirling's formula, whose
exponential is scaled last, so that nothing overflows before the result does. Negative x are
reflected, gamma(-a) = -pi / (a sin(pi a) gamma(a)). In float64 both sides of the one quotient that
is left are pairs, and so is the exponent: a result that is a float64, such as (x - 1)! up to 22!,
comes out exactly.

Source: M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 6.1. Coefficients: minimax
fits by tests/kernels/fit.py.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import copysign, fabs, fma, rint, scalar, select
from ngrad_kernels.vecmath.doubled import (
    fast_two_sum,
    pair_multiply,
    pair_times,
    two_product,
    two_sum,
)
from ngrad_kernels.vecmath.exponential import ROUND8, exp_reduced8, exp_wide4, halves8
from ngrad_kernels.vecmath.gamma import (
    FAR,
    HALF,
    INFINITY,
    ONE,
    TWO,
    ZERO,
    factors,
    product8,
    sinc4,
    sinc_pair8,
    stirling4,
    stirling8,
)
from ngrad_kernels.vecmath.power import log_pair8, log_wide4

NAN = np.float64(np.nan)
TOP = np.float64(200.0)  # from here on gamma overflows, and its reciprocal is 0
TOP4 = np.float64(60.0)
LEFT, LEFT_LOW = np.float64(0.4189385332046727), np.float64(1.6728209650585413e-17)
# log(2 pi) / 2 - 1/2

# 1 / gamma(2 + d), |d| <= 1/2: 1 + NEAR d + d^2 times the rest, 2^-60.33; without the 1, 2^-34.63
NEAR, NEAR_LOW = np.float64(-0.42278433509846713), np.float64(-4.942915152430645e-18)
NEAR_0 = np.float64(-0.23309373642178693)
NEAR_1 = np.float64(0.1910911013876913)
NEAR_2 = np.float64(-0.024552490005379783)
NEAR_3 = np.float64(-0.017645244550132798)
NEAR_4 = np.float64(0.008023273021558029)
NEAR_5 = np.float64(-0.0008043297758399165)
NEAR_6 = np.float64(-0.0003608378045329778)
NEAR_7 = np.float64(0.00014559614433910703)
NEAR_8 = np.float64(-1.7545963043196037e-05)
NEAR_9 = np.float64(-2.5890043944822474e-06)
NEAR_10 = np.float64(1.3390010082168767e-06)
NEAR_11 = np.float64(-2.0546368581794484e-07)
NEAR_12 = np.float64(-1.4108855895902047e-09)
NEAR_13 = np.float64(6.314358544404453e-09)
NEAR4_0 = np.float64(-0.4227843352330395)
NEAR4_1 = np.float64(-0.23309373184305873)
NEAR4_2 = np.float64(0.19109111031916404)
NEAR4_3 = np.float64(-0.024552668011605425)
NEAR4_4 = np.float64(-0.017645397309378745)
NEAR4_5 = np.float64(0.008025430966788736)
NEAR4_6 = np.float64(-0.0008033053261792851)
NEAR4_7 = np.float64(-0.00037120832687856066)
NEAR4_8 = np.float64(0.00014274172685526046)


@scalar
def is_odd(whole):
    """Whether a whole number is odd."""
    half = HALF * whole
    return rint(half) != half


@scalar
def near4(a, negative):
    """(p, q): gamma(a) = p / q for 0 < a < 7.5, without the factor a where `factors` has it not."""
    k, first, second, third, fourth, fifth = factors(a, negative)
    product = first * second * third * (fourth * fifth)
    d = a - k
    p = fma(fma(fma(fma(NEAR4_8, d, NEAR4_7), d, NEAR4_6), d, NEAR4_5), d, NEAR4_4)
    p = fma(fma(fma(fma(p, d, NEAR4_3), d, NEAR4_2), d, NEAR4_1), d, NEAR4_0)
    p = fma(p, d, ONE)
    below = k < TWO
    return select(below, ONE, product), select(below, p * product, p)


@scalar
def near8(a, negative):
    """(ph, pl, qh, ql): gamma(a) = p / q for 0 < a < 7.5, pairs, as `near4`."""
    k, first, second, third, fourth, fifth = factors(a, negative)
    h, l = product8(a, k, first, second, third, fourth, fifth)  # noqa: E741
    h, l = fast_two_sum(h, l)  # noqa: E741
    d = a - k
    p = fma(fma(fma(fma(NEAR_13, d, NEAR_12), d, NEAR_11), d, NEAR_10), d, NEAR_9)
    p = fma(fma(fma(fma(fma(p, d, NEAR_8), d, NEAR_7), d, NEAR_6), d, NEAR_5), d, NEAR_4)
    p = fma(fma(fma(fma(p, d, NEAR_3), d, NEAR_2), d, NEAR_1), d, NEAR_0)
    u, ul = two_product(d, NEAR)
    qh, ql = fast_two_sum(ONE, u)
    ql = ql + fma(d * d, p, fma(d, NEAR_LOW, ul))
    below = k < TWO
    qh, ql = pair_multiply(qh, ql, select(below, h, ONE), select(below, l, ZERO))
    return select(below, ONE, h), select(below, ZERO, l), qh, ql


@scalar
def _quotient4(x):
    """(p, q, pole): gamma(x) = p / q."""
    negative = x < ZERO
    a = select(fabs(x) < TOP4, fabs(x), TOP4)
    r = ONE / select(a < FAR, FAR, a)
    far = exp_wide4(fma(a - HALF, log_wide4(ONE / r) - ONE, fma(stirling4(r), r, LEFT)))
    p, q = near4(a, negative)
    p = select(a < FAR, p, far)
    q = select(a < FAR, q, ONE)

    whole = rint(x)
    t = x - whole
    sine = select(a <= HALF, ONE, a) * t * sinc4(t * t)
    sine = select(is_odd(whole), -sine, sine)
    top = select(negative, q, p)
    return top, select(negative, p * sine, q), negative & ~(fabs(t) > ZERO)


@scalar
def stirling_sum8(b):
    """(h, l): log gamma(b) by Stirling's formula, b >= 7.5."""
    lh, ll = log_pair8(b)
    mh, ml = fast_two_sum(lh, -ONE)
    eh, el = two_product(b - HALF, mh)
    el = fma(b - HALF, ml + ll, el)
    r = ONE / b
    eh, e = two_sum(eh, LEFT)
    return fast_two_sum(eh, (el + e) + fma(stirling8(r), r, LEFT_LOW))


@scalar
def _quotient8(x):
    """(ph, pl, qh, ql, n, pole): gamma(x) = 2^n p / q, in pairs."""
    negative = x < ZERO
    a = select(fabs(x) < TOP, fabs(x), TOP)
    eh, el = stirling_sum8(select(a < FAR, FAR, a))
    _, n, h, rest = exp_reduced8(eh, el)
    h, l = fast_two_sum(ONE, h)  # noqa: E741
    h, l = fast_two_sum(h, l + rest)  # noqa: E741
    ph, pl, qh, ql = near8(a, negative)
    near = a < FAR
    n = select(near, ZERO, n)
    ph = select(near, ph, h)
    pl = select(near, pl, l)
    qh = select(near, qh, ONE)
    ql = select(near, ql, ZERO)

    whole = rint(x)
    t = x - whole
    sh, sl = sinc_pair8(t)
    sh, sl = pair_times(sh, sl, t)
    sh, sl = pair_times(sh, sl, select(a <= HALF, ONE, a))
    sh, sl = pair_multiply(sh, sl, ph, pl)
    odd = is_odd(whole)
    sh = select(odd, -sh, sh)
    sl = select(odd, -sl, sl)
    return (
        select(negative, qh, ph),
        select(negative, ql, pl),
        select(negative, sh, qh),
        select(negative, sl, ql),
        select(negative, -n, n),
        negative & ~(fabs(t) > ZERO),
    )


@scalar
def quotient8(ph, pl, qh, ql, n):
    """2^n (ph + pl) / (qh + ql), rounded once but where it is subnormal."""
    v = ph / qh
    rest = fma(-v, qh, ph) + fma(-v, ql, pl)
    v = select(fabs(v) < INFINITY, v + rest / qh, v)
    s, u = halves8(n + ROUND8)
    return v * s * u


@scalar
def gamma_f4(x):
    """In float64. Largest error 0.51 ulp."""
    wide = np.float64(x)
    p, q, pole = _quotient4(wide)
    value = select(pole, NAN, select(wide == ZERO, copysign(INFINITY, wide), p / q))
    return select(x == x, np.float32(value), x)


@scalar
def gamma_f8(x):
    """Largest error 0.7 ulp, of a subnormal result 0.85."""
    ph, pl, qh, ql, n, pole = _quotient8(x)
    value = quotient8(ph, pl, qh, ql, n)
    value = select(pole, NAN, select(x == ZERO, copysign(INFINITY, x), value))
    return select(x == x, value, x)


@scalar
def rgamma_f4(x):
    """In float64. Largest error 0.51 ulp."""
    wide = np.float64(x)
    p, q, pole = _quotient4(wide)
    value = select(pole, ZERO, select(wide == ZERO, wide, q / p))
    return select(x == x, np.float32(value), x)


@scalar
def rgamma_f8(x):
    """Largest error 0.72 ulp, of a subnormal result 0.8."""
    ph, pl, qh, ql, n, pole = _quotient8(x)
    value = quotient8(qh, ql, ph, pl, -n)
    value = select(pole, ZERO, select(x == ZERO, x, value))
    return select(x == x, value, x)
