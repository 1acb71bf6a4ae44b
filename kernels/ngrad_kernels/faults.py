"""Matrices that linear algebra cannot take, and how it says so on every device."""

from __future__ import annotations

from typing import Any

WRONG = {"cholesky": "is not positive definite", "triangular_solve": "is singular"}
"""What is wrong with a matrix, by op."""
OPS = tuple(WRONG)


class BadMatrix(ValueError):
    """A matrix that an op cannot take.

    Examples
    --------
    >>> print(BadMatrix("cholesky", (1, 0)))
    cholesky: matrix [1, 0] of the batch is not positive definite
    """

    def __init__(self, op: str, which: tuple[Any, ...]) -> None:
        matrix = f"matrix {list(which)} of the batch" if which else "the matrix"
        super().__init__(f"{op}: {matrix} {WRONG[op]}")
