"""Indexing: `x[...]` as in NumPy, and boolean masks."""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np

from ngrad.devices import Device
from ngrad.dtypes import BY_CODE
from ngrad.errors import (
    IndexBoundsError,
    IndexTypeError,
    NumberError,
    TraceError,
)
from ngrad.graph.dims import Dim
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op, Params
from ngrad.graph.strides import broadcast
from ngrad.ops.bounds import checked
from ngrad.ops.convert import cast_to, from_outside
from ngrad.ops.extents import dim
from ngrad.ops.gather import TAKE, gather_rows
from ngrad.ops.masks import held, places
from ngrad.ops.shape import RESHAPE, SEEN, inverse, reshape, reshaped, transpose
from ngrad.ops.slicing import SLICE, strided
from ngrad.record import apply, state
from ngrad.tensor import Tensor, from_numpy, seen_at
from ngrad_kernels.keys import key_of

INT64 = BY_CODE["i8"]
FIRST = 0, 0
"""Rows along the first axis, of no batch."""
BOUNDS = {int, type(None)}
"""Types of the bounds of most slices."""
WHOLE = (slice, None, None, None)
"""The kind of a slice of all."""


class Meaning(NamedTuple):
    """What an index means for a shape: a part of every axis, as it is reshaped; then, of some of
    its axes, the elements at index arrays.

    Attributes
    ----------
    slices : tuple of (start, step, count)
        For each axis.
    shape : tuple of int
        Of the part, with new axes, and without those at an integer.
    arrays : tuple of (int, int, int)
        For each index array an axis of that shape; which item of the index it is; and the first
        axis that it is of.
    adjacent : bool
        Whether the axes of the index arrays stay where they are; if not, they come first.
    whole : bool
        Whether the slices are all of it, in order.
    """

    slices: tuple[tuple[int, int, int], ...]
    shape: tuple[int, ...]
    arrays: tuple[tuple[int, int, int], ...]
    adjacent: bool
    whole: bool


class Region(NamedTuple):
    """What an index means for a tensor.

    Attributes
    ----------
    slices, shape, adjacent, whole
        As of a `Meaning`.
    arrays : list of (int, Tensor)
        Axes of that shape, and the indices into each; checked against its bounds.
    """

    slices: tuple[tuple[int, int, int], ...]
    shape: tuple[int, ...]
    arrays: list[tuple[int, Any]]
    adjacent: bool
    whole: bool


STEPS: dict[tuple[Layout, Any], tuple[tuple[Op, Params], ...]] = {}
"""What takes a part of a tensor, by its layout and what the index is known by."""
SPANS: dict[tuple[Layout, Any], tuple[int, Layout]] = {}
"""Where a part of a tensor begins, in bytes, and how it lies, likewise."""


def part(x: Any, index: Any, key: Any) -> Any:
    """x[index] of an index that is known by a key."""
    if type(x) is Tensor and x._at and _is_unheard(x):
        return _shown(x, index, key)
    where = x._layout
    steps = STEPS.get((where, key))
    if steps is None:
        meant = region_of(x, index)
        taken = () if meant.whole else ((SLICE, (meant.slices,)),)
        shape = tuple(count for _, _, count in meant.slices)
        steps = taken if shape == meant.shape else (*taken, (RESHAPE, (meant.shape,)))
        if not where.open:
            if len(STEPS) >= SEEN:
                STEPS.clear()
            STEPS[where, key] = steps
    for op, params in steps:
        x = apply(op, (x,), params)
    return x


def _is_unheard(x: Tensor) -> bool:
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
            index = _item(index, x._layout.device)
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


def region_of(x: Any, index: Any) -> Region:
    """What an index means for a tensor; errors as of `getitem`."""
    given, device = index if isinstance(index, tuple) else (index,), x._layout.device
    items = [_item(item, device) for item in given]
    shape = x._layout.shape
    # Where open sizes are asked for, they are to be asked each time.
    meant = _meant if state.window.trace is None else _meant.__wrapped__
    meaning = meant(shape, tuple([_kind(item) for item in items]))
    arrays: list[tuple[int, Any]] = []
    for at, which, axis in meaning.arrays:
        item = items[which]
        if item._layout.dtype.is_bool:  # of the axes that it covers, seen as one
            covered = shape[axis : axis + item.ndim]
            arrays.append((at, _held_by(item, covered, device)))
        else:
            arrays.append((at, checked("getitem", item, shape[axis], -shape[axis])))
    return Region(meaning.slices, meaning.shape, arrays, meaning.adjacent, meaning.whole)


def _kind(item: Any) -> Any:
    """What an item of an index is known by: a tensor by its layout."""
    if type(item) is slice:
        return slice, item.start, item.stop, item.step
    return item._layout if isinstance(item, Tensor) else item


