"""Faddeeva's function of complex numbers, by which erf and its kin are defined in the plane."""

from __future__ import annotations

import math

from ngrad.ops.arithmetic import abs_
from ngrad.ops.comparison import greater, less
from ngrad.ops.complexes import imag
from ngrad.ops.elementwise import elementwise, select
from ngrad.ops.exponential import exp

FAR, LAST = 8.0, 39
"""From which modulus on the derivative is its asymptotic series, where the difference would cancel,
and the last factor in that."""


@elementwise
def wofz(x):
    """exp(-z**2) erfc(-i z) of complex numbers (DLMF 7.2.3).

    Examples
    --------
    >>> import ngrad
    >>> wofz(ngrad.constant([0j, 2j])).numpy().round(3)
    array([1.   +0.j, 0.255+0.j])
    """


@wofz.vjp
def _(g, out, x):
    return (g * wofz_slope(x, out),)


def wofz_slope(z, w):
    """The derivative of w = wofz(z)."""
    far, series, gone = far_out(z)
    below = select(less(imag(gone), 0.0), gone, 0.0)  # above, the exponential may overflow
    beyond = series - 4.0 * below * exp(-(below * below))
    near = select(far, 0.0, z)
    return select(far, beyond, 2.0j / math.sqrt(math.pi) - 2.0 * near * w)


def far_out(z):
    """(far, series, there): whether a number is far out, the number there, else one that is, and of
    that, in the upper half plane, the derivative of `wofz` (DLMF 7.12.1).
    """
    far = greater(abs_(z), FAR)
    there = select(far, z, FAR)
    v = 1.0 / (there * there)
    series = 1.0
    for k in range(LAST, 1, -2):
        series = 1.0 + (0.5 * k) * v * series
    return far, -1.0j / math.sqrt(math.pi) * v * series, there
