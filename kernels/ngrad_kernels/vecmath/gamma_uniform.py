"""What the normal distribution lacks of the gamma distribution with a large parameter a.

With v = (x - a) / a and h of the sign of v, h^2 / 2 = v - log(1 + v), the share above x is

    exp(-a h^2 / 2) (erfcx(h sqrt(a / 2)) / 2 + S / sqrt(2 pi a))

S = a / (a + beta_1) sum of beta_n h^n, where beta_(n-1) = d_n + (n + 1) / a beta_(n+1), and d_n are
the coefficients of h / v by powers of h. So all powers of 1 / a are summed at once; for a >= 12 and
|h| <= 1 the rest is below 2^-52.

Source: N. M. Temme, "The asymptotic expansion of the incomplete gamma functions" (1979), DLMF 8.12;
the recurrence: A. Gil, J. Segura, N. M. Temme, "Efficient and accurate algorithms for the
computation and inversion of the incomplete gamma function ratios" (2012).
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fma, scalar

ZERO = np.float64(0.0)
ONE = np.float64(1.0)

D_1 = np.float64(-0.3333333333333333)
D_2 = np.float64(0.08333333333333333)
D_3 = np.float64(-0.014814814814814815)
D_4 = np.float64(0.0011574074074074073)
D_5 = np.float64(0.0003527336860670194)
D_6 = np.float64(-0.0001787551440329218)
D_7 = np.float64(3.919263178522438e-05)
D_8 = np.float64(-2.185448510679992e-06)
D_9 = np.float64(-1.85406221071516e-06)
D_10 = np.float64(8.296711340953087e-07)
D_11 = np.float64(-1.7665952736826078e-07)
D_12 = np.float64(6.707853543401498e-09)
D_13 = np.float64(1.0261809784240309e-08)
D_14 = np.float64(-4.382036018453353e-09)
D_15 = np.float64(9.14769958223679e-10)
D_16 = np.float64(-2.5514193994946248e-11)
D_17 = np.float64(-5.830772132550426e-11)
D_18 = np.float64(2.4361948020667415e-11)
D_19 = np.float64(-5.0276692801141755e-12)
D_20 = np.float64(1.1004392031956135e-13)
D_21 = np.float64(3.371763262400985e-13)
D_22 = np.float64(-1.392388722418162e-13)
D_23 = np.float64(2.8534893807047445e-14)
D_24 = np.float64(-5.139111834242572e-16)
D_25 = np.float64(-1.9752288294349442e-15)
D_26 = np.float64(8.099521156704561e-16)
D_27 = np.float64(-1.6522531216398162e-16)
D_28 = np.float64(2.5305430097478883e-18)
D_29 = np.float64(1.1686939738559576e-17)
D_30 = np.float64(-4.770037049820485e-18)
D_31 = np.float64(9.699126059056237e-19)
D_32 = np.float64(-1.2932565538038175e-20)


@scalar
def down(factor, d, h, above, beta, total):
    """(beta_n, beta_(n-1), the sum from it on), of beta_(n+1), beta_n and the sum from there."""
    below = fma(factor, above, d)
    return beta, below, fma(total, h, below)


@scalar
def uniform8(a, h):
    """S of a >= 12 and |h| <= 1."""
    r = ONE / a
    above, beta, total = ZERO, ZERO, ZERO
    above, beta, total = down(33.0 * r, D_32, h, above, beta, total)
    above, beta, total = down(32.0 * r, D_31, h, above, beta, total)
    above, beta, total = down(31.0 * r, D_30, h, above, beta, total)
    above, beta, total = down(30.0 * r, D_29, h, above, beta, total)
    above, beta, total = down(29.0 * r, D_28, h, above, beta, total)
    above, beta, total = down(28.0 * r, D_27, h, above, beta, total)
    above, beta, total = down(27.0 * r, D_26, h, above, beta, total)
    above, beta, total = down(26.0 * r, D_25, h, above, beta, total)
    above, beta, total = down(25.0 * r, D_24, h, above, beta, total)
    above, beta, total = down(24.0 * r, D_23, h, above, beta, total)
    above, beta, total = down(23.0 * r, D_22, h, above, beta, total)
    above, beta, total = down(22.0 * r, D_21, h, above, beta, total)
    above, beta, total = down(21.0 * r, D_20, h, above, beta, total)
    above, beta, total = down(20.0 * r, D_19, h, above, beta, total)
    above, beta, total = down(19.0 * r, D_18, h, above, beta, total)
    above, beta, total = down(18.0 * r, D_17, h, above, beta, total)
    above, beta, total = down(17.0 * r, D_16, h, above, beta, total)
    above, beta, total = down(16.0 * r, D_15, h, above, beta, total)
    above, beta, total = down(15.0 * r, D_14, h, above, beta, total)
    above, beta, total = down(14.0 * r, D_13, h, above, beta, total)
    above, beta, total = down(13.0 * r, D_12, h, above, beta, total)
    above, beta, total = down(12.0 * r, D_11, h, above, beta, total)
    above, beta, total = down(11.0 * r, D_10, h, above, beta, total)
    above, beta, total = down(10.0 * r, D_9, h, above, beta, total)
    above, beta, total = down(9.0 * r, D_8, h, above, beta, total)
    above, beta, total = down(8.0 * r, D_7, h, above, beta, total)
    above, beta, total = down(7.0 * r, D_6, h, above, beta, total)
    above, beta, total = down(6.0 * r, D_5, h, above, beta, total)
    above, beta, total = down(5.0 * r, D_4, h, above, beta, total)
    above, beta, total = down(4.0 * r, D_3, h, above, beta, total)
    above, beta, total = down(3.0 * r, D_2, h, above, beta, total)
    above, beta, total = down(2.0 * r, D_1, h, above, beta, total)
    return total / fma(above, r, ONE)


@scalar
def down_slopes(n, d, a, h, above, beta, total, above_a, beta_a, total_a, total_h):
    """What `down` gives for a factor n / a; the derivatives in a of all three; the sum's in h."""
    factor = n / a
    below = fma(factor, above, d)
    below_a = factor * (above_a - above / a)
    total_h = fma(total_h, h, total)
    total, total_a = fma(total, h, below), fma(total_a, h, below_a)
    return beta, below, total, beta_a, below_a, total_a, total_h


@scalar
def slopes8(a, h):
    """(S, dS/da, dS/dh) of a >= 12 and |h| <= 1."""
    b, c, s, ba, ca, sa, sh = ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO
    b, c, s, ba, ca, sa, sh = down_slopes(33.0, D_32, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(32.0, D_31, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(31.0, D_30, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(30.0, D_29, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(29.0, D_28, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(28.0, D_27, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(27.0, D_26, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(26.0, D_25, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(25.0, D_24, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(24.0, D_23, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(23.0, D_22, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(22.0, D_21, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(21.0, D_20, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(20.0, D_19, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(19.0, D_18, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(18.0, D_17, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(17.0, D_16, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(16.0, D_15, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(15.0, D_14, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(14.0, D_13, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(13.0, D_12, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(12.0, D_11, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(11.0, D_10, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(10.0, D_9, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(9.0, D_8, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(8.0, D_7, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(7.0, D_6, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(6.0, D_5, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(5.0, D_4, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(4.0, D_3, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(3.0, D_2, a, h, b, c, s, ba, ca, sa, sh)
    b, c, s, ba, ca, sa, sh = down_slopes(2.0, D_1, a, h, b, c, s, ba, ca, sa, sh)
    inverse = ONE / (ONE + b / a)
    s = s * inverse
    return s, (sa - s * (ba - b / a) / a) * inverse, sh * inverse
