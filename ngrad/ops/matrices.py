"""What ops on batches of matrices share, and the errors for matrices that an op cannot take."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ngrad.errors import NumberError, ShapeError
from ngrad.graph.layout import Layout
from ngrad.graph.op import require
from ngrad.graph.strides import broadcast

WRONG = {"cholesky": "is not positive definite", "triangular_solve": "is singular"}
"""What is wrong with a matrix, by op."""

Matrix = np.ndarray[Any, Any]


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
            f"{op}: the batch axes of shapes {x} and {y} do not broadcast; "
            "all but the last two axes must be equal, or 1"
        ) from None


def require_square(op: str, where: Layout) -> None:
    """Raise unless a layout is of square matrices of floats.

    Raises
    ------
    DTypeError, ShapeError
        Naming the op and what it was given.
    """
    require(op, where, "f", "floating-point matrices")
    if where.ndim < 2 or where.shape[-1] != where.shape[-2]:
        raise ShapeError(
            f"{op}: takes square matrices, whose last two axes are of one size, not shape "
            f"{where.shape}"
        )


def matrix_words(where: Layout) -> list[int]:
    """How many matrices there are, and their rows and columns: what libraries are told."""
    return [math.prod(where.shape[:-2]), *where.shape[-2:]]


def bad_matrix(op: str, matrices: Matrix, is_good: Callable[[Matrix], bool]) -> NumberError:
    """The error for a batch in which a matrix is not good; it names the first."""
    first = next(k for k in np.ndindex(matrices.shape[:-2]) if not is_good(matrices[k]))
    return _error(op, first)


class Batch(NamedTuple):
    """Matrices that an op may find wrong on a device, by the shape of their batch."""

    op: str
    batch: tuple[int, ...]

    def error(self, least: int, greatest: int) -> NumberError:
        """The error for the place of a matrix in the batch, in row-major order."""
        return _error(self.op, np.unravel_index(least, self.batch) if self.batch else ())


def _error(op: str, which: tuple[Any, ...]) -> NumberError:
    matrix = f"matrix {[int(k) for k in which]} of the batch" if which else "the matrix"
    return NumberError(f"{op}: {matrix} {WRONG[op]}")
