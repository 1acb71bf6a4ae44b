"""Copies and casts by methods, found in machine code the second time: as in Python the first."""

from __future__ import annotations

import inspect
import pickle
import warnings
from typing import Any

import numpy as np
import pytest

import ngrad
import ngrad.numpy as ours
from ngrad.numpy.methods import RESULTS

LIES = {
    "an array": "m", "a transposed one": "m.T", "by columns": "m.copy('F')", "a row": "m[1]",
    "a column": "m[:, 1]", "every other row": "m[::2]", "backwards": "m[::-1, ::-1]",
    "zeros": "np.zeros((2, 3), m.dtype)", "nothing": "m[:0]", "one axis": "m.ravel()",
    "with no axes": "np.array(m[0, 1])", "a number": "m[0, 1]",
}  # fmt: skip
"""Arrays that lie in all ways."""
DTYPES = "f8", "f4", "f2", "c16", "c8", "i8", "i4", "u1", "b1"
CALLS = (
    "x.copy()", "x.astype(w)", "x.astype(w.type)", "x.astype(w.name)", "x.astype(dtype=w)",
    "np.copy(x)", "np.array(x)", "np.array(x, w)", "np.asarray(x, w)",
    "np.asarray(x, w.name, copy=True)", "x.flatten()", "x.flatten('F')",
)  # fmt: skip
WRONG = "x.astype()", "x.astype('nothing')", "x.astype(3)", "x.astype([])", "x.copy('X')"


def _told(space: Any, lies: str, call: str, own: str, wanted: str) -> list[Any]:
    """What is made of an array, how it lies, and whether what is assigned is seen by the other."""
    m = space.asarray(np.arange(12).reshape(3, 4) % 5, own)
    x = eval(lies, {"np": space, "m": m})
    made = eval(call, {"np": space, "x": x, "w": np.dtype(wanted)})
    rows, columns = made.flags.c_contiguous, made.flags.f_contiguous
    told = [np.asarray(made).tolist(), made.shape, made.dtype, made.strides, rows, columns]
    if made.shape:
        told.append(made.base is None)
        made[...] = 1
    told.append(m.tolist())
    m[...] = 0
    return [*told, np.asarray(made).tolist()]


@pytest.mark.parametrize("lies", LIES.values(), ids=LIES)
@pytest.mark.parametrize("own", DTYPES)
def test_each_time_as_numpy(lies: str, own: str) -> None:
    for wanted in DTYPES:
        for call in CALLS:
            with warnings.catch_warnings(record=True) as expected_of:
                warnings.simplefilter("always")
                expected = _told(np, lies, call, own, wanted)
            for _ in range(3):
                with warnings.catch_warnings(record=True) as found_of:
                    warnings.simplefilter("always")
                    assert _told(ours, lies, call, own, wanted) == expected
                assert [x.category.__name__ for x in found_of] == [
                    x.category.__name__ for x in expected_of
                ]


@pytest.mark.parametrize("own", DTYPES)
def test_places_in_order_each_time_as_numpy(own: str) -> None:
    m = np.random.default_rng(1).integers(0, 5, (7, 9)).astype(own)
    x = ours.array(m)
    for lies in ("x", "x[0]", "x.T", "x[:, ::-1]", "x[:0]"):
        expected = eval(lies, {"x": m}).argsort(kind="stable")
        for call in ("argsort()", "argsort(-1)", "argsort(axis=-1, kind='stable')") * 2:
            found = eval(f"{lies}.{call}", {"x": x})
            assert found.dtype == expected.dtype and found.tolist() == expected.tolist()
        assert eval(f"{lies}.argsort(0)", {"x": x}).shape == expected.shape


@pytest.mark.parametrize("own", DTYPES)
def test_places_of_extremes_each_time_as_numpy(own: str) -> None:
    m = np.random.default_rng(1).integers(0, 5, (7, 9)).astype(own)
    x = ours.array(m)
    for lies in ("x[0]", "x[:, 1]", "x[1, ::-2]", "x", "x.T"):
        for call in (
            "argmax()",
            "argmin()",
            "argmax(0)",
            "argmin(-1)",
            "argmax(keepdims=True)",
        ) * 2:
            expected, found = (eval(f"{lies}.{call}", {"x": y}) for y in (m, x))
            assert found.dtype == expected.dtype and found.tolist() == expected.tolist()


@pytest.mark.parametrize("call", WRONG)
def test_wrong_calls_raise_each_time(call: str) -> None:
    x = ours.arange(3.0)
    for _ in range(2):
        x.copy(), x.astype("f4")
    for _ in range(3):
        with pytest.raises((TypeError, ValueError)):
            eval(call, {"x": x})


def test_a_copy_of_a_part_holds_no_more_than_it_shows() -> None:
    large = ours.array(np.ones((1000, 100)))
    for _ in range(3):
        copies = [x.copy() for x in (large[0], large[:, 0])]
        ngrad.eval(*copies)
        assert all(x._held._block.nbytes < 16384 for x in copies)


def test_what_is_copied_is_written_to_in_place_where_a_view_was() -> None:
    x = ours.array(np.arange(6.0))
    x[1:].copy(), x[1:].copy()
    for _ in range(3):
        kept = x[1:].copy()
        np.asarray(kept)
        before = x._held._at
        x[0] = 7.0
        assert x._held._at == before and kept.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_a_tape_and_a_recording_hear_it() -> None:
    def total(x: Any) -> Any:
        return (x.copy() * x.T.copy().T * x.astype("f4").astype("f8")).sum()

    x = ours.arange(6.0).reshape(2, 3) * 1
    for _ in range(3):
        total(x)
    expected = [[3.0 * v * v for v in row] for row in x.tolist()]
    for slope in (ngrad.grad(total), ngrad.function(ngrad.grad(total))):
        for _ in range(3):
            assert slope(x).tolist() == expected


def test_errors_are_heard_of() -> None:
    x = ours.array([1.0, np.inf])
    for _ in range(3):
        x.astype("i4"), x.astype("f4")
    with ours.errstate(invalid="raise"), pytest.raises(FloatingPointError, match="cast"):
        x.astype("i4")


def test_what_is_pending_waits_for_it() -> None:
    x = ours.ones((200, 200)) + 1
    for _ in range(3):
        assert ((x.copy() + 1).T.copy() - x.astype("f4")).tolist()[0][:2] == [1.0, 1.0]


@pytest.mark.parametrize("name", RESULTS)
def test_it_says_of_itself_what_the_function_does(name: str) -> None:
    method, bound = getattr(ours.ndarray, name), getattr(ours.arange(3), name)
    assert list(inspect.signature(bound).parameters) == [*inspect.signature(method).parameters][1:]
    assert method.__doc__ and method.__name__ == name
    assert pickle.loads(pickle.dumps(method)) is method
