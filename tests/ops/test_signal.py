"""`ngrad.signal` beyond Fourier transforms: values by SciPy's and NumPy's, gradients by
differences, and what is undone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from numeric import check_gradient
from scipy import fft
from scipy.signal import get_window

import ngrad
from ngrad import signal
from ngrad.errors import AxisError, DTypeError, NgradError, NumberError, ShapeError

Array = Any
RNG = np.random.default_rng(6)
X = RNG.normal(size=(2, 12))
F64 = ngrad.float64


class Case(NamedTuple):
    """A function of a tensor, and what it gives of an array."""

    function: Callable[..., Any]
    reference: Callable[..., Any]


def _frames(x: Array, size: int, step: int) -> Array:
    return np.lib.stride_tricks.sliding_window_view(x, size, -1)[..., ::step, :]


def _cosines(type: int, norm: str | None) -> Case:
    return Case(lambda x: signal.dct(x, type, norm=norm), lambda x: fft.dct(x, type, norm=norm))


def _undone(type: int, norm: str | None) -> Case:
    def function(x: Any) -> Any:
        return signal.idct(signal.dct(x, type, norm=norm), type, norm=norm) ** 2

    scale = 1 if norm else 2 * (12 - (type == 1))
    return Case(function, lambda x: (scale * x) ** 2)


def _mirrored(x: Array) -> Array:
    """What of the ends comes back, where no other frame takes it away."""
    return np.concatenate([-x[:, 1::-1], 0 * x[:, 2:10], x[:, :9:-1]], 1) / 2


def _spectra(x: Array) -> Array:
    return np.abs(np.fft.rfft(_frames(x, 6, 3) * get_window("hann", 6), 8)) ** 2


CASES: dict[str, Case] = {
    "frame": Case(lambda x: signal.frame(x, 5, 3), lambda x: _frames(x, 5, 3)),
    "frame, apart": Case(lambda x: signal.frame(x, 2, 4), lambda x: _frames(x, 2, 4)),
    "frame, of rows": Case(
        lambda x: signal.frame(x, 2, 1, axis=0), lambda x: x[None]
    ),
    "frame, padded": Case(
        lambda x: signal.frame(x, 5, 3, True, 2.0),
        lambda x: _frames(np.pad(x, [(0, 0), (0, 2)], constant_values=2.0), 5, 3),
    ),
    "overlap_and_add": Case(
        lambda x: signal.overlap_and_add(ngrad.reshape(x, (2, 3, 4)), 3),
        lambda x: sum(
            np.pad(x.reshape(2, 3, 4)[:, k], [(0, 0), (3 * k, 6 - 3 * k)]) for k in range(3)
        ),
    ),
    **{
        f"{name.strip('_')} {type} {norm}": make(type, norm)
        for name, make in (("dct", _cosines), ("idct", _undone))
        for type in (1, 2, 3, 4)
        for norm in (None, "ortho")
        if type > 1 or norm is None
    },
    "dct, longer": Case(lambda x: signal.dct(x, n=15), lambda x: fft.dct(x, n=15)),
    "dct, shorter": Case(lambda x: signal.dct(x, n=7), lambda x: fft.dct(x, n=7)),
    "stft": Case(lambda x: ngrad.abs(signal.stft(x, 6, 3)) ** 2, _spectra),
    "inverse_stft": Case(
        lambda x: signal.inverse_stft(
            signal.stft(x, 6, 2), 6, 2, window_fn=signal.inverse_stft_window_fn(2)
        )[:, 4:8] ** 2,
        lambda x: x[:, 4:8] ** 2,
    ),
    "inverse_mdct": Case(
        lambda x: signal.inverse_mdct(signal.mdct(x, 4))[:, 2:10] ** 2, lambda x: x[:, 2:10] ** 2
    ),
    "inverse_mdct, ortho": Case(
        lambda x: signal.inverse_mdct(signal.mdct(x, 4, None, False, "ortho"), None, "ortho"),
        lambda x: x * np.repeat([0.5, 1.0, 0.5], [2, 8, 2]) + _mirrored(x),
    ),
    "mfccs": Case(
        signal.mfccs_from_log_mel_spectrograms, lambda x: fft.dct(x) / np.sqrt(24)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients(name: str) -> None:
    function, reference = CASES[name]
    np.testing.assert_allclose(function(ngrad.constant(X)), reference(X), rtol=1e-12, atol=1e-12)
    check_gradient(function, X, rtol=1e-6)


def test_frames_can_be_recorded_and_batched() -> None:
    x = ngrad.constant(X)
    expected = CASES["stft"].reference(X)
    function = CASES["stft"].function
    np.testing.assert_allclose(ngrad.function(function)(x), expected, atol=1e-12)
    np.testing.assert_allclose(ngrad.vectorized_map(function, x), expected, atol=1e-12)
    slopes = ngrad.jacobian(lambda x: signal.overlap_and_add(signal.frame(x, 2, 1), 1))(x[0])
    np.testing.assert_array_equal(slopes, np.diag([1.0, *[2.0] * 10, 1.0]))


@pytest.mark.parametrize("length", [1, 2, 7, 8])
def test_windows(length: int) -> None:
    even = length % 2 == 0
    for name in ("hann", "hamming"):
        window = getattr(signal, f"{name}_window")
        for periodic in (True, False):
            expected = get_window(name, length, periodic and even)
            np.testing.assert_allclose(window(length, periodic, F64), expected, atol=1e-15)
    np.testing.assert_allclose(signal.kaiser_window(length, 3.0, F64), np.kaiser(length, 3.0))
    if even:
        for made in (signal.vorbis_window, signal.kaiser_bessel_derived_window):
            left, right = np.split(made(length, dtype=F64).numpy(), 2)
            np.testing.assert_allclose(left**2 + right**2, np.ones(length // 2))


def test_the_mel_scale() -> None:
    """Between the middles of the first bin and the last, weights of a frequency add up to 1."""
    weights = signal.linear_to_mel_weight_matrix(20, 513, 8000, dtype=F64).numpy()
    assert weights.shape == (513, 20) and not weights[0].any() and weights.min() >= 0.0
    first, last = weights[:, 0].argmax(), weights[:, -1].argmax()
    np.testing.assert_allclose(weights[first + 1 : last].sum(1), np.ones(last - first - 1))


def test_a_signal_without_a_frame() -> None:
    assert signal.frame(X, 13, 1).shape == (2, 0, 13)
    assert signal.frame(X[:, :0], 13, 1, pad_end=True).shape == (2, 0, 13)
    assert signal.stft(X, 13, 1).shape == (2, 0, 9)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: signal.frame(X, 0, 1), NumberError, "frame: frame_length .* not 0"),
        (lambda: signal.frame(X, 2, 1, axis=2), AxisError, "frame: axis 2"),
        (lambda: signal.overlap_and_add(X[0], 1), ShapeError, r"overlap_and_add: .*\(12,\)"),
        (lambda: signal.overlap_and_add(X[:0], 1), ShapeError, r"overlap_and_add: .*\(0, 12\)"),
        (lambda: signal.dct(X, 5), NumberError, "dct: type is 1 to 4"),
        (lambda: signal.dct(X, 1, norm="ortho"), NumberError, "'ortho'"),
        (lambda: signal.idct(X, axis=0), ShapeError, r"idct: .* not 0 of shape \(2, 12\)"),
        (lambda: signal.dct([1.0], 1), ShapeError, "type 1 is not of 1"),
        (lambda: signal.dct([1, 2]), DTypeError, "dct: .*int32"),
        (lambda: signal.mdct(X, 6), NumberError, "a multiple of 4, not 6"),
        (lambda: signal.inverse_mdct(X[:, :3]), ShapeError, r"\(2, 3\)"),
        (lambda: signal.hann_window(3, dtype="int32"), DTypeError, "hann_window: .*int32"),
        (lambda: signal.kaiser_bessel_derived_window(3), NumberError, "even length, not 3"),
        (
            lambda: signal.linear_to_mel_weight_matrix(sample_rate=4000),
            NumberError,
            "125.0 to 3800.0 Hz",
        ),
        (
            lambda: signal.mfccs_from_log_mel_spectrograms(X[:, :0]),
            ShapeError,
            r"mfccs.*\(2, 0\)",
        ),
    ],
)
def test_what_does_not_fit_raises(call: Any, error: type[NgradError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
