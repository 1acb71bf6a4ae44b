"""The LU factorisation as TensorFlow has it: both factors in one matrix, and rows by their indices;
and what is computed of these.
"""

from __future__ import annotations

from typing import Any

from ngrad.dtypes import as_dtype, int32
from ngrad.errors import DTypeError, ShapeError
from ngrad.ops.bounds import checked
from ngrad.ops.convert import tensor
from ngrad.ops.gather import gather_rows
from ngrad.ops.linalg import band, unit, with_ones
from ngrad.ops.lu import factors
from ngrad.ops.matmul import product
from ngrad.ops.matrices import require_square
from ngrad.ops.reductions import argmax
from ngrad.ops.shape import broadcast_to
from ngrad.ops.sorting import positions
from ngrad.ops.triangular import triangular_solve
from ngrad.tensor import Tensor


def lu(input: Any, output_idx_type: Any = int32, name: str | None = None) -> tuple[Any, Any]:
    """Factors of square matrices, with rows exchanged: a lower triangular one with ones on its
    diagonal, which are left out, and an upper triangular one, packed in one matrix; and which row
    of the input each row of their product is. `ngrad.scipy.linalg.lu` gives three matrices.

    The derivative is that while the rows stay exchanged as they are.

    Examples
    --------
    >>> import ngrad
    >>> packed, rows = ngrad.linalg.lu([[1.0, 2.0], [2.0, 8.0]])
    >>> packed.numpy(), rows.numpy()
    (array([[ 2. ,  8. ],
           [ 0.5, -2. ]], dtype=float32), array([1, 0], dtype=int32))
    """
    x = tensor(input, "lu")
    require_square("lu", x._layout)
    p, lower, upper = factors(x)
    return lower - band(lower, 0, 0) + upper, argmax(p, -2, as_dtype(output_idx_type))


def lu_solve(
    lower_upper: Any, perm: Any, rhs: Any, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """The X of A X = B by what `lu` gives of A.

    Parameters
    ----------
    lower_upper : tensor of shape (..., n, n)
    perm : integer tensor of shape (..., n)
    rhs : tensor of shape (..., n, k)
    validate_args : bool
        Accepted, and of no effect.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.lu_solve(*ngrad.linalg.lu([[0.0, 2.0], [1.0, 3.0]]), [[4.0], [7.0]]).numpy()
    array([[1.],
           [2.]], dtype=float32)
    """
    packed, rows = _given("lu_solve", lower_upper, perm)
    b = tensor(rhs, "lu_solve", packed.dtype, packed._layout.device)
    lead, n = rows._layout.shape[:-1], rows._layout.shape[-1]
    if b.ndim < 2 or b._layout.shape[-2] != n:
        raise ShapeError(
            f"lu_solve: rhs of shape {b._layout.shape} is not of columns of {n} rows, as matrices "
            f"of shape {packed._layout.shape} are"
        )
    b = broadcast_to(b, (*lead, *b._layout.shape[-2:]))
    exchanged = gather_rows(b, rows, len(lead), len(lead))
    half = triangular_solve(_lower(packed), exchanged)
    return triangular_solve(packed, half, lower=False)


def lu_matrix_inverse(
    lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """The inverse of a matrix by what `lu` gives of it; parameters are those of `lu_solve`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.lu_matrix_inverse(*ngrad.linalg.lu([[0.0, 2.0], [1.0, 3.0]])).numpy()
    array([[-1.5,  1. ],
           [ 0.5,  0. ]], dtype=float32)
    """
    packed, rows = _given("lu_matrix_inverse", lower_upper, perm)
    return lu_solve(packed, rows, unit(packed))


def lu_reconstruct(
    lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """The matrix of which `lu` gives this; parameters are those of `lu_solve`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.lu_reconstruct(*ngrad.linalg.lu([[0.0, 2.0], [1.0, 3.0]])).numpy()
    array([[0., 2.],
           [1., 3.]], dtype=float32)
    """
    packed, rows = _given("lu_reconstruct", lower_upper, perm)
    axis, whole = rows.ndim - 1, product(_lower(packed), band(packed, 0, -1))
    return gather_rows(whole, positions(rows, axis), axis, axis)


def _given(what: str, lower_upper: Any, perm: Any) -> tuple[Any, Any]:
    packed = tensor(lower_upper, what)
    rows = tensor(perm, what, None, packed._layout.device)
    require_square(what, packed._layout)
    if not rows.dtype.is_integer:
        raise DTypeError(f"{what}: perm is of integers, not of {rows.dtype.name}")
    if rows._layout.shape != packed._layout.shape[:-1]:
        raise ShapeError(
            f"{what}: perm of shape {rows._layout.shape} does not go with matrices of shape "
            f"{packed._layout.shape}"
        )
    return packed, checked(what, rows, packed._layout.shape[-1], noun="row")


def _lower(packed: Any) -> Any:
    return band(with_ones(packed), -1, 0)
