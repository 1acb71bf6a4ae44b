"""What the renderers of a `Space` share: where its values and operands are, and how values of one
column, or of a whole row, are computed.

Names: `v` a value, `a` the address of an operand, `w` the words of a view; of a frame `o` and `e`
the first column and the one after its last, `top` and `low` the same of rows, along each axis of
its grid, where there are some, and then `pitch` the bytes from a place along one of a padded
operand to the next; of a grid `below` the rows from a place along an axis to the next, and the
axis's `extent`, and `at` the place of a row along one.
"""

from __future__ import annotations

from collections.abc import Sequence

from ngrad_kernels.contract import accumulator
from ngrad_kernels.expressions import expression
from ngrad_kernels.space import FRAMES, Reduce, Space, Step
from ngrad_kernels.space_passes import elements, needed
from ngrad_kernels.writer import Writer


class SpaceWriter(Writer):
    """The source of one space's kernel, as far as all targets write it alike."""

    def __init__(self, space: Space) -> None:
        super().__init__()
        self.space = space
        self.live = needed(space)
        self.partial = {
            k: len(space.inputs) + len(space.outputs) + place
            for place, k in enumerate(space.reduced())
        }
        kinds = [operand.kind for operand in space.inputs]
        self.padded = [k for k, kind in enumerate(kinds) if kind == "padded"]
        self.views = space.worded
        self._frames = FRAMES + sum(2 * (axes - 1) for axes in space.grids if axes > 1)
        self._pitches = self._frames + sum(2 + 2 * self.axes(k) for k in range(len(space.frames)))
        self._views = self._pitches + sum(self.axes(space.inputs[k].frame) for k in self.padded)

    # -- operands ----------------------------------------------------------------------------------

    def operand(self, position: int) -> str:
        """The address of an operand: of an input, an output, or partial results."""
        raise NotImplementedError

    def out(self, k: int) -> str:
        """The address of an output."""
        return self.operand(len(self.space.inputs) + k)

    def axes(self, frame: int) -> int:
        """Along how many axes a frame has a range of rows."""
        return self.space.grids[self.space.frames[frame]]

    def frames(self, words: str) -> None:
        """Where frames are; of a flat space, which has one row, in that."""
        space, word = self.space, iter(range(FRAMES, self._views))
        for grid, axes in enumerate(space.grids):
            for name, which in (("below", range(axes - 1)), ("extent", range(1, axes))):
                self.write(*[f"{name}{grid}_{d} = {words}[{next(word)}]" for d in which])
        for k in range(len(space.frames)):
            self.write(f"o{k} = {words}[{next(word)}]", f"e{k} = o{k} + {words}[{next(word)}]")
            for d in range(self.axes(k)):
                first, count = f"{words}[{next(word)}]", f"{words}[{next(word)}]"
                if not space.flat:
                    self.write(f"top{k}_{d} = {first}", f"low{k}_{d} = top{k}_{d} + {count}")
        for k in self.padded:
            for d in range(self.axes(space.inputs[k].frame)):
                pitch = f"pitch{k}_{d} = {words}[{next(word)}]"
                if not space.flat:
                    self.write(pitch)

    def begin_row(self) -> None:
        """Where the row `row` begins, and its place along each axis of grids."""
        self.write("start = row * length")
        for grid, axes in enumerate(self.space.grids):
            for d in range(axes if axes > 1 else 0):
                place = "row" if d == axes - 1 else f"row // below{grid}_{d}"
                self.write(f"at{grid}_{d} = {place}" + f" % extent{grid}_{d}" * (d > 0))

    def along(self, frame: int, axis: int) -> str:
        """The place of a row that has begun along an axis of a frame's grid."""
        return f"at{self.space.frames[frame]}_{axis}" if self.axes(frame) > 1 else "row"

    @property
    def panel_words(self) -> int:
        """Where the facts hold what is said of panels."""
        return self._views + len(self.views)

    def view_word(self, place: int) -> int:
        """Where the facts hold the offset of a view's words."""
        return self._views + place

    # -- values ------------------------------------------------------------------------------------

    def lead(self, level: str) -> str:
        """A condition: whether, of those that compute a value of a level, this one stores it."""
        raise NotImplementedError

    def reduction(self, value: int) -> tuple[str, str, str]:
        """How a reduction combines, and the dtypes of its operand and of its accumulator."""
        step = self.space.reduction(value)
        assert step is not None
        code = self.space.code_of(step.operand)
        return step.reduction, code, accumulator(code)

    def reduced(self, value: int) -> int:
        """What a reduction reduces."""
        step = self.space.reduction(value)
        assert step is not None
        return step.operand

    def expression(self, step: Step, column: str) -> str:
        """A step's expression, in a column if it is of level element."""
        names = [f"v{k}" for k in step.operands]
        code = step.code
        if step.scalar == "inside":
            return self.inside(step.frame, column)
        if step.scalar == "spread":
            index, g = names
            at = self.column_at(f"select({index} < 0, {index} + length, {index})", column)
            return f"select({at}, {code}({code}(0) + {g}), {code}(0))"
        return expression(step.scalar, names, self.space.code_of(step.operands[0]), code)

    def inside(self, frame: int, column: str) -> str:
        """A condition: whether a column of the row `row` is in a frame."""
        found = f"({column} >= o{frame}) & ({column} < e{frame})"
        return found if self.space.flat else f"{self.crosses(frame)} & {found}"

    def crosses(self, frame: int) -> str:
        """A condition: whether the row `row` has elements in a frame."""
        places = [(self.along(frame, d), f"{frame}_{d}") for d in range(self.axes(frame))]
        return " & ".join([f"({at} >= top{own}) & ({at} < low{own})" for at, own in places])

    def row_of(self, k: int) -> str:
        """The address of that part of a padded input that is in the row `row`; by index, of the row
        that is named there.
        """
        if self.space.inputs[k].index >= 0:
            finds = "row_of_table" if self.space.inputs[k].tables else "named_row"
            return f"{finds}({self.named(k)}, row)"
        if self.space.flat:
            return f"a{k}"
        frame = self.space.inputs[k].frame
        places = [(self.along(frame, d), d) for d in range(self.axes(frame))]
        steps = [f"({at} - top{frame}_{d}) * pitch{k}_{d}" for at, d in places]
        return " + ".join([f"a{k}", *steps])

    def named(self, k: int) -> str:
        """Rows by index, as `moves.named_row` is told of them."""
        return f"a{k}, {self.operand(self.space.inputs[k].index)}, w{k}"

    def column_at(self, place: str, column: str) -> str:
        """A condition: whether a column is at a place of its row."""
        return f"{column} == {place}"

    def values(self, level: str, ready: int) -> None:
        """The values of a level that can be computed after so many passes, and their outputs."""
        space = self.space
        for value in sorted(self.live):
            if space.level_of(value) != level or space.ready(value) != ready:
                continue
            step = space.step(value)
            if isinstance(step, Reduce):
                continue
            self.value(value, level)
            for k, output in enumerate(space.outputs):
                if output == value:
                    self.give(k, level)

    def give(self, k: int, level: str) -> None:
        """Store an output of level one or row."""
        value, at = self.space.outputs[k], "0" if level == "one" else "row"
        with self.block(f"if {self.lead(level)}"):
            self.write(f"store_{self.space.code_of(value)}({self.out(k)}, {at}, v{value})")

    def assign(self, value: int, step: Step, column: str) -> None:
        """A step's value in a column. What is interleaved is none, and is only stored."""
        if step.scalar != "interleave":
            self.write(f"v{value} = {self.expression(step, column)}")

    def stored(self, value: int, index: str) -> list[tuple[int, str]]:
        """Which values are stored as an element of an output, and at which index each."""
        together = self.space.interleaved(value)
        if len(together) == 1:
            return [(value, index)]
        return [(k, f"{len(together)} * ({index}) + {place}") for place, k in enumerate(together)]

    def store(self, value: int, where: str, index: str) -> None:
        """An element of an output of level element."""
        for k, at in self.stored(value, index):
            self.write(f"store_{self.space.code_of(k)}({where}, {at}, v{k})")

    def value(self, value: int, level: str) -> None:
        """A value of level one or row that is no reduction."""
        step = self.space.step(value)
        if step is None and self.space.inputs[value].index >= 0:
            self.write(f"v{value} = load_{self.space.code_of(value)}({self.row_of(value)}, 0)")
        elif step is None:
            at = "0" if level == "one" else "row"
            self.write(f"v{value} = load_{self.space.code_of(value)}(a{value}, {at})")
        elif isinstance(step, Step) and step.scalar == "pick":
            self._pick(value, step)
        elif isinstance(step, Step):
            self.write(f"v{value} = {self.expression(step, 'column')}")

    def fold(self, total: str, part: str, rows: Sequence[int]) -> None:
        """Take what is reduced into that which it is part of, by the prefixes of their names."""
        for value in rows:
            reduction = self.reduction(value)[0]
            self.write(f"{total}{value} = combine_{reduction}({total}{value}, {part}{value})")

    def finish(self, value: int) -> None:
        """A row reduction's result, where it is an output; where the row has other tiles, what this
        one gives to it.
        """
        code, (_, _, wide) = self.space.code_of(value), self.reduction(value)
        for k, output in enumerate(self.space.outputs):
            if output == value:
                with self.block("if tiles == 1"):
                    self.write(f"store_{code}({self.out(k)}, row, v{value})")
                with self.block("else"):
                    partial = self.operand(self.partial[k])
                    self.write(f"store_{wide}({partial}, row * tiles + t, r{value})")

    def _pick(self, value: int, step: Step) -> None:
        """The value of one column of the row, computed alone: of none but those that there are, as
        another library may have written over an index since it was checked.
        """
        picked, index = step.operands
        self.write(f"column = v{index}", "if column < 0:", "    column = column + length")
        self.write("column = min(max(column, 0), length - 1)")
        for k in elements(self.space, (picked,)):
            inner = self.space.step(k)
            if isinstance(inner, Step):
                self.write(f"v{k} = {self.expression(inner, 'column')}")
            else:
                self.load_in(k, "column")
        self.write(f"v{value} = v{picked}")

    def load_in(self, k: int, column: str) -> None:
        """An input in a column of the row that begins at element `start`."""
        operand = self.space.inputs[k]
        load = f"v{k} = load_{operand.code}"
        if operand.kind == "view":
            self.load_view(k, load, column)
        elif operand.kind == "rows":
            self.write(f"{load}({self.row_of(k)}, {column})")
        elif operand.kind == "padded":
            self.write(f"v{k} = {operand.code}(0)")
            with self.block(f"if {self.inside(operand.frame, column)}"):
                self.write(f"{load}({self.row_of(k)}, {column} - o{operand.frame})")
        else:
            self.write(f"{load}(a{k}, {'' if operand.kind == 'column' else 'start + '}{column})")

    def load_view(self, k: int, load: str, column: str) -> None:
        """`load` from a view, in a column."""
        raise NotImplementedError
