"""Long programs that come once: run as they are read. That their bits are those of a plan is in
`test_deferral.py` and `test_random_graphs.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import ngrad
from ngrad import GradientTape, constant, unplanned
from ngrad.errors import IndexBoundsError
from ngrad.plans import FEW, WIDE, plans
from ngrad.unplanned import OFTEN, VAIN
from ngrad_kernels.memory import OutOfMemory

STEPS = 60
OPS = ngrad.tanh, ngrad.sigmoid, lambda x: ngrad.sin(x) * 0.5


def chain(x: Any, w: Any, order: Sequence[int]) -> Any:
    for k in order:
        x = OPS[k](x @ w)
    return x


def slopes(order: Sequence[int], rows: int = 2) -> list[Any]:
    rng = np.random.default_rng(1)
    x, w = constant(rng.normal(size=(rows, 3))), constant(rng.normal(size=(3, 3)))
    with GradientTape() as tape:
        tape.watch((x, w))
        y = ngrad.reduce_sum(chain(x, w, order))
    return [g.numpy() for g in tape.gradient(y, (x, w))]


def orders(count: int) -> list[list[int]]:
    """Which ops come, one after the other; the last one is the same."""
    rng = np.random.default_rng(0)
    return [[*rng.integers(0, len(OPS), STEPS + k).tolist(), 0] for k in range(count)]


def test_another_program_asks_for_no_rule_again() -> None:
    first, *others = orders(5)
    plans.clear()
    slopes(first)
    slopes(first)  # when rules have plans
    rules = dict(unplanned._rules)
    before = ngrad.stats()
    for order in others:
        slopes(order)
    since = ngrad.stats() - before
    assert unplanned._rules == rules
    assert (since.planned, since.fused, since.compiled) == (0, 0, 0)
    assert all(planned.cut is None for planned in plans.values())


def test_what_comes_often_is_planned() -> None:
    (order,) = orders(1)
    plans.clear()
    found = []
    for times in range(OFTEN + 2):
        found.append([g.tobytes() for g in slopes(order)])
        (planned,) = plans.values()
        assert (planned.cut is None) == (times < OFTEN)
    assert all(bits == found[0] for bits in found)


def test_large_values_are_planned_at_once() -> None:
    (order,) = orders(1)
    plans.clear()
    slopes(order, rows=WIDE // 8)
    assert all(planned.cut is not None for planned in plans.values())


@pytest.mark.parametrize("again", [False, True])
def test_short_programs_are_planned_unless_that_was_in_vain(again: bool) -> None:
    """The kernels are there: each op comes in the first programs."""
    x = constant([[0.5, 0.25], [1.0, -2.0]])

    def run(order: Sequence[int]) -> Any:
        plans.clear()
        with GradientTape() as tape:
            tape.watch(x)
            y = ngrad.reduce_sum(chain(x, x, order))
        tape.gradient(y, x)
        (planned,) = plans.values()
        return planned

    ngrad.config.set_fusion("off")
    known = [0, 1, 2, 0]
    unplanned.FEW = -1
    try:
        run(known)
    finally:
        unplanned.FEW = FEW
    unplanned.recent.clear()
    draw = np.random.default_rng(2)
    made = []
    for _ in range(VAIN):
        made.append(run(draw.integers(0, 3, 4).tolist()))
        made[-1].times += again
    assert all(planned.cut is not None for planned in made)
    assert (run(known).cut is not None) == again


@pytest.mark.parametrize("few", [0, 1 << 30])
def test_only_what_is_asked_for_is_computed(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unplanned, "FEW", few)
    plans.clear()
    ngrad.config.set_fusion("off")
    x = constant([0.5, 0.25])
    ngrad.eval()
    before = ngrad.stats()
    y = ngrad.exp(ngrad.sin(x))
    ngrad.cos(y) + 1.0  # nobody keeps it
    ngrad.eval(y)
    assert (ngrad.stats() - before).launches == 2


def test_an_index_out_of_bounds_takes_nothing_else_along() -> None:
    plans.clear()
    x, one = constant([0.5, 0.25]), constant(1)
    with GradientTape() as tape:
        tape.watch(x)
        y = x
        for _ in range(STEPS):
            y = ngrad.sin(y)
        wrong = ngrad.gather(y, one + 1)
        right = y * 2.0
    with pytest.raises(IndexBoundsError):
        wrong.numpy()
    expected = np.array([0.5, 0.25])
    for _ in range(STEPS):
        expected = np.sin(expected)
    np.testing.assert_allclose(right.numpy(), 2 * expected, rtol=1e-6)
    assert tape.gradient(right, x) is not None


def test_cotangents_go_as_the_sweep_passes() -> None:
    """There is room for the forward values, and for a few more."""
    (order,) = orders(1)
    rows = 1 << 10
    for _ in range(2):
        slopes(order, rows)
        plans.clear()
    ngrad.config.release_memory()
    before = ngrad.config.memory_stats()
    slopes(order, rows)
    after = ngrad.config.memory_stats()
    made = after.live_bytes + after.pooled_bytes - before.live_bytes
    values = 2 * len(order) + order.count(2)
    assert made <= 1.25 * values * rows * 3 * 8


def test_values_that_no_sweep_reads_go_with_their_last_reader() -> None:
    (order,) = orders(1)
    x = constant(np.full((1 << 10, 3), 0.5))
    for _ in range(2):
        plans.clear()
        ngrad.config.release_memory()
        before = ngrad.config.memory_stats()
        y = x
        for k in order:
            y = OPS[k](y)
        ngrad.eval(y)
        after = ngrad.config.memory_stats()
    made = after.live_bytes + after.pooled_bytes - before.live_bytes
    assert made <= 4 * x.nbytes
    (planned,) = plans.values()
    assert planned.times == 1 and planned.cut is None


def test_where_memory_is_short_a_plan_may_do_with_less(monkeypatch: pytest.MonkeyPatch) -> None:
    (order,) = orders(1)
    plans.clear()
    expected = [g.tobytes() for g in slopes(order)]
    plans.clear()

    def short(*_: Any) -> Any:
        raise OutOfMemory("as read")

    monkeypatch.setattr(unplanned, "_run", short)
    assert [g.tobytes() for g in slopes(order)] == expected


def test_structures_that_still_come_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ngrad.plans.PLANS_LIMIT", 8)
    plans.clear()
    ngrad.config.set_fusion("off")
    x, hot = constant([0.5, 0.25]), constant([1.0, 2.0])

    def run(count: int, start: Any) -> None:
        y = start
        for _ in range(count):
            y = ngrad.sin(y)
        ngrad.eval(y)

    before = ngrad.stats().planned
    for count in range(2, 40):
        run(1, hot)
        run(count, x)
    assert len(plans) <= 8
    assert ngrad.stats().planned - before <= 1 + 38


SLICES = {
    "rows": lambda x: [x[k] for k in range(4)],
    "some rows": lambda x: [x[1], x[3]],
    "columns": lambda x: [x[:, k] for k in range(3)],
    "ranges": lambda x: [x[:2], x[2:3], x[3:]],
    "one of them": lambda x: [x[2]],
    "ranges that meet": lambda x: [x[:2], x[1:3], x[2:]],
    "the same again": lambda x: [x[1], x[1], x[1]],
    "of two axes": lambda x: [x[0], x[:, 1], x[1:, 1:]],
    "steps": lambda x: [x[::2], x[1::2], x[::-1]],
    "all of it": lambda x: [x[:], x[0], x],
}
"""Parts of four rows of three."""


@pytest.mark.parametrize("name", SLICES)
@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "bfloat16"])
def test_cotangents_of_parts_are_those_of_wholes_that_are_added(
    name: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the bit: parts have cotangents of -0, too, which are 0 where another whole was added."""
    values = np.random.default_rng(0).normal(size=(4, 3))
    x = ngrad.cast(constant(values), dtype)
    seeds = [[-0.0, 1.5, np.inf], [-0.0, -0.0, -2.5], [np.nan, 0.0, -0.0]]

    def slope() -> bytes:
        plans.clear()
        with GradientTape() as tape:
            tape.watch(x)
            y = x * 2.0
            parts = SLICES[name](y)
        given = [
            ngrad.cast(constant(np.resize(seeds[k % 3], part.shape)), x.dtype)
            for k, part in enumerate(parts)
        ]
        found: bytes = tape.gradient(parts, x, given).numpy().tobytes()
        return found

    monkeypatch.setattr(unplanned, "FEW", 1 << 30)
    unplanned.recent.clear()
    expected = slope()
    monkeypatch.setattr(unplanned, "FEW", -1)
    assert slope() == expected


def test_a_loop_over_parts_adds_no_wholes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unplanned, "FEW", -1)
    x = constant(np.ones((50, 3)))

    def launches(count: int) -> int:
        plans.clear()
        before = ngrad.stats()
        with GradientTape() as tape:
            tape.watch(x)
            y = x * 2.0
            parts = [y[k] * y[k] for k in range(count)]
        tape.gradient(parts, x)
        return (ngrad.stats() - before).launches

    launches(40), launches(50)
    each = (launches(50) - launches(40)) / 10
    assert each == 4  # a square, its seed, its rule's product, and the sum for one part
