"""References of ops that move elements, say where they go, or add those that land on one place."""

from __future__ import annotations

import functools
import itertools
import math
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


def _extended(n: int, sides: Any) -> Array:
    """The places of an axis that elements of it, and it itself, come from."""
    before, after = sides
    slices = (*before, (0, 1, n), *after)
    return np.concatenate([start + step * np.arange(count) for start, step, count in slices])


def _extend(x: Array, sides: Any) -> Array:
    found: Array = x[np.ix_(*map(_extended, x.shape, sides))]
    return found


def _fold_sides(x: Array, sides: Any) -> Array:
    around = (sum(count for side in pair for _, _, count in side) for pair in sides)
    out = np.zeros([n - m for n, m in zip(x.shape, around, strict=True)], x.dtype)
    np.add.at(out, np.ix_(*map(_extended, out.shape, sides)), x)
    return out


def _put_part(x: Array, part: Array, dies: bool, how: str, slices: Slices) -> Array:
    out = x.copy()
    at = _places(slices)
    out[at] = part if how == "put" else out[at] + part
    return out


def _rows(x: Array, index: Array, axis: int, batches: int) -> tuple[Array, Array]:
    """A view of x as (batch, rows, width), and indices (batch, count) for it."""
    lead, middle, count = x.shape[:batches], x.shape[batches:axis], index.shape[batches:]
    own = index.reshape(*lead, *(1,) * len(middle), math.prod(count))
    own = np.broadcast_to(own, (*lead, *middle, own.shape[-1]))
    batch, width = math.prod(x.shape[:axis]), math.prod(x.shape[axis + 1 :])
    return x.reshape(batch, x.shape[axis], width), own.reshape(batch, own.shape[-1])


def _take_rows(x: Array, index: Array, axis: int, batches: int) -> Array:
    rows, own = _rows(x, index, axis, batches)
    found = rows[np.arange(len(rows))[:, None], own]
    return found.reshape(*x.shape[:axis], *index.shape[batches:], *x.shape[axis + 1 :])


def _joined(
    join: np.ufunc, start: Any, x: Array, index: Array, rows: int, axis: int, batches: int
) -> Array:
    """Rows joined at indices of a new axis, to a number."""
    shape = (*x.shape[:axis], rows, *x.shape[axis + index.ndim - batches :])
    out = np.full(shape, start, x.dtype)
    flat, own = _rows(out, index, axis, batches)
    join.at(flat, (np.arange(len(flat))[:, None], own), x.reshape(*own.shape, flat.shape[2]))
    return out


def _add_rows(g: Array, index: Array, rows: int, axis: int, batches: int) -> Array:
    return _joined(np.add, 0, g, index, rows, axis, batches)


def _other_rows(x: Array, index: Array, rows: int, axis: int, batches: int) -> Array:
    out = np.ones((*x.shape[:axis], rows, *x.shape[axis + index.ndim - batches :]), x.dtype)
    flat, own = _rows(out, index, axis, batches)
    given = x.reshape(*own.shape, flat.shape[2])
    found = np.ones_like(given)
    for places in (range(own.shape[1]), range(own.shape[1])[::-1]):
        flat = np.ones_like(flat)
        for k, m in itertools.product(range(len(own)), places):
            found[k, m] *= flat[k, own[k, m]]
            flat[k, own[k, m]] *= given[k, m]
    return found.reshape(x.shape)


def _put_rows(
    x: Array, values: Array, index: Array, dies: bool, how: str, axis: int, batches: int
) -> Array:
    out = x.copy()
    flat, own = _rows(out, index, axis, batches)
    given = values.reshape(*own.shape, flat.shape[2])
    for k, m in np.ndindex(own.shape):
        at = flat[k, own[k, m]]
        at[...] = given[k, m] if how == "put" else at + given[k, m]
    return out


def _last_rows(index: Array, rows: int) -> Array:
    out = np.zeros((len(index), rows), np.int64)
    for k, places in enumerate(index):
        out[k, places] = np.arange(len(places)) + 1
    return out


def _search(x: Array, values: Array, right: bool) -> Array:
    side: Any = "right" if right else "left"
    rows = x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
    given = values.reshape(len(rows), math.prod(values.shape[x.ndim - 1 :]))
    found = [np.searchsorted(a, v, side) for a, v in zip(rows, given, strict=True)]
    return np.array(found, int).reshape(values.shape)


def _interp(x: Array, places: Array, values: Array) -> Array:
    rows = math.prod(places.shape[:-1]), places.shape[-1]
    given = x.reshape(rows[0], math.prod(x.shape[places.ndim - 1 :]))
    points = zip(given, places.reshape(rows), values.reshape(rows), strict=True)
    return np.array([np.interp(*three) for three in points]).reshape(x.shape)


