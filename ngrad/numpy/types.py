"""Dtypes of arrays, and of what is made of several."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad import dtypes
from ngrad.dtypes import BRAIN, HALF, as_dtype
from ngrad.numpy.convert import OURS, array_of, to_tensor
from ngrad.numpy.creation import asarray
from ngrad.numpy.ndarray import ndarray
from ngrad.ops.convert import from_outside
from ngrad.tensor import Tensor


def _plain(value: Any) -> Any:
    """The dtype that a value of ours has; another, which NumPy knows of, itself."""
    value = from_outside(value)
    return value.dtype.numpy_dtype if isinstance(value, Tensor) else value


def result_type(*arrays_and_dtypes: Any) -> Any:
    """The dtype of an operation over arrays, numbers and dtypes, by NumPy's promotion.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.result_type(np.ones(2, np.float32), 3)
    dtype('float32')
    """
    return dtypes.result_type(*map(_plain, arrays_and_dtypes))


def promote_types(type1: Any, type2: Any) -> Any:
    """The dtype that two dtypes are promoted to."""
    return dtypes.result_type(np.dtype(type1), np.dtype(type2))


def isdtype(dtype: Any, kind: Any) -> bool:
    """Whether a dtype is another, or of a kind ("real floating", ...), or any of several.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.isdtype(np.float32, "real floating")
    True
    """
    given = (dtype, *kind) if isinstance(kind, tuple) else (dtype, kind)
    # NumPy finds a tensor's dtype equal to its own, and then none of these kinds.
    dtype, *kinds = (getattr(one, "__numpy_dtype__", one) for one in given)
    if dtype != BRAIN:
        return np.isdtype(dtype, tuple(one for one in kinds if one != BRAIN))
    return any(np.isdtype(HALF, one) if isinstance(one, str) else one == BRAIN for one in kinds)


def issubdtype(arg1: Any, arg2: Any) -> bool:
    """Whether a dtype is one of NumPy's kind, such as `np.floating`."""
    return np.issubdtype(arg1, arg2) or (arg1 == BRAIN and arg2 in (np.floating, np.inexact))


def finfo(dtype: Any) -> Any:
    """The limits of a dtype of floats or complex numbers, or of an array's."""
    dtype = dtype if isinstance(dtype, type) else getattr(dtype, "dtype", dtype)
    return as_dtype(dtype).finfo if dtype == BRAIN else np.finfo(dtype)


def min_scalar_type(a: Any, /) -> Any:
    """The smallest dtype that holds a number; of an array, its own."""
    value = from_outside(a)
    return np.min_scalar_type(np.asarray(value) if isinstance(value, Tensor) else value)


def common_type(*arrays: Any) -> Any:
    """The type of floats that holds several arrays."""
    own = {asarray(x).dtype for x in arrays}
    known = [np.zeros(0, dtype) for dtype in own - {BRAIN}]
    found = [np.common_type(*known)] if known or not own else []
    return dtypes.result_type(*found, *own & {BRAIN}).type


def can_cast(from_: Any, to: Any, casting: Any = "safe") -> bool:
    """Whether a dtype, or an array's, may be cast to another by a rule."""
    from_ = from_.dtype if isinstance(from_, (np.ndarray, np.generic)) else _plain(from_)
    return dtypes.can_cast(from_, to, casting)


def astype(x: ndarray, dtype: Any, /, *, copy: bool = True, device: Any = None) -> ndarray:
    """An array in another dtype.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.astype(np.array([1.5, 2.5]), int)
    array([1, 2])
    """
    if not isinstance(x, (*OURS, np.ndarray, np.generic)):
        raise TypeError(f"astype: takes an array, not {type(x).__name__}; use asarray(x, dtype)")
    given = array_of(to_tensor(x)) if isinstance(x, np.generic) else asarray(x)
    found: ndarray = given.astype(dtype, copy=copy)
    return found if device is None else asarray(found, device=device)


REQUIREMENTS = {
    "C", "C_CONTIGUOUS", "CONTIGUOUS", "F", "F_CONTIGUOUS", "FORTRAN", "A", "ALIGNED", "W",
    "WRITEABLE", "O", "OWNDATA", "E", "ENSUREARRAY",
}  # fmt: skip


def ascontiguousarray(a: Any, dtype: Any = None, *, like: Any = None) -> ndarray:
    """An array of one axis or more in row-major order: itself, or a copy if NumPy's is one."""
    x = asarray(a, dtype, "C")
    return x if x.ndim else x.reshape(1)


def asfortranarray(a: Any, dtype: Any = None, *, like: Any = None) -> ndarray:
    """An array of one axis or more in column-major order: itself, or a copy if NumPy's is one."""
    x = asarray(a, dtype, "F")
    return x if x.ndim else x.reshape(1)


def require(a: Any, dtype: Any = None, requirements: Any = None, *, like: Any = None) -> ndarray:
    """An array of a dtype, in an order; other requirements of memory are met by any."""
    given = {*map(str.upper, requirements or ())}
    unknown = given - REQUIREMENTS
    if unknown:
        raise KeyError(f"require: {min(unknown)!r} is none of {', '.join(sorted(REQUIREMENTS))}")
    rows = bool(given & {"C", "C_CONTIGUOUS", "CONTIGUOUS"})
    columns = bool(given & {"F", "F_CONTIGUOUS", "FORTRAN"})
    if rows and columns:
        raise ValueError(f"require: an array lies in one order, not in both of {requirements}")
    return asarray(a, dtype, "F" if columns else "C" if rows else None)


__all__ = [
    "ascontiguousarray", "asfortranarray", "astype", "can_cast", "common_type", "finfo", "isdtype",
    "issubdtype", "min_scalar_type", "promote_types", "require", "result_type",
]  # fmt: skip
