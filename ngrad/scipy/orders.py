"""Special functions of an order, which is a number, or of several orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.errors import NumberError
from ngrad.graph.strides import broadcast
from ngrad.numpy.convert import OURS, array_of
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.norms import floats
from ngrad.ops import scipy_special as s
from ngrad.ops.convert import beside, tensor
from ngrad.ops.elementwise import select
from ngrad.ops.shape import broadcast_to
from ngrad.ops.zeta import of_order as _polygamma

BESSEL = {"j": "J", "y": "Y", "i": "I", "k": "K", "ie": "I exp(-|x|)", "ke": "K exp(x)"}
"""By kind, which of Bessel's functions it is."""


def whole(what: str, value: Any) -> int:
    if np.ndim(value):
        raise NumberError(f"{what}: one number is needed, not an array of shape {np.shape(value)}")
    if value % 1 or value < 0:
        raise NumberError(f"{what}: the order is a whole number from 0 on, not {value!r}")
    return int(value)


def _by_order(what: str, orders: Any, z: Any, compute: Callable[[Any, Any], Any]) -> ndarray:
    """A function of an order and a tensor; of an array of orders, of each where it is asked for.
    Their values are looked at, and nothing flows back to them.
    """
    x = floats(z)
    if np.ndim(orders) == 0 and not isinstance(orders, OURS):
        return array_of(compute(orders, x))
    given = np.asarray(orders)
    there, place = np.unique(given, return_inverse=True)
    if not there.size:
        return array_of(x * beside(x, given, what))
    each = [compute(order.item(), x) for order in there]
    found = broadcast_to(each[0], broadcast(given.shape, x._layout.shape))
    for k, values in enumerate(each[1:], 1):
        here = tensor(place.reshape(given.shape) == k, what, None, x._layout.device)
        found = select(here, values, found)
    return array_of(found)


def polygamma(n: Any, x: Any) -> ndarray:
    """The n-th derivative of digamma, for whole numbers n.

    Examples
    --------
    >>> from ngrad.scipy import special
    >>> special.polygamma([0, 1], 1.0).round(6)
    array([-0.577216,  1.644934])
    """
    return _by_order("polygamma", n, x, lambda order, x: _polygamma(whole("polygamma", order), x))


def _of_order(kind: str) -> Callable[[Any, Any], ndarray]:
    name = f"{kind[0]}v{kind[1:]}"

    def compute(order: Any, x: Any) -> Any:
        return s.bessel(x, kind, order if isinstance(order, int) else float(order))

    def function(v: Any, z: Any) -> ndarray:
        return _by_order(name, v, z, compute)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Bessel's function {BESSEL[kind]}, of orders to which nothing flows back."
    return function


jv, yv, iv, kv, ive, kve = map(_of_order, BESSEL)


def expn(n: Any, x: Any) -> ndarray:
    """The integral of exp(-x t) / t**n from 1 on, for whole numbers n.

    Examples
    --------
    >>> from ngrad.scipy import special
    >>> special.expn(2, 1.0).round(6)
    np.float64(0.148496)
    """
    return _by_order("expn", n, x, lambda order, x: s.expn(whole("expn", order), x))
