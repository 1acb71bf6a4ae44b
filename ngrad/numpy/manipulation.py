"""Shapes and order: what moves elements, parts and repeats them."""

from __future__ import annotations

import functools
import itertools
import operator
from typing import Any

import numpy as np

from ngrad.errors import AxisError
from ngrad.graph.strides import broadcast
from ngrad.numpy.convert import PLAIN, array_of, to_tensor
from ngrad.numpy.creation import asarray, itself, shape_of
from ngrad.numpy.laying import as_array
from ngrad.numpy.ndarray import ndarray, view_of
from ngrad.numpy.readonly import Repeated
from ngrad.numpy.reductions import along, as_axes
from ngrad.numpy.views import axes_in
from ngrad.numpy.ways import lies_of, surely_apart
from ngrad.ops import joining, rolls
from ngrad.ops.extents import integers
from ngrad.ops.gather import repeat as repeated
from ngrad.ops.shape import SEEN, flat, normal_axis, sole
from ngrad.record import copied, state


def _axis(axis: Any, ndim: int, what: str) -> int:
    return normal_axis(axis, ndim, what)


def distinct_axes(axis: Any, ndim: int, what: str) -> tuple[int, ...]:
    """Axes counted from the front, in the order given, no two the same."""
    if type(axis) is int:
        return (normal_axis(axis, ndim, what),)
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
    return itself(a).reshape(shape, order=order, copy=copy)


ALONG = slice(None)
ALL = (-1,)
"""The shape of all elements along one axis."""


def ravel(a: Any, order: Any = "C") -> ndarray:
    """All elements along one axis: a view of what lies in that order, and of others a copy. With
    order "K" or "A", in that of memory, where it is known.
    """
    if order == "C" and type(a) is ndarray and a._way is None:
        view = view_of(a, ALL, state.window)
        if view is not None:
            return view
    x, order = asarray(a), order.upper() if isinstance(order, str) else order
    order = "C" if order is None else order
    if order == "C" and x._owner is None:
        return x.reshape(-1)
    if order in ("K", "A"):
        lies = lies_of(x)
        if lies is not None and (order == "K" or lies.flags.fnc):
            steps = lies.strides
            x = x.transpose(tuple(sorted(range(x.ndim), key=lambda k: -abs(steps[k]))))
    elif order == "F":
        x, order = x.transpose(), "C"
    elif order != "C":
        raise ValueError(f"ravel: order must be one of 'C', 'F', 'A', or 'K', not {order!r}")
    apart = surely_apart(x)
    if not apart:
        lies = lies_of(x)
        apart = lies is not None and not lies.flags.c_contiguous
    if apart:
        return array_of(copied(flat(x._read())))
    return x.reshape(-1)


def transpose(a: Any, axes: Any = None) -> ndarray:
    """Axes in another order: reversed, or as given."""
    x = itself(a)
    if axes is None:
        return x.transpose()
    return x.transpose(tuple(axes) if np.iterable(axes) else (axes,))


permute_dims = transpose


def matrix_transpose(x: Any, /) -> ndarray:
    """The last two axes exchanged."""
    return itself(x).mT


def swapaxes(a: Any, axis1: int, axis2: int) -> ndarray:
    """Two axes exchanged."""
    x = itself(a)
    ndim = x._layout.ndim
    order = _swapped(ndim, operator.index(axis1), operator.index(axis2))
    return x._seen_by(axes_in(order, ndim))


@functools.lru_cache(SEEN)
def _swapped(ndim: int, axis1: int, axis2: int) -> tuple[int, ...]:
    order = [*range(ndim)]
    one, two = _axis(axis1, ndim, "swapaxes"), _axis(axis2, ndim, "swapaxes")
    order[one], order[two] = order[two], order[one]
    return tuple(order)


