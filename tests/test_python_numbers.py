"""Python numbers that are differentiated with respect to, and what a function may return."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ngrad
import ngrad.numpy as ours
from ngrad.errors import DTypeError, ShapeError

CUBED = ngrad.function(lambda x: x * x * x)


@ngrad.custom_gradient
def steep(x: Any) -> Any:
    return x * x, lambda upstream: upstream * 100.0


FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[float], float]]] = {
    "far out": (lambda x: (x - 1e8) ** 2, lambda x: 2 * (x - 1e8)),
    "arithmetic": (lambda x: -x * 3 / (2.0 + x) - x % 0.7, lambda x: -6 / (2 + x) ** 2 - 1),
    "powers": (lambda x: 2.0**x + x**3, lambda x: math.log(2.0) * 2.0**x + 3 * x * x),
    "reflected": (lambda x: (1.0 - x) / 2.0 + 1 / x, lambda x: -0.5 - 1 / x**2),
    "chosen": (lambda x: max(x, 0.1) * (x if x > 0.2 else 1.0), lambda x: 2 * x),
    "ours": (lambda x: ours.log(ours.exp(400 * x) + 1.0), lambda x: 400.0),
    "numpy's": (lambda x: np.sin(x) + np.float64(2.0) * x, lambda x: math.cos(x) + 2),
    "numpy's arrays": (lambda x: np.sum(np.arange(3.0) * x + x * np.ones(3)), lambda x: 6.0),
    "function": (lambda x: CUBED(x) * x, lambda x: 4 * x**3),
    "closure": (lambda x: ngrad.function(lambda y: y * y * x)(x), lambda x: 3 * x * x),
    "mapped": (lambda x: ngrad.vmap(lambda v: v * x)(ours.ones(3)).sum(), lambda x: 3.0),
    "custom": (lambda x: steep(x), lambda x: 100.0),
    "array of it": (lambda x: ours.array([x, 2.0 * x, x * x]).sum(), lambda x: 3 + 2 * x),
    "assigned": (lambda x: ours.zeros(2).at[0].set(x).sum() + ours.full(2, x)[1], lambda x: 2.0),
    "inner": (lambda x: ngrad.grad(lambda y: x * y * y)(x), lambda x: 4 * x),
    "of tensors": (lambda x: ngrad.sin(x) * ngrad.constant(2.0), lambda x: 2 * math.cos(x)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_a_python_number(name: str) -> None:
    """All in Python's precision, also where a `function` takes it to the derivative."""
    function, derivative = FUNCTIONS[name]
    for x in (0.37, 1e8 + 1.0) if name == "far out" else (0.37, 1.4):
        value, slope = ngrad.value_and_grad(function)(x)
        assert value.dtype == slope.dtype == ngrad.float64 and slope.shape == ()
        if name not in ("of tensors", "custom", "function"):  # which make float32 of a number
            np.testing.assert_allclose(value, function(x), 1e-15)
        np.testing.assert_allclose(slope, derivative(x), 1e-13)
        np.testing.assert_allclose(ngrad.vjp(function, x)[1](0.1)[0], 0.1 * slope, 1e-15)
        np.testing.assert_allclose(ngrad.jacobian(function)(x), slope, 1e-15)
        if name != "chosen":  # by a value, which a recording has none of
            np.testing.assert_allclose(ngrad.function(ngrad.grad(function))(x), slope, 1e-15)
        if name != "inner":
            np.testing.assert_allclose(ngrad.jvp(function, (x,), (0.1,))[1], 0.1 * slope, 1e-14)


@pytest.mark.parametrize(
    ("beside", "dtype"),
    [
        ((ngrad.constant([1.0, 2.0]),), "f4"),
        ((np.ones(2, "f4"), np.ones(2, int)), "f4"),
        ((np.ones(2, "f2"),), "f4"),
        ((np.ones(2, "c8"),), "f4"),
        ((np.ones(2, "f4"), ours.ones(2)), "f8"),
        ((np.ones(2, "c16"),), "f8"),
        ((np.arange(2), True, "text", None), "f8"),
        ((np.array(["a"]), np.array([None]), np.longdouble(1.0), np.float32), "f8"),
        (({"x": [ngrad.constant([1.0])]},), "f4"),
    ],
)
def test_beside_arrays_it_has_their_precision(beside: tuple[Any, ...], dtype: str) -> None:
    seen = []
    slope = ngrad.grad(lambda x, *_: seen.append(x) or x * x)(0.1, *beside)
    assert seen[0].dtype == slope.dtype == np.dtype(dtype)
    assert float(slope) == float(np.dtype(dtype).type(0.1) * 2)
    if dtype == "f8":
        nest = {"x": 0.1, "other": beside}
        slopes = ngrad.grad(lambda nest: nest["x"] ** 2)({"x": 0.1, "y": [ours.ones(2)]})
        assert float(slopes["x"]) == 0.2 and nest is not None


