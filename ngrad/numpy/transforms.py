"""NumPy's discrete Fourier transforms, of any axes, lengths and norms, by those of one axis."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ngrad.dtypes import BY_CODE
from ngrad.numpy.convert import array_of, to_tensor
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.ufuncs import refuse_out
from ngrad.ops.complexes import conj
from ngrad.ops.convert import cast_to
from ngrad.ops.fourier import FFT, IRFFT, RFFT, frequencies
from ngrad.ops.shape import normal_axis, swap_last
from ngrad.ops.slicing import embed, strided
from ngrad.record import apply
from ngrad_kernels.codes import pair_of

NORMS = {"backward": (0.0, 1.0), "ortho": (0.5, 0.5), "forward": (1.0, 0.0)}
"""The powers of the length that results are divided by, there and back."""
OTHER = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}
"""The norm of the way back that is the norm of the way there."""


def _floats(a: Any) -> Any:
    x = to_tensor(a)
    return x if x.dtype.is_inexact else cast_to(x, BY_CODE["f8"])


def _complex(x: Any) -> Any:
    return x if x.dtype.is_complex else cast_to(x, BY_CODE[pair_of(x.dtype.code)])


def _resized(x: Any, count: int) -> Any:
    """The first elements along the last axis, or all and zeros behind them."""
    shape = x._layout.shape
    n = min(count, shape[-1])
    if shape[-1] == count:
        return x
    part = (*((0, 1, extent) for extent in shape[:-1]), (0, 1, n))
    return strided(x, part) if n == count else embed(x, 0, (*shape[:-1], count), part)


def _length(what: str, n: Any, default: int) -> int:
    count = default if n is None else int(n)
    if count < 1:
        raise ValueError(f"{what}: invalid number of data points ({count}) specified")
    return count


def _scaled(x: Any, length: int, norm: Any, back: bool) -> Any:
    if norm is not None and norm not in NORMS:
        raise ValueError(f"norm is one of {', '.join(NORMS)}, not {norm!r}")
    power = NORMS[norm or "backward"][back]
    return x / math.pow(length, power) if power else x


def _whole(what: str, x: Any, n: Any, axis: int, norm: Any, back: bool) -> Any:
    """A complex transform along an axis."""
    x = _complex(x)
    at = normal_axis(axis, x.ndim, what)
    length = _length(what, n, x._layout.shape[at])
    x = _resized(swap_last(x, at), length)
    return swap_last(_scaled(apply(FFT, (x,), (back,)), length, norm, back), at)


def _real(what: str, x: Any, n: Any, axis: int, norm: Any) -> Any:
    if x.dtype.is_complex:
        raise TypeError(f"{what}: takes real numbers, not {x.dtype.name}; use fft")
    at = normal_axis(axis, x.ndim, what)
    length = _length(what, n, x._layout.shape[at])
    x = _resized(swap_last(x, at), length)
    return swap_last(_scaled(apply(RFFT, (x,)), length, norm, False), at)


def _back_to_real(what: str, x: Any, n: Any, axis: int, norm: Any) -> Any:
    x = _complex(x)
    at = normal_axis(axis, x.ndim, what)
    length = _length(what, n, 2 * (x._layout.shape[at] - 1))
    x = _resized(swap_last(x, at), frequencies(length))
    return swap_last(_scaled(apply(IRFFT, (x,), (length,)), length, norm, True), at)


def fft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> ndarray:
    """The discrete Fourier transform along an axis, of n elements.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.fft.fft([1.0, 0.0, 0.0, 0.0])
    array([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j])
    """
    refuse_out("fft", out)
    return array_of(_whole("fft", _floats(a), n, axis, norm, False))


def ifft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> ndarray:
    """The inverse of `fft`."""
    refuse_out("ifft", out)
    return array_of(_whole("ifft", _floats(a), n, axis, norm, True))


def rfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> ndarray:
    """The transform of real numbers, of whose frequencies those that are not negative are given."""
    refuse_out("rfft", out)
    return array_of(_real("rfft", _floats(a), n, axis, norm))


def irfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> ndarray:
    """The inverse of `rfft`: n real numbers, an even count if it is not given."""
    refuse_out("irfft", out)
    return array_of(_back_to_real("irfft", _floats(a), n, axis, norm))


def hfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> ndarray:
    """The transform of a signal whose second half is the conjugate of the first: real numbers."""
    refuse_out("hfft", out)
    return array_of(_back_to_real("hfft", conj(_floats(a)), n, axis, OTHER.get(norm, norm)))


def ihfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> ndarray:
    """The inverse of `hfft`."""
    refuse_out("ihfft", out)
    return array_of(conj(_real("ihfft", _floats(a), n, axis, OTHER.get(norm, norm))))


# -- several axes ----------------------------------------------------------------------------------


def _sizes(what: str, x: Any, s: Any, axes: Any, real: bool = False) -> tuple[list[Any], list[int]]:
    """The length along each axis; of the last one None where its default is that of `irfft`."""
    if axes is None:
        axes = range(x.ndim) if s is None else range(-len(s), 0)
    chosen = [normal_axis(k, x.ndim, what) for k in axes]
    lengths = [x._layout.shape[k] for k in chosen]
    if s is None:
        sizes: list[Any] = [*lengths]
        if real and sizes:
            sizes[-1] = None
    else:
        sizes = [n if k == -1 else k for k, n in zip(s, lengths, strict=False)]
    if len(sizes) != len(chosen):
        raise ValueError(f"{what}: shape and axes have different lengths: {s}, {axes}")
    if not chosen and real:
        raise ValueError(f"{what}: at least 1 axis must be transformed")
    return sizes, chosen


def _over(
    what: str, x: Any, sizes: Sequence[Any], axes: Sequence[int], norm: Any, back: bool
) -> Any:
    for n, axis in [*zip(sizes, axes, strict=True)][::-1]:
        x = _whole(what, x, n, axis, norm, back)
    return _complex(x)


def _complex_over(back: bool) -> Callable[..., Any]:
    def compute(what: str, x: Any, s: Any, axes: Any, norm: Any) -> Any:
        return _over(what, x, *_sizes(what, x, s, axes), norm, back)

    return compute


def _real_over(what: str, x: Any, s: Any, axes: Any, norm: Any) -> Any:
    (*sizes, last), (*others, final) = _sizes(what, x, s, axes, True)
    return _over(what, _real(what, x, last, final, norm), sizes, others, norm, False)


def _back_over(what: str, x: Any, s: Any, axes: Any, norm: Any) -> Any:
    (*sizes, last), (*others, final) = _sizes(what, x, s, axes, True)
    return _back_to_real(what, _over(what, x, sizes, others, norm, True), last, final, norm)


def _several(name: str, compute: Callable[..., Any]) -> Callable[..., ndarray]:
    """A transform of several axes, all if None, or (if its name ends in 2) of the last two."""
    usual = (-2, -1) if name.endswith("2") else None

    def transform(
        a: Any, s: Any = None, axes: Any = usual, norm: Any = None, out: Any = None
    ) -> ndarray:
        refuse_out(name, out)
        return array_of(compute(name, _floats(a), s, axes, norm))

    transform.__name__ = transform.__qualname__ = name
    transform.__doc__ = f"`{name[:-1]}` along {'two axes' if usual else 'axes, all if None'}."
    return transform


fftn, fft2 = (_several(name, _complex_over(False)) for name in ("fftn", "fft2"))
ifftn, ifft2 = (_several(name, _complex_over(True)) for name in ("ifftn", "ifft2"))
rfftn, rfft2 = (_several(name, _real_over) for name in ("rfftn", "rfft2"))
irfftn, irfft2 = (_several(name, _back_over) for name in ("irfftn", "irfft2"))

__all__ = [
    "fft", "fft2", "fftn", "hfft", "ifft", "ifft2", "ifftn", "ihfft", "irfft", "irfft2", "irfftn",
    "rfft", "rfft2", "rfftn",
]  # fmt: skip
