"""`Group`: how threads of a group, or a warp, know one another's values, on Numba's simulator."""

from __future__ import annotations

import contextlib
import itertools
import threading
from typing import Any


class Group:
    """The threads of a group or a warp: a value of each, and where they wait for one another: each
    at a lock of its own, which takes a third of the time of `threading.Barrier`.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        # In turns: who reads one exchange's values has done so when all have come to the next.
        self._values: tuple[list[Any], list[Any]] = ([None] * size, [None] * size)
        self._turns = [0] * size
        self._locks = [threading.Lock() for _ in range(size)]
        self._arrivals = itertools.count(1)
        self._broken = False
        for lock in self._locks:
            lock.acquire()

    def exchange(self, lane: int, value: Any) -> list[Any]:
        """The values of all lanes, once each has given its own."""
        values = self._values[self._turns[lane]]
        self._turns[lane] ^= 1
        values[lane] = value
        if next(self._arrivals) % self._size == 0:
            for other, lock in enumerate(self._locks):
                if other != lane:
                    lock.release()
        elif not self._locks[lane].acquire(timeout=60):
            self._broken = True
        if self._broken:
            raise threading.BrokenBarrierError("not all threads of a group came")
        return list(values)

    def abort(self) -> None:
        """Let nobody wait any longer."""
        self._broken = True
        for lock in self._locks:
            with contextlib.suppress(RuntimeError):  # that nobody waits there
                lock.release()
