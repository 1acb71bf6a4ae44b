"""Memory is let go at once, without the garbage collector: by the pool's own accounting."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import ngrad
from ngrad import GradientTape, Variable, constant
from ngrad.concrete import LAYOUTS
from ngrad.config import memory_stats
from ngrad.ops.slicing import SLICE
from ngrad.plans import plans
from ngrad.unplanned import OFTEN
from ngrad_kernels.machine import MOST

SIZE = 1 << 16
BYTES = 4 * SIZE
STEPS = int(os.environ.get("NGRAD_TEST_STEPS", "20000"))
"""Training steps that must leave memory flat."""


@pytest.fixture(autouse=True)
def _no_garbage_collection() -> Iterator[None]:
    x = constant([1.0, 2.0])
    with GradientTape() as tape:
        tape.watch(x)
        y = ngrad.tanh(x * x)
    tape.gradient(y, x)  # the room for small temporaries, which a thread takes once and keeps
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def live() -> int:
    return memory_stats().live_bytes


def assert_live(expected: int) -> None:
    """As many bytes, but for the scalar constants that a plan made meanwhile keeps."""
    assert expected <= live() <= expected + 1024


def big(value: float = 1.0) -> Any:
    return constant(np.full(SIZE, value, np.float32))


def chain(x: Any, length: int = 8) -> Any:
    for _ in range(length):
        x = ngrad.tanh(x * x)
    return x


def test_a_tensor_is_freed_with_its_last_name() -> None:
    before = live()
    x = big()
    assert_live(before + BYTES)
    y = x + x
    del x
    assert_live(before + BYTES)  # pending: it holds what it will be computed from
    ngrad.eval(y)
    assert_live(before + BYTES)  # computed: it holds its value alone
    del y
    assert_live(before)


def test_what_nobody_holds_is_not_computed() -> None:
    x = big()
    before = live()
    y = chain(x)
    z = y + 1.0
    del y, z
    ngrad.eval()
    assert_live(before)


@pytest.mark.parametrize("look", [False, True], ids=["", "looked at"])
def test_a_tape_keeps_no_elementwise_value(look: bool) -> None:
    """They are computed again from what they were made of, unless somebody holds them."""
    x = big()
    before = live()
    with GradientTape() as tape:
        tape.watch(x)
        y = chain(x)
        if look:
            ngrad.eval(y)
    assert_live(before + look * BYTES)
    g = tape.gradient(y, x)
    assert_live(before + 2 * BYTES)  # y and g
    del y, g
    assert_live(before)
    del tape


def test_a_tape_keeps_products() -> None:
    x = constant(np.ones((256, 256), np.float32))
    before = live()
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = ngrad.tanh(x @ x)
    g = tape.gradient(y, x)
    assert_live(before + 3 * BYTES)  # x @ x, y and g
    del g, y
    assert_live(before + BYTES)
    del tape
    assert_live(before)


def test_a_persistent_tape_lets_go_when_deleted() -> None:
    x = big()
    before = live()
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = chain(x)
    for _ in range(3):
        g = tape.gradient(y, x)
    assert_live(before + 2 * BYTES)
    del x, tape
    before -= BYTES
    assert_live(before + 2 * BYTES)
    del y, g
    assert_live(before)


def test_reset_lets_go() -> None:
    x = big()
    before = live()
    with GradientTape() as tape:
        tape.watch(x)
        y = chain(x)
        tape.reset()
    del y
    ngrad.eval()
    assert_live(before)


@pytest.mark.parametrize(
    ("size", "replayed"), [(SIZE >> 8, "walk"), (SIZE << 1, "march"), (SIZE << 5, None)]
)
def test_a_value_is_let_go_after_its_last_use(size: int, replayed: str | None) -> None:
    """Run op by op, a chain takes room for two values, whatever its length; a value that is read
    again later keeps its own.
    """
    fusion = ngrad.config.fusion()
    ngrad.config.set_fusion("off")
    try:
        x = constant(np.full(size, 0.5, np.float32))
        ngrad.config.release_memory()
        before = memory_stats()
        y = ngrad.exp(x)
        y = chain(y) * y
        ngrad.eval(y)
        after = memory_stats()
    finally:
        ngrad.config.set_fusion(fusion)
    replay = list(plans.values())[-1].cut.replay
    assert (replay is None) == (replayed is None)
    if replay is not None:
        assert replay.temporaries == 4 * size * 3
        assert replay.shared == (replayed == "march")
    # A small replay's temporaries lie in a block that is there already.
    taken = 4 * size * {"walk": 1, "march": 4, None: 3}[replayed]
    made = after.live_bytes + after.pooled_bytes - before.live_bytes
    assert made == taken


@pytest.mark.parametrize("axis", [None, 1])
@pytest.mark.parametrize(("rows", "shared"), [(SIZE >> 10, False), (SIZE >> 6, True)])
def test_threads_share_what_reads_much(axis: int | None, rows: int, shared: bool) -> None:
    """However few its results are: those of a reduction say nothing of how long it takes."""
    ngrad.eval(ngrad.reduce_sum(constant(np.ones((rows, 512), np.float32)), axis))
    assert list(plans.values())[-1].cut.replay.shared == shared


@pytest.mark.parametrize(
    ("op", "size", "shared"),
    [(ngrad.sin, 1 << 16, False), (ngrad.sin, 1 << 17, True), (ngrad.negative, 1 << 17, False)],
)
def test_threads_share_what_computes_much(op: Any, size: int, shared: bool) -> None:
    """However few its bytes are: those of a polynomial are fewer than one thread can read."""
    ngrad.eval(op(constant(np.ones(size, np.float32))))
    assert list(plans.values())[-1].cut.replay.shared == shared


def test_forward_values_go_as_the_sweep_consumes_them() -> None:
    """The peak of a sweep is not forward and backward values together."""
    x = big()
    with GradientTape() as tape:
        tape.watch(x)
        y = chain(x, 20)
    before = live()
    ngrad.config.release_memory()
    g = tape.gradient(y, x)
    after = memory_stats()
    # What the sweep needed at once waits in the pool now. Of each step it reads the result alone.
    assert after.live_bytes + after.pooled_bytes <= before + (2 * 20 + 8) * BYTES
    del g


def test_what_somebody_holds_stays() -> None:
    x = big()
    before = live()
    with GradientTape() as tape:
        tape.watch(x)
        middle = ngrad.tanh(x)
        y = ngrad.tanh(middle)
    view = np.asarray(middle)
    del middle
    tape.gradient(y, x)
    del y
    assert_live(before + BYTES)  # the exported view
    assert view[0] == np.tanh(np.float32(1))
    del view
    assert_live(before)


def test_an_outer_tape_keeps_what_it_reads() -> None:
    x = big(0.5)
    before = live()
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as inner:
            inner.watch(x)
            y = ngrad.tanh(x)
        dy = inner.gradient(y, x)
    del inner, y
    d2y = outer.gradient(dy, x)
    t = np.tanh(0.5)
    np.testing.assert_allclose(d2y[0].numpy(), -2 * t * (1 - t * t), rtol=1e-5)
    del outer, dy, d2y
    assert_live(before)


def test_an_exception_lets_go() -> None:
    x = big()
    before = live()

    def failing() -> None:
        with GradientTape() as tape:
            tape.watch(x)
            y = chain(x)
            raise KeyError(y.shape)

    with pytest.raises(KeyError):
        failing()
    assert_live(before)


def _classifier() -> tuple[Callable[[], float], list[Variable]]:
    rng = np.random.default_rng(0)
    x = constant(rng.normal(size=(8, 4)).astype("f4"))
    target = constant(rng.normal(size=(8, 1)).astype("f4"))
    w = Variable(rng.normal(size=(4, 1)).astype("f4"))
    b = Variable([0.0])

    def step() -> float:
        with GradientTape() as tape:
            away = ngrad.tanh(x @ w + b) - target
            loss = ngrad.reduce_mean(away * away)
        for variable, slope in zip((w, b), tape.gradient(loss, [w, b]), strict=True):
            variable.assign_sub(0.01 * slope)
        return loss

    return step, [w, b]


def test_training_leaves_memory_flat() -> None:
    step, _ = _classifier()
    first = float(step())
    for _ in range(20):
        step()
    before = memory_stats()
    for _ in range(STEPS - 1):
        step()
    last = float(step())
    after = memory_stats()
    assert (after.live_bytes, after.live_blocks) == (before.live_bytes, before.live_blocks)
    assert after.pooled_bytes == before.pooled_bytes
    assert last < first


def test_values_that_change_leave_memory_flat() -> None:
    """Sizes, Python floats and slice bounds that never repeat: nothing keeps them for ever."""
    v = Variable(np.ones(64, np.float32))

    def step(k: int) -> None:
        with GradientTape() as tape:
            y = ngrad.reduce_sum(v[k % 50 : k % 50 + 8] * (k + 0.5))
        tape.gradient(y, v)

    for k in range(3000):
        step(k)
    before = live()
    for k in range(3000, 6000):
        step(k)
    assert live() <= before + 64 * 1100  # the table of frequent scalars is bounded


def test_ever_new_strides_leave_a_bounded_number_of_plans() -> None:
    f = ngrad.function(lambda x: x * 2.0)
    for n in range(3, 5 + LAYOUTS):
        f(constant(np.zeros((4, n), np.float32))[:, :2])
    (concrete,) = f._found.values()
    assert f.traces == 1 and 0 < len(concrete._planned) <= LAYOUTS


def test_a_program_is_known_again_that_has_more_calls_than_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Calls that a plan has stay; others go."""
    monkeypatch.setattr(SLICE, "limit", 16)
    monkeypatch.setattr(SLICE, "_held", 0)
    x = constant(np.arange(1000, dtype=np.float64))

    def run(step: int) -> int:
        before = ngrad.stats().planned
        with GradientTape() as tape:
            tape.watch(x)
            y: Any = 0.0
            for k in range(40):
                y = y + x[k * step : k * step + 3]
        tape.gradient(y, x)
        return ngrad.stats().planned - before

    found = [run(7) for _ in range(2 * OFTEN)]
    assert not any(found[OFTEN + 1 :])
    for step in range(8, 24):
        run(step)
    gc.collect()
    assert len(SLICE.calls) < 3 * 40 * len(plans)


def test_a_program_of_any_number_of_inputs_is_replayed() -> None:
    numbers = np.linspace(0.5, 1.5, MOST)
    x = constant(np.ones(3))

    def run() -> Any:
        with GradientTape() as tape:
            tape.watch(x)
            y = x
            for number in numbers:
                y = y * float(number)
        return tape.gradient(y, x).numpy()

    expected = np.prod(numbers)
    for _ in range(OFTEN + 3):
        np.testing.assert_allclose(run(), expected, rtol=1e-9)
    assert list(plans.values())[-1].cut.replay is not None
