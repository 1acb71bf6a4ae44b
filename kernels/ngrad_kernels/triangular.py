"""Systems of triangular matrices on the CPU: BLAS, called by our threads as for products, each for
some of the right-hand sides; but of few rows (`few_rows.py`).
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

from ngrad_kernels import blas_threads, cache, few_rows, moves, skeletons
from ngrad_kernels.blas_library import LETTERS, LONGEST, library
from ngrad_kernels.codes import size_of
from ngrad_kernels.few_rows import ROWS
from ngrad_kernels.product import Matrices, Prepared
from ngrad_kernels.tiles import TILE, most_threads, span
from ngrad_kernels.words import facts


class Triangular(NamedTuple):
    """Triangular matrices, and right-hand sides in row-major order, which the solutions replace.

    Attributes
    ----------
    code : str
        The dtype of both.
    batch : tuple of int
        Sizes of the batch axes.
    rows, columns : int
        Of the right-hand sides; none is 0.
    matrix : Matrices
        Whose rows or columns are runs.
    lower, transposed : bool
        Which triangle is read, and whether its transpose is what is meant.
    """

    code: str
    batch: tuple[int, ...]
    rows: int
    columns: int
    matrix: Matrices
    lower: bool
    transposed: bool


# BLAS sees memory by columns: in place of A X = B it is asked for X^T A^T = B^T. One right-hand
# side has a routine of its own, which is asked for A x = b: so there it is the transpose that BLAS
# sees. `blas.py` says how it is given numbers.
_TEXT = """
def {name}(table, lo, hi):
    facts = table_at(table[0])
    rows, columns, across, run, lower, turned = (
        facts[0], facts[1], facts[2], facts[3], facts[4], facts[5]
    )
    trsm, trsv, get_threads, set_threads, held = facts[6], facts[7], facts[8], facts[9], facts[10]
    down, side, view = facts[11], facts[12], table[0] + 13 * 8
    words = stack_words(24)
    numbers = words + 11 * 8
    one, flags = numbers + 4 * 8, numbers + 6 * 8
    store_{code}(one, 0, {code}(1))
    store_u1(flags, 0, u1(82))  # R: the matrix is on the right
    store_u1(flags, 1, u1(76 if lower else 85))  # L, or U
    store_u1(flags, 2, u1(84 if turned != (columns == 1) else 78))  # T, or N
    store_u1(flags, 3, u1(78))  # N: its diagonal is not ones
    store_i8(numbers, 1, i8(rows))
    store_i8(numbers, 2, i8(run))
    store_i8(numbers, 3, i8(columns))
    given = table_at(words)
    threads = 1
    if get_threads != 0:
        threads = hold_threads(held, get_threads, set_threads)
    for item in range(lo, hi):
        batch = item // across
        left, wide = span(columns, across, item % across)
        if wide <= 0:
            continue
        matrix = locate(table[1], view, batch)
        out = table[2] + (batch * rows * columns + left) * {size}
        if trsm == 0:
            forward, line = lower != 0, columns * {size}
            substitute(out, line, wide, matrix, down, side, rows, forward, False)
            continue
        if columns == 1:
            given[0], given[1], given[2] = flags + 1, flags + 2, flags + 3
            given[3], given[4], given[5] = numbers + 8, matrix, numbers + 16
            given[6], given[7] = out, numbers + 24
            call_words(trsv, words, 8)
            continue
        store_i8(numbers, 0, i8(wide))
        given[0], given[1], given[2], given[3] = flags, flags + 1, flags + 2, flags + 3
        given[4], given[5], given[6] = numbers, numbers + 8, one
        given[7], given[8], given[9], given[10] = matrix, numbers + 16, out, numbers + 24
        call_words(trsm, words, 11)
    if get_threads != 0:
        give_back_threads(held, set_threads, threads)
"""
_HELPERS = skeletons.as_helpers(moves.locate, span, *blas_threads.HELPERS)


@functools.cache
def _kernel(code: str) -> int:
    name = f"triangular_{code}"
    text = _TEXT.format(name=name, code=code, size=size_of(code))
    return cache.load(name, _HELPERS + few_rows.helpers(code) + text)


NARROW = 32
"""Right-hand sides that are worth a tile."""


def tiles(system: Triangular, threads: int) -> tuple[int, int]:
    """Across, how many tiles right-hand sides are cut into; and how many are one item of work. A
    tile for each thread: BLAS packs the whole of a matrix for every one.

    Examples
    --------
    >>> lies = Matrices((), 4000, 4)
    >>> tiles(Triangular("f4", (), 1000, 1000, lies, True, False), 2)
    (2, 1)
    >>> tiles(Triangular("f4", (), 1000, 1, lies, True, False), 2)
    (1, 1)
    """
    systems = math.prod(system.batch)
    work = system.rows * system.rows * system.columns
    across = max(1, min(-(-threads // systems), work // TILE, system.columns // NARROW))
    if system.rows <= ROWS:
        return across, few_rows.grain(work // across)
    return across, max(1, TILE * across // work)


def prepared(system: Triangular) -> Prepared | None:
    """What is launched, with the addresses of matrices and of right-hand sides; None where BLAS
    cannot count so far.
    """
    code, size = system.code, size_of(system.code)
    # By columns the transpose is seen of what lies by rows: of the other triangle.
    by_columns, run = system.matrix.lies(system.rows, size)
    if max(system.rows, system.columns, run) > LONGEST:
        return None
    lower = system.lower if by_columns else not system.lower
    turned = system.transposed != bool(by_columns)
    across, grain = tiles(system, most_threads())
    down, side = system.matrix.down, system.matrix.across
    if system.rows > ROWS:
        (routines, pool), letter = library(), LETTERS[code]
        called = [routines[f"{letter}trsm"], routines[f"{letter}trsv"], *blas_threads.words(pool)]
    else:
        called, lower = [0] * 5, system.lower != system.transposed
        down, side = (side, down) if system.transposed else (down, side)
    head = [system.rows, system.columns, across, run, int(lower), int(turned)]
    view = [size, len(system.batch)]
    for pair in zip(system.batch, system.matrix.batch, strict=True):
        view += pair
    where, held = facts([*head, *called, down, side, *view])
    items = math.prod(system.batch) * across
    return Prepared(_kernel(code), where, items, grain, held)
