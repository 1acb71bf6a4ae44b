"""Errors that name the function that was called: those of the ops under it name these."""

from __future__ import annotations

import builtins
import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeVar

import numpy as np

from ngrad.devices import opened
from ngrad.errors import NgradError, OutOfMemory, shown
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.place import where_they_lie

KINDS = (ValueError, TypeError, IndexError, OverflowError, ZeroDivisionError, OutOfMemory)

F = TypeVar("F", bound=Callable[..., Any])


@functools.cache
def named(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that says its name in its errors, and what it was called with."""
    plain = function.__name__.rstrip("_")
    name = plain if hasattr(builtins, plain) else function.__name__
    return _named(function, "ngrad.numpy", name)


def located(space: dict[str, Any], names: list[str]) -> dict[str, Callable[..., Any]]:
    """The functions among names of a namespace, as its own, which say their names in errors."""
    home = space["__name__"]
    return {
        name: _named(space[name], home, name) for name in names if type(space[name]) is FunctionType
    }


def _named(function: Callable[..., Any], home: str, name: str) -> Callable[..., Any]:
    """A function of a namespace, which is called where arrays lie."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            if len(opened) > 1:  # asked here too: most calls need no other
                return where_they_lie(function, *args, **kwargs)
            return function(*args, **kwargs)
        except KINDS as error:
            explain(error, name, args, kwargs)
            raise

    call.__module__, call.__name__, call.__qualname__ = home, name, name  # by which pickle finds it
    return call


def passed_to(function: Any) -> Callable[[F], F]:
    """What passes its arguments on to a function of NumPy's has its parameters, for `help` and for
    who else asks.
    """

    def told(ours: F) -> F:
        ours.__wrapped__ = function  # type: ignore[attr-defined]
        return ours

    return told


def explain(error: Exception, name: str, args: Any, kwargs: Any) -> None:
    """Have an error of ours, or of NumPy's, say the name of a function, and what it was called with
    if it shows no number of its own.
    """
    if not error.args or not isinstance(error.args[0], str):
        return
    if type(error) not in KINDS and not isinstance(error, NgradError):
        return
    said = error.args[0]
    if name not in said:
        said = f"{name}: {said.removeprefix('getitem: ')}"  # by which it finds its elements
    if not any(map(str.isdigit, said.replace(name, ""))):
        given = [*map(_shown, args), *(f"{key}={_shown(x)}" for key, x in kwargs.items())]
        said = f"{said}: {name}({', '.join(given)})"
    error.args = (said, *error.args[1:])


def _shown(value: Any) -> str:
    if isinstance(value, (ndarray, np.ndarray)):
        return f"{value.dtype}{value.shape}"
    text = shown(value)
    return text if len(text) < 60 else f"{text[:56]} ..."
