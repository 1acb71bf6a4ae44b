"""What a warm loop on a GPU asks of its driver: nothing but launches."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from device_work import Thread
from evaluating import GPU, bits, evaluated, on_gpu

import ngrad
from ngrad.devices import device_of

X = np.linspace(-2.0, 2.0, 12, dtype=np.float32).reshape(3, 4)


def loss_of(w: Any, b: Any) -> Any:
    return ngrad.reduce_mean((ngrad.tanh(w) * b - 0.5) ** 2)


def slopes(w: Any, b: Any) -> tuple[Any, Any]:
    with ngrad.GradientTape() as tape:
        loss = loss_of(w, b)
    return loss, tape.gradient(loss, [w, b])


Step = Callable[[float], None]


def by_an_optimizer(w: Any, b: Any) -> Step:
    adam = ngrad.optimizers.Adam(0.1)

    def step(rate: float) -> None:
        adam.learning_rate = rate
        _, gradients = slopes(w, b)
        adam.apply_gradients(zip(gradients, [w, b], strict=True))

    return step


def by_hand(w: Any, b: Any) -> Step:
    def step(rate: float) -> None:
        _, (dw, db) = slopes(w, b)
        w.assign_sub(rate * dw)
        b.assign_add(-rate * db + 1e-3)
        b.assign_sub(rate * 1e-3)

    return step


def in_a_function(w: Any, b: Any) -> Step:
    @ngrad.function
    def step(rate: float) -> Any:
        loss, (dw, db) = slopes(w, b)
        w.assign_sub(rate / (1.0 + rate) * dw)
        b.assign_sub(rate * 0.5 * db)
        return loss

    return step


def steadily(w: Any, b: Any) -> Step:
    step = in_a_function(w, b)
    return lambda rate: step(0.1)


def by_a_schedule_in_a_function(w: Any, b: Any) -> Step:
    adam = ngrad.optimizers.Adam(lambda done: 0.1 / (done + 1))

    @ngrad.function
    def step() -> Any:
        loss, gradients = slopes(w, b)
        adam.apply_gradients(zip(gradients, [w, b], strict=True))
        return loss

    return lambda rate: step()


def eagerly(w: Any, b: Any) -> Step:
    by = by_hand(w, b)

    def step(rate: float) -> None:
        with evaluated("eager"):
            by(rate)

    return step


@pytest.fixture(autouse=True)
def no_garbage() -> Iterator[None]:
    """What other tests left is let go before, and not in between, when it would give its memory to
    one of a loop's results, of which a graph then knows nothing.
    """
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def descend(maker: Callable[[Any, Any], Step], steps: int) -> tuple[Any, list[dict[str, int]]]:
    """Steps of a fit by least squares, each with another number; and what the driver was asked for
    up to each.
    """
    w, b, counts = ngrad.Variable(X), ngrad.Variable(X[0]), []
    step = maker(w, b)
    for k in range(steps):
        step(0.3 / (k + 1))
        ngrad.eval(w, b)
        counts.append(dict(device_of(GPU).target.counters))
    return [w.numpy(), b.numpy()], counts


@pytest.mark.parametrize(
    "maker, launches, replays",
    [
        (by_an_optimizer, 1, 2),
        (by_hand, 3, 1),  # an update is one launch, which takes less time than a graph
        (in_a_function, 1, 1),
        (steadily, 0, 1),
        (by_a_schedule_in_a_function, 1, 1),
        (eagerly, None, 1),
    ],
)
def test_a_warm_loop(maker: Callable[[Any, Any], Step], launches: int | None, replays: int) -> None:
    """Its plans are replayed as graphs. The numbers that each needs go with one launch, if others
    than before: none is allocated for, copied, or waited for. And they are the CPU's.
    """
    # Ops that are given numbers one by one keep 64 of them: so long that all have been let go.
    steps, warm = (80, 40) if launches is None else (14, 4)
    with evaluated("fused"):
        found, counts = on_gpu(lambda: descend(maker, steps))
        expected, _ = descend(maker, steps)
    for x, y in zip(found, expected, strict=True):
        assert x.tobytes() == y.tobytes()
    before, after = counts[-1 - warm], counts[-1]
    for what in ("allocations", "copies", "synchronisations", "waits"):
        assert after[what] == before[what], what
    assert after["replays"] == before["replays"] + warm * replays
    assert launches is None or after["launches"] == before["launches"] + warm * launches


def test_numbers_of_the_last_run_serve_the_next() -> None:
    """If they have its bits, and are this thread's: another's may be read before they are there."""
    x, other = on_gpu(lambda: ngrad.constant(X)), Thread()

    def here(f: Callable[[Any], Any], k: Any) -> Any:
        return f(k)

    def product(k: float) -> Any:
        z = x * k
        ngrad.eval(z)
        return z

    with evaluated("fused"):
        for numbers, launches in [((2.0,) * 6, 1), ((0.0, -0.0) * 2, 2), ((np.nan,) * 3, 1)]:
            found: list[list[Any]] = []
            for do in (here, other.do):
                found.append([do(product, k) for k in numbers])
                before = dict(device_of(GPU).target.counters)
                found[-1].append(do(product, numbers[0]))
                after = device_of(GPU).target.counters
                assert after["launches"] == before["launches"] + launches
            expected = bits([ngrad.constant(X) * k for k in (*numbers, numbers[0])])
            assert other.do(bits, found[1]) == expected  # before this thread's stream runs
            assert bits(found[0]) == expected
    other.end()
