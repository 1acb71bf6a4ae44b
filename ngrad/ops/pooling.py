"""Pooling, as TensorFlow has it: the largest, or the mean, of each window of a tensor."""

from __future__ import annotations

import math
from typing import Any

from ngrad.dtypes import BY_CODE, as_dtype, int64
from ngrad.errors import ShapeError
from ngrad.graph.op import Op
from ngrad.ops.convert import cast_to, floating, tensor
from ngrad.ops.convolution import channels_axis, each_axis, padded, padding_of
from ngrad.ops.creation import RANGE
from ngrad.ops.extents import made
from ngrad.ops.gather import gather_rows
from ngrad.ops.math import clip_by_value
from ngrad.ops.pools import LARGEST, MEAN
from ngrad.ops.reductions import argmax
from ngrad.ops.shape import reshape
from ngrad.ops.windows import WINDOWS, Sliding
from ngrad.record import apply
from ngrad.tensor import Tensor

UINT8 = BY_CODE["u1"]


def _pool(
    op: Op, what: str, x: Any, ksize: Any, strides: Any, padding: Any, data_format: Any
) -> Any:
    axes = max(x.ndim - 2, 1)
    channels = channels_axis(what, data_format, x.ndim, axes)
    sizes = each_axis(what, "ksize", ksize, axes, channels)
    steps = sizes if strides is None else each_axis(what, "strides", strides, axes, channels)
    batch, *rest = x._layout.shape
    extents = rest[:-1] if channels > 1 else rest[1:]
    how = Sliding(sizes, steps, (1,) * axes)
    params = (sizes, steps, padding_of(what, padding, how, extents, channels))
    if channels > 1:
        return apply(op, (x,), params)
    # Each channel is pooled by itself: as one more of a batch.
    found = apply(op, (reshape(x, (batch * rest[0], *extents, 1)),), params)
    return reshape(found, (batch, rest[0], *found._layout.shape[1:-1]))


def max_pool(
    input: Any, ksize: Any, strides: Any = None, padding: Any = "VALID", data_format: Any = None,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """The largest element of each window over the axes between the first and the last; ties share
    the cotangent evenly.

    Parameters
    ----------
    input : tensor of shape (batch, ..., channels)
        Or (batch, channels, ...), if `data_format` begins with "NC"; of one to three axes between.
    ksize, strides : int or sequence of int
        Elements of a window, and from a window to the next: as many, if not given.
    padding : {"VALID", "SAME"} or pairs
        As for `conv2d`; what is added is less than all else.

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.reshape(ngrad.range(16.0), (1, 4, 4, 1))
    >>> ngrad.nn.max_pool(x, 2).numpy()[0, :, :, 0]
    array([[ 5.,  7.],
           [13., 15.]], dtype=float32)
    """
    x = tensor(input, "max_pool")
    dtype = x.dtype
    x = cast_to(x, UINT8) if dtype.is_bool else x
    found = _pool(LARGEST, "max_pool", x, ksize, strides, padding, data_format)
    return cast_to(found, dtype)


def avg_pool(
    input: Any, ksize: Any, strides: Any = None, padding: Any = "VALID", data_format: Any = None,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """The mean of each window, of what it has of the input: `max_pool` says what the arguments are.
    Elements are added one after the other in the dtype of the input, of halves in float32;
    `reduce_mean` adds more exactly, where a window is all of an axis.

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.reshape(ngrad.range(16.0), (1, 4, 4, 1))
    >>> ngrad.nn.avg_pool(x, 2).numpy()[0, :, :, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]], dtype=float32)
    """
    x = floating(input, "avg_pool")
    return _pool(MEAN, "avg_pool", x, ksize, strides, padding, data_format)


def max_pool_with_argmax(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: str = "NHWC",
    output_dtype: Any = int64, include_batch_in_index: bool = False, name: str | None = None,
) -> tuple[Any, Any]:  # fmt: skip
    """The largest element of each window, as `max_pool`, and where it is: (row * width + column) *
    channels + channel. Of ties it is the first, which alone has the cotangent.

    Parameters
    ----------
    input : tensor of shape (batch, height, width, channels)
    ksize, strides, padding
        As for `max_pool`.
    data_format : {"NHWC"}
    output_dtype : int64 or int32
    include_batch_in_index : bool
        Whether to count elements from the beginning of the batch on, not of each image.

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.reshape([1, 9, 2, 3], (1, 2, 2, 1))
    >>> largest, where = ngrad.nn.max_pool_with_argmax(x, 2, 2, "VALID")
    >>> int(largest), int(where)
    (9, 1)
    """
    what = "max_pool_with_argmax"
    x = tensor(input, what)
    if data_format != "NHWC" or x.ndim != 4 or x.dtype.is_bool:
        raise ShapeError(
            f"{what}: takes numbers of shape (batch, height, width, channels), not {x.dtype.name} "
            f"of shape {x._layout.shape} and data_format {data_format!r}"
        )
    batch, height, width, channels = x._layout.shape
    sizes, steps = each_axis(what, "ksize", ksize, 2, 3), each_axis(what, "strides", strides, 2, 3)
    how = Sliding(sizes, steps, (1, 1))
    pairs = padding_of(what, padding, how, (height, width), 3)
    least = -math.inf if x.dtype.is_floating else int(x.dtype.limits[0])
    seen = apply(WINDOWS, (padded(x, pairs, least),), tuple(how))
    rows, columns = seen._layout.shape[1:3]
    each = argmax(reshape(seen, (batch, rows, columns, math.prod(sizes), channels)), 3)
    row = _from(x, -pairs[0][0], steps[0], rows, 3) + each // sizes[1]
    column = _from(x, -pairs[1][0], steps[1], columns, 2) + each % sizes[1]
    # What is beyond an edge is as large only where all of a window is the least there is.
    row, column = clip_by_value(row, 0, height - 1), clip_by_value(column, 0, width - 1)
    where = (row * width + column) * channels + _from(x, 0, 1, channels, 1)
    flat = reshape(x, (batch, height * width * channels))
    found = gather_rows(flat, reshape(where, (batch, -1)), 1, 1)
    if include_batch_in_index:
        where = where + _from(x, 0, height * width * channels, batch, 4)
    return reshape(found, where._layout.shape), cast_to(where, as_dtype(output_dtype))


def _from(x: Any, start: int, step: int, count: int, ndim: int) -> Any:
    """Integers along the first of so many axes."""
    steps = made(RANGE, start, step, count, int64, device=x._layout.device)
    return reshape(steps, (count, *(1,) * (ndim - 1)))
