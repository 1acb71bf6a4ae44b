"""How values lie where each op runs by itself: fused or not, a product of matrices reads the same
memory order.
"""

from __future__ import annotations

from ngrad.graph.graph import CONSTANT, INPUT, PART, Graph
from ngrad.graph.layout import Layout
from ngrad.graph.op import Op
from ngrad.graph.roles import kind_of
from ngrad.graph.strides import mapped_layout


def how_values_lie(graph: Graph, layouts: dict[int, Layout]) -> list[Layout]:
    """The layout of each node, of those of the inputs, by number."""
    lies: list[Layout] = []
    for node in graph.nodes:
        op, kind, where = node.op, kind_of(node), node.spec
        inputs = tuple([lies[k] for k in node.inputs])
        if op == INPUT:
            where = layouts.get(node.params[0], where)
        elif op in (CONSTANT, PART) or not isinstance(op, Op):
            pass
        elif kind == "map" and op.family == "elementwise":  # a copy lies by rows
            where = mapped_layout(inputs, where)[0]
        elif op.view and not (kind == "reshape" and inputs[0].contiguous):
            where = op.call(node.params, inputs).outputs[0]
        lies.append(where)
    return lies
