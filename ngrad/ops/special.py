"""The error function and the gamma family, each with its rule."""

from __future__ import annotations

import math

from ngrad.ops.elementwise import elementwise
from ngrad.ops.exponential import exp
from ngrad.ops.infinite import vanishing


@elementwise(floats=True)
def erf(x):
    """Error function 2 / sqrt(pi) times the integral of e**(-t**2) from 0 to x (DLMF 7.2.1).

    Integers and bools are converted to float64. The derivative is 2 / sqrt(pi) e**(-x**2).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.erf([0.0, 1.0]).numpy()
    array([0.       , 0.8427008], dtype=float32)
    """


@erf.vjp
def _(g, out, x):
    return (g * (2.0 / math.sqrt(math.pi) * vanishing(x, lambda y: exp(-(y * y)))),)


@elementwise(floats=True)
def erfc(x):
    """Complementary error function 1 - erf(x) (DLMF 7.2.2), without cancellation in the tail.

    Integers and bools are converted to float64. The derivative is -2 / sqrt(pi) e**(-x**2).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.erfc([0.0, 5.0]).numpy()
    array([1.0000000e+00, 1.5374598e-12], dtype=float32)
    """


@erfc.vjp
def _(g, out, x):
    return (g * (-2.0 / math.sqrt(math.pi) * vanishing(x, lambda y: exp(-(y * y)))),)


@elementwise(floats=True)
def lgamma(x):
    """Logarithm of |gamma(x)| (DLMF 5.2.1).

    Integers and bools are converted to float64. At 0 and the negative integers it is
    infinite. The derivative is digamma(x).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.lgamma([1.0, 3.0, 0.0]).numpy()
    array([0.       , 0.6931472,       inf], dtype=float32)
    """


@lgamma.vjp
def _(g, out, x):
    return (g * digamma(x),)


@elementwise(floats=True)
def digamma(x):
    """Derivative of lgamma, gamma'(x) / gamma(x) (DLMF 5.2.2).

    Integers and bools are converted to float64. At the negative integers it is NaN, at 0
    infinite, with the sign opposite to the zero's. The derivative is trigamma(x).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.digamma([1.0, 0.0, -1.0]).numpy()
    array([-0.5772157,       -inf,        nan], dtype=float32)
    """


@digamma.vjp
def _(g, out, x):
    return (g * trigamma(x),)


@elementwise(floats=True)
def trigamma(x):
    """Derivative of digamma, the sum of 1 / (x + k)**2 over k >= 0 (DLMF 5.15.1).

    Integers and bools are converted to float64. At 0 and the negative integers it is
    infinite. Its derivative is the polygamma function of order 2.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.trigamma([1.0, 0.0]).numpy()
    array([1.644934,      inf], dtype=float32)
    """
