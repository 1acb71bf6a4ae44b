"""Eigenvalues and eigenvectors of symmetric matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.graph.layout import Layout, layout
from ngrad.ops.convert import floating
from ngrad.ops.hosted import by_lapack
from ngrad.ops.linalg import band, diag, matrix_transpose
from ngrad.ops.losses import multiply_no_nan
from ngrad.ops.matmul import product
from ngrad.ops.matrices import require_square
from ngrad.ops.shape import expand_dims
from ngrad.record import apply_now


def _infer(x: Layout, lower: bool) -> tuple[Layout, Layout]:
    require_square("eigh", x)
    return layout(x.dtype, x.shape[:-1]), x.spec


def _eigh(x: Any, lower: bool) -> Any:
    return np.linalg.eigh(x, "L" if lower else "U")


EIGH = by_lapack("eigh", _infer, _eigh, ("lower",))
"""Eigenvalues in ascending order, and the eigenvectors as columns; one triangle is read."""


@EIGH.vjp
def _(g: Any, out: Any, x: Any, lower: bool) -> Any:
    # Giles (2008), 3.1; the cotangent is that of symmetric matrices, as Cholesky's.
    (in_values, in_vectors), (values, vectors) = g, out
    inner = product(vectors, in_vectors, True)
    middle = diag(in_values) + multiply_no_nan(1.0 / gaps(values), off_diagonal(inner))
    whole = product(product(vectors, middle), vectors, False, True)
    return (0.5 * (whole + matrix_transpose(whole)),)


def gaps(values: Any) -> Any:
    """How far the j-th of some values lies above the i-th, at [i, j]; 1 on the diagonal."""
    return expand_dims(values, -2) - expand_dims(values, -1) + diag(0.0 * values + 1.0)


def off_diagonal(x: Any) -> Any:
    """Square matrices with zeros on the diagonal."""
    return x - band(x, 0, 0)


def eigh(tensor: Any, name: str | None = None) -> tuple[Any, Any]:
    """Eigenvalues, ascending, and eigenvectors of symmetric matrices: the lower triangle is read.

    The gradient is that of symmetric matrices; by way of eigenvectors of equal eigenvalues, which
    are one choice of many, it is not finite.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.eigh([[2.0, 0.0], [0.0, 1.0]])[0].numpy()
    array([1., 2.], dtype=float32)
    """
    values, vectors = apply_now(EIGH, (floating(tensor, "eigh"),), (True,))
    return values, vectors


def eigvalsh(tensor: Any, name: str | None = None) -> Any:
    """The eigenvalues of symmetric matrices, ascending.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.eigvalsh([[2.0, 0.0], [0.0, 1.0]]).numpy()
    array([1., 2.], dtype=float32)
    """
    return eigh(tensor)[0]
