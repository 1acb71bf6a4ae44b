"""BLAS's number of threads, where it is one number for the process: one, while any of our kernels
calls BLAS, and what it was before when the last of them is done.

Whoever set it back earlier would give threads to calls that others have yet to make; and with
another number of threads a product can have other bits.
"""

# pyright: reportUndefinedVariable=false
# The names come from the kernels' namespace, into which the source of these functions is executed.
# ruff: noqa: F821

from __future__ import annotations

import ctypes
import os

import numpy as np

held = np.zeros(4, np.int64)
"""Whether somebody is at this table; how many kernels have BLAS use one thread; how many it used
before the first of them; the address of the function that sets that.
"""


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


def _after_fork() -> None:
    """In the child, where no other thread goes on."""
    _, kernels, threads, set_threads = held.tolist()
    held[:] = 0
    if kernels:
        ctypes.CFUNCTYPE(None, ctypes.c_int)(set_threads)(threads)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
