"""How groups of threads reduce, as source text: in `contract.py`'s order, so with the CPU's bits.

A *team* takes a row at a time. It is one group where rows are of at most a block of elements; else
all groups of a thread block, each of which takes blocks of the row in turn. The names that the text
uses: `lane` of a thread in its group; `group` and `groups`, which of its team's it is in, and how
many these are; `team` and `teams` likewise in the launch; `whole`, whether teams are thread blocks;
`lead`, whether a thread speaks for its team; `shared`, the block's memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ngrad_kernels.contract import BLOCK, CHUNK, LANES, identity
from ngrad_kernels.cuda.source import THREADS
from ngrad_kernels.writer import Writer

GROUPS = THREADS // LANES
"""The most groups that a thread block has."""
BLOCKS = CHUNK // BLOCK
"""Words of shared memory that a reduction takes: a result for each block of a chunk."""


class Reduction(NamedTuple):
    """A reduction that a team does: how it combines, the dtypes of what it combines and of its
    accumulator, and the names of the value in a column, and of the result.
    """

    reduction: str
    code: str
    wide: str
    value: str
    result: str


def teams(writer: Writer, by_block: str) -> None:
    """The names of this module. `by_block`: whether teams are thread blocks."""
    writer.write(
        f"lane = thread_id() % {LANES}",
        f"whole = {by_block}",
        f"group, groups = thread_id() // {LANES}, block_size() // {LANES}",
        "team, teams = block_id(), grid_size()",
    )
    with writer.block("if not whole"):
        writer.write("team, teams = team * groups + group, teams * groups", "group, groups = 0, 1")
    writer.write("lead = lane == 0 and group == 0")


def reduce_chunk(
    writer: Writer, reductions: Sequence[Reduction], element: Callable[[], None]
) -> None:
    """Elements [chunk, end) of a row, at most `CHUNK`: each computed in its column `j`, as
    `element` writes it, and reduced.

    A lane's elements are always the same ones, whatever the pass: it may read what it stored.
    """
    for one in reductions:
        writer.write(f"part_{one.result} = {identity(one.reduction, one.wide)}")
    with writer.block("for b in range(chunk + group * BLOCK, end, groups * BLOCK)"):
        writer.write("size = min(BLOCK, end - b)", f"even = size & -{LANES}")
        for one in reductions:
            start = identity(one.reduction, one.code)
            writer.write(f"all_{one.result} = {start}", f"last_{one.result} = {start}")
        with writer.block(f"for i in range(lane, size, {LANES})"):
            writer.write("j = b + i")
            element()
            _accumulate(writer, reductions)
        for one in reductions:
            _combine_lanes(writer, one)
        if reductions:
            with writer.block("if whole and lane == 0"):
                for k, one in enumerate(reductions):
                    place = f"shared + {8 * BLOCKS * k}, (b - chunk) // BLOCK"
                    writer.write(f"store_{one.wide}({place}, part_{one.result})")
    if reductions:
        _fold_blocks(writer, reductions)


def _accumulate(writer: Writer, reductions: Sequence[Reduction]) -> None:
    """What is left over after the last whole lanes is kept apart."""
    if reductions:
        with writer.block("if i < even"):
            for one in reductions:
                total = f"combine_{one.reduction}(all_{one.result}, {one.value})"
                writer.write(f"all_{one.result} = {total}")
        with writer.block("else"):
            writer.write(*[f"last_{one.result} = {one.value}" for one in reductions])


def _combine_lanes(writer: Writer, one: Reduction) -> None:
    """The lanes as a tree, then what was left over, in order: in lane 0, which tells the others."""
    total, combine = f"all_{one.result}", f"combine_{one.reduction}"
    for distance in (8, 4, 2, 1):
        writer.write(f"{total} = {combine}({total}, shuffle_down({total}, {distance}))")
    with writer.block("for k in range(size - even)"):
        writer.write(f"{total} = {combine}({total}, shuffle(last_{one.result}, k))")
    writer.write(f"part_{one.result} = {one.wide}(shuffle({total}, 0))")


def _fold_blocks(writer: Writer, reductions: Sequence[Reduction]) -> None:
    """The blocks of a chunk, in order."""
    for one in reductions:
        writer.write(f"{one.result} = {identity(one.reduction, one.wide)}")
    with writer.block("if whole"):
        writer.write("barrier()")
        with writer.block("for k in range((end - chunk + BLOCK - 1) // BLOCK)"):
            for place, one in enumerate(reductions):
                part = f"reload_{one.wide}(shared + {8 * BLOCKS * place}, k)"
                total = f"combine_{one.reduction}({one.result}, {part})"
                writer.write(f"{one.result} = {total}")
        writer.write("barrier()")
    with writer.block("else"):
        for one in reductions:
            total = f"combine_{one.reduction}({one.result}, part_{one.result})"
            writer.write(f"{one.result} = {total}")
