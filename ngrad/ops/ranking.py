"""The largest elements, places in what is sorted, and the values that there are."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ngrad.devices import HOST
from ngrad.dtypes import as_dtype, int32, int64
from ngrad.errors import DTypeError, NumberError, ShapeError
from ngrad.ops.bounds import checked
from ngrad.ops.comparison import greater, isfinite, less, logical_and
from ngrad.ops.convert import cast_to, operands, tensor, tensors
from ngrad.ops.extents import integers
from ngrad.ops.finding import distinct_there
from ngrad.ops.gather import TAKE, gather_rows
from ngrad.ops.ordering import distinct
from ngrad.ops.reductions import reduce_all, reduce_sum
from ngrad.ops.shape import expand_dims
from ngrad.ops.sorting import ARGSORT, LARGEST, SEARCH, ordered
from ngrad.record import apply
from ngrad.tensor import Tensor, from_numpy


class TopK(NamedTuple):
    """What `top_k` gives."""

    values: Any
    indices: Any


class Unique(NamedTuple):
    """What `unique` gives."""

    y: Any
    idx: Any


class UniqueWithCounts(NamedTuple):
    """What `unique_with_counts` gives."""

    y: Any
    idx: Any
    count: Any


def top_k(
    input: Any, k: Any = 1, sorted: bool = True, index_type: Any = int32, name: str | None = None
) -> TopK:
    """The k largest elements along the last axis, the largest first, and where they stand; of equal
    ones those that come first. NaN is the largest. Cotangents go back to where elements were.

    Raises
    ------
    ShapeError
        If there are fewer than k.

    Examples
    --------
    >>> import ngrad
    >>> values, indices = ngrad.math.top_k([3.0, 1.0, 4.0, 1.0, 5.0], k=2)
    >>> values.numpy(), indices.numpy()
    (array([5., 4.], dtype=float32), array([4, 2], dtype=int32))
    """
    (x,), (count,) = operands("top_k", input), integers(k, "top_k")
    last = x.ndim - 1
    if last < 0 or not 0 <= count <= x._layout.shape[-1]:
        raise ShapeError(f"top_k: no {count} elements along the last axis of {x._layout.shape}")
    where = ordered(LARGEST, x, count)
    return TopK(apply(TAKE, (x, where), (last, last)), cast_to(where, as_dtype(index_type)))


def in_top_k(targets: Any, predictions: Any, k: Any, name: str | None = None) -> Tensor:
    """Whether the prediction of each row's target is among the row's k largest, ties included; not
    if it is not finite.

    Parameters
    ----------
    targets : integer tensor of shape (n,)
    predictions : tensor of shape (n, classes)

    Raises
    ------
    IndexBoundsError
        If a target is no class.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.in_top_k([1, 0], [[0.1, 0.7], [0.2, 0.8]], 1).numpy()
    array([ True, False])
    """
    index, x = tensors("in_top_k", targets, predictions)
    (count,) = integers(k, "in_top_k")
    if x.ndim != 2 or index._layout.shape != x._layout.shape[:1] or not index.dtype.is_integer:
        raise ShapeError(
            f"in_top_k: takes n integers and predictions of shape (n, classes), not "
            f"{index.dtype.name} of shape {index._layout.shape} and shape {x._layout.shape}"
        )
    index = checked("in_top_k", index, x._layout.shape[1], noun="target")
    own = gather_rows(x, index, 1, 1)
    above = reduce_sum(cast_to(greater(x, expand_dims(own, 1)), int64), 1)
    return logical_and(less(above, count), logical_and(isfinite(own), reduce_all(isfinite(x), 1)))


def searchsorted(
    sorted_sequence: Any, values: Any, side: str = "left", out_type: Any = int32,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """How many elements of sorted rows come before each value: less ones, and on the right side
    equal ones too. NaN counts as the greatest.

    Parameters
    ----------
    sorted_sequence : tensor of shape (..., n)
    values : tensor of shape (..., m)
        With the same leading axes.
    side : "left" or "right"

    Examples
    --------
    >>> import ngrad
    >>> ngrad.searchsorted([1.0, 3.0, 5.0], [3.0, 4.0], side="right").numpy()
    array([2, 2], dtype=int32)
    """
    if side not in ("left", "right"):
        raise NumberError(f"searchsorted: side is 'left' or 'right', not {side!r}")
    x, y = operands("searchsorted", sorted_sequence, values)
    if x.ndim < 1 or y.ndim < 1 or x._layout.shape[:-1] != y._layout.shape[:-1]:
        raise ShapeError(
            "searchsorted: takes rows and values with the same leading axes, not shapes "
            f"{x._layout.shape} and {y._layout.shape}"
        )
    return cast_to(apply(SEARCH, (x, y), (side == "right",)), as_dtype(out_type))


def unique(x: Any, out_idx: Any = int32, name: str | None = None) -> Unique:
    """The values of a vector in the order in which they first come, and where each element is among
    them. How many there are is looked up at the call. Cotangents go to the first of each.

    Examples
    --------
    >>> import ngrad
    >>> y, idx = ngrad.unique([2, 1, 2, 5])
    >>> y.numpy(), idx.numpy()
    (array([2, 1, 5], dtype=int32), array([0, 1, 0, 2], dtype=int32))
    """
    y, idx, _ = unique_with_counts(x, out_idx)
    return Unique(y, idx)


def unique_with_counts(x: Any, out_idx: Any = int32, name: str | None = None) -> UniqueWithCounts:
    """As `unique`, and how often each value is there.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.unique_with_counts([2, 1, 2, 5]).count.numpy()
    array([2, 1, 1], dtype=int32)
    """
    x, wanted = tensor(x, "unique"), as_dtype(out_idx)
    if x.ndim != 1:
        raise ShapeError(f"unique: takes a vector, not shape {x._layout.shape}; use ngrad.reshape")
    if not wanted.is_integer:
        raise DTypeError(f"unique: out_idx is an integer dtype, not {wanted.name}")
    # A NaN is no other's equal. Values are found sorted, and those of ours come in order.
    size, device = x._layout.size, x._layout.device
    if size and device is not HOST:
        first, inverse, count = distinct_there(x, equal_nan=False, inverse=True, counts=True)
        come = apply(ARGSORT, (first,), (False,))
        place = apply(ARGSORT, (come,), (False,))
        return UniqueWithCounts(
            gather_rows(x, gather_rows(first, come)),
            cast_to(gather_rows(place, inverse), wanted),
            cast_to(gather_rows(count, come), wanted),
        )
    first, inverse, count = distinct(x.numpy(), equal_nan=False, inverse=True, counts=True)
    # By marks, which takes no sort.
    marks, places = np.zeros(size, bool), np.empty(size, np.int64)
    marks[first] = True
    come = np.flatnonzero(marks)
    places[come] = np.arange(come.size)
    place = places[first]
    count[place] = count.copy()
    return UniqueWithCounts(
        gather_rows(x, from_numpy(come, None, device)),
        from_numpy(place[inverse], wanted, device),
        from_numpy(count, wanted, device),
    )
