"""The inverses of erf and erfc, erfc scaled, and the normal distribution function, its logarithm
and their inverses, each with its rule.
"""

from __future__ import annotations

import math

from ngrad.ops.elementwise import elementwise
from ngrad.ops.exponential import exp


@elementwise(floats=True)
def erfinv(x):
    """The inverse of `erf` (DLMF 7.17.1).

    Integers and bools are converted to float64. At 1 and -1 it is infinite, beyond them NaN. The
    derivative is sqrt(pi) / 2 e**(erfinv(x)**2).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.erfinv([0.0, 0.5]).numpy()
    array([0.        , 0.47693628], dtype=float32)
    """


@erfinv.vjp
def _(g, out, x):
    return (g * (math.sqrt(math.pi) / 2 * exp(out * out)),)


@elementwise(floats=True)
def erfcinv(x):
    """The inverse of `erfc` (DLMF 7.17.2), also of what is too small to be taken from 1.

    Integers and bools are converted to float64. At 0 and 2 it is infinite, outside of them NaN.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.erfcinv([0.5, 1.5]).numpy()
    array([ 0.47693628, -0.47693628], dtype=float32)
    """


@erfcinv.vjp
def _(g, out, x):
    return (g * (-math.sqrt(math.pi) / 2 * exp(out * out)),)


@elementwise(floats=True)
def ndtri(x):
    """The inverse of the normal distribution function.

    Integers and bools are converted to float64. At 0 and 1 it is infinite, outside of them NaN.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.ndtri([0.5, 0.975]).numpy().round(2)
    array([0.  , 1.96], dtype=float32)
    """


@ndtri.vjp
def _(g, out, x):
    return (g * (math.sqrt(2 * math.pi) * exp(0.5 * out * out)),)


@elementwise(floats=True)
def erfcx(x):
    """exp(x**2) erfc(x), without overflow where x is large.

    Integers and bools are converted to float64.

    Examples
    --------
    >>> import ngrad
    >>> erfcx(ngrad.constant([0.0, 1e10])).numpy()
    array([1.000000e+00, 5.641896e-11], dtype=float32)
    """


@erfcx.vjp
def _(g, out, x):
    return (g * (2.0 * x * out - 2.0 / math.sqrt(math.pi)),)


@elementwise(floats=True)
def log_ndtr(x):
    """The logarithm of the normal distribution function, without underflow in either tail.

    Integers and bools are converted to float64.

    Examples
    --------
    >>> import ngrad
    >>> log_ndtr(ngrad.constant([0.0, -10.0])).numpy().round(2)
    array([ -0.69, -53.23], dtype=float32)
    """


@log_ndtr.vjp
def _(g, out, x):
    # The density over the distribution function, without underflow in the lower tail.
    return (g * (math.sqrt(2 / math.pi) / erfcx(x * -math.sqrt(0.5))),)


@elementwise(floats=True)
def ndtri_exp(x):
    """The inverse of `log_ndtr`: `ndtri` of exp(x), without underflow or cancellation.

    Integers and bools are converted to float64. At 0 it is infinite, above NaN.

    Examples
    --------
    >>> import ngrad
    >>> ndtri_exp(ngrad.constant([-2.0, -1000.0])).numpy().round(2)
    array([ -1.1 , -44.62], dtype=float32)
    """


@ndtri_exp.vjp
def _(g, out, x):
    # The distribution function over the density, in which no large exponents cancel.
    return (g * (math.sqrt(math.pi / 2) * erfcx(out * -math.sqrt(0.5))),)
