"""Adjugates on the CPU, matrix by matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from products import WAYS, Array, laid_out, matrices_of, numbers

from ngrad_kernels import cpu, threads
from ngrad_kernels.adjugate import adjugates
from ngrad_kernels.lapack_calls import Squares

WIDER = {"f4": "f8", "c8": "c16", "f8": "f8", "c16": "c16"}


def found(a: Array) -> Array:
    code, *batch = a.dtype.str[1:], *a.shape[:-2]
    work, room = adjugates(Squares(code, WIDER[code], tuple(batch), a.shape[-1], matrices_of(a)))
    out, scratch = np.full(a.shape, 7, a.dtype), np.zeros(room // 8 + 1, np.int64)
    addresses = [x.ctypes.data for x in (a, out, scratch)]
    cpu.launch(work.kernel, work.facts, work.n, work.grain, addresses)
    return out


def by_minors(a: Array) -> Array:
    """In the longest precision there is."""
    a = a.astype(np.result_type(a, np.longdouble))
    n = a.shape[-1]
    out = np.empty_like(a)
    for i in range(n):
        for j in range(n):
            minor = np.delete(np.delete(a, i, -2), j, -1)
            out[..., j, i] = (-1) ** (i + j) * determinant(minor)
    return out


def determinant(a: Array) -> Array:
    n = a.shape[-1]
    if n == 0:
        return np.ones(a.shape[:-2], a.dtype)
    parts = [
        (-1) ** j * a[..., 0, j] * determinant(np.delete(a[..., 1:, :], j, -1)) for j in range(n)
    ]
    return sum(parts)  # type: ignore[return-value]


def assert_close(adjugate: Array, a: Array) -> None:
    """As near as rounding elements brings them, of matrices whose elements are alike."""
    size = np.linalg.norm(a.astype(np.result_type(a, "f8")), axis=(-2, -1), keepdims=True)
    bound = 16 * np.finfo(a.dtype).eps * size ** (a.shape[-1] - 1)
    assert (np.abs(adjugate - by_minors(a)) <= bound).all()


@pytest.mark.parametrize("code", WIDER)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rows", [1, 2, 3, 5])
def test_any_strides(code: str, way: str, rows: int) -> None:
    a = laid_out(rows, rows, (2, 20), way, code, 1)
    adjugate = found(a)
    assert_close(adjugate, a)
    before = threads.used()
    try:
        threads.use(1)
        np.testing.assert_array_equal(found(a), adjugate)
    finally:
        threads.use(before)


@pytest.mark.parametrize("code", ["f8", "c16"])
@pytest.mark.parametrize("small", [0.0, 1e-14, 1e-8])
@pytest.mark.parametrize("rank", [0, 1, 3, 4])
def test_what_is_nearly_singular(code: str, rank: int, small: float) -> None:
    """The determinant times the inverse is far from it, or nothing."""
    a = numbers((50, 5, rank), code, 1) @ numbers((50, rank, 5), code, 2)
    a = a + small * numbers((50, 5, 5), code, 3)
    assert_close(found(a), a)


def test_of_no_rank_it_is_nothing() -> None:
    a = np.zeros((3, 4, 4))
    a[1, 2, 3], a[2, 1] = 1.0, 2.0
    np.testing.assert_array_equal(found(a), np.zeros_like(a))


@pytest.mark.parametrize("value", [np.nan, np.inf, complex(0, np.nan)])
@pytest.mark.parametrize("code", WIDER)
def test_of_what_is_not_finite_it_is_nan(value: Any, code: str) -> None:
    a = numbers((4, 3, 3), code, 1)
    expected = found(a)
    a[2, 1, 0] = value if code[0] == "c" else abs(value)
    expected[2] = np.nan if code[0] == "f" else complex(np.nan, np.nan)
    np.testing.assert_array_equal(found(a), expected)


def test_a_large_one() -> None:
    a = numbers((80, 80), "f8", 1) / 9
    adjugate = found(a)
    np.testing.assert_allclose(adjugate, np.linalg.det(a) * np.linalg.inv(a), rtol=1e-7)
