"""What an index means for a tensor: a part of every axis, and of some the elements at arrays."""

from __future__ import annotations

import functools
import math
import operator
from typing import Any, NamedTuple

import numpy as np

from ngrad.devices import Device
from ngrad.dtypes import BY_CODE
from ngrad.errors import (
    IndexBoundsError,
    IndexTypeError,
    NumberError,
    TraceError,
    shown,
)
from ngrad.graph.dims import Dim
from ngrad.graph.layout import AXES, Layout
from ngrad.ops.bounds import checked
from ngrad.ops.convert import from_outside, read
from ngrad.ops.extents import dim
from ngrad.ops.masks import places
from ngrad.record import state
from ngrad.tensor import Tensor, from_numpy

INT64 = BY_CODE["i8"]
BOUNDS = {int, type(None)}
"""Types of the bounds of most slices."""
WHOLE = (slice, None, None, None)
"""The kind of a slice of all."""
MOST = 2 * AXES + 1
"""How many items an index may have: for each axis of what it is of, and of what it gives, and an
ellipsis.
"""


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


def region_of(x: Any, index: Any, what: str = "getitem") -> Region:
    """What an index means for a tensor; `what` is named by errors."""
    given, device = index if isinstance(index, tuple) else (index,), x._layout.device
    limit(given, what)
    items = [item_of(item, device, what) for item in given]
    shape = x._layout.shape
    # Where open sizes are asked for, they are to be asked each time.
    meant = _meant if state.window.trace is None else _meant.__wrapped__
    meaning = meant(what, shape, tuple([_kind(item) for item in items]))
    arrays: list[tuple[int, Any]] = []
    for at, which, axis in meaning.arrays:
        item = items[which]
        if item._layout.dtype.is_bool:  # of the axes that it covers, seen as one
            covered = shape[axis : axis + item.ndim]
            arrays.append((at, _held_by(item, covered, device, what)))
        else:
            # Of indices that are pending one check serves `x[i] += 1`, which takes x[i] first.
            named = what if item._at else "getitem"
            arrays.append((at, checked(named, item, shape[axis], -shape[axis])))
    return Region(meaning.slices, meaning.shape, arrays, meaning.adjacent, meaning.whole)


def limit(items: tuple[Any, ...], what: str) -> None:
    """Refuse an index of more items than any has, before each is asked what it means."""
    if len(items) > MOST:
        raise IndexBoundsError(f"{what}: an index has at most {MOST} items, not {len(items)}")


def _kind(item: Any) -> Any:
    """What an item of an index is known by: a tensor by its layout."""
    if type(item) is slice:
        return slice, item.start, item.stop, item.step
    return item._layout if isinstance(item, Tensor) else item


@functools.lru_cache(4096)
def _meant(what: str, extents: tuple[int, ...], kinds: tuple[Any, ...]) -> Meaning:
    """What items of these kinds mean for a shape."""
    ndim = len(extents)
    used = sum(map(_axes_used, kinds))
    if used > ndim:
        raise IndexBoundsError(f"{what}: {used} indices for a tensor of {ndim} dimensions")
    dots = [k for k, kind in enumerate(kinds) if kind is Ellipsis]
    if len(dots) > 1:
        raise IndexBoundsError(f"{what}: an index has at most one ellipsis, not {len(dots)}")
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
            start, step, count = _part(what, slice(*kind[1:]), extent)
            slices.append((start, step, count))
            shape.append(count)
        else:
            if not -extent <= kind < extent:
                raise IndexBoundsError(
                    f"{what}: index {kind} is out of range for axis {axis} of {extent} elements"
                )
            slices.append((kind if kind >= 0 else kind + extent, 1, 1))
            if several:
                advanced.append(k)
        axis += 1
    if len(shape) > AXES:
        raise IndexBoundsError(f"{what}: a result has at most {AXES} axes, not {len(shape)}")
    adjacent = not advanced or advanced == list(range(advanced[0], advanced[-1] + 1))
    whole = slices == [(0, 1, n) for n in extents]
    return Meaning(tuple(slices), tuple(shape), tuple(arrays), adjacent, whole)


