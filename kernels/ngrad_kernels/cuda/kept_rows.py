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
from typing import NamedTuple

from ngrad_kernels.apart import column_outputs
from ngrad_kernels.codes import computed, size_of, words_for
from ngrad_kernels.contract import CHUNK, ROWS, SHORT, SLAB, identity, lanes
from ngrad_kernels.cuda.elements import Elements
from ngrad_kernels.cuda.groups import Reduction, reduce_slab
from ngrad_kernels.cuda.source import THREADS, WARP, Source
from ngrad_kernels.cuda.space_kernel import SpaceKernel
from ngrad_kernels.scalars import is_unrolled
from ngrad_kernels.space import Reduce, Space, Step
from ngrad_kernels.space_passes import cone, costly_values, elements, needed, passes

ELEMENTS = (1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 28, 32)
"""The most elements that a thread may have: few kernels, each for rows that are too long for the
one before. So all but the last few of a row's elements are there for certain.
"""
APART = 128
"""Threads of a block whose warps have nothing to do with one another: of small blocks more have
room at the same time.
"""
UNROLLED = 8
"""Turns of a loop. One of 20, with the work of a layer norm, was not unrolled, and what it read not
in registers.
"""
KEPT = 128
"""The most words of four bytes that a thread keeps of a row: of the 255 that it may have."""
WAVES = 16
"""Times as many blocks as run at the same time: on an H200 a softmax of rows of 1024 has 0.93 of a
copy's speed so, where blocks that took rows in turn to the end had 0.78.
"""
FEW = 64
"""Words up to which two thread blocks have room for theirs: so one computes while the other waits
for memory, or for all of its own warps.
"""


def elements_kept(space: Space, length: int) -> int:
    """How many elements a thread has where a warp keeps rows of such a length; 0 where it does not.

    Examples
    --------
    >>> from ngrad_kernels.space import Operand, Reduce
    >>> total = Reduce("sum", 0, "row", "f4")
    >>> share = Space((Operand("f4", "element"),), (total, Step("divide", (0, 1), "f4")), (2,))
    >>> elements_kept(share, 1000), elements_kept(share, 10), elements_kept(share, 5000)
    (32, 0, 0)
    """
    count = next((k for k in ELEMENTS if length <= k * WARP), 0)
    if not count or length < SHORT or not _suits(space):
        return 0
    return count if count * _words(space) <= KEPT else 0


def _suits(space: Space) -> bool:
    """Whether a warp can have the space's rows."""
    found = [(k, space.step(k)) for k in needed(space)]
    reductions = [step for _, step in found if isinstance(step, Reduce) and step.axis == "row"]
    work = [step for k, step in found if isinstance(step, Step) and space.level_of(k) == "element"]
    return (
        bool(reductions)
        and not (space.over and column_outputs(space))  # which are read again when rows are stored
        and all(lanes(space.code_of(step.operand)) % WARP == 0 for step in reductions)
        and is_unrolled((step.scalar, step.code) for step in work)
        and not any(operand.kind == "padded" for operand in space.inputs)
    )


def _below(count: int) -> int:
    """How many elements a thread surely has, of the most that it may have."""
    return max((k for k in ELEMENTS if k < count), default=0)


class Kept(NamedTuple):
    """A pass over what is kept of a row.

    Attributes
    ----------
    reads : tuple of int
        Values that are at hand: of inputs, or that an earlier pass computed.
    values : tuple of int
        Those that it computes, in order.
    held : tuple of int
        Of these, what a later pass reads.
    stores : tuple of (output, value)
    """

    reads: tuple[int, ...]
    values: tuple[int, ...]
    held: tuple[int, ...]
    stores: tuple[tuple[int, int], ...]


@functools.lru_cache(1 << 10)
def kept_passes(space: Space) -> tuple[Kept, ...]:
    """The passes of `space_passes.py`, none of which computes again what is costly."""
    needs, costly, known = list[list[int]](), costly_values(space), set[int]()
    stores = []
    for one in passes(space):
        stores.append(tuple([pair for pair in one.stores if space.outputs[pair[0]] == pair[1]]))
        roots = [value for _, value in stores[-1]]
        roots += [step.operand for k in one.rows if (step := space.reduction(k))]
        needs.append(list(elements(space, roots, known)))
        known |= costly.intersection(needs[-1])
    found, there = [], set[int]()
    for index, values in enumerate(needs):
        later = {k for more in needs[index + 1 :] for k in more}
        reads = [k for k in values if k < len(space.inputs) or k in there]
        fresh = [k for k in values if k not in reads]
        held = later.intersection(costly).intersection(fresh)
        there |= held
        found.append(Kept(tuple(reads), tuple(fresh), tuple(sorted(held)), stores[index]))
    return tuple(found)


