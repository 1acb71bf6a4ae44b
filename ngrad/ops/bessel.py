"""Bessel's functions of orders 0 and 1, each with its rule, by functions of these orders.

The formulas are those of DLMF 10.6 and 10.29.
"""

from __future__ import annotations

import math

from ngrad.ops.arithmetic import abs_, sign
from ngrad.ops.comparison import less
from ngrad.ops.elementwise import Elementwise, elementwise, select
from ngrad.ops.exponential import exp
from ngrad.ops.power import rsqrt

NEAR = 0.25
"""Below it the quotient of a function of order 1 and x is a series: that of a quotient has a
derivative which is a difference, and lacks eps / x.
"""
FAR, TERMS = {"f8": 30.0}, 20
"""Beyond it (10 in narrower dtypes) the difference of scaled functions of orders 0 and 1 is a
series of so many terms.
"""


def over(out, x, way, scaled=False):
    """J_1(x) / x, where `way` is -1, or I_1(x) / x, where it is 1, with its derivatives at 0: the
    first terms of its power series around it. `out` is J_1(x) or I_1(x), `scaled` by exp(-|x|).
    """
    near = less(abs_(x), NEAR)
    small = select(near, x, 0.0)
    z = (0.25 * way) * (small * small)
    # the sum of z**k / (k! (k + 1)!), over 2
    series = 1 / 2 + z * (
        1 / 4 + z * (1 / 24 + z * (1 / 288 + z * (1 / 5760 + z * (1 / 172800 + z / 7257600))))
    )
    if scaled:
        series = series * exp(-abs_(small))
    return select(near, series, out / select(near, 1.0, x))


def terms(start, way):
    """How much the terms in (start / x)**k have, k from 1 on, in what the expansion of order 1 has
    more than that of order 0 (DLMF 10.40); `way` is the sign of 1 / x.
    """
    zero = one = 1.0
    for k in range(1, TERMS + 1):
        step = way / (8 * k * start)
        zero, one = zero * step * -((2 * k - 1) ** 2), one * step * (4 - (2 * k - 1) ** 2)
        yield one - zero


def gap(x, difference, way, turn=1.0):
    """What i0e has more than i1e, where `way` is -1, or k1e more than k0e, where it is 1: their
    `difference`, or far out, where it would cancel, `turn` times the expansion at |x|.
    """
    size, start = x if way > 0 else abs_(x), FAR.get(x.dtype.code, 10.0)
    far = less(start, size)
    size = select(far, size, start)
    v, series = start / size, 0.0
    for term in reversed([*terms(start, way)]):
        series = v * (series + term)
    factor = math.sqrt(math.pi / 2) if way > 0 else -math.sqrt(0.5 / math.pi)
    return select(far, turn * (series * (factor * rsqrt(size))), difference)


# -- modified, of the first kind -------------------------------------------------------------------


@elementwise(floats=True)
def bessel_i0(x):
    """The modified Bessel function of the first kind, of order 0 (DLMF 10.25).

    Integers and bools are converted to float64. The derivative is bessel_i1(x).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.bessel_i0([0.0, 1.0]).numpy()
    array([1.       , 1.2660658], dtype=float32)
    """


@bessel_i0.vjp
def _(g, out, x):
    return (g * bessel_i1(x),)


@elementwise(floats=True)
def bessel_i1(x):
    """The modified Bessel function of the first kind, of order 1 (DLMF 10.25).

    Integers and bools are converted to float64. The derivative is bessel_i0(x) - bessel_i1(x) / x,
    at 0 its limit 1/2.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.bessel_i1([0.0, 1.0]).numpy()
    array([0.       , 0.5651591], dtype=float32)
    """


@bessel_i1.vjp
def _(g, out, x):
    # beyond the largest number: not the difference of two infinities
    size = abs_(out)
    there = less(size, float("inf"))
    found, at = select(there, out, 0.0), select(there, x, 0.0)
    return (g * select(there, bessel_i0(at) - over(found, at, 1), size),)


@elementwise(floats=True)
def bessel_i0e(x):
    """`bessel_i0` times exp(-abs(x)), which does not overflow.

    Integers and bools are converted to float64. The derivative is bessel_i1e(x) - sign(x)
    bessel_i0e(x), and 0 at the kink at 0.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.bessel_i0e([0.0, 1.0]).numpy()
    array([1.       , 0.4657596], dtype=float32)
    """


@bessel_i0e.vjp
def _(g, out, x):
    turn = sign(x)
    return (-g * gap(x, turn * out - bessel_i1e(x), -1, turn),)


@elementwise(floats=True)
def bessel_i1e(x):
    """`bessel_i1` times exp(-abs(x)), which does not overflow.

    Integers and bools are converted to float64. The derivative is bessel_i0e(x) - bessel_i1e(x) / x
    - sign(x) bessel_i1e(x), at 0 its limit 1/2.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.bessel_i1e([0.0, 1.0]).numpy()
    array([0.        , 0.20791042], dtype=float32)
    """


