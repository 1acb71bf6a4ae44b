"""Complex numbers from end to end: the convention of gradients, Python's numbers, conversions."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numeric import assert_same_bits, check_gradient, recorded

import ngrad
import ngrad.numpy as ours
from ngrad import constant
from ngrad.errors import DTypeError
from ngrad.ops.scans import LINEAR
from ngrad.record import apply

Z = np.array([1.5 - 0.5j, -0.25 + 2j])


def test_the_gradient_of_a_real_value_points_where_it_grows() -> None:
    z = constant(Z)
    out, tape = recorded(lambda z: ngrad.reduce_sum(ngrad.abs(z) ** 2), z)
    np.testing.assert_allclose(tape.gradient(out, z).numpy(), 2 * Z)


HOLOMORPHIC: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "square": (lambda z: z * z, lambda z: 2 * z),
    "exp": (ngrad.exp, np.exp),
    "quotient": (lambda z: 1.0 / z, lambda z: -1 / z**2),
    "by a complex number": (lambda z: z * 2j, lambda z: 2j + 0 * z),
}


@pytest.mark.parametrize("name", HOLOMORPHIC)
def test_a_complex_target_counts_as_its_real_part(name: str) -> None:
    function, derivative = HOLOMORPHIC[name]
    z = constant(Z)
    out, tape = recorded(function, z, persistent=True)
    np.testing.assert_allclose(tape.gradient(out, z).numpy(), derivative(Z).conj())
    jacobian = tape.jacobian(out, z).numpy()
    np.testing.assert_allclose(jacobian, np.diag(derivative(Z).conj()), atol=1e-15)
    seed = constant(np.array([1j, 2 - 1j]))
    given = tape.gradient(out, z, output_gradients=seed).numpy()
    np.testing.assert_allclose(given, seed.numpy() * derivative(Z).conj())
    slope = ngrad.grad(function, holomorphic=True)(Z[0])
    np.testing.assert_allclose(slope.numpy(), derivative(Z[0]))
    second = ngrad.grad(ngrad.grad(function, holomorphic=True), holomorphic=True)(Z[1])
    h = 1e-6
    expected = (derivative(Z[1] + h) - derivative(Z[1] - h)) / (2 * h)
    np.testing.assert_allclose(second.numpy(), expected, rtol=1e-8, atol=1e-8)


ON_CUTS = [complex(2 * a, 0.0 * b) for a in (1, -1) for b in (1, -1)]
"""Either side of the cuts of asin, acos and acosh; turned, of that of asinh."""


@pytest.mark.parametrize("name", ["asin", "acos", "acosh", "asinh"])
@pytest.mark.parametrize("point", ON_CUTS, ids=str)
def test_derivatives_on_a_branch_cut_are_those_of_its_side(name: str, point: complex) -> None:
    """Against differences along the cut."""
    function = getattr(ngrad, name)
    first = ngrad.grad(function, holomorphic=True)
    unit = 1j if name == "asinh" else 1
    h = 1e-6

    def moved(by: float) -> Any:
        x = point.real + by
        return constant(complex(point.imag, x) if name == "asinh" else complex(x, point.imag))

    for f, derivative in ((function, first), (first, ngrad.grad(first, holomorphic=True))):
        expected = (complex(f(moved(h))) - complex(f(moved(-h)))) / (2 * h * unit)
        np.testing.assert_allclose(complex(derivative(moved(0))), expected, rtol=1e-8, atol=1e-8)


def test_without_holomorphic_a_complex_value_has_no_gradient() -> None:
    with pytest.raises(DTypeError, match=r"complex128.*real part or modulus.*holomorphic=True"):
        ngrad.grad(lambda z: z * z)(1j)
    with pytest.raises(DTypeError, match=r"grad: an argument is float64; .* they are complex"):
        ngrad.grad(lambda z: z * z, holomorphic=True)(1.0)
    with pytest.raises(DTypeError, match="holomorphic function is complex, not float64"):
        ngrad.grad(abs, holomorphic=True)(1j)


def test_real_operands_have_real_gradients() -> None:
    x = np.array([0.3, -1.2])
    turned = constant(np.array([1j, 2 - 1j]))
    check_gradient(lambda x: ngrad.abs(x * turned + 1.0), x)
    check_gradient(lambda x: ngrad.cast(ngrad.cast(x, "c16") * turned, "f8"), x)


def test_users_python_speaks_of_gradients() -> None:
    """As tapes do, on both sides."""

    @ngrad.custom_gradient
    def squared(z: Any) -> Any:
        return z * z, lambda g: g * ngrad.math.conj(2.0 * z)

    @ngrad.kernel_op
    def doubled(z: Any) -> Any:
        return ngrad.TensorSpec(z.shape, z.dtype)

    @doubled.cpu
    def _(z: Any, out: Any) -> None:
        out[...] = 2j * z

    @doubled.vjp
    def _(g: Any, out: Any, z: Any) -> Any:
        return g * ngrad.math.conj(constant(2j))

    def own(z: Any) -> Any:
        return doubled(squared(z))

    z = constant(Z)
    for function in (own, lambda z: z * z * 2j):
        out, tape = recorded(lambda z, f=function: ngrad.math.imag(f(z)), z)
        np.testing.assert_allclose(tape.gradient(out, z).numpy(), (4j * Z * -1j).conj())


def test_pythons_complex_numbers_are_weak_and_no_part_of_a_structure() -> None:
    x = constant([1.0, 2.0])
    assert (x * 1j).dtype == np.complex64 and (constant(Z) + 1).dtype == np.complex128
    assert (constant([1, 2]) * 1j).dtype == np.complex128
    for number in (1j, 2j):  # where the first one ran, the next finds other values there
        (x * number).numpy()
    before = ngrad.stats()
    for number in (2 + 1j, complex(1.0, -0.0), complex(1.0, 0.0)):
        out = (x * number).numpy()
        assert_same_bits(out, np.array([1.0, 2.0], "f4") * np.complex64(number))
    since = ngrad.stats() - before
    assert since.planned == since.compiled == 0


def test_a_function_of_complex_numbers() -> None:
    @ngrad.function
    def turned(x: Any, number: Any) -> Any:
        return ngrad.abs(x * number), number * 2

    for number in (1j, 3 - 4j):
        found, double = turned(constant([1.0, 2.0]), number)
        assert found.numpy().tolist() == [abs(number), 2 * abs(number)]
        assert found.dtype == np.float32 and double == 2 * number and type(double) is complex


def test_conversions() -> None:
    z = constant(Z)
    assert z[0].item() == complex(z[0]) == Z[0] and z.tolist() == Z.tolist()
    assert type(z[0].numpy()) is np.complex128 and f"{z[0]:.1f}" == "1.5-0.5j"
    assert repr(z[1]) == "<Tensor -0.25+2.j, shape=(), dtype=complex128>"
    with pytest.raises(TypeError):
        float(z[0])
    for same in (pickle.loads(pickle.dumps(z)), copy.deepcopy(z), ngrad.from_dlpack(z)):
        assert_same_bits(same, Z)
    assert_same_bits(np.from_dlpack(z), Z)
    assert_same_bits(ngrad.cast(z, ngrad.int8), np.array([1, 0], "i1"))
    assert constant([1, 2j]).dtype == np.complex128
    assert ngrad.Variable(1j).assign_add(2).numpy() == 2 + 1j


def test_conjugate_transposes() -> None:
    x = ngrad.constant(np.array([[1 + 1j, 2.0], [3j, 4 - 1j], [0.0, -2j]]))
    for found in (ngrad.transpose(x, conjugate=True), ngrad.linalg.adjoint(x)):
        np.testing.assert_array_equal(found, x.numpy().conj().T)
    np.testing.assert_array_equal(ngrad.transpose([[1, 2]], [0, 1], conjugate=True), [[1, 2]])
    check_gradient(lambda x: ngrad.transpose(x, conjugate=True), x.numpy())


def test_adjoint_products() -> None:
    x = np.random.default_rng(0).standard_normal((3, 2)) + 1j * np.arange(6).reshape(3, 2)
    found = ngrad.matmul(x, x, adjoint_a=True)
    np.testing.assert_allclose(found.numpy(), x.conj().T @ x)
    check_gradient(lambda x: ngrad.matmul(x, x, adjoint_b=True), x)


def by_parts(x: complex, y: complex) -> complex:
    """The product as it stands: Python's, from 3.14 on, finds infinities where this has none."""
    return complex(x.real * y.real - x.imag * y.imag, x.real * y.imag + x.imag * y.real)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_products_with_infinities_are_those_of_the_parts(dtype: str) -> None:
    x, y = complex(np.inf, np.nan), complex(0.25, -0.5)
    assert not np.isfinite(by_parts(x, y).real)
    pair, zero = np.array([x, y], dtype), np.zeros(1, dtype)
    expected = np.array([by_parts(x, y)], dtype)
    z = constant(pair)
    assert_same_bits((z[:1] * z[1:]).numpy(), expected)
    assert_same_bits(ngrad.reduce_prod(z, keepdims=True).numpy(), expected)
    assert_same_bits(ngrad.math.cumprod(z)[1:].numpy(), expected)
    assert_same_bits(ours.convolve(z[:1], z[1:]).numpy(), expected)
    a, b = constant(np.append(zero, pair[1:])), constant(np.append(pair[:1], zero))
    assert_same_bits(apply(LINEAR, (a, b))[1:].numpy(), expected)
