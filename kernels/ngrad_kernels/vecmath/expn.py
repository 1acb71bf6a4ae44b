"""The exponential integral of a whole order up to 64, that of exp(-x t) / t^n over t from 1 on.

Up to 1 upwards from E1, in pairs, E_(n+1) = (exp(-x) - x E_n) / n; beyond, the continued fraction
of all orders, as far as x asks for. These are loops, so that this does not vectorise. float32 is
float64, rounded.

Sources: DLMF 8.19.12 and 8.19.17.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fma, rint, scalar, select
from ngrad_kernels.vecmath.bessel_i0 import unscaled8
from ngrad_kernels.vecmath.doubled import pair_add, pair_divide, pair_times, two_sum
from ngrad_kernels.vecmath.exp1 import INFINITY, NAN, ONE, TOO_FAR, ZERO, near_exp1_8
from ngrad_kernels.vecmath.exponential import halves8
from ngrad_kernels.vecmath.zeta import exp_pair8

TWO = np.float64(2.0)
MOST = np.float64(64.0)
"""The largest order."""
LEAST, MORE = np.float64(12.0), np.float64(110.0)  # steps of the fraction


@scalar
def _near8(n, a):
    """E_n(a) for 0 < a <= 1."""
    h, l = near_exp1_8(a)  # noqa: E741
    eh, el, shifted = exp_pair8(-a, ZERO)
    p, u = halves8(shifted)
    eh = eh * p * u
    el = el * p * u
    k = ONE
    while k < n:
        th, tl = pair_times(h, l, a)
        th, tl = pair_add(eh, el, -th, -tl)
        h, l = pair_divide(th, tl, k, ZERO)  # noqa: E741
        k = k + ONE
    th, tl = pair_divide(eh, el, a, ZERO)
    return select(n == ZERO, th + tl, h + l)


@scalar
def _far8(n, a):
    """E_n(a) for a > 1."""
    k = rint(LEAST + MORE / a)
    f = fma(TWO, k, a + n)
    while k > ONE:
        f = fma(TWO, k - ONE, a + n) - k * (n + (k - ONE)) / f
        k = k - ONE
    # the last step in pairs
    q = n / f
    rest = fma(-q, f, n) / f
    c, low = two_sum(a, n)
    h, e = two_sum(c, -q)
    h, l = pair_divide(ONE, ZERO, h, e + (low - rest))  # noqa: E741
    return unscaled8(h, l, -a)


@scalar
def expn_f8(n, x):
    """Largest error 2 ulp."""
    good = (n >= ZERO) & (n <= MOST) & (rint(n) == n)
    m = select(good, n, ONE)
    a = select(x < TOO_FAR, x, TOO_FAR)
    if a > ONE:
        value = _far8(m, a)
    else:
        value = _near8(m, select(a > ZERO, a, ONE))
        at_zero = select(m > ONE, ONE / select(m > ONE, m - ONE, ONE), INFINITY)
        value = select(a > ZERO, value, select(a == ZERO, at_zero, NAN))
    return select(good & (x == x), value, NAN)


@scalar
def expn_f4(n, x):
    """Of float64, rounded."""
    return np.float32(expn_f8(np.float64(n), np.float64(x)))
