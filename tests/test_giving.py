"""Updates in the memory of what variables held: where nobody else has it, and nowhere else."""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from holders import HOLDERS, address

import ngrad as tf
import ngrad.numpy as gnp
from ngrad import giving
from ngrad.plans import FEW
from ngrad.profile import _Active
from ngrad.replay import Replay
from ngrad_kernels.memory import pool

SIZE = giving.LEAST // 4  # elements of float32


pytestmark = pytest.mark.usefixtures("waiting")


def descent(variable: Any) -> None:
    variable.assign_sub(variable * 0.25)
    tf.eval(variable)


@tf.function
def long(variable: Any) -> None:
    """More ops than are fused at the first run of a plan."""
    x = variable
    for k in range(FEW):
        x = tf.sin(x) + 0.1 * k
    variable.assign(x / FEW)


def by_optimizer() -> Callable[[Any], None]:
    optimizer = tf.optimizers.Adam(0.5)

    def step(variable: Any) -> None:
        optimizer.apply_gradients([(variable * 2.0, variable)])

    return step


def by_function() -> Callable[[Any], None]:
    optimizer = tf.optimizers.SGD(0.125)

    @tf.function
    def step(variable_sum: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(held[0] * held[0]) + variable_sum
        optimizer.apply_gradients([(tape.gradient(loss, held[0]), held[0])])
        return loss

    held: list[Any] = []

    def run(variable: Any) -> None:
        if not held:
            held.append(variable)
        step(tf.constant(0.0))

    return run


STEPS: dict[str, Callable[[], Callable[[Any], None]]] = {
    "window": lambda: descent,
    "optimizer": by_optimizer,
    "function": by_function,
}


def started(size: int = SIZE) -> Any:
    return tf.Variable(np.linspace(-1.0, 1.0, size, dtype=np.float32))


@pytest.mark.parametrize("name", STEPS)
def test_a_variable_is_updated_where_it_is(name):
    step, variable = STEPS[name](), started()
    for _ in range(4):
        step(variable)
    before = address(variable)
    for _ in range(3):
        step(variable)
        assert address(variable) == before


@pytest.mark.parametrize("hold", HOLDERS)
@pytest.mark.parametrize("name", STEPS)
def test_what_somebody_holds_stays(name, hold):
    step, variable = STEPS[name](), started()
    for _ in range(4):
        step(variable)
    expected = np.array(hold(variable))
    other = hold(variable)
    step(variable)
    step(variable)
    np.testing.assert_array_equal(np.array(other), expected)


@pytest.mark.parametrize("name", STEPS)
def test_a_tape_that_may_ask_again_has_its_values(name):
    step, variable = STEPS[name](), started()
    for _ in range(4):
        step(variable)
    with tf.GradientTape(persistent=True) as tape:
        y = tf.reduce_sum(variable * variable * variable)
    expected = 3.0 * variable.numpy() ** 2
    step(variable)
    step(variable)
    np.testing.assert_allclose(tape.gradient(y, variable).numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("name", STEPS)
def test_the_bits_are_those_of_memory_of_its_own(name):
    found = []
    for hold in (False, True):
        step, variable = STEPS[name](), started(3 * SIZE + 7)
        held = []
        for _ in range(7):
            if hold:
                held.append(variable._tensor)
            step(variable)
        found.append(variable.numpy())
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("name", STEPS)
def test_a_profile_shows_what_runs_without_it(name):
    """The same launches, though it goes from one to the next over copies; and the same bits."""
    found, launched = [], []
    for profiled in (False, True):
        step, variable = STEPS[name](), started()
        for _ in range(4):
            long(variable)
            step(variable)
        start = tf.stats().launches
        with tf.profile() if profiled else contextlib.nullcontext():
            long(variable)
            step(variable)
        launched.append(tf.stats().launches - start)
        step(variable)
        found.append(variable.numpy())
    assert launched[0] == launched[1]
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("name", STEPS)
def test_a_profiled_step_that_ends_between_two_launches_is_none_or_whole(name, monkeypatch):
    (step, variable), (other, twin) = [(STEPS[name](), started()) for _ in range(2)]
    for _ in range(4):
        step(variable)
        other(twin)
    before = variable.numpy()
    other(twin)

    def execute(self: Any, call: Any, inputs: Any) -> None:
        execute_(self, call, inputs)
        raise KeyboardInterrupt

    execute_ = _Active.execute
    with monkeypatch.context() as patched:
        patched.setattr(_Active, "execute", execute)
        with pytest.raises(KeyboardInterrupt), tf.profile():
            step(variable)
            variable.numpy()
    found = variable.numpy()  # what was pending is run again
    assert any(np.array_equal(found, whole) for whole in (before, twin.numpy()))


def test_a_step_of_adam_takes_no_other_memory():
    variable, step = started(1 << 20), by_optimizer()
    for _ in range(4):
        step(variable)
    gc.collect()
    pool.release()
    for _ in range(3):
        step(variable)
    assert tf.stats().pooled_bytes < 1.1 * 4 * (1 << 20)  # what its gradient was in


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("name", STEPS)
def test_interrupted_it_holds_what_was_or_what_is(name, when, monkeypatch):
    step, variable = STEPS[name](), started()
    other, twin = STEPS[name](), started()
    for _ in range(5):
        step(variable)
        other(twin)
    run = Replay.run

    def interrupted(self: Any, kept: Any, tell: Any = None) -> Any:
        if tell is None:
            return run(self, kept)
        if when == "before":
            raise KeyboardInterrupt
        march = self._march

        def late(words: bytes) -> None:
            march(words)
            raise KeyboardInterrupt

        self._march = late
        try:
            return run(self, kept, tell)
        finally:
            self._march = march

    with monkeypatch.context() as patched:
        patched.setattr(Replay, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            step(variable)
    if when == "after":
        other(twin)
    if name == "window" and when == "before":  # what was pending is pending still
        other(twin)
    np.testing.assert_array_equal(variable.numpy(), twin.numpy())


def test_threads_that_look_find_one_value_or_the_next():
    variable = tf.Variable(np.zeros(1 << 20, np.float32))

    @tf.function
    def step(by: Any) -> None:
        variable.assign_add(by)

    one = tf.constant(1.0)
    for _ in range(4):
        step(one)
    torn: list[Any] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            seen = np.array(variable._tensor._view())
            if seen.min() != seen.max():
                torn.append(seen)

    lookers = [threading.Thread(target=look) for _ in range(2)]
    for thread in lookers:
        thread.start()
    for _ in range(300):
        step(one)
    done.set()
    for thread in lookers:
        thread.join()
    assert not torn
    assert variable.numpy()[0] == 304.0


def test_functions_that_update_the_same_variables_in_threads() -> None:
    variables = [tf.Variable(np.zeros(SIZE, np.float32)) for _ in range(2)]

    def stepping(first: Any, second: Any) -> Callable[[], None]:
        @tf.function
        def step(by: Any) -> None:
            first.assign_add(by + 0.0 * second)
            second.assign_add(by + 0.0 * first)

        def work() -> None:
            for _ in range(200):
                step(tf.constant(1.0))

        return work

    threads = [
        threading.Thread(target=stepping(*order), daemon=True)
        for order in (variables, variables[::-1], variables)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60.0)
        assert not thread.is_alive()
    for variable in variables:
        found = variable.numpy()  # one that another thread replaced meanwhile is lost
        assert 0.0 < found.min() == found.max() <= 600.0


ONCE: dict[str, tuple[bool, Callable[[Any], Any]]] = {
    "sum": (True, lambda v: v + 1.0),
    "one function": (True, tf.tanh),
    "select": (True, lambda v: tf.where(v > 0.0, v, 0.5)),
    "product": (False, lambda v: v @ v),
    "sort": (False, tf.sort),
    "scan": (False, tf.cumsum),
    "turned": (False, lambda v: v + tf.transpose(v)),
    "backwards": (False, lambda v: v - v[::-1]),
    "sum of all": (False, lambda v: v - tf.reduce_sum(v)),
    "softmax": (False, tf.nn.softmax),
}
"""Updates of one op and others: whether they may be put where the value was."""


@pytest.mark.parametrize("name", ONCE)
def test_an_update_of_one_op_takes_no_other_memory(name: str) -> None:
    own, update = ONCE[name]
    start = np.linspace(-1.0, 1.0, 256 * 256, dtype=np.float32).reshape(256, 256)
    variable, expected = tf.Variable(start), tf.constant(start)
    places = []
    for _ in range(4):
        expected = update(expected)
        tf.eval(expected)
        variable.assign(update(variable))
        np.testing.assert_array_equal(variable, expected)
        places.append(address(variable))
    if own:
        assert len(set(places[1:])) == 1


def test_an_array_is_added_to_where_it_is():
    x = gnp.array(np.linspace(-1.0, 1.0, SIZE))
    for _ in range(4):
        x -= 0.25 * x
        tf.eval(x)
    before, alias = x._read()._address, x
    for _ in range(2):
        x -= 0.25 * x
        tf.eval(x)
        assert alias is x
        assert x._read()._address == before
    copied = x.copy()
    expected = copied.numpy()
    x -= 0.25 * x
    tf.eval(x)
    np.testing.assert_array_equal(copied.numpy(), expected)
    view = x[1:]
    other = np.asarray(x)
    expected = other.copy()
    x += 1.0
    tf.eval(x)
    np.testing.assert_array_equal(other, expected)
    np.testing.assert_array_equal(view.numpy(), x.numpy()[1:])


def test_eval_computes_arrays():
    x = gnp.array(np.linspace(-1.0, 1.0, SIZE)) * 2.0
    assert not x._read()._at
    tf.eval({"x": x})
    assert x._read()._at
