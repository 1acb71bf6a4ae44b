"""Gathers and scatters. Indices are checked against their bounds before memory is
touched.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ngrad.dtypes import BY_CODE
from ngrad.errors import DTypeError, ShapeError
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.graph.program import OUT, Launch, Program
from ngrad.graph.roles import Role
from ngrad.ops.bounds import checked
from ngrad.ops.convert import cast_to, device_beside, from_outside, tensor, tensors
from ngrad.ops.extents import dims, integers
from ngrad.ops.launching import cleared, dense_operands
from ngrad.ops.shape import (
    BROADCAST,
    broadcast_to,
    move_axis,
    normal_axis,
    reshape,
    reshaped,
    spread,
)
from ngrad.ops.slicing import strided
from ngrad.record import apply
from ngrad.tensor import Tensor, from_numpy
from ngrad_kernels.contract import CHUNK
from ngrad_kernels.product import Prepared
from ngrad_kernels.target import Target

INT64 = BY_CODE["i8"]


# -- gather of rows, and its transpose -------------------------------------------------------------


class Gathered(NamedTuple):
    """Slices along an axis of a tensor, its rows, and the indices of them that a kernel reads.

    Attributes
    ----------
    batches : int
        How many tensors of rows there are: an element of the axes before is one.
    rows, places, width : int
        Of one: its rows, indices into it, and elements a row.
    sharing : int
        How many in a row have the same indices.
    """

    batches: int
    rows: int
    places: int
    width: int
    sharing: int

    @classmethod
    def of(
        cls, shape: tuple[int, ...], index: tuple[int, ...], axis: int, batches: int
    ) -> Gathered:
        """Those of a tensor of a shape: (lead..., middle..., rows, rest...), at indices of one:
        (lead..., places...).
        """
        return cls(
            math.prod(shape[:axis]),
            shape[axis],
            math.prod(index[batches:]),
            math.prod(shape[axis + 1 :]),
            math.prod(shape[batches:axis]),
        )


def _take_infer(x: Layout, index: Layout, axis: int, batches: int) -> Layout:
    return layout(x.dtype, (*x.shape[:axis], *index.shape[batches:], *x.shape[axis + 1 :]))


def _take_prepare(inputs: tuple[Layout, ...], out: Layout, axis: int, batches: int) -> Any:
    x, index = inputs
    if out.size == 0:
        return Program(), out
    read = dense_operands([*enumerate(inputs)])
    launch, held = take_launch(Gathered.of(x.shape, index.shape, axis, batches), out, read.operands)
    return read.then(launch, keep=(held,)), out


def take_launch(at: Gathered, out: Layout, read: tuple[tuple[int, int], ...]) -> tuple[Launch, Any]:
    """The launch that gathers rows of one operand at indices in another, both row-major, and what
    to keep for it.
    """
    target = out.device.target
    facts, held = target.facts([at.rows, at.places, at.width * out.dtype.itemsize, at.sharing])
    work, grain = at.batches * at.places, max(1, CHUNK // at.width)
    return Launch(target.skeleton("take"), facts, work, grain, (*read, (OUT, 0))), held


TAKE = Op("take_rows", _take_infer, _take_prepare, ("axis", "batches"), family="indexing")
"""Rows of (lead..., middle..., rows, rest...), the axis of rows given, at indices (lead...,
places...), `batches` axes of which lead: places are where rows were. Negative ones count from the
end."""
TAKE.fusion = Role("pick")


@TAKE.vjp
def _(g: Any, out: Any, x: Any, index: Any, axis: int, batches: int) -> Any:
    return apply(ADD_ROWS, (g, index), (x._layout.shape[axis], axis, batches)), None


@TAKE.batch
def _(size: int, batched: Any, x: Any, index: Any, axis: int, batches: int) -> Any:
    if batched[0]:
        return beside(TAKE, size, batched, x, index, axis, batches)
    # The same rows for all: one gather at the indices of all, side by side.
    out = apply(TAKE, (x, move_axis(index, 0, batches)), (axis, batches))
    return move_axis(out, axis, 0)


def beside(
    op: Op, size: int, batched: Any, x: Any, index: Any, axis: int, batches: int,
    rows: tuple[Any, ...] = (), before: tuple[Any, ...] = (),
) -> Any:  # fmt: skip
    """An op on rows of a batch: one more axis that leads, unless all have the same indices."""
    if batched[0] and not batched[1] and batches == 0:
        return apply(op, (*before, x, index), (*rows, axis + 1, 0))
    x, index = (z if many else spread(z, size) for z, many in zip((x, index), batched, strict=True))
    return apply(op, (*before, x, index), (*rows, axis + 1, batches + 1))


def _add_rows_infer(g: Layout, index: Layout, rows: int, axis: int, batches: int) -> Layout:
    rest = g.shape[axis + index.ndim - batches :]
    return layout(g.dtype, (*g.shape[:axis], rows, *rest))


def _add_rows_prepare(
    inputs: tuple[Layout, ...], out: Layout, rows: int, axis: int, batches: int
) -> Any:
    return rows_joined("add", (cleared(out),), inputs, 0, out, axis, batches), out


def rows_joined(
    how: str, start: tuple[Launch, ...], inputs: tuple[Layout, ...], which: int, out: Layout,
    axis: int, batches: int, *held: Any,
) -> Program:  # fmt: skip
    """Rows, operand `which`, joined at the indices behind them, to what launches make, or to what
    there is.
    """
    values, index = inputs[which : which + 2]
    if values.size == 0 or out.size == 0:
        return Program(start, keep=held)
    at = Gathered.of(out.shape, index.shape, axis, batches)
    target, name = out.device.target, f"scatter_{how}"
    code = values.dtype.code
    if how == "put":  # whose bytes alone count
        size = min(values.dtype.itemsize, 8)
        code, at = f"u{size}", at._replace(width=at.width * (values.dtype.itemsize // size))
    work = target.libraries.routine(name, code, at)
    if work is None:
        work = in_parts(target.typed(name, code), at, target)
    read = dense_operands([(which, values), (which + 1, index)])
    operands = (*read.operands, (OUT, 0))
    launch = Launch(work.kernel, work.facts, work.n, work.grain, operands)
    return read.then(*start, launch, keep=(*held, work.keep))


def in_parts(kernel: int, at: Gathered, target: Target) -> Prepared:
    """Rows joined by parts of the result, each of which reads all indices."""
    parts, tiles = target.scatter_parts(at.rows, at.places, at.width)
    facts, kept = target.facts([at.rows, at.places, at.width, at.sharing, parts, tiles])
    items, work = at.batches * parts * tiles, at.places * at.width
    grain = 1 if work >= CHUNK else max(1, CHUNK // max(1, work))
    return Prepared(kernel, facts, items, grain, kept)


ADD_ROWS = Op(
    "add_rows", _add_rows_infer, _add_rows_prepare, ("rows", "axis", "batches"),
    family="indexing", widens=True,
)  # fmt: skip
"""The transpose: zeros with `rows` rows, to which those that are given are added in order."""
ADD_ROWS.fusion = Role("spread")
ADD_ROWS.ahead(
    lambda dtype: [] if dtype.is_bool else [((2, 0, 0), ((dtype, (2, 2)), (INT64, (2,))))]
)


@ADD_ROWS.vjp
def _(g: Any, out: Any, added: Any, index: Any, rows: Any, axis: int, batches: int) -> Any:
    return apply(TAKE, (g, index), (axis, batches)), None


@ADD_ROWS.batch
def _(size: int, batched: Any, g: Any, index: Any, rows: Any, axis: int, batches: int) -> Any:
    return beside(ADD_ROWS, size, batched, g, index, axis, batches, (rows,))


def index_tensor(value: Any, what: str) -> Any:
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
) -> Tensor:
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
    x, index = tensors("gather", params, indices)
    index = index_tensor(index, "gather")
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


def gather_rows(x: Any, index: Any, axis: int = 0, batches: int = 0) -> Any:
    """As `gather`, at indices that were checked, of which negative ones count from the end."""
    if index._layout.dtype is not INT64:
        index = cast_to(index, INT64)
    if index._layout.ndim > batches:
        return apply(TAKE, (x, index), (axis, batches))
    # One for each batch is picked from rows: as an axis of one, which can be fused.
    shape = x._layout.shape
    found = apply(TAKE, (x, reshaped(index, (*index._layout.shape, 1))), (axis, batches))
    return reshaped(found, (*shape[:axis], *shape[axis + 1 :]))


def gather_nd(params: Any, indices: Any, batch_dims: int = 0, name: str | None = None) -> Tensor:
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
    x, index = tensors("gather_nd", params, indices)
    index = index_tensor(index, "gather_nd")
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
    rest = shape[batch_dims + depth :]
    rows = reshape(x, (*lead, math.prod(axes), *rest))
    return gather_rows(rows, linear_index("gather_nd", index, axes), batch_dims, batch_dims)


def linear_index(what: str, index: Any, axes: tuple[int, ...]) -> Any:
    """Index tuples (in the last axis) as positions in row-major order, each checked against its
    axis.
    """
    lead = index._layout.shape[:-1]
    total = None
    for k, extent in enumerate(axes):
        column = strided(index, (*((0, 1, n) for n in lead), (k, 1, 1)))
        column = checked(what, column, extent)
        column = reshape(cast_to(column, INT64), lead)
        total = column if total is None else total * extent + column
    if total is None:
        return broadcast_to(tensor(np.int64(0), what, device=index._layout.device), lead)
    return total


def scatter_nd(indices: Any, updates: Any, shape: Any, name: str | None = None) -> Tensor:
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
    index, x = tensors("scatter_nd", indices, updates)
    index = index_tensor(index, "scatter_nd")
    sizes = dims(shape, "scatter_nd")
    index_shape = index._layout.shape
    depth = index_shape[-1] if index_shape else -1
    if not 0 <= depth <= len(sizes) or x._layout.shape != (*index_shape[:-1], *sizes[depth:]):
        raise ShapeError(
            f"scatter_nd: updates of shape {x._layout.shape} do not fit indices of shape "
            f"{index_shape} and {sizes}"
        )
    axes = sizes[:depth]
    where = linear_index("scatter_nd", index, axes)
    return reshape(apply(ADD_ROWS, (x, where), (math.prod(axes), 0, 0)), sizes)


def updated_at(what: str, x: Any, indices: Any, updates: Any) -> tuple[Any, Any, Any]:
    """A tensor, where it is to be updated, and with what, in its dtype: all where the tensors among
    them lie.
    """
    read = [from_outside(value) for value in (x, indices, updates)]
    device = device_beside(*read)
    x, index = (tensor(value, what, None, device) for value in read[:2])
    return x, index_tensor(index, what), cast_to(tensor(read[2], what, x.dtype, device), x.dtype)


def _each(x: Any, at: int, count: int) -> Any:
    """Each slice along an axis so many times."""
    if type(count) is int and count == 1:
        return x
    shape = x._layout.shape
    before, n, after = shape[:at], shape[at], shape[at + 1 :]
    one = reshaped(x, (*before, n, 1, *after))
    wide = apply(BROADCAST, (one,), ((*before, n, count, *after),))
    return reshaped(wide, (*before, n * count, *after))


def repeat(input: Any, repeats: Any, axis: Any = None, name: str | None = None) -> Tensor:
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
    if type(repeats) is int and repeats >= 0:
        return _each(x, at, repeats)
    given = isinstance(repeats, np.ndarray) and repeats.ndim == 1 and repeats.dtype.kind in "iu"
    times = repeats if given else np.array(integers(repeats, "repeat"), np.int64)
    if times.size == 1 and times[0] >= 0:
        return _each(x, at, int(times[0]))
    try:
        places = np.arange(n).repeat(times)
    except ValueError:
        raise ShapeError(
            f"repeat: takes one non-negative count, or one for each of {n} elements"
        ) from None
    where = from_numpy(places, INT64, x._layout.device)
    return gather_rows(x, where, at)
