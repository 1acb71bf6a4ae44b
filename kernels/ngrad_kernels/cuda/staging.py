"""Copies between the host and a device, through pinned memory.

The device copies to and from pinned memory while the host goes on, so what comes in is first copied
there, a piece at a time, and the caller's memory is free at once. A piece's pinned buffer is used
again when the device has read it; only where too many wait to be read does the host wait.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ngrad_kernels.cuda.driver import Driver
from ngrad_kernels.cuda.errors import CudaError
from ngrad_kernels.cuda.streams import Stream
from ngrad_kernels.memory import Buffer, Pool

PIECE = 4 << 20
"""Bytes of a piece: long enough for the bus, short enough that both copies of it overlap."""
FLYING = 16
"""Pieces of one stream that wait to be read."""


class _Pinned:
    """Pinned memory as a pool's source."""

    def __init__(self, driver: Driver) -> None:
        self.allocate = driver.allocate_pinned
        self.free = driver.free_pinned


class Staging:
    """The copies of a device.

    Parameters
    ----------
    name : str
        The device's name.
    driver : Driver
    """

    def __init__(self, name: str, driver: Driver) -> None:
        self.pool = Pool(source=_Pinned(driver))
        self.pool.what = f"pinned memory for {name}"
        self._driver = driver
        self._events: list[Any] = []  # those that nobody uses

    def _mark(self, stream: Stream) -> Any:
        """An event that stands for all that is queued on a stream now."""
        try:
            event = self._events.pop()
        except IndexError:
            event = self._driver.event()
        self._driver.record(event, stream.handle)
        return event

    def _refuse_capture(self, stream: Stream, what: str) -> None:
        if stream.capture is not None:
            raise CudaError(
                f"{what}: the memory of the host cannot be part of a captured graph; copy before "
                "it, or after"
            )

    def _land(self, stream: Stream) -> None:
        """Let go of what the device has read: pinned buffers, and memory of other libraries."""
        flying = stream.flying
        while flying:
            event, _ = flying[0]
            if not self._driver.passed(event):
                if len(flying) < FLYING:
                    return
                self._driver.wait_for(event)
            flying.popleft()
            self._events.append(event)

    def hold(self, stream: Stream, thing: Any) -> None:
        """Hold what the device may still read until all that is queued on a stream now is done; or,
        while a graph is captured, as long as there is that graph.
        """
        if stream.capture is not None:
            stream.capture.append(thing)
        else:
            stream.flying.append((self._mark(stream), thing))

    def land(self, stream: Stream) -> None:
        """Let go of what the device has read."""
        if stream.capture is None:
            self._land(stream)

    def copy_in(self, stream: Stream, target: int, source: int, nbytes: int) -> None:
        """Copy host memory to the device; the source may change as soon as this returns."""
        self._refuse_capture(stream, "copy_in")
        for at in range(0, nbytes, PIECE):
            size = min(PIECE, nbytes - at)
            self._land(stream)
            buffer = self.pool.take(size)
            ctypes.memmove(buffer.address, source + at, size)
            with self._finished(stream):
                self._driver.copy_in(target + at, buffer.address, size, stream.handle)
                self.hold(stream, buffer)

    def copy_out(self, stream: Stream, target: int, source: int, nbytes: int) -> None:
        """Copy device memory to the host, and wait until it is there."""
        self._refuse_capture(stream, "copy_out")
        waiting: deque[tuple[Any, Buffer, int, int]] = deque()

        def land() -> None:
            event, buffer, where, size = waiting.popleft()
            self._driver.wait_for(event)
            self._events.append(event)
            ctypes.memmove(where, buffer.address, size)

        with self._finished(stream):
            for at in range(0, nbytes, PIECE):
                size = min(PIECE, nbytes - at)
                buffer = self.pool.take(size)
                self._driver.copy_out(buffer.address, source + at, size, stream.handle)
                waiting.append((self._mark(stream), buffer, target + at, size))
                if len(waiting) == 2:  # while the host copies a piece, the device brings the next
                    land()
            while waiting:
                land()
        self._land(stream)

    @contextmanager
    def _finished(self, stream: Stream) -> Iterator[None]:
        """What raises within it, as Ctrl-C does, raises when the device is done with pinned memory,
        which others have then.
        """
        try:
            yield
        except BaseException:
            self._driver.synchronize(stream.handle)
            raise
