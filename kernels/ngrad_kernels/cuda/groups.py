"""How groups of threads reduce, as source text: in `contract.py`'s order, so with the CPU's bits.

A *team* takes a row at a time. It is one group where rows are of at most a block of elements, or of
a few and there are many rows; else all groups of a thread block, each of which takes
blocks of the row in turn. A thread has the same few of the contract's lanes in every block: of 64,
each 16th.

The names that the text uses: `lane`, which of its group's threads this is; `group` and `groups`,
which of its team's groups it is in, and how many these are; `team` and `teams` likewise in the
launch; `whole`, whether teams are thread blocks; `lead`, whether a thread speaks for its team;
`shared`, the block's memory.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ngrad_kernels.codes import computed, words_for
from ngrad_kernels.contract import BLOCK, CHUNK, ROWS, SHORT, SLAB, identity, lanes
from ngrad_kernels.cuda.elements import Elements
from ngrad_kernels.cuda.source import GROUP, THREADS
from ngrad_kernels.writer import Writer

GROUPS = THREADS // GROUP
"""The most groups that a thread block has."""
FEW = 4
"""Elements at a time of those that are left of a block."""
ALONE = 8
"""The most blocks of a row that a group takes alone: of 16 groups with a row, not half would have
any."""
BLOCKS = CHUNK // BLOCK
"""Results of a reduction in shared memory: one for each block of a chunk."""


class Reduction(NamedTuple):
    """A reduction that a team does: how it combines, the dtypes of what it combines and of its
    accumulator, and the names of the value in a column, and of the result.
    """

    reduction: str
    code: str
    wide: str
    value: str
    result: str

    @property
    def lanes(self) -> list[str]:
        """A thread's lanes, in order."""
        return [f"lanes_{self.result}[{k}]" for k in range(self.own)]

    @property
    def own(self) -> int:
        """How many lanes a thread has."""
        return lanes(self.code) // GROUP


def words_of(reductions: Sequence[Reduction]) -> int:
    """The words of shared memory that a team's reductions take."""
    return sum(words_for(BLOCKS, one.wide) for one in reductions)


def _blocks(reductions: Sequence[Reduction], k: int) -> str:
    """Where a reduction has its results of a chunk's blocks."""
    return f"shared + {8 * words_of(reductions[:k])}"


def by_block(rows: str) -> str:
    """Whether thread blocks take so many rows of a `length`: where rows are long, or so few that
    more groups have work so.
    """
    few = f"{rows} * {BLOCK} < grid_size() * length"
    return f"length > {BLOCK} and (length > {ALONE * BLOCK} or {few})"


def teams(writer: Writer, whole: str) -> None:
    """The names of this module. `whole`: whether teams are thread blocks."""
    writer.write(
        f"lane = thread_id() % {GROUP}",
        f"whole = {whole}",
        f"group, groups = thread_id() // {GROUP}, block_size() // {GROUP}",
        "team, teams = block_id(), grid_size()",
    )
    with writer.block("if not whole"):
        writer.write("team, teams = team * groups + group, teams * groups", "group, groups = 0, 1")
    writer.write("lead = lane == 0 and group == 0")


