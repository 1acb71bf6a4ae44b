"""What else `tf.nn` has: bias, dropout, embeddings."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.devices import device
from ngrad.dtypes import as_dtype, float32
from ngrad.errors import DTypeError, NumberError, ShapeError
from ngrad.graph.layout import layout
from ngrad.ops.bounds import checked
from ngrad.ops.clipping import clip_by_norm
from ngrad.ops.comparison import equal, greater_equal
from ngrad.ops.convert import (
    cast_to,
    floating,
    from_outside,
    operands,
    tensor,
    tensors,
    wide,
)
from ngrad.ops.convolution import channels_axis, channels_back, channels_last
from ngrad.ops.elementwise import select
from ngrad.ops.extents import dims, integers
from ngrad.ops.gather import gather
from ngrad.ops.joining import concat
from ngrad.ops.launching import broadcast_shapes
from ngrad.ops.power import square
from ngrad.ops.random import uniform
from ngrad.ops.reductions import kept_shape, normal_axes, reduce_sum
from ngrad.ops.shape import broadcast_to, reshape, transpose
from ngrad.ops.statistics import reduce_mean
from ngrad.replayed import replayed
from ngrad.tensor import Tensor


def bias_add(
    value: Any, bias: Any, data_format: str | None = None, name: str | None = None
) -> Tensor:
    """Add a vector along the axis of the channels.

    Parameters
    ----------
    value : tensor of at least two axes
    bias : tensor of one axis
    data_format : str, optional
        "NC...": the channels are axis 1; "N...C", as if not given: the last.

    Raises
    ------
    ShapeError
        If the bias is no vector of as many elements as there are channels.
    NumberError
        If the format is neither.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.bias_add([[1.0, 2.0]], [10.0, 20.0]).numpy()
    array([[11., 22.]], dtype=float32)
    """
    x, vector = operands("bias_add", value, bias)
    shape = x._layout.shape
    if x.ndim < 2:
        raise ShapeError(f"bias_add: takes a tensor of at least two axes, not shape {shape}")
    form = data_format or "NHWC"
    if not form.startswith("N") or "C" not in (form[1:2], form[-1]):
        raise NumberError(f"bias_add: data_format is 'NC...' or 'N...C', not {form!r}")
    at = 1 if form.startswith("NC") else x.ndim - 1
    if vector._layout.shape != (shape[at],):
        raise ShapeError(
            f"bias_add: a bias of shape {vector._layout.shape} for {shape[at]} channels, "
            f"axis {at} of shape {shape}"
        )
    if at < x.ndim - 1:
        vector = reshape(vector, (shape[at],) + (1,) * (x.ndim - 1 - at))
    return x + vector


def dropout(
    x: Any, rate: Any, noise_shape: Any = None, seed: Any = None, name: str | None = None
) -> Tensor:
    """Set elements to 0 with probability `rate`, and divide the others by 1 - rate.

    The expected value stays (Srivastava et al., Dropout, 2014).

    Parameters
    ----------
    x : floating tensor
    rate : float
        In [0, 1).
    noise_shape : sequence of int or None, optional
        Broadcasts to x: an axis of 1 is dropped or kept as a whole. None stands for the size that
        the axis has.
    seed : int, optional

    Raises
    ------
    NumberError
        If the rate is not in [0, 1).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.dropout(ngrad.ones([2]), rate=0.0).numpy()
    array([1., 1.], dtype=float32)
    """
    x = floating(x, "dropout")
    rate = from_outside(rate)
    if not isinstance(rate, Tensor) and np.ndim(rate):
        raise ShapeError(f"dropout: rate is one number, not {rate!r}")
    share = float(rate.item() if isinstance(rate, Tensor) else rate)
    if not 0.0 <= share < 1.0:
        raise NumberError(f"dropout: rate must be in [0, 1), not {share}")
    shape = x._layout.shape
    if isinstance(noise_shape, (list, tuple)) and len(noise_shape) == len(shape):
        noise_shape = [n if m is None else m for m, n in zip(noise_shape, shape, strict=True)]
    drawn = shape if noise_shape is None else dims(noise_shape, "dropout")
    if broadcast_shapes("dropout", layout(float32, drawn), x._layout) != shape:
        raise ShapeError(f"dropout: noise_shape {drawn} does not broadcast to {shape}")
    if share == 0.0:
        return x
    with device(x._layout.device):
        keep = greater_equal(uniform(drawn, 0.0, 1.0, float32, seed=seed), share)
    return select(keep, x * (1.0 / (1.0 - share)), 0.0)


def embedding_lookup(
    params: Any, ids: Any, max_norm: Any = None, name: str | None = None
) -> Tensor:
    """The rows of a table at ids of any shape: ids.shape + params.shape[1:].

    Parameters
    ----------
    params : tensor, or list of tensors
        Of several tables the rows follow on one another.
    ids : integer tensor
    max_norm : number, optional
        What rows whose norm is greater are scaled down to.

    Raises
    ------
    IndexBoundsError
        If an id is no row.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.embedding_lookup([[1.0, 2.0], [3.0, 4.0]], [1, 1]).numpy()
    array([[3., 4.],
           [3., 4.]], dtype=float32)
    """
    if isinstance(params, (list, tuple)) and any(
        isinstance(from_outside(table), Tensor) for table in params
    ):
        params = concat(params, 0)
    table, index = tensors("embedding_lookup", params, ids)
    if table.ndim == 0:
        raise ShapeError("embedding_lookup: params must have at least one axis")
    if not index.dtype.is_integer:
        raise DTypeError(f"embedding_lookup: ids must be integers, not {index.dtype.name}")
    index = checked("embedding_lookup", index, table._layout.shape[0], noun="id")
    rows = gather(table, index, axis=0)
    return rows if max_norm is None else clip_by_norm(rows, max_norm, range(index.ndim, rows.ndim))


def zero_fraction(value: Any, dtype: Any = float32, name: str | None = None) -> Tensor:
    """The share of elements that are zero; NaN of nothing.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.zero_fraction([0.0, 1.0]).numpy()
    np.float32(0.5)
    """
    zero = equal(tensor(value, "zero_fraction"), 0)
    return reduce_mean(cast_to(zero, as_dtype(dtype)))


@replayed
def weighted_moments(
    x: Any, axes: Any, frequency_weights: Any, keepdims: bool = False, name: str | None = None
) -> tuple[Any, Any]:
    """The mean and the variance over axes of elements that count by weights.

    Examples
    --------
    >>> import ngrad
    >>> mean, variance = ngrad.nn.weighted_moments([1.0, 4.0], [0], [2.0, 1.0])
    >>> mean.numpy(), variance.numpy()
    (np.float32(2.0), np.float32(2.0))
    """
    what = "weighted_moments"
    x, weights = operands(what, floating(x, what), frequency_weights)
    over = normal_axes(axes, x.ndim, what)
    weights = wide(broadcast_to(weights, broadcast_shapes(what, weights._layout, x._layout)))
    y = wide(x)
    total = reduce_sum(weights, over, keepdims=True)
    mean = reduce_sum(y * weights, over, keepdims=True) / total
    variance = reduce_sum(square(y - mean) * weights, over, keepdims=True) / total
    mean, variance = cast_to(mean, x.dtype), cast_to(variance, x.dtype)
    if keepdims:
        return mean, variance
    kept = kept_shape(x._layout.shape, over)
    return reshape(mean, kept), reshape(variance, kept)


def depth_to_space(
    input: Any, block_size: Any, data_format: str = "NHWC", name: str | None = None
) -> Tensor:
    """Channels as blocks of pixels: (n, h, w, b * b * c) gives (n, h * b, w * b, c).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.depth_to_space(ngrad.ones([1, 2, 2, 12]), 2).shape
    (1, 4, 4, 3)
    """
    x, block, channels = _blocks("depth_to_space", input, block_size, data_format)
    n, height, width, depth = x._layout.shape
    if depth % block**2:
        raise ShapeError(f"depth_to_space: {depth} channels are no blocks of {block} x {block}")
    parts = transpose(
        reshape(x, (n, height, width, block, block, depth // block**2)), (0, 1, 3, 2, 4, 5)
    )
    return channels_back(reshape(parts, (n, height * block, width * block, -1)), channels)


def space_to_depth(
    input: Any, block_size: Any, data_format: str = "NHWC", name: str | None = None
) -> Tensor:
    """Blocks of pixels as channels: (n, h * b, w * b, c) gives (n, h, w, b * b * c).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.space_to_depth(ngrad.ones([1, 4, 4, 3]), 2).shape
    (1, 2, 2, 12)
    """
    x, block, channels = _blocks("space_to_depth", input, block_size, data_format)
    n, height, width, depth = x._layout.shape
    if height % block or width % block:
        raise ShapeError(f"space_to_depth: {(height, width)} pixels are no blocks of {block}")
    parts = transpose(
        reshape(x, (n, height // block, block, width // block, block, depth)), (0, 1, 3, 2, 4, 5)
    )
    return channels_back(reshape(parts, (n, height // block, width // block, -1)), channels)


def _blocks(what: str, input: Any, block_size: Any, data_format: str) -> tuple[Any, int, int]:
    """The input with channels last, the size of a block, and which axis channels were."""
    x, (block,) = tensor(input, what), integers(block_size, what)
    if x.ndim != 4 or block < 1:
        raise ShapeError(f"{what}: takes 4 axes and blocks from 1 on, not {x.ndim} and {block}")
    channels = channels_axis(what, data_format, 4, 2)
    return channels_last(x, channels), block, channels
