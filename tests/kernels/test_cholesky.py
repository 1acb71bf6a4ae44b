"""Cholesky factors on the CPU, matrix by matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from products import WAYS, Array, laid_out, matrices_of

from ngrad_kernels import cholesky, cpu, lapack_calls, threads
from ngrad_kernels.few_rows import ROWS
from ngrad_kernels.lapack_calls import Squares

WIDER = {"f4": "f8", "c8": "c16", "f8": "f8", "c16": "c16"}


def factored(a: Array) -> tuple[Array, Array]:
    """Factors, and which matrices have them."""
    code, *batch = a.dtype.str[1:], *a.shape[:-2]
    work, room = cholesky.factored(
        Squares(code, WIDER[code], tuple(batch), a.shape[-1], matrices_of(a))
    )
    out, definite = np.full(a.shape, 7, a.dtype), np.full(batch, 7, np.int32)
    scratch = np.zeros(room // 8 + 1, np.int64)
    addresses = [x.ctypes.data for x in (a, out, definite, scratch)]
    cpu.launch(work.kernel, work.facts, work.n, work.grain, addresses)
    return out, definite


def definite(rows: int, batch: Any, code: str, how: str = "rows") -> Array:
    """Matrices whose upper triangle is NaN."""
    x = laid_out(rows, rows, batch, "one" if how == "one" else "rows", code, 1)
    square = x @ x.swapaxes(-1, -2).conj() + rows * np.eye(rows, dtype=code)
    a = laid_out(rows, rows, batch, how, code, 1)
    if how == "one":
        return np.broadcast_to(square[(0,) * len(batch)], square.shape)
    a[...] = square
    a[..., *np.triu_indices(rows, 1)] = np.nan
    return a


@pytest.mark.parametrize("code", WIDER)
@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("rows", [1, 2, 3, ROWS, ROWS + 1, 40])
def test_factors(code: str, how: str, rows: int) -> None:
    a = definite(rows, (2, 20), code, how)
    found, whether = factored(a)
    np.testing.assert_array_equal(whether, np.ones((2, 20)))
    wanted = np.linalg.cholesky(a)
    close = 64 * np.finfo(code).eps
    np.testing.assert_allclose(found, wanted, rtol=close, atol=close * rows)
    if rows > ROWS:
        np.testing.assert_array_equal(found, wanted)  # the same routine
    before = threads.used()
    try:
        threads.use(1)
        np.testing.assert_array_equal(factored(a)[0], found)
    finally:
        threads.use(before)
    np.testing.assert_array_equal(factored(a[1, 3])[0], found[1, 3])


@pytest.mark.parametrize("code", WIDER)
@pytest.mark.parametrize("rows", [3, ROWS + 1])
def test_which_are_not_definite(code: str, rows: int) -> None:
    a = definite(rows, (5,), code)
    a[1, -1, -1], a[2, 0, 0], a[3, -1, 0], a[4, 1, 1] = -1.0, 0.0, np.nan, np.nan
    np.testing.assert_array_equal(factored(a)[1], [1, 0, 0, 0, 0])


@pytest.mark.parametrize("rows", [ROWS, ROWS + 1])
def test_few_rows_are_no_lapacks(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    called, own = list[str](), lapack_calls.lapack()
    monkeypatch.setattr(lapack_calls, "lapack", lambda: called.append("LAPACK") or own)
    factored(definite(rows, (2, 20), "f8"))
    assert bool(called) == (rows > ROWS)
