"""The exponential integral Ei(x), that of exp(t) / t up to x.

It is log(x) + gamma, Euler's constant, and a polynomial up to 6, but about its zero c it is
log(x / c) + (x - c) R(x), where the logarithm is one of a ratio. Beyond, x exp(-x) Ei(x) is 1 and a
rational function or a polynomial of 1 / x. Below 0 it is -E1(-x).

Sources: DLMF 6.2 and 6.6; W. J. Cody, H. C. Thacher, "Chebyshev approximations for the exponential
integral Ei(x)" (1969). Coefficients: minimax fits by tests/kernels/fit.py.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fabs, fma, scalar, select
from ngrad_kernels.vecmath.doubled import (
    fast_two_sum,
    pair_add,
    pair_times,
    stepped,
    two_product,
    two_sum,
)
from ngrad_kernels.vecmath.exp1 import (
    GAMMA,
    GAMMA_LOW,
    INFINITY,
    ONE,
    TOO_FAR,
    TOO_FAR4,
    ZERO,
    divided8,
    sum_exp1_4,
    sum_exp1_8,
)
from ngrad_kernels.vecmath.exponential import exp_wide4
from ngrad_kernels.vecmath.power import log_of_ratio4, log_of_ratio8, log_pair8, log_wide4

SIX, TWELVE, LATE = (np.float64(k) for k in (6, 12, 26))
QUARTER = np.float64(0.25)
ROOT, ROOT_LOW = np.float64(0.3725074107813666), np.float64(1.3140183414386028e-17)  # of Ei
LOG_ROOT = np.float64(-0.9874983466453419)
CENTER, CENTER_LAST = np.float64(0.060897435897435896), np.float64(0.019230769230769232)

# (Ei(x) - log(x) - gamma) / x for x <= 6: 2^-62.78
SUM_0 = np.float64(1.0)
SUM_1 = np.float64(0.25)
SUM_2 = np.float64(0.05555555555555492)
SUM_3 = np.float64(0.010416666666673917)
SUM_4 = np.float64(0.0016666666666229652)
SUM_5 = np.float64(0.00023148148164220747)
SUM_6 = np.float64(2.8344670808316414e-05)
SUM_7 = np.float64(3.1001990916698144e-06)
SUM_8 = np.float64(3.061915769169479e-07)
SUM_9 = np.float64(2.7558138439288576e-08)
SUM_10 = np.float64(2.2768633471468222e-09)
SUM_11 = np.float64(1.743169829135155e-10)
SUM_12 = np.float64(1.219811481947531e-11)
SUM_13 = np.float64(8.745760792287912e-13)
SUM_14 = np.float64(3.540247499659256e-14)
SUM_15 = np.float64(6.450173267360129e-15)
SUM_16 = np.float64(-4.35562473025765e-16)
SUM_17 = np.float64(8.870324199651057e-17)
SUM_18 = np.float64(-7.514086151487445e-18)
SUM_19 = np.float64(5.808079003305388e-19)
SUM_20 = np.float64(-2.4623180436892287e-20)
SUM_21 = np.float64(6.428555844452976e-22)

# (Ei(x) - log(x / c)) / (x - c) for x <= 6: 2^-72.88; for float32 2^-40.69
CLOSE_TOP_0 = np.float64(1.1014081059037335)
CLOSE_TOP_1 = np.float64(-0.16148661046911256)
CLOSE_TOP_2 = np.float64(0.031503910763561134)
CLOSE_TOP_3 = np.float64(-0.0016523230373814211)
CLOSE_TOP_4 = np.float64(0.0001661134686002652)
CLOSE_TOP_5 = np.float64(-2.283461438635506e-06)
CLOSE_TOP_6 = np.float64(2.6468820363273903e-07)
CLOSE_TOP_7 = np.float64(3.1021308390159387e-09)
CLOSE_TOP_8 = np.float64(1.7781850821876733e-10)
CLOSE_TOP_9 = np.float64(3.3219755307455737e-12)
CLOSE_TOP_10 = np.float64(3.7887267169276155e-14)
CLOSE_BOTTOM_0 = np.float64(1.0)
CLOSE_BOTTOM_1 = np.float64(-0.3937847543521854)
CLOSE_BOTTOM_2 = np.float64(0.07174881527982692)
CLOSE_BOTTOM_3 = np.float64(-0.007948741776750784)
CLOSE_BOTTOM_4 = np.float64(0.000590810820881669)
CLOSE_BOTTOM_5 = np.float64(-3.059174389862633e-05)
CLOSE_BOTTOM_6 = np.float64(1.1048620433918396e-06)
CLOSE_BOTTOM_7 = np.float64(-2.6871751747579345e-08)
CLOSE_BOTTOM_8 = np.float64(3.9983157790575665e-10)
CLOSE_BOTTOM_9 = np.float64(-2.7760089344886217e-12)
NEAR4_TOP_0 = np.float64(1.1014081059043512)
NEAR4_TOP_1 = np.float64(-0.1426332734203259)
NEAR4_TOP_2 = np.float64(0.025867938591598878)
NEAR4_TOP_3 = np.float64(-0.0008400897358665923)
NEAR4_TOP_4 = np.float64(8.123466928793844e-05)
NEAR4_TOP_5 = np.float64(7.166161170332438e-07)
NEAR4_TOP_6 = np.float64(4.460620750164914e-08)
NEAR4_BOTTOM_0 = np.float64(1.0)
NEAR4_BOTTOM_1 = np.float64(-0.3766672690392937)
NEAR4_BOTTOM_2 = np.float64(0.06240088661706607)
NEAR4_BOTTOM_3 = np.float64(-0.005828305733679623)
NEAR4_BOTTOM_4 = np.float64(0.0003240997892628841)
NEAR4_BOTTOM_5 = np.float64(-1.0183254340820852e-05)
NEAR4_BOTTOM_6 = np.float64(1.4131522735749938e-07)

# x (x exp(-x) Ei(x) - 1) in 1 / x, up to x = 12, about centers up to 26 and beyond:
# 2^-65.64, 2^-60.18 and 2^-59.46; for float32 up to 12 and beyond: 2^-35.34 and 2^-32.7
MIDDLE_TOP_0 = np.float64(0.9665236987708054)
MIDDLE_TOP_1 = np.float64(4.83542064900119)
MIDDLE_TOP_2 = np.float64(-11.192211555058627)
MIDDLE_TOP_3 = np.float64(14366.24877005306)
MIDDLE_TOP_4 = np.float64(-258091.69892962783)
MIDDLE_TOP_5 = np.float64(4904673.736894748)
MIDDLE_TOP_6 = np.float64(-40592073.21672468)
MIDDLE_TOP_7 = np.float64(238300471.12278894)
MIDDLE_TOP_8 = np.float64(-294285463.68848574)
MIDDLE_TOP_9 = np.float64(48588994.25173738)
MIDDLE_BOTTOM_0 = np.float64(1.0)
MIDDLE_BOTTOM_1 = np.float64(-2.095586731043863)
MIDDLE_BOTTOM_2 = np.float64(310.3052503836757)
MIDDLE_BOTTOM_3 = np.float64(1440.388882824644)
MIDDLE_BOTTOM_4 = np.float64(32327.194256024875)
MIDDLE_BOTTOM_5 = np.float64(276055.34438177716)
MIDDLE_BOTTOM_6 = np.float64(1707728.7175823813)
MIDDLE_BOTTOM_7 = np.float64(12102057.339779226)
MIDDLE_BOTTOM_8 = np.float64(32223497.538442694)
MIDDLE_BOTTOM_9 = np.float64(101906080.18205373)
LATER_0 = np.float64(1.1523042073234906)
LATER_1 = np.float64(3.2248810960403187)
LATER_2 = np.float64(18.164325967101377)
LATER_3 = np.float64(166.52901634959105)
LATER_4 = np.float64(858.9860859484218)
LATER_5 = np.float64(-26790.336062018854)
LATER_6 = np.float64(-555782.0706338928)
LATER_7 = np.float64(4067498.4726916477)
LATER_8 = np.float64(153382500.0510213)
LATER_9 = np.float64(-1538697988.2257416)
LATER_10 = np.float64(-32316207697.76115)
LATER_11 = np.float64(684154536215.5789)
LATER_12 = np.float64(1615686809754.0862)
LATER_13 = np.float64(-204447668495557.62)
LATER_14 = np.float64(2350146053882918.0)
LATER_15 = np.float64(2.126694364430655e16)
LATER_16 = np.float64(-9.92028122550918e17)
LATER_17 = np.float64(9.410946933476155e18)
LATER_18 = np.float64(1.2175720484582015e20)
LATER_19 = np.float64(-3.303167305540423e21)
LATER_20 = np.float64(1.597118023732177e22)
LAST_0 = np.float64(1.0408697692322473)
LAST_1 = np.float64(2.2614000038430646)
LAST_2 = np.float64(7.715348792054782)
LAST_3 = np.float64(36.879159829179905)
LAST_4 = np.float64(232.5762979137146)
LAST_5 = np.float64(1868.0772417327828)
LAST_6 = np.float64(18713.438260516556)
LAST_7 = np.float64(231301.05883516444)
LAST_8 = np.float64(3530440.0978346895)
LAST_9 = np.float64(67348880.02438816)
LAST_10 = np.float64(1579987190.5058599)
LAST_11 = np.float64(49257745246.49863)
LAST_12 = np.float64(2261630731023.5225)
LAST_13 = np.float64(57802733651139.66)
LAST_14 = np.float64(-3382629481361566.5)
LAST_15 = np.float64(-2.46394020661663e17)
LAST_16 = np.float64(-3.2497109151216986e17)
LAST_17 = np.float64(2.599458954546774e20)
LAST_18 = np.float64(2.3864401412950395e21)
LAST_19 = np.float64(-1.1122262911241322e23)
LAST_20 = np.float64(-1.0467627444823485e24)
MIDDLE4_TOP_0 = np.float64(1.0439772444393873)
MIDDLE4_TOP_1 = np.float64(-13.17417376056753)
MIDDLE4_TOP_2 = np.float64(203.77261585969333)
MIDDLE4_TOP_3 = np.float64(-1477.2626753798543)
MIDDLE4_TOP_4 = np.float64(9998.149423959752)
MIDDLE4_TOP_5 = np.float64(-13328.66125152578)
MIDDLE4_BOTTOM_0 = np.float64(1.0)
MIDDLE4_BOTTOM_1 = np.float64(-12.02442946034026)
MIDDLE4_BOTTOM_2 = np.float64(131.3884444680747)
MIDDLE4_BOTTOM_3 = np.float64(-410.3420367902436)
MIDDLE4_BOTTOM_4 = np.float64(1594.3988489937942)
MIDDLE4_BOTTOM_5 = np.float64(1688.507333758931)
LATER4_TOP_0 = np.float64(1.0000000389048644)
LATER4_TOP_1 = np.float64(-39.9244243505379)
LATER4_TOP_2 = np.float64(650.9332398544702)
LATER4_TOP_3 = np.float64(-4528.694333461846)
LATER4_TOP_4 = np.float64(7108.133610978276)
LATER4_TOP_5 = np.float64(57088.037666067794)
LATER4_TOP_6 = np.float64(-91754.68343538849)
LATER4_BOTTOM_0 = np.float64(1.0)
LATER4_BOTTOM_1 = np.float64(-41.924413276640955)
LATER4_BOTTOM_2 = np.float64(728.7815468417814)
LATER4_BOTTOM_3 = np.float64(-5758.789196505905)
LATER4_BOTTOM_4 = np.float64(15148.906038742934)
LATER4_BOTTOM_5 = np.float64(47732.813126015804)
LATER4_BOTTOM_6 = np.float64(-193316.54709316493)


@scalar
def _expi_8(a):
    """Ei(a) of a finite a > 0."""
    near = a <= SIX
    b = select(near, a, ONE)
    p = fma(SUM_21, b, SUM_20)
    p = fma(p, b, SUM_19)
    p = fma(p, b, SUM_18)
    p = fma(p, b, SUM_17)
    p = fma(p, b, SUM_16)
    p = fma(p, b, SUM_15)
    p = fma(p, b, SUM_14)
    p = fma(p, b, SUM_13)
    p = fma(p, b, SUM_12)
    p = fma(p, b, SUM_11)
    p = fma(p, b, SUM_10)
    p = fma(p, b, SUM_9)
    p = fma(p, b, SUM_8)
    p = fma(p, b, SUM_7)
    p = fma(p, b, SUM_6)
    p = fma(p, b, SUM_5)
    p = fma(p, b, SUM_4)
    p = fma(p, b, SUM_3)
    pl = ZERO
    p, pl = stepped(b, p, pl, SUM_2)
    p, pl = stepped(b, p, pl, SUM_1)
    p, pl = stepped(b, p, pl, SUM_0)
    h, l = pair_times(p, pl, b)  # noqa: E741
    lh, ll = log_pair8(b)
    lh, ll = pair_add(lh, ll, GAMMA, GAMMA_LOW)
    h, l = pair_add(h, l, lh, ll)  # noqa: E741

    dh, dl = two_sum(b, -ROOT)
    dl = dl - ROOT_LOW
    dh, dl = fast_two_sum(dh, dl)
    close = fabs(dh) < QUARTER * ROOT
    c = select(close, b, ROOT)
    p = fma(CLOSE_TOP_10, c, CLOSE_TOP_9)
    p = fma(p, c, CLOSE_TOP_8)
    p = fma(p, c, CLOSE_TOP_7)
    p = fma(p, c, CLOSE_TOP_6)
    p = fma(p, c, CLOSE_TOP_5)
    p = fma(p, c, CLOSE_TOP_4)
    p = fma(p, c, CLOSE_TOP_3)
    p = fma(p, c, CLOSE_TOP_2)
    p = fma(p, c, CLOSE_TOP_1)
    p = fma(p, c, CLOSE_TOP_0)
    q = fma(CLOSE_BOTTOM_9, c, CLOSE_BOTTOM_8)
    q = fma(q, c, CLOSE_BOTTOM_7)
    q = fma(q, c, CLOSE_BOTTOM_6)
    q = fma(q, c, CLOSE_BOTTOM_5)
    q = fma(q, c, CLOSE_BOTTOM_4)
    q = fma(q, c, CLOSE_BOTTOM_3)
    q = fma(q, c, CLOSE_BOTTOM_2)
    q = fma(q, c, CLOSE_BOTTOM_1)
    q = fma(q, c, CLOSE_BOTTOM_0)
    sh, sl = two_sum(c, ROOT)
    t = select(close, dh, ZERO) / sh
    tl = (fma(-t, sh, dh) + fma(-t, sl + ROOT_LOW, dl)) / sh
    ch, cl = log_of_ratio8(t, select(close, tl, ZERO), ZERO)
    r = p / q
    mh, ml = two_product(dh, r)
    ml = ml + fma(dh, fma(-r, q, p) / q, dl * r)
    ch, cl = pair_add(ch, cl, mh, ml)
    h = select(close, ch, h)
    l = select(close, cl, l)  # noqa: E741

    w = select(near, SIX, a)
    y = ONE / w
    rest = fma(-y, w, ONE)
    p = fma(MIDDLE_TOP_9, y, MIDDLE_TOP_8)
    p = fma(p, y, MIDDLE_TOP_7)
    p = fma(p, y, MIDDLE_TOP_6)
    p = fma(p, y, MIDDLE_TOP_5)
    p = fma(p, y, MIDDLE_TOP_4)
    p = fma(p, y, MIDDLE_TOP_3)
    p = fma(p, y, MIDDLE_TOP_2)
    p = fma(p, y, MIDDLE_TOP_1)
    p = fma(p, y, MIDDLE_TOP_0)
    q = fma(MIDDLE_BOTTOM_9, y, MIDDLE_BOTTOM_8)
    q = fma(q, y, MIDDLE_BOTTOM_7)
    q = fma(q, y, MIDDLE_BOTTOM_6)
    q = fma(q, y, MIDDLE_BOTTOM_5)
    q = fma(q, y, MIDDLE_BOTTOM_4)
    q = fma(q, y, MIDDLE_BOTTOM_3)
    q = fma(q, y, MIDDLE_BOTTOM_2)
    q = fma(q, y, MIDDLE_BOTTOM_1)
    q = fma(q, y, MIDDLE_BOTTOM_0)
    late = w > LATE
    t = y - select(late, CENTER_LAST, CENTER)
    s = fma(select(late, LAST_20, LATER_20), t, select(late, LAST_19, LATER_19))
    s = fma(s, t, select(late, LAST_18, LATER_18))
    s = fma(s, t, select(late, LAST_17, LATER_17))
    s = fma(s, t, select(late, LAST_16, LATER_16))
    s = fma(s, t, select(late, LAST_15, LATER_15))
    s = fma(s, t, select(late, LAST_14, LATER_14))
    s = fma(s, t, select(late, LAST_13, LATER_13))
    s = fma(s, t, select(late, LAST_12, LATER_12))
    s = fma(s, t, select(late, LAST_11, LATER_11))
    s = fma(s, t, select(late, LAST_10, LATER_10))
    s = fma(s, t, select(late, LAST_9, LATER_9))
    s = fma(s, t, select(late, LAST_8, LATER_8))
    s = fma(s, t, select(late, LAST_7, LATER_7))
    s = fma(s, t, select(late, LAST_6, LATER_6))
    s = fma(s, t, select(late, LAST_5, LATER_5))
    s = fma(s, t, select(late, LAST_4, LATER_4))
    s = fma(s, t, select(late, LAST_3, LATER_3))
    s = fma(s, t, select(late, LAST_2, LATER_2))
    s = fma(s, t, select(late, LAST_1, LATER_1))
    s = fma(s, t, select(late, LAST_0, LATER_0))
    fh, fl = fast_two_sum(ONE, y * select(w < TWELVE, p / q, s))
    far = divided8(fh, fl, y, rest, w)
    return select(near, h + l, far)


@scalar
def _expi_4(a):
    """Ei(a) in float64, to 32 bits."""
    near = a <= SIX
    b = select(near, a, ONE)
    p = fma(NEAR4_TOP_6, b, NEAR4_TOP_5)
    p = fma(p, b, NEAR4_TOP_4)
    p = fma(p, b, NEAR4_TOP_3)
    p = fma(p, b, NEAR4_TOP_2)
    p = fma(p, b, NEAR4_TOP_1)
    p = fma(p, b, NEAR4_TOP_0)
    q = fma(NEAR4_BOTTOM_6, b, NEAR4_BOTTOM_5)
    q = fma(q, b, NEAR4_BOTTOM_4)
    q = fma(q, b, NEAR4_BOTTOM_3)
    q = fma(q, b, NEAR4_BOTTOM_2)
    q = fma(q, b, NEAR4_BOTTOM_1)
    q = fma(q, b, NEAR4_BOTTOM_0)
    d = b - ROOT
    close = fabs(d) < QUARTER * ROOT
    t = select(close, d / (b + ROOT), ZERO)
    log = select(close, log_of_ratio4(t, ZERO), log_wide4(b) - LOG_ROOT)
    value = fma(d, p / q, log)
    w = select(near, SIX, a)
    y = ONE / w
    early = w < TWELVE
    p = fma(MIDDLE4_TOP_5, y, MIDDLE4_TOP_4)
    p = fma(p, y, MIDDLE4_TOP_3)
    p = fma(p, y, MIDDLE4_TOP_2)
    p = fma(p, y, MIDDLE4_TOP_1)
    p = fma(p, y, MIDDLE4_TOP_0)
    q = fma(MIDDLE4_BOTTOM_5, y, MIDDLE4_BOTTOM_4)
    q = fma(q, y, MIDDLE4_BOTTOM_3)
    q = fma(q, y, MIDDLE4_BOTTOM_2)
    q = fma(q, y, MIDDLE4_BOTTOM_1)
    q = fma(q, y, MIDDLE4_BOTTOM_0)
    first = p / q
    p = fma(LATER4_TOP_6, y, LATER4_TOP_5)
    p = fma(p, y, LATER4_TOP_4)
    p = fma(p, y, LATER4_TOP_3)
    p = fma(p, y, LATER4_TOP_2)
    p = fma(p, y, LATER4_TOP_1)
    p = fma(p, y, LATER4_TOP_0)
    q = fma(LATER4_BOTTOM_6, y, LATER4_BOTTOM_5)
    q = fma(q, y, LATER4_BOTTOM_4)
    q = fma(q, y, LATER4_BOTTOM_3)
    q = fma(q, y, LATER4_BOTTOM_2)
    q = fma(q, y, LATER4_BOTTOM_1)
    q = fma(q, y, LATER4_BOTTOM_0)
    far = fma(y, select(early, first, p / q), ONE) * y * exp_wide4(w)
    return select(near, value, far)


@scalar
def expi_f4(x):
    """In float64. Largest error 0.52 ulp."""
    wide = np.float64(x)
    a = fabs(wide)
    a = select((a > ZERO) & (a < TOO_FAR4), a, TOO_FAR4)
    value = select(wide < ZERO, -sum_exp1_4(a), _expi_4(a))
    return select(x == x, np.float32(select(wide == ZERO, -INFINITY, value)), x)


@scalar
def expi_f8(x):
    """Largest error 2 ulp."""
    a = fabs(x)
    a = select((a > ZERO) & (a < TOO_FAR), a, TOO_FAR)
    value = select(x < ZERO, -sum_exp1_8(a), _expi_8(a))
    return select(x == x, select(x == ZERO, -INFINITY, value), x)
