"""What a recording, or a plan, is known by of values that are no tensors."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

from ngrad.graph.layout import Layout
from ngrad.tensor import Tensor

SIMPLE = {int, bool, str, bytes, type(None)}
SINGLE = {float, complex, *SIMPLE}
"""Types of values that are no nests."""


class Static(NamedTuple):
    """A Python value that is part of a signature, or of a structure: equal to what is equal and of
    the same types, throughout.
    """

    kind: type
    value: Any
    within: Any = None

    def __repr__(self) -> str:
        return repr(self.value)


class Held(NamedTuple):
    """An array that can be assigned to: what makes another, the layout of the tensor that it holds,
    and whether it lies in rows.
    """

    kind: Callable[[Tensor], Any]
    where: Layout
    rows: bool = True


def static(value: Any) -> Static:
    """A hashable value as what a recording, or a plan, is known by."""
    kind = type(value)
    return Static(kind, value, None if kind in SIMPLE else _within(value))


def _within(value: Any) -> Any:
    """What tells a value from others that are equal to it, as 1 is to 1.0 and 0.0 to -0.0: the
    types within, and how floats are written.
    """
    kind = type(value)
    if kind in (float, complex):
        return kind, repr(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = [getattr(value, field.name) for field in dataclasses.fields(value)]
        return kind, tuple(map(_within, parts))
    if isinstance(value, tuple):
        return kind, tuple(map(_within, value))
    if isinstance(value, frozenset):
        return kind, frozenset([(item, _within(item)) for item in value])
    return kind
