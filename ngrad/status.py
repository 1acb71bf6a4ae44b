"""`Status`: what kernels on a device found wrong in a run, such as an index that is out of bounds.

Nobody waits for it. Kernels note it in a few words of the device's memory, which whoever looks at
a value reads along with it. A value has the status of the run that computed it on its buffer, and
hands it on to what is computed from it. Kernels read and write nothing out of bounds on the way.
"""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Hashable, Iterable
from typing import Protocol

from ngrad.devices import Device
from ngrad_kernels.memory import Buffer


class Source(Hashable, Protocol):
    """Who checks something. Equal ones are one."""

    def error(self, least: int, greatest: int, /) -> Exception:
        """What to raise, for the least and the greatest of what was wrong."""


Places = tuple[tuple[int, int], ...]
"""Addresses of statuses, and how many entries each has."""

_next, _number = itertools.count().__next__, itertools.count().__next__
_sources: dict[Source, int] = {}
_by_number: dict[int, Source] = {}


def number(source: Source) -> int:
    """The number by which kernels know a source of errors."""
    found = _sources.get(source)
    if found is None:  # no lock: of threads that meet, one's number is used
        own = _number()
        _by_number[own] = source
        found = _sources.setdefault(source, own)
    return found


class Status:
    """The status of a run: for each of its checks, and first for what its operands came from, an
    entry of three words: the number of a source of errors, and the least and the greatest of what
    was wrong, which are the other way round where nothing was.

    Parameters
    ----------
    device : Device
    entries : int
    buffer : Buffer
        Where they are.
    parents : tuple of Status
        Of operands, whose faults it begins with.

    Attributes
    ----------
    error : Exception or None
        What is known to be wrong.
    fine : bool
        Whether nothing is known to be.
    serial : int
        Its number.
    covers : tuple of int
        Those of its parents.
    """

    __slots__ = ("buffer", "covers", "device", "entries", "error", "fine", "serial")

    def __init__(
        self, device: Device, entries: int, buffer: Buffer, parents: tuple[Status, ...]
    ) -> None:
        self.device, self.entries, self.buffer = device, entries, buffer
        self.serial, self.covers = _next(), tuple([parent.serial for parent in parents])
        self.error: Exception | None = None
        self.fine = False

    @staticmethod
    def nbytes(entries: int) -> int:
        return 24 * entries

    def entry(self, check: int) -> int:
        """The address of the entry of a check, from 0 on."""
        return self.buffer.address + self.nbytes(1 + check)

    def raise_known(self) -> None:
        """Raise what is known to be wrong."""
        if self.error is not None:
            raise type(self.error)(*self.error.args)

    def look(self) -> None:
        """Wait for the run, and raise what it found wrong."""
        self.raise_known()
        if self.fine:
            return
        words = (ctypes.c_int64 * (3 * self.entries))()
        target = self.device.target
        target.use([self.buffer])
        target.copy_out(ctypes.addressof(words), self.buffer.address, ctypes.sizeof(words))
        for at in range(0, len(words), 3):
            who, least, greatest = words[at : at + 3]
            if least <= greatest:
                self.error = _by_number[who].error(least, greatest)
                break
        self.fine = self.error is None
        self.raise_known()


def settle(block: Buffer) -> None:
    """Raise what is wrong with what is in a buffer, behind a wait for whoever computes it if that
    is not known.
    """
    if block.status is not None:
        block.status.look()


def unsettled(blocks: Iterable[Buffer]) -> tuple[Status, ...]:
    """The statuses of buffers, each once, but for those that are known to be fine, and those that
    others of them begin with: in a loop each value comes from the one before.
    """
    found = {block.status: None for block in blocks if block.status is not None}
    covered = {serial for status in found for serial in status.covers}
    return tuple([s for s in found if not s.fine and s.serial not in covered])


def begun(device: Device, parents: tuple[Status, ...], checks: int = 0) -> Status | None:
    """The status of a run, with so many checks, over operands with the statuses of `parents`; None
    if nothing can be wrong.
    """
    if not checks and len(parents) < 2:
        return parents[0] if parents else None
    buffer = device.pool.take(Status.nbytes(1 + checks))
    status = Status(device, 1 + checks, buffer, parents)
    device.target.use([parent.buffer for parent in parents])
    begin(device, status.buffer.address, status.entries, places(parents))
    return status


def places(statuses: Iterable[Status]) -> Places:
    """Where the entries of statuses are, and how many of each."""
    return tuple([(status.buffer.address, status.entries) for status in statuses])


def begin(device: Device, address: int, entries: int, parents: Places) -> None:
    """Have entries say that nothing is wrong but what is in others, which are as `places` says."""
    target = device.target
    target.launch(target.skeleton("status_clear"), 0, entries, entries, [address])
    for parent, count in parents:
        target.launch(target.skeleton("status_inherit"), 0, count, count, [address, parent])
