"""Dawson's and exponential integrals, each with its rule."""

from __future__ import annotations

import math

from ngrad.ops.arithmetic import abs_
from ngrad.ops.comparison import greater, less
from ngrad.ops.complexes import imag
from ngrad.ops.elementwise import elementwise, select
from ngrad.ops.exponential import exp
from ngrad.ops.faddeeva import far_out

NEAR, TERMS = 0.5, 15
"""Up to where the derivative of `exprel` is a sum of so many powers, and its own are."""
FAR, LAST = {"f8": 8.0}, 39
"""From where on that of `dawsn` is its asymptotic series (from 5 in narrower dtypes), and the last
factor in it."""


@elementwise(floats=True)
def dawsn(x):
    """Dawson's integral, exp(-x**2) times that of exp(t**2) from 0 to x (DLMF 7.2.5).

    Integers and bools are converted to float64.

    Examples
    --------
    >>> import ngrad
    >>> dawsn(ngrad.constant([0.0, 1.0])).numpy()
    array([0.       , 0.5380795], dtype=float32)
    """


@dawsn.vjp
def _(g, out, x):
    if x.dtype.is_complex:  # it is i sqrt(pi) / 2 (exp(-x**2) - wofz(x))
        far, series, there = far_out(x)
        gone = select(less(imag(there), 0.0), 1.0, -1.0) * (there * exp(-(there * there)))
        beyond = 1.0j * math.sqrt(math.pi) * (gone - 0.5 * series)
        return (g * select(far, beyond, 1.0 - 2.0 * select(far, 0.0, x) * out),)
    # Far out, where the difference would cancel, by its asymptotic series (DLMF 7.12.1 of i x).
    start = FAR.get(x.dtype.code, 5.0)
    far = greater(abs_(x), start)
    near, inverse = select(far, 0.0, x), 1.0 / select(far, x, start)
    v = 0.5 * inverse * inverse
    series = 1.0
    for k in range(LAST, 1, -2):
        series = 1.0 + k * v * series
    return (g * select(far, -v * series, 1.0 - 2.0 * near * out),)


@elementwise(floats=True)
def erfi(x):
    """The imaginary error function, 2 / sqrt(pi) times the integral of exp(t**2) from 0 to x.

    Integers and bools are converted to float64.

    Examples
    --------
    >>> import ngrad
    >>> erfi(ngrad.constant([0.0, 1.0])).numpy()
    array([0.       , 1.6504258], dtype=float32)
    """


@erfi.vjp
def _(g, out, x):
    return (g * (2.0 / math.sqrt(math.pi) * exp(x * x)),)


@elementwise(floats=True)
def exp1(x):
    """The exponential integral E1, that of exp(-t) / t from x on (DLMF 6.2.1).

    Integers and bools are converted to float64. At 0 it is infinite, below NaN.

    Examples
    --------
    >>> import ngrad
    >>> exp1(ngrad.constant([0.0, 1.0])).numpy()
    array([       inf, 0.21938394], dtype=float32)
    """


@exp1.vjp
def _(g, out, x):
    return (-g * (exp(-x) / x),)


@elementwise(floats=True)
def expn(x, y):
    """The exponential integral of whole order x, that of exp(-y t) / t**x from 1 on (DLMF 8.19.3).

    Integers and bools are converted to float64. Of an order that is not whole, below 0 or beyond
    64, and of negative numbers it is NaN. Its derivative is that of order x - 1, negative.

    Examples
    --------
    >>> import ngrad
    >>> expn(ngrad.constant([1.0, 2.0]), ngrad.constant([1.0, 0.0])).numpy()
    array([0.21938394, 1.        ], dtype=float32)
    """


@expn.vjp
def _(g, out, x, y):
    # of order 0 it is exp(-y) / y
    first = less(x, 0.5)
    lower = expn(select(first, x, x - 1.0), y)
    return None, -g * (lower * select(first, 1.0 + 1.0 / y, 1.0))


@elementwise(floats=True)
def expi(x):
    """The exponential integral Ei, the principal value of that of exp(t) / t up to x (DLMF 6.2.5).

    Integers and bools are converted to float64. At 0 it is -inf.

    Examples
    --------
    >>> import ngrad
    >>> expi(ngrad.constant([0.0, 1.0])).numpy()
    array([     -inf, 1.8951178], dtype=float32)
    """


@expi.vjp
def _(g, out, x):
    half = exp(0.5 * x)  # whose square may be too large where its quotient with x is not
    return (g * (half * (half / x)),)


@elementwise(floats=True)
def exprel(x):
    """(exp(x) - 1) / x, and 1 at 0.

    Integers and bools are converted to float64.

    Examples
    --------
    >>> import ngrad
    >>> exprel(ngrad.constant([0.0, 1.0])).numpy()
    array([1.       , 1.7182819], dtype=float32)
    """


@exprel.vjp
def _(g, out, x):
    # about 0 the sum of (k + 1) x**k / (k + 2)! over k from 0 on; above, where exp(x) may be too
    # large, it is 1 + x out
    near = less(abs_(x), NEAR)
    small, large = select(near, x, 0.0), select(near, 1.0, x)
    series = 0.0
    for k in range(TERMS, -1, -1):
        series = series * small + (k + 1) / math.factorial(k + 2)
    low = less(large, 0.0)
    below = (exp(select(low, large, 0.0)) - select(low, out, 0.0)) / large
    above = out * (1.0 - 1.0 / large) + 1.0 / large
    return (g * select(near, series, select(low, below, above)),)
