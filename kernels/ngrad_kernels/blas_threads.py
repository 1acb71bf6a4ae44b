"""The number of threads of BLAS and LAPACK: one, while any of our kernels calls BLAS, or any op has
a small factor of LAPACK, and what it was before when the last of them is done.

Where it is one number for the process, whoever set it back earlier would give threads to calls that
others have yet to make; and with another number of threads a product can have other bits.
"""

# pyright: reportUndefinedVariable=false
# The names come from the kernels' namespace, into which the source of these functions is executed.
# ruff: noqa: F821

from __future__ import annotations

import ctypes
import os

import numpy as np

from ngrad_kernels.blas_library import Pool

HELD: dict[int, np.ndarray] = {}
"""For each library whose number is the process's, by the address of the function that sets it:
whether somebody is at this table; how many have it use one thread; how many it used before the
first of them; that address.
"""


def words(pool: Pool) -> list[int]:
    """What `hold_threads` and `give_back_threads` are told: where a library's number is read, and
    set, and its table, or 0.
    """
    if not pool.shared:
        return [pool.get_threads, pool.set_threads, 0]
    table = HELD.setdefault(pool.set_threads, np.zeros(4, np.int64))
    return [pool.get_threads, pool.set_threads, table.ctypes.data]


def hold_threads(held, get_threads, set_threads):
    """Have BLAS use one thread; how many it used. Table 0: that is a number for each thread."""
    table = table_at(held)
    if held != 0:
        while exchange(held, 1) != 0:
            pass
    threads = ask(get_threads)
    if threads != 1:
        tell(set_threads, 1)
    if held != 0:
        if table[1] == 0:
            table[2], table[3] = threads, set_threads
        table[1] += 1
        exchange(held, 0)
    return threads


def give_back_threads(held, set_threads, threads):
    """Have BLAS use as many threads as before, once nobody needs it to use one."""
    table = table_at(held)
    if held != 0:
        while exchange(held, 1) != 0:
            pass
        table[1] -= 1
        threads = table[2] if table[1] == 0 else 1
    if threads != 1:
        tell(set_threads, threads)
    if held != 0:
        exchange(held, 0)


HELPERS = (hold_threads, give_back_threads)
"""What kernels call."""


def hold_library(table, lo, hi):
    """Have a library use one thread. Facts: the words that say which; room for how many it used."""
    facts = table_at(table[0])
    if facts[0] != 0:
        facts[3] = hold_threads(facts[2], facts[0], facts[1])


def give_back_library(table, lo, hi):
    """The reverse."""
    facts = table_at(table[0])
    if facts[0] != 0:
        give_back_threads(facts[2], facts[1], facts[3])


def _after_fork() -> None:
    """In the child, where no other thread goes on."""
    for table in HELD.values():
        _, holders, threads, set_threads = table.tolist()
        table[:] = 0
        if holders:
            ctypes.CFUNCTYPE(None, ctypes.c_int)(set_threads)(threads)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
