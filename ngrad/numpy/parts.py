"""A part of a part of an array, as a part of the array: so `x = x[1:]` in a loop gives views that
are all one step from their owner.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ngrad.numpy.views import Part, part_of
from ngrad.ops.shape import SEEN
from ngrad_kernels.keys import key_of


def composed(first: Any, second: Part, shape: tuple[Any, ...]) -> Part | None:
    """The part of an array of a shape that is a part of what a first one takes of it. None if one
    of them has new axes or numbers without a value, or an index is out of bounds.

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
        found = _composed(first, second, shape)
        if len(COMPOSED) >= SEEN:
            COMPOSED.clear()
        COMPOSED[key] = found
        return found


COMPOSED: dict[Any, Part | None] = {}
"""By the keys of two parts, and a shape, the one that they are together, or None."""


def _composed(first: Part, second: Part, shape: tuple[Any, ...]) -> Part | None:
    taken: list[Any] = [range(size) for size in shape]
    try:
        for part in (first, second):
            axes = [axis for axis, places in enumerate(taken) if type(places) is range]
            for axis, item in zip(axes, _items(part.index, len(axes)), strict=True):
                taken[axis] = taken[axis][item]
    except (IndexError, TypeError, ValueError):
        return None
    index = tuple(map(_index_of, taken, shape))
    return part_of(index, key_of(index))


def _items(index: Any, ndim: int) -> Iterator[Any]:
    """An index's items, one for each axis."""
    items = index if type(index) is tuple else (index,)
    if items.count(Ellipsis) > 1:
        raise IndexError("an index has at most one ellipsis")
    whole = [slice(None)] * (ndim - len(items) + (Ellipsis in items))
    for item in items:
        if item is Ellipsis:
            yield from whole
        else:
            yield item
    if Ellipsis not in items:
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
