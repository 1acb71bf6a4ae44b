"""Systems of Toeplitz matrices, by Levinson's recursion, in time that grows with the square of the
size; their derivatives are solutions of others.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.errors import ShapeError
from ngrad.graph.layout import Layout, layout
from ngrad.ops.hosted import by_lapack
from ngrad.ops.matmul import product
from ngrad.ops.matrices import batch_shape, require_matrices
from ngrad.ops.reductions import reduce_sum
from ngrad.ops.shape import reshape
from ngrad.ops.slicing import embed, strided
from ngrad.record import apply


def _infer(diagonals: Layout, rhs: Layout) -> Layout:
    require_matrices("toeplitz", diagonals)
    rows = rhs.shape[-2]
    if diagonals.dtype is not rhs.dtype or diagonals.shape[-2:] != (1, 2 * rows - 1):
        raise ShapeError(
            f"toeplitz: {diagonals.dtype.name} diagonals of shape {diagonals.shape} take right-hand"
            f" sides of half as many rows, not {rhs.dtype.name} of shape {rhs.shape}"
        )
    batch = batch_shape("toeplitz", diagonals.shape, rhs.shape)
    return layout(rhs.dtype, (*batch, rows, rhs.shape[-1]))


def _toeplitz(diagonals: Any, rhs: Any) -> Any:
    from scipy.linalg import solve_toeplitz

    rows, batch = rhs.shape[-2], np.broadcast_shapes(diagonals.shape[:-2], rhs.shape[:-2])
    lines = np.broadcast_to(diagonals[..., 0, :], (*batch, 2 * rows - 1))
    right = np.broadcast_to(rhs, (*batch, *rhs.shape[-2:]))
    found = np.empty(right.shape, rhs.dtype)
    for at in np.ndindex(batch) if found.size else ():
        pair = lines[at][rows - 1 :], lines[at][rows - 1 :: -1]
        found[at] = solve_toeplitz(pair, right[at], check_finite=False)
    return found


TOEPLITZ = by_lapack("toeplitz", _infer, _toeplitz, package="scipy")
"""The X of T X = B, of matrices by their diagonals, from the upper right to the lower left: of
shape (..., 1, 2 n - 1). Its leading submatrices are regular, too.
"""


@TOEPLITZ.vjp
def _(g: Any, out: Any, diagonals: Any, rhs: Any) -> Any:
    # The transpose has its diagonals in reverse; and what is along one of them adds up.
    in_rhs = apply(TOEPLITZ, (_reverse(diagonals), g))
    return -_along_diagonals(product(in_rhs, out, False, True)), in_rhs


def _all(shape: Any) -> tuple[Any, ...]:
    return tuple((0, 1, n) for n in shape)


def _reverse(x: Any) -> Any:
    """Elements of rows, the last one first."""
    *lead, n = x._layout.shape
    return strided(x, (*_all(lead), (n - 1, -1, n)))


def _along_diagonals(x: Any) -> Any:
    """The sums of square matrices along each diagonal, in the order above. Rows of one element less
    than they take begin one further right each, so that what adds up is one below the other.
    """
    *lead, n, _ = x._layout.shape
    wide = embed(_reverse(x), False, (*lead, n, 2 * n), _all(x._layout.shape))
    flat = reshape(wide, (*lead, 2 * n * n))
    lines = strided(flat, (*_all(lead), (0, 1, n * (2 * n - 1))))
    return reduce_sum(reshape(lines, (*lead, n, 2 * n - 1)), -2, keepdims=True)
