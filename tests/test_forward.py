"""Derivatives along a direction, and functions' derivatives as functions."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numeric import Array, weights
from test_jacobian import PROGRAMS

import ngrad
import ngrad.numpy as np_
from ngrad.autodiff import ForwardAccumulator
from ngrad.errors import DTypeError, ShapeError

STEP = 1e-6


def directions(arrays: tuple[Array, ...]) -> tuple[Array, ...]:
    draw = np.random.default_rng(3)
    return tuple(draw.normal(size=a.shape) for a in arrays)


def along(f: Callable[..., Any], arrays: tuple[Array, ...], tangents: tuple[Array, ...]) -> Array:
    """The central difference."""

    def at(step: float) -> Any:
        moved = (a + step * t for a, t in zip(arrays, tangents, strict=True))
        return f(*map(ngrad.constant, moved)).numpy()

    return np.asarray((at(STEP) - at(-STEP)) / (2 * STEP))


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_jacobian_times_a_tangent(name: str) -> None:
    f, arrays = PROGRAMS[name]
    tangents = directions(arrays)
    value, found = ngrad.jvp(f, arrays, tangents)
    np.testing.assert_array_equal(value, f(*map(ngrad.constant, arrays)))
    np.testing.assert_allclose(found, along(f, arrays, tangents), rtol=1e-7, atol=1e-8)
    parts = ngrad.jacobian(f, range(len(arrays)))(*arrays)
    whole = sum(np.tensordot(j, t, t.ndim) for j, t in zip(parts, tangents, strict=True))
    np.testing.assert_allclose(found, whole, rtol=1e-11, atol=1e-13)
    # And the transpose agrees: <u, J v> is <J^T u, v>.
    cotangent = np.random.default_rng(4).normal(size=found.shape)
    pulled = ngrad.vjp(f, *arrays)[1](cotangent)
    dots = sum(np.vdot(p, t) for p, t in zip(pulled, tangents, strict=True))
    np.testing.assert_allclose(np.vdot(cotangent, found), dots, rtol=1e-11, atol=1e-13)


def test_complex_directions() -> None:
    """Of what is not holomorphic, too: derivatives with respect to real and imaginary parts."""
    z, t = np.array([1 + 2j, -0.5j]), np.array([0.3 - 1j, 2 + 0.1j])

    def f(x: Any) -> Any:
        return x * x * ngrad.math.conj(x) + ngrad.exp(x) * ngrad.cast(ngrad.math.real(x), "c16")

    _, found = ngrad.jvp(f, (z,), (t,))
    np.testing.assert_allclose(found, along(f, (z,), (t,)), rtol=1e-7)


def test_higher_orders() -> None:
    """Hessian times vector; the second derivative along a line; all under an outer tape."""
    x, v = weights((4,)), np.array([1.0, -2.0, 0.5, 3.0])

    def f(x: Any) -> Any:
        return ngrad.reduce_sum(ngrad.sin(x) * ngrad.exp(x[::-1]))

    hessian = ngrad.hessian(f)(x).numpy()
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-12)
    np.testing.assert_allclose(ngrad.jvp(ngrad.grad(f), (x,), (v,))[1], hessian @ v, rtol=1e-12)
    second = ngrad.jvp(lambda x: ngrad.jvp(f, (x,), (v,))[1], (x,), (v,))[1]
    np.testing.assert_allclose(second, v @ hessian @ v, rtol=1e-12)
    point = ngrad.constant(x)
    with ngrad.GradientTape() as tape:
        tape.watch(point)
        slope = ngrad.jvp(f, (point,), (v,))[1]
    np.testing.assert_allclose(tape.gradient(slope, point), hessian @ v, rtol=1e-12)


def test_nothing_is_pulled_back() -> None:
    """Of each layer a product for its value and one for its tangent, as a rule would take."""
    x, v, w = (ngrad.constant(weights((4, 4))) for _ in range(3))
    with ngrad.profile() as profile:
        ngrad.eval(ngrad.jvp(lambda x: _layers(x, w), (x,), (v,)))
    products = [event for event in profile.events if "matmul" in event.name]
    assert len(products) == 4


def _layers(x: Any, w: Any) -> Any:
    return ngrad.tanh(ngrad.tanh(x @ w) @ w)


def test_an_accumulator() -> None:
    """Of a variable and a nest; what depends on no primal has no tangent, or zeros."""
    w, x = ngrad.Variable([1.0, 2.0]), ngrad.constant(3.0)
    primals, tangents = {"w": w, "x": x}, {"w": ngrad.constant([1.0, 0.0]), "x": 2.0}
    with ForwardAccumulator(primals, tangents) as accumulator:
        y, other = w * x, ngrad.ones([2]) * 4.0
        early = accumulator.jvp(y)
    for found in (early, accumulator.jvp(y)):
        np.testing.assert_array_equal(found, [1.0 * 3 + 1 * 2, 2 * 2])
    assert accumulator.jvp([other]) == [None]
    np.testing.assert_array_equal(accumulator.jvp(other, "zero"), [0.0, 0.0])


def test_nests_and_what_is_beside_the_value() -> None:
    def f(pair: Any, scale: float) -> Any:
        return {"sum": pair[0] + pair[1] * scale, "product": pair[0] * pair[1]}, "aside"

    pair = (ngrad.constant(2.0), ngrad.constant(5.0))
    _, tangent, aux = ngrad.jvp(lambda p: f(p, 3.0), (pair,), ((1.0, 0.5),), has_aux=True)
    assert (float(tangent["sum"]), float(tangent["product"]), aux) == (2.5, 6.0, "aside")
    _, pullback, _ = ngrad.vjp(lambda p: f(p, 3.0), pair, has_aux=True)
    for _ in range(2):  # as often as is wanted
        (slopes,) = pullback({"sum": 1.0, "product": 2.0})
        assert [float(s) for s in slopes] == [1 + 2 * 5, 3 + 2 * 2]
    found, aux = ngrad.jacobian(f, has_aux=True)(pair, 3.0)
    assert [float(s) for s in found["product"]] == [5.0, 2.0] and aux == "aside"
    slopes = ngrad.hessian(lambda x, y: x * x * y, argnums=(0, 1))(2.0, 5.0)
    assert [[float(s) for s in row] for row in slopes] == [[10.0, 4.0], [4.0, 0.0]]
    slopes = ngrad.grad(lambda x, y: x * y, argnums=(0, 1, -2))(2.0, 5.0)
    assert [float(s) for s in slopes] == [5.0, 2.0, 5.0]


@pytest.mark.parametrize("way", ["eager", "function", "numpy"])
def test_ways_to_run(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    x, v = np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 1.0])

    def f(x: Any) -> Any:
        return x * x[0] + ngrad.tanh(x)

    expected = ngrad.jvp(f, (x,), (v,))[1].numpy()
    if way == "function":
        run = ngrad.function(lambda x, v: ngrad.jvp(f, (x,), (v,))[1])
        found = [run(ngrad.constant(x), ngrad.constant(v)) for _ in range(2)]
    elif way == "eager":
        before = ngrad.config.eager()
        ngrad.config.set_eager(True)
        try:
            found = [ngrad.jvp(f, (x,), (v,))[1]]
        finally:
            ngrad.config.set_eager(before)
    else:
        found = [ngrad.jvp(lambda x: x * x[0] + np_.tanh(x), (np_.array(x),), (np_.array(v),))[1]]
        assert isinstance(found[0], np_.ndarray)
    for tangent in found:
        np.testing.assert_array_equal(tangent, expected)


@pytest.mark.parametrize("traced", [False, True])
def test_what_is_around_hears_of_tangents_after_it_has_ended(traced: bool) -> None:
    def seconds(x: Any) -> Any:
        one = ngrad.ones_like(x)
        with ForwardAccumulator(x, one) as outer, ForwardAccumulator(x, one) as inner:
            y = x**3.5
        with ngrad.GradientTape() as tape:
            tape.watch(x)
            with ForwardAccumulator(x, one) as beside:
                z = x**3.5
        return outer.jvp(inner.jvp(y)), tape.gradient(beside.jvp(z), x)

    found = (ngrad.function(seconds) if traced else seconds)(ngrad.constant(1.1, "f8"))
    np.testing.assert_allclose(found, 2 * [3.5 * 2.5 * 1.1**1.5], rtol=1e-14)


def test_a_tape_that_gave_its_gradient_does_not_hear_of_tangents() -> None:
    x = ngrad.constant(1.1)
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        with ForwardAccumulator(x, ngrad.constant(1.0)) as accumulator:
            y = x * x
    slope = tape.gradient(y, x)
    assert float(accumulator.jvp(y)) == float(slope)
    with pytest.raises(RuntimeError, match="gives one gradient"):
        tape.gradient(y, x)


def assigned(x: Any) -> Any:
    """NumPy's code, in which what y names is x itself."""
    y = x
    y += 1.0
    return np_.sum(x * y)


