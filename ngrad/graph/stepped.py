"""Every so manieth element of rows, put back: a rewrite before arrays of few columns are taken
apart.

The gradient of `x[:, ::2]` is a row whose every other element is given, and that of a transform
that takes pairs apart (wavelets, rotary positions, the halves of a Fourier transform) a sum of
such. Here a row is seen as one of groups of elements, of as many as a step: what is put at every
second of n elements is a column of n / 2 rows of two. What is computed from such is so in that
shape, and `components.py` computes each column from columns. Every bit stays, and how each result
lies.
"""

from __future__ import annotations

from ngrad.graph.graph import Graph, Node
from ngrad.graph.indexing import COMPONENTS
from ngrad.graph.layout import Layout
from ngrad.graph.lying import how_values_lie
from ngrad.graph.op import TABLE, Op
from ngrad.graph.roles import kind_of


def stepped(graph: Graph, layouts: dict[int, Layout]) -> Graph:
    """The same graph, with what is put at every so manieth element of rows as columns of groups;
    `layouts` says how inputs lie, by number.
    """
    if not any(_step(node) for node in graph.nodes):
        return graph
    return _Stepped(graph, how_values_lie(graph, layouts)).new


def _step(node: Node) -> int:
    """How far apart a node puts elements along its last axis, if these are as many groups; or 0."""
    if kind_of(node) != "embed" or not node.spec.shape or 0 in node.spec.shape:
        return 0
    n, (start, step, count) = node.spec.shape[-1], node.params[1][-1]
    if any(type(size) is not int for size in (n, start, step, count)):
        return 0
    return step if 1 < step <= COMPONENTS and start < step and step * count == n > step else 0


class _Stepped:
    """
    Attributes
    ----------
    groups : dict of int to int
        By a value of the old graph: the new node that has its elements in groups.
    index : dict of int to int
        By a value: the new node that is it.
    """

    def __init__(self, old: Graph, lies: list[Layout]) -> None:
        self.old, self.new, self.lies = old, Graph(), lies
        self.new.inputs = old.inputs
        self.groups: dict[int, int] = {}
        self.index: dict[int, int] = {}
        for k, (node, need) in enumerate(zip(old.nodes, old.needed(), strict=True)):
            if not need:
                continue
            step = _step(node) or self._step_of(k, node)
            if step:
                made = self._embedded if kind_of(node) == "embed" else self._mapped
                self.groups[k] = made(node, step)
            else:
                inputs = tuple([self._whole(j) for j in node.inputs])
                self.index[k] = self._append(node._replace(inputs=inputs))
        self.new.outputs = tuple([None if k is None else self._whole(k) for k in old.outputs])

    def _step_of(self, k: int, node: Node) -> int:
        """How many elements the groups have of which an elementwise value is computed; or 0."""
        if kind_of(node) != "map" or not self.lies[k].contiguous:
            return 0
        of = [j for j in node.inputs if j in self.groups]
        shapes = [self.old.nodes[j].spec.shape for j in node.inputs]
        if not of or any(shape and shape[-1] not in (1, node.spec.shape[-1]) for shape in shapes):
            return 0
        step: int = self.new.nodes[self.groups[of[0]]].spec.shape[-1]
        return step

    def _embedded(self, node: Node, step: int) -> int:
        """Along the other axes first, if it is part of these; then as a column."""
        source, fill = (self._whole(j) for j in node.inputs)
        (*lead, n), (*others, (start, _, count)) = node.spec.shape, node.params[1]
        if others != [(0, 1, size) for size in lead]:
            slices = (*others, (0, 1, count))
            source = self._apply("embed", (source, fill), (*lead, count), slices)
        column = self._reshaped(source, (*lead, count, 1))
        slices = (*((0, 1, size) for size in (*lead, count)), (start, 1, 1))
        return self._apply("embed", (column, fill), (*lead, n // step, step), slices)

    def _mapped(self, node: Node, step: int) -> int:
        operands = tuple([self._grouped(j, step) for j in node.inputs])
        assert isinstance(node.op, Op)
        out = node.op.results(tuple([self.new.nodes[k].spec for k in operands]), node.params)
        return self._append(Node(node.op, node.params, operands, out))

    def _grouped(self, k: int, step: int) -> int:
        """The new node of a value in groups of so many."""
        found = self.groups.get(k)
        if found is not None and self.new.nodes[found].spec.shape[-1] == step:
            return found
        whole, shape = self._whole(k), self.old.nodes[k].spec.shape
        if not shape:
            return whole
        groups = (1, 1) if shape[-1] == 1 else (shape[-1] // step, step)
        return self._reshaped(whole, (*shape[:-1], *groups))

    def _whole(self, k: int) -> int:
        """The new node of a value."""
        if k not in self.index:
            self.index[k] = self._reshaped(self.groups[k], self.old.nodes[k].spec.shape)
        return self.index[k]

    def _reshaped(self, k: int, shape: tuple[int, ...]) -> int:
        return k if self.new.nodes[k].spec.shape == shape else self._apply("reshape", (k,), shape)

    def _apply(self, name: str, inputs: tuple[int, ...], *params: object) -> int:
        op = TABLE[name]
        out = op.results(tuple([self.new.nodes[k].spec for k in inputs]), params)
        return self._append(Node(op, params, inputs, out))

    def _append(self, node: Node) -> int:
        return self.new.append(node).index
