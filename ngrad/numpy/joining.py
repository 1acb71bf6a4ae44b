"""Arrays put together: one after the other, or along a new axis."""

from __future__ import annotations

from typing import Any

from ngrad.dtypes import as_dtype, can_cast, result_type
from ngrad.errors import NestError
from ngrad.graph.layout import AXES
from ngrad.numpy.convert import PLAIN, array_of, dtype_of, to_tensor
from ngrad.numpy.creation import asarray
from ngrad.numpy.manipulation import atleast_1d, atleast_2d, atleast_3d
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.out import CASTINGS, no_casting, written
from ngrad.numpy.reductions import as_axes
from ngrad.ops import joining
from ngrad.ops.convert import cast_to
from ngrad.ops.shape import flat


def _sequence(arrays: Any, what: str) -> Any:
    """Arrays that can be asked for again: no generator."""
    if not hasattr(arrays, "__getitem__"):
        raise TypeError(f"arrays to {what} must be a sequence, not a {type(arrays).__name__}")
    return arrays


def together(arrays: Any, dtype: Any, what: str, casting: Any = "same_kind") -> list[Any]:
    """Tensors of one dtype, to which Python's numbers add their kind alone."""
    if casting not in CASTINGS:
        raise no_casting(what, casting)
    given = _sequence(arrays, what)
    made = [x._read() if type(x) is ndarray else to_tensor(x) for x in given]
    if not made:
        raise ValueError(f"need at least one array to {what}")
    wanted = dtype_of(dtype)
    if wanted is None and len({x._layout.dtype.code for x in made}) == 1:
        return made
    kinds = [
        x if type(x) in PLAIN else y.dtype.numpy_dtype for x, y in zip(given, made, strict=True)
    ]
    wide = wanted or as_dtype(result_type(*kinds))
    for own in kinds:
        if type(own) not in PLAIN and not can_cast(own, wide.numpy_dtype, casting):
            raise TypeError(f"{what}: cannot cast {own} to {wide}, with casting={casting!r}")
    return [
        cast_to(y, wide) if wanted or type(x) not in PLAIN else to_tensor(x, wide)
        for x, y in zip(given, made, strict=True)
    ]


def _into(what: str, found: ndarray, out: Any, dtype: Any, casting: Any) -> ndarray:
    """What is put together, in an array that is given."""
    if dtype is not None:
        raise TypeError(f"{what}: takes one of out= and dtype={dtype!r}")
    return written(what, found._read(), out, casting)


def concatenate(
    arrays: Any, /, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: Any = "same_kind"
) -> ndarray:
    """Arrays one after the other along an axis.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.concatenate([np.ones(2), np.zeros(1)])
    array([1., 1., 0.])
    """
    parts = together(arrays, dtype, "concatenate", casting)
    if axis is None:
        axis, parts = 0, [flat(x) for x in parts]
    for x in parts:
        if not x._layout.ndim:
            raise ValueError("zero-dimensional arrays cannot be concatenated")
    found = array_of(joining.joined(tuple(parts), axis if type(axis) is int else as_axes(axis)))
    return found if out is None else _into("concatenate", found, out, dtype, casting)


concat = concatenate


def stack(
    arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: Any = "same_kind"
) -> ndarray:
    """Arrays of one shape along a new axis."""
    made = [asarray(x) if type(x) in PLAIN else x for x in _sequence(arrays, "stack")]
    found = array_of(joining.stacked(tuple(together(made, dtype, "stack", casting)), axis))
    return found if out is None else _into("stack", found, out, dtype, casting)


def vstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> ndarray:
    """Arrays one below the other."""
    parts = [atleast_2d(x) for x in _sequence(tup, "stack")]
    return concatenate(parts, 0, dtype=dtype, casting=casting)


row_stack = vstack


def hstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> ndarray:
    """Arrays side by side."""
    parts = [atleast_1d(x) for x in _sequence(tup, "stack")]
    axis = 0 if parts and parts[0].ndim == 1 else 1
    return concatenate(parts, axis, dtype=dtype, casting=casting)


def dstack(tup: Any) -> ndarray:
    """Arrays one behind the other, along the third axis."""
    return concatenate([atleast_3d(x) for x in _sequence(tup, "stack")], 2)


def column_stack(tup: Any) -> ndarray:
    """Vectors as the columns of a matrix."""
    parts = [asarray(x) for x in _sequence(tup, "stack")]
    return concatenate([x.reshape(-1, 1) if x.ndim < 2 else x for x in parts], 1)


def append(arr: Any, values: Any, axis: int | None = None) -> ndarray:
    """Values behind those of an array."""
    parts = [arr, values]
    if axis is None:  # a number is an array there, whose dtype counts
        parts = [[x] if type(x) in PLAIN else x for x in parts]
    return concatenate(parts, axis)


def block(arrays: Any) -> ndarray:
    """An array of nested lists of blocks."""

    def depth(part: Any, level: int = 0) -> int:
        if isinstance(part, tuple):
            raise TypeError(f"block: blocks are in lists, not in a tuple of {len(part)}")
        if not isinstance(part, list):
            return 0
        if level == AXES:
            raise NestError(f"block: an array has at most {AXES} axes, and lists are as deep")
        depths = {depth(each, level + 1) for each in part}
        if len(depths) != 1:
            raise ValueError(f"block: lists must be as deep as each other, and not {part}")
        return 1 + depths.pop()

    levels = depth(arrays)

    def joined(part: Any, level: int) -> ndarray:
        if isinstance(part, list):
            made = [joined(each, level + 1) for each in part]
            ndim = max(max(x.ndim for x in made), levels)
            return concatenate([of_axes(x, ndim) for x in made], level - levels)
        return of_axes(asarray(part), levels)

    def of_axes(x: ndarray, ndim: int) -> ndarray:
        return x if x.ndim >= ndim else x.reshape((1,) * (ndim - x.ndim) + x.shape)

    return joined(arrays, 0) if levels else asarray(arrays).copy()


__all__ = [
    "append", "block", "column_stack", "concat", "concatenate", "dstack", "hstack", "row_stack",
    "stack", "vstack",
]  # fmt: skip
