"""Products and quotients that are 0 where arithmetic would say NaN. Where they are, nothing flows
back to either operand, as in TensorFlow.
"""

from __future__ import annotations

from typing import Any

from ngrad.dtypes import BY_CODE
from ngrad.ops.comparison import equal
from ngrad.ops.convert import cast_to, operands
from ngrad.ops.elementwise import elementwise, select
from ngrad.ops.exponential import log, log1p
from ngrad.replayed import replayed
from ngrad.tensor import Tensor


@elementwise
def multiply_no_nan(x: Any, y: Any) -> Any:
    """x * y, but 0 where y is 0, even if x is infinite or NaN.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.multiply_no_nan([float("inf"), 2.0], [0.0, 3.0]).numpy()
    array([0., 6.], dtype=float32)
    """


@multiply_no_nan.vjp
def _(g: Any, out: Any, x: Any, y: Any) -> Any:
    return multiply_no_nan(g, y), multiply_no_nan(x, g)


def _floats(what: str, *values: Any) -> tuple[Any, ...]:
    """Operands of one dtype, integers as float64."""
    xs = operands(what, *values)
    return xs if xs[0].dtype.is_inexact else tuple(cast_to(x, BY_CODE["f8"]) for x in xs)


@replayed
def divide_no_nan(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x / y, but 0 where y is 0, even if x is infinite or NaN; its derivatives there are 0.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.divide_no_nan([1.0, 3.0], [0.0, 2.0]).numpy()
    array([0. , 1.5], dtype=float32)
    """
    x, y = _floats("divide_no_nan", x, y)
    zero = equal(y, 0)
    return select(zero, 0, x / select(zero, 1, y))


def reciprocal_no_nan(x: Any, name: str | None = None) -> Tensor:
    """1 / x, but 0 where x is 0, as is its derivative there.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.reciprocal_no_nan([0.0, 4.0]).numpy()
    array([0.  , 0.25], dtype=float32)
    """
    return divide_no_nan(1, x)


def xlogy(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x log(y), but 0 where x is 0, whatever y is; its derivatives there are 0.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.xlogy([0.0, 2.0], [0.0, 1.0]).numpy()
    array([0., 0.], dtype=float32)
    """
    x, y = _floats("xlogy", x, y)
    return x * log(select(equal(x, 0), 1, y))


def xlog1py(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x log(1 + y), but 0 where x is 0, whatever y is; its derivatives there are 0.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.xlog1py([0.0, 2.0], [-1.0, 0.0]).numpy()
    array([0., 0.], dtype=float32)
    """
    x, y = _floats("xlog1py", x, y)
    return x * log1p(select(equal(x, 0), 0, y))


def xdivy(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x / y, but 0 where x is 0, whatever y is; its derivatives there are 0.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.xdivy([0.0, 3.0], [0.0, 2.0]).numpy()
    array([0. , 1.5], dtype=float32)
    """
    x, y = _floats("xdivy", x, y)
    zero = equal(x, 0)
    return select(zero, 0, x / select(zero, 1, y))
