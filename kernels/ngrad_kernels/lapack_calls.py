"""Kernels that have LAPACK at one matrix of a batch after the other, called by address: what these
share. Matrices of a batch are shared by our threads; `lapack.py` says when LAPACK uses its own.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from ngrad_kernels import blas_threads, cache, few_rows, skeletons
from ngrad_kernels.blas_library import LETTERS, lapack
from ngrad_kernels.codes import part_of, size_of
from ngrad_kernels.few_rows import ROWS
from ngrad_kernels.lapack import SMALL
from ngrad_kernels.product import Matrices, Prepared
from ngrad_kernels.tiles import TILE


class Squares(NamedTuple):
    """Square matrices to be factored.

    Attributes
    ----------
    code, inner : str
        The dtypes of matrices, and of what is computed: the same, or one of twice the size.
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


Told = tuple[tuple[str, str], ...]

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
# Between matrices as they lie, and columns for LAPACK.
_MOVED = """
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
_HELPERS = _PLACE + skeletons.as_helpers(*blas_threads.HELPERS)


@functools.cache
def kernel(name: str, text: str, code: str, inner: str, told: Told = ()) -> int:
    """The address of a kernel from its source, in which dtypes and what is told have places."""
    part, size = part_of(code), size_of(code)
    name = f"{name}_{code}_{inner}"
    words: dict[str, Any] = {"name": name, "code": code, "part": part, "size": size}
    words |= {"whole": inner, "inner": part_of(inner), "inner_size": size_of(inner)}
    words |= {"parts": size // size_of(part), **dict(told)}
    source = (_MOVED + text).format(**words)
    return cache.load(name, _HELPERS + few_rows.helpers(inner) + source)


CALL = 1 << 13
"""Multiply-adds from which a matrix is worth a thread: callers of OpenBLAS wait for one another
where they begin, so that smaller ones took two threads twice as long as one.
"""


def view(size: int, batch: tuple[int, ...], matrices: Matrices) -> list[int]:
    """Where a batch's matrices begin, as kernels read it."""
    pairs = zip(batch, matrices.batch, strict=True)
    return [size, len(batch), *(word for pair in pairs for word in pair)]


def has_threads(cube: int) -> bool:
    """Whether LAPACK has threads of its own for factors of so many multiply-adds."""
    return cube > SMALL


def threads_for(cube: int) -> list[int]:
    """Which library is to use one thread for factors of so many multiply-adds."""
    return [0, 0, 0] if has_threads(cube) else blas_threads.words(lapack().pool)


def called(name: str, inner: str, rows: int) -> list[int]:
    """The address of a routine, or 0 where matrices are of few rows; and which library is to use
    one thread.
    """
    if rows <= ROWS:
        return [0, 0, 0, 0]
    return [lapack().routines[LETTERS[inner] + name], *threads_for(rows**3)]


def launched(kernel: int, facts: list[int], count: int, work: int, rows: int) -> Prepared:
    """What is launched for so many matrices, each of so many multiply-adds."""
    held = np.array(facts, np.int64)
    if rows <= ROWS:
        grain = few_rows.grain(work)
    else:
        alone = has_threads(rows**3) or work < CALL
        grain = count if alone else max(1, TILE // work)
    return Prepared(kernel, held.ctypes.data, count, grain, held)
