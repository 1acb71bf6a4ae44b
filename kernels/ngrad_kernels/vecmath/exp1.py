"""The exponential integral E1(x), the integral of exp(-t) / t from x on.

Up to 1 it is -log(x) - gamma, Euler's constant, and a polynomial; beyond, x exp(x) E1(x) is 1 and a
rational function of 1 / x.

Source: DLMF 6.2 and 6.6. Coefficients: minimax fits by tests/kernels/fit.py.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fma, scalar, select
from ngrad_kernels.vecmath.bessel_i0 import unscaled8
from ngrad_kernels.vecmath.doubled import (
    pair_add,
    pair_divide,
    pair_multiply,
    pair_plus,
    pair_times,
    stepped,
)
from ngrad_kernels.vecmath.exponential import exp_wide4
from ngrad_kernels.vecmath.power import log_pair8, log_wide4

ZERO, ONE = np.float64(0.0), np.float64(1.0)
INFINITY, NAN = np.float64(np.inf), np.float64(np.nan)
GAMMA, GAMMA_LOW = np.float64(0.5772156649015329), np.float64(-4.942915152430645e-18)
TOO_FAR, TOO_FAR4 = np.float64(760.0), np.float64(110.0)  # E1 of it is 0

# (E1(x) + log(x) + gamma) / x for x <= 1: 2^-59.85; for float32 2^-31.86
SERIES_0 = np.float64(1.0)
SERIES_1 = np.float64(-0.24999999999999972)
SERIES_2 = np.float64(0.05555555555554221)
SERIES_3 = np.float64(-0.01041666666641597)
SERIES_4 = np.float64(0.00166666666423289)
SERIES_5 = np.float64(-0.00023148146752738344)
SERIES_6 = np.float64(2.8344620402986056e-05)
SERIES_7 = np.float64(-3.1000763657677586e-06)
SERIES_8 = np.float64(3.0599599149343055e-07)
SERIES_9 = np.float64(-2.734687006008952e-08)
SERIES_10 = np.float64(2.1322731757180373e-09)
SERIES_11 = np.float64(-1.1421071469644908e-10)
SERIES4_0 = np.float64(0.9999999997431498)
SERIES4_1 = np.float64(-0.24999997446861746)
SERIES4_2 = np.float64(0.05555514083510525)
SERIES4_3 = np.float64(-0.010414132796293206)
SERIES4_4 = np.float64(0.001659246574947996)
SERIES4_5 = np.float64(-0.00022017125364518826)
SERIES4_6 = np.float64(1.9490919256156958e-05)

# x (x exp(x) E1(x) - 1) in 1 / x <= 1: 2^-62.63; for float32 2^-37.98
FAR_TOP_0 = np.float64(-0.9999999999999994)
FAR_TOP_1 = np.float64(-50.22357320187519)
FAR_TOP_2 = np.float64(-998.3970864279095)
FAR_TOP_3 = np.float64(-10207.860391255921)
FAR_TOP_4 = np.float64(-58501.81680128376)
FAR_TOP_5 = np.float64(-192635.51091612497)
FAR_TOP_6 = np.float64(-360621.99609102774)
FAR_TOP_7 = np.float64(-368356.0351783295)
FAR_TOP_8 = np.float64(-189513.65385993707)
FAR_TOP_9 = np.float64(-42242.22620650885)
FAR_TOP_10 = np.float64(-2885.3330278703393)
FAR_TOP_11 = np.float64(-1.40402612471257)
FAR_BOTTOM_0 = np.float64(1.0)
FAR_BOTTOM_1 = np.float64(52.223573201874636)
FAR_BOTTOM_2 = np.float64(1096.8442328318472)
FAR_BOTTOM_3 = np.float64(12112.20741767517)
FAR_BOTTOM_4 = np.float64(77278.53200008823)
FAR_BOTTOM_5 = np.float64(295296.762945119)
FAR_BOTTOM_6 = np.float64(679176.9877422245)
FAR_BOTTOM_7 = np.float64(922989.6885465449)
FAR_BOTTOM_8 = np.float64(709622.7823040615)
FAR_BOTTOM_9 = np.float64(285094.47972268757)
FAR_BOTTOM_10 = np.float64(51599.244037355005)
FAR_BOTTOM_11 = np.float64(2982.469908113583)
FAR4_TOP_0 = np.float64(-0.9999999966282718)
FAR4_TOP_1 = np.float64(-18.214455064052995)
FAR4_TOP_2 = np.float64(-106.34116239467218)
FAR4_TOP_3 = np.float64(-236.79200917726345)
FAR4_TOP_4 = np.float64(-188.59442513346605)
FAR4_TOP_5 = np.float64(-39.525749309838055)
FAR4_TOP_6 = np.float64(-0.10545724812809555)
FAR4_BOTTOM_0 = np.float64(1.0)
FAR4_BOTTOM_1 = np.float64(20.21445420236368)
FAR4_BOTTOM_2 = np.float64(140.77014891049524)
FAR4_BOTTOM_3 = np.float64(421.0418250447758)
FAR4_BOTTOM_4 = np.float64(551.3214040733689)
FAR4_BOTTOM_5 = np.float64(285.9467368695938)
FAR4_BOTTOM_6 = np.float64(42.7783881872126)


@scalar
def divided8(h, l, y, rest, w):  # noqa: E741
    """(h + l) y exp(w), where y lacks y rest of a reciprocal."""
    g = h * y
    return unscaled8(g, fma(g, rest, fma(h, y, -g) + l * y), w)


@scalar
def near_exp1_8(z):
    """(h, l): E1(z) for 0 < z <= 1."""
    p = fma(SERIES_11, z, SERIES_10)
    p = fma(p, z, SERIES_9)
    p = fma(p, z, SERIES_8)
    p = fma(p, z, SERIES_7)
    p = fma(p, z, SERIES_6)
    p = fma(p, z, SERIES_5)
    p = fma(p, z, SERIES_4)
    p = fma(p, z, SERIES_3)
    p = fma(p, z, SERIES_2)
    low = ZERO
    p, low = stepped(z, p, low, SERIES_1)
    p, low = stepped(z, p, low, SERIES_0)
    h, l = pair_times(p, low, z)  # noqa: E741
    lh, ll = log_pair8(z)
    lh, ll = pair_add(lh, ll, GAMMA, GAMMA_LOW)
    return pair_add(h, l, -lh, -ll)


@scalar
def sum_exp1_8(a):
    """E1(a) of a finite a > 0."""
    near = a <= ONE
    z = select(near, a, ONE)
    h, l = near_exp1_8(z)  # noqa: E741
    w = select(near, ONE, a)
    y = ONE / w
    rest = fma(-y, w, ONE)
    p = fma(FAR_TOP_11, y, FAR_TOP_10)
    p = fma(p, y, FAR_TOP_9)
    p = fma(p, y, FAR_TOP_8)
    p = fma(p, y, FAR_TOP_7)
    p = fma(p, y, FAR_TOP_6)
    pl = ZERO
    p, pl = stepped(y, p, pl, FAR_TOP_5)
    p, pl = stepped(y, p, pl, FAR_TOP_4)
    p, pl = stepped(y, p, pl, FAR_TOP_3)
    p, pl = stepped(y, p, pl, FAR_TOP_2)
    p, pl = stepped(y, p, pl, FAR_TOP_1)
    p, pl = stepped(y, p, pl, FAR_TOP_0)
    q = fma(FAR_BOTTOM_11, y, FAR_BOTTOM_10)
    q = fma(q, y, FAR_BOTTOM_9)
    q = fma(q, y, FAR_BOTTOM_8)
    q = fma(q, y, FAR_BOTTOM_7)
    q = fma(q, y, FAR_BOTTOM_6)
    ql = ZERO
    q, ql = stepped(y, q, ql, FAR_BOTTOM_5)
    q, ql = stepped(y, q, ql, FAR_BOTTOM_4)
    q, ql = stepped(y, q, ql, FAR_BOTTOM_3)
    q, ql = stepped(y, q, ql, FAR_BOTTOM_2)
    q, ql = stepped(y, q, ql, FAR_BOTTOM_1)
    q, ql = stepped(y, q, ql, FAR_BOTTOM_0)
    fh, fl = pair_divide(p, pl, q, ql)
    fh, fl = pair_multiply(fh, fl, y, rest * y)
    fh, fl = pair_plus(fh, fl, ONE)
    far = divided8(fh, fl, y, rest, -w)
    return select(near, h + l, far)


@scalar
def sum_exp1_4(a):
    """E1(a) in float64, to 31 bits."""
    near = a <= ONE
    z = select(near, a, ONE)
    p = fma(SERIES4_6, z, SERIES4_5)
    p = fma(p, z, SERIES4_4)
    p = fma(p, z, SERIES4_3)
    p = fma(p, z, SERIES4_2)
    p = fma(p, z, SERIES4_1)
    p = fma(p, z, SERIES4_0)
    value = fma(z, p, -(log_wide4(z) + GAMMA))
    w = select(near, ONE, a)
    y = ONE / w
    p = fma(FAR4_TOP_6, y, FAR4_TOP_5)
    p = fma(p, y, FAR4_TOP_4)
    p = fma(p, y, FAR4_TOP_3)
    p = fma(p, y, FAR4_TOP_2)
    p = fma(p, y, FAR4_TOP_1)
    p = fma(p, y, FAR4_TOP_0)
    q = fma(FAR4_BOTTOM_6, y, FAR4_BOTTOM_5)
    q = fma(q, y, FAR4_BOTTOM_4)
    q = fma(q, y, FAR4_BOTTOM_3)
    q = fma(q, y, FAR4_BOTTOM_2)
    q = fma(q, y, FAR4_BOTTOM_1)
    q = fma(q, y, FAR4_BOTTOM_0)
    return select(near, value, fma(y, p / q, ONE) * y * exp_wide4(-w))


@scalar
def exp1_f4(x):
    """In float64. Largest error 0.52 ulp."""
    wide = np.float64(x)
    a = select((wide > ZERO) & (wide < TOO_FAR4), wide, TOO_FAR4)
    value = select(wide > ZERO, sum_exp1_4(a), select(wide == ZERO, INFINITY, NAN))
    return np.float32(value)


@scalar
def exp1_f8(x):
    """Largest error 2 ulp."""
    a = select((x > ZERO) & (x < TOO_FAR), x, TOO_FAR)
    return select(x > ZERO, sum_exp1_8(a), select(x == ZERO, INFINITY, NAN))
