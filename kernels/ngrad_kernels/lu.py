"""LU factors, and what is solved by them, on the CPU: LAPACK, by address, for a matrix at a time,
but of few rows (`few_rows.py`).

Numbers are those of LAPACK's `gesv`, which does the same two things. Matrices of a batch are shared
by our threads; `lapack.py` says when LAPACK uses its own.
"""

from __future__ import annotations

import ctypes
import functools
import itertools
import math
from typing import Any, NamedTuple

import numpy as np

from ngrad_kernels import blas_threads, cache, few_rows, skeletons
from ngrad_kernels.blas_library import LETTERS, lapack
from ngrad_kernels.codes import part_of, size_of
from ngrad_kernels.few_rows import ROWS
from ngrad_kernels.lapack import SMALL
from ngrad_kernels.product import Matrices, Prepared
from ngrad_kernels.tiles import TILE


class Factored(NamedTuple):
    """Square matrices to be factored: factors, packed in one matrix by columns, and pivots, in
    int32 from 1, of which the first is 0 where a matrix is singular.

    Attributes
    ----------
    code, inner : str
        The dtypes of matrices and of factors: the same, or one of twice the size.
    batch : tuple of int
        Sizes of the batch axes.
    rows : int
        Not 0.
    matrix : Matrices
    """

    code: str
    inner: str
    batch: tuple[int, ...]
    rows: int
    matrix: Matrices


class Solved(NamedTuple):
    """Right-hand sides, and factors to solve by; solutions lie in row-major order.

    Attributes
    ----------
    code, inner : str
        The dtypes of right-hand sides and solutions, and of factors, as of `Factored`.
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


# As `locate`, but without a division for the first axis: most batches have no other, and small
# matrices take little longer than to divide does.
_PLACE = """
@helper()
def place(base, view, item):
    words = table_at(view)
    for d in range(words[1] - 1, 0, -1):
        base += item % words[2 + 2 * d] * words[3 + 2 * d]
        item = item // words[2 + 2 * d]
    if words[1] > 0:
        base += item * words[3]
    return base
"""
# Between matrices as they lie and columns for LAPACK.
_MOVED = """
@helper()
def take(target, source, down, across, rows, columns):
    move_matrix(target, {size}, rows * {size}, source, down, across, {size}, rows, columns)

@helper()
def give(target, source, rows, columns):
    step = columns * {size}
    move_matrix(target, step, {size}, source, {size}, rows * {size}, {size}, rows, columns)
"""
_CONVERTED = """
@helper()
def take(target, source, down, across, rows, columns):
    for left in range(0, columns, 8):  # a line of the cache from each row
        for j in range(left, min(left + 8, columns)):
            for i in range(rows):
                for z in range({parts}):
                    item = load_{part}(source + i * down + j * across, z)
                    store_{inner}(target + (j * rows + i) * {inner_size}, z, {inner}(item))

@helper()
def give(target, source, rows, columns):
    for i in range(rows):
        for j in range(columns):
            for z in range({parts}):
                item = reload_{inner}(source + (j * rows + i) * {inner_size}, z)
                store_{part}(target + (i * columns + j) * {size}, z, {part}(item))
"""
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
            regular = factor_few(factors, rows, pivots)
        else:
            store_i8(numbers, 1, i8(0))
            given[0], given[1], given[2], given[3] = numbers, numbers, factors, numbers
            given[4], given[5] = found, numbers + 8
            call_words(getrf, words, 6)
            regular = reload_i8(numbers, 1) == 0
        if wide:
            for i in range(rows):
                store_i4(pivots, i, i4(reload_i8(found, i)))
        if not regular:
            store_i4(pivots, 0, i4(0))
        if unknown:  # LAPACK may have lost it as a pivot
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
        if first != first:
            for i in range(rows * columns * {parts}):
                store_{part}(out, i, {part}(np.nan))
            continue
        if unit:
            for i in range(rows * rows * {parts}):
                store_{inner}(solved, i, {inner}(i % ((rows + 1) * {parts}) == 0))
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
# As NumPy has them: signs, and sums of logarithms, which do not overflow.
_DETERMINANT = """
def {name}(table, lo, hi):
    facts = table_at(table[0])
    rows, whole = facts[0], facts[1]
    for item in range(lo, hi):
        factors, pivots = table[1] + item * rows * rows * {inner_size}, table[2] + item * rows * 4
        sign, total, regular = {whole}(1), 0.0, rows == 0 or load_i4(pivots, 0) != 0
        for k in range(rows if regular else 0):
            value = load_{whole}(factors, k * (rows + 1))
            size = {size_of}
            total += log_f8(f8(size))
            sign = {sign_of}
            if load_i4(pivots, k) != k + 1:
                sign = -sign
        if not regular:
            sign, total = {whole}(0), -np.inf
        if whole:
            store_{code}(table[3], item, {code}(sign * exp_f8(total)))
        else:
            store_{code}(table[3], item, {code}(sign))
            store_{part}(table[4], item, {part}(total))
