"""What was interrupted, or ran out of memory, can be repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from interrupting import caught_at

import ngrad
from ngrad import GradientTape, constant
from ngrad.config import memory_stats
from ngrad.record import state


@pytest.fixture(autouse=True)
def _a_fresh_window() -> Iterator[None]:
    ngrad.eval()
    yield
    ngrad.config.set_eager(False)


FILES = ("window.py", "record.py", "evaluate.py", "plans.py", "tensor.py")


def stopped_at(place: int, function: Callable[[], Any]) -> bool:
    """Whether a function came to as many bytecodes of the engine, and was stopped there."""
    return caught_at(place, function, FILES, lambda name, event: event == "opcode", opcodes=True)


INTERRUPTED: dict[str, Callable[[Any, Any], Any]] = {
    "recording": lambda x, y: (x * y + 2.5, ngrad.reduce_sum(x) - 1.5),
    "views": lambda x, y: ngrad.split(y, 2, 0),
    "look": lambda x, y: y.numpy(),
    "eval": lambda x, y: ngrad.eval(),
    "eager": lambda x, y: ngrad.config.set_eager(True) or ngrad.reduce_sum(x * y),
}


@pytest.mark.parametrize("what", INTERRUPTED)
def test_what_was_caught_half_way_can_be_repeated(what: str) -> None:
    """At any bytecode: the values that a tape recorded before, and after, are as without."""
    base = np.linspace(0.5, 1.5, 12).reshape(4, 3)

    def values(place: int) -> tuple[bool, list[bytes]]:
        x = constant(base)
        with GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = ngrad.tanh(x * x) + 0.5
            caught = stopped_at(place, lambda: INTERRUPTED[what](x, y))
            ngrad.config.set_eager(False)
            z = ngrad.sin(y * x) * 3.5
            w = ngrad.reduce_sum(z * y, 0)
        found = [w, z, y, tape.gradient(w, x), tape.gradient(z, [x, y])]
        return caught, [np.asarray(v).tobytes() for v in found[:4]] + [
            v.numpy().tobytes() for v in found[4]
        ]

    _, expected = values(1 << 40)
    place, caught = 0, True
    while caught:
        place += 1 + place // 200  # each of the first, then ever fewer
        caught, found = values(place)
        assert found == expected, place
        assert state.graph is None and not state.stack
    assert place > 20


def test_what_ran_out_of_memory_can_be_repeated() -> None:
    a = np.linspace(0.0, 1.0, 1 << 18)
    x = constant(a)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = ngrad.sin(x) * x
        ngrad.config.release_memory()
        ngrad.config.set_memory_limit(memory_stats().live_bytes + (1 << 16))
        try:
            for _ in range(2):
                with pytest.raises(MemoryError):
                    ngrad.eval(y)
        finally:
            ngrad.config.set_memory_limit(None)
        z = y * y
    expected = 2 * np.sin(a) * a * (np.cos(a) * a + np.sin(a))
    np.testing.assert_allclose(tape.gradient(z, x), expected, rtol=1e-12)
