"""What else `tf.nn` has: bias, dropout, embeddings."""

from __future__ import annotations

from typing import Any

from ngrad.dtypes import as_dtype, float32
from ngrad.errors import DTypeError, NumberError, ShapeError
from ngrad.graph.layout import layout
from ngrad.ops.bounds import checked
from ngrad.ops.comparison import equal, greater_equal
from ngrad.ops.convert import cast_to, floating, from_outside, operands, tensor
from ngrad.ops.elementwise import select
from ngrad.ops.extents import dims
from ngrad.ops.gather import gather
from ngrad.ops.launching import broadcast_shapes
from ngrad.ops.random import uniform
from ngrad.ops.shape import reshape
from ngrad.ops.statistics import reduce_mean
from ngrad.tensor import Tensor


def bias_add(value: Any, bias: Any, data_format: str | None = None, name: str | None = None) -> Any:
    """Add a vector along the axis of the channels.

    Parameters
    ----------
    value : tensor of at least two axes
    bias : tensor of one axis
    data_format : str, optional
        "NC...": the channels are axis 1; otherwise the last.

    Raises
    ------
    ShapeError
        If the bias is no vector of as many elements as there are channels.

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
    at = 1 if data_format is not None and data_format.startswith("NC") else x.ndim - 1
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
) -> Any:
    """Set elements to 0 with probability `rate`, and divide the others by 1 - rate.

    The expected value stays (Srivastava et al., Dropout, 2014).

    Parameters
    ----------
    x : floating tensor
    rate : float
        In [0, 1).
    noise_shape : sequence of int, optional
        Broadcasts to x: an axis of 1 is dropped or kept as a whole.
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
    share = float(rate.item() if isinstance(rate, Tensor) else rate)
    if not 0.0 <= share < 1.0:
        raise NumberError(f"dropout: rate must be in [0, 1), not {share}")
    shape = x._layout.shape
    drawn = shape if noise_shape is None else dims(noise_shape, "dropout")
    if broadcast_shapes("dropout", layout(float32, drawn), x._layout) != shape:
        raise ShapeError(f"dropout: noise_shape {drawn} does not broadcast to {shape}")
    if share == 0.0:
        return x
    keep = greater_equal(uniform(drawn, 0.0, 1.0, float32, seed=seed), share)
    return select(keep, x * (1.0 / (1.0 - share)), 0.0)


def embedding_lookup(params: Any, ids: Any, name: str | None = None) -> Any:
    """The rows of a table at ids of any shape: ids.shape + params.shape[1:].

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
    table, index = tensor(params, "embedding_lookup"), tensor(ids, "embedding_lookup")
    if table.ndim == 0:
        raise ShapeError("embedding_lookup: params must have at least one axis")
    if not index.dtype.is_integer:
        raise DTypeError(f"embedding_lookup: ids must be integers, not {index.dtype.name}")
    index = checked("embedding_lookup", index, table._layout.shape[0], noun="id")
    return gather(table, index, axis=0)


def zero_fraction(value: Any, dtype: Any = float32, name: str | None = None) -> Any:
    """The share of elements that are zero; NaN of nothing.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.zero_fraction([0.0, 1.0]).numpy()
    np.float32(0.5)
    """
    zero = equal(tensor(value, "zero_fraction"), 0)
    return reduce_mean(cast_to(zero, as_dtype(dtype)))
