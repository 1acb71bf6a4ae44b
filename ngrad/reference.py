"""`Reference`: a tensor or a variable as a key."""

from __future__ import annotations

from typing import Generic, TypeVar

Kept = TypeVar("Kept")


class Reference(Generic[Kept]):
    """What is equal to another if both are of the same object: a key of dicts and sets, which a
    tensor is not, whose `==` compares elements. Made by `x.ref()`; it holds the object.

    Examples
    --------
    >>> import ngrad
    >>> v = ngrad.Variable([1.0, 2.0])
    >>> rates = {v.ref(): 0.1}
    >>> rates[v.ref()], [key.deref() is v for key in rates]
    (0.1, [True])
    """

    __slots__ = ("_kept",)

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def deref(self) -> Kept:
        """The object."""
        return self._kept

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reference) and self._kept is other._kept

    def __hash__(self) -> int:
        return id(self._kept)

    def __repr__(self) -> str:
        return f"<reference to {self._kept!r}>"
