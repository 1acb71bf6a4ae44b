"""Graphs: how they print, and that the verifier finds each way in which one can be wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ngrad.dtypes import float32, float64
from ngrad.graph.graph import CONSTANT, Graph, Node
from ngrad.graph.layout import layout
from ngrad.graph.op import TABLE, Op

SCALAR, PAIR = layout(float32, ()), layout(float32, (2,))
BOTH = Op("both", lambda x: (x, SCALAR), lambda x: x, family="opaque")


def example() -> Graph:
    graph = Graph()
    x, y = graph.input(PAIR), graph.input(layout(float32, (3, 1)))
    total = graph.apply(TABLE["add"], (x, y), ())
    scaled = graph.apply(TABLE["multiply"], (total, graph.constant(0.5, float32)), ())
    first, second = graph.apply(BOTH, (scaled,), ())
    rows = graph.apply(TABLE["reduce_sum"], (first,), ((1,),))
    graph.outputs = (rows.index, None, second.index)
    return graph


def test_printed() -> None:
    """A line a node that is needed: several results as a tuple, and a part by its position."""
    graph = example()
    graph.input(PAIR)  # which nothing needs
    assert str(graph).splitlines() == [
        "%0 = input(0) : float32[2]",
        "%1 = input(1) : float32[3, 1]",
        "%2 = add(%0, %1) : float32[3, 2]",
        "%3 = constant(0.5) : float32[]",
        "%4 = multiply(%2, %3) : float32[3, 2]",
        "%5 = both(%4) : (float32[3, 2], float32[])",
        "%6 = %5[0] : float32[3, 2]",
        "%7 = %5[1] : float32[]",
        "%8 = reduce_sum(%6, axes=(1,)) : float32[3]",
        "return %8, none, %7",
    ]


def test_a_graph_as_it_was_built_is_right() -> None:
    graph = example()
    graph.verify()
    graph.input(PAIR)
    graph.verify()


def change(index: int, **fields: Any) -> Callable[[Graph], None]:
    def apply(graph: Graph) -> None:
        graph.nodes[index] = graph.nodes[index]._replace(**fields)

    return apply


def add(node: Node) -> Callable[[Graph], None]:
    return lambda graph: graph.nodes.append(node)


def returns(*outputs: int | None) -> Callable[[Graph], None]:
    def apply(graph: Graph) -> None:
        graph.outputs = outputs

    return apply


OTHER = layout(float64, (2,))
STRIDED = layout(float32, (2,), (8,))
CORRUPTIONS = {
    "an input that comes later": (change(2, inputs=(0, 4)), r"%2 = add.* reads %4, which"),
    "an input that is itself": (change(2, inputs=(2, 1)), r"%2 = add.* reads %2, which"),
    "an input before the first": (change(2, inputs=(-1, 1)), r"%2 = add.* reads %-1, which"),
    "another dtype": (change(4, spec=layout(float64, (3, 2))), r"%4 = .* be float32\[3, 2\]"),
    "another shape": (change(8, spec=SCALAR), r"%8 = reduce_sum.* should be float32\[3\]"),
    "strides": (change(0, spec=STRIDED), r"%0 = .* should be float32\[2\]"),
    "too few operands": (change(2, inputs=(0,)), r"%2 = add\(%0\).* should be float32\[2\]"),
    "operands that do not fit": (change(0, spec=OTHER), r"%2 = add.* is refused by its op: add:"),
    "too few params": (change(8, params=()), r"%8 = .* is refused by its op"),
    "an op by its name": (change(2, op="add"), r"%2 = add.* is neither an op nor"),
    "an input with an operand": (change(1, inputs=(0,)), r"%1 = input\(1\).* takes 0 inputs"),
    "an input's number twice": (change(1, params=(0,)), r"%1 = input\(0\).* is %0 again"),
    "an input too many": (change(1, params=(2,)), r"%1 = input\(2\).* graph that has 2"),
    "an input's number below 0": (change(1, params=(-1,)), r"%1 = input\(-1\).* that has 2"),
    "a constant with axes": (change(3, spec=PAIR), r"%3 = constant\(0.5\).* have no axes"),
    "a constant with an operand": (change(3, inputs=(0,)), r"%3 = constant.* takes 0 inputs"),
    "a part of two": (change(6, inputs=(5, 5)), r"%6 = %5\[0\].* takes 1 inputs, not 2"),
    "a part that is not there": (change(7, params=(2,)), r"%7 = %5\[2\].* %5 does not have"),
    "a part below 0": (change(7, params=(-1,)), r"%7 = %5\[-1\].* %5 does not have"),
    "a part of one result": (change(7, inputs=(4,)), r"%7 = %4\[1\].* %4 does not have"),
    "a part's shape": (change(7, spec=PAIR), r"%7 = %5\[1\].* should be float32\[\]"),
    "several results read whole": (change(8, inputs=(5,)), r"%8 = .* reads %5, which has several"),
    "several results' first": (change(5, spec=SCALAR), r"%5 = both.* be float32\[3, 2\]"),
    "a node twice": (add(Node(TABLE["add"], (), (0, 1), layout(float32, (3, 2)))), "%9 .*%2 again"),
    "a constant twice": (add(Node(CONSTANT, ("float", "0.5", 0.5), (), SCALAR)), "%9 .* %3 again"),
    "an output that is no node": (returns(9), "output %9 is no node"),
    "an output before the first": (returns(-1), "output %-1 is no node"),
    "an output of several results": (returns(0, 5), "output %5 has several results"),
}


@pytest.mark.parametrize(("corrupt", "message"), CORRUPTIONS.values(), ids=CORRUPTIONS)
def test_corruption_is_found(corrupt: Callable[[Graph], None], message: str) -> None:
    """And the message names the node, and prints it, however wrong it is."""
    graph = example()
    corrupt(graph)
    with pytest.raises(ValueError, match=message):
        graph.verify()


def test_values_of_two_graphs_do_not_mix() -> None:
    graph, other = example(), Graph()
    with pytest.raises(ValueError, match="add: %0 : float32\\[2\\] is a value of another graph"):
        graph.apply(TABLE["add"], (graph.value(0), other.input(PAIR)), ())
