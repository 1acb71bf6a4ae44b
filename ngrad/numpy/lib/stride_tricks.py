"""Windows that slide over an array, and what steps of bytes show of one, with NumPy's names."""

from __future__ import annotations

import math
import operator
from functools import partial
from typing import Any

import numpy as np

from ngrad.numpy.convert import to_tensor
from ngrad.numpy.creation import asarray
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.readonly import Shown
from ngrad.ops.gather import gather_rows
from ngrad.ops.shape import flat, normal_axis, reshape, transpose
from ngrad.ops.windows import AXES, WINDOWS
from ngrad.record import apply


def sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> ndarray:
    """The windows of a shape that slide over axes: over all of them, or over those given. Where a
    window stands comes first, and within it last.

    Nothing is copied, but where axes that are not named lie between others, or windows slide over
    more than three axes, or twice over one. They see assignments to the array, and are read-only,
    whatever `writeable` says.

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


def as_strided(
    x: Any, shape: Any = None, strides: Any = None, subok: bool = False, writeable: bool = True
) -> ndarray:
    """What lies at steps of bytes from the first element on, which must be elements of the array:
    one that lies in rows. It is gathered from there, sees assignments to the array, and is
    read-only, whatever `writeable` says.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> x = np.arange(5)
    >>> np.lib.stride_tricks.as_strided(x, (3, 2), (8, 16))
    array([[0, 2],
           [1, 3],
           [2, 4]])
    """
    array = asarray(x)
    sizes = array.shape if shape is None else tuple(map(operator.index, shape))
    steps = array.strides if strides is None else tuple(map(operator.index, strides))
    if len(sizes) != len(steps):
        raise ValueError(f"as_strided: shape {sizes} and strides {steps} differ in length")
    if not array.flags.c_contiguous or any(step % array.itemsize for step in steps):
        raise ValueError(
            f"as_strided: takes an array that lies in rows, and steps of whole elements, not "
            f"strides {array.strides} and {steps}; take a .copy() of it first"
        )
    steps = tuple([step // array.itemsize for step in steps])
    places = np.zeros(sizes, np.int64)
    for axis, (n, step) in enumerate(zip(sizes, steps, strict=True)):
        places += np.expand_dims(np.arange(n) * step, [k for k in range(len(sizes)) if k != axis])
    if places.size and not (places.min() >= 0 and places.max() < array.size):
        raise ValueError(
            f"as_strided: shape {sizes} and strides {steps} (in elements) lead out of an array of "
            f"{array.size} elements"
        )
    index = to_tensor(places)
    theirs = partial(np.lib.stride_tricks.as_strided, shape=sizes, strides=steps)
    return array._seen_by(Shown("as_strided", lambda t: gather_rows(flat(t), index), theirs))


__all__ = ["as_strided", "sliding_window_view"]
