"""Operators of arrays and what is neither a number nor an array of ours."""

from __future__ import annotations

import array
import collections
import decimal
import fractions
import operator
from collections.abc import Callable
from typing import Any

import numpy
import pytest

import ngrad.numpy as ours

GIVEN = numpy.array([0, 1, 5])


class Array:
    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return GIVEN


class Interface:
    __array_interface__ = GIVEN.__array_interface__


class Answers:
    """What answers each operator, and is an array too."""

    __hash__ = None  # type: ignore[assignment]

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return GIVEN

    def answer(self, other: Any) -> Any:
        return "answer"

    __radd__ = __rmatmul__ = __eq__ = __gt__ = answer


class First(Answers):
    """Whose operators go before those of arrays."""

    __array_priority__ = 15


class Refuses(First):
    """It goes before arrays, and refuses."""

    def answer(self, other: Any) -> Any:
        return NotImplemented

    __radd__ = __rmatmul__ = __eq__ = __gt__ = answer


class Alone(Answers):
    __array_ufunc__ = None


class Silent:
    __array_ufunc__ = None


class Ufunc:
    """Universal functions ask it; it has no operators."""

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **_: Any) -> Any:
        return f"{function.__name__}.{method} {[type(x) is Ufunc for x in inputs]}"


class Fails:
    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise RuntimeError("it has no array")


OTHERS: dict[str, Callable[[], Any]] = {
    "array": lambda: array.array("i", GIVEN), "deque": lambda: collections.deque([0, 1, 5]),
    "list": lambda: collections.UserList([0, 1, 5]), "bytes": lambda: bytearray(b"abc"),
    "memory": lambda: memoryview(GIVEN), "an array": Array, "an interface": Interface,
    "answers": Answers, "alone": Alone, "silent": Silent, "ufunc": Ufunc, "fails": Fails,
    "a set": lambda: {0, 1}, "a dict": lambda: {0: 1}, "nothing": object, "a type": lambda: int,
    "a shape that does not fit": lambda: array.array("d", [1.0, 2.0]),
}  # fmt: skip
OPERATORS = """
x + y
y + x
x * y
y * x
x // y
x @ y
y @ x
x == y
x != y
y == x
x < y
y <= x
divmod(x, y)
x[1] + y
x[1] == y
x[2] * y
y * x[2]
""".strip().splitlines()


def reckoned(np: Any, text: str, other: str) -> Any:
    return eval(text, {"x": np.arange(3), "y": OTHERS[other]()})


def assert_alike(found: Any, expected: Any) -> None:
    if not isinstance(expected, (numpy.ndarray, numpy.generic, tuple)):
        assert type(found) is type(expected)
        assert found == expected
    elif isinstance(expected, tuple):
        for one, other in zip(found, expected, strict=True):
            assert_alike(one, other)
    else:
        assert type(found) is ours.ndarray
        assert found.dtype == expected.dtype
        numpy.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("text", OPERATORS)
@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_operators(other: str, text: str) -> None:
    try:
        expected = reckoned(numpy, text, other)
    except (TypeError, ValueError, RuntimeError) as error:
        kinds = (TypeError, ValueError, RuntimeError)
        if "@" not in text:  # of matrices NumPy finds first that it is none, and then no number
            kinds = tuple(kind for kind in kinds if isinstance(error, kind))
        with pytest.raises(kinds):
            reckoned(ours, text, other)
    else:
        assert_alike(reckoned(ours, text, other), expected)


NUMBERS = [fractions.Fraction(1, 2), decimal.Decimal(1), None, "text", {}, 2**70]


@pytest.mark.parametrize("name", ["eq", "ne", "lt", "ge"])
@pytest.mark.parametrize("number", NUMBERS, ids=repr)
def test_comparisons_with_what_is_no_number_of_numpys(number: Any, name: str) -> None:
    compare = getattr(operator, name)
    for x in (numpy.array([0.5, 1.0, -2.0]), numpy.arange(3), numpy.zeros((0, 2)), numpy.array(1)):
        for swapped in (False, True):

            def compared(a: Any, b: Any = number, swapped: bool = swapped) -> Any:
                return compare(b, a) if swapped else compare(a, b)

            try:
                expected = compared(x)
            except TypeError:
                with pytest.raises(TypeError):
                    compared(ours.array(x))
            else:
                assert_alike(compared(ours.array(x)), numpy.asarray(expected))


@pytest.mark.parametrize("number", [fractions.Fraction(1, 2), decimal.Decimal(1)], ids=repr)
def test_an_array_of_objects_is_refused(number: Any) -> None:
    x = ours.arange(3.0)
    for call in (lambda: x + number, lambda: number * x, lambda: ours.add(x, number)):
        with pytest.raises(TypeError):
            call()


def test_what_goes_before_arrays_is_asked_first() -> None:
    for np in (numpy, ours):
        x = np.arange(3)
        for y in (First(), Alone()):
            assert [x + y, x @ y, x == y, x < y, x[1] + y] == ["answer"] * 5
    x, y = ours.arange(3), Refuses()
    for found, expected in ((x + y, [0, 2, 7]), (x == y, [1, 1, 0]), (x < y, [0, 0, 1])):
        assert found.tolist() == expected
    assert (x @ y).item() == 11


def test_tensors_of_pytorch() -> None:
    """They go before arrays, and do not know ours."""
    torch = pytest.importorskip("torch")
    x, y = ours.arange(3), torch.tensor([0, 1, 5])
    for found, expected in (
        (x == y, [True, True, False]), (y == x, [True, True, False]),
        (x != y, [False, False, True]), (x < y, [False, False, True]),
        (x + y, [0, 2, 7]), (y * x, [0, 1, 10]),
    ):  # fmt: skip
        assert isinstance(found, ours.ndarray)
        assert found.tolist() == expected
    assert (x @ y).item() == (y @ x).item() == 11
    with pytest.raises(RuntimeError, match="requires grad"):
        operator.eq(x, torch.ones(3, requires_grad=True))


def test_in_place() -> None:
    for np in (numpy, ours):
        x = np.arange(3)
        view, own = x[1:], x
        x += array.array("b", [1, 2, 3])
        view *= collections.deque([2, 3])
        assert x is own
        assert x.tolist() == [1, 6, 15]
        with pytest.raises(TypeError):
            x += array.array("d", [1.0, 2.0, 3.0])
        x += First()
        assert x == "answer"
