"""Convolutions, as TensorFlow has them: windows of a tensor, times filters.

The elements of a window times a filter are a product of matrices: of the windows, a row each, and
of the filters, a column each (`windowed.py`). Filters of one channel each slide over it instead.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ngrad.errors import NumberError, ShapeError
from ngrad.graph.op import require
from ngrad.ops.convert import operands, tensor, tensors
from ngrad.ops.extents import integers
from ngrad.ops.joining import pad
from ngrad.ops.matmul import product
from ngrad.ops.shape import broadcast_to, reshape, transpose
from ngrad.ops.slide import Places, slide
from ngrad.ops.windowed import Meeting, windows_matmul
from ngrad.ops.windows import Pairs, Sliding
from ngrad.replayed import replayed
from ngrad.tensor import Tensor


def each_axis(what: str, name: str, value: Any, axes: int, channels: int) -> tuple[int, ...]:
    """A number for each axis that windows slide over: from one for all, one for each, or one for
    each axis of the input, of which the batch's and the channels' are 1.
    """
    given = integers(value, what)
    if len(given) == axes + 2:
        if given[0] != 1 or given[channels] != 1:
            raise NumberError(f"{what}: {name} of batches and channels must be 1, not {given}")
        given = tuple(n for k, n in enumerate(given) if k not in (0, channels))
    if len(given) not in (1, axes):
        raise NumberError(
            f"{what}: {name} are 1, {axes} or {axes + 2} integers for {axes} axes, not {given}"
        )
    return given * axes if len(given) == 1 else given


def padding_of(
    what: str, padding: Any, how: Sliding, extents: Sequence[int], channels: int
) -> Pairs:
    """Elements before and after, for each axis that windows slide over."""
    axes = len(extents)
    if not isinstance(padding, str):
        pairs = tuple(tuple(integers(pair, what)) for pair in padding)
        if len(pairs) == axes + 2 and not any((*pairs[0], *pairs[channels])):
            pairs = tuple(pair for k, pair in enumerate(pairs) if k not in (0, channels))
        if len(pairs) != axes or any(len(pair) != 2 or min(pair) < 0 for pair in pairs):
            raise NumberError(
                f"{what}: explicit padding is a pair of integers from 0 on for each of {axes} axes "
                f"(or of {axes + 2}, of which the batch's and the channels' are 0), not {padding!r}"
            )
        return tuple((before, after) for before, after in pairs)
    if padding.upper() == "VALID":
        return ((0, 0),) * axes
    if padding.upper() != "SAME":
        raise NumberError(f"{what}: padding is 'SAME', 'VALID' or pairs, not {padding!r}")
    found = []
    for n, step, span in zip(extents, how.steps, how.spans, strict=True):
        whole = max((-(-n // (step or 1)) - 1) * step + span - n, 0)  # of 0, `counts` raises
        found.append((whole // 2, whole - whole // 2))
    return tuple(found)


def channels_axis(what: str, data_format: Any, ndim: int, axes: int) -> int:
    """The axis of the channels."""
    if ndim != axes + 2:
        raise ShapeError(
            f"{what}: takes a tensor of {axes + 2} axes (a batch, {axes} that windows slide over, "
            f"channels), not of {ndim}"
        )
    form = "N...C" if data_format is None else str(data_format)
    if form.startswith("N") and form.endswith("C"):
        return axes + 1
    if form.startswith("NC"):
        return 1
    raise NumberError(f"{what}: data_format is 'N...C' or 'NC...', not {data_format!r}")


def channels_last(x: Any, channels: int) -> Any:
    """x with its channels last."""
    if channels == x.ndim - 1:
        return x
    return transpose(x, (0, *range(2, x.ndim), 1))


def channels_back(x: Any, channels: int) -> Any:
    """The reverse of `channels_last`."""
    if channels == x.ndim - 1:
        return x
    return transpose(x, (0, x.ndim - 1, *range(1, x.ndim - 1)))


def extended(extents: Sequence[int], pairs: Pairs) -> tuple[int, ...]:
    """Extents with what is before and after."""
    return tuple([n + before + after for n, (before, after) in zip(extents, pairs, strict=True)])


def padded(x: Any, pairs: Pairs, value: Any = 0) -> Any:
    if not any(map(any, pairs)):
        return x
    return pad(x, [(0, 0), *pairs, (0, 0)], constant_values=value)


def inexact(what: str, input: Any, filters: Any) -> tuple[Any, Any]:
    """Both as tensors of one dtype, of those that convolutions take."""
    x, w = operands(what, *tensors(what, input, filters))
    require(what, x._layout, "hfc", "floating-point and complex tensors")
    return x, w


# -- convolutions ----------------------------------------------------------------------------------


def _convolve(
    what: str, input: Any, filters: Any, strides: Any, padding: Any, data_format: Any,
    dilations: Any, axes: int,
) -> Any:  # fmt: skip
    x, w = inexact(what, input, filters)
    if x.ndim > axes + 2:  # the batch has several axes
        lead, rest = x._layout.shape[: -axes - 1], x._layout.shape[-axes - 1 :]
        flat = reshape(x, (math.prod(lead), *rest))
        out = _convolve(what, flat, w, strides, padding, data_format, dilations, axes)
        return reshape(out, (*lead, *out._layout.shape[1:]))
    channels = channels_axis(what, data_format, x.ndim, axes)
    x = channels_last(x, channels)
    shape, sizes = tuple(x._layout.shape), tuple(w._layout.shape)
    given, taken, made = shape[-1], sizes[-2] if w.ndim == axes + 2 else 0, sizes[-1]
    apart = w.ndim == axes + 2 and taken > 0 and given > 0 and given % taken == 0
    if not apart or made % (given // taken):
        raise ShapeError(
            f"{what}: filters have shape (*window, channels in of a group, channels out), which "
            f"{sizes} is not for an input of {given} channels in shape {tuple(input.shape)}"
        )
    how = Sliding(
        sizes[:axes],
        each_axis(what, "strides", strides, axes, channels),
        each_axis(what, "dilations", 1 if dilations is None else dilations, axes, channels),
    )
    pairs = padding_of(what, padding, how, shape[1:-1], channels)
    counts = how.counts(what, extended(shape[1:-1], pairs))
    window, groups = math.prod(how.sizes), given // taken
    if taken == 1 and (given > 1 or made == 1):  # each channel by itself
        leads = tuple([before for before, _ in pairs])
        places = Places(counts, how.steps, how.gaps, (1,) * axes, leads)
        if made > given:  # a channel is there for each of its filters
            x = broadcast_to(reshape(x, (*shape, 1)), (*shape, made // given))
            x = reshape(x, (*shape[:-1], made))
        out = slide(x, reshape(w, (1, *how.sizes, made)), places)
        return channels_back(out, channels)
    if window == 1 and groups == 1:  # windows are what is there already
        x = padded(x, pairs)[(slice(None), *(slice(None, None, step) for step in how.steps))]
        return channels_back(product(x, reshape(w, (given, made))), channels)
    by_group = (axes + 1, *range(axes + 1), axes + 2)
    x = transpose(reshape(x, (*shape[:-1], groups, taken)), by_group)
    each = transpose(reshape(w, (window, taken, groups, made // groups)), (2, 0, 1, 3))
    each = reshape(each, (groups, window * taken, made // groups))
    out = windows_matmul(x, each, Meeting(*how, pairs))
    out = transpose(out, (*range(1, axes + 2), 0, axes + 2))
    return channels_back(reshape(out, (shape[0], *counts, made)), channels)


@replayed
def conv1d(
    input: Any, filters: Any, stride: Any = 1, padding: Any = "VALID", data_format: Any = "NWC",
    dilations: Any = None, name: str | None = None,
) -> Tensor:  # fmt: skip
    """A convolution (strictly, a correlation) over one axis; `conv2d` says what the arguments are.

    Examples
    --------
    >>> import ngrad
    >>> x, w = ngrad.reshape(ngrad.range(5.0), (1, 5, 1)), ngrad.ones((3, 1, 1))
    >>> ngrad.nn.conv1d(x, w).numpy().ravel()
    array([3., 6., 9.], dtype=float32)
    """
    return _convolve("conv1d", input, filters, stride, padding, data_format, dilations, 1)


@replayed
def conv2d(
    input: Any, filters: Any, strides: Any = 1, padding: Any = "VALID", data_format: Any = "NHWC",
    dilations: Any = None, name: str | None = None,
) -> Tensor:  # fmt: skip
    """A convolution (strictly, a correlation) over two axes, with TensorFlow's arguments.

    Parameters
    ----------
    input : tensor of shape (batch, height, width, channels)
        Or (batch, channels, height, width), if `data_format` is "NCHW". The batch may have several
        axes.
    filters : tensor of shape (height, width, channels in, channels out)
        Where it has a part of the input's channels, these are convolved in so many groups.
    strides, dilations : int or sequence of int
        From a window to the next, and within a window; one for all axes, or one for each.
    padding : {"VALID", "SAME"} or pairs
        Windows within the input alone; as many as the input has elements, by the stride; or how
        many zeros there are before and after along each axis.

    Raises
    ------
    ShapeError
        If the shapes do not fit, or a window is longer than an axis.
    NumberError
        For strides, dilations or paddings that are none.

    Examples
    --------
    >>> import ngrad
    >>> x, w = ngrad.ones((1, 3, 3, 1)), ngrad.ones((2, 2, 1, 1))
    >>> ngrad.nn.conv2d(x, w, padding="SAME").numpy()[0, :, :, 0]
    array([[4., 4., 2.],
           [4., 4., 2.],
           [2., 2., 1.]], dtype=float32)
    """
    return _convolve("conv2d", input, filters, strides, padding, data_format, dilations, 2)


@replayed
def conv3d(
    input: Any, filters: Any, strides: Any = 1, padding: Any = "VALID", data_format: Any = "NDHWC",
    dilations: Any = None, name: str | None = None,
) -> Tensor:  # fmt: skip
    """A convolution over three axes; `conv2d` says what the arguments are.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.conv3d(ngrad.ones((1, 2, 2, 2, 1)), ngrad.ones((2, 2, 2, 1, 3))).shape
    (1, 1, 1, 1, 3)
    """
    return _convolve("conv3d", input, filters, strides, padding, data_format, dilations, 3)


@replayed
def depthwise_conv2d(
    input: Any, filter: Any, strides: Any = 1, padding: Any = "VALID", data_format: Any = "NHWC",
    dilations: Any = None, name: str | None = None,
) -> Tensor:  # fmt: skip
    """A convolution of each channel by itself, with some filters of its own.

    Parameters
    ----------
    filter : tensor of shape (height, width, channels, filters of a channel)

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.depthwise_conv2d(ngrad.ones((1, 3, 3, 2)), ngrad.ones((3, 3, 2, 2))).shape
    (1, 1, 1, 4)
    """
    input, w = tensors("depthwise_conv2d", input, filter)
    if w.ndim != 4:
        raise ShapeError(
            "depthwise_conv2d: filter has shape (height, width, channels, filters of a channel), "
            f"not {tuple(w.shape)}"
        )
    *window, channels, each = w._layout.shape
    w = reshape(w, (*window, 1, channels * each))
    return _convolve("depthwise_conv2d", input, w, strides, padding, data_format, dilations, 2)


def separable_conv2d(
    input: Any, depthwise_filter: Any, pointwise_filter: Any, strides: Any, padding: Any,
    data_format: Any = "NHWC", dilations: Any = None, name: str | None = None,
) -> Tensor:  # fmt: skip
    """A convolution of each channel by itself, then one that combines channels.

    Parameters
    ----------
    depthwise_filter : tensor of shape (height, width, channels, filters of a channel)
    pointwise_filter : tensor of shape (1, 1, channels * filters of a channel, channels out)

    Examples
    --------
    >>> import ngrad
    >>> x, each, all = ngrad.ones((1, 3, 3, 2)), ngrad.ones((3, 3, 2, 2)), ngrad.ones((1, 1, 4, 5))
    >>> ngrad.nn.separable_conv2d(x, each, all, 1, "VALID").shape
    (1, 1, 1, 5)
    """
    each = depthwise_conv2d(input, depthwise_filter, strides, padding, data_format, dilations)
    return conv2d(each, pointwise_filter, 1, "VALID", data_format)


@replayed
def convolution(
    input: Any, filters: Any, strides: Any = None, padding: Any = "VALID", data_format: Any = None,
    dilations: Any = None, name: str | None = None,
) -> Tensor:  # fmt: skip
    """A convolution over the axes between the first and the last, one to three: `conv2d` says what
    the arguments are.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.convolution(ngrad.ones((1, 5, 1)), ngrad.ones((2, 1, 3))).shape
    (1, 4, 3)
    """
    axes = tensor(input, "convolution").ndim - 2
    if not 1 <= axes <= 3:
        raise ShapeError(f"convolution: takes tensors of 3 to 5 axes, not of {axes + 2}")
    steps = 1 if strides is None else strides
    return _convolve("convolution", input, filters, steps, padding, data_format, dilations, axes)


def atrous_conv2d(
    value: Any, filters: Any, rate: Any, padding: Any, name: str | None = None
) -> Tensor:
    """`conv2d` by filters with gaps: `rate` is its `dilations`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.atrous_conv2d(ngrad.ones((1, 5, 5, 1)), ngrad.ones((2, 2, 1, 1)), 3, "VALID").shape
    (1, 2, 2, 1)
    """
    return conv2d(value, filters, 1, padding, dilations=rate)
