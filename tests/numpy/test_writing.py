"""Assignments are written where the elements lie, and lose nothing that others hold or write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from crowd import crowd

import ngrad.numpy as ours
from ngrad.numpy import elements, writing
from ngrad.numpy.elements import written


def test_a_loop_over_elements_writes_in_place() -> None:
    x = ours.zeros(100)
    x[0] = 1.0
    _ = x[0].item()
    where = x._read()._address
    for k in range(1, 100):
        x[k] = x[k - 1] + 1.0
    assert x._read()._address == where and x.tolist() == list(range(1, 101))
    other = np.asarray(x)  # now somebody else has the memory
    x[0] = 0.0
    assert other[0] == 1.0 and x[0] == 0.0


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("through", [lambda x: x, lambda x: x[:], lambda x: x.T[::-1].T[:, ::-1]])
@pytest.mark.parametrize("length", [4, 60_000])
def test_what_another_thread_writes_meanwhile_is_not_lost(
    length: int, through: Callable[[Any], Any], alone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What assigns to the array right before it is written to stands for the thread."""
    for value in (1.0, [1.0, 1.0]):
        x = ours.zeros((length, 2))
        x[1] = 2.0
        kept, times = (None if alone else x._read()), iter([True])

        def meanwhile(*given: Any, times: Any = times, x: Any = x) -> bool:
            if next(times, False):
                x[0] = 5.0
            return written(*given)

        monkeypatch.setattr(writing, "written", meanwhile)
        through(x)._put(3, value)  # where machine code leaves it
        monkeypatch.undo()
        expected = np.zeros((length, 2))
        expected[1] = 2.0
        assert kept is None or np.array_equal(kept, expected)
        expected[0], expected[3] = 5.0, 1.0
        np.testing.assert_array_equal(x, expected)


class Asked:
    """An index that looks at an array, and assigns to it, when it is asked."""

    def __init__(self, x: Any, place: int) -> None:
        self.x, self.place = x, place
        self.taken: list[Any] = []

    def __index__(self) -> int:
        self.taken += [np.asarray(self.x), self.x._read()]
        self.x[5] = 7.0
        return self.place


@pytest.mark.parametrize("index", [lambda i: i, lambda i: slice(i, 3), lambda i: (..., i)])
@pytest.mark.parametrize("value", [9.0, np.array(9.0)])
def test_an_index_is_asked_before_anything_is_written(index: Any, value: Any) -> None:
    for whole in (True, False):
        x = ours.arange(6.0)
        x[0] = 1.0
        asked = Asked(x, 2)
        (x if whole else x[:])[index(asked)] = value
        assert x.tolist() == [1.0, 1.0, 9.0, 3.0, 4.0, 7.0]
        assert [one.tolist() for one in asked.taken] == [[1.0, 1.0, 2.0, 3.0, 4.0, 5.0]] * 2


@pytest.mark.parametrize("index", [((0, 2),), (slice(0, 3), (0, 1)), ((0, 2), 1)], ids=str)
def test_a_tuple_in_an_index_is_a_list_of_places(index: Any) -> None:
    x, expected = ours.zeros((4, 3)), np.zeros((4, 3))
    for one in (x, expected):
        taken = one[index]
        taken[:] = 7.0
        one[index] += 1.0
    np.testing.assert_array_equal(x, expected)


def test_threads_write_into_one_array() -> None:
    x = ours.zeros((400, 2))

    def work(first: int) -> None:
        for k in range(first, 400, 4):
            x[k] = [k, 1.0]
            x[k : k + 1] += 1.0

    crowd(work)
    expected = np.stack([np.arange(1.0, 401), np.full(400, 2.0)], 1)
    np.testing.assert_array_equal(x, expected)


def test_threads_write_at_places_of_one_array() -> None:
    """Of so many that NumPy lets others in between."""
    x, rows = ours.zeros((4, 4000)), [np.arange(4000)[first::4] for first in range(4)]

    def work(first: int) -> None:
        places = ours.array(rows[first])
        for k in range(50):
            x[:, places] = ours.full((4, 1000), k + first)

    crowd(work)
    np.testing.assert_array_equal(x, np.tile(np.arange(49.0, 53.0), (4, 1000)))


def test_a_loop_over_parts_writes_in_place() -> None:
    x = ours.zeros((100, 30))
    x[0] = 0.0
    where = x._read()._address
    for k in range(1, 100):
        x[k] = x[k - 1] + 1.0
        x[k, ::2] += 1.0
        x[ours.asarray(k)][0] = 5.0  # of a copy
        x[k][1] = 0.5
        x[[k, k], [2, 2]] = ours.array([7.0, 2.0 * k])
    assert x._read()._address == where
    assert x[99].tolist() == [198.0, 0.5] + [198.0, 99.0] * 14
    other = x[5]
    x[4] = other  # a part of the same memory
    assert x._read()._address == where and x[4].tolist() == other.tolist()


