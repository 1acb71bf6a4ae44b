"""Indexing: `x[...]` as in NumPy, and boolean masks."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ngrad.dtypes import BY_CODE
from ngrad.errors import (
    IndexBoundsError,
)
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op, Params
from ngrad.graph.strides import broadcast
from ngrad.ops.bounds import checked
from ngrad.ops.convert import cast_to
from ngrad.ops.gather import TAKE, gather_rows
from ngrad.ops.masks import held
from ngrad.ops.regions import item_of, region_of
from ngrad.ops.shape import RESHAPE, SEEN, inverse, reshape, reshaped, transpose
from ngrad.ops.slicing import SLICE, strided
from ngrad.record import apply, state
from ngrad.tensor import Tensor, seen_at
from ngrad_kernels.keys import key_of

INT64 = BY_CODE["i8"]
FIRST = 0, 0
"""Rows along the first axis, of no batch."""


STEPS: dict[tuple[Layout, Any], tuple[tuple[Op, Params], ...]] = {}
"""What takes a part of a tensor, by its layout and what the index is known by."""
SPANS: dict[tuple[Layout, Any], tuple[int, Layout]] = {}
"""Where a part of a tensor begins, in bytes, and how it lies, likewise."""


def part(x: Any, index: Any, key: Any) -> Any:
    """x[index] of an index that is known by a key."""
    if type(x) is Tensor and x._at and is_unheard(x):
        return _shown(x, index, key)
    where = x._layout
    steps = STEPS.get((where, key))
    if steps is None:
        meant = region_of(x, index)
        taken = () if meant.whole else ((SLICE, (meant.slices,)),)
        shape = tuple([count for _, _, count in meant.slices])
        steps = taken if shape == meant.shape else (*taken, (RESHAPE, (meant.shape,)))
        if not where.open:
            if len(STEPS) >= SEEN:
                STEPS.clear()
            STEPS[where, key] = steps
    for op, params in steps:
        x = apply(op, (x,), params)
    return x


def is_unheard(x: Tensor) -> bool:
    """Whether nobody records anything of a tensor that is there: no `function`, and no tape that
    has heard of it, as of data whose steps a loop goes through.
    """
    window = state.window
    if not (window.readers or state.listens()):
        return True
    if state.graph is not None or window.trace is not None or x._block.shared:
        return False
    return window.slot_of(x) < 0


def _shown(x: Tensor, index: Any, key: Any) -> Tensor:
    """The same of a tensor that is there, and of which nobody records anything: memory of it. To
    have an op show it takes longer by far where the index is one that was not seen before.
    """
    where = x._layout
    span = SPANS.get((where, key))
    if span is None:
        if type(key) is int and where.ndim and -where.shape[0] <= key < where.shape[0]:
            # Any number of these may come, in which others are not to be forgotten.
            begins = where.strides[0] * (key if key >= 0 else key + where.shape[0])
            row = layout(where.dtype, where.shape[1:], where.strides[1:], where.device)
            if where.ndim > 1:  # an element of an array is no view
                where.row = row
            return seen_at(x, begins, row)
        meant = region_of(x, index)
        pairs = zip(where.strides, meant.slices, strict=True)
        steps = iter([s * step for s, (_, step, count) in pairs if count != 1])
        # Axes of one element come and go; the others are the same, in order.
        strides = tuple([next(steps) if n != 1 else 0 for n in meant.shape])
        starts = [start for start, _, _ in meant.slices]
        begins = sum(s * start for s, start in zip(where.strides, starts, strict=True))
        span = begins, layout(where.dtype, meant.shape, strides, where.device)
        if len(SPANS) >= SEEN:
            SPANS.clear()
        SPANS[where, key] = span
    begins, lies = span
    return x if lies is where and not begins else seen_at(x, begins, lies)


def getitem(x: Any, index: Any) -> Any:
    """x[index]: integers, slices, ellipsis, newaxis, integer arrays and boolean masks, as in NumPy.

    Raises
    ------
    IndexBoundsError, ShapeError, DTypeError
        For an index out of range, too many indices, or something that is no index.
    """
    if type(index) is not Tensor:
        key = key_of(index)
        if key is not None:
            return part(x, index, key)
        if type(index) in (np.ndarray, list):
            index = item_of(index, x._layout.device)
    return by_tensor(x, index) if type(index) is Tensor else by_region(x, index)


def by_tensor(x: Any, index: Tensor) -> Any:
    """x[index] of integers, or of a mask."""
    where, shape = index._layout, x._layout.shape
    if where.ndim and shape:
        extent = shape[0]
        if where.dtype is INT64:
            return apply(TAKE, (x, checked("getitem", index, extent, -extent)), FIRST)
        if where.dtype.is_integer:
            index = cast_to(checked("getitem", index, extent, -extent), INT64)
            return apply(TAKE, (x, index), FIRST)
        if where.dtype.is_bool and where.shape == shape[: where.ndim]:
            return held(x, index, 0)
    return by_region(x, index)


def by_region(x: Any, index: Any) -> Any:
    """x[index] of anything, in as many steps as its kinds of items take."""
    region = region_of(x, index)
    out = x if region.whole else strided(x, region.slices)
    out = reshaped(out, region.shape)
    if not region.arrays:
        return out
    rows = rows_of(out, region.arrays)
    return rows.arranged(gather_rows(rows.flat, rows.where, rows.axis), region.adjacent)


class Rows(NamedTuple):
    """What index arrays mean: rows of a tensor along one axis, where theirs are.

    Attributes
    ----------
    flat : tensor
        With those axes as one.
    axis : int
        Which one.
    where : tensor
        Indices into it, of the shape that the index arrays have together.
    shape : tuple of int
        That of the tensor.
    order : tuple of int or None
        Its axes as `flat` has them, where it has others than the tensor.
    """

    flat: Any
    axis: int
    where: Any
    shape: tuple[int, ...]
    order: tuple[int, ...] | None

    def arranged(self, out: Any, adjacent: bool, back: bool = False) -> Any:
        """What was gathered, with its axes in the order that NumPy gives them; or `back`."""
        if adjacent or not self.axis:
            return out
        before, count = self.axis, self.where.ndim
        order = [*range(before, before + count), *range(before), *range(before + count, out.ndim)]
        return transpose(out, inverse(order) if back else order)

    def restored(self, flat: Any) -> Any:
        """The tensor of which `flat` are the rows."""
        if self.order is None:
            return reshape(flat, self.shape)
        moved = reshape(flat, tuple(self.shape[k] for k in self.order))
        return transpose(moved, inverse(self.order))


def rows_of(x: Any, arrays: list[tuple[int, Any]]) -> Rows:
    """The rows of a tensor that index arrays mean."""
    shape = x._layout.shape
    if len(arrays) == 1:
        ((at, part),) = arrays
        return Rows(x, at, cast_to(part, INT64), shape, None)
    where = _together(arrays, shape)
    axes = [at for at, _ in arrays]
    first, end = axes[0], axes[-1] + 1
    order = None
    if axes != [*range(first, end)]:  # with others between: those of the arrays come first
        order = (*axes, *(k for k in range(x.ndim) if k not in axes))
        x, first, end = transpose(x, order), 0, len(axes)
    sizes = x._layout.shape
    merged = (*sizes[:first], math.prod(sizes[first:end]), *sizes[end:])
    return Rows(reshape(x, merged), first, where, shape, order)


def _together(arrays: list[tuple[int, Any]], shape: tuple[int, ...]) -> Any:
    """Indices into several axes, broadcast together, as indices into these axes as one."""
    try:
        broadcast(*[part._layout.shape for _, part in arrays])
    except ValueError:
        shapes = " and ".join(str(part._layout.shape) for _, part in arrays)
        raise IndexBoundsError(
            f"getitem: index arrays of shapes {shapes} could not be broadcast together"
        ) from None
    where: Any = None
    for at, part in arrays:
        wide = cast_to(part, INT64)
        if getattr(part, "_range", (-1, 0))[0] < 0:  # if it is not known that none is negative
            wide = wide + cast_to(wide < 0, INT64) * shape[at]
        where = wide if where is None else where * shape[at] + wide
    return where
