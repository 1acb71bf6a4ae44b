"""The way from an array of its own to a view of views of it: how what that shows is read, and how
it lies in NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.numpy.order import in_rows, lying, packed
from ngrad.numpy.views import placed
from ngrad.record import state
from ngrad.tensor import Tensor


def way_to(x: Any) -> list[Any]:
    """The views from an array of its own to one: a loop, as there may be any number."""
    views = []
    while x._owner is not None:
        views.append(x)
        x = x._owner
    return [x, *views[::-1]]


def unheard(held: Tensor) -> bool:
    """Whether a tape that listens has not heard how what a view holds came of its owner: then it is
    read again.
    """
    return state.window.slot_of(held) < 0


def read_in_turn(x: Any) -> Tensor:
    """What a view of a view holds, those before it read first: from that on which a tape heard of
    last, as that may be watched, and not what it is a view of.
    """
    first, *views = way_to(x)
    value, last = first._held, 0
    if state.stack:
        shown = value
        for k, view in enumerate(views, 1):
            seen, held = view._seen, view._held
            if seen is not shown or view._seen is not seen:
                break  # it was assigned to
            shown = held
            if not unheard(shown):
                value, last = shown, k
    for view in views[last:]:
        seen, held = view._seen, view._held
        # Or another thread sees to it.
        if seen is not value or view._seen is not seen or (state.stack and unheard(held)):
            held = view._way.read(value)
            view._held, view._seen = held, value
        value = held
    return value


def shown_in_turn(x: Any) -> Tensor:
    """The same, and none of them holds what was read."""
    first, *views = way_to(x)
    value = first._held
    for view in views:
        seen, held = view._seen, view._held
        # Nor does another thread see to it.
        kept = seen is value and view._seen is seen and not (state.stack and unheard(held))
        value = held if kept else placed(value, view._way)
    return value


def lies_of(x: Any) -> np.ndarray[Any, Any] | None:
    """An array of bytes, never looked at, that lies as NumPy's would: whether what is reshaped from
    that is a view or a copy, depends on it. None if it is not known.
    """
    first, *views = way_to(x)
    lies = ground_of(first)
    return None if lies is None else seen_by(views, lies)


def surely_apart(x: Any) -> bool:
    """Whether NumPy's array certainly does not lie in rows, as the tensor does not: of a view of
    one that does.
    """
    owner = x._owner
    if owner is None or owner._owner is not None or owner._way is not None:
        return False
    whole, part = owner._held, x._read()
    where = part._layout
    there = whole._at and part._at and whole._layout.contiguous
    return bool(there and not where.contiguous and min(where.shape) > 1)


def ground_of(first: Any) -> np.ndarray[Any, Any] | None:
    """The same of an array of its own."""
    made, held = first._way, first._held
    if in_rows(held) if made is None else made.rows:
        return np.empty(held._layout.shape, np.uint8)
    if made is None and held._at and packed(where := held._layout):
        return lying(where.shape, [s // where.dtype.itemsize for s in where.strides])
    shape = held._layout.shape
    apart = made is not None and made.rows is False
    if apart and (made.columns or len(shape) == 2):  # of two axes the one other order
        return np.empty(shape, np.uint8, "F")
    if sum(n != 1 for n in shape) < 2:  # nor is there another of one
        return np.empty(shape, np.uint8)
    return None


def seen_by(views: list[Any], lies: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What views of views show of an array of bytes."""
    for view in views:
        lies = view._way.shown(lies)
    return lies


def stays_view(x: Any, shape: Any) -> bool | None:
    """Whether NumPy's x.reshape(shape) is a view, and no copy. None if it is not known."""
    if x._owner is None and (in_rows(x._held) if x._way is None else x._way.rows):
        return True  # of any sizes, which may be open
    if sum(n != 1 for n in x._layout.shape) < 2:
        return True  # one axis is cut into several with steps of their own, however it lies
    lies = lies_of(x)
    return None if lies is None else np.may_share_memory(lies, lies.reshape(shape))


def lies_in(x: Any, order: Any) -> bool:
    """Whether NumPy's array would certainly lie in an order that is asked for."""
    if order not in ("C", "F"):
        return True
    lies = lies_of(x)
    if lies is None:
        return False
    return lies.flags.c_contiguous if order == "C" else lies.flags.f_contiguous