"""
_REAL = {"size_of": "fabs(value)", "sign_of": "-sign if value < 0 else sign"}
_COMPLEX = {
    "size_of": "hypot_{part}(value.real, value.imag)",
    "sign_of": "sign * cartesian(value.real / size, value.imag / size)",
}
_TEXTS = {"factor": _FACTOR, "solve": _SOLVE, "determinant": _DETERMINANT}
_HELPERS = _PLACE + skeletons.as_helpers(
    skeletons.repeat, skeletons.move, skeletons.move_matrix, *blas_threads.HELPERS
)


@functools.cache
def _kernel(what: str, code: str, inner: str) -> int:
    name, part = f"lu_{what}_{code}_{inner}", part_of(code)
    text = (_MOVED if code == inner else _CONVERTED) + _TEXTS[what]
    told: dict[str, Any] = {"size": size_of(code), "inner_size": size_of(inner)}
    told |= {"parts": size_of(code) // size_of(part), "inner": part_of(inner), "whole": inner}
    for key, how in (_COMPLEX if code[0] == "c" else _REAL).items():
        told[key] = how.format(part=part_of(inner))
    text = text.format(name=name, code=code, part=part, **told)
    return cache.load(name, _HELPERS + few_rows.helpers(inner) + text)


CALL = 1 << 13
"""Multiply-adds from which a matrix is worth a thread: callers of OpenBLAS wait for one another
where they begin, so that smaller ones took two threads twice as long as one.
"""


@functools.cache
def _counts_in_int64() -> bool:
    """Whether pivots are int64: those of an identity are 1 and 2."""
    unit, pivots, two, info = np.eye(2), np.zeros(2, np.int64), ctypes.c_int64(2), ctypes.c_int64()
    getrf = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 6)(lapack().routines["dgetrf"])
    n = ctypes.addressof(two)
    getrf(n, n, unit.ctypes.data, n, pivots.ctypes.data, ctypes.addressof(info))
    return int(pivots[0]) == 1


def _view(size: int, batch: tuple[int, ...], matrices: Matrices) -> list[int]:
    pairs = zip(batch, matrices.batch, strict=True)
    return [size, len(batch), *(word for pair in pairs for word in pair)]


def _threads(work: int) -> list[int]:
    """Which library is to use one thread, for so many multiply-adds a matrix."""
    return [0, 0, 0] if work > SMALL else blas_threads.words(lapack().pool)


def _called(name: str, inner: str, rows: int) -> tuple[int, bool, list[int]]:
    """The address of a routine, or 0 where matrices are of few rows; whether its pivots are int64;
    and which library is to use one thread.
    """
    if rows <= ROWS:
        return 0, False, [0, 0, 0]
    return lapack().routines[LETTERS[inner] + name], _counts_in_int64(), _threads(rows**3)


def _launched(kernel: int, facts: list[int], count: int, work: int, rows: int) -> Prepared:
    held, cube = np.array(facts, np.int64), rows**3
    if rows <= ROWS:
        grain = few_rows.grain(work)
    else:
        grain = count if cube > SMALL or work < CALL else max(1, TILE // work)
    return Prepared(kernel, held.ctypes.data, count, grain, held)


def factored(matrices: Factored) -> tuple[Prepared, int]:
    """What is launched, with the addresses of matrices, factors, pivots and some room; and how many
    bytes that takes.
    """
    code, inner, batch, rows, lies = matrices
    getrf, wide, threads = _called("getrf", inner, rows)
    facts = [rows, lies.down, lies.across, getrf, int(wide), *threads]
    facts += _view(size_of(code), batch, lies)
    count = math.prod(batch)
    room = count * rows * 8 if wide else 8
    return _launched(_kernel("factor", code, inner), facts, count, rows**3, rows), room


def solved(system: Solved) -> tuple[Prepared, int]:
    """What is launched, with the addresses of factors, pivots, right-hand sides, solutions and some
    room; and how many bytes that takes.
    """
    code, inner, batch, rows, columns, factors, pivots, rhs, transposed = system
    getrs, wide, threads = _called("getrs", inner, rows)
    size, count, unit = size_of(code), math.prod(batch), rhs is None
    direct = code == inner and (columns == 1 or getrs == 0)
    start = wide * count * rows * 8
    lies = rhs or Matrices((0,) * len(batch), 0, 0)
    views = [_view(size, batch, where) for where in (factors, pivots, lies)]
    facts = [rows, columns, lies.down, lies.across, int(transposed), getrs, int(wide), start]
    facts += [len(views[0]), int(direct), int(unit), *threads, *itertools.chain(*views)]
    work = rows * rows * columns
    room = start + (8 if direct else count * rows * columns * size_of(inner))
    return _launched(_kernel("solve", code, inner), facts, count, work, rows), room


def determinants(code: str, inner: str, count: int, rows: int, whole: bool) -> Prepared:
    """What is launched, with the addresses of factors by columns, pivots, and determinants; or, if
    these are not wanted whole, of their signs and the logarithms of their magnitudes.
    """
    return _launched(_kernel("determinant", code, inner), [rows, int(whole)], count, 32 * rows, 0)
