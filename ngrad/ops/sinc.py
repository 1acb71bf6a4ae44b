"""The cardinal sine, sin(pi x) / (pi x), with its rule."""

from __future__ import annotations

import math

from ngrad.ops.arithmetic import abs_
from ngrad.ops.comparison import less
from ngrad.ops.elementwise import elementwise, select
from ngrad.ops.trigonometric import cos

NEAR = 0.25
"""Up to where the derivative, a difference of what is nearly equal there, is a sum of powers."""
TERMS = [(-1.0) ** k * 2 * k * math.pi ** (2 * k) / math.factorial(2 * k + 1) for k in range(1, 11)]
"""Of the derivative times x, by powers of x**2 (of DLMF 4.19.1)."""


@elementwise(floats=True)
def sinc(x):
    """The cardinal sine sin(pi x) / (pi x), and 1 at 0.

    Integers and bools are converted to float64. The derivative is (cos(pi x) - sinc(x)) / x,
    and 0 at 0.

    Examples
    --------
    >>> import ngrad
    >>> sinc(ngrad.constant([0.0, 0.5, 1.5])).numpy().round(3)
    array([ 1.   ,  0.637, -0.212], dtype=float32)
    """


@sinc.vjp
def _(g, out, x):
    near = less(abs_(x), NEAR)
    small, large = select(near, x, 0.0), select(near, 1.0, x)
    series = 0.0
    for term in reversed(TERMS):
        series = series * (small * small) + term
    return (g * select(near, series * small, (cos(math.pi * large) - out) / large),)
