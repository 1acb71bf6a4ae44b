"""What an index is, before an array is asked for it: whether it is a basic one, which gives a view,
and the integers in it.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ngrad.cell import Cell
from ngrad.devices import HOST
from ngrad.graph.dims import Dim
from ngrad.ops.regions import limit
from ngrad.record import state
from ngrad.tensor import Tensor
from ngrad_kernels.keys import key_of


def at_hand(x: Any) -> bool:
    """Whether NumPy may look at a tensor's values: nothing has to be traced, or copied from another
    device.
    """
    return x._layout.device is HOST and state.window.trace is None


NO_PLACES = (Tensor, Cell, Dim, np.ndarray, np.bool_, bool, np.timedelta64)
"""Types of what may have `__index__`, and is no integer as an item: arrays, masks, spans of time,
and open sizes, which are others at each call.
"""


def place_of(item: Any) -> Any:
    """The integer that an item stands for, which may be anybody's that has `__index__`, or a number
    of ours, as NumPy's scalars do; its tensor, where it is traced and has no value; None of
    anything else.
    """
    if isinstance(item, Cell) and getattr(item, "is_number", False):
        held = item._read()
        if not held._layout.dtype.is_integer:
            return None
        return held.item() if held._at or state.window.trace is None else held
    kind = type(item)
    if not hasattr(kind, "__index__") or issubclass(kind, NO_PLACES):
        return None
    try:
        return operator.index(item)
    except Exception:  # of an array of several, as NumPy takes it
        return None


def _settled(item: Any) -> tuple[Any, bool]:
    """An item of an index with Python's numbers for those that it has, as it may be another soon,
    and is asked once; and whether it is an integer, a slice, an ellipsis or a new axis.
    """
    if item is None or item is Ellipsis:
        return item, True
    if type(item) is slice:
        return slice(_bound(item.start), _bound(item.stop), _bound(item.step)), True
    place = place_of(item)
    return (item, False) if place is None else (place, True)


def _bound(value: Any) -> Any:
    """A bound of a slice; what is none is as it was, for who says so."""
    if value is None or isinstance(value, (Dim, np.bool_)) or not hasattr(value, "__index__"):
        return value
    return operator.index(value)


def meant(index: Any) -> tuple[Any, Any, bool]:
    """An index, with Python's numbers for those in it; what it is known by, or None; and whether it
    is a basic one, of integers, slices, an ellipsis and new axes: then it gives a view.
    """
    key = key_of(index)
    if key is not None:
        return index, key, True
    if type(index) is tuple:  # one within is a list of places
        limit(index, "index")
        items = [*map(_settled, index)]
        index, basic = tuple([item for item, _ in items]), all(plain for _, plain in items)
    else:
        index, basic = _settled(index)
    return index, key_of(index) if basic else None, basic
