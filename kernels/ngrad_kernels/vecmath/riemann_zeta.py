"""Riemann's zeta function of a real number.

Seven terms of the series, of 2^-s, 3^-s, 5^-s, 7^-s, 8^-s and products, and Euler's and Maclaurin's
expansion from 8 on, which continues it to the left of its pole at 1. Below 1/4, where these cancel,
it is reflected, zeta(x) = 2 (2 pi)^(x - 1) sin(pi x / 2) gamma(1 - x) zeta(1 - x), and
1 - x is a pair in float64, as are all the factors.

Sources: DLMF 25.2.9 and 25.4.1.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fabs, fma, rint, scalar, select
from ngrad_kernels.vecmath.doubled import pair_add, pair_multiply, pair_plus, two_product, two_sum
from ngrad_kernels.vecmath.exponential import ROUND8, exp_wide4, halves8
from ngrad_kernels.vecmath.gamma import (
    FAR,
    HALF,
    INFINITY,
    ONE,
    TWO,
    ZERO,
    sinc4,
    sinc_pair8,
    stirling4,
)
from ngrad_kernels.vecmath.gamma_ratio import slope8
from ngrad_kernels.vecmath.gamma_value import (
    LEFT,
    NAN,
    is_odd,
    near4,
    near8,
    quotient8,
    stirling_sum8,
)
from ngrad_kernels.vecmath.power import log_wide4
from ngrad_kernels.vecmath.zeta import exp_pair8, expansion4, expansion8

LEFTMOST = np.float64(0.25)
TINY = np.float64(2.0**-1000)
LEAST, LEAST4 = np.float64(-400.0), np.float64(-90.0)  # below, it is infinite or 0
MOST, MOST4 = np.float64(1100.0), np.float64(200.0)  # from here on it is 1
EIGHT, EIGHTH = np.float64(8.0), np.float64(0.125)
TWELFTH = np.float64(1 / 12)
LOG2, LOG2_LOW = np.float64(0.6931471805599453), np.float64(2.3190468138462996e-17)
LOG3, LOG3_LOW = np.float64(1.0986122886681098), np.float64(-9.07129723500153e-17)
LOG5, LOG5_LOW = np.float64(1.6094379124341003), np.float64(9.280081691085902e-17)
LOG7, LOG7_LOW = np.float64(1.9459101490553132), np.float64(7.323586207904907e-17)
LOG8, LOG8_LOW = np.float64(2.0794415416798357), np.float64(1.8059370687790465e-16)
LOG_TURN, LOG_TURN_LOW = np.float64(1.8378770664093456), np.float64(-7.756588316134483e-17)


@scalar
def _power8(s, low, log, log_low):
    """exp(-(s + low) (log + log_low)) as a pair."""
    th, tl = two_product(-s, log)
    h, l, n = exp_pair8(th, fma(-s, log_low, fma(-low, log, tl)))  # noqa: E741
    p, u = halves8(n)
    return h * p * u, l * p * u


@scalar
def series8(s, low, s1, s1_low):
    """zeta(s + low) as a pair from 1/4 on; s1 is s - 1."""
    ah, al = _power8(s, low, LOG2, LOG2_LOW)
    bh, bl = _power8(s, low, LOG3, LOG3_LOW)
    ch, cl = _power8(s, low, LOG5, LOG5_LOW)
    dh, dl = _power8(s, low, LOG7, LOG7_LOW)
    fh, fl = pair_multiply(ah, al, ah, al)
    gh, gl = pair_multiply(ah, al, bh, bl)
    eh, el = _power8(s, low, LOG8, LOG8_LOW)
    # 8^-s (8 / (s - 1) + 1/2 + 8 times the expansion)
    q = EIGHT / s1
    rest = (fma(-q, s1, EIGHT) - q * s1_low) / s1
    mh, ml = two_sum(q, HALF)
    ml = fma(EIGHT, expansion8(s, EIGHTH), ml + rest)
    h, l = pair_multiply(eh, el, mh, ml)  # noqa: E741
    h, l = pair_add(h, l, dh, dl)  # noqa: E741
    h, l = pair_add(h, l, gh, gl)  # noqa: E741
    h, l = pair_add(h, l, ch, cl)  # noqa: E741
    h, l = pair_add(h, l, fh, fl)  # noqa: E741
    h, l = pair_add(h, l, bh, bl)  # noqa: E741
    h, l = pair_add(h, l, ah, al)  # noqa: E741
    return pair_plus(h, l, ONE)


@scalar
def series4(s, s1):
    """series8 in plain float64, for results in float32."""
    a = exp_wide4(-s * LOG2)
    b = exp_wide4(-s * LOG3)
    tail = a * a * a * (EIGHT / s1 + fma(EIGHT, expansion4(s, EIGHTH), HALF))
    more = exp_wide4(-s * LOG5) + exp_wide4(-s * LOG7)
    return ONE + (a + (b + (a * a + (a * b + (more + tail)))))


@scalar
def edges8(x, value):
    """Infinite at 1, and NaN at -infinity, between whose zeros it grows."""
    value = select(x == ONE, INFINITY, select(x == -INFINITY, NAN, value))
    return select(x == x, value, x)


@scalar
def riemann_zeta_f4(x):
    """In float64. Largest error 0.51 ulp."""
    wide = np.float64(x)
    w = select(wide > LEAST4, wide, LEAST4)
    w = select(w < MOST4, w, MOST4)
    w = select(w == ONE, TWO, w)
    reflected = (w < LEFTMOST) & (fabs(w) > TINY)
    s = select(reflected, ONE - w, w)
    value = series4(s, select(reflected, -w, w - ONE))
    y = select(reflected, s, TWO)
    near = y < FAR
    p, q = near4(select(near, y, TWO), reflected)
    b = select(near, FAR, y)
    r = ONE / b
    e = fma(b - HALF, log_wide4(b) - ONE, fma(stirling4(r), r, LEFT))
    e = fma(select(reflected, w, ZERO), LOG_TURN, select(near, ZERO, e))
    n = rint(HALF * wide)
    t = fma(HALF, wide, -n)
    sine = t * sinc4(t * t)
    sine = select(is_odd(n), -sine, sine)
    value = select(reflected, sine * value * select(near, p / q, ONE) * exp_wide4(e), value)
    value = select(reflected & (t == ZERO), ZERO, value)
    return np.float32(edges8(wide, value))


@scalar
def riemann_zeta_f8(x):
    """Largest error 1.1 ulp."""
    w = select(x > LEAST, x, LEAST)
    w = select(w < MOST, w, MOST)
    w = select(w == ONE, TWO, w)
    reflected = (w < LEFTMOST) & (fabs(w) > TINY)
    s, sl = two_sum(ONE, -w)
    th, tl = select(reflected, -w, -s), select(reflected, ZERO, -sl)
    s = select(reflected, s, w)
    sl = select(reflected, sl, ZERO)
    h, l = series8(s, sl, th, tl)  # noqa: E741

    y = select(reflected, s, TWO)
    near = y < FAR
    ph, pl, qh, ql = near8(select(near, y, TWO), reflected)
    b = select(near, FAR, y)
    eh, el = stirling_sum8(b)
    el = fma(sl, log_wide4(b) - (HALF + TWELFTH / b) / b, el)  # the slope is digamma's
    fh, fl = two_product(select(reflected, w, ZERO), LOG_TURN)
    fl = fma(w, LOG_TURN_LOW, fl)
    eh, e = two_sum(select(near, ZERO, eh), fh)
    mh, ml, shifted = exp_pair8(eh, e + (fl + select(near, slope8(y, sl), el)))
    n = rint(HALF * x)
    t = fma(HALF, x, -n)
    ch, cl = sinc_pair8(select(reflected, t, ZERO))
    t = select(is_odd(n), -t, t)
    ch, cl = pair_multiply(ch, cl, mh, ml)
    ch, cl = pair_multiply(ch, cl, select(near, ph, ONE), select(near, pl, ZERO))
    ch, cl = pair_multiply(ch, cl, h, l)
    ch, cl = pair_multiply(ch, cl, t, ZERO)
    value = quotient8(ch, cl, select(near, qh, ONE), select(near, ql, ZERO), shifted - ROUND8)
    value = select(reflected, select(t == ZERO, ZERO, value), h + l)
    return edges8(x, value)
