"""sinh, cosh, tanh and their inverses.

With |x| = n ln 2 + r as for exp, q = 4^-n, s = sinh(r) and c = cosh(r),

    2 sinh |x| = 2^n ((1 - q) c + (1 + q) s),    2 cosh |x| = 2^n ((1 + q) c + (1 - q) s),

where for n = 0 the sinh is that of r alone: nothing cancels near 0. s and c are minimax polynomials
in r^2, the leading sum keeps its rounding error, and tanh is the quotient of the two. The inverses
are log1p of a pair of floats. Sources: the addition theorems; J.-M. Muller, Elementary Functions,
3rd ed., 2016; coefficients by the Remez algorithm (tests/kernels/fit.py).
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import copysign, fabs, fma, scalar, select, sqrt
from ngrad_kernels.vecmath.doubled import fast_two_sum, two_product
from ngrad_kernels.vecmath.exponential import (
    LN2_4,
    LN2_8,
    LN2_REST4,
    LN2_REST8,
    LOG2E4,
    LOG2E8,
    ROUND4,
    ROUND8,
    exp_reduced4,
    halves4,
    halves8,
    power4,
    power8,
)
from ngrad_kernels.vecmath.logarithm import INF4, INF8, NAN4, NAN8, log1p_sum4, log1p_sum8


@scalar
def hyperbolic_parts4(a):
    """(n - 1 + ROUND4, r, s - r, c - 1, 1 - q and its error, 1 + q and its error) of a >= 0."""
    shifted = fma(a, LOG2E4, ROUND4)
    n = shifted - ROUND4
    head = fma(-n, LN2_4, a)  # exact
    rest = -n * LN2_REST4
    r = head + rest
    z = r * r
    p = fma(np.float32(0.00019973988), z, np.float32(0.008333175))
    p = fma(p, z, np.float32(0.16666667))
    c = fma(np.float32(0.0013935842), z, np.float32(0.041666456))
    c = fma(c, z, np.float32(0.5))
    q = power4(np.float32(-2) * select(n > np.float32(40), np.float32(40), n))
    w, w_low = fast_two_sum(np.float32(1), -q)
    v, v_low = fast_two_sum(np.float32(1), q)
    return shifted - np.float32(1), head, fma(r * z, p, rest), z * c, w, w_low, v, v_low


@scalar
def hyperbolic_parts8(a):
    """(n - 1 + ROUND8, r, s - r, c - 1, 1 - q and its error, 1 + q and its error) of a >= 0."""
    shifted = fma(a, LOG2E8, ROUND8)
    n = shifted - ROUND8
    head = fma(-n, LN2_8, a)  # exact
    rest = -n * LN2_REST8
    r = head + rest
    z = r * r
    p = fma(2.5109357500157664e-08, z, 2.7557243375273176e-06)
    p = fma(p, z, 0.00019841269886867614)
    p = fma(p, z, 0.008333333333321376)
    p = fma(p, z, 0.16666666666666677)
    c = fma(2.092182683104529e-09, z, 2.7557251675973275e-07)
    c = fma(c, z, 2.4801587349318892e-05)
    c = fma(c, z, 0.0013888888888873253)
    c = fma(c, z, 0.041666666666666685)
    c = fma(c, z, 0.5)
    q = power8(-2.0 * select(n > 60.0, 60.0, n))
    w, w_low = fast_two_sum(1.0, -q)
    v, v_low = fast_two_sum(1.0, q)
    return shifted - 1.0, head, fma(r * z, p, rest), z * c, w, w_low, v, v_low


@scalar
def blend(head, rest, c, major, major_low, minor):
    """major (1 + c) + minor (head + rest) in two parts; |major| >= |minor head| or major = 0."""
    p, low = two_product(head, minor)
    total, tail = fast_two_sum(major, p)
    return total, tail + fma(c, major, fma(rest, minor, low + major_low))


@scalar
def sinh_f4(x):
    """sinh(x). Max error 0.94 ulp."""
    a = fabs(x)
    a = select(a > np.float32(90), np.float32(90), a)
    shifted, head, rest, c, w, w_low, v, _ = hyperbolic_parts4(a)
    total, tail = blend(head, rest, c, w, w_low, v)
    s, u = halves4(shifted)
    return copysign((total + tail) * s * u, x)


@scalar
def sinh_f8(x):
    """sinh(x). Max error 0.83 ulp."""
    a = fabs(x)
    shifted, head, rest, c, w, w_low, v, _ = hyperbolic_parts8(select(a > 711.0, 711.0, a))
    total, tail = blend(head, rest, c, w, w_low, v)
    s, u = halves8(shifted)
    return copysign((total + tail) * s * u, x)


@scalar
def cosh_f4(x):
    """cosh(x). Max error 0.75 ulp."""
    a = fabs(x)
    a = select(a > np.float32(90), np.float32(90), a)
    shifted, head, rest, c, w, _, v, v_low = hyperbolic_parts4(a)
    total, tail = blend(head, rest, c, v, v_low, w)
    s, u = halves4(shifted)
    return (total + tail) * s * u


@scalar
def cosh_f8(x):
    """cosh(x). Max error 0.86 ulp."""
    a = fabs(x)
    shifted, head, rest, c, w, _, v, v_low = hyperbolic_parts8(select(a > 711.0, 711.0, a))
    total, tail = blend(head, rest, c, v, v_low, w)
    s, u = halves8(shifted)
    return (total + tail) * s * u


@scalar
def tanh_f4(x):
    """x + x^3 P(x^2) for |x| < 1, 1 - 2 / (exp(2 |x|) + 1) above. Max error 0.89 ulp."""
    a = fabs(x)
    z = x * x
    p = fma(np.float32(0.00011644971), z, np.float32(-0.00082189625))
    p = fma(p, z, np.float32(0.0030488763))
    p = fma(p, z, np.float32(-0.008571457))
    p = fma(p, z, np.float32(0.021774445))
    p = fma(p, z, np.float32(-0.053950723))
    p = fma(p, z, np.float32(0.13333175))
    p = fma(p, z, np.float32(-0.33333328))
    small = fma(a * z, p, a)
    b = select(a > np.float32(10), np.float32(10), a)
    _, n, r, t = exp_reduced4(b + b)
    power = power4(n)
    large = np.float32(1) - np.float32(2) / fma(r + t, power, power + np.float32(1))
    return copysign(select(a < np.float32(1), small, large), x)


@scalar
def tanh_f8(x):
    """sinh(x) / cosh(x), both as pairs. Max error 1.01 ulp."""
    a = fabs(x)
    _, head, rest, c, w, w_low, v, v_low = hyperbolic_parts8(select(a > 22.0, 22.0, a))
    total, tail = blend(head, rest, c, w, w_low, v)
    above, above_low = fast_two_sum(total, tail)
    total, tail = blend(head, rest, c, v, v_low, w)
    below, below_low = fast_two_sum(total, tail)
    inverse = 1.0 / below
    q = above * inverse
    error = fma(-q, below, above) + fma(-q, below_low, above_low)
    return copysign(fma(error, inverse, q), x)


@scalar
def asinh_f4(x):
    """log1p(a + a^2 / (1 + sqrt(1 + a^2))), a = |x|, partly in float64. Max error 0.95 ulp."""
    a = fabs(x)
    wide = np.float64(a)
    y = wide + wide * wide / (1.0 + sqrt(fma(wide, wide, 1.0)))
    huge = a > np.float32(2.0**60)  # then it is log(2 a)
    h = select(huge, a, np.float32(y))
    low = select(huge, np.float32(0), np.float32(y - np.float64(h)))
    y = log1p_sum4(h, low, select(huge, np.float32(1), np.float32(0)))
    return copysign(select(a == INF4, a, y), x)


@scalar
def asinh_f8(x):
    """log1p(a + a^2 / (1 + sqrt(1 + a^2))) for a = |x|. Max error 1.2 ulp."""
    a = fabs(x)
    y, low = fast_two_sum(a, a * a / (1.0 + sqrt(fma(a, a, 1.0))))
    huge = a > 2.0**500  # then it is log(2 a)
    y = log1p_sum8(select(huge, a, y), select(huge, 0.0, low), select(huge, 1.0, 0.0))
    return copysign(select(a == INF8, a, y), x)


@scalar
def acosh_f4(x):
    """log1p(t + sqrt(t^2 + 2 t)) for t = x - 1, partly in float64. Max error 0.92 ulp."""
    t = np.float64(x) - 1.0
    y = t + sqrt(fma(t, t, t + t))
    huge = x > np.float32(2.0**60)  # then it is log(2 x)
    h = select(huge, x, np.float32(y))
    low = select(huge, np.float32(0), np.float32(y - np.float64(h)))
    y = log1p_sum4(h, low, select(huge, np.float32(1), np.float32(0)))
    return select((x >= np.float32(1)) & (x < INF4), y, select(x == INF4, INF4, NAN4))


@scalar
def acosh_f8(x):
    """log1p(t + sqrt(t^2 + 2 t)) for t = x - 1. Max error 1.9 ulp."""
    t = x - 1.0
    root, low = fast_two_sum(sqrt(fma(t, t, t + t)), t)
    huge = x > 2.0**500  # then it is log(2 x)
    y = log1p_sum8(select(huge, x, root), select(huge, 0.0, low), select(huge, 1.0, 0.0))
    return select((x >= 1.0) & (x < INF8), y, select(x == INF8, INF8, NAN8))


@scalar
def atanh_f4(x):
    """log1p(2 a / (1 - a)) / 2 for a = |x|, partly in float64. Max error 0.96 ulp."""
    a = fabs(x)
    wide = np.float64(a)
    y = (wide + wide) / (1.0 - wide)
    h = np.float32(y)
    y = np.float32(0.5) * log1p_sum4(h, np.float32(y - np.float64(h)), np.float32(0))
    one = np.float32(1)
    return copysign(select(a < one, y, select(a == one, INF4, NAN4)), x)


@scalar
def atanh_f8(x):
    """log1p(2 a + 2 a^2 / (1 - a)) / 2 for a = |x|. Max error 1.4 ulp."""
    a = fabs(x)
    twice = a + a
    rest = twice * a / (1.0 - a)
    y = twice + rest
    low = select(a < 0.5, rest - (y - twice), 0.0)
    y = 0.5 * log1p_sum8(y, low, 0.0)
    return copysign(select(a < 1.0, y, select(a == 1.0, INF8, NAN8)), x)
