"""Triangular systems on the CPU: BLAS, tile by tile."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from products import WAYS, Array, laid_out, numbers, owner, strides_of

from ngrad_kernels import cpu, threads, triangular
from ngrad_kernels.product import Matrices
from ngrad_kernels.triangular import Triangular, prepared


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few multiply-adds are worth a thread."""
    monkeypatch.setattr(triangular, "TILE", 64)
    monkeypatch.setattr(triangular, "NARROW", 1)
    monkeypatch.setattr(triangular, "most_threads", lambda: 5)


def solved(a: Array, b: Array, lower: bool, transposed: bool) -> Array:
    strides = strides_of(a)
    lies = Matrices(strides[:-2], *strides[-2:])
    system = Triangular(b.dtype.str[1:], b.shape[:-2], *b.shape[-2:], lies, lower, transposed)
    work = prepared(system)
    assert work is not None
    out = b.copy()
    cpu.launch(work.kernel, work.facts, work.n, work.grain, [a.ctypes.data, out.ctypes.data])
    return out


@settings(max_examples=100, deadline=None)
@given(
    sizes=st.tuples(*[st.sampled_from([1, 2, 3, 15, 16, 17, 40, 70])] * 2),
    batch=st.sampled_from([(), (3,), (2, 2), (40,)]),
    way=st.sampled_from(WAYS),
    code=st.sampled_from(["f4", "f8", "c8", "c16"]),
    lower=st.booleans(),
    transposed=st.booleans(),
)
def test_any_sizes_and_strides(
    sizes: Any, batch: Any, way: str, code: str, lower: bool, transposed: bool
) -> None:
    rows, columns = sizes
    a, b = laid_out(rows, rows, batch, way, code, 1), numbers((*batch, rows, columns), code, 2)
    np.einsum("...ii->...i", owner(a) if way == "one" else a)[...] += rows
    found = solved(a, b, lower, transposed)
    half = np.tril(a) if lower else np.triu(a)  # the rest is not read
    half = half.swapaxes(-1, -2) if transposed else half
    bound = 8 * (rows + 1) * np.finfo(code).eps * (np.abs(half) @ np.abs(found) + np.abs(b))
    assert (np.abs(half @ found - b) <= bound).all()
    before = threads.used()
    try:
        threads.use(1)
        np.testing.assert_array_equal(solved(a, b, lower, transposed), found)
    finally:
        threads.use(before)


def test_what_blas_cannot_count_is_refused() -> None:
    lies = Matrices((), 4 << 31, 4)
    assert prepared(Triangular("f4", (), 1, 1 << 31, lies, True, False)) is None
