"""Python numbers that are differentiated with respect to: to a function they are what they are
without that.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ngrad
import ngrad.numpy as ours
from ngrad.errors import DTypeError

SQUARED = ngrad.function(lambda x: x * x)
SINGLE = ngrad.constant([1.0, 2.0])
ROOT = math.sqrt(2.0)


@ngrad.custom_gradient
def steep(x: Any) -> Any:
    return x * x, lambda upstream: upstream * 100.0


FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[float], float]]] = {
    "far out": (lambda x: (x - 1e8) ** 2, lambda x: 2 * (x - 1e8)),
    "arithmetic": (lambda x: -x * 3 / (2.0 + x) - x % 0.7, lambda x: -6 / (2 + x) ** 2 - 1),
    "powers": (lambda x: 2.0**x + x**3, lambda x: math.log(2.0) * 2.0**x + 3 * x * x),
    "reflected": (lambda x: (1.0 - x) / 2.0 + 1 / x, lambda x: -0.5 - 1 / x**2),
    "modulus": (lambda x: abs(-x) + divmod(x, 0.3)[1], lambda x: 2.0),
    "chosen": (lambda x: max(x, 0.1) * (x if x > 0.2 else 1.0), lambda x: 2 * x),
    "parts": (lambda x: x.real * x.conjugate() + x.imag, lambda x: 2 * x),
    "ours": (lambda x: ours.log(ours.exp(400 * x) + 1.0), lambda x: 400.0),
    "numpy's": (lambda x: np.sin(x) + np.float64(2.0) * x, lambda x: math.cos(x) + 2),
    "numpy's arrays": (lambda x: (np.arange(3.0) * x).sum() + np.ones(2) @ (np.ones(2) * x),
                       lambda x: 5.0),
    "function": (lambda x: SQUARED(x) * x, lambda x: 3 * x * x),
    "closure": (lambda x: ngrad.function(lambda y: y * y * x)(x), lambda x: 3 * x * x),
    "mapped": (lambda x: ngrad.vmap(lambda v: v * x)(ours.ones(3)).sum(), lambda x: 3.0),
    "custom": (steep, lambda x: 100.0),
    "array of it": (lambda x: ours.array([x, 2.0 * x, x * x]).sum(), lambda x: 3 + 2 * x),
    "assigned": (lambda x: ours.zeros(2).at[0].set(x).sum() + ours.full(2, x)[1], lambda x: 2.0),
    "inner": (lambda x: ngrad.grad(lambda y: x * y * y)(x), lambda x: 4 * x),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_a_python_number(name: str) -> None:
    """Their value is what they give of the number itself; the derivative has Python's precision."""
    function, derivative = FUNCTIONS[name]
    for x in (0.37, 1e8 + 1.0) if name == "far out" else (0.37, 1.4):
        value, slope = ngrad.value_and_grad(function)(x)
        expected = function(x)
        np.testing.assert_array_equal(value, expected)
        assert getattr(expected, "dtype", np.dtype(float)) == value.dtype
        assert slope.dtype == ngrad.float64 and slope.shape == ()
        single = value.dtype == ngrad.float32
        np.testing.assert_allclose(slope, derivative(x), 1e-6 if single else 1e-13)
        np.testing.assert_allclose(
            ngrad.jvp(function, (x,), (1.0,))[1], slope, 1e-6 if single else 1e-14
        )
        np.testing.assert_array_equal(ngrad.vjp(function, x)[1](1.0)[0], slope)
        np.testing.assert_allclose(ngrad.jacobian(function)(x), slope, 1e-6 if single else 1e-14)


def test_beside_tensors_it_has_their_precision() -> None:
    def energy(scale: Any, x: Any) -> Any:
        return ngrad.reduce_sum(ngrad.sin(x * scale))

    value, slope = ngrad.value_and_grad(energy)(ROOT, SINGLE)
    assert value.dtype == energy(ROOT, SINGLE).dtype == ngrad.float32
    np.testing.assert_array_equal(value, energy(ROOT, SINGLE))
    np.testing.assert_allclose(slope, math.cos(ROOT) + 2 * math.cos(2 * ROOT), 1e-6)
    nest = {"scale": 0.1, "x": np.array([1.0, 2.0])}
    loss: Callable[[Any], Any] = lambda p: ours.sum(ours.exp(p["x"] * p["scale"]))  # noqa: E731
    value, slopes = ngrad.value_and_grad(loss)(nest)
    assert value == loss(nest) and slopes["scale"].dtype == ngrad.float64
    x = nest["x"]
    np.testing.assert_allclose(slopes["scale"], (x * np.exp(0.1 * x)).sum(), 1e-14)  # type: ignore[operator]


def test_complex_numbers() -> None:
    assert complex(ngrad.grad(lambda z: (z * z.conjugate() * z.real).real)(1 + 2j)) == 7 + 4j
    slope = ngrad.grad(lambda z: z**3 + ours.exp(z), holomorphic=True)(1j)
    np.testing.assert_allclose(complex(slope), -3 + np.exp(1j), 1e-15)


def test_functions_record_one_that_is_followed_once() -> None:
    f = ngrad.function(lambda x: x * x * x)
    slopes = [float(ngrad.grad(f)(x)) for x in (1.0, 2.0, 3.0)]
    assert slopes == [3.0, 12.0, 27.0] and f(2.0) == 8.0 and f.traces == 2
    assert float(ngrad.grad(ngrad.grad(f))(2.0)) == 12.0


def test_results_of_one_element() -> None:
    x = np.array([1.0, 2.0])
    value, slope = ngrad.value_and_grad(lambda x: x.reshape(1, -1) @ x.reshape(-1, 1))(x)
    assert value.shape == (1, 1)
    np.testing.assert_array_equal(slope, 2 * x)


@pytest.mark.parametrize(
    "function", [ours.argmax, lambda x: ours.allclose(x, x), lambda x: 1, lambda x: x.astype(int)]
)
def test_what_has_no_derivative_is_refused(function: Callable[[Any], Any]) -> None:
    with pytest.raises(DTypeError, match=r"grad: the function's value is (int|bool)"):
        ngrad.grad(function)(np.array([2.0]))


@pytest.mark.parametrize(
    "function",
    [lambda p: 3.0, lambda p: float(p["x"][0]) * 2.0, lambda p: np.asarray(p["x"]).sum()],
)
def test_a_value_that_depends_on_nothing_warns(function: Callable[[Any], Any]) -> None:
    given = {"none": None, "x": np.ones(2), "weight": ngrad.Variable([1.0])}
    with pytest.warns(UserWarning, match="grad: the function's value does not depend") as noted:
        slopes = ngrad.grad(function)(given)
    assert noted[0].filename == __file__
    assert slopes["none"] is None
    np.testing.assert_array_equal(slopes["x"], [0.0, 0.0])
    np.testing.assert_array_equal(slopes["weight"], [0.0])


@pytest.mark.filterwarnings("error")
def test_what_depends_on_some_of_it_does_not_warn() -> None:
    slopes = ngrad.grad(lambda x, y: y * y, argnums=(0, 1))(1.0, 2.0)
    assert [float(slope) for slope in slopes] == [0.0, 4.0]
    assert float(ngrad.grad(ngrad.grad(lambda x: 2.0 * x))(1.0)) == 0.0
