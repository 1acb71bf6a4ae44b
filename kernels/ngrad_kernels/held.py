"""Where a mask on the CPU holds, and the elements there: counted a block at a time, and then
written, by all threads.
"""

from __future__ import annotations

import ctypes
import functools

import numpy as np

from ngrad_kernels import cache, cpu

BLOCK, GRAIN = 4096, 4
"""Elements of a block, and how many blocks a thread takes at a time."""
MANY = 1 << 16
"""Elements of a mask from which all threads look at it: fewer are one block."""

# Of eight bytes at once each becomes 1 if it is not 0, and 31 times eight of these are added up, a
# byte each, before the sum of the bytes could be more than one has.
_COUNTS = """
def held_counts(table, lo, hi):
    length, size = table_at(table[0])[0], table_at(table[0])[1]
    for block in range(lo, hi):
        first, count, total = block * size, min(size, length - block * size), 0
        for part in range(0, count >> 3, 31):
            sums = 0
            for i in range(part, min(part + 31, count >> 3)):
                x = load_i8(table[1] + first, i)
                x |= (x & 0x7f7f7f7f7f7f7f7f) + 0x7f7f7f7f7f7f7f7f
                sums += x >> 7 & 0x0101010101010101
            total += sums * 0x0101010101010101 >> 56 & 0xff
        for i in range(count & -8, count):
            total += i8(load_u1(table[1] + first, i) != 0)
        store_i8(table[0], block + {counts} + 1, total)
"""

# Of eight elements none holds, or each is written where the next that holds comes: one that does
# not is written over, if that is in this block. The last few are looked at one by one.
_PLACES = """
def held_places(table, lo, hi):
    length, many = table_at(table[0])[0], table_at(table[0])[1]
    for block in range(lo, hi):
        first, stop = block * many, min(block * many + many, length)
        at = table[2] + load_i8(table[0], block + {counts}) * 8
        end = table[2] + load_i8(table[0], block + {counts} + 1) * 8
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

# The same of elements, in parts of as many bytes as a code has; of eight that all hold, too.
_ELEMENTS = """
def held_elements(table, lo, hi):
    length, many = table_at(table[0])[0], table_at(table[0])[1]
    for block in range(lo, hi):
        first, stop = block * many, min(block * many + many, length)
        at = table[3] + load_i8(table[0], block + {counts}) * {size}
        end = table[3] + load_i8(table[0], block + {counts} + 1) * {size}
        while at < end:
            whole = first + 8 <= stop
            if whole and reload_i8(table[1] + first, 0) == 0:
                first += 8
            elif whole and reload_i8(table[1] + first, 0) == 0x0101010101010101:
                for i in range(8 * {parts}):
                    store_{code}(at, i, load_{code}(table[2], first * {parts} + i))
                at += 8 * {size}
                first += 8
            elif whole and end - at >= 8 * {size}:
                count = 0
                for i in range(8):
                    for part in range({parts}):
                        x = load_{code}(table[2], (first + i) * {parts} + part)
                        store_{code}(at, count * {parts} + part, x)
                    count += i8(reload_u1(table[1] + first, i) != 0)
                at += count * {size}
                first += 8
            else:
                if reload_u1(table[1] + first, 0) != 0:
                    for part in range({parts}):
                        x = load_{code}(table[2], first * {parts} + part)
                        store_{code}(at, part, x)
                    at += {size}
                first += 1
"""
PARTS = {1: ("u1", 1), 2: ("u2", 1), 4: ("u4", 1), 8: ("u8", 1), 16: ("u8", 2)}
"""By the size of an element, a code, and how many of it an element has."""


COUNTS = 2
"""Where counts begin among the facts of a mask, after its length and that of a block."""
Facts = ctypes.Array[ctypes.c_int64]


@functools.cache
def _kernel(name: str, text: str, **given: object) -> int:
    return cache.load(name, text.format(counts=COUNTS, **given))


@functools.cache
def _elements(size: int) -> int:
    code, parts = PARTS[size]
    return _kernel("held_elements", _ELEMENTS, size=size, code=code, parts=parts)


def _run(kernel: int, facts: Facts, *addresses: int) -> None:
    cpu.launch(kernel, ctypes.addressof(facts), len(facts) - COUNTS - 1, GRAIN, addresses)


def counted(mask: int, length: int) -> Facts:
    """What is known of a mask at an address: how many elements hold before each of its blocks; and,
    last, how many do.
    """
    block = BLOCK if length >= MANY else max(length, 1)
    blocks = -(-length // block)
    facts = (ctypes.c_int64 * (COUNTS + blocks + 1))(length, block)
    _run(_kernel("held_counts", _COUNTS), facts, mask)
    if blocks > 1:
        counts = np.ctypeslib.as_array(facts)[COUNTS:]
        counts.cumsum(out=counts)
    return facts


def write(mask: int, facts: Facts, out: int) -> None:
    """Write where the elements of a mask hold."""
    _run(_kernel("held_places", _PLACES), facts, mask, out)


def pick(x: int, size: int, mask: int, facts: Facts, out: int) -> None:
    """Write the elements at an address, of so many bytes each, at which a mask holds."""
    _run(_elements(size), facts, mask, x, out)
