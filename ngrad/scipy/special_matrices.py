"""Matrices of a form, of vectors along the last axis, also of several; and of numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.errors import MatrixShapeError, NumberError
from ngrad.numpy.creation import asarray, eye, zeros_like
from ngrad.numpy.editing import pad
from ngrad.numpy.joining import concatenate
from ngrad.numpy.manipulation import atleast_1d, atleast_2d
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.selection import take
from ngrad.numpy.triangles import diag
from ngrad.numpy.ufuncs import UFUNCS


def _places(rows: int, columns: int, step: int) -> Any:
    """Of each element, the number of its diagonal (for a step of -1), or of its antidiagonal."""
    return np.arange(rows)[:, None] + step * np.arange(columns)


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
    row = UFUNCS["conjugate"](column) if r is None else atleast_1d(asarray(r))
    rows, columns = column.shape[-1], row.shape[-1]
    values = concatenate([column[..., ::-1], row[..., 1:]], -1)
    return take(values, rows - 1 - _places(rows, columns, -1), -1)


def hankel(c: Any, r: Any = None) -> ndarray:
    """Matrices with the same element along each antidiagonal: of a first column, and of a last row,
    which is zero if it is not given, and whose first element is not looked at.

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
    that is not 0, which is not looked at.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.companion([1, -3, 2])
    array([[ 3., -2.],
           [ 1.,  0.]])
    """
    x = asarray(a)
    if x.ndim != 1 or x.size < 2:
        raise MatrixShapeError(f"companion: takes two factors or more, not of shape {x.shape}")
    first = -x[1:] / (1.0 * x[0])
    n = first.size
    return concatenate([first[None], eye(n - 1, n, dtype=first.dtype)], 0)


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
    if first.ndim != 1 or shares.ndim != 1 or shares.size != first.size - 1 or not shares.size:
        raise MatrixShapeError(
            f"leslie: takes vectors of n > 1 and n - 1 elements, not {first.shape}, {shares.shape}"
        )
    return concatenate([first[None], pad(diag(shares), ((0, 0), (0, 1)))], 0)


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
    if x.shape not in ((M,), (N,)):
        raise MatrixShapeError(f"diagsvd: takes {M} or {N} values, not of shape {x.shape}")
    part = diag(x)
    return pad(part, ((0, M - x.size), (0, N - x.size)))


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
    if any(x.ndim > 2 for x in blocks):
        raise MatrixShapeError(f"block_diag: takes matrices, not {[x.shape for x in blocks]}")
    width = sum(x.shape[1] for x in blocks)
    rows, before = [], 0
    for x in blocks:
        rows.append(pad(x, ((0, 0), (before, width - before - x.shape[1]))))
        before += x.shape[1]
    return concatenate(rows, 0)


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


def _of_numbers(name: str, what: str) -> Callable[..., ndarray]:
    def made(*args: Any, **kwargs: Any) -> ndarray:
        import scipy.linalg

        return asarray(getattr(scipy.linalg, name)(*args, **kwargs))

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
