"""Counts of numbers in bins of one width."""

from __future__ import annotations

from typing import Any

from ngrad.dtypes import as_dtype, int32, int64
from ngrad.errors import NumberError, ShapeError
from ngrad.ops.convert import cast_to, operands, wide
from ngrad.ops.creation import ones_like
from ngrad.ops.extents import integers
from ngrad.ops.math import clip_by_value
from ngrad.ops.segments import unsorted_segment_sum
from ngrad.ops.shape import reshape
from ngrad.tensor import Tensor


def histogram_fixed_width_bins(
    values: Any, value_range: Any, nbins: Any = 100, dtype: Any = int32, name: str | None = None
) -> Tensor:
    """The bin of each number, of bins of one width from the first to the second of a pair; what is
    beyond is in the first or the last.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.histogram_fixed_width_bins([-1.0, 0.0, 1.5, 5.0], [0.0, 5.0], 5).numpy()
    array([0, 0, 1, 4], dtype=int32)
    """
    return cast_to(_bins("histogram_fixed_width_bins", values, value_range, nbins), as_dtype(dtype))


def histogram_fixed_width(
    values: Any, value_range: Any, nbins: Any = 100, dtype: Any = int32, name: str | None = None
) -> Tensor:
    """How many numbers are in each bin; arguments are those of `histogram_fixed_width_bins`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.histogram_fixed_width([-1.0, 0.0, 1.5, 5.0], [0.0, 5.0], 5).numpy()
    array([2, 1, 0, 0, 1], dtype=int32)
    """
    where = reshape(_bins("histogram_fixed_width", values, value_range, nbins), (-1,))
    return unsorted_segment_sum(ones_like(where, as_dtype(dtype)), where, nbins)


def _bins(what: str, values: Any, value_range: Any, nbins: Any) -> Any:
    x, ends = operands(what, values, value_range)
    if ends._layout.shape != (2,):
        raise ShapeError(f"{what}: value_range is a pair, not of shape {ends._layout.shape}")
    (count,) = integers(nbins, what)
    if count < 1:
        raise NumberError(f"{what}: nbins must be positive, not {count}")
    x, ends = wide(x), wide(ends)
    at = cast_to((x - ends[0]) / (ends[1] - ends[0]) * count, int64)
    return clip_by_value(at, 0, count - 1)
