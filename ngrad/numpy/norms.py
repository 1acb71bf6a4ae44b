"""Norms, condition numbers and ranks."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.errors import LinAlgError
from ngrad.numpy.convert import FLOAT64, INT64, array_of, as_numbers, to_tensor
from ngrad.numpy.ndarray import ndarray
from ngrad.ops import reductions as r
from ngrad.ops.comparison import (
    greater,
    isnan,
    logical_and,
    logical_not,
    logical_or,
    not_equal,
)
from ngrad.ops.convert import cast_to
from ngrad.ops.creation import ones_of
from ngrad.ops.determinant import SLOGDET
from ngrad.ops.elementwise import select
from ngrad.ops.inverse import INV
from ngrad.ops.linalg import band
from ngrad.ops.norms import euclidean, of_matrices, of_vectors, singular_values
from ngrad.ops.shape import expand_dims, normal_axis
from ngrad.record import apply_now


def floats(x: Any) -> Any:
    """A tensor of floats or complex numbers: integers and bools as float64."""
    x = to_tensor(x)
    return x if x._layout.dtype.is_inexact else cast_to(x, FLOAT64)


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> ndarray:
    """The norm of vectors or matrices, in all of NumPy's orders; of all elements as one vector, if
    neither order nor axis is given.

    Its derivative is taken to be 0 at zero, where there is none; elements (or sums) that share the
    largest magnitude share the cotangent evenly.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.linalg.norm([3.0, 4.0]), np.linalg.norm([[3.0, 0.0], [0.0, 4.0]], "nuc")
    (np.float64(5.0), np.float64(7.0))
    """
    x = floats(as_numbers(x))
    if axis is None:
        if ord is None or (ord in ("f", "fro") and x.ndim == 2) or (ord == 2 and x.ndim == 1):
            return array_of(euclidean(x, None, keepdims))
        axis = tuple(range(x.ndim))
    axes = r.normal_axes(axis, x.ndim, "norm")
    if len(axes) == 1:
        _some(x, axes if ord == -np.inf else ())
        return array_of(of_vectors(x, ord, axes, keepdims))
    if len(axes) != 2:
        raise ValueError(f"norm: takes one axis or two, not {len(axes)}: shape {x._layout.shape}")
    rows, columns = (normal_axis(k, x.ndim, "norm") for k in axis)
    _some(x, {-np.inf: (rows,), -1: (columns,), -2: axes}.get(ord, ()))
    return array_of(of_matrices(x, ord, rows, columns, keepdims))


def _some(x: Any, axes: tuple[int, ...]) -> None:
    """Raise if there is nothing along axes, of which a norm is the least."""
    if any(x._layout.shape[k] == 0 for k in axes):
        raise ValueError(
            "norm: zero-size array to reduction operation minimum which has no identity: shape "
            f"{x._layout.shape}"
        )


def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> ndarray:
    """The norm of the elements along axes, all if None, as one vector."""
    x = floats(x)
    axes = r.normal_axes(axis, x.ndim, "vector_norm")
    _some(x, axes if ord == -np.inf else ())
    return array_of(of_vectors(x, ord, axes, keepdims))


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> ndarray:
    """The norm of the matrices of the last two axes."""
    return norm(x, ord, (-2, -1), keepdims)


def cond(x: Any, p: Any = None) -> ndarray:
    """The condition number of matrices: of the largest singular value to the smallest; in other
    norms that of the matrix times that of its inverse. Infinite for singular matrices.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.linalg.cond([[4.0, 0.0], [0.0, 2.0]])
    np.float64(2.0)
    """
    x = floats(x)
    if x.size == 0 and 0 in x._layout.shape[-2:]:
        raise LinAlgError(f"cond: is not defined on empty arrays: shape {x._layout.shape}")
    if p in (None, 2, -2):
        s: Any = singular_values(x)
        found: Any = s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    else:
        regular, inverse = _inverse(x)
        found = (norm(x, p, (-2, -1)) * norm(inverse, p, (-2, -1)))._read()
        found = select(logical_or(regular, r.reduce_any(isnan(x), (-2, -1))), found, np.inf)
    unknown = logical_and(isnan(found), logical_not(r.reduce_any(isnan(x), (-2, -1))))
    return array_of(select(unknown, np.inf, found))


def _inverse(x: Any) -> tuple[Any, Any]:
    """Which matrices are regular, and their inverses; others have that of the identity."""
    sign, _ = apply_now(SLOGDET, (x,))
    regular = not_equal(sign, 0)
    unit = band(ones_of(x._layout.spec), 0, 0)
    safe = select(expand_dims(expand_dims(regular, -1), -1), x, unit)
    return regular, apply_now(INV, (safe,))


def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> ndarray:
    """How many singular values count: lie above `tol`, or above `rtol` times the largest.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.linalg.matrix_rank([[1.0, 2.0], [2.0, 4.0]])
    np.int64(1)
    """
    if tol is not None and rtol is not None:
        raise ValueError("matrix_rank: tol and rtol can't be both set")
    x = floats(A)
    if x.ndim < 2:
        return array_of(cast_to(r.reduce_any(not_equal(x, 0)), INT64))
    s = singular_values(x, hermitian)
    if tol is None:
        share = epsilon(x) if rtol is None else expand_dims(to_tensor(rtol), -1)
        bound = (r.reduce_max(s, -1, True) if s._layout.shape[-1] else 0.0) * share
    else:
        bound = expand_dims(to_tensor(tol), -1)
    return array_of(r.reduce_sum(cast_to(greater(s, bound), INT64), -1))


def epsilon(x: Any) -> float:
    """The relative size of a singular value that may be rounding."""
    return float(max(x._layout.shape[-2:]) * x.dtype.finfo.eps)
