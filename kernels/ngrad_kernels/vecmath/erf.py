"""The error function and its complement.

Near 0 erf is a polynomial; further out erfc(x) = exp(-x^2) P(t) / (x + 3) with t = (x - 3) / (x +
3), which maps the half-line to a short interval where (x + 3) exp(x^2) erfc(x) is smooth, and so is
exp(x^2) erfc(x). The other one of the two functions is what is missing to 1.

Source of the mapping: M. M. Shepherd, J. G. Laframboise, "Chebyshev approximation of (1 + 2x)
exp(x^2) erfc x in 0 <= x < inf" (1981). Coefficients: minimax fits by tests/kernels/fit.py.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import (
    bits_of_f4,
    f4_from_bits,
    f8_from_bits,
    fabs,
    fma,
    rint,
    scalar,
    select,
)
from ngrad_kernels.vecmath.doubled import fast_two_sum, two_product
from ngrad_kernels.vecmath.exponential import LN2_4 as LN2_WHOLE_4
from ngrad_kernels.vecmath.exponential import LN2_REST4 as LN2_REST_4
from ngrad_kernels.vecmath.exponential import exp_rest4
from ngrad_kernels.vecmath.inverse_trigonometric import _signed_f4, _signed_f8

ZERO = np.float64(0.0)
HALF = np.float64(0.5)
ONE = np.float64(1.0)
TWO = np.float64(2.0)
THREE = np.float64(3.0)
SIX = np.float64(6.0)
LOG2E = np.float64(1.4426950408889634)
LN2, LN2_LOW = np.float64(0.6931471805592082), np.float64(7.371002565167799e-13)  # LN2: 40 bits

# erf(x) / x in x^2, |x| <= 1: the rest after the first coefficient, 2^-62.25
ERF_HIGH, ERF_LOW = np.float64(1.1283791670955126), np.float64(1.533545961316588e-17)
ERF_0 = np.float64(-0.3761263890318375)
ERF_1 = np.float64(0.1128379167095485)
ERF_2 = np.float64(-0.026866170645068077)
ERF_3 = np.float64(0.005223977624714204)
ERF_4 = np.float64(-0.0008548326974148415)
ERF_5 = np.float64(0.00012055330849542339)
ERF_6 = np.float64(-1.492558865467709e-05)
ERF_7 = np.float64(1.6460890798067486e-06)
ERF_8 = np.float64(-1.6349122741189724e-07)
ERF_9 = np.float64(1.465164764205671e-08)
ERF_10 = np.float64(-1.1341135769221426e-09)
ERF_11 = np.float64(5.90327863808642e-11)

# erf_f4, all in float32: the same for |x| <= 1, 2^-29.30; log erfc(x) in x for 1 <= x <= 3.95,
# 2^-35.35 / erfc(x); exp(r), 2^-28.21
NEAR4_HIGH, NEAR4_LOW = np.float32(1.1283792), np.float32(-5.8635383e-08)
NEAR4_0 = np.float32(-0.3761263)
NEAR4_1 = np.float32(0.11283603)
NEAR4_2 = np.float32(-0.026854202)
NEAR4_3 = np.float32(0.0051885983)
NEAR4_4 = np.float32(-0.00080093986)
NEAR4_5 = np.float32(7.842553e-05)
LOGC4_0 = np.float32(0.00018803336)
LOGC4_1 = np.float32(-1.1295784)
LOGC4_2 = np.float32(-0.6332201)
LOGC4_3 = np.float32(-0.108418375)
LOGC4_4 = np.float32(0.02520815)
LOGC4_5 = np.float32(-0.0042045373)
LOGC4_6 = np.float32(0.0004413359)
LOGC4_7 = np.float32(-2.1687281e-05)
EXPC4_2 = np.float32(0.5)
EXPC4_3 = np.float32(0.1666652)
EXPC4_4 = np.float32(0.04166641)
EXPC4_5 = np.float32(0.008368826)
EXPC4_6 = np.float32(0.0013939842)
LOG2E_4 = np.float32(1.4426950408889634)
LN2_4, LN2_LOW_4 = np.float32(0.693359375), np.float32(-0.00021219444)  # LN2_4: 12 bits
ROUNDER_4 = np.float32(1.5 * 2.0**23)
ONE_4 = np.float32(1.0)
END_4 = np.float32(3.95)  # erf is 1 beyond

# erfc_f4: exp(x^2) erfc(x) in t, x <= 10.06, 2^-29.33; the first three coefficients, and what is
# taken from them, are multiples of 2^-24, so that these differences have no error
ERFCX4_0, ERFCX4_LOW = np.float32(0.17900115), np.float32(-1.2571825e-09)
ERFCX4_1, ERFCX4_1_LOW = np.float32(-0.32623357), np.float32(1.9845843e-09)
ERFCX4_2 = np.float32(0.2456038)
ERFCX4_3 = np.float32(-0.15011579)
ERFCX4_4 = np.float32(0.07166584)
ERFCX4_5 = np.float32(-0.024394186)
ERFCX4_6 = np.float32(0.0042689927)
ERFCX4_7 = np.float32(0.0007156597)
ERFCX4_8 = np.float32(-0.0005947729)
ERFCX4_9 = np.float32(2.8838607e-05)
ERFCX4_10 = np.float32(5.595247e-05)
SLOPE_4 = np.float32(1.1283791670955126)  # 2 / sqrt(pi)
COARSE_4 = np.float32(0.1875)  # r + COARSE_4 is a multiple of 2^-25: then t has no error
SHIFT_4 = np.float32(1.5 * 2.0**23 + 127 + 64)  # n + SHIFT_4 ends with the exponent of 2^(n + 64)
DOWN_4 = np.float32(2.0**-64)
ZERO_4, TWO_4 = np.float32(0.0), np.float32(2.0)
THREE_4, SIX_4 = np.float32(3.0), np.float32(6.0)
TOP_4 = np.float32(10.2)  # erfc is 0

# (x + 3) exp(x^2) erfc(x) in t: the rest after the first coefficient, 2^-59.35; for erf_f8,
# x <= 6, 2^-66.79
SCALED_HIGH, SCALED_LOW = np.float64(1.0740069070883398), np.float64(-8.807445678337799e-17)
SCALED_0 = np.float64(-0.8833944531698836)
SCALED_1 = np.float64(0.5902283571041016)
SCALED_2 = np.float64(-0.3104672619005658)
SCALED_3 = np.float64(0.11952776128730844)
SCALED_4 = np.float64(-0.02682723462458285)
SCALED_5 = np.float64(-0.001212416627684362)
SCALED_6 = np.float64(0.003034062003560281)
SCALED_7 = np.float64(-0.0005483096861804944)
SCALED_8 = np.float64(-0.00027677787299892106)
SCALED_9 = np.float64(0.00010756145581845013)
SCALED_10 = np.float64(3.0398333466114405e-05)
SCALED_11 = np.float64(-1.7470508720786515e-05)
SCALED_12 = np.float64(-4.74987154913294e-06)
SCALED_13 = np.float64(2.765589989018988e-06)
SCALED_14 = np.float64(1.00034182615552e-06)
SCALED_15 = np.float64(-4.093045360641019e-07)
SCALED_16 = np.float64(-2.352271280067724e-07)
SCALED_17 = np.float64(4.915567747723443e-08)
SCALED_18 = np.float64(5.107749456535427e-08)
SCALED_19 = np.float64(-4.453310842538933e-09)
SCALED_20 = np.float64(-7.3693676726353246e-09)
SCALED_21 = np.float64(7.22730321065033e-10)
SHORT_0 = np.float64(1.07400690708834)
SHORT_1 = np.float64(-0.8833944531698813)
SHORT_2 = np.float64(0.5902283571037102)
SHORT_3 = np.float64(-0.31046726190991514)
SHORT_4 = np.float64(0.1195277612349611)
SHORT_5 = np.float64(-0.026827233899573314)
SHORT_6 = np.float64(-0.001212402044388748)
SHORT_7 = np.float64(0.0030341814928125928)
SHORT_8 = np.float64(-0.000547724275287425)
SHORT_9 = np.float64(-0.0002749175120714265)
SHORT_10 = np.float64(0.00011141135305837134)
SHORT_11 = np.float64(3.524087087087294e-05)
SHORT_12 = np.float64(-1.476764610397757e-05)
SHORT_13 = np.float64(-6.029015246014397e-06)

# (exp(r) - 1 - r) / r^2, |r| <= ln 2 / 2: 2^-57.70
EXP_0 = np.float64(0.5000000000000013)
EXP_1 = np.float64(0.16666666666666669)
EXP_2 = np.float64(0.04166666666651046)
EXP_3 = np.float64(0.008333333333328995)
EXP_4 = np.float64(0.0013888888948356984)
EXP_5 = np.float64(0.0001984126986581363)
EXP_6 = np.float64(2.480148851103295e-05)
EXP_7 = np.float64(2.75572657754128e-06)
EXP_8 = np.float64(2.7631808559227346e-07)
EXP_9 = np.float64(2.5101258870018722e-08)


@scalar
def _power_of_two(n):
    """2^n for a whole -1022 <= n <= 1023."""
    return f8_from_bits((np.int64(n) + np.int64(1023)) << np.int64(52))


@scalar
def erf_f4(x):
    """1 - exp(log erfc(|x|)) above 1. Largest error 0.98 ulp, 1.0 ulp where x is subnormal."""
    z, zl = two_product(x, x)
    p = fma(fma(fma(fma(NEAR4_5, z, NEAR4_4), z, NEAR4_3), z, NEAR4_2), z, NEAR4_1)
    uh, ul = two_product(NEAR4_0, z)
    ph, pl = fast_two_sum(NEAR4_HIGH, uh)
    near = fma(x, ph, x * (pl + fma(z * z, p, ul + fma(NEAR4_0, zl, NEAR4_LOW))))
    ax = fabs(x)
    y = select(ax < END_4, ax, END_4)
    q = fma(fma(fma(fma(fma(LOGC4_7, y, LOGC4_6), y, LOGC4_5), y, LOGC4_4), y, LOGC4_3), y, LOGC4_2)
    vh, vl = fast_two_sum(LOGC4_1, q * y)
    qh, ql = two_product(vh, y)
    ql = ql + fma(vl, y, LOGC4_0)
    rounded = fma(qh, LOG2E_4, ROUNDER_4)
    n = rounded - ROUNDER_4
    r = fma(-n, LN2_LOW_4, fma(-n, LN2_4, qh) + ql)
    e = fma(fma(fma(fma(EXPC4_6, r, EXPC4_5), r, EXPC4_4), r, EXPC4_3), r, EXPC4_2)
    e = fma(r * r, e, r) + ONE_4
    shift = np.int32(bits_of_f4(rounded) << np.int32(23))
    tail = f4_from_bits(np.int32(bits_of_f4(e) + shift))
    return _signed_f4(select(ax > ONE_4, ONE_4 - tail, fabs(near)), x)


@scalar
def erfc_f4(x):
    """exp(-x^2) times a polynomial in t; 2 - erfc(-x) below 0. Largest error 0.86 ulp.

    The square, t and the last steps of the polynomial keep their errors.
    """
    ax = fabs(x)
    a = select(ax > TOP_4, TOP_4, ax)
    d, dl = fast_two_sum(THREE_4, a)
    r = (ONE_4 / d + COARSE_4) - COARSE_4
    t = fma(-SIX_4, r, ONE_4)
    missing = fma(-r, dl, fma(-r, d, ONE_4))  # 1 - r (a + 3)
    q = fma(fma(ERFCX4_10, t, ERFCX4_9), t, ERFCX4_8)
    q = fma(fma(fma(q, t, ERFCX4_7), t, ERFCX4_6), t, ERFCX4_5)
    q = fma(fma(q, t, ERFCX4_4), t, ERFCX4_3)
    p = fma(q, t, ERFCX4_2)
    pl = fma(q, t, ERFCX4_2 - p)
    v = fma(p, t, ERFCX4_1)
    vl = fma(p, t, ERFCX4_1 - v) + fma(pl, t, ERFCX4_1_LOW)
    u, ul = two_product(v, t)
    g, gl = fast_two_sum(ERFCX4_0, u)
    gl = gl + (ul + fma(vl, t, ERFCX4_LOW))
    # d/dx exp(x^2) erfc(x) = 2 x exp(x^2) erfc(x) - 2 / sqrt(pi), and dx = -(x + 3) missing
    gl = fma(missing * d, fma(-(a + a), g, SLOPE_4), gl)

    square, low = two_product(a, a)
    shifted = fma(-square, LOG2E_4, SHIFT_4)
    n = shifted - SHIFT_4
    head = fma(-n, LN2_WHOLE_4, -square)  # exact
    rest = exp_rest4(head, fma(-n, LN2_REST_4, -low))
    eh, el = fast_two_sum(ONE_4, head)
    yh, yl = two_product(eh, g)
    y = yh + fma(el + rest, g, fma(eh + rest, gl, yl))
    power = f4_from_bits(np.int32(bits_of_f4(shifted) << np.int32(23)))
    tail = y * power * DOWN_4  # only the last one rounds
    return select(x < ZERO_4, TWO_4 - tail, tail)


@scalar
def _small_f8(x):
    """(h, l): erf(x) = h + l for |x| <= 1."""
    z = x * x
    p = fma(fma(fma(fma(fma(ERF_11, z, ERF_10), z, ERF_9), z, ERF_8), z, ERF_7), z, ERF_6)
    p = fma(fma(fma(fma(fma(fma(p, z, ERF_5), z, ERF_4), z, ERF_3), z, ERF_2), z, ERF_1), z, ERF_0)
    h = x * ERF_HIGH
    return h, fma(x * z, p, fma(x, ERF_HIGH, -h) + x * ERF_LOW)


@scalar
def _tail_f8(x):
    """(h, l, n): erfc(x) = (h + l) 2^n for 1/2 <= x <= 27.5, n whole.

    The square, t and the products keep their errors.
    """
    dh, dl = fast_two_sum(select(x > THREE, x, THREE), select(x > THREE, THREE, x))
    r = ONE / dh
    rl = (fma(-r, dh, ONE) - r * dl) * r
    t = fma(-SIX, r, ONE)
    oh, ol = fast_two_sum(ONE, -t)
    tl = fma(-SIX, rl, fma(-SIX, r, oh) + ol)
    p = fma(fma(fma(fma(SCALED_21, t, SCALED_20), t, SCALED_19), t, SCALED_18), t, SCALED_17)
    p = fma(fma(fma(fma(p, t, SCALED_16), t, SCALED_15), t, SCALED_14), t, SCALED_13)
    p = fma(fma(fma(fma(p, t, SCALED_12), t, SCALED_11), t, SCALED_10), t, SCALED_9)
    p = fma(fma(fma(fma(fma(p, t, SCALED_8), t, SCALED_7), t, SCALED_6), t, SCALED_5), t, SCALED_4)
    p = fma(fma(fma(p, t, SCALED_3), t, SCALED_2), t, SCALED_1)
    vh, vl = fast_two_sum(SCALED_0, p * t)
    uh, ul = two_product(t, vh)
    gh, gl = fast_two_sum(SCALED_HIGH, uh)
    slope = fma(fma(SCALED_2 * THREE, t, SCALED_1 * TWO), t, SCALED_0)
    gl = gl + (ul + fma(t, vl, fma(slope, tl, SCALED_LOW)))

    square, square_low = two_product(x, x)
    n = rint(-square * LOG2E)
    s, sl = fast_two_sum(fma(-n, LN2, -square), fma(-n, LN2_LOW, -square_low))
    e = fma(fma(fma(fma(fma(EXP_9, s, EXP_8), s, EXP_7), s, EXP_6), s, EXP_5), s, EXP_4)
    e = fma(fma(fma(fma(e, s, EXP_3), s, EXP_2), s, EXP_1), s, EXP_0)
    eh, el = fast_two_sum(ONE, s)
    el = el + fma(s * s, e, fma(s, sl, sl))

    ph, pl = two_product(eh, gh)
    pl = pl + fma(eh, gl, el * gh)
    h, l = two_product(ph, r)  # noqa: E741
    return h, l + fma(ph, rl, pl * r), n


@scalar
def erf_f8(x):
    """1 - erfc(|x|) above 1, where that is small enough without error terms.

    Largest error 1.6 ulp.
    """
    ax = fabs(x)
    h, l = _small_f8(x)  # noqa: E741
    y = select(ax < SIX, select(ax > ONE, ax, ONE), SIX)
    r = ONE / (y + THREE)
    t = fma(-SIX, r, ONE)
    p = fma(fma(fma(fma(SHORT_13, t, SHORT_12), t, SHORT_11), t, SHORT_10), t, SHORT_9)
    p = fma(fma(fma(fma(fma(p, t, SHORT_8), t, SHORT_7), t, SHORT_6), t, SHORT_5), t, SHORT_4)
    p = fma(fma(fma(fma(p, t, SHORT_3), t, SHORT_2), t, SHORT_1), t, SHORT_0)
    square = y * y
    n = rint(-square * LOG2E)
    s = fma(-n, LN2_LOW, fma(-n, LN2, -square))
    e = fma(fma(fma(fma(fma(EXP_9, s, EXP_8), s, EXP_7), s, EXP_6), s, EXP_5), s, EXP_4)
    e = fma(fma(fma(fma(e, s, EXP_3), s, EXP_2), s, EXP_1), s, EXP_0)
    tail = (ONE + fma(s * s, e, s)) * (p * r) * _power_of_two(n)
    return _signed_f8(select(ax > ONE, ONE - tail, fabs(h + l)), x)


@scalar
def erfc_f8(x):
    """1 - erf(x) up to 1/2, 2 - erfc(-x) below -1/2.

    Largest error 1.4 ulp, also of subnormal results.
    """
    ax = fabs(x)
    sh, sl = _small_f8(x)
    sh, e = fast_two_sum(ONE, -sh)
    small = sh + (e - sl)
    top = np.float64(27.5)  # erfc is 0
    h, l, n = _tail_f8(select(ax < top, select(ax > HALF, ax, HALF), top))  # noqa: E741
    first = rint(HALF * n)  # in two steps: 2^n itself may be too small; only the last one rounds
    tail = (h + l) * _power_of_two(first) * _power_of_two(n - first)
    return select(ax > HALF, select(x < ZERO, TWO - tail, tail), small)
