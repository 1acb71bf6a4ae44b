"""Bessel's function of the second kind of order 0.

Below 8 what is added to 2 / pi log(x) J0(x) is a polynomial in x^2, around the middle of the
interval. Beyond, Hankel's expansion, as of the function of the first kind.

Source: M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 9.1 and 9.2. Coefficients:
minimax fits by tests/kernels/fit.py.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fma, scalar, select
from ngrad_kernels.vecmath.bessel_j0 import (
    BORDER,
    INFINITY,
    MIDDLE,
    _amplitudes0_f4,
    _amplitudes0_f8,
    _near_f4,
    _near_f8,
    hankel4,
    hankel8,
    squared8,
)
from ngrad_kernels.vecmath.doubled import stepped, two_product, two_sum
from ngrad_kernels.vecmath.gamma import _log_f8
from ngrad_kernels.vecmath.power import log_wide4

ZERO = np.float64(0.0)
ONE = np.float64(1.0)
NAN = np.float64(np.nan)
TWO_OVER_PI, TWO_OVER_PI_LOW = np.float64(0.6366197723675814), np.float64(-3.935735335036497e-17)

# (Y0(x) - 2 / pi log(x) J0(x) - HIGH - LOW) / u in u = x^2 - 32, |u| <= 32:
# 2^-57.97; its derivative by u, 2^-11.55; the same for float32, 2^-37.84
REST_HIGH, REST_LOW = np.float64(-0.382250654459425), np.float64(4.826495668421454e-18)
REST_0 = np.float64(-0.025888621573764335)
REST_1 = np.float64(0.0016084926551509244)
REST_2 = np.float64(4.39838634317084e-06)
REST_3 = np.float64(-1.0276295984474154e-06)
REST_4 = np.float64(2.003243799040333e-08)
REST_5 = np.float64(-2.0392003558737967e-10)
REST_6 = np.float64(1.3494586944912587e-12)
REST_7 = np.float64(-6.389874267532692e-15)
REST_8 = np.float64(2.2912405675226648e-17)
REST_9 = np.float64(-6.465532023944847e-20)
REST_10 = np.float64(1.476962270187829e-22)
REST_11 = np.float64(-2.791608279829031e-25)
REST_12 = np.float64(4.443165383413098e-28)
REST_13 = np.float64(-6.041174880618428e-31)
REST_14 = np.float64(6.902583161867747e-34)
REST_15 = np.float64(-6.945106005612977e-37)
REST_16 = np.float64(5.081998626183337e-39)
SLOPE_0 = np.float64(-0.0255597188)
SLOPE_1 = np.float64(0.003206398305)
SLOPE_2 = np.float64(7.432567e-06)
SLOPE_3 = np.float64(-4.045258e-06)
SLOPE_4 = np.float64(1.15049e-07)
SLOPE_5 = np.float64(-1.33e-09)
REST4_0 = np.float64(-0.38225065445960016)
REST4_1 = np.float64(-0.0258886215753992)
REST4_2 = np.float64(0.0016084926551654531)
REST4_3 = np.float64(4.398386387867284e-06)
REST4_4 = np.float64(-1.0276295986483395e-06)
REST4_5 = np.float64(2.003243764128537e-08)
REST4_6 = np.float64(-2.0392003452905615e-10)
REST4_7 = np.float64(1.3494598630404344e-12)
REST4_8 = np.float64(-6.389876954673754e-15)
REST4_9 = np.float64(2.2910504761409667e-17)
REST4_10 = np.float64(-6.465178350736677e-20)
REST4_11 = np.float64(1.4917971458563398e-22)
REST4_12 = np.float64(-2.8148700847645844e-25)


@scalar
def _rest_f4(u):
    """Y0(x) less the term of J0(x), for u = x^2 - 32, |u| <= 32."""
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
    """Y0(x) less the term of J0(x), as a pair, for u + low = x^2 - 32, |u| <= 32."""
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
def edges(x, value):
    """Outside of the positive numbers: minus infinity at 0, 0 at infinity."""
    return select(x > ZERO, select(x < INFINITY, value, ZERO), select(x == ZERO, -INFINITY, NAN))


@scalar
def bessel_y0_f4(x):
    """In float64. Largest error 2^-24 max(|result|, 1 / sqrt(x)) or hardly more."""
    wide = np.float64(x)
    ordinary = (wide > ZERO) & (wide < INFINITY)
    w = select(ordinary, wide, BORDER)
    near = w < BORDER
    a = select(near, w, ONE)
    u = fma(a, a, -MIDDLE)
    value = fma(TWO_OVER_PI * log_wide4(a), _near_f4(u), _rest_f4(u))
    b = select(near, BORDER, w)
    p, q = _amplitudes0_f4(BORDER / b)
    plus, less, m = hankel4(b)
    far = m * (less + fma(p, less, q * plus))
    value = select(near, value, far)
    return np.float32(edges(wide, value))


@scalar
def bessel_y0_f8(x):
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
    value = h + (e + (pl + rl))
    b = select(near, BORDER, w)
    p, q = _amplitudes0_f8(BORDER / b)
    plus, _, less, ll, m = hankel8(b)
    far = m * (less + (ll + fma(p, less, q * plus)))
    return edges(x, select(near, value, far))
