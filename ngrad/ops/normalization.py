"""Moments, and what is brought to a standard scale by them."""

from __future__ import annotations

from typing import Any

from ngrad.errors import ShapeError
from ngrad.ops.arithmetic import maximum
from ngrad.ops.convert import cast_to, floating, inexact, tensor, wide
from ngrad.ops.extents import integers
from ngrad.ops.frames import frame
from ngrad.ops.joining import pad
from ngrad.ops.norms import squares
from ngrad.ops.power import pow, rsqrt, square
from ngrad.ops.reductions import normal_axes, reduce_sum
from ngrad.ops.statistics import reduce_mean
from ngrad.replayed import replayed
from ngrad.tensor import Tensor


@replayed
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


@replayed
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


@replayed
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


@replayed
def local_response_normalization(
    input: Any, depth_radius: Any = 5, bias: Any = 1, alpha: Any = 1, beta: Any = 0.5,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """x / (bias + alpha * s)**beta, with s the sum of squares of up to `depth_radius` channels on
    either side, and of x itself (Krizhevsky et al., ImageNet Classification, 2012).

    Parameters
    ----------
    input : floating tensor of shape (batch, height, width, channels)
    depth_radius : int
    bias, alpha, beta : number

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.reshape([3.0, 4.0, 12.0], (1, 1, 1, 3))
    >>> ngrad.nn.local_response_normalization(x, depth_radius=1, bias=0).numpy().ravel().round(3)
    array([0.6  , 0.308, 0.949], dtype=float32)
    """
    what = "local_response_normalization"
    x, (radius,) = floating(input, what), integers(depth_radius, what)
    if x.ndim != 4 or radius < 0:
        raise ShapeError(
            f"{what}: takes (batch, height, width, channels) and a radius from 0 on, not shape "
            f"{x._layout.shape} and {radius}"
        )
    y = wide(x)
    near = pad(square(y), [(0, 0)] * 3 + [(radius, radius)])
    total = reduce_sum(frame(near, 2 * radius + 1, 1), -1)
    return cast_to(y / pow(bias + alpha * total, beta), x.dtype)
