"""Functions of two operands applied along an axis, to what came before and each element."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.graph.op import TABLE
from ngrad.numpy.calculus import along
from ngrad.numpy.composed import LN2
from ngrad.numpy.convert import INT64, array_of
from ngrad.numpy.joining import stack
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.selection import take, where
from ngrad.numpy.ufuncs import UFUNCS, ufunc
from ngrad.ops.accumulate import accumulated, of_segments
from ngrad.ops.elementwise import Binary
from ngrad.ops.shape import swap_last
from ngrad.record import state
from ngrad.tensor import Tensor, from_numpy

APPLIED = {
    **{
        name: name
        for name in (
            "add", "subtract", "multiply", "divide", "maximum", "minimum", "copysign", "nextafter",
            "hypot", "logaddexp", "logical_and", "logical_or", "logical_xor", "bitwise_and",
            "bitwise_or", "bitwise_xor", "left_shift", "right_shift", "gcd", "lcm",
        )
    },
    "floor_divide": "floordiv", "remainder": "mod", "power": "pow", "arctan2": "atan2",
}  # fmt: skip
"""Functions that are one op, and its name: a kernel applies it to one element after the other."""

NUMBERS = {"fmax": ("maximum", -np.inf), "fmin": ("minimum", np.inf)}
"""Extremes that leave NaNs out: as of which function, with what in their place."""


def op_of(name: str) -> Binary | None:
    """The op that a function is; None if it is made of several."""
    found: Any = TABLE[APPLIED[name]] if name in APPLIED else None
    return found


def running(function: ufunc, x: ndarray, axis: int, starts: Any, last: bool = False) -> ndarray:
    """A function of all elements up to each along an axis, from anew at some places, an array or a
    tensor: of these the first is 0, and none is there twice. If `last`, of all from each of them up
    to the next.
    """
    if function.__name__ in NUMBERS:  # as maximum or minimum, with NaNs left out
        name, least = NUMBERS[function.__name__]
        if not x._layout.dtype.is_inexact:
            return running(UFUNCS[name], x, axis, starts, last)
        none = UFUNCS["isnan"](x)
        instead = complex(least, least) if x._layout.dtype.is_complex else least
        found = running(UFUNCS[name], where(none, instead, x), axis, starts, last)
        return where(running(UFUNCS["logical_and"], none, axis, starts, last), np.nan, found)
    first = x._read()
    kind = function._kind
    if kind != "same" and not (kind == "float" and first._layout.dtype.is_inexact):
        first = function._converted((x, x), None)[0]
    if function.__name__ == "logaddexp2":
        return running(UFUNCS["logaddexp"], array_of(first) * LN2, axis, starts, last) / LN2
    op = op_of(function.__name__)
    if op is not None and not first._layout.dtype.is_inexact:
        if op.name == "pow":  # of integers it is made of several
            op = None
        else:  # some have results of floats
            first = op._operands(first, first)[0]
    if op is None:
        starts = np.asarray(starts)
        nothing = along(x, axis, slice(0, 0))
        nothing = function(nothing, nothing)
        parts = [along(x, axis, k) for k in range(x.shape[axis])]
        for k in set(range(1, len(parts))).difference(starts):
            parts[k] = function(parts[k - 1], parts[k])
        if last:
            parts = [parts[k - 1] for k in (*starts[1:], len(parts))]
        return stack(parts, axis).astype(nothing.dtype, copy=False) if parts else nothing
    device = first._layout.device
    # What has a derivative that looks at what comes before each element is run through anyhow.
    if last and (op.name == "add" or not state.listens()):
        places = starts if type(starts) is Tensor else from_numpy(starts, INT64, device)
        return array_of(of_segments(op.name, first, places, axis))
    starts = np.asarray(starts)
    anew = np.zeros(x.shape[axis], bool)
    anew[starts] = True
    rows = accumulated(op.name, swap_last(first, axis), from_numpy(anew, None, device))
    found = array_of(swap_last(rows, axis))
    return take(found, np.array([*starts[1:], x.shape[axis]]) - 1, axis) if last else found
