"""Exponentials, logarithms and the logistic function, each with its rule."""

from __future__ import annotations

import math
from typing import Any

from ngrad.ops.comparison import equal, isinf, logical_and
from ngrad.ops.elementwise import elementwise, select
from ngrad.tensor import Tensor


@elementwise(floats=True)
def exp(x):
    """Exponential e**x.

    Integers and bools are converted to float64. It is its own derivative.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.exp([0.0, 1.0]).numpy()
    array([1.       , 2.7182817], dtype=float32)
    """


@exp.vjp
def _(g, out, x):
    return (g * out,)


@elementwise(floats=True)
def exp2(x):
    """Two to a power, 2**x.

    Integers and bools are converted to float64. The derivative is ln(2) 2**x.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.exp2([3.0, -1.0])
    array([8. , 0.5])
    """


@exp2.vjp
def _(g, out, x):
    return (g * out * LN2,)


LN2 = math.log(2.0)


@elementwise(floats=True)
def expm1(x):
    """e**x - 1, without cancellation near 0.

    Integers and bools are converted to float64. The derivative is e**x.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.expm1([0.0, 1e-8]).numpy()
    array([0.e+00, 1.e-08], dtype=float32)
    """


@expm1.vjp
def _(g, out, x):
    return (g * exp(x),)


@elementwise(floats=True)
def log(x):
    """Natural logarithm.

    Integers and bools are converted to float64. At 0 it is -inf, below 0 NaN. The
    derivative is 1 / x.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.log([1.0, 0.0, -1.0]).numpy()
    array([  0., -inf,  nan], dtype=float32)
    """


@log.vjp
def _(g, out, x):
    return (g / x,)


@elementwise(floats=True)
def log1p(x):
    """log(1 + x), without cancellation near 0.

    Integers and bools are converted to float64. At -1 it is -inf, below NaN. The
    derivative is 1 / (1 + x).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.log1p([0.0, 1e-8]).numpy()
    array([0.e+00, 1.e-08], dtype=float32)
    """


@log1p.vjp
def _(g, out, x):
    return (g / (1.0 + x),)


@elementwise(floats=True)
def log2(x):
    """Logarithm to base 2.

    Integers and bools are converted to float64. At 0 it is -inf, below 0 NaN. The
    derivative is 1 / (x log(2)).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.log2([8.0, 0.5]).numpy()
    array([ 3., -1.], dtype=float32)
    """


@log2.vjp
def _(g, out, x):
    return (g / (x * math.log(2.0)),)


@elementwise(floats=True)
def log10(x):
    """Logarithm to base 10.

    Integers and bools are converted to float64. At 0 it is -inf, below 0 NaN. The
    derivative is 1 / (x log(10)).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.log10([1000.0, 0.01]).numpy()
    array([ 3., -2.], dtype=float32)
    """


@log10.vjp
def _(g, out, x):
    return (g / (x * math.log(10.0)),)


@elementwise(floats=True)
def sigmoid(x):
    """Logistic function 1 / (1 + e**-x).

    Integers and bools are converted to float64. No x overflows. The derivative is
    sigmoid(x) * sigmoid(-x), which does not cancel where sigmoid(x) is nearly 1.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.sigmoid([-1000.0, 0.0, 1000.0]).numpy()
    array([0. , 0.5, 1. ], dtype=float32)
    """


@sigmoid.vjp
def _(g, out, x):
    return (g * (out * sigmoid(-x)),)


@elementwise(floats=True)
def softplus_(x):
    """log(1 + e**x)."""


@softplus_.vjp
def _(g, out, x):
    return (g * sigmoid(x),)


def softplus(features: Any, name: str | None = None) -> Tensor:
    """log(1 + e**features), without overflow.

    Integers and bools are converted to float64. The derivative is sigmoid(features).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.softplus([-200.0, 0.0, 50.0]).numpy()
    array([ 0.       ,  0.6931472, 50.       ], dtype=float32)
    """
    return softplus_(features)


@elementwise(floats=True)
def logaddexp(x, y):
    """log(e**x + e**y), without overflow.

    Integers and bools are converted to float64. The derivatives are the shares of the sum,
    sigmoid(x - y) and sigmoid(y - x): halves of equal infinities.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.logaddexp([0.0, 1000.0], [0.0, 1001.0])
    array([6.93147181e-01, 1.00131326e+03])
    """


@logaddexp.vjp
def _(g, out, x, y):
    apart = _apart(x, y)
    return g * sigmoid(apart), g * sigmoid(-apart)


def _apart(x: Any, y: Any) -> Any:
    """x - y; 0 of equal infinities."""
    return select(logical_and(equal(x, y), isinf(x)), 0.0, x - y)
