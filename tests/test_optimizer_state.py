"""What optimizers keep between updates: variables that no tape watches, which copies go on from."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from papers import COMMON, OPTIMIZERS

import ngrad
from ngrad import optimizers as o
from ngrad.optimizers import SGD, Adam
from ngrad.record import state


class Listener:
    """A recorder that counts what it hears."""

    def __init__(self) -> None:
        self.heard = 0

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    def variable_read(self, variable: Any) -> None:
        self.heard += 1


@pytest.mark.parametrize("name", COMMON)
def test_no_tape_records_an_update(name: str) -> None:
    optimizer, w = OPTIMIZERS[name][0](), ngrad.Variable([1.0, 2.0])
    listener = Listener()
    state.stack.append(listener)
    try:
        for _ in range(2):
            optimizer.apply_gradients([(ngrad.constant([1.0, 1.0]), w)])
        assert listener.heard == 0
        assert (w * 1.0).shape == (2,) and listener.heard == 1  # it does listen
    finally:
        state.stack.remove(listener)


@pytest.mark.parametrize("name", COMMON)
def test_a_tape_around_an_update_sees_what_comes_after(name: str) -> None:
    optimizer, w = OPTIMIZERS[name][0](), ngrad.Variable([1.0, 2.0])
    with ngrad.GradientTape(persistent=True) as tape:
        g = ngrad.constant([1.0, 1.0])
        tape.watch(g)
        optimizer.apply_gradients([(g, w)])
        after = w * 1.0
    assert tape.watched_variables() == (w,)  # read after the update, not by it
    assert tape.gradient(after, g) is None
    np.testing.assert_array_equal(tape.gradient(after, w).numpy(), [1.0, 1.0])


def test_the_state_is_variables_that_no_tape_watches() -> None:
    w, b = ngrad.Variable([1.0], name="w"), ngrad.Variable(2.0, dtype="float64", name="b")
    for optimizer, names in (
        (SGD(), []),
        (SGD(momentum=0.5), ["w/momentum", "b/momentum"]),
        (Adam(), ["w/m", "w/v", "b/m", "b/v"]),
    ):
        optimizer.apply_gradients([([1.0], w), (1.0, b)])
        iterations, *state = optimizer.variables
        assert iterations is optimizer.iterations and int(iterations) == 1
        assert [v.name for v in state] == names
        assert not any(v.trainable for v in optimizer.variables)
        assert all(v.dtype == (w if v.name[0] == "w" else b).dtype for v in state)


def test_momentum_may_be_set_between_updates() -> None:
    """Its state is made when it is first needed, and kept up from then on."""
    w, g = ngrad.Variable([1.0, 2.0]), np.array([1.0, -3.0], np.float32)
    optimizer = SGD(0.1)
    for momentum in (0.0, 0.5, 0.5, 0.0, 0.5):
        optimizer.momentum = momentum
        optimizer.apply_gradients([(g, w)])
    moved = 0.1 + 0.1 + 0.15 + 0.1 + 0.15
    np.testing.assert_allclose(w.numpy(), [1.0, 2.0] - moved * g, rtol=1e-6)


COPIES: dict[str, Callable[[Any], Any]] = {
    "copied": copy.deepcopy,
    "copied alone": lambda both: (copy.deepcopy(both[0]), both[1]),
    "pickled": lambda both: pickle.loads(pickle.dumps(both)),
}


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("steps", [0, 3])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_copy_goes_on_where_the_first_was(name: str, steps: int, how: str) -> None:
    optimizer, variables = OPTIMIZERS[name][0](), [ngrad.Variable([1.0, 2.0]), ngrad.Variable(3.0)]
    optimizer.exclude_from_weight_decay([variables[0]])
    optimizer.build(variables)

    def step(optimizer: Any, variables: Any) -> None:
        optimizer.apply_gradients([(2.0 * v, v) for v in variables])

    for _ in range(steps):
        step(optimizer, variables)
    begun = [v.numpy() for v in variables]
    copied, its = COPIES[how]((optimizer, variables))
    assert len(copied.variables) == len(optimizer.variables)
    for _ in range(2):
        step(copied, its)
    found = [v.numpy() for v in its]
    for v, before in zip(variables, begun, strict=True):
        v.assign(before)
    for _ in range(2):
        step(optimizer, variables)
    for v, expected in zip(variables, found, strict=True):
        np.testing.assert_array_equal(v, expected)


def asked() -> float:
    return 0.5


def test_an_optimizer_with_a_function_of_its_rate_is_pickled() -> None:
    for rate in (asked, o.schedules.ExponentialDecay(0.5, 10, 0.9)):
        optimizer, v = pickle.loads(pickle.dumps((SGD(rate), ngrad.Variable(1.0))))
        optimizer.apply_gradients([(1.0, v)])
        assert float(v) == 0.5


def test_memory_stays_flat() -> None:
    start = np.ones((64, 64), np.float32)
    w = ngrad.Variable(start)
    optimizer = Adam()

    def live(count: int) -> int:
        for _ in range(count):
            with ngrad.GradientTape() as tape:
                loss = ngrad.reduce_sum(w * w)
            optimizer.apply_gradients([(tape.gradient(loss, w), w)])
        return ngrad.config.memory_stats().live_bytes

    # Rates differ by step, and a bounded table keeps such scalars: nothing of the variable's size.
    few, many = live(3), live(50)
    assert many - few < start.nbytes


@pytest.mark.parametrize("make", [SGD, lambda: SGD(0.1, 0.9), Adam])
def test_what_is_dropped_is_let_go_at_once(make: Any) -> None:
    """An optimizer remembers its updates, but nothing waits for Python's collector."""
    variable, optimizer = ngrad.Variable([1.0, 2.0]), make()
    for _ in range(3):
        optimizer.apply_gradients([([1.0, 1.0], variable)])
    held = weakref.ref(variable), weakref.ref(optimizer)
    gc.disable()
    try:
        del variable, optimizer
        assert [one() for one in held] == [None, None]
    finally:
        gc.enable()


KINDS = [kind for kind in vars(o).values() if isinstance(kind, type) and kind is not o.Optimizer]


@pytest.mark.parametrize("kind", KINDS)
def test_a_config_makes_another_in_the_same_setting(kind: type[o.Optimizer]) -> None:
    made = kind(0.25, clipnorm=2.0, name="mine")
    made.learning_rate.assign(0.5)
    config = made.get_config()
    assert config["learning_rate"] == 0.5 and config["clipnorm"] == 2.0 and config["name"] == "mine"
    assert kind.from_config(config).get_config() == config
    schedule = o.schedules.ExponentialDecay(0.5, 10, 0.9, staircase=True)
    assert kind(schedule).get_config()["learning_rate"] is schedule
    again = o.schedules.ExponentialDecay.from_config(schedule.get_config())
    assert again.at(25) == schedule.at(25)
