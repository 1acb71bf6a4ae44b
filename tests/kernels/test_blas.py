"""Products on the CPU: BLAS, tile by tile, with one thread at a time for each of ours."""

from __future__ import annotations

import ctypes
import math
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from products import CODES, WAYS, Array, assert_close, laid_out, numbers, product_of

from ngrad_kernels import (
    blas,
    blas_library,
    blas_threads,
    cpu,
    small_products,
    symmetric,
    threads,
    tiles,
)
from ngrad_kernels.product import Matrices, Product

THREADS = 5
"""For which the products of these tests are cut, whatever the machine has."""


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few multiply-adds are worth a thread, and a call of BLAS."""
    monkeypatch.setattr(small_products, "suits", lambda product: False)
    monkeypatch.setattr(tiles, "TILE", 64)
    monkeypatch.setattr(symmetric, "TILE", 64)
    monkeypatch.setattr(symmetric, "most_threads", lambda: THREADS)
    monkeypatch.setattr(tiles, "VECTOR", 64)
    monkeypatch.setattr(tiles, "LARGE", 1 << 12)
    monkeypatch.setattr(blas, "most_threads", lambda: THREADS)


def multiplied(x: Array, y: Array, same: bool = False) -> Array:
    work = blas.libraries.product(product_of(x, y)._replace(same=same))
    assert work is not None
    out = np.full((*x.shape[:-1], y.shape[-1]), np.nan, x.dtype)  # what is not written shows
    addresses = [a.ctypes.data for a in (x, y, out)]
    cpu.launch(work.kernel, work.facts, work.n, work.grain, addresses)
    return out


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.tuples(*[st.sampled_from([1, 2, 3, 15, 16, 17, 40, 70])] * 2, st.integers(0, 40)),
    batch=st.sampled_from([(), (3,), (2, 2), (1, 2), (40,)]),
    ways=st.tuples(st.sampled_from(WAYS), st.sampled_from(WAYS)),
    code=st.sampled_from(["f4", "f8"]),
)
def test_any_sizes_and_strides(sizes: Any, batch: Any, ways: Any, code: str) -> None:
    rows, columns, depth = sizes
    x = laid_out(rows, depth, batch, ways[0], code, 1)
    y = laid_out(depth, columns, batch, ways[1], code, 2)
    found = multiplied(x, y)
    assert_close(found, x, y)
    before = threads.used()
    try:
        threads.use(1)
        np.testing.assert_array_equal(multiplied(x, y), found)
    finally:
        threads.use(before)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.sampled_from([1, 2, 15, 16, 17, 40, 100]),
    depth=st.integers(0, 40),
    batch=st.sampled_from([(), (3,), (2, 2), (40,)]),
    way=st.sampled_from(WAYS),
    code=st.sampled_from(["f4", "f8", "c16"]),
    few=st.sampled_from([0, 20]),
)
def test_of_a_matrix_and_its_transpose(
    rows: int, depth: int, batch: Any, way: str, code: str, few: int
) -> None:
    """Symmetric, and the same on any number of threads."""
    x = laid_out(rows, depth, batch, way, code, 1)
    turned = x.swapaxes(-1, -2)
    before = threads.used()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(symmetric, "FEW", few)
        symmetric.kernel.cache_clear()
        try:
            found = multiplied(x, turned, same=True)
            threads.use(1)
            np.testing.assert_array_equal(multiplied(x, turned, same=True), found)
        finally:
            threads.use(before)
            symmetric.kernel.cache_clear()
    np.testing.assert_array_equal(found, found.swapaxes(-1, -2))
    np.testing.assert_allclose(found, np.matmul(x, turned), 1e-3 if code == "f4" else 1e-9, 1e-4)


def test_half_of_the_tiles() -> None:
    """As few multiply-adds as there are different results, but for the diagonal's tiles."""
    x = numbers((160, 20), "f8", 1)
    whole = product_of(x, x.T)._replace(same=True)
    parts = symmetric.parts_of(whole, THREADS)
    assert parts == 2 * THREADS
    work = blas.libraries.product(whole)
    assert work is not None and work.n == parts * (parts + 1) // 2


@pytest.mark.parametrize("code", ("f4", "f8", "c8"))
@pytest.mark.parametrize("sizes", [(9, 9, 9), (32, 32, 32), (33, 31, 30), (40, 17, 8), (70, 33, 9)])
def test_by_columns_as_by_rows(sizes: Any, code: str) -> None:
    """Floats of few columns are turned before BLAS sees them."""
    rows, columns, depth = sizes
    x, y = numbers((5, rows, depth), code, 1), numbers((5, columns, depth), code, 2)
    found = multiplied(x, y.swapaxes(-1, -2))
    plain = multiplied(x, y.swapaxes(-1, -2).copy())
    np.testing.assert_allclose(found, plain, 1e-4 if code != "f8" else 1e-12, 1e-4)


def test_special_values_take_no_part_in_what_is_not_their_own() -> None:
    x, y = numbers((33, 20), "f4", 1), numbers((20, 37), "f4", 2)
    x[3], y[:, 5] = np.inf, np.nan
    found = multiplied(x, y)
    assert np.isnan(found[:, 5]).all()
    rest = np.delete(np.delete(found, 5, 1), 3, 0)
    assert_close(rest, np.delete(x, 3, 0), np.delete(y, 5, 1))


