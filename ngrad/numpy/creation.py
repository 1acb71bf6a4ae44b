"""Arrays from nothing, or from what is no array yet."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ngrad.devices import HOST, current
from ngrad.errors import CopyError, ShapeError, shown
from ngrad.graph.dims import size
from ngrad.interop import asarray as share
from ngrad.numpy.convert import FLOAT64, PLAIN, array_of, dtype_of, to_tensor
from ngrad.numpy.given import KNOWN, given
from ngrad.numpy.laying import as_array, laid, order_of
from ngrad.numpy.laying import copy as duplicate
from ngrad.numpy.ndarray import ndarray, of_number
from ngrad.numpy.readonly import Repeated
from ngrad.numpy.views import IN_ROWS
from ngrad.numpy.ways import lies_in
from ngrad.ops.comparison import greater_equal, isfinite
from ngrad.ops.creation import EYE, range_
from ngrad.ops.extents import made
from ngrad.ops.joining import stacked
from ngrad.ops.reductions import reduce_all
from ngrad.ops.shape import broadcast_to, reshape
from ngrad.ops.transfer import to_device
from ngrad.record import copied
from ngrad.tensor import Tensor, from_numpy
from ngrad_kernels.keys import are_integers

MADE_ANEW = {*PLAIN, list, tuple}
"""Types of what an array is made of that nobody else has."""


def array(
    object: Any,
    dtype: Any = None,
    *,
    copy: bool | None = True,
    order: Any = "K",
    subok: bool = False,
    ndmin: int = 0,
    ndmax: int = 64,
    like: Any = None,
) -> ndarray:
    """An array of a value: a nest of numbers and arrays, or anything that NumPy makes one of.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.array([[1, 2], [3, 4]]).dtype
    dtype('int64')
    """
    kind = type(object)
    if copy is True and order == "K" and not ndmin:
        if kind is ndarray and _in_rows(object):
            return object.copy() if dtype is None else object.astype(dtype)
        if kind in MADE_ANEW and ndmax == 64:
            plain = kind in PLAIN and dtype is None and current() is HOST
            number = of_number(object) if plain else None
            if number is not None:
                number._way = IN_ROWS  # as an array has it
                return number
            return as_array(to_tensor(object, dtype_of(dtype)))
    if not ndmin <= ndmax <= 64:
        raise ValueError(f"array: takes ndmin <= ndmax <= 64, not {ndmin} and {ndmax}")
    if not copy:
        object = given(object, copy)
    if not copy and (copy is not None or isinstance(object, ndarray)):
        found = asarray(object, dtype, order, copy=None if copy is None else False)
        more = ndmin - found.ndim
        return found.reshape((1,) * more + found.shape) if more > 0 else found
    x = to_tensor(object, dtype_of(dtype))
    if x._layout.ndim > ndmax and isinstance(object, (list, tuple)):
        raise ValueError(f"array: a nest of {x.ndim} dimensions has more than ndmax={ndmax}")
    if x._layout.ndim < ndmin:
        x = reshape(x, (*(1,) * (ndmin - x.ndim), *x._layout.shape))
    if order == "K" and kind in MADE_ANEW:
        return as_array(x)
    return duplicate(x, order_of(object, order))


def asarray(
    a: Any, dtype: Any = None, order: Any = None, *, device: Any = None, copy: bool | None = None,
    like: Any = None,
) -> ndarray:  # fmt: skip
    """An array of a value; an array is itself, unless its dtype or device is to be another, or it
    stands for a number. With `copy=False` it reads the memory of another library's array, as
    `ngrad.asarray` does.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> x = np.ones(3)
    >>> np.asarray(x) is x
    True
    """
    plain = type(a) is ndarray and order is device is copy is None
    if (
        plain
        and dtype is None
        and (a._owner is not None or a._held._layout.ndim or not a.is_number)
    ):
        return a
    wanted = dtype_of(dtype)
    if type(a) in MADE_ANEW and order is device is copy is None:
        return as_array(to_tensor(a, wanted))
    if plain and wanted is not None and _in_rows(a):
        return a if a._held._layout.dtype is wanted else a.astype(dtype)
    if not copy and type(a) not in KNOWN:
        a = given(a, copy)
    if copy is False:
        if isinstance(a, ndarray) and a.is_number:
            raise CopyError("asarray: a number becomes an array by a copy, and copy is False")
        shared = share(a, wanted, device=device, copy=False)
        return a if isinstance(a, ndarray) else laid(shared, "K")
    same = wanted is None or (isinstance(a, ndarray) and a._layout.dtype is wanted)
    if isinstance(a, ndarray) and same and device is None and not copy and lies_in(a, order):
        return laid(a._held, "K") if a.is_number else a
    x = to_tensor(a, wanted)
    x = copied(x) if copy else x
    return laid(x if device is None else to_device(x, device), order)


asanyarray = asarray


def _in_rows(a: ndarray) -> bool:
    """Whether an array is one of its own that lies in rows, here and in NumPy: its methods copy and
    cast it then.
    """
    if a._owner is not None or a._way is not None:  # a view may hold nothing of its own
        return False
    where = a._held._layout
    return where.contiguous and where.ndim > 0


def itself(a: Any) -> ndarray:
    """An array, or a number that stands for NumPy's scalar, itself; an array of anything else."""
    return a if isinstance(a, ndarray) else asarray(a)


