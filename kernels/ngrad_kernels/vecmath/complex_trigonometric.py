"""Trigonometric and hyperbolic functions of complex numbers, and their inverses.

The circular ones are the hyperbolic ones of i z. Special values are C99's (Annex G). In complex64
everything is computed in float64 and rounded once; errors in complex128 are in ulp of either part.
Source: W. Kahan, "Branch cuts for complex elementary functions, or: much ado about nothing's sign
bit" (1987), whose formulas for the inverses cancel nowhere.
"""

from __future__ import annotations

from ngrad_kernels.intrinsics import cartesian, copysign, fabs, scalar, select, sqrt
from ngrad_kernels.vecmath.complex_exponential import (
    EXP_FAR,
    FAR,
    INFINITY,
    narrowed,
    sqrt_c16,
    turned,
)
from ngrad_kernels.vecmath.exponential import exp_f8
from ngrad_kernels.vecmath.hyperbolic import asinh_f8, cosh_f8, sinh_f8
from ngrad_kernels.vecmath.inverse_trigonometric import atan2_f8
from ngrad_kernels.vecmath.logarithm import log1p_f8, log_f8
from ngrad_kernels.vecmath.power import hypot_f8
from ngrad_kernels.vecmath.trigonometric import cos_f8, sin_f8, tan_f8

HALF_PI = 1.5707963267948966
LN_2 = 0.6931471805599453
HUGE = 2.0**500


@scalar
def _times_i(z):
    return cartesian(-z.imag, z.real)


@scalar
def _over_i(z):
    return cartesian(z.imag, -z.real)


@scalar
def _hyperbolic(x):
    """(sinh x / s, cosh x / s, s), in the range of floats for |x| up to 1418."""
    a = fabs(x)
    far = a > FAR
    half = 0.5 * exp_f8(a - FAR)
    sinh = select(far, copysign(half, x), sinh_f8(x))
    return sinh, select(far, half, cosh_f8(x)), select(far, EXP_FAR, 1.0)


@scalar
def sinh_c16(z):
    """sinh x cos y + i cosh x sin y. Max error 2.2 ulp."""
    x, y = z.real, z.imag
    sinh, cosh, s = _hyperbolic(x)
    c, d = turned(y, fabs(x) == INFINITY)
    re = select((x == 0.0) & (c != c), x, sinh * (c * s))
    return cartesian(re, select(y == 0.0, y, cosh * (d * s)))


@scalar
def cosh_c16(z):
    """cosh x cos y + i sinh x sin y. Max error 2.2 ulp."""
    x, y = z.real, z.imag
    sinh, cosh, s = _hyperbolic(x)
    c, d = turned(y, fabs(x) == INFINITY)
    im = select((x == 0.0) & (d != d), 0.0, sinh * (d * s))
    im = select(y == 0.0, copysign(0.0, copysign(1.0, x) * y), im)
    return cartesian(cosh * (c * s), im)


@scalar
def tanh_c16(z):
    """With t = tan y and s = sinh x: (s cosh x (1 + t^2) + i t) / (1 + s^2 (1 + t^2)). Max error
    4.5 ulp.
    """
    x, y = z.real, z.imag
    a = fabs(x)
    far = a > 22.0
    small = select(far, 0.0, x)
    s, t = sinh_f8(small), tan_f8(y)
    b = 1.0 + t * t
    bs = b * s
    below = 1.0 + bs * s
    re, im = sqrt(1.0 + s * s) * bs / below, t / below
    shrunk, double = exp_f8(-a), sin_f8(y) * cos_f8(y)
    tail = 4.0 * (double * shrunk) * shrunk
    endless, nowhere = a == INFINITY, double != double
    tail = select(endless, copysign(0.0, select(nowhere, y, double)), tail)
    re = select(far, copysign(select(nowhere & (a < INFINITY), double, 1.0), x), re)
    re = select(x == 0.0, x, re)
    return cartesian(re, select(y == 0.0, y, select(far, tail, im)))


@scalar
def sin_c16(z):
    """sinh(i z) / i. Max error 2.2 ulp."""
    return _over_i(sinh_c16(_times_i(z)))


@scalar
def cos_c16(z):
    """cosh(i z). Max error 2.2 ulp."""
    return cosh_c16(_times_i(z))


@scalar
def tan_c16(z):
    """tanh(i z) / i. Max error 4.5 ulp."""
    return _over_i(tanh_c16(_times_i(z)))


@scalar
def _log_huge(z):
    """log |2 z| and the angle of (|x|, y), of a large z."""
    length = hypot_f8(0.5 * z.real, 0.5 * z.imag)
    return log_f8(length) + 2.0 * LN_2, atan2_f8(z.imag, fabs(z.real))


