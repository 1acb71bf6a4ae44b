"""Cholesky factors, triangular systems and Fourier transforms: what they refuse, where they raise,
and their operands in any memory order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.fft
from numeric import LAYOUTS, assert_same_bits, check_gradient, laid_out, recorded

import ngrad
from ngrad import linalg
from ngrad.errors import DTypeError, LinAlgError, NumberError, ShapeError
from ngrad.graph.op import TABLE
from ngrad.ops.lu import factors
from ngrad.record import apply

SQUARE = np.random.default_rng(3).normal(size=(2, 3, 3))
DEFINITE = SQUARE @ SQUARE.swapaxes(-1, -2) + np.eye(3)
REGULAR = SQUARE + 3 * np.eye(3)
RHS = np.random.default_rng(4).normal(size=(2, 3, 2))


@pytest.mark.parametrize("how", LAYOUTS)
def test_any_memory_order(how: str) -> None:
    """The same bits: of the operands themselves, which rows of the table make from others."""
    pairs = np.random.default_rng(5).normal(size=(2, 3)) + 1j
    functions: list[tuple[Any, tuple[np.ndarray[Any, Any], ...]]] = [
        (linalg.cholesky, (DEFINITE,)),
        (linalg.triangular_solve, (REGULAR, RHS)),
        (lambda x: apply(TABLE["rfft"], (x,)), (SQUARE,)),
        (lambda x: apply(TABLE["irfft"], (x,), (5,)), (pairs,)),
    ]
    for function, arrays in functions:
        expected = function(*map(ngrad.constant, arrays))
        assert_same_bits(function(*(laid_out(a, how) for a in arrays)), expected)


def test_only_the_triangle_is_read() -> None:
    nothing = np.full((3, 3), np.nan)
    lower, upper = np.tril(REGULAR) + np.triu(nothing, 1), np.triu(REGULAR) + np.tril(nothing, -1)
    assert_same_bits(
        linalg.cholesky(np.tril(DEFINITE) + np.triu(nothing, 1)), linalg.cholesky(DEFINITE)
    )
    for triangle, low in ((lower, True), (upper, False)):
        assert_same_bits(
            linalg.triangular_solve(triangle, RHS, low), linalg.triangular_solve(REGULAR, RHS, low)
        )


def test_gradient_of_cholesky_is_that_of_symmetric_matrices() -> None:
    def through_the_symmetric_part(x: Any) -> Any:
        return linalg.cholesky(0.5 * (x + linalg.matrix_transpose(x)))

    check_gradient(through_the_symmetric_part, DEFINITE)
    found = []
    for function in (through_the_symmetric_part, linalg.cholesky):
        x = ngrad.constant(DEFINITE)
        out, tape = recorded(lambda x, f=function: ngrad.reduce_sum(f(x) ** 3), x)
        found.append(tape.gradient(out, x).numpy())
    np.testing.assert_allclose(found[1], found[0], rtol=1e-12)
    np.testing.assert_array_equal(found[1], found[1].swapaxes(-1, -2))


def test_a_system_solved_by_a_factor() -> None:
    """What the two are for, with its gradient."""

    def solve(a: Any, b: Any) -> Any:
        factor = linalg.cholesky(0.5 * (a + linalg.matrix_transpose(a)))
        return linalg.triangular_solve(factor, linalg.triangular_solve(factor, b), adjoint=True)

    np.testing.assert_allclose(solve(DEFINITE, RHS), np.linalg.solve(DEFINITE, RHS), rtol=1e-12)
    check_gradient(solve, DEFINITE, RHS)


INDEFINITE = DEFINITE * np.array([1.0, -1.0])[:, None, None]
SINGULAR = np.where(np.arange(9).reshape(3, 3) == 4, 0.0, REGULAR)


@pytest.mark.parametrize(
    ("function", "error", "says"),
    [
        (lambda: linalg.cholesky(INDEFINITE), NumberError, r"cholesky: matrix \[1\] of the batch"),
        (lambda: linalg.cholesky(-np.eye(2)), NumberError, "cholesky: the matrix is not positive"),
        (
            lambda: linalg.cholesky([[1.0, 0.0], [np.nan, 1.0]]),
            NumberError,
            "not positive definite",
        ),
        (lambda: linalg.cholesky(np.zeros((1, 1))), NumberError, "not positive definite"),
        (lambda: linalg.cholesky(np.ones((2, 3))), ShapeError, r"square matrices.*\(2, 3\)"),
        (lambda: linalg.cholesky([1.0]), ShapeError, r"cholesky: takes square matrices.*\(1,\)"),
        (
            lambda: linalg.triangular_solve(SINGULAR, RHS),
            NumberError,
            r"solve: matrix \[0\] .*sing",
        ),
        (lambda: linalg.triangular_solve([[0.0]], [[1.0]]), NumberError, "the matrix is singular"),
        (lambda: linalg.triangular_solve(REGULAR, RHS[0, 0]), ShapeError, r"not \(2,\)"),
        (lambda: linalg.triangular_solve(REGULAR, RHS[:, :2]), ShapeError, r"\(\.\.\., 3, k\)"),
        (
            lambda: linalg.triangular_solve(REGULAR, RHS[[0, 1, 0]]),
            ShapeError,
            "could not be broadcast",
        ),
        (lambda: linalg.triangular_solve([[1]], [[1]]), DTypeError, "triangular_solve.*int32"),
        (lambda: apply(TABLE["rfft"], (ngrad.ones([2, 0]),)), ShapeError, r"rfft: .*\(2, 0\)"),
        (
            lambda: apply(TABLE["irfft"], (ngrad.ones([3], "c8"),), (7,)),
            ShapeError,
            r"irfft: .*7 el",
        ),
    ],
)
def test_what_is_refused(function: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        function()


def test_what_fails_raises_where_it_is_called() -> None:
    """Nothing else is lost by it: neither what is pending, nor a tape's gradient."""
    x = ngrad.constant(DEFINITE)
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        y = ngrad.reduce_sum(linalg.cholesky(x * 2.0) ** 2)
        with pytest.raises(NumberError):
            linalg.cholesky(-x)
        z = y * 3.0
    np.testing.assert_allclose(z, 6.0 * np.trace(DEFINITE, axis1=1, axis2=2).sum(), rtol=1e-12)
    slope = tape.gradient(z, x)
    np.testing.assert_allclose(slope, np.broadcast_to(6.0 * np.eye(3), (2, 3, 3)), atol=1e-12)


