"""Cases of functions of `ngrad.scipy.linalg`, for `test_scipy_linalg.py`."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from calls import table
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

CASES, case = table()

BRANCHED = [
    np.array(rows, "f8")
    for rows in (
        [[2, 1, 0], [-2, -1, -3], [-3, -3, -2]],
        [[-2, 0.5], [1, 3]],
        [[0, 1, 2], [2, -1, 3], [-3, 2, 1]],
        [[-2, 1, 3, 0], [1, -3, 0.5, 1], [2, 0, 1, -1], [0, 1, 2, 3]],
    )
]
"""Real matrices with a negative eigenvalue, whose functions are complex: the principal branch."""

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
    case(name, np.array([[-1.0, 0.5], [0.0, 2.0]]))
    case(name, np.stack([DEFINITE[:2, :2], -np.eye(2)]))
    case(name, np.array([[-4.0]], "f4"))
    for x in BRANCHED:
        case(name, x)
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
case("fractional_matrix_power", np.diag([-1.0, 2.0]), 0.5)
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
    if code[0] in "fc":  # of small integers it is in double precision from SciPy 1.18 on
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
case(
    "solve_triangular",
    np.array([[np.nan, 1.0], [0.0, 1.0]]),
    np.ones(2),
    0,
    False,
    True,
    False,
    False,
)
case("sqrtm", np.array([[np.nan, 1.0], [1.0, 1.0]]))
for shape in ((0, 0), (0, 3)):
    case("lu", np.zeros(shape), p_indices=True)
