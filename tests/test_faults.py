"""Indices out of bounds raise where they are given, or where what depends on them is looked at."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

import ngrad
from ngrad.errors import IndexBoundsError

X = np.arange(12.0).reshape(3, 4)
WRONG = np.array([0, 5])

GATHERS: dict[str, Callable[[Any, Any], Any]] = {
    "gather": lambda x, i: ngrad.gather(x, i),
    "gather_nd": lambda x, i: ngrad.gather_nd(x, ngrad.reshape(i, [2, 1])),
    "scatter_nd": lambda x, i: ngrad.scatter_nd(ngrad.reshape(i, [2, 1]), x[:2], [3, 4]),
    "getitem": lambda x, i: x[i],
    "embedding_lookup": lambda x, i: ngrad.nn.embedding_lookup(x, i),
    "sparse_softmax_cross_entropy_with_logits": (
        lambda x, i: ngrad.nn.sparse_softmax_cross_entropy_with_logits(i, x[:2])
    ),
}
every_gather = pytest.mark.parametrize("name", GATHERS)


@every_gather
def test_values_that_are_there_raise_on_the_line(name: str) -> None:
    with pytest.raises(IndexBoundsError, match=rf"{name}: \w+ 5 is out of range \[-?\d, \d\)$"):
        GATHERS[name](ngrad.constant(X), ngrad.constant(WRONG))


@every_gather
def test_pending_ones_raise_at_a_look_and_name_the_line(name: str) -> None:
    index = ngrad.constant(WRONG) + 0
    x = ngrad.constant(X)
    line = inspect.getsourcelines(GATHERS[name])[1]
    found = GATHERS[name](x, index)
    other, after = x * 2.0, found + 1.0
    np.testing.assert_array_equal(other.numpy(), 2 * X)  # what does not depend on it is fine
    for value in (found, after, found):
        match = rf"{name}: \w+ 5 is out of range .*{re.escape(__file__)}:\d+"
        with pytest.raises(IndexBoundsError, match=match) as caught:
            value.numpy()
        assert abs(int(str(caught.value).rsplit(":", 1)[1]) - line) <= 1
    right = GATHERS[name](x, ngrad.constant([0, 1]) + 0)
    assert np.isfinite(right.numpy()).all()


@every_gather
def test_eager_ones_raise_on_the_line(name: str) -> None:
    ngrad.config.set_eager(True)
    try:
        with pytest.raises(IndexBoundsError, match=name):
            GATHERS[name](ngrad.constant(X), ngrad.constant(WRONG) + 0)
    finally:
        ngrad.config.set_eager(False)


@every_gather
def test_a_gradient_raises(name: str) -> None:
    x = ngrad.constant(X)
    with ngrad.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = ngrad.reduce_sum(GATHERS[name](x, ngrad.constant(WRONG) + 0))
        z = ngrad.reduce_sum(GATHERS[name](x, ngrad.constant([0, 1]) + 0))
    with pytest.raises(IndexBoundsError, match=name):
        tape.gradient(y, x)
    del y
    assert tape.gradient(z, x).shape == (3, 4)


@every_gather
def test_a_gradient_of_what_has_no_value_raises_after_another(name: str) -> None:
    """And the other has its value."""
    x = ngrad.constant(X)
    with ngrad.GradientTape(persistent=True) as tape:
        tape.watch(x)
        wrong = ngrad.reduce_sum(GATHERS[name](x * 2.0, ngrad.constant(WRONG) + 0))
        right = ngrad.reduce_sum(x * x)
    for _ in range(2):
        np.testing.assert_array_equal(tape.gradient(right, x), 2 * X)
        with pytest.raises(IndexBoundsError, match=rf"{name}: \w+ 5 is out of range"):
            tape.gradient(wrong, x)


def test_few_plans_find_what_a_fault_leaves() -> None:
    """Among many values that are held, of which some follow from it."""
    index = ngrad.constant([5]) + 0
    with ngrad.GradientTape() as tape:  # while it listens, the window is one
        y = ngrad.constant(X)
        tape.watch(y)
        held = [y := ngrad.sin(y) for _ in range(64)]
        found = ngrad.gather(y, index)
        follow = [found := found + 1.0 for _ in range(64)]
        later = [y := ngrad.cos(y) for _ in range(64)]
    before = ngrad.stats().planned
    with pytest.raises(IndexBoundsError):
        follow[-1].numpy()
    assert ngrad.stats().planned - before < 40
    for value in follow:
        with pytest.raises(IndexBoundsError, match="gather: index 5"):
            value.numpy()
    np.testing.assert_allclose(held[0], np.sin(X))
    np.testing.assert_allclose(later[0], np.cos(held[-1].numpy()))


def test_what_is_out_of_bounds_is_not_assigned() -> None:
    v = ngrad.Variable([1.0, 2.0])
    for assign in (v.assign, v.assign_add):
        with pytest.raises(IndexBoundsError):
            assign(ngrad.gather(ngrad.constant([1.0, 2.0]), ngrad.constant(WRONG) + 0))
        np.testing.assert_array_equal(v.numpy(), [1.0, 2.0])


def test_a_function_checks_at_every_call() -> None:
    f = ngrad.function(lambda x, i: ngrad.gather(x, i) * 2.0)
    x = ngrad.constant([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(f(x, ngrad.constant([2, 0])), [6.0, 2.0])
    with pytest.raises(IndexBoundsError, match="gather: index 5"):
        f(x, ngrad.constant(WRONG))
    np.testing.assert_array_equal(f(x, ngrad.constant([1, 1])), [4.0, 4.0])


def test_a_range_is_found_once() -> None:
    """Checking the same indices again reads them no more."""
    index = ngrad.constant([0, 2])
    ngrad.gather(ngrad.constant(X), index)
    assert index._range == (0, 2)
    index._range = (0, 7)
    with pytest.raises(IndexBoundsError, match="index 7"):
        ngrad.gather(ngrad.constant(X), index)


INDICES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "ready": (lambda i: i, lambda i: i),
    "pending where it is called": (lambda i: i + 0, lambda i: i),
    "computed within": (lambda i: i, lambda i: i + 0),
}


@pytest.mark.parametrize("taped", [False, True])
@pytest.mark.parametrize(("given", "within"), INDICES.values(), ids=INDICES)
def test_an_index_out_of_bounds_leaves_variables_as_they_were(
    given: Callable[[Any], Any], within: Callable[[Any], Any], taped: bool
) -> None:
    table = ngrad.range(4.0)
    count, found = ngrad.Variable(0), ngrad.Variable(ngrad.zeros(2))

    @ngrad.function
    def step(i: Any) -> Any:
        count.assign_add(1)
        rows = ngrad.gather(table, within(i))
        found.assign(rows)
        return rows * 2.0

    step(ngrad.constant([1, 2]))
    listening = ngrad.GradientTape() if taped else nullcontext()
    with (
        listening,
        pytest.raises(IndexBoundsError, match=r"gather: index 4 is out of range \[0, 4"),
    ):
        step(given(ngrad.constant([1, 4])))
    assert count.numpy() == 1 and found.numpy().tolist() == [1.0, 2.0]
    assert step(ngrad.constant([2, 3])).numpy().tolist() == [4.0, 6.0]
    assert count.numpy() == 2
