"""Lines that assign to arrays and to parts of them do what they do in NumPy: where it has a view,
the array sees it, and where it has a copy, it does not.
"""

from __future__ import annotations

from typing import Any

import numpy
import pytest
from idioms import IDIOMS, LOOKING

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
