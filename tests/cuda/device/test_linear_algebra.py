"""Factors, triangular systems and transforms by NVIDIA's libraries, which on the simulator are
doubles; their faults, which they note in a status.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from device_work import get, get_array, put_array
from test_products import numbers, with_libraries

from ngrad_kernels.cuda import matrices
from ngrad_kernels.cuda.libraries import Libraries
from ngrad_kernels.cuda.target import CudaTarget

Array = np.ndarray[Any, Any]
CHECKING = ("cholesky", "triangular_solve")
codes = pytest.mark.parametrize("code", ["f4", "f8"])


@pytest.fixture
def libraries(open_target: Callable[..., CudaTarget]) -> Libraries:
    return with_libraries(open_target(0))


def run(libraries: Libraries, name: str, words: list[int], x: Array, out: Array) -> Array:
    """What a routine leaves in `out`, which it begins with."""
    found, (who, least, greatest) = noted(libraries, name, words, x, out)
    assert least > greatest, f"{who} finds matrix {least} wrong"
    return found


WHO = 7


def noted(
    libraries: Libraries, name: str, words: list[int], x: Array, out: Array
) -> tuple[Array, list[int]]:
    """What a routine leaves, and in the entry of a status."""
    target, code = libraries.target, x.dtype.str[1:]
    work = libraries.routine(name, code, [*words, WHO] if name in CHECKING else words)
    assert work is not None
    source, result, entry = put_array(target, x), put_array(target, out), target.pool.take(24)
    target.launch(target.skeleton("status_clear"), 0, 1, 1, [entry.address])
    addresses = [source.address, result.address, entry.address]
    addresses = addresses if name in CHECKING else addresses[:2]
    target.launch(work.kernel, work.facts, work.n, work.grain, addresses)
    return get_array(target, result, out.shape, out.dtype), get(target, entry, 3).tolist()


def definite(shape: tuple[int, ...], code: str) -> Array:
    x = numbers((*shape, shape[-1]), "f8", 3)
    return (x @ x.swapaxes(-1, -2) + np.eye(shape[-1])).astype(code)


def factored(libraries: Libraries, x: Array) -> Array:
    *batch, rows, _ = x.shape
    words = [int(np.prod(batch, dtype=int)), rows, rows]
    return run(libraries, "cholesky", words, x, np.full_like(x, np.nan))


@pytest.fixture(params=[matrices.SMALL, 0], ids=["batched", "one by one"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a batch is one call."""
    monkeypatch.setattr(matrices, "SMALL", request.param)


@codes
@pytest.mark.parametrize("shape", [(1,), (3,), (2, 3), (2, 2, 4)], ids=str)
def test_cholesky(libraries: Libraries, way: None, shape: tuple[int, ...], code: str) -> None:
    x = definite(shape, code)
    read = np.tril(x) + np.triu(np.full_like(x, np.nan), 1)
    close = 32 * np.finfo(code).eps
    np.testing.assert_allclose(
        factored(libraries, read), np.linalg.cholesky(x.astype("f8")), rtol=close, atol=close
    )


@codes
@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("adjoint", [True, False])
@pytest.mark.parametrize(("batch", "columns"), [((), 2), ((3,), 1), ((2, 2), 5)], ids=str)
def test_triangular_solve(
    libraries: Libraries, way: None, code: str, lower: bool, adjoint: bool, batch: Any, columns: int
) -> None:
    a = numbers((*batch, 4, 4), code, 1) + 4 * np.eye(4, dtype=code)
    b = numbers((*batch, 4, columns), code, 2)
    words = [int(np.prod(batch, dtype=int)), 4, columns, int(lower), int(adjoint)]
    x = run(libraries, "triangular_solve", words, a, b)
    triangle = (np.tril if lower else np.triu)(a).astype("f8")
    triangle = triangle.swapaxes(-1, -2) if adjoint else triangle
    close = 64 * np.finfo(code).eps
    np.testing.assert_allclose(triangle @ x, b, rtol=close, atol=close)


def test_the_first_wrong_matrix_is_noted(libraries: Libraries, way: None) -> None:
    x = definite((3, 2), "f8")
    x[1:] *= -1
    _, fault = noted(libraries, "cholesky", [3, 2, 2], x, np.zeros_like(x))
    assert fault == [WHO, 1, 1]
    a = np.stack([np.eye(2), np.eye(2), np.diag([1.0, 0.0])])
    words = [3, 2, 1, 1, 0]
    _, fault = noted(libraries, "triangular_solve", words, a, np.ones((3, 2, 1)))
    assert fault == [WHO, 2, 2]


@codes
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
    for name in ("cholesky", "triangular_solve", "rfft", "irfft"):
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
