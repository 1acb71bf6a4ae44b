"""Python's integers, beside arrays of integers and in them: those that a dtype has not are refused,
but in comparisons, as by NumPy.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy
import pytest

import ngrad
import ngrad.numpy as ours

DTYPES = ["u1", "i1", "u2", "i4", "u4", "i8", "u8"]
NUMBERS = (*(0, 5, -1, 127, 128, 255, 256, 300, 1 << 31, 1 << 32), *(-(1 << 31) - 1, 1 << 63))
OPERATORS = ("add", "sub", "mul", "and_", "or_", "xor", "lt", "le", "gt", "ge", "eq", "ne")
FUNCTIONS = ("add", "subtract", "multiply", "bitwise_and", "maximum", "minimum", "less", "equal")


def assigned(index: Any) -> Callable[[Any, Any, int], Any]:
    def assign(np: Any, x: Any, k: int) -> Any:
        x[index] = k
        return x

    return assign


def changed(name: str, *given: Any) -> Callable[[Any, Any, int], Any]:
    def change(np: Any, x: Any, k: int) -> Any:
        operator.attrgetter(name)(np)(x, *given, k)
        return x

    return change


WAYS: dict[str, Callable[[Any, Any, int], Any]] = {
    **{name: lambda np, x, k, name=name: getattr(operator, name)(x, k) for name in OPERATORS},
    **{f"r{name}": lambda np, x, k, name=name: getattr(operator, name)(k, x) for name in OPERATORS},
    **{f"np.{name}": lambda np, x, k, name=name: getattr(np, name)(x, k) for name in FUNCTIONS},
    "iadd": lambda np, x, k: operator.iadd(x, k),
    "of an element": lambda np, x, k: x[1] + k,
    "with a dtype": lambda np, x, k: np.add(x, k, dtype=x.dtype),
    "at places": changed("add.at", [0, 0]),
    "an element": assigned(1),
    "a part": assigned(slice(1, None)),
    "places": assigned([0, 2]),
    "copyto": changed("copyto"),
    "put": changed("put", [0]),
    "array": lambda np, x, k: np.array([k, 1], x.dtype),
    "full": lambda np, x, k: np.full(3, k, x.dtype),
    "full_like": lambda np, x, k: np.full_like(x, k),
    "where": lambda np, x, k: np.where(x > 1, x, k),
    "clip": lambda np, x, k: np.clip(x, None, k),
    "append": lambda np, x, k: np.append(x, k),
    "insert": lambda np, x, k: np.insert(x, 1, k),
    "pad": lambda np, x, k: np.pad(x, 1, constant_values=k),
    "a diagonal": lambda np, x, k: changed("fill_diagonal")(np, np.zeros((2, 2), x.dtype), k),
    "in": lambda np, x, k: k in x,
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("way", WAYS)
def test_as_numpy(way: str, dtype: str) -> None:
    for k in NUMBERS:
        if way == "at places" and (k == 1 << 63 or (dtype, k < 0) == ("u8", True)):
            continue  # of int64 beside uint64 it is added as a float there
        try:
            with numpy.errstate(over="ignore"):
                expected = WAYS[way](numpy, numpy.array([1, 2, 3], dtype), k)
        except OverflowError:
            with pytest.raises(OverflowError):
                WAYS[way](ours, ours.array([1, 2, 3], dtype), k)
            continue
        found = WAYS[way](ours, ours.array([1, 2, 3], dtype), k)
        assert numpy.asarray(found).dtype == numpy.asarray(expected).dtype, k
        numpy.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("number", [2.5, True, 1j])
@pytest.mark.parametrize("dtype", ["u1", "f4", "f8", "c8"])
def test_other_numbers_with_a_dtype(dtype: str, number: Any) -> None:
    """They are cast where the dtype is of their kind, and refused where it is not."""
    x = numpy.array([1, 2], "u1")
    try:
        expected = numpy.multiply(x, number, dtype=dtype)
    except TypeError:
        with pytest.raises(TypeError):
            ours.multiply(ours.array(x), number, dtype=dtype)
        return
    found = ours.multiply(ours.array(x), number, dtype=dtype)
    assert found.dtype == expected.dtype
    numpy.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("number", [10**30, -(2**63) - 1])
def test_what_no_integer_holds(number: int) -> None:
    x = ours.array([1, 2])
    for call in (
        lambda: ours.array(number), lambda: ours.full(2, number), lambda: ours.array([x, number]),
        lambda: ours.concatenate([x, ours.array(number)[None]]),
    ):  # fmt: skip
        with pytest.raises(ngrad.errors.RangeError, match="beyond what int64 holds"):
            call()


def test_a_number_beside_several_arrays_has_the_dtype_of_all() -> None:
    bools, high = numpy.array([True, False]), numpy.array([3, 4], "u4")
    for low in (0, 1, True):
        expected = numpy.clip(bools, low, high)
        found = ours.clip(ours.array(bools), low, ours.array(high))
        assert found.dtype == expected.dtype
        numpy.testing.assert_array_equal(found, expected)
    x = ours.array([1, 2, 3], "u2")
    assert ours.select([x > 2, x < 2], [x, 7]).dtype == "u2"
    with pytest.raises(OverflowError):
        ours.select([x > 2, x < 2], [x, 70000])
    signed = x.astype("i2")
    found = ours.select([x > 2, x < 2], [signed, 70000])
    assert found.tolist() == numpy.select([x > 2, x < 2], [numpy.array(signed), 70000]).tolist()


ELEMENTS = (
    *((255, "u2"), (300, "i8"), (-1, "i1"), (1 << 40, "i8"), ((1 << 64) - 1, "u8"), (255.0, "f8")),
    *((300.5, "f4"), (1e20, "f8"), (numpy.nan, "f8"), (0.1, "f8"), (1j, "c16"), (True, "?")),
)
PLACES = {"an element": 1, "a part": slice(None), "places": [0, 1], "a mask": [True, False, True]}


def assert_assigned(place: Any, dtype: str, value: Any, own: str) -> None:
    x, expected = ours.zeros(3, dtype), numpy.zeros(3, dtype)
    try:
        expected[place] = numpy.array([value], own)[0]
    except (OverflowError, TypeError, ValueError) as error:
        with pytest.raises((OverflowError, TypeError, ValueError)) as found:
            x[place] = ours.array([value], own)[0]
        assert isinstance(found.value, OverflowError) == isinstance(error, OverflowError)
    else:
        x[place] = ours.array([value], own)[0]
    numpy.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize("dtype", [*DTYPES, "f4", "f8", "c16", "?"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_an_element_of_another_dtype_is_assigned_as_a_scalar(place: str, dtype: str) -> None:
    """Which NumPy refuses where it casts an array without axes."""
    for value, own in ELEMENTS:
        if dtype in DTYPES and place in ("an element", "a part"):
            with ngrad.GradientTape():
                assert_assigned(PLACES[place], dtype, value, own)
        assert_assigned(PLACES[place], dtype, value, own)
