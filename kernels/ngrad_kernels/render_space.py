"""`Space` to source text, for the CPU.

The kernel loops over items, the rows of each (from `head` up to `stop`), the passes over a row, and
in a pass over blocks of columns. A block is computed in one loop that vectorises: it loads,
computes, and stores. What is to be reduced is so in that loop, a strip at a time (`strips.py`), or
waits in first-level cache, or where it lies, for the routines of `reductions.py`: its bits are
those of a reduction that runs alone.

Names: those of `space_writer.py`; `p` the address of a block of an operand; `q` where a block of an
output is computed: in the output, at `y`, or, if it is to be streamed (`g`), in memory in cache, at
`m`; or `q` is in the output, and a strip of it is computed at `y`, and may wait at `m`; `sums` and
`d` accumulators of columns and what a slab of rows adds to them, `z` the place of a block in `d`;
`s` scratch of a block; `strip` memory for a strip of a value, `l` the lanes of a reduction that its
loop does; with a number, `row` the address of a row by index, `beyond` how many rows further on is
one that is asked for; `alike` how many rows of a view are the same, and `until` the first that is
another. What is numbered has no name that is a dtype's with a number: not `b`, `c`, `f`, `i`, or
`u`; nor one of a frame's: `o`, `e`, `top`, `low`.
"""

from __future__ import annotations

from ngrad_kernels import moves
from ngrad_kernels.block_loops import BlockLoops
from ngrad_kernels.codes import size_of
from ngrad_kernels.contract import BLOCK, LINE, STRIP, identity
from ngrad_kernels.scratch import Scratch
from ngrad_kernels.skeletons import HEADER, as_helpers
from ngrad_kernels.space import (
    FETCH,
    FETCH_ROWS,
    LENGTH,
    ROWS,
    SHARE,
    SPAN,
    STREAM,
    TILE,
    TILES,
    Space,
    Step,
)
from ngrad_kernels.space_passes import Pass, is_long, passes

AHEAD = 1 << 15
"""Elements of the longest row that is fetched while the one before it is computed: both, and what
comes of them, have to fit the second cache."""
BEYOND = 1 << 12
"""Bytes of rows by index, which no processor foresees, that are on their way while one is computed;
of longer rows that many, behind which it does.
"""
HELD = 4 * BLOCK
"""Elements of the longest row that waits in memory in cache for its last pass, to be streamed."""

_BY_INDEX = as_helpers(moves.named_row, moves.row_of_table, moves.ask_row)
_ALIKE = as_helpers(moves.rows_alike)