def asarray_chkfinite(a: Any, dtype: Any = None, order: Any = None) -> ndarray:
    """As `asarray`; a NaN or an infinity in it raises ValueError."""
    found = asarray(a, dtype, order)
    x = found._read()
    there = x._layout.device is not HOST
    if not (bool(reduce_all(isfinite(x))) if there else np.isfinite(np.asarray(found)).all()):
        raise ValueError("array must not contain infs or NaNs")
    return found


def shape_of(shape: Any, what: str) -> tuple[int, ...]:
    """The shape that a function is told: a size, or a sequence or array of them."""
    if type(shape) is int and shape >= 0:
        return (shape,)
    if are_integers(shape) and min(shape, default=0) >= 0:
        sizes: tuple[int, ...] = shape
        return sizes
    given = shape if isinstance(shape, (tuple, list)) else (shape,)
    if isinstance(shape, (ndarray, np.ndarray)):
        if shape.ndim > 1:
            raise TypeError(f"{what}: a shape has one axis of sizes, not those of {shape.shape}")
        given = tuple(np.asarray(shape).ravel().tolist())
    if bool in map(type, given):
        raise TypeError(f"{what}: a shape is made of integers, not {shown(shape)}")
    try:
        found = tuple(map(size, given))
    except TypeError:
        raise TypeError(f"{what}: a shape is made of integers, not {shown(shape)}") from None
    if found and min(found) < 0:
        raise ShapeError(f"{what}: negative dimensions are not allowed: {found}")
    return found


def eye(
    N: int, M: int | None = None, k: int = 0, dtype: Any = float, order: Any = "C", *,
    device: Any = None, like: Any = None,
) -> ndarray:  # fmt: skip
    """Zeros, with ones on the k-th diagonal.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.eye(2, 3, k=1)
    array([[0., 1., 0.],
           [0., 0., 1.]])
    """
    rows, columns = shape_of((N, N if M is None else M), "eye")
    found = made(EYE, rows, columns, operator.index(k), dtype_of(dtype) or FLOAT64)
    return laid(found if device is None else to_device(found, device), order)


def identity(n: int, dtype: Any = None, *, like: Any = None) -> ndarray:
    """The identity matrix."""
    return eye(n, dtype=dtype or float)


def meshgrid(
    *xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy"
) -> tuple[ndarray, ...]:
    """Coordinate arrays of coordinate vectors."""
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing is 'xy' or 'ij', not {indexing!r}")
    vectors = [asarray(x, copy=copy or None).reshape(-1) for x in xi]
    order = [*range(len(vectors))]
    if indexing == "xy" and len(vectors) > 1:
        order[:2] = [1, 0]
    shape = tuple(vectors[k].size for k in order)
    made = []
    for k, vector in enumerate(vectors):
        place = order.index(k)
        wide = vector.reshape(tuple(-1 if n == place else 1 for n in range(len(vectors))))
        wide = wide if sparse else wide._seen_by(Repeated(shape))
        made.append(array_of(wide._read()) if copy else wide)
    return tuple(made)


def tri(
    N: int, M: int | None = None, k: int = 0, dtype: Any = float, *, like: Any = None
) -> ndarray:
    """Ones at and below the k-th diagonal, zeros above."""
    rows, columns = shape_of((N, N if M is None else M), "tri")
    return asarray(array_of(lower(rows, columns, operator.index(k))), dtype_of(dtype) or FLOAT64)


def lower(rows: int, columns: int, k: Any) -> Tensor:
    """Whether an element of a matrix is at or below the k-th diagonal."""
    if type(rows) is type(columns) is int:
        return from_numpy(np.tri(rows, columns, k, bool))
    down, across = (range_(n, dtype=np.int64) for n in (rows, columns))  # of open sizes
    return greater_equal(reshape(down, (rows, 1)) + k, across)


def indices(dimensions: Any, dtype: Any = int, sparse: bool = False) -> Any:
    """For each axis of a grid, the index along it at every place."""
    shape = shape_of(tuple(dimensions), "indices")
    parts = np.indices(shape, sparse=True)
    if sparse:
        return tuple([asarray(part, dtype) for part in parts])
    return grid(parts, dtype or float)


FEW = 1 << 12
"""Places of a grid from which its coordinates are written by threads."""


def grid(parts: Sequence[np.ndarray[Any, Any]], dtype: Any = None) -> ndarray:
    """Coordinates along each axis, of which an array has one each, at every place of a grid:
    together along a new axis.
    """
    shape = tuple([part.size for part in parts])
    if math.prod(shape) > FEW:
        tensors = (asarray(part, dtype)._read() for part in parts)
        return array_of(stacked(tuple([broadcast_to(x, shape) for x in tensors]), 0))
    whole = np.empty((len(parts), *shape), parts[0].dtype if parts else int)
    for row, part in zip(whole, parts, strict=True):
        row[...] = part
    return asarray(whole, dtype)


def fromfunction(
    function: Any, shape: Any, *, dtype: Any = float, like: Any = None, **kwargs: Any
) -> Any:
    """What a function gives for the coordinate arrays of a grid."""
    return function(*indices(shape, dtype), **kwargs)


def copy(a: Any, order: Any = "K", subok: bool = False) -> ndarray:
    """An array of its own, of the same value."""
    if order == "K" and type(a) is ndarray and _in_rows(a):
        return a.copy()
    return duplicate(to_tensor(a), order_of(a, order))


__all__ = [
    "array", "asanyarray", "asarray", "asarray_chkfinite", "copy", "eye", "fromfunction",
    "identity", "indices", "meshgrid", "tri",
]  # fmt: skip
