"""`Numbers`: the Python numbers that a plan on a GPU takes, in memory of its own there."""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Mapping
from typing import Any

from ngrad.devices import Device
from ngrad.graph.layout import Layout
from ngrad.tensor import Tensor
from ngrad_kernels.codes import words_for
from ngrad_kernels.memory import Buffer, FreeList


class Numbers:
    """Python numbers on a device: by one copy to memory that comes again in a loop, by none where
    they are those of the last run.

    Parameters
    ----------
    device : Device
    loads : sequence of (slot, Layout)
        Where each comes from, and as what.

    Attributes
    ----------
    loads : tuple of (slot, Layout)
    """

    __slots__ = ("_device", "_kinds", "_last", "_offsets", "_words", "loads")

    def __init__(self, device: Device, loads: tuple[tuple[int, Layout], ...]) -> None:
        self._device, self.loads = device, loads
        sizes = [words_for(1, where.dtype.code) for _, where in loads]
        self._offsets = [8 * k for k in itertools.accumulate(sizes, initial=0)]
        self._kinds = [where.dtype.ctype for _, where in loads]
        self._words = ctypes.c_int64 * sum(sizes)
        self._last: tuple[bytes, Buffer | None] = b"", None

    def put(
        self, values: Mapping[int, Any], own: FreeList
    ) -> tuple[tuple[int, ...], Buffer | None]:
        """Their addresses, in memory of a free list that is theirs, and the buffer that is held
        until what reads them has been launched; none if one of them is a tensor.
        """
        words = self._words()
        for (slot, _), kind, at in zip(self.loads, self._kinds, self._offsets, strict=False):
            value = values[slot]
            if type(value) is Tensor:
                return (), None
            kind.from_buffer(words, at).value = value
        (last, buffer), now = self._last, bytes(words)
        if buffer is None or last != now or buffer.free is not own:
            buffer, self._last = None, (b"", None)  # let go first: its memory is written again
            buffer = self._device.pool.take_of(own)
            self._device.target.copy_in(buffer.address, ctypes.addressof(words), len(now))
            self._last = now, buffer
        return tuple([buffer.address + at for at in self._offsets[:-1]]), buffer
