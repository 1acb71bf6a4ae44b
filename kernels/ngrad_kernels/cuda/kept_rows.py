"""`Space` to source text, for CUDA, where rows are short enough for registers: a warp a row.

All that a row's elements read of memory is asked for at once, and stays in registers for every
pass, as does what a pass computes for a later one. So each element is read once and written once,
while other rows' are under way; where passes read it from the caches again, a GPU waits for these.

Element `32 r + lane` of a row is a thread's element `r`. What all of them do is written out, so a
kernel has so many elements a thread, and is for rows of no more than 32 times as many. Of a
contract's 64 or 32 lanes a thread has two or one.

Where columns are reduced too, a thread block has a slab of rows, whose warps take them. Then its
threads take the columns, read the slab once more, which is in cache, and what is known of its rows
from shared memory. What a slab gives is folded by a launch of its own.

Names: those of `space_kernel.py`; `v3_2` is the value `v3` of a thread's element 2, `left` how many
elements the row has from the thread's first one on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import nullcontext

from ngrad_kernels.codes import size_of, words_for
from ngrad_kernels.contract import CHUNK, ROWS, SHORT, SLAB, identity, lanes
from ngrad_kernels.cuda.elements import Elements
from ngrad_kernels.cuda.groups import Reduction, reduce_slab
from ngrad_kernels.cuda.source import THREADS, WARP, Source
from ngrad_kernels.cuda.space_kernel import SpaceKernel
from ngrad_kernels.scalars import is_long
from ngrad_kernels.space import Reduce, Space, Step
from ngrad_kernels.space_passes import Pass, cone, elements, needed, passes

LEAST = 128
"""Elements of a row from which on a warp takes it: of shorter ones half a warp has two or more."""
ELEMENTS = (1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 28, 32)
"""How many elements a thread may have: few kernels, of which none idles for long."""
KEPT = 128
"""The most words of four bytes that a thread keeps of a row: of the 255 that it may have."""
WRITTEN = 1000
"""The most values of elements that a source text may have written out."""
_VALUE = re.compile(r"\bv(\d+)\b")


def elements_kept(space: Space, length: int, least: int = LEAST) -> int:
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
    if not count or length < max(SHORT, least) or not _suits(space):
        return 0
    words, written = _sizes(space)
    return count if count * words <= KEPT and count * written <= WRITTEN else 0


def _suits(space: Space) -> bool:
    """Whether a warp can have the space's rows."""
    values = [space.step(k) for k in needed(space)]
    steps = [step for step in values if isinstance(step, Step)]
    reductions = [step for step in values if isinstance(step, Reduce) and step.axis == "row"]
    return (
        bool(reductions)
        and all(lanes(space.code_of(step.operand)) % WARP == 0 for step in reductions)
        and not any(is_long(step.scalar, step.code) for step in steps)
        and not any(operand.kind == "padded" for operand in space.inputs)
    )


