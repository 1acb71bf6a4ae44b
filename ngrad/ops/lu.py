"""The LU factorisation, with rows exchanged."""

from __future__ import annotations

from functools import partial
from typing import Any

from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.graph.program import Program
from ngrad.ops.batching import elementwise
from ngrad.ops.by_kernel import taken_by
from ngrad.ops.by_library import by_library
from ngrad.ops.convert import cast_to, tensor
from ngrad.ops.creation import ones_of
from ngrad.ops.joining import concat
from ngrad.ops.linalg import band, matrix_transpose
from ngrad.ops.matmul import matrices_of, product
from ngrad.ops.matrices import require_matrices
from ngrad.ops.qr import part
from ngrad.ops.slicing import embed
from ngrad.ops.triangular import solve
from ngrad.record import apply_now
from ngrad_kernels.lapack_steps import Given
from ngrad_kernels.lu_parts import parts


def _infer(x: Layout) -> tuple[Layout, Layout, Layout]:
    require_matrices("lu", x)
    *batch, rows, columns = x.shape
    inner = rows if rows < columns else columns
    shapes = (*batch, rows, rows), (*batch, rows, inner), (*batch, inner, columns)
    p, lower, upper = map(layout, (x.dtype.real_dtype, x.dtype, x.dtype), shapes)
    return p, lower, upper


def _prepare(inputs: tuple[Layout, ...], outs: tuple[Layout, ...]) -> tuple[Any, Any]:
    own = by_library("lu", {}, False, inputs, outs, {})
    if own is not None:
        return own
    if not any(where.size for where in outs):
        return Program(), outs
    (x,) = inputs
    *batch, rows, columns = x.shape
    code, lies = x.dtype.code, matrices_of(x, batch)
    given = Given(code, code, tuple(batch), rows, columns, lies)
    return taken_by("lu", parts(given), outs, tuple(batch)), outs


LU = Op("lu", _infer, _prepare, family="linalg")
"""A permutation matrix P, L lower triangular with ones on its diagonal, and U upper triangular."""
LU.batch(partial(elementwise, LU))


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
