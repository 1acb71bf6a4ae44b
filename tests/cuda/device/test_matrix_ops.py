"""Ops on matrices of a GPU, through the front end: values and derivatives near the CPU's, no way by
the host, and faults that raise at the next look.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from test_products import numbers, with_libraries

import ngrad
import ngrad.numpy as tnp
from ngrad import linalg
from ngrad.devices import device_of
from ngrad.errors import LinAlgError, NumberError
from ngrad.graph.op import TABLE
from ngrad.ops.lu import factors
from ngrad.record import apply

Array = np.ndarray[Any, Any]
SQUARE = numbers((2, 3, 3), "f8", 1)
DEFINITE = SQUARE @ SQUARE.swapaxes(-1, -2) + np.eye(3)
REGULAR = SQUARE + 4 * np.eye(3)
COMPLEX = REGULAR + 1j * SQUARE[::-1]
HERMITIAN = COMPLEX @ COMPLEX.conj().swapaxes(-1, -2) + np.eye(3)
SINGULAR = np.concatenate([SQUARE[:, :2], SQUARE[:, :1] - SQUARE[:, 1:2]], -2)
TALL, WIDE = numbers((4, 3), "f8", 4), numbers((2, 3, 4), "f8", 4)
RHS = numbers((3, 2), "f8", 2)


@pytest.fixture(autouse=True, scope="module")
def device() -> Iterator[Any]:
    """The first GPU, with libraries; without them, that an op goes by the host is an error here."""
    found = device_of("cuda:0")
    before = found.target.libraries
    with_libraries(found.target)
    yield found
    found.target.libraries = before


FUNCTIONS: list[tuple[str, Callable[..., Any], tuple[Array, ...]]] = [
    ("product", lambda x, y: x @ y, (numbers((4, 5), "f8", 1), numbers((5, 3), "f8", 2))),
    ("batch", lambda x, y: linalg.matmul(x, y, True, True), (SQUARE, numbers((4, 3), "f8", 2))),
    ("steps", lambda x, y: x[:, ::2] @ y[::2], (SQUARE[0], RHS)),
    ("repeats", lambda x, y: ngrad.broadcast_to(x[:1], (3, 3)) @ y, (SQUARE[0], RHS)),
    ("integers", lambda x, y: x @ y, (numbers((4, 5), "i4", 1), numbers((5, 3), "i4", 2))),
    ("cholesky", lambda x: linalg.cholesky(x), (DEFINITE,)),
    ("turned", lambda x: linalg.cholesky(linalg.matrix_transpose(x)), (DEFINITE,)),
    ("solve", lambda x, y: linalg.triangular_solve(x, y), (REGULAR, RHS)),
    ("upper", lambda x, y: linalg.triangular_solve(x, y, False, True), (REGULAR[0], RHS)),
    ("complex cholesky", linalg.cholesky, (HERMITIAN,)),
    ("complex solve", lambda x, y: linalg.triangular_solve(x, y, True, True), (COMPLEX, RHS + 1j)),
    ("system", linalg.solve, (COMPLEX[0], COMPLEX)),
    ("inverse", linalg.inv, (REGULAR,)),
    ("determinant", lambda x: linalg.slogdet(x)[1], (SQUARE,)),
    ("slope of a determinant", lambda x: linalg.det(x) + 1.0, (SINGULAR,)),
    ("adjugate", lambda x: apply(TABLE["adjugate"], (x,)), (COMPLEX,)),
    ("pseudo-inverse", linalg.pinv, (WIDE + 1j,)),
    ("least squares", lambda x, y: tnp.linalg.lstsq(x, y)[0]._read(), (TALL, TALL[:, 0])),
    ("lu", lambda x: factors(x)[2], (WIDE * (1 + 2j),)),
    ("q", lambda x: linalg.qr(x)[0], (WIDE,)),
    ("r", lambda x: linalg.qr(x, True)[1], (TALL,)),
    ("eigenvectors", lambda x: linalg.eigh(x)[1] ** 2, (DEFINITE[0],)),
    ("eigenvalues of any", lambda x: ngrad.reduce_sum(ngrad.abs(linalg.eig(x)[0]), -1), (SQUARE,)),
    ("singular values", lambda x: linalg.svd(x, compute_uv=False), (WIDE + 1j,)),
    ("singular vectors", lambda x: linalg.svd(x)[1] ** 2, (TALL,)),
    ("rfft", lambda x: apply(TABLE["rfft"], (x[..., ::-1],)), (SQUARE,)),
    ("irfft", lambda x: apply(TABLE["irfft"], (x,), (4,)), (SQUARE + 1j,)),
    ("fft", lambda x: apply(TABLE["fft"], (x,), (True,)), (SQUARE + 1j,)),
]


@pytest.mark.parametrize("deferred", [True, False])
@pytest.mark.parametrize(("name", "function", "arrays"), FUNCTIONS, ids=[f[0] for f in FUNCTIONS])
def test_as_on_the_cpu(
    name: str, function: Callable[..., Any], arrays: tuple[Array, ...], deferred: bool
) -> None:
    def run() -> list[Any]:
        tensors = [ngrad.constant(a) for a in arrays]
        if not tensors[0].dtype.is_floating:
            return [function(*tensors)]
        with ngrad.GradientTape() as tape:
            tape.watch(tensors)
            out = function(*tensors)
            total = ngrad.reduce_sum(out * out)
        return [out, *tape.gradient(total, tensors)]

    expected = run()
    ngrad.config.set_eager(not deferred)
    try:
        with warnings.catch_warnings(), ngrad.device("cuda:0"):
            warnings.simplefilter("error")
            found = run()
    finally:
        ngrad.config.set_eager(False)
    for x, wanted in zip(found, expected, strict=True):
        assert x.device == "cuda:0"
        np.testing.assert_allclose(x.numpy(), wanted.numpy(), rtol=1e-12, atol=1e-12)


EMPTY: list[tuple[Callable[..., Any], tuple[int, ...]]] = [
    (linalg.inv, (2, 0, 0)),
    (lambda x: linalg.solve(x, np.ones((2, 0, 3))), (2, 0, 0)),
    (linalg.det, (2, 0, 0)),
    (linalg.slogdet, (2, 0, 0)),
    (factors, (2, 2, 0)),
    (lambda x: linalg.qr(x, True), (2, 2, 0)),
    (linalg.eigh, (0, 3, 3)),
    (linalg.eig, (2, 0, 0)),
    (lambda x: linalg.svd(x, True), (2, 2, 0)),
    (lambda x: linalg.svd(x, True), (2, 0, 2)),
]


def test_condition_numbers() -> None:
    """Which are infinite where there is no inverse, and no fault."""
    with ngrad.device("cuda:0"):
        x = tnp.asarray(np.stack([np.diag([4.0, 2.0]), np.ones((2, 2))]))
        found = tnp.linalg.cond(x, 1)
        assert found.device == "cuda:0"
        np.testing.assert_allclose(found.tolist(), [2.0, np.inf])


def test_empty_matrices() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for function, shape in EMPTY:
            expected = function(np.ones(shape))
            with ngrad.device("cuda:0"):
                found = function(np.ones(shape))
            if not isinstance(found, tuple):
                expected, found = (expected,), (found,)
            for x, wanted in zip(found, expected, strict=True):
                assert x.device == "cuda:0"
                np.testing.assert_array_equal(x.numpy(), wanted.numpy())


def test_what_may_wait_is_in_no_graph(device: Any) -> None:
    def replays(function: Callable[..., Any]) -> int:
        run, before = ngrad.function(function), device.target.counters["replays"]
        with ngrad.device("cuda:0"):
            x = ngrad.constant(DEFINITE[0])
        for _ in range(6):
            run(x).numpy()
        return int(device.target.counters["replays"]) - before

    assert replays(lambda x: ngrad.reduce_sum(linalg.cholesky(x * 2.0) * 3.0)) > 0
    assert replays(lambda x: ngrad.reduce_sum(linalg.eigh(x * 2.0)[0] * 3.0)) == 0


def test_faults_raise_where_what_depends_on_them_is_looked_at() -> None:
    with ngrad.device("cuda:0"):
        x = linalg.cholesky(DEFINITE * np.array([[1.0, 1.0], [-1.0, 1.0]])[..., None, None])
        y = linalg.triangular_solve(np.diag([1.0, 0.0]), np.ones((2, 1)))
        z = linalg.inv(np.stack([np.eye(2), np.ones((2, 2))]))
        assert ngrad.reduce_sum(ngrad.ones([2])).numpy() == 2.0
        for _ in range(2):
            with pytest.raises(NumberError, match=r"cholesky: matrix \[1, 0\] of the batch"):
                x.numpy()
            with pytest.raises(NumberError, match="triangular_solve: the matrix is singular"):
                ngrad.reduce_sum(y).numpy()
            with pytest.raises(NumberError, match=r"inv: matrix \[1\] of the batch is singular"):
                (z + 1.0).numpy()


@pytest.mark.parametrize("shape", [(6, 6), (3, 6, 6)], ids=str)
@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "c16"])
def test_a_nan_does_what_it_does_on_the_cpu(shape: tuple[int, ...], dtype: str) -> None:
    """Where the CPU raises, a look does, and says the same; results are NaN elsewhere."""
    x = numbers(shape, "f8", 1)
    x = (x @ x.swapaxes(-1, -2) + np.eye(6)).astype(dtype)
    x[(*[1] * (x.ndim - 2), 2, 2)] = np.nan
    refuse: list[Callable[..., Any]] = [
        linalg.cholesky, factors, linalg.eigh, linalg.svd, linalg.pinv,
    ]  # fmt: skip
    if dtype[0] == "c":
        refuse.append(linalg.eig)
    for function in refuse:
        with pytest.raises(LinAlgError) as expected:
            function(x)
        with ngrad.device("cuda:0"):
            found = function(x)
        for part in found if isinstance(found, tuple) else [found]:
            with pytest.raises(LinAlgError) as error:
                part.numpy()
            assert str(error.value) == str(expected.value)
    others: list[Callable[..., Any]] = [
        linalg.inv, linalg.det, lambda a: linalg.slogdet(a)[1],
        lambda a: linalg.solve(a, np.ones((6, 2), dtype)),
    ]  # fmt: skip
    close = 1e3 * np.finfo(dtype).eps
    for function in others:
        with ngrad.device("cuda:0"):
            found = function(x)
        np.testing.assert_allclose(found.numpy(), function(x).numpy(), rtol=close, atol=close)
