"""Segments: rows that have one number in a vector of ids are joined to one row."""

from __future__ import annotations

from typing import Any

from ngrad.dtypes import BY_CODE
from ngrad.errors import DTypeError, NumberError, ShapeError
from ngrad.graph.layout import layout
from ngrad.ops.arithmetic import maximum
from ngrad.ops.assignment import assigned
from ngrad.ops.bounds import LOWEST, checked
from ngrad.ops.comparison import greater, less
from ngrad.ops.convert import cast_to, tensors, wide
from ngrad.ops.creation import ones_of
from ngrad.ops.elementwise import select
from ngrad.ops.extents import dims
from ngrad.ops.extremes import bound_of, extreme_rows
from ngrad.ops.gather import ADD_ROWS
from ngrad.ops.power import sqrt
from ngrad.ops.put_rows import LAST
from ngrad.ops.shape import reshape
from ngrad.ops.updates import MULTIPLY
from ngrad.record import apply
from ngrad.replayed import replayed
from ngrad.tensor import Tensor

FLOAT64, INT64 = BY_CODE["f8"], BY_CODE["i8"]

# -- by ids ----------------------------------------------------------------------------------------


class Segments:
    """Rows and, for each, the segment that it belongs to; `count` of these are wanted, and one more
    takes what belongs to none.
    """

    def __init__(self, what: str, data: Any, ids: Any, count: int) -> None:
        self.what, self.count = what, count
        shape, lead = data._layout.shape, ids._layout.ndim
        self.rows = reshape(data, (ids._layout.size, *shape[lead:]))
        ids = reshape(cast_to(ids, INT64), (ids._layout.size,))
        self.ids = select(less(ids, 0), count, ids)

    def sum(self, rows: Any = None) -> Any:
        rows = self.rows if rows is None else rows
        return apply(ADD_ROWS, (rows, self.ids), (self.count + 1, 0, 0))[: self.count]

    def sizes(self) -> Any:
        """How many rows each has, at least 1, to divide rows by."""
        x = self.rows
        dtype = x.dtype.real_dtype if x.dtype.is_inexact else FLOAT64
        where = layout(dtype, (x._layout.shape[0],), None, x._layout.device)
        found = maximum(self.sum(wide(ones_of(where))), 1)
        return reshape(found, (self.count, *(1,) * (x.ndim - 1)))

    def mean(self) -> Any:
        return self._shared(self.sizes())

    def sqrt_n(self) -> Any:
        return self._shared(sqrt(self.sizes()))

    def _shared(self, by: Any) -> Any:
        """Sums divided by floats, as which integers are added."""
        x = self.rows
        if not x.dtype.is_inexact:
            return self.sum(cast_to(x, by.dtype)) / by
        return cast_to(self.sum(wide(x)) / by, x.dtype)

    def prod(self) -> Any:
        x = self.rows
        shape = (self.count + 1, *x._layout.shape[1:])
        ones = ones_of(layout(x.dtype, shape, None, x._layout.device))
        return assigned(ones, self.ids, x, MULTIPLY)[: self.count]

    def extreme(self, how: str, empty: Any = None) -> Any:
        """The largest or least element; what is given, or else the dtype's bound, of segments
        without rows.
        """
        ids, x = self.ids, self.rows
        found = extreme_rows(how, x, ids, self.count + 1)[: self.count]
        last = apply(LAST, (reshape(ids, (1, ids._layout.size)),), (self.count + 1,))
        there = greater(last[0, : self.count], 0)
        empty = bound_of(x.dtype, how) if empty is None else empty
        return select(reshape(there, (self.count, *(1,) * (x.ndim - 1))), found, empty)


def numbered(what: str, data: Any, ids: Any, noun: str = "segment_ids") -> tuple[Any, Any]:
    """A tensor, and integers of which there is one for each of its rows.

    Raises
    ------
    DTypeError, ShapeError
        If it is not so.
    """
    x, ids = tensors(what, data, ids)
    if not ids.dtype.is_integer:
        raise DTypeError(f"{what}: {noun} must be integers, not {ids.dtype.name}")
    shape, lead = x._layout.shape, ids._layout.shape
    if shape[: len(lead)] != lead:
        raise ShapeError(f"{what}: {noun} of shape {lead} do not lead data of shape {shape}")
    return x, ids


def _unsorted(what: str, data: Any, segment_ids: Any, num_segments: Any) -> Segments:
    x, ids = numbered(what, data, segment_ids)
    (count,) = dims(num_segments, what)
    return Segments(what, x, checked(what, ids, count, LOWEST, "segment id"), count)


def _sorted(what: str, data: Any, segment_ids: Any) -> Segments:
    x, ids = numbered(what, data, segment_ids)
    if ids.ndim != 1:
        raise ShapeError(f"{what}: segment_ids are a vector, not of shape {ids._layout.shape}")
    known = ids.numpy()
    if known.size and (known[0] < 0 or (known[1:] < known[:-1]).any()):
        raise NumberError(
            f"{what}: segment_ids must be sorted and not negative; unsorted_{what} takes any"
        )
    return Segments(what, x, ids, int(known[-1]) + 1 if known.size else 0)


