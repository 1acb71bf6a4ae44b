"""Grids of coordinates, and arrays written as indices: `mgrid[0:3]`, `r_[0:3, 7]`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ngrad.devices import HOST
from ngrad.dtypes import result_type
from ngrad.numpy.convert import OURS, PLAIN, array_of, is_weak, plain, to_tensor
from ngrad.numpy.creation import asarray, grid
from ngrad.numpy.joining import concatenate
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.ranges import arange, linspace
from ngrad.ops.transfer import said
from ngrad.record import state


class _Grid:
    """Coordinates of a grid, by slices; of a step such as 5j, so many from start to stop.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.ogrid[0:2, 0:1:3j]
    (array([[0.],
           [1.]]), array([[0. , 0.5, 1. ]]))
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getitem__(self, key: Any) -> Any:
        items = tuple(map(_known, key)) if isinstance(key, tuple) else _known(key)
        found: Any = np.ogrid[items]
        if not isinstance(found, tuple):
            return asarray(found)
        return tuple(map(asarray, found)) if self._name == "ogrid" else grid(found)

    def __repr__(self) -> str:
        return f"<{self._name}>"


def _known(bounds: slice) -> slice:
    """A slice, in which what is ours is a number of NumPy's: of a complex step it asks the type."""
    given = (bounds.start, bounds.stop, bounds.step)
    return slice(*(plain(x)[()] if isinstance(x, OURS) else x for x in given))


mgrid, ogrid = _Grid("mgrid"), _Grid("ogrid")


class _Joined:
    """Arrays, numbers and slices one after the other: along the first axis, or, by a string in
    front such as "1,2,0", along another, with so many axes, and where those of an array go.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.r_[np.array([1, 2]), 0, 5:7]
    array([1, 2, 0, 5, 6])
    >>> np.c_[[1, 2], [3, 4]]
    array([[1, 3],
           [2, 4]])
    """

    def __init__(self, name: str, axis: int, ndim: int = 1, first: int = -1) -> None:
        self._name, self._directions = name, (axis, ndim, first)

    def __getitem__(self, key: Any) -> ndarray:
        items = list(key) if isinstance(key, tuple) else [key]
        axis, ndim, first = self._directions
        if issubclass(type(items[0]), str):  # numbers of ours say that they are of another type
            axis, ndim, first = self._read(items.pop(0))
        if not items:
            raise ValueError(f"need at least one array to concatenate in {self._name}[...]")
        made: list[Any] = []
        for item in items:
            if issubclass(type(item), str):
                raise ValueError(f"{self._name}[...]: special directives must be the first entry")
            if type(item) in PLAIN or issubclass(type(item), np.generic):
                made.append(item)  # a number beside arrays has their dtype
            else:
                made.append(self._shaped(self._array(item), ndim, first))
        arrays = [x for x in made if type(x) is ndarray]
        own = {x._layout.dtype for x in arrays}
        if len(own) == 1:
            (kind,) = own
            if all(type(x) is ndarray or is_weak(x, kind) for x in made):
                return concatenate([self._as_array(x, kind, ndim) for x in made], axis)
        dtype = result_type(*(x.dtype if type(x) is ndarray else x for x in made))
        if not arrays and all(type(x) in PLAIN for x in made):
            dtype = result_type(*map(np.asarray, made))
        return concatenate([self._as_array(x, dtype, ndim) for x in made], axis, dtype=dtype)

    def _as_array(self, x: Any, dtype: Any, ndim: int) -> Any:
        if type(x) is ndarray:
            return x
        for _ in range(ndim):
            x = [x]
        return asarray(x, dtype)

    def _read(self, text: str) -> tuple[int, int, int]:
        parts = text.split(",")
        try:
            given = [int(part) for part in parts]
        except ValueError:
            raise ValueError(
                f"{self._name}[{text!r}]: unknown special directive; matrices are not there"
            ) from None
        axis, ndim, first = (*given, *self._directions[len(given) :])
        return axis, ndim, first

    def _array(self, item: Any) -> ndarray:
        if type(item) is not slice:
            return asarray(item)
        start, stop = item.start or 0, item.stop
        step = 1 if item.step is None else item.step
        if np.iscomplexobj(step):
            return linspace(start, stop, int(np.abs(step)))
        return arange(start, stop, step)

    def _shaped(self, x: ndarray, ndim: int, first: int) -> ndarray:
        """An array with more axes in front, or with its own from a given one on."""
        more = ndim - x.ndim
        if more <= 0:
            return x
        before = first + more + 1 if first < 0 else first
        before = before if 0 <= before <= more else more
        return x.reshape((1,) * before + x.shape + (1,) * (more - before))

    def __repr__(self) -> str:
        return f"<{self._name}>"

    def __len__(self) -> int:
        return 0


