"""LU factors as three matrices, also of such as are not square, on the CPU: LAPACK's `getrf`, by
address, for a matrix at a time, but of few rows and columns (`few_rows.py`).
"""

from __future__ import annotations

import math

from ngrad_kernels.codes import part_of, size_of
from ngrad_kernels.lapack_calls import called, kernel, launched, view
from ngrad_kernels.lapack_steps import Given
from ngrad_kernels.lu import has_wide_pivots
from ngrad_kernels.product import Prepared

_TEXT = """
def {name}(table, lo, hi):
    facts = table_at(table[0])
    rows, columns, down, across, getrf = facts[0], facts[1], facts[2], facts[3], facts[4]
    wide = facts[5]
    get_threads, set_threads, held = facts[6], facts[7], facts[8]
    least, line = min(rows, columns), rows * {size}
    words = stack_words(9)
    numbers = words + 6 * 8
    given = table_at(words)
    store_i8(numbers, 0, i8(rows))
    store_i8(numbers, 1, i8(columns))
    matrix = table[6] + lo // facts[9] * facts[10]  # of a grain
    order = matrix + columns * line
    pivots = order + rows * 8
    threads = 1
    if get_threads != 0:
        threads = hold_threads(held, get_threads, set_threads)
    for item in range(lo, hi):
        take(matrix, place(table[1], table[0] + 11 * 8, item), down, across, rows, columns)
        finite = True
        for i in range(rows * columns * {parts}):
            part = reload_{part}(matrix, i)
            finite &= part - part == 0
        store_i4(table[5], item, i4(finite))
        if not finite:
            continue
        if getrf == 0:
            factor_few(matrix, rows, columns, pivots)
        else:
            given[0], given[1], given[2], given[3] = numbers, numbers + 8, matrix, numbers
            given[4], given[5] = pivots, numbers + 16
            call_words(getrf, words, 6)
        for i in range(rows):
            store_i8(order, i, i)
        for k in range(least):
            j = (reload_i8(pivots, k) if wide else i8(reload_i4(pivots, k))) - 1
            first = reload_i8(order, k)
            store_i8(order, k, reload_i8(order, j))
            store_i8(order, j, first)
        exchanges = table[2] + item * rows * rows * {part_size}
        for i in range(rows * rows):
            store_{part}(exchanges, i, {part}(0))
        for i in range(rows):
            store_{part}(exchanges, reload_i8(order, i) * rows + i, {part}(1))
        lower = table[3] + item * rows * least * {size}
        upper = table[4] + item * least * columns * {size}
        for i in range(rows):
            for j in range(least):
                below = {code}(reload_{code}(matrix + j * line, i))
                store_{code}(lower, i * least + j, below if j < i else {code}(j == i))
        for i in range(least):
            for j in range(columns):
                above = {code}(reload_{code}(matrix + j * line, i))
                store_{code}(upper, i * columns + j, above if j >= i else {code}(0))
    if get_threads != 0:
        give_back_threads(held, set_threads, threads)
"""


def parts(given: Given) -> tuple[Prepared, int]:
    """What is launched, with the addresses of matrices, of permutations, of lower and of upper
    factors, of which matrices are taken, as those that are finite are, and of some room; and how
    many bytes that takes.
    """
    code, _, batch, rows, columns, lies = given
    most, least, count = max(rows, columns), min(rows, columns), math.prod(batch)
    getrf, *threads = called("getrf", code, most)
    room = rows * columns * size_of(code) + 8 * (rows + least)
    facts = [rows, columns, lies.down, lies.across, getrf, int(has_wide_pivots(getrf)), *threads]
    facts += [0, room, *view(size_of(code), batch, lies)]
    told = (("part_size", str(size_of(part_of(code)))),)
    work = rows * columns * (least + 3)
    done = launched(kernel("lu_parts", _TEXT, code, code, told), facts, count, work, most)
    done.keep[9] = done.grain
    return done, -(-count // done.grain) * room
