"""Elementwise arithmetic, comparison, logic and rounding, each with its rule."""

from __future__ import annotations

from typing import Any

from ngrad.ops.elementwise import elementwise, select


@elementwise
def add(x, y):
    """Sum x + y."""


@add.vjp
def _(g, out, x, y):
    return g, g


@elementwise
def subtract(x, y):
    """Difference x - y."""


@subtract.vjp
def _(g, out, x, y):
    return g, -g


@elementwise
def multiply(x, y):
    """Product x * y."""


@multiply.vjp
def _(g, out, x, y):
    return g * y, g * x


@elementwise(floats=True)
def divide(x, y):
    """Quotient x / y; integers are converted to float64."""


@divide.vjp
def _(g, out, x, y):
    share = g / y
    return share, -share * out


@elementwise
def floordiv(x, y):
    """Quotient rounded down. For integers x // 0 is 0, and MIN // -1 wraps to MIN. Its derivative
    is zero.
    """


@floordiv.vjp
def _(g, out, x, y):
    return None, None


@elementwise
def mod(x, y):
    """Remainder x - floor(x / y) * y, with the sign of y; exact. For integers x % 0 is 0."""


@mod.vjp
def _(g, out, x, y):
    return g, -g * floordiv(x, y)


@elementwise
def negative(x):
    """-x."""


@negative.vjp
def _(g, out, x):
    return (-g,)


@elementwise
def abs_(x):
    """|x|; its derivative at 0 is 0."""


@abs_.vjp
def _(g, out, x):
    return (g * sign(x),)


@elementwise
def sign(x):
    """-1, 0 or 1 by the sign of x; zeros and NaN are themselves. Its derivative is zero."""


@elementwise
def floor(x):
    """Largest integer not above x. Its derivative is zero."""


@elementwise
def ceil(x):
    """Smallest integer not below x. Its derivative is zero."""


@elementwise
def round_(x):
    """Nearest integer, halves to even. Its derivative is zero."""


@elementwise
def trunc(x):
    """x without its fraction. Its derivative is zero."""


for _op in (sign, floor, ceil, round_, trunc):
    _op.vjp(lambda g, out, x: (None,))


@elementwise
def square(x):
    """x * x."""


@square.vjp
def _(g, out, x):
    return (g * (2.0 * x),)


@elementwise(floats=True)
def sqrt(x):
    """Square root; its derivative at 0 is infinite."""


@sqrt.vjp
def _(g, out, x):
    return (g / (2.0 * out),)


@elementwise(floats=True)
def rsqrt(x):
    """1 / sqrt(x)."""


@rsqrt.vjp
def _(g, out, x):
    return (g * (-0.5 * out * (out * out)),)


@elementwise(floats=True)
def reciprocal(x):
    """1 / x."""


@reciprocal.vjp
def _(g, out, x):
    return (-g * (out * out),)


@elementwise
def maximum(x, y):
    """The larger of x and y, NaN if either is; a tie's cotangent is shared evenly."""


@elementwise
def minimum(x, y):
    """The smaller of x and y, NaN if either is; a tie's cotangent is shared evenly."""


def _extreme_rule(g: Any, out: Any, x: Any, y: Any) -> Any:
    half = 0.5 * g
    tie = equal(x, y)
    return (
        select(tie, half, select(equal(x, out), g, 0.0)),
        select(tie, half, select(equal(y, out), g, 0.0)),
    )


maximum.vjp(_extreme_rule)
minimum.vjp(_extreme_rule)


@elementwise
def copysign(x, y):
    """|x| with the sign of y."""


@copysign.vjp
def _(g, out, x, y):
    return g * sign(x) * copysign(1.0, y), None


# -- comparison and logic: results are bool, so nothing flows back ---------------------------------


@elementwise
def equal(x, y):
    """Whether x == y; NaN equals nothing."""


@elementwise
def not_equal(x, y):
    """Whether x != y."""


@elementwise
def less(x, y):
    """Whether x < y."""


@elementwise
def less_equal(x, y):
    """Whether x <= y."""


@elementwise
def greater(x, y):
    """Whether x > y."""


@elementwise
def greater_equal(x, y):
    """Whether x >= y."""


@elementwise
def isnan(x):
    """Whether x is NaN."""


@elementwise
def isinf(x):
    """Whether x is an infinity."""


@elementwise
def isfinite(x):
    """Whether x is neither NaN nor an infinity."""


@elementwise
def logical_and(x, y):
    """x and y, of bools."""


@elementwise
def logical_or(x, y):
    """x or y, of bools."""


@elementwise
def logical_xor(x, y):
    """Either x or y, not both, of bools."""


@elementwise
def logical_not(x):
    """not x, of bools."""


@elementwise
def bitwise_and(x, y):
    """x & y, of integers or bools."""


@elementwise
def bitwise_or(x, y):
    """x | y, of integers or bools."""


@elementwise
def bitwise_xor(x, y):
    """x ^ y, of integers or bools."""


@elementwise
def invert(x):
    """~x, of integers or bools."""


@elementwise
def left_shift(x, y):
    """x << y; 0 if y is negative or at least the width."""


@elementwise
def right_shift(x, y):
    """x >> y; 0 (or -1 for a negative x) if y is negative or at least the width."""
