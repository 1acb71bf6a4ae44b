"""Chains of values of which each is the one before but for a part, as a loop makes them that
assigns elements, rows or blocks (`y[i] = ...`), and a sweep that adds up cotangents of what was
read (`x[i]`).
"""

from __future__ import annotations

import functools
import math
import operator

from ngrad.graph.graph import CONSTANT, Graph, Node
from ngrad.graph.indexing import Box, lie_apart, names_places
from ngrad.graph.op import Op
from ngrad.graph.roles import VIEWS, kind_of

LIMIT = 1 << 10
"""Chains that are told apart."""


def chain_lengths(graph: Graph, need: list[bool]) -> list[int]:
    """How long the chain is that each value is of; 0 for what is of none.

    The part of a link takes one place of some axis; or it lies apart from the one before, and does
    not depend on what the chain begins with or holds, as it would in the steps of a grid in time:
    of these, all that a loop nest reads is near what it writes.
    """
    nodes, length = graph.nodes, [0] * len(graph.nodes)
    changes = [_change(graph, node) if need[k] else None for k, node in enumerate(nodes)]
    begin = {nodes[k].inputs[0] for k, change in enumerate(changes) if change is not None}
    if not begin:
        return length
    begin = {k for k in begin if not _is_number(graph, k)}  # which others begin with, too
    numbers = iter(range(LIMIT))
    chain: list[int | None] = [None] * len(nodes)
    behind: list[int] = []  # the chains, as bits, that a value depends on
    for k, (node, change) in enumerate(zip(nodes, changes, strict=True)):
        found = functools.reduce(operator.or_, [behind[j] for j in node.inputs], 0)
        if change is not None:
            (part, box), source = change, node.inputs[0]
            own = chain[source] if source in begin else next(numbers, None)
            before = changes[source] if length[source] else None
            apart = before is None or lie_apart(box, before[1])
            anew = own is not None and not behind[part] >> own & 1
            if names_places(box, node.spec.shape) or (apart and anew):
                chain[k], length[k] = own, length[source] + 1
        if k in begin and not length[k]:
            chain[k] = next(numbers, None)
        own = chain[k]
        behind.append(found if own is None else found | 1 << own)
    for k in range(len(nodes) - 1, -1, -1):
        source = nodes[k].inputs[0] if length[k] else k
        if length[source]:
            length[source] = max(length[source], length[k])
    return length


def _change(graph: Graph, node: Node) -> tuple[int, Box] | None:
    """The part, and where it is, of a value that is its first operand but for that."""
    if is_named(node, "put_part"):
        return node.inputs[1], node.params[2]
    if not is_named(node, "add") or graph.nodes[node.inputs[0]].spec is not node.spec:
        return None
    added = graph.nodes[node.inputs[1]]
    if added.spec is not node.spec or not is_named(added, "embed"):
        return None
    zero = is_zero(graph.nodes[added.inputs[1]])
    return (added.inputs[0], added.params[1]) if zero else None


def _is_number(graph: Graph, k: int) -> bool:
    """Whether a value is one number everywhere."""
    node = graph.nodes[k]
    while kind_of(node) in VIEWS:
        node = graph.nodes[node.inputs[0]]
    return node.op == CONSTANT


def is_named(node: Node, *names: str) -> bool:
    """Whether a node is of an op of these."""
    return isinstance(node.op, Op) and node.op.name in names


def is_zero(node: Node) -> bool:
    """Whether a node is the constant 0, not -0."""
    value = node.params[-1] if node.op == CONSTANT else None
    return type(value) in (int, float) and value == 0 and math.copysign(1, value) > 0
