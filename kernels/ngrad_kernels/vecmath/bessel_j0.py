"""Bessel's function of the first kind of order 0.

Below 8 a polynomial in x^2, around the middle of the interval. Beyond, Hankel's expansion, sqrt(2 /
(pi x)) (P cos(x - pi/4) - Q sin(x - pi/4)), where P and x Q are polynomials in 1 / x^2, and sine
and cosine of that angle are sums of those of x, which is reduced as for these.

Source: M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 9.1 and 9.2. Coefficients:
minimax fits by tests/kernels/fit.py.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import bits_of_f8, f8_from_bits, fabs, fma, scalar, select, sqrt
from ngrad_kernels.vecmath.doubled import fast_two_sum, stepped, two_sum
from ngrad_kernels.vecmath.trigonometric import (
    _quarter_turns_f4,
    _reduce_f8,
    _sine_cosine_f4,
    _sine_cosine_f8,
)

ZERO = np.float64(0.0)
HALF = np.float64(0.5)
ONE = np.float64(1.0)
BORDER, MIDDLE = np.float64(8.0), np.float64(32.0)
INFINITY = np.float64(np.inf)
QUARTER_PI = np.float64(0.7853981633974483)

# (J0(x) - HIGH - LOW) / u in u = x^2 - 32, |u| <= 32: 2^-58.09; its derivative by
# u, 2^-12.26; J0(x) for float32, 2^-38.90
NEAR_HIGH, NEAR_LOW = np.float64(0.04582966485981377), np.float64(1.6070858892353331e-18)
NEAR_0 = np.float64(0.029071913977995537)
NEAR_1 = np.float64(-0.0006332707842648278)
NEAR_2 = np.float64(-2.4660913319997848e-05)
NEAR_3 = np.float64(9.90275822776529e-07)
NEAR_4 = np.float64(-1.5123726303788058e-08)
NEAR_5 = np.float64(1.3596271031311494e-10)
NEAR_6 = np.float64(-8.286651750993322e-13)
NEAR_7 = np.float64(3.690801340019902e-15)
NEAR_8 = np.float64(-1.2606333307056892e-17)
NEAR_9 = np.float64(3.417106402632816e-20)
NEAR_10 = np.float64(-7.543272968693059e-23)
NEAR_11 = np.float64(1.3839724305183914e-25)
NEAR_12 = np.float64(-2.1450794276817794e-28)
NEAR_13 = np.float64(2.8485778483558323e-31)
NEAR_14 = np.float64(-3.498358855734518e-34)
NEAR_15 = np.float64(3.4089229424042952e-37)
NEAR_16 = np.float64(4.741794468099244e-39)
SLOPE_0 = np.float64(0.028870699118)
SLOPE_1 = np.float64(-0.001260441793)
SLOPE_2 = np.float64(-7.0456254e-05)
SLOPE_3 = np.float64(3.92349e-06)
SLOPE_4 = np.float64(-8.4736e-08)
SLOPE_5 = np.float64(8.77e-10)
NEAR4_0 = np.float64(0.04582966485989635)
NEAR4_1 = np.float64(0.029071913978784836)
NEAR4_2 = np.float64(-0.0006332707842716795)
NEAR4_3 = np.float64(-2.466091334157705e-05)
NEAR4_4 = np.float64(9.902758228712844e-07)
NEAR4_5 = np.float64(-1.5123726135235115e-08)
NEAR4_6 = np.float64(1.3596270981400246e-10)
NEAR4_7 = np.float64(-8.286657392738015e-13)
NEAR4_8 = np.float64(3.690802607303079e-15)
NEAR4_9 = np.float64(-1.2605415541641562e-17)
NEAR4_10 = np.float64(3.416939608717151e-20)
NEAR4_11 = np.float64(-7.614896219911033e-23)
NEAR4_12 = np.float64(1.3949423535279619e-25)

# (P - 1) / w and Q x / 8 in w = 64 / x^2, w <= 1: 2^-60.38 and 2^-60.28; for float32 2^-33.36
# and 2^-34.46
P_0 = np.float64(-0.0010986328124998367)
P_1 = np.float64(2.738088367977433e-05)
P_2 = np.float64(-2.183919187829021e-06)
P_3 = np.float64(3.6203474822060686e-07)
P_4 = np.float64(-1.0240316964139664e-07)
P_5 = np.float64(4.38581961392948e-08)
P_6 = np.float64(-2.5525070799869042e-08)
P_7 = np.float64(1.7490140755041455e-08)
P_8 = np.float64(-1.1901259652600366e-08)
P_9 = np.float64(6.880135005940281e-09)
P_10 = np.float64(-2.9510120622404474e-09)
P_11 = np.float64(8.042549122207287e-10)
P_12 = np.float64(-1.0262524947234019e-10)
Q_0 = np.float64(-0.015625)
Q_1 = np.float64(0.0001430511474607508)
Q_2 = np.float64(-6.930786168983628e-06)
Q_3 = np.float64(8.238441911203693e-07)
Q_4 = np.float64(-1.8164171634842233e-07)
Q_5 = np.float64(6.411588450507879e-08)
Q_6 = np.float64(-3.279592647436571e-08)
Q_7 = np.float64(2.1885167799931967e-08)
Q_8 = np.float64(-1.648370207951364e-08)
Q_9 = np.float64(1.1899453068326354e-08)
Q_10 = np.float64(-7.1286791467967604e-09)
Q_11 = np.float64(3.125450747934277e-09)
Q_12 = np.float64(-8.63944062736113e-10)
Q_13 = np.float64(1.113082099007521e-10)
P4_0 = np.float64(-0.0010986297791913972)
P4_1 = np.float64(2.7349427000246863e-05)
P4_2 = np.float64(-2.079281899223042e-06)
P4_3 = np.float64(2.1206108341393557e-07)
Q4_0 = np.float64(-0.015624999957553206)
Q4_1 = np.float64(0.00014304887655096162)
Q4_2 = np.float64(-6.911147662831861e-06)
Q4_3 = np.float64(7.621093570254465e-07)
Q4_4 = np.float64(-9.34943596376556e-08)


@scalar
def _near_f4(u):
    """J0(x), for u = x^2 - 32, |u| <= 32."""
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
    """J0(x), as a pair, for u + low = x^2 - 32, |u| <= 32."""
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
def _amplitudes0_f4(t):
    """(P - 1, Q) of order 0 for t = 8 / x <= 1."""
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
def _amplitudes0_f8(t):
    """(P - 1, Q) of order 0 for t = 8 / x <= 1."""
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
def hankel4(a):
    """(s, c, m) of a finite a > 0 in float64: sine plus cosine of a, sine less cosine, and what to
    multiply sums of them by, 1 / sqrt(pi a).
    """
    q, f = _quarter_turns_f4(a)
    s, c = _sine_cosine_f4(f)
    odd = (q & np.int64(1)) != np.int64(0)
    sine = select(odd, c, s)
    cosine = select(odd, -s, c)
    m = HALF / sqrt(a * QUARTER_PI)
    m = f8_from_bits(bits_of_f8(m) ^ ((q & np.int64(2)) << np.int64(62)))
    return sine + cosine, sine - cosine, m


@scalar
def hankel8(a):
    """(s, s', c, c', m) of a finite a > 0: sine plus cosine of a, s + s', sine less cosine, c + c',
    and what to multiply sums of them by, 1 / sqrt(pi a).
    """
    q, rh, rl = _reduce_f8(a)
    sh, sl, ch, cl = _sine_cosine_f8(rh, rl)
    sh, sl = fast_two_sum(sh, sl)
    ch, cl = fast_two_sum(ch, cl)
    odd = (q & np.int64(1)) != np.int64(0)
    th, tl = select(odd, ch, sh), select(odd, cl, sl)
    ch, cl = select(odd, -sh, ch), select(odd, -sl, cl)
    plus, pl = two_sum(th, ch)
    less, ll = two_sum(th, -ch)
    m = HALF / sqrt(a * QUARTER_PI)
    m = f8_from_bits(bits_of_f8(m) ^ ((q & np.int64(2)) << np.int64(62)))
    return plus, pl + (tl + cl), less, ll + (tl - cl), m


@scalar
def squared8(a):
    """(u, low): a^2 - MIDDLE for a <= BORDER, exactly."""
    z = a * a
    u = z - MIDDLE
    return u, (z - (u + MIDDLE)) + fma(a, a, -z)


@scalar
def bessel_j0_f4(x):
    """In float64. Largest error half an ulp of the larger of |result| and 1 / sqrt(x)."""
    a = fabs(np.float64(x))
    near = a < BORDER
    value = _near_f4(select(near, fma(a, a, -MIDDLE), ZERO))
    b = select(near | (a == INFINITY), BORDER, a)
    p, q = _amplitudes0_f4(BORDER / b)
    plus, less, m = hankel4(b)
    far = m * (plus + fma(p, plus, -q * less))
    value = np.float32(select(near, value, select(a < INFINITY, far, ZERO)))
    return select(x == x, value, x)


@scalar
def bessel_j0_f8(x):
    """Largest error 2^-52 times 1.3 max(|result|, 1 / sqrt(|x|)), for small x 1.1 ulp."""
    a = fabs(x)
    near = a < BORDER
    u, low = squared8(select(near, a, ZERO))
    h, low = _near_f8(u, low)
    b = select(near | (a == INFINITY), BORDER, a)
    p, q = _amplitudes0_f8(BORDER / b)
    plus, pl, less, _, m = hankel8(b)
    far = m * (plus + (pl + fma(p, plus, -q * less)))
    value = select(near, h + low, select(a < INFINITY, far, ZERO))
    value = select(a == ZERO, ONE, value)
    return select(x == x, value, x)
