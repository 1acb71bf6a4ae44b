"""`Space` to source text, for CUDA, where rows are short enough for registers: a warp a row.

All that a row's elements read of memory is asked for at once, and stays in registers for every
pass, as does what is costly to compute again. So each element is read once and written once, while
other rows' are under way; where passes read it from the caches again, a GPU waits for these.

Element `32 r + lane` of a row is a thread's element `r`. How many it may have is a constant of the
kernel, which is for rows of no more than 32 times as many: so loops are unrolled, and arrays are
registers. Of a contract's 64 or 32 lanes a thread has two or one.

Where columns are reduced too, a thread block has a slab of rows, whose warps take them. Then its
threads take the columns, read the slab once more, which is in cache, and what is known of its rows
from shared memory. What a slab gives is folded by a launch of its own.

Names: those of `space_kernel.py`; `x` the values of a thread's elements, `left` how many elements
the row has from the thread's first one on.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext

from ngrad_kernels.codes import computed, size_of, words_for
from ngrad_kernels.contract import SLAB, identity, lanes
from ngrad_kernels.cuda.elements import Elements
from ngrad_kernels.cuda.groups import Reduction, reduce_slab
from ngrad_kernels.cuda.keeping import Kept, kept_passes
from ngrad_kernels.cuda.source import WARP
from ngrad_kernels.cuda.space_kernel import SpaceKernel
from ngrad_kernels.space import Space, Step
from ngrad_kernels.space_passes import cone, elements

UNROLLED = 8
"""Turns of a loop. One of 20, with the work of a layer norm, was not unrolled, and what it read not
in registers.
"""


class KeptRows(SpaceKernel):
    """The source of a kernel whose threads have `count` elements each."""

    column = "lane"
    """The column of a thread's first element."""

    def __init__(self, space: Space, name: str, count: int, sure: int) -> None:
        self.elements, self.sure = count, sure
        self.kept = kept_passes(space)
        super().__init__(space, name)

    def loops(self) -> None:
        self.write(
            f"lane = thread_id() % {WARP}",
            "speaks = lead = lane == 0",
            "t, tiles, left = 0, 1, length - lane",
        )
        self.arrays()
        if self.columns:
            self._slabs()
            return
        self.write(f"row, warps = thread_index() // {WARP}, thread_count() // {WARP}")
        with self.block("while row < rows"):
            self.whole_row()
            self.write("row += warps")

    def arrays(self) -> None:
        """What a thread keeps of a row, and its lanes."""
        for k in sorted({k for one in self.kept for k in (*one.reads, *one.held)}):
            self._array(f"x{k}", self.elements, self.space.code_of(k))
        for value in self.rows:
            code = self.reduction(value)[1]
            self._array(f"lanes{value}", lanes(code) // WARP, code)

    def _array(self, name: str, count: int, code: str) -> None:
        self.write(f"{name} = cuda.local.array({count}, {computed(code)})")

    def whole_row(self) -> None:
        """The row `row`."""
        self.begin_row()
        self._load()
        for index, one in enumerate(self.passes):
            self.values("row", index)
            self._pass(one.rows, self.kept[index])

    # -- elements ----------------------------------------------------------------------------------

    def _load(self) -> None:
        """All that elements read."""
        read = {k for one in self.kept for k in one.reads}
        inputs = [k for k in sorted(read) if k < len(self.space.inputs)]
        for k in inputs:
            operand = self.space.inputs[k]
            if operand.kind != "view":
                by_column = operand.kind in ("column", "rows")
                first = self.column if by_column else f"(start + {self.column})"
                own = self.row_of(k) if operand.kind == "rows" else f"a{k}"
                self.write(f"from{k} = {own} + {size_of(operand.code)} * {first}")

        def load(sure: bool) -> None:
            for k in inputs:
                operand, at = self.space.inputs[k], f"from{k}, {WARP} * r"
                if operand.kind == "view":
                    j = f"{self.column} + {WARP} * r"
                    if operand.index >= 0 and not sure:  # which reads an index
                        j = f"min({j}, length - 1)"
                    at = f"{self.located(k, f'start + {j}')}, 0"
                if sure:
                    self.write(f"x{k}[r] = reload_{operand.code}({at})")
                else:
                    self.write(f"x{k}[r] = load_if_{operand.code}({at}, left > {WARP} * r)")

        if inputs:
            self._each(load)
            # All are asked for before the first is waited for.
            names = "".join(f"x{k}[r], " for k in inputs)
            with self.block(f"for r in range({self.elements})"):
                self.write(f"{names}= at_hand(({names}))")

    def _each(self, write: Callable[[bool], None]) -> None:
        """Loops over a thread's elements, by what writes their body: of those that every row has,
        and of those that it may have. None is longer than the compiler unrolls.
        """
        for start, stop in ((0, self.sure), (self.sure, self.elements)):
            for first in range(start, stop, UNROLLED):
                with self.block(f"for r in range({first}, {min(first + UNROLLED, stop)})"):
                    write(stop == self.sure)

    def _pass(self, rows: Sequence[int], one: Kept) -> None:
        space = self.space
        for value in rows:
            reduction, code, _ = self.reduction(value)
            for place in range(lanes(code) // WARP):
                self.write(f"lanes{value}[{place}] = {identity(reduction, code)}")
        for k, value in one.stores:
            size = space.size_of(value)
            self.write(f"to{k} = {self.out(k)} + {size} * (start + {self.column})")
        if rows or one.stores:
            self._each(functools.partial(self._element, rows, one))
        self.reduce_all(rows)

    def _element(self, rows: Sequence[int], one: Kept, sure: bool) -> None:
        """A thread's element `r`, which surely is there, or maybe."""
        space = self.space
        self.write(f"j = {self.column} + {WARP} * r")
        if not sure:
            self.write(f"inside = left > {WARP} * r")
        self.write(*[f"v{k} = x{k}[r]" for k in one.reads])
        for k in one.values:
            step = space.step(k)
            assert isinstance(step, Step)
            self.assign(k, step, "j")
        self.write(*[f"x{k}[r] = v{k}" for k in one.held])
        for value in rows:
            reduction, code, _ = self.reduction(value)
            lane = f"lanes{value}[r % {lanes(code) // WARP}]"
            more = f"combine_{reduction}({lane}, v{self.reduced(value)})"
            self.write(f"{lane} = {more if sure else f'select(inside, {more}, {lane})'}")
        if one.stores:
            with nullcontext() if sure else self.block("if inside"):
                for k, value in one.stores:
                    self.store(value, f"to{k}", f"{WARP} * r")

    # -- reductions --------------------------------------------------------------------------------

    def reduce_all(self, values: Sequence[int]) -> None:
        """The results of a pass, which all threads are told."""
        for value in values:
            self.combine_lanes(value)
            wide = self.reduction(value)[2]
            self.write(f"r{value} = {wide}(shuffle_warp(own{value}, 0))")
            self.fold_further(value, 3)

    def combine_lanes(self, value: int) -> None:
        """The lanes as a tree: a thread's own, then those of the warp."""
        reduction, code, _ = self.reduction(value)
        combine, own = f"combine_{reduction}", f"own{value}"
        self.write(f"{own} = lanes{value}[0]")
        for place in range(1, lanes(code) // WARP):
            self.write(f"{own} = {combine}({own}, lanes{value}[{place}])")
        for distance in (16, 8, 4, 2, 1):
            self.write(f"{own} = {combine}({own}, shuffle_warp_down({own}, {distance}))")

    def fold_further(self, value: int, times: int) -> None:
        """Fold a result as the only one of its block, chunk and stretch, or of some of these."""
        reduction, _, wide = self.reduction(value)
        for _ in range(times):
            more = f"combine_{reduction}({identity(reduction, wide)}, r{value})"
            self.write(f"r{value} = {more}")
        self.write(f"v{value} = {self.space.code_of(value)}(r{value})")
        if value in self.space.outputs:
            with self.block("if lead"):
                self.finish(value)

    # -- columns -----------------------------------------------------------------------------------

    def _slabs(self) -> None:
        """A slab of rows, by a thread block: rows by its warps, then columns by its threads."""
        space = self.space
        roots = [self.reduced(space.outputs[k]) for k in self.columns]
        of_rows = [k for k in range(space.count) if space.level_of(k) == "row"]
        given = [k for k in cone(space, roots, of_rows) if k in of_rows]
        places, words = {}, 0
        for k in (k for k in given if k >= len(space.inputs)):
            places[k] = f"shared + {8 * words}"
            words += words_for(SLAB, space.code_of(k))
        if places:
            self.write(f"shared = shared_words({words})")
        self.write(
            f"warp, warps = thread_id() // {WARP}, block_size() // {WARP}",
            "slab = block_id() * SLAB",
        )
        with self.block("while slab < rows"):
            self.write("stop = min(rows, slab + SLAB)")
            with self.block("for row in range(slab + warp, stop, warps)"):
                self.whole_row()
                with self.block("if lead") if places else nullcontext():
                    for k, place in places.items():
                        self.write(f"store_{space.code_of(k)}({place}, row - slab, v{k})")
            self.write("barrier()")
            with self.block("for j in range(thread_id(), length, block_size())"):
                self._columns(roots, given, places)
            self.write("barrier()", "slab += grid_size() * SLAB")

    def _columns(
        self, roots: Sequence[int], given: Sequence[int], places: Mapping[int, str]
    ) -> None:
        """What a slab gives to the columns `j`, behind where its block of rows puts its own."""
        space = self.space
        reductions = []
        for k, root in zip(self.columns, roots, strict=True):
            reduction, code, wide = self.reduction(space.outputs[k])
            reductions.append(Reduction(reduction, code, wide, f"{code}(v{root})", f"sums{k}"))
            self.write(f"part_sums{k} = {identity(reduction, code)}")
        reduce_slab(self, reductions, self._again(elements(space, roots), given, places))
        for k, (_, code, wide, _, total) in zip(self.columns, reductions, strict=True):
            own = f"(rows + ROWS - 1) // ROWS * length * {size_of(wide)}"
            at = "slab // SLAB * length + j"
            place = f"{self.operand(self.partial[k])} + {own}"
            self.write(f"store_{code}({place}, {at}, part_{total})")

    def _again(
        self, values: Sequence[int], given: Sequence[int], places: Mapping[int, str]
    ) -> Elements:
        """An element of the column `j`, computed from memory and what is known of its row."""
        space = self.space
        read = [k for k in values if k < len(space.inputs)]
        rest = [k for k in values if k not in read]

        def reads() -> None:
            for k in given:
                if k in places:
                    self.write(f"v{k} = reload_{space.code_of(k)}({places[k]}, row - slab)")
                else:
                    self.value(k, "row")
            for k in read:
                self.load_in(k, "j")

        def compute() -> None:
            for k in rest:
                step = space.step(k)
                assert isinstance(step, Step)
                self.write(f"v{k} = {self.expression(step, 'j')}")

        names = {f"v{k}": space.code_of(k) for k in (*given, *read)}
        return Elements(names, reads, compute, place=self.begin_row)
