"""exp(x^2) erfc(x), and the logarithm of the normal distribution function.

As in erfc, (x + 3) exp(x^2) erfc(x) is a polynomial in t = (x - 3) / (x + 3), here for every
x >= 0. erfcx(-x) = 2 exp(x^2) - erfcx(x). log_ndtr is log(erfcx(-x / sqrt(2)) / 2) - x^2 / 2 for
x < 0, and else log1p(-erfcx(x / sqrt(2)) exp(-x^2 / 2) / 2), where x / sqrt(2) and x^2 keep their
errors.

Source of the mapping: M. M. Shepherd, J. G. Laframboise, "Chebyshev approximation of (1 + 2x)
exp(x^2) erfc x in 0 <= x < inf" (1981). Coefficients: minimax fits by tests/kernels/fit.py.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fabs, fma, scalar, select
from ngrad_kernels.vecmath.doubled import fast_two_sum, pair_multiply, two_product, two_sum
from ngrad_kernels.vecmath.exponential import exp_reduced8, halves8
from ngrad_kernels.vecmath.logarithm import (
    INF8,
    LN2_HEAD8,
    LN2_TAIL8,
    log1p_sum8,
    log_tail8,
    split8,
)
from ngrad_kernels.vecmath.power import log_wide4

HALF_ROOT, HALF_ROOT_LOW = 0.7071067811865476, -4.833646656726457e-17  # sqrt(1/2)
HUGE = 2.0**1000  # from here on 1 / x is scaled, lest it be subnormal
SCALE = 2.0**-64
EXACT = 2.0**-55  # up to here erfcx is 1

# (x + 3) exp(x^2) erfc(x) in t, x >= 0: for float32, 2^-32.34; the rest after the first
# coefficient, 2^-56.37
WHOLE4_0 = np.float64(1.074006907189804)
WHOLE4_1 = np.float64(-0.8833944509728056)
WHOLE4_2 = np.float64(0.5902283448785158)
WHOLE4_3 = np.float64(-0.3104673311110998)
WHOLE4_4 = np.float64(0.11952798927211651)
WHOLE4_5 = np.float64(-0.02682661145064495)
WHOLE4_6 = np.float64(-0.0012139649853542896)
WHOLE4_7 = np.float64(0.0030316130166492396)
WHOLE4_8 = np.float64(-0.0005433643843323614)
WHOLE4_9 = np.float64(-0.00027187157552338023)
WHOLE4_10 = np.float64(9.940934139769569e-05)
WHOLE4_11 = np.float64(2.510423478191116e-05)
WHOLE4_12 = np.float64(-1.0529832266895079e-05)
WHOLE4_13 = np.float64(-1.660166557723728e-06)
WHOLE_HIGH, WHOLE_LOW = np.float64(1.0740069070883398), np.float64(-8.807445678337799e-17)
WHOLE_0 = np.float64(-0.8833944531698836)
WHOLE_1 = np.float64(0.5902283571041033)
WHOLE_2 = np.float64(-0.31046726190056945)
WHOLE_3 = np.float64(0.11952776128720224)
WHOLE_4 = np.float64(-0.02682723462439927)
WHOLE_5 = np.float64(-0.0012124166254064972)
WHOLE_6 = np.float64(0.003034062000165191)
WHOLE_7 = np.float64(-0.0005483097096745413)
WHOLE_8 = np.float64(-0.0002767778410815512)
WHOLE_9 = np.float64(0.00010756158869774963)
WHOLE_10 = np.float64(3.0398160660492877e-05)
WHOLE_11 = np.float64(-1.7470931641496473e-05)
WHOLE_12 = np.float64(-4.749310702061111e-06)
WHOLE_13 = np.float64(2.7662592894205765e-06)
WHOLE_14 = np.float64(9.992962544403035e-07)
WHOLE_15 = np.float64(-4.093659758664644e-07)
WHOLE_16 = np.float64(-2.3438368279591133e-07)
WHOLE_17 = np.float64(4.7565727406027314e-08)
WHOLE_18 = np.float64(5.155032412752254e-08)
WHOLE_19 = np.float64(-1.999705768705092e-09)
WHOLE_20 = np.float64(-8.839296404625601e-09)
WHOLE_21 = np.float64(-5.849726061950809e-10)
WHOLE_22 = np.float64(8.360890719859392e-10)
WHOLE_23 = np.float64(9.789512084853541e-11)


@scalar
def erfcx_wide4(x):
    """erfcx(x) of a float64 x >= 0, 32 bits."""
    r = 1.0 / (x + 3.0)
    t = fma(-6.0, r, 1.0)
    p = fma(fma(WHOLE4_13, t, WHOLE4_12), t, WHOLE4_11)
    p = fma(fma(fma(p, t, WHOLE4_10), t, WHOLE4_9), t, WHOLE4_8)
    p = fma(fma(fma(fma(p, t, WHOLE4_7), t, WHOLE4_6), t, WHOLE4_5), t, WHOLE4_4)
    p = fma(fma(fma(fma(p, t, WHOLE4_3), t, WHOLE4_2), t, WHOLE4_1), t, WHOLE4_0)
    return p * r


@scalar
def _exp4(x):
    """exp(x) of a float64, |x| <= 707, 50 bits."""
    shifted, _, r, t = exp_reduced8(x, 0.0)
    s, u = halves8(shifted)
    return (1.0 + (r + t)) * (s * u)


@scalar
def erfcx_f4(x):
    """In float64. Largest error 0.51 ulp."""
    wide = np.float64(x)
    a = fabs(wide)
    right = erfcx_wide4(a)
    b = select(a < 10.0, a, 10.0)  # where the result is infinite
    left = fma(2.0, _exp4(b * b), -right)
    return np.float32(select(wide < 0.0, left, right))


@scalar
def erfcx_pair8(x, low):
    """(h, l): erfcx(x + low) = h + l for 0 <= x <= 2^1000."""
    dh, dl = two_sum(x, 3.0)
    dl = dl + low
    r = 1.0 / dh
    rl = (fma(-r, dh, 1.0) - r * dl) * r
    t = fma(-6.0, r, 1.0)
    oh, ol = two_sum(1.0, -t)
    tl = fma(-6.0, rl, fma(-6.0, r, oh) + ol)
    p = fma(fma(fma(fma(WHOLE_23, t, WHOLE_22), t, WHOLE_21), t, WHOLE_20), t, WHOLE_19)
    p = fma(fma(fma(fma(p, t, WHOLE_18), t, WHOLE_17), t, WHOLE_16), t, WHOLE_15)
    p = fma(fma(fma(fma(p, t, WHOLE_14), t, WHOLE_13), t, WHOLE_12), t, WHOLE_11)
    p = fma(fma(fma(fma(p, t, WHOLE_10), t, WHOLE_9), t, WHOLE_8), t, WHOLE_7)
    p = fma(fma(fma(fma(p, t, WHOLE_6), t, WHOLE_5), t, WHOLE_4), t, WHOLE_3)
    p = fma(fma(p, t, WHOLE_2), t, WHOLE_1)
    vh, vl = fast_two_sum(WHOLE_0, p * t)
    uh, ul = two_product(t, vh)
    gh, gl = two_sum(WHOLE_HIGH, uh)
    slope = fma(fma(3.0 * WHOLE_2, t, 2.0 * WHOLE_1), t, WHOLE_0)
    gl = gl + (ul + fma(t, vl, fma(slope, tl, WHOLE_LOW)))
    h, l = two_product(gh, r)  # noqa: E741
    return h, l + fma(gh, rl, gl * r)


@scalar
def erfcx_f8(x):
    """Largest error 1.8 ulp."""
    a = fabs(x)
    huge = a > HUGE
    y = select(huge, select(a < INF8, a, 2.0**1023) * SCALE, a)
    h, l = erfcx_pair8(y, 0.0)  # noqa: E741
    right = (h + l) * select(huge, SCALE, 1.0)
    right = select(a == INF8, 0.0, select(a < EXACT, 1.0, right))

    b = select(a < 27.0, a, 27.0)  # where the result is infinite
    square, low = two_product(b, b)
    shifted, _, r, t = exp_reduced8(square, low)
    s, u = halves8(shifted)
    eh, el = fast_two_sum(1.0, r)
    el = el + t
    far = (eh + el) * s * (2.0 * u)  # nothing is left of the rest
    power = 2.0 * s * u
    mh, ml = two_sum(power * eh, -h)
    near = mh + (ml + fma(power, el, -l))
    left = select(b > 8.0, far, select(a < EXACT, 1.0, near))
    return select(x != x, x, select(x < 0.0, left, right))


@scalar
def log_ndtr_f4(x):
    """In float64. Largest error 0.51 ulp."""
    wide = np.float64(x)
    a = fabs(wide)
    e = 0.5 * erfcx_wide4(a * HALF_ROOT)
    half = 0.5 * wide * wide
    left = log_wide4(e) - half
    share = e * _exp4(-select(half < 200.0, half, 200.0))
    rest = 1.0 - share
    right = -fabs(log_wide4(rest) - (share - (1.0 - rest)))
    return np.float32(select(wide < 0.0, left, right))


@scalar
def log_ndtr_f8(x):
    """Largest error 1.7 ulp."""
    a = fabs(x)
    y = select(a < HUGE, a, HUGE)
    yh, yl = two_product(y, HALF_ROOT)
    h, l = erfcx_pair8(yh, fma(y, HALF_ROOT_LOW, yl))  # noqa: E741
    h, l = fast_two_sum(h, l)  # noqa: E741
    half, low = two_product(a, 0.5 * a)
    low = select(half < INF8, low, 0.0)

    e, f = split8(h)
    lh, ll = fast_two_sum((e - 1.0) * LN2_HEAD8, f)
    ll = ll + (fma(e - 1.0, LN2_TAIL8, log_tail8(f)) + l / h)
    left, more = two_sum(lh, -half)
    left = left + select(half < INF8, more + (ll - low), 0.0)

    over = half > 746.0
    shifted, _, r, t = exp_reduced8(-select(over, 746.0, half), -select(over, 0.0, low))
    s, u = halves8(shifted)
    eh, el = fast_two_sum(1.0, r)
    ph, pl = pair_multiply(eh, el + t, 0.5 * h, 0.5 * l)
    right = -fabs(log1p_sum8(-(ph * s * u), -(pl * s * u), 0.0))
    return select(x != x, x, select(x < 0.0, left, right))
