"""Tensors with elements at index tuples replaced, or joined with others; and variables likewise."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ngrad.errors import ShapeError
from ngrad.ops.assignment import assigned
from ngrad.ops.convert import cast_to
from ngrad.ops.convert import tensor as convert
from ngrad.ops.gather import index_tensor, linear_index, tensor_scatter_nd_add
from ngrad.ops.joining import concat
from ngrad.ops.segments import extreme_rows
from ngrad.ops.shape import reshape
from ngrad.tensor import from_numpy


def tensor_scatter_nd_update(
    tensor: Any, indices: Any, updates: Any, name: str | None = None
) -> Any:
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
    return reshape(assigned(x, where, values), _shape(tensor))


def tensor_scatter_nd_sub(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> Any:
    """A tensor with updates subtracted at index tuples.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.tensor_scatter_nd_sub([1, 1], [[0], [0]], [5, 1]).numpy()
    array([-5,  1], dtype=int32)
    """
    x = convert(tensor, "tensor_scatter_nd_sub")
    y = cast_to(convert(updates, "tensor_scatter_nd_sub", x.dtype), x.dtype)
    return tensor_scatter_nd_add(x, indices, -y)


def tensor_scatter_nd_max(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> Any:
    """The larger of a tensor's elements and of the updates at their index tuples; ties share the
    cotangent evenly.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.tensor_scatter_nd_max([1, 4], [[0], [1]], [3, 2]).numpy()
    array([3, 4], dtype=int32)
    """
    return _extreme("max", tensor, indices, updates)


def tensor_scatter_nd_min(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> Any:
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
    x, index = convert(tensor, what), index_tensor(indices, what)
    values = cast_to(convert(updates, what, x.dtype), x.dtype)
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
