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

NOT_TRANSPOSED, TRANSPOSED = 0, 1
"""`cublasOperation_t`."""
_complaint = ctypes.c_int(0)
"""Where cuBLAS says, at once, which argument it refuses; it raises for that, too."""


def pivots_of(libraries: Libraries, count: int, least: int) -> Any:
    """Memory for the pivots of so many matrices."""
    return libraries.target.pool.take(max(4 * count * least, 1))


def factored(
    libraries: Libraries,
    code: str,
    sizes: tuple[int, int, int],
    matrices: int,
    pivots: int,
) -> Any:
    """Have matrices written over by their factors, and pivots written; and where the infos are."""
    count, rows, columns = sizes
    size, letter, least = size_of(code), LETTERS[code], min(rows, columns)
    target, pool, step = libraries.target, libraries.target.pool, rows * columns * size
    infos = pool.take(4 * count)
    if least == 0:
        return infos
    if rows == columns and kernels.batched(count, rows):
        cublas, handle = libraries.handle("cublas")
        room = pool.take(8 * count)
        kernels.pointers(target, count, step, matrices, room.address)
        factor = getattr(cublas, f"{letter}getrf_batched")
        factor(handle, rows, room.address, rows, pivots, infos.address, count)
        return infos
    solver, handle = libraries.handle("cusolverDn")
    length = getattr(solver, f"{letter}getrf_buffer_size")(handle, rows, columns, matrices, rows)
    room = pool.take(max(length, 1) * size)
    factor = getattr(solver, f"{letter}getrf")
    for k in range(count):
        pivot, info = pivots + 4 * least * k, infos.address + 4 * k
        factor(handle, rows, columns, matrices + k * step, rows, room.address, pivot, info)
    return infos


def _substitute(
    libraries: Libraries,
    code: str,
    sizes: Sequence[int],
    factors: int,
    pivots: int,
    solved: int,
    way: int = NOT_TRANSPOSED,
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
            handle, way, rows, columns, room.address, rows, pivots,
            room.address + 8 * count, rows, ctypes.addressof(_complaint), count,
        )  # fmt: skip
        return
    solver, handle = libraries.handle("cusolverDn")
    infos, solve = pool.take(4 * count), getattr(solver, f"{letter}getrs")
    for k in range(count):
        solve(
            handle, way, rows, columns, factors + k * square, rows,
            pivots + 4 * rows * k, solved + k * wide, rows, infos.address + 4 * k,
        )  # fmt: skip


def lu_factor(libraries: Libraries, code: str) -> Routine:
    """Factors of a dtype to solve by; NaN of matrices that are not finite. Words: how many, rows,
    columns, and who asks. Addresses: of the matrices, which become the factors, of the pivots, and
    an entry for a fault.
    """

    def call(words: Sequence[int], addresses: Sequence[int]) -> None:
        count, rows, _, who = words
        matrices, pivots, entry = addresses
        target = libraries.target
        marks = kernels.tame(target, code, count, rows, rows, matrices)
        infos = factored(libraries, code, (count, rows, rows), matrices, pivots)
        kernels.note_fault(target, infos.address, count, entry, who)
        kernels.unknown(target, code, count, rows * rows, marks.address, matrices)

    return call


def solve(libraries: Libraries, code: str) -> Routine:
    """Linear systems of a dtype. Words: how many, rows, columns of the right-hand sides, and
    whether the transposes of what was factored are meant. Addresses: of the factors, which may be
    written over, of the pivots, and of the right-hand sides, which become the solutions.
    """

    def call(words: Sequence[int], addresses: Sequence[int]) -> None:
        *sizes, transposed = words
        count, rows, columns = sizes
        factors, pivots, solved = addresses
        target, way = libraries.target, TRANSPOSED if transposed else NOT_TRANSPOSED
        marks = kernels.tame(target, code, count, rows, rows, factors)
        _substitute(libraries, code, sizes, factors, pivots, solved, way)
        kernels.unknown(target, code, count, rows * columns, marks.address, solved)

    return call


def inv(libraries: Libraries, code: str) -> Routine:
    """Inverses of a dtype. Words: how many, rows, columns, and who asks. Addresses: of the
    matrices, which are written over, the inverses, and an entry for a fault.
    """

    def call(words: Sequence[int], addresses: Sequence[int]) -> None:
        count, rows, _, who = words
        matrices, inverses, entry = addresses
        target, pivots = libraries.target, pivots_of(libraries, count, rows)
        kernels.identity(target, code, count, rows, inverses)
        marks = kernels.tame(target, code, count, rows, rows, matrices)
        infos = factored(libraries, code, (count, rows, rows), matrices, pivots.address)
        kernels.note_fault(target, infos.address, count, entry, who)
        _substitute(libraries, code, (count, rows, rows), matrices, pivots.address, inverses)
        kernels.unknown(target, code, count, rows * rows, marks.address, inverses)

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
        pivots = pivots_of(libraries, count, rows)
        factored(libraries, code, (count, rows, rows), matrices, pivots.address)
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
        pivots = pivots_of(libraries, count, least)
        factored(libraries, code, (count, rows, columns), matrices, pivots.address)
        given = matrices, rows, columns
        kernels.permutation(target, code, count, rows, pivots.address, least, p)
        kernels.part(target, code, "unit lower", count, given, (lower, rows, least))
        kernels.part(target, code, "upper", count, given, (upper, least, columns))

    return call


ROUTINES: tuple[Callable[[Libraries, str], Routine], ...]
ROUTINES = (lu_factor, solve, inv, det, slogdet, lu)
"""By the names of the ops."""
