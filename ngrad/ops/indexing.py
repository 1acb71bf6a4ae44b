"""Indexing, gathers and scatters. Indices are checked against their bounds before memory is touched."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ngrad.dtypes import BY_CODE
from ngrad.errors import DTypeError, IndexBoundsError, ShapeError
from ngrad.graph.graph import Symbol
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.ops.convert import cast_to, from_outside, tensor
from ngrad.ops.launching import dense
from ngrad.ops.shape import (
    broadcast_to,
    expand_dims,
    integers,
    normal_axis,
    reshape,
    strided,
    transpose,
)
from ngrad.record import apply
from ngrad.tensor import Tensor, allocate, empty, from_numpy
from ngrad_kernels import cpu

INT64 = BY_CODE["i8"]


def check_bounds(what: str, index: Any, bound: int, lowest: int = 0, noun: str = "index") -> None:
    """Find out-of-range indices before anything reads memory by them.

    Raises
    ------
    IndexBoundsError
        Naming the op, the first index that is out, and the bound.
    """
    if isinstance(index, Symbol) or index.size == 0:
        return  # a symbol's tensor was checked when the forward op ran
    wide = dense(index._layout)(cast_to(index, INT64))
    found = np.empty(2, np.int64)
    kernel = cpu.skeleton("bounds")
    cpu.run(kernel, 0, wide.size, wide._address, found.ctypes.data, 0, 0)
    least, greatest = int(found[0]), int(found[1])
    if least < lowest or greatest >= bound:
        wrong = least if least < lowest else greatest
        raise IndexBoundsError(f"{what}: {noun} {wrong} is out of range [{lowest}, {bound})")


# -- gather of rows, and its transpose -------------------------------------------------------------------------


def _take_infer(x: Layout, index: Layout) -> Layout:
    """x: (batch, rows, width...); index: (batch or 1, count)."""
    return layout(x.dtype, (x.shape[0], index.shape[1], *x.shape[2:]))


def _take_prepare(inputs: tuple[Layout, ...], out: Layout) -> Any:
    x, index = inputs
    if out.size == 0:
        return lambda x, index: empty(out), out
    rows, count = x.shape[1], index.shape[1]
    size = math.prod(x.shape[2:]) * x.dtype.itemsize
    facts = np.array([rows, count, size, int(index.shape[0] == x.shape[0])], np.int64)
    where, items = facts.ctypes.data, x.shape[0] * count
    grain = max(1, cpu.CHUNK // max(1, size // x.dtype.itemsize))
    kernel, dense_x, dense_index = cpu.skeleton("take"), dense(x), dense(index)

    def run(x: Tensor, index: Tensor, keep: Any = facts) -> Tensor:
        x, index = dense_x(x), dense_index(index)
        buffer = allocate(out)
        cpu.launch(kernel, where, items, grain, (x._address, index._address, buffer.address))
        return Tensor(buffer, buffer.address, out)

    return run, out


TAKE = Op("take_rows", _take_infer, _take_prepare, family="indexing")


@TAKE.vjp
def _(g: Any, out: Any, x: Any, index: Any) -> Any:
    return apply(ADD_ROWS, (g, index), (x._layout.shape[1],)), None


def _add_rows_infer(g: Layout, index: Layout, rows: int) -> Layout:
    return layout(g.dtype, (g.shape[0], rows, *g.shape[2:]))


def _add_rows_prepare(inputs: tuple[Layout, ...], out: Layout, rows: int) -> Any:
    g, index = inputs
    batch, count = g.shape[0], index.shape[1]
    width = math.prod(g.shape[2:])
    tiles = max(1, min(cpu.get_threads(), width // 64))
    parts = max(1, min(cpu.get_threads() // tiles, rows // 1024)) if count >= cpu.CHUNK else 1
    facts = np.array(
        [rows, count, width, int(index.shape[0] == batch), parts, tiles], np.int64
    )
    where, items = facts.ctypes.data, batch * parts * tiles
    grain = 1 if count * width >= cpu.CHUNK else max(1, cpu.CHUNK // max(1, count * width))
    kernel, fill = cpu.scatter_add(g.dtype.code), cpu.skeleton("fill")
    itemsize = np.array([g.dtype.itemsize, 0], np.int64)  # the size, and a zero to fill with
    dense_g, dense_index = dense(g), dense(index)

    def run(g: Tensor, index: Tensor, keep: Any = (facts, itemsize)) -> Tensor:
        g, index = dense_g(g), dense_index(index)
        buffer = allocate(out)
        zero = itemsize.ctypes.data
        cpu.launch(fill, zero, out.size, cpu.CHUNK, (zero + 8, buffer.address))
        if g.size:
            cpu.launch(kernel, where, items, grain, (g._address, index._address, buffer.address))
        return Tensor(buffer, buffer.address, out)

    return run, out


ADD_ROWS = Op("add_rows", _add_rows_infer, _add_rows_prepare, ("rows",), family="indexing")


@ADD_ROWS.vjp
def _(g: Any, out: Any, rows_added: Any, index: Any, rows: Any) -> Any:
    return apply(TAKE, (g, index)), None


def _index_tensor(value: Any, what: str) -> Any:
    index = tensor(value, what)
    if not index.dtype.is_integer:
        raise DTypeError(f"{what}: indices must be integers, not {index.dtype.name}")
    return index


def gather(params: Any, indices: Any, validate_indices: Any = None, axis: Any = None, batch_dims: int = 0, name: str | None = None) -> Any:
    """Slices of `params` along an axis, at indices of any shape.

    Parameters
    ----------
    params : tensor
    indices : integer tensor
    axis : int, optional
        The axis that the indices point into; `batch_dims` if not given.
    batch_dims : int
        How many leading axes params and indices share.

    Raises
    ------
    IndexBoundsError
        If an index lies outside [0, extent of the axis).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.gather([10, 20, 30], [2, 0]).numpy()
    array([30, 10], dtype=int32)
    """
    x, index = tensor(params, "gather"), _index_tensor(indices, "gather")
    batches = batch_dims + index.ndim if batch_dims < 0 else batch_dims
    at = normal_axis(batches if axis is None else axis, x.ndim, "gather")
    shape, index_shape = x._layout.shape, index._layout.shape
    if not 0 <= batches <= min(at, index.ndim) or shape[:batches] != index_shape[:batches]:
        raise ShapeError(
            f"gather: shapes {shape} and {index_shape} do not share {batch_dims} batch axes before axis {at}"
        )
    check_bounds("gather", index, shape[at])
    return _gather_rows(x, index, at, batches)


def _gather_rows(x: Any, index: Any, at: int, batches: int) -> Any:
    shape, index_shape = x._layout.shape, index._layout.shape
    lead, middle, rest = shape[:batches], shape[batches:at], shape[at + 1 :]
    batch, inner = math.prod(lead), math.prod(middle)
    # (batch * middle, rows, rest): each batch has its indices, repeated over the axes between.
    flat = reshape(index, (batch, 1, -1) if index.size else (batch, 1, math.prod(index_shape[batches:])))
    count = flat._layout.shape[2]
    if batches:
        flat = reshape(broadcast_to(flat, (batch, inner, count)), (batch * inner, count))
    else:
        flat = reshape(flat, (1, count))
    rows = reshape(x, (batch * inner, shape[at], *rest))
    out = apply(TAKE, (rows, cast_to(flat, INT64)))
    return reshape(out, (*lead, *middle, *index_shape[batches:], *rest))


def gather_nd(params: Any, indices: Any, batch_dims: int = 0, name: str | None = None) -> Any:
    """Slices of `params` at index tuples: the last axis of `indices` holds one index for each leading axis.

    Raises
    ------
    IndexBoundsError
        If an index lies outside its axis.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.gather_nd([[1, 2], [3, 4]], [[0, 1], [1, 0]]).numpy()
    array([2, 3], dtype=int32)
    """
    x, index = tensor(params, "gather_nd"), _index_tensor(indices, "gather_nd")
    shape, index_shape = x._layout.shape, index._layout.shape
    depth = index_shape[-1] if index_shape else -1
    if (
        not 0 <= depth <= len(shape) - batch_dims
        or not 0 <= batch_dims < len(index_shape)
        or shape[:batch_dims] != index_shape[:batch_dims]
    ):
        raise ShapeError(f"gather_nd: indices of shape {index_shape} do not fit params of shape {shape}")
    lead, axes = shape[:batch_dims], shape[batch_dims : batch_dims + depth]
    rest, places = shape[batch_dims + depth :], index_shape[batch_dims:-1]
    batch = math.prod(lead)
    rows = reshape(x, (batch, math.prod(axes), *rest))
    where = _linear_index("gather_nd", index, axes)
    out = apply(TAKE, (rows, reshape(where, (batch, math.prod(places)))))
    return reshape(out, (*lead, *places, *rest))


def _linear_index(what: str, index: Any, axes: tuple[int, ...]) -> Any:
    """Index tuples (in the last axis) as positions in row-major order, each checked against its axis."""
    wide = cast_to(index, INT64)
    lead = wide._layout.shape[:-1]
    total = broadcast_to(tensor(np.int64(0)), lead)
    for k, extent in enumerate(axes):
        column = strided(wide, (*((0, 1, n) for n in lead), (k, 1, 1)))
        check_bounds(what, column, extent)
        total = total * extent + reshape(column, lead)
    return total


def scatter_nd(indices: Any, updates: Any, shape: Any, name: str | None = None) -> Any:
    """Zeros of a shape with updates added at index tuples, in order, so that equal tuples sum.

    Raises
    ------
    IndexBoundsError
        If an index lies outside its axis.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.scatter_nd([[0], [2], [0]], [1, 2, 3], [3]).numpy()
    array([4, 0, 2], dtype=int32)
    """
    index, x = _index_tensor(indices, "scatter_nd"), tensor(updates, "scatter_nd")
    sizes = integers(shape, "scatter_nd")
    index_shape = index._layout.shape
    depth = index_shape[-1] if index_shape else -1
    if not 0 <= depth <= len(sizes) or x._layout.shape != (*index_shape[:-1], *sizes[depth:]):
        raise ShapeError(
            f"scatter_nd: updates of shape {x._layout.shape} do not fit indices of shape {index_shape} and {sizes}"
        )
    axes, rest = sizes[:depth], sizes[depth:]
    count = math.prod(index_shape[:-1])
    where = reshape(_linear_index("scatter_nd", index, axes), (1, count))
    out = apply(ADD_ROWS, (reshape(x, (1, count, *rest)), where), (math.prod(axes),))
    return reshape(out, sizes)


def tensor_scatter_nd_add(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> Any:
    """A tensor with updates added at index tuples.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.tensor_scatter_nd_add([1, 1], [[0]], [5]).numpy()
    array([6, 1], dtype=int32)
    """
    from ngrad.ops.convert import tensor as convert

    x = convert(tensor, "tensor_scatter_nd_add")
    return x + scatter_nd(indices, cast_to(convert(updates), x.dtype), x._layout.shape)


def repeat(input: Any, repeats: Any, axis: Any = None, name: str | None = None) -> Any:
    """Repeat each element along an axis (of the flattened tensor if None), as many times as `repeats` says.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.repeat([1, 2], [2, 1]).numpy()
    array([1, 1, 2], dtype=int32)
    """
    x = tensor(input, "repeat")
    if axis is None:
        x, axis = reshape(x, (-1,) if x.size else (0,)), 0
    at = normal_axis(axis, x.ndim, "repeat")
    n = x._layout.shape[at]
    times = np.asarray(integers(repeats, "repeat"))
    if times.size not in (1, n) or (times.size and times.min() < 0):
        raise ShapeError(f"repeat: takes one non-negative count, or one for each of {n} elements")
    if times.size == 1:
        k = int(times[0])
        shape = x._layout.shape
        spread = broadcast_to(expand_dims(x, at + 1), (*shape[: at + 1], k, *shape[at + 1 :]))
        return reshape(spread, (*shape[:at], n * k, *shape[at + 1 :]))
    return _gather_rows(x, from_numpy(np.repeat(np.arange(n), times)), at, 0)


# -- boolean masks: the shape of the result depends on values, so they are evaluated at the call --------------------


def where_true(condition: Any) -> Any:
    """The index tuples at which a condition holds, in row-major order: (count, ndim), int64."""
    x = tensor(condition, "where")
    return from_numpy(np.argwhere(x._view()), INT64)


def boolean_mask(tensor: Any, mask: Any, axis: Any = None, name: str = "boolean_mask") -> Any:
    """The elements (or slices) at which a mask holds, in order.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.boolean_mask([1, 2, 3], [True, False, True]).numpy()
    array([1, 3], dtype=int32)
    """
    from ngrad.ops.convert import tensor as convert

    x, holds = convert(tensor, "boolean_mask"), convert(mask, "boolean_mask")
    at = 0 if axis is None else normal_axis(axis, x.ndim, "boolean_mask")
    if not holds.dtype.is_bool:
        raise DTypeError(f"boolean_mask: the mask must be bool, not {holds.dtype.name}")
    shape = x._layout.shape
    if holds.ndim == 0 or holds._layout.shape != shape[at : at + holds.ndim]:
        raise ShapeError(f"boolean_mask: a mask of shape {holds._layout.shape} does not fit {shape} at axis {at}")
    flat = reshape(x, (*shape[:at], holds.size, *shape[at + holds.ndim :]))
    return _gather_rows(flat, from_numpy(np.flatnonzero(holds._view())), at, 0)


# -- x[...] ----------------------------------------------------------------------------------------------------


def getitem(x: Any, index: Any) -> Any:
    """x[index]: integers, slices, ellipsis, newaxis, integer arrays and boolean masks, as in NumPy.

    Raises
    ------
    IndexBoundsError, ShapeError, DTypeError
        For an index out of range, too many indices, or something that is no index.
    """
    items = list(index) if isinstance(index, tuple) else [index]
    items = [_item(item) for item in items]
    used = sum(_axes_used(item) for item in items)
    if used > x.ndim:
        raise IndexBoundsError(f"getitem: {used} indices for a tensor of {x.ndim} dimensions")
    dots = [k for k, item in enumerate(items) if item is Ellipsis]
    if len(dots) > 1:
        raise IndexBoundsError("getitem: an index has at most one ellipsis")
    filler = [slice(None)] * (x.ndim - used)
    at = dots[0] if dots else len(items)
    items = [*items[:at], *filler, *items[at + len(dots) :]]

    slices: list[tuple[int, int, int]] = []
    shape: list[int] = []
    arrays: list[tuple[int, Any]] = []  # position in the basic result, index tensor
    advanced: list[int] = []  # positions among items, to know whether they are adjacent
    axis = 0
    for position, item in enumerate(items):
        if item is None:
            shape.append(1)
            continue
        if isinstance(item, Tensor):
            advanced.append(position)
            for part in _mask_indices(item, x._layout.shape, axis):
                extent = x._layout.shape[axis]
                check_bounds("getitem", part, extent, -extent)
                arrays.append((len(shape), part))
                slices.append((0, 1, extent))
                shape.append(extent)
                axis += 1
            continue
        extent = x._layout.shape[axis]
        if isinstance(item, slice):
            try:
                start, stop, step = item.indices(extent)
            except (TypeError, ValueError) as error:
                raise IndexBoundsError(f"getitem: {item}: {error}") from None
            count = len(range(start, stop, step))
            slices.append((start if count else 0, step, count))
            shape.append(count)
        else:
            if not -extent <= item < extent:
                raise IndexBoundsError(f"getitem: index {item} is out of range for axis {axis} of {extent} elements")
            slices.append((item % extent, 1, 1))
            if arrays or any(isinstance(other, Tensor) for other in items):
                advanced.append(position)
        axis += 1
    whole = tuple((0, 1, n) for n in x._layout.shape)
    out = x if tuple(slices) == whole else strided(x, tuple(slices))
    out = reshape(out, tuple(shape))
    if not arrays:
        return out
    adjacent = advanced == list(range(advanced[0], advanced[-1] + 1))
    return _advanced(out, arrays, adjacent)


def _item(item: Any) -> Any:
    item = from_outside(item)
    if item is None or item is Ellipsis:
        return item
    if isinstance(item, slice):
        return slice(*(None if v is None else _as_int(v) for v in (item.start, item.stop, item.step)))
    if isinstance(item, (list, np.ndarray)) or isinstance(item, (bool, np.bool_)):
        array = np.asarray(item)
        item = from_numpy(array.astype(np.int64) if array.size == 0 else array)
    if isinstance(item, Tensor):
        if item.dtype.is_bool:
            return item
        if not item.dtype.is_integer:
            raise DTypeError(f"getitem: indices must be integers or bools, not {item.dtype.name}")
        return int(item.item()) if item.ndim == 0 else item
    return _as_int(item)


def _as_int(value: Any) -> int:
    try:
        return int(from_outside(value).__index__())
    except (AttributeError, TypeError):
        raise DTypeError(f"getitem: {value!r} is no index; use integers, slices, ..., None or tensors") from None


def _axes_used(item: Any) -> int:
    if item is None or item is Ellipsis:
        return 0
    if isinstance(item, Tensor) and item.dtype.is_bool:
        return item.ndim
    return 1


def _mask_indices(item: Tensor, shape: tuple[int, ...], axis: int) -> list[Any]:
    """The integer indices that a mask means; an integer index is itself."""
    if not item.dtype.is_bool:
        return [item]
    covered = shape[axis : axis + item.ndim]
    if item._layout.shape != covered:
        raise IndexBoundsError(f"getitem: a mask of shape {item._layout.shape} does not fit axes of shape {covered}")
    return [from_numpy(part, INT64) for part in np.nonzero(item._view())]


def _advanced(x: Any, arrays: list[tuple[int, Any]], adjacent: bool) -> Any:
    """Several index arrays, broadcast together, as one gather over the axes that they point into."""
    axes = [at for at, _ in arrays]
    shape = x._layout.shape
    rest = [k for k in range(x.ndim) if k not in axes]
    try:
        common = np.broadcast_shapes(*(part._layout.shape for _, part in arrays))
    except ValueError:
        shapes = " and ".join(str(part._layout.shape) for _, part in arrays)
        raise IndexBoundsError(f"getitem: index arrays of shapes {shapes} do not broadcast") from None
    where: Any = None
    for at, part in arrays:
        wide = cast_to(part, INT64)
        # Negative indices count from the end: of their own axis, so before the axes are merged.
        wide = wide if len(arrays) == 1 else wide + cast_to(wide < 0, INT64) * shape[at]
        where = wide if where is None else where * shape[at] + wide
    where = broadcast_to(where, tuple(common))
    moved = transpose(x, (*axes, *rest)) if axes != list(range(len(axes))) else x
    flat = reshape(moved, (math.prod(shape[k] for k in axes), *(shape[k] for k in rest)))
    out = _gather_rows(flat, where, 0, 0)
    if adjacent and axes[0]:  # the gathered axes stay where the indices stood
        before, count = axes[0], len(common)
        order = [*range(count, count + before), *range(count), *range(count + before, out.ndim)]
        out = transpose(out, order)
    return out
