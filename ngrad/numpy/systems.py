"""Linear systems and inverses of batches of matrices, for `linalg`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ngrad.devices import HOST
from ngrad.errors import MatrixShapeError
from ngrad.numpy.convert import array_of, to_tensor
from ngrad.numpy.creation import asarray
from ngrad.numpy.manipulation import moveaxis
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.norms import epsilon, floats
from ngrad.ops import svd
from ngrad.ops.convert import operands
from ngrad.ops.factored import solved
from ngrad.ops.inverse import INV, LSTSQ, PINV
from ngrad.ops.matmul import product
from ngrad.ops.norms import singular_values, squares
from ngrad.ops.reductions import reduce_sum
from ngrad.ops.shape import reshaped
from ngrad.record import apply, apply_now, state


def solve(a: Any, b: Any) -> ndarray:
    """The x of a x = b, of square matrices a; b is a vector, or matrices.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.linalg.solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0])
    array([1. , 0.5])
    """
    x, y = operands("solve", floats(a), floats(b))
    if y.ndim == 1:
        found = solved(apply_now, x, reshaped(y, (*y._layout.shape, 1)))
        return array_of(reshaped(found, found._layout.shape[:-1]))
    return array_of(solved(apply_now, x, y))


def inv(a: Any) -> ndarray:
    """The inverses of square matrices.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.linalg.inv([[2.0, 0.0], [0.0, 4.0]])
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    return array_of(apply_now(INV, (floats(a),)))


_NOTHING: Any = np._NoValue


def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = _NOTHING) -> ndarray:
    """The pseudo-inverse, for which singular values up to `rcond` times the largest are zeros. Its
    derivative is that of matrices that keep their rank.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.linalg.pinv([[2.0, 0.0], [0.0, 0.0]])
    array([[0.5, 0. ],
           [0. , 0. ]])
    """
    x = floats(a)
    if rcond is not None and rtol is not _NOTHING:
        raise ValueError("pinv: rtol and rcond can't be both set")
    if rcond is None:
        rcond = 1e-15 if rtol is _NOTHING else epsilon(x) if rtol is None else rtol
    return array_of(apply_now(PINV, (x, _cutoff(rcond, x)), (bool(hermitian),)))


def _cutoff(rcond: Any, x: Any) -> Any:
    bound = to_tensor(rcond, x.dtype.real_dtype)
    return reshaped(bound, (*bound._layout.shape, 1, 1))


def lstsq(a: Any, b: Any, rcond: Any = None) -> tuple[ndarray, ndarray, ndarray, ndarray]:
    """The x for which |a x - b| is least, of those the shortest; the squares of what remains; the
    rank, which decides the shape of those and is computed at the call; and the singular values.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.linalg.lstsq([[1.0], [1.0]], [1.0, 3.0])[0]
    array([2.])
    """
    x, y = operands("lstsq", floats(a), floats(b))
    (rows, columns), shape = _matrix("lstsq", x), y._layout.shape
    if y.ndim not in (1, 2) or shape[0] != rows:
        raise MatrixShapeError(
            f"lstsq: a matrix of shape {(rows, columns)} takes right-hand sides of shape "
            f"({rows},) or ({rows}, k), not {shape}"
        )
    if rcond is None:
        rcond = epsilon(x)
    columns_of_b = y if y.ndim == 2 else reshaped(y, (*shape, 1))
    found, rank, s = least_squares(x, columns_of_b, rcond)
    if s is None or state.listens():  # those have derivatives
        s = svd.singular_values(apply, x)
    if rank == columns < rows:
        rest = reduce_sum(squares(columns_of_b - product(x, found)), 0)
    else:
        rest = to_tensor(np.zeros(0, x.dtype.real_dtype.numpy_dtype))
    found = found if y.ndim == 2 else reshaped(found, (columns,))
    return array_of(found), array_of(rest), array_of(to_tensor(np.int32(rank))), array_of(s)


def least_squares(x: Any, y: Any, rcond: float) -> tuple[Any, int, Any]:
    """The shortest X for which |x X - y| is least, the rank of the matrix x, and its singular
    values, if they came of it: of these no derivative is known.
    """
    x, y = operands("lstsq", floats(x), floats(y))
    if rcond == -1:
        rcond = float(x.dtype.finfo.eps) / 2.0  # as LAPACK's, of numbers that are rounded
    cutoff = _cutoff(rcond, x)
    if x._layout.device is HOST:
        found, known, sizes = apply_now(LSTSQ, (x, y, cutoff))
        return found, int(known.item()), sizes
    values = np.asarray(singular_values(x))
    rank = int((values > rcond * values.max(initial=0)).sum())
    return product(apply_now(PINV, (x, cutoff), (False,)), y), rank, None


def _matrix(what: str, x: Any) -> tuple[int, int]:
    if x.ndim != 2:
        raise MatrixShapeError(f"{what}: takes a matrix, of two axes, not shape {x._layout.shape}")
    rows, columns = x._layout.shape
    return rows, columns


def tensorsolve(a: Any, b: Any, axes: Any = None) -> ndarray:
    """The x of tensordot(a, x, x.ndim) = b; `axes` of a are moved to its end first."""
    x, y = asarray(a), asarray(b)
    if axes is not None:
        x = moveaxis(x, axes, list(range(x.ndim - len(axes), x.ndim)))
    shape = x.shape[y.ndim :]
    if math.prod(shape) ** 2 != x.size or math.prod(shape) != y.size:
        raise MatrixShapeError(
            f"tensorsolve: arrays of shapes {x.shape} and {y.shape} are no square system"
        )
    return solve(x.reshape(y.size, y.size), y.reshape(-1)).reshape(shape)


def tensorinv(a: Any, ind: int = 2) -> ndarray:
    """The inverse of a as a map from its axes from `ind` on to those before."""
    x = asarray(a)
    if ind <= 0:
        raise ValueError(f"tensorinv: ind must be positive, not {ind}")
    first, last = x.shape[:ind], x.shape[ind:]
    return inv(x.reshape(math.prod(first), math.prod(last))).reshape(*last, *first)
