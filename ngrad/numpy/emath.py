"""NumPy's `emath`: functions that give complex numbers where no real one is the result. Whether an
element is such is looked up at the call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.numpy.creation import asarray
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.reductions import any_
from ngrad.numpy.ufuncs import UFUNCS

SMALL = ("f4", "i1", "i2", "u1", "u2")
"""Dtypes whose elements complex64 has, as NumPy counts them."""


def _below_zero(x: Any) -> ndarray:
    """An array, complex if a real number in it is less than 0."""
    return _complex_if(lambda x: x < 0, x)


def _beyond_one(x: Any) -> ndarray:
    """The same of numbers further than 1 from 0."""
    return _complex_if(lambda x: UFUNCS["absolute"](x) > 1, x)


def _complex_if(beyond: Callable[[ndarray], ndarray], x: Any) -> ndarray:
    x = asarray(x)
    if x.dtype.kind == "c" or not any_(beyond(x)):
        return x
    return x.astype(np.complex64 if x.dtype.str[1:] in SMALL else np.complex128)


def _function(name: str, prepared: Callable[[Any], ndarray]) -> Callable[[Any], ndarray]:
    def function(x: Any) -> ndarray:
        return UFUNCS[name](prepared(x))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"As `{name}`; complex numbers, if an element has no real result."
    return function


sqrt, log, log2, log10 = (_function(name, _below_zero) for name in ("sqrt", "log", "log2", "log10"))
arccos, arcsin, arctanh = (_function(name, _beyond_one) for name in ("arccos", "arcsin", "arctanh"))


def logn(n: Any, x: Any) -> ndarray:
    """The logarithm to a base n.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.emath.logn(2, [4.0, 8.0])
    array([2., 3.])
    """
    return log(x) / log(n)


def power(x: Any, p: Any) -> ndarray:
    """x to the power p, of integers less than 0, too.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.emath.power([2, 4], -2)
    array([0.25  , 0.0625])
    """
    exponents = asarray(p)
    if exponents.dtype.kind != "c" and any_(exponents < 0):
        exponents = exponents * 1.0
    return UFUNCS["power"](_below_zero(x), exponents)


__all__ = ["arccos", "arcsin", "arctanh", "log", "log2", "log10", "logn", "power", "sqrt"]