def unsorted_segment_sum(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """The sum of the rows of each segment: 0 of none.

    Parameters
    ----------
    data : tensor
    segment_ids : integer tensor
        Of a shape that leads that of data: the segment of each of its rows. A row with a negative
        one is left out.
    num_segments : int

    Raises
    ------
    IndexBoundsError
        If there is no such segment.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.unsorted_segment_sum([1.0, 2.0, 3.0], [0, 1, 0], 2).numpy()
    array([4., 2.], dtype=float32)
    """
    return _unsorted("unsorted_segment_sum", data, segment_ids, num_segments).sum()


@replayed
def unsorted_segment_mean(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """The mean of the rows of each segment, of integers in float64: 0 of none.

    Parameters and errors are those of `unsorted_segment_sum`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.unsorted_segment_mean([1.0, 2.0, 3.0], [0, 1, 0], 2).numpy()
    array([2., 2.], dtype=float32)
    """
    return _unsorted("unsorted_segment_mean", data, segment_ids, num_segments).mean()


def unsorted_segment_sqrt_n(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """The sum of the rows of each segment, divided by the root of how many they are: 0 of none.

    Parameters and errors are those of `unsorted_segment_sum`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.unsorted_segment_sqrt_n([1.0, 2.0, 3.0, 4.0], [0, 0, 0, 0], 1).numpy()
    array([5.], dtype=float32)
    """
    return _unsorted("unsorted_segment_sqrt_n", data, segment_ids, num_segments).sqrt_n()


def unsorted_segment_prod(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """The product of the rows of each segment: 1 of none.

    Parameters and errors are those of `unsorted_segment_sum`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.unsorted_segment_prod([1.0, 2.0, 3.0], [0, 1, 0], 2).numpy()
    array([3., 2.], dtype=float32)
    """
    return _unsorted("unsorted_segment_prod", data, segment_ids, num_segments).prod()


def unsorted_segment_max(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """The largest of the rows of each segment, which share the cotangent evenly if several are;
    the dtype's least number of none.

    Parameters and errors are those of `unsorted_segment_sum`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.unsorted_segment_max([1.0, 2.0, 3.0], [0, 1, 0], 2).numpy()
    array([3., 2.], dtype=float32)
    """
    found = _unsorted("unsorted_segment_max", data, segment_ids, num_segments)
    return found.extreme("max")


def unsorted_segment_min(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """The least of the rows of each segment, which share the cotangent evenly if several are;
    the dtype's greatest number of none.

    Parameters and errors are those of `unsorted_segment_sum`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.unsorted_segment_min([1.0, 2.0, 3.0], [0, 1, 0], 2).numpy()
    array([1., 2.], dtype=float32)
    """
    found = _unsorted("unsorted_segment_min", data, segment_ids, num_segments)
    return found.extreme("min")


def segment_sum(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """The sum of the rows of each segment, of sorted ids: 0 of none.

    Parameters
    ----------
    data : tensor
    segment_ids : integer tensor of shape (n,)
        The segment of each of the n rows, in order. The last one, which is looked up at the call,
        says how many segments there are.

    Raises
    ------
    NumberError
        If they are not sorted, or negative.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.segment_sum([1.0, 2.0, 3.0], [0, 0, 1]).numpy()
    array([3., 3.], dtype=float32)
    """
    return _sorted("segment_sum", data, segment_ids).sum()


def segment_mean(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """The mean of the rows of each segment, of sorted ids: 0 of none. Of integers it is an
    integer, its fraction dropped.

    Parameters and errors are those of `segment_sum`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.segment_mean([1.0, 2.0, 3.0], [0, 0, 1]).numpy()
    array([1.5, 3. ], dtype=float32)
    """
    found = _sorted("segment_mean", data, segment_ids)
    return cast_to(found.mean(), found.rows.dtype)


def segment_prod(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """The product of the rows of each segment, of sorted ids: 1 of none.

    Parameters and errors are those of `segment_sum`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.segment_prod([1.0, 2.0, 3.0], [0, 0, 1]).numpy()
    array([2., 3.], dtype=float32)
    """
    return _sorted("segment_prod", data, segment_ids).prod()


def segment_max(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """The largest of the rows of each segment, of sorted ids, which share the cotangent evenly if
    several are; 0 of none.

    Parameters and errors are those of `segment_sum`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.segment_max([1.0, 2.0, 3.0], [0, 0, 1]).numpy()
    array([2., 3.], dtype=float32)
    """
    return _sorted("segment_max", data, segment_ids).extreme("max", 0)


def segment_min(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """The least of the rows of each segment, of sorted ids, which share the cotangent evenly if
    several are; 0 of none.

    Parameters and errors are those of `segment_sum`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.segment_min([1.0, 2.0, 3.0], [0, 0, 1]).numpy()
    array([1., 3.], dtype=float32)
    """
    return _sorted("segment_min", data, segment_ids).extreme("min", 0)