def test_what_fails_in_a_function_raises_when_it_runs() -> None:
    factor = ngrad.function(linalg.cholesky)
    assert_same_bits(factor(ngrad.constant(DEFINITE)), linalg.cholesky(DEFINITE))
    with pytest.raises(NumberError, match=r"cholesky: matrix \[1\] of the batch"):
        ngrad.eval(factor(ngrad.constant(INDEFINITE)))


def test_transforms_undo_each_other() -> None:
    for length in (1, 2, 5, 6):
        x = ngrad.constant(np.random.default_rng(length).normal(size=(3, length)))
        back = apply(TABLE["irfft"], (apply(TABLE["rfft"], (x,)),), (length,))
        np.testing.assert_allclose(back, length * x.numpy(), rtol=1e-12)


@pytest.mark.parametrize("length", [1, 8, 30, 97, 1009])
def test_transforms_in_single_precision_are_no_other_among_many(length: int) -> None:
    """They are computed several at a time: in vectors of 4 numbers, or of 8 or 16."""
    rng = np.random.default_rng(length)
    x = rng.normal(size=(2, 19, length)).astype("f4")
    z = (x + 1j * rng.normal(size=x.shape)).astype("c8")
    half = scipy.fft.rfft(x)
    for name, of, words, expected in (
        ("fft", z, (False,), scipy.fft.fft(z)),
        ("fft", z, (True,), scipy.fft.ifft(z, norm="forward")),
        ("rfft", x, (), half),
        ("irfft", half, (length,), scipy.fft.irfft(half, length, norm="forward")),
    ):
        whole = apply(TABLE[name], (ngrad.constant(of),), words).numpy()
        assert_same_bits(whole, expected)
        exact = apply(TABLE[name], (ngrad.constant(of.astype(np.result_type(of, "f8"))),), words)
        error = np.abs(whole - exact.numpy())
        assert error.max() <= 2e-6 * np.abs(exact.numpy()).max()
        for count in (1, 3, 8):
            part = apply(TABLE[name], (ngrad.constant(of[1, :count]),), words)
            assert_same_bits(part, whole[1, :count])
        turned = apply(TABLE[name], (ngrad.transpose(ngrad.constant(of), [1, 0, 2]),), words)
        assert_same_bits(turned, whole.swapaxes(0, 1))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_matrix_that_is_not_finite_leaves_the_others_of_its_batch(value: float) -> None:
    """The first and the second derivative of its determinant are NaN, and theirs as ever."""
    x = np.random.default_rng(0).normal(size=(3, 3, 3))
    slope = ngrad.grad(lambda x: ngrad.reduce_sum(linalg.det(x)))
    weights = np.arange(27.0).reshape(3, 3, 3)
    second = ngrad.grad(lambda x: ngrad.reduce_sum(slope(x) * weights))
    expected = [of(ngrad.constant(x)).numpy() for of in (linalg.det, slope, second)]
    x[1, 2, 0] = value
    for of, known in zip((linalg.det, slope, second), expected, strict=True):
        found = of(ngrad.constant(x)).numpy()
        np.testing.assert_allclose(found[::2], known[::2], rtol=1e-12)
        assert not np.isfinite(found[1]).any()


