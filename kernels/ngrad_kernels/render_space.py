"""`Space` to source text, for the CPU.

The kernel loops over items, the rows of each, the passes over a row, and in a pass over blocks of
columns. A block is computed in one loop that vectorises: it loads, computes, and stores. What is to
be reduced is so in that loop, a strip at a time (`strips.py`), or waits in first-level cache, or
where it lies, for the routines of `reductions.py`: its bits are those of a reduction that runs
alone.

Names: those of `space_writer.py`; `p` the address of a block of an operand; `q` where a block of an
output is computed: in the output, at `y`, or, if it is to be streamed (`g`), in memory in cache, at
`m`; `c` and `d` accumulators of columns and what a slab of rows adds to them, `z` the place of a
block in `d`; `s` scratch of a block; `b` memory for a strip of a value, `l` the lanes of a
reduction that its loop does. (`f4`, `b1`, ... are dtypes.)
"""

from __future__ import annotations

from ngrad_kernels.codes import size_of, words_for
from ngrad_kernels.contract import BLOCK, IN_STRIPS, identity
from ngrad_kernels.render_short import ShortRows
from ngrad_kernels.space import FETCH, LENGTH, ROWS, SPAN, STREAM, TILE, TILES, Space, Step
from ngrad_kernels.space_passes import Loop, Pass, passes

HEADER = 8
"""Words of scratch that `fetch` takes before the elements that it packs."""
HELD = 4 * BLOCK
"""Elements of the longest row that waits in memory in cache for its last pass, to be streamed."""


