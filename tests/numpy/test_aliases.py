"""Names of one memory, arrays and views of them: what is written through any of them all show, and
what was kept before does not, as with NumPy's.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from operator import getitem, setitem
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_elements import DTYPES, VALUES, tried

import ngrad as tf
import ngrad.numpy as ours

SHAPES = ((5,), (3, 4), (2, 3, 2))
TAKEN: dict[str, Callable[[Any], Any]] = {
    "row": lambda x: x[1],
    "last": lambda x: x[-1],
    "part": lambda x: x[1:],
    "backwards": lambda x: x[::-1],
    "column": lambda x: x[..., 0],
    "turned": lambda x: x.T,
    "flat": lambda x: x.reshape(-1),
    "real": lambda x: x.real,
}
KEPT: dict[str, Callable[[Any], Any]] = {
    "exported": np.asarray,
    "a tensor": lambda x: x._read() if isinstance(x, ours.ndarray) else x.copy(),
    "a copy": lambda x: x.copy(),
    "pending": lambda x: x + x,
}


@st.composite
def places(draw: Any, shape: tuple[int, ...]) -> tuple[Any, Any]:
    """An index of an element, and perhaps of none, as it is for NumPy's arrays and for ours."""
    items = [draw(st.integers(-n, n - 1) | st.just(-n - 1)) for n in shape]
    kinds = [draw(st.sampled_from([int, int, np.int64, ours.int64, ours.int32])) for _ in items]
    own = [kind(item) for item, kind in zip(items, kinds, strict=True)]
    theirs = [int(item) for item in items]
    if len(items) == 1 and draw(st.booleans()):
        return theirs[0], own[0]
    return tuple(theirs), tuple(own)


@settings(max_examples=250, deadline=None)
@given(data=st.data())
@pytest.mark.filterwarnings("ignore")
def test_elements_through_whatever_names_an_array(data: Any) -> None:
    """All names see what is written through any, and what was kept before keeps its value."""
    draw = data.draw
    shape, dtype = draw(st.sampled_from(SHAPES)), draw(st.sampled_from(DTYPES))
    start = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    names = [(start.copy(), ours.array(start))]
    other, kept = np.arange(6).astype(draw(st.sampled_from(DTYPES))), []
    listens = draw(st.integers(0, 4)) == 0
    with tf.GradientTape() if listens else contextlib.nullcontext():
        for _ in range(draw(st.integers(1, 12))):
            x, y = names[draw(st.integers(0, len(names) - 1))]
            what = draw(st.sampled_from(["take", "keep", "read", *["write"] * 6]))
            if what == "take" and x.ndim and x.shape[0] > 1:
                take = TAKEN[draw(st.sampled_from(sorted(TAKEN)))]
                view = take(x)
                if isinstance(view, np.ndarray) and np.shares_memory(view, x):
                    names.append((view, take(y)))
            elif what == "keep":
                keep = KEPT[draw(st.sampled_from(sorted(KEPT)))]
                kept.append((np.array(keep(x)), keep(y)))
            else:
                index, own_index = draw(places(x.shape))
                if what == "read":
                    found, expected = tried(getitem, y, own_index), tried(getitem, x, index)
                    assert type(found) is list or found.dtype == expected.dtype
                    np.testing.assert_array_equal(found, expected)
                    continue
                value = own_value = draw(st.sampled_from(VALUES))
                if value is None:  # an element of another array
                    which = draw(st.integers(0, 5))
                    value, own_value = other[which], ours.array(other)[which]
                found = tried(setitem, y, own_index, own_value)
                assert type(found) is type(tried(setitem, x, index, value)), (value, dtype)
        for one, two in [*names, *kept]:
            np.testing.assert_array_equal(one, two)


WHOLE: dict[str, Callable[[Any], Any]] = {
    "an array": lambda x: x + 1,
    "turned": lambda x: (x + 1).T,
    "a row of it": lambda x: (x + 1)[-1],
    "itself": lambda x: x,
    "itself backwards": lambda x: x[::-1],
    "its rows": lambda x: x[1:],
    "a number": lambda x: 3,
    "an element": lambda x: x.reshape(-1)[-1],
}


