"""Shares of Fisher's F distribution, by those of the beta function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ngrad.ops.comparison import less
from ngrad.ops.elementwise import select
from ngrad.ops.identity import stop_gradient


class Shares(NamedTuple):
    """Where the beta distribution's number for one of the F distribution is below 1/2; that number
    there, and elsewhere 1 less it; and 1 less it everywhere.
    """

    below: Any
    low: Any
    high: Any
    rest: Any


def f_shares(y: Any, m: Any, n: Any) -> Shares:
    odds = m * y / n
    below, rest = less(odds, 1.0), 1.0 / (1.0 + odds)
    # Its slope is that of 1 - rest: where a function's is infinite, two terms would cancel to NaN.
    share = 1.0 - rest + stop_gradient(odds * rest - (1.0 - rest))
    return Shares(below, select(below, share, 0.5), select(below, 0.5, rest), rest)


def f_tail(near: Callable[..., Any], far: Callable[..., Any], y: Any, m: Any, n: Any) -> Any:
    """An incomplete beta function, and its rest to 1: each of the smaller of two shares."""
    a, b, shares = 0.5 * m, 0.5 * n, f_shares(y, m, n)
    return select(shares.below, near(a, b, shares.low), far(b, a, shares.high))
