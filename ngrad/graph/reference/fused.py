"""The reference of a fused group: its loop nest, a step at a time over whole rows and columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.dtypes import BY_CODE
from ngrad.graph.group import Group, Leaf
from ngrad.graph.indexing import Frame
from ngrad.graph.reference.elementwise import ELEMENTWISE
from ngrad.graph.reference.folds import FOLDS
from ngrad.graph.reference.moves import MOVES
from ngrad_kernels.space import Reduce, Step

Array = np.ndarray[Any, Any]


def fused(*inputs: Array, group: Group) -> tuple[Array, ...] | Array:
    """The results of a group; one, bare, if it has one.

    Each value is an array of two axes, of one element along those by which it does not vary.
    """
    values = list[Array]()
    for leaf in group.leaves:
        x = inputs[leaf.input]
        if leaf.spread == "gathered":
            x = MOVES["take_rows"](x, values[leaf.rows], *leaf.along)
            x = x.reshape(_shape(group) if x.size == group.split.size else (-1, 1))
        values.append(_loaded(x, leaf, group))
    for step in group.steps:
        operands = [values[k] for k in step.operands]
        if isinstance(step, Reduce):
            found = _reduced(step, operands[0], group)
        else:
            found = _computed(step, operands, group)
        values.append(found.astype(BY_CODE[step.code].numpy_dtype, copy=False))
    results = []
    for k, spec in zip(group.outputs, group.specs, strict=True):
        whole = values[k] if values[k].size == spec.size else _whole(values[k], group)
        results.append(whole.reshape(spec.shape))
    return tuple(results) if len(results) > 1 else results[0]


def together(*inputs: Array, groups: tuple[Group, ...]) -> tuple[Array, ...]:
    """The results of several groups, one after the other."""
    results: list[Array] = []
    first = 0
    for group in groups:
        count = 1 + max(leaf.input for leaf in group.leaves)
        found = fused(*inputs[first : first + count], group=group)
        results += found if isinstance(found, tuple) else (found,)
        first += count
    return tuple(results)


def _whole(x: Array, group: Group) -> Array:
    return np.broadcast_to(x, _shape(group))


def _shape(group: Group) -> tuple[int, int]:
    return group.split.rows, group.split.length


def _loaded(x: Array, leaf: Leaf, group: Group) -> Array:
    rows, length = _shape(group)
    if leaf.spread == "padded":
        frame = group.frames[leaf.frame]
        out = np.zeros((rows, length), x.dtype)
        out[_within(frame, group)] = x.reshape(-1)
        return out
    if leaf.spread == "index":
        return x.reshape(leaf.shape)
    if leaf.spread == "gathered":
        return x
    if leaf.spread == "one":
        return x.reshape(1, 1)
    shapes = {"element": (rows, length), "row": (rows, 1), "column": (1, length)}
    return np.broadcast_to(x, leaf.shape).reshape(shapes[leaf.spread])


def _within(frame: Frame, group: Group) -> Array:
    """Which elements of the space a frame has."""
    inside = np.zeros((*frame.extents, group.split.length), bool)
    axes = [slice(first, first + count) for _, first, count in frame.axes]
    inside[(*axes, slice(frame.left, frame.left + frame.columns))] = True
    return inside.reshape(_shape(group))


def _reduced(step: Reduce, x: Array, group: Group) -> Any:
    """Of each row an element; of columns a row of them for each panel."""
    axis, x = 1 if step.axis == "row" else 0, _whole(x, group)
    if group.split.panels > 1 and not axis:
        axis, x = 1, x.reshape(group.split.panels, group.split.height, group.split.length)
    total = FOLDS[f"reduce_{step.reduction}"](x, axes=(axis,))
    return total if x.ndim > 2 else np.expand_dims(total, axis)


def _computed(step: Step, operands: list[Array], group: Group) -> Any:
    if step.scalar == "inside":
        return _within(group.frames[step.frame], group)
    if step.scalar == "pick":
        x, index = operands
        return np.take_along_axis(_whole(x, group), _by_rows(index, group), 1)
    if step.scalar == "spread":
        index, g = operands
        out = np.zeros(_shape(group), g.dtype)
        np.put_along_axis(out, _by_rows(index, group), 0 + _by_rows(g, group), 1)
        return out
    if step.scalar == "interleave":
        return np.stack([_whole(x, group) for x in operands], -1)
    if step.scalar == "cast":
        return ELEMENTWISE["cast"](*operands, dtype=BY_CODE[step.code])
    return ELEMENTWISE[step.scalar](*operands)


def _by_rows(x: Array, group: Group) -> Array:
    return np.broadcast_to(x, (group.split.rows, 1))
