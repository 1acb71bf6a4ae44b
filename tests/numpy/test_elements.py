"""Elements that are read and written one at a time, through whatever names an array: as NumPy's."""

from __future__ import annotations

import contextlib
import math
import operator
import sys
import warnings
from collections.abc import Callable
from operator import getitem, setitem
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ngrad as tf
import ngrad.numpy as ours
from ngrad.hooks import hooks
from ngrad.record import PACKAGE

DTYPES = ("f8", "f4", "i8", "i4", "u1", "b1", "f2", "c16", "u8")
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
VALUES: tuple[Any, ...] = (
    None, None, 2.5, -1.0, 0, 3, -200, 300, 1 << 40, 1 << 63, 1 << 70, True, 1e300, float("nan"),
    float("inf"), -0.0, 1 + 2j, np.float64(1.5), np.int8(7), np.float32(0.1), [4.0], "text",
)  # fmt: skip


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


def tried(work: Callable[..., Any], *given: Any) -> Any:
    """What it gives, or of what kind the error is that it raises."""
    try:
        return work(*given)
    except (IndexError, TypeError, ValueError, OverflowError) as error:
        return [kind for kind in (IndexError, OverflowError) if isinstance(error, kind)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("through", [lambda x: x, lambda x: x[::2], lambda x: x.reshape(2, 2)[1]])
def test_a_number_is_put_where_an_element_lies(dtype: str, through: Callable[[Any], Any]) -> None:
    """Or is refused, or warned of, as by NumPy."""
    numbers = np.array([0, 1, 3]), np.array([0.5, 70.25]), np.array([True, False])
    pairs = [(value, value) for value in VALUES if value is not None]
    for array in (*numbers, *(array.astype("f4") for array in numbers[::2])):
        pairs += zip(array, ours.array(array), strict=True)
    for value, own_value in pairs:
        found = []
        for space, number in ((np, value), (ours, own_value)):
            x = space.array([1, 0, 1, 1], dtype=dtype)
            x[0] = x[1]  # nobody else has its memory, from now on
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                raised = tried(setitem, through(x), 1, number)
            found.append((raised, [each.category for each in told], x.dtype, x.tobytes()))
        assert found[0] == found[1], (value, dtype)


def equal(one: Any, other: Any) -> None:
    np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


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
                    equal(found, expected)
                    continue
                value = own_value = draw(st.sampled_from(VALUES))
                if value is None:  # an element of another array
                    which = draw(st.integers(0, 5))
                    value, own_value = other[which], ours.array(other)[which]
                found = tried(setitem, y, own_index, own_value)
                assert type(found) is type(tried(setitem, x, index, value)), (value, dtype)
        for one, two in [*names, *kept]:
            equal(one, two)


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
    dtype, other = draw(st.sampled_from(["f8", "i4"])), draw(st.sampled_from(["f8", "i4"]))
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
            equal(y, x)
            equal(two, one)


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
    equal(own, theirs)
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
    equal(y, x)
    equal(two, one)


def test_an_array_is_assigned_to_itself() -> None:
    x, y = np.arange(5.0), ours.array(np.arange(5.0))
    for z in (x, y):
        z[::-1] = z
    equal(y, x)


def test_a_part_of_nothing_is_assigned_to() -> None:
    x = ours.array(np.zeros((2, 0)))
    x[1], x[:], x[...], x[:, 0:] = 1.0, 2.0, 3.0, ours.array(np.zeros((2, 0)))
    assert x.shape == (2, 0)


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
    equal(read(y), x)


SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    name: getattr(operator, name)
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "lt", "le", "eq", "ne", "iadd")
}
BESIDE = (2, 2.5, True, -0.0, float("nan"), 1 << 40, np.float64(0.5), np.int8(3))


@pytest.mark.parametrize("dtype", ("f8", "f4", "i8", "u1", "b1", "c16"))
@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.filterwarnings("ignore")
def test_operators_of_elements_and_numbers(dtype: str, sign: str) -> None:
    """Also when such operands came before, on either side, and of arrays and views."""
    start = np.array([1, 0, 3, 1]).astype(dtype)
    ours_of = ours.array(start)
    pairs = [(value, value) for value in BESIDE]
    pairs += [(start[2], ours_of[2]), (start[1:], ours_of[1:]), (start[:3], ours_of[:3])]
    for _ in range(2):
        for x, y in ((start[0], ours_of[0]), (start[1:].copy(), ours_of[1:].copy())):
            for theirs, own in pairs:
                for one, other in (((x, theirs), (y, own)), ((theirs, x), (own, y))):
                    expected, found = tried(SIGNS[sign], *one), tried(SIGNS[sign], *other)
                    assert type(found) is type(expected) is list or found.dtype == expected.dtype
                    equal(found, expected)


