"""A device on the host: `Driver` on Numba's simulator (`NUMBA_ENABLE_CUDASIM=1`).

It is the least helpful device that keeps the driver's promises. What is queued on a stream runs
only when the host waits for it, or a stream that it waits for does; so what is not ordered runs in
the wrong order, and memory that is used too early or too late shows as a wrong result. New memory
holds no zeros, and an address is checked against the bounds of the blocks there are.
"""

from __future__ import annotations

import ctypes
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from ngrad_kernels.cuda import doubled_memory, doubles
from ngrad_kernels.cuda.driver import COUNTED, Properties
from ngrad_kernels.cuda.errors import CudaError
from ngrad_kernels.cuda.rows import Function, Launch
from ngrad_kernels.memory import System
from ngrad_kernels.words import unpacked

JUNK = 0xA5
"""What each byte of new memory holds."""

DEFAULT = 1
"""The number of the default stream."""

_running = threading.RLock()  # the simulator runs one kernel at a time


class _Stream:
    """Work in order: what has not run yet, and how much has."""

    def __init__(self) -> None:
        self.queue: deque[Callable[[], None]] = deque()
        self.queued = self.done = 0
        self.noted: list[Callable[[], None]] | None = None  # while a graph is captured

    def add(self, work: Callable[[], None]) -> None:
        if self.noted is not None:
            self.noted.append(work)
            return
        self.queue.append(work)
        self.queued += 1  # only the stream's own thread queues, but others wait for it

    def run(self, until: int) -> None:
        """Do all that was queued before there were `until`."""
        with _running:
            while self.done < until:
                self.done += 1  # also what fails is over
                self.queue.popleft()()


class _Event:
    """A place in a stream."""

    def __init__(self) -> None:
        self.stream: _Stream | None = None
        self.until = 0


def _refuse(call: str, why: str) -> CudaError:
    return CudaError(f"{call}: {why}", "CUDA_ERROR_STREAM_CAPTURE_ISOLATION")


class SimulatedDriver:
    """A device on the host.

    Parameters
    ----------
    ordinal : int
        Number of the device.
    memory : int
        Bytes of its memory.
    threads, blocks : int
        The largest block, and the largest grid: each thread is one of the host's.

    Attributes
    ----------
    used : int
        Bytes of device memory in use; what a test adds is not there for others.
    """

    def __init__(
        self, ordinal: int, memory: int = 1 << 30, threads: int = 32, blocks: int = 2
    ) -> None:
        name = f"Numba's simulator {ordinal}"
        self.properties = Properties(name, (9, 0), memory, threads, blocks)
        self.counters = dict.fromkeys(COUNTED, 0)
        self.used = 0
        self._host = System()
        self._sizes: dict[int, int] = {}
        self._foreign: dict[int, _Stream] = {}

    # -- memory ------------------------------------------------------------------------------------

    def _new(self, size: int) -> int:
        self.counters["allocations"] += 1
        address = self._host.allocate(size)
        ctypes.memset(address, JUNK, size)
        return address

    def allocate(self, size: int) -> int:
        if self.used + size > self.properties.memory:
            self.counters["allocations"] += 1
            raise MemoryError
        address = self._new(size)
        self.used += size
        self._sizes[address] = size
        doubled_memory.register(address, size)
        return address

    def free(self, address: int) -> None:
        doubled_memory.forget(address)
        self.used -= self._sizes.pop(address)
        self._host.free(address)

    def allocate_pinned(self, size: int) -> int:
        return self._new(size)

    def free_pinned(self, address: int) -> None:
        self._host.free(address)

    # -- kernels -----------------------------------------------------------------------------------

    def load(self, name: str, words: int, image: Any, threads: int) -> Function:
        return Function(name, words, image, None, self.properties.multiprocessors, threads)

    def row(self, launches: Sequence[Launch]) -> Sequence[Launch]:
        return launches

    def launch(self, row: Sequence[Launch], stream: Any, registers: bytes) -> None:
        held = unpacked(registers)
        for function, grid, facts, n, operands in row:
            self.counters["launches"] += 1
            words = [facts, n, *[held[register] + offset for register, offset in operands]]
            words += [0] * (function.words - len(words))
            self._queue(function, grid, tuple(words), stream)

    def _queue(self, function: Function, grid: int, words: tuple[int, ...], stream: Any) -> None:
        def run() -> None:
            try:
                doubles.launch(function.name, function.handle, grid, function.threads, words)
            except Exception as error:
                raise CudaError(f"{function.name}: {error}", "CUDA_ERROR_LAUNCH_FAILED") from error

        stream.add(run)

    def run_user(
        self, run: Callable[[Any, list[Any]], object], arrays: Sequence[Any], stream: Any
    ) -> None:
        # Memory is let go when they are queued, and read when they run.
        interfaces = [x.__array_interface__ for x in arrays]
        stream.add(lambda: doubles.run_user(run, interfaces))

    # -- streams and events ------------------------------------------------------------------------

    def stream(self) -> Any:
        return _Stream()

    def foreign(self, number: int | None) -> Any:
        return self._foreign.setdefault(number or DEFAULT, _Stream())

    def event(self) -> Any:
        return _Event()

    def record(self, event: Any, stream: Any) -> None:
        if stream.noted is not None:
            raise _refuse("record", "the stream is being captured")
        event.stream, event.until = stream, stream.queued

    def wait(self, stream: Any, event: Any) -> None:
        self.counters["waits"] += 1
        if stream.noted is not None:
            raise _refuse("wait", "the stream is being captured")
        other, until = event.stream, event.until
        if other is not None:
            stream.add(lambda: other.run(until))

    def passed(self, event: Any) -> bool:
        stream = event.stream
        return stream is None or stream.done >= event.until

    def wait_for(self, event: Any) -> None:
        self.counters["synchronisations"] += 1
        if event.stream is not None:
            event.stream.run(event.until)

    def synchronize(self, stream: Any) -> None:
        self.counters["synchronisations"] += 1
        if stream.noted is not None:
            raise _refuse("synchronize", "the stream is being captured")
        stream.run(stream.queued)

    # -- copies ------------------------------------------------------------------------------------

    def _move(self, target: int, source: int, nbytes: int, stream: Any) -> None:
        self.counters["copies"] += 1
        stream.add(lambda: ctypes.memmove(target, source, nbytes) and None)

    copy_in = copy_out = copy = _move

    # -- graphs ------------------------------------------------------------------------------------

    def begin_capture(self, stream: Any) -> None:
        stream.noted = []

    def end_capture(self, stream: Any) -> Any:
        noted, stream.noted = stream.noted, None
        return noted

    def replay(self, graph: Any, stream: Any) -> None:
        self.counters["replays"] += 1
        for work in graph:
            stream.add(work)

    def library(self, name: str) -> Any:
        return None

    def library_stream(self, stream: Any) -> int:
        self._foreign[id(stream)] = stream
        return id(stream)
