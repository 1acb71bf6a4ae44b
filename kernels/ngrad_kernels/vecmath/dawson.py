"""Dawson's integral, exp(-x^2) times the integral of exp(t^2) from 0 to x, and the imaginary error
function, 2 / sqrt(pi) times that integral alone.

Up to 3, in float32 up to 5, D(x) / x is a rational function of x^2; beyond, 2 x D(x) is
1 + v / 2 + v^2 R(v), v = 1 / x^2. The exponential of erfi has x^2 as a pair.

Source: DLMF 7.2.5 and 7.12.6. Coefficients: minimax fits by tests/kernels/fit.py.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import copysign, fabs, fma, scalar, select
from ngrad_kernels.vecmath.doubled import (
    fast_two_sum,
    pair_divide,
    pair_multiply,
    stepped,
    two_product,
)
from ngrad_kernels.vecmath.exponential import exp_wide4, halves8
from ngrad_kernels.vecmath.zeta import exp_pair8

ZERO, HALF, ONE, THREE, FIVE = (np.float64(k) for k in (0, 0.5, 1, 3, 5))
SMALL, HUGE = np.float64(1e-3), np.float64(1e300)
CENTER = np.float64(0.02)
FAR, FAR4 = np.float64(27.0), np.float64(12.0)  # exp(x^2) is infinite
SCALE, SCALE_LOW = np.float64(1.1283791670955126), np.float64(1.533545961316588e-17)
# 2 / sqrt(pi)

# D(x) / x in x^2, up to 3: 2^-64.24; for float32, up to 3 and to 5, 2^-32.62 and 2^-33.96
NEAR_TOP_0 = np.float64(1.0)
NEAR_TOP_1 = np.float64(-0.12672528067533148)
NEAR_TOP_2 = np.float64(0.04618393491740796)
NEAR_TOP_3 = np.float64(-0.0023838293713601385)
NEAR_TOP_4 = np.float64(0.0004111339168283539)
NEAR_TOP_5 = np.float64(-9.428027781385599e-06)
NEAR_TOP_6 = np.float64(1.0760412746774664e-06)
NEAR_TOP_7 = np.float64(-8.760251541883974e-09)
NEAR_TOP_8 = np.float64(7.745409170923465e-10)
NEAR_TOP_9 = np.float64(-1.9533060677869314e-12)
NEAR_TOP_10 = np.float64(3.7534991941236914e-14)
NEAR_BOTTOM_0 = np.float64(1.0)
NEAR_BOTTOM_1 = np.float64(0.5399413859913351)
NEAR_BOTTOM_2 = np.float64(0.13947819224496485)
NEAR_BOTTOM_3 = np.float64(0.022807738718069)
NEAR_BOTTOM_4 = np.float64(0.0026292828459629795)
NEAR_BOTTOM_5 = np.float64(0.00022481177207057788)
NEAR_BOTTOM_6 = np.float64(1.4562158627994607e-05)
NEAR_BOTTOM_7 = np.float64(7.134097846747141e-07)
NEAR_BOTTOM_8 = np.float64(2.5677473789519176e-08)
NEAR_BOTTOM_9 = np.float64(6.266126882272408e-10)
NEAR_BOTTOM_10 = np.float64(8.171412778880404e-12)
NEAR4_TOP_0 = np.float64(0.9999999998867237)
NEAR4_TOP_1 = np.float64(-0.10369576230529264)
NEAR4_TOP_2 = np.float64(0.03948274972678972)
NEAR4_TOP_3 = np.float64(-0.0010462076987128245)
NEAR4_TOP_4 = np.float64(0.0002167885319922488)
NEAR4_TOP_5 = np.float64(-2.7969869204873295e-07)
NEAR4_TOP_6 = np.float64(5.349851552627268e-08)
NEAR4_BOTTOM_0 = np.float64(1.0)
NEAR4_BOTTOM_1 = np.float64(0.5629708970783335)
NEAR4_BOTTOM_2 = np.float64(0.1481300818036972)
NEAR4_BOTTOM_3 = np.float64(0.02377183973347616)
NEAR4_BOTTOM_4 = np.float64(0.002525598533829239)
NEAR4_BOTTOM_5 = np.float64(0.00017646511421411044)
NEAR4_BOTTOM_6 = np.float64(7.259154886682385e-06)
MIDDLE4_TOP_0 = np.float64(-0.865265158920554)
MIDDLE4_TOP_1 = np.float64(0.3379674533348273)
MIDDLE4_TOP_2 = np.float64(-0.0697755234666954)
MIDDLE4_TOP_3 = np.float64(0.006367550781594015)
MIDDLE4_TOP_4 = np.float64(-0.000315032383758547)
MIDDLE4_TOP_5 = np.float64(-5.278029235377426e-10)
MIDDLE4_BOTTOM_0 = np.float64(1.0)
MIDDLE4_BOTTOM_1 = np.float64(-2.074379552777013)
MIDDLE4_BOTTOM_2 = np.float64(0.7457938844403681)
MIDDLE4_BOTTOM_3 = np.float64(-0.14589703656394387)
MIDDLE4_BOTTOM_4 = np.float64(0.01305905602006599)
MIDDLE4_BOTTOM_5 = np.float64(-0.0006302130426568648)

# (2 x D(x) - 1 - v / 2) / v^2 in v = 1 / x^2, up to x = 5 and, about CENTER, beyond:
# 2^-56.84 and 2^-63.18; for float32, beyond 5, 2^-42.99
MIDDLE_TOP_0 = np.float64(0.7503979904443989)
MIDDLE_TOP_1 = np.float64(-26.91013964657869)
MIDDLE_TOP_2 = np.float64(710.9984883049069)
MIDDLE_TOP_3 = np.float64(-9834.675376337676)
MIDDLE_TOP_4 = np.float64(124012.55700470711)
MIDDLE_TOP_5 = np.float64(-1089557.8677308674)
MIDDLE_TOP_6 = np.float64(13072737.32283761)
MIDDLE_TOP_7 = np.float64(-107099078.04362822)
MIDDLE_TOP_8 = np.float64(695581364.2441835)
MIDDLE_TOP_9 = np.float64(-1068311951.3370649)
MIDDLE_BOTTOM_0 = np.float64(1.0)
MIDDLE_BOTTOM_1 = np.float64(-38.25631728492395)
MIDDLE_BOTTOM_2 = np.float64(1021.9593055555906)
MIDDLE_BOTTOM_3 = np.float64(-14581.387900862675)
MIDDLE_BOTTOM_4 = np.float64(162960.20803465552)
MIDDLE_BOTTOM_5 = np.float64(-947242.9579137189)
MIDDLE_BOTTOM_6 = np.float64(4572091.463126244)
MIDDLE_BOTTOM_7 = np.float64(4064439.7039822745)
MIDDLE_BOTTOM_8 = np.float64(-25514464.480092112)
MIDDLE_BOTTOM_9 = np.float64(375267622.2565251)
FAR_0 = np.float64(0.7903912296497182)
FAR_1 = np.float64(2.179170418080506)
FAR_2 = np.float64(8.833757910838704)
FAR_3 = np.float64(48.56076599592631)
FAR_4 = np.float64(345.9532742264754)
FAR_5 = np.float64(3109.4330613477537)
FAR_6 = np.float64(34739.56891825084)
FAR_7 = np.float64(480268.47335181065)
FAR_8 = np.float64(8307328.733609267)
FAR_9 = np.float64(183571093.96708757)
FAR_10 = np.float64(4977164805.505264)
FAR_11 = np.float64(174071003684.38855)
FAR_12 = np.float64(7264026280330.323)
FAR_13 = np.float64(-9581778018977.908)
FAR_14 = np.float64(-2.5011330950732356e16)
FAR_15 = np.float64(-7.12623226280669e17)
FAR_16 = np.float64(3.160802300117528e19)
FAR_17 = np.float64(1.0662579894158357e21)
FAR_18 = np.float64(-2.8420499861689743e22)
FAR_19 = np.float64(-5.784352091013162e23)
FAR_20 = np.float64(1.4523177770127423e25)
FAR4_TOP_0 = np.float64(0.7500000178627251)
FAR4_TOP_1 = np.float64(-15.027635407320627)
FAR4_TOP_2 = np.float64(65.72765505925786)
FAR4_TOP_3 = np.float64(-19.588653461055863)
FAR4_BOTTOM_0 = np.float64(1.0)
FAR4_BOTTOM_1 = np.float64(-22.536837820834513)
FAR4_BOTTOM_2 = np.float64(135.22760308268172)
FAR4_BOTTOM_3 = np.float64(-206.27008650021094)


@scalar
def parts8(a):
    """(h, l, t): D(a) = t (h + l) for a >= 0."""
    far = a > THREE
    b = select(far, ONE, a)
    u, ul = two_product(b, b)
    p = fma(NEAR_TOP_10, u, NEAR_TOP_9)
    p = fma(p, u, NEAR_TOP_8)
    p = fma(p, u, NEAR_TOP_7)
    p = fma(p, u, NEAR_TOP_6)
    p = fma(p, u, NEAR_TOP_5)
    p = fma(p, u, NEAR_TOP_4)
    pl = ZERO
    p, pl = stepped(u, p, pl, NEAR_TOP_3)
    p, pl = stepped(u, p, pl, NEAR_TOP_2)
    p, pl = stepped(u, p, pl, NEAR_TOP_1)
    p, pl = stepped(u, p, pl, NEAR_TOP_0)
    q = fma(NEAR_BOTTOM_10, u, NEAR_BOTTOM_9)
    q = fma(q, u, NEAR_BOTTOM_8)
    q = fma(q, u, NEAR_BOTTOM_7)
    q = fma(q, u, NEAR_BOTTOM_6)
    q = fma(q, u, NEAR_BOTTOM_5)
    q = fma(q, u, NEAR_BOTTOM_4)
    ql = ZERO
    q, ql = stepped(u, q, ql, NEAR_BOTTOM_3)
    q, ql = stepped(u, q, ql, NEAR_BOTTOM_2)
    q, ql = stepped(u, q, ql, NEAR_BOTTOM_1)
    q, ql = stepped(u, q, ql, NEAR_BOTTOM_0)
    h, l = pair_divide(p, pl, q, ql)  # noqa: E741
    # x^2 was rounded: the slope in it of h is (1 - (2 x^2 + 1) h) / 2 x^2
    slope = select(b > SMALL, (ONE - fma(u + u, h, h)) / (u + u), ZERO)
    l = fma(ul, slope, l)  # noqa: E741
    w = select(far, select(a < HUGE, a, HUGE), FIVE)
    r = ONE / w
    v = r * r
    middle = w < FIVE
    p = fma(MIDDLE_TOP_9, v, MIDDLE_TOP_8)
    p = fma(p, v, MIDDLE_TOP_7)
    p = fma(p, v, MIDDLE_TOP_6)
    p = fma(p, v, MIDDLE_TOP_5)
    p = fma(p, v, MIDDLE_TOP_4)
    p = fma(p, v, MIDDLE_TOP_3)
    p = fma(p, v, MIDDLE_TOP_2)
    p = fma(p, v, MIDDLE_TOP_1)
    p = fma(p, v, MIDDLE_TOP_0)
    q = fma(MIDDLE_BOTTOM_9, v, MIDDLE_BOTTOM_8)
    q = fma(q, v, MIDDLE_BOTTOM_7)
    q = fma(q, v, MIDDLE_BOTTOM_6)
    q = fma(q, v, MIDDLE_BOTTOM_5)
    q = fma(q, v, MIDDLE_BOTTOM_4)
    q = fma(q, v, MIDDLE_BOTTOM_3)
    q = fma(q, v, MIDDLE_BOTTOM_2)
    q = fma(q, v, MIDDLE_BOTTOM_1)
    q = fma(q, v, MIDDLE_BOTTOM_0)
    t = v - CENTER
    s = fma(FAR_20, t, FAR_19)
    s = fma(s, t, FAR_18)
    s = fma(s, t, FAR_17)
    s = fma(s, t, FAR_16)
    s = fma(s, t, FAR_15)
    s = fma(s, t, FAR_14)
    s = fma(s, t, FAR_13)
    s = fma(s, t, FAR_12)
    s = fma(s, t, FAR_11)
    s = fma(s, t, FAR_10)
    s = fma(s, t, FAR_9)
    s = fma(s, t, FAR_8)
    s = fma(s, t, FAR_7)
    s = fma(s, t, FAR_6)
    s = fma(s, t, FAR_5)
    s = fma(s, t, FAR_4)
    s = fma(s, t, FAR_3)
    s = fma(s, t, FAR_2)
    s = fma(s, t, FAR_1)
    s = fma(s, t, FAR_0)
    fh, fl = fast_two_sum(ONE, HALF * v)
    fl = fma(v * v, select(middle, p / q, s), fma(fh, fma(-r, w, ONE), fl))
    return select(far, fh, h), select(far, fl, l), select(far, HALF / a, b)


@scalar
def parts4(a):
    """D(a) in float64, to 32 bits, for a >= 0."""
    near = a < THREE
    far = a > FIVE
    b = select(far, ONE, a)
    u = b * b
    p = fma(NEAR4_TOP_6, u, NEAR4_TOP_5)
    p = fma(p, u, NEAR4_TOP_4)
    p = fma(p, u, NEAR4_TOP_3)
    p = fma(p, u, NEAR4_TOP_2)
    p = fma(p, u, NEAR4_TOP_1)
    p = fma(p, u, NEAR4_TOP_0)
    q = fma(NEAR4_BOTTOM_6, u, NEAR4_BOTTOM_5)
    q = fma(q, u, NEAR4_BOTTOM_4)
    q = fma(q, u, NEAR4_BOTTOM_3)
    q = fma(q, u, NEAR4_BOTTOM_2)
    q = fma(q, u, NEAR4_BOTTOM_1)
    q = fma(q, u, NEAR4_BOTTOM_0)
    value = p / q
    p = fma(MIDDLE4_TOP_5, u, MIDDLE4_TOP_4)
    p = fma(p, u, MIDDLE4_TOP_3)
    p = fma(p, u, MIDDLE4_TOP_2)
    p = fma(p, u, MIDDLE4_TOP_1)
    p = fma(p, u, MIDDLE4_TOP_0)
    q = fma(MIDDLE4_BOTTOM_5, u, MIDDLE4_BOTTOM_4)
    q = fma(q, u, MIDDLE4_BOTTOM_3)
    q = fma(q, u, MIDDLE4_BOTTOM_2)
    q = fma(q, u, MIDDLE4_BOTTOM_1)
    q = fma(q, u, MIDDLE4_BOTTOM_0)
    value = b * select(near, value, p / q)
    r = ONE / select(far, a, ONE)
    v = r * r
    p = fma(FAR4_TOP_3, v, FAR4_TOP_2)
    p = fma(p, v, FAR4_TOP_1)
    p = fma(p, v, FAR4_TOP_0)
    q = fma(FAR4_BOTTOM_3, v, FAR4_BOTTOM_2)
    q = fma(q, v, FAR4_BOTTOM_1)
    q = fma(q, v, FAR4_BOTTOM_0)
    return select(far, HALF * r * fma(v, fma(v, p / q, HALF), ONE), value)


@scalar
def dawsn_f4(x):
    """In float64. Largest error 0.51 ulp."""
    a = fabs(np.float64(x))
    value = copysign(np.float32(parts4(a)), x)
    return select(x == x, value, x)


@scalar
def dawsn_f8(x):
    """Largest error 2 ulp."""
    h, l, t = parts8(fabs(x))  # noqa: E741
    value = copysign(t * (h + l), x)
    return select(x == x, value, x)


@scalar
def erfi_f4(x):
    """In float64. Largest error 0.51 ulp."""
    a = fabs(np.float64(x))
    a = select(a < FAR4, a, FAR4)
    value = np.float32(SCALE * parts4(a) * exp_wide4(a * a))
    return select(x == x, copysign(value, x), x)


@scalar
def erfi_f8(x):
    """Largest error 2 ulp."""
    a = fabs(x)
    a = select(a < FAR, a, FAR)
    h, l, t = parts8(a)  # noqa: E741
    u, low = two_product(a, a)
    eh, el, n = exp_pair8(u, low)
    h, l = pair_multiply(h, l, eh, el)  # noqa: E741
    h, l = pair_multiply(h, l, SCALE, SCALE_LOW)  # noqa: E741
    p, s = halves8(n)
    value = copysign(t * (h + l) * p * s, x)
    return select(x == x, value, x)