MADE: dict[str, Callable[[Any], Any]] = {
    "bool": bool, "float": float, "int": int, "index": operator.index, "hash": hash,
    "complex": complex, "neg": operator.neg, "abs": abs, "sin": math.sin,
}  # fmt: skip


@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if dtype != "c16"])
@pytest.mark.parametrize("name", MADE)
@pytest.mark.filterwarnings("ignore")
def test_what_is_made_of_an_element(dtype: str, name: str) -> None:
    start = np.array([0, 1, 5, 250]).astype(dtype)
    own = ours.array(start)
    for x, y in zip([*start, start[:1], start[1:]], [*own, own[:1], own[1:]], strict=True):
        expected, found = tried(MADE[name], x), tried(MADE[name], y)
        assert type(found) is type(expected) or isinstance(found, ours.ndarray)
        assert type(found) is list or np.array_equal(found, expected)


@pytest.mark.parametrize("name", [name for name in MADE if name != "hash"])
@pytest.mark.parametrize("number", [float("nan"), float("inf"), -0.0, 1e300])
def test_what_is_made_of_a_number(name: str, number: float) -> None:
    assert str(tried(MADE[name], ours.float64(number))) == str(tried(MADE[name], number))


def test_a_number_that_is_none_is_found_by_itself() -> None:
    nan = ours.float64("nan")
    assert {nan: 1}[nan] == 1 and hash(nan) == hash(nan)


LOOPS = """
x[k] = x[k - 1] + 1.5
x[k] += x[k - 1] * x[k]
m[1, k] = -x[k] / 2.0
row[k] = row[k - 1] - x[k]
x[k] = c[k] * 2
c[k] = c[k - 1] % 3 + 1
x[c[k] % 3] = 3
m[c[k] % 2, 1] = m[0, c[k] % 3]
x[0] = 1.0 if x[k] > x[k - 1] and c[k] != 2 else 0.0
x[k] = float(x[k]) + int(c[k]) + abs(x[k])
x[k] = max(x) + min(row) + sum(m[0]) + next(iter(m))[1]
for v in row: row[0] = v
range(c[k] % 5); {2: 1}.get(c[k]); math.sin(x[k])
x *= 1.5; x -= row; m[1] += row; m[:, 1:] -= 2.0 * m[:, 1:]
x[i] = row[i] * 2.0; x[i] += 1.0; m[1, i] = x[i]; m[i[1:] % 2, i[:-1]] = 1.0
x[x > 2.0] = 0.0; m[:, x > 1.0] = -1.0
x[k] = row @ x; x[1:3] = (q @ q)[0]
x[k] = s; x[0] = x[1] * s + n; c[k] = c[k] * n // n
"""


