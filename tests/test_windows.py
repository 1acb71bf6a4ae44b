"""What pending work holds and for how long, and what of it is computed."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import ngrad
from ngrad import GradientTape, Variable, constant
from ngrad.config import memory_stats
from ngrad.plans import counters
from ngrad.record import state
from ngrad.window import LIMIT, PINNED


@pytest.fixture(autouse=True)
def _a_fresh_window() -> Iterator[None]:
    ngrad.eval()
    yield
    ngrad.config.set_eager(False)


# -- long loops ------------------------------------------------------------------------------------

BODIES: dict[int, Callable[[Any], Any]] = {
    1: lambda x: ngrad.sin(x),
    2: lambda x: ngrad.sin(x) * x,
    3: lambda x: ngrad.sin(x) + ngrad.cos(x),
    5: lambda x: ngrad.sin(x * x) + ngrad.cos(x) * x,
    7: lambda x: ngrad.sin(x * x) + ngrad.cos(x * x * x) * x,
}


def looped(body: Callable[[Any], Any], steps: int, each: Callable[[], None]) -> None:
    x = constant(np.full(8, 0.5))
    for _ in range(steps):
        x = body(x)
        each()


@pytest.mark.parametrize("period", BODIES)
def test_windows_of_a_loop_are_alike(period: int) -> None:
    body = BODIES[period]
    longest, planned = 0, []

    def each() -> None:
        nonlocal longest
        longest = max(longest, len(state.window.entries))
        planned.append(counters["planned"])

    looped(body, 6000, each)
    assert longest <= 2 * LIMIT + 8
    assert planned[-1] == planned[8 * LIMIT]  # ever the same plans, after the first few windows
    before = ngrad.stats().runs
    looped(body, 10 * LIMIT, lambda: None)
    assert ngrad.stats().runs > before  # and they were run on the way


STEPS: dict[str, Callable[[Any, Any], Any]] = {}


def step(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    STEPS[function.__name__] = function
    return function


@step
def by_a_tape(v: Any, total: Any) -> Any:
    with GradientTape() as tape:
        loss = ngrad.reduce_sum(ngrad.tanh(v) * v)
    v.assign_sub(0.01 * tape.gradient(loss, v))
    return total + loss


@step
def under_a_tape_without_gradient(v: Any, total: Any) -> Any:
    with GradientTape():
        return total + ngrad.reduce_sum(ngrad.tanh(v) * v)


@step
def with_a_look_under_a_tape(v: Any, total: Any) -> Any:
    with GradientTape() as tape:
        loss = ngrad.reduce_sum(ngrad.tanh(v) * v)
        assert float(loss) > -1e9
        loss = loss * 2.0
    v.assign_sub(0.01 * tape.gradient(loss, v))
    return total + loss


@step
def in_nested_tapes(v: Any, total: Any) -> Any:
    with GradientTape() as outer:
        with GradientTape() as inner:
            loss = ngrad.reduce_sum(ngrad.tanh(v) * v)
        slope = ngrad.reduce_sum(inner.gradient(loss, v))
    v.assign_sub(0.01 * outer.gradient(slope, v))
    return total + slope


@step
def in_eager_mode(v: Any, total: Any) -> Any:
    ngrad.config.set_eager(True)
    return by_a_tape(v, total)


@step
def by_a_custom_gradient(v: Any, total: Any) -> Any:
    f = ngrad.custom_gradient(lambda x: (ngrad.sin(x) * 2.0, lambda g: g * x))
    return total + ngrad.reduce_sum(f(v * 1.0))


@step
def by_a_custom_gradient_in_eager_mode(v: Any, total: Any) -> Any:
    ngrad.config.set_eager(True)
    return by_a_custom_gradient(v, total)


@pytest.mark.parametrize("name", STEPS)
def test_training_leaves_windows_and_memory_bounded(name: str) -> None:
    v = Variable(np.linspace(-1, 1, 1000))
    total = constant(0.0, "float64")
    longest, planned, live = 0, 0, 0
    for k in range(1500):
        total = STEPS[name](v, total)
        longest = max(longest, len(state.window.entries))
        if k == 700:
            planned, live = counters["planned"], memory_stats().live_bytes
    assert longest <= 3 * LIMIT
    if "custom" not in name:  # a user's Python is planned at each run
        assert counters["planned"] == planned
    assert memory_stats().live_bytes <= live + 100 * v.numpy().nbytes


def test_looks_in_a_loop_under_a_tape_repeat() -> None:
    """What a look runs under a tape is numbered from where the last one ended."""
    x = constant(np.linspace(0.1, 1.0, 8))
    planned = []
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x
        for _ in range(300):
            y = ngrad.sin(y) * x
            assert float(ngrad.reduce_sum(y)) < 9.0
            planned.append(counters["planned"])
    assert planned[-1] == planned[5]
    with GradientTape() as unlooked:
        unlooked.watch(x)
        z = x
        for _ in range(300):
            z = ngrad.sin(z) * x
    found, expected = tape.gradient(y, x).numpy(), unlooked.gradient(z, x).numpy()
    assert found.tobytes() == expected.tobytes()


WHOLE = 1 << 22  # bytes
LEAVES: dict[str, Callable[[Any], Any]] = {
    "arrays": lambda x: x,
    "parts": lambda x: x[: 1 << 8],  # of which each holds the whole
    "rows": lambda x: ngrad.reshape(x, [1 << 10, -1])[3:5],
}


@pytest.mark.parametrize("kind", LEAVES)
def test_bytes_that_only_pending_work_pins_are_bounded(kind: str) -> None:
    start = memory_stats().live_bytes
    total, most = constant(0.0), 0
    for k in range(3 * PINNED // WHOLE):
        x = constant(np.full(WHOLE // 4, k, np.float32))
        total = total + ngrad.reduce_mean(LEAVES[kind](x))
        most = max(most, memory_stats().live_bytes - start)
    assert most <= PINNED + 3 * WHOLE
    assert float(total) == sum(range(3 * PINNED // WHOLE))


def test_bytes_that_others_hold_too_do_not_count() -> None:
    x = constant(np.ones(WHOLE // 4, np.float32))
    held = [x[k : k + 8] for k in range(100)]
    total = constant(0.0)
    before = ngrad.stats().runs
    for part in held[:80]:
        total = total + ngrad.reduce_sum(part)
    assert ngrad.stats().runs == before and float(total) == 640.0


# -- what is computed ------------------------------------------------------------------------------


def launches(function: Callable[[], Any]) -> int:
    before = ngrad.stats().launches
    result = function()
    ngrad.eval(*(() if result is None else (result,)))
    return ngrad.stats().launches - before


def test_what_is_dropped_is_not_computed() -> None:
    x = constant(np.ones(100))

    def held(count: int) -> Callable[[], Any]:
        def function() -> Any:
            values = [ngrad.sin(x), ngrad.cos(x), ngrad.exp(x)]
            return values[:count]

        return function

    assert [launches(held(count)) for count in range(4)] == [0, 1, 2, 3]
    assert launches(lambda: ngrad.sin(ngrad.exp(ngrad.cos(x)))) == 3
    assert launches(lambda: [ngrad.sin(x), ngrad.sin(x)]) == 1  # one value of two names


def test_nothing_is_computed_twice() -> None:
    x = constant(np.ones(100))
    y = ngrad.exp(ngrad.sin(x))
    assert [launches(lambda: y), launches(lambda: [y, y + 0.0]), launches(lambda: y)] == [2, 1, 0]


def test_a_number_that_a_run_has_passed_by_has_its_value() -> None:
    x = constant([1.0, 2.0])
    with GradientTape() as tape:
        tape.watch(x)
        for _ in range(3):  # the same number, which is looked at beside x
            ngrad.debugging.assert_less(x, 3.0)


def test_a_tape_that_is_gone_has_nothing_computed() -> None:
    x = constant(np.ones((64, 64)))
    with GradientTape() as tape:
        tape.watch(x)
        y = ngrad.reduce_sum(ngrad.reduce_sum(x, 0))
    del y, tape
    assert launches(lambda: x * 1.0) == 1


# -- lifetimes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["eval", "gradient", "persistent", "function", "eager"])
def test_a_tensor_that_has_its_value_holds_no_window(how: str) -> None:
    x = constant(np.ones(10))
    ngrad.config.set_eager(how == "eager")
    with GradientTape(persistent=how == "persistent") as tape:
        tape.watch(x)
        y = ngrad.tanh(x) * x
        window = weakref.ref(state.window)
    z = y + 1.0
    held = [x, y, z]
    if how == "function":
        held.append(ngrad.function(lambda x: x * y)(x))
    elif how in ("gradient", "persistent"):
        held.append(tape.gradient(y, x))
    ngrad.eval(z)
    del tape
    ngrad.eval()
    if how == "eager":
        state.window = type(state.window)()
    gc.collect()
    assert window() is None
    assert all(np.isfinite(t.numpy()).all() for t in held)


def test_a_pending_tensor_outlives_everything() -> None:
    def make() -> Any:
        x = constant(np.arange(5.0))
        with GradientTape() as tape:
            tape.watch(x)
            y = x * x
            z = ngrad.exp(y)
        del tape
        return z, y * 2.0

    z, w = make()
    for _ in range(3 * LIMIT):
        constant(1.0) * 2.0
    ngrad.eval()
    gc.collect()
    np.testing.assert_array_equal(w, 2 * np.arange(5.0) ** 2)
    np.testing.assert_allclose(z, np.exp(np.arange(5.0) ** 2), rtol=1e-15)


# -- arrays that look at a tensor's memory ---------------------------------------------------------


def test_exports_keep_their_content() -> None:
    """Whatever is computed after, and though the tensors are gone."""
    x = constant(np.arange(4096.0))
    given: list[tuple[Any, Any]] = []
    for k in range(60):
        y = (x + float(k))[k : k + 1000]
        array = np.asarray(y)  # of a pending tensor
        assert not array.flags.writeable
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.flags.writeable = True
        given.append((array, np.arange(4096.0)[k : k + 1000] + k))
        y = ngrad.exp(-y) * 0.5 + ngrad.reverse(y, [0])
        given.append((np.asarray(ngrad.transpose(y)), y.numpy()))
    del x, y
    for k in range(100):
        assert float(ngrad.reduce_sum(ngrad.ones([1000], "float64") * float(k))) == 1000.0 * k
    for array, expected in given:
        np.testing.assert_array_equal(array, expected)


def test_a_copy_is_ones_own() -> None:
    y = constant(np.zeros(10)) + 1.0
    y.numpy()[:] = 7.0
    assert y.numpy().tolist() == [1.0] * 10
