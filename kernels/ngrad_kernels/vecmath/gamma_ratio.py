"""gamma(p) gamma(q) / gamma(r) of p + q = r, of which beta and binomials are made.

For 0 <= p <= q it is a quotient of `gamma_value`'s numbers for those below 7.5, times exp(E) for
the others, where Stirling's formulas are taken together, so that nothing large cancels:

    p, q, r >= 7.5   (p - 1/2) log(p / r) + (q - 1/2) log(q / r) - log(r) / 2 + log(2 pi) / 2
    q, r >= 7.5      -p log(r) + (q - 1/2) log(q / r) + p
    r >= 7.5         -(r - 1/2) log(r) + r - log(2 pi) / 2

and what each lacks. log(q / r) is found from q - r = -p, and sqrt(r) is left to the quotient. The
sum or difference of the two that are given is a pair in float64.

Source: M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 6.1. Coefficients: minimax
fits by tests/kernels/fit.py.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import copysign, fabs, fma, scalar, select, sqrt
from ngrad_kernels.vecmath.doubled import (
    fast_two_sum,
    pair_divide,
    pair_multiply,
    two_product,
    two_sum,
)
from ngrad_kernels.vecmath.exponential import exp_reduced8, exp_wide4
from ngrad_kernels.vecmath.gamma import (
    FAR,
    HALF,
    ONE,
    SINC_1,
    SINC_2,
    TWO,
    ZERO,
    sinc_pair8,
    stirling4,
    stirling8,
)
from ngrad_kernels.vecmath.gamma_value import near4, near8, quotient8
from ngrad_kernels.vecmath.power import log_of_ratio4, log_of_ratio8, log_sum8, log_wide4

FOUR = np.float64(4.0)
ROOT_HALF = np.float64(0.7071067811865476)
LOG_ROOT, LOG_ROOT_LOW = np.float64(0.9189385332046728), np.float64(-3.8782941580672414e-17)
# log(2 pi) / 2
HUGE, DOWN, UP = np.float64(2.0**1000), np.float64(2.0**-100), np.float64(2.0**100)
LARGEST, LARGEST4 = np.float64(1e308), np.float64(1e39)
MOST, MOST4 = np.float64(1400.0), np.float64(600.0)  # exp of more is infinite, of -MOST 0

# a digamma(a), 0 <= a <= 7.5: 2^-5.9, as it is only taken times a rounding error
SLOPE_0 = np.float64(-1.0166878014534453)
SLOPE_1 = np.float64(-0.31243133448273036)
SLOPE_2 = np.float64(0.8973155408399026)
SLOPE_3 = np.float64(-0.17368634913346098)
SLOPE_4 = np.float64(0.019231610275959633)
SLOPE_5 = np.float64(-0.0008473724071190656)


@scalar
def sinc_sum8(t, low):
    """(h, l): sin(pi t) / (pi t) at t + low, |t| <= 1/2."""
    h, l = sinc_pair8(t)  # noqa: E741
    return h, fma(t * low, fma(FOUR * SINC_2, t * t, TWO * SINC_1), l)


@scalar
def slope8(a, low):
    """The relative difference between gamma(a + low) and gamma(a) for 0 < a < 7.5."""
    p = fma(fma(fma(fma(SLOPE_5, a, SLOPE_4), a, SLOPE_3), a, SLOPE_2), a, SLOPE_1)
    return select((a > ZERO) & (a < FAR), low / a * fma(p, a, SLOPE_0), ZERO)


@scalar
def remainder8(a):
    """What Stirling's formula of log gamma(a) lacks; 0 for a < 7.5."""
    r = ONE / select(a < FAR, FAR, a)
    return select(a < FAR, ZERO, r * stirling8(r))


@scalar
def remainder4(a):
    """remainder8 to 37 bits."""
    r = ONE / select(a < FAR, FAR, a)
    return select(a < FAR, ZERO, r * stirling4(r))


@scalar
def exponent8(ph, pl, qh, ql, rh, rl, down, up):
    """(h, l): E of p, q, r, pairs; up to its last part of those times `down`, which is 1 / `up`."""
    pnear = ph * up < FAR
    qnear = qh * up < FAR
    rnear = rh * up < FAR
    first = rnear | ~qnear  # or only r is far
    half = HALF * down

    # log(q / r), or that of 2 q / r
    reduced = qh < ROOT_HALF * rh
    nh, nl = two_sum(select(reduced, qh, ZERO), -ph)
    nl = nl + (select(reduced, ql, ZERO) - pl)
    times = select(reduced, TWO, ONE)
    dh, dl = two_sum(times * qh, rh)
    dl = dl + fma(times, ql, rl)
    dh = select(rnear, ONE, dh)  # where no logarithm counts, and r may be 0
    inverse = ONE / dh
    s = nh * inverse
    s_low = (fma(-s, dh, nh) + fma(-s, dl, nl)) * inverse
    s, s_low = fast_two_sum(s, s_low)
    sh, sl = log_of_ratio8(s, s_low, select(reduced, -ONE, ZERO))
    ch, cl = two_sum(qh, -half)
    ch = select(qnear, ZERO, ch)
    cl = select(qnear, ZERO, cl + ql)
    h, e = two_product(ch, sh)
    low = fma(ch, sl, fma(cl, sh, e))

    # log(p / r) or log(r)
    fh, fl = pair_divide(ph, pl, rh, rl)
    fh = select(pnear, select(rnear, ONE, rh * up), fh)
    fh, fl = log_sum8(fh, select(pnear, select(rnear, ZERO, rl * up), fl))
    ch = select(first, ph, rh)
    cl = select(first, pl, rl)
    th = select(pnear & ~rnear, ch, ZERO)
    tl = select(pnear & ~rnear, cl, ZERO)
    ch, e = two_sum(ch, select(first & pnear, ZERO, -half))
    cl = cl + e
    ch = select(rnear, ZERO, select(pnear, -ch, ch))
    cl = select(rnear, ZERO, select(pnear, -cl, cl))
    bh, bl = two_product(ch, fh)
    bl = fma(ch, fl, fma(cl, fh, bl))
    h, e = two_sum(h, bh)
    low = low + (bl + e)
    h, e = two_sum(h, th)
    low = low + (tl + e)

    sign = select(pnear, select(first, ZERO, -ONE), ONE)
    h, e = two_sum(h * up, sign * LOG_ROOT)
    low = fma(low, up, fma(sign, LOG_ROOT_LOW, e))
    rest = remainder8(qh * up) - remainder8(rh * up)
    return h, low + (rest + remainder8(ph * up))