def moveaxis(a: Any, source: Any, destination: Any) -> ndarray:
    """Axes moved to other places; the rest keep their order.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.moveaxis(np.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    x = itself(a)
    first, last = (
        distinct_axes(source, x.ndim, "moveaxis"),
        distinct_axes(destination, x.ndim, "moveaxis"),
    )
    if len(first) != len(last):
        raise ValueError("moveaxis: source and destination must name as many axes as each other")
    order = [k for k in range(x.ndim) if k not in first]
    for place, axis in sorted(zip(last, first, strict=True)):
        order.insert(place, axis)
    return x.transpose(tuple(order))


def rollaxis(a: Any, axis: int, start: int = 0) -> ndarray:
    """An axis moved in front of another."""
    x = asarray(a)
    ndim = x._layout.ndim
    at = _axis(axis, ndim, "rollaxis")
    start = start + ndim if start < 0 else start
    if not 0 <= start <= ndim:
        raise AxisError(f"rollaxis: start {start} is not in [0, {ndim}]", axis=start, ndim=ndim)
    order = [k for k in range(ndim) if k != at]
    order.insert(start - 1 if at < start else start, at)
    return x.transpose(tuple(order))


# Indices by which functions take views, made once: by axes that are counted from the front.


@functools.lru_cache(SEEN)
def _with_new(ndim: int, axes: tuple[int, ...]) -> tuple[Any, ...]:
    """What adds axes, of so many in all."""
    return (*[None if k in axes else ALONG for k in range(ndim)], ...)


@functools.lru_cache(SEEN)
def _but(ndim: int, axes: tuple[int, ...]) -> tuple[Any, ...]:
    """What leaves out axes of one element."""
    return (*[0 if k in axes else ALONG for k in range(ndim)], ...)


@functools.lru_cache(SEEN)
def _without_ones(shape: tuple[int, ...]) -> Any:
    """What leaves out all axes of one element."""
    axes = tuple([k for k, n in enumerate(shape) if n == 1])
    return _but(len(shape), axes) if axes else ...


@functools.lru_cache(SEEN)
def _backwards(ndim: int, axes: tuple[int, ...] | None) -> tuple[Any, ...]:
    """What reverses the order along axes, all if None."""
    back = slice(None, None, -1)
    return tuple([back if axes is None or k in axes else ALONG for k in range(ndim)])


def expand_dims(a: Any, axis: Any) -> ndarray:
    """New axes of one element."""
    x = asarray(a)
    given = axis if isinstance(axis, (tuple, list)) else (axis,)
    ndim = x._layout.ndim + len(given)
    return x[_with_new(ndim, distinct_axes(sole(given), ndim, "expand_dims"))]


def squeeze(a: Any, axis: Any = None) -> ndarray:
    """Axes of one element removed: all, or those given."""
    x = itself(a)
    where = x._layout
    shape, ndim = where.shape, where.ndim
    if axis is None and ndim and not where.open:
        return x[_without_ones(shape)]
    if axis is None or (ndim == 0 and not np.iterable(axis) and axis in (0, -1)):
        axes = tuple([k for k, n in enumerate(shape) if n == 1])
    else:
        axes = distinct_axes(as_axes(axis), ndim, "squeeze")
        if any(shape[k] != 1 for k in axes):
            raise ValueError(
                f"cannot select an axis to squeeze out which has size not equal to one: {axis} of "
                f"{x.shape}"
            )
    if ndim == 0 and x.is_number:
        return x
    return x[_but(ndim, axes) if axes else ...]  # a view


def broadcast_to(array: Any, shape: Any, subok: bool = False) -> ndarray:
    """The same elements repeated to a shape: a view, which cannot be assigned to."""
    return asarray(array)._seen_by(Repeated(shape_of(shape, "broadcast_to")))


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
    if len(arys) == 1 and type(arys[0]) is ndarray and arys[0]._layout.ndim:
        return arys[0]
    given = [asarray([x] if type(x) in PLAIN else x) for x in arys]
    return _each([x if x._layout.ndim else x.reshape(1) for x in given])


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


# -- splitting, repeating --------------------------------------------------------------------------


def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[ndarray]:
    """Parts along an axis: so many, as equal as can be, or cut at places."""
    x = asarray(ary)
    at = _axis(axis, x.ndim, "array_split")
    n = x.shape[at]
    if _is_count(indices_or_sections):
        count = int(indices_or_sections)
        if count <= 0:
            raise ValueError("number sections must be larger than 0.")
        size, more = divmod(n, count)
        # As NumPy, whose list of sizes fails at once where there are more than fit into memory.
        cuts = [0, *itertools.accumulate([size + 1] * more + [size] * (count - more))]
    else:
        cuts = [0, *indices_or_sections, n]
    lead = (slice(None),) * at
    return [x[(*lead, slice(first, last))] for first, last in itertools.pairwise(cuts)]


def _is_count(sections: Any) -> bool:
    """Whether it is of how many parts: what has no length."""
    try:
        len(sections)
    except TypeError:
        return True
    return False


def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[ndarray]:
    """As `array_split`; so many parts must be equal."""
    x = asarray(ary)
    if _is_count(indices_or_sections):
        n = x.shape[_axis(axis, x.ndim, "split")]
        if n % indices_or_sections:
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
    return tuple(moveaxis(x, axis, 0))


def repeat(a: Any, repeats: Any, axis: int | None = None) -> ndarray:
    """Each element so many times."""
    x, at = along("repeat", to_tensor(a), axis)
    return array_of(repeated(x, _counts(repeats), at))


def _counts(value: Any) -> Any:
    if type(value) is int:
        return value
    found = np.asarray(value)
    if found.ndim == 1 and found.dtype.kind in "iu":
        return found.astype(np.int64, copy=False)  # of uint64, which NumPy refuses
    if found.ndim == 0:
        return int(found)
    return found.tolist()


def tile(A: Any, reps: Any) -> ndarray:
    """The whole array so many times along each axis."""
    x = asarray(A)
    given = reps if np.iterable(reps) and not isinstance(reps, str) else (reps,)
    times = tuple(int(n) if isinstance(n, str) or n != n else operator.index(n) for n in given)
    ndim = max(x.ndim, len(times))
    x = x.reshape((1,) * (ndim - x.ndim) + x.shape)
    times = (1,) * (ndim - len(times)) + times
    return as_array(joining.tile(x._read(), times))


def flip(m: Any, axis: Any = None) -> ndarray:
    """The order along axes reversed, all if None."""
    x = itself(m)
    ndim = x._layout.ndim
    return x[_backwards(ndim, None if axis is None else distinct_axes(axis, ndim, "flip"))]


def flipud(m: Any) -> ndarray:
    """The order along the first axis reversed."""
    return flip(m, 0)


def fliplr(m: Any) -> ndarray:
    """The order along the second axis reversed."""
    return flip(m, 1)


def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> ndarray:
    """Quarter turns in the plane of two axes."""
    x = asarray(m)
    one, two = distinct_axes(tuple(axes), x.ndim, "rot90")
    turns = k % 4
    if turns == 0:
        return x[...]
    if turns == 2:
        return flip(flip(x, one), two)
    return swapaxes(flip(x, two), one, two) if turns == 1 else flip(swapaxes(x, one, two), two)


def roll(a: Any, shift: Any, axis: Any = None) -> ndarray:
    """Elements shifted along axes; what leaves at one end enters at the other."""
    pairs = np.broadcast(np.asarray(shift), 0 if axis is None else integers(axis, "roll"))
    if pairs.ndim > 1:
        raise ValueError(f"roll: shift and axis are numbers or vectors, not {shift}, {axis}")
    if axis is None:
        total = sum([int(n) for n, _ in pairs])
        return as_array(rolls.roll(to_tensor(a), total, None))
    moves = [(int(n), int(k)) for n, k in pairs]
    if not moves:
        return asarray(a).copy()
    shifts, axes = zip(*moves, strict=True)
    return as_array(rolls.roll(to_tensor(a), shifts, axes))


__all__ = [
    "array_split", "atleast_1d", "atleast_2d", "atleast_3d", "broadcast_arrays", "broadcast_to",
    "dsplit", "expand_dims", "flip", "fliplr", "flipud", "hsplit", "matrix_transpose", "moveaxis",
    "permute_dims", "ravel", "repeat", "reshape", "roll", "rollaxis", "rot90", "split", "squeeze",
    "swapaxes", "tile", "transpose", "unstack", "vsplit",
]  # fmt: skip
