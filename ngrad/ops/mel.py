"""The mel scale of frequencies, on which steps are as wide as they are heard."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ngrad.dtypes import as_dtype, float32
from ngrad.errors import DTypeError, NumberError, ShapeError
from ngrad.ops.convert import floating
from ngrad.ops.cosine import dct
from ngrad.ops.creation import constant
from ngrad.ops.frames import positive
from ngrad.tensor import Tensor


def _mel(hertz: Any) -> Any:
    return 1127.0 * np.log1p(np.asarray(hertz, np.float64) / 700.0)


def linear_to_mel_weight_matrix(
    num_mel_bins: Any = 20, num_spectrogram_bins: Any = 129, sample_rate: Any = 8000,
    lower_edge_hertz: Any = 125.0, upper_edge_hertz: Any = 3800.0, dtype: Any = float32,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """A matrix that sums frequencies 0 to half of the rate in bins of the mel scale: spectrogram @
    it. Bins are triangles, each of which reaches to the middles of its neighbours.

    Parameters
    ----------
    num_mel_bins, num_spectrogram_bins : int
    sample_rate : number
        Per second.
    lower_edge_hertz, upper_edge_hertz : float
        Where the first bin begins, and the last one ends; the frequency 0 is in none.

    Raises
    ------
    NumberError
        If there are no such frequencies.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.signal.linear_to_mel_weight_matrix(2, 5, 8000, 0.0, 4000.0).numpy().round(2)
    array([[0.  , 0.  ],
           [0.6 , 0.4 ],
           [0.  , 0.87],
           [0.  , 0.38],
           [0.  , 0.  ]], dtype=float32)
    """
    what = "linear_to_mel_weight_matrix"
    bins = positive(num_mel_bins, what, "num_mel_bins")
    count = positive(num_spectrogram_bins, what, "num_spectrogram_bins")
    rate, low, high = float(sample_rate), float(lower_edge_hertz), float(upper_edge_hertz)
    kind = as_dtype(dtype)
    if not kind.is_floating:
        raise DTypeError(f"{what}: is of floats, not {kind.name}")
    if not 0.0 <= low < high <= rate / 2:
        raise NumberError(
            f"{what}: {low} to {high} Hz are not between 0 and {rate / 2}, half of the sample rate"
        )
    heard = _mel(np.linspace(0.0, rate / 2, count))[1:, None]
    edges = np.linspace(_mel(low), _mel(high), bins + 2)
    left, middle, right = edges[:-2], edges[1:-1], edges[2:]
    rises, falls = (heard - left) / (middle - left), (right - heard) / (right - middle)
    weights = np.maximum(0.0, np.minimum(rises, falls))
    return constant(np.pad(weights, [(1, 0), (0, 0)]), kind)


def mfccs_from_log_mel_spectrograms(log_mel_spectrograms: Any, name: str | None = None) -> Tensor:
    """Cepstral coefficients: the cosine transform of logarithms of mel spectrograms (..., bins), as
    HTK scales it.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.signal.mfccs_from_log_mel_spectrograms(ngrad.ones([2, 8])).numpy()[:, 0]
    array([4., 4.], dtype=float32)
    """
    x = floating(log_mel_spectrograms, "mfccs_from_log_mel_spectrograms")
    if x.ndim == 0 or x._layout.shape[-1] == 0:
        raise ShapeError(
            f"mfccs_from_log_mel_spectrograms: takes spectrograms of bins, not shape "
            f"{x._layout.shape}"
        )
    return dct(x) * (1.0 / math.sqrt(2.0 * x._layout.shape[-1]))
