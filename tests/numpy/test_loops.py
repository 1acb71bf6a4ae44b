"""Loops over elements and rows, and assignment through views: what NumPy's programs do one element
at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from crowd import crowd

import ngrad as tf
import ngrad.numpy as ours

KINDS = ("float64", "float32", "float16", "bfloat16", "int64", "uint8", "bool", "complex64")


def _both(shape: tuple[int, ...], dtype: str = "float64") -> tuple[Any, Any]:
    x = ours.asarray(np.random.default_rng(0).integers(0, 100, shape)).astype(dtype)
    return x, np.array(np.asarray(x))


@pytest.mark.parametrize("dtype", KINDS)
def test_elements_and_rows_in_turn_are_numpys(dtype: str) -> None:
    x, expected = _both((6, 5), dtype)
    for ours_of, numpys in ((x, expected), (x.T, expected.T), (x[::-2, 1:], expected[::-2, 1:])):
        for _ in range(2):  # not known, and known
            for row, wanted in zip(ours_of, numpys, strict=True):
                np.testing.assert_array_equal(row, wanted)
                assert [e.tolist() for e in row] == wanted.tolist()
                assert {e.dtype for e in row} == {wanted.dtype} and row[0].base is None


def test_elements_are_no_views_though_a_tensor_of_the_kind_has_shown_one() -> None:
    t, x = tf.constant([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], "f8"), ours.arange(7.0)
    assert float(t[0]) == 1.0
    x[0], x[1] = x[1], x[0]
    assert x.tolist() == [1, 0, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("index", [6, -7, 2**80, -(2**80), (0, 5), (6, 0)])
def test_no_element_beyond_an_axis_is_taken(index: Any) -> None:
    x, _ = _both((6, 5))
    for one in (x, x.T.T):
        assert float(one[5, 4]) == float(one[-1][-1])
        with pytest.raises(IndexError, match="getitem"):
            one[index]


def test_a_loop_sees_what_is_assigned_in_it() -> None:
    def run(m: Any) -> Any:
        x = m.arange(6.0)
        for k, e in enumerate(x):
            if k < 5:
                x[k + 1] += e
        grid = m.zeros((4, 3))
        for k, row in enumerate(grid):
            row += k
            grid[(k + 1) % 4, 0] = 7.0
        return [x.tolist(), grid.tolist()]

    assert run(ours) == run(np)


def test_a_loop_over_an_array_lets_it_be_written_in_place() -> None:
    x = ours.ones(50)
    x[0] = 1.0
    where = x._read()._address
    for k, e in enumerate(x):
        x[k] = e + 1
    for k, e in enumerate(x[10:]):
        x[k] = e
    assert x._read()._address == where


def test_views_of_one_array_are_written_to_in_place() -> None:
    x, expected = _both((300, 2))
    x[0] = 0.0
    expected[0] = 0.0
    left, right, odd = x[:, 0], x.T[1], x.reshape(-1)[1::2]
    left[0] = 0.0  # what views hold is let go of once
    where = x._read()._address
    one, two = expected[:, 0], expected[:, 1]
    for k in range(1, 300):
        left[k] = right[k - 1] + left[k - 1]
        one[k] = two[k - 1] + one[k - 1]
        odd[k] = 3
        two[k] = 3
        x[k][1:] += 1.0
        expected[k][1:] += 1.0
    assert x._read()._address == where
    np.testing.assert_array_equal(x, expected)
    np.testing.assert_array_equal(right, two)


@pytest.mark.parametrize("size", [3, 300])
def test_what_lies_otherwise_is_written_to_in_its_own_order(size: int) -> None:
    x, expected = _both((size, size))
    for one in (x, expected):
        one.T.flat[3] = 7.0
        one.T.flat[1:9:2] = 8.0
        one[1:, :].T.flat[2] += 1.0
    np.testing.assert_array_equal(x, expected)


def test_a_part_of_what_lies_in_an_unknown_order_is_laid_out_flat() -> None:
    x, expected = _both((4, 3))
    np.testing.assert_array_equal((x.T + 1)[1:].ravel(), (expected.T + 1)[1:].ravel())


def test_what_has_the_memory_keeps_its_value() -> None:
    x, before = _both((40, 3))
    shared, doubled, copied = x._read(), x * 2, x.copy()
    view = x[1:, ::-1]
    exported = np.asarray(x)
    view[0] = [7.0, 8.0, 9.0]
    view[1, 2] = 5.0
    view[2:] += 1.0
    expected = before.copy()
    expected[1:, ::-1][0] = [7.0, 8.0, 9.0]
    expected[1:, ::-1][1, 2] = 5.0
    expected[3:] += 1.0
    np.testing.assert_array_equal(x, expected)
    for kept, wanted in ((shared, before), (doubled, before * 2), (copied, before)):
        np.testing.assert_array_equal(kept, wanted)
    np.testing.assert_array_equal(exported, before)


LARGE = 50_000
"""Elements of what is not small."""


@pytest.mark.parametrize("shares", [False, True])
def test_large_arrays_are_assigned_to_at_once(shares: bool) -> None:
    rng = np.random.default_rng(0)
    places, values, mask = rng.integers(0, LARGE, LARGE), rng.random(LARGE), rng.random(LARGE) > 0.5
    ints = rng.integers(0, 9, LARGE)

    def run(m: Any) -> list[Any]:
        x = m.asarray(values * 2)
        kept = x.copy() if shares else None
        x[m.asarray(places)] = m.asarray(values)
        x[::2] = m.asarray(ints)[::2]
        x[m.asarray(mask)] = m.asarray(values)[m.asarray(mask)]
        x[m.asarray(mask)] = 0.5
        x[1:] = x[:-1]
        view = x.reshape(-1, 2)[:, 1]
        view[:] = m.asarray(values)[: LARGE // 2]
        return [x, view] if kept is None else [x, view, kept]

    for found, expected in zip(run(ours), run(np), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_large_value_of_another_shape_raises() -> None:
    x = ours.zeros(LARGE)
    with pytest.raises(ValueError, match="assignment"):
        x[::2] = ours.ones(LARGE)
    with pytest.raises(ValueError, match="read-only"):
        ours.broadcast_to(ours.ones(3), (LARGE, 3))[:] = ours.ones((LARGE, 3))


def test_assignments_through_views_have_derivatives() -> None:
    def f(x: Any) -> Any:
        out = ours.zeros((3, 2))
        for k, row in enumerate(x):
            view = out[k]
            view[0] = row[0] * row[1]
            view[1:] = row[:1]
        return (out * ours.asarray([[1.0, 2.0]])).sum()

    x = ours.asarray([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    found = tf.grad(f)(x)
    np.testing.assert_array_equal(found, [[4.0, 1.0], [6.0, 3.0], [8.0, 5.0]])


def test_threads_write_through_views_of_one_array() -> None:
    x = ours.zeros((400, 2))
    column = x[:, 1]

    def work(first: int) -> None:
        own = x[:, 0]
        for k in range(first, 400, 4):
            own[k] = k
            column[k] = column[k] + 1.0
            x[k][1:] += 1.0

    crowd(work)
    np.testing.assert_array_equal(x, np.stack([np.arange(400.0), np.full(400, 2.0)], 1))
