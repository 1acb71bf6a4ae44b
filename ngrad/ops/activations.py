"""Activations of `tf.nn`: functions of one number, and softmax."""

from __future__ import annotations

import math
from typing import Any

from ngrad.dtypes import float32
from ngrad.errors import ShapeError
from ngrad.ops.arithmetic import abs_, sign
from ngrad.ops.comparison import equal, greater, greater_equal, less
from ngrad.ops.convert import cast_to, floating, tensor, wide
from ngrad.ops.elementwise import elementwise, select
from ngrad.ops.exponential import exp, expm1, log, sigmoid, softplus
from ngrad.ops.hyperbolic import tanh
from ngrad.ops.identity import stop_gradient
from ngrad.ops.joining import concat
from ngrad.ops.reductions import reduce_max, reduce_sum
from ngrad.ops.shape import normal_axis
from ngrad.ops.special import erfc
from ngrad.replayed import replayed
from ngrad.tensor import Tensor

__all__ = [
    "crelu", "elu", "gelu", "leaky_relu", "log_softmax", "relu", "relu6", "selu", "sigmoid", "silu",
    "softmax", "softplus", "softsign", "tanh",
]  # fmt: skip

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946
"""The fixed point of Klambauer et al., Self-Normalizing Neural Networks (2017)."""


@elementwise
def relu_(x: Any) -> Any:
    """max(x, 0), NaN of NaN; its derivative at 0 is 0, as TensorFlow's."""


@relu_.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    return (select(greater(out, 0.0), g, 0.0),)


def relu(features: Any, name: str | None = None) -> Tensor:
    """max(features, 0), NaN of NaN; its derivative at 0 is 0.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.relu([-1.0, 3.0]).numpy()
    array([0., 3.], dtype=float32)
    """
    return relu_(features)


def relu6(features: Any, name: str | None = None) -> Tensor:
    """features kept between 0 and 6; the derivative at both is 0.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.relu6([-1.0, 3.0, 9.0]).numpy()
    array([0., 3., 6.], dtype=float32)
    """
    x = relu(features)
    return select(greater_equal(x, 6), 6, x)


def leaky_relu(features: Any, alpha: float = 0.2, name: str | None = None) -> Tensor:
    """features where positive, alpha * features elsewhere; the derivative at 0 is alpha. Integers
    are float32 first.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.leaky_relu([-1.0, 3.0]).numpy()
    array([-0.2,  3. ], dtype=float32)
    """
    x = tensor(features, "leaky_relu")
    x = floating(cast_to(x, float32) if x.dtype.is_integer else x, "leaky_relu")
    return select(greater(x, 0.0), x, alpha * x)


@replayed
def elu(features: Any, name: str | None = None) -> Tensor:
    """features where positive, e**features - 1 elsewhere; the derivative is continuous.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.elu([-1e3, 3.0]).numpy()
    array([-1.,  3.], dtype=float32)
    """
    return _elu(floating(features, "elu"), 1.0)


@replayed
def selu(features: Any, name: str | None = None) -> Tensor:
    """scale * features where positive, scale * alpha * (e**features - 1) elsewhere.

    The derivative at 0 is scale, as in TensorFlow. Constants: Klambauer et al., Self-Normalizing
    Neural Networks (2017).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.selu([0.0, 1.0]).numpy()
    array([0.      , 1.050701], dtype=float32)
    """
    return SELU_SCALE * _elu(floating(features, "selu"), SELU_ALPHA)


def _elu(x: Any, alpha: float) -> Any:
    negative = less(x, 0.0)
    # What is positive does not reach the exponential: its overflow would come back as 0 * inf.
    below = expm1(select(negative, x, 0.0))
    return select(negative, below if alpha == 1.0 else alpha * below, x)


