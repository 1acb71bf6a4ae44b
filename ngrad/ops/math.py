"""Functions made of ops, among TensorFlow's `math`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.dtypes import promote
from ngrad.errors import NumberError, RangeError, shown
from ngrad.graph.dims import Dim
from ngrad.ops import power
from ngrad.ops.arithmetic import maximum, minimum
from ngrad.ops.convert import KINDS, device_beside, from_outside, tensor
from ngrad.ops.elementwise import select
from ngrad.ops.weak import Weak
from ngrad.tensor import Tensor


def pow(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x**y. A Python exponent of -1, 0.5, or a small integer is the same product or root whoever
    calls.

    Raises
    ------
    NumberError
        For integers raised to a negative integer power, as in NumPy.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.pow([2.0, 3.0], 2).numpy()
    array([4., 9.], dtype=float32)
    """
    if type(x) is Tensor and type(y) in FREQUENT:
        inexact = x._layout.dtype.is_inexact
        lowered = _lowered(x, y) if inexact or type(y) is int else None
        if lowered is not None:
            return lowered
        if inexact:  # of which no power is refused
            return power.pow(x, y)
    elif type(x) is type(y) is Tensor and (
        x._layout.dtype.is_inexact or y._layout.dtype.is_inexact
    ):
        return power.pow(x, y)
    y = int(y) if isinstance(y, Dim) else from_outside(y)
    if isinstance(y, (int, float)) and not isinstance(y, (bool, np.generic)):
        base = tensor(x, "pow")
        if base.dtype.is_inexact or isinstance(y, int):
            lowered = _lowered(base, y)
            if lowered is not None:
                return lowered
    if not isinstance(x, (Tensor, Dim, Weak, *KINDS)):
        x = tensor(x, "pow", None, device_beside(y))
    if _any_negative(x, y):
        raise _refused(x, y)
    return power.pow(x, y)


def _refused(x: Any, y: Any) -> NumberError:
    own = x.dtype.numpy_dtype if isinstance(x, Tensor) else getattr(x, "dtype", None)
    if type(y) is int and own is not None and own.kind in "iu" and y < np.iinfo(own).min:
        return RangeError(f"pow: Python integer {y} out of bounds for {own.name}")
    base, exponent = (
        f"{z.dtype.name}{z.shape}" if isinstance(z, Tensor) else shown(z) for z in (x, y)
    )
    return NumberError(
        "pow: integers to negative integer powers are not integers; convert the base to a float: "
        f"{base} ** {exponent}"
    )


def _any_negative(x: Any, y: Any) -> bool:
    def whole(value: Any) -> bool:
        if isinstance(value, Tensor):
            return not value.dtype.is_inexact
        return issubclass(type(value), (bool, int, Dim, np.integer, np.bool_)) or (
            isinstance(value, (list, tuple, np.ndarray)) and np.asarray(value).dtype.kind in "iub"
        )

    if isinstance(x, Tensor) and isinstance(y, Tensor) and promote(x.dtype, y.dtype).is_inexact:
        return False
    if not (whole(x) and whole(y) and (np.asarray(y) < 0).any()):
        return False
    return not (isinstance(x, Tensor) and x._layout.size == 0)  # of nothing all powers are there


FREQUENT = (int, float)
"""Types of most exponents."""
PRODUCTS: dict[float, Callable[[Any], Any]] = {
    1: lambda x: x,
    2: power.square,
    3: lambda x: power.square(x) * x,
    4: lambda x: power.square(power.square(x)),
}
OF_FLOATS: dict[float, Callable[[Any], Any]] = {
    0.5: power.sqrt,
    -1: power.reciprocal,
    -2: power.inverse_square,
    **PRODUCTS,
}


def _lowered(x: Any, y: float) -> Any:
    """The product, root or quotient that a frequent exponent means; None for any other."""
    how = (OF_FLOATS if x.dtype.is_inexact else PRODUCTS).get(y)
    return None if how is None else how(x)


def clip_by_value(
    t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None
) -> Tensor:
    """t kept between two bounds; at a bound the cotangent is shared as `maximum` and `minimum`
    share it.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.clip_by_value([-1.0, 0.5, 2.0], 0.0, 1.0).numpy()
    array([0. , 0.5, 1. ], dtype=float32)
    """
    return minimum(maximum(t, clip_value_min), clip_value_max)


def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Tensor:
    """x where the condition holds, else y; with the condition alone, the index tuples at which it
    holds.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.where([True, False], [1, 2], [3, 4]).numpy()
    array([1, 4], dtype=int32)
    """
    from ngrad.ops.masks import where_true

    if (x is None) != (y is None):
        raise NumberError("where: takes both x and y, or neither")
    if x is None:
        return where_true(condition)
    if isinstance(x, np.ndarray) or isinstance(y, np.ndarray):
        device = device_beside(*map(from_outside, (condition, x, y)))
        x, y = (tensor(v, "where", None, device) if type(v) is np.ndarray else v for v in (x, y))
    return select(condition, x, y)
