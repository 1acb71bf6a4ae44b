"""TensorFlow's transforms: over the last axes of floats or complex numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ngrad.dtypes import float32
from ngrad.ops.convert import cast_to, tensor
from ngrad.ops.extents import integers
from ngrad.ops.reductions import normal_axes
from ngrad.ops.rolls import roll
from ngrad.ops.spectra import back_over, complex_over, real_over
from ngrad.tensor import Tensor

AXES = ("the last axis", "the last two axes", "the last three axes")


def _inexact(value: Any, what: str) -> Any:
    x = tensor(value, what)
    return x if x.dtype.is_inexact else cast_to(x, float32)


def _named(transform: Any, name: str, summary: str, shapes: str) -> Any:
    given, found = shapes.split(" -> ")
    transform.__name__ = transform.__qualname__ = name
    transform.__doc__ = f"""{summary}

    Examples
    --------
    >>> import ngrad
    >>> ngrad.signal.{name}(ngrad.ones({given})).shape
    {found}
    """
    return transform


def _of_complex(name: str, axes: int, back: bool) -> Any:
    compute = complex_over(back)

    def transform(input: Any, name: str | None = None) -> Any:
        what = transform.__name__
        return compute(what, _inexact(input, what), None, range(-axes, 0), None)

    inverse = "inverse of the " if back else ""
    size = str((4,) * axes)
    return _named(
        transform, name, f"The {inverse}discrete Fourier transform along {AXES[axes - 1]}.",
        f"{size} -> {size}",
    )  # fmt: skip


def _of_real(name: str, axes: int, compute: Callable[..., Any], summary: str, shapes: str) -> Any:
    def transform(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
        what = transform.__name__
        sizes = None if fft_length is None else integers(fft_length, what)
        return compute(what, _inexact(input_tensor, what), sizes, range(-axes, 0), None)

    text = f"{summary} along {AXES[axes - 1]}, of `fft_length` elements each."
    return _named(transform, name, text, shapes)


fft, fft2d, fft3d = (_of_complex(f"fft{d}", k, False) for k, d in enumerate(("", "2d", "3d"), 1))
ifft, ifft2d, ifft3d = (_of_complex(f"ifft{d}", k, True) for k, d in enumerate(("", "2d", "3d"), 1))
THERE = "The transform of real numbers, the frequencies that are not negative,"
BACK = "The inverse of the transform of real numbers"
rfft = _of_real("rfft", 1, real_over, THERE, "4 -> (3,)")
rfft2d = _of_real("rfft2d", 2, real_over, THERE, "(4, 4) -> (4, 3)")
rfft3d = _of_real("rfft3d", 3, real_over, THERE, "(4, 4, 4) -> (4, 4, 3)")
irfft = _of_real("irfft", 1, back_over, BACK, "3 -> (4,)")
irfft2d = _of_real("irfft2d", 2, back_over, BACK, "(4, 3) -> (4, 4)")
irfft3d = _of_real("irfft3d", 3, back_over, BACK, "(4, 4, 3) -> (4, 4, 4)")


def fftshift(x: Any, axes: Any = None, name: str | None = None) -> Tensor:
    """The frequency 0 moved to the middle of axes, all if None.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.signal.fftshift([0, 1, 2, -2, -1]).numpy()
    array([-2, -1,  0,  1,  2], dtype=int32)
    """
    x = tensor(x, "fftshift")
    over = normal_axes(axes, x.ndim, "fftshift")
    return roll(x, [x._layout.shape[k] // 2 for k in over], list(over))


def ifftshift(x: Any, axes: Any = None, name: str | None = None) -> Tensor:
    """What `fftshift` did, undone.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.signal.ifftshift([-2, -1, 0, 1, 2]).numpy()
    array([ 0,  1,  2, -2, -1], dtype=int32)
    """
    x = tensor(x, "ifftshift")
    over = normal_axes(axes, x.ndim, "ifftshift")
    return roll(x, [-(x._layout.shape[k] // 2) for k in over], list(over))
