"""The QR factorisation."""

from __future__ import annotations

from typing import Any

from ngrad.graph.layout import Layout, layout
from ngrad.ops.by_kernel import by_routines
from ngrad.ops.complexes import conj
from ngrad.ops.convert import tensor
from ngrad.ops.joining import concat
from ngrad.ops.linalg import half_lower, matrix_transpose
from ngrad.ops.matmul import product
from ngrad.ops.matrices import require_matrices
from ngrad.ops.slicing import strided
from ngrad.ops.triangular import solve
from ngrad.record import apply_now
from ngrad_kernels import factors


def _infer(x: Layout, complete: bool) -> tuple[Layout, Layout]:
    require_matrices("qr", x)
    *batch, rows, columns = x.shape
    inner = rows if complete or rows < columns else columns
    return layout(x.dtype, (*batch, rows, inner)), layout(x.dtype, (*batch, inner, columns))


QR = by_routines("qr", _infer, factors.orthonormal, ("complete",))
"""Q with orthonormal columns and R upper triangular, with a real diagonal; if `complete`, Q is
square."""


@QR.vjp
def _(g: Any, out: Any, x: Any, complete: bool) -> Any:
    # Walter and Lehmann (2010), of matrices of full rank.
    (in_q, in_r), (q, r) = g, out
    rows, columns = x._layout.shape[-2:]
    if rows > columns and complete:
        q, in_q = first(q, in_q, columns)
        r, in_r = (matrix_transpose(part(matrix_transpose(y), 0, columns)) for y in (r, in_r))
    if rows >= columns:
        return (_tall(in_q, in_r, q, r),)
    # The columns beyond a square are Q times those of R.
    beyond = part(in_r, rows, columns)
    in_q = in_q + conj(product(part(x, rows, columns), beyond, False, True))
    square = _tall(in_q, part(in_r, 0, rows), q, part(r, 0, rows))
    return (concat([square, product(conj(q), beyond)], -1),)


def _tall(in_q: Any, in_r: Any, q: Any, r: Any) -> Any:
    lower = half_lower(product(r, in_r, False, True) - product(in_q, q, True))
    whole = in_q + product(conj(q), conj(lower) + matrix_transpose(lower))
    return matrix_transpose(solve(r, matrix_transpose(whole), lower=False))


def first(q: Any, in_q: Any, count: int) -> tuple[Any, Any]:
    """The first orthonormal columns of a square, and their cotangent: the others, a basis of the
    complement, turn as far as they do, and no further.
    """
    side = q._layout.shape[-1]
    if side == count:
        return q, in_q
    more, in_more = part(q, count, side), part(in_q, count, side)
    q, in_q = part(q, 0, count), part(in_q, 0, count)
    return q, in_q - conj(product(more, product(in_more, q, True)))


def part(x: Any, first: int, last: int) -> Any:
    """Columns of matrices, from one up to another."""
    *lead, _ = x._layout.shape
    return strided(x, (*((0, 1, n) for n in lead), (first, 1, last - first)))


def qr(input: Any, full_matrices: bool = False, name: str | None = None) -> tuple[Any, Any]:
    """Q, whose columns are orthonormal (and square, if `full_matrices`), and R, upper triangular,
    with a diagonal that is real.

    The derivative is that of matrices of full rank. Columns of Q that `full_matrices` adds are one
    basis of many, and only what does not depend on the choice has a derivative.

    Examples
    --------
    >>> import ngrad
    >>> q, r = ngrad.linalg.qr([[0.0, 1.0], [-2.0, 0.0]])
    >>> (q @ r).numpy()
    array([[ 0.,  1.],
           [-2.,  0.]], dtype=float32)
    """
    q, r = apply_now(QR, (tensor(input, "qr"),), (bool(full_matrices),))
    return q, r
