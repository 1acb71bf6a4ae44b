"""Aligned buffers from a pool, with accounting: the host's, and the means to make a device's.

Asking the system for memory costs more than a small kernel, and fresh pages cost as much as the
arithmetic on them, so memory that a tensor lets go waits here for the next one. Blocks come in size
classes, four to an octave (at most a quarter is wasted); a class's free list is a plain Python
list, whose `pop` and `append` are atomic.
"""

from __future__ import annotations

import gc
import itertools
import os
import threading
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from llvmlite import ir

from ngrad_kernels.heap_types import DEALLOC, FREE, heap_type, offset
from ngrad_kernels.machine import INT, POINTER, Code, load

ALIGNMENT = 64
SMALLEST = 64
LISTED = 12
"""How many size classes an error lists."""


class Source(Protocol):
    """Where the blocks of a pool come from."""

    def allocate(self, size: int) -> int:
        """The address of a new block, a multiple of `ALIGNMENT`; MemoryError if there is none."""

    def free(self, address: int) -> None:
        """Give a block back."""


class System:
    """The host's memory."""

    def __init__(self) -> None:
        self._owners: dict[int, np.ndarray] = {}

    def allocate(self, size: int) -> int:
        """The address of a new block."""
        owner = np.empty(size + ALIGNMENT, np.uint8)
        address = owner.ctypes.data
        address += -address % ALIGNMENT
        self._owners[address] = owner
        return address

    def free(self, address: int) -> None:
        """Give a block back."""
        del self._owners[address]


class FreeList(list[int]):
    """Addresses of the blocks of one size that wait."""

    __slots__ = ("size",)

    def __init__(self, size: int) -> None:
        self.size = size


def _dealloc(module: ir.Module) -> None:
    """dealloc(buffer): its block waits in the free list again. One that is half made has none, if
    Ctrl-C came then.

    Not a finalizer: the collector calls these of all that is garbage together, while others of it
    may still read what is in the block, or come back to life.
    """
    it = Code(module, "dealloc", ir.VoidType(), POINTER)
    (buffer,) = it.function.args
    builder = it.builder
    address, free = (it.get(buffer, offset(k)) for k in range(2))
    kind = it.type_of(buffer)
    unset = builder.or_(it.is_null(address), it.is_null(free))
    with builder.if_then(builder.not_(unset), likely=True), it.error_kept():
        builder.call(it.external("PyList_Append", INT, POINTER, POINTER), [free, address])
    it.let_go(address)
    it.let_go(free)
    slot = builder.call(it.external("PyType_GetSlot", POINTER, POINTER, INT), [kind, INT(FREE)])
    release = ir.FunctionType(ir.VoidType(), [POINTER]).as_pointer()
    builder.call(builder.bitcast(slot, release), [buffer])
    it.let_go(kind)
    builder.ret_void()


RETURNED = "Gives its block back, to a list of addresses, when its last holder lets go."
if TYPE_CHECKING:

    class Returned:
        __slots__ = ("address", "free")
        address: int
        free: Any
else:
    Returned = heap_type(
        "ngrad_kernels.memory.Returned",
        RETURNED,
        {DEALLOC: load("ngrad.memory", dealloc=_dealloc)[0]},
        ("address", "free"),
    )


class Buffer(Returned):
    """A block of memory of its own; the pool has it back when the last holder lets go.

    Attributes
    ----------
    address : int
        Address of the first byte, a multiple of 64.
    shared : bool
        Whether others may write to it.
    status : object
        What may be wrong with what is in it, if kernels that wrote it say so; None on the CPU.
    """

    __slots__ = ()
    shared: ClassVar[bool] = False
    status: Any = None

    address: int
    free: FreeList

    @property
    def nbytes(self) -> int:
        """Bytes of the block, of which a tensor may use a part."""
        return self.free.size


def block(free: FreeList, address: int) -> Buffer:
    """The buffer of a block that was taken from a free list. No `__init__`: that would be most of
    what a small result costs.
    """
    buffer = Buffer()
    buffer.free = free
    buffer.address = address
    return buffer


class Shared(Buffer):
    """Memory of another library's, which no pool ever has: its owner goes with the last holder."""

    __slots__ = ("_owner",)
    shared = True

    def __init__(self, address: int, nbytes: int, owner: Any) -> None:
        self.free, self.address = FreeList(nbytes), address  # a list that nobody takes from
        self._owner = owner


class OutOfMemory(MemoryError):
    """The pool's limit, or the machine's memory, does not suffice."""

    told = False

    def of(self, made: str) -> None:
        """Have it say what there was no room for."""
        self.args = (self.args[0].replace("cannot allocate ", f"cannot allocate {made}, ", 1),)

    def by(self, what: str) -> None:
        """Have it say who asked, once: the innermost knows best."""
        if not self.told:
            self.told = True
            self.args = (f"{what}: {self.args[0]}",)


@dataclass(frozen=True)
class MemoryStats:
    """What the pool holds, in bytes and blocks; blocks count with the size of their class."""

    live_bytes: int
    live_blocks: int
    pooled_bytes: int
    pooled_blocks: int
    limit_bytes: int | None


def _leave(*given: Any) -> None:
    """Leave it to Python."""