def reduce_chunk(writer: Writer, reductions: Sequence[Reduction], elements: Elements) -> None:
    """Elements [chunk, end) of a row, at most `CHUNK`: computed in a column `j` each, and reduced.

    A lane's elements are always the same ones, whatever the pass: it may read what it stored.
    """
    for one in reductions:
        start = identity(one.reduction, one.wide)
        writer.write(
            f"part_{one.result} = {start}",
            f"{one.result} = {start}",
            f"lanes_{one.result} = cuda.local.array({one.own}, {computed(one.code)})",
        )

    def take(inside: str = "") -> None:
        for one in reductions:
            lane = f"lanes_{one.result}[q % {one.own}]"
            if one.reduction == "prod" and one.code[0] == "c":
                writer.write(f"{lane} = {_times_one(one, lane, inside)}")
                continue
            more = f"combine_{one.reduction}({lane}, {one.value})"
            writer.write(f"{lane} = {f'select({inside}, {more}, {lane})' if inside else more}")

    with writer.block("for b in range(chunk + group * BLOCK, end, groups * BLOCK)"):
        writer.write("size = min(BLOCK, end - b)")
        for one in reductions:
            start = identity(one.reduction, one.code)
            writer.write(*[f"{lane} = {start}" for lane in one.lanes])
        fewest = max((one.own for one in reductions), default=1)
        count = max(elements.together, fewest)
        step = GROUP * count
        writer.write(f"done = size // {step} * {step}" if count > 1 else "done = size")
        with writer.block(f"for i in range(lane, done, {step})"):
            elements.several(writer, count, lambda: writer.write(f"j = b + i + {GROUP} * q"), take)
        if count > 1:
            # The last element stands for those that are not there, which nothing keeps.
            few = max(min(count, FEW), fewest)
            with writer.block(f"for i in range(done + lane, size + lane, {GROUP * few})"):
                elements.several(
                    writer,
                    few,
                    lambda: writer.write(
                        f"place = i + {GROUP} * q",
                        "inside = place < size",
                        "j = b + min(place, size - 1)",
                    ),
                    functools.partial(take, "inside"),
                    "inside",
                )
        for one in reductions:
            _combine_lanes(writer, one)
        if reductions:
            with writer.block("if not whole"):
                for one in reductions:
                    total = f"combine_{one.reduction}({one.result}, part_{one.result})"
                    writer.write(f"{one.result} = {total}")
            with writer.block("elif lane == 0"):
                for k, one in enumerate(reductions):
                    place = f"{_blocks(reductions, k)}, (b - chunk) // BLOCK"
                    writer.write(f"store_{one.wide}({place}, part_{one.result})")
    if reductions:
        _fold_blocks(writer, reductions)


def _times_one(one: Reduction, lane: str, inside: str) -> str:
    """A lane of a product of complex numbers, which is another if it is multiplied by one and
    infinite, or a signed zero: as on the CPU one stands for elements behind the last, as far as a
    vector has lanes, and the elements of a short block are combined in order, with nothing before.
    """
    start, lanes = identity(one.reduction, one.code), GROUP * one.own
    value = f"select({inside}, {one.value}, {start})" if inside else one.value
    more = f"select(size < {SHORT}, {one.value}, combine_prod({lane}, {value}))"
    return f"select(place < -(-size // {lanes}) * {lanes}, {more}, {lane})" if inside else more


def _combine_lanes(writer: Writer, one: Reduction) -> None:
    """The lanes as a tree: a thread's own, then those of the group, whose threads are all told; of
    a short block, where a thread has one element at most, these in order.
    """
    names, combine, total = one.lanes, f"combine_{one.reduction}", f"total_{one.result}"
    with writer.block(f"if size < {SHORT}"):
        writer.write(f"{total} = {identity(one.reduction, one.code)}")
        with writer.block("for k in range(size)"):
            writer.write(f"{total} = {combine}({total}, shuffle({names[0]}, k))")
    with writer.block("else"):
        while len(names) > 1:
            half = len(names) // 2
            for lower, upper in zip(names[:half], names[half:], strict=True):
                writer.write(f"{lower} = {combine}({lower}, {upper})")
            names = names[:half]
        (own,) = names
        for distance in (8, 4, 2, 1):
            writer.write(f"{own} = {combine}({own}, shuffle_down({own}, {distance}))")
        writer.write(f"{total} = shuffle({own}, 0)")
    writer.write(f"part_{one.result} = {one.wide}({total})")


def _fold_blocks(writer: Writer, reductions: Sequence[Reduction]) -> None:
    """The blocks of a chunk, in order, where several groups have them."""
    with writer.block("if whole"):
        writer.write("barrier()")
        with writer.block("for k in range((end - chunk + BLOCK - 1) // BLOCK)"):
            for place, one in enumerate(reductions):
                part = f"reload_{one.wide}({_blocks(reductions, place)}, k)"
                total = f"combine_{one.reduction}({one.result}, {part})"
                writer.write(f"{one.result} = {total}")
        writer.write("barrier()")


# -- columns ---------------------------------------------------------------------------------------

