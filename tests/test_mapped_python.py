"""Functions with gradients of users' own, and users' kernels, mapped over a batch."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest
from numeric import Array, assert_same_bits
from second import second
from test_kernel_ops import product, product_by_loops, product_of_rows
from test_together import MATRIX, ROW, V, custom, with_variable

import ngrad
import ngrad.numpy as np_
from ngrad import GradientTape, TensorSpec, constant, kernel_op
from ngrad.errors import TraceError

W = constant([0.5, 2.0, 1.5, -1.0], dtype="float64")


def mapped_programs() -> dict[str, Callable[..., Any]]:
    act = custom(lambda g, out, x: g * (1.0 - out * out) * x, ngrad.tanh)([])
    two = custom(lambda g, out, x, w: (g * w * out, g * x * 3.0), ngrad.multiply)([])
    var = with_variable([])
    alone = custom(lambda g, out, x: ngrad.clip_by_value(g, -0.5, 0.5))([])

    def of_example(row: Any, w: Any) -> Any:
        f = ngrad.custom_gradient(lambda w: (w * 1.0, lambda g: g * row))
        return ngrad.reduce_sum(f(w) * row)

    def of_others(row: Any, w: Any) -> Any:
        inner = ngrad.custom_gradient(lambda q: (q * 1.0, lambda h: h * row))
        f = ngrad.custom_gradient(lambda x: (x * 1.0, inner))
        return ngrad.reduce_sum(f(row) * row * w)

    @ngrad.custom_gradient
    def of_arrays(x: Any) -> Any:
        array = np_.array(x)
        array[1:] *= 2.0
        slope = lambda g: ngrad.convert_to_tensor(np_.array(g) * array)  # noqa: E731
        return ngrad.convert_to_tensor(array), slope

    @ngrad.custom_gradient
    def later(x: Any) -> Any:
        slope = lambda g: g * squared  # noqa: E731
        squared = x * x
        return x * 1.0, slope

    return {
        "arrays that are written to": lambda row, w: ngrad.reduce_sum(of_arrays(row) * w),
        "what is made later": lambda row, w: ngrad.reduce_sum(later(row) * row * w),
        "a closure over an example, of what is the same for all": of_example,
        "a gradient function with one of its own": of_others,
        "a closure": lambda row, w: ngrad.reduce_sum(act(row) * row),
        "what is the same for all": lambda row, w: ngrad.reduce_sum(two(row, w) * row),
        "a variable": lambda row, w: ngrad.reduce_sum(var(row * w)),
        "one after another": lambda row, w: ngrad.reduce_sum(act(two(act(row), act(w)))),
        "no closure": lambda row, w: ngrad.reduce_sum(alone(row * w)),
    }


MAPPED = mapped_programs()


@pytest.mark.parametrize("name", MAPPED)
def test_gradients_of_mapped_functions(name: str) -> None:
    """First and second ones, and through a map of a map, as of a loop; in a `function` too."""
    f, x = MAPPED[name], constant(MATRIX)

    def looped(x: Any) -> Any:
        return sum(f(x[k], W) for k in range(3))

    def at_once(x: Any) -> Any:
        return ngrad.reduce_sum(ngrad.vmap(f, (0, None))(x, W))

    def twice(x: Any) -> Any:
        inner = ngrad.vmap(f, (0, None))
        return ngrad.reduce_sum(ngrad.vmap(inner, (0, None))(x[:, None] * [[1.0]], W))

    def derivatives(total: Callable[..., Any], x: Any) -> Any:
        with GradientTape() as outer:
            outer.watch([x, W])
            with GradientTape() as tape:
                tape.watch([x, W])
                y = total(x)
            first = tape.gradient(y, [x, W, V], unconnected_gradients="zero")
        second = outer.jacobian(first[0], [x, W], unconnected_gradients="zero")
        return [*first, *second]

    expected = derivatives(looped, x)
    for found in (
        derivatives(at_once, x),
        derivatives(twice, x),
        ngrad.function(lambda x: derivatives(at_once, x))(x),
    ):
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, 1e-12, 1e-14)


def test_what_was_computed_is_let_go() -> None:
    """At once, and not where Python's collector comes."""
    f, x = MAPPED["a closure"], constant(MATRIX)
    total = lambda x: ngrad.reduce_sum(ngrad.vmap(f, (0, None))(x, W))  # noqa: E731
    gc.collect()
    gc.disable()
    try:
        live = [0, 0]
        for k in range(8):
            ngrad.grad(total)(x).numpy()
            live[k // 4] = ngrad.stats().live_blocks
        assert live[0] == live[1]
    finally:
        gc.enable()


def test_a_mapped_gradient_function_that_asks_for_a_value() -> None:
    f = custom(lambda g, out, x: g * float(x[0]))([])
    total = lambda x: ngrad.reduce_sum(ngrad.vmap(f)(x))  # noqa: E731
    with pytest.raises(TraceError) as caught:
        ngrad.grad(total)(constant(MATRIX))
    assert "which was mapped over a batch" in caught.value.__notes__[0]
    each = ngrad.vmap(ngrad.grad(lambda row: ngrad.reduce_sum(looking(row))))(constant(MATRIX))
    np.testing.assert_array_equal(each, np.full((3, 4), 2.0))


@ngrad.custom_gradient
def looking(x: Any) -> Any:
    return x * 1.0, lambda g: g * 2.0


# -- kernels ---------------------------------------------------------------------------------------


def of_method(method: str | None) -> tuple[Any, list[tuple[tuple[int, ...], ...]]]:
    """A product in plain Python, which notes the shapes that it is called with."""
    shapes: list[tuple[tuple[int, ...], ...]] = []

    @kernel_op(vmap_method=method)
    def f(x: Any, y: Any, *, scale: float = 1.0) -> Any:
        return TensorSpec(np.broadcast_shapes(x.shape, y.shape), x.dtype)

    @f.cpu
    def _(x: Any, y: Any, scale: float, out: Any) -> None:
        shapes.append((x.shape, y.shape, out.shape))
        np.multiply(x, y * scale, out)

    @f.vjp
    def _(g: Any, out: Any, x: Any, y: Any, *, scale: float) -> Any:
        return g * y * scale, g * x * scale

    return f, shapes


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (None, [((4,), (4,), (4,))] * 3),
        ("sequential", [((4,), (4,), (4,))] * 3),
        ("expand_dims", [((3, 4), (1, 4), (3, 4))]),
        ("broadcast_all", [((3, 4), (3, 4), (3, 4))]),
    ],
)
def test_how_a_kernel_goes_over_a_batch(method: str | None, expected: Any) -> None:
    f, shapes = of_method(method)
    x, y = constant(MATRIX), constant(ROW)
    found = ngrad.vmap(lambda row: f(row, y, scale=2.0))(x)
    np.testing.assert_array_equal(found, MATRIX * (ROW * 2.0))
    assert shapes == expected
    total = lambda x, y: ngrad.reduce_sum(  # noqa: E731
        ngrad.vmap(lambda row: f(row, y, scale=2.0))(x) ** 2
    )
    for a, b in zip(
        ngrad.grad(total, (0, 1))(x, y),
        ngrad.grad(lambda x, y: ngrad.reduce_sum((x * y * 2.0) ** 2), (0, 1))(x, y),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, 1e-12)


