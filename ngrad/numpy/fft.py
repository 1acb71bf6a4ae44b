"""NumPy's `fft`."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ngrad.numpy import transforms
from ngrad.numpy.creation import asarray
from ngrad.numpy.manipulation import roll
from ngrad.numpy.naming import located
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.transforms import *  # noqa: F403, what is in its `__all__`


def fftfreq(n: int, d: Any = 1.0, device: Any = None, *, dtype: Any = None) -> ndarray:
    """The frequencies of a transform of n samples at a spacing.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.fft.fftfreq(4)
    array([ 0.  ,  0.25, -0.5 , -0.25])
    """
    n = n if type(n) is int else _count(n)
    if n < 0:
        raise ValueError(f"fftfreq: negative dimensions are not allowed: n is {n}")
    whole = np.arange(n)
    whole[(n + 1) // 2 :] -= n
    return asarray(asarray(whole, device=device) * (1.0 / (n * d)), dtype)


def rfftfreq(n: int, d: Any = 1.0, device: Any = None, *, dtype: Any = None) -> ndarray:
    """Those of a transform of real samples, which are not negative.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.fft.rfftfreq(4)
    array([0.  , 0.25, 0.5 ])
    """
    n = _count(n)
    whole = np.arange(n // 2 + 1)
    return asarray(asarray(whole, device=device) * (1.0 / (n * d)), dtype)


def fftshift(x: Any, axes: Any = None) -> ndarray:
    """The frequency 0 moved to the middle.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.fft.fftshift([0, 1, 2, -2, -1])
    array([-2, -1,  0,  1,  2])
    """
    x = asarray(x)
    chosen = _axes(x, axes)
    return roll(x, tuple(x.shape[k] // 2 for k in chosen), chosen)


def ifftshift(x: Any, axes: Any = None) -> ndarray:
    """What `fftshift` did, undone.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.fft.ifftshift([-2, -1, 0, 1, 2])
    array([ 0,  1,  2, -2, -1])
    """
    x = asarray(x)
    chosen = _axes(x, axes)
    return roll(x, tuple(-(x.shape[k] // 2) for k in chosen), chosen)


def _count(n: Any) -> int:
    try:
        return operator.index(n)
    except TypeError:
        raise ValueError(f"n should be an integer, not {n!r}") from None


def _axes(x: ndarray, axes: Any) -> tuple[int, ...]:
    if axes is None:
        return tuple(range(x.ndim))
    return tuple(axes) if np.iterable(axes) else (axes,)


__all__ = [*transforms.__all__, "fftfreq", "fftshift", "ifftshift", "rfftfreq"]
globals().update(located(globals(), __all__))