class _Kernel(BlockLoops):
    """The source of one space's kernel."""

    def __init__(self, space: Space, several: bool) -> None:
        super().__init__(space, several)
        loops = [(one, loop) for one in passes(space) for loop in one.loops]
        self.drained = {k for one, loop in loops for k in self.drains(one, loop)}
        long = any(is_long(space, loop, one.reloads) for one, loop in loops)
        self.streamed = set() if long else {k for one in passes(space) for k in one.streams}
        self.held = {k for one in passes(space) for k in one.reloads.values()}
        rows = [k for k in self.views if space.inputs[k].kind == "rows" and k in self.live]
        self.by_rows = [] if several else rows
        # What is picked is packed in the place of its block.
        self.picks = any(isinstance(x, Step) and x.scalar == "pick" for x in space.steps)
        views = [k for k in self.views if space.inputs[k].kind == "view" and k in self.live]
        once = not (several or space.flat or self.picks)
        self.alike = [k for k in views if space.inputs[k].index < 0] if once else []
        self.scratch = self._lay_out()

    def render(self, name: str) -> str:
        """The source text."""
        with self.block(f"def {name}(table, lo, hi)"):
            self._prologue()
            self.values("one", 0)
            with self.block("for item in range(lo, hi)"):
                self._item()
            if self.streamed or self.drained:
                with self.block("if stream"):
                    self.write("streamed()")
        return self.text

    # -- around the rows ---------------------------------------------------------------------------

    def _prologue(self) -> None:
        space = self.space
        self.write("facts = table_at(table[0])")
        for name, word in (
            *(("rows", ROWS), ("length", LENGTH), ("span", SPAN)),
            *(("tile", TILE), ("tiles", TILES), ("stream", STREAM)),
            *(("fetch", FETCH), ("fetch_rows", FETCH_ROWS)),
        ):
            self.write(f"{name} = facts[{word}]")
        if any(self.ahead(one, by) for one in passes(space) for by in self.folded(one).values()):
            self.write(f"next_row = select(length <= {AHEAD}, length, 0)")
        if space.panels:
            word = self.panel_words
            self.write(f"height, slabs = facts[{word}], facts[{word + 1}]")
            self.write("blocks = max(1, (height + span - 1) // span)")
        else:
            self.write("slabs = max(1, (rows + span - 1) // span) * length")
        self.frames("facts")
        for place, k in enumerate(self.views):
            self.write(f"w{k} = table[0] + 8 * facts[{self.view_word(place)}]")
        for k in self.alike:
            self.write(f"alike{k} = rows_alike(w{k}, length)")
        for k in sorted(self.live.intersection(range(len(space.inputs)))):
            self.write(f"a{k} = {self.operand(k)}")
        for k in self.by_rows:
            size = size_of(space.code_of(k))
            self.write(f"beyond{k} = max(1, {BEYOND} // max(1, length * {size}))")
        self._memory()
        for k in sorted({self.reduced(k) for one in passes(space) for k in self.folded(one)}):
            self.write(f"strip{k} = strip_{space.code_of(k)}()")
        for k in sorted(self.streamed):
            whole = f"(stream != 0) & (length <= {HELD})" if k in self.held else "stream != 0"
            self.write(f"g{k} = {whole}")
        for k in sorted(self.drained):
            size = space.size_of(space.outputs[k])
            pitch = f"select(rows > 1, length * {size}, 0)"
            self.write(f"g{k} = (stream != 0) & (({self.out(k)} | {pitch}) % {LINE} == 0)")
        if self.several:
            self.prepare_several()

    def _lay_out(self) -> Scratch:
        """What waits in memory in cache, by name."""
        space, scratch = self.space, Scratch()
        for k, operand in enumerate(space.inputs):
            if self._packs(k):
                count = 2 * BLOCK if operand.index < 0 else BLOCK
                scratch.take(f"s{k}", count, operand.code, more=8 * HEADER)
            elif operand.kind == "padded":
                scratch.take(f"s{k}", BLOCK, operand.code)
        if self.padded:
            scratch.take("zeros", BLOCK, max(map(space.code_of, self.padded), key=size_of))
        for k, during in self.waits():
            scratch.take(f"s{k}", BLOCK, space.code_of(k), during)
        for k in sorted(self.streamed | self.drained):
            value = space.outputs[k]
            count = STRIP if k in self.drained else HELD if k in self.held else BLOCK
            count *= len(space.interleaved(value))
            scratch.take(f"m{k}", count, space.code_of(value))
        if self.several:
            self.lay_out_several(scratch)
        return scratch

    def _memory(self) -> None:
        """Where all that is, and what is there at first."""
        scratch, brought = self.scratch, self.scratch.brought
        if brought:
            place = len(self.partial) + len(self.space.inputs) + len(self.space.outputs)
            self.write(f"memory = {self.operand(place)} + lo // facts[{SHARE}] * {brought}")
        elif scratch.nbytes:
            self.write(f"memory = stack_words({scratch.nbytes // 8})")
        self.write(*(f"{name} = memory + {at}" for name, at in scratch.places.items()))
        for k in filter(self._packs, self.views):
            index = self.space.inputs[k].index
            self.write(f"store_i8(s{k}, 1, {-1 if index < 0 else self.operand(index)})")
        if self.padded:
            words = BLOCK * max(map(self.space.size_of, self.padded)) // 8
            with self.block(f"for i in range({words})"):
                self.write("store_i8(zeros, i, 0)")

    def _item(self) -> None:
        self.write("block = item // tiles", "t = item - block * tiles", "first = t * tile")
        self.write("last = min(length, first + tile)")
        if self.space.panels:
            self.write("panel = block // blocks")
            self.write("head = panel * height + (block - panel * blocks) * span")
            self.write("stop = min((panel + 1) * height, head + span)")
        else:
            self.write("head, stop = block * span, min(rows, (block + 1) * span)")
        self.write(*(f"until{k} = head" for k in self.alike))
        columns = [k for one in passes(self.space) for k in one.columns]
        for k in columns:
            self._accumulators(k)
        if self.several:
            self.rows_together()
        elif not columns:
            with self.block("for row in range(head, stop)"):
                self._row()
        else:
            with self.block("for slab in range(head, stop, SLAB)"):
                with self.block("for row in range(slab, min(stop, slab + SLAB))"):
                    self._row()
                for k in columns:
                    self._add_slab(k)
        for k in columns:
            self._total(k)

    def _accumulators(self, k: int) -> None:
        """Where the columns of output k are reduced: `sums`, then (as many behind them all) `d` for
        the rows of a slab. Items of a call that each have all of a panel use the same, in turn.
        """
        reduction, code, wide = self.reduction(self.space.outputs[k])
        self.write("own = block * length")
        if self.space.panels:
            in_turn = f"lo // facts[{SHARE}] * ((tile + {LINE - 1}) // {LINE} * {LINE}) - first"
            self.write(f"own = select(height <= span, {in_turn}, own)")
        self.write(f"sums{k} = {self.operand(self.partial[k])} + own * {size_of(wide)}")
        if self.several:  # slabs are reduced as a whole
            with self.block("for i in range(length)"):
                self.write(f"store_{wide}(sums{k}, i, {identity(reduction, wide)})")
            return
        self.write(f"d{k} = {self.operand(self.partial[k])} + slabs * {size_of(wide)}")
        self.write(f"d{k} += own * {size_of(code)}")
        self.write(f"p = sums{k} + first * {size_of(wide)}", f"q = d{k} + first * {size_of(code)}")
        with self.block("for i in range(last - first)"):
            self.write(f"store_{wide}(p, i, {identity(reduction, wide)})")
            self.write(f"store_{code}(q, i, {identity(reduction, code)})")

    def _add_slab(self, k: int) -> None:
        """Fold a slab of output k, and make its memory ready for the next."""
        reduction, code, wide = self.reduction(self.space.outputs[k])
        self.write(f"p = sums{k} + first * {size_of(wide)}", f"q = d{k} + first * {size_of(code)}")
        with self.block("for i in range(last - first)"):
            part = f"{wide}(reload_{code}(q, i))"
            self.write(f"store_{wide}(p, i, combine_{reduction}(reload_{wide}(p, i), {part}))")
            self.write(f"store_{code}(q, i, {identity(reduction, code)})")

    def _total(self, k: int) -> None:
        """The results of output k, if no other block of rows has a part in them."""
        _, _, wide = self.reduction(self.space.outputs[k])
        code = self.space.code_of(self.space.outputs[k])
        whole, place = "rows", "first"
        if self.space.panels:
            whole, place = "height", "(panel * length + first)"
        with self.block(f"if {whole} <= span"):
            self.write(f"p = sums{k} + first * {size_of(wide)}")
            self.write(f"q = {self.out(k)} + {place} * {size_of(code)}")
            with self.block("for i in range(last - first)"):
                self.write(f"store_{code}(q, i, {code}(reload_{wide}(p, i)))")

    def _row(self) -> None:
        self.begin_row()
        for k in self.by_rows:
            size = size_of(self.space.code_of(k))
            part = f"first * {size}, min((last - first) * {size}, {BEYOND})"
            self.write(f"row{k} = {self.row_of(k)}")
            if not self.space.inputs[k].tables:  # of these, to find a row takes as long
                self.write(f"ask_row({self.named(k)}, row + beyond{k}, {part})")
        for index, one in enumerate(passes(self.space)):
            self.values("row", index)
            if one.stores or one.rows or one.columns:
                self._pass(one)
        for k in self.alike:
            with self.block(f"if row >= until{k}"):
                self.write(f"until{k} = (row // alike{k} + 1) * alike{k}")

    # -- operands ----------------------------------------------------------------------------------

    def operand(self, position: int) -> str:
        return f"table[{position + 1}]"

    def lead(self, level: str) -> str:
        return "lo == 0" if level == "one" else "t == 0"

    def load_view(self, k: int, load: str, column: str) -> None:
        self._fetch(k, f"start + {column}", "1")
        self.write(f"{load}(reload_i8(s{k}, 0), 0)")

    def _packs(self, k: int) -> bool:
        """Whether blocks of an input are packed, where they do not lie in one run."""
        return self.space.inputs[k].kind in ("view", "rows") and k not in self.by_rows

    def _fetch(self, k: int, start: str, count: str) -> None:
        """Have elements of a view at hand, or packed."""
        how = "fetch" if self.space.inputs[k].index < 0 else "fetch_rows"
        self.write(f"call_pack({how}, s{k}, a{k}, w{k}, {start}, {count})")

    # -- a pass ------------------------------------------------------------------------------------

    def _pass(self, one: Pass) -> None:
        self._identities("r", one.rows)
        self._identities("chunks", one.rows)
        self._identities("t", one.rows)
        self._blocks(one)
        for value in one.rows:
            self.write(f"v{value} = {self.space.code_of(value)}(r{value})")
            self.finish(value)

    def _identities(self, prefix: str, rows: tuple[int, ...]) -> None:
        """Where folds begin: `r` of a row's stretches, `chunks` of the chunks of one, `t` of the
        blocks of a chunk.
        """
        for value in rows:
            reduction, _, wide = self.reduction(value)
            self.write(f"{prefix}{value} = {identity(reduction, wide)}")

    # -- a block -----------------------------------------------------------------------------------

    def _blocks(self, one: Pass) -> None:
        """Blocks of columns: computed, then reduced."""
        with self.block("for c in range(first, last, BLOCK)"):
            self.write("n = min(BLOCK, last - c)")
            self.compute(one)
            folded = self.folded(one)
            for value in one.rows:
                reduction, code, wide = self.reduction(value)
                where, _ = self.place(one, self.reduced(value))
                part = f"block_{reduction}_{code}({where}, n)"
                if value in folded:
                    part = f"total_{reduction}_{code}(l{value}, whole, {where}, n)"
                part = f"{wide}({part})"
                self.write(f"t{value} = combine_{reduction}(t{value}, {part})")
            if one.rows:
                self._folds(one.rows)
            self.stream(one)

    def _folds(self, rows: tuple[int, ...]) -> None:
        """After a block: what ends with it, a chunk, and a stretch, is folded."""
        self.write("after = c + BLOCK")
        with self.block("if (after >= last) | (after & (CHUNK - 1) == 0)"):
            self.fold("chunks", "t", rows)
            self._identities("t", rows)
            with self.block("if (after >= last) | (after & (STRETCH - 1) == 0)"):
                self.fold("r", "chunks", rows)
                self._identities("chunks", rows)

    def compute(self, one: Pass) -> None:
        self._addresses(one)
        for loop in one.loops:
            self.loop(one, loop)

    def stream(self, one: Pass) -> None:
        """Send the outputs that a pass finishes past the caches, and get what is read next."""
        read = [
            k for k, x in enumerate(self.space.inputs) if x.kind == "element" and k in self.live
        ]
        for place, k in enumerate(k for k in one.streams if k in self.streamed):
            size = self.space.size_of(self.space.outputs[k])
            ahead = f"q{k}"
            if place < len(read):
                code = self.space.inputs[read[place]].code
                ahead = f"a{read[place]} + (start + c + min(length, BLOCK)) * {size_of(code)}"
            with self.block(f"if g{k}"):
                self.write(f"stream_bytes(y{k}, q{k}, n * {size}, {ahead})")

    def _addresses(self, one: Pass) -> None:
        """The addresses of a block of inputs and outputs."""
        used = {value for loop in one.loops for value in loop.values}
        self._frames_here(used)
        inputs = set(range(len(self.space.inputs))).difference(one.reloads)
        for k in sorted(used & inputs):
            operand = self.space.inputs[k]
            size = size_of(operand.code)
            if k in self.by_rows:
                self.write(f"p{k} = row{k} + c * {size}")
            elif self._packs(k):
                if k in self.alike:
                    with self.block(f"if (row >= until{k}) | (last - first > BLOCK)"):
                        self._fetch(k, "start + c", "n")
                elif k not in self.packed:
                    self._fetch(k, "start + c", "n")
                if k not in self.packed:
                    self.write(f"p{k} = reload_i8(s{k}, 0)")
                if self.several and not self.picks:  # all passes have one block
                    self.packed.add(k)
            elif operand.kind == "column":
                self.write(f"p{k} = a{k} + c * {size}")
            elif operand.kind == "element":
                self.write(f"p{k} = a{k} + (start + c) * {size}")
            else:
                self._padded(k)
        for k in () if self.several else one.columns:
            _, code, _ = self.reduction(self.space.outputs[k])
            self.write(f"z{k} = d{k} + c * {size_of(code)}")
        for k in sorted({*dict(one.stores), *one.reloads.values()}):
            size = self.space.size_of(self.space.outputs[k])
            self.write(f"q{k} = {self.out(k)} + (start + c) * {size}")
            if k in self.streamed:
                waits = f"m{k} + c * {size}" if k in self.held else f"m{k}"
                self.write(f"y{k} = q{k}", f"q{k} = select(g{k}, {waits}, y{k})")

    def _frames_here(self, used: set[int]) -> None:
        """Where frames end in the row, and their places in a block: int32, of which a vector has
        twice as many as of int64.
        """
        space = self.space
        steps = [step for k in used if isinstance(step := space.step(k), Step)]
        asked = {step.frame for step in steps if step.scalar == "inside"}
        for k in sorted(asked.union(space.inputs[k].frame for k in self.padded if k in used)):
            end = f"e{k}" if space.flat else f"select({self.crosses(k)}, e{k}, o{k})"
            self.write(f"end{k} = {end}")
            if k in asked:
                self.write(f"near{k} = i4(min(max(o{k} - c, 0), BLOCK))")
                self.write(f"far{k} = i4(min(max(end{k} - c, 0), BLOCK))")

    def _padded(self, k: int) -> None:
        """A block of what fills a frame, which is empty in rows beside it."""
        operand = self.space.inputs[k]
        place = f"o{operand.frame}, end{operand.frame}"
        where = f"{self.row_of(k)}, s{k}, zeros, c, n, {place}, {size_of(operand.code)}"
        self.write(f"p{k} = framed({where})")


def render_space(space: Space, several: bool = False) -> tuple[str, str]:
    """The name and the source text of a space's kernel, or of the one that takes several short rows
    at a time, where `render_short.takes_several` says so; the name is unique to the content.
    """
    name = f"space_{space.digest()[:16]}{'_short' if several else ''}"
    text = _Kernel(space, several).render(name)
    named = any(operand.kind in ("rows", "row") and operand.index >= 0 for operand in space.inputs)
    helpers = _BY_INDEX * named + _ALIKE * ("rows_alike" in text)
    return name, helpers + text


def brought(space: Space, several: bool = False) -> int:
    """The bytes of memory that a launch brings along for each of its calls of that kernel, behind
    the partial results; 0 if it needs none.
    """
    return _Kernel(space, several).scratch.brought
