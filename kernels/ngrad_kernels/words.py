"""`Words`: launches on end as plain numbers, for native code to go through (`each_launch`)."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

Step = tuple[int, int, int, int, Sequence[tuple[int, int]]]
"""A launch over registers: kernel, facts, n, grain, and of each operand a register and an offset,
whose sum is its address. Register 0 holds zero.
"""


class OpenFacts(NamedTuple):
    """Facts in which there are numbers that are not known yet: they stand where an address would,
    until whoever knows all of a plan's lays them out.
    """

    words: tuple[Any, ...]


def facts(words: Sequence[Any]) -> tuple[Any, Any]:
    """Run-time facts where kernels on the CPU read them: their address, and what holds them there.

    Examples
    --------
    >>> where, held = facts([3, 4])
    >>> where == held.ctypes.data
    True
    """
    if all(isinstance(word, (int, np.integer)) for word in words):
        held = np.array(words, np.int64)
        return held.ctypes.data, held
    return OpenFacts(tuple(words)), None


def packed(registers: Iterable[int]) -> bytes:
    """Registers as bytes, a word each: as launches on a GPU have them.

    Examples
    --------
    >>> unpacked(packed([0, -5])).tolist()
    [0, -5]
    """
    return array("q", registers).tobytes()


def unpacked(registers: bytes) -> memoryview[int]:
    """Such registers as integers."""
    return memoryview(registers).cast("q")


def in_order(launches: Iterable[Step], before: Sequence[int] = ()) -> list[Any]:
    """What there is of each launch, one after the other."""
    words: list[Any] = [*before]
    for kernel, facts, n, grain, operands in launches:
        words += (kernel, facts, n, grain, len(operands))
        for pair in operands:
            words += pair
    return words


class Words:
    """Launches on end, laid out: of each its kernel, facts, n, grain, how many operands it has, and
    of each of these its register and its offset.

    Attributes
    ----------
    address : int
        Where they lie, as long as this lives.
    steps : int
        How many launches they are.

    Examples
    --------
    >>> Words([(1, 0, 10, 4, [(2, 8)])]).steps
    1
    """

    __slots__ = ("_held", "_words", "address", "steps")

    def __init__(self, launches: Iterable[Step], before: Sequence[int] = ()) -> None:
        steps = list(launches)
        self._lie(array("q", in_order(steps, before)), len(steps))

    @classmethod
    def of(cls, words: array[int], steps: int, held: Any) -> Words:
        """Words as `in_order` gives them, of launches whose facts something holds."""
        found = cls.__new__(cls)
        found._lie(words, steps, held)
        return found

    def _lie(self, words: array[int], steps: int, held: Any = None) -> None:
        self._words, self.steps, self._held = words, steps, held
        self.address: int = self._words.buffer_info()[0]
