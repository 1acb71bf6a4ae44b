"""Discrete Fourier transforms of any axes, lengths and norms, by those of one axis."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ngrad.dtypes import BY_CODE
from ngrad.errors import DTypeError, NumberError
from ngrad.ops.complexes import complex, conj, imag, real
from ngrad.ops.convert import cast_to
from ngrad.ops.extents import dims
from ngrad.ops.fourier import FFT, IRFFT, RFFT, frequencies
from ngrad.ops.joining import concat
from ngrad.ops.shape import normal_axis, swap_last
from ngrad.ops.slicing import embed, strided
from ngrad.record import apply
from ngrad_kernels.codes import pair_of

NORMS = {"backward": (0.0, 1.0), "ortho": (0.5, 0.5), "forward": (1.0, 0.0)}
"""The powers of the length that results are divided by, there and back."""
OTHER = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}
"""The norm of the way back that is the norm of the way there."""


MANY = 1 << 12
"""Elements from which of a transform of real numbers half is computed."""


def paired(x: Any) -> Any:
    return x if x.dtype.is_complex else cast_to(x, BY_CODE[pair_of(x.dtype.code)])


def resized(x: Any, count: int) -> Any:
    """The first elements along the last axis, or all and zeros behind them."""
    shape = x._layout.shape
    n = min(count, shape[-1])
    if shape[-1] == count:
        return x
    part = (*((0, 1, extent) for extent in shape[:-1]), (0, 1, n))
    return strided(x, part) if n == count else embed(x, 0, (*shape[:-1], count), part)


def length_of(what: str, n: Any, default: int) -> int:
    (count,) = (default,) if n is None else dims(n, what)
    if count < 1:
        raise NumberError(f"{what}: invalid number of data points ({count}) specified")
    return count


def scaled(x: Any, length: int, norm: Any, back: bool) -> Any:
    if norm is not None and norm not in NORMS:
        raise NumberError(f"norm is one of {', '.join(NORMS)}, not {norm!r}")
    power = NORMS[norm or "backward"][back]
    return x / (length if power == 1 else math.pow(length, power)) if power else x


def whole(what: str, x: Any, n: Any, axis: int, norm: Any, back: bool) -> Any:
    """A complex transform along an axis."""
    if _half_pays(x):
        return all_of_real(what, x, [n], [axis], norm, back)
    x = paired(x)
    at = normal_axis(axis, x.ndim, what)
    length = length_of(what, n, x._layout.shape[at])
    x = resized(swap_last(x, at), length)
    return swap_last(scaled(apply(FFT, (x,), (back,)), length, norm, back), at)


def of_real(what: str, x: Any, n: Any, axis: int, norm: Any) -> Any:
    if x.dtype.is_complex:
        raise DTypeError(f"{what}: takes real numbers, not {x.dtype.name}; use fft")
    at = normal_axis(axis, x.ndim, what)
    length = length_of(what, n, x._layout.shape[at])
    x = resized(swap_last(x, at), length)
    return swap_last(scaled(apply(RFFT, (x,)), length, norm, False), at)


def _half_pays(x: Any) -> bool:
    """Whether numbers are real, and so many that half of a transform is more than a few ops."""
    return not x.dtype.is_complex and bool(x._layout.size >= MANY)


def all_of_real(
    what: str, x: Any, sizes: Sequence[Any], axes: Sequence[int], norm: Any, back: bool
) -> Any:
    """The complex transform of real numbers along different axes: half of the frequencies along the
    last of these, of which the others are the conjugates, is half of the work.
    """
    (*others_n, n), (*others, last) = sizes, [normal_axis(axis, x.ndim, what) for axis in axes]
    length = length_of(what, n, x._layout.shape[last])
    found = of_real(what, x, length, last, OTHER.get(norm, norm) if back else norm)
    found = over_axes(what, conj(found) if back else found, others_n, others, norm, back)
    count = length - frequencies(length)
    # No imaginary part is -0, as none is that a transform of complex numbers computes: an angle
    # would be -pi.
    found = complex(real(found), imag(found) + 0.0)
    if count == 0:
        return found
    opposite = _part(found, last, count, -1, count)
    for axis in others:  # the frequency 0 is its own
        extent = found._layout.shape[axis]
        if extent > 1:
            rest = _part(opposite, axis, extent - 1, -1, extent - 1)
            opposite = concat([_part(opposite, axis, 0, 1, 1), rest], axis)
    return concat([found, complex(real(opposite), 0.0 - imag(opposite))], last)


def _part(x: Any, axis: int, start: Any, step: int, count: Any) -> Any:
    """Some elements along an axis."""
    whole = [(0, 1, extent) for extent in x._layout.shape]
    return strided(x, (*whole[:axis], (start, step, count), *whole[axis + 1 :]))


def back_to_real(what: str, x: Any, n: Any, axis: int, norm: Any) -> Any:
    x = paired(x)
    at = normal_axis(axis, x.ndim, what)
    length = length_of(what, n, 2 * (x._layout.shape[at] - 1))
    x = resized(swap_last(x, at), frequencies(length))
    return swap_last(scaled(apply(IRFFT, (x,), (length,)), length, norm, True), at)


def sizes_of(
    what: str, x: Any, s: Any, axes: Any, real: bool = False
) -> tuple[list[Any], list[int]]:
    """The length along each axis; of the last one None where its default is that of `irfft`."""
    if axes is None:
        axes = range(x.ndim) if s is None else range(-len(s), 0)
    chosen = [normal_axis(k, x.ndim, what) for k in axes]
    lengths = [x._layout.shape[k] for k in chosen]
    if s is None:
        sizes: list[Any] = [*lengths]
        if real and sizes:
            sizes[-1] = None
    elif len(s) != len(chosen):
        raise NumberError(f"{what}: shape and axes have different lengths: {s}, {axes}")
    else:
        sizes = [n if k == -1 else k for k, n in zip(s, lengths, strict=True)]
    if not chosen and real:
        raise NumberError(f"{what}: at least 1 axis must be transformed")
    return sizes, chosen


def over_axes(
    what: str, x: Any, sizes: Sequence[Any], axes: Sequence[int], norm: Any, back: bool
) -> Any:
    if _half_pays(x) and 0 < len(axes) == len({*axes}):
        return all_of_real(what, x, sizes, axes, norm, back)
    for n, axis in [*zip(sizes, axes, strict=True)][::-1]:
        x = whole(what, x, n, axis, norm, back)
    return paired(x)


def complex_over(back: bool) -> Callable[..., Any]:
    def compute(what: str, x: Any, s: Any, axes: Any, norm: Any) -> Any:
        return over_axes(what, x, *sizes_of(what, x, s, axes), norm, back)

    return compute


def real_over(what: str, x: Any, s: Any, axes: Any, norm: Any) -> Any:
    (*sizes, last), (*others, final) = sizes_of(what, x, s, axes, True)
    return over_axes(what, of_real(what, x, last, final, norm), sizes, others, norm, False)


def back_over(what: str, x: Any, s: Any, axes: Any, norm: Any) -> Any:
    (*sizes, last), (*others, final) = sizes_of(what, x, s, axes, True)
    return back_to_real(what, over_axes(what, x, sizes, others, norm, True), last, final, norm)
