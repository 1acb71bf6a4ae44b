"""Eigenvalues and eigenvectors of square matrices, which are complex numbers."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ngrad.devices import HOST
from ngrad.dtypes import BY_CODE
from ngrad.graph.layout import Layout, layout
from ngrad.ops.by_kernel import by_routines
from ngrad.ops.comparison import greater
from ngrad.ops.complexes import conj
from ngrad.ops.convert import cast_to
from ngrad.ops.convert import tensor as to_tensor
from ngrad.ops.eigh import chosen, gaps
from ngrad.ops.elementwise import select
from ngrad.ops.factored import solved
from ngrad.ops.linalg import diag, diag_part, matrix_transpose, off_diagonal
from ngrad.ops.matmul import product
from ngrad.ops.matrices import require_square
from ngrad.ops.no_nan import multiply_no_nan
from ngrad.ops.reductions import reduce_max, reduce_min
from ngrad.ops.shape import expand_dims
from ngrad.ops.svd import singular_values
from ngrad.record import apply, apply_now
from ngrad.tensor import Tensor
from ngrad_kernels import factors
from ngrad_kernels.codes import pair_of


def _infer(x: Layout) -> tuple[Layout, Layout]:
    require_square("eig", x)
    dtype = x.dtype if x.dtype.is_complex else BY_CODE[pair_of(x.dtype.code)]
    return layout(dtype, x.shape[:-1]), layout(dtype, x.shape)


def _values_infer(x: Layout) -> Layout:
    require_square("eigvals", x)
    return _infer(x)[0]


EIG = by_routines("eig", _infer, partial(factors.square, vectors=True), ())
"""Eigenvalues in no order, and the eigenvectors as columns, of length 1; complex numbers all."""
EIGVALS = by_routines("eigvals", _values_infer, partial(factors.square, vectors=False), ())
"""Eigenvalues alone, in less time. They may differ from those in roundings, and in order."""


@EIG.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    # With C = V^-1 dA V, a value changes by the diagonal of C, and V by V C / gaps; of which each
    # vector leaves out what is along itself.
    (in_values, in_vectors), (values, vectors) = g, out
    inner = product(vectors, in_vectors, True)
    along = product(vectors, conj(vectors), True) * expand_dims(diag_part(inner), -2)
    turn = off_diagonal(inner - along) + chosen(values, in_vectors)
    middle = diag(in_values) + multiply_no_nan(1.0 / gaps(values), turn)
    return (_turned_back(vectors, product(middle, matrix_transpose(vectors))),)


@EIGVALS.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    _, vectors = apply(EIG, (x,))
    return (_turned_back(vectors, expand_dims(g, -1) * matrix_transpose(vectors)),)


def _turned_back(vectors: Any, whole: Any) -> Any:
    """A cotangent from the eigenvectors' axes, by V^-T; NaN of too few of them."""
    found = solved(apply, matrix_transpose(vectors), whole)
    return select(_span(vectors), found, float("nan"))


def _span(vectors: Any) -> Any:
    """Whether there are as many eigenvectors as rows; if not, no value has a derivative."""
    sizes = singular_values(apply, vectors)
    least = float(np.finfo(sizes.dtype.numpy_dtype).eps) * int(vectors._layout.shape[-1])
    span = greater(reduce_min(sizes, -1), reduce_max(sizes, -1) * least)
    return expand_dims(expand_dims(span, -1), -1)


def eig(tensor: Any, name: str | None = None) -> tuple[Any, Any]:
    """Eigenvalues, in no order, and eigenvectors of square matrices, as columns of length 1.

    They are complex numbers, of real matrices too. Eigenvalues that are apart have derivatives.
    Eigenvectors are one choice of many, up to factors of modulus 1: functions that these do not
    change, as |v|**2 and v v^H, have a derivative; others get that of vectors which turn at right
    angles to themselves. By way of eigenvectors of equal eigenvalues it is wrong, as of `eigh`;
    where a matrix has fewer eigenvectors than rows there is none, which is NaN.

    Raises
    ------
    LinAlgError
        Where it is called, if a number is not finite.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.eig([[2.0, 0.0], [0.0, 1.0]])[0].numpy()
    array([2.+0.j, 1.+0.j], dtype=complex64)
    """
    return decomposed(to_tensor(tensor, "eig"))


def decomposed(x: Any) -> tuple[Any, Any]:
    """As `eig`, of a tensor."""
    if x._layout.device is not HOST:  # whose routine is of complex matrices
        x = cast_to(x, _infer(x._layout)[0].dtype)
    values, vectors = apply_now(EIG, (x,))
    return values, vectors


def eigvals(tensor: Any, name: str | None = None) -> Tensor:
    """The eigenvalues of square matrices, in no order: complex numbers, of real matrices too.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.eigvals([[2.0, 0.0], [0.0, 1.0]]).numpy()
    array([2.+0.j, 1.+0.j], dtype=complex64)
    """
    return eigenvalues(to_tensor(tensor, "eigvals"))


def eigenvalues(x: Any) -> Any:
    """Those of square matrices. Other devices have a routine that finds vectors, too."""
    if x._layout.device is HOST:
        return apply_now(EIGVALS, (x,))
    return decomposed(x)[0]
