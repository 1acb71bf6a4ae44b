"""Differences, sums and interpolation of sampled functions."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ngrad.dtypes import can_cast, kind_of, result_type
from ngrad.graph.strides import broadcast
from ngrad.numpy.convert import COMPLEX128, FLOAT64, array_of, as_numbers, operand, to_tensor
from ngrad.numpy.creation import asarray
from ngrad.numpy.joining import concatenate, stack
from ngrad.numpy.laying import as_array
from ngrad.numpy.manipulation import atleast_1d, broadcast_to, moveaxis, ravel
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.out import into
from ngrad.numpy.reductions import as_axes, cumprod, cumsum, sum
from ngrad.numpy.selection import flattened, where
from ngrad.numpy.ufuncs import UFUNCS
from ngrad.ops.complexes import complex_, imag, real
from ngrad.ops.convert import cast_to
from ngrad.ops.elementwise import select
from ngrad.ops.gather import gather_rows
from ngrad.ops.interpolation import INTERP
from ngrad.ops.joining import concat, unstack
from ngrad.ops.reductions import normal_axes
from ngrad.ops.shape import broadcast_to as spread
from ngrad.ops.shape import normal_axis, sole
from ngrad.ops.sorting import positions
from ngrad.record import apply, own_frames
from ngrad.replayed import replayed


def along(x: ndarray, axis: int, part: Any) -> ndarray:
    """A part of one axis."""
    return x[(*(slice(None),) * axis, part)]


def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> ndarray:
    """Differences of neighbours along an axis, n times over; of bools, whether they differ.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.diff([1, 4, 9, 16])
    array([3, 5, 7])
    """
    x = asarray(a)
    if n < 0:
        raise ValueError(f"diff: order must be non-negative but got {n}")
    if n == 0:
        return x
    if x.ndim == 0:
        raise ValueError("diff requires input that is at least one dimensional")
    at = normal_axis(axis, x.ndim, "diff")
    if prepend is not None or append is not None:
        one = (*x.shape[:at], 1, *x.shape[at + 1 :])
        ends = [None if end is None else asarray(end) for end in (prepend, append)]
        before, after = (
            broadcast_to(end, one) if end is not None and end.ndim == 0 else end for end in ends
        )
        x = concatenate([part for part in (before, x, after) if part is not None], at)
    step = UFUNCS["not_equal" if x._layout.dtype.is_bool else "subtract"]
    for _ in range(n):
        x = step(along(x, at, slice(1, None)), along(x, at, slice(-1)))
    return x


def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> ndarray:
    """Differences of neighbours of the flattened array, with others before and behind."""
    x = array_of(flattened(ary))
    parts = [UFUNCS["subtract"](x[1:], x[:-1])]
    for name, place, given in (("to_begin", 0, to_begin), ("to_end", len(parts) + 1, to_end)):
        if given is not None:
            end = asarray(given)
            if not can_cast(end.dtype, x.dtype, "same_kind"):
                raise TypeError(f"ediff1d: cannot cast {name}, of {end.dtype}, to {x.dtype}")
            parts.insert(place, ravel(end).astype(x.dtype))
    return concatenate(parts) if len(parts) > 1 else parts[0]


def _spacings(x: ndarray, given: tuple[Any, ...], axes: tuple[int, ...]) -> list[ndarray]:
    """The distances of samples along each axis: one, or one between each two."""
    if not given:
        return [asarray(1.0)] * len(axes)
    steps = [asarray(step) for step in given]
    if len(steps) == 1 and steps[0].ndim == 0:
        return steps * len(axes)
    if len(steps) != len(axes):
        raise TypeError(f"gradient: {len(steps)} spacings for {len(axes)} axes")
    made = []
    for step, axis in zip(steps, axes, strict=True):
        if step.ndim > 1:
            raise ValueError(f"gradient: distances are scalars or 1d, not of shape {step.shape}")
        if step.ndim and step.size != x.shape[axis]:
            raise ValueError(
                f"gradient: {step.size} places along axis {axis}, which has {x.shape[axis]}"
            )
        made.append(
            diff(step.astype(float) if kind_of(step.dtype) not in "fc" else step)
            if step.ndim
            else step
        )
    return made


def _slopes(x: ndarray, step: ndarray, axis: int, edge_order: int) -> ndarray:
    """The derivative along an axis: inside by the neighbours, at the edges by one side."""

    def at(start: int, stop: int | None) -> ndarray:
        return along(x, axis, slice(start, stop))

    def distance(start: int, stop: int | None) -> ndarray:
        part = step[start:stop] if step.ndim else step
        return part.reshape((-1, *(1,) * (x.ndim - 1 - axis))) if step.ndim else part

    def three(first: ndarray, middle: ndarray, last: ndarray, h: Any, k: Any, where: int) -> Any:
        """The slope of the parabola through three samples, at the first, middle or last."""
        whole = h + k
        if where == 0:
            a, b, c = -(2.0 * h + k) / (h * whole), whole / (h * k), -h / (k * whole)
        elif where == 1:
            a, b, c = -k / (h * whole), (k - h) / (h * k), h / (k * whole)
        else:
            a, b, c = k / (h * whole), -whole / (h * k), (2.0 * k + h) / (k * whole)
        return a * first + b * middle + c * last

    if step.ndim:
        h, k = distance(0, -1), distance(1, None)
        inside = three(at(0, -2), at(1, -1), at(2, None), h, k, 1)
    else:
        inside = (at(2, None) - at(0, -2)) / (2.0 * step)
    if edge_order == 1:
        first = (at(1, 2) - at(0, 1)) / distance(0, 1)
        last = (at(-1, None) - at(-2, -1)) / distance(-1, None)
    else:
        first = three(at(0, 1), at(1, 2), at(2, 3), distance(0, 1), distance(1, 2), 0)
        last = three(at(-3, -2), at(-2, -1), at(-1, None), distance(-2, -1), distance(-1, None), 2)
    return concatenate([first, inside, last], axis).astype(x.dtype)


@replayed
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Slopes of sampled functions along axes, by central differences, at the edges by one-sided
    ones; of samples at distances that are given, one for all or the places of each.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.gradient([1.0, 2.0, 4.0, 7.0])
    array([1. , 1.5, 2.5, 3. ])
    """
    x = asarray(f)
    if x.dtype.kind == "b":
        raise TypeError(f"gradient: not for bools, as in NumPy: shape {x.shape}; use astype(float)")
    x = x.astype(float) if kind_of(x.dtype) not in "fc" else x
    axes = normal_axes(axis, x.ndim, "gradient")
    axes = axes if axis is None or np.ndim(axis) == 0 else tuple(a % x.ndim for a in axis)
    if edge_order > 2:
        raise ValueError(f"gradient: 'edge_order' greater than 2 not supported: {edge_order}")
    for k in axes:
        if x.shape[k] < edge_order + 1:
            raise ValueError(
                f"gradient: shape {x.shape} is too small: axis {k} needs {edge_order + 1} elements"
            )
    steps = _spacings(x, varargs, axes)
    made = tuple(_slopes(x, step, k, edge_order) for step, k in zip(steps, axes, strict=True))
    return made[0] if len(made) == 1 else made


