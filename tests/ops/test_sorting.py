"""Sorting: an order is stable in either direction, whatever the elements, and derivatives follow
them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numeric import CODES, Array, assert_same_bits

import ngrad
from ngrad.errors import NumberError, ShapeError
from ngrad.ops.ranks import PLACES, RANKED
from ngrad.ops.sorting import ARGSORT, LARGEST
from ngrad.record import apply

TIES = np.array([np.nan, 2.0, -0.0, 0.0, -np.inf, -np.nan, 2.0, np.inf, -1e-45, 1e-45, 0.0, -0.0])


@pytest.mark.parametrize("code", ["f4", "f8"])
def test_equal_floats_stay_as_they_were(code: str) -> None:
    """NaN is the greatest, whatever its sign; zeros are equal; both directions are stable."""
    x = TIES.astype(code)
    up = [4, 8, 2, 3, 10, 11, 9, 1, 6, 7, 0, 5]
    down = [0, 5, 7, 1, 6, 9, 2, 3, 10, 11, 8, 4]
    assert up == np.argsort(x, kind="stable").tolist()
    assert ngrad.argsort(x).tolist() == up
    assert ngrad.argsort(x, direction="DESCENDING").tolist() == down
    assert_same_bits(ngrad.sort(x), x[up])
    assert_same_bits(ngrad.sort(x, direction="DESCENDING"), x[down])


@pytest.mark.parametrize("code", CODES)
def test_many_rows_with_many_ties(code: str) -> None:
    x = np.random.default_rng(5).integers(0, 2 if code == "b1" else 50, (3, 20_000)).astype(code)
    assert_same_bits(ngrad.argsort(x), np.argsort(x, kind="stable").astype(np.int32))
    found = ngrad.argsort(x, direction="DESCENDING").numpy()
    steps = np.diff(np.take_along_axis(x.real.astype(int), found, 1))
    assert (steps <= 0).all() and (np.diff(found)[steps == 0] > 0).all()
    for count in (1, 20, 200, 15_000):
        largest = apply(LARGEST, (ngrad.constant(x),), (count,))
        assert_same_bits(largest, found[:, :count].astype(np.int64))


@pytest.mark.parametrize("length", [5, 6, 17, 60, 700, 2000])
@pytest.mark.parametrize("code", ["f4", "f8", "i8", "u8"])
def test_rows_of_some_elements(code: str, length: int) -> None:
    """Of which none, few, or many are equal; some rows are shared by threads."""
    for rows in (-(-600 // length), -(-300_000 // length)):
        x = np.concatenate([_tied(code, length) for _ in range(-(-rows // 2))])
        x[: rows // 3] = np.random.default_rng(1).integers(0, 1 << 20, (rows // 3, length))
        for a in (x, np.asfortranarray(x)):
            where = np.argsort(a, 1, kind="stable")
            assert_same_bits(ngrad.argsort(a), where.astype(np.int32))
            assert_same_bits(ngrad.sort(a), np.take_along_axis(a, where, 1))
        turned = length - 1 - np.argsort(x[:, ::-1], 1, kind="stable")[:, ::-1]
        assert_same_bits(ngrad.argsort(x, direction="DESCENDING"), turned.astype(np.int32))


@pytest.mark.parametrize("code", ["f2", "f4", "f8"])
def test_the_largest_of_what_is_no_number(code: str) -> None:
    x = np.tile(TIES.astype(code), 200)
    found = ngrad.argsort(x, direction="DESCENDING").numpy()
    for count in (1, 5, 30, 1000):
        assert_same_bits(
            apply(LARGEST, (ngrad.constant(x),), (count,)), found[:count].astype(np.int64)
        )


@pytest.mark.parametrize("length", [1, 2, 3, 4, 9, 33, 64, 65])
@pytest.mark.parametrize("code", CODES)
def test_few_elements(code: str, length: int) -> None:
    """In rows, columns and behind one another, of which many are equal, or no number."""
    draw = np.random.default_rng(length)
    x = draw.choice([0, 1, 2, 3, 5, 100], (4, length)).astype(code)
    if x.dtype.kind in "fc":
        x[draw.random(x.shape) < 0.3] = np.nan
        x[draw.random(x.shape) < 0.3] = -0.0
    for a in (x[0], x, np.asfortranarray(x), x[::-2], x[:, ::-1]):
        where = np.argsort(a, -1, kind="stable")
        assert_same_bits(ngrad.argsort(a), where.astype(np.int32))
        assert_same_bits(ngrad.sort(a), np.take_along_axis(a, where, -1))
        turned = length - 1 - np.argsort(a[..., ::-1], -1, kind="stable")[..., ::-1]
        assert_same_bits(ngrad.argsort(a, direction="DESCENDING"), turned.astype(np.int32))
        falling = ngrad.sort(a, direction="DESCENDING")
        assert_same_bits(falling, np.take_along_axis(a, turned, -1))
        columns = np.argsort(a, 0, kind="stable")
        assert_same_bits(ngrad.argsort(a, axis=0), columns.astype(np.int32))


def _tied(code: str, length: int) -> Array:
    rng = np.random.default_rng(7)
    if code[0] == "f":
        x = np.where(rng.random((2, length)) < 0.3, rng.choice(TIES, (2, length)), 0.0)
        x = (x + rng.normal(size=x.shape).round(1)).astype(code)
        x[:, ::5] = -0.0
        return x
    info = np.iinfo(code)
    x = rng.choice(np.array([info.min, info.max, 3, 4], code), (2, length))
    x[:, ::3] = rng.integers(info.min, info.max, x[:, ::3].shape, code)
    return x


@pytest.mark.parametrize("length", [300, 3000])
@pytest.mark.parametrize("code", ["f2", "f4", "f8", "u4", "i8", "u8"])
@pytest.mark.parametrize("step", [3, 40, 100])
def test_elements_at_ranks_are_those_of_the_order(code: str, length: int, step: int) -> None:
    x, ranks = _tied(code, length), np.arange(0, length, length // step)
    each = np.stack([ranks, ranks[::-1]])
    order, ordered = apply(ARGSORT, (ngrad.constant(x),), (False,)), ngrad.sort(x)
    for at in (ranks, each):
        found = apply(RANKED, (ngrad.constant(x), ngrad.constant(at)))
        where = apply(PLACES, (ngrad.constant(x), ngrad.constant(at), found))
        spread = np.broadcast_to(at, (2, len(ranks)))
        assert_same_bits(found, np.take_along_axis(ordered.numpy(), spread, -1))
        assert_same_bits(where, np.take_along_axis(order.numpy(), spread, -1))


@pytest.mark.parametrize("length", [300, 3000])
@pytest.mark.parametrize("code", ["f2", "f4", "f8", "u4", "i8", "u8"])
def test_long_rows_are_stable_as_short_ones_are(code: str, length: int) -> None:
    """NumPy's fast sorts are not; with extremes, and zeros and NaNs of both signs."""
    x = _tied(code, length)
    with np.errstate(invalid="ignore"):
        _, rank = np.unique(x, return_inverse=True)
    for direction, sign in (("ASCENDING", 1), ("DESCENDING", -1)):
        order = np.argsort(sign * rank.reshape(x.shape), kind="stable")
        assert_same_bits(ngrad.argsort(x, direction=direction), order.astype(np.int32))
        expected = np.take_along_axis(x, order, -1)
        assert_same_bits(ngrad.sort(x, direction=direction), expected)


