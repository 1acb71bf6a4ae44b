"""Every function of `ngrad.scipy.linalg` beside SciPy's: values, gradients, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg
from calls import Case
from cases_linalg import (
    BATCH,
    DEFINITE,
    HERMITIAN,
    SINGULAR,
    SPIRAL,
    SQUARE,
    SYMMETRIC,
    TALL,
    ZTALL,
    V,
    Z,
)  # fmt: skip
from cases_scipy_linalg import BRANCHED, CASES, TURNED
from numeric import check_gradient, check_second_gradient
from test_functions import assert_like, converted, function_of

import ngrad
from ngrad.errors import LinAlgError
from ngrad.scipy import linalg


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::DeprecationWarning")
def test_as_scipy(case: Case) -> None:
    expected = getattr(scipy.linalg, case.name)(*case.args, **case.kwargs)
    if case.name == "lstsq":  # from 1.18 on, what are numbers are NumPy's, or arrays
        solution, rest, rank, sizes = expected
        expected = solution, np.asarray(rest)[()], int(rank), sizes
    args = [converted(x) for x in case.args]
    assert_like(getattr(linalg, case.name)(*args, **case.kwargs), expected, 250)


@pytest.mark.parametrize("case", [case for case in CASES if case.orders], ids=str)
def test_gradients(case: Case) -> None:
    function, arrays = function_of(case, linalg)
    check_gradient(function, *arrays)
    if case.orders > 1:
        check_second_gradient(function, *arrays, rtol=1e-6)


@pytest.mark.parametrize("kind", [1, 2, 3])
def test_eigenvectors_beside_a_matrix(kind: int) -> None:
    """One choice of many: what they are for, and their length."""
    a, b = HERMITIAN[0], DEFINITE + 0.5j * (np.triu(SQUARE) - np.triu(SQUARE).T)
    left, right = {1: (a, b), 2: (a @ b, np.eye(3)), 3: (b @ a, np.eye(3))}[kind]
    values, vectors = map(np.asarray, linalg.eigh(a, b, type=kind))
    np.testing.assert_allclose(left @ vectors, right @ vectors * values, atol=1e-11)
    between = np.linalg.inv(b) if kind == 3 else b
    np.testing.assert_allclose(vectors.conj().T @ between @ vectors, np.eye(3), atol=1e-12)
    values, vectors = map(np.asarray, linalg.eig(SPIRAL, b))
    np.testing.assert_allclose(SPIRAL @ vectors, b @ vectors * values, atol=1e-11)


@pytest.mark.parametrize("matrix", [SPIRAL[::-1], SPIRAL + 1j * DEFINITE], ids=["real", "complex"])
@pytest.mark.parametrize("trans", [0, 1, 2])
def test_derivatives_by_factors(matrix: Any, trans: int) -> None:
    def solve(a: Any, b: Any) -> Any:
        return ngrad.convert_to_tensor(linalg.lu_solve(linalg.lu_factor(a), b, trans))

    check_gradient(solve, matrix, V.astype(matrix.dtype))


@pytest.mark.parametrize("matrix", BRANCHED)
@pytest.mark.parametrize("function", [linalg.logm, linalg.sqrtm])
def test_derivatives_where_real_matrices_have_complex_results(function: Any, matrix: Any) -> None:
    def values(x: Any) -> Any:
        return ngrad.convert_to_tensor(function(x))

    check_gradient(values, matrix)
    check_second_gradient(values, matrix, rtol=1e-6)


@pytest.mark.parametrize("matrix", [Z, ZTALL, ZTALL.T], ids=["square", "tall", "wide"])
@pytest.mark.parametrize("part", [0, 1])
def test_derivatives_of_complex_polar_factors(matrix: Any, part: int) -> None:
    check_gradient(lambda x: ngrad.convert_to_tensor(linalg.polar(x)[part]), matrix)


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("kind", [1, 2, 3])
def test_gradients_beside_a_matrix(kind: int, lower: bool) -> None:
    """Of which a triangle is read, they are those of Hermitian matrices, and some themselves."""

    def values(a: Any, b: Any) -> Any:
        found = linalg.eigvalsh(a, b, type=kind, lower=lower)
        return ngrad.convert_to_tensor(found)

    def of_hermitian(*given: Any) -> Any:
        return values(*((x + ngrad.linalg.adjoint(x)) / 2 for x in given))

    for a, b in ((SYMMETRIC[0], DEFINITE), (HERMITIAN[0], TURNED.real + 0j)):
        check_gradient(of_hermitian, a, b)
        slopes = ngrad.grad(lambda *x: ngrad.reduce_sum(values(*x) ** 2), argnums=(0, 1))(
            ngrad.constant(a), ngrad.constant(b)
        )
        for slope in map(np.asarray, slopes):
            np.testing.assert_array_equal(slope, slope.conj().T)


def test_every_name_has_a_case() -> None:
    others = {"LinAlgError", "cho_factor", "cho_solve"}
    assert set(linalg.__all__) == {case.name for case in CASES} | others


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize(
    ("matrix", "rhs"),
    [(DEFINITE, V), (DEFINITE, TALL[:3]), (HERMITIAN[0] @ HERMITIAN[0] / 9, V)],
    ids=["vector", "matrix", "complex"],
)
def test_systems_by_a_factor(lower: bool, matrix: Any, rhs: Any) -> None:
    """The factor as SciPy's, the other triangle aside; and the gradient of what it solves."""

    def solve(a: Any, b: Any) -> Any:
        hermitian = (a + ngrad.linalg.adjoint(a)) / 2
        return ngrad.convert_to_tensor(linalg.cho_solve(linalg.cho_factor(hermitian, lower), b))

    keep = np.tril if lower else np.triu
    factor, which = linalg.cho_factor(matrix, lower)
    assert which is lower
    assert_like(factor, keep(scipy.linalg.cho_factor(matrix, lower)[0]), 50)
    expected = scipy.linalg.cho_solve(scipy.linalg.cho_factor(matrix, lower), rhs)
    np.testing.assert_allclose(solve(matrix, rhs), expected, rtol=1e-11)
    check_gradient(solve, matrix, rhs)


