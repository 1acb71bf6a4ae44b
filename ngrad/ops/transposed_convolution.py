"""Transposes of convolutions: what gives cotangents back, as a function of its own."""

from __future__ import annotations

import math
from typing import Any

from ngrad.errors import ShapeError
from ngrad.ops.convert import tensor
from ngrad.ops.convolution import (
    channels_axis,
    channels_back,
    channels_last,
    each_axis,
    extended,
    inexact,
    padding_of,
)
from ngrad.ops.extents import integers
from ngrad.ops.shape import reshape
from ngrad.ops.windowed import Meeting, windows_spread
from ngrad.ops.windows import Sliding
from ngrad.replayed import replayed
from ngrad.tensor import Tensor


def _transposed(
    what: str, input: Any, filters: Any, output_shape: Any, strides: Any, padding: Any,
    data_format: Any, dilations: Any, axes: int,
) -> Any:  # fmt: skip
    x, w = inexact(what, input, filters)
    shape = tuple(x.shape)
    channels = channels_axis(what, data_format, x.ndim, axes)
    x = channels_last(x, channels)
    given = integers(output_shape, what)
    if len(given) != axes + 2 or w.ndim != axes + 2 or w._layout.shape[-1] != x._layout.shape[-1]:
        raise ShapeError(
            f"{what}: filters have shape (*window, channels out, channels in), and output_shape "
            f"{axes + 2} integers; not {tuple(w.shape)} and {given} for an input of shape {shape}"
        )
    *sizes, made, taken = w._layout.shape
    extents = given[2:] if channels == 1 else given[1:-1]
    how = Sliding(
        tuple(sizes),
        each_axis(what, "strides", strides, axes, channels),
        each_axis(what, "dilations", 1 if dilations is None else dilations, axes, channels),
    )
    pairs = padding_of(what, padding, how, extents, channels)
    whole = extended(extents, pairs)
    counts, batch = how.counts(what, whole), x._layout.shape[0]
    if tuple(x._layout.shape[1:-1]) != counts or given[channels] != made or given[0] != batch:
        raise ShapeError(
            f"{what}: output_shape {given}, filters of shape {tuple(w.shape)} and this padding go "
            f"with an input of {counts}, not of shape {shape}"
        )
    x = reshape(x, (1, batch, *counts, taken))
    w = reshape(w, (1, math.prod(sizes) * made, taken))
    out = windows_spread(x, w, tuple(extents), Meeting(*how, pairs))
    return channels_back(reshape(out, (batch, *extents, made)), channels)


@replayed
def conv1d_transpose(
    input: Any, filters: Any, output_shape: Any, strides: Any = 1, padding: Any = "SAME",
    data_format: Any = "NWC", dilations: Any = None, name: str | None = None,
) -> Tensor:  # fmt: skip
    """The transpose of `conv1d`; `conv2d_transpose` says what the arguments are.

    Examples
    --------
    >>> import ngrad
    >>> x, w = ngrad.ones((1, 2, 1)), ngrad.ones((2, 1, 1))
    >>> ngrad.nn.conv1d_transpose(x, w, (1, 3, 1), padding="VALID").numpy().ravel()
    array([1., 2., 1.], dtype=float32)
    """
    return _transposed(
        "conv1d_transpose", input, filters, output_shape, strides, padding, data_format, dilations,
        1,
    )  # fmt: skip


@replayed
def conv2d_transpose(
    input: Any, filters: Any, output_shape: Any, strides: Any = 1, padding: Any = "SAME",
    data_format: Any = "NHWC", dilations: Any = None, name: str | None = None,
) -> Tensor:  # fmt: skip
    """The transpose of `conv2d`: what its gradient in the input is of `input`.

    Parameters
    ----------
    filters : tensor of shape (height, width, channels out, channels in)
    output_shape : four integers
        Of the input of the convolution that this is the transpose of.

    Examples
    --------
    >>> import ngrad
    >>> x, w = ngrad.ones((1, 2, 2, 1)), ngrad.ones((2, 2, 1, 1))
    >>> ngrad.nn.conv2d_transpose(x, w, (1, 3, 3, 1), padding="VALID").numpy()[0, :, :, 0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]], dtype=float32)
    """
    return _transposed(
        "conv2d_transpose", input, filters, output_shape, strides, padding, data_format, dilations,
        2,
    )  # fmt: skip


@replayed
def conv3d_transpose(
    input: Any, filters: Any, output_shape: Any, strides: Any = 1, padding: Any = "SAME",
    data_format: Any = "NDHWC", dilations: Any = None, name: str | None = None,
) -> Tensor:  # fmt: skip
    """The transpose of `conv3d`; `conv2d_transpose` says what the arguments are.

    Examples
    --------
    >>> import ngrad
    >>> x, w = ngrad.ones((1, 2, 2, 2, 3)), ngrad.ones((2, 2, 2, 1, 3))
    >>> ngrad.nn.conv3d_transpose(x, w, (1, 4, 4, 4, 1), 2).shape
    (1, 4, 4, 4, 1)
    """
    return _transposed(
        "conv3d_transpose", input, filters, output_shape, strides, padding, data_format, dilations,
        3,
    )  # fmt: skip


@replayed
def conv_transpose(
    input: Any, filters: Any, output_shape: Any, strides: Any, padding: Any = "SAME",
    data_format: Any = None, dilations: Any = None, name: str | None = None,
) -> Tensor:  # fmt: skip
    """The transpose of `convolution`, over one to three axes; `conv2d_transpose` says what the
    arguments are.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.conv_transpose(ngrad.ones((1, 2, 1)), ngrad.ones((2, 5, 1)), (1, 4, 5), 2).shape
    (1, 4, 5)
    """
    what, axes = "conv_transpose", tensor(input, "conv_transpose").ndim - 2
    if not 1 <= axes <= 3:
        raise ShapeError(f"{what}: takes tensors of 3 to 5 axes, not of {axes + 2}")
    return _transposed(
        what, input, filters, output_shape, strides, padding, data_format, dilations, axes
    )


def atrous_conv2d_transpose(
    value: Any, filters: Any, output_shape: Any, rate: Any, padding: Any, name: str | None = None
) -> Tensor:
    """The transpose of `atrous_conv2d`: `conv2d_transpose`, of which `rate` is the `dilations`.

    Examples
    --------
    >>> import ngrad
    >>> x, w = ngrad.ones((1, 2, 2, 1)), ngrad.ones((2, 2, 1, 1))
    >>> ngrad.nn.atrous_conv2d_transpose(x, w, (1, 5, 5, 1), 3, "VALID").shape
    (1, 5, 5, 1)
    """
    return conv2d_transpose(value, filters, output_shape, 1, padding, dilations=rate)
