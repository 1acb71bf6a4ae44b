"""Calls of `linalg`'s functions: what `test_numpy_linalg.py` runs with NumPy and with us."""

from __future__ import annotations

import numpy as np
from calls import table, to_second_order

RNG = np.random.default_rng(8)
SQUARE = RNG.normal(size=(3, 3)) + np.diag([1.0, 3.0, 6.0])
BATCH = RNG.normal(size=(2, 3, 3)) + np.diag([1.0, -3.0, 6.0])
SYMMETRIC = BATCH + BATCH.swapaxes(-1, -2)
DEFINITE = SQUARE @ SQUARE.T + np.eye(3)
TALL = RNG.normal(size=(4, 3))
WIDE = RNG.normal(size=(2, 2, 3))
LOW = np.outer([1.0, 2.0, -1.0, 0.5], [1.0, -1.0, 2.0]) + np.outer([0, 1, 1.0, 0], [1.0, 1, 0])
SINGULAR = LOW[:3]
V, W = RNG.normal(size=3), RNG.normal(size=3)
WHOLE = np.array([[2, 1], [1, 3]])
NOTHING = np.zeros((0, 0))
SINGLE = SQUARE.astype(np.float32)
SPIRAL = np.array([[1.0, 2.0, 0.0], [-3.0, 1.0, 0.5], [0.0, 1.0, 4.0]])
"""A real matrix of which two eigenvalues are not."""
Z = SQUARE + 1j * RNG.normal(size=(3, 3))
ZS = np.stack([Z, SPIRAL * 1j])
HERMITIAN = ZS + ZS.swapaxes(-1, -2).conj()
ZTALL = TALL + 1j * TALL[::-1] ** 2

CASES, case = table()
THROUGH_SYMMETRIC = ("cholesky", "eigh", "eigvalsh")
"""Functions of symmetric matrices: differences are taken through the symmetric part."""

for upper in (False, True):
    case("cholesky", DEFINITE, upper=upper, orders=2)
case("cholesky", np.stack([DEFINITE, 2 * DEFINITE]), orders=1)
case("cholesky", WHOLE)
case("cholesky", NOTHING)
for x in (TALL, WIDE, SQUARE):
    case("qr", x, orders=2)
    case("qr", x, "r", orders=1)
    case("qr", x, "complete", orders=0 if x is TALL else 1)
    case("svd", x, full_matrices=False, orders=2)
    case("svd", x, orders=1 if x is SQUARE else 0)
    case("svd", x, compute_uv=False, orders=2)
    case("svdvals", x, orders=1)
    case("pinv", x, orders=2)
    case("matrix_rank", x)
for name in ("inv", "det", "slogdet"):
    for x in (SQUARE, BATCH):
        case(name, x, orders=2)
for name in ("qr", "svd", "eigh", "eigvalsh", "inv", "pinv", "det", "slogdet", "cond", "norm"):
    case(name, SINGLE)
    case(name, WHOLE)
for name in ("qr", "svd", "inv", "det", "slogdet", "eigh", "pinv", "norm"):
    case(name, NOTHING)
for name in ("qr", "svd", "pinv"):
    case(name, np.zeros((0, 3)))
    case(name, np.zeros((2, 3, 0)))
for uplo in "LU":
    case("eigh", SYMMETRIC, uplo, orders=2)
    case("eigvalsh", SYMMETRIC, UPLO=uplo, orders=2)
    case("eigh", BATCH, uplo)
case("svd", SYMMETRIC, hermitian=True)
case("svd", SYMMETRIC, compute_uv=False, hermitian=True)
case("det", SINGULAR, orders=1)
case("det", np.zeros((2, 2)), orders=1)
case("slogdet", np.zeros((2, 2)))
case("solve", SQUARE, V, orders=2)
case("solve", SQUARE, TALL[:3], orders=2)
case("solve", BATCH, V, orders=1)
case("solve", SQUARE, np.stack([TALL[:3], TALL[1:]]), orders=1)
case("solve", WHOLE, np.array([1, 2], np.int8))
case("solve", SINGLE, V)
case("pinv", LOW)
case("pinv", LOW, 1e-10)
case("pinv", WIDE, np.array([0.9, 1e-3]), orders=1)
case("pinv", SYMMETRIC, hermitian=True)
case("pinv", TALL, rtol=None)
case("lstsq", TALL, RNG.normal(size=4), orders=1)
case("lstsq", TALL, RNG.normal(size=(4, 2)), orders=1)
case("lstsq", WIDE[0], RNG.normal(size=2))
case("lstsq", LOW, RNG.normal(size=4))
case("lstsq", TALL, RNG.normal(size=4), rcond=-1)
case("tensorsolve", RNG.normal(size=(2, 3, 6)), RNG.normal(size=(2, 3)), orders=1)
case("tensorsolve", RNG.normal(size=(2, 6, 3)), RNG.normal(size=(2, 3)), axes=(1,))
case("tensorinv", RNG.normal(size=(4, 6, 8, 3)))
case("tensorinv", RNG.normal(size=(6, 2, 3)), ind=1, orders=1)
for order in (None, 0, 1, 2, 3, 0.5, -1, -2, np.inf, -np.inf):
    case("norm", V, order, orders=0 if order == 0 else 2)
    case("norm", BATCH, order, axis=1, keepdims=True)
    case("vector_norm", BATCH, ord=2 if order is None else order, axis=(0, 2))
