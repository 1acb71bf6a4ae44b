"""The run-time facts of a `Space`: how its rows and columns are cut into items, and what its
kernel, and the kernels that fold its partial results, read.

An item is a block of `span` rows, all of one panel, by a tile of `tile` columns. Where a row has
several tiles, a row reduction gives a partial result a tile; where a panel has several blocks of
rows, a column reduction gives one a block. The kernels of `Body` fold these, in order.

A launch is `cpu.launch(cpu.kernel_of(space), facts address, items, 1, addresses)`, `addresses`
being those of the inputs, the outputs, and then of partial results for each output that is a
reduction (0 where it has none). Where the kernel wants memory (`cpu.brought_to`), that comes last,
and the grain is as many items as have a slot of it in common (`scratch.py`). No output shares
memory with an input but as `Space.over` says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from ngrad_kernels.body import Body, Form
from ngrad_kernels.codes import size_of
from ngrad_kernels.contract import BLOCK, CHUNK, LINE, ROWS, SLAB, accumulator
from ngrad_kernels.render_blocks import SLABS
from ngrad_kernels.scratch import SLOTS, share_of
from ngrad_kernels.space import FRAMES, Reduce, Space
from ngrad_kernels.space_passes import element_outputs


def _cut(rows: int, length: int, span: int, tile: int, panels: int = 1) -> tuple[int, int]:
    """Blocks of a panel's rows, and tiles a row. One of each at least: an empty reduction has a
    result.
    """
    return max(1, -(-(rows // panels) // span)), max(1, -(-length // tile))


def items(rows: int, length: int, span: int, tile: int, panels: int = 1) -> int:
    """How many items a launch has.

    Examples
    --------
    >>> items(rows=1, length=100_000, span=1, tile=16384)
    7
    """
    blocks, tiles = _cut(rows, length, span, tile, panels)
    return panels * blocks * tiles


def share(
    space: Space, rows: int, length: int, span: int, tile: int, panels: int, brings: bool
) -> int:
    """How many items a call of the kernel has, at most: one, but where calls have memory each, that
    the launch brings along or in which columns of panels are reduced; or where panels are small.
    """
    count = items(rows, length, span, tile, panels)
    fewest = share_of(count) if brings or panels > 1 else 1
    if panels == 1:
        return fewest
    return max(fewest, CHUNK // max(1, min(span, rows // panels) * tile))


def _kept(rows: int, length: int, span: int, tile: int, panels: int = 1) -> int:
    """The accumulators of a column reduction: a call's, as many as its tiles have columns, and none
    of whose lines are another's; or, where blocks of rows are folded later, a block's.
    """
    blocks, _ = _cut(rows, length, span, tile, panels)
    if panels > 1 and blocks == 1:
        return min(items(rows, length, span, tile, panels), SLOTS) * -(-tile // LINE) * LINE
    return panels * blocks * length


def _check(space: Space, rows: int, length: int, span: int, tile: int, panels: int = 1) -> None:
    blocks, tiles = _cut(rows, length, span, tile, panels)
    reductions = [step for step in space.steps if isinstance(step, Reduce)]
    if tiles > 1 and any(step.axis == "row" for step in reductions):
        if tile != CHUNK:
            raise ValueError(f"rows are reduced in tiles of {CHUNK} columns, not {tile}")
        if space.consumed():
            raise ValueError(f"a row of {length} in {tiles} tiles: its reduction cannot be used")
    if blocks > 1 and span != ROWS and any(step.axis == "column" for step in reductions):
        raise ValueError(f"columns are reduced in blocks of {ROWS} rows, not {span}")


STREAMED = 24 << 20
"""Bytes that a launch reads and writes past which its outputs are in no cache when they are read:
then they go to memory at once. Where the reader comes next, both ways are as fast at 24 MiB,
measured; where it comes later, streaming gains from less.
"""


def _traffic(space: Space, rows: int, length: int) -> int:
    """The bytes of a launch's operands that have an element for each row and column."""
    read = [
        k for k, x in enumerate(space.inputs) if x.kind in ("element", "view", "rows", "padded")
    ]
    written = element_outputs(space).values()
    return rows * length * sum(space.size_of(value) for value in (*read, *written))


Part = tuple[Sequence[tuple[int, int, int]], int, int]
"""A frame: its axes of the rows (extent, first place, how many), first column, how many columns."""


def _grid_words(space: Space, frames: Sequence[Part]) -> list[int]:
    words: list[int] = []
    for grid in range(len(space.grids)):
        axes, _, _ = frames[space.frames.index(grid)]
        extents = [extent for extent, _, _ in axes]
        words += [math.prod(extents[d + 1 :]) for d in range(len(extents) - 1)]
        words += extents[1:]
    return words


def _frame_words(frames: Sequence[Part]) -> list[int]:
    words: list[int] = []
    for axes, left, columns in frames:
        words += [left, columns]
        for _, first, count in axes:
            words += [first, count]
    return words


