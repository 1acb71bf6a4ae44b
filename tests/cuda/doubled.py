"""What doubles of libraries share: handles and streams, and matrices in the device's memory."""

from __future__ import annotations

import ctypes
import enum
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ngrad_kernels.codes import dtype_of, size_of
from ngrad_kernels.cuda import doubled_memory

Array = np.ndarray[Any, Any]


IN_GRAPHS = ("gemm", "trsm", "potrf", "exec")
"""What has been seen in graphs of the driver; others may wait for the device, which breaks one."""


class Operation(enum.IntEnum):
    N, T, C = 0, 1, 2


class FillMode(enum.IntEnum):
    LOWER, UPPER = 0, 1


def columns_at(address: int, rows: int, columns: int, run: int, code: str) -> Array:
    """A matrix by columns at an address of the device."""
    size = size_of(code)
    assert run >= max(1, rows), f"columns of {rows} elements do not fit a leading dimension {run}"
    nbytes = (run * (columns - 1) + rows) * size if rows and columns else 0
    return array_at(address, nbytes, (rows, columns), code, (size, run * size))


def array_at(
    address: int, nbytes: int, shape: tuple[int, ...], code: str, strides: Any = None
) -> Array:
    assert nbytes == 0 or doubled_memory.device.holds(address, nbytes), (
        "memory that is not the device's"
    )
    memory = (ctypes.c_char * nbytes).from_address(address)
    return np.ndarray(shape, dtype_of(code), memory, 0, strides)


def in_host(address: int) -> int:
    """An address that a library reads or writes itself, as it is called."""
    assert not doubled_memory.device.holds(address, 1), (
        "memory of the device, where the host's is wanted"
    )
    return address


def pointers_at(address: int, count: int) -> list[int]:
    """Addresses in the device's memory."""
    return [int(p) for p in array_at(address, 8 * count, (count,), "i8")]


class Library:
    """Handles, each with a stream, and how often each function was called."""

    def __init__(self, streams: Callable[[], Iterator[Any]]) -> None:
        self.calls: Counter[str] = Counter()
        self._streams = streams
        self._numbers = itertools.count(1)
        self._of: dict[int, Any] = {}

    def create(self) -> int:
        handle = next(self._numbers)
        self._of[handle] = None
        return handle

    def destroy(self, handle: int) -> None:
        del self._of[handle]

    def set_stream(self, handle: int, stream: int) -> None:
        (self._of[handle],) = (known for known in self._streams() if id(known) == stream)

    def queue(self, name: str, handle: int, work: Callable[[], None]) -> None:
        stream = self._of[handle]
        assert stream.noted is None or name in IN_GRAPHS, f"{name} may wait, and is captured"
        self.calls[name] += 1
        stream.add(work)
