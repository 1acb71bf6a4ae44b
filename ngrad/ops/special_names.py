"""TensorFlow's names of special functions that are SciPy's, too."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.errors import NumberError
from ngrad.ops import elliptic, gammas, orthogonal, sinc  # noqa: F401  (in the table, whoever calls them)
from ngrad.ops import zeta as z
from ngrad.ops.arithmetic import floor, maximum
from ngrad.ops.comparison import equal, greater_equal, logical_and
from ngrad.ops.convert import floating, operands
from ngrad.ops.elementwise import select
from ngrad.ops.incomplete import betainc as betainc_
from ngrad.ops.incomplete import gammainc, gammaincc
from ngrad.ops.reductions import reduce_sum
from ngrad.ops.special import digamma, lgamma
from ngrad.tensor import Tensor


def _floats(what: str, *values: Any) -> tuple[Any, ...]:
    return tuple(floating(x, what) for x in operands(what, *values))


def lbeta(x: Any, name: str | None = None) -> Tensor:
    """The logarithm of the beta function of all elements along the last axis, in absolute value.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.lbeta([1.0, 1.0, 1.0]).numpy().round(4)
    np.float32(-0.6931)
    """
    x = floating(x, "lbeta")
    return reduce_sum(lgamma(x), -1) - lgamma(reduce_sum(x, -1))


def igamma(a: Any, x: Any, name: str | None = None) -> Tensor:
    """The share of gamma(a) up to x; in a it has a first derivative, and no second.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.igamma(1.0, 1.0).numpy().round(4)
    np.float32(0.6321)
    """
    return gammainc(*_floats("igamma", a, x))


def igammac(a: Any, x: Any, name: str | None = None) -> Tensor:
    """The share of gamma(a) above x; in a it has a first derivative, and no second.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.igammac(1.0, 1.0).numpy().round(4)
    np.float32(0.3679)
    """
    return gammaincc(*_floats("igammac", a, x))


def betainc(a: Any, b: Any, x: Any, name: str | None = None) -> Tensor:
    """The share of beta(a, b) up to x; in a and b it has first derivatives, and no second.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.betainc(1.0, 1.0, 0.25).numpy()
    np.float32(0.25)
    """
    return betainc_(*_floats("betainc", a, b, x))


def polygamma(a: Any, x: Any, name: str | None = None) -> Tensor:
    """The derivative of `digamma` of an order a = 0, 1, ..., or of each of several; it has a
    derivative in x.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.polygamma(1, 1.0).numpy().round(4)
    np.float32(1.6449)
    """
    if np.ndim(a):
        orders, x = _floats("polygamma", a, x)
        whole = logical_and(greater_equal(orders, 0.0), equal(orders, floor(orders)))
        found = select(equal(orders, 0.0), digamma(x), z.polygamma(maximum(orders, 1.0), x))
        return select(whole, found, float("nan"))
    order = float(a)
    if order < 0 or order != int(order):
        raise NumberError(f"polygamma: takes an order of 0, 1, ..., not {order}")
    return z.of_order(int(order), floating(x, "polygamma"))


def zeta(x: Any, q: Any, name: str | None = None) -> Tensor:
    """Hurwitz's zeta function, the sum of (k + q)**-x over k from 0 on.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.zeta(2.0, 1.0).numpy().round(4)
    np.float32(1.6449)
    """
    return z.zeta(*_floats("zeta", x, q))
