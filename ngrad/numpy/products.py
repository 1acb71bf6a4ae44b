"""Products of vectors and matrices along axes that are named, and Kronecker's."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.numpy.convert import array_of, to_tensor
from ngrad.numpy.creation import asarray
from ngrad.numpy.loops import axes_of, dtypes_of
from ngrad.numpy.manipulation import broadcast_to, moveaxis, reshape
from ngrad.numpy.matrices import matrix_product
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.out import into, written
from ngrad.numpy.reductions import NOTHING
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


def _at(what: str, axes: Any, cores: tuple[int, ...], signature: Any, dtype: Any, *xs: Any) -> Any:
    """Operands of a dtype whose vectors or matrices are of the last axes, and where these come in
    the result; None if last, too.
    """
    if signature is not None:
        taken, made = dtypes_of(what, signature, 2, 1)
        dtype = made if taken is None else taken
    places = axes_of(what, axes, *cores)
    if dtype is places is None:
        return *xs, None
    arrays = [asarray(x) for x in xs]
    if dtype is not None:
        arrays = [x.astype(dtype, casting="same_kind") for x in arrays]
    if places is None:
        return *arrays, None
    moved = [
        moveaxis(x, place, tuple(range(-len(place), 0)))
        for x, place in zip(arrays, places[:-1], strict=True)
    ]
    return *moved, places[-1]


def _back(found: ndarray, place: tuple[int, ...] | None) -> ndarray:
    return found if not place else moveaxis(found, tuple(range(-len(place), 0)), place)


@into
def matmul(
    x1: Any, x2: Any, /, out: Any = None, *, axes: Any = NOTHING, casting: Any = "same_kind",
    order: Any = "K", dtype: Any = None, subok: bool = True, signature: Any = None,
) -> ndarray:  # fmt: skip
    """The matrix product over the last two axes; a vector on the left is a row, one on the right a
    column.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.matmul([[0, 1], [2, 0]], [[3, 4], [5, 6]])
    array([[5, 6],
           [6, 8]])
    """
    vectors = [np.ndim(x) == 1 for x in (x1, x2)] if axes is not NOTHING else [False, False]
    cores = *(2 - vector for vector in vectors), 2 - sum(vectors)
    x, y, place = _at("matmul", axes, cores, signature, dtype, x1, x2)
    return _back(array_of(matrix_product(x, y)), place)


def vecdot(
    x1: Any, x2: Any, /, out: Any = None, *, axes: Any = NOTHING, axis: Any = NOTHING,
    keepdims: bool = False, casting: Any = "same_kind", order: Any = "K", dtype: Any = None,
    subok: bool = True, signature: Any = None,
) -> ndarray:  # fmt: skip
    """The products of vectors along an axis, of the first ones' conjugates.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.vecdot([[1, 2], [3, 4]], [1, 1])
    array([3, 7])
    """
    if keepdims and isinstance(axes, list) and len(axes) == 2:
        axes = [*axes, -1]
    x1, x2, place = _at("vecdot", axes, (1, 1, int(keepdims)), signature, dtype, x1, x2)
    if place is not None and axis is not NOTHING:
        raise TypeError("vecdot: takes axis= or axes=, not both")
    axis = -1 if axis is NOTHING else axis
    x, y = operands("vecdot", _vectors("vecdot", x1, axis), _vectors("vecdot", x2, axis))
    n, m = x._layout.shape[-1], y._layout.shape[-1]
    if n != m:
        raise ValueError(f"vecdot: vectors of {n} and of {m} elements")
    found = array_of(apply(VECDOT, (conj(x) if x._layout.dtype.is_complex else x, y)))
    if keepdims:
        found = moveaxis(found[..., None], -1, place[0] if place else axis)
    if out is None:
        return found
    if isinstance(out, ndarray) and out.shape != found.shape:
        found = broadcast_to(found, out.shape)  # as of all functions of elements
    return written("vecdot", found._read(), out, casting)


@into
def matvec(
    x1: Any, x2: Any, /, out: Any = None, *, axes: Any = NOTHING, casting: Any = "same_kind",
    order: Any = "K", dtype: Any = None, subok: bool = True, signature: Any = None,
) -> ndarray:  # fmt: skip
    """Matrices times vectors.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.matvec([[0, 1], [2, 0]], [3, 4])
    array([4, 6])
    """
    x1, x2, place = _at("matvec", axes, (2, 1, 1), signature, dtype, x1, x2)
    return _back(_product(_matrix("matvec", x1), _vector("matvec", x2, -1), -1), place)


@into
def vecmat(
    x1: Any, x2: Any, /, out: Any = None, *, axes: Any = NOTHING, casting: Any = "same_kind",
    order: Any = "K", dtype: Any = None, subok: bool = True, signature: Any = None,
) -> ndarray:  # fmt: skip
    """Vectors, or their conjugates, times matrices.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.vecmat([3, 4], [[0, 1], [2, 0]])
    array([8, 3])
    """
    x1, x2, place = _at("vecmat", axes, (1, 2, 1), signature, dtype, x1, x2)
    return _back(_product(_vector("vecmat", x1, -2).conj(), _matrix("vecmat", x2), -2), place)


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


__all__ = ["kron", "matmul", "matvec", "vecdot", "vecmat"]