@replayed
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> ndarray:
    """The integral of a sampled function along an axis, by trapezoids.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.trapezoid([1, 2, 3], x=[4, 6, 8])
    np.float64(8.0)
    """
    values = asarray(y)
    at = normal_axis(axis, values.ndim, "trapezoid")
    step: Any = dx
    if x is not None:
        places = asarray(x)
        if places.ndim == 1:
            step = diff(places).reshape((-1, *(1,) * (values.ndim - 1 - at)))
        else:
            step = diff(places, axis=axis)
    heights = along(values, at, slice(1, None)) + along(values, at, slice(-1))
    return sum(step * heights / 2.0, axis)  # which has more axes where x has


def interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> ndarray:
    """The piecewise linear function through points, of rising xp, at each x; beyond them constant.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.interp([1.5, 9.0], [1, 2, 3], [3, 2, 0])
    array([2.5, 0. ])
    """
    at, places, values = as_numbers(x), as_numbers(xp), to_tensor(fp)
    given = at._layout.dtype, places._layout.dtype
    if any(dtype.is_complex for dtype in given):
        raise TypeError(f"interp: x and xp are real, not {given[0].name} and {given[1].name}")
    at, places = cast_to(at, FLOAT64), cast_to(places, FLOAT64)
    values = cast_to(values, COMPLEX128 if values._layout.dtype.is_complex else FLOAT64)
    shape = places._layout.shape
    if len(shape) != 1 or values.ndim != 1:
        raise ValueError(f"interp: xp and fp are vectors, not of {shape}, {values._layout.shape}")
    if shape != values._layout.shape:
        raise ValueError(f"interp: fp and xp are not of the same length: {fp}, {xp}")
    if shape == (0,):
        raise ValueError("interp: array of sample points is empty: xp has shape (0,)")
    if period is not None:
        if period == 0:
            raise ValueError("interp: period must be a non-zero value")
        period, left, right = abs(period), None, None
        at, places = at % period, places % period
        order = positions(places, 0)
        places, values = gather_rows(places, order), gather_rows(values, order)
        places = concat([places[-1:] - period, places, places[:1] + period], 0)
        values = concat([values[-1:], values, values[:1]], 0)
    found = _line(at, places, values)
    if shape == (1,):
        found = spread(values[0], at._layout.shape)  # of NaN too, as in NumPy
    if right is not None:
        found = select(at > places[-1], operand(right), found)
    return array_of(found if left is None else select(at < places[0], operand(left), found))


