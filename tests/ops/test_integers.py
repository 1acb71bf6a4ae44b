"""Integers have no undefined case, and the same result in a vector, in its tail and alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numeric import CODES, COMPLEX, INTEGERS, Array, assert_same_bits
from table import saturated

import ngrad
import ngrad.numpy as ours
from ngrad.errors import NumberError
from ngrad_kernels.codes import size_of

LENGTHS = (1, 7, 1000)
"""Alone, less than a vector, and vectors with a tail."""


def edges(code: str) -> list[int]:
    info = np.iinfo(code)
    return [info.min, info.min + 1, info.max, info.max - 1, 0, 1, 2, 3, 7] + (
        [-1, -2, -7] if code[0] == "i" else []
    )


def pairs(xs: list[int], ys: list[int], code: str) -> tuple[Array, Array]:
    x, y = np.meshgrid(np.array(xs, code), np.array(ys, code), indexing="ij")
    return x.ravel(), y.ravel()


def at_every_length(function: Callable[..., Any], expected: Array, *arrays: Array) -> None:
    for n in LENGTHS:
        for start in range(0, expected.size, max(1, n)):
            where = np.arange(start, start + n) % expected.size
            found = function(*(ngrad.constant(a[where]) for a in arrays))
            assert_same_bits(found, expected[where])
    for k in range(expected.size):
        assert_same_bits(function(*(ngrad.constant(a[k]) for a in arrays)), expected[k])


DIVISION = {"floordiv": (ngrad.floordiv, np.floor_divide), "mod": (ngrad.mod, np.mod)}


@pytest.mark.parametrize("code", INTEGERS)
@pytest.mark.parametrize("name", DIVISION)
def test_division(name: str, code: str) -> None:
    """By zero 0, MIN // -1 is MIN, MIN % -1 is 0: NumPy's, without its warning."""
    function, reference = DIVISION[name]
    x, y = pairs(edges(code), edges(code), code)
    with np.errstate(all="ignore"):
        expected = reference(x, y)
    assert (expected[y == 0] == 0).all()
    at_every_length(function, expected, x, y)


@pytest.mark.parametrize("name", DIVISION)
def test_division_of_any_magnitude(name: str) -> None:
    """Of int64 that no float holds: near powers of two, multiples and those next to them."""
    function, reference = DIVISION[name]
    powers = [sign << k for k in range(0, 63, 3) for sign in (1, -1)]
    near = [p + k for p in [*powers, (1 << 63) - 600, 600 - (1 << 63)] for k in (-2, -1, 0, 1)]
    x, y = pairs(near, near, "i8")
    with np.errstate(all="ignore"):
        multiples = x // np.where(y == 0, 1, y) * y
        for dividend in (x, multiples, multiples - 1, multiples + 1, y + (x & 4095)):
            expected = reference(dividend, y)
            assert_same_bits(function(ngrad.constant(dividend), ngrad.constant(y)), expected)


@pytest.mark.parametrize("code", INTEGERS)
@pytest.mark.parametrize("name", ["left_shift", "right_shift"])
def test_shifts(name: str, code: str) -> None:
    """By the width or more, or by a negative count: nothing is left but the sign."""
    width = 8 * size_of(code)
    counts = [0, 1, width - 1, width, min(width + 1, np.iinfo(code).max), np.iinfo(code).max]
    counts += [-1, -width, np.iinfo(code).min] if code[0] == "i" else []
    x, y = pairs(edges(code), counts, code)
    at_every_length(getattr(ngrad.bitwise, name), getattr(np, name)(x, y), x, y)


@pytest.mark.parametrize("code", INTEGERS)
def test_wrapping(code: str) -> None:
    x, y = pairs(edges(code), edges(code), code)
    for name in ("add", "subtract", "multiply"):
        at_every_length(getattr(ngrad, name), getattr(np, name)(x, y), x, y)
    for name in ("negative", "abs", "sign", "square"):
        x = np.array(edges(code), code)
        at_every_length(getattr(ngrad, name), getattr(np, name)(x), x)


@pytest.mark.parametrize("code", INTEGERS)
@pytest.mark.parametrize(
    "shapes",
    [
        ((50, 60), (60, 70)),
        ((300,), (300, 400)),
        ((2, 1, 64, 40), (5, 40, 30)),
        ((512, 200), (200,)),
    ],
)
def test_products_are_exact(shapes: tuple[tuple[int, ...], ...], code: str) -> None:
    """Whatever they are multiplied by: BLAS, where floats have all sums, or NumPy. They wrap."""
    info, rng = np.iinfo(code), np.random.default_rng(0)
    for least, most in ((0, 3), (max(info.min, -9000), min(info.max, 9000)), (info.min, info.max)):
        x, y = (rng.integers(least, most, shape, code, endpoint=True) for shape in shapes)
        assert_same_bits(ngrad.constant(x) @ y, x @ y)
    x[:], y[:] = info.min, info.min
    assert_same_bits(ngrad.constant(x) @ y, x @ y)


