"""Elliptic integrals, which SciPy computes on the CPU, of m = k**2."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ngrad.ops.arithmetic import abs_
from ngrad.ops.comparison import less
from ngrad.ops.elementwise import select
from ngrad.ops.fixed import fixed
from ngrad.ops.no_nan import multiply_no_nan
from ngrad.ops.power import sqrt
from ngrad.ops.scipy_special import HYP2F1, by_scipy, hypergeometric
from ngrad.ops.trigonometric import cos, sin
from ngrad.record import apply

# -- complete ones, whose derivatives are hypergeometric functions where a quotient were 0 / 0 -----

ELLIPK, ELLIPE, ELLIPKM1 = by_scipy("ellipk"), by_scipy("ellipe"), by_scipy("ellipkm1")


def _far_from_zero(m: Any) -> tuple[Any, Any, Any]:
    """Where quotients of elliptic integrals do not cancel; m there, and elsewhere."""
    far = less(0.5, abs_(m))
    return far, select(far, m, -1.0), select(far, 0.0, m)


@ELLIPK.vjp
def _(g: Any, out: Any, m: Any) -> Any:
    far, there, close = _far_from_zero(m)
    rest = 1.0 - there
    above = apply(ELLIPE, (there,)) - multiply_no_nan(select(far, out, 0.0), rest)
    near = math.pi / 8 * hypergeometric(HYP2F1, 1.5, 1.5, 2.0, close)
    return (g * select(far, above / (2.0 * there * rest), near),)


@ELLIPE.vjp
def _(g: Any, out: Any, m: Any) -> Any:
    far, there, close = _far_from_zero(m)
    above = select(far, out, 0.0) - apply(ELLIPK, (there,))
    near = -math.pi / 8 * hypergeometric(HYP2F1, 0.5, 1.5, 2.0, close)
    return (g * select(far, above / (2.0 * there), near),)


@ELLIPKM1.vjp
def _(g: Any, out: Any, p: Any) -> Any:
    far, there, close = _far_from_zero(1.0 - p)
    rest = select(far, p, 2.0)
    above = apply(ELLIPE, (there,)) - multiply_no_nan(select(far, out, 0.0), rest)
    near = math.pi / 8 * hypergeometric(HYP2F1, 1.5, 1.5, 2.0, close)
    return (-g * select(far, above / (2.0 * there * rest), near),)


# -- incomplete ones -------------------------------------------------------------------------------


def _slope(angle: Any, m: Any, kind: str) -> Any:
    """Twice the derivative in m of F, and of -E: the integrals of sin(t)**2 / (1 - m sin(t)**2)**p
    from 0 to the angle, with p = 3/2 and 1/2. Up to a quarter of a turn they are Carlson's R_D
    (DLMF 19.25.13, and with another order of its arguments), in which nothing cancels; half a turn
    is twice as much as a quarter.
    """
    from scipy.special import elliprd

    def quarter(sine: Any, cosine: Any) -> Any:
        share = sine * sine
        rest = cosine * cosine + (1.0 - m) * share
        last = (1.0, rest) if kind == "F" else (rest, 1.0)
        return sine * share / 3.0 * elliprd(cosine * cosine, *last)

    turns = np.round(angle / np.pi)
    left = angle - turns * np.pi
    found = quarter(np.sin(left), np.cos(left))
    if not turns.any():
        return found
    return found + np.where(turns, 2.0 * turns, 0.0) * np.where(turns, quarter(1.0, 0.0), 0.0)


ELLIPKINC, ELLIPEINC = by_scipy("ellipkinc"), by_scipy("ellipeinc")
ELLIPTIC_SLOPE = by_scipy("elliptic_slope", _slope, ("kind",))


def _root(angle: Any, m: Any) -> Any:
    return sqrt(cos(angle) ** 2.0 + (1.0 - m) * sin(angle) ** 2.0)


def _slope_of(name: str, angle: Any, m: Any, kind: str) -> Any:
    why = f"{name}: has no second derivative in m"
    return 0.5 * apply(ELLIPTIC_SLOPE, (angle, fixed(m, why)), (kind,))


@ELLIPKINC.vjp
def _(g: Any, out: Any, angle: Any, m: Any) -> Any:
    return g / _root(angle, m), g * _slope_of("ellipkinc", angle, m, "F")


@ELLIPEINC.vjp
def _(g: Any, out: Any, angle: Any, m: Any) -> Any:
    return g * _root(angle, m), -g * _slope_of("ellipeinc", angle, m, "E")


@ELLIPTIC_SLOPE.vjp
def _(g: Any, out: Any, angle: Any, m: Any, kind: str) -> Any:
    root, share = _root(angle, m), sin(angle) ** 2.0
    return g * (share / (root**3.0 if kind == "F" else root)), 0.0 * m
