"""Special functions of an order, which is a number, or of several orders."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.errors import NumberError
from ngrad.graph.strides import broadcast
from ngrad.numpy.composed import FLOAT32, FLOAT64, as_loops
from ngrad.numpy.convert import OURS, array_of, beside, to_tensor
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.nothing import warn_of
from ngrad.ops import scipy_special as s
from ngrad.ops.comparison import equal
from ngrad.ops.convert import beside as number_beside
from ngrad.ops.convert import cast_to, tensor
from ngrad.ops.elementwise import select
from ngrad.ops.fixed import fixed
from ngrad.ops.shape import broadcast_to
from ngrad.ops.zeta import of_order as _polygamma
from ngrad.record import state
from ngrad.tensor import Tensor

BESSEL = {"j": "J", "y": "Y", "i": "I", "k": "K", "ie": "I exp(-|x|)", "ke": "K exp(x)"}
"""By kind, which of Bessel's functions it is."""


def whole(what: str, value: Any) -> int:
    if np.ndim(value):
        raise NumberError(f"{what}: one number is needed, not an array of shape {np.shape(value)}")
    if value % 1 or value < 0:
        raise NumberError(f"{what}: the order is a whole number from 0 on, not {value!r}")
    return int(value)


def _floats(orders: Any, z: Any, whole: bool) -> Any:
    """A tensor of floats as wide as those of SciPy's loop over an order and a number."""
    if type(z) is ndarray and z._read().dtype is FLOAT64:
        return z._read()
    order, x = as_loops(beside((orders, z)), FLOAT32, whole)
    return x if isinstance(x, Tensor) else cast_to(to_tensor(x), order.dtype)


def _by_order(
    what: str, orders: Any, z: Any, compute: Callable[[Any, Any], Any], whole: bool = False
) -> ndarray:
    """A function of an order and a tensor, which may have a loop of its own for `whole` orders; of
    an array of orders, of each where it is asked for. Their values are looked at, and nothing flows
    back to them: who follows those that need not be whole is told.
    """
    x = _floats(orders, z, whole)
    if np.ndim(orders) == 0 and not isinstance(orders, OURS):
        return array_of(compute(orders, x))
    found = _of_orders(what, orders, x, compute)
    if state.stack and isinstance(orders, OURS) and not whole:
        own = cast_to(to_tensor(orders), found.dtype)
        found = select(True, found, fixed(own, f"{what}: has no derivative in v"))
    return array_of(found)


def _of_orders(what: str, orders: Any, x: Any, compute: Callable[[Any, Any], Any]) -> Any:
    given = np.asarray(orders)
    there, place = np.unique(given, return_inverse=True)
    if not there.size:
        return x * number_beside(x, given, what)
    each = [compute(order.item(), x) for order in there]
    found = broadcast_to(each[0], broadcast(given.shape, x._layout.shape))
    for k, values in enumerate(each[1:], 1):
        here = tensor(place.reshape(given.shape) == k, what, None, x._layout.device)
        found = select(here, values, found)
    return found


def polygamma(n: Any, x: Any) -> ndarray:
    """The n-th derivative of digamma, for whole numbers n; of other numbers NaN.

    For even n it has zeros between the poles of x < 0; there errors stay below eps times the term
    nearest to the pole, which is as much as x tells: `polygamma(30, -5.5)` has no correct digit.

    Examples
    --------
    >>> from ngrad.scipy import special
    >>> special.polygamma([0, 1], 1.0).round(6)
    array([-0.577216,  1.644934])
    """

    def compute(order: Any, x: Any) -> Any:
        return x * np.nan if order % 1 or order < 0 else _polygamma(int(order), x)

    return _by_order("polygamma", n if isinstance(n, OURS) else np.asarray(n), x, compute, True)


def _truncated(compute: Callable[[Any, Any], Any], least: float = -np.inf) -> Any:
    """A function of whole orders, of which lesser ones than `least` give NaN."""

    def of_whole(order: Any, x: Any) -> Any:
        if not math.isfinite(order) or order <= least - 1:
            return x * np.nan
        if order % 1:
            warn_of("floating point number truncated to an integer")
        return compute(int(order), x)

    return of_whole


def _of_order(kind: str, letter: str = "v") -> Callable[[Any, Any], ndarray]:
    def compute(order: Any, x: Any) -> Any:
        order = order if isinstance(order, int) else float(order)
        if isinstance(order, float) and not math.isfinite(order):
            zero = kind in ("j", "i") and not math.isnan(order)
            return select(equal(x, x), 0.0, x) if zero else x * np.nan
        return s.bessel(x, kind, order)

    def function(v: Any, z: Any) -> ndarray:
        return _by_order(name, v, z, _truncated(compute) if whole else compute, whole)

    name, whole = f"{kind[0]}{letter}{kind[1:]}", letter == "n"
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Bessel's function {BESSEL[kind]}, of orders to which nothing flows back."
    return function


jv, yv, iv, kv, ive, kve = map(_of_order, BESSEL)
yn, kn = _of_order("y", "n"), _of_order("k", "n")


def expn(n: Any, x: Any) -> ndarray:
    """The integral of exp(-x t) / t**n from 1 on, for whole numbers n; of negative ones NaN.

    Examples
    --------
    >>> from ngrad.scipy import special
    >>> special.expn(2, 1.0).round(6)
    np.float64(0.148496)
    """
    return _by_order("expn", n, x, _truncated(s.expn, 0), True)
