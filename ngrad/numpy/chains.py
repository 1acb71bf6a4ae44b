"""A view of many views, as a view of few: so a loop of `x = x.T` or `x = x.reshape(-1)[::-1]` takes
as long for each turn as for the first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.numpy.parts import Taken
from ngrad.numpy.readonly import Repeated
from ngrad.numpy.views import Axes, OfBits, Part, Shaped, Way, part_of
from ngrad.numpy.ways import way_to
from ngrad.record import state
from ngrad_kernels.holding import DEEP
from ngrad_kernels.keys import key_of

WHOLE = part_of(..., key_of(...))


def near(x: Any) -> Any:
    """An array; or of a view that is as many steps from one as machine code follows, another that
    shows the same and is half as many or fewer, if there is one.
    """
    owner = x._owner
    for _ in range(DEEP - 1):
        if owner is None:
            return x
        owner = owner._owner
    return x if owner is None else _nearer(x)


def _nearer(x: Any) -> Any:
    first, *views = way_to(x)
    for k in range(len(views), 0, -1):  # what is watched goes with itself
        if any(recorder.follows(views[k - 1]._uid) for recorder in state.stack):
            first, views = views[k - 1], views[k:]
            break
    found, ways = first, joined([view._way for view in views], first._layout.shape) or [WHOLE]
    if 2 * len(ways) > len(views):
        return x
    for way in ways:
        value = found._read()
        found = type(x)(way.read(value), found, way)
        found._seen = value
    if state.stack:
        found._held = x._read()  # what comes of the one comes of the other
    else:
        for view in views:
            view._forget()  # the owner's memory, which the other may be written to in
    return found


def joined(ways: list[Way], shape: tuple[Any, ...]) -> list[Way]:
    """What several ways in turn from an array of a shape come to, as few.

    Examples
    --------
    >>> joined([Shaped((6,), True), WHOLE, Shaped((2, 3), True)], (2, 3))
    []
    >>> joined([Axes((1, 0)), part_of(0, 0), part_of(None, key_of(None))], (2, 3))[0].index
    (None, slice(None, None, None), 0)
    """
    if not all(type(size) is int for size in shape):
        return ways  # an open one
    before: list[tuple[Taken, Way]] = []
    taken = Taken(shape)
    for way in ways:
        while not _goes_on(taken, way):
            both = _both(before[-1][1], way) if before and taken.whole() else None
            if both is None:
                before.append((taken, way))
                taken = Taken(way.shown(np.broadcast_to(np.uint8(0), taken.shape)).shape)
                break
            taken, way = before.pop()[0], both
    return [way for one, last in before for way in (*one.ways(), last)] + taken.ways()


def _goes_on(taken: Taken, way: Way) -> bool:
    """Have a view of what is taken, if that shows a part of the array, axis by axis."""
    if type(way) is Part:
        return taken.take(way)
    if type(way) is Axes:
        return taken.turn(way)
    if type(way) is Shaped:
        return taken.reshape(way)
    if type(way) is Repeated:
        return taken.repeat(way)
    return type(way) is OfBits and way.dtype is way.own


def _both(first: Way, second: Way) -> Way | None:
    """What two ways of a kind are together."""
    if type(first) is Shaped and type(second) is Shaped:
        return Shaped(second.shape, first.sure and second.sure)
    if type(first) is OfBits and type(second) is OfBits:
        return OfBits(second.dtype, first.own)
    return None