NUMBERS = {
    **dict.fromkeys(("pinv", "pinvh", "cosm", "tanm", "signm", "orth", "lu_factor", "eigvals"), 1),
    **dict.fromkeys(("expm_frechet", "solveh_banded", "solve_continuous_lyapunov"), 2),
    "solve_discrete_lyapunov": 2,
    "solve_sylvester": 3,
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_no_matrices(name: str) -> None:
    """Whoever gives one is told by the function that was called."""
    with pytest.raises(ValueError, match=rf"^{name}: .*takes (square )?matrices.* shape \(\)"):
        getattr(linalg, name)(*[2.0] * NUMBERS[name])


def test_systems_of_examples_and_in_functions() -> None:
    """There is nothing to look at, of which a NaN comes through."""
    matrix, rhs = np.array([[2.0, 1.0], [0.0, 4.0]]), np.array([[1.0, 2.0], [np.nan, 4.0]])
    expected = [[0.25, 0.5], [np.nan, 1.0]]

    def solve(y: Any) -> Any:
        return linalg.solve_triangular(matrix, y)

    for solved in (ngrad.vmap(solve)(rhs), [ngrad.function(solve)(y) for y in rhs]):
        np.testing.assert_array_equal(np.asarray(solved), expected)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (
            lambda: ngrad.function(linalg.logm)(-np.eye(2)),
            LinAlgError,
            "logm: the matrix has no .* cast it to a com",
        ),
        (lambda: linalg.logm(0j * SPIRAL), LinAlgError, "logm: the matrix has no logarithm"),
        (lambda: linalg.logm(np.zeros((2, 2))), LinAlgError, "logm: the matrix"),
        (
            lambda: linalg.sqrtm([-np.eye(2), np.eye(2, k=1)]),
            LinAlgError,
            r"sqrtm: matrix \[1\] of",
        ),
        (lambda: linalg.expm(TALL), ValueError, r"expm: takes square.*\(4, 3\)"),
        (lambda: linalg.solve_triangular(np.zeros((2, 2)), V[:2]), LinAlgError, "is singular"),
        (lambda: linalg.solve_triangular(SQUARE, V, 3), ValueError, "trans is 0, 1, 2"),
        (lambda: linalg.solve_triangular(SQUARE, TALL), ValueError, r"\(3, 3\).*\(4, 3\)"),
        (lambda: linalg.solve_triangular(np.eye(2), [np.nan, 1.0]), ValueError, "infs or NaNs"),
        (
            lambda: linalg.cho_solve(([[np.inf]], True), [1.0]),
            ValueError,
            "infs or NaNs",
        ),
        (lambda: linalg.solve_banded((0, 0), [[1.0, np.nan]], V[:2]), ValueError, "infs or NaNs"),
        (
            lambda: linalg.orth([SINGULAR, SQUARE]),
            LinAlgError,
            r"orth: .* one rank, not of \[2, 3\]",
        ),
        (lambda: linalg.lu_solve(([[1.0]], [0]), V), ValueError, r"lu_solve: .* \(1, 1\)"),
        (lambda: linalg.lu_solve((np.eye(2), [0]), V[:2]), ValueError, "lu_solve: .* exchanges"),
        (
            lambda: linalg.lu_solve((TALL, [0, 1, 2]), np.ones(4)),
            ValueError,
            "lu_solve: takes square",
        ),
        *(
            (
                lambda ends=ends: linalg.eigvalsh(SYMMETRIC[0], subset_by_index=ends),
                ValueError,
                "0 to 2",
            )
            for ends in ((-2, 2), (0, 3), (2, 1))
        ),
        (lambda: linalg.eigh(SPIRAL, driver="gv"), ValueError, "eigh: driver is one of"),
        (
            lambda: linalg.pinv(SQUARE, atol=-1.0),
            ValueError,
            "pinv: atol and rtol are not neg",
        ),
        (lambda: linalg.pinvh(SQUARE, rtol=-1.0), ValueError, "pinvh: atol and rtol are not neg"),
        (lambda: linalg.svd(SQUARE, lapack_driver="foo"), ValueError, "svd: lapack_driver is one"),
        (lambda: linalg.lstsq(SQUARE, V, lapack_driver="foo"), ValueError, "lstsq: lapack_driver"),
        (lambda: linalg.expm_frechet(SQUARE, SQUARE, "foo"), ValueError, "expm_frechet: method is"),
        (
            lambda: linalg.solve_discrete_lyapunov(SQUARE, SQUARE, "foo"),
            ValueError,
            "solve_discrete_lyapunov: method is one",
        ),
        (
            lambda: linalg.solve_discrete_lyapunov(np.eye(2), np.eye(2)),
            LinAlgError,
            "solve_discrete_lyapunov: .* singular",
        ),
        (lambda: linalg.companion([0.0, 1.0]), ValueError, "companion: the first factor is not 0"),
        (lambda: linalg.pascal(40), ValueError, "pascal: .* no dtype holds"),
        (
            lambda: linalg.orthogonal_procrustes(BATCH, BATCH),
            ValueError,
            "orthogonal_procrustes: .* no batches",
        ),
        (
            lambda: linalg.solve_toeplitz([0.0, 1.0], [1.0, 2.0]),
            LinAlgError,
            "solve_toeplitz: the matrix is singular, or one of its leading",
        ),
        (
            lambda: linalg.solve_toeplitz(np.ones(3), V[:2]),
            ValueError,
            r"take 3 rows, not .*\(2,\)",
        ),
        (lambda: linalg.cho_factor(-DEFINITE), LinAlgError, "not positive definite"),
        (lambda: linalg.schur, AttributeError, "ngrad.scipy.linalg has no 'schur': SciPy's own"),
        (lambda: linalg.nonsense, AttributeError, "has no attribute 'nonsense'"),
    ],
)
def test_what_is_refused(call: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()