@replayed
def gelu(features: Any, approximate: bool = False, name: str | None = None) -> Tensor:
    """features times the probability that a normal number is less (Hendrycks and Gimpel, 2016).

    Parameters
    ----------
    approximate : bool
        Use the authors' formula with tanh, not the error function.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.gelu([-1.0, 1.0]).numpy()
    array([-0.15865526,  0.8413447 ], dtype=float32)
    """
    x = floating(features, "gelu")
    if approximate:
        near = _near(x, 10.0)  # beyond, tanh is 1, and the cube could overflow
        inner = math.sqrt(2.0 / math.pi) * (near * (1.0 + 0.044715 * (near * near)))
        return _gated(x, 0.5 * (1.0 + tanh(inner)))
    near = _near(x, 800.0)  # so that no slope of the share is multiplied by inf
    return _gated(x, 0.5 * erfc(-math.sqrt(0.5) * near))


def _near(x: Any, far: float) -> Any:
    """x kept between -far and far, NaN of NaN: a comparison each, where a minimum takes two."""
    x = select(greater(x, far), far, x)
    return select(less(x, -far), -far, x)


@replayed
def silu(features: Any, beta: float = 1.0, name: str | None = None) -> Tensor:
    """features * sigmoid(beta * features), also known as swish.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.silu([0.0, 2.0]).numpy()
    array([0.       , 1.7615942], dtype=float32)
    """
    x = floating(features, "silu")
    scaled = x if type(beta) in (int, float) and beta == 1 else beta * x
    # At an infinity, from which the gate lets all pass, its slope is no 0 that is multiplied by x.
    return _gated(x, sigmoid(select(greater(scaled, 800.0), 800.0, scaled)))


def _gated(x: Any, share: Any) -> Any:
    """x times a share of it, of which nothing is nothing, of an infinity too."""
    return select(equal(share, 0.0), 0.0, x) * share


@replayed
def softsign(features: Any, name: str | None = None) -> Tensor:
    """features / (1 + |features|).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.softsign([-1.0, 3.0]).numpy()
    array([-0.5 ,  0.75], dtype=float32)
    """
    x = floating(features, "softsign")
    size = abs_(x)
    far = greater(size, 1.0)
    rest = 1.0 / (1.0 + size)  # to 1; far out its slope does not cancel, and nothing is inf / inf
    return select(far, sign(x) * (1.0 - rest), select(far, 0.0, x) * rest)


# -- along an axis -----------------------------------------------------------------------------


def logits_of(value: Any, axis: Any, what: str) -> tuple[Any, int]:
    """Logits as a tensor, and the axis of the classes counted from the front."""
    x = floating(value, what)
    if x.ndim == 0:
        raise ShapeError(f"{what}: logits must have at least one axis")
    return x, normal_axis(axis, x.ndim, what)


def shifted(x: Any, axis: int) -> Any:
    """Logits less their largest, which leaves every softmax as it is and lets none overflow."""
    if x._layout.shape[axis] == 0:
        return x
    return x - stop_gradient(reduce_max(x, axis, keepdims=True))


@replayed
def softmax(logits: Any, axis: Any = -1, name: str | None = None) -> Tensor:
    """e**logits divided by its sum along an axis; a logit of -inf has a share of exactly 0.

    A row of nothing but -inf, or with an inf, is NaN, as in TensorFlow.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.softmax([1000.0, 1000.0, -float("inf")]).numpy()
    array([0.5, 0.5, 0. ], dtype=float32)
    """
    x, at = logits_of(logits, axis, "softmax")
    powers = exp(shifted(wide(x), at))
    return cast_to(powers / reduce_sum(powers, at, keepdims=True), x.dtype)


@replayed
def log_softmax(logits: Any, axis: Any = -1, name: str | None = None) -> Tensor:
    """The logarithm of `softmax`, exact where that underflows.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.log_softmax([0.0, -1000.0]).numpy()
    array([    0., -1000.], dtype=float32)
    """
    x, at = logits_of(logits, axis, "log_softmax")
    low = shifted(wide(x), at)
    return cast_to(low - log(reduce_sum(exp(low), at, keepdims=True)), x.dtype)


def crelu(features: Any, axis: Any = -1, name: str | None = None) -> Tensor:
    """`relu` of features and of their negatives, side by side along an axis.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.nn.crelu([-1.0, 3.0]).numpy()
    array([0., 3., 1., 0.], dtype=float32)
    """
    x = tensor(features, "crelu")
    return concat([relu(x), relu(-x)], axis)
