"""Numbers and gradients that an optimizer is given, and which of these it takes."""

from __future__ import annotations

from typing import Any

from ngrad.errors import DTypeError, NumberError, ShapeError
from ngrad.ops.convert import from_outside, tensor
from ngrad.tensor import Tensor
from ngrad.variable import Variable


def optional(value: Any, what: str) -> float | None:
    return None if value is None else number(value, what)


def number(value: Any, what: str) -> float:
    value = from_outside(value)
    found = float(value.item() if isinstance(value, Tensor) else value)
    if not found >= 0.0:
        raise NumberError(f"{what}: must be a number that is not negative, not {found}")
    return found


def share(value: Any, what: str) -> float:
    found = number(value, what)
    if found >= 1.0:
        raise NumberError(f"{what}: must be in [0, 1), not {found}")
    return found


def gradient_for(value: Any, variable: Any, what: str) -> Any:
    if not isinstance(variable, Variable):
        raise DTypeError(f"{what}: updates variables, not {type(variable).__name__}")
    held = variable._layout
    if type(value) is Tensor and value._layout is held and held.dtype.is_floating:
        return value
    if not variable.dtype.is_floating:
        raise DTypeError(
            f"{what}: variable {variable.name!r} is {variable.dtype.name}, not floating"
        )
    if value is None:
        return None
    g = tensor(value, what, variable.dtype, variable._layout.device)
    if g._layout.shape != variable._layout.shape:
        raise ShapeError(
            f"{what}: a gradient of shape {g._layout.shape} for variable {variable.name!r} "
            f"of shape {variable._layout.shape}"
        )
    if g.dtype is not variable.dtype:
        raise DTypeError(
            f"{what}: a {g.dtype.name} gradient for variable {variable.name!r}, which is "
            f"{variable.dtype.name}; convert it with ngrad.cast"
        )
    return g
