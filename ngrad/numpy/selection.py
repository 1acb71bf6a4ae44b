"""Elements by condition or index, and products of arrays."""

from __future__ import annotations

import inspect
import operator
from typing import Any

import numpy as np

from ngrad.devices import HOST
from ngrad.dtypes import BY_CODE, result_type
from ngrad.errors import IndexBoundsError
from ngrad.graph.strides import broadcast
from ngrad.numpy.convert import PLAIN, array_of, operand, to_tensor
from ngrad.numpy.creation import asarray
from ngrad.numpy.elements import picked
from ngrad.numpy.laying import as_array
from ngrad.numpy.manipulation import moveaxis, ravel
from ngrad.numpy.matrices import matrix_product
from ngrad.numpy.ndarray import ndarray, settled
from ngrad.numpy.out import into, written
from ngrad.numpy.readonly import Diagonal, diagonal_of
from ngrad.numpy.reductions import NOTHING, along
from ngrad.numpy.reductions import sum as total
from ngrad.numpy.ufuncs import UFUNCS
from ngrad.ops import complexes
from ngrad.ops import einsum as sums
from ngrad.ops.bounds import checked
from ngrad.ops.complexes import conj
from ngrad.ops.convert import cast_to, operands
from ngrad.ops.elementwise import select
from ngrad.ops.extents import dim
from ngrad.ops.finding import along_axes
from ngrad.ops.gather import gather_rows
from ngrad.ops.indexing import getitem
from ngrad.ops.linalg import diag_part
from ngrad.ops.masks import places_of, where_true
from ngrad.ops.matmul import matmul_operator
from ngrad.ops.shape import broadcast_to, flat, normal_axis, reshape, swap_last
from ngrad.record import state

BOOL = BY_CODE["b1"]
WRAPS = np.lib.NumpyVersion(np.__version__) < "2.5.0"


def where(condition: Any, x: Any = None, y: Any = None, /) -> Any:
    """x where a condition holds, else y; with the condition alone, as `nonzero`.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.where([True, False], 1.0, 2.0)
    array([1., 2.])
    """
    if (x is None) != (y is None):
        raise ValueError("either both or neither of x and y should be given")
    if x is None:
        return nonzero(condition)
    values = [operand(x), operand(y)]
    if not (hasattr(values[0], "_layout") or hasattr(values[1], "_layout")):
        values = [to_tensor(value) for value in values]
    first, second = values
    return as_array(
        select(to_tensor(condition, BOOL), _wrapped(first, second), _wrapped(second, first))
    )


def _wrapped(value: Any, other: Any) -> Any:
    """A value beside another: an integer that the other's integer dtype has not wraps, as NumPy's
    `where` casts it; from NumPy 2.5 on it raises there, and here.
    """
    if not WRAPS or type(value) is not int or not other.dtype.is_integer:
        return value
    limits = np.iinfo(other.dtype.numpy_dtype)
    fits = limits.min <= value <= limits.max
    return value if fits else cast_to(to_tensor(value), other.dtype)


def nonzero(a: Any) -> tuple[ndarray, ...]:
    """The indices of elements that are not zero: an array for each axis. Values decide its shape,
    so they are computed at the call.
    """
    x = to_tensor(a)
    if x._layout.ndim == 1:
        return (array_of(places_of(x)),)
    if x._layout.device is not HOST and x._layout.ndim:
        return tuple(map(array_of, along_axes(places_of(x), x._layout.shape)))
    return tuple([array_of(to_tensor(part)) for part in np.asarray(x).nonzero()])


def argwhere(a: Any) -> ndarray:
    """The indices of elements that are not zero, a row each."""
    return array_of(where_true(to_tensor(a)))


def flatnonzero(a: Any) -> ndarray:
    """The indices of elements that are not zero, of the flattened array."""
    return array_of(places_of(to_tensor(a)))


@into
def clip(
    a: Any,
    a_min: Any = NOTHING,
    a_max: Any = NOTHING,
    out: Any = None,
    *,
    min: Any = None,
    max: Any = None,
    **options: Any,
) -> ndarray:
    """Elements kept between two bounds, of which either may be None, or left out as the Array API
    standard has it. Options are those of ufuncs.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.clip([1, 5, 9], 2, 6)
    array([2, 5, 6])
    """
    if (a_min is not NOTHING and min is not None) or (a_max is not NOTHING and max is not None):
        raise ValueError(f"clip: takes a_min and a_max, or min and max, not both: {min=}, {max=}")
    low, high = min if a_min is NOTHING else a_min, max if a_max is NOTHING else a_max
    x: Any = a if type(a) is ndarray else array_of(to_tensor(a))
    dtype = x._layout.dtype
    if options:
        return _clipped(x, [("maximum", low), ("minimum", high)], options)
    if type(low) in PLAIN and not (high is None or type(high) in PLAIN):
        high = asarray(high)  # beside which a number has its dtype, too
        x = x.astype(result_type(x.dtype, low, high.dtype), copy=False)
        dtype = x._layout.dtype
    if dtype.is_integer:  # integers beyond those of the dtype are no bounds
        limits = np.iinfo(x.dtype)
        low = None if type(low) is int and low <= limits.min else low
        high = None if type(high) is int and high >= limits.max else high
    if low is high is None:
        return array_of(x._read())  # another array
    if low is not None:
        x = UFUNCS["maximum"](x, low)
    return x if high is None else UFUNCS["minimum"](x, high)


