"""`Cell`: whatever holds a tensor that may be replaced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ngrad.tensor import Tensor


class Cell:
    """What holds a tensor that may be replaced, and stands for it wherever a tensor goes.

    Attributes
    ----------
    uid : int
        A number of its own, by which tapes know it.
    """

    __slots__ = ("_uid",)
    _uid: int

    def _read(self) -> Tensor:
        """The tensor, for an op: every recorder hears of it."""
        raise NotImplementedError

    @property
    def kind(self) -> Callable[[Tensor], Any]:
        """What makes another of a tensor, of the kind that this is."""
        return type(self)

    @property
    def is_view(self) -> bool:
        """Whether it holds what it shows of another."""
        return False

    def read_anew(self, heard: Callable[[Tensor], bool]) -> None:
        """Of a view: unless this has been heard of what it holds, it is read of its owner again."""

    def lies_in_rows(self) -> bool:
        """Whether it certainly lies in row-major order."""
        return True

    def given(self, gradient: Tensor | None) -> Any:
        """What a gradient with respect to this is given as."""
        return gradient


def like(value: Any, made: Tensor | None) -> Any:
    """A tensor that was made of a value, or of what it is: an array if that is one."""
    return value.given(made) if isinstance(value, Cell) else made
