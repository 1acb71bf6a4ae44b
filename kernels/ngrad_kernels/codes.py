"""Dtype codes: NumPy's kind and size. "f4", "i8", "b1"; "c8" and "c16" are pairs of floats; "f2b"
is bfloat16, which NumPy lacks.
"""

from __future__ import annotations

import ctypes
from typing import Any

import ml_dtypes
import numpy as np

HALVES = ("f2", "f2b")
"""Floats that are stored in two bytes, and computed as float32."""


def size_of(code: str) -> int:
    """The bytes of an element.

    Examples
    --------
    >>> size_of("f4"), size_of("c16"), size_of("f2b")
    (4, 16, 2)
    """
    return int(code[1:].rstrip("b"))


def computed(code: str) -> str:
    """The dtype in which elements are computed once they are loaded.

    Examples
    --------
    >>> computed("f2"), computed("f2b"), computed("f8")
    ('f4', 'f4', 'f8')
    """
    return "f4" if code in HALVES else code


def dtype_of(code: str) -> np.dtype[Any]:
    """NumPy's dtype.

    Examples
    --------
    >>> dtype_of("f4"), dtype_of("f2b")
    (dtype('float32'), dtype(bfloat16))
    """
    return np.dtype(ml_dtypes.bfloat16 if code == "f2b" else code)


def part_of(code: str) -> str:
    """The dtype of a complex number's parts; of any other, its own.

    Examples
    --------
    >>> part_of("c16"), part_of("i4")
    ('f8', 'i4')
    """
    return f"f{size_of(code) // 2}" if code[0] == "c" else code


def pair_of(code: str) -> str:
    """The dtype of complex numbers whose parts are floats of a dtype, or hold them.

    Examples
    --------
    >>> pair_of("f4"), pair_of("f2")
    ('c8', 'c8')
    """
    return f"c{2 * size_of(computed(code))}"


def words_for(count: int, code: str) -> int:
    """Words of 8 bytes that hold so many elements of a dtype, or of any smaller one.

    Examples
    --------
    >>> words_for(16, "f4"), words_for(16, "c16")
    (16, 32)
    """
    return count * max(8, size_of(code)) // 8


def _pair(part: Any) -> Any:
    class Pair(ctypes.Structure):
        """A complex number in memory, used as ctypes' numbers are."""

        _fields_ = [("real", part), ("imag", part)]

        @property
        def value(self) -> complex:
            return complex(self.real, self.imag)

        @value.setter
        def value(self, number: complex) -> None:
            self.real, self.imag = number.real, number.imag

    return Pair


def _half(code: str) -> Any:
    dtype = dtype_of(code)

    class Half(ctypes.Structure):
        """A float of two bytes in memory, used as ctypes' numbers are."""

        _fields_ = [("bits", ctypes.c_uint16)]

        @property
        def value(self) -> float:
            return float(np.uint16(self.bits).view(dtype))

        @value.setter
        def value(self, number: float) -> None:
            with np.errstate(over="ignore"):
                self.bits = int(dtype.type(number).view(np.uint16))

    return Half


_STRUCTURES = {
    "c8": _pair(ctypes.c_float),
    "c16": _pair(ctypes.c_double),
    **{code: _half(code) for code in HALVES},
}


def ctype_of(code: str) -> Any:
    """The type of `ctypes` through whose `value` an element is read and written."""
    return _STRUCTURES.get(code) or np.ctypeslib.as_ctypes_type(np.dtype(code))
