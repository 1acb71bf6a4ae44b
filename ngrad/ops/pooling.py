"""Pooling, as TensorFlow has it: the largest, or the mean, of each window of a tensor."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ngrad.graph.layout import layout
from ngrad.ops.convert import floating, tensor
from ngrad.ops.convolution import (
    Pairs,
    channels_axis,
    channels_back,
    channels_last,
    each_axis,
    padded,
    padding_of,
)
from ngrad.ops.creation import ones_of
from ngrad.ops.reductions import reduce_max, reduce_sum
from ngrad.ops.shape import transpose
from ngrad.ops.statistics import reduce_mean
from ngrad.ops.windows import WINDOWS, Sliding
from ngrad.record import apply


def _pool(
    what: str, x: Any, ksize: Any, strides: Any, padding: Any, data_format: Any,
    reduce: Callable[[Any, Sliding, Pairs], Any],
) -> Any:  # fmt: skip
    axes = max(x.ndim - 2, 1)
    channels = channels_axis(what, data_format, x.ndim, axes)
    sizes = each_axis(what, "ksize", ksize, axes, channels)
    steps = sizes if strides is None else each_axis(what, "strides", strides, axes, channels)
    x = channels_last(x, channels)
    how = Sliding(sizes, steps, (1,) * axes)
    return channels_back(
        reduce(x, how, padding_of(what, padding, how, x._layout.shape[1:-1], channels)), channels
    )


def _windows_first(x: Any, how: Sliding) -> Any:
    """The windows of x, with the axes within a window first: so what reduces them goes along rows
    of channels.
    """
    seen, axes = apply(WINDOWS, (x,), how), len(how.sizes)
    within = range(1 + axes, 1 + 2 * axes)
    return transpose(seen, (*within, 0, *range(1, 1 + axes), 1 + 2 * axes))


def _within(how: Sliding) -> tuple[int, ...]:
    return tuple(range(len(how.sizes)))


def max_pool(
    input: Any, ksize: Any, strides: Any = None, padding: Any = "VALID", data_format: Any = None,
    name: str | None = None,
) -> Any:  # fmt: skip
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
    lowest = -math.inf if x.dtype.is_floating else x.dtype.min

    def largest(x: Any, how: Sliding, pairs: Pairs) -> Any:
        return reduce_max(_windows_first(padded(x, pairs, lowest), how), _within(how))

    return _pool("max_pool", x, ksize, strides, padding, data_format, largest)


def avg_pool(
    input: Any, ksize: Any, strides: Any = None, padding: Any = "VALID", data_format: Any = None,
    name: str | None = None,
) -> Any:  # fmt: skip
    """The mean of each window, of what it has of the input: `max_pool` says what the arguments are.

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.reshape(ngrad.range(16.0), (1, 4, 4, 1))
    >>> ngrad.nn.avg_pool(x, 2).numpy()[0, :, :, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]], dtype=float32)
    """
    x = floating(input, "avg_pool")

    def mean(x: Any, how: Sliding, pairs: Pairs) -> Any:
        if not any(map(any, pairs)):
            return reduce_mean(_windows_first(x, how), _within(how))

        def sums(z: Any) -> Any:
            return reduce_sum(_windows_first(padded(z, pairs), how), _within(how))

        there = ones_of(layout(x.dtype, (1, *x._layout.shape[1:-1], 1), None, x._layout.device))
        return sums(x) / sums(there)

    return _pool("avg_pool", x, ksize, strides, padding, data_format, mean)
