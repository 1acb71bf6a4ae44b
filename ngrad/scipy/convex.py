"""Entropies, divergences and losses, of numbers, infinite where they are not defined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.ops.arithmetic import abs_
from ngrad.ops.comparison import (
    equal,
    greater,
    greater_equal,
    isfinite,
    isnan,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
)
from ngrad.ops.convert import operands
from ngrad.ops.elementwise import select
from ngrad.ops.exponential import log, log1p
from ngrad.ops.identity import stop_gradient
from ngrad.ops.no_nan import multiply_no_nan
from ngrad.ops.power import hypot


def _xlog(function: Any, at_zero: float) -> Callable[[Any, Any], Any]:
    """x * function(y), but 0 where x is 0, unless y is NaN. Where x is 0 and the function infinite,
    it counts as constant in both: `at_zero` is where the function is 0.
    """

    def compute(x: Any, y: Any) -> Any:
        x, y = operands("xlogy", x, y)
        edge = logical_and(equal(x, 0.0), equal(y, at_zero - 1.0))
        inside = select(edge, at_zero, y)
        return select(isnan(y), y, multiply_no_nan(function(inside), x))

    return compute


xlogy, xlog1py = _xlog(log, 1.0), _xlog(log1p, 0.0)


def entr(x: Any) -> Any:
    # At 0 and at infinity the slope is infinite, by the logarithm alone.
    inside = select(logical_or(equal(x, 0.0), equal(x, np.inf)), stop_gradient(x), x)
    return select(less(x, 0.0), -np.inf, -multiply_no_nan(log(inside), x))


def rel_entr(x: Any, y: Any) -> Any:
    x, y = operands("rel_entr", x, y)
    return _divergence(x, y, lambda p, q: p * _log_ratio(p, q), 0.0)


def kl_div(x: Any, y: Any) -> Any:
    x, y = operands("kl_div", x, y)
    return _divergence(x, y, lambda p, q: p * _log_ratio(p, q) - p + q, y)


def _log_ratio(p: Any, q: Any) -> Any:
    """log(p / q) of positive numbers, whose quotient may be too small or large to have slopes."""
    ratio, least = p / q, float(p.dtype.finfo.tiny) ** 0.5
    there = logical_and(greater(ratio, least), less(ratio, 1.0 / least))
    return select(there, log(select(there, p, 1.0) / select(there, q, 1.0)), log(p) - log(q))


def _divergence(x: Any, y: Any, inside: Callable[[Any, Any], Any], at_zero: Any) -> Any:
    """Where both are positive; where x is 0; and infinite elsewhere."""
    positive = logical_and(greater(x, 0.0), greater(y, 0.0))
    zero = logical_and(equal(x, 0.0), greater_equal(y, 0.0))
    found = inside(select(positive, x, 1.0), select(positive, y, 1.0))
    other = select(logical_or(isnan(x), isnan(y)), np.nan, np.inf)
    return select(positive, found, select(zero, at_zero, other))


def huber(delta: Any, r: Any) -> Any:
    delta, r = operands("huber", delta, r)
    size = abs_(r)
    near = less_equal(size, delta)
    low, slope = select(near, r, 0.0), select(near, 0.0, delta)  # infinities in one branch alone
    found = select(near, 0.5 * low * low, slope * (size - 0.5 * slope))
    return select(less(delta, 0.0), np.inf, found)


def pseudo_huber(delta: Any, r: Any) -> Any:
    delta, r = operands("pseudo_huber", delta, r)
    inside = logical_and(greater(delta, 0.0), isfinite(r))
    length, x = select(inside, delta, 1.0), select(inside, r, 0.0)
    found = length * (x * (x / (length + hypot(length, x))))
    nothing = logical_or(equal(r, 0.0), logical_and(equal(delta, 0.0), logical_not(isfinite(r))))
    other = select(less(delta, 0.0), np.inf, select(nothing, 0.0, delta * abs_(r)))
    return select(inside, found, other)
