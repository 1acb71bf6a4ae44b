"""Discrete Fourier transforms of real signals, whose spectra are pairs: a last axis of the real and
the imaginary part.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.errors import ShapeError
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op, require
from ngrad.graph.program import OUT, Program
from ngrad.ops.creation import ones_of
from ngrad.ops.launching import dense_operands
from ngrad.ops.matmul import array_at
from ngrad.ops.shape import embed
from ngrad.record import apply
from ngrad.tensor import Tensor, allocate


def frequencies(length: int) -> int:
    """How many frequencies a real signal has, the others being their conjugates.

    Examples
    --------
    >>> frequencies(4), frequencies(5)
    (3, 3)
    """
    return length // 2 + 1


def _infer(x: Layout) -> Layout:
    require("rfft", x, "f", "floating-point tensors")
    if x.ndim < 1 or x.shape[-1] == 0:
        raise ShapeError(
            f"rfft: takes signals along a last axis, which shape {x.shape} has none of"
        )
    return layout(x.dtype, (*x.shape[:-1], frequencies(x.shape[-1]), 2))


def _prepare(
    inputs: tuple[Layout, ...], out: Layout
) -> tuple[Callable[..., Any] | Program, Layout]:
    length = inputs[0].shape[-1]
    return _transform("rfft", lambda x: _pairs(np.fft.rfft(x)), length, inputs[0], out), out


def _inverse_infer(x: Layout, length: int) -> Layout:
    require("irfft", x, "f", "floating-point pairs")
    if x.ndim < 2 or x.shape[-2:] != (frequencies(length), 2):
        raise ShapeError(
            f"irfft: a signal of {length} elements has pairs of shape "
            f"(..., {frequencies(length)}, 2), not {x.shape}"
        )
    return layout(x.dtype, (*x.shape[:-2], length))


def _inverse_prepare(
    inputs: tuple[Layout, ...], out: Layout, length: int
) -> tuple[Callable[..., Any] | Program, Layout]:
    def inverse(x: Any) -> Any:
        return np.fft.irfft(_complex(x), length, norm="forward")

    return _transform("irfft", inverse, length, inputs[0], out), out


def _transform(
    name: str, function: Callable[[Any], Any], length: int, where: Layout, out: Layout
) -> Callable[..., Any] | Program:
    """How a transform of signals of a length runs: by its device's library, or by NumPy."""
    if out.size == 0:
        return Program()
    count = math.prod(out.shape[:-1] if name == "irfft" else out.shape[:-2])
    work = out.device.target.libraries.routine(name, out.dtype.code, [count, length])
    if work is not None:
        x = dense_operands([(0, where)])
        return x.launching(work, (*x.operands, (OUT, 0)))
    read, write = array_at(where), array_at(out)

    def run(x: Tensor) -> Tensor:
        buffer = allocate(out)
        with np.errstate(all="ignore"):
            write(buffer.address)[...] = function(read(x._address))
        return Tensor(buffer, buffer.address, out)

    return run


def _pairs(z: Any) -> Any:
    return np.ascontiguousarray(z)[..., None].view(z.real.dtype)


def _complex(pairs: Any) -> Any:
    return np.ascontiguousarray(pairs).view(np.result_type(pairs.dtype, np.complex64))[..., 0]


RFFT = Op("rfft", _infer, _prepare, family="linalg")
IRFFT = Op("irfft", _inverse_infer, _inverse_prepare, ("length",), family="linalg")


# Each is the transpose of the other but for how often a frequency counts: those that are their own
# conjugates once, the others twice.


@RFFT.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    length = x._layout.shape[-1]
    return (apply(IRFFT, (g * _own(g, length, 0.5),), (length,)),)


@IRFFT.vjp
def _(g: Any, out: Any, x: Any, length: int) -> Any:
    return (apply(RFFT, (g,)) * _own(g, length, 2.0),)


def _own(like: Any, length: int, others: float) -> Any:
    """1 for frequencies that are their own conjugates, and a number for the others, over pairs."""
    count = frequencies(length)
    own = 2 if length % 2 == 0 else 1  # the mean, and of an even length the highest
    where = layout(like.dtype, (own, 1), None, like._layout.device)
    return embed(ones_of(where), others, (count, 1), ((0, max(count - 1, 1), own), (0, 1, 1)))


RFFT.batch(lambda size, batched, x: apply(RFFT, (x,)))
IRFFT.batch(lambda size, batched, x, length: apply(IRFFT, (x,), (length,)))
