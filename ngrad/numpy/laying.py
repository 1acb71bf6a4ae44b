"""Arrays of their own, laid in an order as NumPy's are: how what is made of them lies follows."""

from __future__ import annotations

from typing import Any

from ngrad.numpy.ndarray import array_of, ndarray
from ngrad.numpy.order import in_rows, packed
from ngrad.numpy.views import Made
from ngrad.ops.identity import COPY
from ngrad.ops.shape import transpose
from ngrad.record import apply, copied
from ngrad.tensor import Tensor
from ngrad.window import Window

ORDERS = ("C", "F", "A", "K", None)


def order_of(x: Any, order: Any) -> Any:
    """In which order a copy lies: of an array whose tensor lies otherwise since it was assigned to,
    in that which it had.
    """
    if order != "K":
        return order
    made = x._way if isinstance(x, ndarray) and x._owner is None else None
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
    return x if in_rows(x) else apply(COPY, (x,))


KEPT = 1 << 16
"""Bytes that a copy may keep alive without using them."""


def copy(x: Tensor, order: Any = "C") -> ndarray:
    """A copy, as `laid` says: the same memory, which nobody writes to, unless elements lie apart
    there, or are but a part of what would be kept alive by it.
    """
    x = copied(x)
    where = x._layout
    room = 2 * where.nbytes + KEPT
    if x._at and order == "C" and where.ndim and 0 not in where.strides:
        whole = where.contiguous and x._block.nbytes <= room
        return array_of(x if whole else apply(COPY, (x,)))
    apart = x._at and 0 not in where.strides and not packed(where)
    return laid(apply(COPY, (x,)) if apart or _held(x) > room else x, order)


def _held(x: Tensor) -> int:
    """Bytes of the memory that a tensor shows a part of, or will."""
    if x._at:
        return x._block.nbytes
    window, slot, found = x._window, x._slot, 0
    while isinstance(window, Window):
        call, *slots = window.entries[slot]
        value = window.held(slot)
        if type(value) is Tensor and value._at:
            return max(found, value._block.nbytes)
        found = max(found, call.spec.nbytes)
        if not call.op.view:
            break
        slot = slots[0]
    return found