def test_products_of_what_others_write() -> None:
    """Memory that is shared may hold larger numbers the next time."""
    x = np.ones((100, 100), np.int64)
    shared = ngrad.from_dlpack(x)
    assert (shared @ shared).numpy().max() == 100
    x[:] = 1 << 40
    assert_same_bits(shared @ shared, x @ x)


@pytest.mark.parametrize("code", INTEGERS)
def test_power(code: str) -> None:
    """Wrapping, as NumPy; a negative exponent is an error, as in NumPy."""
    x, y = pairs(edges(code), [0, 1, 2, 3, 5, 8, 63], code)
    at_every_length(ngrad.pow, np.power(x, y), x, y)
    for exponent in range(6):
        np.testing.assert_array_equal(ngrad.pow(ngrad.constant(x), exponent), x**exponent)
    if code[0] == "i":
        for negative in (-1, np.array(-1, code), ngrad.constant(-1, code)):
            with pytest.raises(NumberError, match="pow"):
                ngrad.pow(ngrad.constant(x), negative)


@pytest.mark.parametrize("target", CODES)
@pytest.mark.parametrize("source", CODES)
def test_cast(source: str, target: str) -> None:
    """Floats to integers saturate and NaN is 0; integers wrap; all but zero is true."""
    if source[0] == "f":
        values = [np.nan, np.inf, -np.inf, 0.0, -0.0, 0.9, -0.9, 1.5, -1.5, 5e-324, 1e30, -1e30]
        for code in INTEGERS:
            info = np.iinfo(code)
            values += [float(info.min), float(info.max), 2.0 * info.min, 2.0 * info.max]
            values += [info.max + 0.5, info.min - 0.5, info.max - 1.0, info.max + 1.0]
        x = np.array(values).astype(source)
        x = np.concatenate([x, *(np.nextafter(x, x.dtype.type(to)) for to in (-np.inf, np.inf))])
    elif source == "b1":
        x = np.array([True, False])
    elif source in COMPLEX:
        x = np.array(
            [0, 1 + 2j, -3.7j, -300.5 + 1j, complex(np.nan, 1), complex(0, np.inf)], source
        )
    else:
        x = np.array(edges(source), source)
    with np.errstate(invalid="ignore", over="ignore"):
        expected = saturated(x, target)
    at_every_length(lambda t: ngrad.cast(t, target), expected, x)
    if source[0] == "f":  # as they come in, too
        with np.errstate(over="ignore"):
            np.testing.assert_array_equal(ngrad.constant(x, target), expected)
            np.testing.assert_array_equal(ours.array(x, target), expected)


@pytest.mark.parametrize("code", [*INTEGERS, "b1"])
def test_comparisons_are_of_the_dtype(code: str) -> None:
    """Unsigned integers compare as unsigned: 200 is more than 100 in eight bits."""
    values = [False, True] if code == "b1" else edges(code)
    x, y = pairs(values, values, code)
    for name in ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal"):
        at_every_length(getattr(ngrad, name), getattr(np, name)(x, y), x, y)
    for name in ("maximum", "minimum"):
        at_every_length(getattr(ngrad, name), getattr(np, name)(x, y), x, y)


def test_an_integer_beyond_all_changes_no_later_comparison() -> None:
    """It is compared as a float, in which others would be rounded."""
    x = ngrad.constant(np.full(37, 2**53 + 1))
    assert not (x > 2**70).numpy().any()
    assert (x > 2**53).numpy().all()


def test_mixed_dtypes_promote_as_in_numpy() -> None:
    for left in CODES:
        for right in CODES:
            x, y = np.ones(2, left), np.ones(2, right)
            found = ngrad.constant(x) + ngrad.constant(y)
            assert found.dtype == np.result_type(x, y), (left, right)
            assert (x + ngrad.constant(y)).dtype == np.result_type(x, y)


def test_python_scalars_are_weak() -> None:
    for code in CODES:
        x = ngrad.ones([2], code)
        for scalar in (True, 1, 1.0):
            expected = (np.ones(2, code) + scalar).dtype
            assert (x + scalar).dtype == expected, (code, scalar)
            assert (scalar + x).dtype == expected, (code, scalar)