def facts(
    space: Space,
    rows: int,
    length: int,
    span: int,
    tile: int,
    panels: int = 1,
    frames: Sequence[Part] = (),
    pitches: Sequence[Sequence[int]] = (),
    views: Sequence[Sequence[int]] = (),
    fetch: int = 0,
    share: int = 1,
    fetch_rows: int = 0,
) -> list[int]:
    """The facts of a launch.

    Parameters
    ----------
    space : Space
    rows, length : int
        Its sizes.
    span, tile : int
        Rows and columns an item. With reductions over rows either one tile a row or tiles of
        `CHUNK`; with reductions over columns either one block of a panel's rows or blocks of
        `ROWS`.
    panels : int
        How many there are.
    frames : sequence of (axes, first column, columns)
        Each axis of the rows as its extent, the first place in it, and how many; of a flat space
        there need be none.
    pitches : sequence of sequence of int
        For each padded input, in order: the bytes from a place along each axis to the next.
    views : sequence of words
        For each input that is a view, or by index, in order: item size, number of dimensions, then
        size and stride (in bytes) of each, over all rows and columns; by index, what
        `moves.named_row` reads.
    fetch, fetch_rows : int
        The addresses of the routines that find elements of views, and of those with an index.
    share : int
        How many items a call of the kernel has, at most, if the launch brings memory along.

    Raises
    ------
    ValueError
        If the space cannot be cut like this, or there are not as many frames, pitches and views as
        it has.
    """
    _check(space, rows, length, span, tile)
    kinds = [operand.kind for operand in space.inputs]
    expected = len(space.frames), kinds.count("padded"), len(space.worded)
    given = len(frames), len(pitches), len(views)
    if given != expected:
        raise ValueError(
            f"the space has (frames, padded inputs, views) = {expected}; given were {given}"
        )
    _, tiles = _cut(rows, length, span, tile, panels)
    stream = int(length >= BLOCK // 4 and _traffic(space, rows, length) >= STREAMED)
    head = [rows, length, span, tile, tiles, fetch, fetch_rows, stream, share]
    assert len(head) == FRAMES
    head += [*_grid_words(space, frames), *_frame_words(frames)]
    head += [word for own in pitches for word in own]
    of_panels = []
    if space.panels:
        of_panels = [rows // panels, _kept(rows, length, span, tile, panels)]
    at = len(head) + len(views) + len(of_panels)
    words: list[int] = []
    for view in views:
        head.append(at + len(words))
        words += view
    return [*head, *of_panels, *words]


def partial_bytes(
    space: Space, rows: int, length: int, span: int, tile: int, panels: int = 1, slabs: bool = False
) -> tuple[int, ...]:
    """The bytes of partial results of each output that is a reduction, in order; 0 if it has none.

    A reduction over columns has some even where nothing is left to fold: it accumulates there.
    `slabs`: behind them are results of slabs, of one panel.
    """
    _, tiles = _cut(rows, length, span, tile, panels)
    accumulators = _kept(rows, length, span, tile, panels)
    sizes = []
    for k in space.reduced():
        step = space.reduction(space.outputs[k])
        assert step is not None
        code = space.code_of(step.operand)
        size = size_of(accumulator(code))
        if step.axis == "column":
            # And the sums of one slab, or of all.
            kept = length * -(-rows // SLAB) if slabs else accumulators
            sizes.append(accumulators * size + kept * size_of(code))
        else:
            sizes.append(rows * tiles * size if tiles > 1 else 0)
    return tuple(sizes)


class Fold(NamedTuple):
    """A launch that folds partial results: `cpu.kernel_of(body)` over `items` (in grains of
    `CHUNK`), with the operands (results of slabs, the output, the partial results).

    Attributes
    ----------
    output : int
        Position in the space's outputs.
    partial : int
        Position in `partial_bytes`.
    slabs : int
        How many bytes behind partial results those of slabs are, if it folds these.
    body : Body
    facts : sequence of int
    items : int
    """

    output: int
    partial: int
    slabs: int
    body: Body
    facts: Sequence[int]
    items: int


def fold(
    space: Space, rows: int, length: int, span: int, tile: int, panels: int = 1, slabs: bool = False
) -> tuple[Fold, ...]:
    """What is left to launch after the space's own kernel, which may give results of slabs."""
    blocks, tiles = _cut(rows, length, span, tile, panels)
    folds = []
    for partial, k in enumerate(space.reduced()):
        step = space.reduction(space.outputs[k])
        assert step is not None
        code = space.code_of(step.operand)
        parts, width = (tiles, 1) if step.axis == "row" else (blocks, length)
        form: Form = "rows" if step.axis == "row" else "columns"
        body = Body(form, (code,), (), (0,), step.reduction, step.code)
        count = rows if step.axis == "row" else panels * length
        if slabs and step.axis == "column":
            behind = blocks * length * size_of(accumulator(code))
            words = (SLABS, -(-rows // SLAB), blocks, length, 0)  # as render_blocks.py numbers them
            folds.append(Fold(k, partial, behind, body, words, count))
        if parts > 1:
            folds.append(Fold(k, partial, 0, body, (1, 0, parts, width, 0), count))
    return tuple(folds)
