"""Windows that slide over an array, with NumPy's name."""

from __future__ import annotations

import math
import operator
from functools import partial
from typing import Any

import numpy as np

from ngrad.absent import missing
from ngrad.numpy.creation import asarray
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.views import Shown
from ngrad.ops.shape import normal_axis, reshape, transpose
from ngrad.ops.windows import AXES, WINDOWS
from ngrad.record import apply


def sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> ndarray:
    """The windows of a shape that slide over axes: over all of them, or over those given. Where a
    window stands comes first, and within it last.

    Nothing is copied, but where axes that are not named lie between others, or windows slide over
    more than three axes, or twice over one.

    Raises
    ------
    ValueError
        If a window is longer than its axis, or there is not one size for each axis.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.lib.stride_tricks.sliding_window_view(np.arange(5.0), 3)
    array([[0., 1., 2.],
           [1., 2., 3.],
           [2., 3., 4.]])
    """
    if writeable:
        raise ValueError("sliding_window_view: windows that overlap cannot be written to")
    array = asarray(x)
    sizes, ndim = [operator.index(n) for n in np.atleast_1d(window_shape)], array.ndim
    given = range(ndim) if axis is None else np.atleast_1d(axis)
    axes = [normal_axis(k, ndim, "sliding_window_view") for k in given]
    if len(sizes) != len(axes):
        raise ValueError(f"sliding_window_view: window_shape {window_shape} for axes {axes}")
    place = None if axis is None else tuple(axes)
    theirs = partial(np.lib.stride_tricks.sliding_window_view, window_shape=sizes, axis=place)
    return array._seen_by(Shown("sliding_window_view", partial(_slid, axes, sizes), theirs))


def _slid(axes: list[int], sizes: list[int], x: Any) -> Any:
    """The windows of a tensor."""
    while axes:
        count = next(n for n in range(len(axes), 0, -1) if n <= AXES and len({*axes[:n]}) == n)
        x = _windows(x, axes[:count], tuple(sizes[:count]))
        axes, sizes = axes[count:], sizes[count:]
    return x


def _windows(x: Any, axes: list[int], sizes: tuple[int, ...]) -> Any:
    """Windows over different axes, few enough for the op."""
    others = [k for k in range(x.ndim) if k not in axes]
    order, shape = (*others, *axes), tuple(x.shape)
    batch, extents = [shape[k] for k in others], [shape[k] for k in axes]
    rows = reshape(transpose(x, order), (math.prod(batch), *extents, 1))
    once = (1,) * len(sizes)
    found = apply(WINDOWS, (rows,), (sizes, once, once))
    counts = found.shape[1 : 1 + len(sizes)]
    back = (*(order.index(k) for k in range(x.ndim)), *range(x.ndim, x.ndim + len(sizes)))
    return transpose(reshape(found, (*batch, *counts, *sizes)), back)


_find = missing(
    "ngrad.numpy.lib.stride_tricks",
    {"as_strided": "strides are not an array's here; write windows as sliding_window_view"},
)


def __getattr__(name: str) -> Any:
    return _find(name)


__all__ = ["sliding_window_view"]
