"""Assignment, and views: programs over NumPy's arrays and ours, element for element the same."""

from __future__ import annotations

import contextlib
import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ngrad
import ngrad.numpy as ours

SHAPE = (4, 3, 5)
START = np.random.default_rng(6).permutation(24).reshape(4, 6) / 2.0


def slices(n: int) -> st.SearchStrategy[Any]:
    bound = st.none() | st.integers(-n - 1, n + 1)
    return st.builds(slice, bound, bound, st.sampled_from([None, 1, 2, -1, -2]))


@st.composite
def indices(draw: Any, shape: tuple[int, ...]) -> Any:
    """An index of an array of a shape: of every kind that NumPy takes."""
    kind = draw(st.sampled_from(["basic", "basic", "arrays", "mask", "list"]))
    if kind == "mask" and shape:
        covered = draw(st.integers(1, len(shape)))
        seed = draw(st.integers(0, 99))
        return np.random.default_rng(seed).random(shape[:covered]) < 0.4
    if kind == "list" and shape and shape[0]:
        return draw(st.lists(st.integers(-shape[0], shape[0] - 1), min_size=1, max_size=5))
    items: list[Any] = []
    count = draw(st.integers(1, 3))
    for n in shape[: draw(st.integers(0, len(shape)))]:
        choices: list[Any] = [slices(n)]
        if n:
            whole = st.integers(-n, n - 1)
            choices.append(whole)
            if kind == "arrays":
                each = st.lists(whole, min_size=count, max_size=count).map(np.array)
                choices += [each, each]
        items.append(draw(st.one_of(choices)))
    if draw(st.booleans()) and len(items) < len(shape):
        items.insert(draw(st.sampled_from([0, len(items)])), Ellipsis)
    return tuple(items)


def values(shape: tuple[int, ...], seed: int, how: int) -> Any:
    """Something that broadcasts to a shape."""
    draw = np.random.default_rng(seed)
    if how == 0:
        return float(draw.normal())
    own = tuple(1 if draw.random() < 0.3 else n for n in shape)
    return draw.normal(size=own[draw.integers(0, len(own) + 1) :] if how == 1 else own)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_index(data: Any) -> None:
    expected = np.random.default_rng(1).normal(size=SHAPE)
    found, taped = ours.array(expected), ours.array(expected)
    for step in range(data.draw(st.integers(1, 4))):
        index = data.draw(indices(SHAPE))
        value = values(expected[index].shape, step, data.draw(st.integers(0, 2)))
        expected[index] = value
        found[index] = value
        with ngrad.GradientTape() as tape:  # nothing is written in place then
            tape.watch(taped)
            taped[index] = ours.array(value)
    np.testing.assert_array_equal(np.asarray(found), expected)
    np.testing.assert_array_equal(np.asarray(taped), expected)


IN_PLACE = """
assert x.sort(axis=0) is None; x[1].sort(); x.T[2:4].partition(1, axis=0)
x.sort(axis=0); x[1].sort(); x = x.argsort(0)
x = np.ones((3, 4)); np.fill_diagonal(x, 7.5)
x = np.ones((7, 2)); np.fill_diagonal(x, [1.0, 2.0, 3.0], True)
x = np.ones((7, 2)); np.fill_diagonal(x, 1)
x = np.ones((3, 3, 3)); np.fill_diagonal(x, 2)
x = np.arange(6.0).reshape(2, 3); x[1:] += 10; x[:, 0] *= 2; x[0, 1] -= 5
x = np.arange(5.0); x[::-1] = x
x = np.arange(3.0); x[np.array([0, 2])] = x[1:]
x = np.arange(3.0); x[np.array([0, 2]), ...] = x[1:]
x = np.arange(3.0); x[[0, 2]] = x[1:]
"""


@pytest.mark.parametrize("program", IN_PLACE.strip().splitlines())
def test_as_numpy_in_place(program: str) -> None:
    found = []
    for space in (np, ours):
        names = {"np": space, "x": space.array(START)}
        exec(program, names)
        found.append(names["x"])
    np.testing.assert_array_equal(found[1], found[0])


