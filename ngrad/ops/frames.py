"""Frames of a signal, and the signal that frames add up to: each other's transpose."""

from __future__ import annotations

import math
from typing import Any

from ngrad.errors import NumberError, ShapeError
from ngrad.ops.convert import tensor
from ngrad.ops.extents import integers
from ngrad.ops.joining import pad
from ngrad.ops.shape import normal_axis, reshape
from ngrad.ops.windows import FOLD, WINDOWS
from ngrad.record import apply
from ngrad.tensor import Tensor


def positive(value: Any, what: str, name: str) -> int:
    """A length, from whatever holds one.

    Raises
    ------
    NumberError
        If it is not one positive integer.
    """
    found = integers(value, what)
    if len(found) != 1 or found[0] < 1:
        raise NumberError(f"{what}: {name} is one positive integer, not {value!r}")
    return found[0]


def frame(
    signal: Any, frame_length: Any, frame_step: Any, pad_end: bool = False, pad_value: Any = 0,
    axis: Any = -1, name: str | None = None,
) -> Tensor:  # fmt: skip
    """Frames along an axis, which may overlap: in its place there are two, the frames and the
    elements of a frame. No memory is moved.

    Parameters
    ----------
    signal : tensor
    frame_length, frame_step : int
        Elements of a frame, and from a frame to the next.
    pad_end : bool
        Whether frames begin as long as there are elements, with `pad_value` behind the last;
        otherwise all frames are within the signal.

    Raises
    ------
    NumberError
        If a length is not positive.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.signal.frame([1, 2, 3, 4, 5], 3, 2).numpy()
    array([[1, 2, 3],
           [3, 4, 5]], dtype=int32)
    """
    x = tensor(signal, "frame")
    at = normal_axis(axis, x.ndim, "frame")
    size, step = (
        positive(frame_length, "frame", "frame_length"),
        positive(frame_step, "frame", "frame_step"),
    )
    shape = x._layout.shape
    lead, length, rest = shape[:at], shape[at], shape[at + 1 :]
    if pad_end:
        missing = max(0, (-(-length // step) - 1) * step + size - length) if length else 0
        if missing:
            behind = [(0, missing if k == at else 0) for k in range(x.ndim)]
            x = pad(x, behind, "CONSTANT", pad_value)
            length = length + missing
    if length < size:
        return reshape(x[(*[slice(None)] * at, slice(0, 0))], (*lead, 0, size, *rest))
    rows = reshape(x, (math.prod(lead), length, math.prod(rest)))
    found = apply(WINDOWS, (rows,), ((size,), (step,), (1,)))
    return reshape(found, (*lead, *found._layout.shape[1:3], *rest))


def overlap_and_add(signal: Any, frame_step: Any, name: str | None = None) -> Tensor:
    """The signal that frames of shape (..., frames, elements) add up to, each `frame_step` elements
    after the one before.

    Raises
    ------
    ShapeError
        If there are no frames.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.signal.overlap_and_add([[1, 1, 1], [2, 2, 2]], 2).numpy()
    array([1, 1, 3, 2, 2], dtype=int32)
    """
    x, what = tensor(signal, "overlap_and_add"), "overlap_and_add"
    step = positive(frame_step, what, "frame_step")
    if x.ndim < 2 or 0 in x._layout.shape[-2:]:
        raise ShapeError(f"{what}: takes frames of elements, not shape {x._layout.shape}")
    *lead, count, size = x._layout.shape
    length = (count - 1) * step + size
    rows = reshape(x, (math.prod(lead), count, size, 1))
    found = apply(FOLD, (rows,), ((length,), (size,), (step,), (1,)))
    return reshape(found, (*lead, length))
