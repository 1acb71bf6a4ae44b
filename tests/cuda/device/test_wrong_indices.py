"""Indices out of bounds, and logits that are no numbers, on a GPU: nobody waits for their check, no
memory out of bounds is touched, and what depends on them, in whichever plan, raises where it is
looked at.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from evaluating import GPU, evaluated
from test_faults import GATHERS, WRONG, X

import ngrad
from ngrad.devices import device_of
from ngrad.errors import IndexBoundsError, NumberError

every_gather = pytest.mark.parametrize("name", GATHERS)


@pytest.fixture(autouse=True)
def device() -> Iterator[None]:
    with ngrad.device(GPU):
        yield


def waits() -> int:
    return device_of(GPU).target.counters["synchronisations"]


def refused(value: Any, match: str = "index 5 is out of range") -> None:
    with pytest.raises(IndexBoundsError, match=match):
        value.numpy()


@every_gather
def test_a_look_raises_and_names_the_line(name: str) -> None:
    """On what depends on the index, in the same plan and in later ones, every time."""
    x, index = ngrad.constant(X), ngrad.constant(WRONG) + 0
    line = inspect.getsourcelines(GATHERS[name])[1]
    found = GATHERS[name](x, index)
    other, after = x * 2.0, found + 1.0
    ngrad.eval(found, other, after)
    later = after * x[0, 0]
    np.testing.assert_array_equal(other.numpy(), 2 * X)
    for value in (found, later, found, after):
        match = rf"{name}: \w+ 5 is out of range .*{re.escape(inspect.getfile(GATHERS[name]))}:\d+"
        with pytest.raises(IndexBoundsError, match=match) as caught:
            value.numpy()
        assert abs(int(str(caught.value).rsplit(":", 1)[1]) - line) <= 1
    right = GATHERS[name](x, ngrad.constant([0, 1]) + 0)
    assert np.isfinite(right.numpy()).all()


@pytest.mark.parametrize("way", ["deferred", "fused", "eager"])
def test_gradients_and_functions(way: str) -> None:
    @ngrad.function
    def f(x: Any, i: Any) -> Any:
        return ngrad.gather(x, i + 0) * 2.0

    x, index = ngrad.constant(X), ngrad.constant(WRONG)
    with evaluated(way):
        for _ in range(3):
            with ngrad.GradientTape() as tape, pytest.raises(IndexBoundsError, match="index 5"):
                tape.watch(x)
                y = ngrad.reduce_sum(f(x, index) if way != "eager" else ngrad.gather(x, index + 0))
                tape.gradient(y, x).numpy()
            good = f(x, ngrad.constant([2, 0]))
            np.testing.assert_array_equal(good.numpy(), 2 * X[[2, 0]])


@pytest.mark.parametrize("code", ["i1", "u1", "i2", "u4", "i8", "u8"])
def test_indices_of_every_dtype(code: str) -> None:
    """The least of those below is named, else the greatest."""
    x = ngrad.range(100.0)
    index = ngrad.constant(np.array([3, 0, 99, 1], code))
    np.testing.assert_array_equal(ngrad.gather(x, index + index * 0).numpy(), [3, 0, 99, 1])
    wrong = ngrad.constant(np.array([3, 100, 120, 99], code))
    refused(ngrad.gather(x, wrong + wrong * 0), "index 120 is out of range")
    if code[0] == "i":
        refused(ngrad.gather(x, 0 - wrong), "index -120 is out of range")


def test_eager_ones_raise_on_the_line() -> None:
    with evaluated("eager"), pytest.raises(IndexBoundsError, match=r"5 is out of range \[0, 3\)$"):
        ngrad.gather(ngrad.constant(X), ngrad.constant(WRONG) + 0)


def test_indices_from_outside_raise_on_the_line() -> None:
    """Also where they lie on the GPU: their range was seen on the way."""
    index = ngrad.constant(WRONG)
    before = waits()
    with pytest.raises(IndexBoundsError, match=r"index 5 is out of range \[0, 3\)$"):
        ngrad.gather(ngrad.constant(X), index)
    assert waits() == before


def test_there_is_no_right_index_into_nothing() -> None:
    refused(ngrad.gather(ngrad.zeros([0, 2]), ngrad.constant([0]) + 0), "index 0 is out of range")


def test_what_is_known_to_be_wrong_is_not_assigned() -> None:
    """What is not known yet is, and raises where the variable is looked at; until it holds
    something else.
    """
    v, x, index = ngrad.Variable([1.0, 2.0]), ngrad.constant([1.0, 2.0]), ngrad.constant(WRONG)
    counts = []
    for _ in range(2):  # kernels are loaded, and told of sizes, the first time
        found = ngrad.gather(x, index + 0)
        v.assign(found)
        v.assign_add(x)
        ngrad.eval(v)
        counts.append(waits())
    assert counts[0] == counts[1]
    refused(v)
    v.assign([3.0, 4.0])
    with pytest.raises(IndexBoundsError):
        v.assign(found) if found._at else v.assign(found.numpy())
    np.testing.assert_array_equal(v.numpy(), [3.0, 4.0])


def test_several_runs_come_together() -> None:
    """The first fault of any of them; and once all are known to be fine, nobody asks again."""
    x = ngrad.constant(X)
    parts = []
    for index in ([0, 1], [2, 2], WRONG):
        parts.append(ngrad.gather(x, ngrad.constant(index) + 0))
        ngrad.eval(parts[-1])
    good = parts[0] + parts[1]
    ngrad.eval(good)
    bad = parts[1] + parts[2]
    ngrad.eval(bad)
    refused(ngrad.reduce_sum(bad))
    np.testing.assert_array_equal(good.numpy(), X[[0, 1]] + X[[2, 2]])
    before = device_of(GPU).target.counters["copies"]
    good.numpy()
    assert device_of(GPU).target.counters["copies"] == before + 1


def test_others_are_handed_nothing_wrong() -> None:
    x = ngrad.gather(ngrad.constant(X), ngrad.constant(WRONG) + 0)
    for hand in (
        lambda: x.__dlpack__(),
        lambda: x.__cuda_array_interface__,
        lambda: x.cpu().numpy(),
    ):
        with pytest.raises(IndexBoundsError, match="index 5"):
            hand()


def test_logits_are_checked_as_indices_are() -> None:
    def draw(more: float) -> Any:
        logits = ngrad.constant([[0.0, 1.0, 2.0], [1.0, 0.0, -1.0]]) * [[1.0], [more]]
        return ngrad.random.stateless_categorical(logits, 5, [1, 2])

    counts = []
    for _ in range(2):  # kernels are loaded, and told of sizes, the first time
        ngrad.eval(found := draw(1.0))
        counts.append(waits())
    assert counts[0] == counts[1]
    with ngrad.device("cpu"):
        np.testing.assert_array_equal(found.numpy(), draw(1.0).numpy())
    for wrong in (np.nan, np.inf):
        match = rf"categorical: a row of logits .* at {re.escape(__file__)}:\d+"
        with pytest.raises(NumberError, match=match):
            (draw(wrong) + 1).numpy()
        with evaluated("eager"), pytest.raises(NumberError, match="row 1 of logits"):
            draw(wrong)


def embed(steps: int, wrong: int, seen: list[dict[str, int]]) -> Callable[[], Any]:
    """Steps of a fit of an embedding, whose ids are computed; in one of them one is wrong."""
    table = ngrad.Variable(X)
    ids, right, left, rate = (ngrad.constant(i) for i in ([0, 1, 1], 1, 3, np.float64(0.1)))
    for k in range(steps):
        with ngrad.GradientTape() as tape:
            rows = ngrad.nn.embedding_lookup(table, ids + (left if k == wrong else right))
            loss = ngrad.reduce_sum(rows * rows)
        table.assign_sub(rate * tape.gradient(loss, table))
        ngrad.eval(loss, table)
        seen.append(dict(device_of(GPU).target.counters))
    return table


def test_a_warm_loop_waits_for_nothing() -> None:
    """It replays graphs, beside one launch, and allocates nothing; the host asks for no status."""
    seen: list[dict[str, int]] = []
    with evaluated("fused"):
        table = embed(14, -1, seen)
        before, after = seen[-5], seen[-1]
        for what in ("synchronisations", "allocations"):
            assert after[what] == before[what], what
        assert after["launches"] == before["launches"] + 4
        assert after["replays"] > before["replays"]
        found = table.numpy()
        with ngrad.device("cpu"):
            np.testing.assert_array_equal(embed(14, -1, []).numpy(), found)


def test_a_wrong_step_of_a_loop_shows_at_the_end() -> None:
    with evaluated("fused"):
        refused(embed(12, 9, []), r"embedding_lookup: id 4 is out of range \[0, 3\)")
