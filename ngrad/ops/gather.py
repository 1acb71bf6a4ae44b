"""Gathers and scatters. Indices are checked against their bounds before memory is
touched.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ngrad.dtypes import BY_CODE
from ngrad.errors import DTypeError, ShapeError
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.graph.program import OUT, Launch, Program
from ngrad.graph.roles import Role
from ngrad.ops.bounds import checked
from ngrad.ops.convert import cast_to, tensor
from ngrad.ops.extents import dims, integers
from ngrad.ops.launching import dense_operands
from ngrad.ops.shape import (
    broadcast_to,
    expand_dims,
    normal_axis,
    reshape,
    spread,
    strided,
    transpose,
)
from ngrad.record import apply
from ngrad.tensor import from_numpy
from ngrad_kernels.contract import CHUNK

INT64 = BY_CODE["i8"]


# -- gather of rows, and its transpose -------------------------------------------------------------


def _take_infer(x: Layout, index: Layout) -> Layout:
    """x: (batch, rows, width...); index: (batch or 1, count)."""
    return layout(x.dtype, (x.shape[0], index.shape[1], *x.shape[2:]))


def _take_prepare(inputs: tuple[Layout, ...], out: Layout) -> Any:
    x, index = inputs
    if out.size == 0:
        return Program(), out
    rows, count = x.shape[1], index.shape[1]
    size = math.prod(x.shape[2:]) * x.dtype.itemsize
    target = out.device.target
    facts, held = target.facts([rows, count, size, int(index.shape[0] == x.shape[0])])
    grain = max(1, CHUNK // max(1, size // x.dtype.itemsize))
    read = dense_operands([*enumerate(inputs)])
    operands = (*read.operands, (OUT, 0))
    launch = Launch(target.skeleton("take"), facts, x.shape[0] * count, grain, operands)
    return read.then(launch, keep=(held,)), out


TAKE = Op("take_rows", _take_infer, _take_prepare, family="indexing")
TAKE.fusion = Role("pick")


@TAKE.vjp
def _(g: Any, out: Any, x: Any, index: Any) -> Any:
    return apply(ADD_ROWS, (g, index), (x._layout.shape[1],)), None


@TAKE.batch
def _(size: int, batched: Any, x: Any, index: Any) -> Any:
    if batched[0]:
        return _merged(TAKE, size, batched, x, index)
    # The same rows for all: one gather at the indices of all, side by side.
    (lead, *rest), (many, repeats, count) = x._layout.shape, index._layout.shape
    side = reshape(transpose(index, (1, 0, 2)), (repeats, many * count))
    out = reshape(apply(TAKE, (x, side)), (lead, many, count, *rest[1:]))
    return transpose(out, (1, 0, *range(2, out.ndim)))


def _merged(op: Op, size: int, batched: Any, x: Any, index: Any, *params: Any) -> Any:
    """An op on rows, over a batch of batches as over one."""
    x, many = x if batched[0] else spread(x, size), batched[1]
    lead, rest = x._layout.shape[1], x._layout.shape[2:]
    if many or index._layout.shape[0] == lead != 1:
        each = index if many else spread(index, size)
        count = index._layout.shape[-1]
        index = reshape(broadcast_to(each, (size, lead, count)), (size * lead, count))
    out = apply(op, (reshape(x, (size * lead, *rest)), index), params)
    return reshape(out, (size, lead, *out._layout.shape[1:]))


def _add_rows_infer(g: Layout, index: Layout, rows: int) -> Layout:
    return layout(g.dtype, (g.shape[0], rows, *g.shape[2:]))


def _add_rows_prepare(inputs: tuple[Layout, ...], out: Layout, rows: int) -> Any:
    g, index = inputs
    batch, count = g.shape[0], index.shape[1]
    width = math.prod(g.shape[2:])
    target = out.device.target
    parts, tiles = target.scatter_parts(rows, count, width)
    facts, held = target.facts([rows, count, width, int(index.shape[0] == batch), parts, tiles])
    items = batch * parts * tiles
    grain = 1 if count * width >= CHUNK else max(1, CHUNK // max(1, count * width))
    clear = Launch(target.skeleton("clear"), 0, -(-out.nbytes // 8), CHUNK, ((OUT, 0),))
    if g.size == 0:
        return Program((clear,)), out
    read = dense_operands([*enumerate(inputs)])
    operands = (*read.operands, (OUT, 0))
    launch = Launch(target.typed("scatter_add", g.dtype.code), facts, items, grain, operands)
    return read.then(clear, launch, keep=(held,)), out


ADD_ROWS = Op(
    "add_rows", _add_rows_infer, _add_rows_prepare, ("rows",), family="indexing", widens=True
)
ADD_ROWS.fusion = Role("spread")


@ADD_ROWS.vjp
def _(g: Any, out: Any, rows_added: Any, index: Any, rows: Any) -> Any:
    return apply(TAKE, (g, index)), None


@ADD_ROWS.batch
def _(size: int, batched: Any, g: Any, index: Any, rows: Any) -> Any:
    return _merged(ADD_ROWS, size, batched, g, index, rows)


def _index_tensor(value: Any, what: str) -> Any:
    index = tensor(value, what)
    if not index.dtype.is_integer:
        raise DTypeError(f"{what}: indices must be integers, not {index.dtype.name}")
    return index


def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    axis: Any = None,
    batch_dims: int = 0,
    name: str | None = None,
) -> Any:
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
            f"gather: shapes {shape} and {index_shape} do not share {batch_dims} batch axes "
            f"before axis {at}"
        )
    index = checked("gather", index, shape[at])
    return gather_rows(x, index, at, batches)


def gather_rows(x: Any, index: Any, at: int, batches: int) -> Any:
    shape, index_shape = x._layout.shape, index._layout.shape
    lead, middle, rest = shape[:batches], shape[batches:at], shape[at + 1 :]
    batch, inner, count = math.prod(lead), math.prod(middle), math.prod(index_shape[batches:])
    flat = cast_to(index, INT64)
    if batches and middle:
        # (batch * middle, rows, rest): each batch has its indices, repeated over the axes between.
        each = broadcast_to(reshape(flat, (batch, 1, count)), (batch, inner, count))
        flat = reshape(each, (batch * inner, count))
    else:
        flat = reshape(flat, (batch, count))
    out = apply(TAKE, (reshape(x, (batch * inner, shape[at], *rest)), flat))
    return reshape(out, (*lead, *middle, *index_shape[batches:], *rest))


def gather_nd(params: Any, indices: Any, batch_dims: int = 0, name: str | None = None) -> Any:
    """Slices of `params` at index tuples: the last axis of `indices` holds one index for each
    leading axis.

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
        raise ShapeError(
            f"gather_nd: indices of shape {index_shape} do not fit params of shape {shape}"
        )
    lead, axes = shape[:batch_dims], shape[batch_dims : batch_dims + depth]
    rest, places = shape[batch_dims + depth :], index_shape[batch_dims:-1]
    batch = math.prod(lead)
    rows = reshape(x, (batch, math.prod(axes), *rest))
    where = _linear_index("gather_nd", index, axes)
    out = apply(TAKE, (rows, reshape(where, (batch, math.prod(places)))))
    return reshape(out, (*lead, *places, *rest))


def _linear_index(what: str, index: Any, axes: tuple[int, ...]) -> Any:
    """Index tuples (in the last axis) as positions in row-major order, each checked against its
    axis.
    """
    lead = index._layout.shape[:-1]
    total = broadcast_to(tensor(np.int64(0)), lead)
    for k, extent in enumerate(axes):
        column = strided(index, (*((0, 1, n) for n in lead), (k, 1, 1)))
        column = checked(what, column, extent)
        total = total * extent + reshape(cast_to(column, INT64), lead)
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
    sizes = dims(shape, "scatter_nd")
    index_shape = index._layout.shape
    depth = index_shape[-1] if index_shape else -1
    if not 0 <= depth <= len(sizes) or x._layout.shape != (*index_shape[:-1], *sizes[depth:]):
        raise ShapeError(
            f"scatter_nd: updates of shape {x._layout.shape} do not fit indices of shape "
            f"{index_shape} and {sizes}"
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
    """Repeat each element along an axis (of the flattened tensor if None), as many times as
    `repeats` says.

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
    return gather_rows(x, from_numpy(np.repeat(np.arange(n), times)), at, 0)
