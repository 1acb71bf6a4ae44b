"""Values of which many parts are changed, one after another: a rewrite before a graph is cut.

A loop that assigns elements, rows or blocks (`y[i] = ...`) makes a value of the whole each time,
and so does the sweep of one that reads them (`x[i]`), where it adds up cotangents. Where there are
many, each is written into the memory of the one before (`put_part`), and takes no longer for a
large value than for a small one; what is read of that later on is copied first. Few are left to
loop nests, which touch memory once for all of them. Every bit stays.
"""

from __future__ import annotations

import math

from ngrad.devices import Device
from ngrad.dtypes import BY_CODE, DType
from ngrad.graph.chains import chain_lengths, is_named, is_zero
from ngrad.graph.graph import Graph, Node
from ngrad.graph.indexing import Box, lie_apart
from ngrad.graph.narrow import read_as_they_lie
from ngrad.graph.op import TABLE
from ngrad.graph.roles import VIEWS, kind_of

BOOL = BY_CODE["b1"]
FEW = 8
"""Changes one after another that a loop nest does at each element of the whole."""
NOWHERE: Box = ()


def written(graph: Graph, fused: bool) -> Graph:
    """The same graph, with parts put where they go.

    Parameters
    ----------
    fused : bool
        Whether few changes are to be part of loop nests. If not, a part that is assigned is put
        where it goes in any case.
    """
    need = graph.needed()
    length = chain_lengths(graph, need)
    if max(length, default=0) <= FEW and not any(is_named(x, "put_part") for x in graph.nodes):
        return graph
    return _Written(graph, need, length, fused).new