SLABS = ROWS // SLAB
"""The most slabs of a column."""
COLUMNS = 32
"""Columns whose slabs the threads of a block share: a warp's, so that it reads whole lines."""
SHARED = 4 << 10
"""The most words of shared memory that slabs may take: 32 of the 48 KiB that a thread block has."""


def reduce_columns(
    writer: Writer,
    blocks: str,
    width: str,
    reductions: Sequence[Reduction],
    rows: Callable[[], None],
    elements: Elements,
    finish: Callable[[], None],
) -> None:
    """Each column `j` of blocks of rows. `rows` writes which rows a `block` has, [first, stop);
    `elements` are those of a `row`; `finish` writes what is done with the results.

    A thread takes a column; where there are fewer than threads, the warps of a thread block share
    32 columns, a slab at a time each, whose results are then combined in order.
    """
    writer.write(
        f"share, own, lane = 1, 0, thread_id() % {COLUMNS}",
        f"across, unit, step = {width}, thread_index(), thread_count()",
    )
    many = _slab_words(reductions) > SHARED
    if not many:
        writer.write(f"shared = shared_words({_slab_words(reductions)})")
        with writer.block(f"if {blocks} * {width} < thread_count()"):
            writer.write(
                f"share, own = block_size() // {COLUMNS}, thread_id() // {COLUMNS}",
                f"across = (across + {COLUMNS - 1}) // {COLUMNS} * {COLUMNS}",
                f"unit, step = block_id() * {COLUMNS} + lane, grid_size() * {COLUMNS}",
            )
    with writer.block(f"while unit < {blocks} * across"):
        writer.write("block = unit // across", "j = unit - block * across", f"inside = j < {width}")
        rows()
        for one in reductions:
            writer.write(f"{one.result} = {identity(one.reduction, one.wide)}")
        with writer.block("for slab in range(first + own * SLAB, stop, share * SLAB)"):
            for one in reductions:
                writer.write(f"part_{one.result} = {identity(one.reduction, one.code)}")
            with writer.block("if inside"):
                reduce_slab(writer, reductions, elements)
            with writer.block("if share == 1"):
                for one in reductions:
                    _add(writer, one, f"part_{one.result}")
            if not many:
                with writer.block("else"):
                    for k, one in enumerate(reductions):
                        at = f"(slab - first) // SLAB * {COLUMNS} + lane"
                        writer.write(
                            f"store_{one.code}({_slabs(reductions, k)}, {at}, part_{one.result})"
                        )
        if not many:
            with writer.block("if share > 1"):
                writer.write("barrier()")
                with writer.block("for k in range((stop - first + SLAB - 1) // SLAB)"):
                    for k, one in enumerate(reductions):
                        _add(
                            writer,
                            one,
                            f"reload_{one.code}({_slabs(reductions, k)}, k * {COLUMNS} + lane)",
                        )
                writer.write("barrier()")
        with writer.block("if inside and own == 0"):
            finish()
        writer.write("unit += step")


def reduce_slab(writer: Writer, reductions: Sequence[Reduction], elements: Elements) -> None:
    """A column's elements in a slab of rows, [slab, stop), reduced in order."""

    def add() -> None:
        for one in reductions:
            part = f"part_{one.result}"
            writer.write(f"{part} = combine_{one.reduction}({part}, {one.value})")

    together = elements.together
    writer.write("last, done = min(stop, slab + SLAB), slab")
    if together > 1:
        writer.write(f"done = slab + (last - slab) // {together} * {together}")
        with writer.block(f"for at in range(slab, done, {together})"):
            elements.several(writer, together, lambda: writer.write("row = at + q"), add)
    with writer.block("for row in range(done, last)"):
        elements.several(writer, 1, lambda: None, add)


def _slab_words(reductions: Sequence[Reduction]) -> int:
    return sum(words_for(SLABS * COLUMNS, one.code) for one in reductions)


def _slabs(reductions: Sequence[Reduction], k: int) -> str:
    """Where a reduction has its results of slabs."""
    return f"shared + {8 * _slab_words(reductions[:k])}"


def _add(writer: Writer, one: Reduction, part: str) -> None:
    """Combine a column's result so far with that of its next slab."""
    writer.write(f"{one.result} = combine_{one.reduction}({one.result}, {one.wide}({part}))")
