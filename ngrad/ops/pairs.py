"""Two tensors multiplied by the labels of their axes: as matrices, or element by element."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ngrad.ops.arithmetic import multiply
from ngrad.ops.matmul import product
from ngrad.ops.reductions import reduce_sum
from ngrad.ops.shape import reshape, transpose

Labels = str
"""One character an axis."""


class Arranged(NamedTuple):
    """How a tensor is read: in which order its axes come, if not as they are, and of which shape it
    is then; and whether a product of matrices takes these transposed.
    """

    order: tuple[int, ...] | None
    shape: tuple[int, ...]
    flip: bool

    def of(self, x: Any) -> Any:
        moved = x if self.order is None else transpose(x, self.order)
        own = moved._layout
        alike = not own.open and own.shape == self.shape  # an open size is not asked what it is
        return moved if alike else reshape(moved, self.shape)


class Paired(NamedTuple):
    """How two tensors are multiplied: as batches of matrices if `axes` is None, or else element by
    element, and summed over axes; and the labels and the shape of what comes of it.
    """

    left: Arranged
    right: Arranged
    axes: tuple[int, ...] | None
    result: Labels
    shape: tuple[int, ...]


def multiplied(x: Any, y: Any, how: Paired) -> Any:
    """Two tensors multiplied: as matrices, or else elementwise, and summed."""
    left, right = how.left, how.right
    if how.axes is None:
        found = product(left.of(x), right.of(y), left.flip, right.flip)
        return reshape(found, how.shape)
    found = multiply(left.of(x), right.of(y))
    return reduce_sum(found, how.axes) if how.axes else found


@functools.lru_cache(1024)
def paired(
    in_x: Labels, in_y: Labels, keep: Labels, x: tuple[int, ...], y: tuple[int, ...], sums: bool
) -> Paired:
    batch = [label for label in in_x if label in in_y and label in keep]
    inner = [label for label in in_x if label in in_y and label not in keep]
    rows = [label for label in in_x if label not in in_y]
    columns = [label for label in in_y if label not in in_x]
    sizes = dict(zip(in_x + in_y, (*x, *y), strict=True))
    if not inner or (sums and not (rows or columns)):  # no products of matrices, or of single rows
        labels = "".join((*batch, *rows, *columns)) if not inner else in_x
        axes = tuple(k for k, label in enumerate(labels) if label not in keep)
        result = "".join(label for label in labels if label in keep)
        shape = tuple(sizes[label] for label in result)
        left, right = _aligned(in_x, labels, sizes), _aligned(in_y, labels, sizes)
        return Paired(left, right, axes, result, shape)
    result = "".join((*batch, *rows, *columns))
    shape = tuple(sizes[label] for label in result)
    # Each operand's two groups stay in the order in which it has them: the product reads either.
    flip_x = bool(rows) and in_x.index(inner[0]) < in_x.index(rows[0])
    flip_y = bool(columns) and in_y.index(columns[0]) < in_y.index(inner[0])
    of_x = (batch, inner, rows) if flip_x else (batch, rows, inner)
    of_y = (batch, columns, inner) if flip_y else (batch, inner, columns)
    left, right = _matrices(in_x, of_x, sizes, flip_x), _matrices(in_y, of_y, sizes, flip_y)
    return Paired(left, right, None, result, shape)


def _order(labels: Labels, wanted: Iterable[str]) -> tuple[int, ...] | None:
    """Where the labels are that are wanted; None if they are these."""
    found = tuple(labels.index(label) for label in wanted)
    return None if found == tuple(range(len(labels))) else found


def _aligned(labels: Labels, wanted: Labels, sizes: dict[str, int]) -> Arranged:
    """With the axes that are wanted, one element long where there are none."""
    order = _order(labels, (label for label in wanted if label in labels))
    return Arranged(order, tuple(sizes[n] if n in labels else 1 for n in wanted), False)


def _matrices(
    labels: Labels, groups: Sequence[Sequence[str]], sizes: dict[str, int], flip: bool
) -> Arranged:
    """An axis for each group of labels; without the first if that is empty."""
    order = _order(labels, (label for group in groups for label in group))
    extents = [math.prod(sizes[label] for label in group) for group in groups]
    return Arranged(order, tuple(extents if groups[0] else extents[1:]), flip)
