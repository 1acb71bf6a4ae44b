"""Losses of `tf.nn`, computed from logits so that nothing overflows or cancels."""

from __future__ import annotations

import math
from typing import Any

from ngrad.errors import DTypeError, ShapeError
from ngrad.ops.activations import logits_of, shifted
from ngrad.ops.bounds import checked
from ngrad.ops.comparison import greater
from ngrad.ops.convert import cast_to, floating, tensor, wide
from ngrad.ops.elementwise import select
from ngrad.ops.exponential import exp, log, softplus
from ngrad.ops.gather import gather_rows
from ngrad.ops.launching import broadcast_shapes
from ngrad.ops.no_nan import multiply_no_nan
from ngrad.ops.reductions import reduce_sum
from ngrad.replayed import replayed
from ngrad.tensor import Tensor


def _labels_in(labels: Any, logits: Any, what: str) -> Any:
    """Labels as floats of the logits' dtype."""
    return cast_to(tensor(labels, what, logits.dtype, logits._layout.device), logits.dtype)


def _labels_like(labels: Any, logits: Any, what: str) -> Any:
    """The same, which have the logits' shape."""
    y = _labels_in(labels, logits, what)
    if y._layout.shape != logits._layout.shape:
        raise ShapeError(
            f"{what}: labels of shape {y._layout.shape} and logits of shape {logits._layout.shape} "
            "differ"
        )
    return y


@replayed
def softmax_cross_entropy_with_logits(
    labels: Any, logits: Any, axis: Any = -1, name: str | None = None
) -> Tensor:
    """-sum(labels * log_softmax(logits)) along an axis; it flows back to labels, too.

    A label of 0 costs nothing, whatever its logit.

    Parameters
    ----------
    labels : tensor of the shape of logits, or that broadcasts to it
        A distribution along the axis; of any dtype, read as the logits' one.
    logits : floating tensor

    Raises
    ------
    ShapeError
        If labels do not broadcast to the shape of logits.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.softmax_cross_entropy_with_logits([[0.0, 1.0]], [[0.0, 1000.0]]).numpy()
    array([0.], dtype=float32)
    """
    what = "softmax_cross_entropy_with_logits"
    x, at = logits_of(logits, axis, what)
    low = shifted(wide(x), at)
    y, shape = _labels_in(labels, low, what), low._layout.shape
    if broadcast_shapes(what, y._layout, low._layout) != shape:
        raise ShapeError(
            f"{what}: labels of shape {y._layout.shape} do not broadcast to the logits' {shape}"
        )
    costs = log(reduce_sum(exp(low), at, keepdims=True)) - low
    return cast_to(reduce_sum(multiply_no_nan(costs, y), at), x.dtype)


@replayed
def sparse_softmax_cross_entropy_with_logits(
    labels: Any, logits: Any, name: str | None = None
) -> Tensor:
    """-log_softmax(logits) at each label.

    Parameters
    ----------
    labels : integer tensor of shape (...)
    logits : floating tensor of shape (..., classes)

    Raises
    ------
    IndexBoundsError
        If a label is no class.
    ShapeError
        If the shapes do not fit.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.sparse_softmax_cross_entropy_with_logits([1], [[0.0, 0.0]]).numpy()
    array([0.6931472], dtype=float32)
    """
    what = "sparse_softmax_cross_entropy_with_logits"
    x, at = logits_of(logits, -1, what)
    y = tensor(labels, what, None, x._layout.device)
    shape, classes = x._layout.shape[:-1], x._layout.shape[-1]
    if not y.dtype.is_integer:
        raise DTypeError(f"{what}: labels must be integers, not {y.dtype.name}; use ngrad.cast")
    if y._layout.shape != shape:
        raise ShapeError(
            f"{what}: labels of shape {y._layout.shape} do not fit logits of shape "
            f"{x._layout.shape}; there is one label for all classes"
        )
    y = checked(what, y, classes, noun="label")
    low = shifted(wide(x), at)
    own = gather_rows(low, y, len(shape), len(shape))
    return cast_to(log(reduce_sum(exp(low), at)) - own, x.dtype)


@replayed
def sigmoid_cross_entropy_with_logits(labels: Any, logits: Any, name: str | None = None) -> Tensor:
    """-labels * log(sigmoid(logits)) - (1 - labels) * log(1 - sigmoid(logits)), elementwise.

    Both logarithms are softplus functions of the logits: terms of one sign, so no digit is lost.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.sigmoid_cross_entropy_with_logits([1.0, 0.0], [1000.0, 1000.0]).numpy()
    array([   0., 1000.], dtype=float32)
    """
    what = "sigmoid_cross_entropy_with_logits"
    x = floating(logits, what)
    y = _labels_like(labels, x, what)
    return y * softplus(-x) + (1.0 - y) * softplus(x)


@replayed
def weighted_cross_entropy_with_logits(
    labels: Any, logits: Any, pos_weight: Any, name: str | None = None
) -> Tensor:
    """`sigmoid_cross_entropy_with_logits` with the cost of positive labels multiplied by a weight.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.weighted_cross_entropy_with_logits([1.0, 0.0], [0.0, 0.0], 2.0).numpy()
    array([1.3862944, 0.6931472], dtype=float32)
    """
    what = "weighted_cross_entropy_with_logits"
    x = floating(logits, what)
    y = _labels_like(labels, x, what)
    weight = tensor(pos_weight, what, x.dtype, x._layout.device)
    if broadcast_shapes(what, weight._layout, x._layout) != x._layout.shape:
        raise ShapeError(
            f"{what}: pos_weight of shape {weight._layout.shape} does not broadcast to the logits' "
            f"{x._layout.shape}"
        )
    return cast_to(weight, x.dtype) * (y * softplus(-x)) + (1.0 - y) * softplus(x)


def l2_loss(t: Any, name: str | None = None) -> Tensor:
    """Half the sum of squares.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.l2_loss([3.0, 4.0]).numpy()
    np.float32(12.5)
    """
    x = floating(t, "l2_loss")
    y = wide(x)
    return cast_to(0.5 * reduce_sum(y * y), x.dtype)


def log_poisson_loss(
    targets: Any, log_input: Any, compute_full_loss: bool = False, name: str | None = None
) -> Tensor:
    """exp(log_input) - targets * log_input; with Stirling's approximation of log(targets!) where
    these are greater than 1, if the full loss is wanted.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.log_poisson_loss([2.0], [0.0]).numpy()
    array([1.], dtype=float32)
    """
    x = floating(log_input, "log_poisson_loss")
    z = _labels_like(targets, x, "log_poisson_loss")
    found = exp(x) - x * z
    if not compute_full_loss:
        return found
    many = greater(z, 1.0)
    safe = select(many, z, 1.0)
    stirling = safe * log(safe) - safe + 0.5 * log(2.0 * math.pi * safe)
    return found + select(many, stirling, 0.0)
