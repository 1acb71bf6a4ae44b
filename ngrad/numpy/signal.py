"""Convolutions, windows, and the functions that go with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.dtypes import promote
from ngrad.numpy.convert import FLOAT64, INT64, array_of, to_tensor
from ngrad.numpy.creation import asarray
from ngrad.numpy.laying import as_array
from ngrad.numpy.manipulation import flip
from ngrad.numpy.ndarray import ndarray
from ngrad.ops.bessel import bessel_i0
from ngrad.ops.complexes import conj
from ngrad.ops.convert import cast_to
from ngrad.ops.shape import reshape
from ngrad.ops.sinc import sinc as cardinal
from ngrad.ops.slide import Places, slide

MODES: dict[Any, Callable[[int, int], tuple[int, int]]] = {
    "valid": lambda n, m: (0, n - m + 1),
    "same": lambda n, m: (m // 2, n),
    "full": lambda n, m: (m - 1, n + m - 1),
}
MODES |= dict(enumerate(MODES.values()))
"""By the name of a mode or its number, how far m elements begin before n, and in how many places
they lie.
"""


def _slid(x: Any, w: Any, mode: Any) -> ndarray:
    """The sums of products of x and w, not longer, as w slides from the left to the right."""
    n, m = x._layout.size, w._layout.size
    lead, size = MODES[mode](n, m)
    dtype = x._layout.dtype
    if w._layout.dtype is dtype and not dtype.is_bool:
        return array_of(slide(x, w, Places.along(size, lead)))
    dtype = promote(dtype, w._layout.dtype)
    wide = INT64 if dtype.is_bool else dtype
    found = slide(cast_to(x, wide), cast_to(w, wide), Places.along(size, lead))
    return array_of(cast_to(found, dtype))


def _vectors(what: str, a: Any, v: Any, mode: Any) -> tuple[Any, Any]:
    x, y = to_tensor(a), to_tensor(v)
    if what == "convolve":  # which takes numbers, too
        x, y = (z if z._layout.ndim else reshape(z, (1,)) for z in (x, y))
    named = isinstance(mode, str)
    if not named and (isinstance(mode, bool) or not hasattr(mode, "__index__")):
        raise TypeError(f"{what}: mode is a name, not {mode!r}")
    if mode not in MODES:
        raise ValueError(f"{what}: mode is one of 'valid', 'same', 'full', not {mode!r}")
    left, right = x._layout, y._layout
    if left.ndim != 1 or right.ndim != 1:
        raise ValueError(f"{what}: takes vectors, not arrays of shapes {left.shape}, {right.shape}")
    if not left.size or not right.size:
        raise ValueError(f"{what}: neither may be empty: shapes {left.shape} and {right.shape}")
    return x, y


def convolve(a: Any, v: Any, mode: Any = "full") -> ndarray:
    """The convolution of two vectors: all of it, as many as the longer has, or where both overlap
    completely.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.convolve([1, 2, 3], [0, 1, 2])
    array([0, 1, 4, 7, 6])
    """
    x, y = _vectors("convolve", a, v, mode)
    x, y = (y, x) if y._layout.size > x._layout.size else (x, y)
    return _slid(x, flip(array_of(y))._read(), mode)


def correlate(a: Any, v: Any, mode: Any = "valid") -> ndarray:
    """The sums of products of a vector and the conjugate of another that is shifted along it; modes
    as of `convolve`.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.correlate([1, 2, 3], [0, 1])
    array([2, 3])
    """
    x, y = _vectors("correlate", a, v, mode)
    turned = y._layout.size > x._layout.size
    x, y = (y, x) if turned else (x, y)
    found = _slid(x, conj(y) if y._layout.dtype.is_complex else y, mode)
    return flip(found).conj() if turned else found


# -- functions -------------------------------------------------------------------------------------


def sinc(x: Any) -> ndarray:
    """sin(pi x) / (pi x), and 1 at 0, where it has its derivatives, too.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.sinc([0.0, 0.5, 1.5]).round(3)
    array([ 1.   ,  0.637, -0.212])
    """
    return array_of(cardinal(_floats(x)))


def _floats(x: Any) -> Any:
    value = to_tensor(x)
    return value if value.dtype.is_inexact else cast_to(value, FLOAT64)


def i0(x: Any) -> ndarray:
    """The modified Bessel function of the first kind, of order 0.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.i0([0.0, 1.0]).round(4)
    array([1.    , 1.2661])
    """
    value = _floats(x)
    if value.dtype.is_complex:
        raise TypeError(f"i0: takes real numbers, not {value.dtype.name}")
    return as_array(bessel_i0(value))


# -- windows ---------------------------------------------------------------------------------------


def _window(name: str) -> Callable[[Any], ndarray]:
    def window(M: Any) -> ndarray:
        return asarray(getattr(np, name)(M))

    window.__name__ = window.__qualname__ = name
    window.__doc__ = f"The {name} window of M points."
    return window


bartlett, blackman = _window("bartlett"), _window("blackman")
hamming, hanning = _window("hamming"), _window("hanning")


def kaiser(M: Any, beta: Any) -> ndarray:
    """The Kaiser window of M points, with its derivative in beta."""
    if M == 1:
        return asarray(np.ones(1))
    middle = (M - 1) / 2.0
    heights = np.sqrt(1 - ((np.arange(0, M) - middle) / middle) ** 2.0)
    shape = asarray(beta, FLOAT64)
    return i0(shape * heights) / i0(shape)


__all__ = [
    "bartlett", "blackman", "convolve", "correlate", "hamming", "hanning", "i0", "kaiser", "sinc",
]  # fmt: skip