def _part(what: str, item: slice, extent: int) -> tuple[int, int, int]:
    """Where a slice of an axis starts, its step, and how many elements it has."""
    if Dim not in (type(extent), type(item.start), type(item.stop), type(item.step)):
        try:
            start, stop, step = item.indices(extent)
        except ValueError as error:
            raise NumberError(f"{what}: {item}: {error}") from None
        count = len(range(start, stop, step))
        return (start if count else 0), step, count
    return _open_part(what, item, extent)


def _open_part(what: str, item: slice, extent: int) -> tuple[int, int, int]:
    """The same where a bound or the extent is a `Dim`, of which `slice.indices` makes a number."""
    step = 1 if item.step is None else item.step
    if step == 0:
        raise NumberError(f"{what}: {item}: slice step cannot be zero")
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


def item_of(item: Any, device: Device, what: str = "getitem") -> Any:
    """An item of an index: an array as a tensor, which is made on a device."""
    if item is None or item is Ellipsis or type(item) is int:
        return item
    if type(item) is slice:
        bounds = item.start, item.stop, item.step
        if BOUNDS.issuperset(map(type, bounds)):
            return item
        return slice(*(None if v is None else _as_int(v, what) for v in bounds))
    if isinstance(item, np.timedelta64):  # which NumPy has among its integers
        raise IndexTypeError(f"{what}: {shown(item)} is no index")
    item = from_outside(item)
    if _is_array(item):
        array = read(item)
        own = isinstance(item, np.ndarray) or array.dtype == bool
        listed = array.size == 0 and not own  # as [], which is of floats
        if isinstance(array, np.ndarray):
            if array.dtype.kind in "OSUT":
                raise IndexTypeError(f"{what}: {shown(item)} is no index; its items are no numbers")
            array = from_numpy(array.astype(np.int64) if listed else array, None, device)
        item = array
    if isinstance(item, Tensor):
        if item.dtype.is_bool:
            return item
        if not item.dtype.is_integer:
            raise IndexTypeError(
                f"{what}: indices must be integers or bools, not {item.dtype.name}"
            )
        if item.ndim or (state.window.trace is not None and not item._at):
            return item
        return int(item.item())
    return _as_int(item, what)


def _is_array(item: Any) -> bool:
    """Whether an item is one of NumPy's arrays, or is read as one: not what is an integer, too."""
    if isinstance(item, (list, tuple, range, np.ndarray, bool, np.bool_)):
        return True
    if isinstance(item, (Tensor, Dim)) or not hasattr(item, "__array__"):
        return False
    try:
        operator.index(item)
    except Exception:  # whoever's it is
        return True
    return False


def _as_int(value: Any, what: str) -> int:
    try:
        return value if type(value) is int else dim(from_outside(value))
    except TraceError:
        raise
    except (AttributeError, TypeError):
        raise IndexTypeError(
            f"{what}: {shown(value)} is no index; use integers, slices, ..., None or tensors"
        ) from None


def _axes_used(item: Any) -> int:
    if item is None or item is Ellipsis:
        return 0
    if isinstance(item, Layout) and item.dtype.is_bool:
        return item.ndim
    return 1


def fits(mask: tuple[int, ...], covered: tuple[int, ...]) -> bool:
    """Whether a mask of a shape fits axes: of NumPy's sizes each is the axis's own, or 0, so that
    it holds nowhere.
    """
    if mask == covered:
        return True
    return len(mask) == len(covered) and all(
        n in (0, m) for n, m in zip(mask, covered, strict=True)
    )


def _held_by(mask: Tensor, covered: tuple[int, ...], device: Device, what: str) -> Tensor:
    """Where a mask of axes holds, with these axes as one; on a device."""
    if not fits(mask._layout.shape, covered):
        raise IndexBoundsError(
            f"{what}: a mask of shape {mask._layout.shape} does not fit axes of shape {covered}"
        )
    return places(mask, device)
