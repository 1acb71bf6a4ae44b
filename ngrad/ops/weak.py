"""What stands for Python's numbers where a `function` is recorded."""

from __future__ import annotations

from typing import Any

from ngrad.dtypes import BY_CODE
from ngrad.graph.dims import Dim
from ngrad.record import state
from ngrad.tensor import Tensor


class Weak:
    """A number that stands for a Python float, or complex number, where a `function` is recorded:
    arithmetic with a tensor has the tensor's precision, with another number it is float64 or
    complex128, as Python's.
    """

    __slots__ = ("tensor",)
    __array_ufunc__ = None

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor

    @property
    def kind(self) -> type:
        return complex if self.tensor.dtype.is_complex else float

    def __complex__(self) -> complex:
        return complex(self.tensor)

    def __float__(self) -> float:
        return float(self.tensor)

    def __bool__(self) -> bool:
        return bool(self.tensor)

    def __int__(self) -> int:
        return int(self.tensor)

    def __round__(self, ndigits: int | None = None) -> Any:
        return round(float(self), ndigits)

    __trunc__ = __int__

    def __repr__(self) -> str:
        return f"<Python {self.kind.__name__}>"

    def __format__(self, spec: str) -> str:
        return format(self.kind(self), spec) if spec else repr(self)

    def __hash__(self) -> int:
        return hash(self.kind(self))


def _number(size: Dim) -> Any:
    """A size as a Python float: one that is asked for wherever the recording is used."""
    return Weak(state.window.argument(size, BY_CODE["f8"])) if size.sizes.open else float(size)


Dim.number = _number
