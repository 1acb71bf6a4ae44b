"""Powers: of ten, less 1, and Box's and Cox's transforms with their inverses."""

from __future__ import annotations

from typing import Any

from ngrad.ops.arithmetic import abs_, floor
from ngrad.ops.comparison import equal, greater, isfinite, less, logical_and, logical_or, not_equal
from ngrad.ops.convert import operands
from ngrad.ops.elementwise import select
from ngrad.ops.exponential import exp, expm1, log, log1p
from ngrad.ops.integrals import exprel
from ngrad.ops.no_nan import multiply_no_nan
from ngrad.ops.power import pow


def exp10(x: Any) -> Any:
    return pow(10.0, x)


def powm1(x: Any, y: Any) -> Any:
    x, y = operands("powm1", x, y)
    positive = logical_or(greater(x, 0.0), equal(y, 2.0 * floor(0.5 * y)))
    up = multiply_no_nan(log(abs_(x)), y)
    near = logical_and(positive, less(abs_(up), 0.5))
    base = select(logical_and(near, logical_and(isfinite(x), not_equal(x, 0.0))), abs_(x), 1.0)
    return select(near, expm1(log(base) * select(near, y, 0.0)), pow(select(near, 1.0, x), y) - 1.0)


def _transformed(size: Any, power: Any) -> Any:
    """(exp(power size) - 1) / power, and the size where the power is 0."""
    up = multiply_no_nan(size, power)
    near = less(abs_(up), 1.0)  # beyond, terms of the first one's slope would cancel
    first = size * exprel(select(near, up, 0.0))
    return select(near, first, expm1(select(near, 1.0, up)) / select(near, 1.0, power))


def _size(x: Any, power: Any) -> Any:
    """Of what x is `_transformed`: log(1 + power x) / power, and x where the power is 0."""
    up = multiply_no_nan(x, power)
    near = less(abs_(up), 0.5)
    first = x / exprel(log1p(select(near, up, 0.0)))
    return select(near, first, log1p(select(near, 1.0, up)) / select(near, 1.0, power))


def boxcox(x: Any, power: Any) -> Any:
    x, power = operands("boxcox", x, power)
    return _transformed(log(x), power)


def boxcox1p(x: Any, power: Any) -> Any:
    x, power = operands("boxcox1p", x, power)
    return _transformed(log1p(x), power)


def inv_boxcox(x: Any, power: Any) -> Any:
    return exp(_size(*operands("inv_boxcox", x, power)))


def inv_boxcox1p(x: Any, power: Any) -> Any:
    return expm1(_size(*operands("inv_boxcox1p", x, power)))
