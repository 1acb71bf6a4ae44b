"""Rewrites that keep every bit, applied as nodes are made: they run before the graph is cut, in
whichever way.

A rewrite must be exact for signed zeros, infinities and NaN: `x * 1` is `x`, but `x + 0` loses -0
and `0 * x` loses NaN, so those stay.
"""

from __future__ import annotations

from typing import Any

from ngrad.graph.graph import CONSTANT, Graph, Node
from ngrad.graph.op import Op


def _is_one(graph: Graph, index: int) -> bool:
    node = graph.nodes[index]
    while isinstance(node.op, Op) and node.op.name in ("broadcast_to", "reshape"):
        node = graph.nodes[node.inputs[0]]
    return node.op == CONSTANT and node.params[-1] == 1


def rewrite(graph: Graph, op: Op, inputs: tuple[int, ...], params: Any, out: Any) -> int | None:
    """The value that an application equals, if it need not be computed."""
    nodes: list[Node] = graph.nodes
    if op.name in ("multiply", "divide") and out.spec.dtype.is_complex:
        return None  # an infinite part times the 0 of 1 + 0 i is NaN
    if op.name == "multiply":
        for x, one in (inputs, inputs[::-1]):
            if nodes[x].spec is out.spec and _is_one(graph, one):
                return x
    elif op.name == "divide":
        x, one = inputs
        if nodes[x].spec is out.spec and _is_one(graph, one):
            return x
    elif op.name in ("reshape", "broadcast_to"):
        if nodes[inputs[0]].spec is out.spec:
            return inputs[0]
    elif op.name in ("negative", "conj"):
        before = nodes[inputs[0]]
        if isinstance(before.op, Op) and before.op.name == op.name:
            return before.inputs[0]
    return None
