"""What of an array a view shows: how it is read, and how its elements are written.

NumPy's views share memory. Here an array is a cell over an immutable tensor, so a view knows its
owner and the way from it: reading goes that way, and writing goes it backwards, into a new tensor
of the owner's.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from ngrad.errors import NumberError
from ngrad.ops.assignment import assigned
from ngrad.ops.indexing import getitem
from ngrad.ops.shape import reshape, transpose


class Way(Protocol):
    """From an array to a view of it."""

    def read(self, x: Any) -> Any:
        """The elements that the view shows."""

    def written(self, x: Any, value: Any) -> Any:
        """The array with those elements replaced by as many others."""


class Part(NamedTuple):
    """x[index], of integers, slices, an ellipsis and new axes."""

    index: Any

    def read(self, x: Any) -> Any:
        return getitem(x, self.index)

    def written(self, x: Any, value: Any) -> Any:
        return assigned(x, self.index, value)


class Axes(NamedTuple):
    """x.transpose(perm)."""

    perm: tuple[int, ...]

    def read(self, x: Any) -> Any:
        return transpose(x, self.perm)

    def written(self, x: Any, value: Any) -> Any:
        return transpose(value, tuple(sorted(range(len(self.perm)), key=self.perm.__getitem__)))


class Shaped(NamedTuple):
    """x.reshape(shape). Whether NumPy's is a view or a copy depends on how x lies: `sure`, if it is
    known to be a view.
    """

    shape: tuple[int, ...]
    sure: bool

    def read(self, x: Any) -> Any:
        return reshape(x, self.shape)

    def written(self, x: Any, value: Any) -> Any:
        if not self.sure:
            raise NumberError(
                f"assignment: into an array of shape {self.shape} that was reshaped from "
                f"{x._layout.shape}: in NumPy it depends on the order in memory whether that is a "
                "view or a copy; take a .copy() of it first, or assign to the array itself"
            )
        return reshape(value, x._layout.shape)
