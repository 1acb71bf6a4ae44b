"""TensorFlow's `tf.signal`: transforms, and frames of signals."""

import typing as _typing

from ngrad.absent import tensorflow as _tensorflow
from ngrad.ops.cosine import dct, idct
from ngrad.ops.frames import frame, overlap_and_add
from ngrad.ops.lapped import inverse_mdct, inverse_stft, inverse_stft_window_fn, mdct, stft
from ngrad.ops.mel import linear_to_mel_weight_matrix, mfccs_from_log_mel_spectrograms
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
from ngrad.ops.tapers import (
    hamming_window,
    hann_window,
    kaiser_bessel_derived_window,
    kaiser_window,
    vorbis_window,
)

if not _typing.TYPE_CHECKING:
    __getattr__ = _tensorflow("ngrad.signal")

__all__ = [
    "dct", "fft", "fft2d", "fft3d", "fftshift", "frame", "hamming_window", "hann_window", "idct",
    "ifft", "ifft2d", "ifft3d", "ifftshift", "inverse_mdct", "inverse_stft",
    "inverse_stft_window_fn", "irfft", "irfft2d", "irfft3d", "kaiser_bessel_derived_window",
    "kaiser_window", "linear_to_mel_weight_matrix", "mdct", "mfccs_from_log_mel_spectrograms",
    "overlap_and_add", "rfft", "rfft2d", "rfft3d", "stft", "vorbis_window",
]  # fmt: skip
