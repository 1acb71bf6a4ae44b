"""What is written into an array's memory, as NumPy writes it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.cell import Cell
from ngrad.tensor import Tensor, writable


def host_index(index: Any) -> Any:
    """An index as NumPy takes it."""
    if isinstance(index, tuple):
        return tuple(map(host_index, index))
    return np.asarray(index) if isinstance(index, (Tensor, Cell)) else index


def written(x: Tensor, index: Any, value: Any) -> bool:
    """Whether a value could be written where a tensor's elements lie. If not, there is an error for
    the ordinary way to tell of.
    """
    try:
        writable(x)[index] = value
    except (IndexError, OverflowError, TypeError, ValueError):
        return False
    return True


def read_as(value: Any, dtype: np.dtype[Any]) -> Any:
    """The number that NumPy reads for a dtype."""
    try:
        return np.array(value, dtype).item()
    except (OverflowError, TypeError, ValueError) as error:
        raise type(error)(f"assignment of {value!r} to {dtype} elements: {error}") from None
