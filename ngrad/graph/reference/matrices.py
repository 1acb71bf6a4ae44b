"""References of products, of linear algebra and of Fourier transforms, in float64 by NumPy."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.graph.reference.folds import wide

Array = np.ndarray[Any, Any]


def _matmul(x: Array, *others: Array, transpose_x: bool, transpose_y: bool) -> Any:
    x, y = (
        np.swapaxes(wide(z), -1, -2) if transposed else wide(z)
        for z, transposed in ((x, transpose_x), (others[0] if others else x, transpose_y))
    )
    return np.matmul(x, y)


def _triangular_solve(matrix: Array, rhs: Array, lower: bool, transposed: bool) -> Any:
    triangle = (np.tril if lower else np.triu)(wide(matrix))
    return np.linalg.solve(np.swapaxes(triangle, -1, -2) if transposed else triangle, wide(rhs))


def _lu_factor(x: Array, precise: bool) -> Any:
    from scipy.linalg import lu_factor

    packed, pivots = wide(x).copy(), np.empty((*x.shape[:-1], 1), np.int32)
    for at in np.ndindex(x.shape[:-2]):
        packed[at], pivots[at][:, 0] = lu_factor(packed[at])
    return packed, pivots + 1


def _solve(factors: Array, pivots: Array, rhs: Array, matrix: Array, transposed: bool) -> Any:
    return np.linalg.solve(wide(np.swapaxes(matrix, -1, -2) if transposed else matrix), wide(rhs))


def _fft(x: Array, inverse: bool) -> Any:
    return np.fft.ifft(wide(x), norm="forward") if inverse else np.fft.fft(wide(x))


def _irfft(x: Array, length: int) -> Any:
    return np.fft.irfft(wide(x), length, norm="forward")


def _inverse_of_part(x: Array, cutoff: Array, hermitian: bool) -> Any:
    return np.linalg.pinv(wide(x), wide(cutoff)[..., 0, 0], hermitian)


def _lstsq(matrix: Array, rhs: Array, cutoff: Array) -> Any:
    found = np.matmul(_inverse_of_part(matrix, cutoff, False), wide(rhs))
    values = np.linalg.svd(wide(matrix), compute_uv=False)
    ranks = (values > wide(cutoff)[..., 0] * values.max(-1, initial=0, keepdims=True)).sum(-1)
    lead = found.shape[:-2]
    sizes = np.broadcast_to(values, (*lead, values.shape[-1]))
    return found, np.broadcast_to(ranks.astype(np.int32), lead), sizes


def _adjugate(x: Array) -> Any:
    """By minors, each the determinant of what is left without a row and a column."""
    x, n = wide(x), range(x.shape[-1])
    found = np.empty_like(x)
    for i, j in itertools.product(n, n):
        minor = np.delete(np.delete(x, i, -2), j, -1)
        found[..., j, i] = (-1) ** (i + j) * np.linalg.det(minor)
    return found


def _adjugate_along(x: Array, way: Array) -> Any:
    """By the adjugates along a circle, as they are polynomials of how far to go."""
    roots = np.exp(2j * np.pi * np.arange(x.shape[-1] + 1) / (x.shape[-1] + 1))
    found = sum(_adjugate(x + root * way) / root for root in roots) / len(roots)
    return found if "c" in (x.dtype.kind, way.dtype.kind) else found.real


def _by_scipy(name: str) -> Callable[[Array, bool], Any]:
    def function(x: Array, paired: bool) -> Any:
        import scipy.linalg

        apart = [getattr(scipy.linalg, name)(wide(x)[at]) for at in np.ndindex(x.shape[:-2])]
        found = np.array(apart, np.complex128).reshape(x.shape)
        return found if paired or x.dtype.kind == "c" else found.real

    return function


def _lu(x: Array) -> Any:
    import scipy.linalg

    p, lower, upper = scipy.linalg.lu(wide(x))
    return p.real, lower, upper


def _banded_solve(bands: Array, rhs: Array, lower: int, upper: int, transposed: bool) -> Any:
    """By the whole matrix."""
    rows = bands.shape[-1]
    whole = np.zeros((*bands.shape[:-2], rows, rows), wide(bands).dtype)
    for k, i in itertools.product(range(lower + upper + 1), range(rows)):
        if 0 <= i + k - lower < rows:
            whole[..., i, i + k - lower] = bands[..., k, i]
    return np.linalg.solve(whole.swapaxes(-1, -2) if transposed else whole, wide(rhs))


def _polar(x: Array) -> Any:
    u, _, vh = np.linalg.svd(wide(x), full_matrices=False)
    return u @ vh


def _toeplitz(diagonals: Array) -> Array:
    """The matrices themselves."""
    n = np.arange(diagonals.shape[-1] // 2 + 1)
    return diagonals[..., 0, n[:, None] - n + n[-1]]


def _sylvester(a: Array, b: Array, q: Array) -> Any:
    """By the system that it is, of q's rows one after the other."""
    a, b, q = map(wide, (a, b, q))
    rows, columns = q.shape[-2:]
    left = np.einsum("...ij,kl->...ikjl", a, np.eye(columns))
    right = np.einsum("ij,...lk->...ikjl", np.eye(rows), b)
    whole = left + right
    whole = whole.reshape(*whole.shape[:-4], rows * columns, rows * columns)
    flat = q.reshape(*q.shape[:-2], rows * columns, 1)
    return np.linalg.solve(whole, flat).reshape(
        *np.broadcast_shapes(whole.shape[:-2], q.shape[:-2]), rows, columns
    )


MATRICES: dict[str, Callable[..., Any]] = {
    "matmul": _matmul,
    "vecdot": lambda x, y: np.matmul(x[..., None, :], y[..., None])[..., 0, 0],
    "cholesky": lambda x: np.linalg.cholesky(wide(x)),
    "triangular_solve": _triangular_solve,
    "banded_solve": _banded_solve,
    "inv": lambda x: np.linalg.inv(wide(x)),
    "lu_factor": _lu_factor,
    "solve": _solve,
    "pinv": _inverse_of_part,
    "lstsq": _lstsq,
    "det": lambda x: np.linalg.det(wide(x)),
    "slogdet": lambda x: np.linalg.slogdet(wide(x)),
    "adjugate": _adjugate,
    "adjugate_along": _adjugate_along,
    "qr": lambda x, complete: np.linalg.qr(wide(x), "complete" if complete else "reduced"),
    "svd": lambda x, full: np.linalg.svd(wide(x), full),
    "eig": lambda x: np.linalg.eig(x.astype(np.complex128)),
    "svdvals": lambda x: np.linalg.svd(wide(x), compute_uv=False),
    "eigvals": lambda x: np.linalg.eigvals(x.astype(np.complex128)),
    "eigvalsh": lambda x, lower: np.linalg.eigvalsh(wide(x), "L" if lower else "U"),
    "eigh": lambda x, lower: np.linalg.eigh(wide(x), "L" if lower else "U"),
    "lu": _lu,
    "polar": _polar,
    "sylvester": _sylvester,
    "toeplitz": lambda diagonals, rhs: np.linalg.solve(_toeplitz(wide(diagonals)), wide(rhs)),
    **{name: _by_scipy(name) for name in ("expm", "logm", "sqrtm")},
    "fft": _fft,
    "rfft": lambda x: np.fft.rfft(wide(x)),
    "irfft": _irfft,
}
