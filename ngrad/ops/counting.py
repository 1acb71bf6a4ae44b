"""Masks of lengths, and counts of integers."""

from __future__ import annotations

from typing import Any

from ngrad.dtypes import as_dtype, bool_, int32, int64
from ngrad.errors import DTypeError, NumberError, ShapeError
from ngrad.ops.bounds import checked, range_of
from ngrad.ops.comparison import less
from ngrad.ops.convert import cast_to, tensor
from ngrad.ops.creation import ones_like, range_
from ngrad.ops.elementwise import select
from ngrad.ops.extents import dims, integers
from ngrad.ops.gather import scatter_nd
from ngrad.ops.joining import stack
from ngrad.ops.reductions import reduce_max
from ngrad.ops.segments import unsorted_segment_sum
from ngrad.ops.shape import expand_dims, reshape


def sequence_mask(
    lengths: Any, maxlen: Any = None, dtype: Any = bool_, name: str | None = None
) -> Any:
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
    steps = range_(count, dtype=int64)
    return cast_to(less(steps, expand_dims(cast_to(x, int64), -1)), as_dtype(dtype))


def bincount(
    arr: Any, weights: Any = None, minlength: Any = None, maxlength: Any = None,
    dtype: Any = int32, name: str | None = None,
) -> Any:  # fmt: skip
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

    Raises
    ------
    NumberError
        If an integer is negative.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.bincount([1, 1, 3]).numpy()
    array([0, 2, 0, 1], dtype=int32)
    """
    x = tensor(arr, "bincount")
    if not x.dtype.is_integer:
        raise DTypeError(f"bincount: takes integers, not {x.dtype.name}")
    values = ones_like(x, as_dtype(dtype)) if weights is None else tensor(weights, "bincount")
    if values._layout.shape != x._layout.shape:
        raise ShapeError(
            f"bincount: weights of shape {values._layout.shape} for integers of shape "
            f"{x._layout.shape}"
        )
    x = reshape(x, (x._layout.size,))
    least, greatest = range_of(x) if x.size else (0, -1)
    if least < 0:
        raise NumberError(f"bincount: takes no negative integers, and there is {least}")
    count = greatest + 1
    if minlength is not None:
        count = max(count, *integers(minlength, "bincount"))
    if maxlength is not None:
        count = min(count, *integers(maxlength, "bincount"))
    ids = select(less(x, count), cast_to(x, int64), -1)
    return unsorted_segment_sum(reshape(values, (x.size,)), ids, count)


def confusion_matrix(
    labels: Any, predictions: Any, num_classes: Any = None, weights: Any = None,
    dtype: Any = int32, name: str | None = None,
) -> Any:  # fmt: skip
    """How often each class (a row) was predicted to be each class (a column); or sums of weights.

    Parameters
    ----------
    labels, predictions : integer tensors of shape (n,)
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
    rows, columns = (tensor(x, "confusion_matrix") for x in (labels, predictions))
    if rows.ndim != 1 or rows._layout.shape != columns._layout.shape:
        raise ShapeError(
            f"confusion_matrix: takes two vectors of one length, not shapes {rows._layout.shape} "
            f"and {columns._layout.shape}"
        )
    if num_classes is None:
        num_classes = 1 + max([int(reduce_max(x)) for x in (rows, columns) if x.size], default=-1)
    (count,) = dims(num_classes, "confusion_matrix")
    wanted = as_dtype(dtype)
    values = ones_like(rows, wanted) if weights is None else cast_to(tensor(weights), wanted)
    pairs = [checked("confusion_matrix", x, count, noun="class") for x in (rows, columns)]
    where = stack([cast_to(x, int64) for x in pairs], -1)
    return scatter_nd(where, values, (count, count))
