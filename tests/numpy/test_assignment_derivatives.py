"""Assignments, and views from before them, that tapes, transforms and functions follow."""

from __future__ import annotations

from typing import Any

import numpy as np
from numeric import check_gradient

import ngrad
import ngrad.numpy as ours


def changed(x: Any, y: Any) -> Any:
    x, y = ours.array(x), ours.asarray(y)
    before = x[1] * 3.0
    x[0] = y * x[1]
    x[1:, ::2] += x[0, :2] ** 2
    x[x < 0] = 0.25
    x[[2, 0, 2], [1, 1, 1]] = y[:3] * 2.0
    row = x[2]
    row *= y
    return ngrad.convert_to_tensor(x * before)


def test_gradients_go_through_assignments() -> None:
    x = np.random.default_rng(3).normal(size=(3, 4))
    check_gradient(changed, x, np.array([0.5, -1.5, 2.0, 1.25]))


def test_gradients_go_through_views_from_before() -> None:
    x = ours.arange(6.0).reshape(2, 3)
    row, turned, part, places = x[1], x.T, x.T[1:][:, 0], ours.array([0, 2, 2])
    with ngrad.GradientTape(persistent=True) as tape:
        tape.watch(x)
        values = [ours.sum(row**2), turned[2, 1] ** 2, part[0] * 3.0, sum(row) * 2.0]
        values += [ours.sum(row[places]), ours.sum(row[row > 3.5])]
    expected = [
        [[0.0] * 3, [6.0, 8.0, 10.0]], [[0.0] * 3, [0.0, 0.0, 10.0]],
        [[0.0, 3.0, 0.0], [0.0] * 3], [[0.0] * 3, [2.0] * 3],
        [[0.0] * 3, [1.0, 0.0, 2.0]], [[0.0] * 3, [0.0, 1.0, 1.0]],
    ]  # fmt: skip
    assert [tape.gradient(value, x).tolist() for value in values] == expected


def test_a_view_of_many_views_shows_what_is_assigned() -> None:
    x = ours.arange(6.0).reshape(2, 3).copy()
    for count in range(12):
        view = x
        for _ in range(count):
            view = view.T
        np.asarray(view)  # from now on it holds what it showed
        x[0, 1] = 7.0 + count
        with ngrad.GradientTape() as tape:
            tape.watch(x)
            total = (view[::2] * view[::2]).sum()
        shown = np.asarray(x).T if count % 2 else np.asarray(x)
        np.testing.assert_array_equal(view, shown)
        expected = np.zeros((2, 3))
        (expected.T if count % 2 else expected)[::2] = 2 * shown[::2]
        np.testing.assert_array_equal(tape.gradient(total, x), expected)


def test_a_source_is_what_was_watched() -> None:
    x = ours.array([1.0, 2.0, 3.0])
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        x[0] = x[1] * 3.0
        total = (x * x).sum()
    slope = tape.gradient(total, x)
    assert isinstance(slope, ours.ndarray)
    assert slope.tolist() == [0.0, 2 * 6 * 3 + 4.0, 6.0]


def test_transforms_pass_fresh_arrays() -> None:
    def f(x: Any) -> Any:
        x[0] = x[1] ** 2
        x += 1.0
        return (x * x).sum()

    x = ours.array([1.0, 2.0])
    for run in (ngrad.grad(f), ngrad.function(f), ngrad.function(ngrad.grad(f))):
        found = run(x)
        assert isinstance(found, ours.ndarray) and x.tolist() == [1.0, 2.0]
    assert ngrad.grad(f)(x).tolist() == [0.0, 2 * 5 * 4 + 6.0]
    inner = ngrad.function(f)
    outer = ngrad.function(lambda x: inner(x) + x.sum())
    before = ngrad.config.eager()
    for eager in (False, True):
        ngrad.config.set_eager(eager)
        assert outer(x) == 34.0 + 3.0 and x.tolist() == [1.0, 2.0]
    ngrad.config.set_eager(before)


def test_an_array_that_is_given_twice_is_one() -> None:
    def f(x: Any, y: Any) -> Any:
        x[0] = 9.0
        return y * 1.0

    def pair(both: Any) -> Any:
        return f(*both)

    x = ours.arange(3.0)
    call = ngrad.function(f)
    for _ in range(2):
        assert call(x, x).tolist() == [9.0, 1.0, 2.0]
        assert call(x, ours.arange(3.0)).tolist() == [0.0, 1.0, 2.0]
        assert call(x, x).tolist() == [9.0, 1.0, 2.0]
        assert call.traces == 2
    assert ngrad.function(pair)([x, x]).tolist() == [9.0, 1.0, 2.0]
    assert x.tolist() == [0.0, 1.0, 2.0]


def test_a_function_returns_views_of_what_it_assigned_to() -> None:
    def f(x: Any) -> Any:
        y = x * 1.0
        one, two = y[1:], y[1:].reshape(2, 1)
        y[1] = 7.0
        return one, two[0]

    x = ours.array([1.0, 2.0, 3.0])
    for run in (ngrad.function(f), f):
        one, two = run(x)
        assert one.tolist() == [7.0, 3.0] and two.tolist() == [7.0]