def test_a_method_that_there_is_not() -> None:
    with pytest.raises(ValueError, match=r"vmap_method is one of .*'expand_dims'.*, not 'all'"):
        kernel_op(vmap_method="all")(lambda x: x)


@kernel_op
def scaled_rows(x: Any, y: Any, *, scale: float) -> Any:
    """By a generalised ufunc, of operands of two ranks and a number."""
    return TensorSpec(x.shape, x.dtype)


@scaled_rows.cpu
@numba.guvectorize("(n),(),()->(n)")
def _(x: Any, y: Any, scale: Any, out: Any) -> None:
    for k in range(x.size):
        out[k] = x[k] * y * scale


@scaled_rows.vjp
def _(g: Any, out: Any, x: Any, y: Any, *, scale: float) -> Any:
    return scaled_rows(g, y, scale=scale), ngrad.reduce_sum(g * x * scale, -1)


KERNELS: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[Array, ...], int]] = {
    # name -> (program, the same without kernels, arrays, calls of a kernel for a batch of 3)
    "elementwise": (product, ngrad.multiply, (MATRIX, MATRIX + 1.0), 1),
    "elementwise, of several ranks": (product, ngrad.multiply, (ROW, MATRIX), 1),
    "elementwise, of numbers": (lambda x: product(x, 2.0), lambda x: x * 2.0, (ROW,), 1),
    "rows": (product_of_rows, ngrad.multiply, (ROW, MATRIX), 1),
    "rows and numbers": (
        lambda x, y: scaled_rows(x, y, scale=3.0),
        lambda x, y: x * y[:, None] * 3.0,
        (MATRIX, MATRIX[:, 0]),
        1,
    ),
    "loops": (product_by_loops, ngrad.multiply, (MATRIX, MATRIX + 1.0), 3),
}


