"""Where the blocks lie that a `Space`'s kernel keeps in cache, on the CPU: in one piece of memory,
which is on the stack of the thread if it is small.

A kernel of many views, or of many values that wait, needs more than some threads have: Python gives
them as little as 32 KiB if it is told to, musl 128. Then its launch brings the memory along
(`ngrad/ops/fused.py`), a slot for so many items that one call of the kernel has; what is not there
is an error before anything runs.
"""

from __future__ import annotations

import sys

from ngrad_kernels.codes import size_of

STACK = 48 << 10
"""Bytes that a kernel takes of a stack, at most, beside what its registers are spilled to."""
SLOTS = 64
"""Into how many calls a launch that brings memory is cut, at most: as many take less than an eighth
of what such a launch reads."""
ALIGNMENT = 64


def share_of(items: int) -> int:
    """How many items have a slot in common.

    Examples
    --------
    >>> share_of(3), share_of(64), share_of(1000)
    (1, 1, 16)
    """
    return -(-items // SLOTS)


class Scratch:
    """Places by name, in one piece of memory.

    Attributes
    ----------
    places : dict of str to int
        How many bytes from its beginning.
    nbytes : int
        What it has to hold.

    Examples
    --------
    >>> scratch = Scratch()
    >>> scratch.take("a", 1024, "f4", more=64)
    >>> scratch.take("b", 100, "b1", (0, 1))
    >>> scratch.take("c", 100, "b1", (1, 2))
    >>> scratch.take("d", 100, "b1", (2, 3))
    >>> scratch.places, scratch.nbytes
    ({'a': 0, 'b': 4160, 'c': 4288, 'd': 4160}, 4416)
    """

    def __init__(self) -> None:
        self.places: dict[str, int] = {}
        self.nbytes = 0
        self._ending: list[tuple[int, int, int]] = []  # of each place: when, how large, where

    def take(
        self, name: str, count: int, code: str, during: tuple[int, int] | None = None, more: int = 0
    ) -> None:
        """A place for so many elements, and some bytes: for ever, or from one moment up to another,
        which others may have before and after that. Those come in the order in which they begin.
        """
        size = -(-(count * size_of(code) + more) // ALIGNMENT) * ALIGNMENT
        first, last = during or (-1, sys.maxsize)
        for k, (end, whole, at) in enumerate(self._ending):
            if end < first and whole == size:
                self.places[name], self._ending[k] = at, (last, size, at)
                return
        self.places[name] = self.nbytes
        self._ending.append((last, size, self.nbytes))
        self.nbytes += size

    @property
    def brought(self) -> int:
        """The bytes of a slot that a launch brings along; 0 if the stack has room."""
        return self.nbytes if self.nbytes > STACK else 0
