"""Box's and Cox's transforms."""

from __future__ import annotations

from typing import Any

from ngrad.ops.arithmetic import abs_
from ngrad.ops.comparison import less
from ngrad.ops.convert import operands
from ngrad.ops.elementwise import select
from ngrad.ops.exponential import expm1, log
from ngrad.ops.integrals import exprel
from ngrad.ops.no_nan import multiply_no_nan


def boxcox(x: Any, power: Any) -> Any:
    x, power = operands("boxcox", x, power)
    size = log(x)
    up = multiply_no_nan(size, power)
    near = less(abs_(up), 1.0)  # beyond, terms of the first one's slope would cancel
    first = size * exprel(select(near, up, 0.0))
    return select(near, first, expm1(select(near, 1.0, up)) / select(near, 1.0, power))
