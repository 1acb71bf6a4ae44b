"""Objects of others that say which number they are, as indices and as values: by `__index__`,
`__float__`, `__complex__` or `__array__`.
"""

from __future__ import annotations

import decimal
import fractions
import operator
from collections.abc import Callable
from typing import Any

import numpy
import pytest

import ngrad
import ngrad.numpy as ours
from ngrad.errors import IndexTypeError


class Thing:
    def __init__(self, k: Any) -> None:
        self.k = k


class Place(Thing):
    def __index__(self) -> int:
        return operator.index(self.k)


class Real(Thing):
    def __float__(self) -> float:
        return float(self.k)


class Imaginary(Thing):
    def __complex__(self) -> complex:
        return complex(0.0, self.k)


class Array(Place):
    """As PyTorch's tensors: of one element it is an integer, too."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return numpy.asarray(self.k, dtype)


INDICES = {
    "a place": Place(1),
    "from the end": Place(-1),
    "an array of no axes": Array(numpy.array(2)),
    "an array of one": Array(numpy.array([1])),
    "an array": Array(numpy.array([2, 0])),
    "a mask": Array(numpy.array([True, False, True])),
    "a slice": slice(Place(1), None, Place(1)),
    "a slice by an array": slice(Array(numpy.array(2))),
    "a row and columns": (Place(1), slice(Place(2))),
    "an element": (Place(1), Array(numpy.array(2))),
    "a place and places": (Place(1), [0, 2]),
    "new axes": (None, Place(0), ...),
}


def written(np: Any, x: Any, index: Any) -> Any:
    part = x[index]
    if part.ndim:
        part[...] = 7.0
    return x


def added(np: Any, x: Any, index: Any) -> Any:
    x[index] += 3.0
    x[index] *= x[index]
    return x


def assigned(np: Any, x: Any, index: Any) -> Any:
    x[index] = -1.0
    return x


def read(np: Any, x: Any, index: Any) -> Any:
    return x[index] * 2.0


PROGRAMS = [written, added, assigned, read]


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
@pytest.mark.parametrize("program", PROGRAMS)
def test_indices(program: Callable[..., Any], index: Any) -> None:
    plain = numpy.arange(9.0).reshape(3, 3)
    expected = program(numpy, plain.copy(), index)
    numpy.testing.assert_array_equal(program(ours, ours.array(plain), index), expected)
    numpy.testing.assert_array_equal(program(ours, ours.array([plain, plain])[1], index), expected)
    call = ngrad.function(lambda x: program(ours, x * 1.0, index))
    numpy.testing.assert_array_equal(call(ours.array(plain)), expected)


@pytest.mark.parametrize("offset", [Place(1), numpy.array(-1), numpy.int8(0)])
def test_offsets(offset: Any) -> None:
    plain = numpy.arange(9.0).reshape(3, 3)
    for name in ("diagonal", "trace"):
        expected = getattr(numpy, name)(plain, offset)
        numpy.testing.assert_array_equal(getattr(ours, name)(ours.array(plain), offset), expected)


def test_what_is_no_index() -> None:
    x = ours.arange(6.0).reshape(2, 3)
    for index in (Array(numpy.array(1.0)), Array(numpy.array([0.0])), numpy.array([]), Real(0.5)):
        with pytest.raises(IndexTypeError):
            x[index]
    with pytest.raises(IndexError):
        x[Place(2)]


NUMBERS = {
    "a place": Place(3),
    "a real number": Real(2.5),
    "a complex number": Imaginary(2),
    "a decimal": decimal.Decimal("1.5"),
    "a fraction": fractions.Fraction(1, 2),
    "an array": Array(numpy.array([1.0, 2.0, 3.0])),
    "a list": [Real(1.5), 2, Place(3)],
    "text": b"1.5",
    "beyond uint8": Place(300),
    "nothing": object(),
}


def element(np: Any, dtype: str, value: Any) -> Any:
    x = np.zeros(3, dtype)
    x[1] = value
    return x


def part(np: Any, dtype: str, value: Any) -> Any:
    x = np.zeros((2, 3), dtype)
    x[1] = value
    return x


def at_places(np: Any, dtype: str, value: Any) -> Any:
    x = np.zeros(3, dtype)
    x[[0, 2, 1]] = value
    return x


WAYS: dict[str, Callable[[Any, str, Any], Any]] = {
    "array": lambda np, dtype, value: np.array(value, dtype),
    "asarray": lambda np, dtype, value: np.asarray([value, value], dtype),
    "full": lambda np, dtype, value: np.full(3, value, dtype),
    "full_like": lambda np, dtype, value: np.full_like(np.zeros(3, dtype), value),
    "element": element,
    "part": part,
    "at places": at_places,
}


@pytest.mark.parametrize("dtype", ["f4", "f8", "u1", "i8", "c16", "?"])
@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("way", WAYS)
def test_values(way: str, name: str, dtype: str) -> None:
    value = NUMBERS[name]
    if (way, name) == ("full_like", "a list") or (way, dtype) == ("element", "?"):
        return  # a list has a dtype of its own there; and all of a list is one bool
    try:
        expected = WAYS[way](numpy, dtype, value)
    except (TypeError, ValueError, OverflowError) as error:
        with pytest.raises((TypeError, ValueError, OverflowError)) as found:
            WAYS[way](ours, dtype, value)
        assert isinstance(found.value, OverflowError) == isinstance(error, OverflowError)
        return
    result = WAYS[way](ours, dtype, value)
    assert result.dtype == expected.dtype
    numpy.testing.assert_array_equal(result, expected)


OF_NUMPYS = [
    *(numpy.float64(x) for x in ("nan", "inf", "-inf", "300.5", "-1.5", "3e19")),
    numpy.float32(3e9), numpy.float16(-300), numpy.complex128(complex(3e9, 1)),
    numpy.array(numpy.inf), numpy.array([numpy.nan, 1e30, -2.7]), Array(numpy.array([-1e30])),
]  # fmt: skip


@pytest.mark.parametrize("dtype", ["i1", "u1", "i4", "u4", "i8", "u8"])
@pytest.mark.parametrize("value", OF_NUMPYS, ids=lambda x: str(numpy.asarray(x)))
@pytest.mark.parametrize("way", ["array", "full", "full_like"])
@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
def test_floats_of_numpys_become_integers_as_ours_do(way: str, value: Any, dtype: str) -> None:
    """They saturate (row 17 of docs/limits.md), and NaN is 0."""
    expected = numpy.asarray(ours.array(value).astype(dtype))
    found = WAYS[way](ours, dtype, value)
    numpy.testing.assert_array_equal(found, numpy.broadcast_to(expected, found.shape))
