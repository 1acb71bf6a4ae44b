"""Shapes and order: what moves elements, joins and repeats them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from ngrad.dtypes import as_dtype, can_cast, result_type
from ngrad.errors import AxisError
from ngrad.graph.strides import broadcast
from ngrad.numpy.convert import PLAIN, array_of, dtype_of, to_tensor
from ngrad.numpy.creation import asarray
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.ufuncs import refuse_out
from ngrad.numpy.views import Repeated
from ngrad.ops import joining
from ngrad.ops.convert import cast_to
from ngrad.ops.shape import flat, normal_axis


def _axis(axis: Any, ndim: int, what: str) -> int:
    return normal_axis(axis, ndim, what)


def _axes(axis: Any, ndim: int, what: str) -> tuple[int, ...]:
    found = tuple(axis) if np.iterable(axis) else (axis,)
    axes = tuple(normal_axis(k, ndim, what) for k in found)
    if len(set(axes)) != len(axes):
        raise ValueError(f"{what}: repeated axis in {axis}")
    return axes


def reshape(a: Any, /, shape: Any, order: Any = "C", *, copy: bool | None = None) -> ndarray:
    """The same elements, in row-major order, in another shape; one size may be -1.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.reshape(np.arange(4), (2, -1))
    array([[0, 1],
           [2, 3]])
    """
    return asarray(a).reshape(shape, order=order, copy=copy)


def ravel(a: Any, order: Any = "C") -> ndarray:
    """All elements along one axis."""
    return asarray(a).reshape(-1, order=order)


def transpose(a: Any, axes: Any = None) -> ndarray:
    """Axes in another order: reversed, or as given."""
    x = asarray(a)
    return x.transpose() if axes is None else x.transpose(tuple(axes))


permute_dims = transpose


def matrix_transpose(x: Any, /) -> ndarray:
    """The last two axes exchanged."""
    return asarray(x).mT


def swapaxes(a: Any, axis1: int, axis2: int) -> ndarray:
    """Two axes exchanged."""
    x = asarray(a)
    order = [*range(x.ndim)]
    one, two = _axis(axis1, x.ndim, "swapaxes"), _axis(axis2, x.ndim, "swapaxes")
    order[one], order[two] = order[two], order[one]
    return x.transpose(tuple(order))


def moveaxis(a: Any, source: Any, destination: Any) -> ndarray:
    """Axes moved to other places; the rest keep their order.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.moveaxis(np.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    x = asarray(a)
    first, last = _axes(source, x.ndim, "moveaxis"), _axes(destination, x.ndim, "moveaxis")
    if len(first) != len(last):
        raise ValueError("moveaxis: source and destination must name as many axes as each other")
    order = [k for k in range(x.ndim) if k not in first]
    for place, axis in sorted(zip(last, first, strict=True)):
        order.insert(place, axis)
    return x.transpose(tuple(order))


def rollaxis(a: Any, axis: int, start: int = 0) -> ndarray:
    """An axis moved in front of another."""
    x = asarray(a)
    at = _axis(axis, x.ndim, "rollaxis")
    start = start + x.ndim if start < 0 else start
    if not 0 <= start <= x.ndim:
        raise AxisError(f"rollaxis: start {start} is not in [0, {x.ndim}]", axis=start, ndim=x.ndim)
    return moveaxis(x, at, start - 1 if at < start else start)


def expand_dims(a: Any, axis: Any) -> ndarray:
    """New axes of one element."""
    x = asarray(a)
    given = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = _axes(tuple(given), x.ndim + len(given), "expand_dims")
    return x[tuple(None if k in axes else slice(None) for k in range(x.ndim + len(axes)))]


def squeeze(a: Any, axis: Any = None) -> ndarray:
    """Axes of one element removed: all, or those given."""
    x = asarray(a)
    axes = (
        tuple(k for k, n in enumerate(x.shape) if n == 1)
        if axis is None
        else _axes(axis, x.ndim, "squeeze")
    )
    if any(x.shape[k] != 1 for k in axes):
        raise ValueError(
            f"cannot select an axis to squeeze out which has size not equal to one: {axis} of "
            f"{x.shape}"
        )
    return x[tuple(0 if k in axes else slice(None) for k in range(x.ndim))]


def broadcast_to(array: Any, shape: Any, subok: bool = False) -> ndarray:
    """The same elements repeated to a shape: a view, which cannot be assigned to."""
    sizes = shape if isinstance(shape, (tuple, list)) else (shape,)
    return asarray(array)._seen_by(Repeated(tuple(sizes)))


def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[ndarray, ...]:
    """Arrays repeated to the shape that they have together."""
    arrays = [asarray(x) for x in args]
    shapes = [x._layout.shape for x in arrays]
    shape = broadcast(*shapes, ())
    return tuple(
        x if own == shape else broadcast_to(x, shape) for x, own in zip(arrays, shapes, strict=True)
    )


def atleast_1d(*arys: Any) -> Any:
    """Arrays with at least one axis."""
    return _each([x.reshape(1) if x.ndim == 0 else x for x in map(asarray, arys)])


def atleast_2d(*arys: Any) -> Any:
    """Arrays with at least two axes."""
    made = (
        x.reshape(1, 1) if x.ndim == 0 else x[None] if x.ndim == 1 else x
        for x in map(asarray, arys)
    )
    return _each([*made])


def atleast_3d(*arys: Any) -> Any:
    """Arrays with at least three axes."""
    made = []
    for x in map(asarray, arys):
        if x.ndim == 0:
            made.append(x.reshape(1, 1, 1))
        elif x.ndim == 1:
            made.append(x[None, :, None])
        else:
            made.append(x[:, :, None] if x.ndim == 2 else x)
    return _each(made)


def _each(arrays: list[ndarray]) -> Any:
    return arrays[0] if len(arrays) == 1 else tuple(arrays)


# -- joining ---------------------------------------------------------------------------------------


def _sequence(arrays: Any, what: str) -> Any:
    """Arrays that can be asked for again: no generator."""
    if not hasattr(arrays, "__getitem__"):
        raise TypeError(f"arrays to {what} must be a sequence, not a {type(arrays).__name__}")
    return arrays


def together(arrays: Any, dtype: Any, what: str, casting: Any = "same_kind") -> list[Any]:
    """Tensors of one dtype, to which Python's numbers add their kind alone."""
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
    refuse_out("concatenate", out)
    parts = together(arrays, dtype, "concatenate", casting)
    if axis is None:
        return array_of(joining.joined(tuple([flat(x) for x in parts]), 0))
    for x in parts:
        if not x._layout.ndim:
            raise ValueError("zero-dimensional arrays cannot be concatenated")
    return array_of(joining.joined(tuple(parts), axis))


concat = concatenate


def stack(
    arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: Any = "same_kind"
) -> ndarray:
    """Arrays of one shape along a new axis."""
    refuse_out("stack", out)
    made = [asarray(x) if type(x) in PLAIN else x for x in _sequence(arrays, "stack")]
    return array_of(joining.stacked(tuple(together(made, dtype, "stack", casting)), axis))


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
    if axis is None:
        return concatenate([ravel(arr), ravel(values)])
    return concatenate([arr, values], axis)


def block(arrays: Any) -> ndarray:
    """An array of nested lists of blocks."""

    def depth(part: Any) -> int:
        if isinstance(part, tuple):
            raise TypeError(f"block: blocks are in lists, not in a tuple of {len(part)}")
        if not isinstance(part, list):
            return 0
        depths = set(map(depth, part))
        if len(depths) != 1:
            raise ValueError(f"block: lists must be as deep as each other, and not {part}")
        return 1 + depths.pop()

    levels = depth(arrays)

    def joined(part: Any, level: int) -> ndarray:
        if isinstance(part, list):
            made = [joined(each, level + 1) for each in part]
            ndim = max(max(x.ndim for x in made), levels)
            made = [x.reshape((1,) * (ndim - x.ndim) + x.shape) for x in made]
            return concatenate(made, level - levels)
        x = asarray(part)
        return x.reshape((1,) * max(levels - x.ndim, 0) + x.shape)

    return joined(arrays, 0) if levels else asarray(arrays).copy()


# -- splitting, repeating --------------------------------------------------------------------------


def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[ndarray]:
    """Parts along an axis: so many, as equal as can be, or cut at places."""
    x = asarray(ary)
    at = _axis(axis, x.ndim, "array_split")
    n = x.shape[at]
    if isinstance(indices_or_sections, (int, np.integer)):
        count = int(indices_or_sections)
        if count <= 0:
            raise ValueError("number sections must be larger than 0.")
        cuts = [k * (n // count) + min(k, n % count) for k in range(count + 1)]
    else:
        cuts = [0, *(int(k) for k in indices_or_sections), n]
    lead = (slice(None),) * at
    return [x[(*lead, slice(first, last))] for first, last in itertools.pairwise(cuts)]


def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[ndarray]:
    """As `array_split`; so many parts must be equal."""
    x = asarray(ary)
    if isinstance(indices_or_sections, (int, np.integer)):
        n = x.shape[_axis(axis, x.ndim, "split")]
        if indices_or_sections <= 0 or n % indices_or_sections:
            raise ValueError(
                f"array split does not result in an equal division: {n} elements in "
                f"{indices_or_sections} parts"
            )
    return array_split(x, indices_or_sections, axis)


def vsplit(ary: Any, indices_or_sections: Any) -> list[ndarray]:
    """Parts along the first axis, of two or more."""
    return _split_of("vsplit", ary, indices_or_sections, 2, 0)


def hsplit(ary: Any, indices_or_sections: Any) -> list[ndarray]:
    """Parts along the second axis, or the only one."""
    x = asarray(ary)
    return _split_of("hsplit", x, indices_or_sections, 1, 0 if x.ndim == 1 else 1)


def dsplit(ary: Any, indices_or_sections: Any) -> list[ndarray]:
    """Parts along the third axis."""
    return _split_of("dsplit", ary, indices_or_sections, 3, 2)


def _split_of(what: str, ary: Any, parts: Any, ndim: int, axis: int) -> list[ndarray]:
    x = asarray(ary)
    if x.ndim < ndim:
        raise ValueError(f"{what} only works on arrays of {ndim} or more dimensions")
    return split(x, parts, axis)


def unstack(x: Any, /, *, axis: int = 0) -> tuple[ndarray, ...]:
    """The slices along an axis."""
    moved = moveaxis(x, axis, 0)
    return tuple(moved[k] for k in range(moved.shape[0]))


def repeat(a: Any, repeats: Any, axis: int | None = None) -> ndarray:
    """Each element so many times."""
    from ngrad.ops.gather import repeat as repeated

    return array_of(repeated(to_tensor(a), _counts(repeats), axis))


def _counts(value: Any) -> Any:
    if type(value) is int:
        return value
    found = np.asarray(value)
    return int(found) if found.ndim == 0 else found.tolist()


def tile(A: Any, reps: Any) -> ndarray:
    """The whole array so many times along each axis."""
    x = asarray(A)
    times = tuple(reps) if isinstance(reps, (tuple, list)) else (int(reps),)
    ndim = max(x.ndim, len(times))
    x = x.reshape((1,) * (ndim - x.ndim) + x.shape)
    times = (1,) * (ndim - len(times)) + times
    return array_of(joining.tile(x._read(), times))


def flip(m: Any, axis: Any = None) -> ndarray:
    """The order along axes reversed, all if None."""
    x = asarray(m)
    axes = range(x.ndim) if axis is None else _axes(axis, x.ndim, "flip")
    back = slice(None, None, -1)
    return x[tuple(back if k in axes else slice(None) for k in range(x.ndim))]


def flipud(m: Any) -> ndarray:
    """The order along the first axis reversed."""
    return flip(m, 0)


def fliplr(m: Any) -> ndarray:
    """The order along the second axis reversed."""
    return flip(m, 1)


def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> ndarray:
    """Quarter turns in the plane of two axes."""
    x = asarray(m)
    one, two = _axes(tuple(axes), x.ndim, "rot90")
    turns = k % 4
    if turns == 0:
        return x[...]
    if turns == 2:
        return flip(flip(x, one), two)
    return swapaxes(flip(x, two), one, two) if turns == 1 else flip(swapaxes(x, one, two), two)


def roll(a: Any, shift: Any, axis: Any = None) -> ndarray:
    """Elements shifted along axes; what leaves at one end enters at the other."""
    return array_of(joining.roll(to_tensor(a), _counts(shift), axis))


__all__ = [
    "append", "array_split", "atleast_1d", "atleast_2d", "atleast_3d", "block",
    "broadcast_arrays", "broadcast_to", "column_stack", "concat", "concatenate", "dsplit",
    "dstack", "expand_dims", "flip", "fliplr", "flipud", "hsplit", "hstack", "matrix_transpose",
    "moveaxis", "permute_dims", "ravel", "repeat", "reshape", "roll", "rollaxis", "rot90",
    "row_stack", "split", "squeeze", "stack", "swapaxes", "tile", "transpose", "unstack",
    "vsplit", "vstack",
]  # fmt: skip
