"""What recording, and a gradient, take: functions of Python that are entered, what is kept for its
collector, and plans.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ngrad
from ngrad import GradientTape, Variable, constant
from ngrad.plans import plans


def test_a_small_gradient_is_few_calls() -> None:
    """How many functions of Python a warm gradient of three ops enters: most of what it takes."""
    x = constant(np.float32(1.5))

    def gradient() -> Any:
        with GradientTape() as tape:
            tape.watch(x)
            y = (x * x) * (x * x)
        return y, tape.gradient(y, x)

    for _ in range(3):
        gradient()
    assert 10 < entered(gradient) <= 45


def entered(function: Callable[[], Any], *kinds: str) -> int:
    """How many functions of Python are entered, or of the kinds that profilers are told of."""
    count = 0

    def profile(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in (kinds or ("call",))

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


RIGHT = constant(np.ones((3, 4)))
AT_NEW_SIZES: dict[str, tuple[Callable[[Any], Any], int]] = {
    "x + x": (lambda x: x + x, 20),
    "x * 2.0": (lambda x: x * 2.0, 25),
    "x > 0.5": (lambda x: x > 0.5, 32),
    "tanh": (ngrad.tanh, 20),
    "x @ y": (lambda x: x @ RIGHT, 32),
    "sum of rows": (lambda x: ngrad.reduce_sum(x, axis=1), 32),
    "transposed": (ngrad.transpose, 26),
    "softmax": (ngrad.nn.softmax, 150),
}


@pytest.mark.parametrize("name", AT_NEW_SIZES)
def test_an_op_at_a_new_size_is_few_calls(name: str) -> None:
    """As above, of an op that had other sizes before: what depends on none is found."""
    op, most = AT_NEW_SIZES[name]
    with GradientTape(persistent=True) as tape:
        for n in (50, 51, 52, 53 + len(name)):
            x = constant(np.ones((n, 3)))
            tape.watch(x)
            many = entered(lambda x=x: op(x))
    assert many <= most


def test_little_is_kept_of_a_size_for_the_collector(waiting: None) -> None:
    """It goes over all that it knows of each time that this is a quarter more."""
    w, v = constant(np.ones((4, 3))), constant(np.ones((3, 2)))

    def step(n: int) -> None:
        with GradientTape() as tape:
            tape.watch([w, v])
            x = ngrad.tanh(constant(np.ones((n, 4))) @ w) @ v
            loss = ngrad.reduce_sum(ngrad.nn.softmax(x))
        tape.gradient(loss, [w, v])

    def known() -> int:
        gc.collect()
        return len(gc.get_objects())

    for n in range(20, 60):
        step(n)
    before = known()
    for n in range(60, 100):
        step(n)
    assert known() - before < 60 * 40


def test_steps_under_one_persistent_tape_are_one_structure() -> None:
    """A source had a value at each of them: those before lead nowhere."""
    v = Variable([1.0, 2.0])

    def step(tape: Any) -> None:
        loss = ngrad.reduce_sum(ngrad.sin(v) * v)
        with tape.stop_recording():
            v.assign_sub(0.001 * tape.gradient(loss, v))

    with GradientTape(persistent=True) as tape:
        for _ in range(60):
            step(tape)
        plans.clear()
        for _ in range(20):
            step(tape)
    assert len(plans) < 5


def test_steps_that_a_tape_hears_take_as_long_each() -> None:
    """What a variable held before leads to what it holds, and no tape follows it there."""
    v = Variable([1.0, 2.0])

    def step() -> None:
        v.assign_sub(0.001 * tape.gradient(ngrad.reduce_sum(ngrad.sin(v) * v), v))

    with GradientTape(persistent=True) as tape:
        found = [entered(step, "call", "c_call") for _ in range(80)]
    assert max(found[60:]) < 1.5 * min(found[20:40])
