"""How partial results of a reduction are folded, as source text for CUDA: in order, some of them
asked for ahead.
"""

from __future__ import annotations

from ngrad_kernels.body import Body
from ngrad_kernels.contract import FOLDED, ROWS, SLAB, accumulator, identity
from ngrad_kernels.writer import Writer

AHEAD = 8
"""Partial results that a thread asks for before it combines the first."""


class Folds(Writer):
    """A body's kernel, as far as it folds: results are at `a1`, partial ones at `a2`."""

    def __init__(self, body: Body) -> None:
        super().__init__()
        self.body = body
        self.reduced = body.code_of(body.outputs[0])
        self.wide = accumulator(self.reduced)
        self.combine = f"combine_{body.reduction}"

    def start(self) -> str:
        return identity(self.body.reduction or "", self.wide)

    def _store_total(self, at: str) -> None:
        result = self.body.result
        self.write(f"store_{result}(a1, {at}, {result}(total))")

    def _fold_rows(self) -> None:
        """Partial results to stretches, a thread each, and these in order: a row is a thread's, or
        if there are several stretches a thread block's.
        """
        with self.block(f"if chunks <= {FOLDED}"):
            self._fold("item * chunks", "1")
            self.write("return")
        self.write("row = block_id()")
        with self.block("while row < n"):
            self.write(
                f"total = {self.start()}",
                f"stretches = (chunks + {FOLDED - 1}) // {FOLDED}",
            )
            with self.block("for s in range(0, stretches, block_size())"):
                self.write(f"at = (s + thread_id()) * {FOLDED}")
                count = f"min({FOLDED}, chunks - at)"
                self._in_order("stretch", "load", "a2", "row * chunks + at", count)
                self.write(f"store_{self.wide}(shared, thread_id(), stretch)", "barrier()")
                with self.block("if thread_id() == 0"):
                    count = "min(block_size(), stretches - s)"
                    self._in_order("several", "reload", "shared", "0", count, "total")
                    self.write("total = several")
                self.write("barrier()")
            with self.block("if thread_id() == 0"):
                self._store_total("row")
            self.write("row += grid_size()")

    def _fold(self, first: str, step: str) -> None:
        """Partial results in order, a thread for each result `item`."""
        self.write("item = thread_index()")
        with self.block("while item < n"):
            self._in_order("total", "load", "a2", first, "chunks", step=step)
            self._store_total("item")
            self.write("item += thread_count()")

    def _in_order(
        self,
        total: str,
        load: str,
        address: str,
        first: str,
        count: str,
        start: str = "",
        step: str = "1",
        code: str = "",
    ) -> None:
        """Combine `count` partial results, some asked for ahead, into `total`; of a dtype, if it
        is not the accumulator's.
        """

        def part(number: str) -> str:
            return f"{load}_{code or self.wide}({address}, start + ({number}) * {step})"

        def more(value: str) -> str:
            wide = f"{self.wide}({value})" if code else value
            return f"{total} = {self.combine}({total}, {wide})"

        names = [f"part{k}" for k in range(AHEAD)]
        self.write(
            f"{total} = {start or self.start()}",
            f"count = max({count}, 0)",
            f"done = count // {AHEAD} * {AHEAD}",
            f"start = {first}",
        )
        with self.block(f"for c in range(0, done, {AHEAD})"):
            self.write(*[f"{name} = {part(f'c + {k}')}" for k, name in enumerate(names)])
            self.write(f"{', '.join(names)} = at_hand(({', '.join(names)}))")
            self.write(*[more(name) for name in names])
        with self.block("for c in range(done, count)"):
            self.write(more(part("c")))

    def _fold_slabs(self) -> None:
        """What slabs give to columns, in order: to the partial result of a block of rows, or if
        there is one block to the result. A thread for each.
        """
        each = ROWS // SLAB
        self.write("unit = thread_index()")
        with self.block("while unit < chunks * width"):
            self.write("block = quotient(unit, width)", f"slab = block * {each}")
            count = f"min({each}, length - slab)"
            first = "(slab - block) * width + unit"
            self._in_order("total", "load", "a0", first, count, step="width", code=self.reduced)
            with self.block("if chunks == 1"):
                self._store_total("unit")
            with self.block("else"):
                self.write(f"store_{self.wide}(a2, unit, total)")
            self.write("unit += thread_count()")