@st.composite
def parts(draw: Any, shape: tuple[int, ...]) -> tuple[Any, Any]:
    """A basic index, as it is for NumPy's arrays, and of numbers of ours."""
    theirs, own = [], []
    for n in shape[: draw(st.integers(0, len(shape)))]:
        bound = st.none() | st.integers(-n - 1, n + 1)
        item = draw(st.integers(-n, n - 1) | st.builds(slice, bound, bound, bound.filter(bool)))
        theirs.append(item)
        if type(item) is int and draw(st.booleans()):
            item = ours.int64(item)
        elif type(item) is slice and item.stop is not None and draw(st.booleans()):
            item = slice(item.start, ours.int64(item.stop), item.step)
        own.append(item)
    if not theirs:
        return ..., ...
    return (theirs[0], own[0]) if len(theirs) == 1 else (tuple(theirs), tuple(own))


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_parts_through_whatever_names_an_array(data: Any) -> None:
    """Of an array that nobody else has, and of views of it; also of what lies in its own memory."""
    draw = data.draw
    shape = draw(st.sampled_from([(5,), (4, 4), (3, 3, 3)]))
    dtype, other = (draw(st.sampled_from(["f8", "i4", "u1", "f2"])) for _ in range(2))
    start = np.random.default_rng(1).integers(0, 99, shape)
    x, y = start.astype(dtype), ours.array(start.astype(dtype))
    take = draw(st.sampled_from([lambda x: x, *TAKEN.values()]))
    if take(x).ndim and take is not TAKEN["real"]:
        one, two = take(x), take(y)
        for _ in range(2):
            index, own_index = draw(parts(one.shape))
            of = WHOLE[draw(st.sampled_from(sorted(WHOLE)))]
            foreign = draw(st.booleans())
            theirs = of((start.astype(other) if foreign else x)[: len(one)])
            own = of((ours.array(start.astype(other)) if foreign else y)[: len(one)])
            if draw(st.booleans()):
                theirs, own = tried(getitem, theirs, index), tried(getitem, own, own_index)
                if type(theirs) is list or type(own) is list:
                    continue
            assert type(tried(setitem, one, index, theirs)) is type(
                tried(setitem, two, own_index, own)
            )
            np.testing.assert_array_equal(y, x)
            np.testing.assert_array_equal(two, one)


@st.composite
def arrays_among(draw: Any, shape: tuple[int, ...]) -> tuple[Any, Any]:
    """An index of an array or several, as it is for NumPy's arrays, and with ours."""
    lead = draw(st.sampled_from([(3,), (2, 3), (1,), (0,)]))
    theirs, own = [], []
    for n in shape[: draw(st.integers(1, len(shape)))]:
        kind = draw(st.sampled_from(["array", "array", "list", "mask", "slice", "integer", "new"]))
        if kind == "array":
            size = draw(st.sampled_from([lead, (1,), (*lead[:-1], 1)]))
            flat = draw(st.lists(st.integers(-n - 1, n), min_size=6, max_size=6))
            item = np.resize(flat, size).astype(draw(st.sampled_from(["i8", "i4"])))
        elif kind == "list":
            item = draw(st.lists(st.integers(-n, n - 1), min_size=0, max_size=3))
        elif kind == "mask":
            item = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
        elif kind == "integer":
            item = draw(st.integers(-n, n - 1))
        else:
            item = None if kind == "new" else slice(draw(st.integers(-n, n)), None, 2)
        theirs.append(item)
        own.append(ours.array(item) if isinstance(item, np.ndarray) else item)
    return (theirs[0], own[0]) if len(theirs) == 1 else (tuple(theirs), tuple(own))


