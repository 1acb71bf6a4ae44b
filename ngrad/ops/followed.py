"""Arithmetic on sizes, followed through what was recorded of it: so that a shape which a `function`
computes from sizes that are open stays open.
"""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ngrad.constants import leading_to
from ngrad.graph.dims import Dim
from ngrad.graph.op import Call
from ngrad.tensor import Tensor
from ngrad.window import Window

EXTENTS_OF = "shape"
"""The name of the op that gives sizes."""
INTEGERS = ("i4", "i8")
"""Dtypes of sizes."""
FEW = 64
"""Elements up to which they may be sizes; and how many calls may lie between."""
ARITHMETIC: dict[str, Callable[..., Any]] = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul,
    "floordiv": operator.floordiv, "mod": operator.mod, "negative": operator.neg,
    "maximum": max, "minimum": min,
}  # fmt: skip
FOLDS: dict[str, Callable[..., Any]] = {
    "reduce_sum": operator.add, "reduce_prod": operator.mul, "reduce_max": max, "reduce_min": min,
}  # fmt: skip
MOVES = ("reshape", "identity", "concat", "strided_slice", "transpose", "broadcast_to")


class Known(NamedTuple):
    """Sizes and numbers, in row-major order of a shape."""

    items: list[Any]
    shape: tuple[int, ...]

    def places(self, start: int = 0) -> np.ndarray[Any, Any]:
        """Where each stands among the items, from a start on: what NumPy moves for them."""
        return np.arange(start, start + len(self.items)).reshape(self.shape)


def followed(window: Window, slot: int) -> Known | None:
    """The elements of the integers at a slot; None if they are no sizes, nor follow from them."""

    def admits(k: int) -> bool:
        where = window.entries[k][0].spec
        small = not any(map(_is_open, where.shape)) and where.size <= FEW
        return small and where.dtype.code in INTEGERS

    slots = leading_to(window, slot, admits, FEW)
    if slots is None:
        return None
    found: dict[int, Known] = {}
    for k in slots:
        call, *operands = window.entries[k]
        there = window.kept.get(k)
        try:
            items = (
                _at_hand(there) if k in window.kept else _given(call, [found[j] for j in operands])
            )
        except ZeroDivisionError:
            return None
        if items is None:
            return None
        found[k] = Known(items, call.spec.shape)
    return found[slot]


def _is_open(size: Any) -> bool:
    return isinstance(size, Dim)


def _at_hand(there: Any) -> list[Any] | None:
    if type(there) is Call:
        return list(there.params[0]) if there.op.name == EXTENTS_OF else None
    if type(there) is Tensor:
        return there._view().ravel().tolist() if there._at else None
    return [there]


def _given(call: Call, parts: Sequence[Known]) -> list[Any] | None:
    """What a call gives of sizes."""
    from ngrad.graph.reference import REFERENCES

    name, keywords = call.op.name, call.op.keywords(call.params)
    if name in ARITHMETIC:
        wide = np.broadcast_arrays(*(part.places() for part in parts))
        among = [[part.items[k] for k in at.flat] for part, at in zip(parts, wide, strict=True)]
        return list(map(ARITHMETIC[name], *among))
    if name in FOLDS:
        (part,), axes = parts, keywords["axes"]
        order = [*(k for k in range(len(part.shape)) if k not in axes), *axes]
        rows = part.places().transpose(order).reshape(call.spec.size, -1)
        if not rows.size:
            return None
        return [functools.reduce(FOLDS[name], [part.items[k] for k in row]) for row in rows]
    if name == "cast":
        return parts[0].items
    if name == "take_rows":
        (part, index), items = parts, parts[0].items
        rows = np.reshape([operator.index(k) for k in index.items], index.shape)
        return [items[k] for k in REFERENCES[name](part.places(), rows, **keywords).flat]
    if name in MOVES:
        starts = itertools.accumulate([len(part.items) for part in parts], initial=0)
        items = [item for part in parts for item in part.items]
        places = [part.places(start) for part, start in zip(parts, starts, strict=False)]
        return [items[k] for k in REFERENCES[name](*places, **keywords).flat]
    return None
