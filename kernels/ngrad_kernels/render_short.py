"""A `Space`'s kernel that takes several short rows at a time, for the CPU.

Rows that lie one behind the other are one block, which the same loops compute. What differs: a
value of level row is an array, `h`, of one for each of these rows, and where elements read it, each
is repeated, at `x`; so are operands of level column, and the numbers of the columns, which are the
same for all blocks. Columns are reduced a slab of rows at a time, to `narrow`.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

from ngrad_kernels.codes import size_of
from ngrad_kernels.contract import BLOCK, FEW, FEW_LONG, LINE, SEVERAL, SLAB, TOGETHER, started
from ngrad_kernels.scratch import Scratch
from ngrad_kernels.space import Space, Step
from ngrad_kernels.space_passes import Pass, cone, has_long, passes
from ngrad_kernels.space_writer import SpaceWriter


def takes_several(space: Space, length: int) -> bool:
    """Whether the kernel for rows of a length takes several at a time: if they are short; where
    neither they nor columns are reduced, nor views packed, very short.
    """
    reduced = [step for k in range(space.count) if (step := space.reduction(k))]
    columns = [k for k, operand in enumerate(space.inputs) if operand.kind == "column"]
    if any(step.axis == "column" for step in reduced):
        most = BLOCK // SLAB
    elif reduced or any(operand.kind == "view" for operand in space.inputs):
        most = TOGETHER
    else:
        widest = max(size_of(operand.code) for operand in space.inputs)
        most = FEW_LONG if has_long(space) else FEW // widest
    return (
        0 < length <= most
        and not space.flat
        and not space.frames
        and not any(step.operand in columns for step in reduced)
    )


class ShortRows(SpaceWriter):
    """Code for several short rows, around that for a block.

    Parameters
    ----------
    space : Space
    several : bool
        Whether the kernel takes several rows at a time.

    Attributes
    ----------
    packed : set of int
        Views of which the rows that are taken are packed already.
    """

    def __init__(self, space: Space, several: bool) -> None:
        super().__init__(space)
        self.several = several
        self.packed: set[int] = set()
        live = sorted(self.live) if several else []
        self.of_rows = [k for k in live if space.level_of(k) == "row"]
        self.of_columns = [
            k for k in live if k < len(space.inputs) and space.inputs[k].kind == "column"
        ]
        read = {
            k
            for value in live
            if space.level_of(value) == "element" and (step := space.step(value))
            for k in step.operands
        }
        read.update(self.reduced(k) for k in live if space.reduction(k))
        self.repeated = [k for k in self.of_rows if k in read]
        numbered = (step for k in live if isinstance(step := space.step(k), Step))
        self.numbers = any(step.scalar == "spread" for step in numbered)

    # -- a block -----------------------------------------------------------------------------------

    def compute(self, one: Pass) -> None:
        """Code that computes a block of `n` elements, from column `c` of what begins at element
        `start`.
        """
        raise NotImplementedError

    def place(self, one: Pass, value: int) -> tuple[str, str]:
        """Where a block of a value to be reduced lies, and how it is read."""
        raise NotImplementedError

    def stream(self, one: Pass) -> None:
        """Code that sends the outputs that a pass finishes past the caches."""
        raise NotImplementedError

    # -- several rows ------------------------------------------------------------------------------

    def lay_out_several(self, scratch: Scratch) -> None:
        """Memory for what is of rows, or repeated."""
        code_of = self.space.code_of
        for k in self.of_rows:
            scratch.take(f"h{k}", SEVERAL, code_of(k))
        for k in (*self.repeated, *self.of_columns):
            scratch.take(f"x{k}", BLOCK, code_of(k), more=LINE)
        rows = [self.reduction(k)[1] for k in self.of_rows if self.space.reduction(k)]
        if rows:  # what is reduced may be the same for all rows
            scratch.take("reduced", SEVERAL, max(rows, key=size_of))
        columns = self._reduced_columns()
        if columns:
            scratch.take("narrow", BLOCK // SLAB, max(columns, key=size_of), more=LINE)
        if self.numbers:
            scratch.take("columns", BLOCK, "i8")

    def _reduced_columns(self) -> list[str]:
        """The dtypes of what is reduced over columns."""
        return [self.reduction(k)[1] for one in passes(self.space) for k in self.columns(one)]

    def prepare_several(self) -> None:
        """What is the same for all blocks."""
        whole = " // SLAB * SLAB" if self._reduced_columns() else ""
        self.write(f"several = min(SEVERAL, BLOCK // length{whole})")
        if self.numbers or self.of_columns:
            self.write("repeated = min(several, rows) * length")
        if self.numbers:
            with self.block("for i in range(repeated)"):
                self.write("store_i8(columns, i, i % length)")
        for k in self.of_columns:
            size = size_of(self.space.code_of(k))
            self.write(f"done, whole = length * {size}, repeated * {size}")
            self.write(f"copy_bytes(x{k}, a{k}, done)")
            with self.block("while done < whole"):
                self.write("more = min(done, whole - done)")
                self.write(f"copy_bytes(x{k} + done, x{k}, more)", "done += more")

    def rows_together(self) -> None:
        """The rows from `begin` up to `stop`."""
        with self.block("for begin in range(head, stop, several)"):
            self.write("count, c = min(several, stop - begin), 0")
            for index, one in enumerate(passes(self.space)):
                self._values_of_rows(index)
                self.write("start, n = begin * length, count * length")
                if one.stores or one.rows or one.columns:
                    self._pass_of_rows(one)

    def _each_row(self) -> AbstractContextManager[None]:
        return self.block("for r in range(count)")

    def _values_of_rows(self, index: int) -> None:
        """The values of level row that follow from the passes before, for each row."""
        space = self.space
        new = [k for k in self.of_rows if space.ready(k) == index and not space.reduction(k)]
        known = [k for k in self.of_rows if space.ready(k) <= index and k not in new]
        if new:
            self._addresses_of_rows(new)
            with self._each_row():
                self.write("row = begin + r", "start = row * length")
                for k in sorted(set(known).intersection(cone(space, new, known))):
                    self.write(f"v{k} = reload_{space.code_of(k)}(h{k}, r)")
                self.values("row", index)
                for k in new:
                    self.write(f"store_{space.code_of(k)}(h{k}, r, v{k})")
        for k in self.repeated:
            if space.ready(k) == index:
                self.write(f"repeat_{space.code_of(k)}(h{k}, count, length, x{k})")

    def _addresses_of_rows(self, values: Sequence[int]) -> None:
        """Where outputs of level row are that are among some values: found before the loop over
        rows, which is vectorised then.
        """
        for k, output in enumerate(self.space.outputs):
            if output in values:
                size = size_of(self.space.code_of(output))
                self.write(f"q{k} = {self.out(k)} + begin * {size}")

    def give(self, k: int, level: str) -> None:
        if level != "row" or not self.several:
            super().give(k, level)
            return
        value = self.space.outputs[k]
        self.write(f"store_{self.space.code_of(value)}(q{k}, r, v{value})")

    def _pass_of_rows(self, one: Pass) -> None:
        self.compute(one)
        for value in one.rows:
            reduction, code, wide = self.reduction(value)
            where, _ = self.place(one, self.reduced(value))
            self.write(f"rows_{reduction}_{code}({where}, count, length, reduced)")
            result = self.space.code_of(value)
            part = started(reduction, wide, f"{wide}(reload_{code}(reduced, r))")
            self._addresses_of_rows([value])
            with self._each_row():
                self.write(f"v{value} = {result}({part})")
                self.write(f"store_{result}(h{value}, r, v{value})")
                for k, output in enumerate(self.space.outputs):
                    if output == value:
                        self.give(k, "row")
        for k in one.columns:
            self._add_narrow(one, k)
        self.stream(one)

    def columns(self, one: Pass) -> list[int]:
        """The column reductions that a pass adds to."""
        return [self.space.outputs[k] for k in one.columns]

    def _add_narrow(self, one: Pass, k: int) -> None:
        """Reduce the columns of these rows, and fold what each slab of them gives."""
        reduction, code, wide = self.reduction(self.space.outputs[k])
        where, _ = self.place(one, self.reduced(self.space.outputs[k]))
        self.write(f"columns_{reduction}_{code}({where}, count, length, narrow)")
        slabs = self.block("for slab in range((count + SLAB - 1) // SLAB)")
        with slabs, self.block("for i in range(length)"):
            part = f"{wide}(reload_{code}(narrow, slab * length + i))"
            total = f"combine_{reduction}(reload_{wide}(sums{k}, i), {part})"
            self.write(f"store_{wide}(sums{k}, i, {total})")

    def load_repeated(self, used: set[int]) -> None:
        """In a loop over elements, the values of level row among those that it uses."""
        for k in self.repeated:
            if k in used:
                self.write(f"v{k} = reload_{self.space.code_of(k)}(x{k}, i)")
