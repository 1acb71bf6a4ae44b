"""Lines that assign to arrays and to parts of them do what they do in NumPy: where it has a view,
the array sees it, and where it has a copy, it does not. And numbers are used as its scalars are.
"""

from __future__ import annotations

import copy
import functools
import itertools
import json
import math
import operator
import pickle
import random
import statistics
from typing import Any

import numpy
import pytest
from idioms import IDIOMS, LOOKING, NUMBERS

import ngrad
import ngrad.numpy as ours
from ngrad.errors import TraceError

X = numpy.arange(1.0, 13.0).reshape(3, 4)
every_line = pytest.mark.parametrize("line", [*IDIOMS, *LOOKING])


def after(line: str, np: Any, x: Any) -> tuple[Any, Any]:
    """The array, and what has its name by then."""
    names = {"np": np, "x": x}
    exec(line, names)
    return x, names["x"]


def assert_as_numpy(found: tuple[Any, Any], line: str) -> None:
    for one, expected in zip(found, after(line, numpy, X.copy()), strict=True):
        numpy.testing.assert_array_equal(numpy.asarray(one), expected)


@every_line
def test_as_numpy(line: str) -> None:
    assert_as_numpy(after(line, ours, ours.array(X)), line)


@every_line
def test_while_a_tape_listens(line: str) -> None:
    with ngrad.GradientTape() as tape:
        x = ours.array(X)
        tape.watch(x)
        found = after(line, ours, x)
    assert_as_numpy(found, line)


@every_line
def test_recorded(line: str) -> None:
    """Or it is told that it asks for a value."""
    f = ngrad.function(lambda x: after(line, ours, x * 1.0))
    if line in LOOKING:
        with pytest.raises(TraceError, match="asks for the value"):
            f(ours.array(X))
    else:
        assert_as_numpy(f(ours.array(X)), line)


MODULES = (copy, functools, itertools, json, math, operator, pickle, random, statistics)


def plain(value: Any) -> Any:
    """A value with NumPy's scalars in place of our numbers."""
    if isinstance(value, ours.ndarray):
        return numpy.asarray(value)[()]
    if isinstance(value, (list, tuple)):
        return type(value)(map(plain, value))
    return dict(map(plain, value.items())) if isinstance(value, dict) else value


def told(line: str, np: Any) -> Any:
    """What an expression gives, in Python's words, or the error that it raises."""
    names: dict[str, Any] = {module.__name__: module for module in MODULES}
    names |= {
        "np": np,
        "x": np.array([1.0, 2.5, 3.25]),
        "i": np.array([0, 1, 2]),
        "n": np.argmax(np.array([0, 1, 3])),
        "f": np.array([1.5, 2.0], np.float32),
        "u": np.array([3, 200], np.uint8),
        "b": np.array([True, False]),
        "c": np.array([1.0 + 2.0j, 3.0]),
    }
    try:
        return repr(plain(eval(line, names)))
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        return type(error).__name__


@pytest.mark.parametrize("line", NUMBERS)
@pytest.mark.filterwarnings("ignore")
def test_a_number_is_used_as_numpys(line: str) -> None:
    assert told(line, ours) == told(line, numpy)
