"""What ops on batches of matrices share, and the errors for matrices that an op cannot take."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ngrad.errors import DTypeError, LinAlgError, MatrixShapeError, ShapeError
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import require
from ngrad.graph.strides import broadcast
from ngrad_kernels.arrays import WRITEABLE, array_over

WRONG = {
    "cholesky": "is not positive definite",
    **dict.fromkeys(("triangular_solve", "inv", "lu_factor", "banded_solve"), "is singular"),
    "lu": "has no factors, as a NaN or an infinity is in it",
    **dict.fromkeys(
        ("eig", "eigvals"), "has no eigenvalues that converge; is a NaN or an infinity in it?"
    ),
    "toeplitz": "is singular, or one of its leading submatrices is",
    "sylvester": "has no eigenvalues that converge; is a NaN or an infinity in one of them?",
    **dict.fromkeys(
        (
            "eigh",
            "eigvalsh",
            "svd",
            "svdvals",
            "polar",
            "pinv",
            "lstsq",
            "adjugate",
            "adjugate_along",
        ),
        "has no factors that converge; is a NaN or an infinity in it?",
    ),
    "logm": "has no logarithm of its dtype; cast it to a complex one, if it is not singular",
    "sqrtm": "has no square root of its dtype; cast it to a complex one, if it is not singular",
}
"""What is wrong with a matrix, by op."""
ASKED = {"lu_factor": "solve", "toeplitz": "solve_toeplitz"}
"""By op the one that was asked for, where this is another."""

Matrix = np.ndarray[Any, Any]


def array_at(where: Layout) -> Callable[..., Matrix]:
    """A routine that gives the NumPy array of a layout at an address, whose memory the caller
    holds, or the array: that of its `owner`.
    """
    kind, ndim, words = where.dtype.numpy_dtype, where.ndim, where.words

    def at(address: int, owner: Any = None, lies: Layout = where) -> Matrix:  # it holds the words
        return array_over(kind, ndim, words, address, owner, WRITEABLE)

    return at


def batch_shape(op: str, x: tuple[int, ...], y: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that the batch axes of two batches of matrices broadcast to.

    Raises
    ------
    ShapeError
        Naming the op and the shapes.
    """
    if x[:-2] == y[:-2]:
        return x[:-2]
    try:
        return broadcast(x[:-2], y[:-2])
    except ValueError:
        raise ShapeError(
            f"{op}: the batch axes of shapes {x} and {y} could not be broadcast together; "
            "all but the last two axes must be equal, or 1"
        ) from None


def require_matrices(op: str, where: Layout) -> None:
    """Raise unless a layout is of matrices of floats or complex numbers.

    Raises
    ------
    DTypeError, MatrixShapeError
        Naming the op and what it was given.
    """
    require(op, where, "fc", "matrices of floats or complex numbers")
    if where.ndim < 2:
        raise MatrixShapeError(f"{op}: takes matrices, not shape {where.shape}")


def require_square(op: str, where: Layout) -> None:
    """Raise unless a layout is of square matrices of floats or complex numbers.

    Raises
    ------
    DTypeError, MatrixShapeError
        Naming the op and what it was given.
    """
    require(op, where, "fc", "matrices of floats or complex numbers")
    if where.ndim < 2 or where.shape[-1] != where.shape[-2]:
        raise MatrixShapeError(
            f"{op}: takes square matrices, whose last two axes are of one size, not shape "
            f"{where.shape}"
        )


def solution(op: str, matrix: Layout, rhs: Layout) -> Layout:
    """What a system of square matrices and right-hand sides gives.

    Raises
    ------
    DTypeError, ShapeError
        Naming the op and what it was given.
    """
    require_square(op, matrix)
    if matrix.dtype is not rhs.dtype:
        raise DTypeError(
            f"{op}: operands must have one dtype, not {matrix.dtype.name}, {rhs.dtype.name}"
        )
    if rhs.ndim < 2 or rhs.shape[-2] != matrix.shape[-1]:
        raise ShapeError(
            f"{op}: a matrix of shape {matrix.shape} takes right-hand sides of shape "
            f"(..., {matrix.shape[-1]}, k), not {rhs.shape}"
        )
    batch = batch_shape(op, matrix.shape, rhs.shape)
    return layout(rhs.dtype, (*batch, *rhs.shape[-2:]))


def require_finite(matrices: Matrix) -> None:
    """Raise if a NaN or an infinity is in matrices, of which LAPACK may give finite factors, or
    never come to an end.

    Raises
    ------
    numpy.linalg.LinAlgError
    """
    if not np.isfinite(matrices).all():
        raise np.linalg.LinAlgError("a NaN or an infinity is in a matrix")


def matrix_words(where: Layout) -> list[int]:
    """How many matrices there are, and their rows and columns: what libraries are told."""
    return [math.prod(where.shape[:-2]), *where.shape[-2:]]


def bad_matrix(op: str, matrices: Matrix, is_good: Callable[[Matrix], bool]) -> LinAlgError:
    """The error for a batch in which a matrix is not good; it names the first."""
    first = next(k for k in np.ndindex(matrices.shape[:-2]) if not is_good(matrices[k]))
    return _error(op, first)


class Batch(NamedTuple):
    """Matrices that an op may find wrong on a device, by the shape of their batch."""

    op: str
    batch: tuple[int, ...]

    def error(self, least: int, greatest: int) -> LinAlgError:
        """The error for the place of a matrix in the batch, in row-major order."""
        return _error(self.op, np.unravel_index(least, self.batch) if self.batch else ())


def _error(op: str, which: tuple[Any, ...]) -> LinAlgError:
    matrix = f"matrix {[int(k) for k in which]} of the batch" if which else "the matrix"
    return LinAlgError(f"{ASKED.get(op, op)}: {matrix} {WRONG[op]}")
