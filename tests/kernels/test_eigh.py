"""Eigenvalues and eigenvectors on the CPU, matrix by matrix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from products import WAYS, Array, laid_out, matrices_of, numbers

from ngrad_kernels import blas_library, cpu, eigh, lapack_calls, threads
from ngrad_kernels.lapack import threads_for
from ngrad_kernels.lapack_calls import Squares

INNER = {"f4": "f8", "c8": "c16", "f8": "f8", "c16": "c16"}


@pytest.fixture(params=["NumPy's", "SciPy's"])
def which(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """SciPy's LAPACK may count in int32 where NumPy's does in int64."""
    if request.param == "SciPy's":
        for module in (eigh, lapack_calls):
            monkeypatch.setattr(module, "lapack", blas_library.scipys_lapack)
    eigh._lengths.cache_clear()
    yield request.param
    eigh._lengths.cache_clear()


def found(a: Array, lower: bool = True) -> tuple[Array, Array, Array]:
    """Eigenvalues, eigenvectors, and which matrices have them."""
    code, *batch = a.dtype.str[1:], *a.shape[:-2]
    squares = Squares(code, INNER[code], tuple(batch), a.shape[-1], matrices_of(a))
    work, room = eigh.factored(squares, lower)
    values, vectors = np.zeros(a.shape[:-1], a.real.dtype), np.zeros(a.shape, a.dtype)
    there, scratch = np.full(batch, 7, np.int32), np.zeros(room // 8 + 1, np.int64)
    addresses = [x.ctypes.data for x in (a, values, vectors, there, scratch)]
    cpu.launch(work.kernel, work.facts, work.n, work.grain, addresses)
    return values, vectors, there


@pytest.mark.parametrize("code", INNER)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("rows", [1, 3, 40])
def test_numbers_are_numpys(which: str, code: str, way: str, lower: bool, rows: int) -> None:
    a = laid_out(rows, rows, (2, 60), way, code, 1)
    values, vectors, there = found(a, lower)
    assert there.all()
    if which == "NumPy's":
        with threads_for("numpy", rows**3):
            wanted = np.linalg.eigh(a, "L" if lower else "U")
        np.testing.assert_array_equal(values, wanted[0])
        np.testing.assert_array_equal(vectors, wanted[1])
    half = np.tril(a, -1) if lower else np.triu(a, 1)
    whole = half + half.swapaxes(-1, -2).conj() + np.eye(rows) * a.real
    close = 64 * rows * np.finfo(code).eps
    np.testing.assert_allclose(whole @ vectors, vectors * values[..., None, :], atol=close * rows)
    before = threads.used()
    try:
        threads.use(1)
        for one, other in zip(found(a, lower), (values, vectors, there), strict=True):
            np.testing.assert_array_equal(one, other)
    finally:
        threads.use(before)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("lower", [False, True])
def test_what_is_not_finite_in_the_triangle_that_is_read(value: Any, lower: bool) -> None:
    a = numbers((4, 3, 3), "c16", 1)
    a[1, 2, 0], a[2, 0, 1], a[3, 1, 1] = value, complex(0.0, value), value
    np.testing.assert_array_equal(found(a, lower)[2], [1, not lower, lower, 0])
