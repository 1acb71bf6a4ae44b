"""Functions during which Python collects no garbage, and how many references a name is."""

from __future__ import annotations

import functools
import gc
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")


def _named_once() -> int:
    thing = object()
    return sys.getrefcount(thing)


NAMED = _named_once()
"""What `getrefcount` says of what one name in a function has: one less from Python 3.14 on."""


def uncollected(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """A function that makes objects by the ten thousand, and keeps them: a collector would go over
    them again and again, and over all else that there is. Compiling takes a seventh longer with it,
    and planning a long sweep twice as long.
    """

    @functools.wraps(function)
    def call(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        collects = gc.isenabled()
        try:  # no context: Ctrl-C at its door would leave the collector off
            gc.disable()
            return function(*args, **kwargs)
        finally:
            if collects:
                gc.enable()

    return call
