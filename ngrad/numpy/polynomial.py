"""NumPy's `polynomial`, whose coefficients are NumPy's arrays: its classes and modules. What is
evaluated at arrays of ours, or has coefficients of ours, is an array of ours, with derivatives.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
from numpy import polynomial as _theirs

import ngrad.numpy
from ngrad.numpy.convert import OURS, holds_arrays
from ngrad.numpy.creation import asarray

FAMILIES = {
    "polynomial": "poly", "chebyshev": "cheb", "legendre": "leg", "hermite": "herm",
    "hermite_e": "herme", "laguerre": "lag",
}  # fmt: skip
"""Modules, and how the names in them begin."""
EVALUATES = ("val", "val2d", "val3d", "grid2d", "grid3d", "valfromroots")
"""How the names of what evaluates end."""


def _over_ours(module: ModuleType, **others: Any) -> dict[str, Any]:
    """The names of a module of NumPy's, whose functions are its own code in which `np` is this
    namespace: so they see that an array of ours is one.
    """
    space = {**vars(module), "np": ngrad.numpy, **others}
    for name, value in vars(module).items():
        plain = getattr(value, "_implementation", value)  # of what asks its arguments, what it does
        if type(plain) is FunctionType and plain.__module__ == module.__name__:
            space[name] = FunctionType(plain.__code__, space, name, plain.__defaults__)
    return space


def _is_ours(value: Any) -> bool:
    return isinstance(value, OURS) or (isinstance(value, (list, tuple)) and holds_arrays(value))


def _evaluates(theirs: Callable[..., Any], over_ours: Callable[..., Any]) -> Callable[..., Any]:
    """A function of NumPy's that evaluates; of arrays of ours another."""

    def given(value: Any) -> Any:
        return asarray(value) if isinstance(value, (*OURS, np.ndarray, list, tuple)) else value

    @functools.wraps(theirs)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not any(map(_is_ours, (*args, *kwargs.values()))):
            return theirs(*args, **kwargs)
        return over_ours(*map(given, args), **{name: given(x) for name, x in kwargs.items()})

    return call


def _family(name: str, begins: str, utilities: Any) -> ModuleType:
    """A module of NumPy's in which what evaluates takes arrays of ours."""
    theirs = getattr(_theirs, name)
    over_ours, made = _over_ours(theirs, pu=utilities), ModuleType(f"{__name__}.{name}")
    vars(made).update({key: x for key, x in vars(theirs).items() if key not in vars(made)})
    made.__doc__ = theirs.__doc__
    for end in EVALUATES:
        if begins + end in over_ours:
            function = _evaluates(getattr(theirs, begins + end), over_ours[begins + end])
            function.__module__ = made.__name__  # where `pickle` finds it
            setattr(made, begins + end, function)
    return made


__all__ = list(_theirs.__all__)
_utilities = ModuleType("polyutils")
vars(_utilities).update(_over_ours(_theirs.polyutils))
for _name, _value in vars(_theirs).items():
    if _name in FAMILIES:
        _value = _family(_name, FAMILIES[_name], _utilities)
    _is_module = isinstance(_value, ModuleType)
    if _is_module:  # who imports it from here is to have it
        sys.modules[f"{__name__}.{_name}"] = _value
    if _is_module or _name in __all__:
        globals()[_name] = _value