def test_a_view_of_all() -> None:
    x = ours.array([1.0, 2.0, 3.0])
    seen = x.view()
    seen[0], x[1] = 7.0, 8.0
    assert x.tolist() == seen.tolist() == [7.0, 8.0, 3.0] and seen.base is x
    assert x.view(float).tolist() == x.data.tolist() == np.asarray(pickle.loads(x.dumps())).tolist()
    with pytest.raises(AttributeError, match=r"no attribute 'resize'.*np\.resize"):
        x.resize(4)


def test_elements_are_no_views() -> None:
    """Nor what a loop goes over: two are exchanged by one line, as NumPy's are."""
    start = np.array([[5, 2, 4], [6, 1, 3]])
    for x in (start.copy(), ours.array(start), ours.array(start).reshape(6).reshape(2, 3)):
        for _ in range(2):  # how an element lies is remembered
            first, last = x[0, 0], x[np.int64(1), -1]
            x[0, 0], x[1, 2] = x[1, 2], x[0, 0]
            assert (first, last) == (x[1, 2], x[0, 0]) and first.base is None
        assert x.tolist() == start.tolist()
        row = x[1]
        kept = list(row)
        row[0], row[1] = row[1], row[0]
        first += 1
        assert kept == [6, 1, 3] and x.tolist() == [[5, 2, 4], [1, 6, 3]]


@pytest.mark.parametrize(
    ("index", "value", "error"),
    [
        (7, 0.0, IndexError),
        ([7], 0.0, IndexError),
        ((0, [2]), 0.0, IndexError),
        (slice(None, None, 0), 0.0, ValueError),
        ((0, 0, 0), 0.0, IndexError),
        ((0, 0), [1.0, 2.0], TypeError),
        ("a", 0.0, (IndexError, TypeError)),
        (slice(0, 2), np.ones(3), ValueError),
        (np.array([True, False]), 0.0, IndexError),
        (np.ones((4, 3), bool), np.ones(2), IndexError),
        (0, "a", (TypeError, ValueError)),
    ],
)
def test_what_does_not_fit(index: Any, value: Any, error: Any) -> None:
    x = ours.zeros((4, 2))
    with pytest.raises(error, match=r"^(assignment|constant|convert)"):
        x[index] = value
    np.testing.assert_array_equal(np.asarray(x), 0.0)


def test_parts_that_are_spelled_alike() -> None:
    x = ours.arange(6.0).reshape(2, 3)
    for _ in range(2):  # how a view lies is remembered
        assert x[0:1].tolist() == [[0.0, 1.0, 2.0]]
        assert x[0, 1, None].tolist() == [1.0]
        assert x[0].tolist() == [0.0, 1.0, 2.0]
        assert x[False].tolist() == []


@pytest.mark.parametrize("index", [[1], np.array([False, True, False, False])], ids=str)
@pytest.mark.parametrize("value", [np.int64(300), np.float64(-3.7), np.uint8(7)])
def test_numbers_of_numpy_are_cast_to_elements_by_index(index: Any, value: Any) -> None:
    """Under a tape, too, where they are recorded."""
    expected = np.zeros(4, "i1")
    expected[index] = value
    for tape in (contextlib.nullcontext(), ngrad.GradientTape()):
        x = ours.zeros(4, "i1")
        with tape:
            x[index] = value
        np.testing.assert_array_equal(np.asarray(x), expected)


def test_the_dtype_is_kept() -> None:
    x = ours.array([1, 2, 3])
    x[0] = 7.9
    assert x.dtype == np.int64 and x.tolist() == [7, 2, 3]
    with pytest.raises(TypeError, match="cannot cast float64 to int64"):
        x += 0.5
    with pytest.raises(ValueError, match=r"shape \(2, 3\)"):
        x += np.ones((2, 3), int)
    assert x.tolist() == [7, 2, 3]


def test_what_was_taken_before_keeps_its_value() -> None:
    x = ours.array([1.0, 2.0])
    pending, exported, tensor = x * 2.0, np.asarray(x), ngrad.convert_to_tensor(x)
    x[0] = 9.0
    assert pending.tolist() == [2.0, 4.0]
    assert exported.tolist() == tensor.numpy().tolist() == [1.0, 2.0]
    given = np.array([1.0, 2.0])
    y = ours.asarray(given)
    y[0] = 5.0
    assert given.tolist() == [1.0, 2.0]