def test_complex_numbers() -> None:
    slope = ngrad.grad(lambda z: abs(z) ** 2 * z.real)(1 + 2j)
    np.testing.assert_allclose(complex(slope), 7 + 4j, 1e-15)
    slope = ngrad.grad(lambda z: z**3 + ours.exp(z), holomorphic=True)(1j)
    np.testing.assert_allclose(complex(slope), -3 + np.exp(1j), 1e-15)


def test_results_of_one_element() -> None:
    x = np.array([1.0, 2.0])
    value, slope = ngrad.value_and_grad(lambda x: x.reshape(1, -1) @ x.reshape(-1, 1))(x)
    assert value.shape == (1, 1)
    np.testing.assert_array_equal(slope, 2 * x)
    for result in (lambda x: [x[0]], lambda x: (x[0], x)):
        with pytest.raises(ShapeError, match=r"one number, not a (list|tuple).*has_aux"):
            ngrad.grad(result)(x)


@pytest.mark.parametrize(
    "function",
    [ours.argmax, lambda x: ours.allclose(x, x), lambda x: x > 0, lambda x: x.astype(int)],
)
def test_what_has_no_derivative_is_refused(function: Callable[[Any], Any]) -> None:
    with pytest.raises(DTypeError, match=r"grad: the function's value is (int|bool)"):
        ngrad.grad(function)(np.array([2.0]))


@pytest.mark.parametrize(
    "function",
    [
        lambda p: 3.0,
        lambda p: max(0, -1),
        lambda p: float(p["x"][0]) * 2.0,
        lambda p: np.asarray(p["x"]).sum(),
    ],
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
    line = ngrad.grad(lambda x: 2.0 * x)
    recorded = ngrad.function(line)
    for slope in (line, recorded, recorded, ngrad.jacobian(lambda x: 2.0 * x)):
        assert float(ngrad.grad(slope)(1.0)) == 0.0


def test_a_number_that_is_recorded_keeps_its_precision_to_a_power() -> None:
    exponents = np.array([1.0, 2.0])
    found = ngrad.function(lambda x: x**exponents)(1.19)
    np.testing.assert_allclose(found, 1.19**exponents, 1e-15)


def test_parts_of_a_number_that_is_recorded() -> None:
    parts = ngrad.function(lambda z: [z.real, z.imag, z.conjugate() * 2.0])
    for z in (1.5, 2 - 3j):
        assert parts(z) == [z.real, z.imag, z.conjugate() * 2.0]


RECORDED: dict[str, Callable[[Any, Any], Any]] = {
    "operator": lambda x, s: [s * s, 1] - x,
    "nest": lambda x, s: x * ((s, 2.0), [3, s]),
    "great": lambda x, s: x * [s, 2**40],
    "concat": lambda x, s: ngrad.concat([x, [s, s]], 0),
    "stack": lambda x, s: ngrad.stack([[s, 0.1], x]),
    "where": lambda x, s: ngrad.where(x > 1.5, x, [s, s]),
    "maximum": lambda x, s: ngrad.maximum(x, [s, s]),
    "tensordot": lambda x, s: ngrad.tensordot(x, [s, s], 1),
    "einsum": lambda x, s: ngrad.einsum("i,i->", x, [s, s]),
    "matmul": lambda x, s: x[None] @ [[s], [s]],
    "beside a tensor": lambda x, s: ngrad.convert_to_tensor([[s, 0.1], [x[0], s]]),
    "alone": lambda x, s: ngrad.convert_to_tensor([s, 0.1, 2**40]),
    "of both kinds": lambda x, s: ngrad.constant([s, 0.1, 1j]),
    "set": lambda x, s: x.at[:2].set([s, s]),
    "padding": lambda x, s: ngrad.pad(x, [(1, 1)], constant_values=s),
    "of a dtype": lambda x, s: ngrad.constant([s, s], x.dtype),
    "as integers": lambda x, s: ngrad.constant([s, 1], "int32"),
}


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "int32"])
@pytest.mark.parametrize("name", RECORDED)
@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
def test_nests_of_numbers_that_are_recorded(name: str, dtype: str) -> None:
    """They have the dtype and the bits of the nest of the numbers, or are refused as that is."""
    x = ngrad.constant([1, 2], dtype)

    def found(function: Callable[[Any, Any], Any], number: Any) -> Any:
        try:
            result = function(x, number)
        except DTypeError:
            return DTypeError
        return result.dtype, result.numpy().tobytes()

    for number in (1.7, 1.7 + 0.3j):
        assert found(ngrad.function(RECORDED[name]), number) == found(RECORDED[name], number)
