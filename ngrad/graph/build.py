"""From the nodes of a group to its steps: what is loaded, computed, and stored."""

from __future__ import annotations

from typing import Any, NamedTuple

from ngrad.graph.chains import is_zero
from ngrad.graph.fusable import Fusable, Placed, Use
from ngrad.graph.graph import Node
from ngrad.graph.group import Group, Leaf, Spread
from ngrad.graph.indexing import Frame, Split, along, pattern, reduction_split
from ngrad.graph.op import Op
from ngrad_kernels.codes import computed
from ngrad_kernels.space import Reduce, Step

NOWHERE = -1
"""The frame of what lies in none."""
SCALARS_LIMIT = 8
"""Steps on scalars that a group does for itself."""


class Built(NamedTuple):
    """A group, the nodes that it reads, and those that it gives."""

    group: Group
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def build(facts: Fusable, split: Split, inside: frozenset[int], wanted: list[int]) -> Built:
    """The group that gives wanted values of nodes that are computed inside."""
    return _Builder(facts, split, inside).built(wanted)


class _Builder:
    """Values are numbered from 0 (steps), and from -1 down (leaves), until all leaves are known."""

    def __init__(self, facts: Fusable, split: Split, inside: frozenset[int]) -> None:
        self.facts, self.split, self.inside = facts, split, inside
        self.inputs: dict[int, int] = {}
        self.leaves: dict[Leaf, int] = {}
        self.steps: list[Step | Reduce] = []
        self.frames: dict[Frame, int] = {}
        self.found: dict[tuple[int, int], int] = {}
        self.insides: dict[int, int] = {}

    def built(self, wanted: list[int]) -> Built:
        for k in self.facts.behind(wanted, self.inside):
            self._value(k)
        count = len(self.leaves)

        def number(value: int) -> int:
            return value + count if value >= 0 else -1 - value

        steps: list[Step | Reduce] = []
        for step in self.steps:
            if isinstance(step, Reduce):
                moved = number(step.operand)
                steps.append(Reduce(step.reduction, moved, step.axis, step.code))
            else:
                operands = tuple(map(number, step.operands))
                steps.append(Step(step.scalar, operands, step.code, step.frame))
        group = Group(
            self.split,
            tuple(self.leaves),
            tuple(steps),
            tuple(number(self.found[k, NOWHERE]) for k in wanted),
            tuple(self.facts.nodes[k].spec for k in wanted),
            tuple(self.frames),
        )
        return Built(group, tuple(self.inputs), tuple(wanted))

    # -- values ------------------------------------------------------------------------------------

    def _value(self, k: int) -> int:
        """The value of a node that is inside."""
        value = self.found.get((k, NOWHERE))
        if value is None:
            value = self.found[k, NOWHERE] = self._computed(k, self.facts.nodes[k])
        return value

    def _computed(self, k: int, node: Node) -> int:
        facts, code = self.facts, node.spec.dtype.code
        assert isinstance(node.op, Op)
        role = node.op.fusion
        if k in facts.placed:
            return self._placed(k, node)
        if facts.kinds[k] == "gather":
            table, index = facts.uses[k]
            return self._gathered(table, index, node.params)
        if facts.kinds[k] == "interleave":
            columns = [self._operand(use, facts.shape(use.seen)) for use in facts.uses[k]]
            return self._step(Step("interleave", tuple(columns), code))
        operands = tuple(self._operand(use, node.spec.shape) for use in facts.uses[k])
        if role.kind == "reduce":
            (use,) = facts.uses[k]
            shape = facts.shape(use.seen)
            found = reduction_split(shape, node.params[0])
            assert found is not None
            operand = operands[0]
            if computed(code) != code:
                operand = self._step(Step("cast", (operand,), computed(code)))
            return self._step(Reduce(role.scalar, operand, found[0], code))
        if role.kind == "spread":
            return self._step(Step("spread", operands[::-1], code))
        return self._step(Step(role.scalar or "pick", operands, code))

    def _step(self, step: Step | Reduce) -> int:
        self.steps.append(step)
        return len(self.steps) - 1

    def _operand(self, use: Use, shape: tuple[int, ...]) -> int:
        """An operand of a node of a shape."""
        facts, split = self.facts, self.split
        if use.value in self.inside:
            return self._value(use.value)
        own, size = facts.shape(use.seen), facts.size(use.seen)
        if size == 1:
            return self._one(use.value)
        if size == split.size:
            return self._leaf(use.value, "element", facts.shape(use.value))
        how = pattern(own, shape)
        if size == split.rows and how in (("row", split.whole), ("element", None)):
            return self._leaf(use.value, "row", facts.shape(use.value))
        if how == ("column", split.whole):
            return self._leaf(use.seen, "column", own)
        if how == ("view", split.whole):  # the same along each row
            return self._leaf(use.seen, "row", along(own, shape))
        return self._leaf(use.seen, "element", shape)

    def _leaf(self, k: int, spread: Spread, shape: tuple[int, ...], *more: Any) -> int:
        position = self.inputs.setdefault(k, len(self.inputs))
        leaf = Leaf(position, spread, shape, *more)
        return -1 - self.leaves.setdefault(leaf, len(self.leaves))

    def _gathered(self, table: Use, index: Use, along: tuple[int, int]) -> int:
        """Rows of a table, which are read where they lie."""
        shape = self.facts.shape
        where = self._leaf(index.value, "index", shape(index.seen))
        return self._leaf(table.seen, "gathered", shape(table.seen), 0, -1 - where, along)

    def _one(self, k: int) -> int:
        """A single element: computed here if that takes few steps."""
        steps: set[int] = set()
        waiting = [k]
        while waiting and len(steps) <= SCALARS_LIMIT:
            j = waiting.pop()
            if self.facts.kinds[j] == "map" and j not in steps:
                steps.add(j)
                waiting += [use.value for use in self.facts.uses[j]]
        if k in steps and len(steps) <= SCALARS_LIMIT:
            return self._value(k)
        return self._leaf(k, "one", ())

    # -- parts of a larger range -------------------------------------------------------------------

    def _placed(self, k: int, node: Node) -> int:
        """Each part where it lies, selected there; beside them what an embed is filled with."""
        facts, code = self.facts, node.spec.dtype.code
        parts = list(facts.placed[k])
        if facts.kinds[k] == "embed":
            (part,), fill = parts, facts.uses[k][-1].value
            if self._is_read(part) and is_zero(facts.nodes[fill]):
                return self._framed(facts.use(part.seen), part)  # beside it zeros are read
            value = self._one(fill)
        else:
            value = self._framed(facts.use(parts[-1].seen), parts.pop())
        for part in reversed(parts):
            inner = self._framed(facts.use(part.seen), part)
            frame = part.frames[self.split.whole]
            value = self._step(Step("where", (self._inside(frame), inner, value), code))
        return value

    def _is_read(self, part: Placed) -> bool:
        """Whether a part is read from where it lies, and not computed in its place."""
        use = self.facts.use(part.seen)
        return use.value not in part.chain and self.facts.size(use.value) > 1

    def _frame(self, frame: Frame) -> int:
        return self.frames.setdefault(frame, len(self.frames))

    def _inside(self, frame: Frame) -> int:
        number = self._frame(frame)
        if number not in self.insides:
            self.insides[number] = self._step(Step("inside", (), "b1", number))
        return self.insides[number]

    def _framed(self, use: Use, part: Placed) -> int:
        """A value of the size of a part, at its place."""
        facts, own = self.facts, part.frames[self.split.whole]
        frame = self._frame(own)
        if facts.size(use.value) == 1 < own.size:
            return self._one(use.value)
        if use.value not in part.chain:
            return self._leaf(use.seen, "padded", facts.shape(use.seen), frame)
        value = self.found.get((use.value, frame))
        if value is None:
            node = facts.nodes[use.value]
            assert isinstance(node.op, Op)
            operands = tuple(self._framed(inner, part) for inner in facts.uses[use.value])
            step = Step(node.op.fusion.scalar, operands, node.spec.dtype.code)
            value = self.found[use.value, frame] = self._step(step)
        return value
