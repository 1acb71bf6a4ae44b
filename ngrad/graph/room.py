"""`Room`: places in one block of memory, each for as long as it is needed; and `Shelves`, where it
is not known yet which sizes are larger than others.
"""

from __future__ import annotations

from bisect import bisect_left
from math import inf

ALIGNMENT = 64


def padded(nbytes: int) -> int:
    """Bytes of a place for `nbytes`: a multiple of the alignment, and never none.

    Examples
    --------
    >>> padded(0), padded(64), padded(65)
    (64, 64, 128)
    """
    return (nbytes + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT or ALIGNMENT


class Room:
    """Which bytes of a block are taken.

    Attributes
    ----------
    size : int
        Bytes that the block must have: the most that were taken at a time, with gaps between them.

    Examples
    --------
    >>> room = Room()
    >>> first, second = room.take(100), room.take(64)
    >>> room.give(first)
    >>> room.take(128), room.take(1), room.size
    (0, 192, 256)
    """

    def __init__(self) -> None:
        self.size = 0
        self._ends: dict[int, int] = {}  # of each place that is taken
        self._gaps: list[tuple[int, float]] = [(0, inf)]  # from where up to where, in order

    def take(self, nbytes: int) -> int:
        """Where a place begins, an aligned offset: in the first gap that is wide enough."""
        nbytes = padded(nbytes)
        at = 0  # there are few gaps, but many places where much is kept for a backward sweep
        while (gap := self._gaps[at])[1] - gap[0] < nbytes:
            at += 1
        begin, last = gap
        end = self._ends[begin] = begin + nbytes
        if end == last:
            del self._gaps[at]
        else:
            self._gaps[at] = end, last
        if end > self.size:
            self.size = end
        return begin

    def give(self, begin: int) -> None:
        """Let go of a place."""
        last: float = self._ends.pop(begin)
        at = bisect_left(self._gaps, (begin,))
        if self._gaps[at][0] == last:  # the gap behind it
            last = self._gaps.pop(at)[1]
        if at and self._gaps[at - 1][1] == begin:
            at -= 1
            begin = self._gaps.pop(at)[0]
        self._gaps.insert(at, (begin, last))


class Shelves:
    """As `Room`, for open sizes: a place is taken again for the same size alone, so that nothing
    has to be compared.

    Examples
    --------
    >>> shelves = Shelves()
    >>> first, second = shelves.take(100), shelves.take(64)
    >>> shelves.give(first)
    >>> shelves.take(128), shelves.take(1), shelves.size
    (0, 192, 256)
    """

    def __init__(self) -> None:
        self.size = 0
        self._sizes: dict[int, int] = {}  # of each place
        self._free: dict[int, list[int]] = {}  # places that nobody has, by size

    def take(self, nbytes: int) -> int:
        """Where a place begins."""
        nbytes = padded(nbytes)
        free = self._free.get(nbytes)
        if free:
            return free.pop()
        begin, self.size = self.size, self.size + nbytes
        self._sizes[begin] = nbytes
        return begin

    def give(self, begin: int) -> None:
        """Let go of a place."""
        self._free.setdefault(self._sizes[begin], []).append(begin)
