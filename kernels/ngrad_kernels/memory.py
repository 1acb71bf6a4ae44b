"""Aligned host buffers from a pool, with accounting.

Asking the system for memory costs more than a small kernel, and fresh pages cost as much as the
arithmetic on them, so memory that a tensor lets go waits here for the next one. Blocks come in size
classes, four to an octave (at most a quarter is wasted); a class's free list is a plain Python
list, whose `pop` and `append` are atomic.
"""

from __future__ import annotations

import gc
import os
import threading
from dataclasses import dataclass, field

import numpy as np

ALIGNMENT = 64
SMALLEST = 64


class FreeList(list[int]):
    """Addresses of the blocks of one size that wait."""

    __slots__ = ("size",)

    def __init__(self, size: int) -> None:
        self.size = size


@dataclass(slots=True)
class _SizeClass:
    """The blocks of one size: those that wait, and the owners of all that exist."""

    size: int
    free: FreeList = field(init=False)
    owners: dict[int, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.free = FreeList(self.size)


class Buffer:
    """A block of memory of its own; the pool has it back when the last holder lets go.

    Attributes
    ----------
    address : int
        Address of the first byte, a multiple of 64.
    """

    __slots__ = ("_free", "address")

    def __init__(self, free: FreeList, address: int) -> None:
        self._free = free
        self.address = address

    @property
    def nbytes(self) -> int:
        """Bytes of the block, of which a tensor may use a part."""
        return self._free.size

    def __del__(self) -> None:
        self._free.append(self.address)


class OutOfMemory(MemoryError):
    """The pool's limit, or the machine's memory, does not suffice."""


@dataclass(frozen=True)
class MemoryStats:
    """What the pool holds, in bytes and blocks; blocks count with the size of their class."""

    live_bytes: int
    live_blocks: int
    pooled_bytes: int
    pooled_blocks: int
    limit_bytes: int | None


class Pool:
    """Buffers by size class."""

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self._classes: dict[int, _SizeClass] = {}
        self._lock = threading.RLock()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._renew_lock)

    def _renew_lock(self) -> None:
        self._lock = threading.RLock()

    @staticmethod
    def class_size(nbytes: int) -> int:
        """The smallest size class that holds `nbytes`.

        Examples
        --------
        >>> Pool.class_size(1), Pool.class_size(65), Pool.class_size(1_000_000)
        (64, 128, 1048576)
        """
        if nbytes <= SMALLEST:
            return SMALLEST
        quarter = max(1 << ((nbytes - 1).bit_length() - 3), ALIGNMENT)
        return -(-nbytes // quarter) * quarter

    def free_list(self, nbytes: int) -> FreeList:
        """The free list of the class for `nbytes`, for whoever allocates that size often."""
        size = self.class_size(nbytes)
        found = self._classes.get(size)
        if found is None:
            with self._lock:
                found = self._classes.setdefault(size, _SizeClass(size))
        return found.free

    def take(self, nbytes: int) -> Buffer:
        """A buffer of at least `nbytes`, its content arbitrary.

        Raises
        ------
        OutOfMemory
            If the limit, or the system, refuses, after what was pooled has been released.
        """
        free = self.free_list(nbytes)
        while True:
            try:
                return Buffer(free, free.pop())
            except IndexError:
                self.grow(nbytes)

    def grow(self, nbytes: int) -> None:
        """Add one block to the class of `nbytes`."""
        size = self.class_size(nbytes)
        with self._lock:
            sized = self._classes.setdefault(size, _SizeClass(size))
            if self.limit is not None and self._total() + size > self.limit:
                self.release()
                if self._total() + size > self.limit:
                    raise OutOfMemory(self._refusal(size, f"the pool's limit is {self.limit:,}"))
            owner = self._system(size)
            address = owner.ctypes.data
            address += -address % ALIGNMENT
            sized.owners[address] = owner
            sized.free.append(address)

    def _system(self, size: int) -> np.ndarray:
        try:
            return np.empty(size + ALIGNMENT, np.uint8)
        except MemoryError:
            self.release()
            gc.collect()
            try:
                return np.empty(size + ALIGNMENT, np.uint8)
            except MemoryError:
                raise OutOfMemory(self._refusal(size, "the system has no more")) from None

    def _refusal(self, size: int, why: str) -> str:
        stats = self.stats()
        return (
            f"cannot allocate {size:,} bytes: {why}; {stats.live_bytes:,} bytes in "
            f"{stats.live_blocks} buffers are in use. Let go of tensors or tapes, or raise the "
            "limit."
        )

    def _total(self) -> int:
        return sum(sized.size * len(sized.owners) for sized in self._classes.values())

    def release(self) -> int:
        """Give every waiting block back to the system; the number of bytes is returned."""
        released = 0
        with self._lock:
            for sized in self._classes.values():
                while sized.free:
                    try:
                        address = sized.free.pop()
                    except IndexError:  # another thread took it
                        break
                    del sized.owners[address]
                    released += sized.size
        return released

    def blocks(self) -> dict[int, list[int]]:
        """The addresses of all blocks that exist, by size."""
        with self._lock:
            return {size: list(sized.owners) for size, sized in self._classes.items()}

    def stats(self) -> MemoryStats:
        """Bytes and blocks in use and waiting. Nothing is counted on the hot path: lists are."""
        live = pooled = live_blocks = pooled_blocks = 0
        with self._lock:
            for sized in self._classes.values():
                waiting = len(sized.free)
                using = len(sized.owners) - waiting
                live += using * sized.size
                live_blocks += using
                pooled += waiting * sized.size
                pooled_blocks += waiting
        return MemoryStats(live, live_blocks, pooled, pooled_blocks, self.limit)


pool = Pool()
"""The host's pool."""
