"""Distribution functions, by shares of the gamma and beta functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.ops.comparison import (
    equal,
    greater,
    greater_equal,
    isfinite,
    logical_and,
    logical_not,
    logical_or,
)
from ngrad.ops.convert import operands
from ngrad.ops.elementwise import select
from ngrad.ops.incomplete import betainc, gammainc, gammaincc


def chdtr(v: Any, x: Any) -> Any:
    return gammainc(0.5 * v, 0.5 * x)


def chdtrc(v: Any, x: Any) -> Any:
    return gammaincc(0.5 * v, 0.5 * x)


def _of_f(name: str, n: Any, d: Any, x: Any) -> Any:
    """Degrees of freedom that are there, and a number, which is NaN where they are not; and where
    that is infinite, of any degrees.
    """
    n, d, x = operands(name, n, d, x)
    far = equal(x, np.inf)
    some = logical_and(greater(n, 0.0), greater(d, 0.0))
    there = logical_and(some, logical_or(isfinite(n + d), far))
    some = logical_and(there, logical_not(far))
    x = select(logical_and(there, greater_equal(x, 0.0)), x, np.nan)
    return select(some, n, 1.0), select(some, d, 1.0), x


def fdtr(n: Any, d: Any, x: Any) -> Any:
    n, d, x = _of_f("fdtr", n, d, x)
    return betainc(0.5 * n, 0.5 * d, select(equal(x, np.inf), 1.0, n * x / (d + n * x)))


def fdtrc(n: Any, d: Any, x: Any) -> Any:
    n, d, x = _of_f("fdtrc", n, d, x)
    return betainc(0.5 * d, 0.5 * n, d / (d + n * x))
