"""Functions of several ops, of small tensors: recorded when they come often, and replayed.

An op takes Python some microseconds, however few elements it has. A recording of many ops takes
what one plan does, in kernels that are fused, with the same bits.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, ParamSpec, Protocol, TypeVar

from ngrad.config import settings
from ngrad.devices import HOST, current, opened
from ngrad.errors import IndexBoundsError, TraceError
from ngrad.graph.layout import Layout
from ngrad.record import state
from ngrad.statics import SINGLE, Held, static
from ngrad.tensor import Tensor

P = ParamSpec("P")
R = TypeVar("R")
AGAIN = 16
"""Calls that come alike before one is recorded: that takes as long as some ten of them."""
LIMIT = 256
"""Recordings of a function that are kept."""
AXES = 8
"""Items of a list or a tuple that may be one of axes."""
ARRAYS: set[type] = set()
"""Of the cells those that are arrays: `ngrad.numpy` adds its own."""


class Recording(Protocol):
    """What was recorded, and is replayed for tensors."""

    def __call__(self, leaves: list[Any]) -> Any:
        """What the function gives of them."""

    def gives_back(self) -> bool:
        """Whether a result is, or shows, what it was given."""


class Recorder:
    """What makes a recording, `make(name, f, leaves, signature)`, of which nothing warns, as nobody
    knows who calls: set where these are defined.
    """

    make: Callable[..., Recording]


Key = tuple[Any, ...]


def replayed(function: Callable[P, R]) -> Callable[P, R]:
    """A function of tensors and arrays, of which it changes none, and of other arguments, whose
    values decide how it is recorded. Calls that look at values, or warn, are not replayed; nor are
    those that give what they were given: a copy of it lies as NumPy's, in memory that nobody else
    writes to.
    """
    came: dict[Key, float] = {}  # how often
    recorded: dict[Key, Recording] = {}

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
        try:
            result: R = found(arrays)
        except IndexBoundsError:  # it names the call that was recorded, and not this one
            return function(*args, **kwargs)
        return result

    return call


def _key(args: tuple[Any, ...], kwargs: dict[str, Any], arrays: list[Tensor]) -> Key | None:
    """What of a call decides how it is recorded; None if its ops would not run where it is, nobody
    being told of them. Its tensors, and what its arrays hold, are added to `arrays`.
    """
    limit = settings.small
    if limit < 0 or state.listens() or not state.window.idle():
        return None
    if len(opened) > 1 and current() is not HOST:
        return None
    key: list[Any] = list(kwargs)
    for x in (*args, *kwargs.values()) if kwargs else args:
        kind = type(x)
        if kind is Tensor or kind in ARRAYS:
            value = x if kind is Tensor else x._read()
            where = value._layout
            if not value._at or not 0 < where.nbytes <= limit or where.device is not HOST:
                return None
            arrays.append(value)
            spec = where.spec
            key.append(spec if kind is Tensor else Held(x.kind, spec, x.lies_in_rows()))
        elif kind is list and _is_plain(tuple(x[: AXES + 1])):
            key.append((list, static(tuple(x))))
        elif _is_plain(x):
            key.append(static(x))
        else:
            return None
    return tuple(key) if arrays else None


def _is_plain(x: Any, depth: int = 0) -> bool:
    """Whether a value is part of the key, which holds it: a number, text, few of them, or pairs."""
    if type(x) is not tuple:
        return type(x) in SINGLE
    return len(x) <= AXES and depth < 2 and all(_is_plain(y, depth + 1) for y in x)


def _recorded(
    function: Callable[..., Any],
    key: Key,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    held: list[Tensor],
) -> Recording:
    """A recording of a call, as a function of the arrays that are given to it."""
    given = [*args, *kwargs.values()]
    places = [k for k, x in enumerate(given) if type(x) is Tensor or type(x) in ARRAYS]
    parts = tuple([part for part in key if type(part) in (Layout, Held)])

    def of_arrays(*arrays: Any) -> Any:
        for k, x in zip(places, arrays, strict=True):
            given[k] = x
        return function(*given[: len(args)], **dict(zip(kwargs, given[len(args) :], strict=True)))

    return Recorder.make(function.__name__, of_arrays, held, (parts, None, HOST))
