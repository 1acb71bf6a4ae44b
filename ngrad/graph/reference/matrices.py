"""References of products, of linear algebra and of Fourier transforms, in float64 by NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.graph.reference.folds import wide

Array = np.ndarray[Any, Any]


def _matmul(x: Array, y: Array, transpose_x: bool, transpose_y: bool) -> Any:
    x, y = (
        np.swapaxes(wide(z), -1, -2) if transposed else wide(z)
        for z, transposed in ((x, transpose_x), (y, transpose_y))
    )
    return np.matmul(x, y)


def _triangular_solve(matrix: Array, rhs: Array, lower: bool, adjoint: bool) -> Any:
    triangle = (np.tril if lower else np.triu)(wide(matrix))
    return np.linalg.solve(np.swapaxes(triangle, -1, -2) if adjoint else triangle, wide(rhs))


def _rfft(x: Array) -> Any:
    spectrum = np.fft.rfft(wide(x))
    return np.stack([spectrum.real, spectrum.imag], -1)


def _irfft(x: Array, length: int) -> Any:
    return np.fft.irfft(wide(x[..., 0]) + 1j * wide(x[..., 1]), length, norm="forward")


MATRICES: dict[str, Callable[..., Any]] = {
    "matmul": _matmul,
    "cholesky": lambda x: np.linalg.cholesky(wide(x)),
    "triangular_solve": _triangular_solve,
    "rfft": _rfft,
    "irfft": _irfft,
}
