"""Windows of a tensor times matrices, on the CPU: a block of windows at a time is copied to memory
that stays in cache, a row each, and BLAS multiplies it.

All windows at once would take as many times the tensor's memory as a window has elements, to be
written and read again. BLAS is called as in `blas.py`.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from ngrad_kernels import blas_threads, cache
from ngrad_kernels.blas_library import LETTERS, library
from ngrad_kernels.codes import size_of
from ngrad_kernels.product import Prepared, Windowed
from ngrad_kernels.skeletons import as_helpers
from ngrad_kernels.tiles import TILE, most_threads, span

BLOCK = 1 << 19
"""Bytes of a block of windows: with the matrix it meets, about what a core's own cache holds."""
LEAST = 192
"""Windows of a block at least: a matrix is read anew for each."""
ALWAYS = 1 << 22
"""Bytes of blocks that are as good as none."""
SUMS = 1 << 25
"""Bytes that sums of parts may take, of which each thread has its own, before these are added."""
NARROWEST = 64
"""Columns of a result, or elements of a window, that are worth a tile of their own."""


class Shares(NamedTuple):
    """How the work of a group is shared.

    Attributes
    ----------
    rows : int
        Windows of a block.
    parts : int
        Of all windows; of a transpose, each is a sum of its own.
    tiles : int
        Of the columns, or, of a transpose, of the elements of a window.
    """

    rows: int
    parts: int
    tiles: int


