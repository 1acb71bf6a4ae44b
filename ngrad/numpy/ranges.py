"""Numbers in a row: counted, or spaced evenly or by a factor."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.devices import Device, current
from ngrad.dtypes import result_type
from ngrad.graph.dims import Dim, size
from ngrad.numpy.convert import FLOAT64, INT64, OURS, array_of, beside, dtype_of, to_tensor
from ngrad.numpy.creation import asarray
from ngrad.numpy.manipulation import moveaxis
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.reductions import NOTHING
from ngrad.numpy.ufuncs import UFUNCS
from ngrad.ops.arithmetic import floor
from ngrad.ops.comparison import equal
from ngrad.ops.convert import cast_to, operands
from ngrad.ops.creation import range_
from ngrad.ops.elementwise import select
from ngrad.ops.evenly import MANY, evenly
from ngrad.ops.shape import reshape
from ngrad.tensor import Tensor, from_numpy, seen

REAL = (int, float)
FEW = 512
"""Numbers from 0 on, up to so many of which there is one copy."""


@functools.lru_cache(FEW)
def _counted(count: int, device: Device) -> Callable[[], Tensor]:
    """What makes tensors of the numbers from 0 up to a count, of one memory."""
    numbers = from_numpy(np.arange(count), INT64, device)
    return functools.partial(seen(0, numbers._layout), numbers)


def arange(
    start_or_stop: Any = NOTHING, /, stop: Any = None, step: Any = 1, dtype: Any = None, *,
    start: Any = NOTHING, device: Any = None, like: Any = None,
) -> ndarray:  # fmt: skip
    """Numbers from a start (0) up to, not including, a stop, by a step (1).

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.arange(3), np.arange(0.0, 1.0, 0.5)
    (array([0, 1, 2]), array([0. , 0.5]))
    """
    if start is NOTHING:
        if stop is None:
            start, stop = 0, start_or_stop
        else:
            start = 0 if start_or_stop is NOTHING else start_or_stop
    elif start_or_stop is not NOTHING:
        raise TypeError(f"arange: start is given by its place and its name: {start=}")
    if stop is NOTHING or stop is None:
        raise TypeError("arange() requires stop to be specified.")
    if dtype is device is None:
        found = _plainly(start, stop, step)
        if found is not None:
            return array_of(found)
    if not isinstance(step, OURS) and step == 0:
        raise ZeroDivisionError(f"arange: from {start} to {stop} in steps of {step}")
    numbers = [_plain(v) for v in (start, stop, 1 if step is None else step)]
    wanted = dtype_of(dtype)
    # NumPy steps in the dtype that is asked for: from its first number by the gap to its second.
    own = None if wanted is None else wanted.numpy_dtype
    if any(isinstance(v, Dim) for v in numbers) and all(isinstance(v, (int, Dim)) for v in numbers):
        first, last, gap = numbers
        return asarray(array_of(range_(first, last, gap, wanted or INT64)), device=device)
    return asarray(np.arange(*numbers, dtype=own), wanted, device=device)


def _plainly(start: Any, stop: Any, step: Any) -> Tensor | None:
    """A tensor of such numbers by Python's numbers alone; None of any other."""
    if type(stop) is type(start) is type(step) is int and start == 0 and step == 1:
        device = current()
        if stop <= FEW:
            return _counted(max(stop, 0), device)()
        return evenly(0, 1, stop, INT64, device)
    if type(start) not in REAL or type(stop) not in REAL or type(step) not in REAL or not step:
        return None
    if type(stop) is float and type(step) is int and step == 1:
        return _up_to(float(start), stop)
    return from_numpy(np.arange(start, stop, step))


def _up_to(first: float, last: float) -> Tensor:
    """Floats from one up to another, 1 apart: by as much as NumPy's second is from its first."""
    if MANY <= last - first < math.inf:
        step = first + 1.0 - first
        if first + step == first + 1.0 and (first != 0 or math.copysign(1.0, first) > 0):
            return evenly(first, step, math.ceil(last - first), FLOAT64, current())
    return from_numpy(np.arange(first, last))


def _plain(value: Any) -> Any:
    return to_tensor(value).item() if isinstance(value, OURS) else value


def linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False,
    dtype: Any = None, axis: int = 0, *, device: Any = None,
) -> Any:  # fmt: skip
    """`num` numbers, evenly spaced from a start to a stop, which is one of them if `endpoint`.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.linspace(0, 1, 5)
    array([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    count = size(num)
    if count < 0:
        raise ValueError(f"linspace: num must not be negative, not {count}")
    closed = type(count) is int
    if closed and type(start) in REAL and type(stop) in REAL:  # NumPy's arithmetic is `_spaced`'s
        found, step = _between(start, stop, count, bool(endpoint))
        ndim = 0
    else:
        first, last = map(_float, operands("linspace", *beside((start, stop))))
        ndim = max(first.ndim, last.ndim)
        found, step = _spaced(first, last, count, endpoint, ndim)
    wanted = dtype_of(dtype)
    if wanted is not None and wanted.is_integer:
        found = floor(found)
    found = found if wanted is None else cast_to(found, wanted)
    made = array_of(found)
    if axis not in (0, -ndim - 1):
        made = moveaxis(made, 0, axis)
    made = made if device is None else asarray(made, device=device)
    if not retstep:
        return made
    return made, array_of(step) if count > endpoint else math.nan  # NumPy's, of no steps


def _between(start: float, stop: float, count: int, endpoint: bool) -> tuple[Tensor, Tensor]:
    """Numbers from a start to a stop, and the step between them, as NumPy has them."""
    first, last, parts = float(start), float(stop), count - endpoint
    step = (last - first) / parts if parts > 0 else 0.0
    if step == 0 or not math.isfinite(step):  # NumPy's is made otherwise, or warns
        found, gap = np.linspace(start, stop, count, endpoint, retstep=True)
        return to_tensor(found), to_tensor(gap)
    return (
        evenly(first, step, count, FLOAT64, current(), last if endpoint else None),
        to_tensor(np.float64(step)),
    )


def _spaced(first: Any, last: Any, count: int, endpoint: bool, ndim: int) -> tuple[Any, Any]:
    """Numbers from the first to the last, along an axis in front, and the step between them."""
    parts = count - 1 if endpoint else count
    step = (last - first) / max(parts, 1) if parts > 0 else (last - first) * float("nan")
    row = arange(count)._read()
    at = reshape(cast_to(row, first.dtype.real_dtype), (count, *(1,) * ndim))
    if parts > 0:  # a step that underflows is not taken as often as it is to be
        found = select(equal(step, 0), (at / parts) * (last - first), at * step) + first
    else:
        found = at * (last - first) + first
    if endpoint and count > 1:  # exactly
        ends = reshape(equal(row, count - 1), (count, *(1,) * ndim))
        found = select(ends, last, found)
    return found, step


def _float(x: Any) -> Any:
    return x if x.dtype.is_inexact else cast_to(x, FLOAT64)


def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0,
    dtype: Any = None, axis: int = 0,
) -> ndarray:  # fmt: skip
    """`num` powers of a base, evenly spaced on a logarithmic scale."""
    if np.ndim(base):
        ndim = max(map(np.ndim, (start, stop, base)))
        start, stop, base = (
            x.reshape((1,) * (ndim - x.ndim) + x.shape) for x in map(asarray, (start, stop, base))
        )
        base = base.reshape(np.expand_dims(np.empty(base.shape), axis).shape)
    found = UFUNCS["power"](base, linspace(start, stop, num, endpoint, axis=axis))
    wanted = dtype_of(dtype)
    return found if wanted is None else array_of(cast_to(found._read(), wanted))


def geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> ndarray:
    """`num` numbers, each the same multiple of the one before, from a start to a stop."""
    given = [asarray(v) for v in (start, stop)]
    wide = result_type(*(x.dtype for x in given), np.float64, *([] if dtype is None else [dtype]))
    first, last = (x.astype(wide) for x in given)
    if not (np.asarray(first).all() and np.asarray(last).all()):
        raise ValueError(f"geomspace: a geometric sequence cannot include 0: {start}, {stop}")
    sign = UFUNCS["sign"](first)
    first, last = first / sign, last / sign
    found = logspace(UFUNCS["log10"](first), UFUNCS["log10"](last), num, endpoint)
    for at, end in ((0, first), (-1, last))[: min(num, 2 if endpoint else 1)]:
        found[at] = end  # exactly
    found = found * sign
    if axis:
        found = moveaxis(found, 0, axis)
    wanted = dtype_of(dtype)
    return found if wanted is None else array_of(cast_to(found._read(), wanted))


__all__ = ["arange", "geomspace", "linspace", "logspace"]
