"""Operators of an array and what is neither a number nor an array: by NumPy's rule it answers
itself, or NumPy makes an array of it.

Source: NEP 13, "Behavior in combination with Python's binary operations",
https://numpy.org/neps/nep-0013-ufunc-overrides.html.
"""

from __future__ import annotations

import collections
import operator
from array import ArrayType
from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.dtypes import kind_of
from ngrad.numpy.convert import holds_arrays, is_sequence, to_tensor
from ngrad.numpy.filled import full
from ngrad.numpy.ndarray import array_of, ndarray
from ngrad.ops.convert import read
from ngrad.tensor import Tensor

Operator = Callable[[Any, Any], Any]

REVERSED = {"lt": "gt", "le": "ge", "eq": "eq", "ne": "ne", "gt": "lt", "ge": "le"}
"""Comparisons, and what they are of operands that change places."""
UNLIKE = {"eq": False, "ne": True}
REPEATED = (ArrayType, bytearray, collections.deque)
"""Sequences that CPython repeats, as it does lists, and has no product of."""


def beside(name: str, function: str, compute: Operator, x: ndarray, y: Any) -> Any:
    """What `x.__name__(y)` is for a y that is no operand of an op, or NotImplemented.

    Parameters
    ----------
    name : str
        That of the operator, as `operator` has it.
    function : str
        That of NumPy's universal function.
    compute : callable
        What it is of arrays.
    x : ndarray
    y : object
    """
    kind: Any = type(y)
    if name in UNLIKE and (y is None or isinstance(y, (str, bytes))):
        return full(x.shape, UNLIKE[name])  # which differs from every element
    if getattr(kind, "__array_priority__", 0) > 0 and not hasattr(kind, "__array_ufunc__"):
        answer = getattr(kind, f"__{REVERSED.get(name, 'r' + name)}__", None)
        found = NotImplemented if answer is None else answer(y, x)
        if found is not NotImplemented:
            return found
    found = _computed(name, function, compute, x, y, y)
    if found is NotImplemented and name in REVERSED:
        return _compared(name, x, y)
    return found


def behind(name: str, function: str, compute: Operator, y: ndarray, x: Any) -> Any:
    """What `y.__rname__(x)` is, for an x that has not answered."""
    return _computed(name, function, compute, x, y, x)


def _computed(name: str, function: str, compute: Operator, x: Any, y: Any, other: Any) -> Any:
    """The operator of two, of which one is the other's: NotImplemented if that is no numbers."""
    kind: Any = type(other)
    if hasattr(kind, "__array_ufunc__"):
        return NotImplemented if kind.__array_ufunc__ is None else getattr(np, function)(x, y)
    if isinstance(other, REPEATED) and name == "mul" and (x if other is y else y).is_number:
        return NotImplemented
    holds = is_sequence(other) and holds_arrays([*other])
    given = to_tensor([*other]) if holds else read(other)
    if not isinstance(given, Tensor) and kind_of(given.dtype) not in "fiubc":
        return NotImplemented
    return compute(x, given) if other is y else compute(given, y)


def _compared(name: str, x: ndarray, y: Any) -> Any:
    """A comparison with what is no number: Python's, of each element, as NumPy has it."""
    held: Any = np.asarray(x)
    found = getattr(operator, name)(held[()] if x.is_number else held, y)
    return array_of(to_tensor(found)) if isinstance(found, (np.ndarray, np.generic)) else found
