"""The logarithm of the gamma function.

For a = |x| < 7.5 the recurrence leads to 2 + d, |d| <= 1/2, and to the logarithm of a product;
there lgamma(2 + d) / d is a polynomial. Further out Stirling's series. Negative x are reflected,
lgamma(-a) = -log(a |sin(pi a)| / pi) - lgamma(a). Both logarithms carry twice the precision in
float64: so the result stays relatively accurate at the zeros 1 and 2, where two terms cancel.

Source: M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 6.1. Coefficients: minimax
fits by tests/kernels/fit.py.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import bits_of_f8, f8_from_bits, fabs, fma, rint, scalar, select
from ngrad_kernels.vecmath.doubled import fast_two_sum, two_product, two_sum
from ngrad_kernels.vecmath.power import log_wide4

ZERO = np.float64(0.0)
HALF = np.float64(0.5)
ONE = np.float64(1.0)
TWO = np.float64(2.0)
INFINITY = np.float64(np.inf)
LN2, LN2_LOW = np.float64(0.6931471805592082), np.float64(7.371002565167799e-13)  # LN2: 40 bits
ROOT_BITS = np.int64(4604544271217802189)  # of sqrt(1/2)
TINY = np.float64(2.0**-1000)
UP = np.float64(2.0**100)
FAR = np.float64(7.5)
F3, F4, F5, F6, F7 = (np.float64(j) for j in range(3, 8))
STIRLING_C = np.float64(0.9189385332046728 - 0.5)  # log(2 pi) / 2 - 1/2

# (2 atanh(s) - 2 s) / s^3 in s^2, |s| <= 0.1716: 2^-66.61
LOG_0 = np.float64(0.6666666666666666)
LOG_1 = np.float64(0.4000000000000504)
LOG_2 = np.float64(0.2857142856906257)
LOG_3 = np.float64(0.22222222766444666)
LOG_4 = np.float64(0.18181747373594795)
LOG_5 = np.float64(0.15390179020215547)
LOG_6 = np.float64(0.1306405361536037)
LOG_7 = np.float64(0.1961707713016329)
LOG_8 = np.float64(-1.1600087038092806)
LOG_9 = np.float64(8.75229141283322)

# sin(pi t) / (pi t) in t^2, |t| <= 1/2, from t^2 on: 2^-61.32 and 2^-35.29
SINC_1 = np.float64(-1.6449340668482264)
SINC_2 = np.float64(0.8117424252833462)
SINC_3 = np.float64(-0.19075182412167518)
SINC_4 = np.float64(0.026147847807937576)
SINC_5 = np.float64(-0.0023460809132200815)
SINC_6 = np.float64(0.00014842791611065876)
SINC_7 = np.float64(-6.972265844307018e-06)
SINC_8 = np.float64(2.451815004789817e-07)
SINC4_1 = np.float64(-1.6449340628412257)
SINC4_2 = np.float64(0.8117422082211638)
SINC4_3 = np.float64(-0.19074795816670392)
SINC4_4 = np.float64(0.026117521807253248)
SINC4_5 = np.float64(-0.002237105741117122)

# lgamma(2 + d) / d, |d| <= 1/2: the rest after the first coefficient, 2^-56.25; all, 2^-34.89
NEAR_HIGH, NEAR_LOW = np.float64(0.42278433509846713), np.float64(4.942915152430645e-18)
NEAR_0 = np.float64(0.3224670334241133)
NEAR_1 = np.float64(-0.06735230105319684)
NEAR_2 = np.float64(0.020580808427766648)
NEAR_3 = np.float64(-0.007385551028857646)
NEAR_4 = np.float64(0.0028905103318006653)
NEAR_5 = np.float64(-0.0011927539031095211)
NEAR_6 = np.float64(0.0005096694959353192)
NEAR_7 = np.float64(-0.00022315494794756459)
NEAR_8 = np.float64(9.945793634407115e-05)
NEAR_9 = np.float64(-4.4923958387694485e-05)
NEAR_10 = np.float64(2.050358199527798e-05)
NEAR_11 = np.float64(-9.45526896301982e-06)
NEAR_12 = np.float64(4.393435492130754e-06)
NEAR_13 = np.float64(-1.9766871432067634e-06)
NEAR_14 = np.float64(8.999452480393891e-07)
NEAR_15 = np.float64(-5.788557689488382e-07)
NEAR_16 = np.float64(2.9778570428601677e-07)
NEAR4_0 = np.float64(0.42278433510636637)
NEAR4_1 = np.float64(0.3224670336618109)
NEAR4_2 = np.float64(-0.0673523027491568)
NEAR4_3 = np.float64(0.0205807891319726)
NEAR4_4 = np.float64(-0.007385491241382818)
NEAR4_5 = np.float64(0.0028909447546914845)
NEAR4_6 = np.float64(-0.001193525119488904)
NEAR4_7 = np.float64(0.0005057179566782366)
NEAR4_8 = np.float64(-0.0002187202423120584)
NEAR4_9 = np.float64(0.00011489675267192604)
NEAR4_10 = np.float64(-5.6225222839283374e-05)

# a times what Stirling's formula lacks, in 1 / a^2, a >= 7.5: 2^-64.36 and 2^-37.13
STIRLING_0 = np.float64(0.08333333333333333)
STIRLING_1 = np.float64(-0.0027777777777678154)
STIRLING_2 = np.float64(0.0007936507874255599)
STIRLING_3 = np.float64(-0.0005952363680193883)
STIRLING_4 = np.float64(0.0008415014101738986)
STIRLING_5 = np.float64(-0.0018976797081417054)
STIRLING_6 = np.float64(0.005549250147428019)
STIRLING_7 = np.float64(-0.010800136637119581)
STIRLING4_0 = np.float64(0.08333333298308301)
STIRLING4_1 = np.float64(-0.00277761942352884)
STIRLING4_2 = np.float64(0.0007756732602636836)


@scalar
def _split(a):
    """(m, e, e'): a = m 2^e' > 0, m in [sqrt(1/2), sqrt(2)); e is e' but where a is tiny."""
    small = a < TINY
    bits = bits_of_f8(select(small, a * UP, a))
    e = (bits - ROOT_BITS) >> np.int64(52)
    m = f8_from_bits(bits - (e << np.int64(52)))
    return m, e, np.float64(e) - select(small, np.float64(100.0), ZERO)


@scalar
def _log_f8(a, al):
    """(h, l): log(a + al) = h + l to 59 bits or more, relative near 1 as well; a finite, > 0."""
    m, shift, e = _split(a)
    ml = select(al == ZERO, ZERO, al * f8_from_bits((np.int64(1023) - shift) << np.int64(52)))
    nh = m - ONE  # exact
    dh, dl = two_sum(m, ONE)
    r = ONE / dh
    s = nh * r
    sl = (fma(-s, dh, nh) + fma(-s, dl + ml, ml)) * r
    z = s * s
    p = fma(fma(fma(fma(fma(LOG_9, z, LOG_8), z, LOG_7), z, LOG_6), z, LOG_5), z, LOG_4)
    p = fma(fma(fma(fma(p, z, LOG_3), z, LOG_2), z, LOG_1), z, LOG_0)
    h, l = fast_two_sum(e * LN2, TWO * s)  # noqa: E741
    return fast_two_sum(h, l + fma(s * z, p, fma(TWO, sl, e * LN2_LOW)))


@scalar
def sinc4(z):
    """sin(pi t) / (pi t) for z = t^2, |t| <= 1/2, to 35 bits."""
    p = fma(fma(fma(fma(SINC4_5, z, SINC4_4), z, SINC4_3), z, SINC4_2), z, SINC4_1)
    return fma(p, z, ONE)


@scalar
def sinc_rest8(z):
    """sin(pi t) / (pi t) = 1 + z (SINC_1 + z times this) for z = t^2, |t| <= 1/2."""
    p = fma(fma(fma(fma(SINC_8, z, SINC_7), z, SINC_6), z, SINC_5), z, SINC_4)
    return fma(fma(p, z, SINC_3), z, SINC_2)


@scalar
def sinc_pair8(t):
    """(h, low): sin(pi t) / (pi t) for |t| <= 1/2, to 61 bits."""
    z, zl = two_product(t, t)
    p, low = two_product(SINC_1, z)
    c, cl = fast_two_sum(ONE, p)
    return fast_two_sum(c, cl + fma(SINC_1, zl, fma(z * z, sinc_rest8(z), low)))


@scalar
def factors(a, negative):
    """(k, five factors): lgamma(a) = lgamma(2 + a - k) +- log(their product), minus where k < 2.

    Below 1/2 that is a (a + 1), of which a is left to the reflection where x is negative. Beyond
    FAR it is a alone.
    """
    k = select(a < FAR, rint(a), ONE)
    first = select(k > TWO, a - ONE, select(k == TWO, ONE, a))
    first = select((k == ZERO) & negative, ONE, first)
    second = select(k == ZERO, a + ONE, select(k >= F4, a - TWO, ONE))
    third = select(k >= F5, a - F3, ONE)
    fourth = select(k >= F6, a - F4, ONE)
    return k, first, second, third, fourth, select(k >= F7, a - F5, ONE)


@scalar
def product8(a, k, first, second, third, fourth, fifth):
    """(h, low): the product of the factors, with the rounding of a + 1 in the second."""
    ph, pl = two_product(first, second)
    pl = fma(first, select(k == ZERO, two_sum(a, ONE)[1], ZERO), pl)
    qh, ql = two_product(ph, third)
    ql = fma(pl, third, ql)
    ph, pl = two_product(qh, fourth)
    pl = fma(ql, fourth, pl)
    qh, ql = two_product(ph, fifth)
    return qh, fma(pl, fifth, ql)


@scalar
def stirling8(r):
    """a times what Stirling's formula of log gamma(a) lacks, for r = 1 / a, a >= 7.5."""
    z = r * r
    p = fma(fma(fma(fma(STIRLING_7, z, STIRLING_6), z, STIRLING_5), z, STIRLING_4), z, STIRLING_3)
    return fma(fma(fma(p, z, STIRLING_2), z, STIRLING_1), z, STIRLING_0)


@scalar
def stirling4(r):
    """stirling8 to 37 bits."""
    z = r * r
    return fma(fma(STIRLING4_2, z, STIRLING4_1), z, STIRLING4_0)


@scalar
def lgamma_f4(x):
    """In float64.

    Largest error 0.51 ulp for x > 0; for x < 0 half an ulp and 1e-10 max(1, |result|).
    """
    wide = np.float64(x)
    a = select(fabs(wide) < INFINITY, fabs(wide), ONE)
    negative = wide < ZERO
    k, first, second, third, fourth, fifth = factors(a, negative)
    log = log_wide4(first * second * third * (fourth * fifth))
    d = a - k
    p = fma(fma(fma(fma(NEAR4_10, d, NEAR4_9), d, NEAR4_8), d, NEAR4_7), d, NEAR4_6)
    p = fma(fma(fma(fma(fma(p, d, NEAR4_5), d, NEAR4_4), d, NEAR4_3), d, NEAR4_2), d, NEAR4_1)
    p = fma(p, d, NEAR4_0)
    near = fma(d, p, select(k < TWO, -log, log))
    r = ONE / a
    far = fma(a - HALF, log - ONE, fma(stirling4(r), r, STIRLING_C))
    value = select(a < FAR, near, far)

    t = fabs(a - rint(a))
    z = t * t
    sine = select(k == ZERO, ONE, a) * t * sinc4(z)
    value = select(negative, -log_wide4(sine) - value, value)
    pole = (t == ZERO) & (wide <= ZERO)
    value = select((fabs(wide) == INFINITY) | pole, INFINITY, value)
    return select(x == x, np.float32(value), x)


@scalar
def lgamma_f8(x):
    """Largest error 1.95 ulp for x > 0; for x < 0 2.0 * 2^-53 max(1, |result|)."""
    a = select(fabs(x) < INFINITY, fabs(x), ONE)
    negative = x < ZERO
    k, first, second, third, fourth, fifth = factors(a, negative)
    qh, ql = product8(a, k, first, second, third, fourth, fifth)
    lh, ll = _log_f8(qh, ql)

    d = a - k
    p = fma(fma(fma(fma(fma(NEAR_16, d, NEAR_15), d, NEAR_14), d, NEAR_13), d, NEAR_12), d, NEAR_11)
    p = fma(fma(fma(fma(fma(p, d, NEAR_10), d, NEAR_9), d, NEAR_8), d, NEAR_7), d, NEAR_6)
    p = fma(fma(fma(fma(fma(p, d, NEAR_5), d, NEAR_4), d, NEAR_3), d, NEAR_2), d, NEAR_1)
    p = fma(p, d, NEAR_0)
    nh = d * NEAR_HIGH
    nl = fma(d * d, p, fma(d, NEAR_LOW, fma(d, NEAR_HIGH, -nh)))
    nh, e = two_sum(select(k < TWO, -lh, lh), nh)
    nl = nl + (e + select(k < TWO, -ll, ll))

    r = ONE / a
    mh, ml = fast_two_sum(lh, -ONE)
    fh, fl = two_product(a - HALF, mh)
    fl = fma(a - HALF, ml + ll, fl) + fma(stirling8(r), r, STIRLING_C)
    fl = select(fh < INFINITY, fl, ZERO)
    h = select(a < FAR, nh, fh)
    l = select(a < FAR, nl, fl)  # noqa: E741

    t = fabs(a - rint(a))
    z = t * t
    p = fma(fma(sinc_rest8(z), z, SINC_1), z, ONE)
    sh, sl = two_product(select(k == ZERO, ONE, a), t)
    bh, bl = two_product(sh, p)
    bh, bl = _log_f8(select(negative, bh, ONE), select(negative, fma(sl, p, bl), ZERO))
    rh, rl = two_sum(-bh, -h)
    value = select(negative, rh + (rl - (bl + l)), h + l)
    value = select((fabs(x) == INFINITY) | ((t == ZERO) & (x <= ZERO)), INFINITY, value)
    return select(x == x, value, x)
