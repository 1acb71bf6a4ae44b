"""Masks of lengths, and counts of integers."""

from __future__ import annotations

import math
from typing import Any

from ngrad.dtypes import as_dtype, bool_, int32, int64
from ngrad.errors import AxisError, DTypeError, NumberError, ShapeError
from ngrad.ops.bounds import checked, range_of
from ngrad.ops.comparison import greater, less
from ngrad.ops.convert import cast_to, tensor, tensors
from ngrad.ops.creation import RANGE, ones_like
from ngrad.ops.elementwise import select
from ngrad.ops.extents import dims, integers, made
from ngrad.ops.gather import scatter_nd
from ngrad.ops.joining import stack
from ngrad.ops.reductions import reduce_max
from ngrad.ops.segments import unsorted_segment_sum
from ngrad.ops.shape import broadcast_to, expand_dims, reshape, squeeze
from ngrad.tensor import Tensor


def sequence_mask(
    lengths: Any, maxlen: Any = None, dtype: Any = bool_, name: str | None = None
) -> Tensor:
    """For each length a row that is true up to it, not included.

    Parameters
    ----------
    lengths : integer tensor of any shape
    maxlen : int, optional
        Elements of a row; the greatest length, which is looked up at the call, if not given.
    dtype : dtype

    Examples
    --------
    >>> import ngrad
    >>> ngrad.sequence_mask([1, 3], 3, dtype=ngrad.int32).numpy()
    array([[1, 0, 0],
           [1, 1, 1]], dtype=int32)
    """
    x = tensor(lengths, "sequence_mask")
    if not x.dtype.is_integer:
        raise DTypeError(f"sequence_mask: lengths must be integers, not {x.dtype.name}")
    if maxlen is None:
        maxlen = max(int(reduce_max(x)), 0) if x._layout.size else 0
    (count,) = dims(maxlen, "sequence_mask")
    steps = made(RANGE, 0, 1, count, int64, device=x._layout.device)
    return cast_to(less(steps, expand_dims(cast_to(x, int64), -1)), as_dtype(dtype))


def bincount(
    arr: Any, weights: Any = None, minlength: Any = None, maxlength: Any = None,
    dtype: Any = int32, name: str | None = None, axis: Any = None, binary_output: bool = False,
) -> Tensor:  # fmt: skip
    """How often each of the numbers 0, 1, ... is among integers; or the sum of its weights, in
    which there are derivatives.

    Parameters
    ----------
    weights : tensor of the shape of arr, optional
    minlength, maxlength : int, optional
        How many numbers are counted at least and at most; otherwise up to the greatest, which is
        looked up at the call.
    dtype : dtype
        Of counts; sums are of the weights' own.
    axis : {None, 0, -1}
        -1 for the counts of each row of a matrix, up to the greatest number in all; else those of
        all integers.
    binary_output : bool
        Give 1 for a number that is there, however often; not with weights.

    Raises
    ------
    NumberError
        If an integer is negative, or for both weights and binary_output.
    AxisError
        If axis is another.
    ShapeError
        If weights are not of arr's shape, or for axis -1 if there are more than two.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.bincount([1, 1, 3]).numpy()
    array([0, 2, 0, 1], dtype=int32)
    >>> ngrad.math.bincount([[1, 1], [0, 2]], axis=-1).numpy()
    array([[0, 2, 0],
           [1, 0, 1]], dtype=int32)
    """
    x = tensor(arr, "bincount")
    if not x.dtype.is_integer:
        raise DTypeError(f"bincount: takes integers, not {x.dtype.name}")
    if axis not in (None, 0, -1):
        raise AxisError(f"bincount: counts along axis None, 0 or -1, not {axis}")
    if axis == -1 and x.ndim > 2:
        raise ShapeError(
            f"bincount: counts along axis -1 of vectors and matrices, not of shape "
            f"{x._layout.shape}; reshape to (-1, {x._layout.shape[-1]})"
        )
    if binary_output and weights is not None:
        raise NumberError("bincount: takes weights or binary_output, not both")
    wanted = as_dtype(dtype)
    if weights is None:  # a count that is only looked at must not wrap to 0
        values = ones_like(x, int64 if binary_output else wanted)
    else:
        values = tensor(weights, "bincount", None, x._layout.device)
    if values._layout.shape != x._layout.shape:
        raise ShapeError(
            f"bincount: weights of shape {values._layout.shape} for integers of shape "
            f"{x._layout.shape}"
        )
    shape, size = x._layout.shape, x._layout.size
    lead = shape[:-1] if axis == -1 else ()
    x = reshape(x, (size,))
    least, greatest = range_of(x) if x.size else (0, -1)
    if least < 0:
        raise NumberError(f"bincount: takes no negative integers, and there is {least}")
    count = greatest + 1
    if minlength is not None:
        count = max(count, *integers(minlength, "bincount"))
    if maxlength is not None:
        count = min(count, *integers(maxlength, "bincount"))
    ids, rows = cast_to(x, int64), math.prod(lead)
    if lead:  # each row has bins of its own
        first = made(RANGE, 0, count, rows, int64, device=x._layout.device)
        ids = ids + reshape(broadcast_to(expand_dims(first, -1), shape), (size,))
    if count <= greatest:  # what is beyond is left out
        ids = select(less(x, count), ids, -1)
    found = unsorted_segment_sum(reshape(values, (size,)), ids, rows * count)
    if binary_output:
        found = cast_to(greater(found, 0), wanted)
    return reshape(found, (*lead, count))


def confusion_matrix(
    labels: Any, predictions: Any, num_classes: Any = None, weights: Any = None,
    dtype: Any = int32, name: str | None = None,
) -> Tensor:  # fmt: skip
    """How often each class (a row) was predicted to be each class (a column); or sums of weights.

    Parameters
    ----------
    labels, predictions : integer tensors of shape (n,)
        Or one of them of shape (n, 1).
    num_classes : int, optional
        One more than the greatest number among both, which is looked up at the call, if not given.
    weights : tensor of shape (n,), optional

    Raises
    ------
    IndexBoundsError
        If a label or a prediction is no class.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.confusion_matrix([0, 1, 1], [0, 1, 0]).numpy()
    array([[1, 0],
           [1, 1]], dtype=int32)
    """
    rows, columns = tensors("confusion_matrix", labels, predictions)
    if rows.ndim + columns.ndim == 3:
        rows, columns = (squeeze(x, -1) if x.ndim == 2 else x for x in (rows, columns))
    if rows.ndim != 1 or rows._layout.shape != columns._layout.shape:
        raise ShapeError(
            f"confusion_matrix: takes two vectors of one length, not shapes {rows._layout.shape} "
            f"and {columns._layout.shape}"
        )
    if num_classes is None:
        num_classes = 1 + max([int(reduce_max(x)) for x in (rows, columns) if x.size], default=-1)
    (count,) = dims(num_classes, "confusion_matrix")
    wanted = as_dtype(dtype)
    if weights is None:
        values = ones_like(rows, wanted)
    else:
        values = cast_to(tensor(weights, "confusion_matrix", None, rows._layout.device), wanted)
    pairs = [checked("confusion_matrix", x, count, noun="class") for x in (rows, columns)]
    where = stack([cast_to(x, int64) for x in pairs], -1)
    return scatter_nd(where, values, (count, count))
