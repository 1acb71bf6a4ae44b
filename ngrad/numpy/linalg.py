"""NumPy's `linalg`: factorisations, systems, determinants and products of batches of matrices.

Values are LAPACK's, computed where they are called, so that a matrix that is not taken raises
there: NumPy's LinAlgError.
"""

from __future__ import annotations

import itertools
import operator
from typing import Any

from numpy.linalg import LinAlgError

from ngrad.errors import MatrixShapeError
from ngrad.numpy.calculus import cross as _cross
from ngrad.numpy.convert import array_of, to_tensor
from ngrad.numpy.creation import asarray, eye
from ngrad.numpy.factors import (
    cholesky,
    det,
    eig,
    eigh,
    eigvals,
    eigvalsh,
    qr,
    slogdet,
    svd,
    svdvals,
)
from ngrad.numpy.manipulation import broadcast_to, matrix_transpose
from ngrad.numpy.naming import located
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.norms import cond, matrix_norm, matrix_rank, norm, vector_norm
from ngrad.numpy.out import into
from ngrad.numpy.products import matmul, vecdot
from ngrad.numpy.selection import diagonal as _diagonal
from ngrad.numpy.selection import outer as _outer
from ngrad.numpy.selection import tensordot
from ngrad.numpy.selection import trace as _trace
from ngrad.numpy.systems import inv, lstsq, pinv, solve, tensorinv, tensorsolve
from ngrad.ops.convert import operands
from ngrad.ops.einsum import einsum
from ngrad.ops.matrix_chain import chained
from ngrad.ops.shape import normal_axis, reshape

LETTERS = 26
"""How many axes have names in an `einsum`, of small letters."""


def matrix_power(a: Any, n: int) -> ndarray:
    """Square matrices to a whole power, by squaring; of their inverses, if it is negative.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.linalg.matrix_power([[1, 1], [0, 1]], 5)
    array([[1, 5],
           [0, 1]])
    """
    x = asarray(a)
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise MatrixShapeError(f"matrix_power: takes square matrices, not shape {x.shape}")
    try:
        power = operator.index(n)
    except TypeError:
        raise TypeError(f"matrix_power: exponent must be an integer, not {n!r}") from None
    if power == 0:
        return broadcast_to(eye(x.shape[-1], dtype=x.dtype), x.shape).copy()
    base, power = (x, power) if power > 0 else (inv(x), -power)
    found = None
    while power:
        if power & 1:
            found = base if found is None else matmul(found, base)
        power >>= 1
        base = matmul(base, base) if power else base
    assert found is not None
    return found


@into
def multi_dot(arrays: Any, *, out: Any = None) -> ndarray:
    """The product of two matrices or more, in the order that takes the fewest multiplications; the
    first and the last may be vectors.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.linalg.multi_dot([[1.0, 2.0], [[3.0], [4.0]], [[5.0]]])
    array([55.])
    """
    given = [to_tensor(x) for x in arrays]
    if len(given) < 2:
        raise ValueError(f"multi_dot: expects two arrays or more, not {len(given)}")
    factors = operands("multi_dot", *given)
    for k, x in enumerate(factors):
        if x.ndim != 2 and not (x.ndim == 1 and k in (0, len(factors) - 1)):
            raise MatrixShapeError(f"multi_dot: array {k} is no matrix: shape {x._layout.shape}")
    for x, y in itertools.pairwise(factors):
        if x._layout.shape[-1] != y._layout.shape[0]:
            raise MatrixShapeError(
                f"multi_dot: shapes {x._layout.shape} and {y._layout.shape} do not fit one another"
            )
    if len(factors) >= LETTERS:
        return _many(factors)
    terms = [chr(97 + k) + chr(98 + k) for k in range(len(factors))]
    terms[0] = terms[0][-factors[0].ndim :]
    terms[-1] = terms[-1][: factors[-1].ndim]
    ends = (terms[0][:-1], terms[-1][1:])
    return array_of(einsum(f"{','.join(terms)}->{''.join(ends)}", *factors, optimize="dp"))


def _many(factors: tuple[Any, ...]) -> ndarray:
    """The same of more than there are letters for axes."""
    first, last = factors[0], factors[-1]
    shape = (*first._layout.shape[:-1], *last._layout.shape[1:])
    ends = reshape(first, (-1, first._layout.shape[-1])), reshape(last, (last._layout.shape[0], -1))
    matrices = [ends[0], *factors[1:-1], ends[1]]
    return array_of(reshape(chained(matrices), shape))


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> ndarray:
    """The vector products of vectors of three elements.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.linalg.cross([1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    array([0., 0., 1.])
    """
    x, y = asarray(x1), asarray(x2)
    for shape in (x.shape, y.shape):
        if shape and shape[normal_axis(axis, len(shape), "cross")] != 3:
            raise ValueError(f"cross: vectors have three components, not shape {shape}")
    return _cross(x, y, axis=axis)


def outer(x1: Any, x2: Any, /) -> ndarray:
    """The products of each element of a vector with each of another."""
    x, y = asarray(x1), asarray(x2)
    if x.ndim != 1 or y.ndim != 1:
        raise ValueError(f"outer: takes vectors, not shapes {x.shape} and {y.shape}")
    return _outer(x, y)


def diagonal(x: Any, /, *, offset: int = 0) -> ndarray:
    """The diagonals of the matrices of the last two axes."""
    return _diagonal(x, offset, -2, -1)


def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> ndarray:
    """The sums of the diagonals of the matrices of the last two axes."""
    return _trace(x, offset, -2, -1, dtype)


__all__ = [
    "LinAlgError", "cholesky", "cond", "cross", "det", "diagonal", "eig", "eigh", "eigvals",
    "eigvalsh", "inv", "lstsq", "matmul", "matrix_norm", "matrix_power", "matrix_rank",
    "matrix_transpose", "multi_dot", "norm", "outer", "pinv", "qr", "slogdet", "solve", "svd",
    "svdvals", "tensordot", "tensorinv", "tensorsolve", "trace", "vecdot", "vector_norm",
]  # fmt: skip
globals().update(located(globals(), __all__))
