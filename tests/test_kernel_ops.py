"""Users' kernels as ops: what they are given, their derivatives, and where they may stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest
from second import second

import ngrad
from ngrad import GradientTape, TensorSpec, constant, kernel_op
from ngrad.dtypes import float64
from ngrad.errors import DeviceError, NumericsError
from ngrad.graph.batch import batched
from ngrad.graph.graph import Graph
from ngrad.graph.layout import layout
from ngrad.plans import counters
from ngrad.record import traced

X = np.linspace(0.5, 2.0, 6).reshape(2, 3)


# -- ops of each kind of kernel that Numba makes ---------------------------------------------------


def like(x: TensorSpec, y: TensorSpec) -> TensorSpec:
    return TensorSpec(np.broadcast_shapes(x.shape, y.shape), x.dtype)


@kernel_op
def product(x: Any, y: Any) -> Any:
    """By a ufunc."""
    return like(x, y)


@product.cpu
@numba.vectorize
def _(x: Any, y: Any) -> Any:
    return x * y


@product.vjp
def _(g: Any, out: Any, x: Any, y: Any) -> Any:
    return g * y, g * x


@kernel_op
def product_of_rows(x: Any, y: Any) -> Any:
    """By a generalised ufunc."""
    return like(x, y)


@product_of_rows.cpu
@numba.guvectorize("(n),(n)->(n)")
def _(x: Any, y: Any, out: Any) -> None:
    for k in range(x.size):
        out[k] = x[k] * y[k]


@product_of_rows.vjp
def _(g: Any, out: Any, x: Any, y: Any) -> Any:
    return product_of_rows(g, y), product_of_rows(g, x)


@kernel_op
def product_by_loops(x: Any, y: Any) -> Any:
    """By a plain function."""
    return like(x, y)


@product_by_loops.cpu
@numba.njit
def _(x: Any, y: Any, out: Any) -> None:
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            out[i, j] = x[i, j] * y[i, j]


@product_by_loops.vjp
def _(g: Any, out: Any, x: Any, y: Any) -> Any:
    return g * out / x, product(g, x)


PRODUCTS = (product, product_of_rows, product_by_loops)


@kernel_op
def split(x: Any, row: Any, *, power: int = 2) -> Any:
    """A power of a row, and which elements of it are large: two results, of two dtypes."""
    return TensorSpec(x.shape[1:], x.dtype), TensorSpec(x.shape[1:], np.bool_)


@split.cpu
@numba.njit
def _(x: Any, row: Any, power: Any, out: Any, large: Any) -> None:
    for k in range(x.shape[1]):
        out[k] = x[row[()], k] ** power
        large[k] = out[k] > 1.0


@split.vjp
def _(g: Any, out: Any, x: Any, row: Any, *, power: int) -> Any:
    slope = g[0] * float(power) * x[int(row)] ** (power - 1)
    rows = ngrad.reshape(ngrad.equal(ngrad.range(x.shape[0]), ngrad.cast(row, "int32")), [-1, 1])
    return ngrad.where(rows, slope, 0.0), None


@pytest.mark.parametrize("op", PRODUCTS, ids=str)
def test_operands_are_read_where_they_lie(op: Any) -> None:
    """In whichever order, and of either dtype."""
    for code in ("f4", "f8"):
        x = X.astype(code)
        for operands in ((x, x), (x[::-1], x[:, ::-1]), (np.asfortranarray(x), x)):
            tensors = [constant(value) for value in (*operands, x)]
            tensors.append(ngrad.transpose(constant(x.T.copy())))
            tensors.append(ngrad.broadcast_to(constant(x[0]), x.shape))
            for a in tensors:
                for b in tensors:
                    found = op(a, b)
                    assert found.dtype == np.dtype(code)
                    np.testing.assert_array_equal(found, a.numpy() * b.numpy())


def test_nothing_is_copied_and_inputs_are_read_only() -> None:
    seen: list[Any] = []

    @kernel_op
    def negated(x: Any) -> Any:
        return TensorSpec(x.shape, x.dtype)

    @negated.cpu
    def _(x: Any, out: Any) -> None:
        seen[:] = [x, out]
        np.negative(x, out)

    x = constant(X) * 2.0
    y = negated(x[1])
    assert not seen[0].flags.writeable and seen[1].flags.writeable
    assert np.shares_memory(seen[0], np.asarray(x))
    assert np.shares_memory(seen[1], np.asarray(y))
    np.testing.assert_array_equal(y, -2.0 * X[1])


# -- derivatives -----------------------------------------------------------------------------------


def ways() -> dict[str, Callable[[Callable[..., Any]], Callable[..., Any]]]:
    """How a function of tensors may be called."""

    def eagerly(f: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any) -> Any:
            ngrad.config.set_eager(True)
            try:
                return f(*args)
            finally:
                ngrad.config.set_eager(False)

        return called

    return {"deferred": lambda f: f, "eager": eagerly, "function": ngrad.function}


def slopes(f: Callable[..., Any], *args: Any) -> Any:
    with GradientTape() as tape:
        tape.watch(args)
        y = f(*args)
    return tape.gradient(y, args)


@pytest.mark.parametrize("way", ways())
@pytest.mark.parametrize("op", PRODUCTS, ids=str)
def test_derivatives_of_any_order(op: Any, way: str) -> None:
    """Of sin(x * y), to the third, against the same with ngrad's own product."""

    def third(product: Callable[..., Any], x: Any, y: Any) -> Any:
        first = lambda x, y: ngrad.sin(product(x * 1.5, y))  # noqa: E731
        second = lambda x, y: slopes(first, x, y)[0]  # noqa: E731
        return [
            *slopes(first, x, y),
            *slopes(second, x, y),
            *slopes(lambda x, y: slopes(second, x, y)[1], x, y),
        ]

    x, y = constant(X), constant(X[::-1] + 0.1)
    expected = third(ngrad.multiply, x, y)
    called = ways()[way](lambda x, y: third(op, x, y))
    for _ in range(3):
        for found, right in zip(called(x, y), expected, strict=True):
            np.testing.assert_allclose(found, right, 1e-12, 1e-14)


