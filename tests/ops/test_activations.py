"""Activations, against SciPy and against differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special as sc
from numeric import LAYOUTS, check_gradient, check_second_gradient, grid, laid_out

import ngrad
from ngrad import nn

Array = np.ndarray[Any, Any]

SHAPES = ((), (0,), (7,), (3, 4), (2, 0, 3), (2, 1, 3))
SELU = (1.6732632423543772, 1.0507009873554805)


def _gelu_tanh(x: Array) -> Array:
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


ACTIVATIONS: dict[str, tuple[Callable[..., Any], Callable[[Array], Array]]] = {
    "relu": (nn.relu, lambda x: np.maximum(x, 0)),
    "relu6": (nn.relu6, lambda x: np.clip(x, 0, 6)),
    "leaky_relu": (nn.leaky_relu, lambda x: np.where(x > 0, x, 0.2 * x)),
    "leaky_relu, alpha": (lambda x: nn.leaky_relu(x, 2.0), lambda x: np.where(x > 0, x, 2 * x)),
    "elu": (nn.elu, lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0)))),
    "selu": (
        nn.selu,
        lambda x: SELU[1] * np.where(x > 0, x, SELU[0] * np.expm1(np.minimum(x, 0))),
    ),
    "gelu": (nn.gelu, lambda x: x * sc.ndtr(x)),
    "gelu, approximate": (lambda x: nn.gelu(x, approximate=True), _gelu_tanh),
    "silu": (nn.silu, lambda x: x * sc.expit(x)),
    "silu, beta": (lambda x: nn.swish(x, beta=2.0), lambda x: x * sc.expit(2 * x)),
    "sigmoid": (nn.sigmoid, sc.expit),
    "softplus": (nn.softplus, lambda x: np.logaddexp(0, x)),
    "softsign": (nn.softsign, lambda x: x / (1 + np.abs(x))),
    "tanh": (nn.tanh, np.tanh),
}
each_activation = pytest.mark.parametrize(
    ("function", "reference"), list(ACTIVATIONS.values()), ids=list(ACTIVATIONS)
)


@each_activation
def test_activations(function: Any, reference: Any) -> None:
    for shape in SHAPES:
        x = grid(shape, -8, 8)
        found = function(ngrad.constant(x)).numpy()
        assert np.shape(found) == shape
        np.testing.assert_allclose(found, reference(x), rtol=1e-13, atol=1e-15)
    x = grid((3, 4), -8, 8)
    for how in LAYOUTS:
        found = function(laid_out(x, how)).numpy()
        np.testing.assert_allclose(found, reference(x), rtol=1e-13, atol=1e-15)
    small = function(ngrad.constant(x, ngrad.float32))
    assert small.dtype == np.float32
    np.testing.assert_allclose(small.numpy(), reference(x), rtol=1e-5, atol=1e-6)


@each_activation
def test_activation_gradients(function: Any, reference: Any) -> None:
    for shape in ((), (0,), (3, 4)):
        check_gradient(function, grid(shape, -3.1, 7.9))
        check_second_gradient(function, grid(shape, -3.1, 7.9))


@each_activation
def test_activations_are_finite_wherever_they_should_be(function: Any, reference: Any) -> None:
    x = np.array([-1e4, -800.0, -100.0, 0.0, 100.0, 800.0, 1e4])
    for code in ("f4", "f8"):
        given = ngrad.constant(x.astype(code))
        with np.errstate(over="ignore"):
            expected = reference(x)
        np.testing.assert_allclose(function(given).numpy(), expected, rtol=1e-5, atol=1e-30)
        slope = ngrad.grad(lambda x: ngrad.reduce_sum(function(x)))
        curve = ngrad.grad(lambda x, slope=slope: ngrad.reduce_sum(slope(x)))
        assert np.isfinite(slope(given).numpy()).all()
        assert np.isfinite(curve(given).numpy()).all()


@each_activation
def test_activations_pass_nan_on(function: Any, reference: Any) -> None:
    assert np.isnan(function(ngrad.constant([np.nan, 1.0])).numpy()).tolist() == [True, False]


@pytest.mark.parametrize("code", ["f2", "f4", "f8"])
@pytest.mark.parametrize(
    "function, low, high",
    [
        (nn.elu, (-1, 0), (np.inf, 1)),
        (nn.gelu, (0, 0), (np.inf, 1)),
        (lambda x: nn.gelu(x, approximate=True), (0, 0), (np.inf, 1)),
        (nn.silu, (0, 0), (np.inf, 1)),
        (lambda x: nn.silu(x, -2.0), (-np.inf, 1), (0, 0)),
        (nn.softplus, (0, 0), (np.inf, 1)),
        (nn.softsign, (-1, 0), (1, 0)),
    ],
)
def test_limits_at_infinities(function: Any, low: Any, high: Any, code: str) -> None:
    """Values, slopes, and curves of 0."""
    slope = ngrad.grad(lambda x: ngrad.reduce_sum(function(x)))
    curve = ngrad.grad(lambda x: ngrad.reduce_sum(slope(x)))
    x = ngrad.constant(np.array([-np.inf, np.inf], code))
    found = [f(x).numpy().tolist() for f in (function, slope, curve)]
    assert found == [[low[0], high[0]], [low[1], high[1]], [0, 0]]


def test_softsign_far_out() -> None:
    x = np.array([-1e100, -1e9, 1e9, 1e100])
    slope = ngrad.grad(lambda x: ngrad.reduce_sum(nn.softsign(x)))(x)
    np.testing.assert_allclose(slope, (1.0 + np.abs(x)) ** -2, rtol=1e-15)


@pytest.mark.parametrize(
    "function, at, expected",
    [
        (nn.relu, 0.0, 0.0),
        (nn.relu, -0.0, 0.0),
        (nn.relu6, 0.0, 0.0),
        (nn.relu6, 6.0, 0.0),
        (nn.leaky_relu, 0.0, 0.2),
        (nn.elu, 0.0, 1.0),
        (nn.selu, 0.0, SELU[1]),
        (nn.softsign, 0.0, 1.0),
    ],
)
def test_derivatives_at_kinks(function: Any, at: float, expected: float) -> None:
    slope = ngrad.grad(function)(np.float64(at))
    np.testing.assert_allclose(slope.numpy(), expected, rtol=1e-15)


def test_relu_of_integers() -> None:
    for code in ("i1", "i4", "i8", "u1", "u8"):
        x = np.array([0, 1, 100, 250]).astype(code)
        found = nn.relu(x).numpy()
        assert found.dtype == x.dtype
        np.testing.assert_array_equal(found, np.maximum(x, 0))