def test_numpys_arrays_are_those_of_its_spelling() -> None:
    """Each of its own: what is assigned to it does not reach the caller's."""
    x = np.array([1.0, 2.0, 3.0])
    expected = [4.0, 6.0, 8.0]  # of (x + 1)**2, where `x * y` had been of x and x + 1
    found = [
        ngrad.grad(assigned)(x),
        ngrad.grad(lambda x: (x * x + 2 * x).sum())(x),
        ngrad.value_and_grad(assigned)(x)[1],
        ngrad.jacobian(assigned)(x),
        ngrad.vjp(assigned, x)[1](1.0)[0],
        ngrad.grad(ngrad.function(lambda x: (x * x + 2 * x).sum()))(x),
        ngrad.grad(lambda y, x: assigned(x), argnums=1)(0.0, x),
        ngrad.grad(lambda nest: assigned(nest[0]["x"]))([{"x": x}])[0]["x"],
    ]
    np.testing.assert_array_equal(x, [1.0, 2.0, 3.0])
    for slope in found:
        assert isinstance(slope, np_.ndarray) and slope.dtype == np.float64
        np.testing.assert_array_equal(slope, expected)
    second = ngrad.hessian(assigned)(x)
    assert isinstance(second, np_.ndarray)
    np.testing.assert_array_equal(second, 2 * np.eye(3))
    value, tangent = ngrad.jvp(assigned, (x,), (x,))
    assert isinstance(value, np_.ndarray) and isinstance(tangent, np_.ndarray)
    assert (float(value), float(tangent)) == (29.0, 40.0)


