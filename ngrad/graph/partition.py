"""A graph's nodes in groups, each computed by one loop nest.

Groups are convex: no path leaves one and comes back, so each runs as a whole.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from ngrad.graph.fusable import Fusable
from ngrad.graph.indexing import Split

STEPS_LIMIT = 128
"""Steps of a loop nest: compiling one takes time that grows with them."""
OPERANDS_LIMIT = 48
"""What a launch reads and writes: its table has room for as many, and for partial results."""


class Partition:
    """Units of nodes: groups, and single nodes.

    Attributes
    ----------
    unit : list of int
        The unit of each node.
    members : dict
        By unit: its nodes, in order.
    splits : dict
        By unit of several nodes: its space.
    """

    def __init__(self, facts: Fusable) -> None:
        self.facts = facts
        nodes = facts.nodes
        self.unit = list(range(len(nodes)))
        self.members = {k: [k] for k in self.unit}
        self.splits: dict[int, Split] = {}
        self.before: dict[int, int] = {}  # as bits, the units that must have run
        for k in self.unit:
            self.before[k] = 0
            for source in self._sources(k):
                self.before[k] |= 1 << source | self.before[source]
        self._merge_along_edges()
        self._merge_readers()

    def _sources(self, k: int) -> Iterator[int]:
        return (self.unit[use.value] for use in self.facts.uses[k])

    def _merge_along_edges(self) -> None:
        for k, kind in enumerate(self.facts.kinds):
            if kind is not None:
                for use in self.facts.uses[k]:
                    if self.facts.kinds[use.value] is not None:
                        self._merge(self.unit[use.value], self.unit[k])

    def _merge_readers(self) -> None:
        """Merge groups that read a value in common."""
        for value, readers in enumerate(self.facts.readers):
            if self.facts.size(value) > 1:
                units = sorted({self.unit[k] for k in readers if self.facts.kinds[k]})
                for first, second in itertools.pairwise(units):
                    self._merge(self.unit[first], self.unit[second])

    def _merge(self, a: int, b: int) -> bool:
        """Merge two units, if one space can compute both and the result is convex."""
        if a == b or self._between(a, b) or self._between(b, a):
            return False
        members = sorted([*self.members[a], *self.members[b]])
        if not self._fits(members):
            return False
        for split in self._candidates(members):
            if self.facts.levels(members, split) is not None:
                break
        else:
            return False
        self.splits[a] = split
        self.members[a] = members
        self.splits.pop(b, None)
        for k in self.members.pop(b):
            self.unit[k] = a
        both = 1 << a | 1 << b
        merged = (self.before[a] | self.before.pop(b)) & ~both
        self.before[a] = merged
        for unit, before in self.before.items():
            if before & both:
                self.before[unit] = before | merged | both
        return True

    def _between(self, a: int, b: int) -> bool:
        """Whether a path from a to b passes through another unit."""
        sources = {source for k in self.members[b] for source in self._sources(k)} - {a, b}
        return any(self.before[source] >> a & 1 for source in sources)

    def _fits(self, members: list[int]) -> bool:
        """Whether the members' steps and operands are few enough, and their results storable."""
        facts, inside = self.facts, set(members)
        steps = sum(
            1 + sum(2 + len(part.chain) for part in facts.placed.get(k, ())) for k in members
        )
        read = {use for k in members for use in facts.uses[k] if use.value not in inside}
        written = {k for k in members if self.is_read_outside(k, inside)}
        if any(not facts.lies[k].contiguous for k in written):
            return False  # what is stored lies in row-major order
        return steps <= STEPS_LIMIT and len(read) + 2 * len(written) <= OPERANDS_LIMIT

    def is_read_outside(self, k: int, inside: set[int]) -> bool:
        """Whether a value is an output of the graph, or read by a node that is not inside."""
        facts = self.facts
        return k in facts.shown or any(reader not in inside for reader in facts.readers[k])

    def _candidates(self, members: list[int]) -> list[Split]:
        """Spaces in which nodes could be computed together, the best first."""
        facts = self.facts
        hard = {split for k in members if (split := facts.hard[k]) is not None}
        if hard:
            return list(hard) if len(hard) == 1 else []
        size = max(facts.size(k) for k in members)
        if size == 1:
            return []  # its launch costs no more than a step
        soft = [split for k in members for split in facts.soft[k] if split.size == size]
        return [*dict.fromkeys(soft), Split(1, size)]
