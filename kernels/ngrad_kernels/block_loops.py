"""The loops over a block of columns in a `Space`'s kernel, for the CPU.

Such a loop vectorises: it loads, computes, and stores. Sums of what it computes it makes itself
(`strips.py`). An element that alone of its row has something put to it is computed once more, by
itself, and the loop need not look for it.
"""

from __future__ import annotations

from ngrad_kernels.codes import computed, size_of
from ngrad_kernels.contract import IN_STRIPS, LINE
from ngrad_kernels.render_short import ShortRows
from ngrad_kernels.scalars import overlaps
from ngrad_kernels.space import Reduce, Space, Step
from ngrad_kernels.space_passes import Loop, Pass, dependents, is_long, passes

Stores = list[tuple[str, int]]
"""Where values are stored, and which."""


def _puts(step: object) -> bool:
    return isinstance(step, Step) and step.scalar == "spread"


def _put_by(space: Space, one: Pass, loop: Loop) -> list[int]:
    """The values of a loop that are put to one element of a row."""
    return [k for k in loop.values if k not in one.reloads and _puts(space.step(k))]


def _below_largest(space: Space, value: int) -> bool:
    """Whether a value is an element less the largest of its row: at most 0, or NaN."""
    step = space.step(value)
    if not isinstance(step, Step) or step.scalar != "subtract":
        return False
    element, largest = step.operands
    return space.step(largest) == Reduce("max", element, "row", space.code_of(element))


