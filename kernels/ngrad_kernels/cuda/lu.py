"""LU factors, and what is made of them: solutions, inverses and determinants. cuBLAS factors the
small matrices of a batch all at once, cuSOLVER any one.

Matrices are by columns, as both see them. Pivots are chosen as LAPACK's are.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ngrad_kernels.blas_library import LETTERS
from ngrad_kernels.codes import part_of, size_of
from ngrad_kernels.cuda import matrices as kernels

if TYPE_CHECKING:
    from ngrad_kernels.cuda.libraries import Libraries, Routine

NOT_TRANSPOSED = 0
"""`cublasOperation_t`."""
_complaint = ctypes.c_int(0)
"""Where cuBLAS says, at once, which argument it refuses; it raises for that, too."""


def factored(
    libraries: Libraries, code: str, count: int, rows: int, columns: int, matrices: int
) -> tuple[Any, Any]:
    """Have matrices written over by their factors; and where the pivots are, and the infos."""
    size, letter, least = size_of(code), LETTERS[code], min(rows, columns)
    target, pool, step = libraries.target, libraries.target.pool, rows * columns * size
    pivots, infos = pool.take(max(4 * count * least, 1)), pool.take(4 * count)
    if least == 0:
        return pivots, infos
    if rows == columns and kernels.batched(count, rows):
        cublas, handle = libraries.handle("cublas")
        room = pool.take(8 * count)
        kernels.pointers(target, count, step, matrices, room.address)
        factor = getattr(cublas, f"{letter}getrf_batched")
        factor(handle, rows, room.address, rows, pivots.address, infos.address, count)
        return pivots, infos
    solver, handle = libraries.handle("cusolverDn")
    length = getattr(solver, f"{letter}getrf_buffer_size")(handle, rows, columns, matrices, rows)
    room = pool.take(max(length, 1) * size)
    factor = getattr(solver, f"{letter}getrf")
    for k in range(count):
        pivot, info = pivots.address + 4 * least * k, infos.address + 4 * k
        factor(handle, rows, columns, matrices + k * step, rows, room.address, pivot, info)
    return pivots, infos


def _solved(
    libraries: Libraries, code: str, sizes: Sequence[int], addresses: Sequence[int], who: int
) -> None:
    """Have right-hand sides written over by solutions, and matrices by their factors. Of a matrix
    that is not finite they are NaN.
    """
    count, rows, columns = sizes
    matrices, solved, entry = addresses
    target = libraries.target
    marks = kernels.tame(target, code, count, rows, rows, matrices)
    pivots, infos = factored(libraries, code, count, rows, rows, matrices)
    kernels.note_fault(target, infos.address, count, entry, who)
    _substitute(libraries, code, sizes, matrices, pivots.address, solved)
    kernels.unknown(target, code, count, rows * columns, marks.address, solved)


def _substitute(
    libraries: Libraries, code: str, sizes: Sequence[int], factors: int, pivots: int, solved: int
) -> None:
    """Have right-hand sides written over by solutions, of factors."""
    count, rows, columns = sizes
    size, letter = size_of(code), LETTERS[code]
    target, pool = libraries.target, libraries.target.pool
    square, wide = rows * rows * size, rows * columns * size
    if kernels.batched(count, rows):
        cublas, handle = libraries.handle("cublas")
        room = pool.take(16 * count)
        kernels.pointers(target, count, square, factors, room.address)
        kernels.pointers(target, count, wide, solved, room.address + 8 * count)
        getattr(cublas, f"{letter}getrs_batched")(
            handle, NOT_TRANSPOSED, rows, columns, room.address, rows, pivots,
            room.address + 8 * count, rows, ctypes.addressof(_complaint), count,
        )  # fmt: skip
        return
    solver, handle = libraries.handle("cusolverDn")
    infos, solve = pool.take(4 * count), getattr(solver, f"{letter}getrs")
    for k in range(count):
        solve(
            handle, NOT_TRANSPOSED, rows, columns, factors + k * square, rows,
            pivots + 4 * rows * k, solved + k * wide, rows, infos.address + 4 * k,
        )  # fmt: skip


def solve(libraries: Libraries, code: str) -> Routine:
    """Linear systems of a dtype. Words: how many, rows, columns of the right-hand sides, and who
    asks. Addresses: of the matrices, which are written over, of the right-hand sides, which become
    the solutions, and an entry for a fault.
    """

    def call(words: Sequence[int], addresses: Sequence[int]) -> None:
        *sizes, who = words
        _solved(libraries, code, sizes, addresses, who)

    return call


def inv(libraries: Libraries, code: str) -> Routine:
    """Inverses of a dtype. Words: how many, rows, columns, and who asks. Addresses: of the
    matrices, which are written over, the inverses, and an entry for a fault.
    """

    def call(words: Sequence[int], addresses: Sequence[int]) -> None:
        *sizes, who = words
        kernels.identity(libraries.target, code, sizes[0], sizes[1], addresses[1])
        _solved(libraries, code, sizes, addresses, who)

    return call


def _determinants(libraries: Libraries, code: str) -> Routine:
    """Of matrices of a dtype; NaN of those that are not finite. Words: how many, rows, and columns.
    Addresses: of the matrices, which are written over, and of the results.
    """

    def call(words: Sequence[int], addresses: Sequence[int]) -> None:
        count, rows, _ = words
        matrices, *results = addresses
        target = libraries.target
        marks = kernels.tame(target, code, count, rows, rows, matrices)
        pivots, _ = factored(libraries, code, count, rows, rows, matrices)
        found = matrices, pivots.address, results
        kernels.determinant(target, code, count, rows, *found)
        for result, kind in zip(results, (code, part_of(code)), strict=False):
            kernels.unknown(target, kind, count, 1, marks.address, result)

    return call


def det(libraries: Libraries, code: str) -> Routine:
    """Determinants; `_determinants` says how."""
    return _determinants(libraries, code)


def slogdet(libraries: Libraries, code: str) -> Routine:
    """Signs of determinants, and logarithms of their magnitudes; `_determinants` says how."""
    return _determinants(libraries, code)


def lu(libraries: Libraries, code: str) -> Routine:
    """LU factors of a dtype. Words: how many, rows, columns, and who asks. Addresses: of the
    matrices, which are written over, of P in real numbers, of L and of U, and an entry for a fault.
    """

    def call(words: Sequence[int], addresses: Sequence[int]) -> None:
        count, rows, columns, who = words
        matrices, p, lower, upper, entry = addresses
        target, least = libraries.target, min(rows, columns)
        marks = kernels.tame(target, code, count, rows, columns, matrices)
        kernels.note_fault(target, marks.address, count, entry, who)
        pivots, _ = factored(libraries, code, count, rows, columns, matrices)
        given = matrices, rows, columns
        kernels.permutation(target, code, count, rows, pivots.address, least, p)
        kernels.part(target, code, "unit lower", count, given, (lower, rows, least))
        kernels.part(target, code, "upper", count, given, (upper, least, columns))

    return call


ROUTINES: tuple[Callable[[Libraries, str], Routine], ...]
ROUTINES = (solve, inv, det, slogdet, lu)
"""By the names of the ops."""