@pytest.mark.parametrize("rank", [0, 1, 2, 3])
def test_a_determinant_has_two_derivatives(rank: int) -> None:
    """Of a matrix of 3 rows the second is one of its elements, with a sign, or 0."""
    rng = np.random.default_rng(rank)
    x = rng.normal(size=(3, rank)) @ rng.normal(size=(rank, 3))
    found = ngrad.hessian(linalg.det)(ngrad.constant(x)).numpy()
    signs = np.zeros((3, 3, 3))  # of permutations
    signs[[0, 1, 2], [1, 2, 0], [2, 0, 1]], signs[[0, 1, 2], [2, 0, 1], [1, 2, 0]] = 1.0, -1.0
    expected = np.einsum("ikp,jlq,pq->ijkl", signs, signs, x)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("at", [(0, 0), (2, 2), (1, 4), (4, 1)], ids=str)
def test_what_is_not_finite(value: float, at: tuple[int, int]) -> None:
    """LAPACK gives finite factors of some, and never ends with others."""
    x = np.random.default_rng(0).normal(size=(3, 6, 6))
    x = x @ x.swapaxes(-1, -2) + np.eye(6)
    x[(1, *at)] = value
    functions = [linalg.svd, linalg.pinv, linalg.lu, linalg.eig]
    if at[0] >= at[1]:
        functions.append(linalg.eigh)
    else:
        wanted = np.linalg.eigvalsh(np.tril(x) + np.tril(x, -1).swapaxes(-1, -2))
        np.testing.assert_allclose(linalg.eigvalsh(x), wanted, rtol=1e-12)
    for function in functions:
        with pytest.raises(LinAlgError, match=r"matrix \[1\] of the batch .* NaN"):
            function(x)
    for tensor in (linalg.inv(x), linalg.solve(x, np.ones((6, 1)))):
        found = tensor.numpy()
        known = np.isfinite(found).all((-2, -1))
        assert known[[0, 2]].all() and (np.isnan(found[1]).all() or not np.isnan(value))


@pytest.mark.parametrize("rows", [2, 3, 8, 60])
@pytest.mark.parametrize("at", [(0, 0), (1, 1), (1, 0)], ids=str)
def test_a_nan_is_no_zero_pivot(rows: int, at: tuple[int, int]) -> None:
    x = np.eye(rows)
    x[at] = np.nan
    assert np.isnan(linalg.det(x).numpy())
    sign, log = linalg.slogdet(x)
    assert abs(sign.numpy()) == 1.0 and np.isnan(log.numpy())
    assert np.isnan(linalg.inv(x).numpy()).any()
    assert np.isnan(linalg.solve(x, np.ones((rows, 1))).numpy()).any()


def test_lu_of_no_columns() -> None:
    p, lower, upper = factors(np.ones((2, 3, 0)))
    np.testing.assert_array_equal(p, np.stack([np.eye(3)] * 2))
    assert (lower.shape, upper.shape) == ((2, 3, 0), (2, 0, 0))
