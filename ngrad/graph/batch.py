"""From a graph to one that does its work for a whole batch at once.

The rule of each op is traced into a new graph. Values that depend on no batched input stay single:
what they are multiplied by, gathered from or compared with is neither repeated nor computed twice.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from ngrad.errors import GradientError
from ngrad.graph.graph import CONSTANT, INPUT, PART, Graph
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op

Rule = Callable[..., Any]
"""`rule(size, batched, *inputs, **params)` gives the result (or a tuple of the results) for a whole
batch. `batched` says which inputs have a leading axis of `size` elements beside their own; at least
one has, and every result must have.

Ordinary Python over ops; it is traced.
"""


class Tools:
    """What the ops layer provides: tracing, repetition along a new leading axis, and the rules that
    hold for all ops of a family, which take the op first.
    """

    traced: Callable[[Graph, Callable[[], Any]], Any]
    spread: Callable[[Any, int], Any]
    families: dict[str, Rule]


tools = Tools()
"""Filled when the ops are defined: a pass uses ops, but imports run the other way."""


def rule_of(op: Op) -> Rule:
    """An op's batching rule: its own, or its family's.

    Raises
    ------
    GradientError
        If it has none.
    """
    if op.batching is not None:
        return op.batching
    shared = tools.families.get(op.family)
    if shared is None:
        raise GradientError(f"{op.name}: has no batching rule; register one with its `batch`")
    return functools.partial(shared, op)


def with_batch(where: Layout, size: int) -> Layout:
    """The row-major layout of a batch of values."""
    return layout(where.dtype, (size, *where.shape), None, where.device)


def batched(graph: Graph, which: Sequence[bool], size: int, single: int = 0) -> Graph:
    """The graph over batches.

    Parameters
    ----------
    graph : Graph
    which : sequence of bool
        For each input of the graph, whether it has one more axis, in front of its own.
    size : int
        Elements along that axis.
    single : int
        How many of the first outputs depend on no batched input, and stay as they are.

    Returns
    -------
    Graph
        Over the same inputs, in the same order. Every other output has the leading axis; one that
        depends on no batched input is repeated.

    Examples
    --------
    >>> import ngrad
    >>> from ngrad.dtypes import float32
    >>> from ngrad.record import traced
    >>> graph = Graph()
    >>> x, y = (graph.input(layout(float32, shape)) for shape in ((2,), (3, 2)))
    >>> graph.outputs = (traced(graph, lambda: x * y).index,)
    >>> print(batched(graph, (True, False), 5))
    %0 = input(0) : float32[5, 2]
    %1 = input(1) : float32[3, 2]
    %2 = reshape(%0, shape=(5, 1, 2)) : float32[5, 1, 2]
    %3 = multiply(%2, %1) : float32[5, 3, 2]
    return %3
    """
    result = Graph(graph.rewrite)
    need = graph.needed()
    values: list[Any] = [None] * len(graph.nodes)
    many = [False] * len(graph.nodes)

    def value(index: int) -> Any:
        node = graph.nodes[index]
        if node.op == INPUT:
            many[index] = which[node.params[0]]
            return result.input(with_batch(node.spec, size) if many[index] else node.spec)
        if node.op == CONSTANT:
            return result.constant(node.params[-1], node.spec.dtype, node.spec.device)
        flags = tuple([many[k] for k in node.inputs])
        inputs = tuple([values[k] for k in node.inputs])
        many[index] = any(flags)
        if node.op == PART:
            return inputs[0][node.params[0]]
        assert isinstance(node.op, Op)
        if not many[index]:
            return result.apply(node.op, inputs, node.params)
        out = rule_of(node.op)(size, flags, *inputs, **node.op.keywords(node.params))
        first = out[0] if isinstance(out, tuple) else out
        if (first.dtype, first._layout.shape) != (node.spec.dtype, (size, *node.spec.shape)):
            raise ValueError(
                f"{node.op.name}: its batching rule gave {first!r} for {size} of {node.spec!r}"
            )
        return out

    def trace() -> list[int | None]:
        for index, node in enumerate(graph.nodes):
            if need[index] or node.op == INPUT:
                values[index] = value(index)
        return [
            None if k is None else whole(k, place < single).index
            for place, k in enumerate(graph.outputs)
        ]

    def whole(index: int, alone: bool) -> Any:
        return values[index] if many[index] or alone else tools.spread(values[index], size)

    result.outputs = tuple(tools.traced(result, trace))
    return result
