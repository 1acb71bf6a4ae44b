"""Fusion: the same graph with groups of nodes as one node each, which one loop nest computes.

What a group may hold: elementwise ops with broadcasting; reductions over whole rows or columns,
several of them; what is computed from the result of a row's reduction, in the same row; elements
picked from rows, or put there, by an index; slices placed in a larger range. Values are cut into
rows and columns by their shapes alone (`indexing.py`), so that a reshape or a broadcast inside of a
group costs nothing.
"""

from __future__ import annotations

from collections.abc import Container

from ngrad.graph.build import Built, build
from ngrad.graph.components import components
from ngrad.graph.dying import mark_dying
from ngrad.graph.fusable import Fusable
from ngrad.graph.graph import INPUT, PART, Graph, Node
from ngrad.graph.group import FUSED, Group
from ngrad.graph.indexing import Split, along
from ngrad.graph.layout import Layout
from ngrad.graph.narrow import narrow
from ngrad.graph.partition import AGAIN_LIMIT, Partition
from ngrad.graph.roles import kind_of
from ngrad.graph.stepped import stepped
from ngrad.graph.turned import turned
from ngrad.graph.written import written


def fuse(graph: Graph, layouts: dict[int, Layout], given: Container[int] = ()) -> Graph:
    """A graph that gives the same bits in fewer passes over memory.

    Parameters
    ----------
    graph : Graph
    layouts : dict
        How each input (by its number) lies in memory.
    given : container of int
        Numbers of inputs whose memory results may take.
    """
    small = narrow(components(stepped(written(graph, True), layouts)), layouts)
    return mark_dying(_Fused(small, layouts, given).new, given)


def describe(graph: Graph) -> str:
    """A graph as text, each fused node with what its loop nest does."""
    lines = []
    for line, node in zip(str(graph).splitlines(), _shown(graph), strict=False):
        if node is not None and node.op is FUSED:
            group: Group = node.params[0]
            inputs = ", ".join(f"%{k}" for k in node.inputs)
            lines.append(f"{line.split(' = ')[0]} = fused({inputs}) over {group}")
        else:
            lines.append(line)
    return "\n".join(lines)


def _shown(graph: Graph) -> list[Node | None]:
    need = graph.needed()
    return [*(node for k, node in enumerate(graph.nodes) if need[k]), None]


