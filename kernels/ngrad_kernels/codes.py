"""Dtype codes: NumPy's kind and size. "f4", "i8", "b1"; "c8" and "c16" are pairs of floats."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np


def size_of(code: str) -> int:
    """The bytes of an element.

    Examples
    --------
    >>> size_of("f4"), size_of("c16")
    (4, 16)
    """
    return int(code[1:])


def part_of(code: str) -> str:
    """The dtype of a complex number's parts; of any other, its own.

    Examples
    --------
    >>> part_of("c16"), part_of("i4")
    ('f8', 'i4')
    """
    return f"f{size_of(code) // 2}" if code[0] == "c" else code


def pair_of(code: str) -> str:
    """The dtype of complex numbers whose parts are floats of a dtype.

    Examples
    --------
    >>> pair_of("f4")
    'c8'
    """
    return f"c{2 * size_of(code)}"


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


_PAIRS = {"c8": _pair(ctypes.c_float), "c16": _pair(ctypes.c_double)}


def ctype_of(code: str) -> Any:
    """The type of `ctypes` through whose `value` an element is read and written."""
    return _PAIRS.get(code) or np.ctypeslib.as_ctypes_type(np.dtype(code))
