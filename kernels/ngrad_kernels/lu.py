"""LU factors, and what is solved by them, on the CPU: LAPACK, by address, for a matrix at a time,
but of few rows (`few_rows.py`).

Numbers are those of LAPACK's `gesv`, which does the same two things.
"""

from __future__ import annotations

import ctypes
import functools
import itertools
import math
from typing import NamedTuple

import numpy as np

from ngrad_kernels.blas_library import lapack
from ngrad_kernels.codes import part_of, size_of
from ngrad_kernels.lapack_calls import Squares, called, kernel, launched, view
from ngrad_kernels.product import Matrices, Prepared


class Solved(NamedTuple):
    """Right-hand sides, and factors to solve by; solutions lie in row-major order.

    Attributes
    ----------
    code, inner : str
        The dtypes of right-hand sides and solutions, and of factors, as of `Squares`.
    batch : tuple of int
        Sizes of the batch axes.
    rows, columns : int
        Of the right-hand sides; none is 0.
    factors, pivots : Matrices
        Whose columns are runs.
    rhs : Matrices or None
        None: an identity matrix each, so that solutions are inverses.
    transposed : bool
        Whether the transpose of what was factored is meant.
    """

    code: str
    inner: str
    batch: tuple[int, ...]
    rows: int
    columns: int
    factors: Matrices
    pivots: Matrices
    rhs: Matrices | None
    transposed: bool


# The pivots of a LAPACK that counts in int64 are converted, by way of some room.
_FACTOR = """
def {name}(table, lo, hi):
    facts = table_at(table[0])
    rows, down, across, getrf, wide = facts[0], facts[1], facts[2], facts[3], facts[4]
    get_threads, set_threads, held = facts[5], facts[6], facts[7]
    view = table[0] + 8 * 8
    words = stack_words(8)
    numbers = words + 6 * 8
    given = table_at(words)
    store_i8(numbers, 0, i8(rows))
    threads = 1
    if get_threads != 0:
        threads = hold_threads(held, get_threads, set_threads)
    for item in range(lo, hi):
        factors, pivots = table[2] + item * rows * rows * {inner_size}, table[3] + item * rows * 4
        found = table[4] + item * rows * 8 if wide else pivots
        matrix = place(table[1], view, item)
        take(factors, matrix, down, across, rows, rows)
        unknown = False
        for i in range(rows * rows * {parts}):
            part = reload_{inner}(factors, i)
            unknown |= part != part
        if getrf == 0:
            regular = factor_few(factors, rows, rows, pivots)
        else:
            store_i8(numbers, 1, i8(0))
            given[0], given[1], given[2], given[3] = numbers, numbers, factors, numbers
            given[4], given[5] = found, numbers + 8
            call_words(getrf, words, 6)
            regular = reload_i8(numbers, 1) == 0
        if wide:
            for i in range(rows):
                store_i4(pivots, i, i4(reload_i8(found, i)))
        if not (regular or unknown):
            store_i4(pivots, 0, i4(0))
        if unknown:  # LAPACK may have lost it as a pivot
            for i in range(rows):
                store_i4(pivots, i, i4(i + 1))
            for i in range(rows * rows * {parts}):
                store_{inner}(factors, i, {inner}(np.nan))
    if get_threads != 0:
        give_back_threads(held, set_threads, threads)
"""
_SOLVE = """
def {name}(table, lo, hi):
    facts = table_at(table[0])
    rows, columns, down, across, turned = facts[0], facts[1], facts[2], facts[3], facts[4]
    getrs, wide, start, words_a_view = facts[5], facts[6], facts[7], facts[8]
    direct, unit = facts[9], facts[10]
    get_threads, set_threads, held = facts[11], facts[12], facts[13]
    views = table[0] + 14 * 8
    words = stack_words(13)
    numbers = words + 9 * 8
    flag = numbers + 3 * 8
    given = table_at(words)
    store_u1(flag, 0, u1(84 if turned else 78))  # T, or N
    store_i8(numbers, 0, i8(rows))
    store_i8(numbers, 1, i8(columns))
    threads = 1
    if get_threads != 0:
        threads = hold_threads(held, get_threads, set_threads)
    for item in range(lo, hi):
        factors = place(table[1], views, item)
        pivots = place(table[2], views + words_a_view * 8, item)
        out = table[4] + item * rows * columns * {size}
        solved = out if direct else table[5] + start + item * rows * columns * {inner_size}
        first = load_{inner}(factors, 0)
        # A pivot of 0, which a singular matrix has, is no row: nothing is to be exchanged with it.
        if first != first or load_i4(pivots, 0) == 0:
            for i in range(rows * columns * {parts}):
                store_{part}(out, i, {part}(np.nan))
            continue
        if unit:
            for i in range(rows * rows * {parts}):
                store_{inner}(solved, i, {inner}(0))
            for i in range(rows):
                store_{inner}(solved, i * (rows + 1) * {parts}, {inner}(1))
        else:
            rhs = place(table[3], views + 2 * words_a_view * 8, item)
            if getrs != 0:
                take(solved, rhs, down, across, rows, columns)
            else:
                take(solved, rhs, across, down, columns, rows)
        if getrs == 0:
            solve_few(solved, columns, factors, pivots, rows, turned)
            if not direct:
                give(out, solved, rows * columns, 1)
            continue
        if wide:
            room = table[5] + item * rows * 8
            for i in range(rows):
                store_i8(room, i, i8(load_i4(pivots, i)))
            pivots = room
        given[0], given[1], given[2], given[3] = flag, numbers, numbers + 8, factors
        given[4], given[5], given[6] = numbers, pivots, solved
        given[7], given[8] = numbers, numbers + 16
        call_words(getrs, words, 9)
        if not direct:
            give(out, solved, rows, columns)
    if get_threads != 0:
        give_back_threads(held, set_threads, threads)
"""
TOGETHER = 512
"""Pivots, of several matrices or of a part of one, whose logarithms are computed by the vector."""
# As NumPy has them: signs, and sums of logarithms, which do not overflow.
_DETERMINANT = """
def {name}(table, lo, hi):
    facts = table_at(table[0])
    rows, whole = facts[0], facts[1]
    most = max(1, min(rows, TOGETHER))
    several = TOGETHER // most
    sizes, totals, signs = stack_words(TOGETHER), stack_words(TOGETHER), stack_words(2 * TOGETHER)
    for first in range(lo, hi, several):
        count = min(several, hi - first)
        for m in range(count):
            store_f8(totals, m, 0.0)
            store_{whole}(signs, m, {whole}(1))
        for begin in range(0, rows, most):
            n = min(most, rows - begin)
            for m in range(count):
                factors = table[1] + (first + m) * rows * rows * {inner_size}
                pivots, sign = table[2] + (first + m) * rows * 4, reload_{whole}(signs, m)
                for k in range(n):
                    value = load_{whole}(factors, (begin + k) * (rows + 1))
                    size = {size_of}
                    store_f8(sizes, m * n + k, f8(size))
                    sign = {sign_of}
                    if load_i4(pivots, begin + k) != begin + k + 1:
                        sign = -sign
                store_{whole}(signs, m, sign)
            for j in range(count * n):
                store_f8(sizes, j, log_f8(reload_f8(sizes, j)))
            for m in range(count):
                total = reload_f8(totals, m)
                for k in range(n):
                    total += reload_f8(sizes, m * n + k)
                store_f8(totals, m, total)
        for m in range(count if rows > 0 else 0):
            if load_i4(table[2] + (first + m) * rows * 4, 0) == 0:  # of a singular matrix
                store_f8(totals, m, -np.inf)
                store_{whole}(signs, m, {whole}(0))
        if whole:
            for m in range(count):
                store_f8(totals, m, exp_f8(reload_f8(totals, m)))
        for m in range(count):
            sign, total = reload_{whole}(signs, m), reload_f8(totals, m)
            if whole:
                store_{code}(table[3], first + m, {code}(sign * total))
            else:
                store_{code}(table[3], first + m, {code}(sign))
                store_{part}(table[4], first + m, {part}(total))
""".replace("TOGETHER", str(TOGETHER))
_REAL = ("size_of", "fabs(value)"), ("sign_of", "-sign if value < 0 else sign")
_COMPLEX = (
    ("size_of", "hypot_{part}(value.real, value.imag)"),
    ("sign_of", "sign * cartesian(value.real / size, value.imag / size)"),
)


