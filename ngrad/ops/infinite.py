"""What slopes are at infinity, where their formulas would say NaN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ngrad.ops.arithmetic import sign
from ngrad.ops.comparison import isinf
from ngrad.ops.elementwise import select


def vanishing(x: Any, slope: Callable[[Any], Any]) -> Any:
    """slope(x), but 0, with a derivative of 0, where x is infinite: it sees a 1 there."""
    far = isinf(x)
    return select(far, 0.0, slope(select(far, 1.0, x)))


def direction(x: Any, length: Any) -> Any:
    """x / length, of a vector's element; of an infinite one its sign."""
    far = isinf(x)
    return select(far, sign(x), select(far, 0.0, x) / length)
