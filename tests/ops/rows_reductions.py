"""Rows of reductions and scans."""

from __future__ import annotations

from typing import Any

import numpy as np
from numeric import Array
from table import Row

import ngrad
from ngrad.graph.op import TABLE
from ngrad.ops import scans
from ngrad.ops.accumulate import accumulated, of_segments
from ngrad.ops.reductions import reduce_bits
from ngrad.ops.slide import SLIDE, Places
from ngrad.record import apply


def _reduced(op: str, reference: Any, kinds: str, **options: Any) -> list[Row]:
    """A reduction over every kind of axes: all, the last, the first, one between, none."""
    function = getattr(ngrad, op)
    cases = (
        (None, False, ()),
        (None, True, (5,)),
        (-1, False, (3, 4)),
        (0, False, (3, 4)),
        (1, True, (2, 3, 2)),
        ((0, 2), False, (2, 3, 2)),
        ((), False, (3,)),
    )
    return [
        Row(
            op,
            lambda x, axis=axis, keep=keep: function(x, axis, keepdims=keep),
            lambda x, axis=axis, keep=keep: reference(x, axis, keep),
            ((-2, 2),),
            kinds,
            shapes=((shape,),),
            label=f"axis={axis}".replace(" ", ""),
            **options,
        )
        for axis, keep, shape in cases
    ]


def _sum(x: Array, axis: Any, keep: bool) -> Array:
    wide = np.float64 if x.dtype.kind == "f" else x.dtype
    return np.sum(x, axis, dtype=wide, keepdims=keep)


def _prod(x: Array, axis: Any, keep: bool) -> Array:
    wide = np.float64 if x.dtype.kind == "f" else x.dtype
    return np.prod(x, axis, dtype=wide, keepdims=keep)


def _position(op: str) -> list[Row]:
    return [
        Row(
            op,
            lambda x, axis=axis: getattr(ngrad, op)(x, axis),
            lambda x, axis=axis: getattr(np, op)(x, axis),
            kinds="fiubc",
            shapes=((shape,),),
            smooth=False,
            label=f"axis={axis}",
        )
        for axis, shape in ((0, (5,)), (1, (3, 4)), (0, (3, 4)), (1, (2, 3, 2)))
    ]


def running(x: Array, fold: Any, axis: int, exclusive: bool, reverse: bool) -> Array:
    """TensorFlow's running reductions, by NumPy's."""
    x = np.flip(x, axis) if reverse else x
    wide = np.float64 if x.dtype.kind == "f" else x.dtype
    if exclusive:
        start = np.full_like(np.take(x, [0], axis), fold.identity)
        x = np.concatenate([start, np.delete(x, -1, axis)], axis)
    out = fold.accumulate(x, axis, dtype=wide)
    return np.flip(out, axis) if reverse else out


def _scan(op: str, fold: Any) -> list[Row]:
    return [
        Row(
            op,
            lambda x, a=axis, e=exclusive, r=reverse: getattr(ngrad.math, op)(x, a, e, r),
            lambda x, a=axis, e=exclusive, r=reverse: running(x, fold, a, e, r),
            kinds="fiuc",
            shapes=((shape,),),
            ulps=2,
            label=f"axis={axis}{'-exclusive' * exclusive}{'-reverse' * reverse}",
        )
        for axis, exclusive, reverse, shape in (
            (0, False, False, (5,)),
            (1, True, False, (3, 4)),
            (0, False, True, (3, 4)),
            (1, True, True, (2, 3, 2)),
        )
    ]


def _running_extremes(op: str, fold: Any) -> list[Row]:
    return [
        Row(
            op,
            lambda x, a=axis: getattr(scans, op)(x, a),
            lambda x, a=axis: fold.accumulate(x, a),
            kinds="fiuc",
            shapes=((shape,),),
            label=f"axis={axis}",
        )
        for axis, shape in ((0, (7,)), (1, (3, 4)), (0, (2, 0)))
    ]


def _accumulated(function: Any, x: Array) -> Array:
    """From anew at the third element."""
    parts = [function.accumulate(part, -1, x.dtype) for part in np.split(x, [3], -1)]
    return np.concatenate(parts, -1)


def _accumulates(name: str, kinds: str, smooth: bool = True) -> Row:
    anew = np.array([True, False, False, True, False])
    return Row(
        "accumulate",
        lambda x: accumulated(name, x, ngrad.constant(anew)),
        lambda x: _accumulated(getattr(np, name), x),
        ((0.5, 2),),
        kinds,
        shapes=(((5,),), ((2, 5),), ((0, 5),)),
        smooth=smooth,
        ulps=8 if smooth else 0,
        label=name,
    )


def _of_segments(name: str, kinds: str, smooth: bool = True) -> Row:
    starts = np.array([0, 1, 3])
    return Row(
        "segments",
        lambda x: of_segments(name, x, ngrad.constant(starts), 0),
        lambda x: np.stack(
            [getattr(np, name).reduce(part, 0, x.dtype) for part in np.split(x, starts[1:])]
        ),
        ((0.5, 2),),
        kinds,
        shapes=(((7,),), ((5, 3),), ((4, 0),)),
        smooth=smooth,
        ulps=8 if smooth else 0,
        label=name,
    )


