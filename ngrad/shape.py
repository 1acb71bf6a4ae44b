"""`Shape`: a tuple of sizes, with what TensorFlow's shapes also answer."""

from __future__ import annotations

import math
from typing import Any

from ngrad.errors import ShapeError


class Shape(tuple[int, ...]):
    """A shape: a tuple, with what TensorFlow's shapes also answer.

    Examples
    --------
    >>> Shape((2, 3)).as_list(), Shape((2, 3)).rank, Shape((2, 3)) == [2, 3]
    ([2, 3], 2, True)
    >>> Shape((2, 3))[:-1] + [4]
    (2, 4)
    """

    __slots__ = ()
    __hash__ = tuple.__hash__

    def __eq__(self, other: object) -> bool:
        return tuple.__eq__(self, tuple(other) if type(other) is list else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __add__(self, other: Any) -> Shape:
        return Shape((*self, *other)) if isinstance(other, (list, tuple)) else NotImplemented

    def __radd__(self, other: Any) -> Shape:
        return Shape((*other, *self)) if isinstance(other, (list, tuple)) else NotImplemented

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return Shape(found) if type(index) is slice else found

    concatenate = __add__

    def is_compatible_with(self, other: Any) -> bool:
        """Whether sizes are equal; None stands for any, or for all of them."""
        if other is None:
            return True
        same = len(self) == len(other)
        return same and all(n in (None, m) for m, n in zip(self, other, strict=True))

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raise unless `is_compatible_with` holds."""
        if not self.is_compatible_with(other):
            raise ShapeError(f"shapes {tuple(self)} and {other} are incompatible")

    def merge_with(self, other: Any) -> Shape:
        """The shape, if another is compatible with it."""
        self.assert_is_compatible_with(other)
        return self

    def assert_has_rank(self, rank: int) -> None:
        """Raise unless there are so many axes."""
        if len(self) != rank:
            raise ShapeError(f"shape {tuple(self)} has {len(self)} axes, not {rank}")

    def with_rank(self, rank: int) -> Shape:
        """The shape, if it has so many axes."""
        self.assert_has_rank(rank)
        return self

    @property
    def rank(self) -> int:
        return len(self)

    @property
    def ndims(self) -> int:
        return len(self)

    @property
    def dims(self) -> list[int]:
        return list(self)

    def as_list(self) -> list[int]:
        return list(self)

    def num_elements(self) -> int:
        return math.prod(self)

    def is_fully_defined(self) -> bool:
        return True
