"""`Layout`: dtype, shape, strides and device. There is one object for each, so a layout is
compared, and hashed, by identity.
"""

from __future__ import annotations

import math
import os
import threading
from typing import Any
from weakref import ref

import numpy as np

from ngrad.devices import HOST, Device
from ngrad.dtypes import BY_CODE, DType
from ngrad.errors import ShapeError, SizeError
from ngrad.graph.dims import Dim
from ngrad_kernels.arrays import WRITEABLE, array_over
from ngrad_kernels.exporting import Description, describe
from ngrad_kernels.memory import FreeList
from ngrad_kernels.native import untracked

LARGEST = (1 << 63) - 1
AXES = 64
"""As many as NumPy's arrays have at most."""


def contiguous_strides(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """Strides in bytes of row-major order.

    Examples
    --------
    >>> contiguous_strides((2, 3), 4)
    (12, 4)
    """
    strides = []
    step = itemsize
    for extent in shape[::-1]:
        strides.append(step)
        step *= 1 if extent < 1 else extent
    return tuple(strides[::-1])


class Layout:
    """How a tensor's elements lie in memory.

    Attributes
    ----------
    dtype : DType
    shape : tuple of int
    strides : tuple of int
        Bytes between neighbours along each axis; 0 where an axis is broadcast.
    device : Device
    size, nbytes : int
        Elements, and bytes of as many elements.
    contiguous : bool
        Whether the elements lie in row-major order with no gap.
    free : list of int
        The pool's free list for `nbytes`.
    open : bool
        Whether there are open sizes in it: then it belongs to a recording, and nothing has it.
    read : int or float
        Bytes of its elements, each once, if it lies on the CPU and has a size; else infinite.
    """

    __slots__ = (
        "__weakref__", "_span", "_words", "contiguous", "device", "dtype", "element", "free",
        "leaf", "lies", "nbytes", "ndim", "open", "read", "row", "shape", "size", "strides",
        "views",
    )  # fmt: skip

    dtype: DType
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    device: Device
    ndim: int
    size: int
    nbytes: int
    contiguous: bool
    element: Layout  # of one, once one was taken
    free: FreeList
    leaf: tuple[Any]  # the entry of a value from outside, where one was recorded
    open: bool
    read: float
    row: Layout  # of what is at a place along the first axis, likewise
    views: dict[Any, Any]  # by keys, what shows a view and its way, once one was taken
    lies: Description  # what the buffer protocol says of memory that lies so, once it was asked
    _span: tuple[int, Layout]
    _words: tuple[int, Any]  # where its shape and strides lie, and what holds them

    def array(
        self, address: int, owner: Any = None, writable: bool = False
    ) -> np.ndarray[Any, Any]:
        """A NumPy array over memory of the CPU that lies so, which holds its owner."""
        try:
            words = self._words[0]
        except AttributeError:
            words = self.words
        flags = WRITEABLE if writable else 0
        return array_over(self.dtype.numpy_dtype, self.ndim, words, address, owner, flags)

    @property
    def words(self) -> int:
        """Where its shape and its strides lie, for as long as it lives."""
        try:
            return self._words[0]
        except AttributeError:
            words = np.array([*self.shape, *self.strides, 0], np.int64)
            found = words.ctypes.data, words
            with _describing:  # what readers have the address of is never replaced
                if not hasattr(self, "_words"):
                    self._words = found
            return self._words[0]

    def described(self) -> Description:
        """`lies`, the first time."""
        if self.device is not HOST:
            raise BufferError(f"a tensor on {self.device} has no memory on the CPU; see .cpu()")
        lies = describe(self.dtype.numpy_dtype, self.shape, self.strides, self.nbytes)
        with _describing:  # what readers have words of is never replaced
            if not hasattr(self, "lies"):
                self.lies = lies
        return self.lies

    @property
    def repeats(self) -> bool:
        """Whether an element stands for several, or for all: perhaps in memory of many tensors."""
        several = zip(self.shape, self.strides, strict=True)
        return self.size == 1 or any(n > 1 and not step for n, step in several)

    @property
    def span(self) -> tuple[int, Layout]:
        """How many bytes before the first element the memory of all begins, and its layout as
        bytes.
        """
        try:
            return self._span
        except AttributeError:
            steps = [(n - 1) * step for n, step in zip(self.shape, self.strides, strict=True)]
            size = sum(map(abs, steps)) + self.dtype.itemsize
            before = -sum(step for step in steps if step < 0)
            self._span = before, layout(BY_CODE["u1"], (size,), None, self.device)
            return self._span

    def __reduce__(self) -> tuple[Any, ...]:
        return layout, (self.dtype, self.shape, self.strides, self.device)

    def __repr__(self) -> str:
        order = "" if self.contiguous else f", strides={self.strides}"
        place = "" if self.device is HOST else f" on {self.device}"
        return f"{self.dtype.name}{list(self.shape)}{order}{place}"

    @property
    def distinct_bytes(self) -> int:
        """Bytes of the elements that lie at places of their own: a broadcast one counts once."""
        if self.contiguous:
            return self.nbytes
        sizes = [n for n, stride in zip(self.shape, self.strides, strict=True) if stride]
        return math.prod(sizes) * self.dtype.itemsize

    @property
    def spec(self) -> Layout:
        """The same dtype and shape in row-major order: what graphs speak of."""
        return self if self.contiguous else layout(self.dtype, self.shape, None, self.device)

    def on(self, device: Device) -> Layout:
        """The same on another device."""
        if self.device is device:
            return self
        return layout(self.dtype, self.shape, self.strides, device)


_describing, _interning = threading.RLock(), threading.RLock()


def _after_fork() -> None:
    global _describing, _interning
    _describing, _interning = threading.RLock(), threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


_interned: dict[tuple[Any, ...], ref[Layout]] = {}
"""All, each by what it is made of, with no strides where it is row-major. No dictionary of the
standard library's, which is written in Python; and no callbacks, which would ask for the lock
wherever a layout dies.
"""
_room = 1 << 12
"""Entries after which those of layouts that are gone are let go."""


def _swept() -> None:
    """Let go of the entries of layouts that are gone. The caller holds the lock."""
    global _room
    for key, weak in [*_interned.items()]:  # a copy: the collector may run, and have more made
        if weak() is None and _interned.get(key) is weak:
            del _interned[key]
    _room = max(1 << 12, 2 * len(_interned))


_recent: dict[tuple[Any, ...], Layout] = {}
"""Those that were asked for last, by what was asked: so a loop whose results die makes none anew,
and most are found without a weak reference.
"""
RECENT = 4096


def layout(
    dtype: DType,
    shape: tuple[int, ...],
    strides: tuple[int, ...] | None = None,
    device: Device = HOST,
) -> Layout:
    """The one layout of a dtype, shape and strides (row-major if not given) on a device.

    Strides of axes that have one element, and all strides of an empty tensor, mean nothing and are
    made row-major.
    """
    key = (dtype.code, shape, strides, device)
    found = _recent.get(key)
    return _interned_as(key, dtype, shape, strides, device) if found is None else found


def _interned_as(
    key: tuple[Any, ...],
    dtype: DType,
    shape: tuple[int, ...],
    strides: tuple[int, ...] | None,
    device: Device,
) -> Layout:
    """The same of one that was not asked for lately, or not so."""
    sizes = None
    for n in shape if strides is None else (*shape, *strides):
        if type(n) is not int and isinstance(n, Dim):
            sizes = n.sizes
            break
    known: Layout | None = None if sizes is None else sizes.layouts.get(key)
    if known is not None:
        return known
    rows = contiguous_strides(shape, dtype.itemsize)
    size = math.prod(shape)
    given = rows
    if strides is not None and size != 0:
        given = tuple([r if n == 1 else s for n, s, r in zip(shape, strides, rows, strict=True)])
    contiguous = given == rows
    own = key
    if strides is not None:
        own = (dtype.code, shape, None if contiguous else given, device)
    with _interning:  # what is found may be gone before it is held, and two may make one
        if sizes is not None:
            known = sizes.layouts.get(own)
        else:
            weak = _interned.get(own)
            known = None if weak is None else weak()
        if known is None:
            known = _made(dtype, shape, size, device)
            known.strides, known.contiguous, known.open = given, contiguous, sizes is not None
            if sizes is not None:
                known.read = math.inf
                sizes.layouts[own] = known
            else:
                known.free = device.free_list(known.nbytes)
                known.read = math.inf
                if device is HOST:
                    known.read = known.nbytes if contiguous else known.distinct_bytes
                if len(_interned) >= _room:
                    _swept()
                _interned[own] = ref(known)
                untracked(own)
        if sizes is not None:
            sizes.layouts[key] = known
        else:
            if len(_recent) >= RECENT:
                _recent.clear()
            _recent[key] = known
    return known


def _made(dtype: DType, shape: tuple[int, ...], size: int, device: Device) -> Layout:
    """What of a layout does not depend on strides."""
    if len(shape) > AXES:
        raise ShapeError(f"a shape has at most {AXES} axes, not {len(shape)}")
    for extent in shape:
        if extent < 0:
            raise ShapeError(f"a shape has no negative sizes: {shape}")
    nbytes = size * dtype.itemsize
    if nbytes > LARGEST:
        raise SizeError(f"a {dtype.name} tensor of shape {shape} exceeds the address space")
    made = Layout()
    made.dtype, made.shape, made.ndim, made.device = dtype, shape, len(shape), device
    made.size, made.nbytes = size, nbytes
    return made
