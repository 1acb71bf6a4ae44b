"""Where a mask on the CPU holds: counted a block at a time, and then written, by all threads."""

from __future__ import annotations

import functools

import numpy as np

from ngrad_kernels import cache, cpu

BLOCK, GRAIN = 4096, 4
"""Elements of a block, and how many blocks a thread takes at a time."""

_COUNTS = """
def held_counts(table, lo, hi):
    length = table_at(table[0])[0]
    for block in range(lo, hi):
        first, total = block * {block}, 0
        for i in range(min({block}, length - first)):
            total += i8(load_u1(table[1] + first, i) != 0)
        store_i8(table[2], block, total)
"""

# Of eight elements none holds, or each is written where the next that holds comes: one that does
# not is written over, if that is in this block. The last few are looked at one by one.
_PLACES = """
def held_places(table, lo, hi):
    length = table_at(table[0])[0]
    for block in range(lo, hi):
        first, stop = block * {block}, min(block * {block} + {block}, length)
        at = table[3] + load_i8(table[2], block) * 8
        end = table[3] + load_i8(table[2], block + 1) * 8
        while at < end:
            whole = first + 8 <= stop
            if whole and reload_i8(table[1] + first, 0) == 0:
                first += 8
            elif whole and end - at >= 64:
                count = 0
                for i in range(8):
                    store_i8(at, count, first + i)
                    count += i8(reload_u1(table[1] + first, i) != 0)
                at += count * 8
                first += 8
            else:
                if reload_u1(table[1] + first, 0) != 0:
                    store_i8(at, 0, first)
                    at += 8
                first += 1
"""


@functools.cache
def _kernel(name: str, text: str) -> int:
    return cache.load(name, text.format(block=BLOCK))


def _blocks(length: int) -> tuple[int, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    return -(-length // BLOCK), np.array([length], np.int64)


def before(mask: int, length: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """How many elements hold before each block of a mask at an address; and, last, how many do."""
    blocks, facts = _blocks(length)
    found = np.zeros(blocks + 1, np.int64)
    addresses = mask, found.ctypes.data + 8
    cpu.launch(_kernel("held_counts", _COUNTS), facts.ctypes.data, blocks, GRAIN, addresses)
    return found.cumsum()


def write(
    mask: int, length: int, before: np.ndarray[tuple[int], np.dtype[np.int64]], out: int
) -> None:
    """Write where the elements of a mask hold, of which `before` says how many there are."""
    blocks, facts = _blocks(length)
    addresses = mask, before.ctypes.data, out
    cpu.launch(_kernel("held_places", _PLACES), facts.ctypes.data, blocks, GRAIN, addresses)
