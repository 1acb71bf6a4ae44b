"""Arrays of their own, laid in an order as NumPy's are: how what is made of them lies follows."""

from __future__ import annotations

from typing import Any

from ngrad.graph.layout import Layout
from ngrad.numpy.ndarray import array_of, ndarray
from ngrad.numpy.order import in_rows, packed
from ngrad.numpy.views import IN_ROWS, Made
from ngrad.ops.identity import COPY
from ngrad.ops.shape import inverse, transpose
from ngrad.record import apply, copied, state
from ngrad.tensor import Tensor
from ngrad.window import Window
from ngrad_kernels.result_methods import KEPT

ORDERS = ("C", "F", "A", "K", None)
KEPT_IN = ("C", "K", None)
"""Those in which what lies in rows is left as it is."""
ROWS = ("C", "A", "K")
"""Those in which a copy of it lies in rows."""


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
    if order in KEPT_IN and x._layout.ndim and in_rows(x):
        return array_of(x)
    order = order.upper() if isinstance(order, str) else order
    if order not in ORDERS:
        raise ValueError(f"order must be one of 'C', 'F', 'A', or 'K' (got {order!r})")
    if not x.ndim:
        return as_array(x)
    if order == "F":
        back = tuple(range(x.ndim))[::-1]
        x = transpose(_in_rows(transpose(x, back)), back)
        # Where one number is repeated, say, the tensor does not tell.
        return array_of(x, None, Made(x.ndim < 2, True) if in_rows(x) else None)
    # An array of its own never runs backwards.
    return array_of(x if order != "C" and packed(x._layout) else _in_rows(x))


def as_array(x: Tensor) -> ndarray:
    """An array of its own that holds a tensor, as it lies; with no axes it is an array, too."""
    return array_of(x) if x._layout.ndim else array_of(x, None, IN_ROWS)


def _in_rows(x: Tensor) -> Tensor:
    """The same elements, in row-major order."""
    return x if in_rows(x) else apply(COPY, (x,))


def copy(x: Tensor, order: Any = "C") -> ndarray:
    """A copy, as `laid` says: the same memory, which nobody writes to, unless elements lie apart
    there, or are but a part of what would be kept alive by it.
    """
    where = x._layout
    if where.contiguous:
        # As below, with fewer questions: it lies in each of these orders.
        if order in ROWS and where.ndim and x._at:
            x = copied(x)
            return array_of(x if x._block.nbytes <= 2 * where.nbytes + KEPT else apply(COPY, (x,)))
    elif order == "C" and x._at and not state.stack and 0 not in where.strides:
        return array_of(apply(COPY, (x,)))
    x, order = copied(x), order.upper() if isinstance(order, str) else order
    if not x._layout.ndim or 0 in x._layout.strides:
        return laid(x, order)
    if order != "C" and not in_rows(x) and not x._at:
        return laid(x, order)  # while a function is recorded: nobody knows how it lies
    where = x._layout
    if order == "A":
        turned = packed(where) and _outwards(where, "K") == _outwards(where, "F")
        order = "F" if turned else "C"
    beside = where.contiguous if order == "C" else packed(where)
    if (beside or not x._at) and _held(x) <= 2 * where.nbytes + KEPT:
        return array_of(x) if order == "C" and x._at else laid(x, order)
    if order == "C":
        return array_of(apply(COPY, (x,)))
    axes = _outwards(where, order)
    return laid(transpose(apply(COPY, (transpose(x, axes),)), inverse(axes)), order)


def _outwards(where: Layout, order: Any) -> tuple[int, ...]:
    """The axes of a copy, that which lies innermost last."""
    axes = range(where.ndim)
    if order == "F":
        return tuple(axes)[::-1]
    return tuple(sorted(axes, key=lambda k: -abs(where.strides[k])))


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
