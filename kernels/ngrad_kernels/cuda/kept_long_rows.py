"""`Space` to source text, for CUDA, where rows are kept in registers: by a warp (`kept_rows.py`);
or here, where they are longer than a block of the contract, by the warps of a thread block, of
which each has one of these blocks.

A warp reduces its block as one with a short row does. All threads then read what the row's blocks
gave from shared memory, and fold that in order. Each pass has words of its own there: when these
are written again, for the next row, all have read them, since they have come to another pass's
barrier.
"""

from __future__ import annotations

from collections.abc import Sequence

from ngrad_kernels.codes import words_for
from ngrad_kernels.contract import BLOCK, CHUNK, ROWS, SHORT, SLAB, identity
from ngrad_kernels.cuda.keeping import MOST, below, warps_of, words_kept
from ngrad_kernels.cuda.kept_rows import KeptRows
from ngrad_kernels.cuda.source import THREADS, WARP, Source
from ngrad_kernels.space import Space

APART = 128
"""Threads of a block whose warps have nothing to do with one another: of small blocks more have
room at the same time.
"""
FEW = 64
"""Words up to which two thread blocks have room for theirs: so one computes while the other waits
for memory, or for all of its own warps.
"""
RESIDENT = (32, 24, 16, 12, 8)
"""Warps that a multiprocessor may have, where each keeps a block: of 64 registers a thread to 255.
The more, the more rows are on their way from memory: on an H200 a softmax of rows of 4096 takes
249, 185, 169 us with 16, 24, 32 of them, a copy 130.
"""
WAVES = 16
"""Times as many blocks as run at the same time: on an H200 a softmax of rows of 1024 has 0.93 of a
copy's speed so, where blocks that took rows in turn to the end had 0.78.
"""


class _KeptLongRows(KeptRows):
    """The source of a kernel whose thread blocks, of so many warps, have a row."""

    column = "mine"

    def __init__(self, space: Space, name: str, count: int) -> None:
        self.warps = warps_of(count)
        self.places: dict[int, str] = {}
        super().__init__(space, name, MOST, 0)

    def loops(self) -> None:
        words = 0
        for value in self.rows:
            self.places[value] = f"shared + {8 * words}"
            words += words_for(self.warps, self.reduction(value)[2])
        self.write(
            f"shared = shared_words({words})",
            f"lane, warp = thread_id() % {WARP}, thread_id() // {WARP}",
            "mine = warp * BLOCK + lane",
            "t, tiles, left = 0, 1, length - mine",
            "size, blocks = min(BLOCK, left + lane), (length + BLOCK - 1) // BLOCK",
            "speaks = lead = thread_id() == 0",
        )
        self.arrays()
        self.write("row = block_id()")
        reducing = sum(bool(one.rows) for one in self.passes)
        with self.block("while row < rows"):
            self.whole_row()
            if reducing == 1:
                self.write("barrier()")
            self.write("row += grid_size()")

    def reduce_all(self, values: Sequence[int]) -> None:
        for value in values:
            reduction, code, wide = self.reduction(value)
            combine, own = f"combine_{reduction}", f"own{value}"
            with self.block(f"if size < {SHORT}"):  # of no elements too, which nobody folds
                self.write(f"{own} = {identity(reduction, code)}")
                with self.block("for k in range(size)"):
                    self.write(f"{own} = {combine}({own}, shuffle_warp(lanes{value}[0], k))")
            with self.block("else"):
                self.combine_lanes(value)
            with self.block("if lane == 0"):
                self.write(f"store_{wide}({self.places[value]}, warp, {wide}({own}))")
        if values:
            self.write("barrier()")
        for value in values:
            reduction, _, wide = self.reduction(value)
            combine = f"combine_{reduction}"
            self.write(f"r{value} = {identity(reduction, wide)}")
            with self.block("for k in range(blocks)"):
                part = f"reload_{wide}({self.places[value]}, k)"
                self.write(f"r{value} = {combine}(r{value}, {part})")
            self.fold_further(value, 2)


def render_kept(space: Space, count: int) -> Source:
    """The source of a space's kernel for rows of which `elements_kept` gives a count."""
    name = f"space_{space.digest()[:16]}_{count}"
    if count > MOST:
        kernel: KeptRows = _KeptLongRows(space, name, count)
        threads = WARP * warps_of(count)
        # An item is as many rows as a chunk has.
        width = CHUNK // BLOCK * WARP
        resident = tuple(sorted({max(1, k // warps_of(count)) for k in RESIDENT}, reverse=True))
        return Source(name, kernel.text, kernel.count, width, resident, threads, WAVES, exact=True)
    kernel = KeptRows(space, name, count, below(count))
    # An item is a block of rows where columns are reduced.
    width = ROWS // SLAB * THREADS if kernel.columns else CHUNK // count
    resident = (2 if kernel.columns and count * words_kept(space) <= FEW else 0,)
    threads = THREADS if kernel.columns else APART
    return Source(name, kernel.text, kernel.count, width, resident, threads, WAVES)