@pytest.mark.parametrize("way", ways())
def test_several_results_a_parameter_and_integers(way: str) -> None:
    def program(x: Any, row: Any) -> Any:
        with GradientTape() as tape:
            tape.watch(x)
            out, large = split(x, row, power=3)
            y = ngrad.where(large, out, 0.0)
        return out, large, tape.gradient(y, x)

    x = constant(X)
    for _ in range(2):
        out, large, slope = ways()[way](program)(x, 1)
        np.testing.assert_allclose(out, X[1] ** 3)
        assert large.tolist() == [True, True, True]
        np.testing.assert_allclose(slope, [np.zeros(3), 3 * X[1] ** 2])
    assert split(x, 0)[1].tolist() == [False, False, True]


@pytest.mark.parametrize("op", PRODUCTS, ids=str)
def test_jacobians(op: Any) -> None:
    """And of a gradient too."""
    x, y = constant(X), constant(X + 1.0)
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape(persistent=True) as tape:
            tape.watch(x)
            z = op(x, op(x, y))
        whole = tape.jacobian(z, x)
        slope = tape.gradient(z, x)
    np.testing.assert_allclose(
        ngrad.reshape(whole, (6, 6)), np.diag((2 * X * (X + 1)).ravel()), 1e-14
    )
    second = outer.jacobian(slope, x)
    np.testing.assert_allclose(ngrad.reshape(second, (6, 6)), np.diag((2 * X + 2).ravel()), 1e-14)


@pytest.mark.parametrize(("op", "calls"), list(zip(PRODUCTS, (1, 1, 4), strict=True)), ids=str)
def test_calls_for_a_batch(op: Any, calls: int) -> None:
    """One of what goes over leading axes by itself, as universal functions do."""
    graph = Graph()
    x, y = (graph.input(layout(float64, (2, 3))) for _ in range(2))
    graph.outputs = (traced(graph, lambda: graph.apply(op._op, (x, y), ())).index,)
    found = batched(graph, (True, False), 4)
    names = [getattr(node.op, "name", node.op) for node in found.nodes]
    assert names.count(op._op.name) == calls
    found.verify()


def test_a_derivative_is_not_kept() -> None:
    """What a user's Python closes over may change; how its steps run is planned once."""
    factor = 1.0

    @kernel_op
    def scaled(x: Any) -> Any:
        return TensorSpec(x.shape, x.dtype)

    @scaled.cpu
    def _(x: Any, out: Any) -> None:
        np.multiply(x, factor, out)

    scaled.vjp(lambda g, out, x: g * factor)
    x = constant(X)
    planned = 0
    for k in range(6):
        factor = float(k)
        with GradientTape() as tape:
            tape.watch(x)
            y = ngrad.reduce_sum(ngrad.exp(scaled(x * x)))
        slope = tape.gradient(y, x)
        np.testing.assert_allclose(y, np.exp(factor * X**2).sum())
        np.testing.assert_allclose(slope, 2 * X * factor * np.exp(factor * X**2))
        if k == 2:
            planned = counters["planned"]
    assert counters["planned"] == planned


def test_a_function_calls_the_kernel_at_every_call() -> None:
    calls: list[int] = []

    @kernel_op
    def counted(x: Any) -> Any:
        return TensorSpec(x.shape, x.dtype)

    @counted.cpu
    def _(x: Any, out: Any) -> None:
        calls.append(1)
        out[...] = x + len(calls)

    f = ngrad.function(lambda x: counted(x) * 2.0)
    x = constant([1.0])
    assert [float(f(x)[0]) for _ in range(3)] == [4.0, 6.0, 8.0]
    assert f.traces == 1


