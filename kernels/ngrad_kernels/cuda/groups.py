"""How groups of threads reduce, as source text: in `contract.py`'s order, so with the CPU's bits.

A *team* takes a row at a time. It is one group where rows are of at most a block of elements; else
all groups of a thread block, each of which takes blocks of the row in turn. A thread has the same
few of the contract's lanes in every block: of 64, each 16th.

The names that the text uses: `lane`, which of its group's threads this is; `group` and `groups`,
which of its team's groups it is in, and how many these are; `team` and `teams` likewise in the
launch; `whole`, whether teams are thread blocks; `lead`, whether a thread speaks for its team;
`shared`, the block's memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ngrad_kernels.contract import BLOCK, CHUNK, identity, lanes
from ngrad_kernels.cuda.source import GROUP, THREADS
from ngrad_kernels.writer import Writer

GROUPS = THREADS // GROUP
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

    @property
    def lanes(self) -> list[str]:
        """The names of a thread's lanes, in order."""
        return [f"all{k}_{self.result}" for k in range(lanes(self.code) // GROUP)]


def teams(writer: Writer, by_block: str) -> None:
    """The names of this module. `by_block`: whether teams are thread blocks."""
    writer.write(
        f"lane = thread_id() % {GROUP}",
        f"whole = {by_block}",
        f"group, groups = thread_id() // {GROUP}, block_size() // {GROUP}",
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
        writer.write("size = min(BLOCK, end - b)")
        for one in reductions:
            start = identity(one.reduction, one.code)
            writer.write(*[f"{name} = {start}" for name in one.lanes])
        with writer.block(f"for i in range(lane, size, {GROUP})"):
            writer.write("j = b + i")
            element()
            for one in reductions:
                first, *_ = one.lanes
                _turn(writer, one, f"combine_{one.reduction}({first}, {one.value})")
        if reductions:
            _turn_back(writer, reductions)
        for one in reductions:
            _combine_lanes(writer, one)
        if reductions:
            with writer.block("if whole and lane == 0"):
                for k, one in enumerate(reductions):
                    place = f"shared + {8 * BLOCKS * k}, (b - chunk) // BLOCK"
                    writer.write(f"store_{one.wide}({place}, part_{one.result})")
    if reductions:
        _fold_blocks(writer, reductions)


def _turn(writer: Writer, one: Reduction, first: str) -> None:
    """Put the first of a thread's lanes, now `first`, behind the others: the next element is of the
    next lane. So the loop over elements is written once, and each lane stays in a register.
    """
    names = one.lanes
    writer.write(f"{', '.join(names)} = {', '.join((*names[1:], first))}")


def _turn_back(writer: Writer, reductions: Sequence[Reduction]) -> None:
    """Turn on until the lanes are where they began, whatever number of elements a thread had."""
    turns = max(len(one.lanes) for one in reductions)
    with writer.block(f"for k in range(-((size - lane + {GROUP - 1}) // {GROUP}) & {turns - 1})"):
        for one in reductions:
            _turn(writer, one, one.lanes[0])


def _combine_lanes(writer: Writer, one: Reduction) -> None:
    """The lanes as a tree: a thread's own, then those of the group, whose threads are all told."""
    names, combine = one.lanes, f"combine_{one.reduction}"
    while len(names) > 1:
        half = len(names) // 2
        for lower, upper in zip(names[:half], names[half:], strict=True):
            writer.write(f"{lower} = {combine}({lower}, {upper})")
        names = names[:half]
    (total,) = names
    for distance in (8, 4, 2, 1):
        writer.write(f"{total} = {combine}({total}, shuffle_down({total}, {distance}))")
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