@pytest.mark.parametrize("line", LOOPS.strip().splitlines())
def test_loops_over_elements_need_no_python_of_ours(line: str) -> None:
    """Once each of their operations came before."""
    x, c = ours.array([1.0, 2.0, 3.0, 4.0, 5.0]), ours.array([1, 2, 3, 1, 2])
    m = ours.array([[1.0, 2.0, 3.0, 4.0, 5.0], [1.0, 2.0, 3.0, 4.0, 5.0]])
    x[0], c[0], m[0, 0], row = 1.0, 1, 1.0, m[1]
    row[0] = 1.0
    names = {"x": x, "c": c, "m": m, "row": row, "math": math}
    names |= {"i": ours.array([3, 0, 4]), "s": np.float64(0.5), "n": np.int64(2)}
    names |= {"q": ours.ones((2, 2))}
    loop = compile(f"for k in (1, 2, 3):\n    {line}", "loop", "exec")
    called = list[str]()

    def note(frame: Any, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(PACKAGE):
            called.append(frame.f_code.co_qualname)

    exec(loop, names)
    sys.setprofile(note)
    try:
        exec(loop, names)
    finally:
        sys.setprofile(None)
    assert called == []


def test_views_of_no_axes_have_no_elements() -> None:
    for module in (np, ours):
        x = module.ones(3)
        views = [x[0, ...], x[:1].reshape(())]
        for view in views:
            view[...] = 5
            x[1] = 2
            with pytest.raises(TypeError):
                list(view)
            with pytest.raises(TypeError):
                iter(view)


@pytest.mark.parametrize("code", ["i8", "i4", "u4"])
def test_an_element_is_rounded_once(code: str) -> None:
    wide = {"i8": 2**60 + 2**36 + 1, "i4": 2**31 - 65, "u4": 2**32 - 129}[code]
    found = []
    for module in (np, ours):
        x, y = module.array([wide], code), module.zeros(3, "f4")
        y[0] = x[0]
        y[1:] = x
        found.append(np.asarray(y).tolist())
    assert found[0] == found[1]


def test_a_type_is_no_index() -> None:
    for module in (np, ours):
        x = module.zeros(3)
        with pytest.raises(IndexError):
            x[tuple, 1] = 9
        assert np.asarray(x).tolist() == [0, 0, 0]


NESTS = """
[s, t]
[s, 1.0]
[1, s]
[[t, -1.0, 0], [s, t, 0], [0, 0, 1]]
((s, 2), [t, 1])
[[[s, t]], [[1, 2]]]
[[s], [t]]
[s, -0.0, float("nan")]
[c, c]
[[c, c], [c, c]]
[c, 1]
[c, 1.5]
[c, s]
[b, b]
[s, True]
[s, 1j]
[s, 2**63]
[s, x]
[[s, s], [s]]
[x, [s, s, s]]
[[], []]
"""


@pytest.mark.parametrize("nest", NESTS.strip().splitlines())
@pytest.mark.parametrize("dtype", [None, "f4", "f8", "c16"])
def test_nests_of_elements_are_numpys(nest: str, dtype: Any) -> None:
    found = []
    for module in (np, ours):
        x, c = module.array([0.5, 0.25, 2.0]), module.array([2, 3])
        names = {"s": x[0], "t": x[1], "c": c[0], "b": x[0] > x[1], "x": x}
        try:
            found.append(module.array(eval(nest, names), dtype=dtype))
        except (TypeError, ValueError) as error:
            found.append(type(error))
    wanted, own = found
    if wanted is TypeError:  # NumPy makes no floats of complex numbers in lists
        assert own is TypeError and "j" in nest
    elif wanted is ValueError:
        assert issubclass(own, ValueError)
    else:
        assert (own.dtype, own.shape) == (wanted.dtype, wanted.shape)
        np.testing.assert_array_equal(own, wanted)


@pytest.mark.parametrize("dtype", ["i1", "u8", "i4", "?"])
@pytest.mark.parametrize(
    "nest", ["[c, 300]", "[c, -3]", "[[c], [float('nan')]]", "[y, 1]", "[y, c]"]
)
def test_what_a_dtype_has_not_is_refused_in_nests_as_in_lists(nest: str, dtype: str) -> None:
    found: list[Any] = []
    for module in (np, ours):
        names = {"c": module.array([2, 3])[0], "y": module.array([300, 1])[0]}
        try:
            array = module.array(eval(nest, names), dtype)
            found.append((array.dtype, array.tolist()))
        except (OverflowError, ValueError) as error:
            found.append(type(error))
    assert found[0] == found[1]


def test_a_nest_of_elements_is_read_at_once() -> None:
    """By no op: a rotation by its numbers took nine, for each row and for both."""
    x, ran = ours.array([0.5, 0.25]), list[Any]()
    s, t = x[0], x[1]
    hooks.ran = lambda call, inputs, out: ran.append(call.op.name)
    try:
        found = ours.array([[t, -1.0, 0], [s, t, 0], [0, 0, 1]])
    finally:
        hooks.ran = None
    assert ran == []
    np.testing.assert_array_equal(found, [[0.25, -1.0, 0.0], [0.5, 0.25, 0.0], [0.0, 0.0, 1.0]])
    with tf.GradientTape() as tape:  # what a tape listens to has a derivative
        tape.watch(x)
        total = ours.sum(ours.array([[x[0], 1.0], [x[1], x[0]]]))
    np.testing.assert_array_equal(tape.gradient(total, x), [2.0, 1.0])
