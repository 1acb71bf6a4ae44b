"""Functions of several ops, of small arrays: recorded when they come again, with the same bits."""

from __future__ import annotations

import warnings
from typing import Any

import numpy
import pytest

import ngrad
import ngrad.numpy as np
from ngrad import replayed

draw = numpy.random.default_rng(0)
ARRAYS = {
    "x": draw.standard_normal(60),
    "f": draw.standard_normal((5, 12)).astype("f4"),
    "i": draw.integers(-9, 9, 40),
    "c": draw.standard_normal(30) + 1j * draw.standard_normal(30),
    "t": draw.standard_normal((6, 3)),
    "w": draw.random(60),
}
PROGRAMS = """
np.gradient(x); np.gradient(f, 0.5, axis=1); np.gradient(f); np.gradient(c, edge_order=2)
np.unwrap(9 * x); np.trapezoid(x, w); np.trapezoid(f, axis=0); np.cross(t, t[::-1])
np.cross(t, t[:, ::-1], axisc=0); np.cov(f); np.cov(f, rowvar=False, ddof=0); np.cov(x, w)
np.corrcoef(f); np.corrcoef(c, c[::-1]); np.vander(i, 4); np.vander(x, 3, True)
np.average(x, weights=w); np.average(f, 0, returned=True); np.median(x); np.median(f, 1)
np.median(f, (0, 1), keepdims=True); np.quantile(f, 0.3, axis=0); np.percentile(i, 25)
np.quantile(x, 0.5, method="lower"); np.pad(x, 9, "reflect"); np.pad(f, ((1, 2), (3, 0)), "wrap")
np.pad(i, (2, 3), mode="linear_ramp"); np.pad(f, 1, "mean"); np.nan_to_num(x / 0.0)
np.nan_to_num(numpy.nan * c); np.polyfit(x, w, 3); np.polyfit(x, w, 2, w=w, cov=True)
np.roots(x[:11]); np.roots(c[:9])
"""
EACH = [one.strip() for line in PROGRAMS.strip().splitlines() for one in line.split(";")]


def leaves(found: Any) -> list[tuple[Any, ...]]:
    """Of each array of a result, all that there is to compare."""
    many = found if isinstance(found, tuple) else (found,)
    return [(type(x), x.dtype, x.shape, x.is_number, numpy.asarray(x).tobytes()) for x in many]


@pytest.mark.parametrize("program", EACH)
def test_the_same_bits(program: str, recorded: list[str]) -> None:
    """As of a first call, of other values too, and with derivatives as where a tape listens."""
    own = {name: np.array(value) for name, value in ARRAYS.items()}
    scope = {"np": np, "numpy": numpy, **own}
    first = leaves(eval(program, scope))
    assert all(leaves(eval(program, scope)) == first for _ in range(replayed.AGAIN + 2))
    assert recorded
    for x in own.values():
        x[...] = x[::-1].copy()
    found = leaves(eval(program, scope))
    with ngrad.GradientTape():
        assert leaves(eval(program, scope)) == found


def test_a_result_is_an_array_of_its_own(recorded: list[str]) -> None:
    """As is what a function is given: to write into one changes no other."""
    x = np.array([1.0, 2.0, 4.0])
    for k in range(replayed.AGAIN + 3):
        made = np.pad(x, (0, 1), "edge")
        made[0] = k
        assert x.tolist() == [1.0, 2.0, 4.0] and made.tolist() == [k, 2.0, 4.0, 4.0]
    assert recorded == ["pad"]


def test_sizes_that_do_not_come_again_are_not_recorded(recorded: list[str]) -> None:
    for n in range(2, 100):
        np.gradient(np.ones(n))
    assert not recorded


def test_what_looks_at_values_is_not_recorded() -> None:
    """Nor tried again."""
    looked = []

    @replayed.replayed
    def function(x: Any) -> Any:
        looked.append(float(x.sum()))
        return x + 1.0

    for _ in range(replayed.AGAIN + 9):
        assert function(np.ones(3)).tolist() == [2.0] * 3
    assert len(looked) == replayed.AGAIN + 9


