"""A stream for each thread of a device, and the order between them.

What one thread queues runs in order, and waits for no other thread. Memory is what threads share: a
value that another thread's stream writes is read after that, and memory that other streams have
read is not written again before they are done. Both are waits of one stream for an event on
another, of the same device or not; the host waits for nothing.
"""

from __future__ import annotations

import functools
import os
import threading
from collections import deque
from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ngrad_kernels.cuda.driver import Driver

if TYPE_CHECKING:
    from ngrad_kernels.cuda.memory import DeviceBuffer, OwnList, StreamList

_order = threading.RLock()  # held while one stream is ordered behind another


def _renew_lock() -> None:
    global _order
    _order = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


class Stream:
    """A stream, and what belongs to it.

    Attributes
    ----------
    driver : Driver
        Its device's.
    handle : object
        The driver's.
    after : set of Stream
        Those that have used memory which has come back here: the next work queued follows them.
    capture : list or None
        While what is queued is noted for a graph, and nothing runs: the memory taken meanwhile,
        which is the graph's.
    lists : dict
        The free list of each size class.
    own : dict
        By whose they are, the free lists of who has some of its own.
    flying : deque
        Events, and what is held until they have passed: the pinned buffers that copies before them
        read, and memory of other libraries.
    """

    __slots__ = (
        "_tail", "after", "capture", "driver", "flying", "handle", "lists", "own",
    )  # fmt: skip

    def __init__(self, driver: Driver, handle: Any = None) -> None:
        """One of the driver's, by its handle, or a new one."""
        self.driver = driver
        self.handle = driver.stream() if handle is None else handle
        self.after: set[Stream] = set()
        self.capture: list[Any] | None = None
        self.lists: dict[int, StreamList] = {}
        self.own: dict[Hashable, Sequence[OwnList]] = {}
        self.flying: deque[tuple[Any, Any]] = deque()
        self._tail = driver.event()  # stands for all that is queued, when another is to follow

    def follow(self, other: Stream) -> None:
        """Have what is queued from now on run after all that another stream holds now, and after
        what that would follow itself before new work.
        """
        with _order:
            others = {other, *other.after.copy()} - {self}
            if self.capture is not None:  # nothing runs now; the graph's first run settles it
                self.after |= others
                return
            for each in others:
                self._wait(each)

    def _wait(self, other: Stream) -> None:
        if other.capture is None:  # else its event stands for all before the capture
            other.driver.record(other._tail, other.handle)
        self.driver.wait(self.handle, other._tail)

    def take_over(self, other: int | None) -> None:
        """Have what is queued from now on run after all that another library's stream, known by
        number, holds now.
        """
        with _order:
            self.driver.record(self._tail, self.driver.foreign(other))
            self.driver.wait(self.handle, self._tail)

    def hand_over(self, other: int | None) -> None:
        """Have another library's stream, known by number, run what it is given from now on after
        all that this one holds now.
        """
        with _order:
            self.driver.record(self._tail, self.handle)
            self.driver.wait(self.driver.foreign(other), self._tail)

    def use(self, buffer: DeviceBuffer) -> None:
        """Follow what wrote another stream's buffer, whose memory then is not used again before
        what is queued here next.
        """
        with _order:
            if self not in buffer.users:
                self.follow(buffer.stream)
                buffer.users = (*buffer.users, self)

    def lend(self, buffer: DeviceBuffer) -> None:
        """Have a buffer's memory not used again before what this stream holds when the buffer is
        let go.
        """
        with _order:
            if self not in buffer.users:
                buffer.users = (*buffer.users, self)

    def use_all(self, buffers: Iterable[DeviceBuffer]) -> None:
        """As `use`, of those among some that are another stream's."""
        for buffer in buffers:
            if buffer.free.stream is not self and self not in buffer.users:
                self.use(buffer)

    def finish(self) -> None:
        """Have the host wait for all that is queued, but for what is noted for a graph."""
        with _order:
            if self.capture is None:
                self.driver.synchronize(self.handle)
            else:
                self.driver.wait_for(self._tail)

    def settle(self) -> None:
        """Follow those in `after`. Only the stream's own thread does this, before new work: it
        would miss a wait that another thread is about to queue.
        """
        if self.capture is not None:
            return
        with _order:
            while self.after:  # one by one: who frees memory adds to it, and takes no lock
                other = self.after.pop()
                if other is not self:
                    self._wait(other)

    def begin_capture(self) -> None:
        """Note what is queued from now on, and hold the memory taken meanwhile."""
        with _order:
            self.driver.record(self._tail, self.handle)
            self.driver.begin_capture(self.handle)
            self.capture = []

    def end_capture(self) -> tuple[Any, list[Any]]:
        """What was noted, as the driver's graph, and the memory that it holds."""
        with _order:
            held, self.capture = self.capture or [], None
            return self.driver.end_capture(self.handle), held


class _Lease:
    """A thread's hold on its stream, which the next thread has when this one ends: what was queued
    on it, and the memory that waits there, stay in order.
    """

    __slots__ = ("_idle", "stream")

    def __init__(self, stream: Stream, idle: list[Stream]) -> None:
        self.stream = stream
        self._idle = idle

    def __del__(self) -> None:
        self._idle.append(self.stream)


class Streams:
    """The streams of a device.

    Parameters
    ----------
    driver : Driver

    Attributes
    ----------
    all : list of Stream
    """

    def __init__(self, driver: Driver) -> None:
        self.all: list[Stream] = []
        self._driver = driver
        self._idle: list[Stream] = []
        self._local = threading.local()

    @functools.cached_property
    def default(self) -> Stream:
        """The default stream, where other libraries work unless they are told otherwise."""
        return Stream(self._driver, self._driver.foreign(None))

    def current(self) -> Stream:
        """This thread's stream."""
        try:
            stream: Stream = self._local.stream
        except AttributeError:
            try:
                stream = self._idle.pop()
            except IndexError:
                stream = Stream(self._driver)
                self.all.append(stream)
            self._local.lease = _Lease(stream, self._idle)
            self._local.stream = stream
        return stream

    def ready(self) -> Stream:
        """This thread's stream, for new work."""
        try:
            stream: Stream = self._local.stream
        except AttributeError:
            stream = self.current()
        if stream.after:
            stream.settle()
        return stream