@settings(max_examples=400, deadline=None)
@given(data=st.data())
@pytest.mark.filterwarnings("ignore")
def test_arrays_as_indices_through_whatever_names_an_array(data: Any) -> None:
    draw = data.draw
    shape = draw(st.sampled_from([(5,), (4, 4), (3, 3, 3)]))
    dtype = draw(st.sampled_from(["f8", "i4", "c16"]))
    x = np.random.default_rng(1).integers(0, 99, shape).astype(dtype)
    y = ours.array(x)
    take = draw(st.sampled_from([lambda x: x, *TAKEN.values()]))
    if not take(x).ndim or take is TAKEN["real"]:
        return
    one, two = take(x), take(y)
    index, own_index = draw(arrays_among(one.shape))
    theirs, own = tried(getitem, one, index), tried(getitem, two, own_index)
    if type(theirs) is list:
        assert type(own) is list
        return
    np.testing.assert_array_equal(own, theirs)
    value = draw(st.sampled_from(["its own", "a number", "another dtype", "too many", "a view"]))
    new: Any = 7.5 if dtype != "i4" else 7
    own_new = new
    if value != "a number":
        new = np.asarray(theirs).copy()[..., ::-1] if np.ndim(theirs) else np.asarray(theirs).copy()
        new = new.astype("f4" if value == "another dtype" else dtype)
        new = np.resize(new, 40) if value == "too many" else new
        own_new = ours.array(new)
        new, own_new = (one[:1], two[:1]) if value == "a view" else (new, own_new)
    done, own_done = tried(setitem, one, index, new), tried(setitem, two, own_index, own_new)
    assert type(done) is type(own_done)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(two, one)


def test_what_a_view_computed_is_not_what_is_written_to() -> None:
    x = ours.array([1 + 2j, 3 + 4j])
    x[0] = x[0]  # nobody else has its memory, from now on
    real = x.real
    assert real.tolist() == [1.0, 3.0]
    real[1] = 9.0
    assert x.tolist() == [1 + 2j, 9 + 4j] and real.tolist() == [1.0, 9.0]


@pytest.mark.parametrize("part", ["real", "imag"])
def test_a_part_of_complex_numbers_is_not_taken_for_them_in_another_shape(part: str) -> None:
    x = ours.array([1 + 2j])
    x[0] = x.reshape((1,))[0]  # as which they are remembered
    shown = getattr(x, part)
    shown[0] = 5.0
    assert shown[0] == shown.tolist()[0] == max(shown) == getattr(x.tolist()[0], part) == 5.0


@pytest.mark.parametrize("take", TAKEN)
@pytest.mark.parametrize("read", [ours.asarray, ours.ndarray.copy, lambda x: x.astype("f4")])
def test_a_view_that_was_written_through_is_read(take: str, read: Callable[[Any], Any]) -> None:
    """It holds none of its owner's memory since then."""
    x, y = (TAKEN[take](z) for z in (np.ones((3, 4)), ours.ones((3, 4))))
    x[0] = y[0] = 7.0
    np.testing.assert_array_equal(read(y), x)


VIEWS: dict[str, Callable[[Any], Any]] = {
    "slice": lambda x: x[1:],
    "step": lambda x: x[..., ::-2],
    "row": lambda x: x[0],
    "element": lambda x: x[(0,) * x.ndim],  # none: NumPy's is a number
    "new axis": lambda x: x[None],
    "transpose": lambda x: x.T,
    "reshape": lambda x: x.reshape(-1),
    "ravel": lambda x: x.ravel(),
}
CHANGES: dict[str, Callable[[Any, float], Any]] = {
    "set": lambda x, v: x.__setitem__(Ellipsis, v),
    "first": lambda x, v: x.__setitem__(0, v),
    "add": lambda x, v: x.__iadd__(v),
    "part": lambda x, v: x.__setitem__(slice(None, None, 2), v),
    "mask": lambda x, v: x.__setitem__(x < 0, v),
    "fill": lambda x, v: x.fill(v),
}


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_views_and_names_of_one_array(data: Any) -> None:
    """Whatever is written through any of them, all see what NumPy's would."""
    start = np.random.default_rng(2).normal(size=(4, 3, 5))
    theirs, own = [start.copy()], [ours.array(start)]
    for step in range(data.draw(st.integers(1, 6))):
        which = data.draw(st.integers(0, len(own) - 1))
        x, y = theirs[which], own[which]
        if data.draw(st.booleans()) and x.ndim and x.shape[0]:
            name = data.draw(st.sampled_from(sorted(VIEWS)))
            theirs.append(VIEWS[name](x))
            own.append(VIEWS[name](y))
        elif x.ndim and x.shape[0]:
            name = data.draw(st.sampled_from(sorted(CHANGES)))
            CHANGES[name](x, step + 0.5)
            CHANGES[name](y, step + 0.5)
        for one, other in zip(own, theirs, strict=True):
            np.testing.assert_array_equal(np.asarray(one), other)
