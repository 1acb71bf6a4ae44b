"""A graph's nodes in groups, each computed by one loop nest.

Groups are convex: no path leaves one and comes back, so each runs as a whole.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from ngrad.devices import Device
from ngrad.graph.fusable import Fusable, Use
from ngrad.graph.indexing import Split
from ngrad_kernels.space import Level

STEPS_LIMIT = 128
"""Steps of a loop nest: compiling one takes time that grows with them."""
OPERANDS_LIMIT = 48
"""What a launch reads and writes: its table has room for as many, and for partial results."""


def steps_limit(names: Sequence[str]) -> int:
    """At most how many steps a group has: of a sequence of ops that repeats, whole periods, so that
    the pieces of a loop are alike, and share a kernel.

    Examples
    --------
    >>> steps_limit(["exp", "log"] * 20), steps_limit(["exp", "log", "exp"] * 100)
    (128, 126)
    """
    if len(names) <= STEPS_LIMIT:
        return STEPS_LIMIT
    periods = range(1, STEPS_LIMIT // 2)
    shares = [sum(map(str.__eq__, names, names[p:])) / (len(names) - p) for p in periods]
    period = next(p for p, share in zip(periods, shares, strict=True) if share >= 0.9 * max(shares))
    return STEPS_LIMIT // period * period


AGAIN_LIMIT = 8
"""Steps that a group computes again rather than read what another group computed."""
STRETCH = 512
"""Nodes in a row of which groups are made: so that the time to cut a long program grows with its
length, not with the cube of it."""
SCALARS_WORTH = 32
"""Elementwise nodes of one element from which those of a graph are fused."""


@dataclass
class Unit:
    """A group of nodes, or a single node.

    Attributes
    ----------
    members : list of int
        In order.
    steps : int
        How many its loop nest has.
    read : set of Use
        What it reads of other units.
    written : set of int
        Its values that others read, or that are outputs.
    before : int
        As bits, the units of its stretch that must have run.
    split : Split or None
        The space, if it has several members.
    levels : dict
        Of its members in that space.
    """

    members: list[int]
    steps: int
    read: set[Use]
    written: set[int]
    before: int
    split: Split | None = None
    levels: dict[int, Level] = field(default_factory=dict)


class Partition:
    """Units by number; a group has the number of its first node that was merged.

    Attributes
    ----------
    unit : list of int
        The number of each node's unit.
    units : dict
    """

    def __init__(self, facts: Fusable) -> None:
        self.facts = facts
        self.unit = list(range(len(facts.nodes)))
        names = [str(facts.nodes[k].op) for k, kind in enumerate(facts.kinds) if kind]
        self.steps_limit = steps_limit(names)
        kinds = zip(facts.kinds, facts.nodes, strict=True)
        self.scalars = sum(kind == "map" and node.spec.size == 1 for kind, node in kinds)
        self.units: dict[int, Unit] = {}
        # A path between nodes of one stretch stays in it, since nodes are numbered in order.
        self.stretch = [k // STRETCH for k in self.unit]
        self.near: dict[int, set[int]] = {}
        for k in self.unit:
            self.near.setdefault(self.stretch[k], set()).add(k)
            before = 0
            for use in facts.uses[k]:
                if self.stretch[use.value] == self.stretch[k]:
                    before |= 1 << use.value % STRETCH | self.units[use.value].before
            steps = 1 + sum(2 + len(part.chain) for part in facts.placed.get(k, ()))
            written = {k} if facts.readers[k] or k in facts.shown else set[int]()
            self.units[k] = Unit([k], steps, set(facts.uses[k]), written, before)
        self._merge_along_edges()
        self._merge_readers()
        self._merge_reductions()

    def _merge_along_edges(self) -> None:
        for k, kind in enumerate(self.facts.kinds):
            if kind is not None:
                for use in self.facts.uses[k]:
                    if self.facts.kinds[use.value] is not None:
                        self._merge(self.unit[use.value], self.unit[k])

    def _merge_readers(self) -> None:
        """Merge groups that read a value in common: all of it."""
        kinds = self.facts.kinds
        for value, readers in enumerate(self.facts.readers):
            if self.facts.size(value) > 1:
                units = sorted({self.unit[k] for k in readers if kinds[k] not in (None, "gather")})
                for first, second in itertools.pairwise(units):
                    self._merge(self.unit[first], self.unit[second])

    def _merge_reductions(self) -> None:
        """Merge single reductions of one space that come from a value in common by few elementwise
        steps, which their group does again (`fuse.py`): it then reads that value once.
        """
        facts, alike = self.facts, dict[tuple[int, Split], list[int]]()
        for k, kind in enumerate(facts.kinds):
            if kind == "reduce" and len(self.units[self.unit[k]].members) == 1:
                for source in self._sources(facts.uses[k][0].value):
                    alike.setdefault((source, facts.hard[k][0]), []).append(k)
        for reductions in alike.values():
            for first, second in itertools.pairwise(reductions):
                self._merge(self.unit[first], self.unit[second])

    def _sources(self, k: int) -> set[int]:
        """What is there, of the values of its size that an elementwise one comes from by few steps;
        none if they are many.
        """
        facts, found, sources, waiting = self.facts, set[int](), set[int](), [k]
        while waiting and len(found) <= AGAIN_LIMIT:
            j = waiting.pop()
            if facts.size(j) != facts.size(k):
                continue
            if facts.kinds[j] != "map":
                sources.add(j)
            elif j not in found:
                found.add(j)
                waiting += [use.value for use in facts.uses[j]]
        return sources if len(found) <= AGAIN_LIMIT else set()

    def _merge(self, a: int, b: int) -> None:
        """Merge two units, if one space can compute both and the result is convex."""
        merged = self._merged(a, b)
        if merged is None:
            return
        for k in self.units.pop(b).members:
            self.unit[k] = a
        near = self.near[self.stretch[a]]
        near.remove(b)
        both = 1 << a % STRETCH | 1 << b % STRETCH
        merged.before &= ~both
        for number in near:
            unit = self.units[number]
            if unit.before & both:
                unit.before |= merged.before | both
        self.units[a] = merged

    def _merged(self, a: int, b: int) -> Unit | None:
        one, other = self.units[a], self.units[b]
        steps = one.steps + other.steps
        if a == b or steps > self.steps_limit or self.stretch[a] != self.stretch[b]:
            return None
        if self._device(one) is not self._device(other):
            return None
        if self._between(a, one, b, other) or self._between(b, other, a, one):
            return None
        both, facts = (a, b), self.facts
        read = {use for use in one.read | other.read if self.unit[use.value] not in both}
        written = {
            k
            for k in one.written | other.written
            if k in facts.shown or any(self.unit[j] not in both for j in facts.readers[k])
        }
        if len(read) + 2 * len(written) > OPERANDS_LIMIT:
            return None
        members = sorted([*one.members, *other.members])
        for split in self._candidates(members):
            levels = self._levels(a, one, b, other, split)
            if levels is not None:
                before = one.before | other.before
                return Unit(members, steps, read, written, before, split, levels)
        return None

    def _device(self, unit: Unit) -> Device:
        return self.facts.nodes[unit.members[0]].spec.device

    def _between(self, a: int, one: Unit, b: int, other: Unit) -> bool:
        """Whether a path from a to b passes through another unit."""
        if not other.before >> a % STRETCH & 1:
            return False
        sources = {self.unit[use.value] for use in other.read} - {a, b}
        return any(
            self.units[source].before >> a % STRETCH & 1
            for source in sources
            if self.stretch[source] == self.stretch[a]
        )

    def _levels(
        self, a: int, one: Unit, b: int, other: Unit, split: Split
    ) -> dict[int, Level] | None:
        """The members' levels. Those of a unit stay, unless it reads the other."""
        for known, number, more in ((one, b, other), (other, a, one)):
            if known.split == split and all(self.unit[u.value] != number for u in known.read):
                return self.facts.levels(more.members, split, known.levels)
        return self.facts.levels(sorted([*one.members, *other.members]), split, {})

    def alone(self, k: int) -> Split | None:
        """The space in which a node is computed by itself, if there is one."""
        candidates = self._candidates([k])
        return next((x for x in candidates if self.facts.levels([k], x, {}) is not None), None)

    def _candidates(self, members: list[int]) -> list[Split]:
        """Spaces in which nodes could be computed together, the best first."""
        facts = self.facts
        hard = [k for k in members if facts.hard[k]]
        if hard:
            named = dict.fromkeys(split for k in hard for split in facts.hard[k])
            return [split for split in named if all(facts.accepts(k, split) for k in hard)]
        size = max(facts.extent(k) for k in members)
        if size == 1:
            # The launch of one costs no more than a step, but those of a long loop add up.
            return [Split(1, 1)] if self.scalars >= SCALARS_WORTH else []
        soft = [split for k in members for split in facts.soft[k] if split.size == size]
        return [*dict.fromkeys(soft), Split(1, size)]