def test_flat_is_an_iterator_that_is_written_through() -> None:
    for space in (np, ours):
        x = space.arange(6.0).reshape(2, 3)
        part, flat = x.flat[1:3], x.flat
        part[0] = 55.0  # a copy
        x.flat[[0, 5]] = 9.0
        x.T.flat[1] = -1.0
        assert (float(next(flat)), flat.index, flat.coords) == (9.0, 1, (0, 1))
        assert flat.base is x
        assert [float(value) for value in flat] == [1.0, 2.0, -1.0, 4.0, 9.0]
        with pytest.raises(StopIteration):
            next(flat)
        assert (len(x.flat), float(x.flat[-1]), x.flat.copy().shape) == (6, 9.0, (6,))
    slopes = ngrad.grad(lambda x: ours.sum(ours.asarray(x.flat) ** 2))(x)
    assert slopes.tolist() == [[18.0, 2.0, 4.0], [-2.0, 8.0, 18.0]]


READ_ONLY: dict[str, Callable[[Any], Any]] = {
    "broadcast_to": lambda x: ours.broadcast_to(x, (2, 3, 3)),
    "diagonal": lambda x: ours.diagonal(x),
    "einsum, a diagonal": lambda x: ours.einsum("ii->i", x),
    "meshgrid": lambda x: ours.meshgrid(x[0], x[1], copy=False)[0],
    "sliding_window_view": lambda x: ours.lib.stride_tricks.sliding_window_view(x, (2, 2)),
    "sliding_window_view, writeable": lambda x: ours.lib.stride_tricks.sliding_window_view(
        x, 2, 0, writeable=True
    ),
}


@pytest.mark.parametrize("name", READ_ONLY)
def test_what_would_be_a_view_and_is_not_written_through(name: str) -> None:
    """It shows what is assigned to the array, and an assignment to it is no silent nothing."""
    x = ours.zeros((3, 3))
    view = READ_ONLY[name](x)
    x[...] = 2.0
    assert (np.asarray(view) == 2.0).all()
    with pytest.raises(ValueError, match=r"copy\(\)"):
        view[0] = 5.0
    assert (np.asarray(x) == 2.0).all()


def test_what_numpy_gives_as_the_array_itself() -> None:
    x = ours.zeros(3)
    assert x.conj() is x.conjugate() is x
    ours.conj(x)[0] = 1.0
    ours.einsum("i,i->i", x, x)[0] = 1.0
    ours.meshgrid(x, x)[0][0] = 1.0
    assert x.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_copies_are_their_own(copied: Callable[[Any], Any]) -> None:
    x = ours.arange(3.0)
    y = copied(x)
    y[0] = 7.0
    assert x.tolist() == [0.0, 1.0, 2.0] and y.tolist() == [7.0, 1.0, 2.0]


@pytest.mark.parametrize(
    "made", [lambda: ours.zeros(3), lambda: ours.ones(3), lambda: ours.arange(3)]
)
def test_what_is_made_anew_is_its_own(made: Callable[[], Any]) -> None:
    """Though as long as nobody assigns, all share one memory."""
    first, second, before = made(), made(), made().tolist()
    first[0], first[1:] = 7, 8
    second += 2
    assert first.tolist() == [7, 8, 8] and second.tolist() == [x + 2 for x in before]
    assert made().tolist() == before


def test_slices_bounded_by_arrays() -> None:
    """A view is bounded by what the arrays held when it was taken."""
    x, start = ours.arange(6.0), ours.asarray(1)
    view = x[start : ours.asarray(5) : ours.asarray(2)]
    start[...] = 0
    assert view.tolist() == [1.0, 3.0]
    x[ours.asarray(3) :] += 10.0
    assert x.tolist() == [0.0, 1.0, 2.0, 13.0, 14.0, 15.0]
    assert view.tolist() == [1.0, 13.0]
