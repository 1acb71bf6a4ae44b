"""How often the kernel of a `Space` passes over a row, and what each pass computes.

A pass ends with the reductions of what it computed; what depends on these waits for the next. What
a later pass needs again is computed again, unless that is costly and a row of an output can hold it
until the output's own values replace it. Within a pass, long scalars that wait for one another get
loops of their own: in one loop the processor would wait too (twice the time, measured). Sizes
decide nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ngrad_kernels.scalars import SCALARS
from ngrad_kernels.space import Space, Step


@dataclass(frozen=True)
class Loop:
    """One loop over the columns of a block.

    Attributes
    ----------
    reads : tuple of int
        Values that an earlier loop computed.
    values : tuple of int
        Those that this one loads or computes, in order.
    """

    reads: tuple[int, ...]
    values: tuple[int, ...]


@dataclass(frozen=True)
class Pass:
    """One pass over a row.

    Attributes
    ----------
    loops : tuple of Loop
        What computes a block, in order: the values of level element.
    reloads : dict of int to int
        Which values are read from the row of an output, and its position.
    stores : tuple of (output, value)
        What is written to the rows of outputs: their own values, or one to be reloaded.
    rows : tuple of int
        The row reductions that end it.
    columns : tuple of int
        Positions of outputs that are column reductions, to which it adds the row.
    streams : tuple of int
        Positions of outputs that it finishes and that may go past the caches; not if several go
        over the row and any computes long scalars: to fetch the next row gains more. What takes
        an input's place is in cache.
    """

    loops: tuple[Loop, ...]
    reloads: Mapping[int, int]
    stores: tuple[tuple[int, int], ...]
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    streams: tuple[int, ...]


@functools.lru_cache(1 << 10)
def needed(space: Space) -> frozenset[int]:
    """The values on which the outputs depend."""
    return frozenset(cone(space, space.outputs))


def cone(space: Space, roots: Iterable[int], known: Collection[int] = ()) -> list[int]:
    """The values on which some depend, themselves included, in order; those that are known depend
    on nothing.
    """
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        value = waiting.pop()
        if value not in found:
            found.add(value)
            step = space.step(value)
            if step is not None and value not in known:
                waiting += step.operands
    return sorted(found)


def dependents(space: Space, value: int) -> set[int]:
    """The values that depend on one, itself included."""
    found = {value}
    for k in range(value + 1, space.count):
        step = space.step(k)
        if step is not None and not found.isdisjoint(step.operands):
            found.add(k)
    return found


def elements(space: Space, roots: Iterable[int], known: Collection[int] = ()) -> tuple[int, ...]:
    """Those values of level element that have to be at hand to compute some in a column."""
    levels = [space.level_of(k) for k in range(space.count)]
    outside = {k for k, level in enumerate(levels) if level != "element"}
    return tuple(k for k in cone(space, roots, outside | set(known)) if k not in outside)


def _cost(space: Space, value: int) -> int:
    """What computing a value costs beyond its operands, as `scalars.py` counts."""
    step = space.step(value)
    return SCALARS[step.scalar].cost if isinstance(step, Step) and step.scalar in SCALARS else 0


def has_long(space: Space) -> bool:
    """Whether a space computes long scalars of its elements."""
    return any(_cost(space, k) > 1 and space.level_of(k) == "element" for k in needed(space))


def costly_values(space: Space) -> frozenset[int]:
    """The values that cost more to compute in a column than to read."""
    found: set[int] = set()
    for value in range(len(space.inputs), space.count):
        step = space.step(value)
        if step is None or space.level_of(value) != "element":
            continue
        if _cost(space, value) or not found.isdisjoint(step.operands):
            found.add(value)
    return frozenset(found)


def _loops(space: Space, values: Sequence[int], reloads: Collection[int]) -> tuple[Loop, ...]:
    """The loops that load and compute values of level element: in each, no long scalar waits for
    another. What is read from memory that a loop may write is read in the first.
    """
    inputs = set(range(len(space.inputs))).difference(reloads)
    depth: dict[int, int] = {}  # the long scalars on the longest way to a value
    for k in values:
        step = space.step(k)
        before = () if step is None or k in reloads else step.operands
        depth[k] = max((depth.get(operand, 0) for operand in before), default=0)
        depth[k] += k not in reloads and _cost(space, k) > 1
    loop_of = {k: max(0, depth[k] - 1) for k in values}
    loops = []
    for index in range(1 + max(loop_of.values(), default=0)):
        here = [k for k in values if loop_of[k] == index and (k not in inputs or index == 0)]
        used = {
            operand
            for k in here
            if (step := space.step(k)) and k not in reloads
            for operand in step.operands
            if operand in loop_of and operand not in here
        }
        loaded = [k for k in used if k in inputs]
        loops.append(Loop(tuple(sorted(used - set(loaded))), tuple(sorted([*loaded, *here]))))
    return tuple(loops)


def element_outputs(space: Space) -> dict[int, int]:
    """The outputs of level element, by position: their values."""
    return {
        k: value
        for k, value in enumerate(space.outputs)
        if space.level_of(value) == "element" and not space.reduction(value)
    }


def _roots(space: Space, index: int) -> tuple[list[int], list[int], list[int]]:
    """What ends a pass: positions of the outputs that it stores, its row reductions, and positions
    of its column reductions.
    """
    stores = [k for k, value in element_outputs(space).items() if space.ready(value) == index]
    live = needed(space)
    rows = []
    for value in sorted(live):
        step = space.reduction(value)
        if step and step.axis == "row" and space.ready(step.operand) == index:
            rows.append(value)
    columns = [
        k
        for k, value in enumerate(space.outputs)
        if (step := space.reduction(value))
        and step.axis == "column"
        and space.ready(step.operand) == index
    ]
    return stores, rows, columns


def _holder(space: Space, value: int, index: int, free: Collection[int]) -> int | None:
    """The output whose row can hold a value that a pass computes for those that use it again: the
    first whose own values are written no earlier than in the last of them.
    """
    users = [
        space.ready(k)
        for k in needed(space)
        if isinstance(step := space.step(k), Step)
        and space.level_of(k) == "element"
        and value in step.operands
    ]
    until = max(users, default=0)
    own = element_outputs(space)
    able = [
        k
        for k in sorted(free, key=lambda k: space.ready(own[k]))
        if space.code_of(own[k]) == space.code_of(value)
        and space.interleaved(own[k]) == (own[k],)
        and space.ready(own[k]) >= until > index
    ]
    return able[0] if able else None


def is_long(space: Space, loop: Loop, reloads: Collection[int]) -> bool:
    """Whether a loop computes long scalars, beside those values that it reads again."""
    return any(_cost(space, k) > 1 for k in loop.values if k not in reloads)


@functools.lru_cache(1 << 10)
def passes(space: Space) -> tuple[Pass, ...]:
    """The passes of a space's kernel over each row."""
    costly, own = costly_values(space), element_outputs(space)
    # Readable: value -> (output, first pass, last pass).
    readable = {value: (k, 0, 0) for value, k in space.over}
    readable |= {
        value: (k, space.ready(value) + 1, space.count)
        for k, value in own.items()
        if value in costly
    }
    written_over = {k for _, k in space.over}
    free = set(own)
    computed = [k for k in needed(space) if space.level_of(k) == "element"]
    fetched = any(map(space.ready, computed)) and any(_cost(space, k) > 1 for k in computed)
    result = []
    for index in range(1 + max((space.ready(k) for k in needed(space)), default=0)):
        finished, rows, columns = _roots(space, index)
        reloads = {k: out for k, (out, first, last) in readable.items() if first <= index <= last}
        roots = [space.outputs[k] for k in finished]
        roots += [step.operand for k in rows if (step := space.reduction(k))]
        roots += [step.operand for k in columns if (step := space.reduction(space.outputs[k]))]
        values = elements(space, roots, reloads)
        stores = [(k, space.outputs[k]) for k in finished]
        free -= set(finished)
        for value in values:
            if value in costly and value not in readable:
                holder = _holder(space, value, index, free)
                if holder is not None:
                    free.discard(holder)
                    readable[value] = (holder, index + 1, space.ready(own[holder]))
                    stores.append((holder, value))
        reloads = {k: out for k, out in reloads.items() if k in values}
        loops = _loops(space, values, reloads)
        streams = () if fetched else tuple(k for k in finished if k not in written_over)
        ends = tuple(stores), tuple(rows), tuple(columns), streams
        result.append(Pass(loops, reloads, *ends))
    return tuple(result)
