"""Reductions that leave NaNs out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.numpy.convert import array_of, condition, dtype_of, to_tensor
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.nothing import LOOKS, MEAN, NUMBERS, VARIANCE, warn_of, warn_where
from ngrad.numpy.out import into
from ngrad.numpy.reductions import (
    NOTHING,
    all,
    axes_of,
    count_of,
    counted,
    cumprod,
    cumsum,
    in_dtype,
    max,
    mean,
    min,
    prod,
    sum,
    var,
)
from ngrad.ops.comparison import isnan
from ngrad.ops.elementwise import select
from ngrad.ops.power import sqrt
from ngrad.ops.reductions import kept_shape, normal_axes


def _without_nans(x: Any, instead: Any) -> Any:
    return select(isnan(x), instead, x) if x.dtype.is_inexact else x


def nansum(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = NOTHING,
    initial: Any = NOTHING, where: Any = NOTHING,
) -> ndarray:  # fmt: skip
    """As `sum`, NaNs counting as 0."""
    x = array_of(_without_nans(to_tensor(a), 0.0))
    return sum(x, axis, dtype, out, keepdims, initial, where)


def nanprod(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = NOTHING,
    initial: Any = NOTHING, where: Any = NOTHING,
) -> ndarray:  # fmt: skip
    """As `prod`, NaNs counting as 1."""
    x = array_of(_without_nans(to_tensor(a), 1.0))
    return prod(x, axis, dtype, out, keepdims, initial, where)


def _there(a: Any, where: Any) -> tuple[Any, Any]:
    """A tensor, and where it is no NaN."""
    x = to_tensor(a)
    holds: Any = ~isnan(x) if x.dtype.is_inexact else to_tensor(True)
    if where is not True and counted(where):
        holds = holds & condition(where)
    return x, array_of(holds)


def _inexact(what: str, x: Any, dtype: Any) -> None:
    wanted = dtype_of(dtype)
    if x.dtype.is_inexact and not (wanted is None or wanted.is_inexact):
        raise TypeError(f"{what}: of {x.dtype.name}, dtype must be inexact, not {wanted.name}")


def _enough(x: Any, axis: Any, less: Any, nothing: str) -> None:
    """Warn if slices have no more elements than that, of whatever values."""
    shape, axis = x._layout.shape, axes_of(x, axis)
    kept = kept_shape(shape, normal_axes(axis, len(shape), "reduce"))
    if count_of(x, axis, True, False) <= less and 0 not in kept:
        warn_of(nothing)


@into
def nanmean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = NOTHING, *,
    where: Any = NOTHING,
) -> ndarray:  # fmt: skip
    """As `mean`, of what is no NaN."""
    x, holds = _there(a, where)
    _inexact("nanmean", x, dtype)
    _enough(x, axis, 0, MEAN)
    return mean(array_of(_without_nans(x, 0.0)), axis, dtype, None, keepdims, where=holds)


@into
def nanvar(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: Any = NOTHING, *, where: Any = NOTHING, mean: Any = NOTHING,
    correction: Any = NOTHING,
) -> ndarray:  # fmt: skip
    """As `var`, of what is no NaN."""
    if not to_tensor(a).dtype.is_inexact:
        return var(a, axis, dtype, None, ddof, keepdims, where=where, mean=mean,
                   correction=correction)  # fmt: skip
    x, holds = _there(a, where)
    _inexact("nanvar", x, dtype)
    less = correction if counted(correction) else ddof
    _enough(x, axis, less, f"{VARIANCE}.")
    clean = array_of(_without_nans(x, 0.0))
    found = var(
        clean, axis, dtype, None, ddof, keepdims, where=holds, mean=mean, correction=correction
    )
    enough = sum(holds, axis, keepdims=keepdims) > less
    return array_of(select(enough._read(), found._read(), float("nan")))


@into
def nanstd(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: Any = NOTHING, *, where: Any = NOTHING, mean: Any = NOTHING,
    correction: Any = NOTHING,
) -> ndarray:  # fmt: skip
    """As `std`, of what is no NaN."""
    found = nanvar(
        a, axis, dtype, None, ddof, keepdims, where=where, mean=mean, correction=correction
    )
    return array_of(in_dtype(dtype, sqrt(found._read())))


def _nan_extreme(name: str, reduce: Callable[..., Any], worst: float) -> Callable[..., ndarray]:
    @into
    def extreme(
        a: Any, axis: Any = None, out: Any = None, keepdims: Any = NOTHING,
        initial: Any = NOTHING, where: Any = NOTHING,
    ) -> ndarray:  # fmt: skip
        x = to_tensor(a)
        if not x.dtype.is_inexact:
            return reduce(array_of(x), axis, None, keepdims, initial, where)
        found = reduce(array_of(_without_nans(x, worst)), axis, None, keepdims, initial, where)
        if counted(initial):  # which is there, too
            return found
        nothing = all(array_of(isnan(x)), axis, None, keepdims)
        if LOOKS.get():
            warn_where(nothing._read(), NUMBERS)
        return array_of(select(nothing._read(), float("nan"), found._read()))

    extreme.__name__ = extreme.__qualname__ = name
    extreme.__doc__ = f"As `{name[3:]}`, of what is no NaN; NaN where there is nothing else."
    return extreme


nanmax = _nan_extreme("nanmax", max, -np.inf)
nanmin = _nan_extreme("nanmin", min, np.inf)


def nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> ndarray:
    """As `cumsum`, NaNs counting as 0."""
    return cumsum(array_of(_without_nans(to_tensor(a), 0.0)), axis, dtype, out)


def nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> ndarray:
    """As `cumprod`, NaNs counting as 1."""
    return cumprod(array_of(_without_nans(to_tensor(a), 1.0)), axis, dtype, out)


__all__ = [
    "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmin", "nanprod", "nanstd", "nansum",
    "nanvar",
]  # fmt: skip
