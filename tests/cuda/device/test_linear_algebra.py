"""Factors, triangular systems and transforms by NVIDIA's libraries, which on the simulator are
doubles; their faults, which they note in a status.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from device_work import get, get_array, put_array
from matrix_work import (
    CHECKING,
    CODES,
    WHO,
    Array,
    assert_near,
    definite,
    drawn,
    filler,
    noted,
    run,
    solved,
    turned,
)
from test_products import numbers

from ngrad.graph.reference.matrices import MATRICES
from ngrad_kernels.codes import part_of
from ngrad_kernels.cuda.libraries import Libraries
from ngrad_kernels.cuda.target import CudaTarget

codes = pytest.mark.parametrize("code", CODES)
reals = pytest.mark.parametrize("code", CODES[:2])


def factored(libraries: Libraries, x: Array) -> Array:
    *batch, rows, _ = x.shape
    words = [int(np.prod(batch, dtype=int)), rows, rows]
    return run(libraries, "cholesky", words, x, np.full_like(x, np.nan))


@codes
@pytest.mark.parametrize("shape", [(1,), (3,), (2, 2, 3)], ids=str)
def test_cholesky(libraries: Libraries, way: None, shape: tuple[int, ...], code: str) -> None:
    x = definite(shape, code)
    read = np.tril(x) + np.triu(np.full_like(x, np.nan), 1)
    close = 32 * np.finfo(code).eps
    np.testing.assert_allclose(
        factored(libraries, read), np.linalg.cholesky(x), rtol=close, atol=close
    )


@pytest.mark.parametrize(
    ("code", "lower", "adjoint"),
    [("f4", True, True), ("f8", True, False), ("c8", False, True), ("c16", False, False)],
)
@pytest.mark.parametrize(("batch", "columns"), [((), 1), ((2, 2), 3)], ids=str)
def test_triangular_solve(
    libraries: Libraries, way: None, code: str, lower: bool, adjoint: bool, batch: Any, columns: int
) -> None:
    a = drawn((*batch, 4, 4), code, 1) + 4 * np.eye(4, dtype=code)
    b = drawn((*batch, 4, columns), code, 2)
    words = [int(np.prod(batch, dtype=int)), 4, columns, int(lower), int(adjoint)]
    x = run(libraries, "triangular_solve", words, a, b)
    triangle = (np.tril if lower else np.triu)(a)
    triangle = triangle.swapaxes(-1, -2) if adjoint else triangle
    close = 64 * np.finfo(code).eps
    np.testing.assert_allclose(triangle @ x, b, rtol=close, atol=close)


def assert_orthonormal(columns: Array) -> None:
    grams = columns.conj().swapaxes(-1, -2) @ columns
    assert_near(grams, np.broadcast_to(np.eye(columns.shape[-1]), grams.shape))


@codes
def test_systems(libraries: Libraries, way: None, code: str) -> None:
    a, b = drawn((3, 4, 4), code, 1) + 2 * np.eye(4, dtype=code), drawn((3, 4, 2), code, 5)
    assert_near(a @ solved(libraries, a, b), b)
    assert_near(a.swapaxes(-1, -2) @ solved(libraries, a, b, transposed=True), b)
    inverses = turned(run(libraries, "inv", [3, 4, 4], turned(a), filler(a.shape, code)))
    assert_near(a @ inverses, np.broadcast_to(np.eye(4), a.shape))


@codes
def test_determinants(libraries: Libraries, way: None, code: str) -> None:
    a, part = drawn((3, 4, 4), code, 1), part_of(code)
    a[2, 1] = a[2, 0]
    found = run(libraries, "det", [3, 4, 4], turned(a), filler((3,), code))
    assert_near(found, np.linalg.det(a))
    given = turned(a), filler((3,), code), filler((3,), part)
    _, signs, logarithms = run(libraries, "slogdet", [3, 4, 4], *given)
    assert_near(signs[:2], np.linalg.slogdet(a[:2])[0])
    assert_near(logarithms[:2], np.linalg.slogdet(a[:2])[1])
    assert logarithms[2] < -10  # of two equal rows: rounding may leave no zero


@pytest.mark.parametrize(
    ("code", "rows", "columns"),
    [("f4", 3, 3), ("f8", 4, 2), ("c8", 2, 4), ("c16", 3, 3), ("c16", 4, 2)],
)
def test_factors(libraries: Libraries, code: str, rows: int, columns: int) -> None:
    """LU, and QR both ways."""
    least, part = min(rows, columns), part_of(code)
    a, sizes = drawn((2, rows, columns), code, 1), [2, rows, columns]
    given = turned(a), filler((2, rows, rows), part)
    given = *given, filler((2, least, rows), code), filler((2, columns, least), code)
    p, lower, upper = (turned(x) for x in run(libraries, "lu", sizes, *given)[1:])
    assert_near(p.astype(code) @ lower @ upper, a)
    assert (np.abs(lower) < 1.5).all()  # LAPACK takes |re| + |im| for the size of a complex number
    np.testing.assert_array_equal(lower, np.tril(lower, -1) + np.eye(rows, least, dtype=code))
    np.testing.assert_array_equal(upper, np.triu(upper))
    assert set(p.ravel()) == {0, 1}
    assert_orthonormal(p)
    for complete in (0, 1):
        inner = rows if complete else least
        given = turned(a), filler((2, inner, rows), code), filler((2, columns, inner), code)
        q, r = (turned(x) for x in run(libraries, "qr", [*sizes, complete], *given)[1:])
        assert_near(q @ r, a)
        assert_orthonormal(q)
        np.testing.assert_array_equal(r, np.triu(r))
        assert_near(np.diagonal(r, axis1=-2, axis2=-1).imag, np.zeros((2, least), part))


@codes
def test_pseudo_inverses(libraries: Libraries, way: None, code: str) -> None:
    """Of a matrix of full rank, and of one whose last singular values do not count."""
    a, part = drawn((2, 4, 3), code, 1), part_of(code)
    a[1] = a[1, :, :1] * drawn((1, 3), code, 3)
    shares = np.array([1e-3, 1e-2], part)
    given = turned(a), shares, filler((2, 4, 3), code)
    inverses = turned(run(libraries, "pinv", [2, 4, 3, 0], *given)[-1])
    assert_near(inverses, np.linalg.pinv(a, shares))


@codes
def test_adjugates(libraries: Libraries, way: None, code: str) -> None:
    """Of regular matrices, of one of rank 2, whose adjugate has rank 1, and of one of rank 1."""
    a = drawn((4, 3, 3), code, 1)
    a[2, 2], a[3] = a[2, 0] - a[2, 1], a[3, :, :1] * a[3, :1]
    found = turned(run(libraries, "adjugate", [4, 3, 3], turned(a), filler(a.shape, code)))
    assert_near(found, MATRICES["adjugate"](a).astype(code))


@codes
@pytest.mark.parametrize("lower", [True, False])
def test_eigenvalues(libraries: Libraries, way: None, code: str, lower: bool) -> None:
    a, part = definite((2, 3), code), part_of(code)
    read = (np.tril if lower else np.triu)(a)
    (values, vectors), _ = noted(
        libraries, "eigh", [2, 3, 3, int(lower)], filler((2, 3), part), turned(read)
    )
    vectors, size = turned(vectors), np.linalg.norm(a, 2, (-2, -1)).max()
    assert_near(values, np.linalg.eigvalsh(a), size)
    assert_near(a @ vectors, vectors * values[:, None, :], size)
    assert_orthonormal(vectors)


@pytest.mark.parametrize("code", ["c8", "c16"])
def test_eigenvalues_of_any_matrix(libraries: Libraries, code: str) -> None:
    a = drawn((2, 4, 4), code, 5)
    given = turned(a), filler((2, 4), code), filler((2, 4, 4), code)
    _, values, vectors = run(libraries, "eig", [2, 4, 4], *given)
    vectors = turned(vectors)
    assert_near(a @ vectors, vectors * values[:, None, :])
    assert_near(np.linalg.norm(vectors, axis=1), np.ones((2, 4)))


@codes
@pytest.mark.parametrize("full", [True, False])
def test_singular_values(libraries: Libraries, way: None, code: str, full: bool) -> None:
    a, part = drawn((2, 4, 3), code, 1), part_of(code)
    left = 4 if full else 3
    given = turned(a), filler((2, left, 4), code), filler((2, 3), part), filler((2, 3, 3), code)
    _, u, s, vh = run(libraries, "svd", [2, 4, 3, int(full)], *given)
    u, vh = turned(u), turned(vh)
    assert_near(s, np.linalg.svd(a)[1])
    assert_near((u[..., :3] * s[:, None, :]) @ vh, a)
    assert_orthonormal(u)
    assert_orthonormal(vh)


def test_the_first_wrong_matrix_is_noted(libraries: Libraries, way: None) -> None:
    x = definite((3, 2), "f8")
    x[1:] *= -1
    _, fault = noted(libraries, "cholesky", [3, 2, 2], x, np.zeros_like(x))
    assert fault == [WHO, 1, 1]
    a = np.stack([np.eye(2), np.eye(2), np.diag([1.0, 0.0])])
    words = [3, 2, 1, 1, 0]
    _, fault = noted(libraries, "triangular_solve", words, a, np.ones((3, 2, 1)))
    assert fault == [WHO, 2, 2]
    _, fault = noted(libraries, "lu_factor", [3, 2, 2], a, np.zeros((3, 2), np.int32))
    assert fault == [WHO, 2, 2]
    _, fault = noted(libraries, "inv", [3, 2, 2], a, np.ones((3, 2, 2)))
    assert fault == [WHO, 2, 2]


@reals
@pytest.mark.parametrize(("count", "length"), [(1, 1), (1, 2), (3, 5), (2, 6)])
def test_transforms(libraries: Libraries, code: str, count: int, length: int) -> None:
    x, pairs = numbers((count, length), code, 1), length // 2 + 1
    close = 64 * np.finfo(code).eps
    pair = f"c{2 * x.itemsize}"
    z = run(libraries, "rfft", [count, length], x, np.zeros((count, pairs), pair))
    np.testing.assert_allclose(z, np.fft.rfft(x.astype("f8")), atol=close)
    whole = run(libraries, "fft", [count, length, 0], x.astype(pair), np.zeros(x.shape, pair))
    np.testing.assert_allclose(whole, np.fft.fft(x.astype("f8")), atol=close)
    again = run(libraries, "fft", [count, length, 1], whole, np.zeros(x.shape, pair))
    np.testing.assert_allclose(again, length * x, rtol=close, atol=close * length)
    back = run(libraries, "irfft", [count, length], z, np.zeros_like(x))
    np.testing.assert_allclose(back, length * x, rtol=close, atol=close * length)


def test_what_a_transform_reads_is_left_as_it_was(libraries: Libraries) -> None:
    target, z = libraries.target, numbers((2, 3), "f8", 1) + 1j
    work = libraries.routine("irfft", "f8", [2, 5])
    assert work is not None
    source, out = put_array(target, z), target.pool.take(2 * 5 * 8)
    target.launch(work.kernel, work.facts, work.n, work.grain, [source.address, out.address])
    np.testing.assert_array_equal(get_array(target, source, z.shape, z.dtype), z)


def test_plans_are_kept(libraries: Libraries, monkeypatch: pytest.MonkeyPatch) -> None:
    from ngrad_kernels.cuda import fourier

    cufft = libraries.bindings("cufft")
    if not hasattr(cufft, "calls"):
        pytest.skip("cuFFT does not count its plans")
    monkeypatch.setattr(fourier, "PLANS", 2)
    for length in (4, 4, 6, 4, 8, 4, 6):  # 6 gives way to 8, and comes back
        x = numbers((1, length), "f8", 1)
        run(libraries, "rfft", [1, length], x, np.zeros((1, length // 2 + 1), "c16"))
    assert (cufft.calls["plan"], cufft.calls["exec"]) == (4, 7)


def test_without_libraries(open_target: Callable[..., CudaTarget]) -> None:
    libraries = Libraries(open_target(0), lambda name: None)
    for name in (*CHECKING, "det", "slogdet", "lu", "qr", "rfft", "irfft"):
        assert libraries.routine(name, "f4", [1, 1, 1, 0, 0]) is None


def test_a_library_that_does_not_load_says_so_once(open_target: Callable[..., CudaTarget]) -> None:
    class Missing:
        @staticmethod
        def create() -> int:
            raise RuntimeError("libcufft.so.12 is not there")

    libraries = Libraries(open_target(0), lambda name: Missing)
    with pytest.warns(RuntimeWarning, match=r"cufft: .*libcufft\.so\.12.*cuda13-math"):
        assert libraries.routine("rfft", "f4", [1, 1]) is None
    assert libraries.routine("irfft", "f4", [1, 1]) is None


def test_a_captured_run(libraries: Libraries, way: None) -> None:
    """It does its work anew each time, in memory that it keeps, and its faults show."""
    target = libraries.target
    first, second = definite((2, 3), "f8"), 2 * definite((2, 3), "f8")
    work = libraries.routine("cholesky", "f8", [2, 3, 3, WHO])
    assert work is not None
    source, out = put_array(target, first), put_array(target, np.zeros_like(first))
    entry = target.pool.take(24)
    target.launch(target.skeleton("status_clear"), 0, 1, 1, [entry.address])

    def launch() -> None:
        addresses = [source.address, out.address, entry.address]
        target.launch(work.kernel, work.facts, work.n, work.grain, addresses)

    launch()
    replay = target.capture(launch)
    for x in (first, second):
        target.copy_in(source.address, x.ctypes.data, x.nbytes)
        replay()
        found = get_array(target, out, x.shape, x.dtype)
        np.testing.assert_allclose(found, np.linalg.cholesky(x), rtol=1e-12)
    negative = -first
    target.copy_in(source.address, negative.ctypes.data, negative.nbytes)
    replay()
    assert get(target, entry, 3).tolist() == [WHO, 0, 0]
