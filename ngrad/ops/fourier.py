"""Discrete Fourier transforms along the last axis: of complex numbers, and of real ones, of whose
spectra half is enough. None is scaled.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.dtypes import BY_CODE
from ngrad.errors import ShapeError
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op, require
from ngrad.graph.program import OUT, Program
from ngrad.ops.complexes import conj
from ngrad.ops.creation import ones_of
from ngrad.ops.launching import dense_operands
from ngrad.ops.matrices import array_at
from ngrad.ops.on_threads import each_part
from ngrad.ops.slicing import embed
from ngrad.record import apply
from ngrad.tensor import Tensor, empty
from ngrad_kernels.codes import pair_of


def frequencies(length: int) -> int:
    """How many frequencies a real signal has, the others being their conjugates.

    Examples
    --------
    >>> frequencies(4), frequencies(5)
    (3, 3)
    """
    return length // 2 + 1


def _signals(name: str, x: Layout) -> None:
    """Refuse what has no signals."""
    if x.ndim < 1 or x.shape[-1] == 0:
        raise ShapeError(
            f"{name}: takes signals along a last axis, which shape {x.shape} has none of"
        )


def _fft_infer(x: Layout, inverse: bool) -> Layout:
    require("fft", x, "c", "complex tensors")
    _signals("fft", x)
    return x.spec


def _rfft_infer(x: Layout) -> Layout:
    require("rfft", x, "f", "floating-point tensors")
    _signals("rfft", x)
    return layout(BY_CODE[pair_of(x.dtype.code)], (*x.shape[:-1], frequencies(x.shape[-1])))


def _irfft_infer(x: Layout, length: int) -> Layout:
    require("irfft", x, "c", "complex tensors")
    if x.ndim < 1 or x.shape[-1] != frequencies(length):
        raise ShapeError(
            f"irfft: a signal of {length} elements has {frequencies(length)} frequencies, not "
            f"those of shape {x.shape}"
        )
    return layout(x.dtype.real_dtype, (*x.shape[:-1], length))


def _fft_prepare(inputs: tuple[Layout, ...], out: Layout, inverse: bool) -> Any:
    how = ("ifft", (), "forward") if inverse else ("fft", (), None)
    return _transform("fft", how, out.shape[-1], inputs[0], out, int(inverse))


def _rfft_prepare(inputs: tuple[Layout, ...], out: Layout) -> Any:
    return _transform("rfft", ("rfft", (), None), inputs[0].shape[-1], inputs[0], out)


def _irfft_prepare(inputs: tuple[Layout, ...], out: Layout, length: int) -> Any:
    return _transform("irfft", ("irfft", (length,), "forward"), length, inputs[0], out)


def _bits(x: Layout) -> int:
    """Of a number, of which a complex one has two."""
    return int(np.finfo(x.dtype.numpy_dtype).bits)


How = tuple[str, tuple[int, ...], str | None]
"""A function of NumPy's and of SciPy's, what it is given besides signals, and its `norm`."""


def _on_host(how: How, out: Layout) -> Callable[[Any, Any], None]:
    """A routine that writes the transforms of an array to one of a layout, or of a part of it.

    In single precision it is SciPy's, which computes in it, several signals at a time in vectors:
    NumPy's converts to double precision and back, and takes two to seven times as long. Of double
    precision NumPy's takes no longer. It is not asked how many signals there are, so that some of
    them have the bits that they have among all.
    """
    name, words, norm = how
    if _bits(out) > 32:
        numpys = getattr(np.fft, name)

        def exactly(x: Any, out: Any) -> None:
            with np.errstate(all="ignore"):
                numpys(x, *words, norm=norm, out=out)

        return exactly
    import scipy.fft  # not before it is needed: it takes a tenth of a second

    scipys = getattr(scipy.fft, name)

    def quickly(x: Any, out: Any) -> None:
        if x.dtype == out.dtype:  # it makes memory for the result otherwise
            np.copyto(out, x)
            x = out
        found = scipys(x, *words, norm=norm, overwrite_x=x is out, workers=1)
        if found is not out:
            np.copyto(out, found)

    return quickly


def _in_order_of(where: Layout, out: Layout) -> Layout:
    """The layout of a result whose axes lie in the order in which an operand's do: so that of
    several transforms none has to read far apart what the one before wrote.
    """
    order = sorted(range(out.ndim), key=lambda k: -abs(where.strides[k]))
    strides, step = [0] * out.ndim, out.dtype.itemsize
    for k in reversed(order):
        strides[k], step = step, step * out.shape[k]
    return layout(out.dtype, out.shape, tuple(strides), out.device)


def _transform(
    name: str,
    how: How,
    length: int,
    where: Layout,
    out: Layout,
    *words: int,
) -> tuple[Callable[..., Any] | Program, Layout]:
    """How a transform of signals of a length runs, by its device's library, or on the host;
    and how its result lies.
    """
    if out.size == 0:
        return Program(), out
    count = math.prod(out.shape[:-1])
    words = (count, length, *words)
    routine = out.device.target.libraries.routine(name, out.dtype.code, words)
    if routine is not None:
        x = dense_operands([(0, where)])
        return x.launching(routine, (*x.operands, (OUT, 0))), out
    out = _in_order_of(where, out)
    read, write, compute = array_at(where), array_at(out), _on_host(how, out)
    # Signals are shared out along the longest other axis.
    axis = max(range(out.ndim - 1), key=out.shape.__getitem__, default=None)
    # As operations that WORTH counts: those of a transform pass over few numbers again and again.
    work = _bits(out) // 32 * count * length * math.log2(length + 1)

    def run(x: Tensor) -> Tensor:
        made = empty(out)
        given, taken = read(x._address, x._buffer), write(made._at, made._buffer)

        def transform(part: slice) -> None:
            at = () if axis is None else (*[slice(None)] * axis, part)
            compute(given[at], taken[at])

        each_part(transform, 1 if axis is None else out.shape[axis], work)
        return made

    return run, out


FFT = Op("fft", _fft_infer, _fft_prepare, ("inverse",), family="linalg")
RFFT = Op("rfft", _rfft_infer, _rfft_prepare, family="linalg", widens=True)
IRFFT = Op("irfft", _irfft_infer, _irfft_prepare, ("length",), family="linalg")


@FFT.vjp
def _(g: Any, out: Any, x: Any, inverse: bool) -> Any:
    return (apply(FFT, (g,), (inverse,)),)  # its matrix is symmetric


# Each of the others is the transpose of the other but for a conjugate, and how often a frequency
# counts: those that are their own conjugates once, the others twice.


@RFFT.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    length = x._layout.shape[-1]
    return (apply(IRFFT, (conj(g) * _own(out, length, 0.5),), (length,)),)


@IRFFT.vjp
def _(g: Any, out: Any, x: Any, length: int) -> Any:
    return (conj(apply(RFFT, (g,))) * _own(x, length, 2.0),)


def _own(like: Any, length: int, others: float) -> Any:
    """1 for frequencies that are their own conjugates, and a number for the others."""
    count = frequencies(length)
    own = 2 if length % 2 == 0 else 1  # the mean, and of an even length the highest
    where = layout(like.dtype.real_dtype, (own,), None, like._layout.device)
    return embed(ones_of(where), others, (count,), ((0, max(count - 1, 1), own),))


FFT.batch(lambda size, batched, x, inverse: apply(FFT, (x,), (inverse,)))
RFFT.batch(lambda size, batched, x: apply(RFFT, (x,)))
IRFFT.batch(lambda size, batched, x, length: apply(IRFFT, (x,), (length,)))
