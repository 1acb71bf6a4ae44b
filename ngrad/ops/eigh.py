"""Eigenvalues and eigenvectors of symmetric and Hermitian matrices."""

from __future__ import annotations

import functools
from functools import partial
from typing import Any

from ngrad.devices import HOST
from ngrad.graph.layout import Layout, layout
from ngrad.ops.by_kernel import by_routines
from ngrad.ops.comparison import equal, logical_and, logical_or, not_equal
from ngrad.ops.complexes import conj
from ngrad.ops.convert import tensor as to_tensor
from ngrad.ops.elementwise import cast, select
from ngrad.ops.linalg import diag, hermitian, off_diagonal
from ngrad.ops.matmul import product
from ngrad.ops.matrices import require_square
from ngrad.ops.no_nan import multiply_no_nan
from ngrad.ops.reductions import reduce_any
from ngrad.ops.shape import expand_dims
from ngrad.record import apply, apply_now
from ngrad.tensor import Tensor
from ngrad_kernels import factors


def _infer(x: Layout, lower: bool) -> tuple[Layout, Layout]:
    require_square("eigh", x)
    return layout(x.dtype.real_dtype, x.shape[:-1]), x.spec


def _values_infer(x: Layout, lower: bool) -> Layout:
    require_square("eigvalsh", x)
    return layout(x.dtype.real_dtype, x.shape[:-1])


EIGH = by_routines("eigh", _infer, partial(factors.hermitian, vectors=True), ("lower",), {0: 1})
"""Eigenvalues in ascending order, and the eigenvectors as columns; one triangle is read."""
EIGVALSH = by_routines(
    "eigvalsh", _values_infer, partial(factors.hermitian, vectors=False), ("lower",)
)
"""Eigenvalues alone, which takes half as long, or less. They may differ from those in roundings."""


@EIGVALSH.vjp
def _(g: Any, out: Any, x: Any, lower: bool) -> Any:
    _, vectors = apply(EIGH, (x,), (lower,))
    scaled = conj(vectors) * expand_dims(g, -2)
    return (hermitian(product(scaled, vectors, False, True)),)


@EIGH.vjp
def _(g: Any, out: Any, x: Any, lower: bool) -> Any:
    # Giles (2008), 3.1, with eigenvectors that turn at right angles to themselves; the cotangent is
    # that of Hermitian matrices, as Cholesky's.
    (in_values, in_vectors), (values, vectors) = g, out
    inner = off_diagonal(product(vectors, in_vectors, True)) + chosen(values, in_vectors)
    middle = diag(in_values) + multiply_no_nan(1.0 / gaps(values), inner)
    return (hermitian(product(product(conj(vectors), middle), vectors, False, True)),)


def gaps(values: Any) -> Any:
    """How far the j-th of some values lies above the i-th, at [i, j]; 1 on the diagonal."""
    return expand_dims(values, -2) - expand_dims(values, -1) + diag(0.0 * values + 1.0)


def chosen(values: Any, *cotangents: Any) -> Any:
    """NaN at [i, j] where the i-th and the j-th of some values are equal and a cotangent comes to a
    vector of either, which is one choice of many; and else 0. How such vectors turn may be 0, for a
    function of a matrix is, whose slope is not.
    """
    used = [reduce_any(not_equal(g, 0), -2) for g in cotangents]
    any_ = functools.reduce(logical_or, used)
    pair = logical_or(expand_dims(any_, -2), expand_dims(any_, -1))
    lost = logical_and(pair, equal(gaps(values), 0))
    return cast(select(lost, float("nan"), 0.0), cotangents[0].dtype)


def eigh(tensor: Any, name: str | None = None) -> tuple[Any, Any]:
    """Eigenvalues, ascending, and eigenvectors of symmetric or complex Hermitian matrices.

    The lower triangle is read. The gradient is that of such matrices; by way of eigenvectors of
    equal eigenvalues, which are one choice of many, it is not finite, and has no correct digits if
    they are equal but for rounding: take `expm`, `logm` or `sqrtm` for functions of the matrix.
    Complex eigenvectors are one choice, too, up to factors of modulus 1: functions that these do
    not change, as |v|**2 and v v^H, have a derivative; others get that of vectors which turn at
    right angles to themselves.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.eigh([[2.0, 0.0], [0.0, 1.0]])[0].numpy()
    array([1., 2.], dtype=float32)
    """
    values, vectors = apply_now(EIGH, (to_tensor(tensor, "eigh"),), (True,))
    return values, vectors


def eigvalsh(tensor: Any, name: str | None = None) -> Tensor:
    """The eigenvalues of symmetric or complex Hermitian matrices, ascending.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.eigvalsh([[2.0, 0.0], [0.0, 1.0]]).numpy()
    array([1., 2.], dtype=float32)
    """
    return eigenvalues(to_tensor(tensor, "eigvalsh"))


def eigenvalues(x: Any, lower: bool = True) -> Any:
    """Those of Hermitian matrices, of which a triangle is read. Other devices have a routine that
    finds vectors, too.
    """
    if x._layout.device is HOST:
        return apply_now(EIGVALSH, (x,), (lower,))
    return apply_now(EIGH, (x,), (lower,))[0]