@functools.cache
def _counts_in_int64() -> bool:
    """Whether pivots are int64: those of an identity are 1 and 2."""
    unit, pivots, two, info = np.eye(2), np.zeros(2, np.int64), ctypes.c_int64(2), ctypes.c_int64()
    getrf = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 6)(lapack().routines["dgetrf"])
    n = ctypes.addressof(two)
    getrf(n, n, unit.ctypes.data, n, pivots.ctypes.data, ctypes.addressof(info))
    return int(pivots[0]) == 1


def has_wide_pivots(routine: int) -> bool:
    """Whether a routine, if there is one, has pivots in int64."""
    return routine != 0 and _counts_in_int64()


def factored(matrices: Squares) -> tuple[Prepared, int]:
    """What is launched, with the addresses of matrices, of factors, packed in one by columns, of
    pivots, in int32 from 1, of which the first is 0 where a matrix is singular, and of some room;
    and how many bytes that takes.
    """
    code, inner, batch, rows, lies = matrices
    getrf, *threads = called("getrf", inner, rows)
    wide, count = has_wide_pivots(getrf), math.prod(batch)
    facts = [rows, lies.down, lies.across, getrf, int(wide), *threads]
    facts += view(size_of(code), batch, lies)
    room = count * rows * 8 if wide else 8
    return launched(kernel("lu_factor", _FACTOR, code, inner), facts, count, rows**3, rows), room


def solved(system: Solved) -> tuple[Prepared, int]:
    """What is launched, with the addresses of factors, pivots, right-hand sides, solutions and some
    room; and how many bytes that takes.
    """
    code, inner, batch, rows, columns, factors, pivots, rhs, transposed = system
    getrs, *threads = called("getrs", inner, rows)
    wide, count, unit = has_wide_pivots(getrs), math.prod(batch), rhs is None
    direct = code == inner and (columns == 1 or getrs == 0)
    start = wide * count * rows * 8
    lies = rhs or Matrices((0,) * len(batch), 0, 0)
    views = [view(size_of(code), batch, where) for where in (factors, pivots, lies)]
    facts = [rows, columns, lies.down, lies.across, int(transposed), getrs, int(wide), start]
    facts += [len(views[0]), int(direct), int(unit), *threads, *itertools.chain(*views)]
    work = rows * rows * columns
    room = start + (8 if direct else count * rows * columns * size_of(inner))
    return launched(kernel("lu_solve", _SOLVE, code, inner), facts, count, work, rows), room


def determinants(code: str, inner: str, count: int, rows: int, whole: bool) -> Prepared:
    """What is launched, with the addresses of factors by columns, pivots, and determinants; or, if
    these are not wanted whole, of their signs and the logarithms of their magnitudes.
    """
    how = _COMPLEX if code[0] == "c" else _REAL
    told = tuple([(name, text.format(part=part_of(inner))) for name, text in how])
    address = kernel("determinant", _DETERMINANT, code, inner, told)
    return launched(address, [rows, int(whole)], count, 32 * rows, 0)
