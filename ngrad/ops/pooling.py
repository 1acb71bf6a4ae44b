"""Pooling, as TensorFlow has it: the largest, or the mean, of each window of a tensor."""

from __future__ import annotations

from typing import Any

from ngrad.dtypes import BY_CODE
from ngrad.graph.op import Op
from ngrad.ops.convert import cast_to, floating, tensor
from ngrad.ops.convolution import channels_axis, each_axis, padding_of
from ngrad.ops.pools import LARGEST, MEAN
from ngrad.ops.shape import reshape
from ngrad.ops.windows import Sliding
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
