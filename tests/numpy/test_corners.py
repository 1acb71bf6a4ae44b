"""Corners that NumPy's own tests look into: each gives what NumPy gives."""

from __future__ import annotations

import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from corners import CORNERS
from numeric import assert_same_bits
from test_functions import assert_like

import ngrad
import ngrad.numpy as ours
from ngrad.ops import evenly


@pytest.mark.parametrize("text", CORNERS)
@pytest.mark.filterwarnings("ignore")  # NumPy's
def test_as_numpy(text: str) -> None:
    names: dict[str, Any] = {"dumps": pickle.dumps, "loads": pickle.loads, "Fraction": Fraction}
    names["POLY"] = np.poly1d([1, 2, 3, 4])
    results = []
    for np_ in (ours, np):
        names |= {"np": np_, "CUBE": np_.arange(24).reshape(2, 3, 4)}
        try:
            results.append(eval(text, names | {"SIZES": np_.array([2, 3, 1, 0])}))
        except OverflowError as error:  # of integers that do not fit, by NumPy's version
            results.append(type(error).__name__)
    assert_like(*results, 4.0)


@pytest.mark.parametrize("update", ["+=", "-=", "*="])
def test_an_element_beside_an_ellipsis_keeps_its_dtype(update: str) -> None:
    """NumPy's is an array there, and so a complex number is no silent loss."""
    for space in (np, ours):
        names = {"x": space.arange(3.0), "place": space.array(1)}
        with pytest.raises(TypeError, match="same_kind"):
            exec(f"x[..., place] {update} 1 + 2j", names)
        assert names["x"].tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize("axes", [range(100_000), [1] * 100_000])
def test_errors_do_not_name_all_of_many_axes(axes: Any) -> None:
    for call in (ours.transpose, ours.reshape, ours.broadcast_to):
        with pytest.raises(ValueError) as found:
            call(ours.ones((2, 3)), tuple(axes))
        assert len(str(found.value)) < 3000


def test_a_broadcast_array_is_a_view() -> None:
    x = ours.array([1.0, 2.0])
    wide = ours.broadcast_to(x, (2, 2))
    x[0] = 7.0
    assert wide.tolist() == [[7.0, 2.0]] * 2
    assert ngrad.grad(lambda x: (ours.broadcast_to(x, (3, 2)) ** 2).sum())(x).tolist() == [42, 12]


def test_the_axis_that_is_not_there_can_be_asked_for() -> None:
    with pytest.raises(ours.exceptions.AxisError) as found:
        ours.sum(ours.ones((2, 3)), axis=5)
    assert (found.value.axis, found.value.ndim) == (5, 2)


def test_a_span_of_time_is_no_index() -> None:
    with pytest.raises(IndexError, match="timedelta64"):
        ours.arange(5)[np.timedelta64(1, "s")]


@pytest.mark.parametrize("size", [40, 2000])
def test_what_is_equal_stays_in_order_and_the_first_of_it_is_taken(size: int) -> None:
    """Zeros of both signs are equal, and as bits they are not: with a tape and without."""
    rng = np.random.default_rng(size)
    x = rng.integers(-2, 3, size) / 2.0
    x[rng.random(size) < 0.3] = -0.0
    x[rng.random(size) < 0.1] = np.nan
    own = ours.array(x)
    for descending in (False, True):
        places = np.asarray(ours.argsort(own, descending=descending))
        found = np.asarray(ours.sort(own, descending=descending))
        assert found.tobytes() == x[places].tobytes()
    for name, others in (("unique", ()), ("intersect1d", (x[: size // 2][::-1].copy(),))):
        alone = getattr(ours, name)(own, *others)
        with ngrad.GradientTape() as tape:
            tape.watch(own)
            taped = getattr(ours, name)(own, *others)
        assert np.asarray(alone).tobytes() == np.asarray(taped).tobytes()
        np.testing.assert_array_equal(np.asarray(alone), getattr(np, name)(x, *others))


BOUNDS = [(0.0, 0.5), (0.1, 7e4), (-0.3, 7e4), (-0.0, 7e4), (1e9 + 0.1, 1e9 + 7e4), (1e300, 2e300)]
"""Bounds of numbers in a row, of which some are as many as all threads write."""


@pytest.mark.parametrize("bounds", BOUNDS)
def test_numbers_in_a_row(bounds: tuple[float, float], monkeypatch: pytest.MonkeyPatch) -> None:
    """NumPy's, to the bit: a step is from its first number to its second, and the last is given.
    Large ones are written by all threads.
    """
    made: list[str] = []
    plain = evenly.kernels.write
    monkeypatch.setattr(evenly.kernels, "write", lambda *args: (made.append(args[0]), plain(*args)))
    if bounds[1] - bounds[0] < 1e6:
        assert_same_bits(ours.arange(*bounds), np.arange(*bounds))
        assert_same_bits(ours.arange(7e4), np.arange(7e4))
    for count in (1, 3, 70_000):
        assert_same_bits(ours.arange(count), np.arange(count))
        for last in (True, False):
            found, step = ours.linspace(*bounds, count, last, True)
            expected, gap = np.linspace(*bounds, count, last, True)
            assert_same_bits(found, expected)
            np.testing.assert_equal(float(step), gap)
    assert {*made} == {"i8", "f8"}


@pytest.mark.parametrize("offset", range(-5, 6))
@pytest.mark.parametrize("shape", [(4, 3), (3, 4), (1, 1), (0, 3), (3, 0)])
def test_ones_on_a_diagonal(shape: tuple[int, int], offset: int) -> None:
    for dtype in (bool, "i2", "f8", "c8"):
        assert_same_bits(ours.eye(*shape, offset, dtype), np.eye(*shape, offset, dtype))
