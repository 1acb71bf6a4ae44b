"""A diagonal of a tensor, over two of its axes: a view, where memory allows."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from ngrad.graph.layout import Layout, layout
from ngrad.ops.indexing import is_unheard
from ngrad.ops.shape import SEEN, reshape, transpose
from ngrad.ops.slicing import strided
from ngrad.tensor import Tensor, seen_at


def diagonal(x: Any, first: int, second: int, offset: int = 0) -> Any:
    """Where the index along `second` is that along `first` plus `offset`, as the last axis."""
    if type(x) is Tensor and x._at and is_unheard(x):
        return seen_at(x, *_lying(x._layout, first, second, offset))
    shape = x._layout.shape
    rest = [k for k in range(x.ndim) if k not in (first, second)]
    moved = permuted(x, (*rest, first, second))
    rows, columns = shape[first], shape[second]
    count = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    start = (offset if offset >= 0 else -offset * columns) if count else 0
    lead = tuple(shape[k] for k in rest)
    flat = reshape(moved, (*lead, rows * columns))
    return strided(flat, (*((0, 1, n) for n in lead), (start, columns + 1, count)))


@functools.lru_cache(SEEN)
def _lying(x: Layout, first: int, second: int, offset: int) -> tuple[int, Layout]:
    """Where in memory of what lies so a diagonal begins, in bytes, and how it lies."""
    rows, columns = x.shape[first], x.shape[second]
    count = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    rest = [k for k in range(x.ndim) if k not in (first, second)]
    shape = (*[x.shape[k] for k in rest], count)
    strides = (*[x.strides[k] for k in rest], x.strides[first] + x.strides[second])
    along = x.strides[second] if offset > 0 else -x.strides[first]
    return along * offset if count else 0, layout(x.dtype, shape, strides, x.device)


def permuted(x: Any, order: Sequence[int]) -> Any:
    """A tensor with its axes in an order; itself, if they are."""
    return x if tuple(order) == tuple(range(len(order))) else transpose(x, tuple(order))
