"""Transforms of frames that overlap, and back: of Fourier's and of cosines."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ngrad.devices import device
from ngrad.dtypes import float32
from ngrad.errors import NumberError, ShapeError
from ngrad.ops.convert import floating, tensor
from ngrad.ops.cosine import dct
from ngrad.ops.frames import frame, overlap_and_add, positive
from ngrad.ops.joining import concat, pad, split, tile
from ngrad.ops.power import square
from ngrad.ops.reductions import reduce_sum
from ngrad.ops.shape import reshape
from ngrad.ops.signals import irfft, rfft
from ngrad.ops.slicing import reverse
from ngrad.ops.spectra import resized
from ngrad.ops.tapers import hann_window, vorbis_window
from ngrad.tensor import Tensor

Window = Callable[..., Any]
"""Of a length and `dtype=`: what frames are multiplied by."""

# -- Fourier transforms ----------------------------------------------------------------------------


def _length(what: str, fft_length: Any, size: int) -> int:
    return 1 << (size - 1).bit_length() if fft_length is None else positive(
        fft_length, what, "fft_length"
    )  # fmt: skip


def _windowed(x: Any, window_fn: Window | None, size: int) -> Any:
    if window_fn is None:
        return x
    with device(x._layout.device):
        return x * window_fn(size, dtype=x.dtype)


def stft(
    signals: Any, frame_length: Any, frame_step: Any, fft_length: Any = None,
    window_fn: Window | None = hann_window, pad_end: bool = False, name: str | None = None,
) -> Tensor:  # fmt: skip
    """The transforms of frames of real signals, times a window: the frequencies that are not
    negative of each.

    Parameters
    ----------
    signals : floating tensor of shape (..., samples)
    frame_length, frame_step : int
        As of `frame`.
    fft_length : int, optional
        Elements that are transformed: zeros behind a frame; the least power of 2 that holds one if
        not given.
    window_fn : callable, optional
        Of the length of a frame and `dtype=`; None for no window.
    pad_end : bool
        As of `frame`, with zeros.

    Returns
    -------
    complex tensor of shape (..., frames, fft_length // 2 + 1)

    Examples
    --------
    >>> import ngrad
    >>> ngrad.signal.stft(ngrad.ones([2, 16]), frame_length=6, frame_step=2).shape
    (2, 6, 5)
    """
    x, size = floating(signals, "stft"), positive(frame_length, "stft", "frame_length")
    frames = _windowed(frame(x, size, frame_step, pad_end), window_fn, size)
    return rfft(frames, [_length("stft", fft_length, size)])


def inverse_stft(
    stfts: Any, frame_length: Any, frame_step: Any, fft_length: Any = None,
    window_fn: Window | None = hann_window, name: str | None = None,
) -> Tensor:  # fmt: skip
    """The signals that transforms of frames add up to, each times a window; arguments are those of
    `stft`. With the window of `inverse_stft_window_fn` it is the inverse, but at the ends, where
    fewer frames overlap.

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.range(16.0)
    >>> window = ngrad.signal.inverse_stft_window_fn(2)
    >>> y = ngrad.signal.inverse_stft(ngrad.signal.stft(x, 4, 2), 4, 2, window_fn=window)
    >>> y[3:9].numpy().round(4)
    array([3., 4., 5., 6., 7., 8.], dtype=float32)
    """
    what = "inverse_stft"
    x, size = tensor(stfts, what), positive(frame_length, what, "frame_length")
    frames = resized(irfft(x, [_length(what, fft_length, size)]), size)
    return overlap_and_add(_windowed(frames, window_fn, size), frame_step)


def inverse_stft_window_fn(
    frame_step: Any, forward_window_fn: Window = hann_window, name: str | None = None
) -> Window:
    """The window with which `inverse_stft` undoes a `stft` with the given one: that, divided by the
    sum of its squares where frames overlap.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.signal.inverse_stft_window_fn(2)(4, dtype=ngrad.float64).numpy().round(3)
    array([0., 1., 1., 1.])
    """
    step = positive(frame_step, "inverse_stft_window_fn", "frame_step")

    def window(frame_length: Any, dtype: Any = float32) -> Any:
        size = positive(frame_length, "inverse_stft_window_fn", "frame_length")
        forward = forward_window_fn(size, dtype=dtype)
        turns = -(-size // step)
        squares = reshape(pad(square(forward), [(0, turns * step - size)]), (turns, step))
        return forward / tile(reduce_sum(squares, 0), [turns])[:size]

    return window


# -- cosine transforms -----------------------------------------------------------------------------


def mdct(
    signals: Any, frame_length: Any, window_fn: Window | None = vorbis_window,
    pad_end: bool = False, norm: str | None = None, name: str | None = None,
) -> Tensor:  # fmt: skip
    """The modified discrete cosine transform (Princen, Johnson and Bradley, 1987): of frames that
    overlap by half, as many coefficients as a half has elements.

    Parameters
    ----------
    signals : floating tensor of shape (..., samples)
    frame_length : int
        A multiple of 4.
    window_fn : callable, optional
        Of the length of a frame and `dtype=`; None is sqrt(1/2) throughout.
    pad_end : bool
        As of `frame`, with zeros.
    norm : {None, "ortho"}
        As of `dct`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.signal.mdct(ngrad.ones([16]), frame_length=8).shape
    (3, 4)
    """
    x, size = floating(signals, "mdct"), positive(frame_length, "mdct", "frame_length")
    if size % 4:
        raise NumberError(f"mdct: frame_length is a multiple of 4, not {size}")
    frames = _halved(frame(x, size, size // 2, pad_end), window_fn, size)
    a, b, c, d = split(frames, 4, -1)
    return dct(concat([-reverse(c, [-1]) - d, a - reverse(b, [-1])], -1), 4, norm=norm)


def inverse_mdct(
    mdcts: Any, window_fn: Window | None = vorbis_window, norm: str | None = None,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """The signals of which `mdct` gives these, but for the first and the last half of a frame,
    which no other overlaps; for windows whose squares of both halves add up to 1.

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.range(16.0)
    >>> ngrad.signal.inverse_mdct(ngrad.signal.mdct(x, 8))[4:8].numpy().round(4)
    array([4., 5., 6., 7.], dtype=float32)
    """
    x = floating(mdcts, "inverse_mdct")
    if x.ndim < 2 or x._layout.shape[-1] % 2:
        raise ShapeError(
            f"inverse_mdct: takes frames of an even number of coefficients, not shape "
            f"{x._layout.shape}"
        )
    half = x._layout.shape[-1]
    found = dct(x, 4, norm=norm)
    first, second = split(found if norm else found * (0.5 / half), 2, -1)
    back = concat([second, -reverse(second, [-1]), -reverse(first, [-1]), -first], -1)
    return overlap_and_add(_halved(back, window_fn, 2 * half), half)


def _halved(x: Any, window_fn: Window | None, size: int) -> Any:
    return x * math.sqrt(0.5) if window_fn is None else _windowed(x, window_fn, size)
