"""Trigonometric functions of degrees, exact where these are quarters of a turn."""

from __future__ import annotations

import math
from typing import Any

from ngrad.ops.arithmetic import fmod, mod, round_
from ngrad.ops.comparison import equal, greater_equal, logical_or
from ngrad.ops.elementwise import select
from ngrad.ops.trigonometric import cos, sin


def _sine(x: Any, quarters: float) -> Any:
    """The sine of x degrees and so many quarters of a turn."""
    turn = fmod(x, 360.0)  # exact, as what is left of it
    quarter = round_(turn / 90.0)
    angle = (turn - 90.0 * quarter) * (math.pi / 180.0)
    place = mod(quarter + quarters, 4.0)
    odd = logical_or(equal(place, 1.0), equal(place, 3.0))
    found = select(odd, cos(angle), sin(angle))
    return select(greater_equal(place, 2.0), -found, found)


def _quotient(x: Any, y: Any) -> Any:
    """Infinite at each pole."""
    pole = equal(y, 0.0)
    return select(pole, math.inf, x / select(pole, 1.0, y))


def sindg(x: Any) -> Any:
    return _sine(x, 0.0)


def cosdg(x: Any) -> Any:
    return _sine(x, 1.0)


def tandg(x: Any) -> Any:
    return _quotient(sindg(x), cosdg(x))


def cotdg(x: Any) -> Any:
    return _quotient(cosdg(x), sindg(x))


def radian(d: Any, m: Any, s: Any) -> Any:
    return ((d * 60.0 + m) * 60.0 + s) * (math.pi / 648000.0)
