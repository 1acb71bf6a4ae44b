"""Loops that assign and read parts of arrays under a tape: in the memory of the arrays, where no
one needs what was there, and with the bits of a program that makes a new array each time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ngrad
import ngrad.numpy as ours
from ngrad.graph.written import FEW
from ngrad.plans import plans
from ngrad.replay import LARGE
from ngrad.unplanned import OFTEN

ROWS, COLUMNS = 5, 3
MANY = 4 * FEW


pytestmark = pytest.mark.usefixtures("waiting")


def elements(x: Any, size: int) -> Any:
    y = ours.zeros(size)
    for i in range(MANY):
        y[i] = x[i] * 2.0
    return y.sum()


def before(x: Any, size: int) -> Any:
    y = ours.zeros(size)
    y[0] = x[0]
    for i in range(1, MANY):
        y[i] = y[i - 1] ** 2 * 0.5 + x[i]
    return y.sum()


def read_and_changed(x: Any, size: int) -> Any:
    total = 0.0
    for i in range(MANY):
        total = total + x[i] * (i + 0.5)
        x[i] *= 3.0
    return total + x.sum()


def columns(x: Any, size: int) -> Any:
    y = ours.zeros((3, size))
    for i in range(MANY):
        y[:, i] = x[i]
    return (y * y).sum()


def blocks(x: Any, size: int) -> Any:
    y, total = ours.zeros(size), 0.0
    for i in range(0, MANY, 2):
        y[i : i + 2] = ours.tanh(x[i : i + 2])
        total = total + x[i : i + 2].sum() ** 2
    return (y * y).sum() + total


@pytest.mark.parametrize("loop", [elements, before, read_and_changed, columns, blocks])
def test_a_step_moves_no_more_in_a_large_array(loop: Callable[[Any, int], Any]) -> None:
    """Bytes, of all that a gradient launches, are those of the steps, and some for the arrays."""

    def moved(size: int) -> int:
        x = ours.linspace(0.1, 0.2, size)
        for _ in range(OFTEN + 3):
            start = ngrad.stats().bytes
            ngrad.grad(lambda x: loop(x, size))(x)[0].item()
            found = ngrad.stats().bytes - start
        return found

    few, many = moved(MANY), moved(50 * MANY)
    arrays = 3 if loop is columns else 1
    assert many - few <= 12 * arrays * 49 * MANY * 8, (few, many)


def test_few_assignments_are_part_of_a_loop_nest() -> None:
    """As of what is on the edges of a grid, between steps."""

    @ngrad.function
    def step(u: Any) -> Any:
        u = ours.tanh(u) * 2.0
        u[0], u[-1] = 0.0, 1.0
        return u * u + 1.0

    x = ours.linspace(0.0, 1.0, 1000)
    assert launches(lambda: ngrad.eval(step(x))) == 1


def test_the_steps_of_a_grid_in_time_are_loop_nests() -> None:
    """However many: each is one pass forward, and one back."""

    def heat(u: Any, steps: int) -> Any:
        for _ in range(steps):
            v = u.copy()
            v[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
            u = v
        return (u * u).sum()

    def many(steps: int) -> int:
        return launches(lambda: ngrad.grad(lambda u: heat(u, steps))(ours.linspace(0.0, 1.0, 40)))

    assert many(20) - many(10) <= 2 * 10


def test_what_is_written_in_place_takes_no_room() -> None:
    """So a loop's plan is replayed at once, however large the array is and however often one part
    of it is assigned, and not step by step in Python.
    """

    def history(x: Any) -> Any:
        u = ours.zeros((100, x.size))
        u[0] = x
        for n in range(99):
            u[n + 1, 1:-1] = u[n, 2:] * 0.5 + u[n, :-2]
        return u[-1].sum()

    x = ours.linspace(0.0, 1.0, 1 << 11)
    assert 100 * 100 * x.nbytes > LARGE
    for _ in range(OFTEN + 3):
        ngrad.grad(history)(x)[0].item()
    assert list(plans.values())[-1].cut.replay is not None


def launches(function: Callable[[], Any]) -> int:
    """How many kernels a program launches once it has been seen."""
    for _ in range(OFTEN + 3):
        start = ngrad.stats().launches
        function()
        found = ngrad.stats().launches - start
    return found


# -- bits ------------------------------------------------------------------------------------------


def bits(program: Callable[[Any], Any], x: Any) -> list[bytes]:
    value, slope = ngrad.value_and_grad(program)(ours.array(x))
    return [np.asarray(value).tobytes(), np.asarray(slope).tobytes()]


def by_columns(x: Any) -> Any:
    y = ours.zeros(x.shape, dtype=x.dtype)
    for j in range(1, MANY):
        y[:, j] = x @ y[:, j - 1] + x[:, j]  # BLAS's bits are those of a column
    return (y * y).sum()


def by_rows(x: Any) -> Any:
    y = ours.zeros(x.shape, dtype=x.dtype)
    for j in range(1, MANY):
        y[j] = x @ y[j - 1] + x[j]
    return (y * y).sum()


def zeros_that_meet(x: Any) -> Any:
    total = 0.0
    for k in range(MANY):
        part = x[3, k // 2 :] if k % 2 else x[3, : MANY - k // 2]
        total = total + (part * -0.0).sum()
    return total + (x * -0.0).sum()


def zeros_that_meet_again(x: Any) -> Any:
    total = 0.0
    for k in range(MANY):
        total = total + x[0, 3] * -0.0 + x[0, k % 5] * (-0.0 if k > 5 else 0.0)
    return total


@pytest.mark.parametrize("program", [by_columns, by_rows, zeros_that_meet, zeros_that_meet_again])
def test_bits_are_those_of_whole_arrays(program: Callable[[Any], Any]) -> None:
    x = np.random.default_rng(0).normal(size=(MANY, MANY)).astype("f4") / MANY
    ngrad.config.set_eager(True)
    try:
        expected = bits(program, x)
    finally:
        ngrad.config.set_eager(False)
    assert [bits(program, x) for _ in range(OFTEN + 3)] == [expected] * (OFTEN + 3)


# -- programs that are drawn -----------------------------------------------------------------------

row, column = st.integers(0, ROWS - 1), st.integers(0, COLUMNS - 1)
statement = st.one_of(
    st.tuples(st.just("row"), row, row),
    st.tuples(st.just("element"), row, column, row),
    st.tuples(st.just("column"), column, row),
    st.tuples(st.just("several"), row, row),
    st.tuples(st.just("more"), row, row),
    st.tuples(st.just("read"), row),
    st.tuples(st.just("whole")),
    st.tuples(st.just("kept"), row),
    st.tuples(st.just("later")),
    st.tuples(st.just("negative zero"), row),
    st.tuples(st.just("argument"), row, row),
)


def run(m: Any, program: Any, x: Any) -> Any:
    """What a program gives, by NumPy or by us."""
    y, total, kept = m.zeros((ROWS, COLUMNS)), 0.0, x[0] * 1.0
    for what, *at in program:
        if what == "row":
            y[at[0]] = y[at[1]] * 0.5 + x[at[0]]
        elif what == "element":
            y[at[0], at[1]] = m.tanh(y[at[2]].sum())
        elif what == "column":
            y[:, at[0]] = x[:, at[0]] * x[at[1], 0]
        elif what == "several":
            y[at[0] :, 1:] = y[at[1], :-1]
        elif what == "more":
            y[at[0]] += y[at[1]] * y[at[0]]
        elif what == "read":
            total = total + (y[at[0]] ** 2).sum()
        elif what == "whole":
            total = total + (m.tanh(y) * x).sum()
        elif what == "kept":
            kept = y[at[0]] * 1.0
        elif what == "later":
            total = total + (kept * y[0]).sum()
        elif what == "negative zero":
            y[at[0]] = -0.0 * x[at[0]]
        else:
            total = total + x[at[0], 0] * x[at[1], -1]
    return total + y.sum()


@settings(max_examples=12, deadline=None)
@given(st.lists(statement, min_size=6, max_size=4 * FEW))
def test_any_program_has_the_bits_that_it_has_eagerly(program: list[Any]) -> None:
    x = np.random.default_rng(len(program)).uniform(-1, 1, (ROWS, COLUMNS))

    def drawn(x: Any) -> Any:
        return run(ours, program, x)

    ngrad.config.set_eager(True)
    try:
        expected = bits(drawn, x)
    finally:
        ngrad.config.set_eager(False)
    np.testing.assert_allclose(np.frombuffer(expected[0]), run(np, program, x), 1e-12, 1e-14)
    assert [bits(drawn, x) for _ in range(OFTEN + 3)] == [expected] * (OFTEN + 3)
