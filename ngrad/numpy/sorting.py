"""Order: sorts, and places in what is sorted."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.devices import HOST
from ngrad.dtypes import BY_CODE
from ngrad.graph.op import Op
from ngrad.numpy.convert import array_of, known, to_tensor
from ngrad.numpy.creation import asarray
from ngrad.numpy.indices import at_hand
from ngrad.numpy.laying import as_array
from ngrad.numpy.manipulation import flip, ravel
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.reductions import as_axes
from ngrad.numpy.selection import take, take_along_axis
from ngrad.numpy.ufuncs import UFUNCS
from ngrad.numpy.views import remember_call
from ngrad.ops import sorting as order
from ngrad.ops.arithmetic import minimum
from ngrad.ops.convert import cast_to, tensor
from ngrad.ops.convert import operands as together
from ngrad.ops.gather import gather_rows
from ngrad.ops.ordering import FEW
from ngrad.ops.shape import broadcast_to, normal_axis, reshape
from ngrad.ops.sorting import ARGPARTITION, ARGSORT, PARTITION, by_parts, partitioned
from ngrad.record import apply, state
from ngrad.tensor import from_numpy

KINDS = ("quicksort", "mergesort", "heapsort", "stable")
"""Of which NumPy reads the first letter."""


def _rows(what: str, a: Any, axis: Any, kind: Any, fields: Any, stable: Any = None) -> Any:
    """What is to be sorted, a tensor, and along which axis of it."""
    if fields is not None:
        raise ValueError(f"{what}: order= is of structured dtypes, which ngrad.numpy has not")
    if kind is not None and stable is not None:
        raise ValueError(f"{what}: takes kind= or stable=, not both")
    if not (kind is None or (isinstance(kind, str) and kind[:1] in {"q", "m", "h", "s"})):
        raise ValueError(f"{what}: kind is one of {', '.join(KINDS)}, not {kind!r}")
    x = to_tensor(a)
    return (reshape(x, (-1,)), 0) if axis is None else (x, normal_axis(axis, x._layout.ndim, what))


def sort(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None,
    descending: bool = False,
) -> ndarray:  # fmt: skip
    """The elements in order along an axis, of the flattened array if None; NaN comes last, or, if
    `descending`, first. It is stable, whatever is asked for.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.sort([3, 1, 2])
    array([1, 2, 3])
    """
    x, at = _rows("sort", a, axis, kind, order, stable)
    return _sorted(x, at, bool(descending))


def sort_complex(a: Any) -> ndarray:
    """The elements in order along the last axis, as complex numbers: by their real parts and, where
    these are equal, by the imaginary ones.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.sort_complex([3, 1, 2 - 1j])
    array([1.+0.j, 2.-1.j, 3.+0.j])
    """
    x = to_tensor(a)
    small = x.dtype.code in ("i1", "i2", "u1", "u2")
    wide = x.dtype if x.dtype.is_complex else BY_CODE["c8" if small else "c16"]
    return sort(array_of(cast_to(x, wide)))


def _sorted(x: Any, axis: int, descending: bool) -> ndarray:
    return array_of(order.sorted_along(x, axis, descending))


def argsort(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None,
    descending: bool = False,
) -> ndarray:  # fmt: skip
    """Where the elements in order along an axis stand in it; stable.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.argsort([3, 1, 2])
    array([1, 2, 0])
    """
    x = to_tensor(a)
    x = x if x._layout.ndim else reshape(x, (1,))  # NumPy takes a number, too
    axis = axis if type(axis) is int else as_axes(axis)
    rows, at = _rows("argsort", x, axis, kind, order, stable)
    if not descending:
        if rows._layout.ndim == at + 1 and rows is x and not by_parts(rows._layout):
            remember_call(x._layout, "argsort", ARGSORT, (False,), same=False)
        return _argsorted(rows, at)
    behind = _argsorted(flip(array_of(rows), at)._read(), at)  # equal ones keep their order
    return UFUNCS["subtract"](rows._layout.shape[at] - 1, flip(behind, at))


def _argsorted(x: Any, axis: int) -> ndarray:
    return array_of(order.positions_along(x, axis))


def lexsort(keys: Any, axis: int = -1) -> ndarray:
    """The order by several keys: by the last, and where it is equal by the one before it.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.lexsort(([9, 4, 0], [1, 0, 1]))
    array([1, 2, 0])
    """
    by = [to_tensor(key) for key in keys]
    if not by:
        raise TypeError("need sequence of keys with len > 0 in lexsort")
    first, shapes = by[0], [key._layout.shape for key in by]
    if shapes.count(shapes[0]) < len(shapes):
        raise ValueError(f"lexsort: all keys need one shape, not {shapes}")
    if axis != -1:
        normal_axis(axis, len(shapes[0]) or 1, "lexsort")
    if not shapes[0]:  # a number by itself, of however many keys
        return array_of(to_tensor(0))
    if first._layout.size <= FEW and all(map(at_hand, by)):
        return array_of(from_numpy(np.lexsort([_seen(key) for key in by], axis)))
    found = argsort(first, axis)
    for key in by[1:]:
        ranked = argsort(take_along_axis(key, found, axis), axis)
        found = take_along_axis(found, ranked, axis)
    return found


def _seen(x: Any) -> Any:
    """NumPy's array of what a tensor holds."""
    return known(x._view()) if x._layout.dtype.is_half else x._view()