def test_its_python_runs_no_more_once_it_is_recorded() -> None:
    calls = []

    @replayed.replayed
    def function(x: Any, shift: float, axis: int = 0) -> Any:
        calls.append(shift)
        return (x + shift).sum(axis)

    x, ends = np.ones((2, 2)), replayed.AGAIN + 1  # and once more, to record it
    for _ in range(ends + 5):
        assert function(x, 1.0, axis=1).tolist() == [4.0, 4.0]
    assert len(calls) == ends
    others = [function(x, 2.0, axis=1), function(x, 1.0), function(x[0], 1.0)]
    assert [other.tolist() for other in others] == [[6.0, 6.0], [4.0, 4.0], 4.0]
    assert len(calls) == ends + 3


DISCARDS = "ComplexWarning: Casting complex values"
WARN = {
    "np.cov(x[:1])": "RuntimeWarning: Degrees of freedom",
    "np.cross(t[0, :2], t[0, :2])": "DeprecationWarning: cross: vectors of two",
    "np.pad(x, 1, 'mean', stat_length=0)": "RuntimeWarning: Mean of empty slice",
    "np.gradient(x, 1j)": DISCARDS,
    "np.pad(x, 1, constant_values=1j)": DISCARDS,
    "np.cov(c, dtype='float64')": DISCARDS,
}


@pytest.mark.parametrize("program", WARN)
def test_warnings_come_each_time(program: str) -> None:
    """And name the line of who calls."""
    scope = {"np": np, **{name: np.array(value) for name, value in ARRAYS.items()}}
    code = compile(program, "user.py", "eval")
    for _ in range(replayed.AGAIN + 3):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            eval(code, scope)
        told = {(x.filename, f"{x.category.__name__}: {x.message}") for x in seen}
        assert len(told) == 1
        where, what = told.pop()
        assert where == "user.py" and what.startswith(WARN[program])


LIE = """
np.vander(x, 4); np.vander(x, 4, True); np.vander(i[::-1], 3); np.quantile(t, (0.5, 0.25), axis=1)
np.percentile(t, (50, 25), axis=0, method="nearest"); np.quantile(t, (0.3, 0.4), (0, 1))
np.quantile(i, (0.1, 0.9)); np.quantile(t, ((0.1, 0.2), (0.3, 0.4)), 1); np.pad(x[::-1], 0, "edge")
np.pad(t[::-1], 0, "reflect"); np.pad(x[::2], 0, "mean"); np.gradient(f)[1]; np.cov(t)
np.nan_to_num(t[:, ::-1]); np.cross(t, t[::-1]); np.unwrap(t[::-1], axis=0)
"""


@pytest.mark.parametrize("program", [x.strip() for x in LIE.replace("\n", ";").split(";") if x])
def test_a_result_lies_as_numpys(program: str) -> None:
    """And what is written to it reshaped is written to it."""
    (expected,), found = (
        [lies(eval(program, {"np": space, **own})) for _ in range(count)]
        for space, own, count in (
            (numpy, ARRAYS, 1),
            (np, {name: np.array(x) for name, x in ARRAYS.items()}, replayed.AGAIN + 3),
        )
    )
    assert found == [expected] * len(found)


def lies(x: Any) -> tuple[Any, ...]:
    flat = x.reshape(-1)
    flat[0] = 9
    return x.strides, x.flags.c_contiguous, x.flags.f_contiguous, x[(0,) * x.ndim] == 9


@pytest.mark.parametrize("mode", ["constant", "edge", "linear_ramp", "mean", "reflect", "wrap"])
def test_a_result_is_no_memory_of_others(mode: str) -> None:
    """Where nothing is added to memory that is shared with NumPy."""
    array = numpy.array([1.0, 2.0, 4.0])
    x = np.asarray(array, copy=False)
    for k in range(replayed.AGAIN + 3):
        array[0] = k
        made = np.pad(x, 0, mode)
        array[0] = -1.0
        assert made.tolist() == [k, 2.0, 4.0]