@bessel_i1e.vjp
def _(g, out, x):
    return (g * (gap(x, bessel_i0e(x) - sign(x) * out, -1) - over(out, x, 1, scaled=True)),)


# -- of the first kind -----------------------------------------------------------------------------


@elementwise(floats=True)
def bessel_j0(x):
    """Bessel's function of the first kind, of order 0 (DLMF 10.2).

    Integers and bools are converted to float64. The derivative is -bessel_j1(x).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.bessel_j0([0.0, 1.0]).numpy()
    array([1.       , 0.7651977], dtype=float32)
    """


@bessel_j0.vjp
def _(g, out, x):
    return (-g * bessel_j1(x),)


@elementwise(floats=True)
def bessel_j1(x):
    """Bessel's function of the first kind, of order 1 (DLMF 10.2).

    Integers and bools are converted to float64. The derivative is bessel_j0(x) - bessel_j1(x) / x,
    at 0 its limit 1/2.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.bessel_j1([0.0, 1.0]).numpy()
    array([0.        , 0.44005057], dtype=float32)
    """


@bessel_j1.vjp
def _(g, out, x):
    return (g * (bessel_j0(x) - over(out, x, -1)),)


# -- modified, of the second kind ------------------------------------------------------------------


@elementwise(floats=True)
def bessel_k0(x):
    """The modified Bessel function of the second kind, of order 0 (DLMF 10.25).

    Integers and bools are converted to float64. At 0 it is infinite, below NaN. The derivative
    is -bessel_k1(x).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.bessel_k0([0.0, 1.0]).numpy()
    array([       inf, 0.42102444], dtype=float32)
    """


@bessel_k0.vjp
def _(g, out, x):
    return (-g * bessel_k1(x),)


@elementwise(floats=True)
def bessel_k1(x):
    """The modified Bessel function of the second kind, of order 1 (DLMF 10.25).

    Integers and bools are converted to float64. At 0 it is infinite, below NaN. The derivative
    is -bessel_k0(x) - bessel_k1(x) / x.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.bessel_k1([0.0, 1.0]).numpy()
    array([       inf, 0.60190725], dtype=float32)
    """


@bessel_k1.vjp
def _(g, out, x):
    return (-g * (bessel_k0(x) + out / x),)


@elementwise(floats=True)
def bessel_k0e(x):
    """`bessel_k0` times exp(x), which does not underflow.

    Integers and bools are converted to float64. The derivative is bessel_k0e(x) - bessel_k1e(x).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.bessel_k0e([0.0, 1.0]).numpy()
    array([      inf, 1.1444631], dtype=float32)
    """


@bessel_k0e.vjp
def _(g, out, x):
    return (-g * gap(x, bessel_k1e(x) - out, 1),)


@elementwise(floats=True)
def bessel_k1e(x):
    """`bessel_k1` times exp(x), which does not underflow.

    Integers and bools are converted to float64. The derivative is bessel_k1e(x) - bessel_k0e(x) -
    bessel_k1e(x) / x.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.bessel_k1e([0.0, 1.0]).numpy()
    array([      inf, 1.6361535], dtype=float32)
    """


@bessel_k1e.vjp
def _(g, out, x):
    return (g * (gap(x, out - bessel_k0e(x), 1) - out / x),)


# -- of the second kind ----------------------------------------------------------------------------


@elementwise(floats=True)
def bessel_y0(x):
    """Bessel's function of the second kind, of order 0 (DLMF 10.2).

    Integers and bools are converted to float64. At 0 it is -inf, below NaN. The derivative is
    -bessel_y1(x).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.bessel_y0([0.0, 1.0]).numpy()
    array([      -inf, 0.08825696], dtype=float32)
    """


@bessel_y0.vjp
def _(g, out, x):
    return (-g * bessel_y1(x),)


@elementwise(floats=True)
def bessel_y1(x):
    """Bessel's function of the second kind, of order 1 (DLMF 10.2).

    Integers and bools are converted to float64. At 0 it is -inf, below NaN. The derivative is
    bessel_y0(x) - bessel_y1(x) / x.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.bessel_y1([0.0, 1.0]).numpy()
    array([      -inf, -0.7812128], dtype=float32)
    """


@bessel_y1.vjp
def _(g, out, x):
    return (g * (bessel_y0(x) - out / x),)


BY_ORDER: dict[tuple[str, float], Elementwise] = {
    ("j", 0): bessel_j0,
    ("j", 1): bessel_j1,
    ("y", 0): bessel_y0,
    ("y", 1): bessel_y1,
    ("i", 0): bessel_i0,
    ("i", 1): bessel_i1,
    ("ie", 0): bessel_i0e,
    ("ie", 1): bessel_i1e,
    ("k", 0): bessel_k0,
    ("k", 1): bessel_k1,
    ("ke", 0): bessel_k0e,
    ("ke", 1): bessel_k1e,
}
"""By kind and order."""
