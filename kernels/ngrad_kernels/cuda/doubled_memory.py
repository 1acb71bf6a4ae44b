"""Memory as kernels see it, for Numba's simulator: this process's own, but every access must lie in
a range that was registered (or that the kernel itself asked for), and be aligned.
"""

from __future__ import annotations

import bisect
import ctypes
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad_kernels.codes import computed, ctype_of, part_of, size_of
from ngrad_kernels.cuda.source import ALIGNMENT, VECTOR

here = threading.local()
"""What the thread that runs has: `own` ranges, and what is `kept` of them; its place, and with whom
it exchanges values.
"""


class Ranges:
    """Ranges of addresses, none overlapping another."""

    def __init__(self) -> None:
        self._ends: dict[int, int] = {}
        self._sorted: tuple[list[int], list[int]] = ([], [])  # never changed, so read with no lock
        self._lock = threading.Lock()

    def add(self, address: int, nbytes: int) -> None:
        with self._lock:
            self._ends[address] = address + nbytes
            self._sort()

    def remove(self, address: int) -> None:
        with self._lock:
            del self._ends[address]
            self._sort()

    def _sort(self) -> None:
        starts = sorted(self._ends)
        self._sorted = starts, [self._ends[start] for start in starts]

    def holds(self, address: int, nbytes: int) -> bool:
        starts, ends = self._sorted
        k = bisect.bisect_right(starts, address) - 1
        return k >= 0 and address + nbytes <= ends[k]


device = Ranges()


def register(address: int, nbytes: int) -> None:
    """Let kernels use a range of memory, as the device's."""
    device.add(address, nbytes)


def forget(address: int) -> None:
    """The range that begins here is no longer the device's."""
    device.remove(address)


def _check(address: int, nbytes: int, align: int) -> None:
    if address % align:
        raise MemoryError(f"an access of {nbytes} bytes at {address:#x}, which is not aligned")
    if not (device.holds(address, nbytes) or here.own.holds(address, nbytes)):
        raise MemoryError(f"an access of {nbytes} bytes at {address:#x}, which is not the device's")


def words_of(count: int, owner: Ranges, kept: list[Any]) -> int:
    """The address of words of memory that live as long as `kept`."""
    words = np.full(count + 8, -1, np.int64)  # no kernel may count on zeros
    address = -(-words.ctypes.data // 64) * 64
    owner.add(address, 8 * count)
    kept.append(words)
    return address


def stack_words(count: int) -> int:
    return words_of(count, here.own, here.kept)


def copy_bytes(target: int, source: int, count: int) -> None:
    _check(target, int(count), 1)
    _check(source, int(count), 1)
    ctypes.memmove(int(target), int(source), int(count))


def atomic(combine: Callable[[int, int], int]) -> Callable[[int, int], None]:
    alone = threading.Lock()

    def change(address: int, value: int) -> None:
        word = Table(address)
        with alone:
            word[0] = combine(word[0], int(value))

    return change


def atomic_add(code: str) -> Callable[[int, int, Any], None]:
    alone, ways = threading.Lock(), access(code)
    load, store = ways[f"load_{code}"], ways[f"store_{code}"]

    def add(address: int, index: int, value: Any) -> None:
        with alone:
            store(address, index, load(address, index) + value)

    return add


class Table:
    def __init__(self, address: int) -> None:
        self.address = int(address)

    def _word(self, index: int) -> Any:
        where = self.address + 8 * int(index)
        _check(where, 8, 8)
        return ctypes.c_int64.from_address(where)

    def __getitem__(self, index: int) -> int:
        return int(self._word(index).value)

    def __setitem__(self, index: int, value: int) -> None:
        self._word(index).value = int(value)


def access(code: str) -> dict[str, Callable[..., Any]]:
    kind, size = np.dtype("?" if code == "b1" else computed(code)).type, size_of(code)
    # Of what Numba converts by itself: booleans to any number, and Python's integers are int64.
    allowed = {kind, bool, np.bool_} | ({int} if code == "i8" else set())
    stored = ctype_of("u1" if code == "b1" else code)
    plain_of = {"f": float, "c": complex}.get(code[0], int)
    alignment = {1: size_of(part_of(code)), VECTOR: min(ALIGNMENT, size * VECTOR)}

    def place(address: int, index: int, count: int = 1) -> int:
        where = int(address) + int(index) * size * count
        _check(where, size * count, alignment[count])
        return where

    def load(address: int, index: int) -> Any:
        return kind(stored.from_address(place(address, index)).value)

    def store(address: int, index: int, value: Any) -> None:
        if type(value) not in allowed:
            raise TypeError(f"a {type(value).__name__} is stored as {code}")
        stored.from_address(place(address, index)).value = plain_of(value)

    def load_if(address: int, index: int, condition: Any) -> Any:
        return load(address, index) if condition else kind(0)

    def load4(address: int, index: int) -> Any:
        where = place(address, index, VECTOR)
        return tuple([load(where, k) for k in range(VECTOR)])

    def store4(address: int, index: int, *values: Any) -> None:
        where = place(address, index, VECTOR)
        for k, value in enumerate(values):
            store(where, k, value)

    return {
        f"load_{code}": load,
        f"reload_{code}": load,
        f"load_if_{code}": load_if,
        f"store_{code}": store,
        f"load4_{code}": load4,
        f"reload4_{code}": load4,
        f"store4_{code}": store4,
    }
