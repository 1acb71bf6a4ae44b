"""The modified Bessel function of the first kind of order 1, also times exp(-|x|).

As of order 0, but that in the first interval it is exp(-a) I(a) / a that is a polynomial.

Source: M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 9.6 and 9.7. Coefficients:
minimax fits by tests/kernels/fit.py.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import copysign, fabs, fma, scalar, select, sqrt
from ngrad_kernels.vecmath.bessel_i0 import MOST, MOST4, joined8, place4, place8, unscaled8
from ngrad_kernels.vecmath.doubled import stepped, two_product
from ngrad_kernels.vecmath.exponential import exp_wide4

ZERO = np.float64(0.0)
ONE = np.float64(1.0)
INFINITY = np.float64(np.inf)
RISE, SET = np.float64(1.1), np.float64(0.45)

# (exp(-a) I(a) / a - HIGH - LOW) / (a - 4), a <= 7.5: 2^-59.12
NEAR_HIGH, NEAR_LOW = np.float64(0.044687709875608835), np.float64(-2.7554148323142987e-18)
NEAR_0 = np.float64(-0.015281084507416573)
NEAR_1 = np.float64(0.004253599994344476)
NEAR_2 = np.float64(-0.0010700407219660284)
NEAR_3 = np.float64(0.00024909142075549344)
NEAR_4 = np.float64(-5.3984413307652334e-05)
NEAR_5 = np.float64(1.0906878081365526e-05)
NEAR_6 = np.float64(-2.055136445327641e-06)
NEAR_7 = np.float64(3.6141993648617017e-07)
NEAR_8 = np.float64(-5.939983082936086e-08)
NEAR_9 = np.float64(9.1399785531045e-09)
NEAR_10 = np.float64(-1.3195437878202344e-09)
NEAR_11 = np.float64(1.7915740146677031e-10)
NEAR_12 = np.float64(-2.2931021928519634e-11)
NEAR_13 = np.float64(2.773524481726529e-12)
NEAR_14 = np.float64(-3.1774415478145113e-13)
NEAR_15 = np.float64(3.45570542532473e-14)
NEAR_16 = np.float64(-3.575432129661369e-15)
NEAR_17 = np.float64(3.5264008242749316e-16)
NEAR_18 = np.float64(-3.3227954277543204e-17)
NEAR_19 = np.float64(2.9966813153950182e-18)
NEAR_20 = np.float64(-2.5828552244097645e-19)
NEAR_21 = np.float64(2.1296171737514253e-20)
NEAR_22 = np.float64(-1.7301317768680422e-21)
NEAR_23 = np.float64(1.3914192878599361e-22)
NEAR_24 = np.float64(-9.1061120246002e-24)
NEAR_25 = np.float64(4.349653256702815e-25)
NEAR_26 = np.float64(-5.75205078927889e-26)
NEAR_27 = np.float64(8.135950555574477e-27)
NEAR_28 = np.float64(-1.7787606156602762e-28)
NEAR_29 = np.float64(-2.719933642541412e-29)

# (sqrt(a) exp(-a) I(a) - HIGH - LOW) / v in v = 15 / a - 1, a >= 7.5: 2^-60.02
FAR_HIGH, FAR_LOW = np.float64(0.38874750833923855), np.float64(6.941305742634158e-18)
FAR_0 = np.float64(-0.01043094544246496)
FAR_1 = np.float64(-0.0002529205672951044)
FAR_2 = np.float64(-1.886461604471421e-05)
FAR_3 = np.float64(-2.534948066241943e-06)
FAR_4 = np.float64(-5.424249351244612e-07)
FAR_5 = np.float64(-1.8149173451854678e-07)
FAR_6 = np.float64(-8.893348525582252e-08)
FAR_7 = np.float64(-4.4174692752629145e-08)
FAR_8 = np.float64(-4.639168093536004e-10)
FAR_9 = np.float64(3.4379893122337316e-08)
FAR_10 = np.float64(3.156971921263441e-08)
FAR_11 = np.float64(-7.21859113331916e-09)
FAR_12 = np.float64(-2.9590916913803644e-08)
FAR_13 = np.float64(-2.990645444025972e-09)
FAR_14 = np.float64(2.4117805048326292e-08)
FAR_15 = np.float64(4.3772532177548195e-09)
FAR_16 = np.float64(-1.9292352380893506e-08)
FAR_17 = np.float64(-2.7828705334652594e-09)
FAR_18 = np.float64(1.398851038319409e-08)
FAR_19 = np.float64(9.659505185687726e-10)
FAR_20 = np.float64(-8.208184666121714e-09)
FAR_21 = np.float64(-2.7496906168299885e-13)
FAR_22 = np.float64(3.4859637315650655e-09)
FAR_23 = np.float64(-1.79276654092442e-10)
FAR_24 = np.float64(-9.297334638314044e-10)
FAR_25 = np.float64(8.082007340790181e-11)
FAR_26 = np.float64(1.1553402284292458e-10)
FAR_27 = np.float64(-1.2777344663073592e-11)

# the same for float32, all of it: in a - 2.5, a <= 5, 2^-37.16; in 10 / a - 1, a >= 5, 2^-33.47
NEAR4_0 = np.float64(0.08263385981276848)
NEAR4_1 = np.float64(-0.04072237101431379)
NEAR4_2 = np.float64(0.01557547773199016)
NEAR4_3 = np.float64(-0.005116449643350151)
NEAR4_4 = np.float64(0.001482171521513252)
NEAR4_5 = np.float64(-0.0003833499061107984)
NEAR4_6 = np.float64(8.929474041413661e-05)
NEAR4_7 = np.float64(-1.887098449315991e-05)
NEAR4_8 = np.float64(3.642420097114598e-06)
NEAR4_9 = np.float64(-6.459422170716215e-07)
NEAR4_10 = np.float64(1.058089419093664e-07)
NEAR4_11 = np.float64(-1.6113215384985755e-08)
NEAR4_12 = np.float64(2.296736649812813e-09)
NEAR4_13 = np.float64(-3.0256952899843596e-10)
NEAR4_14 = np.float64(3.605675690470907e-11)
NEAR4_15 = np.float64(-4.501546858406769e-12)
NEAR4_16 = np.float64(6.610830084560373e-13)
NEAR4_17 = np.float64(-5.998945815720502e-14)
FAR4_0 = np.float64(0.3834662683244865)
FAR4_1 = np.float64(-0.016049245673586884)
FAR4_2 = np.float64(-0.0006433569757923503)
FAR4_3 = np.float64(-8.766080813197265e-05)
FAR4_4 = np.float64(-2.5402959112982552e-05)
FAR4_5 = np.float64(-1.1523423538887406e-05)
FAR4_6 = np.float64(-2.538101612450986e-06)
FAR4_7 = np.float64(4.657053007792385e-06)
FAR4_8 = np.float64(4.282287500162582e-06)
FAR4_9 = np.float64(-8.840376229389546e-07)
FAR4_10 = np.float64(-1.9494572672199154e-06)
FAR4_11 = np.float64(8.433558435625647e-08)
FAR4_12 = np.float64(4.0475642359012947e-07)


@scalar
def _scaled_f4(a):
    """exp(-a) I1(a) for finite a >= 0, in float64."""
    near, t, r = place4(a)
    p = select(near, NEAR4_17, ZERO)
    p = fma(p, t, select(near, NEAR4_16, ZERO))
    p = fma(p, t, select(near, NEAR4_15, ZERO))
    p = fma(p, t, select(near, NEAR4_14, ZERO))
    p = fma(p, t, select(near, NEAR4_13, ZERO))
    p = fma(p, t, select(near, NEAR4_12, FAR4_12))
    p = fma(p, t, select(near, NEAR4_11, FAR4_11))
    p = fma(p, t, select(near, NEAR4_10, FAR4_10))
    p = fma(p, t, select(near, NEAR4_9, FAR4_9))
    p = fma(p, t, select(near, NEAR4_8, FAR4_8))
    p = fma(p, t, select(near, NEAR4_7, FAR4_7))
    p = fma(p, t, select(near, NEAR4_6, FAR4_6))
    p = fma(p, t, select(near, NEAR4_5, FAR4_5))
    p = fma(p, t, select(near, NEAR4_4, FAR4_4))
    p = fma(p, t, select(near, NEAR4_3, FAR4_3))
    p = fma(p, t, select(near, NEAR4_2, FAR4_2))
    p = fma(p, t, select(near, NEAR4_1, FAR4_1))
    p = fma(p, t, select(near, NEAR4_0, FAR4_0))
    return p * select(near, a, sqrt(r))


@scalar
def _scaled_f8(a):
    """exp(-a) I1(a) for finite a >= 0, a sum of two floats."""
    near, t, t_low, r = place8(a)
    p = select(near, NEAR_29, ZERO)
    p = fma(p, t, select(near, NEAR_28, ZERO))
    p = fma(p, t, select(near, NEAR_27, FAR_27))
    p = fma(p, t, select(near, NEAR_26, FAR_26))
    p = fma(p, t, select(near, NEAR_25, FAR_25))
    p = fma(p, t, select(near, NEAR_24, FAR_24))
    p = fma(p, t, select(near, NEAR_23, FAR_23))
    p = fma(p, t, select(near, NEAR_22, FAR_22))
    p = fma(p, t, select(near, NEAR_21, FAR_21))
    p = fma(p, t, select(near, NEAR_20, FAR_20))
    p = fma(p, t, select(near, NEAR_19, FAR_19))
    p = fma(p, t, select(near, NEAR_18, FAR_18))
    p = fma(p, t, select(near, NEAR_17, FAR_17))
    p = fma(p, t, select(near, NEAR_16, FAR_16))
    p = fma(p, t, select(near, NEAR_15, FAR_15))
    p = fma(p, t, select(near, NEAR_14, FAR_14))
    p = fma(p, t, select(near, NEAR_13, FAR_13))
    p = fma(p, t, select(near, NEAR_12, FAR_12))
    p = fma(p, t, select(near, NEAR_11, FAR_11))
    p = fma(p, t, select(near, NEAR_10, FAR_10))
    p = fma(p, t, select(near, NEAR_9, FAR_9))
    p = fma(p, t, select(near, NEAR_8, FAR_8))
    p = fma(p, t, select(near, NEAR_7, FAR_7))
    p = fma(p, t, select(near, NEAR_6, FAR_6))
    p = fma(p, t, select(near, NEAR_5, FAR_5))
    low = ZERO
    p, low = stepped(t, p, low, select(near, NEAR_4, FAR_4))
    p, low = stepped(t, p, low, select(near, NEAR_3, FAR_3))
    p, low = stepped(t, p, low, select(near, NEAR_2, FAR_2))
    p, low = stepped(t, p, low, select(near, NEAR_1, FAR_1))
    p, low = stepped(t, p, low, select(near, NEAR_0, FAR_0))
    h, low = stepped(t, p, low, select(near, NEAR_HIGH, FAR_HIGH))
    low = low + select(near, NEAR_LOW, FAR_LOW)
    low = fma(t_low, -h * fma(RISE, h, SET), low)  # about the slope where this counts, for a < 2
    h, low = joined8(near, r, a, h, low)
    factor = select(near, a, ONE)
    h, e = two_product(h, factor)
    return h, fma(low, factor, e)


@scalar
def bessel_i1_f4(x):
    """In float64. Largest error 0.51 ulp."""
    a = fabs(np.float64(x))
    a = select(a < MOST4, a, MOST4)
    value = np.float32(_scaled_f4(a) * exp_wide4(a))
    return select(x == x, copysign(value, x), x)


@scalar
def bessel_i1e_f4(x):
    """In float64. Largest error 0.51 ulp."""
    a = fabs(np.float64(x))
    value = np.float32(_scaled_f4(select(a < INFINITY, a, ONE)))
    value = select(a < INFINITY, value, np.float32(0.0))
    return select(x == x, copysign(value, x), x)


@scalar
def bessel_i1_f8(x):
    """Largest error 1.35 ulp."""
    a = fabs(x)
    a = select(a < MOST, a, MOST)
    h, low = _scaled_f8(a)
    return select(x == x, copysign(unscaled8(h, low, a), x), x)


@scalar
def bessel_i1e_f8(x):
    """Largest error 1.0 ulp."""
    a = fabs(x)
    h, low = _scaled_f8(select(a < INFINITY, a, ONE))
    value = select(a < INFINITY, h + low, ZERO)
    return select(x == x, copysign(value, x), x)
