"""Tensors with elements at index tuples replaced, or joined with others; and variables likewise."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ngrad.dtypes import int32
from ngrad.errors import DTypeError, ShapeError
from ngrad.ops.assignment import ADD, REPLACE, SUBTRACT, Change, assigned, rows_assigned
from ngrad.ops.bounds import checked
from ngrad.ops.convert import cast_to, unwrap
from ngrad.ops.convert import tensor as convert
from ngrad.ops.extents import dims
from ngrad.ops.extremes import extreme_rows
from ngrad.ops.gather import (
    gather,
    gather_nd,
    linear_index,
    scatter_nd,
    updated_at,
)
from ngrad.ops.joining import concat
from ngrad.ops.shape import reshape
from ngrad.ops.updates import DIVIDE, MAXIMUM, MINIMUM, MULTIPLY
from ngrad.shape import Shape
from ngrad.tensor import Tensor, from_numpy
from ngrad.turns import turn


def tensor_scatter_nd_update(
    tensor: Any, indices: Any, updates: Any, name: str | None = None
) -> Tensor:
    """A tensor with the elements (or slices) at index tuples replaced; of equal tuples the last
    counts.

    Raises
    ------
    ShapeError
        If the shapes do not fit.
    IndexBoundsError
        If an index lies outside its axis.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.tensor_scatter_nd_update([1, 1, 1], [[0], [2]], [5, 7]).numpy()
    array([5, 1, 7], dtype=int32)
    """
    x, where, values = _rows("tensor_scatter_nd_update", tensor, indices, updates)
    return reshape(rows_assigned(x, where, values), _shape(tensor))


def tensor_scatter_nd_add(
    tensor: Any, indices: Any, updates: Any, name: str | None = None
) -> Tensor:
    """A tensor with updates added at index tuples.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.tensor_scatter_nd_add([1, 1], [[0]], [5]).numpy()
    array([6, 1], dtype=int32)
    """
    x, where, values = _rows("tensor_scatter_nd_add", tensor, indices, updates)
    return reshape(rows_assigned(x, where, values, ADD), _shape(tensor))


def tensor_scatter_nd_sub(
    tensor: Any, indices: Any, updates: Any, name: str | None = None
) -> Tensor:
    """A tensor with updates subtracted at index tuples.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.tensor_scatter_nd_sub([1, 1], [[0], [0]], [5, 1]).numpy()
    array([-5,  1], dtype=int32)
    """
    x, where, values = _rows("tensor_scatter_nd_sub", tensor, indices, updates)
    return reshape(rows_assigned(x, where, -values, ADD), _shape(tensor))


def tensor_scatter_nd_max(
    tensor: Any, indices: Any, updates: Any, name: str | None = None
) -> Tensor:
    """The larger of a tensor's elements and of the updates at their index tuples; ties share the
    cotangent evenly.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.tensor_scatter_nd_max([1, 4], [[0], [1]], [3, 2]).numpy()
    array([3, 4], dtype=int32)
    """
    return _extreme("max", tensor, indices, updates)


def tensor_scatter_nd_min(
    tensor: Any, indices: Any, updates: Any, name: str | None = None
) -> Tensor:
    """The lesser of a tensor's elements and of the updates at their index tuples; ties share the
    cotangent evenly.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.tensor_scatter_nd_min([1, 4], [[0], [1]], [3, 2]).numpy()
    array([1, 2], dtype=int32)
    """
    return _extreme("min", tensor, indices, updates)


def _extreme(how: str, tensor: Any, indices: Any, updates: Any) -> Any:
    x, where, values = _rows(f"tensor_scatter_nd_{how}", tensor, indices, updates)
    count = x._layout.shape[0]
    own = from_numpy(np.arange(count), None, x._layout.device)
    found = extreme_rows(how, concat([x, values], 0), concat([own, where], 0), count)
    return reshape(found, _shape(tensor))


def _shape(value: Any) -> Any:
    return convert(value)._layout.shape


def _rows(what: str, tensor: Any, indices: Any, updates: Any) -> tuple[Any, Any, Any]:
    """A tensor as rows, the numbers of those that index tuples name, and a row for each."""
    x, index, values = updated_at(what, tensor, indices, updates)
    shape, places = x._layout.shape, index._layout.shape
    depth = places[-1] if places else -1
    if not 0 <= depth <= len(shape) or values._layout.shape != (*places[:-1], *shape[depth:]):
        raise ShapeError(
            f"{what}: updates of shape {values._layout.shape} do not fit indices of shape {places} "
            f"into {shape}"
        )
    axes, rest = shape[:depth], shape[depth:]
    where = linear_index(what, index, axes)
    count = where._layout.size
    return (
        reshape(x, (math.prod(axes), *rest)),
        reshape(where, (count,)),
        reshape(values, (count, *rest)),
    )


# -- of variables ----------------------------------------------------------------------------------


class IndexedSlices(NamedTuple):
    """Slices along the first axis of a tensor, and which they are: what `Variable.scatter_add` and
    its siblings take. With `dense_shape` it stands for the tensor of that shape that has them, of
    equal indices the sum, and else zeros. Gradients are tensors here.

    Examples
    --------
    >>> import ngrad
    >>> v = ngrad.Variable([1.0, 2.0, 3.0])
    >>> v.scatter_add(ngrad.IndexedSlices([10.0, 5.0], [0, 0])).numpy()
    array([16.,  2.,  3.], dtype=float32)
    """

    values: Any
    indices: Any
    dense_shape: Any = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the slices."""
        dtype: np.dtype[Any] = convert(self.values, "IndexedSlices").dtype
        return dtype

    @property
    def shape(self) -> Any:
        """Of the tensor that has them, if it is known."""
        return None if self.dense_shape is None else Shape(dims(self.dense_shape, "IndexedSlices"))

    def _dense(self) -> Any:
        if self.dense_shape is None:
            raise ShapeError(
                "IndexedSlices: slices alone are no tensor; give dense_shape, the shape of the "
                "tensor that has them"
            )
        indices = convert(self.indices, "IndexedSlices")
        if not indices._layout.size:
            indices = cast_to(indices, int32)  # of an empty list
        places = reshape(indices, (*indices._layout.shape, 1))
        return scatter_nd(places, self.values, self.dense_shape)