@scalar
def ratio8(lo, lless, hi, hless, sh, sl, sless, most, down, up):
    """(N, D, E): the quotient is N / D exp(E), where all three are pairs.

    lo <= hi and the pair s are given times `down`, which is 1 / `up`. s is r, if it is the `most`;
    else hi is. `..less`: gamma of that one without its factor 1 / a up to a = 1/2.
    """
    rh = select(most, sh, hi)
    rl = select(most, sl, ZERO)
    rless = select(most, sless, hless)
    oh = select(most, hi, sh)  # the other beside lo
    ol = select(most, ZERO, sl)
    oless = select(most, hless, sless)
    swap = oh < lo
    ph = select(swap, oh, lo)
    pl = select(swap, ol, ZERO)
    qh = select(swap, lo, oh)
    ql = select(swap, ZERO, ol)
    eh, el = exponent8(ph, pl, qh, ql, rh, rl, down, up)

    a, b, c = ph * up, qh * up, rh * up
    nh, nl, dh, dl = near8(select(a < FAR, a, ONE), select(swap, oless, lless))
    mh, ml, fh, fl = near8(select(b < FAR, b, ONE), select(swap, lless, oless))
    nh, nl = pair_multiply(nh, nl, mh, ml)
    dh, dl = pair_multiply(dh, dl, fh, fl)
    mh, ml, fh, fl = near8(select(c < FAR, c, ONE), rless)
    nh, nl = pair_multiply(nh, nl, fh, fl)
    dh, dl = pair_multiply(dh, dl, mh, ml)
    # the root of r where all are far
    c = select(a < FAR, ONE, select(c < LARGEST, c, LARGEST))
    root = sqrt(c)
    root_low = (fma(-root, root, c) + select(a < FAR, ZERO, rl * up)) * (HALF / root)
    dh, dl = pair_multiply(dh, dl, root, root_low)
    s = sh * up
    slope = select(sless & (s <= HALF), ZERO, slope8(s, sl))
    return nh, fma(nh, select(most, -slope, slope), nl), dh, dl, eh, el


@scalar
def exponent4(p, q, r):
    """E to 37 bits, and as many behind the point."""
    reduced = q < ROOT_HALF * r
    s = (select(reduced, q, ZERO) - p) / fma(select(reduced, TWO, ONE), q, r)
    later = log_of_ratio4(s, select(reduced, -ONE, ZERO)) * select(q < FAR, ZERO, q - HALF)
    log = log_wide4(select(p < FAR, select(r > ZERO, r, ONE), p / r))
    both = select(q < FAR, HALF - r, -p) * log + select(q < FAR, r - LOG_ROOT, p)
    first = select(p < FAR, both, fma(p - HALF, log, LOG_ROOT))
    rest = remainder4(q) - remainder4(r)
    return select(r < FAR, ZERO, first + later + (rest + remainder4(p)))


@scalar
def ratio4(lo, lless, hi, hless, s, sless, most):
    """(N, D, E) as of ratio8, of float32 as float64."""
    r = select(most, s, hi)
    other = select(most, hi, s)
    oless = select(most, hless, sless)
    swap = other < lo
    p = select(swap, other, lo)
    q = select(swap, lo, other)
    n, d = near4(select(p < FAR, p, ONE), select(swap, oless, lless))
    m, f = near4(select(q < FAR, q, ONE), select(swap, lless, oless))
    n, d = n * m, d * f
    m, f = near4(select(r < FAR, r, ONE), select(most, sless, hless))
    return n * f, d * m * sqrt(select(p < FAR, ONE, r)), exponent4(p, q, r)


@scalar
def exp_quotient8(nh, nl, dh, dl, eh, el, k):
    """2^k N / D exp(E), of pairs, k a whole number."""
    inside = fabs(eh) < MOST
    eh = select(inside, eh, copysign(MOST, eh))
    eh, el = two_sum(eh, select(inside, el, ZERO))
    _, n, h, rest = exp_reduced8(eh, el)
    h, l = fast_two_sum(ONE, h)  # noqa: E741
    h, l = fast_two_sum(h, l + rest)  # noqa: E741
    nh, nl = pair_multiply(nh, nl, h, l)
    return quotient8(nh, nl, dh, dl, n + k)


@scalar
def exp_quotient4(n, d, e):
    """N / D exp(E) in float64."""
    return n / d * exp_wide4(select(fabs(e) < MOST4, e, copysign(MOST4, e)))
