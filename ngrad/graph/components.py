"""Arrays of few columns a column at a time: a rewrite before a graph is cut.

Points, states, colours and boxes are rows of few numbers. Programs take them apart (`p[:, 0]`) and
put them together (by stacking, by concatenation, or, in gradients, as sums of what embeds each
column in zeros). Here what lies between is computed from columns, which are views, for columns;
what is needed whole becomes one concatenation of them, which a loop nest stores interleaved. Every
bit stays, since an elementwise op does the same to the same elements.
"""

from __future__ import annotations

from ngrad.graph.graph import Graph, Node
from ngrad.graph.indexing import COMPONENTS
from ngrad.graph.layout import Layout
from ngrad.graph.narrow import read_as_they_lie
from ngrad.graph.op import TABLE, Op, Params
from ngrad.graph.roles import kind_of


def components(graph: Graph) -> Graph:
    """The same graph, with elementwise ops on few columns as ops on each, where columns are taken
    of them, or they are made of columns.
    """
    return _Split(graph).new


def _has_few(spec: Layout) -> bool:
    """Whether a value has several rows, of few columns."""
    return spec.ndim > 1 and 1 < spec.shape[-1] <= COMPONENTS and spec.size > spec.shape[-1]


class _Split:
    """
    Attributes
    ----------
    apart : list of bool
        Which values of the old graph are computed a column at a time.
    columns : dict of int to list of int
        By such a value: the new nodes of its columns.
    index : dict of int to int
        By a value: the new node that is it, whole.
    """

    def __init__(self, old: Graph) -> None:
        self.old, self.new = old, Graph()
        self.new.inputs = old.inputs
        self.need = old.needed()
        self.apart = self._chosen()
        self.columns: dict[int, list[int]] = {}
        self.index: dict[int, int] = {}
        for k, node in enumerate(old.nodes):
            if self.apart[k]:
                self.columns[k] = [self._computed(node, j) for j in range(node.spec.shape[-1])]
            elif self.need[k]:
                inputs = tuple([self._whole(j) for j in node.inputs])
                self.index[k] = self._append(node._replace(inputs=inputs))
        self.new.outputs = tuple([None if k is None else self._whole(k) for k in old.outputs])

    def _append(self, node: Node) -> int:
        return self.new.append(node).index

    def _apply(self, name: str, inputs: tuple[int, ...], *params: object) -> int:
        return self._applied(TABLE[name], inputs, params)

    def _applied(self, op: Op, inputs: tuple[int, ...], params: Params) -> int:
        out = op.results(tuple([self.new.nodes[k].spec for k in inputs]), params)
        return self._append(Node(op, params, inputs, out))

    # -- what is computed so -----------------------------------------------------------------------

    def _chosen(self) -> list[bool]:
        """Which values are computed a column at a time: those that columns make, up to the last of
        which columns are taken, that is a result, or that is stored in place of two; and what is
        needed for columns alone.
        """
        nodes, outputs = self.old.nodes, {*self.old.outputs}
        # A product reads a join as it lies either way: in rows.
        able = [
            need and self._is_able(node) and (not lies or self._is_join(node))
            for node, need, lies in zip(
                nodes, self.need, read_as_they_lie(self.old, self.need), strict=True
            )
        ]
        made, readers = list[bool](), [list[int]() for _ in nodes]
        for k, node in enumerate(nodes):
            made.append(able[k] and (self._joins(k) or any(made[j] for j in node.inputs)))
            if self.need[k]:
                for j in node.inputs:
                    readers[j].append(k)
        apart = [False] * len(nodes)
        for k in range(len(nodes) - 1, -1, -1):
            if able[k]:
                shown = k in outputs
                among = [apart[j] for j in readers[k]]
                alone = bool(among) and all(among) and not shown
                several = len({j for j in nodes[k].inputs if made[j]}) > 1
                last = self._pays(k) if self._joins(k) else made[k] and (shown or several)
                apart[k] = alone or last or self._takes(k) or (made[k] and any(among))
        return apart

    def _is_able(self, node: Node) -> bool:
        """Whether the columns of a value are each computed from columns."""
        kind, sources = kind_of(node), [self.old.nodes[k].spec for k in node.inputs]
        if kind == "slice":
            return _has_few(sources[0]) and node.spec.size > 0
        if not _has_few(node.spec):
            return False
        if kind == "reshape":
            return _has_few(sources[0]) and sources[0].shape[-1] == node.spec.shape[-1]
        return kind in ("map", "broadcast") or self._is_join(node)

    def _is_join(self, node: Node) -> bool:
        """Whether a value is made of columns."""
        kind, last = kind_of(node), node.spec.ndim - 1
        if kind == "embed":
            lead = [(0, 1, n) for n in node.spec.shape[:-1]]
            return lead == [*node.params[1][:last]]
        return kind == "concat" and last == int(node.params[0])

    def _joins(self, k: int) -> bool:
        return self._is_join(self.old.nodes[k])

    def _takes(self, k: int) -> bool:
        """Whether a value is one column of another."""
        node = self.old.nodes[k]
        return kind_of(node) == "slice" and node.spec.shape[-1] == 1

    def _pays(self, k: int) -> bool:
        """Whether anything is computed of what a value is made of: else to copy it is as good."""
        for j in self.old.nodes[k].inputs:
            while kind_of(self.old.nodes[j]) == "reshape":
                j = self.old.nodes[j].inputs[0]
            if kind_of(self.old.nodes[j]) == "map" and self.old.nodes[j].spec.size > 1:
                return True
        return False

    # -- columns -----------------------------------------------------------------------------------

    def _whole(self, k: int) -> int:
        """The new node of a value."""
        found = self.index.get(k)
        if found is None:
            columns = self.columns[k]
            found = columns[0]
            if len(columns) > 1:
                found = self._apply("concat", tuple(columns), self.old.nodes[k].spec.ndim - 1)
            self.index[k] = found
        return found

    def _column(self, k: int, j: int) -> int:
        """The new node of a column of a value; of one that repeats along the columns, itself."""
        if k in self.columns:
            return self.columns[k][j if len(self.columns[k]) > 1 else 0]
        whole, shape = self._whole(k), self.old.nodes[k].spec.shape
        if not shape or shape[-1] == 1:
            return whole
        return self._apply("strided_slice", (whole,), (*((0, 1, n) for n in shape[:-1]), (j, 1, 1)))

    def _computed(self, node: Node, j: int) -> int:
        """The new node of a column of a value that is computed so."""
        kind, lead = kind_of(node), node.spec.shape[:-1]
        if kind == "slice":
            *rows, (start, step, _) = node.params[0]
            source = self._column(node.inputs[0], start + step * j)
            if all(part == (0, 1, n) for part, n in zip(rows, self._lead(source), strict=True)):
                return source
            return self._apply("strided_slice", (source,), (*rows, (0, 1, 1)))
        if kind == "embed":
            start, step, count = node.params[1][-1]
            at, beside = divmod(j - start, step)
            if beside == 0 and 0 <= at < count:
                return self._column(node.inputs[0], at)
            return self._apply("broadcast_to", (self._whole(node.inputs[1]),), (*lead, 1))
        if kind == "concat":
            for k in node.inputs:
                own = self.old.nodes[k].spec.shape[-1]
                if j < own:
                    return self._column(k, j)
                j -= own
        columns = tuple([self._column(k, j) for k in node.inputs])
        if kind == "map":
            assert isinstance(node.op, Op)
            return self._applied(node.op, columns, node.params)
        name = "reshape" if kind == "reshape" else "broadcast_to"
        return self._apply(name, columns, (*lead, 1))

    def _lead(self, k: int) -> tuple[int, ...]:
        return self.new.nodes[k].spec.shape[:-1]
