"""Linear systems: of triangles, of few diagonals, by factors, and of matrices of a form."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ngrad.dtypes import result_type
from ngrad.errors import MatrixShapeError, NumberError
from ngrad.graph.strides import broadcast
from ngrad.numpy import fft
from ngrad.numpy.composed import COMPLEX128, FLOAT64
from ngrad.numpy.convert import array_of
from ngrad.numpy.filled import zeros
from ngrad.numpy.joining import concatenate, stack
from ngrad.numpy.linalg import inv as _inv
from ngrad.numpy.linalg import lstsq as _lstsq
from ngrad.numpy.linalg import solve as _solve
from ngrad.numpy.manipulation import atleast_1d, atleast_2d, roll
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.norms import floats
from ngrad.numpy.ufuncs import UFUNCS
from ngrad.ops.banded import banded
from ngrad.ops.complexes import conj
from ngrad.ops.convert import cast_to, operands
from ngrad.ops.gather import gather
from ngrad.ops.linalg import band, matrix_transpose, unit, with_ones
from ngrad.ops.matrices import require_matrices, require_square, solution
from ngrad.ops.shape import broadcast_to, expand_dims, squeeze
from ngrad.ops.toeplitz import TOEPLITZ
from ngrad.ops.triangular import TRIANGULAR
from ngrad.record import apply_now
from ngrad.scipy.factors import cho_factor, exchanged, triangle
from ngrad.scipy.taken import among, least_floats, matrices, require_finite, single_floats

FORMS = {
    **dict.fromkeys((None, "general", "gen", "banded"), "general"),
    **dict.fromkeys(("upper triangular", "lower triangular"), "triangle"),
    **dict.fromkeys(("symmetric", "sym"), "symmetric"),
    **dict.fromkeys(("hermitian", "her"), "hermitian"),
    **dict.fromkeys(("positive definite", "pos"), "positive"),
    "diagonal": "diagonal",
    "tridiagonal": "tridiagonal",
}
"""What a matrix is assumed to be."""
BANDS = {"general": (-1, -1), "diagonal": (0, 0), "tridiagonal": (1, 1)}
"""How many of its diagonals are read."""
TURNED = ("symmetric", "hermitian", "positive")
"""Of what one triangle is read."""
TRANS = {0: "N", "N": "N", 1: "T", "T": "T", 2: "C", "C": "C"}


def solve_triangular(
    a: Any,
    b: Any,
    trans: Any = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> ndarray:
    """The x of a x = b for triangular a, or its transpose or adjoint; b is a vector, or matrices.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.solve_triangular([[2.0, 0.0], [1.0, 4.0]], [2.0, 5.0], lower=True)
    array([1., 1.])
    """
    if trans not in TRANS:
        raise NumberError(f"solve_triangular: trans is 0, 1, 2, 'N', 'T' or 'C', not {trans!r}")
    x, y = least_floats("solve_triangular", a, b)
    require_finite("solve_triangular", check_finite, x, y)
    if unit_diagonal:
        x = with_ones(x)
    return array_of(_solved(x, y, bool(lower), TRANS[trans]))


def solve_banded(
    l_and_u: Any,
    ab: Any,
    b: Any,
    overwrite_ab: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> ndarray:
    """The x of a x = b for a with few diagonals, in time that grows with its rows; ab[u + i - j, j]
    is a[i, j], and the pair says how many diagonals there are below the main one, and above it.
    b is a vector, or matrices.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.solve_banded((1, 1), [[0, 1, 1], [2, 2, 2], [1, 1, 0]], [3.0, 4.0, 3.0])
    array([1., 1., 1.])
    """
    lower, upper = map(operator.index, l_and_u)
    x, y = operands("solve_banded", single_floats(ab), single_floats(b))
    require_finite("solve_banded", check_finite, x, y)
    # Diagonals by columns are those of the transpose by rows.
    return array_of(banded(x, y, (upper, lower, True), y.ndim == 1))


def solveh_banded(
    ab: Any,
    b: Any,
    overwrite_ab: bool = False,
    overwrite_b: bool = False,
    lower: bool = False,
    check_finite: bool = True,
) -> ndarray:
    """The x of a x = b for a symmetric or Hermitian matrix with few diagonals, of which the upper
    ones are given as for `solve_banded`, or the `lower` ones. It need not be positive definite.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.solveh_banded([[0.0, 1.0, 1.0], [4.0, 4.0, 4.0]], [5.0, 6.0, 5.0])
    array([1., 1., 1.])
    """
    given, y = map(array_of, least_floats("solveh_banded", ab, b))
    require_matrices("solveh_banded", given._read()._layout)
    count = given.shape[-2] - 1
    rows = [given[..., k, :] for k in range(count + 1)]
    rows = rows if lower else rows[::-1]
    # What comes in at the end of a row lies outside of the matrix.
    way = 1 if lower else -1
    turned = [roll(UFUNCS["conjugate"](row), way * k, -1) for k, row in enumerate(rows[1:], 1)]
    above, below = (turned, rows[1:]) if lower else (rows[1:], turned)
    whole = stack([*above[::-1], rows[0].real, *below], -2)
    return solve_banded((count, count), whole, y, check_finite=check_finite)


def _solved(x: Any, y: Any, lower: bool, ways: str) -> Any:
    """By a triangle, by its transpose or by its adjoint ("N", "T", "C"), and so on."""
    found = expand_dims(y, -1) if y.ndim == 1 else y
    for way in ways:
        by = conj(x) if way == "C" else x
        found = apply_now(TRIANGULAR, (by, found), (lower, way != "N"))
    return squeeze(found, -1) if y.ndim == 1 else found


def cho_solve(
    c_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True
) -> ndarray:
    """The x of a x = b for a positive definite matrix, by its Cholesky factor.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.cho_solve(([[2.0, 0.0], [1.0, 2.0]], True), [6.0, 7.0])
    array([1., 1.])
    """
    c, lower = c_and_lower
    x, y = least_floats("cho_solve", c, b)
    require_finite("cho_solve", check_finite, x, y)
    return array_of(_solved(x, y, bool(lower), "NC" if lower else "CN"))


# -- of any square matrix --------------------------------------------------------------------------


def solve(
    a: Any,
    b: Any,
    lower: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    assume_a: Any = None,
    transposed: bool = False,
) -> ndarray:
    """The x of a x = b, or of its transpose. Of a matrix that is assumed to be of a form only what
    that has is read: one triangle if it is symmetric, Hermitian or positive definite.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.solve([[4.0, 1.0], [0.0, 4.0]], [5.0, 5.0], assume_a="sym")
    array([1., 1.])
    """
    form = FORMS.get(assume_a)
    if form is None:
        raise NumberError(f"solve: {assume_a!r} is no form that a matrix is assumed to have")
    x, y = operands("solve", single_floats(atleast_2d(a)), single_floats(atleast_1d(b)))
    require_square("solve", x._layout)
    require_finite("solve", check_finite, x, y)
    if form == "triangle":
        way = "T" if transposed else "N"
        return array_of(_solved(x, y, assume_a == "lower triangular", way))
    x = triangle(x, lower, form) if form in TURNED else band(x, *BANDS[form])
    x = matrix_transpose(x) if transposed else x
    if form == "positive":
        return cho_solve(cho_factor(array_of(x), True), array_of(y), check_finite=False)
    return _solve(array_of(x), array_of(y))


def inv(
    a: Any,
    overwrite_a: bool = False,
    check_finite: bool = True,
    *,
    assume_a: Any = None,
    lower: bool = False,
) -> ndarray:
    """The inverses of square matrices, which may be assumed to be of a form as in `solve`."""
    x = matrices("inv", a, square=True)
    if assume_a in (None, "general", "gen"):
        return _inv(array_of(x))
    return solve(array_of(x), array_of(unit(x)), lower, assume_a=assume_a)


def lu_solve(
    lu_and_piv: Any, b: Any, trans: Any = 0, overwrite_b: bool = False, check_finite: bool = True
) -> ndarray:
    """The x of a x = b, or of its transpose (1) or adjoint (2), by what `lu_factor` gives.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.lu_solve(linalg.lu_factor([[0.0, 2.0], [1.0, 3.0]]), [2.0, 4.0])
    array([1., 1.])
    """
    if trans not in TRANS:
        raise NumberError(f"lu_solve: trans is 0, 1 or 2, not {trans!r}")
    lu, pivots = lu_and_piv
    x, y = least_floats("lu_solve", lu, b)
    require_finite("lu_solve", check_finite, x, y)
    found = y if y.ndim > 1 else expand_dims(y, -1)
    solution("lu_solve", x._layout, found._layout)
    exchanges = np.asarray(pivots)
    if exchanges.shape != x._layout.shape[:-1]:
        raise MatrixShapeError(
            f"lu_solve: matrices of shape {x._layout.shape} take exchanges of shape "
            f"{x._layout.shape[:-1]}, not {exchanges.shape}"
        )
    below = with_ones(x)
    order, way = exchanged(exchanges), TRANS[trans]
    if way == "N":
        found = _solved(x, _solved(below, _rows(found, order), True, "N"), False, "N")
    else:
        found = _rows(_solved(below, _solved(x, found, False, way), True, way), order.argsort(-1))
    return array_of(found if y.ndim > 1 else squeeze(found, -1))


def _rows(x: Any, order: Any) -> Any:
    """Rows of matrices in an order, which for each of a batch is its own."""
    if order.ndim > 1:
        *batch, rows, columns = x._layout.shape
        lead = broadcast(tuple(batch), order.shape[:-1])
        x, order = broadcast_to(x, (*lead, rows, columns)), np.broadcast_to(order, (*lead, rows))
    return gather(x, order, axis=x.ndim - 2, batch_dims=order.ndim - 1)


# -- of matrices of a form -------------------------------------------------------------------------


def _wide(x: Any) -> ndarray:
    """In double precision, in which SciPy has all that is of Toeplitz matrices."""
    x = floats(x)
    return array_of(cast_to(x, COMPLEX128 if x.dtype.is_complex else FLOAT64))


def _column_and_row(c_or_cr: Any) -> tuple[ndarray, ndarray]:
    if isinstance(c_or_cr, tuple):
        column, row = map(_wide, c_or_cr)
        return column, row
    column = _wide(c_or_cr)
    return column, UFUNCS["conjugate"](column)


def solve_toeplitz(c_or_cr: Any, b: Any, check_finite: bool = True) -> ndarray:
    """The x of T x = b, of the Toeplitz matrix of a first column, or a pair of it and a first row;
    by Levinson's recursion, as SciPy's, for which no leading submatrix may be singular.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.solve_toeplitz([2.0, 1.0], [3.0, 3.0]).round(12)
    array([1., 1.])
    """
    column, row = map(atleast_1d, _column_and_row(c_or_cr))
    x, y, rhs = operands("solve_toeplitz", *(z._read() for z in (column, row, _wide(b))))
    require_finite("solve_toeplitz", check_finite, x, y, rhs)
    rows = x._layout.shape[-1]
    if y._layout.shape[-1] != rows or rhs.ndim == 0 or rhs._layout.shape[-min(rhs.ndim, 2)] != rows:
        raise MatrixShapeError(
            f"solve_toeplitz: a column and a row of shapes {column.shape} and {row.shape} take "
            f"{rows} rows, not shape {rhs._layout.shape}"
        )
    if not rows:
        return array_of(rhs)
    line = concatenate([array_of(y)[..., :0:-1], array_of(x)], -1)[..., None, :]
    found = apply_now(TOEPLITZ, (line._read(), rhs if rhs.ndim > 1 else expand_dims(rhs, -1)))
    return array_of(found if rhs.ndim > 1 else squeeze(found, -1))


def matmul_toeplitz(
    c_or_cr: Any, x: Any, check_finite: bool = False, workers: Any = None
) -> ndarray:
    """The product of a Toeplitz matrix and a vector, or matrix, by Fourier transforms.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.matmul_toeplitz([2.0, 1.0], [1.0, 1.0]).round(12)
    array([3., 3.])
    """
    column, row = _column_and_row(c_or_cr)
    given = _wide(x)
    rows, columns = column.size, row.size
    if column.ndim != 1 or row.ndim != 1 or given.ndim not in (1, 2) or len(given) != columns:
        raise MatrixShapeError(
            f"matmul_toeplitz: a column and a row of shapes {column.shape} and {row.shape} take "
            f"{columns} rows, not shape {given.shape}"
        )
    if not rows or not columns:
        return zeros((rows, *given.shape[1:]), result_type(column.dtype, row.dtype, given.dtype))
    around = concatenate([column, row[:0:-1]])
    y = given if given.ndim == 2 else given[:, None]
    real = around.dtype.kind != "c" and y.dtype.kind != "c"
    to, back = (fft.rfft, fft.irfft) if real else (fft.fft, fft.ifft)
    size = rows + columns - 1
    found = back(to(around)[:, None] * to(y, size, axis=0), size, axis=0)[:rows]
    return found if given.ndim == 2 else found[:, 0]


def lstsq(
    a: Any,
    b: Any,
    cond: Any = None,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    lapack_driver: Any = None,
) -> tuple[Any, ...]:
    """As `numpy.linalg.lstsq`, with a rank that is a number, and one rest of a vector's."""
    among("lstsq", "lapack_driver", lapack_driver, (None, "gelsd", "gelsy", "gelss"))
    x, y = operands("lstsq", single_floats(a), single_floats(b))
    bound = float(x.dtype.finfo.eps) if cond is None else cond
    found, rest, rank, values = _lstsq(array_of(x), array_of(y), bound)
    if not rest.size:
        rest = zeros(0, found.dtype)
    return found, rest[0] if found.ndim == 1 and rest.size else rest, int(rank), values