def test_a_part_of_a_part_is_written_where_it_lies() -> None:
    x = ours.zeros((8, 6)) + 1.0
    x[0] = 0.0
    where = x._read()._address
    for k in range(6):
        rows = x[1:]
        part = rows[k % 3 :, 1:]
        part[0] = 2.0 + k
        rows[-1][2:][0] = 7.0
        rows[k] = 3.0
        assert part[0, 0] == rows[k % 3, 1] and x._read()._address == where
    expected = np.ones((8, 6))
    expected[0], expected[1:7], expected[7, 2] = 0.0, 3.0, 7.0
    expected[1:4, 1:] = [[5.0], [6.0], [7.0]]
    np.testing.assert_array_equal(x, expected)


PARTS: list[Any] = [
    slice(1, None), slice(None, None, 2), (slice(1, -1), slice(1, -1)), (Ellipsis, 0),
    (2, slice(3)), (slice(None, None, -1), slice(4, 1, -2)), (None, slice(2)), [1, 3],
    (slice(None), [0, 2]),
]  # fmt: skip


THROUGH: dict[str, Callable[[Any], Any]] = {
    "itself": lambda x: x,
    "a view": lambda x: x[:],
    "a part": lambda x: x[1:, ::-1],
    "its transpose": lambda x: x.T,
    "a row": lambda x: x[2],
    "another shape": lambda x: x.reshape(-1),
}


@pytest.mark.parametrize("through", THROUGH)
@pytest.mark.parametrize("value", ["a number", "a list", "another's", "its own"])
@pytest.mark.parametrize("kept", ["the array", "a view", "an array of NumPy's"])
def test_a_copy_has_its_own_memory_when_it_is_written_to(
    through: str, value: str, kept: str
) -> None:
    """It has the array's until then, and so has the array what it had."""
    found = []
    for space in (np, ours):
        x = space.arange(30.0).reshape(5, 6) * 1
        copy = x.copy()
        held = {"the array": x, "a view": x[1:], "an array of NumPy's": np.array(x)}[kept]
        if space is ours and kept == "an array of NumPy's":
            held = np.asarray(x)  # of the array's memory
        view = THROUGH[through](copy)
        taken = view[:2]
        values = {
            "a number": 7.0,
            "a list": np.zeros(taken.shape).tolist(),
            "another's": space.full(taken.shape, 9.0),
            "its own": view[1:3],
        }
        for _ in range(2):
            view[:2] = values[value]
            view[-1] = 3.0
        found.append([part.tolist() for part in (x, copy, held, view, taken)])
    assert found[1] == found[0]


def test_a_copy_is_parted_from_its_array_in_machine_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours.ndarray, "_put", None)
    x, y = ours.arange(12.0).reshape(3, 4) * 1, ours.array([1.0] * 4)
    copy, other = x.copy(), x.copy()
    copy[1] = y
    other.T[2, 0] = y[0]
    assert copy.tolist() == [[0, 1, 2, 3], [1, 1, 1, 1], [8, 9, 10, 11]]
    assert other.tolist() == [[0, 1, 1, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert x.tolist() == np.arange(12.0).reshape(3, 4).tolist()


@pytest.mark.parametrize("index", PARTS, ids=str)
@pytest.mark.parametrize("dtype", ["f8", "f4", "c16", "?", "i2"])
def test_threads_share_a_copy(dtype: str, index: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is large is copied by kernels, and the rest by NumPy, with the same result."""
    shared = []

    def copied(*args: Any) -> bool:
        shared.append(plainly(*args))
        return shared[-1]

    plainly = elements._copied
    monkeypatch.setattr(elements, "SHARED", 0)
    monkeypatch.setattr(elements, "_copied", copied)
    draw = np.random.default_rng(3)
    expected = draw.integers(0, 100, (5, 6, 2)).astype(dtype)
    found = ours.array(expected)
    for turned in (False, True):
        value = draw.integers(0, 100, expected[index].shape).astype(dtype)
        if turned and value.ndim:
            value = np.ascontiguousarray(value.T).T[::-1]
        expected[index] = value
        given = ours.array(value.T.copy()).T if turned else ours.array(value)
        found._put(index, given)  # as if it were large
        np.testing.assert_array_equal(np.asarray(found), expected)
    listed = type(index) is list or (type(index) is tuple and list in map(type, index))
    assert shared == [not listed] * 2
    before = expected.copy()
    found[:] = expected[:1]  # which is repeated
    assert shared[2:] == [False] and before.shape == expected.shape
    np.testing.assert_array_equal(np.asarray(found), np.broadcast_to(expected[:1], found.shape))


def test_what_is_large_and_pending_is_written_in_place() -> None:
    x, y = ours.zeros((600, 512)), ours.ones((600, 512))
    x[0, 0] = 1.0
    where = x._read()._address
    x[1:] += y[:-1] * 2.0
    x[::2] = x[::2] + y[1::2]
    assert x._read()._at == where
    expected = np.zeros((600, 512))
    expected[0, 0] = 1.0
    expected[1:] += 2.0
    expected[::2] += 1.0
    np.testing.assert_array_equal(np.asarray(x), expected)
