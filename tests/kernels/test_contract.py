"""Reductions have the bits of the order that `contract.py` states, written out in NumPy."""

from __future__ import annotations

import functools
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


def numbers(code: str, shape: tuple[int, ...], near: float) -> Array:
    """Of every size, or around 1 for products, whose order would not show in what is infinite."""
    x = np.random.default_rng(3).normal(size=shape)
    return np.asarray(near * np.exp(x / 100) if near else x * np.exp(x), code)


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize("length", [1, 15, 16, 64, 65, 1000, 1025, 40_000, 2_200_000])
def test_rows(name: str, code: str, length: int) -> None:
    function, combine, start = OPS[name]
    x = numbers(code, (3 if length < STRETCH else 1, length), float(name == "prod"))
    expected = [of_row(row, combine, start) for row in x]
    assert function(ngrad.constant(x), 1).numpy().tolist() == expected


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize("shape", [(1, 3), (17, 1), (100, 1025), (2500, 7), (1030, 64), (33, 65)])
def test_columns(name: str, code: str, shape: tuple[int, int]) -> None:
    function, combine, start = OPS[name]
    x = numbers(code, shape, float(name == "prod"))
    expected = of_columns(x, combine, start).tolist()
    shown = x if shape[1] > 1 else np.hstack([x, x])  # one column alone is a row
    given = ngrad.constant(shown)
    for seen in (given, ngrad.constant(shown[::-1])[::-1]):
        assert function(seen, 0).numpy().tolist()[: shape[1]] == expected


def test_a_long_sum_is_right_to_the_last_place() -> None:
    """What is summed in float32 at a time is so little that its errors do not add up."""
    x = np.random.default_rng(4).uniform(size=(1_000_000, 2)).astype("f4")
    for axis, rows in ((0, x), (1, np.ascontiguousarray(x.T))):
        found = np.float64(ngrad.reduce_sum(ngrad.constant(rows), axis).numpy())
        expected = x.sum(0, dtype=np.float64)
        assert (abs(found - expected) <= 2e-7 * expected).all()