def _places(what: str, kth: Any, n: int) -> tuple[int, ...]:
    """Places along an axis of n elements, counted from the front."""
    if type(kth) is int and -n <= kth < n:
        return (kth % n,)
    places = np.asarray(kth)
    if places.dtype.kind not in "iu":
        raise TypeError(f"{what}: kth must be integers, not {places.dtype}")
    if places.size and not (-n <= places.min() and places.max() < n):
        raise ValueError(f"{what}: kth {kth} is out of bounds for an axis of {n} elements")
    return tuple(np.unique(places % max(n, 1)).tolist())


def partition(
    a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None
) -> ndarray:
    """With the kth element along an axis where order puts it, none before it greater, none after
    it less; the others stand anywhere.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.partition([7, 1, 5, 3], 2)[2]
    np.int64(5)
    """
    return _partitioned("partition", PARTITION, a, kth, axis, kind, order)


def argpartition(
    a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None
) -> ndarray:
    """Where the elements of `partition` stand in the array."""
    return _partitioned("argpartition", ARGPARTITION, a, kth, as_axes(axis), kind, order)


def _partitioned(what: str, op: Op, a: Any, kth: Any, axis: Any, kind: str, fields: Any) -> ndarray:
    x, at = _rows(what, a, axis, _plain(kind), fields)
    n = x._layout.shape[at]
    places = _places(what, kth, n)
    if places or op is PARTITION:
        return array_of(partitioned(op, x, places, at) if places else x)
    where = np.arange(n).reshape((n, *(1,) * (x.ndim - 1 - at)))
    return array_of(broadcast_to(tensor(where, what, None, x._layout.device), x._layout.shape))


def _plain(kind: str) -> Any:
    """The kind of a partition as one of a sort: NumPy has one."""
    return None if kind == "introselect" else f"{kind} of a partition"


# -- places in what is sorted ----------------------------------------------------------------------


def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> ndarray:
    """How many elements of a sorted vector come before each value: less ones, and on the right side
    equal ones too. NaN counts as the greatest.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.searchsorted([1, 3, 5], [3, 4], side="right")
    array([2, 2])
    """
    if side not in ("left", "right"):
        raise ValueError(f"searchsorted: side is 'left' or 'right', not {side!r}")
    x, values = together("searchsorted", to_tensor(a), to_tensor(v))
    if x.ndim != 1:
        raise ValueError(f"searchsorted: a must be a vector, not of shape {x._layout.shape}")
    if sorter is not None:
        if np.shape(sorter) != x._layout.shape:
            raise ValueError(
                f"searchsorted: sorter of shape {np.shape(sorter)} for {x.size} elements"
            )
        x = take(array_of(x), sorter)._read()
    return array_of(apply(order.SEARCH, (x, values), (side == "right",)))


def digitize(x: Any, bins: Any, right: bool = False) -> ndarray:
    """The bin that each element lies in, of bins with rising or falling edges: `bins[i - 1] <= x <
    bins[i]`; the right edge belongs to it instead if `right`. Which way they go is looked up at the
    call.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.digitize([0.2, 6.4, 3.0], [0.0, 1.0, 2.5, 4.0, 10.0])
    array([1, 4, 3])
    """
    edges, side = asarray(bins), "left" if right else "right"
    for value in (edges, asarray(x)):
        if value.dtype.kind == "c":
            raise TypeError(f"digitize: takes real numbers, not {value.dtype}")
    low, high = np.asarray(edges)[:-1], np.asarray(edges)[1:]  # integers' differences may wrap
    if (high >= low).all():
        return searchsorted(edges, x, side)
    if (high > low).any():
        raise ValueError(
            f"digitize: bins must be monotonically increasing or decreasing: {edges.shape} edges"
        )
    return UFUNCS["subtract"](edges.size, searchsorted(edges[::-1], x, side))


def isin(
    element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False, *,
    kind: Any = None,
) -> ndarray:  # fmt: skip
    """Whether each element is among others.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.isin([1, 5, 2], [2, 1])
    array([ True, False,  True])
    """
    if kind not in (None, "sort", "table"):
        raise ValueError(f"isin: kind is None, 'sort' or 'table', not {kind!r}")
    values, among = to_tensor(element), to_tensor(test_elements)
    inexact = [x.dtype for x in (values, among) if x.dtype.is_inexact]
    if kind == "table" and inexact:
        raise ValueError(f"isin: a table is of integers or bools, not {inexact[0].name}")
    here = values._layout.device is among._layout.device is HOST
    if not inexact and here and not state.listens():
        made = np.isin(np.asarray(values), np.asarray(among), assume_unique, invert, kind=kind)
        return as_array(from_numpy(made))
    values, among = together("isin", values, among)
    if not among.size:
        found: Any = broadcast_to(to_tensor(False), values._layout.shape)
    else:
        ordered = sort(ravel(array_of(among)))
        place = minimum(searchsorted(ordered, array_of(values))._read(), among.size - 1)
        found = array_of(gather_rows(ordered._read(), place)) == array_of(values)
    return as_array(to_tensor(UFUNCS["logical_not"](found) if invert else found))


__all__ = [
    "argpartition", "argsort", "digitize", "isin", "lexsort", "partition", "searchsorted", "sort",
    "sort_complex",
]  # fmt: skip