@pytest.mark.parametrize("length", [300, 3000])
@pytest.mark.parametrize("code", ["i4", "u4", "i8", "u8"])
def test_integers_of_few_digits(code: str, length: int) -> None:
    """At both ends of the dtype, and where a difference of two does not fit it."""
    info, rng = np.iinfo(code), np.random.default_rng(3)
    low, high = int(info.min), int(info.max)
    for least, most in (
        (0, 100), (0, 1 << 20), (high - 70_000, high), (low, low + (1 << 16)), (low, high),
        (low, low + (1 << 31)), (high - (1 << 32) + 1, high),
        (low, low + (1 << 51) - 1), (high - (1 << 51), high),  # with and without room for places
    ):  # fmt: skip
        most = min(most, high)
        x = rng.integers(max(least, low), most, (2, length), code, endpoint=True)
        x[:, ::7], x[:, 5] = max(least, low), most
        for direction, ranked in (("ASCENDING", x), ("DESCENDING", ~x)):
            found = ngrad.argsort(x, direction=direction)
            assert_same_bits(found, ranked.argsort(-1, "stable").astype(np.int32))


@pytest.mark.parametrize("close", [0, 6, 3000])
@pytest.mark.parametrize("code", ["f8", "i8", "u8"])
def test_numbers_that_few_bits_tell_apart(code: str, close: int) -> None:
    """None, few and many that differ in bits beside which a place does not fit."""
    rng = np.random.default_rng(close)
    x = rng.integers(0, 1 << 62, (2, 6000)).astype(code) * np.array(2, code)
    x[0, 5], x[1, 5] = 0, 1
    if code != "u8":
        x[:, ::2] *= -1
    near = rng.permutation(close) + (1 << 52)
    x[:, 100 : 100 + close] = near if code == "f8" else near + (1 << 53)
    for direction in ("ASCENDING", "DESCENDING"):
        ranked = x if direction == "ASCENDING" else -x if code == "f8" else ~x
        found = ngrad.argsort(x, direction=direction)
        assert_same_bits(found, ranked.argsort(-1, "stable").astype(np.int32))


