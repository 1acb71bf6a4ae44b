"""`Parts`: a cotangent that is known by parts, as that of what a loop takes slices of.

Each slice's cotangent is one of the whole, which is 0 around it. A graph places them side by side;
who runs a sweep as it is read would add as many wholes as there are slices.
"""

from __future__ import annotations

import numpy as np

from ngrad.graph.layout import Layout
from ngrad.tensor import Tensor, empty, writable


class Parts:
    """Cotangents of parts of a value, along one axis, of which no two meet.

    Parameters
    ----------
    where : Layout
        Of the whole.
    axis, begin, end : int
        Which part of it the first is.
    g : Tensor
        That.
    """

    __slots__ = ("_axis", "_parts", "_taken", "_where")

    def __init__(self, where: Layout, axis: int, begin: int, end: int, g: Tensor) -> None:
        self._where, self._axis = where, axis
        self._parts = [(begin, end, g)]
        self._taken: bytearray | None = None  # where there are parts, once there are several

    @staticmethod
    def of(where: Layout, slices: tuple[tuple[int, int, int], ...], g: Tensor) -> Parts | None:
        """Those that begin with the cotangent of a slice; None if it is not a range of one axis,
        and all of others.
        """
        if g._layout.dtype is not where.dtype:
            return None
        cut = [k for k, part in enumerate(slices) if part != (0, 1, where.shape[k])]
        if len(cut) != 1:
            return None
        (axis,) = cut
        begin, step, count = slices[axis]
        if step != 1 and count > 1:
            return None
        return Parts(where, axis, begin, begin + count, g)

    def take(self, other: Parts) -> bool:
        """Have those of another, which is one part, too; False if it is of another kind, or meets
        one that is here.
        """
        if other._where is not self._where or other._axis != self._axis or other._taken is not None:
            return False
        taken = self._taken
        if taken is None:
            taken = self._taken = bytearray(self._where.shape[self._axis])
            self._mark(taken, self._parts[0])
        (part,) = other._parts
        if any(taken[part[0] : part[1]]):
            return False
        self._mark(taken, part)
        self._parts.append(part)
        return True

    @staticmethod
    def _mark(taken: bytearray, part: tuple[int, int, Tensor]) -> None:
        begin, end, _ = part
        taken[begin:end] = b"\1" * (end - begin)

    def whole(self) -> Tensor:
        """The sum, to the bit as of wholes that are added in turn: beside others, a part has had 0
        added to it, which is seen of -0.
        """
        made = empty(self._where)
        array = writable(made)
        if self._taken is None or not all(self._taken):
            array[...] = 0
        lead = (slice(None),) * self._axis
        for begin, end, g in self._parts:
            array[(*lead, slice(begin, end))] = g._view()
        if len(self._parts) > 1:
            np.add(array, 0, array)
        return made
