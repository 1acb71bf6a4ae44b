"""Norms of vectors and matrices, and the singular values that some are made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.errors import NumberError, ShapeError
from ngrad.graph.op import require
from ngrad.ops import complexes, svd
from ngrad.ops import reductions as r
from ngrad.ops.arithmetic import abs_, maximum
from ngrad.ops.comparison import equal, not_equal
from ngrad.ops.convert import cast_to, operands, wide
from ngrad.ops.eigh import eigenvalues
from ngrad.ops.elementwise import select
from ngrad.ops.extents import integers
from ngrad.ops.power import pow, sqrt, square
from ngrad.ops.shape import normal_axis, reshape, transpose
from ngrad.ops.sorting import sort
from ngrad.record import apply_now, state
from ngrad.tensor import Tensor


def norm(
    tensor: Any,
    ord: Any = "euclidean",
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
) -> Tensor:
    """The norm of vectors or matrices, which is real.

    Parameters
    ----------
    tensor : floating or complex tensor
    ord : "euclidean", "fro", "nuc", or number
        As NumPy's. Of vectors: "euclidean" (2), inf (the largest magnitude), -inf (the least), 0
        (how many are not 0), or p for sum(|x|**p)**(1/p). Of matrices: "euclidean" or "fro" (the
        root of the sum of squares), 1 (the largest column sum of magnitudes), inf (the largest row
        sum), 2 (the largest singular value), -1, -inf and -2 (the least of these), "nuc" (the sum
        of singular values).
    axis : int, or pair of int, optional
        The axis of the vectors, or those of rows and columns; all elements are one vector if not
        given.
    keepdims : bool, optional

    Notes
    -----
    At zero, where norms have no derivative, it is taken to be 0; that of |x|**p at a zero element
    too. Elements that share the largest magnitude (or sums that do) share the cotangent evenly.

    Raises
    ------
    NumberError
        If there is no such norm.
    ShapeError
        If the axes are not one or two of the tensor's.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.norm([[3.0, 4.0], [0.0, 5.0]], axis=1).numpy()
    array([5., 5.], dtype=float32)
    """
    (x,) = operands("norm", tensor)
    require("norm", x._layout, "fhc", "floating-point or complex tensors")
    pair = integers(axis, "norm") if axis is not None else ()
    axes, kept = r.normal_axes(pair or None, x.ndim, "norm"), bool(keepdims)
    if axis is not None and len(pair) not in (1, 2):
        raise ShapeError(f"norm: takes one axis or two, not {axis!r}")
    if len(pair) == 2:
        rows, columns = (normal_axis(k, x.ndim, "norm") for k in pair)
        return of_matrices(x, "fro" if ord == "euclidean" else ord, rows, columns, kept)
    return of_vectors(x, 2 if ord in ("euclidean", "fro") else ord, axes, kept)


def of_vectors(x: Any, ord: Any, axes: tuple[int, ...], kept: bool) -> Any:
    """The norm of elements along axes as one vector, in one of NumPy's orders."""
    if ord is None or ord == 2:
        return euclidean(x, axes, kept)
    if isinstance(ord, str):
        raise NumberError(f"norm: invalid order {ord!r} for vectors, of shape {x._layout.shape}")
    if ord == np.inf:
        return _largest(abs_(x), axes, kept)
    if ord == -np.inf:
        return r.reduce_min(abs_(x), axes, kept)
    if ord == 0:
        return r.reduce_sum(cast_to(not_equal(x, 0), x.dtype.real_dtype), axes, kept)
    if ord == 1:
        return r.reduce_sum(abs_(x), axes, kept)
    p, size = float(ord), wide(abs_(x))
    if p < 0:  # of a zero element infinite, and so the norm is 0
        found = pow(r.reduce_sum(pow(size, p), axes, kept), 1.0 / p)
    else:
        total = r.reduce_sum(away_from_zero(size, lambda safe: pow(safe, p)), axes, kept)
        found = away_from_zero(total, lambda safe: pow(safe, 1.0 / p))
    return cast_to(found, x.dtype.real_dtype)


def of_matrices(x: Any, ord: Any, rows: int, columns: int, kept: bool) -> Any:
    """The norm of matrices of two axes, in one of NumPy's orders."""
    if rows == columns:
        raise NumberError("norm: duplicate axes given")
    if ord in (None, "fro", "f"):
        return euclidean(x, (rows, columns), kept)
    if ord in (2, -2, "nuc"):
        others = [k for k in range(x.ndim) if k not in (rows, columns)]
        values = singular_values(transpose(x, (*others, rows, columns)))
        reduce: Any = {2: _largest, -2: r.reduce_min, "nuc": r.reduce_sum}[ord]
        found = reduce(values, -1)
        return reshape(found, r.ones_shape(x._layout.shape, (rows, columns))) if kept else found
    if ord not in (1, -1, np.inf, -np.inf):
        raise NumberError(f"norm: invalid order {ord!r} for matrices, of shape {x._layout.shape}")
    summed, other = (rows, columns) if abs(ord) == 1 else (columns, rows)
    sums = r.reduce_sum(abs_(x), summed, True)
    found = (_largest if ord > 0 else r.reduce_min)(sums, other, True)
    return found if kept else reshape(found, r.kept_shape(x._layout.shape, (rows, columns)))


def euclidean(x: Any, axes: Any, kept: bool) -> Any:
    """The root of the sum of squares, which of halves may be too large for them."""
    found, dtype = root(r.reduce_sum(squares(wide(x)), axes, kept)), x._layout.dtype
    return found if found._layout.dtype is dtype else cast_to(found, dtype.real_dtype)


def _largest(x: Any, axes: Any, kept: bool = False) -> Any:
    """The greatest of what is not negative: of nothing 0."""
    found = r.reduce_max(x, axes, kept)
    return found if x.size else maximum(found, 0.0)


def singular_values(x: Any, hermitian: bool = False) -> Any:
    """In descending order."""
    if not hermitian:
        return svd.singular_values(apply_now, x)
    return sort(abs_(eigenvalues(x)), direction="DESCENDING")


def squares(x: Any) -> Any:
    """The square of each element's magnitude."""
    if not x._layout.dtype.is_complex:
        return square(x)
    return square(complexes.real(x)) + square(complexes.imag(x))


def away_from_zero(x: Any, function: Any) -> Any:
    """function(x), but 0, with derivative 0, where x is 0: the function sees a 1 there."""
    zero = equal(x, 0.0)
    return select(zero, 0.0, function(select(zero, 1.0, x)))


def root(x: Any) -> Any:
    """The root of what is not negative, with derivative 0 where it is 0."""
    return away_from_zero(x, sqrt) if state.listens() else sqrt(x)
