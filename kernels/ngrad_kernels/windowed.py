"""Windows of a tensor times matrices, on the CPU: a block of windows at a time is copied to memory
that stays in cache, a row each, and BLAS multiplies it.

All windows at once would take as many times the tensor's memory as a window has elements, to be
written and read again. BLAS is called as in `blas.py`.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

from ngrad_kernels import blas_threads, cache
from ngrad_kernels.blas_calls import BEGIN, END, HELPERS
from ngrad_kernels.blas_library import LETTERS, library
from ngrad_kernels.codes import size_of
from ngrad_kernels.product import Prepared, Windowed
from ngrad_kernels.skeletons import as_helpers
from ngrad_kernels.tiles import TILE, most_threads, span
from ngrad_kernels.words import facts

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

_PACK = """
@helper()
def pack_{code}(target, source, words, first, count, start, width):
    # Elements [start, start + width) of windows, a row each; of a line of them at a time.
    facts = table_at(words)
    run, n_i, n_j, n_k, by_k = facts[7], facts[9], facts[10], facts[11], facts[16]
    begin, end = start // run, (start + width + run - 1) // run
    at = first
    while at < first + count:
        line = at // n_k
        k, rest = at - line * n_k, line // n_j
        window = source + rest // n_i * facts[13] + rest % n_i * facts[14]
        window += line % n_j * facts[15] + k * by_k
        many = min(n_k - k, first + count - at)
        for _ in range(many):
            for u in range(begin, end):
                low, high = max(0, start - u * run), min(run, start + width - u * run)
                place = window + facts[22 + u] + low * {size}
                for z in range(high - low):
                    store_{code}(target, z, load_{code}(place, z))
                target += (high - low) * {size}
            window += by_k
        at += many


"""
_TEXT = """
def {name}(table, lo, hi):
    facts = table_at(table[0])
    windows, depth, columns, across = facts[0], facts[1], facts[2], facts[3]
    rows, parts, tiles, groups = facts[4], facts[5], facts[6], facts[8]
    gemm, get_threads, set_threads, held = facts[17], facts[18], facts[19], facts[20]
    _, widest = span(depth, tiles if across else 1, 0)
    block = table[3] + lo // facts[21] * rows * widest * {size}
    BEGIN
    for item in range(lo, hi):
        tile, part, group = item % tiles, item // tiles % parts, item // (tiles * parts)
        left, wide = span(depth if across else columns, tiles, tile)
        if wide <= 0:
            continue
        blocks = (windows + rows - 1) // rows
        first = blocks * part // parts * rows
        last = min(windows, blocks * (part + 1) // parts * rows)
        source = table[1] + group * facts[12]
        for at in range(first, last, rows):
            count, row = min(rows, last - at), group * windows + at
            if across:
                pack_{code}(block, source, table[0], at, count, left, wide)
                out = table[4] + ((part * groups + group) * depth + left) * columns * {size}
                multiply(
                    gemm, words, 0, 1, columns, wide, count, table[2] + row * columns * {size},
                    columns, block, wide, zero if at == first else one, out, columns,
                )
            else:
                pack_{code}(block, source, table[0], at, count, 0, depth)
                matrix = table[2] + (group * depth * columns + left) * {size}
                out = table[4] + (row * columns + left) * {size}
                multiply(
                    gemm, words, 0, 0, wide, count, depth, matrix, columns, block, depth, zero, out,
                    columns,
                )
    END
""".replace("BEGIN", BEGIN).replace("END", END)

_HELPERS = as_helpers(span, *HELPERS)


@functools.cache
def kernel(code: str) -> int:
    """The address of the kernel for a dtype."""
    name = f"windowed_{code}"
    text = (_PACK + _TEXT).format(name=name, code=code, size=size_of(code))
    return cache.load(name, _HELPERS + text)


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
    where, held = facts(
        [
            *(work.windows, work.depth, work.columns, work.across, *shared, work.run, work.groups),
            *work.counts[1:], *work.steps, gemm, *blas_threads.words(pool), grain, *work.offsets,
        ]
    )  # fmt: skip
    launched = Prepared(kernel(work.code), where, items, grain, held)
    return launched, shared.parts if work.across else 1, scratch
