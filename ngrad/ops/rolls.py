"""Elements shifted along axes: what leaves at one end enters at the other.

An op of its own for the sake of its derivative, which shifts back: that of two slices that are put
together would add two tensors with zeros in place of the other. Within a graph it is such slices.
"""

from __future__ import annotations

from typing import Any

from ngrad.errors import ShapeError
from ngrad.graph.graph import Graph
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.graph.program import Program
from ngrad.graph.simplify import RULES
from ngrad.ops.convert import tensor
from ngrad.ops.extents import dims, integers
from ngrad.ops.joining import CONCAT
from ngrad.ops.launching import place_launch
from ngrad.ops.shape import normal_axis, reshape
from ngrad.ops.slicing import SLICE
from ngrad.record import apply
from ngrad.tensor import Tensor


def _parts(shape: tuple[int, ...], axis: int, by: int) -> list[tuple[int, tuple[int, ...]]]:
    """Where each part of the result begins in the operand along the axis, and its shape."""
    rest = shape[axis] - by
    return [(k, (*shape[:axis], n, *shape[axis + 1 :])) for k, n in ((rest, by), (0, rest))]


def _infer(x: Layout, axis: int, by: int) -> Layout:
    return layout(x.dtype, x.shape)


def _prepare(inputs: tuple[Layout, ...], out: Layout, axis: int, by: int) -> Any:
    (x,) = inputs
    launches, keep, done = [], [], 0
    for start, shape in _parts(x.shape, axis, by) if out.size else ():
        part = layout(x.dtype, shape, x.strides, x.device)
        region = list(zip(shape, out.strides, strict=True))
        places = done * out.strides[axis], start * x.strides[axis]
        launch, facts = place_launch(part, region, places[0], begin=places[1])
        launches.append(launch)
        keep.append(facts)
        done += shape[axis]
    return Program(tuple(launches), keep=tuple(keep)), out


ROLL = Op("roll", _infer, _prepare, ("axis", "by"), family="shape")
"""`by`: how far, from 1 on and less than the axis has elements."""


@ROLL.vjp
def _(g: Any, out: Any, x: Any, axis: int, by: int) -> Any:
    return (apply(ROLL, (g,), (axis, x._layout.shape[axis] - by)),)


@ROLL.batch
def _(size: int, batched: Any, x: Any, axis: int, by: int) -> Any:
    return apply(ROLL, (x,), (axis + 1, by))


def _put_together(
    graph: Graph, op: Op, inputs: tuple[int, ...], params: Any, out: Any
) -> int | None:
    """Slices, which are read, and computed, where they go."""
    axis, by = params
    x = graph.value(inputs[0])
    found = []
    for start, shape in _parts(out.shape, axis, by):
        slices = tuple((start if k == axis else 0, 1, n) for k, n in enumerate(shape))
        found.append(graph.apply(SLICE, (x,), (slices,)))
    index: int = graph.apply(CONCAT, tuple(found), (axis,)).index
    return index


RULES["roll"] = _put_together


def roll(input: Any, shift: Any, axis: Any = None, name: str | None = None) -> Tensor:
    """Shift elements along axes; what leaves at one end enters at the other.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.roll([1, 2, 3], shift=1, axis=0).numpy()
    array([3, 1, 2], dtype=int32)
    """
    x = tensor(input, "roll")
    if axis is None:
        return reshape(roll(reshape(x, (-1,)), shift, 0), x._layout.shape) if x.size else x
    shifts, axes = dims(shift, "roll"), integers(axis, "roll")
    if len(shifts) == 1:
        shifts = shifts * len(axes)
    if len(shifts) != len(axes):
        raise ShapeError(f"roll: {len(shifts)} shifts for {len(axes)} axes")
    for by, a in zip(shifts, axes, strict=True):
        at = normal_axis(a, x.ndim, "roll")
        n = x._layout.shape[at]
        by = by % n if n else 0
        if by:
            x = apply(ROLL, (x,), (at, by))
    return x
