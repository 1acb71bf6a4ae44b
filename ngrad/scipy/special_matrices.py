"""Matrices of a form, of vectors along the last axis, also of several; and of numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.errors import MatrixShapeError, NumberError
from ngrad.numpy.convert import array_of
from ngrad.numpy.creation import asarray, eye
from ngrad.numpy.editing import pad
from ngrad.numpy.filled import zeros_like
from ngrad.numpy.joining import concatenate
from ngrad.numpy.manipulation import atleast_1d, atleast_2d, broadcast_to
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.selection import take
from ngrad.numpy.ufuncs import UFUNCS
from ngrad.ops.linalg import diag
from ngrad.record import state


def _places(rows: int, columns: int, step: int) -> Any:
    """Of each element, the number of its diagonal (for a step of -1), or of its antidiagonal."""
    return np.arange(rows)[:, None] + step * np.arange(columns)


def _alike(*given: ndarray) -> list[ndarray]:
    """Vectors of as many batches each, to which theirs broadcast."""
    if all(x.ndim == 1 for x in given):
        return [*given]
    lead = np.broadcast_shapes(*(x.shape[:-1] for x in given))
    return [broadcast_to(x, (*lead, x.shape[-1])) for x in given]


def toeplitz(c: Any, r: Any = None) -> ndarray:
    """Matrices with the same element along each diagonal: of a first column, and of a first row,
    which is that column's conjugate if it is not given, and whose first element is not looked at.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.toeplitz([1, 2, 3], [1, 4])
    array([[1, 4],
           [2, 1],
           [3, 2]])
    """
    column = atleast_1d(asarray(c))
    row = column.conj() if r is None else atleast_1d(asarray(r))
    rows, columns = column.shape[-1], row.shape[-1]
    column, row = _alike(column, row)
    values = concatenate([column[..., ::-1], row[..., 1:]], -1)
    return take(values, rows - 1 - _places(rows, columns, -1), -1)


def hankel(c: Any, r: Any = None) -> ndarray:
    """Matrices with the same element along each antidiagonal: of a first column, and of a last row,
    which is zero if it is not given, and whose first element is not looked at. Several columns
    give several matrices, as from SciPy 1.19 on; those before take them for one.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.hankel([1, 2, 3])
    array([[1, 2, 3],
           [2, 3, 0],
           [3, 0, 0]])
    """
    column = atleast_1d(asarray(c))
    row = zeros_like(column) if r is None else atleast_1d(asarray(r))
    column, row = _alike(column, row)
    values = concatenate([column, row[..., 1:]], -1)
    return take(values, _places(column.shape[-1], row.shape[-1], 1), -1)


def circulant(c: Any) -> ndarray:
    """Matrices of which each column is the one before, with its last element in front.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.circulant([1, 2, 3])
    array([[1, 3, 2],
           [2, 1, 3],
           [3, 2, 1]])
    """
    column = atleast_1d(asarray(c))
    n = column.shape[-1]
    return take(column, _places(n, n, -1) % n if n else _places(0, 0, -1), -1)


def convolution_matrix(a: Any, n: int, mode: str = "full") -> ndarray:
    """The matrix whose product with v, of n elements, is `convolve(a, v, mode)`.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.convolution_matrix([1, 2], 2)
    array([[1, 0],
           [2, 1],
           [0, 2]])
    """
    x = asarray(a)
    if n <= 0 or x.ndim == 0 or not x.shape[-1]:
        raise NumberError(f"convolution_matrix: of elements, by n > 0, not of {x.shape}, by {n}")
    if mode not in ("full", "same", "valid"):
        raise NumberError(f"convolution_matrix: mode is 'full', 'same' or 'valid', not {mode!r}")
    size = x.shape[-1]
    left = 0 if mode == "full" else min(n, size) - 1
    before = left // 2 if mode == "same" else left
    values = pad(x, ((0, 0),) * (x.ndim - 1) + ((n - 1, n - 1),))
    rows = size + n - 1 - (left if mode == "same" else 2 * left)
    return take(values, n - 1 + before + _places(rows, n, -1), -1)


def companion(a: Any) -> ndarray:
    """The matrix whose eigenvalues are the roots of a polynomial, the highest power's factor first:
    that is not 0, which is looked at, unless a program is recorded.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.companion([1, -3, 2])
    array([[ 3., -2.],
           [ 1.,  0.]])
    """
    x = asarray(a)
    if x.ndim == 0 or x.shape[-1] < 2:
        raise MatrixShapeError(f"companion: takes two factors or more, not of shape {x.shape}")
    if state.window.trace is None and not np.asarray(x)[..., 0].all():
        raise NumberError("companion: the first factor is not 0")
    first = -x[..., 1:] / (1.0 * x[..., :1])
    n = first.shape[-1]
    below = broadcast_to(eye(n - 1, n, dtype=first.dtype), (*first.shape[:-1], n - 1, n))
    return concatenate([first[..., None, :], below], -2)


def leslie(f: Any, s: Any) -> ndarray:
    """The matrix of a population: fecundities in the first row, and below the diagonal what shares
    survive to the next age.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.leslie([0.5, 2.0], [0.25])
    array([[0.5 , 2.  ],
           [0.25, 0.  ]])
    """
    first, shares = asarray(f), asarray(s)
    if not (first.ndim and shares.ndim and 1 <= shares.shape[-1] == first.shape[-1] - 1):
        raise MatrixShapeError(
            f"leslie: takes vectors of n > 1 and n - 1 elements, not {first.shape}, {shares.shape}"
        )
    first, shares = _alike(first, shares)
    return concatenate([first[..., None, :], _diagonal(shares, shares.shape[-1], 1)], -2)


def fiedler(a: Any) -> ndarray:
    """The distances of each two of some numbers.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.fiedler([1, 4])
    array([[0, 3],
           [3, 0]])
    """
    x = atleast_1d(asarray(a))
    return UFUNCS["absolute"](x[..., :, None] - x[..., None, :])


def diagsvd(s: Any, M: int, N: int) -> ndarray:
    """The M by N matrix with singular values on its diagonal.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.diagsvd([3, 1], 2, 3)
    array([[3, 0, 0],
           [0, 1, 0]])
    """
    x = asarray(s)
    if x.shape[-1:] not in ((M,), (N,)):
        raise MatrixShapeError(f"diagsvd: takes {M} or {N} values, not of shape {x.shape}")
    return _diagonal(x, M, N - x.shape[-1])


def block_diag(*arrs: Any) -> ndarray:
    """Matrices one after the other along the diagonal; a vector is a row.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.block_diag([[1, 2]], 3)
    array([[1, 2, 0],
           [0, 0, 3]])
    """
    blocks = [atleast_2d(asarray(x)) for x in arrs or ([],)]
    lead = np.broadcast_shapes(*(x.shape[:-2] for x in blocks))
    width = sum(x.shape[-1] for x in blocks)
    rows, before = [], 0
    for x in blocks:
        whole = broadcast_to(x, (*lead, *x.shape[-2:]))
        ends = ((0, 0),) * (len(lead) + 1) + ((before, width - before - x.shape[-1]),)
        rows.append(pad(whole, ends))
        before += x.shape[-1]
    return concatenate(rows, -2)


def khatri_rao(a: Any, b: Any) -> ndarray:
    """The Kronecker product of each column of a matrix with the same of another.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.khatri_rao([[1, 2]], [[3, 4], [5, 6]])
    array([[ 3,  8],
           [ 5, 12]])
    """
    x, y = asarray(a), asarray(b)
    if x.ndim < 2 or y.ndim < 2 or x.shape[-1] != y.shape[-1]:
        raise MatrixShapeError(
            f"khatri_rao: takes matrices of as many columns, not {x.shape} and {y.shape}"
        )
    found = x[..., :, None, :] * y[..., None, :, :]
    return found.reshape(*found.shape[:-3], x.shape[-2] * y.shape[-2], x.shape[-1])


def _diagonal(x: ndarray, rows: int, right: int) -> ndarray:
    """Matrices of so many rows with a diagonal, and columns of zeros to its right."""
    whole = array_of(diag(x._read()))
    return pad(whole, ((0, 0),) * (x.ndim - 1) + ((0, rows - x.shape[-1]), (0, right)))


def _of_numbers(name: str, what: str) -> Callable[..., ndarray]:
    def made(*args: Any, **kwargs: Any) -> ndarray:
        import scipy.linalg

        found = getattr(scipy.linalg, name)(*args, **kwargs)
        if found.dtype == object:
            raise NumberError(
                f"{name}: its elements are Python integers, which no dtype holds; with exact=False "
                "they are floats"
            )
        return asarray(found)

    made.__name__ = made.__qualname__ = name
    made.__doc__ = f"{what}, with SciPy's arguments."
    return made


hadamard = _of_numbers("hadamard", "The matrix of +1 and -1 whose rows are at right angles")
hilbert = _of_numbers("hilbert", "The matrix of 1 / (i + j + 1)")
invhilbert = _of_numbers("invhilbert", "The inverse of `hilbert`")
pascal = _of_numbers("pascal", "The matrix of binomial coefficients")
invpascal = _of_numbers("invpascal", "The inverse of `pascal`")
helmert = _of_numbers("helmert", "The matrix of contrasts with those before")
dft = _of_numbers("dft", "The matrix of the discrete Fourier transform")
