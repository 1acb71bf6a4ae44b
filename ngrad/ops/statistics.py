"""Means, variances and log-sums, made of reductions."""

from __future__ import annotations

import math
from typing import Any

from ngrad.dtypes import float32, int64
from ngrad.graph.dims import Dim
from ngrad.ops.comparison import isfinite, logical_and
from ngrad.ops.convert import cast_to, floating, inexact, tensor, wide
from ngrad.ops.elementwise import select
from ngrad.ops.exponential import exp, log
from ngrad.ops.identity import stop_gradient
from ngrad.ops.norms import squares
from ngrad.ops.power import sqrt
from ngrad.ops.reductions import SUM, kept_shape, normal_axes, reduce_max, reduce_over, reduce_sum
from ngrad.ops.shape import reshape
from ngrad.replayed import replayed
from ngrad.tensor import Tensor


def reduce_mean(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The mean over axes; of integers an integer, its fraction dropped, as in TensorFlow. NaN of
    nothing.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.reduce_mean([1.0, 2.0]).numpy()
    np.float32(1.5)
    """
    x = tensor(input_tensor, "reduce_mean")
    where = x._layout
    dtype, shape = where.dtype, where.shape
    if dtype.is_half:  # the sum may be too large for it
        return cast_to(reduce_mean(cast_to(x, float32), axis, keepdims), dtype)
    axes = normal_axes(axis, where.ndim, "reduce_mean")
    total = reduce_over(SUM, x, axes, keepdims)
    count = math.prod([shape[a] for a in axes])
    if dtype.is_inexact:
        return total / (count if isinstance(count, Dim) else float(count))
    long = total if dtype.itemsize == 8 else cast_to(total, int64)  # which holds the count
    below = long // count
    inexact = logical_and(long < 0, below * count != long)
    return cast_to(below + cast_to(inexact, long.dtype), dtype)


@replayed
def reduce_variance(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The population variance over axes: the mean of squared deviations from the mean; of complex
    numbers, of their magnitudes' squares, which is real.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.reduce_variance([1.0, 3.0]).numpy()
    np.float32(1.0)
    """
    x = inexact(input_tensor, "reduce_variance")
    axes = normal_axes(axis, x.ndim, "reduce_variance")
    away = wide(x)
    away = away - reduce_mean(away, axes, keepdims=True)
    return cast_to(reduce_mean(squares(away), axes, keepdims), x.dtype.real_dtype)


@replayed
def reduce_std(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The population standard deviation over axes; its derivative where the variance is 0 is NaN.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.reduce_std([1.0, 3.0]).numpy()
    np.float32(1.0)
    """
    x = inexact(input_tensor, "reduce_std")
    axes = normal_axes(axis, x.ndim, "reduce_std")
    return cast_to(sqrt(reduce_variance(wide(x), axes, keepdims)), x.dtype.real_dtype)


@replayed
def reduce_logsumexp(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """log(sum(exp(x))) over axes, without overflow.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.reduce_logsumexp([1000.0] * 4).numpy()
    np.float32(1001.3863)
    """
    x = floating(input_tensor, "reduce_logsumexp")
    axes = normal_axes(axis, x.ndim, "reduce_logsumexp")
    if not axes:
        return x
    logs = wide(x)
    top = stop_gradient(reduce_max(logs, axes, keepdims=True))
    top = select(isfinite(top), top, 0.0)
    total = log(reduce_sum(exp(logs - top), axes, keepdims=True)) + top
    total = cast_to(total, x.dtype)
    return total if keepdims else reshape(total, kept_shape(x._layout.shape, axes))
