"""Arrays of their own, laid in an order as NumPy's are: how what is made of them lies follows."""

from __future__ import annotations

from typing import Any

from ngrad.numpy.ndarray import array_of, ndarray
from ngrad.numpy.order import in_rows, packed
from ngrad.numpy.views import Made
from ngrad.ops.shape import reshape, transpose
from ngrad.tensor import Tensor

ORDERS = ("C", "F", "A", "K", None)


def order_of(x: Any, order: Any) -> Any:
    """In which order a copy lies: of an array whose tensor lies otherwise since it was assigned to,
    in that which it had.
    """
    made = x._way if order == "K" and isinstance(x, ndarray) and x._owner is None else None
    return order if made is None or made.rows is None else "C" if made.rows else "F"


def laid(x: Tensor, order: Any) -> ndarray:
    """An array of its own, that lies in NumPy in an order: "C", "F", or else as the tensor does. It
    is an array with no axes, too, and not a number.
    """
    if order in ("C", "K") and x._layout.ndim and in_rows(x):
        return array_of(x)
    order = order.upper() if isinstance(order, str) else order
    if order not in ORDERS:
        raise ValueError(f"order must be one of 'C', 'F', 'A', or 'K' (got {order!r})")
    if not x.ndim:
        return array_of(x, None, Made(True))
    if order == "F":
        back = tuple(range(x.ndim))[::-1]
        x = transpose(_in_rows(transpose(x, back)), back)
        # Where one number is repeated, say, the tensor does not tell.
        return array_of(x, None, Made(x.ndim < 2) if in_rows(x) else None)
    # An array of its own never runs backwards.
    return array_of(x if order != "C" and packed(x._layout) else _in_rows(x))


def _in_rows(x: Tensor) -> Tensor:
    """The same elements, in row-major order."""
    return x if in_rows(x) else reshape(reshape(x, (-1,)), x._layout.shape)
