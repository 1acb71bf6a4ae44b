"""SciPy's `linalg`: functions of matrices, triangular systems, and factors as SciPy returns them.

Arguments that let SciPy overwrite its operands, or not look for NaN, are accepted and mean nothing.
"""

from __future__ import annotations

import operator
from typing import Any

from ngrad.dtypes import BY_CODE
from ngrad.errors import NumberError
from ngrad.numpy.convert import array_of
from ngrad.numpy.linalg import LinAlgError
from ngrad.numpy.linalg import cholesky as _cholesky
from ngrad.numpy.manipulation import atleast_2d
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.norms import floats
from ngrad.numpy.place import located
from ngrad.ops import reductions
from ngrad.ops.banded import banded
from ngrad.ops.complexes import conj
from ngrad.ops.convert import cast_to, operands
from ngrad.ops.creation import ones_of
from ngrad.ops.linalg import band
from ngrad.ops.lu import factors
from ngrad.ops.matmul import product
from ngrad.ops.matrix_functions import EXPM, LOGM, SQRTM
from ngrad.ops.shape import expand_dims, squeeze
from ngrad.ops.triangular import TRIANGULAR
from ngrad.record import apply_now
from ngrad.scipy.missing import missing

__getattr__ = missing("linalg")
INT32 = BY_CODE["i4"]
TRANS = {0: "N", "N": "N", 1: "T", "T": "T", 2: "C", "C": "C"}


# -- functions of matrices -------------------------------------------------------------------------


def expm(A: Any) -> ndarray:
    """The exponential of square matrices; a number is one.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.expm([[0.0, 1.0], [0.0, 0.0]])
    array([[1., 1.],
           [0., 1.]])
    """
    return array_of(apply_now(EXPM, (floats(atleast_2d(A)),)))


def logm(A: Any) -> ndarray:
    """The principal logarithm of square matrices. Where there is none, or where that of a real
    matrix is complex, it raises LinAlgError.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.logm([[1.0, 1.0], [0.0, 1.0]])
    array([[0., 1.],
           [0., 0.]])
    """
    return array_of(apply_now(LOGM, (floats(A),)))


def sqrtm(A: Any) -> ndarray:
    """The principal square root of square matrices. Where there is none, or where that of a real
    matrix is complex, it raises LinAlgError.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.sqrtm([[4.0, 0.0], [0.0, 9.0]])
    array([[2., 0.],
           [0., 3.]])
    """
    return array_of(apply_now(SQRTM, (floats(A),)))


# -- triangular systems ----------------------------------------------------------------------------


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
    x, y = operands("solve_triangular", floats(a), floats(b))
    if unit_diagonal:
        x = x - band(x, 0, 0) + band(ones_of(x._layout.spec), 0, 0)
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
    x, y = operands("solve_banded", floats(ab), floats(b))
    # Diagonals by columns are those of the transpose by rows.
    return array_of(banded(x, y, (upper, lower, True), y.ndim == 1))


def _solved(x: Any, y: Any, lower: bool, ways: str) -> Any:
    """By a triangle, by its transpose or by its adjoint ("N", "T", "C"), and so on."""
    found = expand_dims(y, -1) if y.ndim == 1 else y
    for way in ways:
        by = conj(x) if way == "C" else x
        found = apply_now(TRIANGULAR, (by, found), (lower, way != "N"))
    return squeeze(found, -1) if y.ndim == 1 else found


def cholesky(
    a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> ndarray:
    """The Cholesky factor, upper triangular unless `lower`: that triangle of a is read. A
    number is a matrix.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.cholesky([[4.0, 2.0], [2.0, 5.0]])
    array([[2., 1.],
           [0., 2.]])
    """
    return _cholesky(atleast_2d(a), upper=not lower)


def cho_factor(
    a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> tuple[ndarray, bool]:
    """The Cholesky factor, and whether it is the lower one, for `cho_solve`. The other triangle,
    where SciPy leaves anything, is zero.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.cho_solve(linalg.cho_factor([[4.0, 2.0], [2.0, 5.0]]), [6.0, 7.0])
    array([1., 1.])
    """
    return cholesky(a, lower), lower


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
    x, y = operands("cho_solve", floats(c), floats(b))
    return array_of(_solved(x, y, bool(lower), "NC" if lower else "CN"))


# -- factors ---------------------------------------------------------------------------------------


def lu(
    a: Any,
    permute_l: bool = False,
    overwrite_a: bool = False,
    check_finite: bool = True,
    p_indices: bool = False,
) -> Any:
    """P, L and U with P L U the matrix: a permutation, a lower triangle with ones on its diagonal,
    and an upper triangle. With `permute_l` P L and U; with `p_indices` the rows of L in place of P.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.lu([[0.0, 2.0], [1.0, 3.0]])[2]
    array([[1., 3.],
           [0., 2.]])
    """
    p, lower, upper = factors(floats(a))
    if permute_l:
        return array_of(product(cast_to(p, lower.dtype), lower)), array_of(upper)
    if p_indices:
        p = cast_to(reductions.argmax(p, -1), INT32)
    return array_of(p), array_of(lower), array_of(upper)


__all__ = [
    "LinAlgError", "cho_factor", "cho_solve", "cholesky", "expm", "logm", "lu", "solve_banded",
    "solve_triangular", "sqrtm",
]  # fmt: skip
globals().update(located(globals(), __all__))