def test_numpys_arrays_among_other_arguments_are_too() -> None:
    """By NumPy's own methods what is made of both had no derivative, and the caller's changed."""
    x, m = np.array([1.0, 2.0, 3.0]), np.arange(9.0).reshape(3, 3)

    def placed(a: Any, b: Any) -> Any:
        b[0] = a[0]
        return (b * b).sum()

    other = np.ones(3)
    for found, expected in (
        (ngrad.grad(lambda a, m: m.dot(a).sum())(x, m), m.sum(0)),
        (ngrad.grad(lambda a, m=None: m.dot(a).sum())(x, m=m), m.sum(0)),
        (ngrad.grad(lambda a, given: given["m"].dot(a).sum())(x, {"m": m, "n": 3}), m.sum(0)),
        (ngrad.grad(lambda m, a: m.dot(a).sum(), argnums=np.int64(1))(m, x), m.sum(0)),
        (ngrad.jacobian(lambda a, m: m.dot(a))(x, m), m),
        (ngrad.jacobian(lambda a, m=None: m.dot(a))(x, m=m), m),
        (ngrad.hessian(lambda a, m: a.dot(m.dot(a)))(x, m), m + m.T),
        (ngrad.grad(placed)(x, other), [2.0, 0.0, 0.0]),
    ):
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(other, np.ones(3))
    value, _ = ngrad.value_and_grad(lambda a: a.sum())(x)
    assert isinstance(value, np_.ndarray) and round(value, 1) == 6.0
    noted: list[int] = []
    ngrad.grad(lambda a, noted, text: noted.append(1) or (a * a).sum())(x, noted, np.array("a"))
    assert noted == [1]  # what has no arrays is itself
    with pytest.raises(TypeError, match="there are no masks"):
        ngrad.grad(lambda a: a.sum())(np.ma.masked_array([1.0, 2.0], [0, 1]))


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "c8", "c16"])
def test_numpys_numbers_keep_their_dtype(dtype: str) -> None:
    """A scalar is a number, of which `+=` makes another, and an array without axes is not."""

    def raised(x: Any) -> Any:
        y = x
        y += 1.0
        return (x * y).real

    number = np.dtype(dtype).type(2.0)
    of_number, of_array = ngrad.grad(raised)(number), ngrad.grad(raised)(np.array(number))
    assert (of_number.dtype, of_array.dtype) == (number.dtype, number.dtype)
    assert (complex(of_number), complex(of_array)) == (5.0, 6.0)
    assert repr(of_number).startswith("np.") and repr(of_array).startswith("array")


