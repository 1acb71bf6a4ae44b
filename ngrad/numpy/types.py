"""Dtypes of arrays, and of what is made of several."""

from __future__ import annotations

from typing import Any

import numpy as np

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
    return np.result_type(*map(_plain, arrays_and_dtypes))


def min_scalar_type(a: Any, /) -> Any:
    """The smallest dtype that holds a number; of an array, its own."""
    value = from_outside(a)
    return np.min_scalar_type(np.asarray(value) if isinstance(value, Tensor) else value)


def common_type(*arrays: Any) -> Any:
    """The type of floats that holds several arrays."""
    return np.common_type(*(np.zeros(0, asarray(x).dtype) for x in arrays))


def can_cast(from_: Any, to: Any, casting: Any = "safe") -> bool:
    """Whether a dtype, or an array's, may be cast to another by a rule."""
    return np.can_cast(_plain(from_), to, casting)


def astype(x: ndarray, dtype: Any, /, *, copy: bool = True, device: Any = None) -> ndarray:
    """An array in another dtype.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.astype(np.array([1.5, 2.5]), int)
    array([1, 2])
    """
    if not isinstance(x, (ndarray, Tensor, np.ndarray)):
        raise TypeError(f"astype: takes an array, not {type(x).__name__}; use asarray(x, dtype)")
    return asarray(asarray(x).astype(dtype, copy=copy), device=device)


REQUIREMENTS = {
    "C", "C_CONTIGUOUS", "CONTIGUOUS", "F", "F_CONTIGUOUS", "FORTRAN", "A", "ALIGNED", "W",
    "WRITEABLE", "O", "OWNDATA", "E", "ENSUREARRAY",
}  # fmt: skip


def require(a: Any, dtype: Any = None, requirements: Any = None, *, like: Any = None) -> ndarray:
    """An array of a dtype; requirements of memory are met by any."""
    unknown = {*map(str.upper, requirements or ())} - REQUIREMENTS
    if unknown:
        raise KeyError(f"require: {min(unknown)!r} is none of {', '.join(sorted(REQUIREMENTS))}")
    return asarray(a, dtype)


__all__ = ["astype", "can_cast", "common_type", "min_scalar_type", "require", "result_type"]
