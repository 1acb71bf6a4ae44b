"""Filters that slide: within, across the ends, and as long as what they slide over, in parts."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numeric import Array

import ngrad
import ngrad.numpy as ours
from ngrad.ops.slide import Places, slide
from ngrad_kernels import threads
from ngrad_kernels.slides import LONG, MANY, PART

LENGTHS = (PART, PART + 1, 2 * PART + 77)


def numbers(shape: tuple[int, ...], code: str, seed: int) -> Array:
    draw = np.random.default_rng(seed)
    if code[0] == "i":
        return draw.integers(-9, 9, shape).astype(code)
    found = draw.normal(size=shape)
    return (found + 1j * draw.normal(size=shape) if code[0] == "c" else found).astype(code)


@pytest.mark.parametrize("code", ("f4", "f8", "c8", "c16", "i4"))
@pytest.mark.parametrize("size", LENGTHS)
@pytest.mark.parametrize("width", (1, 3, 17))
def test_long_windows(size: int, width: int, code: str) -> None:
    """In front of the input, behind it, and within; a channel and a batch by themselves."""
    x, w = numbers((2, size, width), code, 1), numbers((2, size, width), code, 2)
    found = slide(ngrad.constant(x), ngrad.constant(w), Places.along(7, 3)).numpy()
    wide = np.result_type(x, np.float64) if code[0] != "i" else x.dtype
    zeros = np.zeros((2, 3, width), wide)
    padded = np.concatenate((zeros, x.astype(wide), zeros), 1)
    for k in range(7):
        shown = padded[:, k : k + size]
        expected, bound = (shown * w).sum(1), np.abs(shown * w).sum(1)
        tolerance = PART * np.finfo(code).eps * bound if code[0] != "i" else 0 * bound
        assert (np.abs(found[:, k] - expected) <= tolerance).all()


@pytest.mark.parametrize("width", (3, LONG, 17))
def test_windows_within_and_across_the_ends(width: int) -> None:
    """Places in order, each product rounded: the bits of the same sums one after the other."""
    x, w = numbers((2, 11, width), "f4", 1), numbers((1, 3, width), "f4", 2)
    for step, gap, hole, lead in itertools.product((1, 2), (1, 3), (1, 2), (-4, 0, 2)):
        how = Places((9,), (step,), (gap,), (hole,), (lead,))
        expected = np.zeros((2, 9, width), np.float32)
        for i, p in itertools.product(range(9), range(3)):
            place, off = divmod(i * step + p * gap - lead, hole)
            if off == 0 and 0 <= place < 11:
                expected[:, i] += x[:, place] * w[:, p]
        found = slide(ngrad.constant(x), ngrad.constant(w), how).numpy()
        np.testing.assert_array_equal(found, expected)


def test_only_windows_across_the_ends_divide() -> None:
    within, across = MANY.split("if hole != 1")
    assert "//" not in within and "//" in across


@pytest.mark.parametrize("size", LENGTHS)
def test_neither_threads_nor_neighbours_change_a_bit(size: int) -> None:
    x = ngrad.constant(numbers((2, size + 80, 2), "f4", 1))
    w = ngrad.constant(numbers((1, size, 2), "f4", 2))
    found = slide(x, w, Places.along(80, 0)).numpy()
    before = threads.used()
    try:
        threads.use(1)
        np.testing.assert_array_equal(slide(x, w, Places.along(80, 0)).numpy(), found)
    finally:
        threads.use(before)
    for k in (0, 63, 79):
        alone = slide(x, w, Places.along(1, -k)).numpy()
        np.testing.assert_array_equal(alone[:, 0], found[:, k])
    np.testing.assert_array_equal(slide(x[1:], w, Places.along(80, 0)).numpy(), found[1:])


def test_a_long_sum_is_rounded_as_one_of_a_part() -> None:
    ones = ngrad.constant(np.full((1, 200 * PART, 1), 0.1, np.float32))
    found = slide(ones, ones, Places.along(1, 0)).numpy().item()
    assert found == pytest.approx(2 * PART, rel=3e-5)


@pytest.mark.parametrize("mode", ("full", "same", "valid"))
def test_the_derivative_in_a_short_filter(mode: Any) -> None:
    x, k = numbers((2 * PART + 9,), "f8", 1), numbers((5,), "f8", 2)
    in_k = ngrad.grad(lambda k: (ours.convolve(ours.array(x), k, mode) ** 2).sum())(k)
    out = np.convolve(x, k, mode)
    units = [np.convolve(x, unit, mode) for unit in np.eye(5)]
    np.testing.assert_allclose(in_k, [2 * (out * unit).sum() for unit in units], rtol=1e-11)
