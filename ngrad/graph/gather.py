"""Gathering: groups that do not wait for one another become one node, whose loop nests run at the
same time. So the updates of many parameters are few launches, and small ones share the threads.
"""

from __future__ import annotations

from ngrad.devices import Device
from ngrad.graph.graph import PART, Graph, Node
from ngrad.graph.group import FUSED, Group
from ngrad.graph.layout import Layout
from ngrad.graph.op import FUSED_LIMIT, Op

SMALL = 1 << 22
"""Bytes of results up to which a group is gathered with others: larger ones have work for all
threads, and their operands may be let go earlier by themselves."""


def _infer(*inputs: Layout, groups: tuple[Group, ...]) -> tuple[Layout, ...]:
    return tuple([spec for group in groups for spec in group.specs])


def _prepare(*inputs: object, **params: object) -> object:
    raise AssertionError("set where groups are lowered")


TOGETHER = Op("together", _infer, _prepare, ("groups",), family="engine")
"""Several groups as one node: their inputs, then their results, one group after the other."""
TOGETHER.limit = FUSED_LIMIT
TOGETHER.within = lambda groups: [name for group in groups for name in group.ops()]


def gather(graph: Graph) -> Graph:
    """A graph in which small fused nodes of one depth are one node: as none waits for another, and
    all that they wait for is less deep, so is the node.
    """
    depth = graph.depths()
    waves: dict[tuple[int, Device], list[int]] = {}
    for k, (node, needed) in enumerate(zip(graph.nodes, graph.needed(), strict=True)):
        if needed and node.op is FUSED and _is_small(node.params[0]):
            waves.setdefault((depth[k], node.spec.device), []).append(k)
    together = {k: wave for wave in waves.values() if len(wave) > 1 for k in wave}
    if not together:
        return graph
    return _Gathered(graph, depth, together).new


def _is_small(group: Group) -> bool:
    return sum(spec.nbytes for spec in group.specs) <= SMALL


class _Gathered:
    """The new graph, and where the old one's nodes are in it."""

    def __init__(self, graph: Graph, depth: list[int], together: dict[int, list[int]]) -> None:
        self.old, self.new = graph, Graph()
        self.new.inputs = graph.inputs
        self.index: dict[int, int] = {}
        # Of a gathered node: the new one, and which of its parts is the first.
        self.place: dict[int, tuple[int, int]] = {}
        need = graph.needed()
        # By depth, so that what a gathered node waits for comes before it.
        for k in sorted(range(len(graph.nodes)), key=lambda k: (depth[k], k)):
            if not need[k]:
                continue
            node = graph.nodes[k]
            wave = together.get(k)
            if wave is not None:
                if k == wave[0]:
                    self._emit(wave)
            elif node.op == PART and node.inputs[0] in together:
                self.index[k] = self._part(node.inputs[0], node.params[0], node.spec)
            else:
                moved = tuple([self.index[j] for j in node.inputs])
                self.index[k] = self._append(node._replace(inputs=moved))
        self.new.outputs = tuple([None if k is None else self.index[k] for k in graph.outputs])

    def _emit(self, wave: list[int]) -> None:
        nodes = [self.old.nodes[k] for k in wave]
        groups = tuple([node.params[0] for node in nodes])
        inputs = tuple([self.index[j] for node in nodes for j in node.inputs])
        whole = self._append(Node(TOGETHER, (groups,), inputs, groups[0].specs[0]))
        first = 0
        for k, node, group in zip(wave, nodes, groups, strict=True):
            self.place[k] = whole, first
            if len(group.specs) == 1:
                self.index[k] = self._part(k, 0, node.spec)
            first += len(group.specs)

    def _part(self, k: int, which: int, spec: Layout) -> int:
        whole, first = self.place[k]
        return self._append(Node(PART, (first + which,), (whole,), spec))

    def _append(self, node: Node) -> int:
        return self.new.append(node).index
