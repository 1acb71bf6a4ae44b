"""Values that die in a group, or in an op that may write over its first operand: it alone still
reads them, so that a result may take their place.

Only what the plan itself makes, or is given, and shows to nobody: no constant or output, nothing
that a view of it shows later, nothing that a user's Python has seen. Whether a result can be put
there is for its kernel to say (`ngrad_kernels/in_place.py`).
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

from ngrad.graph.graph import CONSTANT, INPUT, PART, Graph, Node
from ngrad.graph.group import FUSED
from ngrad.graph.op import USERS


def mark_dying(graph: Graph, given: Container[int] = ()) -> Graph:
    """The graph, whose groups say which of their inputs die in them, and whose ops that may write
    over their first say if it does. No size decides.

    Parameters
    ----------
    given : container of int
        Numbers of the graph's inputs that nobody else has.
    """
    if not any(node.op is FUSED or may_write(node) for node in graph.nodes):
        return graph
    depths = graph.depths()
    owners, readers, held = _memory(graph, given)
    new = Graph()
    new.inputs, new.outputs = graph.inputs, graph.outputs

    def dies(k: int, j: int, alone: bool = False) -> bool:
        # Whoever else reads a value has run, also where groups of one depth run at once: what runs
        # alone does so after those before it.
        return (
            j not in held
            and readers[j].count(k) == 1
            and all(i == k or (i < k and depths[i] < depths[k] + alone) for i in readers[j])
        )

    for k, node in enumerate(graph.nodes):
        if node.op is FUSED:
            dying = tuple(
                [place for place, j in enumerate(node.inputs) if owners[j] == j and dies(k, j)]
            )
            node = node._replace(params=(replace(node.params[0], dying=dying),))
        elif may_write(node):
            j = owners[node.inputs[0]]  # of which it may have a view, but of all
            whole = graph.nodes[j].spec.size == node.spec.size
            node = node._replace(params=(whole and dies(k, j, alone=True), *node.params[1:]))
        new.append(node)
    return new


def _memory(graph: Graph, given: Container[int]) -> tuple[list[int], list[list[int]], set[int]]:
    """For each value, that whose memory it may be; who reads that memory; and the values whose
    memory others have, or may have.
    """
    owners: list[int] = []
    readers: list[list[int]] = [[] for _ in graph.nodes]
    held: set[int] = set()
    for k, (node, needed) in enumerate(zip(graph.nodes, graph.needed(), strict=True)):
        owners.append(owners[node.inputs[0]] if _may_be_its_operand(node) else k)
        behind = [owners[j] for j in node.inputs]
        opaque = not isinstance(node.op, str) and node.op.family in USERS  # may keep what it sees
        outside = node.op == CONSTANT or (node.op == INPUT and node.params[0] not in given)
        if outside or opaque or (node.op == PART and behind[0] in held):
            held.add(k)
        if opaque:
            held.update(behind)
        if needed:
            for j in behind:
                readers[j].append(k)
    held.update(owners[k] for k in graph.outputs if k is not None)
    return owners, readers, held


def may_write(node: Node) -> bool:
    """Whether an op may write over its first operand."""
    return not isinstance(node.op, str) and node.op.over


def _may_be_its_operand(node: Node) -> bool:
    """Whether a result may lie in the memory of the first operand."""
    op = node.op
    if isinstance(op, str) or op is FUSED:
        return False
    return op.view or op.moves or (op.family == "engine" and bool(node.inputs))