for order in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf):
    case("norm", SQUARE, order, orders=2)
    case("norm", BATCH, order, axis=(0, 2), keepdims=True)
    case("matrix_norm", BATCH, ord="fro" if order is None else order, orders=1)
case("norm", BATCH)
case("norm", np.zeros((2, 2)))
case("norm", np.zeros(3), -1)
case("vector_norm", BATCH, keepdims=True, orders=1)
case("matrix_norm", BATCH, keepdims=True, orders=1)
for p in (None, 2, -2, 1, -1, np.inf, "fro", "nuc"):
    case("cond", BATCH, p, orders=1)
for p in (None, -2, 1, -1, np.inf, "fro"):
    case("cond", np.stack([SQUARE, np.zeros((3, 3))]), p)
case("matrix_rank", LOW)
case("matrix_rank", np.stack([SINGULAR, SQUARE]))
case("matrix_rank", LOW, tol=10.0)
case("matrix_rank", LOW, rtol=0.9)
case("matrix_rank", SYMMETRIC, hermitian=True)
case("matrix_rank", V)
for n in (0, 1, 2, 5, -1, -3):
    case("matrix_power", SQUARE, n, orders=0 if n == 0 else 1)
case("matrix_power", WHOLE, 7)
case("matrix_power", BATCH, 3)
case("multi_dot", [V, SQUARE, TALL.T, TALL, W], orders=1)
case("multi_dot", [TALL, SQUARE])
case("multi_dot", [TALL, SQUARE, WIDE[0].T])
case("vecdot", BATCH, V, orders=1)
case("vecdot", BATCH, BATCH, axis=1)
case("vecdot", WHOLE, WHOLE)
case("cross", V, W, orders=2)
case("cross", BATCH, BATCH[::-1], axis=1)
case("outer", V, W, orders=1)
case("diagonal", BATCH, offset=1, orders=1)
case("trace", BATCH, orders=1)
case("trace", BATCH, offset=-1)
case("trace", WHOLE, dtype=np.float32)
case("matmul", SQUARE, TALL.T, orders=1)
case("tensordot", BATCH, SQUARE, axes=1, orders=1)
case("matrix_transpose", BATCH, orders=1)

# -- complex numbers: derivatives are those of `tests/ops/rows.py` ---------------------------------

for x in (Z, Z.astype(np.complex64), ZS, SPIRAL):
    case("eig", x)
    case("eigvals", x)
case("eigvals", SPIRAL + SQUARE, orders=2)
for name in ("inv", "det", "slogdet", "pinv", "qr", "svd", "svdvals", "cond", "matrix_rank"):
    case(name, ZS)
    case(name, Z.astype(np.complex64))
for name in ("pinv", "qr", "svd", "svdvals", "matrix_rank"):
    case(name, ZTALL)
    case(name, ZTALL.T)
for upper in (False, True):
    case("cholesky", HERMITIAN @ HERMITIAN + np.eye(3), upper=upper)
    case("eigh", HERMITIAN, "U" if upper else "L")
    case("qr", ZTALL, "complete" if upper else "r")
case("eigvalsh", HERMITIAN)
case("svd", HERMITIAN, hermitian=True)
case("pinv", HERMITIAN, hermitian=True)
case("matrix_rank", HERMITIAN, hermitian=True)
for order in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf):
    case("norm", Z, order, orders=1)
    case("cond", Z, "fro" if order is None else order)
case("norm", Z, axis=0)
case("solve", Z, V, orders=1)
case("solve", ZS, ZTALL[:3])
case("lstsq", ZTALL, Z[0, 0] * TALL[:, :2], orders=1)
case("lstsq", ZTALL.T, V * 1j)
case("matrix_power", Z, -2)
case("multi_dot", [ZTALL, Z, V])
case("tensorsolve", np.multiply.outer(Z, np.eye(2)).transpose(0, 2, 1, 3), ZTALL[:3, :2])
case("tensorinv", Z, ind=1)

CASES = to_second_order(CASES)