# By their places the bounds have the standard's names, which NumPy has too, with its own.
_taken = inspect.signature(
    lambda a, min=None, max=None, out=None, *, a_min=None, a_max=None, **options: None
)
setattr(clip, "__signature__", _taken)  # noqa: B010


def _clipped(x: ndarray, bounds: list[tuple[str, Any]], options: dict[str, Any]) -> ndarray:
    """An array kept within bounds by ufuncs with options; `where` is of the result."""
    where = options.pop("where", True)
    found = x
    for name, bound in bounds:
        if bound is not None:
            found = UFUNCS[name](found, bound, **options)
    return found if where is True else UFUNCS["maximum"](found, found, where=where)


@into
def round_(a: Any, decimals: int = 0, out: Any = None) -> ndarray:
    """Nearest numbers of so many decimals, halves to even."""
    held, decimals = to_tensor(a), operator.index(decimals)
    x, dtype = array_of(held), held._layout.dtype
    if dtype.is_complex:
        real, imag = round_(x.real, decimals), round_(x.imag, decimals)
        return array_of(complexes.complex(real._read(), imag._read()))
    if decimals == 0:
        return x if dtype.is_integer else UFUNCS["rint"](x)
    if dtype.is_integer and decimals > 0:
        return x
    scale = 10.0 ** abs(decimals)
    if decimals > 0:
        return UFUNCS["rint"](x * scale) / scale
    found = UFUNCS["rint"](x / scale) * scale
    return found.astype(x.dtype)


def flattened(a: Any) -> Any:
    """All elements along one axis, as a tensor."""
    return flat(to_tensor(a))


@into
def take(
    a: Any, indices: Any, axis: int | None = None, out: Any = None, mode: str = "raise"
) -> ndarray:
    """Elements at indices along an axis, of the flattened array if None.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.take([10, 20, 30], [2, 0])
    array([30, 10])
    """
    own = type(a) is type(indices) is ndarray and a._owner is indices._owner is None
    row = own and axis is None and mode == "raise" and a._held._layout.ndim == 1
    # To take its elements is to index it, but for what is said later of those that are pending.
    if row and indices._held._at and indices._held._layout.dtype.is_integer:
        return a[indices]
    x, at = along("take", to_tensor(a), axis)
    plain = mode == "raise" and type(indices) is not tuple and not state.listens()
    where = settled(indices) if plain else None
    if where is not None and (type(where) is list or where.dtype.kind in "iu"):
        found = picked(x, where, at)
        if found is not None:
            return array_of(found)
    index, n = to_tensor(indices), x._layout.shape[at]
    if index.dtype.is_bool or (isinstance(indices, (list, tuple)) and not index.size):
        index = cast_to(index, BY_CODE["i8"])  # bools are numbers here, and no mask
    if mode == "wrap":
        index = UFUNCS["remainder"](array_of(index), n)._read()
    elif mode == "clip":
        index = clip(array_of(index), 0, n - 1)._read()
    elif mode != "raise":
        raise ValueError(f"take: mode is 'raise', 'wrap' or 'clip', not {mode!r}")
    if not index.dtype.is_integer:
        return array_of(getitem(x, (*(slice(None),) * at, index)))
    return array_of(gather_rows(x, checked("take", index, n, -n), at, 0))


def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> ndarray:
    """Elements at indices along an axis, each of its own row."""
    x = ravel(arr) if axis is None else asarray(arr)
    at = normal_axis(-1 if axis is None else axis, x.ndim, "take_along_axis")
    index = asarray(indices)
    if index.ndim != x.ndim:
        raise ValueError("`indices` and `arr` must have the same number of dimensions")
    if index.dtype.kind not in "iu":
        return x[_along(index, x.shape, at)]  # which says what is wrong
    rows, where = swap_last(x._read(), at), swap_last(index._read(), at)
    (*lead, n), (*others, count) = rows._layout.shape, where._layout.shape
    if lead != others:
        try:
            lead = [*broadcast(tuple(lead), tuple(others))]
        except ValueError:
            raise IndexBoundsError(
                f"take_along_axis: shapes {x.shape} and {index.shape} do not fit beside axis {at}"
            ) from None
        rows, where = broadcast_to(rows, (*lead, n)), broadcast_to(where, (*lead, count))
    where = checked("take_along_axis", where, n, -n)
    return array_of(swap_last(gather_rows(rows, where, len(lead), len(lead)), at))


