"""Every function of `ngrad.scipy.linalg` beside SciPy's: values, gradients, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg
from calls import Case, table
from cases_linalg import (
    BATCH,
    DEFINITE,
    HERMITIAN,
    SINGLE,
    SINGULAR,
    SPIRAL,
    SQUARE,
    SYMMETRIC,
    TALL,
    WHOLE,
    WIDE,
    ZTALL,
    V,
    Z,
)  # fmt: skip
from numeric import check_gradient, check_second_gradient
from test_functions import assert_like, converted, function_of

import ngrad
from ngrad.errors import LinAlgError
from ngrad.scipy import linalg

CASES, case = table()

case("expm", SQUARE / 4, orders=2)
case("expm", BATCH)
case("expm", 30 * SQUARE)
case("expm", WHOLE)
case("expm", np.zeros((0, 0)))
case("expm", SINGLE)
case("expm", 5.0)
case("expm", [0.5])
case("cholesky", 5.0)
for name in ("logm", "sqrtm"):
    case(name, DEFINITE, orders=2)
    case(name, 2 * np.eye(3), orders=2)
    case(name, np.array([[2.0, 1.0], [0.0, 2.0]]), orders=1)
    case(name, WHOLE)
case("sqrtm", np.stack([DEFINITE, 3 * DEFINITE]))
for lower in (False, True):
    case("cholesky", DEFINITE, lower=lower)
    case("solve_triangular", SQUARE, V, lower=lower, orders=2)
    for trans in (0, 1, "T", "N", "C"):
        case("solve_triangular", SQUARE, TALL[:3], trans, lower, orders=1)
        case("solve_triangular", Z, V, trans, lower)
    case("solve_triangular", SQUARE, V, lower=lower, unit_diagonal=True, orders=1)
case("solve_triangular", BATCH, np.stack([TALL[:3], TALL[1:]]), orders=1)
case("solve_triangular", WHOLE, [1, 2])
for ends, count in (((1, 1), 3), ((2, 0), 3), ((0, 2), 3), ((1, 2), 4), ((0, 0), 1)):
    bands = np.random.default_rng(count).normal(size=(count, 5))  # whose rows are exchanged
    case("solve_banded", ends, bands, np.arange(5.0), orders=2)
    case("solve_banded", ends, bands.astype("f4"), np.eye(5, dtype="f4"))
    case("solve_banded", ends, bands + 0.5j, np.eye(5), orders=1)
case("solve_banded", (1, 1), np.array([[0, 1, 1], [2, 3, 2], [1, 1, 0]]), [1, 2, 3])
for count in (1, 2, 3):
    bands = np.random.default_rng(count).normal(size=(count, 5))
    upper, rest = np.concatenate([bands[1:], [bands[0] ** 2 + 9.0]]), np.arange(5.0)
    case("solveh_banded", upper, rest, orders=2)
    case("solveh_banded", upper[::-1].copy(), np.eye(5), lower=True, orders=1)
    case("solveh_banded", upper + 0.5j * (np.arange(count) < count - 1)[:, None], rest, orders=1)
    case("solveh_banded", upper[::-1] + 0.5j * (np.arange(count) > 0)[:, None], rest, lower=True)
case("solveh_banded", np.array([[0, 1, 1], [4, 5, 4]]), [1, 2, 3])

# -- matrices of a form ----------------------------------------------------------------------------

COLUMN, ROW = np.random.default_rng(4).normal(size=(2, 4))
for name in ("toeplitz", "hankel", "circulant", "fiedler"):
    case(name, COLUMN, orders=2)
    case(name, np.array([1, 2, 4]))
    if name != "hankel":  # of several, it takes them for one until SciPy 1.19
        case(name, TALL)
    if name != "fiedler":
        case(name, np.zeros(0))
for name in ("toeplitz", "hankel"):
    case(name, COLUMN, ROW[:3], orders=1)
    case(name, Z[0])
    case(name, np.array([1, 2]), ROW)
for mode in ("full", "same", "valid"):
    for n in (2, 3, 7):
        case("convolution_matrix", COLUMN, n, mode, orders=2 * (n == 3))
for x in (COLUMN, ROW[:2], np.array([2, 3, 4])):
    case("companion", x, orders=2 * (x is COLUMN))
case("companion", TALL)
case("toeplitz", TALL, ROW)
case("toeplitz", ROW, TALL)
case("toeplitz", np.array([True, False]))
case("leslie", COLUMN, ROW[1:], orders=1)
case("leslie", COLUMN[1:], TALL[:, 1:], orders=1)
case("diagsvd", TALL, 3, 4, orders=1)
case("block_diag", SQUARE, BATCH, 2.0, orders=1)
case("leslie", np.array([1, 2, 3]), ROW[:2])
case("diagsvd", COLUMN, 4, 6, orders=1)
case("diagsvd", COLUMN, 6, 4)
case("block_diag", SQUARE, COLUMN, TALL, orders=1)
case("block_diag", np.array([1, 2]), SQUARE, 3)
case("block_diag", [], TALL)
case("block_diag")
case("khatri_rao", TALL, SQUARE, orders=2)
case("khatri_rao", np.array([[1, 2]]), np.array([[3, 4], [5, 6]]))
for name in ("hadamard", "hilbert", "invhilbert", "pascal", "invpascal", "helmert", "dft"):
    case(name, 4)
case("pascal", 3, kind="lower")
case("helmert", 3, full=True)

# -- systems ---------------------------------------------------------------------------------------

for form in (None, "gen", "sym", "her", "pos", "diagonal", "tridiagonal", "banded"):
    case("solve", DEFINITE, V, assume_a=form, orders=1)
    case("solve", HERMITIAN[0] @ HERMITIAN[0], V, assume_a=form, lower=True)
for form in (None, "gen", "sym", "her", "pos"):
    case("inv", DEFINITE, assume_a=form)
for form in ("upper triangular", "lower triangular"):
    case("solve", SQUARE, V, assume_a=form, orders=2)
    case("solve", SQUARE, V, assume_a=form, transposed=True)
case("solve", SQUARE, TALL[:3], transposed=True, orders=2)
case("solve", 2.0, 4.0)
# Of the diagonal of a Hermitian matrix the real part is read.
TURNED = HERMITIAN[0] @ HERMITIAN[0] + np.diag([1j, 2j, 3j])
for form in ("sym", "her", "pos"):
    case("solve", TURNED, V, assume_a=form)
    case("inv", TURNED, assume_a=form, lower=True)
case("solveh_banded", np.array([[0.0, 1.0 + 1j, 2.0], [9.0 + 1j, 9.0 + 2j, 9.0]]), V)
case("inv", SQUARE, orders=2)
for trans in (0, 1, 2):
    for x in (SQUARE[::-1], Z):
        pair = scipy.linalg.lu_factor(x)
        case("lu_solve", pair, V, trans)
        case("lu_solve", pair, TALL[:3] + 0j, trans)
    case("lu_solve", scipy.linalg.lu_factor(SQUARE), np.stack([TALL[:3], TALL[1:]]), trans)
case("solve_toeplitz", COLUMN, ROW, orders=2)
case("matmul_toeplitz", np.zeros(0), np.zeros(0))
case("solve_toeplitz", (COLUMN, ROW), TALL)
case("matmul_toeplitz", COLUMN, ROW, orders=2)
case("matmul_toeplitz", (COLUMN, ROW[:3]), TALL[:3])
case("matmul_toeplitz", (COLUMN, Z[0]), TALL[:3])
case("solve_sylvester", SQUARE, DEFINITE, TALL[:3], orders=2)
case("solve_sylvester", Z, np.eye(2), Z[:, :2], orders=1)
for name in ("solve_continuous_lyapunov", "solve_discrete_lyapunov"):
    case(name, SPIRAL / 9, DEFINITE, orders=2)
    case(name, BATCH / 9, DEFINITE)
    case(name, Z / 9, HERMITIAN[0])
for method in ("direct", "bilinear"):
    case("solve_discrete_lyapunov", SPIRAL / 9, DEFINITE, method, orders=1)
for x, y in ((TALL, ROW), (TALL, np.stack([ROW, COLUMN], 1)), (WIDE[0], V[:2]), (SINGULAR, V)):
    case("lstsq", x, y)
case("lstsq", TALL, ROW, 1e-3)

# -- factors and eigenvalues -----------------------------------------------------------------------

for x in (SQUARE[::-1], TALL, WIDE[0], Z):
    case("lu_factor", x)
    real = x is not Z
    case("polar", x, orders=2 * real)
    case("polar", x, "left", orders=real)
    case("qr", x, orders=real and x is not TALL)
    case("qr", x, mode="economic", orders=2 * real)
    case("qr", x, mode="r")
    case("svd", x, full_matrices=False, orders=1)
    case("svd", x, compute_uv=False)
    case("svdvals", x, orders=1)
    case("pinv", x, orders=1)
    case("pinv", x, atol=1.0, rtol=0.1, return_rank=True)
    case("norm", x, "fro", orders=1)
case("lu_factor", np.zeros((0, 0)))
case("polar", 2.0 * np.eye(3), orders=2)
case("orthogonal_procrustes", np.eye(3), np.eye(3), orders=2)
case("orthogonal_procrustes", TALL, TALL[::-1] + 1.0, orders=2)
case("orthogonal_procrustes", Z, ZTALL[:3])
case("polar", np.zeros((3, 0)))
case("det", SQUARE, orders=2)
case("pinvh", DEFINITE, orders=1)
case("pinvh", np.tril(HERMITIAN[0]), return_rank=True)
case("pinvh", np.triu(DEFINITE - np.linalg.eigvalsh(DEFINITE)[1] * np.eye(3)), 1e-9, lower=False)
for x in (SINGULAR, SQUARE, TALL, WIDE[0]):
    case("orth", x)
    case("null_space", x)
    case("null_space", x, 0.9)
for name in ("orth", "null_space", "pinv", "pinvh"):
    case(
        name,
        np.stack([DEFINITE, SYMMETRIC[0]]),
        **({"return_rank": True} if "pinv" in name else {}),
    )
case("null_space", np.ones((2, 4, 3)))
for kind in (1, 2, 3):
    case("eigh", SYMMETRIC[0], DEFINITE, type=kind)
    case("eigh", HERMITIAN[0], DEFINITE, type=kind, lower=False, eigvals_only=True)
    case("eigvalsh", SYMMETRIC[0], DEFINITE, type=kind)
    case("eigvalsh", TURNED / 99, TURNED, type=kind, lower=kind != 2)
case("eigh", SYMMETRIC[0], subset_by_index=(1, 2))
case("eigh", SYMMETRIC[0], lower=False, eigvals_only=True)
case("eigvalsh", SYMMETRIC[0])
case("eig", SPIRAL, DEFINITE, right=False)
case("eigvals", SPIRAL, orders=1)

# -- functions of matrices -------------------------------------------------------------------------

for name in ("cosm", "sinm", "tanm", "coshm", "sinhm", "tanhm"):
    case(name, SQUARE / 4, orders=2)
    case(name, Z / 4)
case("signm", SQUARE - 2.0 * np.eye(3), orders=1)
case("signm", Z)
case("fractional_matrix_power", np.array([[1, 1], [1, 1]]), np.int64(2))
case("fractional_matrix_power", np.ones((2, 2)), np.float32(3.0))
for power in (3, -2.0, 0.5, -1.25):
    case("fractional_matrix_power", DEFINITE, power, orders=1)
case("expm_frechet", SQUARE / 4, DEFINITE, orders=1)
case("expm_frechet", SQUARE / 4, DEFINITE, compute_expm=False)
for x in (SQUARE[::-1], TALL, WIDE):
    case("lu", x, orders=1)
    case("lu", x, permute_l=True, orders=2)
    case("lu", x, p_indices=True)
case("lu", WHOLE)
for x in (Z, ZTALL, Z[:2].astype(np.complex64)):
    case("lu", x)
    case("lu", x, permute_l=True)
for name in ("expm", "logm", "sqrtm"):
    case(name, Z / 4)
    case(name, -1j * np.eye(2))
case("cholesky", HERMITIAN[0] @ HERMITIAN[0])
for code in ("f2", "f4", "c8", "i2", "b1"):
    for name in ("expm", "logm", "sqrtm", "cholesky", "lu"):
        case(name, np.eye(2, dtype=code))
    case("solve_triangular", np.eye(2, dtype=code), np.ones(2, code))
    for name in ("det", "eigvals", "eigvalsh", "inv", "orth", "pinv", "pinvh", "polar", "svdvals"):
        case(name, np.eye(2, dtype=code))
    case("eigvalsh", np.eye(2, dtype=code), np.eye(2, dtype=code))
    case("lstsq", np.eye(2, dtype=code), np.ones(2, code))
    case("solve_toeplitz", np.array([1, 0], code), np.ones(2, code))
    case("matmul_toeplitz", np.array([1, 0], code), np.ones(2, code))
    case("orthogonal_procrustes", np.eye(2, dtype=code), np.eye(2, dtype=code))
    if code == "i2":
        case("expm_frechet", np.eye(2, dtype=code), np.eye(2, dtype=code))
    if code != "b1":
        case("tanhm", np.eye(2, dtype=code))
        case("solve_sylvester", *(np.eye(2, dtype=code),) * 3)
case("solve_triangular", np.eye(2, dtype="f2"), np.ones(2, "i8"))
case("solve_banded", (0, 0), np.ones((1, 2), "f2"), np.ones(2, "f2"))
case("solve_triangular", np.array([[np.nan, 1.0], [0.0, 1.0]]), np.ones(2), check_finite=False)
case("sqrtm", np.array([[np.nan, 1.0], [1.0, 1.0]]))
for shape in ((0, 0), (0, 3)):
    case("lu", np.zeros(shape), p_indices=True)


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
            lambda: linalg.logm(-np.eye(2)),
            LinAlgError,
            "logm: the matrix has no .* cast it to a com",
        ),
        (lambda: linalg.logm(0j * SPIRAL), LinAlgError, "logm: the matrix has no logarithm"),
        (lambda: linalg.logm(np.zeros((2, 2))), LinAlgError, "logm: the matrix"),
        (lambda: linalg.sqrtm([np.eye(2), -np.eye(2)]), LinAlgError, r"sqrtm: matrix \[1\] of"),
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
        (lambda: linalg.lu_solve((TALL, [0, 1, 2]), ROW), ValueError, "lu_solve: takes square"),
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
        (lambda: linalg.cho_factor(-DEFINITE), LinAlgError, "not positive definite"),
        (lambda: linalg.schur, AttributeError, "ngrad.scipy.linalg has no 'schur': SciPy's own"),
        (lambda: linalg.nonsense, AttributeError, "has no attribute 'nonsense'"),
    ],
)
def test_what_is_refused(call: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()
