"""`Body` to source text, for CUDA.

One skeleton a form, as on the CPU, with the same facts (`ngrad_kernels/render_blocks.py` numbers
them) and the same bits. Operands are `a0`, `a1`, ...; those that are views are read in place, an
element at a time, as their words say.
"""

from __future__ import annotations

import functools

from ngrad_kernels.body import Body
from ngrad_kernels.codes import computed, size_of, words_for
from ngrad_kernels.contract import CHUNK, identity
from ngrad_kernels.cuda.elements import Elements
from ngrad_kernels.cuda.elementwise import WAVES, Access, elementwise, one_by_one
from ngrad_kernels.cuda.folds import Folds
from ngrad_kernels.cuda.groups import (
    GROUPS,
    Reduction,
    by_block,
    reduce_chunk,
    reduce_columns,
    teams,
)
from ngrad_kernels.cuda.source import GROUP, THREADS, Source
from ngrad_kernels.expressions import assignments, expression
from ngrad_kernels.render_blocks import CHUNKS, FOLD, LENGTH, SLABS, VIEW, WIDTH
from ngrad_kernels.render_segments import WITHIN
from ngrad_kernels.scalars import SCALARS, is_long, is_unrolled


class _Kernel(Folds):
    """The source of one body's kernel."""

    def __init__(self, body: Body, views: bool) -> None:
        super().__init__(body)
        self.views = views
        self.code = body.inputs[0]
        self.value = f"v{body.outputs[0]}"

    # -- map ---------------------------------------------------------------------------------------

    def compute(self, element: str = "") -> None:
        self.write(*assignments(self.body))

    def map(self) -> None:
        """Facts, if there are views: those of `skeletons.strided_map`."""
        body, first = self.body, len(self.body.inputs)
        loads = [Access(k, code, f"a{k}") for k, code in enumerate(body.inputs)]
        stores = [
            Access(value, body.code_of(value), f"a{first + k}")
            for k, value in enumerate(body.outputs)
        ]
        if self.views:
            self._strided(loads, stores)
        elif self._long():
            one_by_one(self, "n", loads, stores, self.compute)
        else:
            elementwise(self, "n", loads, stores, self.compute)

    def _long(self) -> bool:
        return any(is_long(step.scalar, step.code) for step in self.body.steps)

    def _strided(self, loads: list[Access], stores: list[Access]) -> None:
        self.write("words = table_at(facts)")
        for k in range(len(loads)):
            self.write(f"w{k} = words[{5 + 2 * k}]", f"w{k} = facts + 8 * w{k} if w{k} != 0 else 0")

        def compute(number: str) -> None:
            for value, code, address, *_ in loads:
                place = f"element({address}, w{value}, {number}, {size_of(code)})"
                self.write(f"v{value} = load_{code}({place}, 0)")
            self.compute()

        one_by_one(self, "n", (), stores, compute)

    # -- reductions --------------------------------------------------------------------------------

    def _facts(self) -> None:
        self.write(
            "words = table_at(facts)",
            f"length, chunks, width = words[{LENGTH}], words[{CHUNKS}], words[{WIDTH}]",
        )

    def _load(self, number: str) -> None:
        """The operand's element of a number, in row-major order."""
        if self.views:
            place = f"locate(a0, facts + {8 * VIEW}, {number})"
            self.write(f"v0 = load_{self.code}({place}, 0)")
        else:
            self.write(f"v0 = load_{self.code}(a0, {number})")

    def _elements(self, number: str) -> Elements:
        """What is reduced: elements of a number in row-major order."""
        load = functools.partial(self._load, number)
        unrolled = is_unrolled((step.scalar, step.code) for step in self.body.steps)
        return Elements({"v0": self.code}, load, self.compute, long=self._long(), unrolled=unrolled)

    def _reduction(self) -> Reduction:
        reduction = self.body.reduction or ""
        return Reduction(reduction, self.reduced, self.wide, self.value, "total")

    def _chunk(self) -> None:
        """The row of an item, and which of its elements."""
        self.write(
            "row = item // chunks",
            "chunk = (item - row * chunks) * CHUNK",
            "end = min(length, chunk + CHUNK)",
        )

    def rows(self) -> None:
        self._facts()
        self.write(f"shared = shared_words({words_for(THREADS, self.wide)})")
        with self.block(f"if words[{FOLD}] != 0"):
            self._fold_rows()
            self.write("return")
        teams(self, by_block("n"))
        self.write("item = team")
        with self.block("while item < n"):
            self._chunk()
            reduce_chunk(self, [self._reduction()], self._elements("row * length + j"))
            with self.block("if lead"):
                with self.block("if chunks == 1"):
                    self._store_total("item")
                with self.block("else"):
                    self.write(f"store_{self.wide}(a2, item, total)")
            self.write("item += teams")

    def columns(self) -> None:
        self._facts()
        with self.block(f"if words[{FOLD}] == {SLABS}"):
            self._fold_slabs()
            self.write("return")
        with self.block(f"if words[{FOLD}] != 0"):
            self._fold("(item // width * chunks) * width + item % width", "width")
            self.write("return")
        self.write("tiles = (width + BLOCK - 1) // BLOCK")

        def rows() -> None:
            self.write(
                "outer = block // chunks",
                "first = (block - outer * chunks) * ROWS",
                "stop = min(length, first + ROWS)",
            )

        def finish() -> None:
            self.write("item = block * width + j")
            with self.block("if chunks == 1"):
                self._store_total("item")
            with self.block("else"):
                self.write(f"store_{self.wide}(a2, item, total)")

        elements = self._elements("(outer * length + row) * width + j")
        reduce_columns(self, "(n // tiles)", "width", [self._reduction()], rows, elements, finish)

    # -- positions of extremes ---------------------------------------------------------------------

    def arg(self) -> None:
        code, better = self.code, f"better_{self.body.reduction}"
        self._facts()
        values = words_for(GROUPS, code)
        self.write(f"shared = shared_words({values + GROUPS})")
        with self.block(f"if words[{FOLD}] != 0"):
            self._fold_positions(better)
            self.write("return")
        teams(self, by_block("n"))
        self.write("item = team")
        with self.block("while item < n"):
            self._chunk()
            self.write(f"best = {identity(self.body.reduction or '', code)}", "where = -1")
            first = f"chunk + group * {GROUP} + lane"
            with self.block(f"for column in range({first}, end, groups * {GROUP})"):
                self._load("row * length + column")
                self._prefer(better, "v0", "column")
            for distance in (8, 4, 2, 1):
                self.write(f"other = shuffle_down(best, {distance})")
                self.write(f"at = shuffle_down(where, {distance})")
                self._prefer(better, "other", "at")
            with self.block("if whole"):
                with self.block("if lane == 0"):
                    self.write(f"store_{code}(shared, group, best)")
                    self.write(f"store_i8(shared, {values} + group, where)")
                self.write("barrier()")
                with self.block("for k in range(groups)"):
                    self.write(f"other = reload_{code}(shared, k)")
                    self.write(f"at = reload_i8(shared, {values} + k)")
                    self._prefer(better, "other", "at")
                self.write("barrier()")
            with self.block("if lead"):
                with self.block("if chunks == 1"):
                    self.write("store_i8(a1, item, where)")
                with self.block("else"):
                    self.write(f"store_{code}(a2, item, best)")
                    self.write("store_i8(a2 + width, item, where)")
            self.write("item += teams")

    def _prefer(self, better: str, value: str, at: str) -> None:
        """Take a value and its position, if these come before the best ones."""
        compared = f"{better}({value}, best), same({value}, best)"
        with self.block(f"if ahead({compared}, {at}, where)"):
            self.write(f"best = {value}", f"where = {at}")

    def _fold_positions(self, better: str) -> None:
        self.write("row = thread_index()")
        with self.block("while row < n"):
            self.write(f"best = load_{self.code}(a2, row * chunks)", "at = row * chunks")
            with self.block("for c in range(row * chunks + 1, (row + 1) * chunks)"):
                self.write(f"other = load_{self.code}(a2, c)")
                with self.block(f"if {better}(other, best)"):
                    self.write("best = other", "at = c")
            self.write("store_i8(a1, row, load_i8(a2 + width, at))", "row += thread_count()")

    # -- running results ---------------------------------------------------------------------------

    def scan(self) -> None:
        """A group a row: 16 elements are read at once, and handed on in order."""
        reduction, wide = self.body.reduction or "", self.wide
        kinds: tuple[str, ...] = (wide,) * len(self.body.inputs)
        start = f"{wide}(0)"
        if reduction == "linear":
            inner = f"shuffle(x1, k) + product_{wide}(shuffle(x0, k), total)"
        elif reduction in SCALARS:
            kinds = (computed(self.code), "b1")
            after = expression(reduction, ("total", "shuffle(x0, k)"), self.code, self.code)
            start, inner = f"{kinds[0]}(0)", f"select(shuffle(x1, k), shuffle(x0, k), {after})"
        else:
            start, inner = self.start(), f"{self.combine}(total, shuffle(x0, k))"
        out, result = f"a{len(kinds)}", self.body.result
        self._facts()
        teams(self, "False")
        self.write("row = team")
        with self.block("while row < n"):
            self.write(f"total = {start}")
            with self.block(f"for b in range(0, length, {GROUP})"):
                self.write("at = row * length + b + lane", f"size = min({GROUP}, length - b)")
                self.write(*[f"x{k} = {kind}(0)" for k, kind in enumerate(kinds)], "mine = total")
                with self.block("if lane < size"):
                    self._read(kinds)
                with self.block("for k in range(size)"):
                    self.write(f"total = {inner}")
                    with self.block("if k == lane"):
                        self.write("mine = total")
                with self.block("if lane < size"):
                    self.write(f"store_{result}({out}, at, {result}(mine))")
            self.write("row += teams")

    def segments(self) -> None:
        """A thread an element of the result."""
        code = self.code
        after = expression(self.body.reduction or "", ("total", "x"), code, code)
        self.write(
            "words = table_at(facts)",
            "count, length, width = words[0], words[1], words[2]",
            "at = thread_index()",
        )
        with self.block("while at < n * width"):
            self.write(
                "item = at // width",
                "batch = item // count",
                "segment = item - batch * count",
                "first, last = load_i8(a1, segment), length",
            )
            with self.block("if segment + 1 < count"):
                self.write("last = load_i8(a1, segment + 1)")
            self.write(*WITHIN)
            self.write(f"total = {computed(code)}(0)")
            with self.block("for i in range(first, last)"):
                self.write(f"x = load_{code}(a0, (batch * length + i) * width + at - item * width)")
                self.write(f"total = x if i == first else {after}")
            self.write(f"store_{code}(a2, at, total)", "at += thread_count()")

    def _read(self, kinds: tuple[str, ...]) -> None:
        """The elements `at` of contiguous operands, or of the one that may be a view, as values of
        these dtypes.
        """
        if len(kinds) == 1:
            self._load("at")
            self.write(f"x0 = {self.wide}(v0)")
            return
        for k, (kind, code) in enumerate(zip(kinds, self.body.inputs, strict=True)):
            self.write(f"x{k} = {kind}(load_{code}(a{k}, at))")


