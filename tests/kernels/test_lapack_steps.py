"""Eigenvalues, singular values and QR on the CPU, matrix by matrix."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from products import WAYS, Array, laid_out, matrices_of, numbers

from ngrad_kernels import blas_library, cpu, factors, few_rows, lapack_calls, lapack_steps, threads
from ngrad_kernels.lapack import threads_for
from ngrad_kernels.lapack_steps import Given

INNER = {"f4": "f8", "c8": "c16", "f8": "f8", "c16": "c16"}


@pytest.fixture(params=["NumPy's", "SciPy's"])
def which(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """SciPy's LAPACK may count in int32 where NumPy's does in int64."""
    if request.param == "SciPy's":
        for module in (lapack_steps, lapack_calls):
            monkeypatch.setattr(module, "lapack", blas_library.scipys_lapack)
    lapack_steps.lengths_of.cache_clear()
    yield request.param
    lapack_steps.lengths_of.cache_clear()


def found(a: Array, work: Any, outs: Any, **told: Any) -> list[Array]:
    """The results, of which `outs` has shapes and kinds, and which matrices were taken."""
    code, *batch = a.dtype.str[1:], *a.shape[:-2]
    given = Given(code, INNER[code], tuple(batch), *a.shape[-2:], matrices_of(a))
    prepared, room = work(given, **told)
    results = [np.zeros((*batch, *shape), dtype) for shape, dtype in outs]
    results.append(np.full(batch, 7, np.int32))
    scratch = np.zeros(room // 8 + 1, np.int64)
    addresses = [x.ctypes.data for x in (a, *results, scratch)]
    cpu.launch(prepared.kernel, prepared.facts, prepared.n, prepared.grain, addresses)
    return results


def shapes(rows: int, columns: int, full: bool) -> list[tuple[int, ...]]:
    inner = min(rows, columns)
    left, right = (rows, columns) if full else (inner, inner)
    return [(rows, left), (inner,), (right, columns)]


LA: Any = np.linalg
CASES: dict[str, Any] = {
    "eigh": (factors.hermitian, {"lower": False, "vectors": True}, lambda x: LA.eigh(x, "U"), "rv"),
    "eigvalsh": (factors.hermitian, {"lower": True, "vectors": False}, LA.eigvalsh, "r"),
    "eig": (factors.square, {"vectors": True}, LA.eig, "cc"),
    "eigvals": (factors.square, {"vectors": False}, LA.eigvals, "c"),
    "svd": (factors.singular, {"vectors": "S"}, lambda x: LA.svd(x, False), "vrv"),
    "svd, full": (factors.singular, {"vectors": "A"}, LA.svd, "vrv"),
    "svdvals": (factors.singular, {"vectors": "N"}, lambda x: LA.svd(x, compute_uv=False), "r"),
    "qr": (factors.orthonormal, {"complete": False}, LA.qr, "vv"),
    "qr, complete": (factors.orthonormal, {"complete": True}, lambda x: LA.qr(x, "complete"), "vv"),
}
"""What finds it, what that is told, NumPy's own, and the dtypes of results: real, complex, or that
of the matrices.
"""
SQUARE = ((1, 1), (3, 3), (40, 40))
OBLONG = (*SQUARE, (5, 2), (2, 5), (30, 20), (0, 3), (3, 0))


@pytest.mark.parametrize("code", INNER)
@pytest.mark.parametrize("name", CASES)
def test_numbers_are_numpys(which: str, name: str, code: str) -> None:
    """Of matrices that lie in any way, in any number of grains."""
    work, told, numpys, kinds = CASES[name]
    ways = iter(WAYS * 4)
    for rows, columns in SQUARE if name.startswith("eig") else OBLONG:
        a = laid_out(rows, columns, (2, 150), next(ways), code, 1)
        with threads_for("numpy", 1):
            wanted = numpys(a)
        wanted = list(wanted) if isinstance(wanted, tuple) else [wanted]
        dtypes = {"r": a.real.dtype, "c": np.result_type(a.dtype, np.complex64), "v": a.dtype}
        outs = [(x.shape[2:], dtypes[kind]) for x, kind in zip(wanted, kinds, strict=True)]
        *results, taken = found(a, work, outs, **told)
        assert taken.all()
        for one, numpy in zip(results, wanted, strict=True):
            if which == "NumPy's":
                np.testing.assert_array_equal(one, numpy)
            elif kinds == "r":
                close = 64 * max(rows, columns) * np.finfo(code).eps
                np.testing.assert_allclose(one, numpy, close, close * max(rows, columns))
        before = threads.used()
        try:
            threads.use(1)
            for one, other in zip(found(a, work, outs, **told), [*results, taken], strict=True):
                np.testing.assert_array_equal(one, other)
        finally:
            threads.use(before)


@pytest.mark.parametrize("code", INNER)
def test_factors_make_the_matrix(which: str, code: str) -> None:
    a = numbers((3, 6, 4), code, 1)
    dtypes = a.dtype, a.real.dtype, a.dtype
    u, s, vh, _ = found(
        a, factors.singular, zip(shapes(6, 4, False), dtypes, strict=True), vectors="S"
    )
    q, r, _ = found(a, factors.orthonormal, [((6, 4), a.dtype), ((4, 4), a.dtype)], complete=False)
    square = np.ascontiguousarray(a[:, :4])
    c = np.result_type(a.dtype, np.complex64)
    values, vectors, _ = found(square, factors.square, [((4,), c), ((4, 4), c)], vectors=True)
    close = 64 * np.finfo(code).eps
    np.testing.assert_allclose(u * s[..., None, :] @ vh, a, close, close)
    np.testing.assert_allclose(q @ r, a, close, close)
    np.testing.assert_allclose(square @ vectors, vectors * values[:, None], close, close)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("lower", [False, True])
def test_what_is_not_finite_in_the_triangle_that_is_read(value: Any, lower: bool) -> None:
    a = numbers((4, 3, 3), "c16", 1)
    a[1, 2, 0], a[2, 0, 1], a[3, 1, 1] = value, complex(0.0, value), value
    values = [((3,), np.float64)]
    taken = found(a, factors.hermitian, values, lower=lower, vectors=False)[-1]
    np.testing.assert_array_equal(taken, [1, not lower, lower, 0])
    np.testing.assert_array_equal(found(a, factors.singular, values, vectors="N")[-1], [1, 0, 0, 0])


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("small", "told"), [(3**3, [1, 4]), (26, [])])
def test_small_matrices_are_left_to_one_thread(
    monkeypatch: pytest.MonkeyPatch, name: str, small: int, told: list[int]
) -> None:
    heard = list[int]()
    get = ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 4)
    set_ = ctypes.CFUNCTYPE(None, ctypes.c_int)(heard.append)
    addresses = [ctypes.cast(one, ctypes.c_void_p).value or 0 for one in (get, set_)]
    own = lapack_calls.lapack()._replace(pool=blas_library.Pool(*addresses, False))
    monkeypatch.setattr(lapack_calls, "lapack", lambda: own)
    monkeypatch.setattr(lapack_calls, "SMALL", small)
    work, arguments, _, kinds = CASES[name]
    outs = [((3, 3), np.complex128)] * len(kinds)
    assert found(np.eye(3), work, outs, **arguments)[-1].all()
    assert heard == told


def test_memory_is_not_in_proportion_to_the_batch() -> None:
    rooms = []
    for count in (2000, 20000):
        a = numbers((count, few_rows.ROWS, few_rows.ROWS), "f8", 1)
        given = Given("f8", "f8", (count,), *a.shape[-2:], matrices_of(a))
        rooms.append(factors.hermitian(given, True, True)[1])
    assert rooms[1] <= rooms[0] * 1.2