def test_scipys_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where NumPy's BLAS does not show its routines."""
    monkeypatch.setattr(blas, "library", blas_library.scipys)
    for code in ("f4", "f8"):
        for columns in (1, 30):
            x, y = numbers((20, 25), code, 1), numbers((25, columns), code, 2)
            assert_close(multiplied(x, y), x, y)


@pytest.mark.parametrize("code", [code for code in CODES if code[0] != "f"])
def test_other_dtypes_are_left_to_numpy(code: str) -> None:
    x = numbers((4, 4), code, 1)
    assert blas.libraries.product(product_of(x, x)) is None


@pytest.mark.parametrize("axis", range(3))
def test_so_is_what_blas_cannot_count(axis: int) -> None:
    sizes = [2, 2, 2]
    sizes[axis] = 1 << 31
    rows, columns, depth = sizes
    lies = Matrices((), 4 * depth, 4), Matrices((), 4 * columns, 4)
    assert blas.libraries.product(Product("f4", (), rows, columns, depth, *lies)) is None


# -- its threads -----------------------------------------------------------------------------------


class Double:
    """A BLAS that says how many threads it was to use at each call."""

    def __init__(self, threads: int) -> None:
        self.threads, self.at_call = threads, list[int]()
        self.meanwhile: Callable[[], object] | None = None  # at the first call
        words = [ctypes.c_void_p] * 13
        self.routine = ctypes.CFUNCTYPE(None, *words)(self._called)
        self.get = ctypes.CFUNCTYPE(ctypes.c_int)(lambda: self.threads)
        self.set = ctypes.CFUNCTYPE(None, ctypes.c_int)(self._set)

    def _called(self, *addresses: int) -> None:
        self.at_call.append(self.threads)
        if meanwhile := self.meanwhile:
            self.meanwhile = None
            meanwhile()

    def _set(self, count: int) -> None:
        self.threads = count

    def library(self) -> blas_library.Library:
        routine, get, set_ = (
            ctypes.cast(one, ctypes.c_void_p).value or 0
            for one in (self.routine, self.get, self.set)
        )
        routines = dict.fromkeys(blas_library.ROUTINES, routine)
        return blas_library.Library(routines, blas_library.Pool(get, set_, True))


@pytest.fixture(params=[1, 4])
def double(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Double]:
    double = Double(request.param)
    monkeypatch.setattr(blas, "library", double.library)
    yield double
    assert double.threads == request.param  # as it was


@pytest.mark.parametrize("shape", [(40, 40, 40), (1, 40, 40), (2, 2, 2)])
def test_it_is_called_with_one_thread(double: Double, shape: tuple[int, int, int]) -> None:
    rows, columns, depth = shape
    x, y = numbers((6, rows, depth), "f4", 1), numbers((6, depth, columns), "f4", 2)
    multiplied(x, y)
    if rows > 1:
        multiplied(x, x.swapaxes(-1, -2), same=True)
    assert double.at_call and set(double.at_call) == {1}


def test_so_it_is_when_another_product_ends_that_began_before(double: Double) -> None:
    """The number is the process's: who is done first must leave it to the others."""
    x, y = numbers((6, 2, 2), "f4", 1), numbers((6, 2, 2), "f4", 2)  # one call of the kernel
    second_began = threading.Event()

    def second() -> None:
        double.meanwhile = lambda: (second_began.set(), first.result(60))
        multiplied(x, y)

    before = threads.used()
    try:
        threads.use(1)
        with ThreadPoolExecutor(1) as pool:
            first_began = threading.Event()
            double.meanwhile = lambda: (first_began.set(), second_began.wait(60))
            first = pool.submit(multiplied, x[:1], y[:1])
            assert first_began.wait(60)
            second()
    finally:
        threads.use(before)
    assert len(double.at_call) == 7 and set(double.at_call) == {1}


def test_a_child_forked_meanwhile_has_them_back(double: Double) -> None:
    pool = double.library().pool
    blas_threads.words(pool)
    table = blas_threads.HELD[pool.set_threads]
    table[:] = 1, 2, double.threads, pool.set_threads
    double.threads = 1
    blas_threads._after_fork()
    assert not table.any()


# -- how products are cut --------------------------------------------------------------------------


def test_as_many_tiles_as_threads_and_more_of_large_products() -> None:
    lies = Matrices((), 4, 4)

    def cut(batch: tuple[int, ...], rows: int, columns: int, depth: int) -> tuple[int, int, int]:
        return tiles.tiles(Product("f4", batch, rows, columns, depth, lies, lies), 6)

    assert cut((), 4, 4, 3) == (1, 1, 1)  # too small to share
    assert cut((), 16, 16, 1) == (2, 2, 1)
    assert cut((), 60, 40, 1) == (3, 2, 1)
    down, across, grain = cut((), 100, 100, 10)
    assert down * across == 24 and grain == 1
    assert cut((6,), 100, 100, 10) == (1, 1, 1)  # a product a thread
    assert cut((1000,), 2, 2, 2) == (1, 1, 8)
    assert math.prod(cut((), 1, 640, 1)[:2]) == 6
