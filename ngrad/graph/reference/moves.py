"""References of ops that move elements, say where they go, or add those that land on one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Reference = Callable[..., Any]
Slices = tuple[tuple[int, int, int], ...]


def _places(slices: Slices) -> tuple[Array, ...]:
    """The index of what slices name: each is a start, a step and a count."""
    return np.ix_(*(start + step * np.arange(count) for start, step, count in slices))


def _embed(x: Array, value: Array, shape: tuple[int, ...], slices: Slices) -> Array:
    out = np.full(shape, value, x.dtype)
    out[_places(slices)] = x
    return out


def _take_rows(x: Array, index: Array) -> Array:
    return x[np.arange(len(x))[:, None], index]


def _add_rows(g: Array, index: Array, rows: int) -> Array:
    out = np.zeros((len(g), rows, *g.shape[2:]), g.dtype)
    np.add.at(out, (np.arange(len(g))[:, None], index), g)
    return out


def _last_rows(index: Array, rows: int) -> Array:
    out = np.full((len(index), rows), -1)
    for k, places in enumerate(index):
        out[k, places] = np.arange(len(places))
    return out


def _search(x: Array, values: Array, right: bool) -> Array:
    side: Any = "right" if right else "left"
    return np.stack([np.searchsorted(a, v, side) for a, v in zip(x, values, strict=True)])


def _argsort(x: Array, descending: bool) -> Array:
    """By the ranks of values, of which NaN is one: those of equal elements are equal."""
    _, rank = np.unique(x, return_inverse=True)
    return np.argsort(rank.reshape(x.shape) * (1 - 2 * descending), -1, kind="stable")


MOVES: dict[str, Reference] = {
    "identity": lambda x: x,
    "stop_gradient": lambda x: x,
    "to_device": lambda x, device: x,
    "reshape": lambda x, shape: x.reshape(shape),
    "broadcast_to": lambda x, shape: np.broadcast_to(x, shape),
    "transpose": lambda x, perm: x.transpose(perm),
    "strided_slice": lambda x, slices: x[_places(slices)],
    "embed": _embed,
    "concat": lambda *xs, axis: np.concatenate(xs, axis),
    "checked_index": lambda index, **_: index,
    "take_rows": _take_rows,
    "add_rows": _add_rows,
    "last_rows": _last_rows,
    "argsort": _argsort,
    "search": _search,
}