def test_parameters_that_are_equal_and_not_the_same() -> None:
    @ngrad.kernel_op
    def told(x: Any, *, by: Any) -> Any:
        return TensorSpec(x.shape, x.dtype)

    @told.cpu
    def _(x: Any, by: Any, out: Any) -> None:
        out[...] = len(type(by).__name__) * np.copysign(1.0, by)

    @told.vjp
    def _(g: Any, out: Any, x: Any, by: Any) -> Any:
        return g * len(type(by).__name__)

    for _ in range(2):
        for by, found in ((1, 3.0), (1.0, 5.0), (True, 4.0), (0.0, 5.0), (-0.0, -5.0)):
            v = ngrad.Variable([1.0])
            with GradientTape() as tape:
                y = told(v, by=by)
            assert y.numpy() == found and tape.gradient(y, v).numpy() == abs(found)


def test_parameters_of_any_name() -> None:
    @ngrad.kernel_op
    def scaled(
        x: Any, *, results: float, batched: float, size: int = 1, lead: int = 1, op: int = 1
    ) -> Any:
        return TensorSpec(x.shape, x.dtype)

    scaled.cpu(lambda x, results, batched, *_: np.multiply(x, results * batched, _[-1]))
    scaled.vjp(lambda g, out, x, results, batched, **_: g * (results * batched))
    f = lambda x: scaled(x, results=2.0, batched=3.0)  # noqa: E731
    total = lambda x: ngrad.reduce_sum(f(x))  # noqa: E731
    np.testing.assert_array_equal(ngrad.grad(total)(X), np.full(X.shape, 6.0))
    np.testing.assert_array_equal(ngrad.jacobian(f)(X[0]), 6.0 * np.eye(3))
    np.testing.assert_array_equal(ngrad.vmap(f)(constant(X)), 6.0 * X)


def test_numbers_have_the_dtype_of_the_others() -> None:
    found = product(constant(X), 0.1)
    np.testing.assert_array_equal(found, X * 0.1)
    assert product(constant(X, "float32"), 0.1).dtype == np.float32
    assert product(2.0, 3.0).numpy() == np.float32(6.0)
    f = ngrad.function(lambda x, a: product(x, a))
    np.testing.assert_array_equal(f(constant(X), 0.1), X * 0.1)
    v = ngrad.Variable(X)
    with GradientTape() as tape:
        y = ngrad.reduce_sum(product(v, 3))
    np.testing.assert_array_equal(tape.gradient(y, v), np.full((2, 3), 3.0))


def test_numbers_have_a_dtype_of_their_kind() -> None:
    seen: list[str] = []

    @kernel_op
    def told(*operands: Any) -> Any:
        seen[:] = [x.dtype.name for x in operands]
        return TensorSpec((), np.float64)

    told.cpu(lambda *arrays: None)
    told(constant(X, "float32"), 1, 0.5, True, np.float32(1.0))
    assert seen == ["float32", "int32", "float32", "bool", "float32"]
    told(constant([1], "int8"), 1, 0.5)
    assert seen == ["int8", "int8", "float32"]


def test_nothing_is_launched_for_no_elements() -> None:
    @kernel_op
    def never(x: Any) -> Any:
        return TensorSpec(x.shape, x.dtype)

    @never.cpu
    def _(x: Any, out: Any) -> None:
        raise AssertionError

    assert never(ngrad.zeros([0, 3])).shape == (0, 3)


def test_check_numerics_names_it() -> None:
    with (
        ngrad.debug.check_numerics(),
        pytest.raises(NumericsError, match=r"^product_by_loops at .*test_kernel_ops"),
    ):
        product_by_loops(constant([[1e30]]), constant([[1e30]]))


# -- devices ---------------------------------------------------------------------------------------


def test_another_device() -> None:
    """It runs there if it has a form for it; if not, on the CPU, between copies."""
    second()
    x = constant(X).to_device("cuda:7")

    @kernel_op
    def halved(x: Any) -> Any:
        return TensorSpec(x.shape, x.dtype)

    @halved.cpu
    def _(x: Any, out: Any) -> None:
        np.multiply(x, 0.5, out)

    with pytest.warns(RuntimeWarning, match="halved: has no form for cuda"):
        y = halved(x)
    assert y.device == "cuda:7"
    np.testing.assert_array_equal(y, X / 2)

    @kernel_op
    def doubled(x: Any) -> Any:
        return TensorSpec(x.shape, x.dtype)

    @doubled.cuda
    def _(stream: Any, x: Any, out: Any) -> None:
        np.multiply(x, 2.0, out)

    doubled.vjp(lambda g, out, x: doubled(g))
    (slope,) = slopes(lambda x: doubled(x) * x, x)
    assert slope.device == "cuda:7"
    np.testing.assert_array_equal(slope, X * 4)
    with pytest.raises(DeviceError, match=r"doubled: has no form for the CPU.*@doubled\.cpu"):
        doubled(constant(X))
    with pytest.raises(DeviceError, match="product: operands lie on"):
        product(x, constant(X))
