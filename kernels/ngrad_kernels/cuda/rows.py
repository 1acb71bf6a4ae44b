"""Launches on end, as `walker.walk` has the driver launch them."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any, NamedTuple

from ngrad_kernels.cuda.walker import BLOCK
from ngrad_kernels.words import Step, Words


class Function(NamedTuple):
    """A loaded kernel: its name, how many words it takes, its handle, what that lives in, how many
    of its blocks run at the same time, how many threads one has, and how many bytes of a thread's
    values wait in memory.
    """

    name: str
    words: int
    handle: Any
    module: Any
    blocks: int
    threads: int
    spilled: int = 0


class Launch(NamedTuple):
    """A launch over registers: of a kernel, in `grid` blocks, with facts, a number of items, and
    operands, each a register and an offset whose sum is its address. Register 0 holds zero.
    """

    function: Function
    grid: int
    facts: int
    n: int
    operands: Sequence[tuple[int, int]]


def _step(launch: Launch) -> Step:
    """A launch as the walker has it, which takes the number of items for an operand as others."""
    function, grid, facts, n, operands = launch
    padding = ((0, 0),) * (function.words - 2 - len(operands))
    shape = function.threads << BLOCK | grid
    return function.handle, facts, n, shape, ((0, n), *operands, *padding)


class Row:
    """Launches on end.

    Attributes
    ----------
    launches : sequence of Launch
    names : tuple of str
        Of their kernels.
    steps : int
        How many they are.
    address : int
        Of what `walk` is told of them.
    """

    __slots__ = ("_head", "_words", "address", "launches", "names", "steps")

    def __init__(self, launches: Sequence[Launch], entry: int) -> None:
        self.launches, self.steps = launches, len(launches)
        self.names = tuple([each.function.name for each in launches])
        self._words = Words(map(_step, launches))
        most = max((each.function.words for each in launches), default=0)
        self._head = array("q", (entry, most, self._words.address, self.steps))
        self.address: int = self._head.buffer_info()[0]
