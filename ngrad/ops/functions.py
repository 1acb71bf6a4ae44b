"""The transcendental functions of `vecmath`, each with its rule."""

from __future__ import annotations

import math

from ngrad.ops.arithmetic import equal, sqrt
from ngrad.ops.elementwise import elementwise, select


@elementwise(floats=True)
def exp(x):
    """e**x."""


@exp.vjp
def _(g, out, x):
    return (g * out,)


@elementwise(floats=True)
def expm1(x):
    """e**x - 1, exact near 0."""


@expm1.vjp
def _(g, out, x):
    return (g * exp(x),)


@elementwise(floats=True)
def log(x):
    """Natural logarithm."""


@log.vjp
def _(g, out, x):
    return (g / x,)


@elementwise(floats=True)
def log1p(x):
    """log(1 + x), exact near 0."""


@log1p.vjp
def _(g, out, x):
    return (g / (1.0 + x),)


@elementwise(floats=True)
def log2(x):
    """Logarithm to base 2."""


@log2.vjp
def _(g, out, x):
    return (g / (x * math.log(2.0)),)


@elementwise(floats=True)
def log10(x):
    """Logarithm to base 10."""


@log10.vjp
def _(g, out, x):
    return (g / (x * math.log(10.0)),)


@elementwise(floats=True)
def sin(x):
    """Sine of radians."""


@sin.vjp
def _(g, out, x):
    return (g * cos(x),)


@elementwise(floats=True)
def cos(x):
    """Cosine of radians."""


@cos.vjp
def _(g, out, x):
    return (-g * sin(x),)


@elementwise(floats=True)
def tan(x):
    """Tangent of radians."""


@tan.vjp
def _(g, out, x):
    return (g * (1.0 + out * out),)


@elementwise(floats=True)
def asin(x):
    """Inverse sine, in radians."""


@asin.vjp
def _(g, out, x):
    return (g / sqrt(1.0 - x * x),)


@elementwise(floats=True)
def acos(x):
    """Inverse cosine, in radians."""


@acos.vjp
def _(g, out, x):
    return (-g / sqrt(1.0 - x * x),)


@elementwise(floats=True)
def atan(x):
    """Inverse tangent, in radians."""


@atan.vjp
def _(g, out, x):
    return (g / (1.0 + x * x),)


@elementwise(floats=True)
def atan2(y, x):
    """The angle of the point (x, y), in radians, in [-pi, pi]."""


@atan2.vjp
def _(g, out, y, x):
    share = g / (x * x + y * y)
    return share * x, -share * y


@elementwise(floats=True)
def sinh(x):
    """Hyperbolic sine."""


@sinh.vjp
def _(g, out, x):
    return (g * cosh(x),)


@elementwise(floats=True)
def cosh(x):
    """Hyperbolic cosine."""


@cosh.vjp
def _(g, out, x):
    return (g * sinh(x),)


@elementwise(floats=True)
def tanh(x):
    """Hyperbolic tangent."""


@tanh.vjp
def _(g, out, x):
    return (g * (1.0 - out * out),)


@elementwise(floats=True)
def asinh(x):
    """Inverse hyperbolic sine."""


@asinh.vjp
def _(g, out, x):
    return (g / hypot(x, 1.0),)


@elementwise(floats=True)
def acosh(x):
    """Inverse hyperbolic cosine."""


@acosh.vjp
def _(g, out, x):
    return (g / (sqrt(x - 1.0) * sqrt(x + 1.0)),)


@elementwise(floats=True)
def atanh(x):
    """Inverse hyperbolic tangent."""


@atanh.vjp
def _(g, out, x):
    return (g / ((1.0 - x) * (1.0 + x)),)


@elementwise(floats=True)
def sigmoid(x):
    """1 / (1 + e**-x)."""


@sigmoid.vjp
def _(g, out, x):
    return (g * (out * sigmoid(-x)),)


@elementwise(floats=True)
def softplus(x):
    """log(1 + e**x), without overflow."""


@softplus.vjp
def _(g, out, x):
    return (g * sigmoid(x),)


@elementwise(floats=True)
def erf(x):
    """The error function."""


@erf.vjp
def _(g, out, x):
    return (g * (2.0 / math.sqrt(math.pi) * exp(-(x * x))),)


@elementwise(floats=True)
def erfc(x):
    """1 - erf(x), exact in the tail."""


@erfc.vjp
def _(g, out, x):
    return (g * (-2.0 / math.sqrt(math.pi) * exp(-(x * x))),)


@elementwise(floats=True)
def lgamma(x):
    """log of |gamma(x)|."""


@lgamma.vjp
def _(g, out, x):
    return (g * digamma(x),)


@elementwise(floats=True)
def digamma(x):
    """The derivative of lgamma."""


@digamma.vjp
def _(g, out, x):
    return (g * trigamma(x),)


@elementwise(floats=True)
def trigamma(x):
    """The derivative of digamma. It has none itself: a third derivative of lgamma raises
    `GradientError`.
    """


@elementwise(floats=True)
def cbrt(x):
    """Cube root."""


@cbrt.vjp
def _(g, out, x):
    return (g / (3.0 * (out * out)),)


@elementwise(floats=True)
def hypot(x, y):
    """sqrt(x**2 + y**2) without overflow; its derivative at (0, 0) is 0."""


@hypot.vjp
def _(g, out, x, y):
    share = select(equal(out, 0.0), 0.0, g / out)
    return share * x, share * y


@elementwise
def pow(x, y):
    """x**y, with C99's special cases; integers to non-negative integer powers, wrapping.

    At x = 0 the derivative in x is y * 0**(y - 1) (0 for y = 0), and in y it is 0.
    """


@pow.vjp
def _(g, out, x, y):
    in_x = select(equal(y, 0.0), 0.0, g * (y * pow(x, y - 1.0)))
    in_y = select(equal(x, 0.0), 0.0, g * (out * log(x)))
    return in_x, in_y
