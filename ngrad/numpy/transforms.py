"""NumPy's discrete Fourier transforms, of any axes, lengths and norms, by those of one axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ngrad.dtypes import BY_CODE
from ngrad.numpy.convert import array_of, to_tensor
from ngrad.numpy.creation import asarray
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.out import into
from ngrad.ops.complexes import conj
from ngrad.ops.convert import cast_to
from ngrad.ops.spectra import (
    OTHER,
    back_over,
    back_to_real,
    complex_over,
    of_real,
    real_over,
    whole,
)


def _floats(a: Any) -> Any:
    x = to_tensor(a)
    return x if x.dtype.is_inexact else cast_to(x, BY_CODE["f8"])


def _halves(x: Any, found: Any) -> Any:
    """Real results as they are; of float16 in its dtype, as NumPy's."""
    return cast_to(found, x.dtype) if x.dtype.is_half else found


@into
def fft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> ndarray:
    """The discrete Fourier transform along an axis, of n elements.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.fft.fft([1.0, 0.0, 0.0, 0.0])
    array([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j])
    """
    return array_of(whole("fft", _floats(a), n, axis, norm, False))


@into
def ifft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> ndarray:
    """The inverse of `fft`."""
    return array_of(whole("ifft", _floats(a), n, axis, norm, True))


@into
def rfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> ndarray:
    """The transform of real numbers, of whose frequencies those that are not negative are given."""
    return array_of(of_real("rfft", _floats(a), n, axis, norm))


@into
def irfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> ndarray:
    """The inverse of `rfft`: n real numbers, an even count if it is not given."""
    x = _floats(a)
    return array_of(_halves(x, back_to_real("irfft", x, n, axis, norm)))


@into
def hfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> ndarray:
    """The transform of a signal whose second half is the conjugate of the first: real numbers."""
    x = _floats(a)
    found = back_to_real("hfft", conj(x), n, axis, OTHER.get(norm, norm))
    return array_of(_halves(x, found))


@into
def ihfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> ndarray:
    """The inverse of `hfft`."""
    return array_of(conj(of_real("ihfft", _floats(a), n, axis, OTHER.get(norm, norm))))


# -- several axes ----------------------------------------------------------------------------------


def _several(name: str, compute: Callable[..., Any]) -> Callable[..., ndarray]:
    """A transform of several axes, all if None, or (if its name ends in 2) of the last two."""
    usual = (-2, -1) if name.endswith("2") else None

    @into
    def transform(
        a: Any, s: Any = None, axes: Any = usual, norm: Any = None, out: Any = None
    ) -> ndarray:
        if axes is not None and not len(axes) and compute in COMPLEX:
            return asarray(a)  # not even complex, as NumPy has it
        return array_of(compute(name, _floats(a), s, axes, norm))

    transform.__name__ = transform.__qualname__ = name
    transform.__doc__ = f"`{name[:-1]}` along {'two axes' if usual else 'axes, all if None'}."
    return transform


def _back_over(name: str, x: Any, s: Any, axes: Any, norm: Any) -> Any:
    """Along one axis it is `irfft`, along several what that gives of complex numbers."""
    found = back_over(name, x, s, axes, norm)
    alone = (axes is not None and len(axes) == 1) or x.ndim == 1
    return _halves(x, found) if alone else found


COMPLEX = there, back = complex_over(False), complex_over(True)
fftn, fft2 = (_several(name, there) for name in ("fftn", "fft2"))
ifftn, ifft2 = (_several(name, back) for name in ("ifftn", "ifft2"))
rfftn, rfft2 = (_several(name, real_over) for name in ("rfftn", "rfft2"))
irfftn, irfft2 = (_several(name, _back_over) for name in ("irfftn", "irfft2"))

__all__ = [
    "fft", "fft2", "fftn", "hfft", "ifft", "ifft2", "ifftn", "ihfft", "irfft", "irfft2", "irfftn",
    "rfft", "rfft2", "rfftn",
]  # fmt: skip
