"""Numbers evenly spaced on the CPU, written by all threads."""

from __future__ import annotations

import functools

import numpy as np

from ngrad_kernels import cache, cpu
from ngrad_kernels.contract import CHUNK

_TEXT = """
def evenly_{code}(table, lo, hi):
    first, step = load_{code}(table[0], 0), load_{code}(table[0], 1)
    for i in range(hi - lo):
        store_{code}(table[1] + lo * 8, i, {code}(lo + i) * step + first)
"""


@functools.cache
def _kernel(code: str) -> int:
    return cache.load(f"evenly_{code}", _TEXT.format(code=code))


def write(code: str, first: float, step: float, count: int, out: int) -> None:
    """Write `k * step + first` of the first `count` numbers k, in "i8" or "f8", to an address."""
    facts = np.array([first, step], code)
    cpu.launch(_kernel(code), facts.ctypes.data, count, CHUNK, (out,))
