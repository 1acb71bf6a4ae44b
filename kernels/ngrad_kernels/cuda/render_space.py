"""`Space` to source text, for CUDA.

What a space reduces decides how threads are shared out. Nothing: a thread an element. Columns: a
thread a column, or several where these are few. Rows: a team a row, which passes over it as
`space_passes.py` says (`groups.py` has both). A row that is short enough a warp keeps, and then
columns can be reduced too (`kept_rows.py`); else `apart.py` makes two spaces of such a one. A
longer one a thread block may keep (`kept_long_rows.py`).

Names: those of `space_writer.py` and `groups.py`; `j` a column, `sums` its totals.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from ngrad_kernels.contract import CHUNK, identity
from ngrad_kernels.cuda.elements import Elements
from ngrad_kernels.cuda.elementwise import WAVES, Access, elementwise, one_by_one
from ngrad_kernels.cuda.groups import (
    BLOCKS,
    Reduction,
    by_block,
    reduce_chunk,
    reduce_columns,
    teams,
)
from ngrad_kernels.cuda.keeping import elements_kept
from ngrad_kernels.cuda.kept_long_rows import render_kept
from ngrad_kernels.cuda.source import Source
from ngrad_kernels.cuda.space_kernel import SpaceKernel
from ngrad_kernels.scalars import is_long, is_unrolled
from ngrad_kernels.space import SPAN, TILE, TILES, Space, Step
from ngrad_kernels.space_passes import Pass, cone, elements


class _Kernel(SpaceKernel):
    """The source of one space's kernel."""

    def loops(self) -> None:
        if self.rows and self.columns:
            raise ValueError(
                f"{self.name}: reduces rows and columns; two kernels do, unless warps keep rows"
            )
        if self.rows or self.columns:
            self.write(f"span, tile, tiles = words[{SPAN}], words[{TILE}], words[{TILES}]")
        if self.rows:
            self._row_programs()
        else:
            self._elements()

    # -- values ------------------------------------------------------------------------------------

    def _worked(
        self,
        values: Sequence[int],
        one: Pass,
        place: Sequence[int] = (),
        several: bool = False,
    ) -> Elements:
        """Values of level element in the column `j`; some are read from a row of an output.
        `place`: values of its row, which come first; `several`: each has a row of its own.
        """
        read = [k for k in values if k in one.reloads or not isinstance(self.space.step(k), Step)]

        def reads() -> None:
            for k in place:
                self.value(k, "row")
            for k in read:
                if k in one.reloads:
                    code, out = self.space.code_of(k), self.out(one.reloads[k])
                    self.write(f"v{k} = reload_{code}({out}, start + j)")
                else:
                    self.load_in(k, "j")

        def store() -> None:
            for k, value in one.stores:
                self.store(value, self.out(k), "start + j")

        names = {f"v{k}": self.space.code_of(k) for k in (*place, *read)}
        rest = [k for k in values if k not in read]
        return Elements(
            names,
            reads,
            functools.partial(self._compute, rest),
            store,
            self.begin_row if several else lambda: None,
            stores=bool(one.stores),
            long=self._long(rest),
            unrolled=is_unrolled(self._scalars(rest)) and not (several and self.divides),
        )

    def _compute(self, values: Sequence[int]) -> None:
        """Values of level element in the column `j` that come of others."""
        for k in values:
            step = self.space.step(k)
            if isinstance(step, Step):
                self.assign(k, step, "j")
            else:
                self.load_in(k, "j")

    def _scalars(self, values: Sequence[int]) -> list[tuple[str, str]]:
        steps = [step for k in values if isinstance(step := self.space.step(k), Step)]
        return [(step.scalar, step.code) for step in steps]

    def _long(self, values: Sequence[int]) -> bool:
        return any(is_long(*step) for step in self._scalars(values))

    def _of_rows(self, roots: Sequence[int]) -> list[int]:
        """The values of level row that some need."""
        return [k for k in cone(self.space, roots) if self.space.level_of(k) == "row"]

    def _picked(self, roots: Sequence[int]) -> set[int]:
        """The values that picks compute in another column, by the names that they have in this."""
        steps = [self.space.step(k) for k in cone(self.space, roots)]
        picks = [step for step in steps if isinstance(step, Step) and step.scalar == "pick"]
        return {k for step in picks for k in elements(self.space, step.operands[:1])}

    def _by_column(self, values: tuple[int, ...]) -> bool:
        """Whether values of level element depend on the number of the column."""
        steps = [step for k in values if isinstance(step := self.space.step(k), Step)]
        return any(step.scalar in ("inside", "spread") for step in steps)

    def _results(self, one: Pass) -> list[int]:
        """What a pass stores, and what it adds to columns."""
        found = [value for _, value in one.stores]
        return found + [self.reduced(self.space.outputs[k]) for k in one.columns]

    # -- no reduction over rows --------------------------------------------------------------------

    def _elements(self) -> None:
        self._rows_alone()
        (one,) = self.passes
        if self.columns:
            self._whole_columns(one)
        elif one.stores:
            self._flat(one)

    def _rows_alone(self) -> None:
        """The outputs of level row, a thread a row."""
        if any(self.space.level_of(value) == "row" for value in self.space.outputs):
            self.write("speaks, row = True, thread_index()")
            with self.block("while row < rows"):
                self.begin_row()
                self.values("row", 0)
                self.write("row += thread_count()")

    def _flat(self, one: Pass) -> None:
        """A thread an element, or four where all inputs are contiguous, and all outputs."""
        space, results = self.space, self._results(one)
        values = elements(space, results)
        inputs = [k for k in values if k < len(space.inputs)]
        plain = [k for k in inputs if space.inputs[k].kind == "element"]
        loads = [
            Access(k, space.code_of(k), f"a{k}", "reload" if k in one.reloads else "load")
            for k in plain
        ]
        stores = [
            Access(own, space.code_of(own), self.out(k), at=at)
            for k, value in one.stores
            for own, at in self.stored(value, "i")
        ]
        rest = tuple(k for k in values if k not in plain)
        row = any(space.level_of(k) == "row" for k in cone(space, results))
        placed = row or len(plain) < len(inputs) or self._by_column(values)
        moved = [k for k in plain if k in self._picked(results)]

        def compute(number: str) -> None:
            if placed:
                self.write(f"row = ({number}) // length")
                self.begin_row()
                self.write(f"j = {number} - start")
            self.write(*[f"own{k} = v{k}" for k in moved])
            for k in self._of_rows(results):
                self.value(k, "row")
            self.write(*[f"v{k} = own{k}" for k in moved])
            self._compute(rest)

        whole = len(plain) == len(inputs) and all(access.at == "i" for access in stores)
        loop = elementwise if whole else one_by_one
        loop(self, "rows * length", loads, stores, compute)

    def _whole_columns(self, one: Pass) -> None:
        """Columns of blocks of rows."""
        space, results = self.space, self._results(one)
        reductions = []
        for k in one.columns:
            value = space.outputs[k]
            reduction, code, wide = self.reduction(value)
            operand = f"{code}(v{self.reduced(value)})"
            reductions.append(Reduction(reduction, code, wide, operand, f"sums{k}"))

        def rows() -> None:
            self.write("first = block * span", "stop = min(rows, first + span)")

        def finish() -> None:
            for k, (_, _, wide, _, total) in zip(one.columns, reductions, strict=True):
                code = space.code_of(space.outputs[k])
                with self.block("if rows <= span"):
                    self.write(f"store_{code}({self.out(k)}, j, {code}({total}))")
                with self.block("else"):
                    place = f"{self.operand(self.partial[k])}, block * length + j"
                    self.write(f"store_{wide}({place}, {total})")

        own = self._worked(
            elements(space, results),
            one,
            self._of_rows(results),
            several=True,
        )
        reduce_columns(self, "(n // tiles)", "length", reductions, rows, own, finish)

    # -- reductions over rows ----------------------------------------------------------------------

    def _row_programs(self) -> None:
        self.write(f"shared = shared_words({BLOCKS * max(len(one.rows) for one in self.passes)})")
        teams(self, f"tiles > 1 or {by_block('rows')}")
        self.write("unit = team")
        with self.block("while unit < rows * tiles"):
            self.write("row = unit // tiles", "t = unit - row * tiles")
            self._row()
            self.write("unit += teams")

    def _row(self) -> None:
        """A team's row `row`, and of that its tile `t`."""
        self.begin_row()
        self.write(
            "first = t * tile", "last = min(length, first + tile)", "speaks = lead and t == 0"
        )
        for index, one in enumerate(self.passes):
            self.values("row", index)
            if one.stores or one.rows:
                self._pass(one)

    def _pass(self, one: Pass) -> None:
        space, reductions, starts = self.space, [], []
        for value in one.rows:
            reduction, code, wide = self.reduction(value)
            operand = f"v{self.reduced(value)}"
            reductions.append(Reduction(reduction, code, wide, operand, f"t{value}"))
            starts.append(identity(reduction, wide))
        roots = [value for _, value in one.stores] + [self.reduced(value) for value in one.rows]
        own = self._worked(elements(space, roots, one.reloads), one)
        self.write(*[f"r{k} = {start}" for k, start in zip(one.rows, starts, strict=True)])
        self.write(*[f"chunks{k} = {start}" for k, start in zip(one.rows, starts, strict=True)])
        with self.block("for chunk in range(first, last, CHUNK)"):
            self.write("end = min(last, chunk + CHUNK)")
            reduce_chunk(self, reductions, own)
            self.fold("chunks", "t", one.rows)
            if one.rows:
                # One loop: within another, rows of one chunk would need half as many registers
                # again.
                with self.block("if end == last or (end - first) % STRETCH == 0"):
                    self.fold("r", "chunks", one.rows)
                    self.write(*[f"chunks{k} = {x}" for k, x in zip(one.rows, starts, strict=True)])
        for value in one.rows:
            self.write(f"v{value} = {space.code_of(value)}(r{value})")
            if value in space.outputs:
                with self.block("if lead"):
                    self.finish(value)


def render_space(space: Space, length: int = 0) -> Source:
    """The source of a space's kernel, for rows of any length; if that is given, for such rows. Its
    name is unique to the content.

    Examples
    --------
    >>> from ngrad_kernels.space import Operand
    >>> square = Step("square", (0,), "f4")
    >>> source = render_space(Space((Operand("f4", "element"),), (square,), (1,)))
    >>> "store4_f4(a1, i" in source.text
    True
    """
    kept = elements_kept(space, length)
    if kept:
        return render_kept(space, kept)
    name = f"space_{space.digest()[:16]}"
    kernel = _Kernel(space, name)
    waves = 1 if kernel.rows or kernel.columns else WAVES
    return Source(name, kernel.text, kernel.count, CHUNK, waves=waves)
