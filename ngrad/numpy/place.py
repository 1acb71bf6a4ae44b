"""Where calls run: on the device of the arrays that they are given, whatever device is current."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ngrad.cell import Cell
from ngrad.devices import Device, current, device, opened
from ngrad.graph.layout import AXES
from ngrad.numpy.ndarray import ndarray
from ngrad.ops.convert import device_beside


def where_they_lie(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What a function returns, called where the arrays among its arguments lie: there is what it
    makes, and what is from outside. If only one device has been used, it is called as it is.
    """
    if len(opened) == 1:  # as most often: nothing is looked through
        return function(*args, **kwargs)
    place = place_of((*args, *kwargs.values()))
    if place is current():
        return function(*args, **kwargs)
    with device(place):
        return function(*args, **kwargs)


def place_of(values: Iterable[Any]) -> Device:
    """Where the arrays among arguments lie; the current device, if there are none, or no other has
    been used.
    """
    return current() if len(opened) == 1 else device_beside(*_arrays(values))


def _arrays(values: Any, within: tuple[int, ...] = ()) -> Iterator[Any]:
    """What holds the elements of arrays and tensors, in lists of such too: but for one that is in
    itself, of which the function has to say so.
    """
    for value in values:
        if type(value) is ndarray:
            yield value._held  # of a view, what it showed last lies where it does
        elif isinstance(value, Cell):
            yield value._read()
        elif isinstance(value, (list, tuple)):
            plain = all(issubclass(kind, (int, float, str)) for kind in set(map(type, value)))
            if not plain and id(value) not in within and len(within) < AXES:
                yield from _arrays(value, (*within, id(value)))
        else:
            yield value