@functools.lru_cache(4096)
def _meant(extents: tuple[int, ...], kinds: tuple[Any, ...]) -> Meaning:
    """What items of these kinds mean for a shape."""
    ndim = len(extents)
    used = sum(map(_axes_used, kinds))
    if used > ndim:
        raise IndexBoundsError(f"getitem: {used} indices for a tensor of {ndim} dimensions")
    dots = [k for k, kind in enumerate(kinds) if kind is Ellipsis]
    if len(dots) > 1:
        raise IndexBoundsError(f"getitem: an index has at most one ellipsis, not {len(dots)}")
    at = dots[0] if dots else len(kinds)
    numbered = [(k, kind) for k, kind in enumerate(kinds) if kind is not Ellipsis]
    numbered[at:at] = [(-1, WHOLE)] * (ndim - used)

    slices: list[tuple[int, int, int]] = []
    shape: list[int] = []
    arrays: list[tuple[int, int, int]] = []
    # Which items are, to know whether they are adjacent: not if an ellipsis is between, of no axes.
    advanced: list[int] = []
    several = any(isinstance(kind, Layout) for kind in kinds)
    axis = 0
    for k, kind in numbered:
        if kind is None:
            shape.append(1)
            continue
        if isinstance(kind, Layout):
            advanced.append(k)
            covered = extents[axis : axis + _axes_used(kind)]
            arrays.append((len(shape), k, axis))
            slices += [(0, 1, n) for n in covered]
            shape.append(math.prod(covered))
            axis += len(covered)
            continue
        extent = extents[axis]
        if type(kind) is tuple:
            start, step, count = _part(slice(*kind[1:]), extent)
            slices.append((start, step, count))
            shape.append(count)
        else:
            if not -extent <= kind < extent:
                raise IndexBoundsError(
                    f"getitem: index {kind} is out of range for axis {axis} of {extent} elements"
                )
            slices.append((kind if kind >= 0 else kind + extent, 1, 1))
            if several:
                advanced.append(k)
        axis += 1
    adjacent = not advanced or advanced == list(range(advanced[0], advanced[-1] + 1))
    whole = slices == [(0, 1, n) for n in extents]
    return Meaning(tuple(slices), tuple(shape), tuple(arrays), adjacent, whole)


def _part(item: slice, extent: int) -> tuple[int, int, int]:
    """Where a slice of an axis starts, its step, and how many elements it has."""
    if Dim not in (type(extent), type(item.start), type(item.stop), type(item.step)):
        try:
            start, stop, step = item.indices(extent)
        except ValueError as error:
            raise NumberError(f"getitem: {item}: {error}") from None
        count = len(range(start, stop, step))
        return (start if count else 0), step, count
    return _open_part(item, extent)


def _open_part(item: slice, extent: int) -> tuple[int, int, int]:
    """The same where a bound or the extent is a `Dim`, of which `slice.indices` makes a number."""
    step = 1 if item.step is None else item.step
    if step == 0:
        raise NumberError(f"getitem: {item}: slice step cannot be zero")
    low, high = (0, extent) if step > 0 else (-1, extent - 1)

    def bound(value: Any, default: int) -> int:
        if value is None:
            return default
        value = value + extent if value < 0 else value
        found: int = min(max(value, low), high)
        return found

    first, last = (low, high) if step > 0 else (high, low)
    start, stop = bound(item.start, first), bound(item.stop, last)
    span, stride = (stop - start, step) if step > 0 else (start - stop, -step)
    if span <= 0:
        return 0, step, 0
    return start, step, (span + stride - 1) // stride


def _item(item: Any, device: Device) -> Any:
    """An item of an index: an array as a tensor, which is made on a device."""
    if item is None or item is Ellipsis or type(item) is int:
        return item
    if type(item) is slice:
        bounds = item.start, item.stop, item.step
        if BOUNDS.issuperset(map(type, bounds)):
            return item
        return slice(*(None if v is None else _as_int(v) for v in bounds))
    if isinstance(item, np.timedelta64):  # which NumPy has among its integers
        raise IndexTypeError(f"getitem: {item!r} is no index")
    item = from_outside(item)
    if isinstance(item, (list, tuple, range, np.ndarray, bool, np.bool_)):
        array = np.asarray(item)
        listed = array.size == 0 and array.dtype != bool  # as [], which is of floats
        if array.dtype.kind in "OSUT":
            raise IndexTypeError(f"getitem: {item!r} is no index; its items are no numbers")
        item = from_numpy(array.astype(np.int64) if listed else array, None, device)
    if isinstance(item, Tensor):
        if item.dtype.is_bool:
            return item
        if not item.dtype.is_integer:
            raise IndexTypeError(
                f"getitem: indices must be integers or bools, not {item.dtype.name}"
            )
        if item.ndim or (state.window.trace is not None and not item._at):
            return item
        return int(item.item())
    return _as_int(item)


def _as_int(value: Any) -> int:
    try:
        return value if type(value) is int else dim(from_outside(value))
    except TraceError:
        raise
    except (AttributeError, TypeError):
        raise IndexTypeError(
            f"getitem: {value!r} is no index; use integers, slices, ..., None or tensors"
        ) from None


def _axes_used(item: Any) -> int:
    if item is None or item is Ellipsis:
        return 0
    if isinstance(item, Layout) and item.dtype.is_bool:
        return item.ndim
    return 1


def _held_by(mask: Tensor, covered: tuple[int, ...], device: Device) -> Tensor:
    """Where a mask of axes holds, with these axes as one; on a device."""
    if mask._layout.shape != covered:
        raise IndexBoundsError(
            f"getitem: a mask of shape {mask._layout.shape} does not fit axes of shape {covered}"
        )
    return places(mask._view(), device)


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
            f"getitem: index arrays of shapes {shapes} do not broadcast"
        ) from None
    where: Any = None
    for at, part in arrays:
        wide = cast_to(part, INT64)
        if getattr(part, "_range", (-1, 0))[0] < 0:  # if it is not known that none is negative
            wide = wide + cast_to(wide < 0, INT64) * shape[at]
        where = wide if where is None else where * shape[at] + wide
    return where