class _Kernel(ShortRows):
    """The source of one space's kernel."""

    def __init__(self, space: Space, name: str) -> None:
        super().__init__(space)
        self.streamed = {k for one in passes(space) for k in one.streams}
        self.held = {k for one in passes(space) for k in one.reloads.values()}
        with self.block(f"def {name}(table, lo, hi)"):
            self._prologue()
            self.values("one", 0)
            with self.block("for item in range(lo, hi)"):
                self._item()
            if self.streamed:
                with self.block("if stream"):
                    self.write("streamed()")

    # -- around the rows ---------------------------------------------------------------------------

    def _prologue(self) -> None:
        space = self.space
        self.write("facts = table_at(table[0])")
        for name, word in (
            *(("rows", ROWS), ("length", LENGTH), ("span", SPAN)),
            *(("tile", TILE), ("tiles", TILES), ("fetch", FETCH), ("stream", STREAM)),
        ):
            self.write(f"{name} = facts[{word}]")
        self.write("slabs = max(1, (rows + span - 1) // span) * length")
        self.frames("facts")
        for place, k in enumerate(self.views):
            self.write(f"w{k} = table[0] + 8 * facts[{self.view_word(place)}]")
        for k, operand in enumerate(space.inputs):
            if k in self.live:
                self.write(f"a{k} = {self.operand(k)}")
            if operand.kind in ("view", "padded"):
                self.write(f"s{k} = stack_words({words_for(BLOCK, operand.code) + HEADER})")
        padded = [operand.code for operand in space.inputs if operand.kind == "padded"]
        if padded:
            words = max(words_for(BLOCK, code) for code in padded)
            self.write(f"zeros = stack_words({words})")
            with self.block(f"for i in range({words})"):
                self.write("store_i8(zeros, i, 0)")
        for k in sorted({k for one in passes(space) for k in self._waiting(one)}):
            self.write(f"s{k} = stack_words({words_for(BLOCK, space.code_of(k))})")
        for k in sorted({self.reduced(k) for one in passes(space) for k in self._folded(one)}):
            self.write(f"b{k} = strip_{space.code_of(k)}()")
        for k in sorted(self.streamed):
            count = HELD if k in self.held else BLOCK
            words = words_for(count, space.code_of(space.outputs[k]))
            self.write(f"m{k} = stack_words({words})")
            whole = f"(stream != 0) & (length <= {HELD})" if k in self.held else "stream != 0"
            self.write(f"g{k} = {whole}")
        if self.takes_several:
            self.prepare_several()

    def _item(self) -> None:
        self.write("block = item // tiles", "t = item - block * tiles", "first = t * tile")
        self.write("last = min(length, first + tile)", "stop = min(rows, (block + 1) * span)")
        columns = [k for one in passes(self.space) for k in one.columns]
        for k in columns:
            self._accumulators(k)
        if self.takes_several:
            with self.block("if short"):
                self.rows_together()
                self.write("continue")
        if not columns:
            with self.block("for row in range(block * span, stop)"):
                self._row()
            return
        with self.block("for slab in range(block * span, stop, SLAB)"):
            with self.block("for row in range(slab, min(stop, slab + SLAB))"):
                self._row()
            for k in columns:
                self._add_slab(k)
        for k in columns:
            self._total(k)

    def _accumulators(self, k: int) -> None:
        """Where the columns of output k are reduced: `c`, then (as many behind them all) `d` for
        the rows of a slab.
        """
        reduction, code, wide = self.reduction(self.space.outputs[k])
        self.write(f"c{k} = {self.operand(self.partial[k])} + block * length * {size_of(wide)}")
        self.write(f"d{k} = {self.operand(self.partial[k])} + slabs * {size_of(wide)}")
        self.write(f"d{k} += block * length * {size_of(code)}")
        self.write(f"p = c{k} + first * {size_of(wide)}", f"q = d{k} + first * {size_of(code)}")
        with self.block("for i in range(last - first)"):
            self.write(f"store_{wide}(p, i, {identity(reduction, wide)})")
            self.write(f"store_{code}(q, i, {identity(reduction, code)})")

    def _add_slab(self, k: int) -> None:
        """Fold a slab of output k, and make its memory ready for the next."""
        reduction, code, wide = self.reduction(self.space.outputs[k])
        self.write(f"p = c{k} + first * {size_of(wide)}", f"q = d{k} + first * {size_of(code)}")
        with self.block("for i in range(last - first)"):
            part = f"{wide}(reload_{code}(q, i))"
            self.write(f"store_{wide}(p, i, combine_{reduction}(reload_{wide}(p, i), {part}))")
            self.write(f"store_{code}(q, i, {identity(reduction, code)})")

    def _total(self, k: int) -> None:
        """The results of output k, if no other block of rows has a part in them."""
        _, _, wide = self.reduction(self.space.outputs[k])
        code = self.space.code_of(self.space.outputs[k])
        with self.block("if rows <= span"):
            self.write(f"p = c{k} + first * {size_of(wide)}")
            self.write(f"q = {self.out(k)} + first * {size_of(code)}")
            with self.block("for i in range(last - first)"):
                self.write(f"store_{code}(q, i, {code}(reload_{wide}(p, i)))")

    def _row(self) -> None:
        self.write("start = row * length")
        for index, one in enumerate(passes(self.space)):
            self.values("row", index)
            if one.stores or one.rows or one.columns:
                self._pass(one)

    # -- operands ----------------------------------------------------------------------------------

    def operand(self, position: int) -> str:
        return f"table[{position + 1}]"

    def lead(self, level: str) -> str:
        return "lo == 0" if level == "one" else "t == 0"

    def load_view(self, k: int, load: str, column: str) -> None:
        self.write(f"call_pack(fetch, s{k}, a{k}, w{k}, start + {column}, 1)")
        self.write(f"{load}(reload_i8(s{k}, 0), 0)")

    # -- a pass ------------------------------------------------------------------------------------

    def place(self, one: Pass, value: int) -> tuple[str, str]:
        """Where a block of a value to be reduced, or read by another loop, lies, and how it is
        read: where it was read from or stored, if that is so, or in scratch.
        """
        for k, stored in one.stores:
            if stored == value:
                return f"q{k}", "reload"
        held = one.reloads.get(value)
        if held is not None and held not in dict(one.stores):
            return f"q{held}", "reload"
        loaded = self.space.step(value) is None and held is None
        if loaded and self.space.level_of(value) == "element":
            return f"p{value}", "load"
        return f"s{value}", "reload"

    def _waiting(self, one: Pass) -> list[int]:
        """The values that wait in scratch of their own to be reduced, or for another loop."""
        again = {self.reduced(value) for value in one.rows}
        again.update(value for loop in one.loops for value in loop.reads)
        return [k for k in sorted(again) if self.place(one, k)[0] == f"s{k}"]

    def _pass(self, one: Pass) -> None:
        if not one.rows:
            self._blocks(one, "first", "last")
            return
        self._identities("r", one.rows)
        with self.block("for stretch in range(first, last, STRETCH)"):
            self._identities("u", one.rows)
            with self.block("for chunk in range(stretch, min(last, stretch + STRETCH), CHUNK)"):
                self.write("end = min(last, chunk + CHUNK)")
                self._identities("t", one.rows)
                self._blocks(one, "chunk", "end")
                self.fold("u", "t", one.rows)
            self.fold("r", "u", one.rows)
        for value in one.rows:
            self.write(f"v{value} = {self.space.code_of(value)}(r{value})")
            self.finish(value)

    def _identities(self, prefix: str, rows: tuple[int, ...]) -> None:
        """Where folds begin: `r` of a row's stretches, `u` of a stretch's chunks, `t` of a chunk's
        blocks.
        """
        for value in rows:
            reduction, _, wide = self.reduction(value)
            self.write(f"{prefix}{value} = {identity(reduction, wide)}")

    # -- a block -----------------------------------------------------------------------------------

    def _blocks(self, one: Pass, begin: str, end: str) -> None:
        """Blocks of columns: computed, then reduced."""
        with self.block(f"for c in range({begin}, {end}, BLOCK)"):
            self.write(f"n = min(BLOCK, {end} - c)")
            self.compute(one)
            folded = self._folded(one)
            for value in one.rows:
                reduction, code, wide = self.reduction(value)
                where, _ = self.place(one, self.reduced(value))
                part = f"block_{reduction}_{code}({where}, n)"
                if value in folded:
                    part = f"total_{reduction}_{code}(l{value}, whole, {where}, n)"
                part = f"{wide}({part})"
                self.write(f"t{value} = combine_{reduction}(t{value}, {part})")
            self.stream(one)

    def compute(self, one: Pass) -> None:
        self._addresses(one)
        for loop in one.loops:
            self._loop(one, loop)

    def stream(self, one: Pass) -> None:
        """Send the outputs that a pass finishes past the caches, and get what is read next."""
        read = [
            k for k, x in enumerate(self.space.inputs) if x.kind == "element" and k in self.live
        ]
        for place, k in enumerate(one.streams):
            size = size_of(self.space.code_of(self.space.outputs[k]))
            ahead = f"q{k}"
            if place < len(read):
                code = self.space.inputs[read[place]].code
                ahead = f"a{read[place]} + (start + c + min(length, BLOCK)) * {size_of(code)}"
            with self.block(f"if g{k}"):
                self.write(f"stream_bytes(y{k}, q{k}, n * {size}, {ahead})")

    def _addresses(self, one: Pass) -> None:
        """The addresses of a block of inputs and outputs."""
        used = {value for loop in one.loops for value in loop.values}
        inputs = set(range(len(self.space.inputs))).difference(one.reloads)
        for k in sorted(used & inputs):
            operand = self.space.inputs[k]
            size = size_of(operand.code)
            if operand.kind == "view":
                self.write(f"call_pack(fetch, s{k}, a{k}, w{k}, start + c, n)")
                self.write(f"p{k} = reload_i8(s{k}, 0)")
            elif operand.kind == "column":
                self.write(f"p{k} = a{k} + c * {size}")
            elif operand.kind == "element":
                self.write(f"p{k} = a{k} + (start + c) * {size}")
            else:
                self._padded(k, f"o{operand.frame}", f"e{operand.frame}", size)
        for k in one.columns:
            _, code, _ = self.reduction(self.space.outputs[k])
            self.write(f"z{k} = d{k} + c * {size_of(code)}")
        for k in sorted({*dict(one.stores), *one.reloads.values()}):
            size = size_of(self.space.code_of(self.space.outputs[k]))
            self.write(f"q{k} = {self.out(k)} + (start + c) * {size}")
            if k in self.streamed:
                waits = f"m{k} + c * {size}" if k in self.held else f"m{k}"
                self.write(f"y{k} = q{k}", f"q{k} = select(g{k}, {waits}, y{k})")

    def _padded(self, k: int, first: str, end: str, size: int) -> None:
        self.write(f"p{k} = framed(a{k}, s{k}, zeros, c, n, {first}, {end}, {size})")

    def _ends(self, one: Pass, loop: Loop) -> tuple[list[tuple[str, int]], list[int]]:
        """What a loop over a block stores, where and which values; and to which column reductions
        it adds. What is the same for a whole row is stored by the first.
        """
        space, first = self.space, loop is one.loops[0]

        def here(value: int) -> bool:
            return value in loop.values or (first and space.level_of(value) != "element")

        def once(value: int) -> bool:  # an input may be loaded by several
            return first if value < len(space.inputs) else here(value)

        stores = [(f"q{k}", value) for k, value in one.stores if here(value)]
        stores += [(f"s{k}", k) for k in self._waiting(one) if here(k)]
        columns = [k for k in one.columns if once(self.reduced(space.outputs[k]))]
        return stores, columns

    def _folded(self, one: Pass) -> dict[int, Loop]:
        """The row reductions of a pass that a loop does itself, and which: the first that has the
        operand at hand. For one that only reads it there would be no loop but for that.
        """
        found = {}
        for value in one.rows:
            reduction, code, _ = self.reduction(value)
            having = [loop for loop in one.loops if self.reduced(value) in loop.values]
            if having and any(self._ends(one, having[0])) and reduction in IN_STRIPS.get(code, ()):
                found[value] = having[0]
        return found

    def _loop(self, one: Pass, loop: Loop) -> None:
        """One loop over a block."""
        stores, columns = self._ends(one, loop)
        if not stores and not columns:
            return
        rows = [] if self.several else [k for k, by in self._folded(one).items() if by is loop]
        if not rows:
            with self.block("for i in range(n)"):
                self._elements(one, loop, stores, columns)
            return
        again = {value for other in one.loops for value in other.reads}
        again.update(self.reduced(value) for value in one.rows if value not in rows)
        folded = {self.reduced(value) for value in rows}
        kept = [(at, k) for at, k in stores if at != f"s{k}" or k not in folded - again]
        for value in rows:
            reduction, code, _ = self.reduction(value)
            self.write(f"l{value} = lanes_{reduction}_{code}()")
        self.write("whole = n & -STRIP")
        with self.block("for strip in range(0, whole, STRIP)"):
            with self.block("for j in range(STRIP)"):
                self.write("i = strip + j")
                self._elements(one, loop, kept, columns)
                for k in sorted(folded):
                    self.write(f"put_{self.space.code_of(k)}(b{k}, j, v{k})")
            for value in rows:
                reduction, code, _ = self.reduction(value)
                joined = f"join_{reduction}_{code}(l{value}, b{self.reduced(value)})"
                self.write(f"l{value} = {joined}")
        with self.block("for j in range(n - whole)"):
            self.write("i = whole + j")
            self._elements(one, loop, stores, columns)

    def _elements(
        self, one: Pass, loop: Loop, stores: list[tuple[str, int]], columns: list[int]
    ) -> None:
        """Element i of a block: what a loop loads, computes, and stores of it."""
        space = self.space
        if self.several:
            steps = [step for value in loop.values if (step := space.step(value))]
            used = {k for step in steps for k in step.operands}
            self.load_repeated(used.union(value for _, value in stores))
        for value in loop.reads:
            where, read = self.place(one, value)
            self.write(f"v{value} = {read}_{space.code_of(value)}({where}, i)")
        for value in loop.values:
            self._element(one, value)
        for where, value in stores:
            self.write(f"store_{space.code_of(value)}({where}, i, v{value})")
        for k in columns:
            reduction, code, _ = self.reduction(space.outputs[k])
            operand = self.reduced(space.outputs[k])
            sums = f"combine_{reduction}(reload_{code}(z{k}, i), {code}(v{operand}))"
            self.write(f"store_{code}(z{k}, i, {sums})")

    def column_at(self, place: str, column: str) -> str:
        # Within a block places are counted from its start: int32, of which a vector has twice as
        # many as of int64.
        if column != "(c + i)":
            return super().column_at(place, column)
        return f"i4(i) == i4(min(max({place} - c, -1), BLOCK))"

    def _element(self, one: Pass, value: int) -> None:
        step, code = self.space.step(value), self.space.code_of(value)
        if value in one.reloads:
            self.write(f"v{value} = reload_{code}(q{one.reloads[value]}, i)")
        elif isinstance(step, Step):
            column = "reload_i8(columns, i)" if self.several else "(c + i)"
            self.write(f"v{value} = {self.expression(step, column)}")
        elif self.several and value in self.of_columns:
            self.write(f"v{value} = reload_{code}(x{value}, i)")
        else:
            self.write(f"v{value} = load_{code}(p{value}, i)")


def render_space(space: Space) -> tuple[str, str]:
    """The name and the source text of a space's kernel; the name is unique to the content."""
    name = f"space_{space.digest()[:16]}"
    return name, _Kernel(space, name).text