r_, c_ = _Joined("r_", 0), _Joined("c_", -1, 2, 0)


def ix_(*args: Any) -> tuple[ndarray, ...]:
    """Indices of an open grid: each vector along an axis of its own; of bools, where they hold.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.arange(10).reshape(2, 5)[np.ix_([0, 1], [2, 4])]
    array([[2, 4],
           [7, 9]])
    """
    vectors, count = [asarray(x) for x in args], len(args)
    if all(map(_are_places, vectors)):
        return tuple(
            [
                x.reshape((1,) * k + x._layout.shape + (1,) * (count - k - 1))
                for k, x in enumerate(vectors)
            ]
        )
    return tuple(asarray(part) for part in np.ix_(*map(plain, args)))


def _are_places(x: ndarray) -> bool:
    """Whether an array is a vector of integers, and has some, which are there."""
    held = x._read()
    where = held._layout
    return bool(held._at and where.ndim == 1 and where.size and where.dtype.is_integer)


class ndenumerate:
    """Indices and elements of an array, one after the other.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> [(index, float(x)) for index, x in np.ndenumerate(np.ones((1, 2)))]
    [((0, 0), 1.0), ((0, 1), 1.0)]
    """

    def __init__(self, arr: Any) -> None:
        self._array = asarray(arr)
        self._indices = iter(np.ndindex(self._array.shape))

    def __next__(self) -> tuple[tuple[int, ...], ndarray]:
        index = next(self._indices)
        return index, self._array[index]

    def __iter__(self) -> Iterator[tuple[tuple[int, ...], ndarray]]:
        return self


def broadcast(*args: Any) -> Any:
    """NumPy's own, of the values of arrays: what several are together. While a function is recorded
    there are none, and it tells of shapes alone.
    """
    if state.window.trace is not None:
        return np.broadcast(*(np.broadcast_to(np.uint8(0), asarray(x).shape) for x in args))
    return np.broadcast(*(np.asarray(asarray(x)) for x in args))


def nditer(op: Any, *args: Any, **kwargs: Any) -> Any:
    """NumPy's iterator over the elements of arrays, whose values it reads.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> [int(v) for v in np.nditer(np.arange(3))]
    [0, 1, 2]
    """
    several = isinstance(op, (list, tuple))
    return np.nditer([plain(x) for x in op] if several else plain(op), *args, **kwargs)


def unravel_index(indices: Any, shape: Any, order: Any = "C") -> tuple[ndarray, ...]:
    """Places of a flattened array as indices, an array for each axis."""
    places = np.unravel_index(_places("unravel_index", indices), shape, order)
    return tuple([_found(x) for x in places])


def ravel_multi_index(
    multi_index: Any, dims: Any, mode: Any = "raise", order: Any = "C"
) -> ndarray:
    """Indices, an array for each axis, as places of the flattened array."""
    plain = tuple([_places("ravel_multi_index", x) for x in multi_index])
    return _found(np.ravel_multi_index(plain, dims, mode, order))


def _places(what: str, value: Any) -> Any:
    """Places as NumPy takes them."""
    if type(value) is int:
        return value
    found = asarray(value)
    if found.ndim and found._read()._layout.device is not HOST:
        said(what, found._read()._layout.device)
    return np.asarray(found)


def _found(places: Any) -> ndarray:
    """Places as NumPy gives them: an array, or an integer."""
    return array_of(to_tensor(int(places) if type(places) is np.intp else places))


__all__ = [
    "broadcast", "c_", "ix_", "mgrid", "ndenumerate", "nditer", "ogrid", "r_", "ravel_multi_index",
    "unravel_index",
]  # fmt: skip