def shares(work: Windowed, threads: int) -> Shares:
    """How many windows a block has, and how blocks are shared: it depends on sizes, and on how many
    threads the process began with, and not on how many are in use.

    Examples
    --------
    >>> taps = tuple(range(9))
    >>> shares(Windowed("f4", 1, (8, 1, 28, 28), taps, 64, (0,) * 5, 64, False), 2)
    Shares(rows=227, parts=4, tiles=1)
    >>> shares(Windowed("f4", 1, (1, 1, 7, 7), taps, 512, (0,) * 5, 512, False), 2)
    Shares(rows=49, parts=1, tiles=2)
    """
    size, windows, depth = size_of(work.code), work.windows, work.depth
    wanted = -(-threads // work.groups)
    wanted = max(1, min(wanted, windows * depth * work.columns // TILE))
    most = max(LEAST, BLOCK // (depth * size))
    rows = max(min(LEAST, windows), min(most, -(-windows // wanted)))
    blocks = -(-windows // rows)
    parts = min(blocks, 2 * wanted if wanted > 1 and not work.across else wanted)
    if work.across:
        parts = max(1, min(parts, SUMS // (depth * work.columns * size * work.groups)))
    tiles = min(-(-wanted // parts), max(1, (depth if work.across else work.columns) // NARROWEST))
    return Shares(rows, parts, tiles)


# -- the kernel ------------------------------------------------------------------------------------

_TEXT = """
def {name}(table, lo, hi):
    facts = table_at(table[0])
    windows, depth, columns, across = facts[0], facts[1], facts[2], facts[3]
    rows, parts, tiles, run, groups = facts[4], facts[5], facts[6], facts[7], facts[8]
    n_i, n_j, n_k = facts[9], facts[10], facts[11]
    by_group, by_batch, by_i, by_j, by_k = facts[12], facts[13], facts[14], facts[15], facts[16]
    gemm, get_threads, set_threads, held = facts[17], facts[18], facts[19], facts[20]
    _, widest = span(depth, tiles if across else 1, 0)
    block = table[3] + lo // facts[21] * rows * widest * {size}
    words = stack_words(24)
    numbers = words + 13 * 8
    one, zero, flags = numbers + 6 * 8, numbers + 8 * 8, numbers + 10 * 8
    store_{code}(one, 0, {code}(1))
    store_{code}(zero, 0, {code}(0))
    store_u1(flags, 0, u1(78))  # N
    store_u1(flags, 1, u1(84 if across else 78))  # T
    given = table_at(words)
    threads = 1
    if get_threads != 0:
        threads = hold_threads(held, get_threads, set_threads)
    for item in range(lo, hi):
        tile, part, group = item % tiles, item // tiles % parts, item // (tiles * parts)
        left, wide = span(depth if across else columns, tiles, tile)
        if wide <= 0:
            continue
        start, width = (left, wide) if across else (0, depth)
        begin, end = start // run, (start + width + run - 1) // run
        blocks = (windows + rows - 1) // rows
        at = blocks * part // parts * rows
        last = min(windows, blocks * (part + 1) // parts * rows)
        k, j, i, batch = at % n_k, at // n_k % n_j, at // (n_k * n_j) % n_i, at // (n_k * n_j * n_i)
        fresh = True
        while at < last:
            count = min(rows, last - at)
            target = block
            for _ in range(count):
                source = table[1] + group * by_group + batch * by_batch + i * by_i + j * by_j
                source += k * by_k
                for u in range(begin, end):
                    low, high = max(0, start - u * run), min(run, start + width - u * run)
                    place = source + facts[22 + u] + low * {size}
                    for z in range(high - low):
                        store_{code}(target, z, load_{code}(place, z))
                    target += (high - low) * {size}
                k += 1
                if k == n_k:
                    k = 0
                    j += 1
                    if j == n_j:
                        j = 0
                        i += 1
                        if i == n_i:
                            i = 0
                            batch += 1
            row = group * windows + at
            if across:
                matrix = table[2] + row * columns * {size}
                out = table[4] + ((part * groups + group) * depth + start) * columns * {size}
                store_i8(numbers, 0, i8(columns))
                store_i8(numbers, 1, i8(width))
                store_i8(numbers, 2, i8(count))
            else:
                matrix = table[2] + (group * depth * columns + left) * {size}
                out = table[4] + (row * columns + left) * {size}
                store_i8(numbers, 0, i8(wide))
                store_i8(numbers, 1, i8(count))
                store_i8(numbers, 2, i8(depth))
            store_i8(numbers, 3, i8(columns))
            store_i8(numbers, 4, i8(width))
            given[0], given[1], given[2] = flags, flags + 1, numbers
            given[3], given[4], given[5] = numbers + 8, numbers + 16, one
            given[6], given[7], given[8], given[9] = matrix, numbers + 24, block, numbers + 32
            given[10] = zero if fresh or not across else one
            given[11], given[12] = out, numbers + 24
            call_words(gemm, words, 13)
            fresh = False
            at += count
    if get_threads != 0:
        give_back_threads(held, set_threads, threads)
"""

_HELPERS = as_helpers(span, *blas_threads.HELPERS)


@functools.cache
def kernel(code: str) -> int:
    """The address of the kernel for a dtype."""
    name = f"windowed_{code}"
    return cache.load(name, _HELPERS + _TEXT.format(name=name, code=code, size=size_of(code)))


def prepared(work: Windowed) -> tuple[Prepared, int, int] | None:
    """What is launched over windows, matrices, scratch and the result; how many results are to be
    added, one behind the other; and how many bytes of scratch it takes. None where blocks for all
    threads would take more than all windows.
    """
    threads, size = most_threads(), size_of(work.code)
    shared = shares(work, threads)
    items = work.groups * shared.parts * shared.tiles
    grain = max(1, items // (4 * threads))  # items one after the other have one block
    _, widest = span(work.depth, shared.tiles if work.across else 1, 0)
    scratch = -(-items // grain) * shared.rows * widest * size
    if scratch > max(ALWAYS, work.groups * work.windows * work.depth * size):
        return None
    routines, pool = library()
    gemm = routines[f"{LETTERS[work.code]}gemm"]
    facts = np.array(
        [
            *(work.windows, work.depth, work.columns, work.across, *shared, work.run, work.groups),
            *work.counts[1:], *work.steps, gemm, *blas_threads.words(pool), grain, *work.offsets,
        ],
        np.int64,
    )  # fmt: skip
    launched = Prepared(kernel(work.code), facts.ctypes.data, items, grain, facts)
    return launched, shared.parts if work.across else 1, scratch
