"""What of a graph can be fused: what each node reads, and in which space it can be computed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ngrad.devices import HOST
from ngrad.graph.dying import may_write
from ngrad.graph.graph import Graph, Node
from ngrad.graph.indexing import (
    COMPONENTS,
    Frame,
    Split,
    concat_boxes,
    frames,
    in_rows,
    pattern,
    reduction_split,
    repeats,
)
from ngrad.graph.layout import Layout
from ngrad.graph.lying import how_values_lie
from ngrad.graph.narrow import is_long
from ngrad.graph.roles import VIEWS, Kind, kind_of
from ngrad.graph.strides import pitches
from ngrad_kernels.space import Level

ROW_LIMIT = 1 << 16
"""Elements of the longest row that is passed over more than once: it then waits in the second-level
cache. A row that is longer is reduced by one kernel and used by another.
"""
PANEL = 1 << 9
"""Elements of the smallest panels whose columns are reduced by a group: to begin and to end one
takes longer than to read fewer again.
"""
CHAIN_LIMIT = 32
"""Steps of an elementwise chain that are computed again rather than read."""
PARTS_LIMIT = 4
"""Parts of a concat that are read in place: at each element, the kernel asks which one is there."""
SOURCES_LIMIT = 3
"""Values of its size from which a chain is computed again, in each place of its part: of more it
takes less to store what it gives, and to read that.
"""


class Use(NamedTuple):
    """An operand: the value that is computed, and the node that the op reads: the same value, seen
    in another shape.
    """

    value: int
    seen: int


class Placed(NamedTuple):
    """A part of an embed or a concat: where it lies, by spaces, its node, and the nodes of the
    elementwise chain that is computed in place of reading it, in order.
    """

    frames: dict[Split, Frame]
    seen: int
    chain: tuple[int, ...]


def _even(where: Layout, frame: Frame) -> bool:
    """Whether what fills a frame has rows that each lie in one run, as far from one another along
    each axis.
    """
    return pitches(where, frame.shape) is not None


class Fusable:
    """Facts about the nodes of a graph.

    Attributes
    ----------
    kinds : list of (str or None)
        The part that each node can have in a loop nest; None if it stays a node of its own.
    uses : list of tuple of Use
        What a node reads from outside of itself, in the order of its operands.
    hard, soft : list
        The spaces of which a node demands one, the best first, and those that suit its operands.
    placed : dict
        By embed or concat: its parts.
    readers : list of list of int
        Which nodes use a value.
    shown : set of int
        Values that are outputs of the graph.
    written : set of int
        Values in whose memory others may be put, by an op that changes parts of them.
    """

    def __init__(self, graph: Graph, layouts: dict[int, Layout]) -> None:
        self.graph, self.nodes = graph, graph.nodes
        self.need = graph.needed()
        count = len(self.nodes)
        self.kinds: list[Kind | None] = [None] * count
        self.uses: list[tuple[Use, ...]] = [()] * count
        self.hard: list[tuple[Split, ...]] = [()] * count
        self.soft: list[tuple[Split, ...]] = [()] * count
        self.placed: dict[int, tuple[Placed, ...]] = {}
        changes = [x for k, x in enumerate(self.nodes) if self.need[k] and may_write(x)]
        self.written = {self._memory(node.inputs[0]) for node in changes}
        self.readers: list[list[int]] = [[] for _ in range(count)]
        self.lies = how_values_lie(graph, layouts)
        outputs = {*graph.outputs}
        for k, node in enumerate(self.nodes):
            if self.need[k]:
                self._examine(k, node)
                if kind_of(node) != "reshape" or k in outputs:
                    for use in self.uses[k]:
                        self.readers[use.value].append(k)
        self.shown = {self.base(k) for k in graph.outputs if k is not None}

    def shape(self, k: int) -> tuple[int, ...]:
        return self.nodes[k].spec.shape

    def size(self, k: int) -> int:
        return self.nodes[k].spec.size

    def base(self, k: int) -> int:
        """The value that a node shows, in the same order, in whichever shape."""
        while kind_of(self.nodes[k]) == "reshape":
            k = self.nodes[k].inputs[0]
        return k

    def _memory(self, k: int) -> int:
        """The value in whose memory a node may lie, as a view."""
        while kind_of(self.nodes[k]) in VIEWS:
            k = self.nodes[k].inputs[0]
        return k

    def use(self, k: int) -> Use:
        """A node as an operand."""
        return Use(self.base(k), k)

    def _repeated(self, k: int) -> Use:
        """An operand that may be the same for all rows."""
        source = self.base(k)
        if kind_of(self.nodes[source]) == "broadcast":
            one = self.use(self.nodes[source].inputs[0])
            if self.size(one.value) == 1:
                return one
        return self.use(k)

    def _examine(self, k: int, node: Node) -> None:
        self.uses[k] = tuple(self.use(source) for source in node.inputs)
        kind = kind_of(node)
        sizes = [self.size(source) for source in node.inputs]
        if kind is None or kind in VIEWS or 0 in sizes:
            return
        if kind == "map":
            found = (pattern(self.shape(use.seen), node.spec.shape)[1] for use in self.uses[k])
            self.soft[k] = tuple(split for split in found if split)
        elif kind == "reduce":
            reduction = reduction_split(self.shape(node.inputs[0]), node.params[0])
            if reduction is None:
                return
            space = reduction[1]
            if space.panels > 1 and not (node.spec.device is HOST and space.panel >= PANEL):
                return
            self.hard[k] = (space,)
        elif kind in ("pick", "spread") and (at := self._one_a_row(node, kind)):
            self.hard[k] = (at,)
            if kind == "spread":
                self.uses[k] = (self._repeated(node.inputs[0]), self.uses[k][1])
        elif kind == "pick":
            if self._memory(node.inputs[0]) in self.written:
                return  # it is to be read before that
            kind = "gather"
            rows = in_rows(self.size(k) // self._width(k), self._width(k))
            if node.params[0] and not rows:
                return  # to find short rows of several tables again takes as long as to store them
            self.soft[k] = (rows,) if rows else ()
        elif kind == "spread":
            return
        elif self._interleaves(node):
            kind = "interleave"
            self.uses[k] = tuple([self._repeated(source) for source in node.inputs])
        else:
            self._place(k, node, kind)
            if k not in self.placed:
                return
        self.kinds[k] = kind

    def _one_a_row(self, node: Node, kind: Kind) -> Split | None:
        """The space of whose rows each has an element picked, or put there, if there is one."""
        whole = node.spec.shape if kind == "spread" else self.shape(node.inputs[0])
        last = len(whole) - 1
        if node.params[-2:] != (last, last) or self.shape(node.inputs[1]) != (*whole[:-1], 1):
            return None
        split = Split(math.prod(whole[:-1]), whole[-1])
        return None if 1 in (split.rows, split.length) else split

    def _width(self, k: int) -> int:
        """The elements of a row that is gathered."""
        node = self.nodes[k]
        return math.prod(self.shape(node.inputs[0])[node.params[0] + 1 :])

    def _interleaves(self, node: Node) -> bool:
        """Whether a node puts few columns side by side."""
        count = len(node.inputs)
        return (
            kind_of(node) == "concat"
            and node.params[0] == node.spec.ndim - 1
            and node.spec.shape[-1] == count
            and 1 < count <= COMPONENTS
            and node.spec.size > count
        )

    def repeats(self, k: int) -> bool:
        """Whether a node is elementwise, and has an operand that is the same along rows that are
        not short: a group loads it once a row, where the op by itself would have it packed.
        """
        if self.kinds[k] != "map" or not self.lies[k].contiguous:
            return False
        return any(repeats(self.shape(use.seen), self.shape(k)) for use in self.uses[k])

    def extent(self, k: int) -> int:
        """How many elements a node is computed over."""
        return self.size(k) // (len(self.uses[k]) if self.kinds[k] == "interleave" else 1)

    def behind(self, wanted: Iterable[int], inside: frozenset[int]) -> list[int]:
        """The nodes inside that wanted ones, which are inside, depend on, in order."""
        live: set[int] = set()
        waiting = list(wanted)
        while waiting:
            k = waiting.pop()
            if k not in live:
                live.add(k)
                waiting += [use.value for use in self.uses[k] if use.value in inside]
        return sorted(live)

    # -- parts of a larger range -----------------------------------------------------------------

    def _place(self, k: int, node: Node, kind: Kind) -> None:
        if kind == "embed":
            parts, boxes = node.inputs[:1], [node.params[1]]
        else:
            parts = node.inputs
            if len(parts) > PARTS_LIMIT:
                return
            boxes = concat_boxes([self.shape(part) for part in parts], node.params[0])
        by_space = frames(node.spec.shape, boxes)
        few = len(parts) > 2 or any(step > 1 for box in boxes for _, step, _ in box)
        placed = [
            self._in_place(part, {split: each[n] for split, each in by_space.items()}, few)
            for n, part in enumerate(parts)
        ]
        spaces = tuple([split for split in by_space if all(split in p.frames for p in placed)])
        if not spaces:
            return
        self.placed[k], self.hard[k] = tuple(placed), spaces
        outside = {use for part in placed for use in self._outside(part)}
        self.uses[k] = (*sorted(outside), *(self.use(j) for j in node.inputs[len(parts) :]))

    def _in_place(self, part: int, by_space: dict[Split, Frame], few: bool) -> Placed:
        """A part in the spaces where what it is computed from has rows that lie evenly; where none
        does, in those where it has them itself. One that has few of the places, as every other row
        or one part of many has, is computed by itself if that is long: in place, it is computed for
        all elements. What is the same everywhere lies nowhere: it suits all spaces, as the number
        that it is.
        """
        number = self._repeated(part)
        if self.size(number.seen) < self.size(part):
            return Placed(by_space, number.seen, ())
        chains = [self._chain(part), ()]
        if few and any(is_long(self.nodes[k]) for k in chains[0]):
            del chains[0]
        for chain in chains:
            seen = {use.seen for use in self._outside(Placed({}, part, chain))}
            sources = [self.lies[k] for k in seen if self.size(k) > 1]
            suits = {
                split: frame
                for split, frame in by_space.items()
                if all(_even(where, frame) for where in sources)
            }
            if suits and (len(sources) <= SOURCES_LIMIT or not chain):
                break
        return Placed(suits, part, chain)

    def _chain(self, part: int) -> tuple[int, ...]:
        """The elementwise nodes of one size behind a part, inputs first; none if they are many."""
        size = self.size(part)
        found: set[int] = set()
        waiting = [self.base(part)]
        while waiting:
            k = waiting.pop()
            if k in found or kind_of(self.nodes[k]) != "map":
                continue
            sources = self.nodes[k].inputs
            if self.size(k) != size or any(self.size(j) not in (1, size) for j in sources):
                continue
            found.add(k)
            waiting += [self.base(j) for j in sources]
        return tuple(sorted(found)) if len(found) <= CHAIN_LIMIT else ()

    def _outside(self, part: Placed) -> Iterable[Use]:
        """What the chain of a part, or the part itself, is read from."""
        if self.base(part.seen) not in part.chain:
            return [self.use(part.seen)]
        uses = [self.use(j) for k in part.chain for j in self.nodes[k].inputs]
        return [use for use in uses if use.value not in part.chain]

    # -- levels ----------------------------------------------------------------------------------

    def levels(
        self, members: Iterable[int], split: Split, known: Mapping[int, Level]
    ) -> dict[int, Level] | None:
        """The level of each member, inputs first, if all are computed in one space, beside others
        whose levels are known and stay; None if that cannot be.
        """
        found = dict(known)
        several = False
        for k in members:
            level = self._level(k, split, found)
            if level is None:
                return None
            found[k] = level
            several |= self.kinds[k] == "pick"
            several |= any(
                use.value in found and self.kinds[use.value] == "reduce" for use in self.uses[k]
            )
        # A reduction that is used, or an element picked, needs the whole row at hand.
        if several and (split.rows == 1 or split.length > ROW_LIMIT):
            return None
        return found

    def accepts(self, k: int, split: Split) -> bool:
        """Whether a node that demands spaces is computed in one, or in one whose rows are those:
        panels are for what reduces columns.
        """
        hard = self.hard[k]
        return split in hard or (split.whole in hard and not self.reduces_columns(k))

    def _level(self, k: int, split: Split, found: dict[int, Level]) -> Level | None:
        kind, shape = self.kinds[k], self.shape(k)
        if self.hard[k] and not self.accepts(k, split):
            return None
        inside = [use for use in self.uses[k] if use.value in found]
        if kind == "gather":
            return self._gathered(k, split) if not inside else None
        if kind in ("embed", "concat"):
            return None if inside else "element"
        if any(self.reduces_columns(use.value) for use in inside):
            return None
        if kind == "interleave":
            whole = all(found[use.value] == "element" for use in inside)
            return "element" if whole and self.extent(k) == split.size else None
        if kind == "map":
            size = math.prod(shape)
            if size == split.size:
                if all(self._suits(use, shape, split, found) for use in inside):
                    return "element"
                return None
            by_rows = size == split.rows > 1
            sizes = {self.size(use.seen) for use in self.uses[k]}
            return "row" if by_rows and sizes <= {1, size} else None
        if kind == "reduce":
            whole = all(found[use.value] == "element" for use in inside)
            return ("element" if self.reduces_columns(k) else "row") if whole else None
        wanted: tuple[Level, Level] = ("row", "row") if kind == "spread" else ("element", "row")
        for use, level in zip(self.uses[k], wanted, strict=True):
            if found.get(use.value, level) != level:
                return None
        return "element" if kind == "spread" else "row"

    def _gathered(self, k: int, split: Split) -> Level | None:
        """The level of rows by index, of which any may be read at any time."""
        size = self.size(k)
        if size == split.size:
            return "element"
        return "row" if size == split.rows > 1 == self._width(k) else None

    def _suits(
        self, use: Use, shape: tuple[int, ...], split: Split, found: dict[int, Level]
    ) -> bool:
        if found[use.value] == "element":
            return self.size(use.seen) == split.size
        return pattern(self.shape(use.seen), shape) == ("row", split.whole)

    def reduces_columns(self, k: int) -> bool:
        """Whether a node combines the elements of each column."""
        if self.kinds[k] != "reduce":
            return False
        node = self.nodes[k]
        found = reduction_split(self.shape(node.inputs[0]), node.params[0])
        return found is not None and found[0] == "column"
