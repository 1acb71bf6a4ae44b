"""Moments, and what is brought to a standard scale by them."""

from __future__ import annotations

from typing import Any

from ngrad.ops.arithmetic import maximum
from ngrad.ops.convert import cast_to, floating, inexact, tensor, wide
from ngrad.ops.norms import squares
from ngrad.ops.power import rsqrt, square
from ngrad.ops.reductions import normal_axes, reduce_sum
from ngrad.ops.statistics import reduce_mean
from ngrad.tensor import Tensor


def l2_normalize(
    x: Any, axis: Any = None, epsilon: float = 1e-12, name: str | None = None
) -> Tensor:
    """x / sqrt(max(sum(|x|**2), epsilon)) along axes, all if None; its derivative at 0 is finite.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.l2_normalize([3.0, 4.0]).numpy()
    array([0.6, 0.8], dtype=float32)
    """
    x = inexact(x, "l2_normalize")
    axes = normal_axes(axis, x.ndim, "l2_normalize")
    y = wide(x)
    found = y * rsqrt(maximum(reduce_sum(squares(y), axes, keepdims=True), epsilon))
    return cast_to(found, x.dtype)


def moments(
    x: Any, axes: Any, shift: Any = None, keepdims: bool = False, name: str | None = None
) -> tuple[Any, Any]:
    """The mean and the population variance over axes.

    The variance is the mean of squared deviations from the mean; `shift` is accepted, not needed.

    Examples
    --------
    >>> import ngrad
    >>> mean, variance = ngrad.nn.moments([[1.0, 2.0], [3.0, 6.0]], axes=[0])
    >>> mean.numpy(), variance.numpy()
    (array([2., 4.], dtype=float32), array([1., 4.], dtype=float32))
    """
    x = floating(x, "moments")
    over = normal_axes(axes, x.ndim, "moments")
    y = wide(x)
    mean = reduce_mean(y, over, keepdims=True)
    variance = reduce_mean(square(y - mean), over, keepdims)
    mean = mean if keepdims else reduce_mean(y, over)
    return cast_to(mean, x.dtype), cast_to(variance, x.dtype)


def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    offset: Any,
    scale: Any,
    variance_epsilon: float,
    name: str | None = None,
) -> Tensor:
    """scale * (x - mean) / sqrt(variance + variance_epsilon) + offset (Ioffe and Szegedy, 2015).

    `offset` and `scale` may be None. All broadcast with x, whose dtype the result has.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.batch_normalization([1.0, 3.0], 2.0, 1.0, 10.0, 5.0, 0.0).numpy()
    array([ 5., 15.], dtype=float32)
    """
    x = floating(x, "batch_normalization")
    spread = tensor(variance, "batch_normalization", x.dtype, x._layout.device) + variance_epsilon
    factor = rsqrt(spread) if scale is None else rsqrt(spread) * scale
    out = (x - mean) * factor
    return cast_to(out if offset is None else out + offset, x.dtype)
