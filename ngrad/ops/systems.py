"""Systems, determinants and diagonals of batches of matrices, made of factors and products."""

from __future__ import annotations

import math
from typing import Any

from ngrad.dtypes import int32
from ngrad.errors import ShapeError
from ngrad.graph.op import require
from ngrad.ops.cholesky import cholesky
from ngrad.ops.comparison import greater
from ngrad.ops.complexes import real
from ngrad.ops.convert import cast_to, operands, tensor
from ngrad.ops.creation import eye
from ngrad.ops.exponential import log
from ngrad.ops.inverse import pinv
from ngrad.ops.linalg import adjoint, diag, diag_part
from ngrad.ops.matmul import product
from ngrad.ops.norms import norm, singular_values
from ngrad.ops.reductions import reduce_max, reduce_sum
from ngrad.ops.rolls import roll
from ngrad.ops.shape import reshape
from ngrad.ops.triangular import triangular_solve
from ngrad.replayed import replayed
from ngrad.tensor import Tensor


def logdet(matrix: Any, name: str | None = None) -> Tensor:
    """The logarithm of the determinant of positive definite matrices, which is real.

    Raises
    ------
    LinAlgError
        If a matrix is not positive definite; `slogdet` takes any.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.logdet([[4.0, 0.0], [0.0, 1.0]]).numpy().round(4)
    np.float32(1.3863)
    """
    return 2 * reduce_sum(log(real(diag_part(cholesky(matrix)))), -1)


def cholesky_solve(chol: Any, rhs: Any, name: str | None = None) -> Tensor:
    """The X of A X = B, where the Cholesky factor of A is given.

    Parameters
    ----------
    chol : tensor of shape (..., n, n)
        As `cholesky` gives it.
    rhs : tensor of shape (..., n, k)

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.cholesky_solve([[2.0, 0.0], [0.0, 1.0]], [[4.0], [3.0]]).numpy()
    array([[1.],
           [3.]], dtype=float32)
    """
    return triangular_solve(chol, triangular_solve(chol, rhs), adjoint=True)


def lstsq(
    matrix: Any, rhs: Any, l2_regularizer: Any = 0.0, fast: bool = True, name: str | None = None
) -> Tensor:
    """The X for which |A X - B|**2 + l2_regularizer |X|**2 is least; of several the shortest.

    Parameters
    ----------
    matrix : floating or complex tensor of shape (..., m, n)
    rhs : tensor of shape (..., m, k)
    l2_regularizer : float
        Without one the pseudo-inverse is taken, so a matrix may have any rank.
    fast : bool
        Accepted; either way is the same.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.lstsq([[1.0], [1.0]], [[1.0], [3.0]]).numpy().round(3)
    array([[2.]], dtype=float32)
    """
    a, b = operands("lstsq", matrix, rhs)
    require("lstsq", a._layout, "fc", "floating-point or complex tensors")
    if a.ndim < 2 or b.ndim < 2 or a._layout.shape[-2] != b._layout.shape[-2]:
        raise ShapeError(
            f"lstsq: takes matrices of as many rows, not {a._layout.shape} and {b._layout.shape}"
        )
    if issubclass(type(l2_regularizer), (int, float)) and l2_regularizer == 0:
        return product(pinv(a), b)
    rows, columns = a._layout.shape[-2:]
    wide, turned = rows < columns, adjoint(a)
    square = product(a, turned) if wide else product(turned, a)
    weight = cast_to(tensor(l2_regularizer, "lstsq", a.dtype), a.dtype)
    whole = cholesky(square + weight * eye(min(rows, columns), dtype=a.dtype))
    if wide:
        return product(turned, cholesky_solve(whole, b))
    return cholesky_solve(whole, product(turned, b))


def matrix_rank(
    a: Any, tol: Any = None, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """How many singular values are greater than a bound, in int32.

    Parameters
    ----------
    tol : number, optional
        The larger size times the dtype's epsilon times the largest singular value if not given.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.matrix_rank([[1.0, 2.0], [2.0, 4.0]]).numpy()
    np.int32(1)
    """
    (x,) = operands("matrix_rank", a)
    require("matrix_rank", x._layout, "fc", "floating-point or complex tensors")
    values = singular_values(x)
    if tol is None:
        eps = max(x._layout.shape[-2:]) * float(values.dtype.finfo.eps)
        tol = eps * reduce_max(values, -1, keepdims=True)
    return reduce_sum(cast_to(greater(values, tol), int32), -1)


def normalize(
    tensor: Any, ord: Any = "euclidean", axis: Any = None, name: str | None = None
) -> tuple[Any, Any]:
    """A tensor divided by its norm, and the norm, whose axes stay; arguments are those of `norm`.

    Examples
    --------
    >>> import ngrad
    >>> [x.numpy().tolist() for x in ngrad.linalg.normalize([3.0, 4.0])]
    [[0.6000000238418579, 0.800000011920929], [5.0]]
    """
    (x,) = operands("normalize", tensor)
    length = norm(x, ord, axis, keepdims=True)
    return x / cast_to(length, x.dtype), length


@replayed
def cross(a: Any, b: Any, name: str | None = None) -> Tensor:
    """The cross product of vectors of three elements, the last axis.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.cross([1, 0, 0], [0, 1, 0]).numpy()
    array([0, 0, 1], dtype=int32)
    """
    x, y = operands("cross", a, b)
    if x._layout.shape != y._layout.shape or x._layout.shape[-1:] != (3,):
        raise ShapeError(
            f"cross: takes vectors of three elements, of one shape, not {x._layout.shape} and "
            f"{y._layout.shape}"
        )
    return roll(x, -1, -1) * roll(y, -2, -1) - roll(x, -2, -1) * roll(y, -1, -1)


def tensor_diag(diagonal: Any, name: str | None = None) -> Tensor:
    """A tensor of twice as many axes, with these elements where both halves of an index are equal,
    and zeros elsewhere.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.tensor_diag([[1, 2], [3, 4]]).shape
    (2, 2, 2, 2)
    """
    x = tensor(diagonal, "tensor_diag")
    shape = x._layout.shape
    return reshape(diag(reshape(x, (math.prod(shape),))), (*shape, *shape))


def tensor_diag_part(input: Any, name: str | None = None) -> Tensor:
    """The elements for which both halves of an index are equal.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.tensor_diag_part([[1, 2], [3, 4]]).numpy()
    array([1, 4], dtype=int32)
    """
    x = tensor(input, "tensor_diag_part")
    shape, half = x._layout.shape, x.ndim // 2
    if x.ndim < 2 or shape[:half] != shape[half:]:
        raise ShapeError(f"tensor_diag_part: the halves of shape {shape} differ")
    count = math.prod(shape[:half])
    return reshape(diag_part(reshape(x, (count, count))), shape[:half])