def _sizes(space: Space) -> tuple[int, int]:
    """What a thread keeps of an element, in words of four bytes; and how many values are written
    out for it.
    """
    kept, written = set[int](), 0
    for one in passes(space):
        values = _of(space, one)
        inputs = {k for k in values if k < len(space.inputs)}
        kept |= inputs | set(one.reloads)
        written += len(values) - len(inputs)
    return sum(max(1, size_of(space.code_of(k)) // 4) for k in kept), written


def _of(space: Space, one: Pass) -> tuple[int, ...]:
    """The values of level element that a pass needs, those of earlier ones included."""
    roots = [space.outputs[k] for k, value in one.stores if space.outputs[k] == value]
    roots += [step.operand for k in one.rows if (step := space.reduction(k))]
    held = [value for k, value in one.stores if space.outputs[k] != value]
    return elements(space, [*roots, *held], one.reloads)


class _KeptRows(SpaceKernel):
    """The source of a kernel whose threads have `count` elements each."""

    def __init__(self, space: Space, name: str, count: int) -> None:
        self.elements = count
        self.names: dict[int, str] = {}  # of values of level element: what follows the number
        super().__init__(space, name)

    def loops(self) -> None:
        self.write(
            f"lane = thread_id() % {WARP}",
            "speaks = lead = lane == 0",
            "t, tiles, left = 0, 1, length - lane",
        )
        if self.columns:
            self._slabs()
            return
        self.write(f"row, warps = thread_index() // {WARP}, thread_count() // {WARP}")
        with self.block("while row < rows"):
            self._row()
            self.write("row += warps")

    def _row(self) -> None:
        """The row `row`, by a warp."""
        self.write("start = row * length")
        self._load()
        for index, one in enumerate(self.passes):
            self.values("row", index)
            self._pass(index, one)

    # -- elements ----------------------------------------------------------------------------------

    def _inside(self, r: int) -> str:
        return f"left > {WARP * r}"

    def _load(self) -> None:
        """All that elements read, asked for before any of it is used."""
        inputs = sorted({k for one in self.passes for k in _of(self.space, one)})
        inputs = [k for k in inputs if k < len(self.space.inputs)]
        for k in inputs:
            operand = self.space.inputs[k]
            if operand.kind != "view":
                first = "lane" if operand.kind == "column" else "(start + lane)"
                self.write(f"from{k} = a{k} + {size_of(operand.code)} * {first}")
        asked = []
        for r in range(self.elements):
            for k in inputs:
                operand, at = self.space.inputs[k], f"from{k}, {WARP * r}"
                if operand.kind == "view":
                    at = f"locate(a{k}, w{k}, start + lane + {WARP * r}), 0"
                self.write(f"v{k}_{r}w = load_if_{operand.code}({at}, {self._inside(r)})")
                asked.append(f"v{k}_{r}")
        if asked:
            waiting = "".join(f"{name}w, " for name in asked)
            self.write(f"{''.join(f'{name}, ' for name in asked)}= at_hand(({waiting}))")
        self.names = dict.fromkeys(inputs, "")

    def _named(self, text: str, r: int) -> str:
        """Source of a column in general as that of a thread's element."""

        def own(found: re.Match[str]) -> str:
            pass_of = self.names.get(int(found[1]))
            return found[0] if pass_of is None else f"{found[0]}{pass_of}_{r}"

        return _VALUE.sub(own, text)

    def _pass(self, index: int, one: Pass) -> None:
        space = self.space
        for value in one.rows:
            reduction, code, _ = self.reduction(value)
            start = identity(reduction, code)
            self.write(*[f"{lane} = {start}" for lane in self._lanes(value)])
        values = _of(space, one)
        fresh = [k for k in values if k >= len(space.inputs) and k not in one.reloads]
        self.names |= dict.fromkeys(fresh, f"p{index}")
        finished = [(k, value) for k, value in one.stores if space.outputs[k] == value]
        for k, value in finished:
            size = size_of(space.code_of(value))
            self.write(f"to{k} = {self.out(k)} + {size} * (start + lane)")
        for r in range(self.elements):
            for k in fresh:
                step = space.step(k)
                assert isinstance(step, Step)
                text = f"v{k} = {self.expression(step, f'(lane + {WARP * r})')}"
                self.write(self._named(text, r))
            for value in one.rows:
                self._take(value, r)
        for r in range(self.elements) if finished else ():
            with self.block(f"if {self._inside(r)}"):
                for k, value in finished:
                    stored = self._named(f"v{value}", r)
                    self.write(f"store_{space.code_of(value)}(to{k}, {WARP * r}, {stored})")
        for value in one.rows:
            self._reduce(value)

    # -- reductions --------------------------------------------------------------------------------

    def _lanes(self, value: int) -> list[str]:
        """The names of a thread's lanes."""
        return [f"all{k}_{value}" for k in range(lanes(self.reduction(value)[1]) // WARP)]

    def _take(self, value: int, r: int) -> None:
        """Combine a thread's element with the lane that it belongs to."""
        names = self._lanes(value)
        lane = names[r % len(names)]
        more = self._named(f"v{self.reduced(value)}", r)
        combined = f"combine_{self.reduction(value)[0]}({lane}, {more})"
        self.write(f"{lane} = select({self._inside(r)}, {combined}, {lane})")

    def _reduce(self, value: int) -> None:
        """The lanes as a tree: a thread's own, then those of the warp, whose threads are all told;
        and folded, as block, chunk and stretch of a long row are.
        """
        reduction, _, wide = self.reduction(value)
        combine, (own, *other) = f"combine_{reduction}", self._lanes(value)
        self.write(*[f"{own} = {combine}({own}, {name})" for name in other])
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
            self.write("start = row * length")
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

        names = [f"v{k}" for k in (*given, *read)]
        return Elements(names, reads, compute, len(rest), mark="column_")


def render_kept(space: Space, count: int) -> Source:
    """The source of a space's kernel for rows of at most `32 * count` elements, and 16 at least."""
    name = f"space_{space.digest()[:16]}_{count}"
    kernel = _KeptRows(space, name, count)
    # An item is a block of rows where columns are reduced, else as many rows as a chunk has.
    width = ROWS // SLAB * THREADS if kernel.columns else CHUNK // count
    return Source(name, kernel.text, kernel.count, width)