unwrap[IndexedSlices] = IndexedSlices._dense


class Scattered:
    """Assignments to elements of a variable, which return it: at index tuples (`scatter_nd_...`),
    or of slices along the first axis. Equal indices add up, or as the name says; of updates the
    last counts. Nothing flows back through an assignment.
    """

    __slots__ = ()
    _tensor: Any
    assign: Callable[[Any], Any]

    def scatter_nd_update(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        return self.assign(tensor_scatter_nd_update(self._tensor, indices, updates))

    def scatter_nd_add(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        return self.assign(tensor_scatter_nd_add(self._tensor, indices, updates))

    def scatter_nd_sub(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        return self.assign(tensor_scatter_nd_sub(self._tensor, indices, updates))

    def scatter_nd_max(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        return self.assign(tensor_scatter_nd_max(self._tensor, indices, updates))

    def scatter_nd_min(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        return self.assign(tensor_scatter_nd_min(self._tensor, indices, updates))

    def scatter_update(self, sparse_delta: Any, use_locking: bool = False, name: Any = None) -> Any:
        return self._sliced("scatter_update", sparse_delta, REPLACE, use_locking)

    def scatter_mul(self, sparse_delta: Any, use_locking: bool = False, name: Any = None) -> Any:
        return self._sliced("scatter_mul", sparse_delta, MULTIPLY, use_locking)

    def scatter_div(self, sparse_delta: Any, use_locking: bool = False, name: Any = None) -> Any:
        return self._sliced("scatter_div", sparse_delta, DIVIDE, use_locking)

    def scatter_add(self, sparse_delta: Any, use_locking: bool = False, name: Any = None) -> Any:
        return self._sliced("scatter_add", sparse_delta, ADD, use_locking)

    def scatter_sub(self, sparse_delta: Any, use_locking: bool = False, name: Any = None) -> Any:
        return self._sliced("scatter_sub", sparse_delta, SUBTRACT, use_locking)

    def scatter_max(self, sparse_delta: Any, use_locking: bool = False, name: Any = None) -> Any:
        return self._sliced("scatter_max", sparse_delta, MAXIMUM, use_locking)

    def scatter_min(self, sparse_delta: Any, use_locking: bool = False, name: Any = None) -> Any:
        return self._sliced("scatter_min", sparse_delta, MINIMUM, use_locking)

    def _sliced(self, what: str, slices: Any, change: Change, use_locking: bool) -> Any:
        if use_locking:
            with turn():
                return self._sliced(what, slices, change, False)
        if not isinstance(slices, IndexedSlices):
            raise DTypeError(
                f"{what}: takes ngrad.IndexedSlices(values, indices), not "
                f"{type(slices).__name__}; scatter_nd_{what.removeprefix('scatter_')} takes indices"
            )
        x, index, values = updated_at(what, self._tensor, slices.indices, slices.values)
        index = checked(what, index, (*x._layout.shape, 0)[0])
        return self.assign(assigned(x, index, values, change))

    def gather_nd(self, indices: Any, name: str | None = None) -> Any:
        return gather_nd(self, indices)

    def sparse_read(self, indices: Any, name: str | None = None) -> Any:
        """The slices along the first axis at indices."""
        return gather(self, indices)