class Pool:
    """Buffers by size class."""

    what = "the system"
    """Whose memory it is, as an error names it."""

    def __init__(self, limit: int | None = None, source: Source | None = None) -> None:
        self.limit = limit
        self._source = source or System()
        self._blocks: Counter[int] = Counter()  # by size: all that exist
        self._free: dict[int, FreeList] = {}  # by size
        self._own: dict[Hashable, Sequence[FreeList]] = {}  # by whose
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
        found = self._free.get(size)
        if found is None:
            found = self._free.setdefault(size, FreeList(size))
        return found

    def _lists(self) -> Collection[FreeList]:
        """Every free list."""
        return [*self._free.values(), *itertools.chain(*tuple(self._own.values()))]

    def take(self, nbytes: int) -> Buffer:
        """A buffer of at least `nbytes`, its content arbitrary.

        Raises
        ------
        OutOfMemory
            If the limit, or the system, refuses, after what was pooled has been released.
        """
        free = self.free_list(nbytes)
        return block(free, self._pop(free))

    def own_lists(self, whose: Hashable, sizes: Sequence[int]) -> Sequence[FreeList]:
        """A free list for each of some sizes, of blocks that somebody has had before: so that who
        repeats what it does, and asks for the same sizes, finds the same addresses.
        """
        found = self._own.get(whose)
        if found is None:
            lists = [FreeList(self.class_size(nbytes)) for nbytes in sizes]
            found = self._own.setdefault(whose, lists)
        return found

    def forget(self, whose: Hashable) -> None:
        """Have what waits in the lists of somebody who asks for them no more wait for all."""
        for own in self._own.pop(whose, ()):
            self.free_list(own.size).extend(own)

    def gatherer(self, tensor: type, *plan: tuple[Any, ...]) -> Callable[..., Any]:
        """What gathers a plan's addresses in less time than Python, or gives None where it does
        not: `cuda/gathering.py` says of what. Here nothing does.
        """
        return _leave

    def take_of(self, own: FreeList) -> Buffer:
        """A buffer as `take` gives, of such a list if one waits there."""
        try:
            return block(own, own.pop())
        except IndexError:
            return block(own, self._pop(self.free_list(own.size)))

    def _pop(self, free: FreeList) -> int:
        while True:
            try:
                return free.pop()
            except IndexError:
                self.grow(free.size)

    def grow(self, nbytes: int) -> None:
        """Add one block to the class of `nbytes`."""
        size = self.class_size(nbytes)
        with self._lock:
            address = self._allocate(size)
            self._blocks[size] += 1
            self.free_list(nbytes).append(address)

    def _allocate(self, size: int) -> int:
        """A block from the source: where that refuses, again when what waits has been released, and
        once more when cycles that nobody reaches have let go of theirs.
        """
        why = ""
        for make_room in (None, self.release, self._collect):
            if make_room is not None:
                make_room()
            if self.limit is not None and self._total() + size > self.limit:
                why = f"the pool's limit is {self.limit:,}"
                continue
            try:
                return self._source.allocate(size)
            except MemoryError:
                why = f"{self.what} has no more"
        raise OutOfMemory(self._refusal(size, why))

    def _collect(self) -> None:
        gc.collect()
        self.release()

    def _refusal(self, size: int, why: str) -> str:
        stats = self.stats()
        more = "" if self.limit is None else ", or raise the limit"
        lines = [
            f"cannot allocate {size:,} bytes: {why}; {stats.live_bytes:,} bytes in "
            f"{stats.live_blocks} buffers are in use. Let go of tensors or tapes{more}."
        ]
        census = sorted(self.census().items(), key=lambda item: item[0] * item[1], reverse=True)
        lines += [f"{count:>8} x {each:>18,} bytes" for each, count in census[:LISTED]]
        if len(census) > LISTED:
            rest = sum(each * count for each, count in census[LISTED:])
            lines.append(f"{'others':>8}   {rest:>18,} bytes")
        return "\n".join(lines)

    def _total(self) -> int:
        return sum(size * count for size, count in self._blocks.items())

    def release(self) -> int:
        """Give every waiting block back to the system; the number of bytes is returned."""
        with self._lock:
            blocks: list[tuple[int, int]] = []
            for free in self._lists():
                while free:
                    try:
                        blocks.append((free.size, free.pop()))
                    except IndexError:  # another thread took it
                        break
            if blocks:
                self._finish()
            for size, address in blocks:
                self._source.free(address)
                self._blocks[size] -= 1
        return sum(size for size, _ in blocks)

    def _finish(self) -> None:
        """Wait until nothing uses the memory that was let go."""

    def census(self) -> dict[int, int]:
        """How many blocks of each size are in use. Nothing is counted on the hot path: lists are.

        Examples
        --------
        >>> own = Pool()
        >>> x, y, z = own.take(100), own.take(100), own.take(1000)
        >>> own.census()
        {128: 2, 1024: 1}
        """
        with self._lock:
            live = self._blocks.copy()
            for free in self._lists():
                live[free.size] -= len(free)
            return {size: live[size] for size in sorted(live) if live[size]}

    def stats(self) -> MemoryStats:
        """Bytes and blocks in use and waiting."""
        with self._lock:
            live = self.census()
            blocks = self._blocks.total()
            nbytes = self._total()
        live_bytes = sum(size * count for size, count in live.items())
        live_blocks = sum(live.values())
        return MemoryStats(
            live_bytes, live_blocks, nbytes - live_bytes, blocks - live_blocks, self.limit
        )


pool = Pool()
"""The host's pool."""
