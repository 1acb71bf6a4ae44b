"""Systems of matrices with few diagonals on the CPU: Gauss's elimination with partial pivoting, in
time and memory that grow with the number of rows, by loops of ours for a matrix at a time.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ngrad_kernels import few_rows
from ngrad_kernels.codes import size_of
from ngrad_kernels.lapack_calls import kernel, view
from ngrad_kernels.lapack_steps import GRAINS
from ngrad_kernels.product import Matrices, Prepared


class Banded(NamedTuple):
    """Matrices by their diagonals, the lowest first, each with its element of the k-th row at k;
    and right-hand sides.

    Attributes
    ----------
    code, inner : str
        The dtypes of operands, and of what is computed.
    batch : tuple of int
        Sizes of the batch axes.
    rows, columns : int
        Of the right-hand sides; none is 0.
    lower, upper : int
        How many diagonals there are below the main one, and above it.
    bands, rhs : Matrices
    transposed : bool
        Whether the transpose is meant.
    """

    code: str
    inner: str
    batch: tuple[int, ...]
    rows: int
    columns: int
    lower: int
    upper: int
    bands: Matrices
    rhs: Matrices
    transposed: bool


# A line has a row's elements from `below` before the diagonal to as many and `above` behind it,
# where rows that are exchanged have some.
_TEXT = """
@helper()
def add_multiple(target, source, factor, count):
    for k in range(count):
        total = few_plus(reload_{whole}(target, k), factor, reload_{whole}(source, k))
        store_{whole}(target, k, total)

def {name}(table, lo, hi):
    facts = table_at(table[0])
    rows, columns, lower, below, above, turned = (
        facts[0], facts[1], facts[2], facts[3], facts[4], facts[5]
    )
    room = table[5] + lo // facts[10] * facts[11]
    views = table[0] + 13 * 8
    wide, size = 2 * below + above + 1, {inner_size}
    line, x, step = wide * size, room + rows * wide * size, columns * size
    for item in range(lo, hi):
        bands = place(table[1], views, item)
        rhs = place(table[2], views + facts[12] * 8, item)
        take(x, rhs, facts[9], facts[8], columns, rows)
        for i in range(rows):
            for c in range(wide):
                j = i - below + c
                at = bands + c * facts[6] + i * facts[7]
                if turned:
                    at = bands + (i - j + lower) * facts[6] + j * facts[7]
                for z in range({parts}):
                    number = {inner}(0)
                    if c <= below + above and 0 <= j and j < rows:
                        number = {inner}(load_{part}(at, z))
                    store_{inner}(room + i * line + c * size, z, number)
        regular = True
        for j in range(rows):
            own, last = room + j * line, min(rows, j + below + 1)
            span = min(below + above + 1, rows - j)
            most, found = few_size(reload_{whole}(own, below)), j
            for i in range(j + 1, last):
                here = few_size(reload_{whole}(room + i * line, below + j - i))
                if here > most:
                    most, found = here, i
            regular &= most != 0
            if found != j:
                other = room + found * line + (j - found) * size
                exchange_lines(own + below * size, size, span, other - own, 0, 1)
                exchange_lines(x, size, columns, step, j, found)
            pivot = reload_{whole}(own, below)
            for i in range(j + 1, last):
                other = room + i * line + (j - i) * size
                factor = -few_over(reload_{whole}(other, below), pivot)
                behind = (below + 1) * size
                add_multiple(other + behind, own + behind, factor, span - 1)
                add_multiple(x + i * step, x + j * step, factor, columns)
        for m in range(rows):
            i = rows - 1 - m
            own = room + i * line + below * size
            for q in range(1, min(below + above + 1, m + 1)):
                add_multiple(x + i * step, x + (i + q) * step, -reload_{whole}(own, q), columns)
            pivot = reload_{whole}(own, 0)
            for k in range(columns):
                store_{whole}(x + i * step, k, few_over(reload_{whole}(x + i * step, k), pivot))
        give(table[3] + item * rows * columns * {size}, x, rows * columns, 1)
        store_i4(table[4], item, i4(regular))
"""


def solved(system: Banded) -> tuple[Prepared, int]:
    """What is launched, with the addresses of diagonals, right-hand sides, solutions in row-major
    order, of which matrices are regular, in int32, and of some room; and how many bytes that takes.
    """
    code, inner, batch, rows, columns, lower, upper, bands, rhs, transposed = system
    below, above = (upper, lower) if transposed else (lower, upper)
    room = rows * (2 * below + above + 1 + columns) * size_of(inner)
    work = rows * (below + 1) * (below + above + 1 + columns)
    count, views = math.prod(batch), [view(size_of(code), batch, x) for x in (bands, rhs)]
    grain = max(few_rows.grain(work), -(-count // GRAINS))
    facts = [rows, columns, lower, below, above, int(transposed), bands.down, bands.across]
    facts += [rhs.down, rhs.across, grain, room, len(views[0]), *views[0], *views[1]]
    held = np.array(facts, np.int64)
    address = kernel("banded_solve", _TEXT, code, inner)
    return Prepared(address, held.ctypes.data, count, grain, held), -(-count // grain) * room
