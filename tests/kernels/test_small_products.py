"""Products of small matrices, which are no BLAS's."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from products import WAYS, Array, laid_out, numbers, product_of

from ngrad_kernels import blas, cpu, small_products, threads
from ngrad_kernels.codes import size_of
from ngrad_kernels.contract import PIECE

CODES = ("f4", "f8", "c8", "c16")
EVERY_WAY = [*itertools.product(WAYS, WAYS)]


def multiplied(x: Array, y: Array, grain: int = 0) -> Array:
    work = blas.libraries.product(product_of(x, y))
    assert work is not None
    assert work.kernel == small_products.kernel(x.dtype.str[1:])
    out = np.full((*x.shape[:-1], y.shape[-1]), np.nan, x.dtype)
    room = np.full(out.size + 16, 7, x.dtype)  # what is written beyond the result shows
    room[: out.size] = out.ravel()
    addresses = [a.ctypes.data for a in (x, y, room)]
    cpu.launch(work.kernel, work.facts, work.n, grain or work.grain, addresses)
    assert (room[out.size :] == 7).all()
    return room[: out.size].reshape(out.shape)


def assert_close(found: Array, x: Array, y: Array) -> None:
    wide = np.complex128 if x.dtype.kind == "c" else np.float64
    expected = np.matmul(x.astype(wide), y.astype(wide))
    bound = 2 * (x.shape[-1] + 1) * np.finfo(x.dtype).eps * np.matmul(np.abs(x), np.abs(y))
    assert (np.abs(found - expected) <= bound).all()


@pytest.mark.parametrize("code", CODES)
def test_all_sizes_and_strides(code: str) -> None:
    """Each as itself and, with the same bits, as a batch of rows that lie one after the other."""
    most = PIECE // size_of(code)
    extents = [*range(1, min(most, 9) + 1), *([most] if most > 9 else [])]
    ways = itertools.cycle(EVERY_WAY)
    batches = itertools.cycle([(), (3,), (2, 2), (1, 2), (2, 1, 3), (40,)])
    for rows, columns, depth in itertools.product(extents, extents, [0, *extents]):
        how, batch = next(ways), next(batches)
        x = laid_out(rows, depth, batch, how[0], code, 1)
        y = laid_out(depth, columns, batch, how[1], code, 2)
        found = multiplied(x, y)
        assert_close(found, x, y)
        plain = multiplied(np.ascontiguousarray(x), np.ascontiguousarray(y))
        np.testing.assert_array_equal(found, plain)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("how", EVERY_WAY)
def test_a_batch_is_its_matrices(code: str, how: tuple[str, str]) -> None:
    for rows, columns, depth in ((3, 3, 3), (4, 1, 4), (1, 4, 3), (2, 4, 4)):
        x = laid_out(rows, depth, (7, 150), how[0], code, 1)
        y = laid_out(depth, columns, (7, 150), how[1], code, 2)
        found = multiplied(x, y, grain=16)  # many items of work, which end anywhere
        before = threads.used()
        try:
            threads.use(1)
            np.testing.assert_array_equal(multiplied(x, y, grain=1 << 20), found)
        finally:
            threads.use(before)
        for at in ((0, 0), (6, 149), (3, 11)):
            np.testing.assert_array_equal(multiplied(x[at], y[at]), found[at])


@pytest.mark.parametrize("code", CODES)
def test_a_batch_that_broadcasts(code: str) -> None:
    """Its axes follow one another in one operand, and not in the other."""
    x, y = numbers((5, 1, 6, 3, 2), code, 1), numbers((4, 1, 2, 4), code, 2)
    shape = (5, 4, 6)
    for by in (y, y.swapaxes(-1, -2).copy().swapaxes(-1, -2)):
        pair = np.broadcast_to(x, (*shape, 3, 2)), np.broadcast_to(by, (*shape, 2, 4))
        found = multiplied(*pair)
        assert_close(found, *pair)
        np.testing.assert_array_equal(found, multiplied(*map(np.ascontiguousarray, pair)))


@pytest.mark.parametrize("code", ("f4", "f8"))
def test_products_are_added_in_order_with_one_rounding(code: str) -> None:
    eps = np.finfo(code).eps
    large = 2 / eps
    terms = np.array([[large, 1, -large]], code)
    assert multiplied(terms, np.ones((3, 1), code)) == 0  # 1 is lost to what is large
    assert multiplied(terms[:, [0, 2, 1]], np.ones((3, 1), code)) == 1
    x = np.array([[1 + eps, -1]], code)
    y = np.array([[1 - eps], [1]], code)
    assert multiplied(x[:, ::-1].copy(), y[::-1].copy()) == -(eps**2)


def test_special_values_take_no_part_in_what_is_not_their_own() -> None:
    x, y = numbers((6, 5), "f8", 1), numbers((5, 7), "f8", 2)
    x[3], y[:, 5] = np.inf, np.nan
    found = multiplied(x, y)
    assert np.isnan(found[:, 5]).all()
    rest = np.delete(np.delete(found, 5, 1), 3, 0)
    assert_close(rest, np.delete(x, 3, 0), np.delete(y, 5, 1))


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("axis", range(3))
def test_sizes_alone_decide(code: str, axis: int) -> None:
    """One more along any axis is BLAS's, however operands lie."""
    sizes: Any = [PIECE // size_of(code)] * 3
    sizes[axis] += 1
    rows, columns, depth = sizes
    for how in EVERY_WAY:
        x = laid_out(rows, depth, (2,), how[0], code, 1)
        y = laid_out(depth, columns, (2,), how[1], code, 2)
        work = blas.libraries.product(product_of(x, y))
        assert work is not None and work.kernel == blas.kernel(code)
