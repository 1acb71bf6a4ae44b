"""In which order elements lie, as NumPy's would: on that depends what is a view there, and what a
copy.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ngrad.graph.layout import Layout
from ngrad.ops.shape import RESHAPE, TRANSPOSE
from ngrad.ops.slicing import SLICE
from ngrad.ops.windows import WINDOWS
from ngrad.tensor import Tensor
from ngrad.window import Window

TURNING = (TRANSPOSE, SLICE, WINDOWS)
"""Ops that may show elements in another order than they lie."""
FAR = 64
"""Entries among which it is looked for what a pending tensor is made of."""


def lying(shape: Sequence[int], strides: Sequence[int]) -> np.ndarray[Any, Any]:
    """An array of arbitrary bytes that lies so."""
    steps = [(n - 1) * s for n, s in zip(shape, strides, strict=True) if n > 0]
    first = -sum(step for step in steps if step < 0)
    room = np.empty(1 + sum(map(abs, steps)), np.uint8)
    return np.ndarray(tuple(shape), np.uint8, room, first, tuple(strides))


def row_major(where: Layout) -> bool:
    """Whether the last axis lies innermost; axes that repeat one element lie anywhere."""
    if where.contiguous:
        return True
    in_rows = _in_rows.__wrapped__ if where.open else _in_rows  # open sizes are a recording's
    return in_rows(where.shape, where.strides)


@functools.lru_cache(4096)
def _in_rows(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    telling = [s for n, s in zip(shape, strides, strict=True) if n > 1 and s]
    return telling == sorted(telling, reverse=True) and all(s > 0 for s in telling)


def in_columns(where: Layout) -> bool:
    """Whether elements lie side by side, and the first axis innermost."""
    return packed(where) and _in_rows(where.shape[::-1], where.strides[::-1])


def packed(where: Layout) -> bool:
    """Whether elements lie side by side, in whichever order of the axes."""
    kept = [(s, n) for n, s in zip(where.shape, where.strides, strict=True) if n > 1]
    step = where.dtype.itemsize
    for stride, n in sorted(kept):
        if stride != step:
            return False
        step *= n
    return True


def surely_in_rows(x: Tensor) -> bool:
    """Whether a tensor lies in row-major order, or certainly will once it is computed: the layout
    of a pending one says what it is, and not how it will lie.
    """
    window = x._window
    if x._at or not isinstance(window, Window):
        return row_major(x._layout)
    turned = () if window.trace is None else window.trace.turned
    todo, met = [x._slot], {x._slot}
    while todo and len(met) <= FAR:
        slot = todo.pop()
        value = window.kept.get(slot)
        if value is None:
            value = window.held(slot)
        call, *slots = window.entries[slot]
        if type(value) is Tensor and value._at:
            if not row_major(value._layout):
                return False
        elif (call.op in TURNING and not _forward(call)) or slot in turned:
            return False
        elif call.op is RESHAPE and call.spec.ndim < 2:
            continue
        elif call.op.family == "elementwise" or call.op.view:
            todo += set(slots) - met
            met.update(slots)
    return not todo


def _forward(call: Any) -> bool:
    """Whether it is a slice that goes no axis backwards: elements come in the order in which they
    lie.
    """
    return call.op is SLICE and all(step > 0 for _, step, _ in call.params[0])


def in_rows(x: Tensor) -> bool:
    """The same of a tensor that is computed if it may be and cannot be told else."""
    if surely_in_rows(x):
        return True
    if x._at or not isinstance(x._window, Window) or x._window.trace is not None:
        return False
    Tensor.evaluate(x)
    return row_major(x._layout)
