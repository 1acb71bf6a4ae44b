"""What an array holds, for who asks from outside: its facts, NumPy's array, Python's numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.graph.dims import shown
from ngrad.graph.laid import Laid
from ngrad.numpy.writing import Assigned
from ngrad.tensor import Tensor


class Valued(Assigned, Laid):
    """An array that is asked for its value, by NumPy, other libraries and Python."""

    __slots__ = ()

    @property
    def is_number(self) -> bool:
        """Whether it stands for a NumPy scalar: an element, or a result with no axes. `+=` makes
        another of it, as of any number, and other names keep the one there was.
        """
        return self._owner is self._way is None and not self._held._layout.ndim

    # -- facts -------------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        where = self._read()._layout
        return tuple(map(shown, where.shape)) if where.open else where.shape

    @shape.setter
    def shape(self, shape: Any) -> None:
        raise AttributeError(
            "shape: an array's shape is not assigned to; write x = x.reshape(...) instead"
        )

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._layout.dtype.numpy_dtype

    # -- values ------------------------------------------------------------------------------------

    def numpy(self) -> Any:
        """A copy as NumPy's own array; a NumPy scalar if 0-d."""
        return self._read().numpy()

    def tolist(self) -> Any:
        return self._read().tolist()

    def tobytes(self, order: Any = "C") -> bytes:
        return np.asarray(self).tobytes(order)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        return self._read().__array__(dtype, copy)

    def _exported(self, request: int) -> tuple[Tensor, int, int]:
        return self._read()._exported(request)

    @property
    def __array_interface__(self) -> Any:
        return self._read().__array_interface__

    def _number(self, what: str) -> Any:
        """Its element, of a 0-d array: NumPy makes no Python number of one with axes."""
        value = self._read()
        if value._layout.ndim:
            raise TypeError(
                f"{what}: only 0-dimensional arrays can be converted to Python scalars, not one of "
                f"shape {value._layout.shape}; use x.item() for the only element"
            )
        return value.item()

    def __float__(self) -> float:
        return float(self._number("float"))

    def __int__(self) -> int:
        return int(self._number("int"))

    def __complex__(self) -> complex:
        return complex(self._number("complex"))

    def __index__(self) -> int:
        return self._read().__index__()

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """NumPy's type of a number, for what asks whether an element is a float: it is an array's
        to itself alone.
        """
        held = self._held
        if self._owner is not None or self._way is not None or held._layout.ndim:
            return type(self)
        return held._layout.dtype.numpy_dtype.type

    def __bool__(self) -> bool:
        x = self._held if self._owner is None else self._read()
        if x._layout.size != 1:
            raise ValueError(
                "the truth value of an array with other than one element is ambiguous; "
                "use .any() or .all()"
            )
        return bool(x.item())

    def __contains__(self, value: Any) -> bool:
        return bool((np.asarray(self) == np.asarray(value)).any())

    def __hash__(self) -> int:
        if not self.is_number:
            raise TypeError(f"unhashable type: 'ndarray', of shape {self.shape}")
        value = self._held.item()
        return hash(value) if value == value else object.__hash__(self)  # as of NumPy's NaN

    def __repr__(self) -> str:
        value = self._read()
        if value._recorded_in() is not None:
            return repr(value)
        return repr(value.numpy() if self.is_number else np.asarray(value))

    def __str__(self) -> str:
        return str(self._read())

    def __format__(self, spec: str) -> str:
        if not self.shape:
            return format(self._read().item(), spec)
        if spec:
            raise TypeError(
                f"format: an array of shape {self.shape} takes no format {spec!r}; format its "
                "elements, or use numpy.array2string"
            )
        return str(self)
