"""Hurwitz's zeta function, the sum of (k + q)^-s over k >= 0, and the derivatives of digamma.

Fifteen terms, and of what is above them Euler's and Maclaurin's expansion in w >= 7.5, where its
first twelve terms lack 2^-61 of the whole, whatever s: of a larger one the rest is small. For
q < 0, where s is whole, the terms are those nearest to the pole, and what is below them is again a
zeta function, less that of 1 - q. Powers have logarithms and exponents that are pairs.

polygamma(n, x) = (-1)^(n + 1) n! zeta(n + 1, x), whose n! is added to each exponent: so it is
neither too large nor too small before the result is.

Source: F. Johansson, "Rigorous high-precision computation of the Hurwitz zeta function and its
derivatives" (2015), eq. 5.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import copysign, fabs, fma, rint, scalar, select
from ngrad_kernels.vecmath.doubled import fast_two_sum, two_product, two_sum
from ngrad_kernels.vecmath.exponential import exp_reduced8, exp_wide4, halves8
from ngrad_kernels.vecmath.gamma import FAR, HALF, INFINITY, ONE, TWO, ZERO, stirling4
from ngrad_kernels.vecmath.gamma_value import LEFT, NAN, is_odd, stirling_sum8
from ngrad_kernels.vecmath.power import log_sum8, log_wide4

BELOW = np.float64(-7.0)  # the first of the terms, from the pole nearest to q < 0
TERMS = np.float64(15.0)
TINY, GROWN, GROWN_LOG = (
    np.float64(2.0**-1000),
    np.float64(2.0**100),
    np.float64(69.31471805599453),
)
GROWN_LOG_LOW = np.float64(2.3190468138462997e-15)
MOST, MOST4 = np.float64(1400.0), np.float64(600.0)  # exp of more is infinite, of -MOST 0
SMALL, DOWN = np.float64(-300.0), np.float64(2.0**-200)
LIFT_LOG, LIFT_LOG_LOW = np.float64(138.62943611198907), np.float64(-3.3555121496085278e-15)
STEEP = np.float64(1e10)  # of a steeper power only the first term counts
F6, F24, F120, F720 = (np.float64(j) for j in (6, 24, 120, 720))
F3, F4, F5, F7 = (np.float64(j) for j in (3, 4, 5, 7))

# B(2j) / (2j)!, of Bernoulli's numbers
B_1 = np.float64(0.08333333333333333)
B_2 = np.float64(-0.001388888888888889)
B_3 = np.float64(3.306878306878307e-05)
B_4 = np.float64(-8.267195767195768e-07)
B_5 = np.float64(2.08767569878681e-08)
B_6 = np.float64(-5.284190138687493e-10)
B_7 = np.float64(1.3382536530684679e-11)
B_8 = np.float64(-3.3896802963225827e-13)
B_9 = np.float64(8.586062056277845e-15)
B_10 = np.float64(-2.174868698558062e-16)
B_11 = np.float64(5.5090028283602295e-18)
B_12 = np.float64(-1.3954464685812522e-19)


@scalar
def _step(s, z, b, more, j):
    """b + (s + j) (s + j + 1) z more."""
    return fma((s + j) * (s + (j + ONE)) * z, more, b)


@scalar
def _first_terms(s, z, p):
    """s z times the first five terms, of which p is what follows."""
    p = _step(s, z, B_5, p, np.float64(9.0))
    p = _step(s, z, B_4, p, np.float64(7.0))
    p = _step(s, z, B_3, p, np.float64(5.0))
    p = _step(s, z, B_2, p, np.float64(3.0))
    p = _step(s, z, B_1, p, ONE)
    return s * z * p


@scalar
def expansion8(s, y):
    """The sum of B(2j) / (2j)! s (s + 1) ... (s + 2j - 2) y^(2j) over j from 1 to 12."""
    z = y * y
    p = _step(s, z, B_11, B_12, np.float64(21.0))
    p = _step(s, z, B_10, p, np.float64(19.0))
    p = _step(s, z, B_9, p, np.float64(17.0))
    p = _step(s, z, B_8, p, np.float64(15.0))
    p = _step(s, z, B_7, p, np.float64(13.0))
    return _first_terms(s, z, _step(s, z, B_6, p, np.float64(11.0)))


@scalar
def expansion4(s, y):
    """The same to six terms."""
    return _first_terms(s, y * y, B_6)


@scalar
def exp_pair8(th, tl):
    """(h, l, n): exp(th + tl) = 2^n (h + l), from 0 to infinity."""
    inside = fabs(th) < MOST
    th = select(inside, th, copysign(MOST, th))
    th, tl = fast_two_sum(th, select(inside, tl, ZERO))
    shifted, _, r, rest = exp_reduced8(th, tl)
    h, l = fast_two_sum(ONE, r)  # noqa: E741
    h, l = fast_two_sum(h, l + rest)  # noqa: E741
    return h, l, shifted


@scalar
def power8(x, low, s, ch, cl):
    """(h, l, n): exp(c) (x + low)^-s = 2^n (h + l), for x > 0."""
    small = x < TINY
    lh, ll = log_sum8(select(small, x * GROWN, x), select(small, ZERO, low))
    lh, e = two_sum(lh, select(small, -GROWN_LOG, ZERO))
    ll = ll + (e + select(small, -GROWN_LOG_LOW, ZERO))
    th, tl = two_product(-s, lh)
    tl = fma(-s, ll, tl)
    finite = fabs(th) < INFINITY
    th, e = two_sum(select(finite, th, copysign(MOST, th)), ch)
    return exp_pair8(th, select(finite, tl + (e + cl), ZERO))


@scalar
def _term8(base, j, s, odd, ch, cl, sum, low):
    """sum + low and the power of base + j, negative where that is and `odd`."""
    b, bl = two_sum(base, j)
    turned = b < ZERO
    h, l, n = power8(fabs(b), select(turned, -bl, bl), s, ch, cl)  # noqa: E741
    p, u = halves8(n)
    h = h * p * u
    l = l * p * u  # noqa: E741
    turned = turned & odd
    sum, e = two_sum(sum, select(turned, -h, h))
    return sum, low + (e + select(turned, -l, l))


@scalar
def tail8(w, wl, s, ch, cl):
    """exp(c) zeta(s, w + wl) for s > 1, w >= 7.5, as a pair."""
    s1 = s - ONE
    h, l, n = power8(w, wl, s1, ch, cl)  # noqa: E741
    y = ONE / w
    inverse = ONE / s1
    rest = fma(-inverse, s1, ONE) * inverse
    half = HALF * y
    mh, ml = two_sum(inverse, half)
    further = expansion8(select(s < STEEP, s, STEEP), y)
    ml = ml + (rest + select(further > ZERO, further, ZERO))  # as it is, unless s is far above w
    t, e = two_product(h, mh)
    e = fma(h, ml, fma(l, mh, e))
    p, u = halves8(n)
    return t * p * u, e * p * u


@scalar
def sum8(s, q, ch, cl):
    """(h, l, d): exp(c) zeta(s, q) = d (h + l); for s > 1, and q > 0 or not whole beside a whole s.

    d is small where the terms else were: each would be rounded as a subnormal number.
    """
    small = ch - (s - ONE) * log_wide4(select(q > ONE, q, ONE)) < SMALL
    ch, e = two_sum(ch, select(small, LIFT_LOG, ZERO))
    cl = cl + (e + select(small, LIFT_LOG_LOW, ZERO))
    negative = q < ZERO
    m = select(negative, rint(q), ZERO)
    base = q - m  # exact
    start = select(m < BELOW, BELOW, m)
    odd = is_odd(s)
    w, wl = two_sum(base, start + TERMS)
    h, l = tail8(w, wl, s, ch, cl)  # noqa: E741
    deep = m < BELOW
    v, vl = two_sum(select(deep, -base, ZERO), ONE - BELOW)
    ah, al = tail8(v, vl, s, ch, cl)
    v, vl = two_sum(select(deep, -q, FAR), ONE)
    bh, bl = tail8(v, vl, s, ch, cl)
    ah, e = two_sum(ah, -bh)
    al = al - bl + e
    deep = deep & (fabs(ah) < INFINITY)
    ah = select(deep, select(odd, -ah, ah), ZERO)
    al = select(deep, select(odd, -al, al), ZERO)
    h, e = two_sum(h, ah)
    l = l + (e + al)  # noqa: E741
    h, l = _term8(base, start + np.float64(14.0), s, odd, ch, cl, h, l)  # noqa: E741
    h, l = _term8(base, start + np.float64(13.0), s, odd, ch, cl, h, l)  # noqa: E741
    h, l = _term8(base, start + np.float64(12.0), s, odd, ch, cl, h, l)  # noqa: E741
    h, l = _term8(base, start + np.float64(11.0), s, odd, ch, cl, h, l)  # noqa: E741
    h, l = _term8(base, start + np.float64(10.0), s, odd, ch, cl, h, l)  # noqa: E741
    h, l = _term8(base, start + np.float64(9.0), s, odd, ch, cl, h, l)  # noqa: E741
    h, l = _term8(base, start + np.float64(8.0), s, odd, ch, cl, h, l)  # noqa: E741
    h, l = _term8(base, start + np.float64(7.0), s, odd, ch, cl, h, l)  # noqa: E741
    h, l = _term8(base, start + np.float64(6.0), s, odd, ch, cl, h, l)  # noqa: E741
    h, l = _term8(base, start + np.float64(5.0), s, odd, ch, cl, h, l)  # noqa: E741
    h, l = _term8(base, start + np.float64(4.0), s, odd, ch, cl, h, l)  # noqa: E741
    h, l = _term8(base, start + np.float64(3.0), s, odd, ch, cl, h, l)  # noqa: E741
    h, l = _term8(base, start + np.float64(2.0), s, odd, ch, cl, h, l)  # noqa: E741
    h, l = _term8(base, start + np.float64(1.0), s, odd, ch, cl, h, l)  # noqa: E741
    h, l = _term8(base, start, s, odd, ch, cl, h, l)  # noqa: E741
    return h, l, select(small, DOWN, ONE)


@scalar
def power4(x, s, c):
    """exp(c) x^-s, for x > 0."""
    t = fma(-s, log_wide4(x), c)
    return exp_wide4(select(fabs(t) < MOST4, t, copysign(MOST4, t)))


@scalar
def _term4(base, j, s, odd, c, sum):
    """_term8 in plain float64."""
    b = base + j
    h = power4(fabs(b), s, c)
    return sum + select((b < ZERO) & odd, -h, h)


@scalar
def tail4(w, s, c):
    """exp(c) zeta(s, w) for s > 1, w >= 7.5."""
    y = ONE / w
    head = fma(HALF, y, ONE / (s - ONE))
    further = expansion4(select(s < STEEP, s, STEEP), y)
    return power4(w, s - ONE, c) * (head + select(further > ZERO, further, ZERO))


@scalar
def sum4(s, q, c):
    """sum8 in plain float64, for results in float32."""
    m = select(q < ZERO, rint(q), ZERO)
    base = q - m
    start = select(m < BELOW, BELOW, m)
    odd = is_odd(s)
    deep = m < BELOW
    lower = tail4(select(deep, -base, ZERO) + (ONE - BELOW), s, c)
    lower = lower - tail4(select(deep, -q, FAR) + ONE, s, c)
    h = tail4(base + (start + TERMS), s, c) + select(deep, select(odd, -lower, lower), ZERO)
    h = _term4(base, start + np.float64(14.0), s, odd, c, h)
    h = _term4(base, start + np.float64(13.0), s, odd, c, h)
    h = _term4(base, start + np.float64(12.0), s, odd, c, h)
    h = _term4(base, start + np.float64(11.0), s, odd, c, h)
    h = _term4(base, start + np.float64(10.0), s, odd, c, h)
    h = _term4(base, start + np.float64(9.0), s, odd, c, h)
    h = _term4(base, start + np.float64(8.0), s, odd, c, h)
    h = _term4(base, start + np.float64(7.0), s, odd, c, h)
    h = _term4(base, start + np.float64(6.0), s, odd, c, h)
    h = _term4(base, start + np.float64(5.0), s, odd, c, h)
    h = _term4(base, start + np.float64(4.0), s, odd, c, h)
    h = _term4(base, start + np.float64(3.0), s, odd, c, h)
    h = _term4(base, start + np.float64(2.0), s, odd, c, h)
    h = _term4(base, start + np.float64(1.0), s, odd, c, h)
    return _term4(base, start, s, odd, c, h)


@scalar
def inside8(s, q):
    """(s, q) where the sum is ordinary, else others."""
    sane = (s > ONE) & (s < INFINITY)
    ordinary = sane & (fabs(q) < INFINITY) & ((q > ZERO) | ((rint(q) != q) & (rint(s) == s)))
    return select(ordinary, s, TWO), select(ordinary, q, ONE), ordinary


@scalar
def zeta_edges8(s, q, value, ordinary):
    """zeta(s, q) where the sum is not ordinary, as SciPy has it, and else `value`."""
    pole = (q <= ZERO) & (rint(q) == q)
    steep = select(q == ONE, ONE, select(q < ONE, INFINITY, ZERO))
    other = select(q > ZERO, select(s < INFINITY, ZERO, steep), NAN)
    other = select((s == ONE) | pole, INFINITY, other)
    other = select(s < ONE, NAN, other)
    return select((s == s) & (q == q), select(ordinary, value, other), s + q)


@scalar
def zeta_f4(s, q):
    """In float64. Largest error 0.51 ulp."""
    wide, long = np.float64(s), np.float64(q)
    a, b, ordinary = inside8(wide, long)
    return np.float32(zeta_edges8(wide, long, sum4(a, b, ZERO), ordinary))


@scalar
def zeta_f8(s, q):
    """Largest error 0.75 ulp, but for zeros between poles."""
    a, b, ordinary = inside8(s, q)
    h, l, down = sum8(a, b, ZERO, ZERO)  # noqa: E741
    return zeta_edges8(s, q, select(fabs(h) < INFINITY, h + l, h) * down, ordinary)


@scalar
def _small_factorial8(n):
    """n! up to 6!."""
    low = select(n < TWO, ONE, select(n < F3, TWO, select(n < F4, F6, F24)))
    return select(n < F5, low, select(n < F6, F120, F720))


@scalar
def polygamma_edges8(n, x, value, ordinary):
    """polygamma(n, x) where the sum is not ordinary, as SciPy has it, and else `value`."""
    good = (n >= ONE) & (rint(n) == n)
    other = select((x <= ZERO) & (rint(x) == x), INFINITY, select(x == INFINITY, ZERO, NAN))
    value = select(ordinary, value, other)
    return select(good & (x == x), select(is_odd(n), value, -value), NAN)


@scalar
def polygamma_f4(n, x):
    """In float64. Largest error 0.51 ulp."""
    wide, long = np.float64(n), np.float64(x)
    s, q, ordinary = inside8(wide + ONE, long)
    near = s < FAR
    b = select(near, FAR, s)
    r = ONE / b
    c = fma(b - HALF, log_wide4(b) - ONE, fma(stirling4(r), r, LEFT))
    value = sum4(s, q, select(near, ZERO, c)) * select(near, _small_factorial8(s - ONE), ONE)
    return np.float32(polygamma_edges8(wide, long, value, ordinary))


@scalar
def polygamma_f8(n, x):
    """Largest error 0.65 ulp, but for zeros between poles."""
    s, q, ordinary = inside8(n + ONE, x)
    near = s < FAR
    ch, cl = stirling_sum8(select(near, FAR, s))
    h, l, down = sum8(s, q, select(near, ZERO, ch), select(near, ZERO, cl))  # noqa: E741
    f = select(near, _small_factorial8(s - ONE), ONE)
    p, e = two_product(h, f)
    value = select(fabs(p) < INFINITY, p + fma(l, f, e), p) * down
    return polygamma_edges8(n, x, value, ordinary)