@pytest.mark.parametrize("of", [0, 1, 7, 900, 1 << 40])
def test_distinct_values_stand_in_the_order_in_which_they_come(of: int) -> None:
    x = np.random.default_rng(of).integers(0, max(of, 1), 3000 if of else 0) - of // 2
    at: dict[int, int] = {}
    places = [at.setdefault(number, len(at)) for number in x.tolist()]
    for given in (x, x.astype(np.float32) if of < 1 << 20 else x):
        y, idx, count = ngrad.unique_with_counts(given)
        assert_same_bits(y, np.array([*at], given.dtype))
        assert_same_bits(idx, np.array(places, np.int32))
        assert_same_bits(count, np.bincount(places, minlength=len(at)).astype(np.int32))


def test_a_cotangent_goes_to_where_its_element_was() -> None:
    """Of equal elements, to each its own."""
    x = ngrad.constant([[3.0, 1.0, 2.0], [5.0, 5.0, 4.0]])
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        y = ngrad.sort(x, direction="DESCENDING") ** 2 * [1.0, 10.0, 100.0]
    expected = [[6.0, 200.0, 40.0], [10.0, 100.0, 800.0]]
    np.testing.assert_array_equal(tape.gradient(y, x), expected)
    jacobian = ngrad.grad(lambda x: ngrad.reduce_sum(ngrad.sort(x)[0]))(x)
    np.testing.assert_array_equal(jacobian, [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])


WRONG: dict[str, tuple[type[Exception], Callable[[], Any], str]] = {
    "scalar": (ShapeError, lambda: ngrad.sort(1.0), r"sort: axis -1 is out of range for 0"),
    "axis": (ShapeError, lambda: ngrad.argsort([1.0], 1), r"argsort: axis 1 is out of range"),
    "direction": (
        NumberError,
        lambda: ngrad.argsort([1.0], direction="up"),
        r"argsort: direction is 'ASCENDING' or 'DESCENDING', not 'up'",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors(name: str) -> None:
    error, call, match = WRONG[name]
    with pytest.raises(error, match=match):
        call()
