"""TensorFlow's `tf.signal`: Fourier transforms."""

import typing as _typing

from ngrad.absent import tensorflow as _tensorflow
from ngrad.ops.signals import (
    fft,
    fft2d,
    fft3d,
    fftshift,
    ifft,
    ifft2d,
    ifft3d,
    ifftshift,
    irfft,
    irfft2d,
    irfft3d,
    rfft,
    rfft2d,
    rfft3d,
)

if not _typing.TYPE_CHECKING:
    __getattr__ = _tensorflow("ngrad.signal")

__all__ = [
    "fft",
    "fft2d",
    "fft3d",
    "fftshift",
    "ifft",
    "ifft2d",
    "ifft3d",
    "ifftshift",
    "irfft",
    "irfft2d",
    "irfft3d",
    "rfft",
    "rfft2d",
    "rfft3d",
]
