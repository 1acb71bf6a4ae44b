"""Rewrites that keep every bit, applied as nodes are made: they run before the graph is cut, in
whichever way.

A rewrite must be exact for signed zeros, infinities and NaN: `x * 1` is `x`, but `x + 0` loses -0
and `0 * x` loses NaN, so those stay.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ngrad.graph.graph import CONSTANT, Graph
from ngrad.graph.op import Op


def _is_one(graph: Graph, index: int) -> bool:
    node = graph.nodes[index]
    while isinstance(node.op, Op) and node.op.name in ("broadcast_to", "reshape"):
        node = graph.nodes[node.inputs[0]]
    return node.op == CONSTANT and node.params[-1] == 1


def rewrite(graph: Graph, op: Op, inputs: tuple[int, ...], params: Any, out: Any) -> int | None:
    """The value that an application equals, if it need not be computed."""
    rule = RULES.get(op.name)
    return None if rule is None else rule(graph, op, inputs, params, out)


def _product(graph: Graph, op: Op, inputs: tuple[int, ...], params: Any, out: Any) -> int | None:
    if out.dtype.is_complex:
        return None  # an infinite part times the 0 of 1 + 0 i is NaN
    x, y = inputs
    for value, one in ((x, y), (y, x)) if op.name == "multiply" else ((x, y),):
        if graph.nodes[value].spec is out.spec and _is_one(graph, one):
            return value
    return None


def _spread(graph: Graph, op: Op, inputs: tuple[int, ...], params: Any, out: Any) -> int | None:
    return inputs[0] if graph.nodes[inputs[0]].spec is out.spec else None


def _involution(graph: Graph, op: Op, inputs: tuple[int, ...], params: Any, out: Any) -> int | None:
    before = graph.nodes[inputs[0]]
    return before.inputs[0] if before.op is op else None


RULES: dict[str, Callable[[Graph, Op, tuple[int, ...], Any, Any], int | None]] = {
    "multiply": _product,
    "divide": _product,
    "reshape": _spread,
    "broadcast_to": _spread,
    "identity": _spread,
    "negative": _involution,
    "conj": _involution,
}
"""By the name of an op; those that take other ops to state stand beside their own."""
