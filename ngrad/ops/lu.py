"""The LU factorisation, with rows exchanged."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.graph.layout import Layout, layout
from ngrad.ops.convert import cast_to, tensor
from ngrad.ops.creation import ones_of
from ngrad.ops.hosted import by_lapack
from ngrad.ops.joining import concat
from ngrad.ops.linalg import band, matrix_transpose
from ngrad.ops.matmul import product
from ngrad.ops.matrices import require_finite, require_matrices
from ngrad.ops.qr import part
from ngrad.ops.slicing import embed
from ngrad.ops.triangular import solve
from ngrad.record import apply_now


def _infer(x: Layout) -> tuple[Layout, Layout, Layout]:
    require_matrices("lu", x)
    *batch, rows, columns = x.shape
    inner = rows if rows < columns else columns
    shapes = (*batch, rows, rows), (*batch, rows, inner), (*batch, inner, columns)
    p, lower, upper = map(layout, (x.dtype.real_dtype, x.dtype, x.dtype), shapes)
    return p, lower, upper


def _lu(x: Any) -> Any:
    from scipy.linalg import lu

    require_finite(x)
    p, lower, upper = lu(x, check_finite=False)
    if x.size == 0:  # SciPy exchanges no rows where there are no columns, and gives none
        p = np.eye(x.shape[-2])
    return p.real, lower, upper  # SciPy's is complex of matrices of one complex number


LU = by_lapack("lu", _infer, _lu, package="scipy")
"""A permutation matrix P, L lower triangular with ones on its diagonal, and U upper triangular."""


@LU.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    # While the rows stay exchanged as they are: dL = L tril(F, -1) and dU = triu(F) U with
    # F = L^-1 P^T dA U^-1, L and U made square by ones on their diagonals (de Hoog et al. 2011).
    (_, in_lower, in_upper), (p, lower, upper) = g, out
    rows, columns = x._layout.shape[-2:]
    lower = concat([lower, *_missing(x, rows, columns, -1)], -1)
    upper = concat([upper, *_missing(x, columns, rows, -2)], -2)
    below = product(lower, _filled(in_lower, x), True)
    above = product(_filled(in_upper, x), upper, False, True)
    inner = below - band(below, 0, -1) + band(above, 0, -1)
    half = solve(lower, inner, transposed=True)
    whole = solve(upper, matrix_transpose(half), lower=False)
    return (product(cast_to(p, x.dtype), matrix_transpose(whole)),)


def _missing(x: Any, side: int, inner: int, axis: int) -> list[Any]:
    """Of identity matrices, the columns (or rows, for an axis of -2) beyond the inner ones."""
    if side <= inner:
        return []
    where = x._layout
    unit = band(ones_of(layout(x.dtype, (*where.shape[:-2], side, side), None, where.device)), 0, 0)
    beyond = part(unit, inner, side)
    return [matrix_transpose(beyond) if axis == -2 else beyond]


def _filled(y: Any, x: Any) -> Any:
    """A cotangent with zeros up to the shape of the matrices themselves."""
    return embed(y, 0, x._layout.shape, tuple((0, 1, n) for n in y._layout.shape))


def factors(matrices: Any) -> tuple[Any, Any, Any]:
    """P, L and U of matrices, as SciPy's `lu`. Nothing flows back through P."""
    p, lower, upper = apply_now(LU, (tensor(matrices, "lu"),))
    return p, lower, upper