@scalar
def _huge(z):
    """Whether z is so large that z^2 + 1 is z^2, or has no number in it."""
    return (fabs(z.real) > HUGE) | (fabs(z.imag) > HUGE)


@scalar
def asinh_c16(z):
    """By the roots of 1 + i z and 1 - i z. Max error 4 ulp."""
    x, y = z.real, z.imag
    far = _huge(z)
    p = sqrt_c16(cartesian(1.0 + select(far, 0.0, y), select(far, 0.0, -x)))
    q = sqrt_c16(cartesian(1.0 - select(far, 0.0, y), select(far, 0.0, x)))
    re = asinh_f8(p.real * q.imag - q.real * p.imag)
    im = atan2_f8(y, p.real * q.real - p.imag * q.imag)
    large, angle = _log_huge(z)
    re = select(far, large, select((x == 0.0) & (fabs(y) <= 1.0), 0.0, re))
    im = select(far, angle, select((x != x) & (y == 0.0), y, im))
    return cartesian(copysign(re, x), im)


@scalar
def asin_c16(z):
    """asinh(i z) / i. Max error 4 ulp."""
    return _over_i(asinh_c16(_times_i(z)))


@scalar
def acos_c16(z):
    """By the roots of 1 - z and 1 + z. Max error 4 ulp."""
    x, y = z.real, z.imag
    far = _huge(z)
    p = sqrt_c16(cartesian(1.0 - select(far, 0.0, x), select(far, 0.0, -y)))
    q = sqrt_c16(cartesian(1.0 + select(far, 0.0, x), select(far, 0.0, y)))
    re = 2.0 * atan2_f8(p.real, q.real)
    im = asinh_f8(q.real * p.imag - q.imag * p.real)
    large, _ = _log_huge(z)
    re = select(far, atan2_f8(fabs(y), x), select((x == 0.0) & (y != y), HALF_PI, re))
    return cartesian(re, copysign(select(far, large, im), -y))


@scalar
def acosh_c16(z):
    """i acos z, or -i acos z: the one with a real part that is not negative. Max error 4 ulp."""
    w = acos_c16(z)
    return cartesian(fabs(w.imag), copysign(w.real, z.imag))


@scalar
def atanh_c16(z):
    """log1p(4 x / ((1 - x)^2 + y^2)) / 4 and the angle of 1 - x^2 - y^2 + 2 i y, halved, of x >= 0.
    Max error 4.5 ulp.
    """
    x, y = fabs(z.real), z.imag
    a = fabs(y)
    far = (x > HUGE) | (a > HUGE)
    pole = (x == 1.0) & (a < 2.0**-500)
    u, v = select(far | pole, 0.0, x), select(far | pole, 1.0, a)
    below = (1.0 - u) * (1.0 - u) + v * v
    re = 0.25 * log1p_f8(4.0 * u / below)
    im = 0.5 * atan2_f8(2.0 * v, (1.0 - u) * (1.0 + u) - v * v)
    re = select(pole, 0.5 * (LN_2 - log_f8(a)), re)
    im = select(pole, select(a == 0.0, 0.0, 0.5 * HALF_PI), im)
    length = hypot_f8(0.5 * x, 0.5 * a)
    tiny = select(length == INFINITY, 0.0, x / 4.0 / length / length)
    re = select(far, tiny, re)
    im = select(far, HALF_PI, im)
    nan = (x != x) | (a != a)
    re = select(nan & (x != INFINITY) & (a != INFINITY), x + a, re)
    re = select(x == 0.0, 0.0, re)
    im = select(nan & (a != INFINITY), x + a, im)
    im = select((x == INFINITY) | (a == INFINITY), select(a == a, HALF_PI, a), im)
    return cartesian(copysign(re, z.real), copysign(im, y))


@scalar
def atan_c16(z):
    """atanh(i z) / i. Max error 4.5 ulp."""
    return _over_i(atanh_c16(_times_i(z)))


sinh_c8, cosh_c8, tanh_c8 = narrowed(sinh_c16), narrowed(cosh_c16), narrowed(tanh_c16)
sin_c8, cos_c8, tan_c8 = narrowed(sin_c16), narrowed(cos_c16), narrowed(tan_c16)
asinh_c8, acosh_c8, atanh_c8 = narrowed(asinh_c16), narrowed(acosh_c16), narrowed(atanh_c16)
asin_c8, acos_c8, atan_c8 = narrowed(asin_c16), narrowed(acos_c16), narrowed(atan_c16)
