"""The singular value decomposition."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.graph.layout import Layout, layout
from ngrad.ops.convert import floating
from ngrad.ops.eigh import gaps, off_diagonal
from ngrad.ops.hosted import by_lapack
from ngrad.ops.linalg import diag, matrix_transpose
from ngrad.ops.losses import multiply_no_nan
from ngrad.ops.matmul import product
from ngrad.ops.matrices import require_matrices
from ngrad.ops.qr import part
from ngrad.ops.shape import expand_dims
from ngrad.record import apply_now


def _infer(x: Layout, full: bool) -> tuple[Layout, Layout, Layout]:
    require_matrices("svd", x)
    *batch, rows, columns = x.shape
    inner = rows if rows < columns else columns
    left, right = (rows, columns) if full else (inner, inner)
    shapes = (*batch, rows, left), (*batch, inner), (*batch, right, columns)
    u, s, vh = (layout(x.dtype, shape) for shape in shapes)
    return u, s, vh


def _svd(x: Any, full: bool) -> Any:
    return np.linalg.svd(x, full)


SVD = by_lapack("svd", _infer, _svd, ("full",))
"""U, the singular values in descending order, and V^T; if `full`, U and V are square."""


@SVD.vjp
def _(g: Any, out: Any, x: Any, full: bool) -> Any:
    # Giles (2008), 3.2, with the terms of U and V beyond the square (Townsend 2016).
    (in_u, in_s, in_vh), (u, s, vh) = g, out
    rows, columns = x._layout.shape[-2:]
    u, in_u = _first(u, in_u, rows, s._layout.shape[-1])
    v, in_v = _first(matrix_transpose(vh), matrix_transpose(in_vh), columns, s._layout.shape[-1])
    between = 1.0 / (gaps(s) * (expand_dims(s, -2) + expand_dims(s, -1) + diag(1.0 - 2.0 * s)))
    middle = diag(in_s)
    middle = middle + _turned(between, u, in_u) * expand_dims(s, -2)
    middle = middle + _turned(between, v, in_v) * expand_dims(s, -1)
    whole = product(product(u, middle), v, False, True)
    if rows > columns:
        whole = whole + product(_beyond(u, in_u, s), v, False, True)
    if columns > rows:
        whole = whole + product(u, _beyond(v, in_v, s), False, True)
    return (whole,)


def _first(u: Any, in_u: Any, count: int, inner: int) -> tuple[Any, Any]:
    """The columns that belong to singular values, and their cotangent. A basis of the complement
    turns as far as they do, and no further.
    """
    if u._layout.shape[-1] == inner:
        return u, in_u
    more, in_more = part(u, inner, count), part(in_u, inner, count)
    u, in_u = part(u, 0, inner), part(in_u, 0, inner)
    return u, in_u - product(more, product(in_more, u, True))


def _turned(between: Any, u: Any, in_u: Any) -> Any:
    inner = product(u, in_u, True)
    return multiply_no_nan(between, off_diagonal(inner - matrix_transpose(inner)))


def _beyond(u: Any, in_u: Any, s: Any) -> Any:
    """What leads out of the span of U's columns, by the singular values."""
    return multiply_no_nan(1.0 / expand_dims(s, -2), in_u - product(u, product(u, in_u, True)))


def svd(
    tensor: Any, full_matrices: bool = False, compute_uv: bool = True, name: str | None = None
) -> Any:
    """The singular values, descending, and U and V, in TensorFlow's order; the values alone if not
    `compute_uv`.

    Columns of U and V that `full_matrices` adds, and those of equal singular values, are one choice
    of many. What does not depend on the first has a derivative; that by way of the second is not
    finite. Singular values themselves always have one.

    Examples
    --------
    >>> import ngrad
    >>> s, u, v = ngrad.linalg.svd([[0.0, 2.0], [1.0, 0.0]])
    >>> s.numpy()
    array([2., 1.], dtype=float32)
    """
    u, s, vh = apply_now(SVD, (floating(tensor, "svd"),), (bool(full_matrices and compute_uv),))
    return (s, u, matrix_transpose(vh)) if compute_uv else s