def test_functions_of_tensors_take_numpys_arrays() -> None:
    """Before `ngrad.numpy` has been imported, too, which a program of tensors never needs."""
    program = """
import sys, numpy, ngrad
assert ngrad.grad(lambda x: ngrad.reduce_sum(x * x))(ngrad.ones([2])).shape == (2,)
assert "ngrad.numpy" not in sys.modules
with ngrad.GradientTape() as tape:
    w = ngrad.Variable([1.0, 2.0])
    slope = ngrad.grad(lambda x: ngrad.reduce_sum(x * x * w))(numpy.ones(2))
assert tape.gradient(slope, w).numpy().tolist() == [2.0, 2.0]
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_none_is_passed_through() -> None:
    """As JAX has it: a part that is not there has no derivative, and that is None, too."""
    w, v = np.array([1.0, 2.0]), np.array([1.0, -1.0])
    parameters, directions = {"bias": None, "w": w}, {"bias": None, "w": v}

    def f(given: Any) -> Any:
        assert given["bias"] is None
        return np_.sum(given["w"] ** 3)

    def check(found: Any, expected: Any) -> None:
        assert found.keys() == {"bias", "w"} and found["bias"] is None
        np.testing.assert_array_equal(found["w"], expected)

    slope, product = 3 * w**2, 6 * w * v
    check(ngrad.grad(f)(parameters), slope)
    check(ngrad.value_and_grad(f)(parameters)[1], slope)
    check(ngrad.jacobian(f)(parameters), slope)
    check(ngrad.vjp(f, parameters)[1](1.0)[0], slope)
    check(ngrad.vjp(ngrad.grad(f), parameters)[1](directions)[0], product)
    check(ngrad.jvp(ngrad.grad(f), (parameters,), (directions,))[1], product)
    assert float(ngrad.jvp(f, (parameters,), (directions,))[1]) == slope @ v
    second = ngrad.hessian(f)(parameters)
    assert second["bias"] is None
    check(second["w"], np.diag(6 * w))
    assert ngrad.grad(lambda x, y: x * x, argnums=(0, 1))(3.0, None)[1] is None
    per_example = ngrad.vmap(ngrad.grad(f))({"bias": None, "w": np.stack([w, v])})
    check(per_example, 3 * np.stack([w, v]) ** 2)
    with pytest.raises(ValueError, match="2 output gradients for 1 targets"):
        ngrad.vjp(f, parameters)[1]([1.0, 2.0])


WRONG: dict[str, tuple[type[Exception], Callable[[], Any], str]] = {
    "no tuple": (TypeError, lambda: ngrad.jvp(ngrad.sin, 1.0, 1.0), "primals are a tuple"),
    "count": (ValueError, lambda: ngrad.jvp(ngrad.add, (1.0, 2.0), (1.0,)), "1 tangents for 2"),
    "shape": (
        ShapeError,
        lambda: ngrad.jvp(ngrad.sin, (ngrad.ones([2]),), (ngrad.ones([3]),)),
        r"tangent of a primal of shape \(2,\) is given one of shape \(3,\)",
    ),
    "complex tangent": (
        DTypeError,
        lambda: ngrad.jvp(ngrad.sin, (1.0,), (1j,)),
        "tangent of a primal of float64 is given one of complex",
    ),
    "complex cotangent": (
        DTypeError,
        lambda: ngrad.vjp(ngrad.sin, 1.0)[1](1j),
        "output gradient of a target of float64 is given one of complex",
    ),
    "integers": (DTypeError, lambda: ngrad.jvp(ngrad.sin, (1,), (1,)), "int32"),
    "integer result": (
        DTypeError,
        lambda: ngrad.jvp(lambda x: ngrad.cast(x, "i4"), (1.0,), (1.0,)),
        "value is int32",
    ),
    "accumulator": (DTypeError, lambda: ForwardAccumulator(ngrad.constant(1), 1), "int32"),
    "argnums": (ValueError, lambda: ngrad.jacobian(ngrad.sin, 1)(1.0), "jacobian: argnums 1"),
    "no scalar": (ShapeError, lambda: ngrad.hessian(ngrad.sin)(ngrad.ones([2])), "one number"),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors(name: str) -> None:
    error, call, match = WRONG[name]
    with pytest.raises(error, match=match):
        call()
