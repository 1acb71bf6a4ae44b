"""Hyperbolic functions and their inverses, each with its rule."""

from __future__ import annotations

from ngrad.ops.complexes import along, turned
from ngrad.ops.elementwise import elementwise
from ngrad.ops.power import hypot, sqrt


@elementwise(floats=True)
def sinh(x):
    """Hyperbolic sine (e**x - e**-x) / 2.

    Integers and bools are converted to float64. The derivative is cosh(x).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.sinh([0.0, 1.0]).numpy()
    array([0.       , 1.1752012], dtype=float32)
    """


@sinh.vjp
def _(g, out, x):
    return (g * cosh(x),)


@elementwise(floats=True)
def cosh(x):
    """Hyperbolic cosine (e**x + e**-x) / 2.

    Integers and bools are converted to float64. The derivative is sinh(x).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.cosh([0.0, 1.0]).numpy()
    array([1.       , 1.5430807], dtype=float32)
    """


@cosh.vjp
def _(g, out, x):
    return (g * sinh(x),)


@elementwise(floats=True)
def tanh(x):
    """Hyperbolic tangent sinh(x) / cosh(x).

    Integers and bools are converted to float64. The derivative is 1 - tanh(x)**2
    (DLMF 4.34).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.tanh([0.0, 1.0, 100.0]).numpy()
    array([0.       , 0.7615942, 1.       ], dtype=float32)
    """


@tanh.vjp
def _(g, out, x):
    return (g * (1.0 - out * out),)


@elementwise(floats=True)
def asinh(x):
    """Inverse hyperbolic sine log(x + sqrt(x**2 + 1)).

    Integers and bools are converted to float64. The derivative is 1 / sqrt(x**2 + 1)
    (DLMF 4.38), which does not overflow.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.asinh([0.0, 1.0]).numpy()
    array([0.       , 0.8813736], dtype=float32)
    """


@asinh.vjp
def _(g, out, x):
    if x.dtype.is_complex:  # without a square, which could overflow
        z = turned(x)
        return (g / (sqrt(along(z, 1.0)) * sqrt(along(-z, 1.0))),)
    return (g / hypot(x, 1.0),)


@elementwise(floats=True)
def acosh(x):
    """Inverse hyperbolic cosine log(x + sqrt(x**2 - 1)), not negative.

    Integers and bools are converted to float64. Below 1 it is NaN. The derivative is
    1 / sqrt(x**2 - 1) (DLMF 4.38), infinite at 1.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.acosh([1.0, 2.0, 0.0]).numpy()
    array([0.      , 1.316958,      nan], dtype=float32)
    """


@acosh.vjp
def _(g, out, x):
    return (g / (sqrt(along(x, -1.0)) * sqrt(along(x, 1.0))),)


@elementwise(floats=True)
def atanh(x):
    """Inverse hyperbolic tangent log((1 + x) / (1 - x)) / 2.

    Integers and bools are converted to float64. At -1 and 1 it is infinite, beyond NaN. The
    derivative is 1 / (1 - x**2) (DLMF 4.38).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.atanh([0.0, 0.5, 1.0]).numpy()
    array([0.        , 0.54930615,        inf], dtype=float32)
    """


@atanh.vjp
def _(g, out, x):
    return (g / ((1.0 - x) * (1.0 + x)),)
