"""Eigenvalues and eigenvectors of symmetric and Hermitian matrices on the CPU: LAPACK's `syevd` and
`heevd`, by address, for a matrix at a time.
"""

from __future__ import annotations

import ctypes
import functools
import math

import numpy as np

from ngrad_kernels.blas_library import LETTERS, lapack
from ngrad_kernels.codes import size_of
from ngrad_kernels.lapack_calls import Squares, kernel, launched, threads_for, view
from ngrad_kernels.product import Prepared

# Grains have a matrix, and what LAPACK works in, of their own. Between the arguments that say what
# is to be done, and the last one, there are those of two or three such pieces of memory.
_TEXT = """
def {name}(table, lo, hi):
    facts = table_at(table[0])
    rows, down, across, routine, lower = facts[0], facts[1], facts[2], facts[3], facts[4]
    get_threads, set_threads, held = facts[5], facts[6], facts[7]
    grain = facts[8]
    numbers = table[0] + 9 * 8  # rows, bytes of a grain, and how long each piece is
    view = table[0] + 14 * 8
    words = stack_words(16)
    flags = words + 15 * 8
    given = table_at(words)
    store_u1(flags, 0, u1(86))  # V: eigenvectors, too
    store_u1(flags, 1, u1(76 if lower else 85))  # L, or U
    info = words + 14 * 8
    matrix = table[5] + lo // grain * facts[10]
    values = matrix + rows * rows * {inner_size}
    given[0], given[1], given[2], given[3] = flags, flags + 1, numbers, matrix
    given[4], given[5] = numbers, values
    piece = values + rows * 8
    for k in range({pieces}):
        length = numbers + (2 + k) * 8
        given[6 + 2 * k], given[7 + 2 * k] = piece, length
        piece += load_i8(length, 0) * (8 if k else {inner_size})
    given[{arguments} - 1] = info
    threads = 1
    if get_threads != 0:
        threads = hold_threads(held, get_threads, set_threads)
    for item in range(lo, hi):
        take(matrix, place(table[1], view, item), down, across, rows, rows)
        finite = True
        for j in range(rows):
            first, last = (j, rows) if lower else (0, j + 1)
            for i in range(first * {parts}, last * {parts}):
                part = reload_{inner}(matrix + j * rows * {inner_size}, i)
                finite &= part - part == 0
        store_i4(table[4], item, i4(finite))
        if not finite:  # LAPACK may never come to an end
            continue
        store_i8(info, 0, i8(0))
        call_words(routine, words, {arguments})
        store_i4(table[4], item, i4(reload_i8(info, 0) == 0))
        for i in range(rows):
            store_{part}(table[2], item * rows + i, {part}(reload_{inner}(values, i)))
        give(table[3] + item * rows * rows * {size}, matrix, rows, rows)
    if get_threads != 0:
        give_back_threads(held, set_threads, threads)
"""


def _name(inner: str) -> str:
    return LETTERS[inner] + ("heevd" if inner[0] == "c" else "syevd")


@functools.cache
def _lengths(inner: str, rows: int) -> list[int]:
    """How many elements LAPACK wants to work in, of each kind."""
    pieces = 3 if inner[0] == "c" else 2
    routine = lapack().routines[_name(inner)]
    wanted, n = np.zeros((pieces, 2)), np.array([rows, -1, 0])
    flags = np.frombuffer(b"VL", np.uint8)
    flag, size, ask, info = flags.ctypes.data, *(n[k:].ctypes.data for k in range(3))
    told = [word for k in range(pieces) for word in (wanted[k].ctypes.data, ask)]
    given = [flag, flag + 1, size, 0, size, 0, *told, info]
    ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(given))(routine)(*given)
    whole = wanted.view(np.int64)[-1, 0]
    return [*(int(x) for x in wanted[:-1, 0]), int(whole) & 0xFFFFFFFF]


def factored(matrices: Squares, lower: bool) -> tuple[Prepared, int]:
    """What is launched, with the addresses of matrices, of which a triangle is read, of their
    eigenvalues, of eigenvectors in row-major order, of which matrices have them, in int32, and of
    some room; and how many bytes that takes.
    """
    code, inner, batch, rows, lies = matrices
    lengths, size = _lengths(inner, rows), size_of(inner)
    room = rows * (rows * size + 8) + lengths[0] * size + 8 * sum(lengths[1:])
    count, work = math.prod(batch), 512 + 5 * rows**3
    facts = [rows, lies.down, lies.across, lapack().routines[_name(inner)], int(lower)]
    facts += [*threads_for(rows), 0, rows, room, *(*lengths, 0)[:3]]
    facts += view(size_of(code), batch, lies)
    pieces = len(lengths)
    told = ("pieces", str(pieces)), ("arguments", str(7 + 2 * pieces))
    done = launched(kernel("eigh", _TEXT, code, inner, told), facts, count, work, rows)
    done.keep[8] = done.grain
    return done, -(-count // done.grain) * room
