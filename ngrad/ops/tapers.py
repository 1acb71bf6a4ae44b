"""Window functions of TensorFlow's `signal`: numbers that frames of a signal are multiplied by."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.dtypes import DType, as_dtype, float32
from ngrad.errors import DTypeError, NumberError
from ngrad.ops.creation import constant
from ngrad.ops.frames import positive
from ngrad.tensor import Tensor


def _given(what: str, window_length: Any, dtype: Any) -> tuple[int, DType]:
    found = as_dtype(dtype)
    if not found.is_floating:
        raise DTypeError(f"{what}: is of floats, not {found.name}")
    return positive(window_length, what, "window_length"), found


def _raised_cosine(what: str, window_length: Any, periodic: Any, dtype: Any, mean: float) -> Tensor:
    length, kind = _given(what, window_length, dtype)
    if length == 1:
        return constant([1.0], kind)
    turn = length - 1 + (bool(periodic) and length % 2 == 0)  # as TensorFlow counts of odd lengths
    wave = np.cos(2 * np.pi * np.arange(length) / turn)
    return constant(mean - (1 - mean) * wave, kind)


def hann_window(
    window_length: Any, periodic: Any = True, dtype: Any = float32, name: str | None = None
) -> Tensor:
    """Hann's window, 1/2 - cos(2 pi k / n) / 2: with n the length, or one less if it is odd or the
    window is not `periodic`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.signal.hann_window(4).numpy()
    array([0. , 0.5, 1. , 0.5], dtype=float32)
    """
    return _raised_cosine("hann_window", window_length, periodic, dtype, 0.5)


def hamming_window(
    window_length: Any, periodic: Any = True, dtype: Any = float32, name: str | None = None
) -> Tensor:
    """Hamming's window, 0.54 - 0.46 cos(2 pi k / n), with n as of `hann_window`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.signal.hamming_window(4).numpy()
    array([0.08, 0.54, 1.  , 0.54], dtype=float32)
    """
    return _raised_cosine("hamming_window", window_length, periodic, dtype, 0.54)


def kaiser_window(
    window_length: Any, beta: Any = 12.0, dtype: Any = float32, name: str | None = None
) -> Tensor:
    """Kaiser's window, by the Bessel function I0 and a number beta that says how narrow it is.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.signal.kaiser_window(3, 1.0).numpy().round(3)
    array([0.79, 1.  , 0.79], dtype=float32)
    """
    length, kind = _given("kaiser_window", window_length, dtype)
    return constant(np.kaiser(length, float(beta)), kind)


def kaiser_bessel_derived_window(
    window_length: Any, beta: Any = 12.0, dtype: Any = float32, name: str | None = None
) -> Tensor:
    """The roots of sums of Kaiser's window: the squares of both halves, an even length long, add up
    to 1.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.signal.kaiser_bessel_derived_window(4, 1.0).numpy().round(3)
    array([0.553, 0.833, 0.833, 0.553], dtype=float32)
    """
    length, kind = _given("kaiser_bessel_derived_window", window_length, dtype)
    if length % 2:
        raise NumberError(f"kaiser_bessel_derived_window: is of an even length, not {length}")
    sums = np.cumsum(np.kaiser(length // 2 + 1, float(beta)))
    half = np.sqrt(sums[:-1] / sums[-1])
    return constant(np.concatenate([half, half[::-1]]), kind)


def vorbis_window(window_length: Any, dtype: Any = float32, name: str | None = None) -> Tensor:
    """Vorbis' window, sin(pi/2 sin(pi (k + 1/2) / n)**2): the squares of both halves of an even
    length add up to 1.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.signal.vorbis_window(4).numpy().round(3)
    array([0.228, 0.974, 0.974, 0.228], dtype=float32)
    """
    length, kind = _given("vorbis_window", window_length, dtype)
    inner = np.sin(np.pi / length * (np.arange(length) + 0.5))
    return constant(np.sin(np.pi / 2 * inner**2), kind)