class _Written:
    """
    Attributes
    ----------
    length : list of int
        Of the chain that each value is of (`chains.py`).
    signed : dict of int to Box or None
        Of new nodes, in which part there may be a -0; None if that is not known.
    """

    def __init__(self, old: Graph, need: list[bool], length: list[int], fused: bool) -> None:
        self.old, self.new, self.fused = old, Graph(), fused
        self.new.inputs = old.inputs
        self.need, self.length = need, length
        self.late = self._read_late()
        self.signed: dict[int, Box | None] = {}
        self.index: dict[int, int] = {}
        for k, node in enumerate(old.nodes):
            if self.need[k]:
                self.index[k] = self._rebuilt(k, node)
        self.new.outputs = tuple([None if k is None else self.index[k] for k in old.outputs])

    def _writes(self, k: int) -> bool:
        """Whether a value is put where that is which it is made of."""
        named = is_named(self.old.nodes[k], "put_part")
        return self.length[k] > FEW or (named and not self.fused)

    def _read_late(self) -> set[int]:
        """Slices of what is written over that someone may read after that: what is part of a loop
        nest is, whenever that runs.
        """
        nodes = self.old.nodes
        lies = read_as_they_lie(self.old, self.need)
        over: dict[int, int] = {}  # by value, who writes there
        last: list[float] = [-1] * len(nodes)  # who reads a value, or a view of it
        for k in self.old.outputs:
            if k is not None:
                last[k] = math.inf
        found = set()
        for k in range(len(nodes) - 1, -1, -1):
            node = nodes[k]
            if not self.need[k]:
                continue
            if kind_of(node) in VIEWS:
                read = last[k]
            else:
                read = math.inf if self.fused and kind_of(node) else k
            for j in node.inputs:
                last[j] = max(last[j], read)
            if self._writes(k):
                over[node.inputs[0]] = k
            after = over.get(node.inputs[0]) if kind_of(node) == "slice" else None
            if after is not None and last[k] >= after and (not lies[k] or self._lies_alike(node)):
                found.add(k)
        return found

    def _lies_alike(self, node: Node) -> bool:
        """Whether a slice lies as a copy of it does: what is at one place of the first axis."""
        source, (first, *rest) = self.old.nodes[node.inputs[0]], node.params[0]
        whole = [(0, 1, n) for n in source.spec.shape[1:]]
        return is_named(source, "put_part") and first[2] == 1 and rest == whole

    # -- new nodes ---------------------------------------------------------------------------------

    def _rebuilt(self, k: int, node: Node) -> int:
        inputs = tuple([self.index[j] for j in node.inputs])
        if k in self.late:
            return self._apply("take_part", inputs, *node.params)
        if not self._writes(k):
            if is_named(node, "put_part"):
                return self._selected(inputs[0], inputs[1], node)
            return self._append(node._replace(inputs=inputs))
        if is_named(node, "add"):
            return self._added(inputs[0], self.old.nodes[node.inputs[1]])
        here = self._append(node._replace(inputs=inputs))
        box, signed = node.params[2], self._signed(inputs[0])
        plain = self._signed(inputs[1]) == NOWHERE
        if signed in (NOWHERE, box):
            self.signed[here] = NOWHERE if plain else box
        else:
            self.signed[here] = signed if plain else None
        return here

    def _added(self, whole: int, part: Node) -> int:
        """A sum as it is in the part: around it 0 is added, which is seen of -0 alone."""
        added, box, signed = self.index[part.inputs[0]], part.params[1], self._signed(whole)
        spec = self.new.nodes[whole].spec
        zero = self._constant(0, spec.dtype, spec.device)
        if signed and lie_apart(signed, box):
            none = self._apply("broadcast_to", (zero,), tuple([count for _, _, count in signed]))
            whole = self._apply("put_part", (whole, none), False, "add", signed)
            signed = NOWHERE
        if signed in (NOWHERE, box):
            here = self._apply("put_part", (whole, added), False, "add", box)
            self.signed[here] = signed
            return here
        there = self._apply("add", (self._apply("strided_slice", (whole,), box), added))
        whole = self._apply("add", (whole, zero))
        here = self._apply("put_part", (whole, there), False, "put", box)
        self.signed[here] = box
        return here

    def _signed(self, k: int) -> Box | None:
        """In which part of a value there may be a -0; None if that is not known."""
        if k in self.signed:
            return self.signed[k]
        node = self.new.nodes[k]
        if is_named(node, "embed") and is_zero(self.new.nodes[node.inputs[1]]):
            box: Box = node.params[1]
            return box
        while kind_of(node) in VIEWS:
            node = self.new.nodes[node.inputs[0]]
        return NOWHERE if not node.spec.dtype.is_inexact or is_zero(node) else None

    def _selected(self, x: int, part: int, node: Node) -> int:
        """A value with a part replaced, as a loop nest computes it."""
        _, how, slices = node.params
        if how == "add":
            part = self._apply("add", (self._apply("strided_slice", (x,), slices), part))
        shape, own = node.spec.shape, self.new.nodes[part].spec.shape
        dtype, device = node.spec.dtype, node.spec.device
        true, false = (self._constant(value, BOOL, device) for value in (True, False))
        inside = self._apply("broadcast_to", (true,), own)
        inside = self._apply("embed", (inside, false), shape, slices)
        one = self._number(part)
        if one is None:
            zero = self._constant(0, dtype, device)
            one = self._apply("embed", (part, zero), shape, slices)
        return self._apply("where", (inside, one, x))

    def _number(self, k: int) -> int | None:
        """The number that a value is everywhere, if it is one."""
        node = self.new.nodes[k]
        while kind_of(node) in VIEWS and node.spec.size > 1:
            k = node.inputs[0]
            node = self.new.nodes[k]
        if node.spec.size != 1:
            return None
        return k if not node.spec.shape else self._apply("reshape", (k,), ())

    def _constant(self, value: float, dtype: DType, device: Device) -> int:
        return self.new.constant(value, dtype, device).index

    def _append(self, node: Node) -> int:
        return self.new.append(node).index

    def _apply(self, name: str, inputs: tuple[int, ...], *params: object) -> int:
        op = TABLE[name]
        out = op.results(tuple([self.new.nodes[k].spec for k in inputs]), params)
        return self._append(Node(op, params, inputs, out))
