"""exp, log, roots and powers of complex numbers, from the functions of their parts.

Special values are C99's (Annex G). In complex64 everything is computed in float64 and rounded once:
half an ulp of either part. In complex128 errors are in ulp of the part where nothing cancels in it,
else in ulp of the modulus; each docstring says which. Sources: W. Kahan, "Branch cuts for complex
elementary functions" (1987); T. E. Hull, T. F. Fairgrieve, P. T. P. Tang, "Implementing complex
elementary functions using exception handling" (1994).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad_kernels.intrinsics import cartesian, copysign, fabs, scalar, select, sqrt
from ngrad_kernels.vecmath.doubled import pair_add, pair_plus, two_product
from ngrad_kernels.vecmath.exponential import exp_f8, expm1_f8
from ngrad_kernels.vecmath.inverse_trigonometric import atan2_f8
from ngrad_kernels.vecmath.logarithm import log1p_sum8, log_f8
from ngrad_kernels.vecmath.power import hypot_f8
from ngrad_kernels.vecmath.trigonometric import cos_f8, sin_f8

INFINITY = np.inf
FAR = 709.0
EXP_FAR = 8.218407461554972e307  # exp(709)
LOG2_E = 1.4426950408889634
LOG10_E = 0.4342944819032518


def narrowed(function: Any) -> Any:
    """A function of complex128 for complex64, where it is declared."""
    operands: dict[int, Callable[..., Any]] = {
        1: lambda z: _rounded(function(_widened(z))),
        2: lambda z, w: _rounded(function(_widened(z), _widened(w))),
    }
    narrow = operands[function.py_func.__code__.co_argcount]
    narrow.__module__, narrow.__doc__ = function.py_func.__module__, function.py_func.__doc__
    narrow.__name__ = f"{function.py_func.__name__.removesuffix('_c16')}_c8"
    return scalar(narrow)


@scalar
def _widened(z):
    return cartesian(np.float64(z.real), np.float64(z.imag))


@scalar
def _rounded(z):
    return cartesian(np.float32(z.real), np.float32(z.imag))


@scalar
def exp_halved(x):
    """(e, s): exp(x) = e s, where e alone is in the range of floats for x up to 1418."""
    far = x > FAR
    e = exp_f8(select(far, x - FAR, x))
    return e, select(far, EXP_FAR, 1.0)


@scalar
def turned(y, wide):
    """(cos y, sin y); where y has neither and `wide`, the parts of a point that goes to infinity
    (or 0) in no direction: 1, and NaN.
    """
    c = cos_f8(y)
    return select(wide & (c != c), 1.0, c), sin_f8(y)


@scalar
def exp_c16(z):
    """e^x (cos y + i sin y). Max error 1.9 ulp of either part."""
    x, y = z.real, z.imag
    e, s = exp_halved(x)
    c, d = turned(y, fabs(x) == INFINITY)
    d = select((x == -INFINITY) & (d != d), 0.0, d)
    return cartesian(e * (c * s), select(y == 0.0, y, e * (d * s)))


@scalar
def expm1_c16(z):
    """(e^x - 1) cos y - 2 sin(y/2)^2 and e^x sin y. Max error 2.7 ulp: of the real part, of the
    larger of its two terms; of the imaginary, of itself.
    """
    x, y = z.real, z.imag
    e, s = exp_halved(x)
    c, d = turned(y, fabs(x) == INFINITY)
    d = select((x == -INFINITY) & (d != d), 0.0, d)
    half = sin_f8(0.5 * y)
    near = expm1_f8(x) * c - 2.0 * (half * half)
    re = select(fabs(x) < 40.0, near, select(x == -INFINITY, -1.0, e * (c * s)))
    re = select(x < -40.0, near, re)
    re = select((x == -INFINITY) | (y == 0.0), expm1_f8(x), re)
    return cartesian(re, select(y == 0.0, y, e * (d * s)))


@scalar
def _log_modulus(x, y, a, b):
    """log |1 + x + i y|, where a and b are the larger and the smaller of |1 + x| and |y|.

    Near 1 it is log1p(2 x + x^2 + y^2) / 2, summed as pairs; elsewhere log a + log1p((b/a)^2) / 2.
    """
    near = (a >= 0.5) & (a < 2.0)
    x, y = select(near, x, 0.0), select(near, y, 0.0)
    h, low = two_product(x, x)
    v, v_low = two_product(y, y)
    h, low = pair_add(h, low, v, v_low)
    h, low = pair_plus(h, low, 2.0 * x)
    ratio = select((a == b) | (a == 0.0), select(a == 0.0, 0.0, 1.0), b / a)
    square, rest = two_product(ratio, ratio)
    tail = log1p_sum8(select(near, h, square), select(near, low, rest), 0.0)
    tail = select(near, copysign(tail, h), tail)
    value = select(near, 0.0, log_f8(select(near, 1.0, a))) + 0.5 * tail
    infinite = (a == INFINITY) | (b == INFINITY)
    return select(infinite, INFINITY, select((a != a) | (b != b), a + b, value))


@scalar
def _ordered(x, y):
    """The larger and the smaller of |x| and |y|."""
    x, y = fabs(x), fabs(y)
    return select(x > y, x, y), select(x > y, y, x)


@scalar
def log_c16(z):
    """log |z| and the angle. Max error 1.7 ulp of either part."""
    a, b = _ordered(z.real, z.imag)
    return cartesian(_log_modulus(a - 1.0, b, a, b), atan2_f8(z.imag, z.real))


@scalar
def log2_c16(z):
    """log(z) log2(e). Max error 2.4 ulp of either part."""
    w = log_c16(z)
    return cartesian(w.real * LOG2_E, w.imag * LOG2_E)


@scalar
def log10_c16(z):
    """log(z) log10(e). Max error 2.4 ulp of either part."""
    w = log_c16(z)
    return cartesian(w.real * LOG10_E, w.imag * LOG10_E)


@scalar
def log1p_c16(z):
    """log |1 + z| and its angle. Max error 1.9 ulp of either part."""
    u = 1.0 + z.real
    a, b = _ordered(u, z.imag)
    return cartesian(_log_modulus(z.real, z.imag, a, b), atan2_f8(z.imag, u))


@scalar
def sqrt_c16(z):
    """The root with a real part that is not negative: t = sqrt((|x| + |z|) / 2) and y / (2 t).

    Scaled where a sum or a square could leave the range. Max error 1.6 ulp of either part.
    """
    a, b = fabs(z.real), fabs(z.imag)
    large = (a > 2.0**1000) | (b > 2.0**1000)
    small = (a < 2.0**-960) & (b < 2.0**-960)
    scale = select(large, 2.0**-54, select(small, 2.0**108, 1.0))
    root = select(large, 2.0**27, select(small, 2.0**-54, 1.0))
    x, y = a * scale, b * scale
    t = sqrt(0.5 * (x + hypot_f8(x, y)))
    other = select(t == 0.0, 0.0, 0.5 * y / t)
    t, other = t * root, other * root
    right = (z.real >= 0.0) | (z.real != z.real)
    re, im = select(right, t, other), select(right, other, t)
    re = select(b == INFINITY, INFINITY, select((z.real == -INFINITY) & (b == b), 0.0, re))
    im = select(b == INFINITY, b, select((z.real == INFINITY) & (b == b), 0.0, im))
    im = select((a == INFINITY) & (b != b), select(right, b, INFINITY), im)
    re = select((a == INFINITY) & (b != b), select(right, INFINITY, b), re)
    return cartesian(re, copysign(im, z.imag))


@scalar
def _inverse(z):
    """1 / z of what is neither very large nor very small."""
    a, b = fabs(z.real), fabs(z.imag)
    wide = a >= b
    large, small = select(wide, z.real, z.imag), select(wide, z.imag, z.real)
    ratio = small / large
    scale = 1.0 / (large + small * ratio)
    return cartesian(select(wide, scale, ratio * scale), -select(wide, ratio * scale, scale))


@scalar
def rsqrt_c16(z):
    """1 / sqrt(z). Max error 4 ulp of the modulus; infinite at 0, and 0 at infinity."""
    w = sqrt_c16(z)
    inverse = _inverse(w)
    endless = (fabs(w.real) == INFINITY) | (fabs(w.imag) == INFINITY)
    nothing = (w.real == 0.0) & (w.imag == 0.0)
    far = cartesian(select(nothing, INFINITY, 0.0), copysign(0.0, -w.imag))
    return select(nothing | endless, far, inverse)


@scalar
def sigmoid_c16(z):
    """1 / (1 + exp(-z)); for x < 0 it is exp(z) / (1 + exp(z)). Max error 4 ulp of the modulus,
    relative to |1 + exp| near the poles.
    """
    left = z.real < 0.0
    e = exp_c16(cartesian(select(left, z.real, -z.real), select(left, z.imag, -z.imag)))
    w = _inverse(cartesian(1.0 + e.real, e.imag))
    re = select(left, e.real * w.real - e.imag * w.imag, w.real)
    im = select(left, e.real * w.imag + e.imag * w.real, w.imag)
    return cartesian(re, im)


@scalar
def _pair_sum(h, low, v, v_low):
    """`pair_add`, or the infinity that the sum is."""
    s, rest = pair_add(h, low, v, v_low)
    return select(s == s, s, h + v), rest


@scalar
def pow_c16(z, w):
    """exp(w log z). Error of some ulp of the modulus, and of |w log z| of them where that is large.

    0^w is 0 if the real part of w is positive, 1 if w is 0, else NaN; as NumPy has it.
    """
    log = log_c16(z)
    h, low = two_product(w.real, log.real)
    v, v_low = two_product(w.imag, log.imag)
    re, re_low = _pair_sum(h, low, -v, -v_low)
    h, low = two_product(w.real, log.imag)
    v, v_low = two_product(w.imag, log.real)
    im, im_low = _pair_sum(h, low, v, v_low)
    value = exp_c16(cartesian(re, im))
    # What the exponent lacks, to first order: where that is small, and there is a number to add to.
    small = (fabs(re_low) < 1.0) & (fabs(im_low) < 1.0)
    near = small & (fabs(value.real) < INFINITY) & (fabs(value.imag) < INFINITY)
    value = cartesian(
        select(near, value.real + (value.real * re_low - value.imag * im_low), value.real),
        select(near, value.imag + (value.real * im_low + value.imag * re_low), value.imag),
    )
    nan = cartesian(np.nan, np.nan)
    of_zero = select(w.real > 0.0, cartesian(0.0, 0.0), nan)
    value = select((z.real == 0.0) & (z.imag == 0.0), of_zero, value)
    value = select((w.real == 1.0) & (w.imag == 0.0), z, value)
    return select((w.real == 0.0) & (w.imag == 0.0), cartesian(1.0, 0.0), value)


exp_c8, expm1_c8 = narrowed(exp_c16), narrowed(expm1_c16)
log_c8, log2_c8, log10_c8 = narrowed(log_c16), narrowed(log2_c16), narrowed(log10_c16)
log1p_c8 = narrowed(log1p_c16)
sqrt_c8, rsqrt_c8, sigmoid_c8 = narrowed(sqrt_c16), narrowed(rsqrt_c16), narrowed(sigmoid_c16)
pow_c8 = narrowed(pow_c16)
