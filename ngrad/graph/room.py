"""`Room`: places in one block of memory, each for as long as it is needed."""

from __future__ import annotations

from bisect import bisect_left, insort

ALIGNMENT = 64


def padded(nbytes: int) -> int:
    """Bytes of a place for `nbytes`: a multiple of the alignment, and never none.

    Examples
    --------
    >>> padded(0), padded(64), padded(65)
    (64, 64, 128)
    """
    return max(-(-nbytes // ALIGNMENT), 1) * ALIGNMENT


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
        self._taken: list[tuple[int, int]] = []  # from where up to where, in order

    def take(self, nbytes: int) -> int:
        """Where a place begins, an aligned offset: in the first gap that is wide enough."""
        nbytes = padded(nbytes)
        begin = 0
        for first, last in self._taken:
            if first - begin >= nbytes:
                break
            begin = last
        insort(self._taken, (begin, begin + nbytes))
        self.size = max(self.size, begin + nbytes)
        return begin

    def give(self, begin: int) -> None:
        """Let go of a place."""
        at = bisect_left(self._taken, (begin,))
        assert self._taken[at][0] == begin, f"no place begins at {begin}"
        del self._taken[at]
