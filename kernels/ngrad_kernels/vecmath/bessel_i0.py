"""The modified Bessel function of the first kind of order 0, also times exp(-|x|).

exp(-a) I(a) decreases smoothly from a = |x| = 0 on: a polynomial around the middle of the first
interval. Beyond, sqrt(a) exp(-a) I(a) is a polynomial in 1 / a, whose values hardly differ. One
chain of products computes either, by coefficients that are selected; in float64 its last steps are
sums of two floats. What is not scaled is multiplied by exp(a), a sum of two floats as well.

Source: M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 9.6 and 9.7. Coefficients:
minimax fits by tests/kernels/fit.py.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fabs, fma, scalar, select, sqrt
from ngrad_kernels.vecmath.doubled import fast_two_sum, stepped, two_product
from ngrad_kernels.vecmath.exponential import exp_reduced8, exp_wide4, halves8

ZERO = np.float64(0.0)
HALF = np.float64(0.5)
ONE = np.float64(1.0)
INFINITY = np.float64(np.inf)
BORDER, MIDDLE, TWICE = np.float64(7.5), np.float64(4.0), np.float64(15.0)
BORDER4, MIDDLE4, TWICE4 = np.float64(5.0), np.float64(2.5), np.float64(10.0)
MOST, MOST4 = np.float64(720.0), np.float64(100.0)  # exp(MOST) times what is there is infinite

# (exp(-a) I(a) - HIGH - LOW) / (a - 4), a <= 7.5: 2^-61.01
NEAR_HIGH, NEAR_LOW = np.float64(0.2070019212239867), np.float64(2.1980306391960046e-18)
NEAR_0 = np.float64(-0.02825108172155137)
NEAR_1 = np.float64(0.005907226783746955)
NEAR_2 = np.float64(-0.001391303771261868)
NEAR_3 = np.float64(0.00034118521943556307)
NEAR_4 = np.float64(-8.297205167594371e-05)
NEAR_5 = np.float64(1.93543032001281e-05)
NEAR_6 = np.float64(-4.244457740303139e-06)
NEAR_7 = np.float64(8.663487550541708e-07)
NEAR_8 = np.float64(-1.6397838384839776e-07)
NEAR_9 = np.float64(2.8779899696255638e-08)
NEAR_10 = np.float64(-4.692710563016536e-09)
NEAR_11 = np.float64(7.128761658290872e-10)
NEAR_12 = np.float64(-1.0121464576381231e-10)
NEAR_13 = np.float64(1.3474853692314263e-11)
NEAR_14 = np.float64(-1.68745100272872e-12)
NEAR_15 = np.float64(1.993750365509695e-13)
NEAR_16 = np.float64(-2.228784509672153e-14)
NEAR_17 = np.float64(2.3634943195172918e-15)
NEAR_18 = np.float64(-2.383180065831335e-16)
NEAR_19 = np.float64(2.2903899155199483e-17)
NEAR_20 = np.float64(-2.103652244808408e-18)
NEAR_21 = np.float64(1.8474990060114922e-19)
NEAR_22 = np.float64(-1.5463301572596843e-20)
NEAR_23 = np.float64(1.2501811544341157e-21)
NEAR_24 = np.float64(-1.0119880256523741e-22)
NEAR_25 = np.float64(7.568338243751587e-24)
NEAR_26 = np.float64(-4.2719602296746945e-25)
NEAR_27 = np.float64(2.990252878227628e-26)
NEAR_28 = np.float64(-4.123735392881912e-27)
NEAR_29 = np.float64(2.6762767085223035e-28)

# (sqrt(a) exp(-a) I(a) - HIGH - LOW) / v in v = 15 / a - 1, a >= 7.5: 2^-59.84
FAR_HIGH, FAR_LOW = np.float64(0.4024011549800442), np.float64(-2.699263993590822e-17)
FAR_0 = np.float64(0.003604122122062151)
FAR_1 = np.float64(0.00015756533636473118)
FAR_2 = np.float64(1.402045272165102e-05)
FAR_3 = np.float64(2.0574369627321105e-06)
FAR_4 = np.float64(4.65195315599044e-07)
FAR_5 = np.float64(1.6188139669940318e-07)
FAR_6 = np.float64(8.121568007685991e-08)
FAR_7 = np.float64(4.029344882807325e-08)
FAR_8 = np.float64(-7.785931124940678e-10)
FAR_9 = np.float64(-3.324590058776846e-08)
FAR_10 = np.float64(-2.952795336744897e-08)
FAR_11 = np.float64(7.89272315897652e-09)
FAR_12 = np.float64(2.839322977784457e-08)
FAR_13 = np.float64(2.031853234380791e-09)
FAR_14 = np.float64(-2.3408938497197773e-08)
FAR_15 = np.float64(-3.556440851803411e-09)
FAR_16 = np.float64(1.8794966989398082e-08)
FAR_17 = np.float64(2.194413548470718e-09)
FAR_18 = np.float64(-1.3628557427153585e-08)
FAR_19 = np.float64(-6.173104850566962e-10)
FAR_20 = np.float64(7.98853401712219e-09)
FAR_21 = np.float64(-1.5818763926491867e-10)
FAR_22 = np.float64(-3.388749819038738e-09)
FAR_23 = np.float64(2.2926958920981807e-10)
FAR_24 = np.float64(9.029082025886216e-10)
FAR_25 = np.float64(-9.021795756445077e-11)
FAR_26 = np.float64(-1.121108204658207e-10)
FAR_27 = np.float64(1.3528930230998495e-11)

# the same for float32, all of it: in a - 2.5, a <= 5, 2^-35.70; in 10 / a - 1, a >= 5, 2^-33.63
NEAR4_0 = np.float64(0.2700464416164183)
NEAR4_1 = np.float64(-0.06346179206640362)
NEAR4_2 = np.float64(0.02214486205752191)
NEAR4_3 = np.float64(-0.007976179725088293)
NEAR4_4 = np.float64(0.0026901338582573874)
NEAR4_5 = np.float64(-0.0008202306107963178)
NEAR4_6 = np.float64(0.00022400365432796558)
NEAR4_7 = np.float64(-5.487414267013911e-05)
NEAR4_8 = np.float64(1.2124712062675499e-05)
NEAR4_9 = np.float64(-2.432016888859621e-06)
NEAR4_10 = np.float64(4.455795534940375e-07)
NEAR4_11 = np.float64(-7.522635972631414e-08)
NEAR4_12 = np.float64(1.183612494451168e-08)
NEAR4_13 = np.float64(-1.7025646519702046e-09)
NEAR4_14 = np.float64(2.1416374407341324e-10)
NEAR4_15 = np.float64(-2.855654993295334e-11)
NEAR4_16 = np.float64(4.870679387682075e-12)
NEAR4_17 = np.float64(-4.981121559863705e-13)
FAR4_0 = np.float64(0.40424450636432846)
FAR4_1 = np.float64(0.005660126641894048)
FAR4_2 = np.float64(0.00041057360178776736)
FAR4_3 = np.float64(6.719506400860885e-05)
FAR4_4 = np.float64(2.1392813174457605e-05)
FAR4_5 = np.float64(1.0047653641819428e-05)
FAR4_6 = np.float64(1.9818484817213775e-06)
FAR4_7 = np.float64(-4.485702884631178e-06)
FAR4_8 = np.float64(-3.884721068265384e-06)
FAR4_9 = np.float64(9.512368378360962e-07)
FAR4_10 = np.float64(1.8198472564859778e-06)
FAR4_11 = np.float64(-1.0827090484420861e-07)
FAR4_12 = np.float64(-3.827579431952259e-07)


@scalar
def place4(a):
    """(near, t, r): whether a is in the first interval, where in its own, and 1 / a beyond."""
    near = a < BORDER4
    r = ONE / select(near, ONE, a)
    return near, select(near, a - MIDDLE4, fma(TWICE4, r, -ONE)), r


@scalar
def place8(a):
    """(near, t, t', r): whether a is in the first interval, where in its own, 1 / a beyond.

    Where is a sum of two floats.
    """
    near = a < BORDER
    r = ONE / select(near, ONE, a)
    u, low = fast_two_sum(-MIDDLE, a)
    return near, select(near, u, fma(TWICE, r, -ONE)), select(near, low, ZERO), r


@scalar
def _scaled_f4(a):
    """exp(-a) I0(a) for finite a >= 0, in float64."""
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
    return p * select(near, ONE, sqrt(r))


@scalar
def joined8(near, r, a, h, low):
    """h + low, beyond the border over sqrt(a), as a pair."""
    root = sqrt(a)
    inverse = root * r
    q = h * inverse
    # (h + low) / sqrt(a): what q leaves, and what the root lacks
    rest = fma(fma(-q, root, h) + low, inverse, q * (HALF * r * fma(root, root, -a)))
    return fast_two_sum(select(near, h, q), select(near, low, rest))


@scalar
def _scaled_f8(a):
    """exp(-a) I0(a) for finite a >= 0, a sum of two floats."""
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
    p = fma(p, t, select(near, NEAR_4, FAR_4))
    p = fma(p, t, select(near, NEAR_3, FAR_3))
    p = fma(p, t, select(near, NEAR_2, FAR_2))
    low = ZERO
    p, low = stepped(t, p, low, select(near, NEAR_1, FAR_1))
    p, low = stepped(t, p, low, select(near, NEAR_0, FAR_0))
    h, low = stepped(t, p, low, select(near, NEAR_HIGH, FAR_HIGH))
    low = low + select(near, NEAR_LOW, FAR_LOW)
    low = fma(t_low, -h * h, low)  # about the slope where this counts, for a < 2
    return joined8(near, r, a, h, low)


@scalar
def unscaled8(h, low, a):
    """(h + low) exp(a) for a <= MOST."""
    shifted, _, r, t = exp_reduced8(a, ZERO)
    eh, el = fast_two_sum(ONE, r)
    ph, pl = two_product(h, eh)
    s, u = halves8(shifted)
    return (ph + fma(h, el + t, fma(low, eh, pl))) * s * u


@scalar
def bessel_i0_f4(x):
    """In float64. Largest error 0.51 ulp."""
    a = fabs(np.float64(x))
    a = select(a < MOST4, a, MOST4)
    value = np.float32(_scaled_f4(a) * exp_wide4(a))
    return select(x == x, value, x)


@scalar
def bessel_i0e_f4(x):
    """In float64. Largest error 0.51 ulp."""
    a = fabs(np.float64(x))
    value = np.float32(_scaled_f4(select(a < INFINITY, a, ONE)))
    return select(a < INFINITY, value, select(x == x, np.float32(0.0), x))


@scalar
def bessel_i0_f8(x):
    """Largest error 1.1 ulp."""
    a = fabs(x)
    a = select(a < MOST, a, MOST)
    h, low = _scaled_f8(a)
    value = select(a == ZERO, ONE, unscaled8(h, low, a))
    return select(x == x, value, x)


@scalar
def bessel_i0e_f8(x):
    """Largest error 1.65 ulp."""
    a = fabs(x)
    h, low = _scaled_f8(select(a < INFINITY, a, ONE))
    value = select(a < INFINITY, h + low, ZERO)
    value = select(a == ZERO, ONE, value)
    return select(x == x, value, x)