class _Fused:
    """Units in order, from the last, which says what is wanted, to the first; then as new nodes."""

    def __init__(self, graph: Graph, layouts: dict[int, Layout], given: Container[int]) -> None:
        facts = Fusable(graph, layouts)
        found = turned(facts)
        self.facts = facts if found is graph else Fusable(found, layouts)
        self.old = graph = found
        self.new, self.given = Graph(), given
        self.new.inputs = graph.inputs
        self.partition = Partition(self.facts)
        self.wanted: dict[int, set[int]] = {}
        self.built: dict[int, Built | None] = {}
        self.index: dict[int, int] = {}
        for k in graph.outputs:
            if k is not None:
                self._want(k)
        for unit in sorted(self.partition.units, key=self._depth, reverse=True):
            if unit in self.wanted:
                self._decide(unit)
        for unit in sorted(self.built, key=lambda unit: self.partition.units[unit].members[-1]):
            self._emit(unit)
        self.new.outputs = tuple(None if k is None else self.index[k] for k in graph.outputs)

    def _depth(self, unit: int) -> tuple[int, int, bool, int]:
        """More than that of any unit which must have run before."""
        # Reshapes are looked through: one may be read by what has as many units before it.
        computed = kind_of(self.old.nodes[unit]) != "reshape"
        partition = self.partition
        return (
            partition.stretch[unit], partition.units[unit].before.bit_count(), computed, unit
        )  # fmt: skip

    def _want(self, k: int) -> None:
        self.wanted.setdefault(self.partition.unit[k], set()).add(k)

    def _decide(self, unit: int) -> None:
        """Build a unit's group, if it is worth a kernel, and ask for what it reads."""
        wanted = sorted(self.wanted[unit])
        own = self.partition.units[unit]
        members = self.facts.behind(wanted, frozenset(own.members))
        built = self.built[unit] = self._group(unit, members, wanted)
        for k in built.inputs if built else self.old.nodes[wanted[0]].inputs:
            self._want(k)

    def _group(self, unit: int, members: list[int], wanted: list[int]) -> Built | None:
        facts, split = self.facts, self.partition.units[unit].split
        if len(members) == 1:
            (k,) = members
            if self._may_take(k) or self.facts.repeats(k):
                split = self.partition.alone(k)
            elif any(part.chain for part in facts.placed.get(k, ())):
                split = split or facts.hard[k][0]
            elif facts.kinds[k] == "reduce" and self._pays(k, facts.hard[k][0]):
                (split,) = facts.hard[k]
            else:
                split = None
        if split is None:
            return None
        again = self._again(members, split)
        return build(facts, split, frozenset(members) | again, wanted)

    def _pays(self, k: int, split: Split) -> bool:
        """Whether a single reduction is a group, which computes again what another group computed.
        In one row, what is the same along rows would be packed, where that other had it at hand.
        """
        facts, again = self.facts, self._again([k], split)
        along_rows = any(
            facts.size(use.seen) > 1
            and along(facts.shape(use.seen), facts.shape(j)) != facts.shape(j)
            for j in again
            for use in facts.uses[j]
        )
        return bool(again) and not (split.rows == 1 and along_rows)

    def _may_take(self, k: int) -> bool:
        """Whether an elementwise value may be put in the place of an input: by a group, also of one
        op.
        """
        nodes = self.old.nodes
        return kind_of(nodes[k]) == "map" and any(
            nodes[j].op == INPUT
            and nodes[j].params[0] in self.given
            and nodes[j].spec is nodes[k].spec
            for j in nodes[k].inputs
        )

    def _again(self, members: list[int], split: Split) -> frozenset[int]:
        """Elementwise values of other groups that are computed again rather than read: those that
        come from what this group reads anyway, or, where nobody else would read them, from one
        more value.
        """
        facts, inside = self.facts, frozenset(members)
        read = {
            use.value
            for k in members
            for use in facts.uses[k]
            if k not in facts.placed and use.value not in inside
        }
        whole = {k for k in read if facts.size(k) == split.size}
        again: set[int] = set()
        for k in sorted(whole):
            chain = self._chain(k)
            if not chain:
                continue
            behind = {use.value for j in chain for use in facts.uses[j]} - chain
            more = {j for j in behind if facts.size(j) == split.size} - whole
            few = not more or (len(more) == 1 and not self._is_stored(k))
            if few and facts.levels(sorted(inside | again | chain), split, {}) is not None:
                again |= chain
        return frozenset(again)

    def _chain(self, k: int) -> set[int]:
        """The elementwise nodes behind a value, all of its size, up to what is stored anyway; none
        if they are many.
        """
        facts, found, waiting = self.facts, set[int](), [k]
        while waiting and len(found) <= AGAIN_LIMIT:
            j = waiting.pop()
            computed = facts.kinds[j] == "map" and facts.size(j) == facts.size(k)
            if computed and (j == k or not self._is_stored(j)):
                found.add(j)
                waiting += [use.value for use in facts.uses[j] if use.value not in found]
        return found if len(found) <= AGAIN_LIMIT else set()

    def _is_stored(self, k: int) -> bool:
        """Whether a value is an output, or read by what is not fused: of single nodes, reductions
        may be.
        """
        facts, units = self.facts, self.partition.units
        readers = [units[self.partition.unit[j]] for j in facts.readers[k]]
        return k in facts.shown or any(
            len(reader.members) == 1 and facts.kinds[reader.members[0]] != "reduce"
            for reader in readers
        )

    # -- new nodes ---------------------------------------------------------------------------------

    def _emit(self, unit: int) -> None:
        built = self.built[unit]
        wanted = sorted(self.wanted[unit])
        if wanted[0] in self.index:
            return
        inputs = built.inputs if built else self.old.nodes[wanted[0]].inputs
        for k in inputs:
            if k not in self.index:
                self._emit(self.partition.unit[k])
        moved = tuple(self.index[k] for k in inputs)
        if built is None:
            self.index[wanted[0]] = self._append(self.old.nodes[wanted[0]]._replace(inputs=moved))
            return
        specs = built.group.specs
        whole = self._append(Node(FUSED, (built.group,), moved, specs[0]))
        for k, spec in enumerate(specs):
            part = Node(PART, (k,), (whole,), spec)
            self.index[built.outputs[k]] = self._append(part) if len(specs) > 1 else whole

    def _append(self, node: Node) -> int:
        return self.new.append(node).index
