"""Arrays with elements taken out, put in, and added around them."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.dtypes import kind_of
from ngrad.errors import IndexBoundsError, IndexTypeError
from ngrad.numpy.calculus import along
from ngrad.numpy.convert import array_of
from ngrad.numpy.creation import asarray
from ngrad.numpy.elements import read_as
from ngrad.numpy.joining import concatenate
from ngrad.numpy.laying import as_array
from ngrad.numpy.manipulation import broadcast_to, flip, moveaxis
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.quantiles import median
from ngrad.numpy.ranges import linspace
from ngrad.numpy.reductions import max as greatest
from ngrad.numpy.reductions import mean
from ngrad.numpy.reductions import min as least
from ngrad.numpy.selection import argwhere, flattened, take
from ngrad.numpy.ufuncs import UFUNCS
from ngrad.ops.convert import beside
from ngrad.ops.extending import MOST, extended
from ngrad.ops.gather import gather_rows
from ngrad.ops.joining import embedded, tile
from ngrad.ops.masks import places
from ngrad.ops.reductions import normal_axes
from ngrad.ops.shape import normal_axis, reshape
from ngrad.ops.slicing import strided
from ngrad.record import state
from ngrad.replayed import replayed

FEW, LONG = 8, 1 << 13
"""How many slices may be taken out, and of how many elements at least, for what stays to be joined
of its parts. A gather takes fewer calls."""


def _flat(what: str, a: Any, axis: Any) -> tuple[ndarray, int]:
    x = array_of(flattened(a)) if axis is None else asarray(a)
    return x, normal_axis(x.ndim - 1 if axis is None else axis, x.ndim, what)


def _index(what: str, obj: Any) -> Any:
    """What says where to take out or put in: a slice, or a NumPy array of integers or bools."""
    if isinstance(obj, slice):
        return obj
    index = np.asarray(obj, np.int64 if isinstance(obj, (list, tuple)) and not obj else None)
    if index.dtype.kind not in "iub":
        raise IndexTypeError(f"{what}: places must be integers or bools, not {index.dtype}")
    return index


def delete(arr: Any, obj: Any, axis: Any = None) -> ndarray:
    """An array without the slices at places along an axis.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.delete([10, 20, 30, 40], [0, -1])
    array([20, 30])
    """
    x, at = _flat("delete", arr, axis)
    where = x._read()
    gone = np.zeros(where._layout.shape[at], bool)
    index = _index("delete", obj)
    if not isinstance(index, slice) and index.dtype == bool and index.shape != gone.shape:
        raise ValueError(
            f"delete: a mask of shape {index.shape} does not fit an axis of {gone.size}"
        )
    gone[index] = True
    if where._layout.size >= LONG:
        (cuts,) = gone.nonzero()
        if cuts.size <= FEW:
            bounds = zip((0, *(cuts + 1)), (*cuts, gone.size), strict=True)
            parts = [along(x, at, slice(int(start), int(stop))) for start, stop in bounds]
            return concatenate([part for part in parts if part.shape[at]] or parts[:1], at)
    return array_of(gather_rows(where, places(~gone), at))


def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> ndarray:
    """An array with values before the slices at places along an axis.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.insert([1, 2, 3], 1, 9)
    array([1, 9, 2, 3])
    """
    x, at = _flat("insert", arr, axis)
    n = x.shape[at]
    index = _index("insert", obj)
    if isinstance(index, slice):
        index = np.arange(n)[index]
    elif index.dtype == bool:
        index = np.flatnonzero(index)
    elif index.ndim > 1:
        raise ValueError(f"insert: places are a number or a vector, not of shape {index.shape}")
    where = [k + n * (k < 0) for k in index.ravel().tolist()]
    if where and not (min(where) >= 0 and max(where) <= n):
        raise IndexBoundsError(f"insert: index {obj} is out of bounds for axis of {n} elements")
    several = len(where) != 1
    new = _to_put_in(values, x, at, len(where), several, bool(index.ndim))
    if several:
        order = np.argsort(np.concatenate([np.arange(n) + 0.5, where]), kind="stable")
        return take(concatenate([x, new], at), order, at)
    (cut,) = where
    return concatenate([along(x, at, slice(cut)), new, along(x, at, slice(cut, None))], at)


def _to_put_in(
    values: Any, x: ndarray, at: int, count: int, several: bool, listed: bool
) -> ndarray:
    """Values as slices of x along an axis: `count` of them, or, where all go to one place, as many
    as there are.
    """
    shape = x.shape
    if type(values) in (bool, int, float) and state.window.trace is None:  # sizes are no `Dim`s
        number = np.array(values, x.dtype)
        return asarray(np.full((*shape[:at], count, *shape[at + 1 :]), number))
    new = asarray(values, x.dtype)
    new = new.reshape((1,) * (x.ndim - new.ndim) + new.shape)
    if not several:
        new = new if listed or not at else moveaxis(new, 0, at)
        count = new.shape[at]
    return broadcast_to(new, (*shape[:at], count, *shape[at + 1 :]))


def resize(a: Any, new_shape: Any) -> ndarray:
    """An array of another shape, with the elements again and again from the first."""
    x = flattened(a)
    sizes = tuple(new_shape) if np.iterable(new_shape) else (new_shape,)
    count = math.prod(map(operator.index, sizes))
    if any(n < 0 for n in sizes):
        raise ValueError(f"resize: all elements of new_shape must be non-negative: {new_shape}")
    if not x.size:
        return asarray(np.zeros(sizes, x.dtype.numpy_dtype))
    repeated = x if count <= x.size else tile(x, (-(-count // x.size),))
    return as_array(reshape(strided(repeated, ((0, 1, count),)), sizes))


def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    """An array, list or tuple without the zeros at its front, its back, or both. Where they end is
    looked up at the call.
    """
    x = asarray(filt)
    sides = trim.lower()
    if sides not in ("fb", "bf", "f", "b"):
        raise ValueError(f"trim_zeros: unexpected character(s) in `trim`: {trim!r}")
    axes = normal_axes(axis, x.ndim, "trim_zeros")
    places = np.asarray(argwhere(x))
    cuts = [slice(None)] * x.ndim
    for k in axes:
        first, last = (places[:, k].min(), places[:, k].max() + 1) if len(places) else (0, 0)
        everything = not len(places)
        start = int(first) if "f" in sides or everything else None
        cuts[k] = slice(start, int(last) if "b" in sides or everything else None)
    if isinstance(filt, (list, tuple)) and x.ndim == 1:
        return filt[cuts[0]]
    return x[tuple(cuts)]


# -- what is around --------------------------------------------------------------------------------


def _ends(x: ndarray, axis: int) -> tuple[ndarray, ndarray]:
    n = x.shape[axis]
    return along(x, axis, slice(1)), along(x, axis, slice(n - 1, n))


def _ramp(x: ndarray, axis: int, widths: Any, ends: Any) -> list[ndarray]:
    """From an end value to an edge of the array, which is not included."""
    made = []
    for edge, width, end in zip(_ends(x, axis), widths, ends, strict=True):
        stop = edge.squeeze(axis)
        made.append(linspace(end, stop, width, endpoint=False, dtype=x.dtype, axis=axis))
    return [made[0], flip(made[1], axis)]


def _repeated(x: ndarray, axis: int, widths: Any, values: Any) -> list[ndarray]:
    return [
        broadcast_to(value, (*x.shape[:axis], width, *x.shape[axis + 1 :]))
        for value, width in zip(values, widths, strict=True)
    ]


def _constant(x: ndarray, axis: int, widths: Any, values: Any) -> list[ndarray]:
    return _repeated(x, axis, widths, [asarray(value).astype(x.dtype) for value in values])


def _statistic(reduce: Callable[..., ndarray]) -> Callable[..., list[ndarray]]:
    def around(x: ndarray, axis: int, widths: Any, lengths: Any) -> list[ndarray]:
        n = x.shape[axis]
        parts = []
        for length, front in zip(
            (n, n) if lengths is None else lengths, (True, False), strict=True
        ):
            count = min(int(length), n)
            if count < 0 or (count == 0 and reduce in (greatest, least)):
                raise ValueError(f"pad: stat_length of {length} yields no value for padding")
            part = take(x, np.arange(count) if front else np.arange(n - count, n), axis)
            found = reduce(part, axis, keepdims=True)
            whole = x.dtype.kind in "iu" and kind_of(found.dtype) == "f"
            parts.append((UFUNCS["rint"](found) if whole else found).astype(x.dtype))
        return _repeated(x, axis, widths, parts)

    return around


def _odd(mode: str) -> Callable[..., list[ndarray]]:
    """What mirrors the array in the points of its ends."""

    def around(x: ndarray, axis: int, widths: Any, kind: Any) -> list[ndarray]:
        whole, n = _turned(x, axis, widths, int(mode == "reflect")), x.shape[axis]
        return [
            along(whole, axis, slice(widths[0])),
            along(whole, axis, slice(widths[0] + n, None)),
        ]

    return around


def _own(mode: str, n: int, widths: Any) -> list[Any]:
    """The places of an axis of n elements that stand for those before and behind it."""
    outside = (np.arange(*ends) for ends in ((-widths[0], 0), (n, n + widths[1])))
    return [_place(mode, n, where) for where in outside]


def _place(mode: str, n: int, outside: Any) -> Any:
    """The places of an axis of n elements that stand for those outside: its own elements, repeated
    or in their mirror image, as often as it takes.
    """
    if mode == "edge":
        return np.where(outside < 0, 0, n - 1)
    period = {"wrap": n, "symmetric": 2 * n, "reflect": max(2 * n - 2, 1)}[mode]
    inside = outside % period
    return np.where(inside < n, inside, period - inside - (mode == "symmetric"))


def _slices(places: Any) -> tuple[tuple[int, int, int], ...]:
    """Places that follow one another in steps of -1, 0 or 1, as the slices that these are."""
    found: list[tuple[int, int, int]] = []
    for place in places.tolist():
        if found:
            start, step, count = found[-1]
            by = place - (start + step * (count - 1))
            if by == step or (count == 1 and abs(by) <= 1):
                found[-1] = start, by, count + 1
                continue
        found.append((place, 1, 1))
    return tuple(found)


def _turned(x: ndarray, axis: int, widths: Any, edge: int) -> ndarray:
    """An array continued by what mirrors it in the points of its ends, as often as it takes."""
    before, after = widths
    period = max(x.shape[axis] - edge, 1)
    while before or after:
        n = x.shape[axis]
        first, last = _ends(x, axis)
        if n == edge:  # a lone element is its own mirror image
            x, (before, after) = (
                concatenate([*_repeated(x, axis, (before, after), (x, x)), x], axis),
                (0, 0),
            )
            continue
        most = (n - edge) // period * period  # of the array as a whole, as often as that is there
        front, back = min(before, most), min(after, most)
        left = 2 * first - flip(along(x, axis, slice(edge, edge + front)), axis)
        right = 2 * last - flip(along(x, axis, slice(n - edge - back, n - edge)), axis)
        # Of bools these are integers, and true but for 0.
        x = concatenate([left.astype(x.dtype), x, right.astype(x.dtype)], axis)
        before, after = before - front, after - back
    return x


# mode: (what is before and after along an axis, unless these are elements as they are, the option
# that it takes, its default)
MODES: dict[str, tuple[Callable[..., list[ndarray]] | None, str, Any]] = {
    "edge": (None, "", None),
    "wrap": (None, "", None),
    "constant": (_constant, "constant_values", 0),
    "empty": (_constant, "", 0),
    "linear_ramp": (_ramp, "end_values", 0),
    "maximum": (_statistic(greatest), "stat_length", None),
    "mean": (_statistic(mean), "stat_length", None),
    "median": (_statistic(median), "stat_length", None),
    "minimum": (_statistic(least), "stat_length", None),
    "reflect": (_odd("reflect"), "reflect_type", "even"),
    "symmetric": (_odd("symmetric"), "reflect_type", "even"),
}


def _pairs(value: Any, ndim: int) -> Any:
    """A value before and after along each axis, of one, a pair, or pairs."""
    if value is None or isinstance(value, str):
        return [value] * ndim
    return broadcast_to(asarray(value), (ndim, 2))


def _padded_by(write: Any, x: ndarray, sides: list[Any], options: dict[str, Any]) -> ndarray:
    """An array with zeros around it, into each row of which, axis after axis, a function writes."""
    whole = x._read()
    padded = array_of(embedded(whole, sides, beside(whole, 0, "pad")))
    for axis, side in enumerate(sides):
        rows = moveaxis(padded, axis, -1)
        for at in np.ndindex(rows.shape[:-1]):
            write(rows[at], tuple(side), axis, options)
    return padded


@replayed
def pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> ndarray:
    """An array with elements added before and after along its axes: a constant, its own elements
    repeated or mirrored, or what is made of them.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.pad([1, 2, 3], (2, 1), "reflect")
    array([3, 2, 1, 2, 3, 2])
    """
    x = asarray(array)
    if not callable(mode) and mode not in MODES:
        raise ValueError(f"pad: mode {mode!r} is none of {', '.join(MODES)}")
    around, option, default = MODES["empty" if callable(mode) else mode]
    for name in () if callable(mode) else kwargs:
        if name != option:
            raise ValueError(f"pad: unsupported keyword argument for mode {mode!r}: {name}")
    if isinstance(pad_width, dict):
        given = {normal_axis(k, x.ndim, "pad"): v for k, v in pad_width.items()}
        pad_width = [given.get(k, 0) for k in range(x.ndim)]
        pad_width = [(w, w) if np.ndim(w) == 0 else w for w in pad_width]
    widths = np.asarray(pad_width)
    if widths.dtype.kind not in "iu":
        raise TypeError(f"pad: `pad_width` must be of integral type, not {widths.dtype}")
    if widths.size and widths.min() < 0:
        raise ValueError(f"pad: widths can't contain negative values: {pad_width}")
    sides = np.broadcast_to(widths, (x.ndim, 2)).tolist()
    if callable(mode):
        return _padded_by(mode, x, sides, kwargs)
    value = kwargs.get(option, default)
    if mode in ("constant", "empty") and np.ndim(value) == 0:
        whole = x._read()
        if type(value) is int:  # which is refused or wraps, as NumPy assigns it
            end = read_as(np.asarray(value)[()], x.dtype)
        else:
            end = asarray(value).astype(x.dtype)._read()
        return array_of(embedded(whole, sides, beside(whole, end, "pad")))
    if option == "reflect_type":
        if value not in ("even", "odd"):
            raise ValueError(f"pad: reflect_type is 'even' or 'odd', not {value!r}")
        around = around if value == "odd" else None
    values = _pairs(value, x.ndim)
    own: list[Any] = [((), ())] * x.ndim
    for k, width in enumerate(sides):
        told = option == "stat_length" and values[k] is not None and x.size  # if it is one
        if not (any(width) or told):
            continue
        if x.shape[k] == 0 and mode != "constant":
            raise ValueError(f"pad: can't extend empty axis {k} of {x.shape} using mode {mode!r}")
        if around is None:
            before, after = _own(mode, x.shape[k], width)
            own[k] = _slices(before), _slices(after)
            if sum(map(len, own[k])) >= MOST:  # a short axis, many times: by its places
                x = take(x, np.concatenate([before, np.arange(x.shape[k]), after]), k)
                own[k] = (), ()
        else:
            before, after = around(x, k, width, *([values[k]] if option else []))
            x = concatenate([before, x, after], k)
    return array_of(extended(x._read(), tuple(own))) if any(map(any, own)) else x.copy()


__all__ = ["delete", "insert", "pad", "resize", "trim_zeros"]
