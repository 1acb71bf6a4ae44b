"""A part of a part of an array, as a part of the array: so `x = x[1:]` in a loop gives views that
are all one step from their owner.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ngrad.numpy.readonly import Repeated
from ngrad.numpy.views import Axes, Part, Shaped, part_of
from ngrad.ops.shape import SEEN
from ngrad_kernels.keys import key_of


def composed(first: Any, second: Part, shape: tuple[Any, ...]) -> Part | None:
    """The part of an array of a shape that is a part of what a first one takes of it. None if one
    of them has numbers without a value, or an index is out of bounds.

    Examples
    --------
    >>> index = slice(1, None), slice(None, None, -1)
    >>> part = composed(part_of(index, key_of(index)), part_of(2, 2), (5, 3))
    >>> part.index
    (3, slice(2, None, -1))
    """
    if type(first) is not Part or first.key is None or second.key is None:
        return None
    for size in shape:
        if type(size) is not int:  # an open one
            return None
    key = first.key, second.key, shape
    try:
        return COMPOSED[key]
    except KeyError:
        taken = Taken(shape)
        found = taken.part() if taken.take(first) and taken.take(second) else None
        if len(COMPOSED) >= SEEN:
            COMPOSED.clear()
        COMPOSED[key] = found
        return found


COMPOSED: dict[Any, Part | None] = {}
"""By the keys of two parts, and a shape, the one that they are together, or None."""


class Taken:
    """What views show of an array, one after the other, by its axes.

    Attributes
    ----------
    places : list of range or int
        Which places along each of the array's axes.
    axes : list of int or range
        Of each axis of the view, along which of those it goes; or how long it is, of a new one.
    repeated : bool
        Whether it was broadcast, and is read-only since then.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._of = shape
        self.places: list[Any] = [range(size) for size in shape]
        self.axes: list[Any] = list(range(len(shape)))
        self.repeated = False

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple([len(self._along(axis)) for axis in self.axes])

    def _along(self, axis: Any) -> Any:
        return axis if type(axis) is range else self.places[axis]

    def whole(self) -> bool:
        """Whether it is the array itself."""
        told = [k for k, size in enumerate(self._of) if size != 1]
        shown = [k for k in self.axes if type(k) is int and self._of[k] != 1]
        full = all(self.places[k] == range(self._of[k]) for k in told)
        return full and shown == told and self.shape == self._of and not self.repeated

    def take(self, part: Part) -> bool:
        """Take a part of what is shown. Whether it is known which."""
        if part.key is None:
            return False
        places, axes, rest = self.places.copy(), [], iter(self.axes)
        try:
            for item in _items(part.index, len(self.axes)):
                axis = range(1) if item is None else next(rest)
                found = self._along(axis)[slice(None) if item is None else item]
                if type(axis) is int:
                    places[axis] = found
                elif type(found) is range and not (found or self.repeated):
                    return False  # nothing of a new axis, which is written to
                if type(found) is range:
                    axes.append(axis if type(axis) is int else found)
        except (IndexError, StopIteration, TypeError, ValueError):
            return False
        self.places, self.axes = places, axes
        return True

    def turn(self, way: Axes) -> bool:
        """Have the axes in another order."""
        self.axes = [self.axes[k] for k in way.perm]
        return True

    def reshape(self, way: Shaped) -> bool:
        """Have another shape. Whether that has but other axes of size 1."""
        sizes = self.shape
        if not way.sure or [n for n in sizes if n != 1] != [n for n in way.shape if n != 1]:
            return False
        self._apart()
        rest = iter([axis for axis, n in zip(self.axes, sizes, strict=True) if n != 1])
        self.axes = [range(1) if n == 1 else next(rest) for n in way.shape]
        return True

    def repeat(self, way: Repeated) -> bool:
        """Be broadcast."""
        self._apart()
        wide = [*[range(1)] * (len(way.shape) - len(self.axes)), *self.axes]
        self.axes = [
            range(n) if axis == range(1) else axis for axis, n in zip(wide, way.shape, strict=True)
        ]
        self.repeated = True
        return True

    def _apart(self) -> None:
        """Have axes of size 1 go along none of the array's."""
        for k, axis in enumerate(self.axes):
            if type(axis) is int and len(self.places[axis]) == 1:
                self.axes[k], self.places[axis] = range(1), self.places[axis][0]

    def part(self) -> Part:
        """What is shown, but for the order of its axes, and how long new ones are."""
        found, index, met = list(map(_index_of, self.places, self._of)), [], 0
        for axis in self._in_turn():
            if type(axis) is int:
                index += found[met : axis + 1]  # and what is before it, of which it shows one place
                met = axis + 1
            else:
                index.append(None)
        items = (*index, *found[met:])
        return part_of(items, key_of(items))

    def _in_turn(self) -> list[Any]:
        """The axes in the order of the array's."""
        told = [axis for axis in self.axes if type(axis) is int]
        if told == sorted(told):
            return self.axes
        return [*[axis for axis in self.axes if type(axis) is range], *sorted(told)]

    def ways(self) -> list[Part | Axes | Repeated]:
        """To what is shown: a part, if need be its axes in another order, and broadcast."""
        if self.whole():
            return []
        found: list[Part | Axes | Repeated] = [self.part()]
        turned, new = self._in_turn(), 0
        if turned is not self.axes:
            perm = []
            for axis in self.axes:
                perm.append(turned.index(axis) if type(axis) is int else new)
                new += type(axis) is range
            found.append(Axes(tuple(perm)))
        if self.repeated:
            found.append(Repeated(self.shape))
        return found


def _items(index: Any, ndim: int) -> Iterator[Any]:
    """An index's items, one for each axis, and those for new ones."""
    items = index if type(index) is tuple else (index,)
    if items.count(Ellipsis) > 1:
        raise IndexError("an index has at most one ellipsis")
    dotted = Ellipsis in items
    whole = [slice(None)] * (ndim - len(items) + items.count(None) + dotted)
    for item in items:
        if item is Ellipsis:
            yield from whole
        else:
            yield item
    if not dotted:
        yield from whole


def _index_of(places: Any, size: int) -> Any:
    """What takes some places along an axis: an integer, or a slice."""
    if type(places) is int:
        return places
    if places == range(size):
        return slice(None)
    if not places:
        return slice(0, 0)
    end = places[-1] + (1 if places.step > 0 else -1)
    return slice(places[0], None if end < 0 else end, places.step)
