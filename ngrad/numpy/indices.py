"""What an index is, before an array is asked for it: whether it is a basic one, which gives a view,
and the integers in it.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ngrad.cell import Cell
from ngrad.devices import HOST
from ngrad.record import state
from ngrad.tensor import Tensor
from ngrad_kernels.keys import key_of


def at_hand(x: Any) -> bool:
    """Whether NumPy may look at a tensor's values: nothing has to be traced, or copied from another
    device.
    """
    return x._layout.device is HOST and state.window.trace is None


def place_of(item: Any) -> Any:
    """The integer that a number of ours stands for, as NumPy's scalars do; its tensor, where it is
    traced and has no value; None of anything else.
    """
    if not (isinstance(item, Cell) and getattr(item, "is_number", False)):
        return None
    held = item._read()
    if not held._layout.dtype.is_integer:
        return None
    return held.item() if held._at or state.window.trace is None else held


def settled(index: Any) -> Any:
    """An index of Python's own numbers, in slices too: an array there may change. Of a number of
    ours the place that it stands for.
    """
    if type(index) is tuple:
        return tuple(map(settled, index))
    place = place_of(index)
    if place is not None:
        return place
    if isinstance(index, np.integer):
        return int(index)
    if type(index) is slice:
        bounds = (index.start, index.stop, index.step)
        if any(isinstance(bound, (Tensor, Cell)) for bound in bounds):
            return slice(*(None if bound is None else operator.index(bound) for bound in bounds))
    return index


def is_basic(index: Any) -> bool:
    """Whether an index is of integers, slices, an ellipsis and new axes: then it gives a view."""
    if type(index) is tuple:  # one within is a list of places
        return all(type(item) is not tuple and is_basic(item) for item in index)
    if isinstance(index, (bool, np.bool_, np.timedelta64)):
        return False
    if index is None or index is Ellipsis or isinstance(index, (int, slice, np.integer)):
        return True
    return place_of(index) is not None


def meant(index: Any) -> tuple[Any, Any, bool]:
    """An index, settled if it is a basic one; what it is known by, or None; and whether it is."""
    key = key_of(index)
    if key is None:
        place = place_of(index)  # asked once of the most frequent
        if place is None and not is_basic(index):
            return index, None, False
        index = settled(index) if place is None else place
        key = key_of(index)
    return index, key, True
