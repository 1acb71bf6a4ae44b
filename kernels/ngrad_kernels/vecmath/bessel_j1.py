"""Bessel's function of the first kind of order 1.

As of order 0, but that below 8 it is J1(x) / x that is a polynomial, and that Hankel's angle is x -
3 pi/4.

Source: M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 9.1 and 9.2. Coefficients:
minimax fits by tests/kernels/fit.py.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fabs, fma, scalar, select
from ngrad_kernels.vecmath.bessel_j0 import BORDER, INFINITY, hankel4, hankel8, squared8
from ngrad_kernels.vecmath.doubled import stepped

ZERO = np.float64(0.0)
MIDDLE = np.float64(32.0)

# (J1(x) / x - HIGH - LOW) / u in u = x^2 - 32, |u| <= 32: 2^-59.50; its derivative by
# u, 2^-16.09; J1(x) / x for float32, 2^-41.44
NEAR_HIGH, NEAR_LOW = np.float64(-0.05814382795599107), np.float64(3.0581454323574104e-18)
NEAR_0 = np.float64(0.002533083137059311)
NEAR_1 = np.float64(0.00014796547991998666)
NEAR_2 = np.float64(-7.922206582212231e-06)
NEAR_3 = np.float64(1.5123726303789056e-07)
NEAR_4 = np.float64(-1.6315525237573743e-09)
NEAR_5 = np.float64(1.1601312451304511e-11)
NEAR_6 = np.float64(-5.905282144039493e-14)
NEAR_7 = np.float64(2.2691399988801424e-16)
NEAR_8 = np.float64(-6.834212800912665e-19)
NEAR_9 = np.float64(1.6595192388634224e-21)
NEAR_10 = np.float64(-3.321535038908923e-24)
NEAR_11 = np.float64(5.578216690125293e-27)
NEAR_12 = np.float64(-7.974270501224925e-30)
NEAR_13 = np.float64(9.846376408804271e-33)
NEAR_14 = np.float64(-1.218202994618393e-35)
NEAR_15 = np.float64(7.155697812819259e-39)
NEAR_16 = np.float64(3.681183756586802e-40)
SLOPE_0 = np.float64(0.002518855696)
SLOPE_1 = np.float64(0.000296304024)
SLOPE_2 = np.float64(-2.3517105e-05)
SLOPE_3 = np.float64(6.02647e-07)
SLOPE_4 = np.float64(-8.804e-09)
SLOPE_5 = np.float64(7.3e-11)
NEAR4_0 = np.float64(-0.05814382795602371)
NEAR4_1 = np.float64(0.0025330831370803143)
NEAR4_2 = np.float64(0.00014796547992249244)
NEAR4_3 = np.float64(-7.922206582837989e-06)
NEAR4_4 = np.float64(1.5123726300752747e-07)
NEAR4_5 = np.float64(-1.6315525185143756e-09)
NEAR4_6 = np.float64(1.1601312582562104e-11)
NEAR4_7 = np.float64(-5.905284003130161e-14)
NEAR4_8 = np.float64(2.2691375096849517e-16)
NEAR4_9 = np.float64(-6.833895620547826e-19)
NEAR4_10 = np.float64(1.6597249898025606e-21)
NEAR4_11 = np.float64(-3.347287631763571e-24)
NEAR4_12 = np.float64(5.527887243614191e-27)

# (P - 1) / w and Q x / 8 in w = 64 / x^2, w <= 1: 2^-60.40 and 2^-60.10; for float32 2^-33.20
# and 2^-34.30
P_0 = np.float64(0.0018310546874998276)
P_1 = np.float64(-3.520399330577426e-05)
P_2 = np.float64(2.5809954567757094e-06)
P_3 = np.float64(-4.10306550244717e-07)
P_4 = np.float64(1.1318543659938493e-07)
P_5 = np.float64(-4.768371441555485e-08)
P_6 = np.float64(2.744752127313791e-08)
P_7 = np.float64(-1.8677889619408488e-08)
P_8 = np.float64(1.2658423504871539e-08)
P_9 = np.float64(-7.301101112839965e-09)
P_10 = np.float64(3.1273581837005228e-09)
P_11 = np.float64(-8.516012171325402e-10)
P_12 = np.float64(1.086062520350524e-10)
Q_0 = np.float64(0.046875)
Q_1 = np.float64(-0.00020027160644511585)
Q_2 = np.float64(8.470960875905893e-06)
Q_3 = np.float64(-9.50589499923359e-07)
Q_4 = np.float64(2.030118109156923e-07)
Q_5 = np.float64(-7.022509008106037e-08)
Q_6 = np.float64(3.5431335446853944e-08)
Q_7 = np.float64(-2.3426485907497355e-08)
Q_8 = np.float64(1.7543128574692566e-08)
Q_9 = np.float64(-1.2621668460940775e-08)
Q_10 = np.float64(7.546636414142166e-09)
Q_11 = np.float64(-3.3048356600266497e-09)
Q_12 = np.float64(9.12853703283956e-10)
Q_13 = np.float64(-1.1755119386556206e-10)
P4_0 = np.float64(0.0018310512910884563)
P4_1 = np.float64(-3.516880833251114e-05)
P4_2 = np.float64(2.4641421035461916e-06)
P4_3 = np.float64(-2.433303393755548e-07)
Q4_0 = np.float64(0.04687499995287052)
Q4_1 = np.float64(-0.00020026908732820547)
Q4_2 = np.float64(8.449199117463034e-06)
Q4_3 = np.float64(-8.822897580747273e-07)
Q4_4 = np.float64(1.0578729239751609e-07)


@scalar
def _near_f4(u):
    """J1(x) / x, for u = x^2 - 32, |u| <= 32."""
    p = fma(NEAR4_12, u, NEAR4_11)
    p = fma(p, u, NEAR4_10)
    p = fma(p, u, NEAR4_9)
    p = fma(p, u, NEAR4_8)
    p = fma(p, u, NEAR4_7)
    p = fma(p, u, NEAR4_6)
    p = fma(p, u, NEAR4_5)
    p = fma(p, u, NEAR4_4)
    p = fma(p, u, NEAR4_3)
    p = fma(p, u, NEAR4_2)
    p = fma(p, u, NEAR4_1)
    return fma(p, u, NEAR4_0)


@scalar
def _near_f8(u, low):
    """J1(x) / x, as a pair, for u + low = x^2 - 32, |u| <= 32."""
    p = fma(NEAR_16, u, NEAR_15)
    p = fma(p, u, NEAR_14)
    p = fma(p, u, NEAR_13)
    p = fma(p, u, NEAR_12)
    p = fma(p, u, NEAR_11)
    p = fma(p, u, NEAR_10)
    p = fma(p, u, NEAR_9)
    p = fma(p, u, NEAR_8)
    p = fma(p, u, NEAR_7)
    p = fma(p, u, NEAR_6)
    p = fma(p, u, NEAR_5)
    p = fma(p, u, NEAR_4)
    rest = ZERO
    p, rest = stepped(u, p, rest, NEAR_3)
    p, rest = stepped(u, p, rest, NEAR_2)
    p, rest = stepped(u, p, rest, NEAR_1)
    p, rest = stepped(u, p, rest, NEAR_0)
    p, rest = stepped(u, p, rest, NEAR_HIGH)
    slope = fma(SLOPE_5, u, SLOPE_4)
    slope = fma(slope, u, SLOPE_3)
    slope = fma(slope, u, SLOPE_2)
    slope = fma(slope, u, SLOPE_1)
    slope = fma(slope, u, SLOPE_0)
    return p, fma(slope, low, rest + NEAR_LOW)


@scalar
def _amplitudes1_f4(t):
    """(P - 1, Q) of order 1 for t = 8 / x <= 1."""
    w = t * t
    p = fma(P4_3, w, P4_2)
    p = fma(p, w, P4_1)
    p = fma(p, w, P4_0)
    q = fma(Q4_4, w, Q4_3)
    q = fma(q, w, Q4_2)
    q = fma(q, w, Q4_1)
    q = fma(q, w, Q4_0)
    return p * w, q * t


@scalar
def _amplitudes1_f8(t):
    """(P - 1, Q) of order 1 for t = 8 / x <= 1."""
    w = t * t
    p = fma(P_12, w, P_11)
    p = fma(p, w, P_10)
    p = fma(p, w, P_9)
    p = fma(p, w, P_8)
    p = fma(p, w, P_7)
    p = fma(p, w, P_6)
    p = fma(p, w, P_5)
    p = fma(p, w, P_4)
    p = fma(p, w, P_3)
    p = fma(p, w, P_2)
    p = fma(p, w, P_1)
    p = fma(p, w, P_0)
    q = fma(Q_13, w, Q_12)
    q = fma(q, w, Q_11)
    q = fma(q, w, Q_10)
    q = fma(q, w, Q_9)
    q = fma(q, w, Q_8)
    q = fma(q, w, Q_7)
    q = fma(q, w, Q_6)
    q = fma(q, w, Q_5)
    q = fma(q, w, Q_4)
    q = fma(q, w, Q_3)
    q = fma(q, w, Q_2)
    q = fma(q, w, Q_1)
    q = fma(q, w, Q_0)
    return p * w, q * t


@scalar
def bessel_j1_f4(x):
    """In float64. Largest error half an ulp of the larger of |result| and 1 / sqrt(x)."""
    a = fabs(np.float64(x))
    near = a < BORDER
    value = a * _near_f4(select(near, fma(a, a, -MIDDLE), ZERO))
    b = select(near | (a == INFINITY), BORDER, a)
    p, q = _amplitudes1_f4(BORDER / b)
    plus, less, m = hankel4(b)
    far = m * (less + fma(p, less, q * plus))
    value = np.float32(select(near, value, select(a < INFINITY, far, ZERO)))
    return select(x == x, select(x < np.float32(0.0), -value, select(a == ZERO, x, value)), x)


@scalar
def bessel_j1_f8(x):
    """Largest error 2^-52 times 1.3 max(|result|, 1 / sqrt(|x|)), for small x 1.1 ulp."""
    a = fabs(x)
    near = a < BORDER
    u, low = squared8(select(near, a, ZERO))
    h, low = _near_f8(u, low)
    b = select(near | (a == INFINITY), BORDER, a)
    p, q = _amplitudes1_f8(BORDER / b)
    plus, _, less, ll, m = hankel8(b)
    far = m * (less + (ll + fma(p, less, q * plus)))
    value = select(near, fma(h, a, low * a), select(a < INFINITY, far, ZERO))
    return select(x == x, select(x < ZERO, -value, select(a == ZERO, x, value)), x)
