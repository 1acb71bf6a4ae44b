"""Broadcasts as late, and slices as early, as they can be: rewrites before a graph is cut.

What is computed from broadcast values alone is computed before the broadcast. A slice of a computed
value that nobody needs whole is computed from slices, which are views; a slice of what is padded,
from a slice that is padded less. All keep every bit, since an elementwise op does the same to the
same elements; and how results lie, on which products depend.
"""

from __future__ import annotations

import math

from ngrad.graph.graph import CONSTANT, INPUT, Graph, Node
from ngrad.graph.indexing import frames, within
from ngrad.graph.layout import Layout
from ngrad.graph.lying import how_values_lie
from ngrad.graph.op import TABLE, Op, Params
from ngrad.graph.roles import VIEWS, kind_of
from ngrad_kernels.scalars import SCALARS

Slices = tuple[tuple[int, int, int], ...]
Part = tuple[int, Slices]
"""A slice of a value of the old graph."""
AGAIN_LIMIT = 2
"""How often an element may be computed, at the mean, of a value that takes long and of which slices
overlap, before it is computed once and stored.
"""


def is_long(node: Node) -> bool:
    """Whether an element of a node takes longer to compute than to read."""
    scalar = node.op.fusion.scalar if isinstance(node.op, Op) and node.op.fusion else ""
    return scalar in SCALARS and SCALARS[scalar].cost > 0


def read_as_they_lie(graph: Graph, need: list[bool]) -> list[bool]:
    """Which values a product of matrices reads, perhaps through views: its bits depend on how they
    lie, so nothing may change that.
    """
    read = [False] * len(graph.nodes)
    for k in range(len(graph.nodes) - 1, -1, -1):
        node = graph.nodes[k]
        family = node.op.family if isinstance(node.op, Op) else ""
        if need[k] and (family == "linalg" or (read[k] and kind_of(node) in VIEWS)):
            for source in node.inputs:
                read[source] = True
    return read


def narrow(graph: Graph, layouts: dict[int, Layout]) -> Graph:
    """The same graph, with broadcasts after elementwise ops and slices before them; `layouts` says
    how inputs lie, by number.
    """
    made = _Narrowed(graph, set())
    if not made.moved or not _some_turned(graph, layouts):
        return made.new
    lies, whole = how_values_lie(graph, layouts), set[int]()
    while others := made.read_elsewise(lies, layouts):
        whole |= others
        made = _Narrowed(graph, whole)
    return made.new


def _some_turned(graph: Graph, layouts: dict[int, Layout]) -> bool:
    """Whether a value may not lie by rows, but for what is broadcast."""
    if any(not where.contiguous for where in layouts.values()):
        return True
    return any(kind_of(node) == "view" for node in graph.nodes)


