"""Bessel's function of the second kind of order 1.

Below 8 what is added to 2 / pi (log(x) J1(x) - 1 / x) is x times a polynomial in x^2, around the
middle of the interval. Beyond, Hankel's expansion, as of the function of the first kind.

Source: M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 9.1 and 9.2. Coefficients:
minimax fits by tests/kernels/fit.py.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fma, scalar, select
from ngrad_kernels.vecmath.bessel_j0 import BORDER, INFINITY, MIDDLE, hankel4, hankel8, squared8
from ngrad_kernels.vecmath.bessel_j1 import _amplitudes1_f4, _amplitudes1_f8, _near_f4, _near_f8
from ngrad_kernels.vecmath.bessel_y0 import TWO_OVER_PI, TWO_OVER_PI_LOW, edges
from ngrad_kernels.vecmath.doubled import stepped, two_product, two_sum
from ngrad_kernels.vecmath.gamma import _log_f8
from ngrad_kernels.vecmath.power import log_wide4

ZERO = np.float64(0.0)
ONE = np.float64(1.0)
TINY = np.float64(2.0**-1000)

# ((Y1(x) + 2 / (pi x) - 2 / pi log(x) J1(x)) / x - HIGH - LOW) / u in u = x^2 - 32, |u| <= 32:
# 2^-62.05; its derivative by u, 2^-15.33; the same for float32, 2^-40.38
REST_HIGH, REST_LOW = np.float64(0.07075985882118005), np.float64(3.881299572766497e-18)
REST_0 = np.float64(-0.007605544712247848)
REST_1 = np.float64(2.2819894258782797e-05)
REST_2 = np.float64(7.173830934652634e-06)
REST_3 = np.float64(-1.8730010852747369e-07)
REST_4 = np.float64(2.3409089214332613e-09)
REST_5 = np.float64(-1.8280704350303354e-11)
REST_6 = np.float64(9.960759023426447e-14)
REST_7 = np.float64(-4.0364952247845734e-16)
REST_8 = np.float64(1.2697208300993743e-18)
REST_9 = np.float64(-3.1983303783131804e-21)
REST_10 = np.float64(6.6071950066428265e-24)
REST_11 = np.float64(-1.1408687820645179e-26)
REST_12 = np.float64(1.6723448666079393e-29)
REST_13 = np.float64(-2.108122465230239e-32)
REST_14 = np.float64(2.2926177923650443e-35)
REST_15 = np.float64(-2.208919823325846e-38)
REST_16 = np.float64(5.883351098694809e-41)
SLOPE_0 = np.float64(-0.007581485256)
SLOPE_1 = np.float64(4.4975122e-05)
SLOPE_2 = np.float64(2.1099648e-05)
SLOPE_3 = np.float64(-7.451e-07)
SLOPE_4 = np.float64(1.2796e-08)
SLOPE_5 = np.float64(-1.16e-10)
REST4_0 = np.float64(0.07075985882124837)
REST4_1 = np.float64(-0.007605544712291901)
REST4_2 = np.float64(2.2819894253538796e-05)
REST4_3 = np.float64(7.173830935965018e-06)
REST4_4 = np.float64(-1.8730010846395228e-07)
REST4_5 = np.float64(2.340908910437931e-09)
REST4_6 = np.float64(-1.8280704624748397e-11)
REST4_7 = np.float64(9.960762922021066e-14)
REST4_8 = np.float64(-4.036490025502199e-16)
REST4_9 = np.float64(1.2696543186813233e-18)
REST4_10 = np.float64(-3.198759124353573e-21)
REST4_11 = np.float64(6.661196231130034e-24)
REST4_12 = np.float64(-1.130490646136872e-26)


@scalar
def _rest_f4(u):
    """(Y1(x) less terms of J1(x) and 1 / x) / x, for u = x^2 - 32, |u| <= 32."""
    p = fma(REST4_12, u, REST4_11)
    p = fma(p, u, REST4_10)
    p = fma(p, u, REST4_9)
    p = fma(p, u, REST4_8)
    p = fma(p, u, REST4_7)
    p = fma(p, u, REST4_6)
    p = fma(p, u, REST4_5)
    p = fma(p, u, REST4_4)
    p = fma(p, u, REST4_3)
    p = fma(p, u, REST4_2)
    p = fma(p, u, REST4_1)
    return fma(p, u, REST4_0)


@scalar
def _rest_f8(u, low):
    """(Y1(x) less terms of J1(x) and 1 / x) / x, as a pair, for u + low = x^2 - 32, |u| <= 32."""
    p = fma(REST_16, u, REST_15)
    p = fma(p, u, REST_14)
    p = fma(p, u, REST_13)
    p = fma(p, u, REST_12)
    p = fma(p, u, REST_11)
    p = fma(p, u, REST_10)
    p = fma(p, u, REST_9)
    p = fma(p, u, REST_8)
    p = fma(p, u, REST_7)
    p = fma(p, u, REST_6)
    p = fma(p, u, REST_5)
    p = fma(p, u, REST_4)
    rest = ZERO
    p, rest = stepped(u, p, rest, REST_3)
    p, rest = stepped(u, p, rest, REST_2)
    p, rest = stepped(u, p, rest, REST_1)
    p, rest = stepped(u, p, rest, REST_0)
    p, rest = stepped(u, p, rest, REST_HIGH)
    slope = fma(SLOPE_5, u, SLOPE_4)
    slope = fma(slope, u, SLOPE_3)
    slope = fma(slope, u, SLOPE_2)
    slope = fma(slope, u, SLOPE_1)
    slope = fma(slope, u, SLOPE_0)
    return p, fma(slope, low, rest + REST_LOW)


@scalar
def bessel_y1_f4(x):
    """In float64. Largest error 2^-24 max(|result|, 1 / sqrt(x)) or hardly more."""
    wide = np.float64(x)
    ordinary = (wide > ZERO) & (wide < INFINITY)
    w = select(ordinary, wide, BORDER)
    near = w < BORDER
    a = select(near, w, ONE)
    u = fma(a, a, -MIDDLE)
    value = fma(TWO_OVER_PI * log_wide4(a), _near_f4(u), _rest_f4(u))
    value = fma(a, value, -TWO_OVER_PI / a)
    b = select(near, BORDER, w)
    p, q = _amplitudes1_f4(BORDER / b)
    plus, less, m = hankel4(b)
    far = m * (fma(q, less, -p * plus) - plus)
    return np.float32(edges(wide, select(near, value, far)))


@scalar
def bessel_y1_f8(x):
    """Largest error 2^-52 times 1.5 max(|result|, 1 / sqrt(x))."""
    w = select((x > ZERO) & (x < INFINITY), x, BORDER)
    near = w < BORDER
    a = select(near, w, ONE)
    u, low = squared8(a)
    jh, jl = _near_f8(u, low)
    rh, rl = _rest_f8(u, low)
    lh, ll = _log_f8(a, ZERO)
    th, tl = two_product(lh, TWO_OVER_PI)
    tl = fma(ll, TWO_OVER_PI, fma(lh, TWO_OVER_PI_LOW, tl))
    ph, pl = two_product(th, jh)
    pl = fma(th, jl, fma(tl, jh, pl))
    h, e = two_sum(ph, rh)
    low = e + (pl + rl)
    qh = TWO_OVER_PI / a
    ql = (fma(-qh, a, TWO_OVER_PI) + TWO_OVER_PI_LOW) / a
    h, e = two_product(h, a)
    low = fma(low, a, e)
    h, e = two_sum(h, -qh)
    value = select(a < TINY, -qh, h + (e + (low - ql)))
    b = select(near, BORDER, w)
    p, q = _amplitudes1_f8(BORDER / b)
    plus, pl, less, _, m = hankel8(b)
    far = m * (fma(q, less, -p * plus) - pl - plus)
    return edges(x, select(near, value, far))
