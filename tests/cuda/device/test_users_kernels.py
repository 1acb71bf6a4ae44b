"""Users' `@cuda.jit` kernels as ops: on our memory and streams, in order with all else."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from device_work import Thread
from numba import cuda

import ngrad
from ngrad import TensorSpec, kernel_op
from ngrad.devices import device_of

pytestmark = pytest.mark.filterwarnings("ignore:.*under-utilization")  # Numba's, of small grids

GPU = "cuda:0"
X = np.linspace(0.5, 2.0, 12, dtype=np.float32).reshape(3, 4)


@cuda.jit
def multiply(x: Any, y: Any, factor: Any, out: Any) -> None:
    k = cuda.grid(1)
    if k < out.size:
        i, j = k // out.shape[1], k % out.shape[1]
        out[i, j] = x[i, j] * y[i, j] * factor


@kernel_op
def product(x: Any, y: Any, *, factor: int = 1) -> Any:
    return TensorSpec(x.shape, x.dtype)


@product.cpu
def _(x: Any, y: Any, factor: int, out: Any) -> None:
    np.multiply(x * y, np.float32(factor), out)


@product.cuda
def _(stream: Any, x: Any, y: Any, factor: int, out: Any) -> None:
    multiply[2, 8, stream](x, y, factor, out)


@product.vjp
def _(g: Any, out: Any, x: Any, y: Any, *, factor: int) -> Any:
    return product(g, y, factor=factor), product(g, x, factor=factor)


@cuda.jit
def shift(x: Any, out: Any) -> None:
    k = cuda.grid(1)
    if k < out.size:
        out[k] = x[k] + x[(k + 1) % out.size]


@kernel_op
def neighbours(x: Any) -> Any:
    """The sum of each element and the next; the derivative is ngrad's code."""
    return TensorSpec(x.shape, x.dtype)


@neighbours.cpu
def _(x: Any, out: Any) -> None:
    np.add(x, np.roll(x, -1), out)


@neighbours.cuda
def _(stream: Any, x: Any, out: Any) -> None:
    shift.forall(out.size, stream=stream)(x, out)


@neighbours.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    return g + ngrad.roll(g, 1, 0)


# -- programs --------------------------------------------------------------------------------------


def views(x: Any) -> Any:
    return product(ngrad.transpose(x)[::-1], ngrad.broadcast_to(x[1, :1], (4, 3)), factor=3)


def slope(x: Any) -> Any:
    with ngrad.GradientTape() as outer:
        outer.watch(x)
        with ngrad.GradientTape() as tape:
            tape.watch(x)
            y = product(product(x + 1.0, x, factor=2), x)
        first = tape.gradient(y, x)
    return y, first, outer.gradient(first, x)


def rows(x: Any) -> Any:
    x = x[0]
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        y = neighbours(neighbours(x) * x)
    return tape.jacobian(y, x)


def recorded(x: Any) -> Any:
    return ngrad.function(slope)(x)


def on_gpu(program: Callable[[Any], Any]) -> Any:
    with ngrad.device(GPU):
        return program(ngrad.constant(X))


def values(found: Any) -> list[Any]:
    return [x.numpy() for x in (found if isinstance(found, (list, tuple)) else [found])]


@pytest.mark.parametrize("program", [views, slope, rows, recorded])
def test_programs(program: Callable[[Any], Any]) -> None:
    """Forward, backward and again, over views; the CPU's numbers."""
    expected = values(program(ngrad.constant(X)))
    for _ in range(2):
        found = on_gpu(program)
        for x, y in zip(values(found), expected, strict=True):
            np.testing.assert_allclose(x, y, 1e-6)


def test_their_order_and_memory() -> None:
    """What they read was written by what was queued before, by whichever thread, and what they
    wrote is read after; memory that is let go meanwhile is not written to before.
    """
    other = Thread()
    x = on_gpu(lambda x: x * 2.0)
    for k in range(4):
        x = product(x, on_gpu(lambda x: x * 0.5)) + float(k)
        x = other.do(lambda x: product(x * 1.0, x - x + 1.0), x)
        ngrad.eval(x)
    expected = X * 2.0
    for k in range(4):
        expected = expected * (X * np.float32(0.5)) + np.float32(k)
    np.testing.assert_allclose(x, expected, 1e-5)
    other.end()


def test_a_warm_loop_allocates_nothing_and_waits_for_nothing() -> None:
    """What lies between them is replayed: their results come again at the same addresses."""
    counts: list[dict[str, int]] = []

    def fit(x: Any) -> Any:
        w, rate = ngrad.Variable(X), ngrad.constant(0.01)
        for _ in range(10):
            with ngrad.GradientTape() as tape:
                loss = ngrad.reduce_sum(product(w, x) ** 2)
            w.assign_sub(rate * tape.gradient(loss, w))
            ngrad.eval(w)
            counts.append(dict(device_of(GPU).target.counters))
        return w

    found = on_gpu(fit).numpy()
    np.testing.assert_allclose(found, fit(ngrad.constant(X)).numpy(), 1e-6)
    before, after = counts[6], counts[9]
    for what in ("allocations", "launches", "copies", "synchronisations", "waits"):
        assert after[what] == before[what], what
    assert after["replays"] == before["replays"] + 6


def _raises(stream: Any, x: Any, out: Any) -> None:
    raise RuntimeError("no grid")


@pytest.mark.parametrize(
    "launcher, kind, message",
    [
        (_raises, RuntimeError, "no grid"),
        (lambda stream, x, out: x, TypeError, "broken: its kernel returned .*; it must write its"),
    ],
    ids=["raises", "returns"],
)
def test_a_launcher_that_fails_is_named(launcher: Any, kind: Any, message: str) -> None:
    @kernel_op
    def broken(x: Any) -> Any:
        return TensorSpec(x.shape, x.dtype)

    broken.cuda(launcher)
    with pytest.raises(kind, match=message) as found:
        on_gpu(lambda x: broken(x).numpy())
    assert found.value.__notes__ == ["in kernel op broken(float32[3, 4] on cuda:0)"]


def test_arrays_beside_tensors() -> None:
    x = ngrad.constant(X).to_device(GPU)
    for found in (product(x, X), product(X, x)):
        assert found.device == GPU
        np.testing.assert_array_equal(found, X * X)


def test_the_documents_example() -> None:
    text = (Path(__file__).parents[3] / "docs" / "kernels.md").read_text()
    (source,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    scope: dict[str, Any] = {"tf": ngrad}
    exec(source, scope)

    def program(x: Any) -> Any:
        x, y = ngrad.reshape(x, [-1]), ngrad.reshape(x * x, [-1])
        a = ngrad.constant(0.5)
        with ngrad.GradientTape() as tape:
            tape.watch([x, y, a])
            out = scope["axpy"](x, y, a)
        return [out, *tape.gradient(out, [x, y, a])]

    x = X.ravel()
    expected = [x + 0.5 * x * x, np.ones(12), np.full(12, 0.5), (x * x).sum()]
    for found, right in zip(values(on_gpu(program)), expected, strict=True):
        np.testing.assert_allclose(found, right, 1e-6)