@pytest.mark.parametrize("axes", [(0, 0), (0, None), (None, 0)])
@pytest.mark.parametrize("name", KERNELS)
def test_kernels_over_a_batch(name: str, axes: tuple[int | None, int | None]) -> None:
    """Values, gradients and Jacobians, mapped once and twice, as those of ngrad's own ops."""
    f, own, arrays, count = KERNELS[name]
    axes = axes[: len(arrays)]
    if axes == (None,):
        return
    draw = np.random.default_rng(0)
    given = [
        constant(a if axis is None else a + draw.normal(size=(3, *a.shape)))
        for a, axis in zip(arrays, axes, strict=True)
    ]
    with ngrad.profile() as profile:
        found = ngrad.vmap(f, axes)(*given)
        ngrad.eval(found)
    ran = ("product", "product_of_rows", "product_by_loops", "scaled_rows")
    assert sum(event.name in ran for event in profile.events) == count
    assert_same_bits(found.numpy(), ngrad.vmap(own, axes)(*given).numpy())

    def twice(g: Callable[..., Any], *xs: Any) -> Any:
        pairs = zip(xs, axes, strict=True)
        both = [x if axis is None else ngrad.stack([x, 2.0 * x]) for x, axis in pairs]
        return ngrad.vmap(ngrad.vmap(g, axes), axes)(*both)

    for mapped in (lambda g, *xs: ngrad.vmap(g, axes)(*xs), twice):
        slopes = [
            ngrad.grad(
                lambda *xs, g=g, mapped=mapped: ngrad.reduce_sum(mapped(g, *xs) ** 2),
                range(len(given)),
            )(*given)
            for g in (f, own)
        ]
        for a, b in zip(*slopes, strict=True):
            np.testing.assert_allclose(a, b, 1e-12, 1e-14)


def test_another_device() -> None:
    """As declared; without a form for it, once where the CPU's goes over a batch."""
    second()
    x, calls = constant(MATRIX).to_device("cuda:7"), []
    for method, count in ((None, 3), ("expand_dims", 1)):

        @kernel_op(vmap_method=method)
        def doubled(x: Any) -> Any:
            return TensorSpec(x.shape, x.dtype)

        doubled.cpu(np.negative)

        @doubled.cuda
        def _(stream: Any, x: Any, out: Any) -> None:
            calls.append(x.shape)
            np.multiply(x, 2.0, out)

        calls.clear()
        found = ngrad.vmap(doubled)(x)
        np.testing.assert_array_equal(found, 2.0 * MATRIX)
        assert found.device == "cuda:7" and len(calls) == count

    @kernel_op
    def squared(x: Any) -> Any:
        return TensorSpec(x.shape, x.dtype)

    squared.cpu(np.square)
    with pytest.warns(RuntimeWarning, match="squared: has no form for cuda") as warned:
        np.testing.assert_array_equal(ngrad.vmap(squared)(x), MATRIX**2)
    assert len(warned) == 1
