"""Device memory from a pool, in the order of streams.

Each stream has free lists of its own: a block that comes back is used again by what is queued there
next, with no wait. It is another stream's only after that has queued a wait for this one. So
nothing is counted on the hot path, and the host waits only where the driver must give memory back.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from typing import Any

from ngrad_kernels.cuda.driver import Driver
from ngrad_kernels.cuda.staging import Staging
from ngrad_kernels.cuda.streams import Stream, Streams
from ngrad_kernels.memory import Buffer, FreeList, Pool
from ngrad_kernels.native import blank


class StreamList(FreeList):
    """Blocks of one size that wait, and that the work of one stream used last."""

    __slots__ = ("stream",)

    def __init__(self, size: int, stream: Stream) -> None:
        super().__init__(size)
        self.stream = stream


class OwnList(StreamList):
    """Of somebody's own: when that is gone, and all that was taken of it, its blocks are the
    stream's, as any others.
    """

    __slots__ = ()

    def hand_back(self) -> None:
        """Have what waits here wait there."""
        lists = self.stream.lists
        stream_list = lists.get(self.size)
        if stream_list is None:
            stream_list = lists.setdefault(self.size, StreamList(self.size, self.stream))
        while self:
            stream_list.append(self.pop())

    __del__ = hand_back


class DeviceBuffer(Buffer):
    """A block of device memory, taken on a stream.

    Attributes
    ----------
    users : collection of Stream
        Those beside its own that may have used it.
    """

    __slots__ = ("status", "users")
    free: StreamList

    users: Collection[Stream]
    status: Any

    @property
    def stream(self) -> Stream:
        """The stream it was taken on, whose work writes it first."""
        return self.free.stream

    def __del__(self) -> None:
        try:
            if self.users:  # before the block can be taken
                self.free.stream.after.update(self.users)
        except AttributeError:  # Ctrl-C came while it was made
            return


def block(free: StreamList, address: int) -> DeviceBuffer:
    """The buffer of a block that was taken from a free list."""
    buffer: DeviceBuffer = blank(DeviceBuffer)
    buffer.free = free
    buffer.address = address
    buffer.users = ()
    buffer.status = None
    return buffer


class SharedBuffer(DeviceBuffer):
    """Memory of another library's, which no pool ever has: its owner is let go when all that reads
    it has run.
    """

    __slots__ = ("_owner", "_staging", "_streams")
    shared = True

    def __init__(
        self, address: int, nbytes: int, owner: Any, streams: Streams, staging: Staging
    ) -> None:
        self.free, self.address = StreamList(nbytes, streams.ready()), address
        self.users, self.status = (), None
        self._owner, self._streams, self._staging = owner, streams, staging

    def __del__(self) -> None:
        if sys is None or sys.is_finalizing():  # so is the driver
            return
        stream = self._streams.ready()
        for other in {self.stream, *self.users} - {stream}:
            stream.follow(other)
        self._staging.hold(stream, self._owner)


class DevicePool(Pool):
    """Device memory by size class and stream.

    Parameters
    ----------
    name : str
        The device's name.
    driver : Driver
    streams : Streams
    """

    def __init__(self, name: str, driver: Driver, streams: Streams) -> None:
        super().__init__(source=driver)
        self.what = name
        self._streams = streams

    def free_list(self, nbytes: int) -> StreamList:
        """The free list of the class for `nbytes` of this thread's stream."""
        stream, size = self._streams.current(), self.class_size(nbytes)
        found = stream.lists.get(size)
        if found is None:
            found = stream.lists.setdefault(size, StreamList(size, stream))
        return found

    def _lists(self) -> Collection[FreeList]:
        found: list[FreeList] = []
        for stream in tuple(self._streams.all):
            found += stream.lists.values()
            found += itertools.chain(*tuple(stream.own.values()))
        return found

    def take(self, nbytes: int) -> DeviceBuffer:
        """A buffer of at least `nbytes` for this thread's stream, its content arbitrary.

        Raises
        ------
        OutOfMemory
            If the limit, or the device, refuses, after what was pooled has been released.
        """
        free = self.free_list(nbytes)
        buffer = block(free, self._pop(free))
        if free.stream.capture is not None:
            free.stream.capture.append(buffer)
        return buffer

    def own_lists(self, whose: Hashable, sizes: Sequence[int]) -> Sequence[StreamList]:
        stream = self._streams.current()
        found = stream.own.get(whose)
        if found is None:
            lists = [OwnList(self.class_size(nbytes), stream) for nbytes in sizes]
            found = stream.own.setdefault(whose, lists)
        return found

    def forget(self, whose: Hashable) -> None:
        for stream in tuple(self._streams.all):
            for own in stream.own.pop(whose, ()):
                own.hand_back()

    def gatherer(self, tensor: type, *plan: tuple[Any, ...]) -> Callable[..., Any]:
        from ngrad_kernels.cuda.gathering import gatherer  # which knows what is in this module

        return gatherer(tensor)(*plan)

    def take_of(self, own: Any) -> DeviceBuffer:
        buffer: DeviceBuffer = blank(DeviceBuffer)  # `block`, spelled out: every result comes here
        try:
            buffer.address = own.pop()
        except IndexError:
            buffer.address = self._pop(self.free_list(own.size))
        buffer.users, buffer.status, buffer.free = (), None, own
        return buffer

    def use(self, buffers: Iterable[Any]) -> None:
        """Have what is queued next on this thread's stream run after what wrote the buffers (of
        this device or another), and their memory come back only when it has run.
        """
        self._streams.current().use_all(buffers)

    def grow(self, nbytes: int) -> None:
        """Add one block to the class of `nbytes` of this thread's stream: one that waits for
        another stream, or a new one.
        """
        if not self._move(self.free_list(nbytes)):
            super().grow(nbytes)

    def _move(self, mine: StreamList) -> bool:
        """Have one of another stream's blocks, behind all that may use it still."""
        for other in tuple(self._streams.all):
            free = other.lists.get(mine.size)
            if other is mine.stream or not free or other.capture is not None:
                continue
            try:
                address = free.pop()
            except IndexError:  # that stream's thread took it
                continue
            mine.stream.follow(other)
            mine.append(address)
            return True
        return False

    def _finish(self) -> None:
        streams = set(self._streams.all)
        for stream in streams.union(*[each.after.copy() for each in streams]):
            stream.finish()
