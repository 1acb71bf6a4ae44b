"""Products of vectors and matrices along axes that are named, and Kronecker's."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.numpy.convert import OURS, array_of, to_tensor
from ngrad.numpy.creation import asarray
from ngrad.numpy.manipulation import moveaxis, reshape
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.reductions import NOTHING
from ngrad.numpy.ufuncs import refuse_out
from ngrad.ops.complexes import conj
from ngrad.ops.convert import operands
from ngrad.ops.matmul import VECDOT, matmul_operator
from ngrad.ops.shape import move_axis, normal_axis, reshaped
from ngrad.record import apply


def _vectors(what: str, x: Any, axis: Any = -1) -> Any:
    """Vectors along an axis, which comes last."""
    vectors = to_tensor(x)
    ndim = vectors._layout.ndim
    if ndim == 0:
        raise ValueError(f"{what}: takes vectors, not a number")
    along = normal_axis(axis, ndim, what)
    return move_axis(vectors, along, ndim - 1)


def _vector(what: str, x: Any, at: int) -> Any:
    """Vectors as matrices of one row (at is -2) or column (-1)."""
    vectors = _vectors(what, x)
    shape = vectors._layout.shape
    return reshaped(vectors, (*shape, 1) if at == -1 else (*shape[:-1], 1, shape[-1]))


def _matrix(what: str, x: Any) -> Any:
    matrices = to_tensor(x)
    if matrices.ndim < 2:
        raise ValueError(f"{what}: takes matrices, not an array of shape {tuple(matrices.shape)}")
    return matrices


def _product(x: Any, y: Any, *axes: int) -> ndarray:
    """The products of matrices, without axes of one element."""
    found = matmul_operator(*operands("product", x, y))
    shape = found._layout.shape
    kept = [n for k, n in enumerate(shape, -len(shape)) if k not in axes]
    return array_of(reshaped(found, tuple(kept)))


def _refuse(what: str, out: Any, axes: Any) -> None:
    refuse_out(what, out)
    if axes is not NOTHING and axes is not None:
        raise TypeError(f"{what}: axes= is not supported; use moveaxis")


def vecdot(
    x1: Any, x2: Any, /, out: Any = None, *, axes: Any = NOTHING, axis: Any = -1,
    keepdims: bool = False, casting: Any = "same_kind", order: Any = "K", dtype: Any = None,
    subok: bool = True,
) -> ndarray:  # fmt: skip
    """The products of vectors along an axis, of the first ones' conjugates.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.vecdot([[1, 2], [3, 4]], [1, 1])
    array([3, 7])
    """
    _refuse("vecdot", out, axes)
    axis = -1 if axis is NOTHING else axis
    x, y = operands("vecdot", _vectors("vecdot", x1, axis), _vectors("vecdot", x2, axis))
    n, m = x._layout.shape[-1], y._layout.shape[-1]
    if n != m:
        raise ValueError(f"vecdot: vectors of {n} and of {m} elements")
    found = array_of(apply(VECDOT, (conj(x) if x._layout.dtype.is_complex else x, y)))
    found = found if dtype is None else found.astype(dtype)
    return moveaxis(found[..., None], -1, axis) if keepdims else found


def matvec(
    x1: Any, x2: Any, /, out: Any = None, *, axes: Any = NOTHING, casting: Any = "same_kind",
    order: Any = "K", dtype: Any = None, subok: bool = True,
) -> ndarray:  # fmt: skip
    """Matrices times vectors.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.matvec([[0, 1], [2, 0]], [3, 4])
    array([4, 6])
    """
    _refuse("matvec", out, axes)
    found = _product(_matrix("matvec", x1), _vector("matvec", x2, -1), -1)
    return found if dtype is None else found.astype(dtype)


def vecmat(
    x1: Any, x2: Any, /, out: Any = None, *, axes: Any = NOTHING, casting: Any = "same_kind",
    order: Any = "K", dtype: Any = None, subok: bool = True,
) -> ndarray:  # fmt: skip
    """Vectors, or their conjugates, times matrices.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.vecmat([3, 4], [[0, 1], [2, 0]])
    array([8, 3])
    """
    _refuse("vecmat", out, axes)
    found = _product(_vector("vecmat", x1, -2).conj(), _matrix("vecmat", x2), -2)
    return found if dtype is None else found.astype(dtype)


def einsum_path(*operands: Any, optimize: Any = "greedy", einsum_call: bool = False) -> Any:
    """The order in which NumPy would contract, and what it costs."""

    def hollow(x: Any) -> Any:
        where = to_tensor(x)._layout
        return np.broadcast_to(np.zeros((), where.dtype.numpy_dtype), where.shape)

    plain = [hollow(x) if isinstance(x, OURS) else x for x in operands]
    return np.einsum_path(*plain, optimize=optimize)


def kron(a: Any, b: Any) -> ndarray:
    """The Kronecker product: b times each element of a, as blocks.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.kron([1, 10], [1, 2])
    array([ 1,  2, 10, 20])
    """
    x, y = asarray(a), asarray(b)
    ndim = max(x.ndim, y.ndim)
    x = reshape(x, (1,) * (ndim - x.ndim) + x.shape)
    y = reshape(y, (1,) * (ndim - y.ndim) + y.shape)
    apart = x[(slice(None), None) * ndim] * y[(None, slice(None)) * ndim]
    return apart.reshape(tuple(n * m for n, m in zip(x.shape, y.shape, strict=True)))


__all__ = ["einsum_path", "kron", "matvec", "vecdot", "vecmat"]