def _line(x: Any, places: Any, values: Any) -> Any:
    """What lies between points, whose values may be complex."""
    if values._layout.dtype.is_complex:
        return complex_(*(_line(x, places, part) for part in (real(values), imag(values))))
    return apply(INTERP, (x, places, values))


@replayed
def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: Any = 2 * np.pi) -> ndarray:
    """Angles along an axis, with multiples of the period added where they jump."""
    x = asarray(p)
    at = normal_axis(axis, x.ndim, "unwrap")
    step = diff(x, axis=at)
    discont = period / 2 if discont is None else discont
    dtype = result_type(step.dtype, period)
    whole = dtype.kind in "iu"
    high, rest = divmod(period, 2) if whole else (period / 2, 0)
    turned = UFUNCS["remainder"](step + high, period) - high
    if rest == 0:
        turned = where((turned == -high) & (step > 0), high, turned)
    fix = where(UFUNCS["absolute"](step) < discont, 0, turned - step)
    rest_of = along(x, at, slice(1, None)) + cumsum(fix, at)
    return concatenate([along(x, at, slice(1)), rest_of], at).astype(dtype)


def _cumulative(name: str, running: Any, start: int) -> Any:
    @into
    def cumulative(
        x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None,
        include_initial: bool = False,
    ) -> ndarray:  # fmt: skip
        values = atleast_1d(asarray(x))
        if axis is None and values.ndim != 1:
            raise ValueError(f"{name}: of an array of shape {values.shape} needs an axis")
        if isinstance(axis, tuple) and len(axis) > 1:
            raise ValueError(f"{name}: accumulate does not allow multiple axes: {axis}")
        at = normal_axis(0 if axis is None else as_axes(sole(axis)), values.ndim, name)
        found = running(values, at, dtype)
        if not include_initial:
            return found
        first = (*found.shape[:at], 1, *found.shape[at + 1 :])
        return concatenate([asarray(np.full(first, start, found.dtype)), found], at)

    cumulative.__name__ = cumulative.__qualname__ = name
    what = name.removeprefix("cumulative_")
    cumulative.__doc__ = f"The running {what}s along an axis, from {start} if that is included."
    return cumulative


cumulative_sum = _cumulative("cumulative_sum", cumsum, 0)
cumulative_prod = _cumulative("cumulative_prod", cumprod, 1)


def cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> ndarray:
    """The vector products of vectors of three components. One of two, which NumPy deprecates, lies
    in the plane of the first two axes; of two such there is the third component alone.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.cross([1, 0, 0], [0, 1, 0])
    array([0, 0, 1])
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = asarray(a), asarray(b)
    found = _cross(x, y, axisa, axisb, axisc)
    if 2 in (x.shape[axisa], y.shape[axisb]):
        warnings.warn(
            "cross: vectors of two components are deprecated in NumPy; give them a third, of 0",
            DeprecationWarning,
            stacklevel=1 + len([*own_frames()]),
        )
    return found


@replayed
def _cross(x: ndarray, y: ndarray, axisa: int, axisb: int, axisc: int) -> ndarray:
    if x.ndim == 0 or y.ndim == 0:
        raise ValueError("cross: at least one array has zero dimension")
    x = moveaxis(x, normal_axis(axisa, x.ndim, "cross"), -1)
    y = moveaxis(y, normal_axis(axisb, y.ndim, "cross"), -1)
    if not {x.shape[-1], y.shape[-1]} <= {2, 3}:
        raise ValueError(
            f"cross: incompatible dimensions for cross product: {x.shape} and {y.shape} along the "
            "last axis, which takes 3 or, deprecated in NumPy, 2"
        )
    x0, x1, x2 = (*unstack(x._read(), axis=-1), None)[:3]
    y0, y1, y2 = (*unstack(y._read(), axis=-1), None)[:3]
    if x2 is y2 is None:
        return as_array(x0 * y1 - x1 * y0)
    terms = [(x1, y2), (x2, y1), (x2, y0), (x0, y2), (x0, y1), (x1, y0)]
    products = [None if p is None or q is None else p * q for p, q in terms]
    parts = [_less(*products[k : k + 2]) for k in (0, 2, 4)]
    shape = broadcast(*(part._layout.shape for part in parts))
    return moveaxis(stack([spread(part, shape) for part in parts], -1), -1, axisc)


def _less(x: Any, y: Any) -> Any:
    """x - y, of which one may be nothing."""
    return -y if x is None else x if y is None else x - y


__all__ = [
    "cross", "cumulative_prod", "cumulative_sum", "diff", "ediff1d", "gradient", "interp",
    "trapezoid", "unwrap",
]  # fmt: skip