def _words(space: Space) -> int:
    """The most that a thread keeps of an element at a time, in words of four bytes."""
    kept = kept_passes(space)
    most, there = 0, {k for one in kept for k in one.reads if k < len(space.inputs)}
    for index, one in enumerate(kept):
        later = {k for more in kept[index + 1 :] for k in more.reads}
        there = (there | set(one.held)) & (later | set(one.reads) | set(one.held))
        most = max(most, sum(max(1, size_of(space.code_of(k)) // 4) for k in there))
    return most


class _KeptRows(SpaceKernel):
    """The source of a kernel whose threads have `count` elements each."""

    def __init__(self, space: Space, name: str, count: int) -> None:
        self.elements = count
        self.sure = _below(count)
        self.kept = kept_passes(space)
        super().__init__(space, name)

    def loops(self) -> None:
        self.write(
            f"lane = thread_id() % {WARP}",
            "speaks = lead = lane == 0",
            "t, tiles, left = 0, 1, length - lane",
        )
        for k in sorted({k for one in self.kept for k in (*one.reads, *one.held)}):
            self._array(f"x{k}", self.elements, self.space.code_of(k))
        for value in self.rows:
            code = self.reduction(value)[1]
            self._array(f"lanes{value}", lanes(code) // WARP, code)
        if self.columns:
            self._slabs()
            return
        self.write(f"row, warps = thread_index() // {WARP}, thread_count() // {WARP}")
        with self.block("while row < rows"):
            self._row()
            self.write("row += warps")

    def _array(self, name: str, count: int, code: str) -> None:
        self.write(f"{name} = cuda.local.array({count}, {computed(code)})")

    def _row(self) -> None:
        """The row `row`, by a warp."""
        self.write("start = row * length")
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
                first = "lane" if operand.kind == "column" else "(start + lane)"
                self.write(f"from{k} = a{k} + {size_of(operand.code)} * {first}")

        def load(sure: bool) -> None:
            for k in inputs:
                operand, at = self.space.inputs[k], f"from{k}, {WARP} * r"
                if operand.kind == "view":
                    at = f"locate(a{k}, w{k}, start + lane + {WARP} * r), 0"
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
            size = size_of(space.code_of(value))
            self.write(f"to{k} = {self.out(k)} + {size} * (start + lane)")
        if rows or one.stores:
            self._each(functools.partial(self._element, rows, one))
        for value in rows:
            self._reduce(value)

    def _element(self, rows: Sequence[int], one: Kept, sure: bool) -> None:
        """A thread's element `r`, which surely is there, or maybe."""
        space = self.space
        self.write(f"j = lane + {WARP} * r")
        if not sure:
            self.write(f"inside = left > {WARP} * r")
        self.write(*[f"v{k} = x{k}[r]" for k in one.reads])
        for k in one.values:
            step = space.step(k)
            assert isinstance(step, Step)
            self.write(f"v{k} = {self.expression(step, 'j')}")
        self.write(*[f"x{k}[r] = v{k}" for k in one.held])
        for value in rows:
            reduction, code, _ = self.reduction(value)
            lane = f"lanes{value}[r % {lanes(code) // WARP}]"
            more = f"combine_{reduction}({lane}, v{self.reduced(value)})"
            self.write(f"{lane} = {more if sure else f'select(inside, {more}, {lane})'}")
        if one.stores:
            with nullcontext() if sure else self.block("if inside"):
                for k, value in one.stores:
                    self.write(f"store_{space.code_of(value)}(to{k}, {WARP} * r, v{value})")

    # -- reductions --------------------------------------------------------------------------------

    def _reduce(self, value: int) -> None:
        """The lanes as a tree: a thread's own, then those of the warp, whose threads are all told;
        and folded, as block, chunk and stretch of a long row are.
        """
        reduction, code, wide = self.reduction(value)
        combine, own = f"combine_{reduction}", f"own{value}"
        self.write(f"{own} = lanes{value}[0]")
        for place in range(1, lanes(code) // WARP):
            self.write(f"{own} = {combine}({own}, lanes{value}[{place}])")
        for distance in (16, 8, 4, 2, 1):
            self.write(f"{own} = {combine}({own}, shuffle_warp_down({own}, {distance}))")
        self.write(f"r{value} = {wide}(shuffle_warp({own}, 0))")
        for _ in range(3):
            self.write(f"r{value} = {combine}({identity(reduction, wide)}, r{value})")
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
                self._row()
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
            reductions.append(Reduction(reduction, code, wide, f"{code}(v{root})", f"c{k}"))
            self.write(f"part_c{k} = {identity(reduction, code)}")
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
        return Elements(names, reads, compute, place=lambda: self.write("start = row * length"))


def render_kept(space: Space, count: int) -> Source:
    """The source of a space's kernel for rows of which `elements_kept` gives a count."""
    name = f"space_{space.digest()[:16]}_{count}"
    kernel = _KeptRows(space, name, count)
    # An item is a block of rows where columns are reduced, else as many rows as a chunk has.
    width = ROWS // SLAB * THREADS if kernel.columns else CHUNK // count
    resident = 2 if kernel.columns and count * _words(space) <= FEW else 0
    threads = THREADS if kernel.columns else APART
    return Source(name, kernel.text, kernel.count, width, resident, threads, WAVES)
