"""Triangles and diagonals of matrices, and where they lie."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.numpy.convert import PLAIN, array_of, is_array, plain, to_tensor
from ngrad.numpy.creation import asarray, lower
from ngrad.numpy.editing import resize
from ngrad.numpy.manipulation import ravel
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.order import in_rows
from ngrad.numpy.ranges import arange
from ngrad.numpy.selection import diagonal, where
from ngrad.ops import linalg
from ngrad.ops.comparison import logical_not
from ngrad.tensor import from_numpy


def _triangle(name: str, keeps: Callable[..., Any]) -> Callable[..., ndarray]:
    def triangle(m: Any, k: int = 0) -> ndarray:
        x = asarray(m)
        if x.ndim == 0:
            raise TypeError(f"{name}: takes a matrix, not a number")
        rows, columns = x.shape[-2:] if x.ndim > 1 else x.shape * 2
        kept = keeps(rows, columns, k if type(k) is float else operator.index(k))
        return where(kept, x, False if x.dtype.kind == "b" else 0)

    triangle.__name__ = triangle.__qualname__ = name
    side = "above" if name == "tril" else "below"
    triangle.__doc__ = f"Matrices with zeros {side} the k-th diagonal."
    return triangle


tril = _triangle("tril", lower)
triu = _triangle("triu", lambda n, m, k: logical_not(lower(n, m, k - 1)))


def diag(v: Any, k: int = 0) -> ndarray:
    """The k-th diagonal of a matrix; or the matrix that has a vector there, and zeros elsewhere.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.diag([1, 2])
    array([[1, 0],
           [0, 2]])
    """
    x: Any = to_tensor(v)
    ndim = x._layout.ndim
    if ndim == 1:
        return array_of(linalg.diag(x, k=operator.index(k)))
    if ndim == 2:
        return diagonal(v if type(v) is ndarray else array_of(x), operator.index(k))
    raise ValueError(f"diag: input must be 1- or 2-d, not of shape {x._layout.shape}")


def diagflat(v: Any, k: int = 0) -> ndarray:
    """The matrix that has all elements on its k-th diagonal."""
    return diag(ravel(v), k)


def fill_diagonal(a: ndarray, val: Any, wrap: bool = False) -> None:
    """Assign to the main diagonal: a number, or values that repeat; of a tall matrix again
    below, if `wrap`.
    """
    where = a._layout
    shape, ndim = where.shape, where.ndim
    if ndim < 2:
        raise ValueError(f"fill_diagonal: array must be at least 2-d, not of shape {shape}")
    if ndim > 2 and len(set(shape)) > 1:
        raise ValueError(f"fill_diagonal: all dimensions must be of equal length, not {shape}")
    columns = shape[-1]
    step = sum([columns**k for k in range(ndim)])
    end = where.size if wrap or ndim > 2 else min(where.size, columns * columns)
    own = a._owner is a._way is None and in_rows(a._held)
    flat = a.reshape(-1) if own else a.flat
    if type(val) in PLAIN:
        flat[:end:step] = val
        return
    values = ravel(val if is_array(val) else asarray(val, a.dtype))
    count = len(range(0, end, step))
    flat[:end:step] = values if values.size < 2 else resize(values, count)


# -- where they lie --------------------------------------------------------------------------------


def _places(name: str, doc: str) -> Callable[..., tuple[ndarray, ...]]:
    function, of_shapes = getattr(np, name), name.endswith("_from")

    def places(*args: Any, **kwargs: Any) -> tuple[ndarray, ...]:
        if of_shapes and args:
            args = (np.broadcast_to(np.uint8(0), asarray(args[0]).shape), *args[1:])
        found = function(*map(plain, args), **kwargs)
        made: dict[int, ndarray] = {}
        for part in found:
            if id(part) not in made:  # one may be several axes'
                made[id(part)] = array_of(from_numpy(part))
        return tuple([made[id(part)] for part in found])

    places.__name__ = places.__qualname__ = name
    places.__doc__ = doc
    places.__wrapped__ = function  # type: ignore[attr-defined]
    return places


tril_indices = _places("tril_indices", "The indices of the lower triangle of an (n, m) matrix.")
triu_indices = _places("triu_indices", "The indices of the upper triangle of an (n, m) matrix.")
tril_indices_from = _places("tril_indices_from", "As `tril_indices`, for a matrix.")
triu_indices_from = _places("triu_indices_from", "As `triu_indices`, for a matrix.")


def diag_indices(n: Any, ndim: int = 2) -> tuple[ndarray, ...]:
    """The indices of the main diagonal of a cube."""
    return (arange(n),) * ndim


diag_indices_from = _places("diag_indices_from", "As `diag_indices`, for an array.")


def mask_indices(n: int, mask_func: Any, k: Any = 0) -> tuple[ndarray, ...]:
    """The indices of an (n, n) matrix that a function such as `triu` keeps."""
    kept = np.asarray(to_tensor(mask_func(asarray(np.ones((n, n), int)), k)))
    return tuple(asarray(part) for part in np.nonzero(kept != 0))


__all__ = [
    "diag", "diag_indices", "diag_indices_from", "diagflat", "fill_diagonal",
    "mask_indices", "tril", "tril_indices", "tril_indices_from", "triu", "triu_indices",
    "triu_indices_from",
]  # fmt: skip
