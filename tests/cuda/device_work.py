"""Kernels, arrays and threads for tests of the CUDA target."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from ngrad_kernels.contract import CHUNK
from ngrad_kernels.cuda.memory import DeviceBuffer
from ngrad_kernels.cuda.source import Source
from ngrad_kernels.cuda.target import CudaTarget

MIX = """
def mix(facts, n, a, b, c):
    i = thread_index()
    while i < n:
        store_i8(c, i, load_i8(a, i) + i8(2) * load_i8(b, i))
        i += thread_count()
"""
"""c = a + 2 b, of int64."""

WORDS = """
def words(facts, n, a, b, c):
    i = thread_index()
    while i < n:
        store_i8(a, 0, i8(facts))
        store_i8(a, 1, i8(n))
        store_i8(a, 2, i8(a))
        store_i8(a, 3, i8(b))
        store_i8(a, 4, i8(c))
        i += thread_count()
"""
"""What a launch was given."""


def kernel(target: CudaTarget, source: str) -> int:
    """A test's own kernel."""
    return target.load(source, lambda: text(source))


def text(source: str, operands: int = 3) -> Source:
    """The source of a test's own kernel."""
    name = source.partition("def ")[2].partition("(")[0]
    return Source(name, source, operands, 1)


def put_array(target: CudaTarget, array: np.ndarray) -> DeviceBuffer:
    """An array's elements on the device, as they lie."""
    buffer = target.pool.take(array.nbytes)
    target.copy_in(buffer.address, array.ctypes.data, array.nbytes)
    return buffer


def get_array(target: CudaTarget, buffer: DeviceBuffer, shape: Any, dtype: Any) -> np.ndarray:
    """The first elements of a buffer, in row-major order."""
    array = np.empty(shape, dtype)
    target.copy_out(array.ctypes.data, buffer.address, array.nbytes)
    return array


def put(target: CudaTarget, values: Any) -> DeviceBuffer:
    """int64 values on the device."""
    return put_array(target, np.asarray(values, np.int64))


def get(target: CudaTarget, buffer: DeviceBuffer, count: int) -> np.ndarray:
    """The first int64 values of a buffer."""
    return get_array(target, buffer, count, np.int64)


def mix(
    target: CudaTarget, a: DeviceBuffer, b: DeviceBuffer, count: int, to: DeviceBuffer | None = None
) -> DeviceBuffer:
    """a + 2 b, queued on this thread's stream."""
    target.use((a, b))
    c = target.pool.take(8 * count) if to is None else to
    addresses = (a.address, b.address, c.address)
    target.launch(kernel(target, MIX), 0, count, CHUNK, addresses)
    return c


class Thread:
    """A thread that does one thing after the other."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1)

    def do(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """What `work` returns or raises there."""
        return self._executor.submit(work, *arguments).result()

    def end(self) -> None:
        self._executor.shutdown()


def elsewhere(work: Callable[..., Any], *arguments: Any) -> Any:
    """What `work` returns in a thread of its own, which has ended."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(work(*arguments)))
    thread.start()
    thread.join()
    return results[0]
