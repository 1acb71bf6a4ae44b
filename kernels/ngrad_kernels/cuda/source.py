"""`Source`: a CUDA kernel as text, with what its launcher must know."""

from __future__ import annotations

from typing import NamedTuple

VECTOR = 4
"""Elements of one wide access."""
ALIGNMENT = 16
"""Bytes of the widest access, and of what it must be aligned to."""
THREADS = 256
"""Threads of the largest block that kernels may be launched with; any multiple of 32 will do."""
GROUP = 16
"""Threads that reduce together: half a warp."""
WARP = 32


class Source(NamedTuple):
    """A kernel's source.

    The kernel has the signature `(facts, n, *addresses)`, all int64: the device's address of the
    launch's facts (0 if it has none), the number of items, the addresses of operands. Facts, items
    and operands are those of the CPU's kernel, but that words which are addresses of routines there
    are 0 or 1 here. Any grid, of blocks of a multiple of 32 up to `THREADS` unless it is `exact`,
    gives the same bits.

    Attributes
    ----------
    name : str
        Unique to the content; the kernel's entry.
    text : str
    operands : int
        How many addresses it takes. Launches that give fewer have nothing to read there: 0 will do.
    width : int
        How many threads an item can keep busy.
    resident : tuple of int
        How many of its blocks a multiprocessor is to have room for, in registers: as many as can be
        of these without values having to wait in memory, the most first; 0 for as many as it
        happens to have.
    threads : int
        How many threads its blocks are to have, if the device has so many.
    waves : int
        How many times as many blocks a launch may have as run at the same time. Where there is
        more than one, a block's end, and its beginning, is beside others' middle; and who is done
        early has more to do. But each has to begin.
    exact : bool
        Whether its blocks have to have so many threads, and a launch of others is wrong.
    """

    name: str
    text: str
    operands: int
    width: int
    resident: tuple[int, ...] = (0,)
    threads: int = THREADS
    waves: int = 1
    exact: bool = False
