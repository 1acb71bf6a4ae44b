"""References of pooling: of all that stand at one place in their windows at a time."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ngrad.graph.reference.elementwise import Array


def _total(parts: Iterable[Array]) -> Array:
    return functools.reduce(np.add, parts)


class _Windows(NamedTuple):
    sizes: tuple[int, ...]
    steps: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]

    def padded(self, x: Array, value: Any = 0) -> Array:
        return np.pad(x, ((0, 0), *self.pairs, (0, 0)), constant_values=value)

    def places(self, x: Array) -> Iterator[tuple[slice, ...]]:
        """Where a padded x has what stands at each place in its windows, in order."""
        for place in itertools.product(*map(range, self.sizes)):
            along = zip(place, self.sizes, self.steps, x.shape[1:-1], strict=True)
            yield (slice(None), *(slice(at, n - size + at + 1, s) for at, size, s, n in along))

    def cropped(self, x: Array) -> Array:
        along = zip(self.pairs, x.shape[1:-1], strict=True)
        return x[(slice(None), *(slice(before, n - after) for (before, after), n in along))]

    def hits(self, y: Array, x: Array) -> Iterator[tuple[tuple[slice, ...], Array]]:
        whole, there = self.padded(x), self.padded(np.ones(x.shape, bool))
        for at in self.places(whole):
            yield at, (whole[at] == y) & there[at]

    def there(self, extents: tuple[int, ...]) -> Array:
        ones = self.padded(np.ones((1, *extents, 1)))
        return _total(ones[at] for at in self.places(ones))


def _max(x: Array, **how: Any) -> Array:
    windows = _Windows(**how)
    least = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    whole = windows.padded(x, least)
    return functools.reduce(np.maximum, [whole[at] for at in windows.places(whole)])


def _mean(x: Array, **how: Any) -> Array:
    windows = _Windows(**how)
    whole = windows.padded(x.astype(np.float64))
    total = _total(whole[at] for at in windows.places(whole))
    mean: Array = total / windows.there(x.shape[1:-1])
    return mean


def _unpool_mean(g: Array, extents: Any, **how: Any) -> Array:
    windows = _Windows(**how)
    out = windows.padded(np.zeros((g.shape[0], *extents, g.shape[-1])))
    for at in windows.places(out):
        out[at] += g / windows.there(extents)
    return windows.cropped(out)


def _ties(y: Array, x: Array, **how: Any) -> Array:
    return _total(hit.astype(x.dtype) for _, hit in _Windows(**how).hits(y, x))


def _hits(h: Array, y: Array, x: Array, **how: Any) -> Array:
    windows = _Windows(**how)
    whole = windows.padded(h)
    return _total(np.where(hit, whole[at], 0) for at, hit in windows.hits(y, x))


def _unpool_hits(g: Array, y: Array, x: Array, extents: Any, **how: Any) -> Array:
    windows = _Windows(**how)
    out = windows.padded(np.zeros_like(x))
    for at, hit in windows.hits(y, x):
        out[at] += np.where(hit, g, 0)
    return windows.cropped(out)


POOLS: dict[str, Any] = {
    "pool_max": _max,
    "pool_mean": _mean,
    "pool_ties": _ties,
    "pool_hits": _hits,
    "unpool_mean": _unpool_mean,
    "unpool_hits": _unpool_hits,
}
"""By name of the op."""
