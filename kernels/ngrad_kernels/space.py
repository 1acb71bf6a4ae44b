"""`Space`: one fused loop nest over rows and columns, with any number of steps, reductions and
outputs, for one launch.

A space has R rows of L columns; a flat one has a single row, and one in panels as many rows in each
of these, which lie one behind the other. Every value has a level: `one` (the
same for all), `row` (one a row), `element` (one a row and column). A step's level is the highest of
its operands'. A reduction over a row gives a value of level `row`, which later steps may use: the
row is then passed over again while it is in cache. A reduction over columns (all rows, of a
panel if there are such, to one) can only be an output.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from typing import Literal

from ngrad_kernels.codes import size_of

Kind = Literal["element", "view", "padded", "rows", "row", "column", "one", "index"]
Level = Literal["one", "row", "element"]

ROWS, LENGTH, SPAN, TILE, TILES, FETCH, FETCH_ROWS, STREAM, SHARE, FRAMES = range(10)
"""Words of a launch's facts: sizes of the space and of its items, the routines that find elements
of views, and of rows by index, whether outputs go past the caches, how many items have memory in
common (`scratch.py`); from `FRAMES` on, of each grid of several axes, for each axis but the last
the rows from one place along it to the next, then for each but the first its extent; of each frame
its first column and how many it has, then for each axis of its grid its first place and how many;
for each padded input the bytes from a place along each axis to the next; for each input that is a
view, or by index, the offset of its words; of panels their rows, and the elements of all
accumulators of a column reduction; then the words of those inputs. `space_facts.py` writes them.
"""


@dataclass(frozen=True)
class Operand:
    """What is loaded: its dtype code, and where an element (r, c) of the space lies in it.

    `element`: at r * L + c. `row`: at r. `column`: at c. `one`: at 0. `view`: as the words of a
    strided view over the whole space say (broadcasts, slices, transposes); packed a block at a
    time, or read in place where its rows are contiguous. `rows`: in column c of the row that input
    `index` names at r; a `row` with such an input: in that row, of one element; a view with one:
    among such rows, of any length, one behind the other; of one table of them, or of `tables`, of
    each of which as many are named. `index`: int64, which no step reads.
    `padded`: in frame `frame`, whose rows each lie in one run; 0 outside it.
    """

    code: str
    kind: Kind
    frame: int = 0
    index: int = -1
    tables: bool = False


@dataclass(frozen=True)
class Step:
    """`scalar(*operands)`, a value of dtype `code`. Operands number the space's values: inputs
    first, then the steps in order.

    Beside the names of `scalars.SCALARS`, `cast` and `where` there are: `inside()`, whether row and
    column lie in frame `frame`; `pick(x, index)`, the value of x (of level element)
    in the row's column `index` (int64, of level row): of level row; `spread(index, g)`, 0 + g in
    the row's column `index`, 0 in its others: of level element; `interleave(x, y, ...)`, of one
    dtype, side by side in each element of an output: no step reads that.
    """

    scalar: str
    operands: tuple[int, ...]
    code: str
    frame: int = 0


@dataclass(frozen=True)
class Reduce:
    """All of a row's (axis "row"), or of a column's, elements of a value combined, in the order of
    `contract.py`; `code` is the dtype of the result.
    """

    reduction: str
    operand: int
    axis: Literal["row", "column"]
    code: str

    @property
    def operands(self) -> tuple[int, ...]:
        return (self.operand,)


@dataclass(frozen=True)
class Space:
    """What one launch computes.

    Attributes
    ----------
    inputs : tuple of Operand
    steps : tuple of Step or Reduce
        In order; each a value.
    outputs : tuple of int
        Values that are stored: of level element at r * L + c, of level row at r, of level one at
        0, of a reduction over columns at c, of panel p at p * L + c; what is interleaved as so many
        at each place.
    frames : tuple of int
        Of each part of the rows and range of columns that the facts hold, for what is padded: the
        grid in which its rows are a range along each axis.
    grids : tuple of int
        Into how many axes each divides the rows: one, where parts are ranges of rows.
    over : tuple of (input, output)
        Inputs that lie in the memory of an output, which takes their place element by element
        (`in_place.py`).
    flat : bool
        Whether there is a single row: then no kernel takes several short ones at a time.
    panels : bool
        Whether its rows are those of several panels.
    """

    inputs: tuple[Operand, ...]
    steps: tuple[Step | Reduce, ...]
    outputs: tuple[int, ...]
    frames: tuple[int, ...] = ()
    grids: tuple[int, ...] = ()
    over: tuple[tuple[int, int], ...] = ()
    flat: bool = False
    panels: bool = False

    @functools.cached_property
    def worded(self) -> tuple[int, ...]:
        """The inputs of which the facts hold words: views, and what is read by an index."""
        found = enumerate(self.inputs)
        return tuple([k for k, x in found if x.kind == "view" or x.index >= 0])

    def text(self) -> str:
        """The canonical text: equal spaces, and no others, have equal texts."""
        return repr(self)

    def digest(self) -> str:
        """SHA-256 of the canonical text."""
        return hashlib.sha256(self.text().encode()).hexdigest()

    @property
    def count(self) -> int:
        """How many values there are."""
        return len(self.inputs) + len(self.steps)

    def code_of(self, value: int) -> str:
        """The dtype code of a value."""
        if value < len(self.inputs):
            return self.inputs[value].code
        return self.steps[value - len(self.inputs)].code

    @functools.cached_property
    def _levels(self) -> tuple[Level, ...]:
        order: tuple[Level, ...] = ("one", "row", "element")
        levels: list[Level] = [
            operand.kind if operand.kind in ("one", "row") else "element" for operand in self.inputs
        ]
        for step in self.steps:
            if isinstance(step, Reduce):
                levels.append("row" if step.axis == "row" else "element")
            elif step.scalar in ("inside", "spread", "interleave"):
                levels.append("element")
            elif step.scalar == "pick":
                levels.append("row")
            else:
                levels.append(max((levels[k] for k in step.operands), key=order.index))
        return tuple(levels)

    @functools.cached_property
    def _ready(self) -> tuple[int, ...]:
        ready = [0] * len(self.inputs)
        for step in self.steps:
            passed = isinstance(step, Reduce) and step.axis == "row"
            ready.append(max((ready[k] for k in step.operands), default=0) + passed)
        return tuple(ready)

    def level_of(self, value: int) -> Level:
        """The level of a value; "element" for a column reduction, which has none."""
        return self._levels[value]

    def ready(self, value: int) -> int:
        """How many passes over a row come before a value can be computed: 0, or one more than the
        pass that reduces what it depends on.
        """
        return self._ready[value]

    def reduction(self, value: int) -> Reduce | None:
        """The reduction that a value is, if it is one."""
        step = self.step(value)
        return step if isinstance(step, Reduce) else None

    def interleaved(self, value: int) -> tuple[int, ...]:
        """What lies side by side in each element of a value: itself, unless it is interleaved."""
        step = self.step(value)
        if isinstance(step, Step) and step.scalar == "interleave":
            return step.operands
        return (value,)

    def size_of(self, value: int) -> int:
        """The bytes of an element of a value."""
        return size_of(self.code_of(value)) * len(self.interleaved(value))

    def step(self, value: int) -> Step | Reduce | None:
        """The step that a value is; None for an input."""
        return self.steps[value - len(self.inputs)] if value >= len(self.inputs) else None

    def consumed(self) -> bool:
        """Whether a step uses the result of a reduction: each row then needs several passes."""
        return any(self.reduction(k) for step in self.steps for k in step.operands)

    def reduced(self) -> tuple[int, ...]:
        """The positions of those outputs that are reductions: each has partial results."""
        return tuple(k for k, value in enumerate(self.outputs) if self.reduction(value))
