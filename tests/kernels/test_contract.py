"""Reductions have the bits of the order that `contract.py` states, written out in NumPy."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import pytest

import ngrad
from ngrad_kernels.contract import BLOCK, CHUNK, ROWS, SHORT, SLAB, STRETCH, accumulator, lanes

Array = np.ndarray[Any, Any]
OPS: dict[str, tuple[Any, np.ufunc, float]] = {
    "sum": (ngrad.reduce_sum, np.add, 0.0),
    "prod": (ngrad.reduce_prod, np.multiply, 1.0),
    "max": (ngrad.reduce_max, np.maximum, -np.inf),
}


def of_block(x: Array, combine: np.ufunc, start: float) -> Any:
    """Lanes, then their tree; a short one in order."""
    if x.size < SHORT:
        return functools.reduce(combine, x, x.dtype.type(start))
    width = lanes(x.dtype.str[1:])
    parts = np.full((-(-x.size // width), width), start, x.dtype)
    parts.reshape(-1)[: x.size] = x
    total = np.full(width, start, x.dtype)
    for part in parts:
        total = combine(total, part)
    while total.size > 1:
        total = combine(*np.split(total, 2))
    return total[0]


def of_row(x: Array, combine: np.ufunc, start: float) -> Any:
    """Blocks of chunks, chunks of stretches, stretches."""
    wide = np.dtype(accumulator(x.dtype.str[1:])).type

    def of(x: Array, *sizes: int) -> Any:
        if not sizes:
            return wide(of_block(x, combine, start))
        size, *smaller = sizes
        total = wide(start)
        for part in np.split(x, range(size, x.size, size)):
            total = combine(total, of(part, *smaller))
        return total

    return x.dtype.type(of(x, STRETCH, CHUNK, BLOCK))


def of_columns(x: Array, combine: np.ufunc, start: float) -> Array:
    """Rows of slabs, slabs of blocks, blocks."""
    wide = np.dtype(accumulator(x.dtype.str[1:])).type
    total = np.full(x.shape[1], start, wide)
    for block in np.split(x, range(ROWS, len(x), ROWS)):
        part = np.full(x.shape[1], start, wide)
        for slab in np.split(block, range(SLAB, len(block), SLAB)):
            own = np.full(x.shape[1], start, x.dtype)
            for row in slab:
                own = combine(own, row)
            part = combine(part, own.astype(wide))
        total = combine(total, part)
    return total.astype(x.dtype)


def of_axes(x: Array, axes: tuple[int, ...], combine: np.ufunc, start: float) -> Array:
    """Those that lie together as one axis; of such as lie apart the last first."""
    if not axes:
        return x
    last = axes[-1]
    first = min(k for k in range(last + 1) if {*range(k, last + 1)} <= {*axes})
    kept = (*x.shape[:first], *x.shape[last + 1 :])
    rows = x.reshape(-1, math.prod(x.shape[first : last + 1]), math.prod(x.shape[last + 1 :]))
    if rows.shape[2] == 1:
        found = [of_row(row[:, 0], combine, start) for row in rows]
    else:
        found = [of_columns(row, combine, start) for row in rows]
    rest = tuple([a for a in axes if a < first])
    return of_axes(np.reshape(found, kept).astype(x.dtype), rest, combine, start)


def numbers(code: str, shape: tuple[int, ...], near: float) -> Array:
    """Of every size, or around 1 for products, whose order would not show in what is infinite."""
    x = np.random.default_rng(3).normal(size=shape)
    return np.asarray(near * np.exp(x / 100) if near else x * np.exp(x), code)


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize("length", [1, 4, 5, 8, 13, 15, 16, 64, 65, 1000, 1025, 40_000, 2_200_000])
def test_rows(name: str, code: str, length: int) -> None:
    function, combine, start = OPS[name]
    count = 19 if length < BLOCK else 3 if length < STRETCH else 1
    x = numbers(code, (count, length), float(name == "prod"))
    expected = [of_row(row, combine, start) for row in x]
    assert function(ngrad.constant(x), 1).numpy().tolist() == expected


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize(
    "shape", [(1, 3), (17, 1), (100, 1025), (2500, 7), (1030, 64), (33, 65), (40, 512), (21, 1536)]
)
def test_columns(name: str, code: str, shape: tuple[int, int]) -> None:
    function, combine, start = OPS[name]
    x = numbers(code, shape, float(name == "prod"))
    expected = of_columns(x, combine, start).tolist()
    shown = x if shape[1] > 1 else np.hstack([x, x])  # one column alone is a row
    given = ngrad.constant(shown)
    for seen in (given, ngrad.constant(shown[::-1])[::-1]):
        assert function(seen, 0).numpy().tolist()[: shape[1]] == expected


@pytest.mark.parametrize("code", ["f2", "f4", "f8"])
@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((40, 30, 70), (0, 2)),
        ((20, 3, 18, 5), (0, 2)),
        ((3, 20, 9, 4, 8), (1, 2, 4)),
        ((5, 2, 17, 3, 6), (0, 2, 4)),
        ((30, 2, 1, 17), (0, 2, 3)),
    ],
    ids=str,
)
def test_axes_that_lie_apart(
    name: str, code: str, shape: tuple[int, ...], axes: tuple[int, ...]
) -> None:
    """As an op that runs by itself, and in a plan."""
    function, combine, start = OPS[name]
    x = numbers(code, shape, float(name == "prod"))
    wide = x.astype(np.result_type(code, "f4"))
    expected = of_axes(wide, axes, combine, start).astype(code).tolist()
    given = ngrad.constant(x)
    planned = ngrad.function(lambda x: function(x, axes))
    for seen in (given, ngrad.constant(x[::-1])[::-1]):
        assert function(seen, axes).numpy().tolist() == expected
        assert planned(seen).numpy().tolist() == expected


def test_a_long_sum_is_right_to_the_last_place() -> None:
    """What is summed in float32 at a time is so little that its errors do not add up."""
    x = np.random.default_rng(4).uniform(size=(1_000_000, 2)).astype("f4")
    for axis, rows in ((0, x), (1, np.ascontiguousarray(x.T))):
        found = np.float64(ngrad.reduce_sum(ngrad.constant(rows), axis).numpy())
        expected = x.sum(0, dtype=np.float64)
        assert (abs(found - expected) <= 2e-7 * expected).all()