def _along(index: ndarray, shape: tuple[int, ...], at: int) -> tuple[Any, ...]:
    parts: list[Any] = []
    for k, n in enumerate(shape):
        if k == at:
            parts.append(index)
        else:
            own = np.arange(n)
            parts.append(own.reshape(tuple(-1 if j == k else 1 for j in range(len(shape)))))
    return tuple(parts)


def put_along_axis(arr: ndarray, indices: Any, values: Any, axis: int | None) -> None:
    """Assign elements at indices along an axis, each of its own row."""
    x = ravel(arr) if axis is None else arr
    at = normal_axis(-1 if axis is None else axis, x.ndim, "put_along_axis")
    index = asarray(indices)
    if index.ndim != x.ndim:
        raise ValueError(f"put_along_axis: indices of {index.ndim} dimensions, not {x.ndim}")
    x[_along(index, x.shape, at)] = values


@into
def compress(condition: Any, a: Any, axis: int | None = None, out: Any = None) -> ndarray:
    """The slices along an axis at which a condition holds."""
    holds = to_tensor(condition)
    if holds.ndim != 1:
        raise ValueError(f"compress: condition must be a vector, not of shape {holds.shape}")
    return take(a, places_of(holds), axis)


def extract(condition: Any, arr: Any) -> ndarray:
    """The elements at which a condition holds."""
    return compress(flattened(condition), arr)


def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> ndarray:
    """The diagonals of the matrices of two axes: a view, which cannot be assigned to."""
    x = asarray(a)
    if type(offset) is type(axis1) is type(axis2) is int:
        return x._seen_by(diagonal_of(offset, axis1, axis2))
    return x._seen_by(Diagonal(dim(offset), operator.index(axis1), operator.index(axis2)))


def _matrices(a: Any, axis1: int, axis2: int) -> ndarray:
    """An array with two axes last, where they may be already."""
    x = asarray(a)
    ndim = x._layout.ndim
    there = ndim >= 2 and axis1 in (-2, ndim - 2) and axis2 in (-1, ndim - 1)
    return x if there else moveaxis(x, (axis1, axis2), (-2, -1))


def trace(
    a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None
) -> ndarray:
    """The sums of diagonals."""
    x, offset = _matrices(a, axis1, axis2)._read(), dim(offset)
    rows, columns = x._layout.shape[-2:]
    if -rows < offset < columns:
        return total(array_of(diag_part(x, offset)), -1, dtype, out)
    return total(diagonal(a, offset, axis1, axis2), -1, dtype, out)


# -- products --------------------------------------------------------------------------------------


def _pair(x: Any, y: Any) -> tuple[Any, Any]:
    one, two = operands("product", to_tensor(x), to_tensor(y))
    return one, two


def dot(a: Any, b: Any, out: Any = None) -> ndarray:
    """Over the last axis of a and the last but one (or the only one) of b; of numbers the product.
    An array for it has its dtype and axes, and lies in rows.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.dot([1.0, 2.0], [3.0, 4.0])
    np.float64(11.0)
    """
    if out is not None:
        found = dot(a, b)
        fits = isinstance(out, ndarray) and out.dtype == found.dtype and out.ndim == found.ndim
        if isinstance(out, ndarray) and not (fits and out.lies_in_rows()):
            raise ValueError(
                f"dot: output array is not acceptable: it must be of {found.dtype}, have "
                f"{found.ndim} axes, and lie in rows"
            )
        return written("dot", found._read(), out)
    alike = type(a) is type(b) is ndarray
    x, y = (a._read(), b._read()) if alike else (to_tensor(a), to_tensor(b))
    rank, other = x._layout.ndim, y._layout.ndim
    if rank == 0 or other == 0:
        return array_of(x * y)
    if other <= 2 and rank <= 2:
        return a @ b if alike else array_of(matrix_product(a, b))
    return tensordot(a, b, (rank - 1, max(other - 2, 0)))


def vdot(a: Any, b: Any, /) -> ndarray:
    """The product of two arrays as vectors, of the first one's conjugate."""
    return array_of(matmul_operator(conj(flattened(a)), flattened(b)))


def inner(a: Any, b: Any, /) -> ndarray:
    """Over the last axes of both."""
    x, y = _pair(a, b)
    rank, other = x._layout.ndim, y._layout.ndim
    if rank == 0 or other == 0:
        return array_of(x * y)
    return array_of(matmul_operator(x, y)) if rank == other == 1 else tensordot(x, y, (-1, -1))


@into
def outer(a: Any, b: Any, out: Any = None) -> ndarray:
    """Products of each element of a with each of b."""
    return array_of(reshape(to_tensor(a), (-1, 1))) * array_of(flat(to_tensor(b)))


def tensordot(a: Any, b: Any, axes: Any = 2) -> ndarray:
    """The sum of products over axes of both arrays."""
    return as_array(sums.tensordot(*_pair(a, b), axes))


__all__ = [
    "argwhere", "clip", "compress", "diagonal", "dot", "extract", "flatnonzero",
    "inner", "nonzero", "outer", "put_along_axis", "take", "take_along_axis",
    "tensordot", "trace", "vdot", "where",
]  # fmt: skip