class _Narrowed:
    """
    Attributes
    ----------
    whole : set of int
        Elementwise values that are computed where they are, of what is broadcast.
    moved : set of int
        Those that are broadcast afterwards.
    """

    def __init__(self, old: Graph, whole: set[int]) -> None:
        self.old, self.new, self.whole = old, Graph(), whole
        self.new.inputs = old.inputs
        self.need = old.needed()
        self.cut = self._cut()
        self.index: dict[int, int] = {}
        self.moved: set[int] = set()
        self.parts: dict[Part, int] = {}
        for k, node in enumerate(old.nodes):
            if self.need[k]:
                self.index[k] = self._rebuilt(k, node)
        self.new.outputs = tuple(None if k is None else self.index[k] for k in old.outputs)

    def read_elsewise(self, lies: list[Layout], layouts: dict[int, Layout]) -> set[int]:
        """Values that are moved, though what is computed of them would lie otherwise: they had an
        order, of which a broadcast has none.
        """
        found, now, nodes = set[int](), how_values_lie(self.new, layouts), self.old.nodes
        for k, made in self.index.items():
            if kind_of(nodes[k]) != "map" or k in self.moved or now[made] is lies[k]:
                continue
            for source in nodes[k].inputs:
                while kind_of(nodes[source]) in VIEWS:
                    source = nodes[source].inputs[0]
                if source in self.moved:
                    found.add(source)
        return found

    def _rebuilt(self, k: int, node: Node) -> int:
        inputs = tuple(self.index[k] for k in node.inputs)
        kind = kind_of(node)
        if kind == "slice" and self.cut[node.inputs[0]]:
            return self._sliced(node.inputs[0], node.params[0])
        if kind == "map" and isinstance(node.op, Op) and k not in self.whole:
            narrow = self._apply(node.op, tuple(map(self._unbroadcast, inputs)), node.params)
            made = self._broadcast(narrow, node.spec.shape)
            if made != narrow:
                self.moved.add(k)
            return made
        if kind in VIEWS and node.spec.size:
            source = self._unbroadcast(inputs[0])
            if source != inputs[0] and self.new.nodes[source].spec.size == 1:
                one = self._apply(TABLE["reshape"], (source,), ((),))
                return self._broadcast(one, node.spec.shape)
            if kind == "broadcast":
                return self._broadcast(source, node.spec.shape)
        return self._append(node._replace(inputs=inputs))

    def _append(self, node: Node) -> int:
        return self.new.append(node).index

    def _apply(self, op: Op, inputs: tuple[int, ...], params: Params) -> int:
        nodes = self.new.nodes
        if op.name == "reshape" and nodes[inputs[0]].spec.shape == params[0]:
            return inputs[0]
        out = op.results(tuple([nodes[k].spec for k in inputs]), params)
        return self._append(Node(op, params, inputs, out))

    def _broadcast(self, k: int, shape: tuple[int, ...]) -> int:
        if self.new.nodes[k].spec.shape == shape:
            return k
        return self._apply(TABLE["broadcast_to"], (k,), (shape,))

    def _unbroadcast(self, k: int) -> int:
        while kind_of(self.new.nodes[k]) == "broadcast":
            k = self.new.nodes[k].inputs[0]
        return k

    # -- slices --------------------------------------------------------------------------------

    def _cut(self) -> list[bool]:
        """Which values are elementwise, needed only in part, and made of what is there anyway."""
        nodes, outputs = self.old.nodes, {*self.old.outputs}
        lies = read_as_they_lie(self.old, self.need)
        whole = [k in outputs for k in range(len(nodes))]
        mapped = [k not in outputs for k in range(len(nodes))]  # read by elementwise ops alone
        slices: dict[int, set[Slices]] = {}
        asked: dict[int, set[Slices]] = {}  # by those of what is computed from it, too
        for k in range(len(nodes) - 1, -1, -1):
            if not self.need[k]:
                continue
            kind = kind_of(nodes[k])
            if kind == "slice" and not lies[k]:
                (source,), (part,) = nodes[k].inputs, nodes[k].params
                slices.setdefault(source, set()).add(part)
                asked.setdefault(source, set()).add(part)
                whole[source] |= kind_of(nodes[source]) == "embed" and not mapped[k]
                continue
            partly = kind == "map" and not whole[k]
            for source in nodes[k].inputs:
                whole[source] |= not partly
                mapped[source] &= kind == "map"
                if partly:
                    own = {self._of_source(source, part) for part in asked.get(k, ())}
                    asked.setdefault(source, set()).update(own)
        free = [False] * len(nodes)
        cut = [False] * len(nodes)
        long = [False] * len(nodes)
        for k, node in enumerate(nodes):
            kind = kind_of(node)
            free[k] = node.op in (INPUT, CONSTANT) or node.spec.size == 1
            free[k] |= kind in VIEWS and free[node.inputs[0]]
            if kind == "map" and not whole[k]:
                long[k] = is_long(node) or any(long[source] for source in node.inputs)
                taken = sum(
                    math.prod([count for _, _, count in part]) for part in slices.get(k, ())
                )
                often = long[k] and taken > AGAIN_LIMIT * node.spec.size
                cut[k] = not often and all(free[j] or cut[j] for j in node.inputs)
                long[k] &= cut[k]
            elif kind == "embed" and not whole[k] and self.need[k]:
                cut[k] = all(self._is_placed(node, part) for part in asked.get(k, ()))
        return cut

    def _sliced(self, k: int, slices: Slices) -> int:
        """A node for a slice of a value of the old graph: of each value one for each slice, however
        many read it, and without recursion, since chains may be long.
        """
        wanted = [(k, slices)]
        while wanted:
            part = wanted[-1]
            sources = [] if part in self.parts else self._sources(*part)
            missing = [source for source in sources if source not in self.parts]
            if missing:
                wanted += missing
                continue
            if part not in self.parts:
                self.parts[part] = self._part(*part, [self.parts[source] for source in sources])
            wanted.pop()
        return self.parts[k, slices]

    def _sources(self, k: int, slices: Slices) -> list[Part]:
        """The slices that one of an elementwise value is made of; none, where that is there."""
        node = self.old.nodes[k]
        if not self.cut[k]:
            return []
        if kind_of(node) == "embed":
            found = within(node.params[1], slices)
            return [(node.inputs[0], found[0])] if found else []
        return [(source, self._of_source(source, slices)) for source in node.inputs]

    def _of_source(self, k: int, slices: Slices) -> Slices:
        """The slice of an operand of which a slice of an elementwise value is made."""
        shape = self.old.nodes[k].spec.shape
        own = slices[len(slices) - len(shape) :]
        return tuple((0, 1, 1) if n == 1 else part for n, part in zip(shape, own, strict=True))

    def _is_placed(self, node: Node, slices: Slices) -> bool:
        """Whether a loop nest can compute a slice of what is padded, in its place."""
        found = within(node.params[1], slices)
        if found is None:
            return False
        shape = tuple([count for _, _, count in slices])
        return 0 not in shape and bool(frames(shape, [found[1]]))

    def _padded(self, node: Node, slices: Slices, sources: list[int]) -> int:
        """A node for a slice of what is padded."""
        found, shape = within(node.params[1], slices), tuple([count for _, _, count in slices])
        assert found is not None
        (source,), fill, place = sources, self.index[node.inputs[1]], found[1]
        if self.new.nodes[source].spec.shape == shape:
            return source
        if self.new.nodes[source].spec.size == 0:
            return self._broadcast(fill, shape)
        return self._apply(TABLE["embed"], (source, fill), (shape, place))

    def _part(self, k: int, slices: Slices, sources: list[int]) -> int:
        """A node for a slice, of those for what it is made of."""
        node = self.old.nodes[k]
        if self.cut[k] and kind_of(node) == "embed":
            return self._padded(node, slices, sources)
        if self.cut[k] and isinstance(node.op, Op):
            inputs = tuple(map(self._unbroadcast, sources))
            made = self._apply(node.op, inputs, node.params)
            return self._broadcast(made, tuple(count for _, _, count in slices))
        source = self.index[k]
        if all(part == (0, 1, n) for part, n in zip(slices, node.spec.shape, strict=True)):
            return source
        return self._apply(TABLE["strided_slice"], (source,), (slices,))
