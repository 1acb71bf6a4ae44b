"""Products, traces, diagonals and bands of matrices: what `tf.linalg` makes of other ops."""

from __future__ import annotations

from typing import Any

from ngrad.dtypes import BY_CODE
from ngrad.errors import NumberError, ShapeError
from ngrad.graph.layout import layout
from ngrad.ops import complexes
from ngrad.ops.comparison import equal, less_equal
from ngrad.ops.convert import operands, tensor
from ngrad.ops.creation import ones_of
from ngrad.ops.diagonal import diagonal
from ngrad.ops.elementwise import select
from ngrad.ops.extents import integers
from ngrad.ops.matmul import product
from ngrad.ops.reductions import reduce_sum
from ngrad.ops.scans import CUMSUM
from ngrad.ops.shape import broadcast_to, expand_dims, reshaped, squeeze, transpose
from ngrad.ops.slicing import embed
from ngrad.record import apply
from ngrad.replayed import replayed
from ngrad.tensor import Tensor

INT64 = BY_CODE["i8"]


def matrices(value: Any, what: str) -> Any:
    x = tensor(value, what)
    if x.ndim < 2:
        raise ShapeError(f"{what}: takes matrices, at least two axes, not shape {x._layout.shape}")
    return x


# -- products and transposes -------------------------------------------------------------------


def matvec(
    a: Any, b: Any, transpose_a: bool = False, adjoint_a: bool = False, a_is_sparse: bool = False,
    b_is_sparse: bool = False, name: str | None = None,
) -> Tensor:  # fmt: skip
    """The product of matrices and vectors: (..., m, k) and (..., k) give (..., m); other arguments
    are those of `matmul`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.matvec([[1, 2], [3, 4]], [1, 1]).numpy()
    array([3, 7], dtype=int32)
    """
    if transpose_a and adjoint_a:
        raise NumberError("matvec: transpose_a and adjoint_a exclude each other")
    x, y = operands("matvec", a, b)
    if x.ndim < 2 or y.ndim < 1:
        raise ShapeError(
            f"matvec: takes matrices and vectors, not {x._layout.shape} and {y._layout.shape}"
        )
    x = complexes.conj(x) if adjoint_a else x
    return squeeze(product(x, expand_dims(y, -1), bool(transpose_a or adjoint_a)), -1)


def matrix_transpose(a: Any, name: str = "matrix_transpose", conjugate: bool = False) -> Tensor:
    """The last two axes exchanged, which moves no memory; the elements conjugated, if asked for.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.matrix_transpose([[[1, 2, 3]]]).shape
    (1, 3, 1)
    """
    x = matrices(a, "matrix_transpose")
    n = x.ndim
    turned = transpose(x, (*range(n - 2), n - 1, n - 2))
    return complexes.conj(turned) if conjugate else turned


def adjoint(matrix: Any, name: str | None = None) -> Tensor:
    """The conjugate transpose of matrices; of what is not complex, the transpose.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.adjoint(ngrad.constant([[1 + 1j, 2.0]])).numpy()
    array([[1.-1.j],
           [2.-0.j]])
    """
    return matrix_transpose(matrices(matrix, "adjoint"), conjugate=True)


# -- diagonals and bands -----------------------------------------------------------------------


def diag_part(x: Any, k: int = 0) -> Any:
    """The k-th diagonal of matrices, above the main one for k > 0: a view where memory allows."""
    x = matrices(x, "diag_part")
    rows, columns = x._layout.shape[-2:]
    if k and not -rows < k < columns:
        raise ShapeError(f"diag_part: a matrix of shape {(rows, columns)} has no diagonal {k}")
    return diagonal(x, x.ndim - 2, x.ndim - 1, k)


def diag(diagonal: Any, k: int = 0) -> Any:
    """Square matrices of zeros with a given k-th diagonal."""
    x = tensor(diagonal, "diag")
    if not x._layout.ndim:
        raise ShapeError("diag: takes a tensor of at least one axis")
    *lead, count = x._layout.shape
    side = count + abs(k)
    start = k if k >= 0 else -k * side
    slices = (*[(0, 1, n) for n in lead], (start if count else 0, side + 1, count))
    return reshaped(embed(x, False, (*lead, side * side), slices), (*lead, side, side))


def trace(x: Any, name: str | None = None) -> Tensor:
    """The sum of the main diagonal of matrices.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.trace([[1, 2], [3, 4]]).numpy()
    np.int32(5)
    """
    return reduce_sum(diag_part(matrices(x, "trace")), -1)


@replayed
def band_part(input: Any, num_lower: Any, num_upper: Any, name: str | None = None) -> Tensor:
    """Matrices with zeros outside a band of diagonals; a negative number keeps that whole triangle.

    Parameters
    ----------
    num_lower, num_upper : int
        How many diagonals to keep below and above the main one.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.band_part([[1, 2], [3, 4]], -1, 0).numpy()
    array([[1, 0],
           [3, 4]], dtype=int32)
    """
    x = matrices(input, "band_part")
    (lower,), (upper,) = integers(num_lower, "band_part"), integers(num_upper, "band_part")
    return band(x, lower, upper)


def band(x: Any, lower: int, upper: int) -> Any:
    """As `band_part`, of a tensor; made of ops, so that rules can use it."""
    rows, columns = (_positions(x, n) for n in x._layout.shape[-2:])
    rows = expand_dims(rows, -1)
    bounds = [less_equal(rows - lower, columns)] if lower >= 0 else []
    bounds += [less_equal(columns - upper, rows)] if upper >= 0 else []
    for inside in bounds:
        x = select(broadcast_to(inside, x._layout.shape), x, False)  # of any dtype 0
    return x


def unit(x: Any) -> Any:
    """Matrices with ones on the diagonal, of the shape and dtype of others."""
    return band(ones_of(x._layout.spec), 0, 0)


def with_ones(x: Any) -> Any:
    """Matrices with ones on the diagonal, in place of what is there, which may be anything."""
    rows, columns = (_positions(x, n) for n in x._layout.shape[-2:])
    return select(equal(expand_dims(rows, -1), columns), 1.0, x)


def off_diagonal(x: Any) -> Any:
    """Matrices with zeros on the diagonal."""
    return x - band(x, 0, 0)


def half_lower(x: Any) -> Any:
    """The lower triangle, its diagonal halved: it and its adjoint add up to a Hermitian matrix."""
    return band(x, -1, 0) - 0.5 * band(x, 0, 0)


def hermitian(x: Any) -> Any:
    """The Hermitian part of square matrices."""
    return 0.5 * (x + adjoint(x))


def _positions(x: Any, count: int) -> Any:
    """1, 2, ... on the device of a tensor."""
    return apply(CUMSUM, (ones_of(layout(INT64, (count,), None, x._layout.device)),))