class BlockLoops(ShortRows):
    """Code for a block, in loops.

    Attributes
    ----------
    put : bool or None
        While the element is computed that something is put to, True; for the others, False. None
        where each is asked for its column.
    """

    put: bool | None = None

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

    def _reduced_after(self, one: Pass) -> set[int]:
        """What is reduced when a pass has computed a block: columns of several short rows, too."""
        reduced = [*one.rows, *(self.columns(one) if self.several else ())]
        return {self.reduced(value) for value in reduced}

    def waiting(self, one: Pass) -> list[int]:
        """The values that wait in scratch of their own to be reduced, or for another loop."""
        again = self._reduced_after(one)
        again.update(value for loop in one.loops for value in loop.reads)
        return [k for k in sorted(again) if self.place(one, k)[0] == f"s{k}"]

    def waits(self) -> list[tuple[int, tuple[int, int]]]:
        """What waits in scratch of its own, and from which loop up to which, of all loops of all
        passes; in the order in which it begins to.
        """
        found: dict[int, tuple[int, int]] = {}
        first = 0
        for one in passes(self.space):
            last, after = first + len(one.loops) - 1, self._reduced_after(one)
            for k in self.waiting(one):
                used = [j for j, x in enumerate(one.loops, first) if k in (*x.values, *x.reads)]
                if self.space.level_of(k) != "element":
                    used.append(first)  # stored by the first loop
                if k in after:
                    used.append(last)
                begin, _ = found.get(k, (min(used), 0))
                found[k] = begin, max(used)
            first = last + 1
        return sorted(found.items(), key=lambda item: item[1])

    def expression(self, step: Step, column: str) -> str:
        """As everywhere; exp of what is less the largest of its row, as in every softmax, has a
        shorter form with the same bits.
        """
        if step.scalar == "exp" and _below_largest(self.space, step.operands[0]):
            code = computed(self.space.code_of(step.operands[0]))
            return f"{step.code}(exp_nonpositive_{code}(v{step.operands[0]}))"
        return super().expression(step, column)

    # -- an element by itself ----------------------------------------------------------------------

    def _apart(self, one: Pass, loop: Loop, stores: Stores, columns: list[int]) -> Stores:
        """What a loop stores that depends on what is put to one element of a row, if that is all
        that it has of the kind, and nothing else comes of it.
        """
        space, put = self.space, _put_by(self.space, one, loop)
        if self.several or len(put) != 1 or len(one.loops) > 1 or columns:
            return []
        reached = dependents(space, put[0])
        if not reached.isdisjoint(map(self.reduced, one.rows)):
            return []
        found = [(where, value) for where, value in stores if value in reached]
        alone = all(space.interleaved(value) == (value,) for _, value in found)
        return found if alone else []

    def _compute_apart(self, one: Pass, loop: Loop, stores: Stores) -> None:
        """The element that something is put to, before what it is made of is written over."""
        (spread,) = (self.space.step(k) for k in _put_by(self.space, one, loop))
        assert spread is not None
        index = f"v{spread.operands[0]}"
        self.write(f"i = select({index} < 0, {index} + length, {index}) - c")
        self.write("apart, held = i, 0 <= i < n")
        for where, value in stores:
            code = self.space.code_of(value)
            self.write(f"{where}_apart = {code}(0)")
        self.put = True
        with self.block("if held"):
            self._elements(one, loop, [], [])
            for where, value in stores:
                self.write(f"{where}_apart = v{value}")
        self.put = False

    def _store_apart(self, stores: Stores) -> None:
        """Over what the loop has stored of it."""
        self.put = None
        with self.block("if held"):
            for where, value in stores:
                code = self.space.code_of(value)
                self.write(f"store_{code}({where}, apart, {where}_apart)")

    # -- a loop ------------------------------------------------------------------------------------

    def _ends(self, one: Pass, loop: Loop) -> tuple[Stores, list[int]]:
        """What a loop over a block stores, where and which values; and to which column reductions
        it adds. What is the same for a whole row is stored by the first.
        """
        space, first = self.space, loop is one.loops[0]

        def here(value: int) -> bool:
            return value in loop.values or (first and space.level_of(value) != "element")

        def once(value: int) -> bool:  # an input may be loaded by several
            return first if value < len(space.inputs) else here(value)

        stores = [(f"q{k}", value) for k, value in one.stores if once(value)]
        stores += [(f"s{k}", k) for k in self.waiting(one) if here(k)]
        if self.several:
            return stores, []
        columns = [k for k in one.columns if once(self.reduced(space.outputs[k]))]
        return stores, columns

    def folded(self, one: Pass) -> dict[int, Loop]:
        """The row reductions of a pass that a loop does itself, and which: the first that has the
        operand at hand. For one that only reads it there would be no loop but for that.
        """
        found = {}
        for value in () if self.several else one.rows:
            reduction, code, _ = self.reduction(value)
            having = [loop for loop in one.loops if self.reduced(value) in loop.values]
            if having and any(self._ends(one, having[0])) and reduction in IN_STRIPS.get(code, ()):
                found[value] = having[0]
        return found

    def ahead(self, one: Pass, loop: Loop) -> list[int]:
        """The inputs of which a loop over strips, which takes longer than to read them, fetches the
        next row: from the second pass on, as the first reads on where it ended.
        """
        space = self.space
        again = any(map(space.ready, loop.values))
        if space.flat or not again or not is_long(space, loop, one.reloads):
            return []
        inputs = [k for k in loop.values if k < len(space.inputs)]
        return [k for k in inputs if space.inputs[k].kind == "element"]

    def _read_again(self, one: Pass) -> set[int]:
        """The values of a pass that another loop reads, or a reduction that no loop does."""
        found = {value for loop in one.loops for value in loop.reads}
        found.update(map(self.reduced, set(one.rows).difference(self.folded(one))))
        return found

    def drains(self, one: Pass, loop: Loop) -> list[int]:
        """The outputs that a loop sends past the caches a strip at a time, while it computes long
        scalars: behind a block that would take time of its own. A loop that has no other reason to
        go over strips does so for whole arrays alone, which are one row: shorter ones end in parts
        of a strip, and few begin where a line does.
        """
        space = self.space
        whole = space.flat and all(operand.kind in ("element", "one") for operand in space.inputs)
        whole = whole and not any(isinstance(step, Reduce) for step in space.steps)
        strips = whole or loop in self.folded(one).values()
        if self.several or not strips or not is_long(space, loop, one.reloads):
            return []
        again = self._read_again(one)
        stored = {where for where, value in self._ends(one, loop)[0] if value not in again}
        alone = [k for k in one.streams if len(space.interleaved(space.outputs[k])) == 1]
        return [k for k in alone if f"q{k}" in stored]

    def loop(self, one: Pass, loop: Loop) -> None:
        """One loop over a block."""
        stores, columns = self._ends(one, loop)
        if not stores and not columns:
            return
        rows = [k for k, by in self.folded(one).items() if by is loop]
        apart = self._apart(one, loop, stores, columns)
        if apart:
            self._compute_apart(one, loop, apart)
        drained = self.drains(one, loop)
        if rows or drained:
            self._strips(one, loop, stores, columns, rows, drained)
        else:
            with self.block("for i in range(n)"):
                self._elements(one, loop, stores, columns)
                self._overlapped(one, loop)
        if apart:
            self._store_apart(apart)

    def _strips(
        self,
        one: Pass,
        loop: Loop,
        stores: Stores,
        columns: list[int],
        rows: list[int],
        drained: list[int],
    ) -> None:
        """A loop over strips: one that does row reductions, or sends out what it computes."""
        folded = {self.reduced(value) for value in rows}
        alone = {f"s{k}" for k in folded - self._read_again(one)}
        aside = {f"q{k}": f"y{k}" for k in drained}
        kept = [(aside.get(at, at), k) for at, k in stores if at not in alone]
        for value in rows:
            reduction, code, _ = self.reduction(value)
            self.write(f"l{value} = lanes_{reduction}_{code}()")
        self.write("whole = n & -STRIP")
        # What is behind the last strip comes first, and is in memory when it is read from there.
        with self.block("for j in range(n - whole)"):
            self.write("i = whole + j")
            self._elements(one, loop, stores, columns)
        with self.block("for strip in range(0, whole, STRIP)"):
            for k in self.ahead(one, loop):
                size = size_of(self.space.inputs[k].code)
                with self.block(f"for z in range(0, STRIP * {size}, {LINE})"):
                    self.write(f"fetch_ahead(p{k} + (next_row + strip) * {size} + z)")
            for k in drained:
                offset = f"strip * {self.space.size_of(self.space.outputs[k])}"
                self.write(f"y{k} = select(g{k}, m{k} - {offset}, q{k})")
            with self.block("for j in range(STRIP)"):
                self.write("i = strip + j")
                self._elements(one, loop, kept, columns)
                for k in sorted(folded):
                    self.write(f"put_{self.space.code_of(k)}(strip{k}, j, v{k})")
                self._overlapped(one, loop)
            for value in rows:
                reduction, code, _ = self.reduction(value)
                joined = f"join_{reduction}_{code}(l{value}, strip{self.reduced(value)})"
                self.write(f"l{value} = {joined}")
            for k in drained:
                size = self.space.size_of(self.space.outputs[k])
                lines = f"for z in range(strip * {size}, (strip + STRIP) * {size}, {LINE})"
                with self.block(f"if g{k}"), self.block(lines):
                    self.write(f"stream_line(q{k} + z, y{k} + z)")

    def _overlapped(self, one: Pass, loop: Loop) -> None:
        """The end of a loop's body, if its iterations are to overlap."""
        own = ((self.space.step(k), k) for k in loop.values if k not in one.reloads)
        steps = [(step.scalar, k) for step, k in own if isinstance(step, Step)]
        if overlaps((scalar, self.space.code_of(k)) for scalar, k in steps):
            self.write("overlapped()")

    def _elements(self, one: Pass, loop: Loop, stores: Stores, columns: list[int]) -> None:
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
            self.store(value, where, "i")
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

    def inside(self, frame: int, column: str) -> str:
        if column != "(c + i)":
            return super().inside(frame, column)
        return f"(i4(i) >= near{frame}) & (i4(i) < far{frame})"

    def _element(self, one: Pass, value: int) -> None:
        step, code = self.space.step(value), self.space.code_of(value)
        if value in one.reloads:
            self.write(f"v{value} = reload_{code}(q{one.reloads[value]}, i)")
        elif isinstance(step, Step) and step.scalar == "interleave":
            return
        elif isinstance(step, Step):
            column = "reload_i8(columns, i)" if self.several else "(c + i)"
            found = self.expression(step, column)
            if self.put is not None and _puts(step):
                found = f"{code}({code}(0) + v{step.operands[1]})" if self.put else f"{code}(0)"
            self.write(f"v{value} = {found}")
        elif self.several and value in self.of_columns:
            self.write(f"v{value} = reload_{code}(x{value}, i)")
        else:
            self.write(f"v{value} = load_{code}(p{value}, i)")
