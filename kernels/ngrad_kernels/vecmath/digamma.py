"""The logarithmic derivative of the gamma function.

Polynomials on [1, 2] (around the zero), [2, 4] and [4, 8], whose coefficients are selected; one
step of the recurrence below 1, the asymptotic series from 8 on. Negative x are reflected,
digamma(x) = digamma(1 - x) - pi cot(pi x).

Source: M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 6.3. Coefficients: minimax
fits by tests/kernels/fit.py.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fabs, fma, rint, scalar, select
from ngrad_kernels.vecmath.doubled import fast_two_sum, two_product, two_sum
from ngrad_kernels.vecmath.gamma import _log_f8
from ngrad_kernels.vecmath.power import log_wide4

ZERO = np.float64(0.0)
HALF = np.float64(0.5)
ONE = np.float64(1.0)
TWO = np.float64(2.0)
THREE = np.float64(3.0)
FOUR = np.float64(4.0)
SIX = np.float64(6.0)
FAR = np.float64(8.0)
INFINITY = np.float64(np.inf)
NAN = np.float64(np.nan)

# digamma(c + u) = BASE + u (SLOPE + u PSI(u)) for c = ROOT, the zero, on [1, 2], c = 3 on [2, 4]
# and c = 6 on [4, 8]: 2^-58.38, 2^-60.94 and 2^-62.32; for float32 PSI4 begins with the slope,
# 2^-30.53, 2^-33.44 and 2^-34.30
ROOT, ROOT_LOW = np.float64(1.4616321449683622), np.float64(9.549995429965697e-17)
SLOPE_1, SLOPE_LOW_1 = np.float64(0.9676722454476212), np.float64(-3.387874303038943e-17)
BASE_3, BASE_LOW_3 = np.float64(0.9227843350984671), np.float64(4.942915152430645e-18)
SLOPE_3, SLOPE_LOW_3 = np.float64(0.39493406684822646), np.float64(-2.510442772727307e-17)
BASE_6, BASE_LOW_6 = np.float64(1.7061176684318005), np.float64(1.2344401983265022e-17)
SLOPE_6, SLOPE_LOW_6 = np.float64(0.18132295573711532), np.float64(4.254803368369961e-18)
PSI_1_0 = np.float64(-0.4427631689835921)
PSI_1_1 = np.float64(0.2584997609556496)
PSI_1_2 = np.float64(-0.1639427054424113)
PSI_1_3 = np.float64(0.10782405069158658)
PSI_1_4 = np.float64(-0.07219956125624115)
PSI_1_5 = np.float64(0.0488042881393004)
PSI_1_6 = np.float64(-0.03316112647114054)
PSI_1_7 = np.float64(0.02259764916224656)
PSI_1_8 = np.float64(-0.015424766441709606)
PSI_1_9 = np.float64(0.010538771807399126)
PSI_1_10 = np.float64(-0.007204517012190868)
PSI_1_11 = np.float64(0.004927039533811035)
PSI_1_12 = np.float64(-0.0033700920159441556)
PSI_1_13 = np.float64(0.0023030111493199464)
PSI_1_14 = np.float64(-0.0015740666239628205)
PSI_1_15 = np.float64(0.0010895910722915543)
PSI_1_16 = np.float64(-0.0007553924614146436)
PSI_1_17 = np.float64(0.00047328692528745696)
PSI_1_18 = np.float64(-0.000283400653610419)
PSI_1_19 = np.float64(0.0002780798022894595)
PSI_1_20 = np.float64(-0.00027927137332903895)
PSI_1_21 = np.float64(0.00012061611203405009)
PSI_3_0 = np.float64(-0.07705690315959433)
PSI_3_1 = np.float64(0.01982323371113829)
PSI_3_2 = np.float64(-0.005677755143367034)
PSI_3_3 = np.float64(0.0017180619844449694)
PSI_3_4 = np.float64(-0.0005367773819822688)
PSI_3_5 = np.float64(0.00017110619801007603)
PSI_3_6 = np.float64(-5.5267825478651456e-05)
PSI_3_7 = np.float64(1.8012627278931356e-05)
PSI_3_8 = np.float64(-5.907357654500873e-06)
PSI_3_9 = np.float64(1.94593095199576e-06)
PSI_3_10 = np.float64(-6.430221418674688e-07)
PSI_3_11 = np.float64(2.1297049431196292e-07)
PSI_3_12 = np.float64(-7.068898947831018e-08)
PSI_3_13 = np.float64(2.348769482393928e-08)
PSI_3_14 = np.float64(-7.754732365518827e-09)
PSI_3_15 = np.float64(2.571772222088341e-09)
PSI_3_16 = np.float64(-9.134928178702533e-10)
PSI_3_17 = np.float64(3.099790957177702e-10)
PSI_3_18 = np.float64(-6.465663737561547e-11)
PSI_3_19 = np.float64(1.9181990471089537e-11)
PSI_3_20 = np.float64(-2.1243377650469127e-11)
PSI_3_21 = np.float64(7.493523678953688e-12)
PSI_6_0 = np.float64(-0.016394866122557254)
PSI_6_1 = np.float64(0.0019713046987925196)
PSI_6_2 = np.float64(-0.0002659663059212823)
PSI_6_3 = np.float64(3.81792469662155e-05)
PSI_6_4 = np.float64(-5.694854845657853e-06)
PSI_6_5 = np.float64(8.716186062385263e-07)
PSI_6_6 = np.float64(-1.3586539013908296e-07)
PSI_6_7 = np.float64(2.1465692700290315e-08)
PSI_6_8 = np.float64(-3.4262726017943024e-09)
PSI_6_9 = np.float64(5.512407803127733e-10)
PSI_6_10 = np.float64(-8.924132871544755e-11)
PSI_6_11 = np.float64(1.451975672746723e-11)
PSI_6_12 = np.float64(-2.373014969992462e-12)
PSI_6_13 = np.float64(3.8905350742676226e-13)
PSI_6_14 = np.float64(-6.352127452917748e-14)
PSI_6_15 = np.float64(1.04296201137358e-14)
PSI_6_16 = np.float64(-1.831965925388344e-15)
PSI_6_17 = np.float64(3.0862703619360166e-16)
PSI_6_18 = np.float64(-3.241518203105455e-17)
PSI_6_19 = np.float64(4.7773046364490336e-18)
PSI_6_20 = np.float64(-2.5904583598882985e-18)
PSI_6_21 = np.float64(4.558684656785245e-19)
PSI4_1_0 = np.float64(0.9676722450171835)
PSI4_1_1 = np.float64(-0.44276317962726286)
PSI4_1_2 = np.float64(0.2584998912418396)
PSI4_1_3 = np.float64(-0.16394174980970586)
PSI4_1_4 = np.float64(0.1078175249028712)
PSI4_1_5 = np.float64(-0.07222257317960583)
PSI4_1_6 = np.float64(0.04892562423607763)
PSI4_1_7 = np.float64(-0.0329522789447838)
PSI4_1_8 = np.float64(0.021573283567655713)
PSI4_1_9 = np.float64(-0.01607157432450136)
PSI4_1_10 = np.float64(0.014450730737066403)
PSI4_1_11 = np.float64(-0.007626424034245269)
PSI4_3_0 = np.float64(0.3949340659805727)
PSI4_3_1 = np.float64(-0.07705690140370919)
PSI4_3_2 = np.float64(0.01982325970402539)
PSI4_3_3 = np.float64(-0.00567778387471409)
PSI4_3_4 = np.float64(0.0017178506742028031)
PSI4_3_5 = np.float64(-0.0005366164789596498)
PSI4_3_6 = np.float64(0.00017182645146973598)
PSI4_3_7 = np.float64(-5.5686970650741195e-05)
PSI4_3_8 = np.float64(1.684412754031689e-05)
PSI4_3_9 = np.float64(-5.356718459030056e-06)
PSI4_3_10 = np.float64(2.8196448319116135e-06)
PSI4_3_11 = np.float64(-9.878869193520896e-07)
PSI4_6_0 = np.float64(0.18132295549718122)
PSI4_6_1 = np.float64(-0.016394865883713312)
PSI4_6_2 = np.float64(0.0019713064946615976)
PSI4_6_3 = np.float64(-0.00026596728311086053)
PSI4_6_4 = np.float64(3.817559663733481e-05)
PSI4_6_5 = np.float64(-5.693486236718041e-06)
PSI4_6_6 = np.float64(8.747306604776922e-07)
PSI4_6_7 = np.float64(-1.3675719841155048e-07)
PSI4_6_8 = np.float64(2.0202294917615077e-08)
PSI4_6_9 = np.float64(-3.1330904837427868e-09)
PSI4_6_10 = np.float64(7.878767947478364e-10)
PSI4_6_11 = np.float64(-1.3523605737460253e-10)

# (log(w) - 1 / 2w - digamma(w)) w^2 in 1 / w^2, w >= 8: 2^-70.28 and 2^-38.77
PSI_FAR_0 = np.float64(0.08333333333333333)
PSI_FAR_1 = np.float64(-0.008333333333323619)
PSI_FAR_2 = np.float64(0.0039682539612681976)
PSI_FAR_3 = np.float64(-0.00416666422870959)
PSI_FAR_4 = np.float64(0.007575283898535896)
PSI_FAR_5 = np.float64(-0.021038533315841452)
PSI_FAR_6 = np.float64(0.07963948085225028)
PSI_FAR_7 = np.float64(-0.29972667732015995)
PSI_FAR_8 = np.float64(0.18522027344289096)
PSI_FAR4_0 = np.float64(0.08333333056693927)
PSI_FAR4_1 = np.float64(-0.008332253021791098)
PSI_FAR4_2 = np.float64(0.0038476333712923103)

# (pi t cot(pi t) - 1) / t^2 in t^2, |t| <= 1/2: 2^-58.52 and 2^-35.59
COT_0 = np.float64(-3.289868133696456)
COT_1 = np.float64(-2.1646464674210324)
COT_2 = np.float64(-2.034686124146563)
COT_3 = np.float64(-2.0081546995580597)
COT_4 = np.float64(-2.001989701548543)
COT_5 = np.float64(-2.0004767961446817)
COT_6 = np.float64(-2.000416494184718)
COT_7 = np.float64(-1.9960475010063206)
COT_8 = np.float64(-2.038974615701474)
COT_9 = np.float64(-1.7227181635642674)
COT_10 = np.float64(-3.4289994325409903)
COT_11 = np.float64(3.2360227357576954)
COT_12 = np.float64(-15.101670490138668)
COT_13 = np.float64(18.58873597209505)
COT_14 = np.float64(-18.50133162969683)
COT4_0 = np.float64(-3.289868142558505)
COT4_1 = np.float64(-2.1646450847518013)
COT4_2 = np.float64(-2.0347602384281065)
COT4_3 = np.float64(-2.0062154789055744)
COT4_4 = np.float64(-2.0304835828315273)
COT4_5 = np.float64(-1.7507104804032338)
COT4_6 = np.float64(-3.3197924808797894)
COT4_7 = np.float64(2.0190387132655077)
COT4_8 = np.float64(-8.023957060893647)


@scalar
def digamma_f4(x):
    """In float64.

    Largest error 0.51 ulp for x > 0; for x < 0 half an ulp and 1e-9 max(1, |result|).
    """
    wide = np.float64(x)
    negative = wide < ZERO
    w = select(negative, ONE - wide, wide)
    w = select(w < INFINITY, w, ONE)
    y = select(w < ONE, w + ONE, select(w < FAR, w, SIX))
    first = y < TWO
    second = y < FOUR
    u = select(first, (y - ROOT) - ROOT_LOW, y - select(second, THREE, SIX))
    p = select(first, PSI4_1_11, select(second, PSI4_3_11, PSI4_6_11))
    p = fma(p, u, select(first, PSI4_1_10, select(second, PSI4_3_10, PSI4_6_10)))
    p = fma(p, u, select(first, PSI4_1_9, select(second, PSI4_3_9, PSI4_6_9)))
    p = fma(p, u, select(first, PSI4_1_8, select(second, PSI4_3_8, PSI4_6_8)))
    p = fma(p, u, select(first, PSI4_1_7, select(second, PSI4_3_7, PSI4_6_7)))
    p = fma(p, u, select(first, PSI4_1_6, select(second, PSI4_3_6, PSI4_6_6)))
    p = fma(p, u, select(first, PSI4_1_5, select(second, PSI4_3_5, PSI4_6_5)))
    p = fma(p, u, select(first, PSI4_1_4, select(second, PSI4_3_4, PSI4_6_4)))
    p = fma(p, u, select(first, PSI4_1_3, select(second, PSI4_3_3, PSI4_6_3)))
    p = fma(p, u, select(first, PSI4_1_2, select(second, PSI4_3_2, PSI4_6_2)))
    p = fma(p, u, select(first, PSI4_1_1, select(second, PSI4_3_1, PSI4_6_1)))
    p = fma(p, u, select(first, PSI4_1_0, select(second, PSI4_3_0, PSI4_6_0)))
    near = fma(p, u, select(first, ZERO, select(second, BASE_3, BASE_6)))
    r = ONE / select(w == ZERO, ONE, w)
    z = r * r
    p = fma(fma(PSI_FAR4_2, z, PSI_FAR4_1), z, PSI_FAR4_0)
    far = log_wide4(w) - fma(HALF, r, p * z)
    t = wide - rint(wide)
    z = t * t
    p = fma(fma(fma(fma(fma(COT4_8, z, COT4_7), z, COT4_6), z, COT4_5), z, COT4_4), z, COT4_3)
    p = fma(fma(fma(p, z, COT4_2), z, COT4_1), z, COT4_0)
    cotangent = fma(p, z, ONE) / t
    value = select(w < FAR, near, far)
    value = value - select(negative, cotangent, select(w < ONE, r, ZERO))
    value = select(negative & (t == ZERO), NAN, value)
    value = select(wide == ZERO, -ONE / wide, select(wide == INFINITY, wide, value))
    return select(x == x, np.float32(value), x)


@scalar
def below_log8(w):
    """log(w) - digamma(w), w >= 7.5."""
    r = ONE / select(w == ZERO, ONE, w)
    z = r * r
    p = fma(fma(fma(fma(PSI_FAR_8, z, PSI_FAR_7), z, PSI_FAR_6), z, PSI_FAR_5), z, PSI_FAR_4)
    p = fma(fma(fma(fma(p, z, PSI_FAR_3), z, PSI_FAR_2), z, PSI_FAR_1), z, PSI_FAR_0)
    return fma(HALF, r, p * z)


@scalar
def digamma_f8(x):
    """Largest error 2.0 ulp for x > 0; for x < 0 2.5 * 2^-53 max(1, |result|)."""
    negative = x < ZERO
    w, wl = two_sum(ONE, -x)
    w = select(negative, w, x)
    w = select(w < INFINITY, w, ONE)
    y, yl = two_sum(w, ONE)
    y = select(w < ONE, y, select(w < FAR, w, SIX))
    first = y < TWO
    second = y < FOUR
    u = y - select(first, ROOT, select(second, THREE, SIX))  # exact
    ul = select(w < ONE, yl, select(negative, wl, ZERO)) - select(first, ROOT_LOW, ZERO)
    p = select(first, PSI_1_21, select(second, PSI_3_21, PSI_6_21))
    p = fma(p, u, select(first, PSI_1_20, select(second, PSI_3_20, PSI_6_20)))
    p = fma(p, u, select(first, PSI_1_19, select(second, PSI_3_19, PSI_6_19)))
    p = fma(p, u, select(first, PSI_1_18, select(second, PSI_3_18, PSI_6_18)))
    p = fma(p, u, select(first, PSI_1_17, select(second, PSI_3_17, PSI_6_17)))
    p = fma(p, u, select(first, PSI_1_16, select(second, PSI_3_16, PSI_6_16)))
    p = fma(p, u, select(first, PSI_1_15, select(second, PSI_3_15, PSI_6_15)))
    p = fma(p, u, select(first, PSI_1_14, select(second, PSI_3_14, PSI_6_14)))
    p = fma(p, u, select(first, PSI_1_13, select(second, PSI_3_13, PSI_6_13)))
    p = fma(p, u, select(first, PSI_1_12, select(second, PSI_3_12, PSI_6_12)))
    p = fma(p, u, select(first, PSI_1_11, select(second, PSI_3_11, PSI_6_11)))
    p = fma(p, u, select(first, PSI_1_10, select(second, PSI_3_10, PSI_6_10)))
    p = fma(p, u, select(first, PSI_1_9, select(second, PSI_3_9, PSI_6_9)))
    p = fma(p, u, select(first, PSI_1_8, select(second, PSI_3_8, PSI_6_8)))
    p = fma(p, u, select(first, PSI_1_7, select(second, PSI_3_7, PSI_6_7)))
    p = fma(p, u, select(first, PSI_1_6, select(second, PSI_3_6, PSI_6_6)))
    p = fma(p, u, select(first, PSI_1_5, select(second, PSI_3_5, PSI_6_5)))
    p = fma(p, u, select(first, PSI_1_4, select(second, PSI_3_4, PSI_6_4)))
    p = fma(p, u, select(first, PSI_1_3, select(second, PSI_3_3, PSI_6_3)))
    p = fma(p, u, select(first, PSI_1_2, select(second, PSI_3_2, PSI_6_2)))
    p = fma(p, u, select(first, PSI_1_1, select(second, PSI_3_1, PSI_6_1)))
    p = fma(p, u, select(first, PSI_1_0, select(second, PSI_3_0, PSI_6_0)))
    slope = select(first, SLOPE_1, select(second, SLOPE_3, SLOPE_6))
    slope_low = select(first, SLOPE_LOW_1, select(second, SLOPE_LOW_3, SLOPE_LOW_6))
    base_low = select(first, ZERO, select(second, BASE_LOW_3, BASE_LOW_6))
    ph, pl = two_product(u, slope)
    pl = pl + fma(u * u, p, fma(u, slope_low, fma(ul, slope, base_low)))
    nh, nl = fast_two_sum(select(first, ZERO, select(second, BASE_3, BASE_6)), ph)

    fh, fl = _log_f8(w, ZERO)
    fl = fl - below_log8(w)
    h = select(w < FAR, nh, fh)
    l = select(w < FAR, nl + pl, fl)  # noqa: E741

    t = x - rint(x)
    z = t * t
    p = fma(fma(fma(fma(fma(COT_14, z, COT_13), z, COT_12), z, COT_11), z, COT_10), z, COT_9)
    p = fma(fma(fma(fma(fma(fma(p, z, COT_8), z, COT_7), z, COT_6), z, COT_5), z, COT_4), z, COT_3)
    p = fma(fma(p, z, COT_2), z, COT_1)
    zh, zl = two_product(t, t)
    uh, ul = two_product(COT_0, zh)
    ch, cl = fast_two_sum(ONE, uh)
    cl = cl + fma(COT_0, zl, fma(z * z, p, ul))
    divisor = select(negative, t, select(w < ONE, w, ONE))
    ch = select(negative, ch, select(w < ONE, ONE, ZERO))
    cl = select(negative, cl, ZERO)
    r = ONE / divisor
    qh = ch * r
    ql = (fma(-qh, divisor, ch) + cl) * r
    s, e = two_sum(h, -qh)
    value = select(fabs(qh) < INFINITY, s + (e + (l - ql)), -qh)
    value = select(negative & (t == ZERO), NAN, value)
    value = select(x == ZERO, -ONE / x, select(x == INFINITY, x, value))
    return select(x == x, value, x)
