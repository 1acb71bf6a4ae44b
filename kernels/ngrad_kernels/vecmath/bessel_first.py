"""Bessel's functions J and I of a whole order up to 64, by recurrence.

J goes up from orders 0 and 1 to n, or to the last order k below |x|, where it begins to decay and
going up would lose it. From there on n is reached downwards: g_k = k! (2 / x)^k J_k(x) is 1 far
above, where J_k is next to nothing, and g_(k-1) = g_k - (x / 2)^2 g_(k+1) / (k (k + 1)), which
neither overflows nor cancels. I does so from order 0 on, with a plus; and for large x it is its
asymptotic series. All of it in pairs; the loops are as long as n and x ask for, so that this does
not vectorise. float32 is float64, rounded.

Sources: DLMF 10.6.1, 10.29.1, 10.40.1 and 10.74(iv); F. W. J. Olver, "Numerical solution of
second-order linear difference equations" (1967).
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fabs, floor, fma, rint, scalar, select, sqrt
from ngrad_kernels.vecmath.bessel_i0 import _scaled_f8 as scaled0_f8
from ngrad_kernels.vecmath.bessel_i0 import unscaled8
from ngrad_kernels.vecmath.bessel_j0 import bessel_j0_f8
from ngrad_kernels.vecmath.bessel_j1 import bessel_j1_f8
from ngrad_kernels.vecmath.doubled import (
    fast_two_sum,
    pair_divide,
    pair_multiply,
    pair_times,
    two_product,
    two_sum,
)
from ngrad_kernels.vecmath.gamma_value import is_odd

ZERO, HALF, ONE, TWO, FOUR, EIGHT = (np.float64(k) for k in (0, 0.5, 1, 2, 4, 8))
QUARTER, EIGHTH = np.float64(0.25), np.float64(0.125)
THREE, SEVEN = np.float64(3.0), np.float64(7.0)
INFINITY, NAN = np.float64(np.inf), np.float64(np.nan)
MOST = np.float64(64.0)
"""The largest order: some more than programs ask for, so that there are derivatives."""
WIDE = np.float64(38.0)
NEAR, BEYOND = np.float64(30.0), np.float64(1250.0)  # between which n^2 / 2 is a border
TERMS = np.float64(26.0)
LARGE, SMALL = np.float64(600.0), np.float64(2.0**-850)  # where I is large, what stands for 1
TOP = np.float64(2000.0)  # where I of every order has overflown
ROOT, ROOT_LOW = np.float64(2.5066282746310007), np.float64(-1.8328579980459167e-16)
# sqrt(2 pi)


@scalar
def up8(n, a, h, l, ph, pl, way):  # noqa: E741
    """(h, l): of order n >= 1, from those of orders 1 and 0: f_(k+1) = (2 k / a) f_k + way f_(k-1).

    What has become infinite stays so.
    """
    r = ONE / a
    low = fma(-r, a, ONE) * r
    k = ONE
    while k < n:
        qh, ql = two_product(TWO * k, r)
        ql = fma(TWO * k, low, ql)
        sh, sl = two_product(qh, h)
        sl = sl + fma(qh, l, ql * h)
        sh, e = two_sum(sh, way * ph)
        sl = fma(way, pl, sl + e)
        ph = h
        pl = l
        h = select(fabs(h) < INFINITY, sh, h)
        l = select(fabs(h) < INFINITY, sl, ZERO)  # noqa: E741
        k = k + ONE
    return h, l


@scalar
def down8(n, base, top, a, way, start):
    """(h, l): g_n / g_base, from top > n >= base on."""
    zh, zl = two_product(HALF * a, HALF * a)
    k = top
    h = start
    l = ZERO  # noqa: E741
    fh = start
    fl = ZERO
    ph = start
    pl = ZERO
    while k > base:
        fh = select(k == n, h, fh)
        fl = select(k == n, l, fl)
        d = k * (k + ONE)
        c = zh / d
        cl = (fma(-c, d, zh) + zl) / d
        sh, sl = two_product(c, ph)
        sl = sl + fma(c, pl, cl * ph)
        ph = h
        pl = l
        h, e = two_sum(h, way * sh)
        l = fma(way, sl, l + e)  # noqa: E741
        k = k - ONE
    fh = select(n == base, h, fh)
    fl = select(n == base, l, fl)
    fh, fl = fast_two_sum(fh, fl)
    h, l = fast_two_sum(h, l)  # noqa: E741
    return pair_divide(fh, fl, h, l)


@scalar
def powers8(n, base, a):
    """(h, l): the product of (a / 2) / k over k from base + 1 to n."""
    h, l, fh, fl, k = ONE, ZERO, ONE, ZERO, base  # noqa: E741
    while k < n:
        k = k + ONE
        h, l = pair_times(h, l, HALF * a)  # noqa: E741
        fh, fl = pair_times(fh, fl, k)
    return pair_divide(h, l, fh, fl)


@scalar
def order8(n):
    """|n| where that is an order of ours, else 0; and whether it is."""
    n = fabs(n)
    good = (n <= MOST) & (rint(n) == n)
    return select(good, n, ZERO), good


@scalar
def bessel_jn_f8(n, x):
    """Largest error 2^-52 times 1.6 max(|result|, 1 / sqrt(|x|) for |x| > n)."""
    m, good = order8(n)
    a = select(fabs(x) < INFINITY, fabs(x), ONE)
    base = select(a < m, floor(a), m)
    first = bessel_j0_f8(a)
    h, l = up8(base, a, bessel_j1_f8(a), ZERO, first, ZERO, -ONE)  # noqa: E741
    h = select(base == ZERO, first, h)
    if base < m:
        gh, gl = down8(m, base, m + floor(fma(THREE, sqrt(a), SEVEN)), a, -ONE, ONE)
        th, tl = powers8(m, base, a)
        gh, gl = pair_multiply(gh, gl, th, tl)
        h, l = pair_multiply(gh, gl, h, l)  # noqa: E741
    value = h + l
    value = select(is_odd(m) & ((x < ZERO) != (n < ZERO)), -value, value)
    value = select(fabs(x) < INFINITY, value, ZERO)
    return select(good & (x == x), value, NAN)


@scalar
def bessel_jn_f4(n, x):
    """Of float64, rounded."""
    return np.float32(bessel_jn_f8(np.float64(n), np.float64(x)))


@scalar
def _far8(n, a):
    """(h, l): exp(-a) I_n(a) by its asymptotic series."""
    square = FOUR * n * n
    r = EIGHTH / a
    low = fma(-EIGHT * a, r, ONE) * r
    h, l, th, tl, j = ONE, ZERO, ONE, ZERO, ONE  # noqa: E741
    while j < TERMS:
        odd = TWO * j - ONE
        th, tl = pair_times(th, tl, odd * odd - square)
        th, tl = pair_multiply(th, tl, r, low)
        th, tl = pair_divide(th, tl, j, ZERO)
        h, e = two_sum(h, th)
        l = l + (e + tl)  # noqa: E741
        j = j + ONE
    root = sqrt(a)
    rest = fma(-root, root, a) * (HALF / root)
    root, rest = pair_multiply(root, rest, ROOT, ROOT_LOW)
    h, l = fast_two_sum(h, l)  # noqa: E741
    return pair_divide(h, l, root, rest)


@scalar
def _scaled8(n, a):
    """(h, l): exp(-a) I_n(a)."""
    far = HALF * n * n
    far = select(far > BEYOND, BEYOND, far)
    if a > select(far > NEAR, far, NEAR):
        return _far8(n, a)
    top = rint(sqrt(fma(WIDE, a, n * n))) + FOUR
    h, l = down8(n, ZERO, top, a, ONE, select(a < LARGE, ONE, SMALL))  # noqa: E741
    th, tl = powers8(n, ZERO, a)
    h, l = pair_multiply(h, l, th, tl)  # noqa: E741
    th, tl = scaled0_f8(a)
    return pair_multiply(h, l, th, tl)


@scalar
def bessel_ine_f8(n, x):
    """Largest error 1.65 ulp, that of order 0."""
    m, good = order8(n)
    a = fabs(x)
    h, l = _scaled8(m, select(a < INFINITY, a, ONE))  # noqa: E741
    value = select(a < INFINITY, h + l, ZERO)
    value = select(a == ZERO, select(m == ZERO, ONE, ZERO), value)
    value = select((x < ZERO) & is_odd(m), -value, value)
    return select(good & (x == x), value, NAN)


@scalar
def bessel_ine_f4(n, x):
    """Of float64, rounded."""
    return np.float32(bessel_ine_f8(np.float64(n), np.float64(x)))


@scalar
def bessel_in_f8(n, x):
    """Largest error 1.65 ulp."""
    m, good = order8(n)
    a = fabs(x)
    a = select(a < TOP, a, TOP)
    h, l = _scaled8(m, a)  # noqa: E741
    value = select(a < TOP, unscaled8(h, l, select(a < TOP, a, ZERO)), INFINITY)
    value = select(a == ZERO, select(m == ZERO, ONE, ZERO), value)
    value = select((x < ZERO) & is_odd(m), -value, value)
    return select(good & (x == x), value, NAN)


@scalar
def bessel_in_f4(n, x):
    """Of float64, rounded."""
    return np.float32(bessel_in_f8(np.float64(n), np.float64(x)))
