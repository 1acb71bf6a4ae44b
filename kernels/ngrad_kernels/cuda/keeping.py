"""Which rows are kept in registers, and what of them.

A warp keeps a row of up to 1024 elements, a thread's at most 32; of a longer one each warp of a
thread block keeps a block of the contract's, up to a chunk of them.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

from ngrad_kernels.apart import column_outputs
from ngrad_kernels.codes import size_of
from ngrad_kernels.contract import BLOCK, CHUNK, SHORT, lanes
from ngrad_kernels.cuda.source import WARP
from ngrad_kernels.scalars import is_unrolled
from ngrad_kernels.space import Reduce, Space, Step
from ngrad_kernels.space_passes import costly_values, elements, needed, passes

ELEMENTS = (1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 28, 32)
"""The most elements that a thread may have: few kernels, each for rows that are too long for the
one before. So all but the last few of a row's elements are there for certain.
"""
MOST = BLOCK // WARP
"""Those of a warp that has a block."""
WARPS = (2, 3, 4, 6, 8, 12, CHUNK // BLOCK)
"""The most warps that a longer row may have."""
KEPT = 128
"""The most words of four bytes that a thread keeps of a row: of the 255 that it may have."""
REGISTERS, OTHERS = 1 << 16, 32
"""Registers of a multiprocessor, and those that a thread needs for other than what it keeps."""

FULL = 0.8
"""The least part of a thread block's elements that a row of several words each is to have: the
derivative of a softmax of rows of 1536, kept by the 64 threads that could have 2048, took 1.2 times
as long on an H200 as with passes.
"""


def elements_kept(space: Space, length: int) -> int:
    """How many elements a lane has where rows of such a length are kept, in all warps of a row; 0
    where they are not.

    Examples
    --------
    >>> from ngrad_kernels.space import Operand, Reduce
    >>> total = Reduce("sum", 0, "row", "f4")
    >>> share = Space((Operand("f4", "element"),), (total, Step("divide", (0, 1), "f4")), (2,))
    >>> elements_kept(share, 1000), elements_kept(share, 10), elements_kept(share, 5000)
    (32, 0, 192)
    """
    counts = (*ELEMENTS, *(MOST * warps for warps in WARPS))
    count = next((k for k in counts if length <= k * WARP), 0)
    if not count or length < SHORT or not _suits(space):
        return 0
    if count > MOST and column_outputs(space):  # which are read again, from the caches
        return 0
    fits = min(count, MOST) * words_kept(space) <= KEPT
    return count if fits and (count <= MOST or _pays(space, count, length)) else 0


def warps_of(count: int) -> int:
    """How many warps a row has, by `elements_kept`."""
    return -(-count // MOST)


def _pays(space: Space, count: int, length: int) -> bool:
    """Whether thread blocks that keep rows are faster than groups that pass over them. Two have to
    have room at a time, so that one waits for memory while the other computes; and of warps that
    keep much none may have little to do. (What an element needs no longer has its place for what it
    does.)
    """
    words = max(after for _, after in _words(space))
    room = REGISTERS // (2 * WARP * warps_of(count))
    return MOST * words + OTHERS <= room and (words == 1 or length >= FULL * count * WARP)


def _suits(space: Space) -> bool:
    """Whether warps can have the space's rows."""
    found = [(k, space.step(k)) for k in needed(space)]
    reductions = [step for _, step in found if isinstance(step, Reduce) and step.axis == "row"]
    work = [step for k, step in found if isinstance(step, Step) and space.level_of(k) == "element"]
    return (
        bool(reductions)
        and not (space.over and column_outputs(space))  # which are read again when rows are stored
        and all(_folds(step, space.code_of(step.operand)) for step in reductions)
        and is_unrolled((step.scalar, step.code) for step in work)
        and not any(operand.kind == "padded" for operand in space.inputs)
    )


def _folds(step: Reduce, code: str) -> bool:
    """Whether warps can reduce rows so: not to a product of complex numbers, which is another if
    it is multiplied by one and infinite, or a signed zero (`groups.py`).
    """
    return lanes(code) % WARP == 0 and not (step.reduction == "prod" and code[0] == "c")


def below(count: int) -> int:
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


def words_kept(space: Space) -> int:
    """The most that a thread keeps of an element at a time, in words of four bytes."""
    return max(within for within, _ in _words(space))


def _words(space: Space) -> list[tuple[int, int]]:
    """What a thread keeps of an element while a pass computes it, and after the pass; first, what
    is loaded.
    """

    def size(values: set[int]) -> int:
        return sum(max(1, size_of(space.code_of(k)) // 4) for k in values)

    kept = kept_passes(space)
    there = {k for one in kept for k in one.reads if k < len(space.inputs)}
    found = [(size(there), size(there))]
    for index, one in enumerate(kept):
        later = {k for more in kept[index + 1 :] for k in more.reads}
        within = (there | set(one.held)) & (later | set(one.reads) | set(one.held))
        there = within & later
        found.append((size(within), size(there)))
    return found