def _of_bits(name: str) -> Row:
    return Row(
        f"reduce_{name}",
        lambda x: reduce_bits(TABLE[f"reduce_{name}"], x, 1),
        lambda x: getattr(np, f"bitwise_{name}").reduce(x, 1),
        kinds="iub",
        shapes=(((3, 4),), ((2, 20),), ((2, 3, 5),), ((2, 0),)),
        smooth=False,
    )


def _slid(x: Array, w: Array, places: Places) -> Array:
    """By windows of the input with its holes, and zeros around it."""
    room, axes = 99, range(1, x.ndim - 1)
    extents = [(n - 1) * hole + 1 for n, hole in zip(x.shape[1:-1], places.holes, strict=True)]
    whole = np.zeros((x.shape[0], *extents, x.shape[-1]), x.dtype)
    whole[:, *(slice(None, None, hole) for hole in places.holes)] = x
    whole = np.pad(whole, [(0, 0), *((room, room) for _ in axes), (0, 0)])
    for axis in axes:  # a window's elements come to stand last
        count, step, gap, _, lead = (part[axis - 1] for part in places)
        first = room - lead + step * np.arange(count)[:, None]
        at = first + gap * np.arange(w.shape[axis])
        whole = np.moveaxis(whole.take(at, axis), axis + 1, -1)
    taps = np.moveaxis(w, -1, 1).reshape(len(w), w.shape[-1], -1)
    found = whole.reshape(*whole.shape[: x.ndim], -1)
    taps = np.broadcast_to(taps, (x.shape[0], *taps.shape[1:]))
    return np.einsum("b...cp,bcp->b...c", found, taps)


_PLACES = [
    *((Places.along(4, lead), (((1, 5, 1), (1, 3, 1)), ((2, 2, 1), (2, 4, 1)))) for lead in (0, 3)),
    (Places.along(5, -2), (((2, 70, 1), (1, 40, 1)), ((1, 0, 2), (1, 3, 2)))),
    (
        Places((2, 3), (2, 1), (1, 2), (1, 1), (1, 0)),
        (((2, 3, 5, 3), (1, 2, 2, 3)), ((1, 2, 4, 17), (1, 3, 2, 17))),
    ),
    (
        Places((1, 5, 6), (1, 3, 1), (1, 2, 1), (1, 2, 3), (0, 3, 4)),
        (((2, 1, 3, 4, 2), (2, 1, 4, 5, 2)), ((1, 2, 3, 1, 16), (1, 1, 2, 4, 16))),
    ),
    (Places((3,), (4,), (2,), (6,), (5,)), (((1, 30, 16), (1, 33, 16)),)),
]


def _recurrence(a: Array, b: Array) -> Array:
    out = np.zeros(b.shape, np.float64 if b.dtype.kind == "f" else b.dtype)
    for k in range(b.shape[-1]):
        before = out[..., k - 1] if k else 0
        out[..., k] = b[..., k] + a[..., k] * before
    return out


REDUCTIONS = [
    *_reduced("reduce_sum", _sum, "fiuc", ulps=4),
    *_reduced("reduce_prod", _prod, "fiuc", ulps=8),
    *_reduced("reduce_max", lambda x, axis, keep: np.max(x, axis, keepdims=keep), "fiubc"),
    *_reduced("reduce_min", lambda x, axis, keep: np.min(x, axis, keepdims=keep), "fiubc"),
    *map(_of_bits, ("and", "or", "xor")),
    _accumulates("hypot", "f"),
    _accumulates("logical_xor", "b", smooth=False),
    _of_segments("add", "fiubc"),
    _of_segments("hypot", "f"),
    _of_segments("logical_xor", "b", smooth=False),
    *_position("argmax"),
    *_position("argmin"),
    *_scan("cumsum", np.add),
    *_scan("cumprod", np.multiply),
    *_running_extremes("cummax", np.maximum),
    *_running_extremes("cummin", np.minimum),
    *(
        Row(
            "slide",
            lambda x, w, places=places: apply(SLIDE, (x, w), places),
            lambda x, w, places=places: _slid(x, w, places),
            ((-2, 2), (-2, 2)),
            "fiuc",
            shapes=shapes,
            ulps=16,
            floor=1e-14,
            label=f"counts={places.counts}",
        )
        for places, shapes in _PLACES
    ),
    Row(
        "slide",
        lambda x, w: apply(SLIDE, (x, w), Places.along(6, 2)),
        lambda x, w: _slid(x[None, :, None], w[None, :, None], Places.along(6, 2))[0, :, 0],
        ((-2, 2), (-2, 2)),
        "fiuc",
        shapes=(((5,), (3,)), ((2,), (4,))),
        ulps=16,
        floor=1e-14,
        label="vectors",
    ),
    Row(
        "linear_recurrence",
        lambda a, b: apply(TABLE["linear_recurrence"], (a, b)),
        _recurrence,
        ((-2, 2), (-2, 2)),
        "fc",
        shapes=(((5,), (5,)), ((2, 3), (2, 3)), ((1,), (1,))),
        ulps=8,
    ),
]
