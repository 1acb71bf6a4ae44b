"""Cholesky factors on the CPU: LAPACK's `potrf`, by address, for a matrix at a time, but of few
rows (`few_rows.py`).
"""

from __future__ import annotations

import math

from ngrad_kernels.codes import size_of
from ngrad_kernels.lapack_calls import Squares, called, kernel, launched, view
from ngrad_kernels.product import Prepared

_TEXT = """
def {name}(table, lo, hi):
    facts = table_at(table[0])
    rows, down, across, potrf = facts[0], facts[1], facts[2], facts[3]
    get_threads, set_threads, held = facts[4], facts[5], facts[6]
    view = table[0] + 8 * 8
    factor = table[4] + lo // facts[7] * rows * rows * {inner_size}  # of a grain
    words = stack_words(8)
    numbers = words + 5 * 8
    flag = numbers + 2 * 8
    given = table_at(words)
    store_u1(flag, 0, u1(76))  # L
    store_i8(numbers, 0, i8(rows))
    threads = 1
    if get_threads != 0:
        threads = hold_threads(held, get_threads, set_threads)
    for item in range(lo, hi):
        matrix = place(table[1], view, item)
        take(factor, matrix, down, across, rows, rows)
        if potrf == 0:
            definite = cholesky_few(factor, rows)
        else:
            store_i8(numbers, 1, i8(0))
            given[0], given[1], given[2], given[3] = flag, numbers, factor, numbers
            given[4] = numbers + 8
            call_words(potrf, words, 5)
            definite = reload_i8(numbers, 1) == 0
        for j in range(rows):
            column = factor + j * rows * {inner_size}
            definite &= reload_{inner}(column, j * {parts}) > 0  # NaN comes through some LAPACKs
            for i in range(j * {parts}):
                store_{inner}(column, i, {inner}(0))
        give(table[2] + item * rows * rows * {size}, factor, rows, rows)
        store_i4(table[3], item, i4(definite))
    if get_threads != 0:
        give_back_threads(held, set_threads, threads)
"""


def factored(matrices: Squares) -> tuple[Prepared, int]:
    """What is launched, with the addresses of matrices, of which the lower triangle is read, of
    factors in row-major order, of whether each is positive definite, in int32, and of some room;
    and how many bytes that takes.
    """
    code, inner, batch, rows, lies = matrices
    facts = [rows, lies.down, lies.across, *called("potrf", inner, rows), 0]
    facts += view(size_of(code), batch, lies)
    count, work = math.prod(batch), rows**3 // 2
    done = launched(kernel("cholesky", _TEXT, code, inner), facts, count, work, rows)
    done.keep[7] = done.grain
    return done, -(-count // done.grain) * rows * rows * size_of(inner)
