"""What of an array a view shows: how it is read, and how its elements are written.

NumPy's views share memory. Here an array is a cell over an immutable tensor, so a view knows its
owner and the way from it: reading goes that way, and writing goes it backwards, into a new tensor
of the owner's.
"""

from __future__ import annotations

import functools
import operator
from typing import Any, NamedTuple, Protocol

import numpy as np

from ngrad.devices import HOST
from ngrad.dtypes import DType
from ngrad.errors import NumberError, ShapeError
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op, Params
from ngrad.numpy.order import lying
from ngrad.ops import complexes
from ngrad.ops.bitcast import bits_of
from ngrad.ops.indexing import getitem, part
from ngrad.ops.shape import SEEN, inverse, reshape, transpose
from ngrad.record import state
from ngrad.tensor import Tensor, from_numpy, seen_at
from ngrad_kernels.keys import are_integers


class Way(Protocol):
    """From an array to a view of it.

    Attributes
    ----------
    writes : bool
        Whether what it shows may be assigned to.
    """

    @property
    def writes(self) -> bool: ...

    def read(self, x: Any) -> Any:
        """The elements that the view shows."""

    def write(self, x: Any, value: Any) -> None:
        """Replace these elements of an array by a tensor of as many others."""

    def shown(self, lies: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """NumPy's view of an array."""


class Made(NamedTuple):
    """In place of a way, of an array of its own: whether NumPy's lies in row-major order, or None
    if that is not known; and whether certainly by columns. While the tensor tells there is no such;
    an assignment may have that lie otherwise, and NumPy's stays.
    """

    rows: bool | None
    columns: bool = False


IN_ROWS = Made(True)

_REMEMBERED: list[dict[Any, Any]] = []
"""The `views` of a layout, for each one that they have."""


def known(x: Any, key: Any) -> Tensor | None:
    """What a view shows that was taken before of a tensor that lies alike; None if somebody
    listens, or this one has no value yet.
    """
    window = state.window
    if window.readers or window.trace is not None or not x._at:
        return None
    found = x._layout.views.get(key) if hasattr(x._layout, "views") else None
    return None if found is None else seen_at(x, *found[:2])


def remember(x: Any, key: Any, view: Any, way: Way) -> Any:
    """A view, of which is remembered where it lies, if that is the tensor's own memory. Not of a
    tensor without axes, which may be a number's: nothing is a view of that.
    """
    if shows(view, x) and x._layout.ndim:
        _keep(x._layout, key, (view._at - x._at, view._layout, way))
    return view


def remember_call(where: Layout, name: Any, op: Op, params: Params = (), *, same: bool) -> None:
    """Have a layout know which call a method makes, by its name, alone or with a dtype; and whether
    it gives the same elements, which an array of its own may share.
    """
    known_already = where.open or name in getattr(where, "views", ())
    if where.ndim and not known_already and not op.is_widened((where,)):
        _keep(where, name, (op.call(params, (where,)), same))


def _keep(where: Layout, key: Any, found: Any) -> None:
    if len(_REMEMBERED) >= SEEN:
        for views in _REMEMBERED:
            views.clear()
        _REMEMBERED.clear()
    if not hasattr(where, "views"):
        where.views = {}
    where.views[key] = found
    _REMEMBERED.append(where.views)


def placed(x: Any, *ways: Way) -> Any:
    """What is shown at the end of a way of several; memory of the tensor, if its value is there and
    each shows such.
    """
    for way in ways:
        there = x._at and x._layout.device is HOST and not state.listens()
        x = way.placed(x) if isinstance(way, OfComplex) and there else way.read(x)
    return x


def shows(view: Any, x: Any) -> bool:
    """Whether a tensor is memory of another, and both are there."""
    return bool(type(x) is Tensor and x._at and view._at and view._block is x._block)


def element(x: Any, taken: Part) -> Any:
    """x[index] of as many integers as there are axes: no view, as NumPy's is a scalar. It has
    memory of its own, so that x still has its memory alone.
    """
    if taken.key is None:
        return getitem(x, taken.index)
    found, where = part(x, taken.index, taken.key), x._layout
    if where.device is not HOST or not shows(found, x) or state.listens():
        return found
    if where.ndim:
        where.element = found._layout  # from now on `element_of` copies them
    return from_numpy(found._view(), where.dtype, HOST)


class Part(NamedTuple):
    """x[index], of integers, slices, an ellipsis and new axes.

    Attributes
    ----------
    index
    key
        What it is known by, if it is of Python's and NumPy's numbers.
    integers : int
        How many there are of these alone: of as many axes it names an element. -1 if there is
        anything else.
    """

    index: Any
    key: Any
    integers: int

    @property
    def writes(self) -> bool:
        return True

    def read(self, x: Any) -> Any:
        key = self.key
        if key is None:
            return getitem(x, self.index)
        if type(key) is int:
            return part(x, self.index, key)
        found = known(x, key)
        if found is not None:
            return found
        return remember(x, key, part(x, self.index, key), self)

    def write(self, x: Any, value: Any) -> None:
        x[self.index] = value

    def shown(self, lies: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        items = self.index if type(self.index) is tuple else (self.index,)
        # Of which place it is does not matter.
        return lies[tuple([0 if isinstance(item, Tensor) else item for item in items])]

    def same(self, other: Part) -> bool:
        """Whether it takes the same elements, certainly: of tensors, if they are the same."""
        if self.key is not None and other.key is not None:
            return self == other
        one, two = (x if type(x) is tuple else (x,) for x in (self.index, other.index))
        return len(one) == len(two) and all(map(operator.is_, one, two))


PARTS: dict[Any, Part] = {}
"""Parts that were taken before, by the keys of their indices."""


def part_of(index: Any, key: Any) -> Part:
    """What a basic index takes that is settled; `key` is what it is known by, or None."""
    if type(key) is int:
        return row_part(key)
    found = None if key is None else PARTS.get(key)
    if found is None:
        items = index if type(index) is tuple else (index,)
        alone = all(isinstance(item, (int, np.integer, Tensor)) for item in items)
        found = Part(index, key, len(items) if alone else -1)
        if key is not None:
            if len(PARTS) >= SEEN:
                PARTS.clear()
            PARTS[key] = found
    return found


@functools.lru_cache(SEEN)
def row_part(k: int) -> Part:
    """x[k]."""
    return Part(k, k, 1)


class Axes(NamedTuple):
    """x.transpose(perm)."""

    perm: tuple[int, ...]

    @property
    def writes(self) -> bool:
        return True

    def read(self, x: Any) -> Any:
        found = known(x, self)
        return remember(x, self, transpose(x, self.perm), self) if found is None else found

    def write(self, x: Any, value: Any) -> None:
        x._write(transpose(value, inverse(self.perm)))

    def shown(self, lies: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return lies.transpose(self.perm)


def axes_in(order: tuple[Any, ...], ndim: int) -> Axes:
    """The way to an array of so many axes with these in order; they may count from behind."""
    return _axes_in(order if are_integers(order) else tuple(map(operator.index, order)), ndim)


@functools.lru_cache(SEEN)
def _axes_in(order: tuple[int, ...], ndim: int) -> Axes:
    normal = tuple(k + ndim if k < 0 else k for k in order)
    if sorted(normal) != list(range(ndim)):
        raise ShapeError(f"transpose: axes {order} do not match an array of {ndim} axes")
    return Axes(normal)


class Shaped(NamedTuple):
    """x.reshape(shape). Whether NumPy's is a view or a copy depends on how x lies: `sure`, if it is
    known to be a view.
    """

    shape: tuple[int, ...]
    sure: bool

    @property
    def writes(self) -> bool:
        return self.sure

    def read(self, x: Any) -> Any:
        found = known(x, self)
        return remember(x, self, reshape(x, self.shape), self) if found is None else found

    def write(self, x: Any, value: Any) -> None:
        if not self.sure:
            raise NumberError(
                f"assignment: into an array of shape {self.shape} that was reshaped from "
                f"{x._layout.shape}: in NumPy it depends on the order in memory whether that is a "
                "view or a copy; take a .copy() of it first, or assign to the array itself"
            )
        x._write(reshape(value, x._layout.shape))

    def shown(self, lies: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return lies.reshape(self.shape)


FEW = 1 << 14
"""Bytes of complex numbers of which every other number is read by itself."""


class OfComplex(NamedTuple):
    """x.real, or x.imag, of complex numbers. If these are many, read by an op, which is fused with
    what comes of it: to read every other number by itself takes ten times as long.
    """

    part: str
    """Its name. By a bool it would be remembered as x.reshape((1,)), too, whose key is equal."""

    @property
    def imag(self) -> bool:
        return self.part == "imag"

    @property
    def writes(self) -> bool:
        return True

    def read(self, x: Any) -> Any:
        found = known(x, self)
        if found is not None:
            return found
        where = x._layout
        if x._at and where.nbytes <= FEW and where.device is HOST and not state.listens():
            return remember(x, self, self.placed(x), self)
        return complexes.imag(x) if self.imag else complexes.real(x)

    def placed(self, x: Tensor) -> Tensor:
        """Where the elements lie, of a tensor whose value is there."""
        where = x._layout
        part = where.dtype.real_dtype
        lies = layout(part, where.shape, where.strides, where.device)
        return seen_at(x, part.itemsize * self.imag, lies)

    def write(self, x: Any, value: Any) -> None:
        z = x._read()
        both = (complexes.real(z), value) if self.imag else (value, complexes.imag(z))
        x._write(complexes.complex(*both))

    def shown(self, lies: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return lying(lies.shape, [2 * s for s in lies.strides])


class OfBits(NamedTuple):
    """x.view(dtype) of another dtype. Of bools it is read-only, as a byte may be neither."""

    dtype: DType
    own: DType

    @property
    def writes(self) -> bool:
        return not self.own.is_bool

    def read(self, x: Any) -> Any:
        found = known(x, self)
        if found is not None:
            return found
        return remember(x, self, bits_of(x, self.dtype), self)

    def write(self, x: Any, value: Any) -> None:
        if not self.writes:
            raise NumberError(
                f"view: what shows bools of shape {x._layout.shape} as {self.dtype.name} is "
                "read-only; take a .copy() of it first, or assign to the array of bools"
            )
        x._write(bits_of(value, self.own))

    def shown(self, lies: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        have, want = self.own.itemsize, self.dtype.itemsize
        if have == want:
            return lies
        *lead, last = lies.shape
        *further, _ = lies.strides
        return lying((*lead, last * have // want), (*(s * have // want for s in further), 1))
