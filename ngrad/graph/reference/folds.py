"""References of reductions and scans: floats accumulate in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Reference = Callable[..., Any]


def wide(x: Array) -> Array:
    """Floats as float64; what wraps or is true stays what it is."""
    return x.astype({"f": np.float64, "c": np.complex128}.get(x.dtype.kind, x.dtype))


def _fold(fold: np.ufunc) -> Reference:
    """Over axes, floats in float64; integers in their own dtype, where NumPy would widen them."""

    def function(x: Array, axes: tuple[int, ...]) -> Any:
        x = wide(x)
        return fold.reduce(x, axes, dtype=x.dtype)

    return function


def _extreme(fold: np.ufunc, of_nothing: float) -> Reference:
    def function(x: Array, axes: tuple[int, ...]) -> Any:
        start: Any = of_nothing
        if x.dtype.kind == "b":
            start = of_nothing > 0
        elif x.dtype.kind in "iu":
            info = np.iinfo(x.dtype)
            start = info.max if of_nothing > 0 else info.min
        return fold.reduce(x, axes, initial=start)

    return function


def _running(fold: np.ufunc) -> Reference:
    def function(x: Array) -> Any:
        x = wide(x)
        return fold.accumulate(x, -1, dtype=x.dtype)

    return function


def _linear_recurrence(a: Array, b: Array) -> Array:
    a, b = wide(a), wide(b)
    out = np.zeros_like(b)
    before: Any = 0.0
    for k in range(b.shape[-1]):
        before = out[..., k] = b[..., k] + a[..., k] * before
    return out


def _segments(x: Array, starts: Array, function: str, axis: int) -> Array:
    parts = [
        _accumulate(np.moveaxis(part, axis, -1), np.arange(part.shape[axis]) == 0, function)[
            ..., -1
        ]
        for part in np.split(x, starts[1:], axis)
    ]
    return np.stack(parts, axis)


def _accumulate(x: Array, anew: Array, function: str) -> Array:
    from ngrad.graph.reference import REFERENCES

    out = x.copy()
    for k in range(1, x.shape[-1]):
        after = REFERENCES[function](out[..., k - 1], x[..., k])
        out[..., k] = np.where(anew[..., k], x[..., k], after)
    return out


def _slide(x: Array, w: Array, counts: Any, steps: Any, gaps: Any, holes: Any, leads: Any) -> Array:
    x, w = wide(x), wide(w)
    if x.ndim == 1:  # as a batch of one channel
        found = _slide(x[None, :, None], w[None, :, None], counts, steps, gaps, holes, leads)
        return found[0, :, 0]
    out = np.zeros((x.shape[0], *counts, x.shape[-1]), x.dtype)
    for window in np.ndindex(*counts):
        for place in np.ndindex(*w.shape[1:-1]):
            ats = (np.multiply(window, steps) + np.multiply(place, gaps) - leads).tolist()
            if all(
                at % hole == 0 and 0 <= at // hole < n
                for at, hole, n in zip(ats, holes, x.shape[1:-1], strict=True)
            ):
                where = tuple([at // hole for at, hole in zip(ats, holes, strict=True)])
                out[:, *window] += x[:, *where] * w[:, *place]
    return out


FOLDS: dict[str, Reference] = {
    "reduce_sum": _fold(np.add),
    "reduce_prod": _fold(np.multiply),
    "reduce_max": _extreme(np.maximum, -np.inf),
    "reduce_min": _extreme(np.minimum, np.inf),
    "argmax": lambda x, axis: np.argmax(x, axis),
    "argmin": lambda x, axis: np.argmin(x, axis),
    "cumsum": _running(np.add),
    "cumprod": _running(np.multiply),
    "cummax": _running(np.maximum),
    "cummin": _running(np.minimum),
    **{f"reduce_{name}": _fold(getattr(np, f"bitwise_{name}")) for name in ("and", "or", "xor")},
    "accumulate": _accumulate,
    "segments": _segments,
    "linear_recurrence": _linear_recurrence,
    "slide": _slide,
}
