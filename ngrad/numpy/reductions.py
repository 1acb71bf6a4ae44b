"""Sums, extremes, means and their siblings over axes; running ones; NumPy's dtypes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.devices import HOST
from ngrad.dtypes import BY_CODE
from ngrad.errors import shown
from ngrad.graph.dims import Dim
from ngrad.graph.op import Op
from ngrad.numpy.convert import (
    FLOAT32,
    FLOAT64,
    INT64,
    PLAIN,
    array_of,
    condition,
    converted,
    dtype_of,
    to_tensor,
)
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.nothing import LOOKS, MEAN, VARIANCE, warn_of, warn_where
from ngrad.numpy.out import into
from ngrad.numpy.ufuncs import UFUNCS
from ngrad.numpy.views import remember_call
from ngrad.ops import complexes, scans
from ngrad.ops import reductions as r
from ngrad.ops.arithmetic import maximum, subtract
from ngrad.ops.comparison import equal, less_equal, not_equal
from ngrad.ops.convert import cast_to
from ngrad.ops.elementwise import select
from ngrad.ops.power import sqrt, square
from ngrad.ops.shape import broadcast_to, normal_axis, reshape, reshaped
from ngrad.ops.shape import flat as flattened
from ngrad.record import apply, state
from ngrad.scalars import single

BOOL, UINT64 = BY_CODE["b1"], BY_CODE["u8"]
NOTHING: Any = np._NoValue


def wide(x: Any, dtype: Any) -> Any:
    """A tensor in the dtype in which NumPy adds: integers in at least 64 bits."""
    if dtype is not None:
        return in_dtype(dtype, x)
    own = x._layout.dtype
    if own.is_inexact or own.itemsize == 8:
        return x
    return cast_to(x, UINT64 if own.is_unsigned else INT64)


def counted(value: Any) -> bool:
    return value is not NOTHING and value is not None


def _masked(x: Any, where: Any, neutral: Any) -> Any:
    """x where a condition holds, and elsewhere what changes no result."""
    if where is True or not counted(where):
        return x
    neutral = bool(neutral) if x.dtype.is_bool else neutral
    return select(broadcast_to(condition(where), x._layout.shape), x, neutral)


def axes_of(x: Any, axis: Any) -> Any:
    """What is reduced: of a number, NumPy takes its first axis or last one for none."""
    return () if type(axis) is int and axis in (0, -1) and x.ndim == 0 else as_axes(axis)


def _averaged(x: Any, axis: Any, where: Any) -> Any:
    """The axes of an average: a condition is summed to count, and so takes those of sums."""
    return as_axes(axis) if where is True or not counted(where) else axes_of(x, axis)


def as_axes(axis: Any) -> Any:
    """Axes as a universal function takes them: None, an integer, or a tuple of such."""
    if type(axis) is int or axis is None:
        return axis
    named = axis if isinstance(axis, tuple) else (axis,)
    if any(isinstance(k, (list, bool, np.bool_)) or getattr(k, "ndim", 0) for k in named):
        raise TypeError(f"axis must be an integer or a tuple of such, not {shown(axis)}")
    return axis


def _begun(initial: Any, dtype: Any) -> Any:
    """What a reduction begins with, in the dtype of its result, as NumPy casts it."""
    if dtype.is_bool and type(initial) in PLAIN:
        return bool(initial)
    if type(initial) is float and dtype.is_integer:
        return int(initial)
    if type(initial) is complex and not dtype.is_complex:
        raise TypeError(f"initial= of a reduction of {dtype.name} is a real number, not {initial}")
    if type(initial) in PLAIN:
        return initial
    given = to_tensor(initial)
    if given.ndim:
        raise ValueError(f"initial= is one number, not an array of shape {given._layout.shape}")
    return cast_to(given, dtype)


def _kept(keepdims: Any) -> bool:
    return bool(keepdims) if counted(keepdims) else False


def _added(x: Any, axis: Any, keepdims: bool) -> Any:
    """The sum, which of truth values is whether any holds."""
    return (r.reduce_any if x.dtype.is_bool else r.reduce_sum)(x, axis, keepdims)


@into
def sum(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = NOTHING,
    initial: Any = NOTHING, where: Any = NOTHING,
) -> ndarray:  # fmt: skip
    """The sum over axes, all if None; of small integers in 64 bits.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.sum([[1, 2], [3, 4]], axis=0)
    array([4, 6])
    """
    x = _masked(wide(to_tensor(a), dtype), where, 0)
    found = _added(x, axes_of(x, axis), _kept(keepdims))
    return array_of(found + _begun(initial, found.dtype) if counted(initial) else found)


@into
def prod(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = NOTHING,
    initial: Any = NOTHING, where: Any = NOTHING,
) -> ndarray:  # fmt: skip
    """The product over axes, all if None.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.prod([2.0, 3.0])
    np.float64(6.0)
    """
    x = _masked(wide(to_tensor(a), dtype), where, 1)
    reduce = r.reduce_all if x.dtype.is_bool else r.reduce_prod
    found = reduce(x, axes_of(x, axis), _kept(keepdims))
    return array_of(found * _begun(initial, found.dtype) if counted(initial) else found)


def _extreme(name: str, reduce: Callable[..., Any], pick: str) -> Callable[..., ndarray]:
    @into
    def extreme(
        a: Any, axis: Any = None, out: Any = None, keepdims: Any = NOTHING,
        initial: Any = NOTHING, where: Any = NOTHING,
    ) -> ndarray:  # fmt: skip
        x = to_tensor(a)
        if where is not True and counted(where):
            if not counted(initial):
                raise ValueError(f"{name}: takes initial= beside where=, since it has no identity")
            x = _masked(x, where, _begun(initial, x.dtype))
        axis = axes_of(x, axis)
        if x.size == 0 and not counted(initial) and _empty(x, axis):
            raise ValueError(
                f"zero-size array to reduction operation {pick} which has no identity: shape "
                f"{x._layout.shape}, axis {axis}"
            )
        if not counted(initial):
            return array_of(reduce(x, axis, _kept(keepdims)))
        begun = _begun(initial, x.dtype)
        if x.size == 0 and _empty(x, axis):
            nothing = r.reduce_any(cast_to(x, BOOL), axis, _kept(keepdims))
            return array_of(select(nothing, cast_to(nothing, x.dtype), begun))
        return UFUNCS[pick](array_of(reduce(x, axis, _kept(keepdims))), begun)

    extreme.__name__ = extreme.__qualname__ = name
    extreme.__doc__ = f"The {pick} over axes, all if None; NaN if there is one."
    return extreme


def _empty(x: Any, axis: Any) -> bool:
    """Whether elements of a result would be reduced from none."""
    axes = r.normal_axes(axis, x.ndim, "reduce")
    return any(x._layout.shape[k] == 0 for k in axes)


max = amax = _extreme("max", r.reduce_max, "maximum")
min = amin = _extreme("min", r.reduce_min, "minimum")


def _truth(name: str, reduce: Callable[..., Any], neutral: bool) -> Callable[..., ndarray]:
    @into
    def truth(
        a: Any, axis: Any = None, out: Any = None, keepdims: Any = NOTHING, *,
        where: Any = NOTHING,
    ) -> ndarray:  # fmt: skip
        a = False if a is None else a  # as None itself, many programs' default
        x = _masked(cast_to(to_tensor(a), BOOL), where, neutral)
        return array_of(reduce(x, axes_of(x, axis), _kept(keepdims)))

    truth.__name__ = truth.__qualname__ = name
    truth.__doc__ = f"Whether {name} of the elements over axes hold."
    return truth


all = _truth("all", r.reduce_all, True)
any_ = _truth("any", r.reduce_any, False)


NUMBERS = (float, Dim)


def count_of(x: Any, axis: Any, where: Any, keepdims: bool) -> Any:
    """How many elements are reduced: a float, a size that is open, or a tensor where a condition
    says so.
    """
    axes = r.normal_axes(axis, x.ndim, "mean")
    if where is not True and counted(where):
        holds = broadcast_to(condition(where), x._layout.shape)
        return r.reduce_sum(cast_to(holds, _counter(x.dtype)), axis, keepdims)
    count = 1
    for k in axes:
        count *= x._layout.shape[k]
    return count if isinstance(count, Dim) else float(count)


def _counter(dtype: Any) -> Any:
    """The dtype in which elements are counted: floats of their precision, which hold any count to
    a rounding, where these do; those of halves end at 65504, and small integers wrap.
    """
    real = dtype.real_dtype
    return real if real.is_inexact and not real.is_half else FLOAT64


def _floating(x: Any, dtype: Any) -> Any:
    if dtype is not None:
        return in_dtype(dtype, x)
    return x if x.dtype.is_inexact else cast_to(x, FLOAT64)


@into
def mean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = NOTHING, *,
    where: Any = NOTHING,
) -> ndarray:  # fmt: skip
    """The arithmetic mean over axes, all if None; of integers in float64.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.mean([1, 2])
    np.float64(1.5)
    """
    x, kept = _floating(to_tensor(a), dtype), _kept(keepdims)
    axis = _averaged(x, axis, where)
    wide = cast_to(x, FLOAT32) if x.dtype.is_half else x  # which holds the sum
    total = _added(_masked(wide, where, 0), axis, kept)
    count = count_of(wide, axis, where, kept)
    if not issubclass(type(count), NUMBERS):
        if LOOKS.get():
            warn_where(equal(count, 0), MEAN)
    elif count == 0:
        warn_of(MEAN)
    return array_of(cast_to(total / count, x.dtype))


def in_dtype(dtype: Any, x: Any) -> Any:
    """A tensor in a dtype, if one is given."""
    wanted = dtype_of(dtype)
    return x if wanted is None else converted(x, wanted)


@into
def var(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: Any = NOTHING, *, where: Any = NOTHING, mean: Any = NOTHING,
    correction: Any = NOTHING,
) -> ndarray:  # fmt: skip
    """The variance over axes: the mean square of the distance from the mean, of count - ddof.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.var([1.0, 3.0]), np.var([1.0, 3.0], ddof=1)
    (np.float64(1.0), np.float64(2.0))
    """
    if counted(correction):
        if ddof:
            raise ValueError(f"var: takes ddof or correction, not both: {ddof}, {correction}")
        ddof = correction
    x = to_tensor(a)
    axis = _averaged(x, axis, where)
    x = _floating(x, None) if dtype is None else x  # else NumPy's differences are of what is given
    wanted = dtype_of(dtype) or x.dtype
    if wanted.is_half and not x.dtype.is_complex:  # which holds neither sums nor counts
        wide = array_of(cast_to(x, FLOAT32) if x.dtype.is_half else x)
        found = var(wide, axis, FLOAT32, None, ddof, keepdims, where=where, mean=mean)
        return array_of(cast_to(to_tensor(found), wanted))
    count, kept = count_of(x, axis, where, True), _kept(keepdims)
    if not issubclass(type(count), NUMBERS) and LOOKS.get():
        warn_where(less_equal(count, ddof), VARIANCE)
    middle: Any
    if counted(mean):
        middle = to_tensor(mean)
    else:
        total = _added(in_dtype(dtype, _masked(x, where, 0)), axis, True)
        middle = in_dtype(dtype, total / count)
    away = x - middle
    squares = square(complexes.real(away))
    if away.dtype.is_complex:  # of the distance, which is real
        squares = squares + square(complexes.imag(away))
    total = _added(in_dtype(dtype, _masked(squares, where, 0)), axis, True)
    if issubclass(type(count), NUMBERS):
        if count <= ddof:
            warn_of(VARIANCE)
        rest = count - ddof if count > ddof else 0.0
        found = in_dtype(dtype, total / (rest if isinstance(rest, Dim) else float(rest)))
    else:
        found = in_dtype(dtype, total / maximum(subtract(count, float(ddof)), 0.0))
    axes = r.normal_axes(axis, x.ndim, "var")
    return array_of(found if kept else reshaped(found, r.kept_shape(x._layout.shape, axes)))


@into
def std(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: Any = NOTHING, *, where: Any = NOTHING, mean: Any = NOTHING,
    correction: Any = NOTHING,
) -> ndarray:  # fmt: skip
    """The standard deviation over axes: the root of `var`.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.std([1.0, 3.0])
    np.float64(1.0)
    """
    found = var(a, axis, dtype, None, ddof, keepdims, where=where, mean=mean, correction=correction)
    return array_of(in_dtype(dtype, sqrt(found._read())))


@into
def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = NOTHING) -> ndarray:
    """The largest element less the smallest, over axes."""
    most, least = max(a, axis, None, keepdims), min(a, axis, None, keepdims)
    return array_of(subtract(most._read(), least._read()))


def count_nonzero(a: Any, axis: Any = None, *, keepdims: bool = False) -> ndarray:
    """How many elements over axes are not zero."""
    x = to_tensor(a)
    if axis is None and x._at and x._layout.device is HOST and state.window.trace is None:
        count = single(int(np.count_nonzero(x._view())), INT64)
        return array_of(reshape(count, (1,) * x.ndim) if keepdims else count)
    return sum(array_of(x if x.dtype.is_bool else not_equal(x, 0)), axis, keepdims=keepdims)


def along(name: str, x: Any, axis: Any) -> tuple[Any, int]:
    """A tensor and its axis; all elements in a row if that is None. A number has one, too."""
    ndim = x._layout.ndim
    if axis is None or (ndim == 0 and type(axis) is int and axis in (0, -1)):
        return flattened(x), 0
    return x, normal_axis(axis if type(axis) is int else as_axes(axis), ndim, name)


def _place(name: str, op: Any) -> Callable[..., ndarray]:
    @into
    def place(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = NOTHING) -> ndarray:
        x = to_tensor(a)
        flat, at = along(name, x, axis)
        where = flat._layout
        if not where.size and where.shape[at] == 0:
            raise ValueError(f"attempt to get {name} of an empty sequence")
        if x._layout.ndim == 1:
            remember_call(where, name, op, (at,), same=False)
        found = apply(op, (flat,), (at,))
        if keepdims is not NOTHING and _kept(keepdims):
            axes = range(x.ndim) if axis is None or not x.ndim else (at,)
            found = reshape(found, r.ones_shape(x._layout.shape, tuple(axes)))
        return array_of(found)

    place.__name__ = place.__qualname__ = name
    which = "largest" if name == "argmax" else "smallest"
    place.__doc__ = f"The first position of the {which} element along an axis."
    return place


argmax, argmin = _place("argmax", r.ARGMAX), _place("argmin", r.ARGMIN)


# -- running ---------------------------------------------------------------------------------------


def _running(name: str, what: str, op: Op, function: Any) -> Callable[..., ndarray]:
    @into
    def running(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> ndarray:
        own = to_tensor(a)
        x, at = along(name, wide(own, dtype), axis)
        if x._layout.dtype.is_bool:  # sums and products of truth values are such
            return array_of(cast_to(function(cast_to(x, INT64), at), BOOL))
        if x is own and x._layout.ndim == 1:
            remember_call(x._layout, name, op, same=False)
        return array_of(function(x, at))

    running.__name__ = running.__qualname__ = name
    running.__doc__ = f"The running {what} along an axis, or of all elements."
    return running


cumsum = _running("cumsum", "sums", scans.CUMSUM, scans.cumsum)
cumprod = _running("cumprod", "products", scans.CUMPROD, scans.cumprod)


__all__ = [
    "all", "amax", "amin", "argmax", "argmin", "count_nonzero", "cumprod", "cumsum", "max",
    "mean", "min", "prod", "ptp", "std", "sum", "var",
]  # fmt: skip
