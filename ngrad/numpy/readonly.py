"""Views that are only read: of repeated elements, of diagonals, and of what a function shows."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ngrad.errors import NumberError
from ngrad.numpy.views import known, remember
from ngrad.ops.diagonal import diagonal
from ngrad.ops.shape import SEEN, broadcast_to, normal_axis


class Repeated(NamedTuple):
    """broadcast_to(x, shape)."""

    shape: tuple[int, ...]
    name: str = "broadcast_to"
    """By the shape alone it would be equal to `Axes`."""

    @property
    def writes(self) -> bool:
        return False

    def read(self, x: Any) -> Any:
        return broadcast_to(x, self.shape)

    def write(self, x: Any, value: Any) -> None:
        raise NumberError(
            f"broadcast_to: what it made of shape {x._layout.shape}, of shape {self.shape}, is "
            "read-only; take a .copy() of it first"
        )

    def shown(self, lies: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.broadcast_to(lies, self.shape)


class Diagonal(NamedTuple):
    """x.diagonal(offset, axis1, axis2)."""

    offset: int
    axis1: int
    axis2: int
    name: str = "diagonal"
    """By numbers alone it would be equal to the key of x.reshape((offset, axis1, axis2))."""

    @property
    def writes(self) -> bool:
        return False

    def read(self, x: Any) -> Any:
        found = known(x, self)
        if found is not None:
            return found
        offset, *axes, _ = self
        first, second = (normal_axis(axis, x.ndim, "diagonal") for axis in axes)
        if first == second:
            raise ValueError(f"diagonal: axis1 and axis2 cannot be the same: {axes}")
        return remember(x, self, diagonal(x, first, second, offset), self)

    def write(self, x: Any, value: Any) -> None:
        raise NumberError(
            f"diagonal: that of an array of shape {x._layout.shape} is read-only; take a .copy() "
            "of it first, or assign by fill_diagonal or diag_indices"
        )

    def shown(self, lies: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return lies.diagonal(*self[:3])


diagonal_of = functools.lru_cache(SEEN)(Diagonal)


class Shown(NamedTuple):
    """What a function shows in a way of its own, and is not assigned to.

    Attributes
    ----------
    name : str
        Of the function, for the error.
    of : callable
        Of a tensor.
    lies : callable
        NumPy's, of an array.
    one : bool
        Whether all that show the same are this one: then views are remembered by it.
    """

    name: str
    of: Callable[[Any], Any]
    lies: Callable[[Any], Any]
    one: bool = False

    @property
    def writes(self) -> bool:
        return False

    def read(self, x: Any) -> Any:
        if not self.one:
            return self.of(x)
        found = known(x, self)
        return remember(x, self, self.of(x), self) if found is None else found

    def write(self, x: Any, value: Any) -> None:
        raise NumberError(
            f"{self.name}: what it shows of an array of shape {x._layout.shape} is read-only; take "
            "a .copy() of it first, or assign to the array"
        )

    def shown(self, lies: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        found: np.ndarray[Any, Any] = self.lies(lies)
        return found
