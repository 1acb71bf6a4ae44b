"""Of which parameter each argument is: a call of a `function` is one, however it is spelt; and
arguments as its `input_signature` has them.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from typing import Any

from ngrad.cell import Cell
from ngrad.ops.convert import cast_to, tensor
from ngrad.signature import TensorSpec, is_argument
from ngrad.tensor import Tensor

POSITIONAL = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
LIMIT = 1024
"""Spellings of the calls of one function that are kept."""
Call = tuple[tuple[Any, ...], dict[str, Any]]


def _anything(*args: Any, **kwargs: Any) -> None:
    """Of the signature of what has none, as some callables of C's."""


class Binding:
    """What a function's parameters make of arguments: by position what may be, defaults too.

    Defaults are arguments like others, up to the first that cannot be one or is a list, a dict or a
    set, to which the function itself may write. A decorator is asked for its own parameters: to
    what it wraps it may give others.

    Parameters
    ----------
    f : callable
    specified : int, optional
        How many parameters there may be arguments for; the others have their defaults from Python.

    Attributes
    ----------
    least : int
        Of so many arguments or more, all by position, there is nothing to be made.
    """

    def __init__(self, f: Callable[..., Any], specified: int | None = None) -> None:
        try:
            self._signature = inspect.signature(f, follow_wrapped=False)
        except (TypeError, ValueError):
            self._signature = inspect.signature(_anything)
        parameters = list(self._signature.parameters.values())
        self._defaults: dict[str, Any] = {}
        for parameter in parameters[:specified]:
            if parameter.default is not parameter.empty:
                if not is_argument(parameter.default):
                    break
                self._defaults[parameter.name] = parameter.default
        by_name = {p.name for p in parameters if p.kind is p.KEYWORD_ONLY}
        positional = [p for p in parameters if p.kind in POSITIONAL]
        self.least = sys.maxsize if by_name & {*self._defaults} else len(positional)
        # By how many arguments are given by position, and the names of the others: where in all of
        # these, and then the defaults, what the function is called with stands.
        self._spellings: dict[Any, tuple[list[int], dict[str, int]]] = {}

    def bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
        """The arguments of a call with which it is as any other of the same arguments.

        Raises
        ------
        TypeError
            If the function does not take these.
        """
        spelling = len(args), tuple(kwargs)
        found = self._spellings.get(spelling)
        if found is None:
            if len(self._spellings) >= LIMIT:
                self._spellings.clear()
            found = self._spellings[spelling] = self._places(*spelling)
        given = (*args, *kwargs.values(), *self._defaults.values())
        places, named = found
        return tuple([given[k] for k in places]), {name: given[k] for name, k in named.items()}

    def _places(self, count: int, names: tuple[str, ...]) -> tuple[list[int], dict[str, int]]:
        bound = self._signature.bind(
            *range(count), **{name: k for k, name in enumerate(names, count)}
        )
        for k, name in enumerate(self._defaults, count + len(names)):
            bound.arguments.setdefault(name, k)
        return list(bound.args), bound.kwargs


def specified(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any], specs: Sequence[TensorSpec]
) -> Call:
    """Arguments as an `input_signature` has them, which are tensors by position.

    Raises
    ------
    TypeError
        If there are others, or not as many.
    DTypeError, ShapeError
        If one does not fit.
    """
    if kwargs or len(args) != len(specs):
        given = f"{len(args)} and {', '.join(kwargs)}" if kwargs else len(args)
        raise TypeError(
            f"function {name}: takes {len(specs)} positional arguments by its input_signature, not "
            f"{given}"
        )
    made = []
    for k, (value, spec) in enumerate(zip(args, specs, strict=True)):
        value = value._read() if isinstance(value, Cell) else value
        if not isinstance(value, Tensor):
            value = cast_to(tensor(value, "function", spec.dtype), spec.dtype)
        spec.check(value, f"function {name}: argument {k}")
        made.append(value)
    return tuple(made), kwargs
