"""Discrete cosine transforms, by Fourier transforms of real numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ngrad.errors import NumberError, ShapeError
from ngrad.ops.complexes import real
from ngrad.ops.convert import cast_to, floating, wide
from ngrad.ops.frames import positive
from ngrad.ops.joining import concat
from ngrad.ops.shape import normal_axis
from ngrad.ops.signals import irfft, rfft
from ngrad.ops.spectra import paired, resized
from ngrad.tensor import Tensor, from_numpy

INVERSE = {1: 1, 2: 3, 3: 2, 4: 4}
"""By type, that of the inverse transform."""


def dct(
    input: Any, type: int = 2, n: Any = None, axis: Any = -1, norm: str | None = None,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """A discrete cosine transform along the last axis, of types 1 to 4, as SciPy's.

    Parameters
    ----------
    input : floating tensor
    type : {1, 2, 3, 4}
    n : int, optional
        Elements that are transformed: more are left out, zeros are added to fewer.
    axis : int
        The last.
    norm : {None, "ortho"}
        "ortho": such that the transform keeps norms; there is none of type 1.

    Raises
    ------
    NumberError
        If there is no such transform.
    ShapeError
        If the axis is another, or of type 1 has fewer than two elements.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.signal.dct([1.0, 2.0, 3.0, 4.0]).numpy().round(2)
    array([20.  , -6.31,  0.  , -0.45], dtype=float32)
    """
    return _transformed("dct", input, type, n, axis, norm)


def idct(
    input: Any, type: int = 2, n: Any = None, axis: Any = -1, norm: str | None = None,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """The inverse of `dct`, whose arguments these are; without a norm, it is 2 * n times that (2 *
    n - 2 of type 1).

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.signal.idct(ngrad.signal.dct([1.0, 2.0, 3.0], norm="ortho"), norm="ortho")
    >>> x.numpy().round(5)
    array([1., 2., 3.], dtype=float32)
    """
    return _transformed("idct", input, INVERSE.get(type, type), n, axis, norm)


def _transformed(what: str, input: Any, type: int, n: Any, axis: Any, norm: str | None) -> Any:
    x = floating(input, what)
    if type not in INVERSE or norm not in (None, "ortho") or (type == 1 and norm):
        raise NumberError(
            f"{what}: type is 1 to 4, and norm None or 'ortho' (None of type 1), not {type} and "
            f"{norm!r}"
        )
    if normal_axis(axis, x.ndim, what) != x.ndim - 1:
        raise ShapeError(f"{what}: is along the last axis, not {axis} of shape {x._layout.shape}")
    if n is not None:
        x = resized(x, positive(n, what, "n"))
    length = x._layout.shape[-1]
    if length < 1 + (type == 1):
        raise ShapeError(f"{what}: of type {type} is not of {length} elements")
    return cast_to(TYPES[type](wide(x), length, norm is not None), x.dtype)


def _first(x: Any, length: int, ortho: bool) -> Any:
    return real(rfft(concat([x, x[..., -2:0:-1]], -1)))


def _second(x: Any, length: int, ortho: bool) -> Any:
    found = real(rfft(x, [2 * length])[..., :length] * _turned(x, length, -1.0))
    return found * _weights(x, length, 0.5 / math.sqrt(length)) if ortho else found


def _third(x: Any, length: int, ortho: bool) -> Any:
    scale = math.sqrt(length)
    x = x * (_weights(x, length, scale, math.sqrt(0.5)) if ortho else float(length))
    return irfft(paired(x) * _turned(x, length, 1.0), [2 * length])[..., :length]


def _fourth(x: Any, length: int, ortho: bool) -> Any:
    found = _second(resized(x, 2 * length), 2 * length, False)[..., 1::2]
    return found * (math.sqrt(0.5) / math.sqrt(length)) if ortho else found


TYPES = {1: _first, 2: _second, 3: _third, 4: _fourth}
"""By number; each of a tensor, its length, and whether it is to keep norms."""


def _turned(x: Any, length: int, sign: float) -> Any:
    """2 exp(+-i pi k / 2n), as which frequencies are turned to cosines of half steps."""
    turns = 2.0 * np.exp(sign * 0.5j * np.pi / length * np.arange(length))
    return from_numpy(turns, paired(x).dtype, x._layout.device)


def _weights(x: Any, length: int, scale: float, other: float = math.sqrt(2.0)) -> Any:
    """A factor of the mean, and so many times that of the others."""
    each = np.r_[scale, np.full(length - 1, scale * other)]
    return from_numpy(each, x.dtype, x._layout.device)
