"""Functions of several ops, of small arrays: recorded when they come again and again, and replayed.

An op takes Python some microseconds, however few elements it has. A recording of many ops takes
what one plan does, in kernels that are fused, with the same bits.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from ngrad.concrete import Concrete
from ngrad.config import settings
from ngrad.devices import HOST
from ngrad.errors import TraceError
from ngrad.numpy.ndarray import ndarray
from ngrad.record import state
from ngrad.signature import SINGLE, Held, static
from ngrad.tensor import Tensor

P = ParamSpec("P")
R = TypeVar("R")
AGAIN = 16
"""Calls that come alike before one is recorded: that takes as long as some ten of them."""
LIMIT = 256
"""Recordings of a function that are kept."""


class Silent(Concrete):
    """A recording of what does not warn, of which nobody knows who calls."""

    silent = True


Key = tuple[Any, ...]


def replayed(function: Callable[P, R]) -> Callable[P, R]:
    """A function of arrays, of which it changes none, and of other arguments, whose values decide
    how it is recorded. Calls that look at values, or warn, are not replayed; nor are those that
    give what they were given: a copy of it lies as NumPy's, in memory that nobody else writes to.
    """
    came: dict[Key, float] = {}  # how often
    recorded: dict[Key, Concrete] = {}

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        arrays: list[Tensor] = []
        key = _key(args, kwargs, arrays)
        if key is None:
            return function(*args, **kwargs)
        found = recorded.get(key)
        if found is None:
            if len(came) >= LIMIT:  # of sizes, say, that never come again
                came.clear()
            count = came[key] = came.get(key, 0) + 1
            if count <= AGAIN:
                return function(*args, **kwargs)
            try:
                found = _recorded(function, key, args, kwargs, arrays)
            except TraceError:  # it looks at values, or warns
                found = None
            if found is None or found.gives_back():
                came[key] = -math.inf
                return function(*args, **kwargs)
            if len(recorded) >= LIMIT:
                recorded.clear()
            recorded[key] = found
        result: R = found(arrays)
        return result

    return call


def _key(args: tuple[Any, ...], kwargs: dict[str, Any], arrays: list[Tensor]) -> Key | None:
    """What of a call decides how it is recorded; None if its ops would not run where it is, nobody
    being told of them. What its arrays hold is added to `arrays`.
    """
    limit = settings.small
    if limit < 0 or state.listens() or not state.window.idle():
        return None
    key: list[Any] = list(kwargs)
    for x in (*args, *kwargs.values()) if kwargs else args:
        if type(x) is ndarray:
            value = x._read()
            where = value._layout
            if not value._at or not 0 < where.nbytes <= limit or where.device is not HOST:
                return None
            arrays.append(value)
            key.append(Held(x.kind, where.spec, x.lies_in_rows()))
        elif _is_plain(x):
            key.append(static(x))
        else:
            return None
    return tuple(key)


def _is_plain(x: Any) -> bool:
    return type(x) in SINGLE or (type(x) is tuple and all(map(_is_plain, x)))


def _recorded(
    function: Callable[..., Any],
    key: Key,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    held: list[Tensor],
) -> Concrete:
    """A recording of a call, as a function of the arrays that are given to it."""
    given = [*args, *kwargs.values()]
    places = [k for k, x in enumerate(given) if type(x) is ndarray]
    parts = tuple([part for part in key if type(part) is Held])

    def of_arrays(*arrays: Any) -> Any:
        for k, x in zip(places, arrays, strict=True):
            given[k] = x
        return function(*given[: len(args)], **dict(zip(kwargs, given[len(args) :], strict=True)))

    return Silent(function.__name__, of_arrays, held, (parts, None, HOST))
