"""Universal functions of what came before, called in machine code: each time as NumPy's."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from second import second

import ngrad
import ngrad.numpy as ours
from ngrad.numpy.composed import ONE_OP
from ngrad.numpy.ufuncs import _TABLE
from ngrad.scipy import special

DTYPES = "f8", "f4", "f2", "c16", "i8", "i2", "u1", "b1"
BESIDE = 2, 0.5, True, np.float64(0.5), np.int16(2), 300, -1
VALUES = np.array([0, 1, 2, 3, 5])
APART = "power", "ldexp"
"""What is not of one op."""


def _told(call: Any, function: Any, *operands: Any) -> Any:
    """What a call gives, or of which kind it raises."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return np.asarray(call(function, *operands))
        except (TypeError, OverflowError) as error:
            return TypeError if isinstance(error, TypeError) else OverflowError


def _check(name: str, *operands: Any) -> None:
    expected = _told(lambda f, *given: f(*given), getattr(np, name), *operands)
    own = [ours.array(x) if isinstance(x, np.ndarray) else x for x in operands]
    for _ in range(3):
        found = _told(lambda f, *given: f(*given), getattr(ours, name), *own)
        if isinstance(expected, type):
            assert found is expected
            continue
        assert found.dtype == expected.dtype, [getattr(x, "dtype", x) for x in operands]
        near = 4e-3 if expected.dtype == np.float16 else 1e-5 if expected.dtype.kind in "fc" else 0
        np.testing.assert_allclose(found, expected, near, near)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [name for name in _TABLE if name not in APART])
def test_each_time_as_numpy(name: str, dtype: str) -> None:
    """Also where the op that a function is was applied to what that converts, or refuses."""
    x, nin = VALUES.astype(dtype), getattr(ours, name).nin
    op = ONE_OP.get(name)
    if op is not None:
        given = ngrad.constant(x)
        for operands in ((given,) * nin, (given, 2), (given, 0.5)):
            try:
                op(*operands[:nin])
            except (TypeError, ValueError):
                continue
    for others in ((),) if nin == 1 else ((x[::-1].copy(),), *((value,) for value in BESIDE)):
        _check(name, x, *others)
        if others:
            _check(name, *others, x)


@pytest.mark.parametrize("value", [0.5, np.float64(0.5), 3, True, 1j])
@pytest.mark.parametrize("name", ["sin", "sqrt", "floor", "square", "fabs", "absolute", "isnan"])
def test_of_a_number(name: str, value: Any) -> None:
    _check(name, value)


def test_a_number_lies_on_the_current_device() -> None:
    for _ in range(3):
        assert ours.sin(0.5)._read().device == "cpu"
    place = second()
    with ngrad.device(place):
        assert ours.sin(0.5)._read()._layout.device is place
    assert ours.sin(0.5)._read().device == "cpu"


def test_a_number_has_its_value_in_a_recording() -> None:
    program = ngrad.function(lambda x, y: ours.sin(0.5) * x + ours.maximum(x, y))
    for value in (1.0, 2.0, 3.0):
        found = program(ours.array([value]), ours.array([2.0]))
        np.testing.assert_allclose(found, [np.sin(0.5) * value + max(value, 2.0)])


@pytest.mark.parametrize("name", ["floor", "maximum", "heaviside", "hypot", "square"])
def test_a_tape_hears_it(name: str) -> None:
    x, y = ours.array([0.3, 1.5, -2.0]), ours.array([0.2, 1.7, 3.0])
    function = getattr(ours, name)
    given = (x, y)[: function.nin]
    for _ in range(3):
        function(*given)
    with ngrad.GradientTape() as tape:
        tape.watch(given)
        found = function(*given).sum()
    slope = tape.gradient(found, given[0])
    expected = {
        "floor": [0.0, 0.0, 0.0], "maximum": [1.0, 0.0, 0.0], "heaviside": [0.0, 0.0, 0.0],
        "hypot": (np.asarray(x) / np.hypot(x, y)).tolist(), "square": [0.6, 3.0, -4.0],
    }[name]  # fmt: skip
    np.testing.assert_allclose(np.zeros(3) if slope is None else slope, expected)


def test_scipys_widen_what_their_op_would_not() -> None:
    x = np.array([0.5, 1.5], np.float16)
    ngrad.math.erf(ngrad.constant(x))
    for _ in range(3):
        assert special.erf(ours.array(x)).dtype == np.float64


def test_errors_name_the_function_each_time() -> None:
    x = ours.array([True, False])
    for _ in range(3):
        with pytest.raises(TypeError, match="negative"):
            ours.negative(x)
        with pytest.raises(TypeError, match="sqrt"):
            ours.sqrt(x, x, x)
        with pytest.raises(TypeError):
            ours.sqrt()
        with pytest.raises(ValueError, match="maximum"):
            ours.maximum(ours.ones(2), ours.ones(3))