_OPERANDS = {"rows": 3, "columns": 3, "arg": 3}
"""Of a reduction: input, result, and partial results, which a launch of several chunks has."""
_WIDTHS = {
    "map": 1,
    "rows": THREADS,
    "columns": CHUNK,
    "arg": THREADS,
    "scan": GROUP,
    "segments": 1,
}


def render(body: Body, views: bool = False) -> Source:
    """The source of a body's kernel.

    Parameters
    ----------
    body : Body
    views : bool
        Whether operands are views, which the facts describe; else they are contiguous.

    Examples
    --------
    >>> source = render(Body("rows", ("f4",), (), (0,), "sum", "f4"))
    >>> source.name, source.operands
    ('rows_c7b00200065a2e0d', 3)
    """
    operands = _OPERANDS.get(body.form, len(body.inputs) + len(body.outputs))
    name = f"{body.form}_{'views_' * views}{body.digest()[:16]}"
    kernel = _Kernel(body, views)
    addresses = ", ".join(f"a{k}" for k in range(operands))
    with kernel.block(f"def {name}(facts, n, {addresses})"):
        getattr(kernel, body.form)()
    waves = WAVES if body.form == "map" and not views else 1
    return Source(name, kernel.text, operands, _WIDTHS[body.form], waves=waves)
