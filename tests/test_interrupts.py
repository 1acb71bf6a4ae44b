"""What was interrupted, or ran out of memory, can be repeated; finalizers may use the library."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from interrupting import caught_at, interrupt

import ngrad
from ngrad import GradientTape, constant
from ngrad.config import memory_stats
from ngrad.record import state


@pytest.fixture(autouse=True)
def _a_fresh_window() -> Iterator[None]:
    ngrad.eval()
    yield
    ngrad.config.set_eager(False)


FILES = (
    "window.py", "record.py", "evaluate.py", "plans.py", "tensor.py", "entries.py", "cut.py",
    "structure.py", "unplanned.py",
)  # fmt: skip
BASE = np.linspace(0.5, 1.5, 12).reshape(4, 3)
Program = Callable[[Any, Any], Any]


def values(place: int, program: Program, files: tuple[str, ...], meanwhile: Any) -> Any:
    """Whether a program came to as many bytecodes of the engine, where something was done; and the
    values that a tape recorded before it, and after.
    """
    x = constant(BASE)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = ngrad.tanh(x * x) + 0.5
        came = caught_at(
            place,
            lambda: program(x, y),
            files,
            lambda name, event: event == "opcode",
            opcodes=True,
            meanwhile=meanwhile,
        )
        ngrad.config.set_eager(False)
        z = ngrad.sin(y * x) * 3.5
        w = ngrad.reduce_sum(z * y, 0)
    found = [w, z, y, tape.gradient(w, x), *tape.gradient(z, [x, y])]
    assert state.graph is None and not state.stack
    return came, [np.asarray(v).tobytes() for v in found]


def assert_the_same_anywhere(program: Program, files: tuple[str, ...], meanwhile: Any) -> None:
    _, expected = values(1 << 40, program, files, meanwhile)
    place, came = 0, True
    while came:
        place += 1 + place // 200  # each of the first, then ever fewer
        came, found = values(place, program, files, meanwhile)
        assert found == expected, place
    assert place > 20


INTERRUPTED: dict[str, Program] = {
    "recording": lambda x, y: (x * y + 2.5, ngrad.reduce_sum(x) - 1.5),
    "views": lambda x, y: ngrad.split(y, 2, 0),
    "look": lambda x, y: y.numpy(),
    "eval": lambda x, y: ngrad.eval(),
    "eager": lambda x, y: ngrad.config.set_eager(True) or ngrad.reduce_sum(x * y),
}


@pytest.mark.parametrize("what", INTERRUPTED)
def test_what_was_caught_half_way_can_be_repeated(what: str) -> None:
    """At any bytecode: the values that a tape recorded before, and after, are as without."""
    assert_the_same_anywhere(INTERRUPTED[what], FILES, interrupt)


def inner(x: Any, y: Any) -> None:
    with GradientTape() as tape:
        tape.watch(y)
        z = ngrad.sin(y * x)
    slope = tape.gradient(z, y).numpy()
    assert slope.tobytes() == (ngrad.cos(y * x) * x).numpy().tobytes()


AMID = {
    "recording": lambda x, y: x * y + constant(BASE),
    "look": lambda x, y: y.numpy(),
    "gradient": inner,
}


@pytest.mark.parametrize("what", AMID)
def test_what_a_finalizer_does_half_way_changes_nothing(what: str) -> None:
    """The collector may have it record, look and differentiate at any bytecode of the engine."""
    own = constant(BASE[0])

    def finalized() -> None:
        with GradientTape() as tape:
            tape.watch(own)
            y = ngrad.reduce_sum(ngrad.tanh(own * own))
        tape.gradient(y, own).numpy()

    assert_the_same_anywhere(AMID[what], (*FILES, "tape.py"), finalized)


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
