"""`Layout`: dtype, shape, strides and device. There is one object for each, so a layout is
compared, and hashed, by identity.
"""

from __future__ import annotations

import math
import os
import threading
from collections import deque
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from ngrad.devices import HOST, Device
from ngrad.dtypes import BY_CODE, DType
from ngrad.errors import ShapeError, SizeError
from ngrad.graph.dims import Dim
from ngrad_kernels.arrays import WRITEABLE, array_over
from ngrad_kernels.exporting import Description, describe
from ngrad_kernels.memory import FreeList

LARGEST = (1 << 63) - 1


def contiguous_strides(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """Strides in bytes of row-major order.

    Examples
    --------
    >>> contiguous_strides((2, 3), 4)
    (12, 4)
    """
    strides = []
    step = itemsize
    for extent in reversed(shape):
        strides.append(step)
        step *= max(extent, 1)
    return tuple(reversed(strides))


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
    """

    __slots__ = (
        "__weakref__", "_span", "_words", "contiguous", "device", "dtype", "element", "free",
        "leaf", "lies", "nbytes", "ndim", "open", "row", "shape", "size", "strides",
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
    row: Layout  # of what is at a place along the first axis, likewise
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

_interned: WeakValueDictionary[tuple[Any, ...], Layout] = WeakValueDictionary()
_recent: deque[Layout] = deque(maxlen=1024)
"""Those that were made last, so that a loop whose results die makes none anew."""


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
    found = _interned.get(key)
    if found is not None:
        return found
    numbers: tuple[Any, ...] = shape if strides is None else (*shape, *strides)
    dims = [n for n in numbers if isinstance(n, Dim)]
    interned: Any = dims[0].sizes.layouts if dims else _interned
    rows = contiguous_strides(shape, dtype.itemsize)
    size = math.prod(shape)
    if strides is None or size == 0:
        given = rows
    else:
        given = tuple(r if n == 1 else s for n, s, r in zip(shape, strides, rows, strict=True))
    with _interning:  # no dictionary of weak references finds or sets in one step
        canonical: Layout | None = interned.get((dtype.code, shape, given, device))
        if canonical is None:
            if any(extent < 0 for extent in shape):
                raise ShapeError(f"a shape has no negative sizes: {shape}")
            if size * dtype.itemsize > LARGEST:
                raise SizeError(f"a {dtype.name} tensor of shape {shape} exceeds the address space")
            canonical = Layout()
            canonical.dtype, canonical.shape, canonical.strides = dtype, shape, given
            canonical.device = device
            canonical.ndim, canonical.size = len(shape), size
            canonical.nbytes = size * dtype.itemsize
            canonical.contiguous = given == rows
            canonical.open = bool(dims)
            if not dims:
                canonical.free = device.free_list(canonical.nbytes)
            interned[dtype.code, shape, given, device] = canonical
            if canonical.contiguous:
                interned[dtype.code, shape, None, device] = canonical
        interned[key] = canonical
        if not dims:
            _recent.append(canonical)
    return canonical
