"""Zeta functions and the derivatives of digamma, each with its rule."""

from __future__ import annotations

import math
from typing import Any

from ngrad.ops.arithmetic import minimum
from ngrad.ops.comparison import less
from ngrad.ops.convert import beside
from ngrad.ops.elementwise import elementwise, select
from ngrad.ops.exponential import exp, log
from ngrad.ops.gammas import STIRLING, gamma, half_turns, reflected, rgamma, rgamma_slope
from ngrad.ops.power import reciprocal
from ngrad.ops.special import digamma, trigamma
from ngrad.ops.trigonometric import cos, sin

ENDLESS = 1e30
"""An exponent of which every power is 0, 1 or infinite."""
TERMS = 10
"""Terms of the series before the rest is taken by its expansion."""
GONE = 330.0
"""From where on the rest is 0; in its expansion powers of larger exponents would overflow."""
BERNOULLI = (
    1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000,
    1 / 74724249600, -3617 / 10670622842880000,
)  # fmt: skip
"""B(2j) / (2j)!, of Bernoulli's numbers, for j from 1 on."""


def slope(x, q):
    """The derivative in x of zeta(x, q), the sum of (k + q)**-x over k from 0 on, for x > 1 and
    q > 0: the first terms, and of the rest Euler's and Maclaurin's expansion (Johansson, Rigorous
    high-precision computation of the Hurwitz zeta function, 2015, eq. 5), each differentiated. Near
    1e-14 of the value in float64. Below 1 it continues Riemann's, as near from -0.5 on.
    """
    x, found = minimum(x, ENDLESS), 0.0
    for k in range(TERMS):
        base = log(q + float(k))
        found = found - base * exp(-x * base)
    end = q + float(TERMS)
    base, x = log(end), minimum(x, GONE)
    tail, above = exp(-x * base), 1.0 / (x - 1.0)
    found = found - end * tail * above * (base + above) - 0.5 * base * tail
    # x (x + 1) ... (x + 2 j - 2) and its derivative, and end**(1 - 2 j).
    product, its, power = x, 1.0, 1.0 / end
    for j, factor in enumerate(BERNOULLI, 1):
        # The small ones together, so that no cotangent overflows.
        found = found + factor * power * (tail * (its - base * product))
        one, two = x + float(2 * j - 1), x + float(2 * j)
        its = its * (one * two) + product * (one + two)
        product, power = product * (one * two), power / (end * end)
    return found


@elementwise(floats=True)
def zeta(x, y):
    """Hurwitz's zeta function, the sum of (k + y)**-x over k from 0 on (DLMF 25.11.1).

    Integers and bools are converted to float64. At x = 1 and where y is 0 or a negative whole
    number it is infinite, for x < 1 NaN; for y < 0 it is NaN, unless x is whole.

    Examples
    --------
    >>> import ngrad
    >>> zeta(ngrad.constant([2.0, 3.0]), ngrad.constant([1.0, -0.5])).numpy()
    array([1.644934 , 0.4143983], dtype=float32)
    """


@zeta.vjp
def _(g, out, x, y):
    return g * slope(x, y), -g * x * zeta(x + 1.0, y)


@elementwise(floats=True)
def riemann_zeta(x):
    """Riemann's zeta function, the sum of k**-x over k from 1 on, continued to x < 1 (DLMF 25.2.1).

    Integers and bools are converted to float64. At 1 it is infinite.

    Examples
    --------
    >>> import ngrad
    >>> riemann_zeta(ngrad.constant([2.0, 0.0, -1.0])).numpy()
    array([ 1.644934  , -0.5       , -0.08333334], dtype=float32)
    """


@riemann_zeta.vjp
def _(g, out, x):
    left = less(x, -0.5)
    right = slope(select(left, 2.0, x), beside(x, 1.0, "zeta"))
    return (g * select(left, reflected_slope(select(left, x, -1.0)), right),)


def reflected_slope(x: Any) -> Any:
    """The derivative of zeta(x) for x < 0, which is pi**(x - 1/2) gamma((1 - x) / 2) / gamma(x / 2)
    zeta(1 - x) (DLMF 25.4.3).
    """
    log_pi, y = math.log(math.pi), 1.0 - x
    factor, other = exp(-0.5 * log_pi * y) * gamma(0.5 * y), riemann_zeta(y)
    # Each factor has half of the power, so that none overflows before their product does.
    power, reciprocal = exp(0.5 * log_pi * x), rgamma(0.5 * x)
    its = (log_pi - 0.5 * digamma(0.5 * y)) * reciprocal + 0.5 * rgamma_slope(reciprocal, 0.5 * x)
    return factor * (power * (its * other - reciprocal * slope(y, beside(y, 1.0, "zeta"))))


@elementwise(floats=True)
def polygamma(x, y):
    """The derivative of digamma of order x, at y, for whole x > 0 (DLMF 5.15.1).

    Integers and bools are converted to float64. Where y is 0 or a negative whole number it is
    infinite, with the sign that it has for y > 0. For even x it has zeros between the poles of
    y < 0; there errors stay below eps times the term nearest to the pole.

    Examples
    --------
    >>> import ngrad
    >>> polygamma(ngrad.constant([1.0, 2.0]), ngrad.constant([1.0, 0.0])).numpy()
    array([1.644934,     -inf], dtype=float32)
    """


@polygamma.vjp
def _(g, out, x, y):
    return None, g * polygamma(x + 1.0, y)


@trigamma.vjp
def _(g, out, x):
    if x.dtype.is_complex:
        return (g * complex_slope(x),)
    return (g * polygamma(beside(x, 2.0, "polygamma"), x),)


def complex_slope(x: Any) -> Any:
    """The derivative of trigamma at complex numbers, by ops that have theirs: ten terms, and of the
    rest the expansion; by reflection on the left, where `reflected` says so.
    """
    left = reflected(x)
    y: Any = select(left, 1.0 - x, x)
    found: Any = 0.0
    for k in range(TERMS):
        term = reciprocal(y + float(k))
        found = found - 2.0 * (term * (term * term))
    r = reciprocal(y + float(TERMS))
    square, rest = r * r, 0.0 * r
    for j in reversed(range(len(STIRLING))):
        rest = square * ((2 * j + 2) * (2 * j + 3) * STIRLING[j] + rest)
    found = found - square * (1.0 + r + rest)
    turn = half_turns(select(left, x, 0.5))
    secant = math.pi * reciprocal(sin(turn))
    return found - select(left, 2.0 * cos(turn) * (secant * (secant * secant)), 0.0)


def of_order(order: int, x: Any) -> Any:
    """`polygamma` of an order that is a number, from 0 on."""
    if order < 2:
        return trigamma(x) if order else digamma(x)
    return polygamma(beside(x, float(order), "polygamma"), x)
