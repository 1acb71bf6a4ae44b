"""`Words`: launches on end as plain numbers, for native code to go through (`each_launch`)."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

Step = tuple[int, int, int, int, Sequence[tuple[int, int]]]
"""A launch over registers: kernel, facts, n, grain, and of each operand a register and an offset,
whose sum is its address. Register 0 holds zero.
"""


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

    __slots__ = ("_words", "address", "steps")

    def __init__(self, launches: Iterable[Step], before: Sequence[int] = ()) -> None:
        words: list[int] = [*before]
        self.steps = 0
        for kernel, facts, n, grain, operands in launches:
            words += (kernel, facts, n, grain, len(operands))
            for pair in operands:
                words += pair
            self.steps += 1
        self._words = array("q", words)
        self.address: int = self._words.buffer_info()[0]