def _argsort(x: Array, descending: bool) -> Array:
    """By the ranks of values, of which NaN is one: those of equal elements are equal."""
    _, rank = np.unique(x, return_inverse=True)
    return np.argsort(rank.reshape(x.shape) * (1 - 2 * descending), -1, kind="stable")


def _at_ranks(x: Array, ranks: Array) -> tuple[Array, Array]:
    """Rows, and where their elements at ranks stand."""
    lead = np.broadcast_shapes(x.shape[:-1], ranks.shape[:-1])
    x, ranks = (np.broadcast_to(z, (*lead, z.shape[-1])) for z in (x, ranks))
    return x, np.take_along_axis(_argsort(x, False), ranks, -1)


def _shown(extents: Any, sizes: Any, steps: Any, gaps: Any) -> list[Any]:
    """For each place in a window, in order: that place, and the elements that are shown there."""
    counts = [
        (n - (m - 1) * gap - 1) // step + 1
        for n, m, step, gap in zip(extents, sizes, steps, gaps, strict=True)
    ]
    return [
        (
            place,
            tuple(
                slice(k * gap, k * gap + (count - 1) * step + 1, step)
                for k, count, step, gap in zip(place, counts, steps, gaps, strict=True)
            ),
        )
        for place in np.ndindex(*sizes)
    ]


def _windows(x: Array, sizes: Any, steps: Any, gaps: Any) -> Array:
    shown = [x[:, *where] for _, where in _shown(x.shape[1:-1], sizes, steps, gaps)]
    whole = np.stack(shown, -2)
    return whole.reshape(*whole.shape[:-2], *sizes, x.shape[-1])


def _fold_windows(g: Array, extents: Any, sizes: Any, steps: Any, gaps: Any) -> Array:
    out = np.zeros((g.shape[0], *extents, g.shape[-1]), g.dtype)
    for place, where in _shown(extents, sizes, steps, gaps):
        out[:, *where] += g[(slice(None),) * (1 + len(sizes)) + place]
    return out


def _windows_matmul(
    x: Array, y: Array, transpose: bool, sizes: Any, steps: Any, gaps: Any, pads: Any
) -> Array:
    groups, batch, *_, channels = x.shape
    whole = np.pad(x, [(0, 0), (0, 0), *pads, (0, 0)])
    shown = _windows(whole.reshape(groups * batch, *whole.shape[2:]), sizes, steps, gaps)
    counts = shown.shape[1 : 1 + len(sizes)]
    rows = shown.reshape(groups, -1, math.prod(sizes) * channels)
    if transpose:
        return np.swapaxes(rows, 1, 2) @ y.reshape(groups, -1, y.shape[-1])
    return (rows @ y).reshape(groups, batch, *counts, y.shape[-1])


MOVES: dict[str, Reference] = {
    "identity": lambda x: x,
    "copy": lambda x: np.array(x, order="C"),
    "stop_gradient": lambda x: x,
    "held": lambda x: x,
    "fixed": lambda x, why: x,
    "to_device": lambda x, device: x,
    "reshape": lambda x, shape: x.reshape(shape),
    "bitcast": lambda x, dtype: x.copy("C").view(dtype.numpy_dtype),
    "broadcast_to": lambda x, shape: np.broadcast_to(x, shape),
    "transpose": lambda x, perm: x.transpose(perm),
    "strided_slice": lambda x, slices: x[_places(slices)],
    "embed": _embed,
    "concat": lambda *xs, axis: np.concatenate(xs, axis),
    "extend": _extend,
    "fold_sides": _fold_sides,
    "roll": lambda x, axis, by: np.roll(x, by, axis),
    "windows": _windows,
    "fold_windows": _fold_windows,
    "windows_matmul": _windows_matmul,
    "checked_index": lambda index, **_: index,
    "take_rows": _take_rows,
    "add_rows": _add_rows,
    "max_rows": functools.partial(_joined, np.maximum),
    "min_rows": functools.partial(_joined, np.minimum),
    "multiply_rows": functools.partial(_joined, np.multiply),
    "other_rows": _other_rows,
    "last_rows": _last_rows,
    "take_part": lambda x, slices: x[_places(slices)],
    "put_part": _put_part,
    "put_rows": _put_rows,
    "argsort": _argsort,
    "largest": lambda x, count: _argsort(x, True)[..., :count],
    "sort": lambda x, descending: np.take_along_axis(x, _argsort(x, descending), -1),
    "ranked": lambda x, ranks: np.take_along_axis(*_at_ranks(x, ranks), -1),
    "rank_places": lambda x, ranks, found: _at_ranks(x, ranks)[1],
    "partition": lambda x, kth: np.partition(x, kth, -1),
    "argpartition": lambda x, kth: np.argpartition(x, kth, -1),
    "pack_bits": lambda x, big: np.packbits(x, -1, bitorder="big" if big else "little"),
    "unpack_bits": lambda x, big: np.unpackbits(x, -1, bitorder="big" if big else "little"),
    "search": _search,
    "interp": _interp,
}
