"""cuSOLVER: factorisations of Cholesky, QR factors, eigenvalues and singular values.

It sees matrices by columns, and so do the routines here, but that of Cholesky, whose operands and
results lie by rows. What it works in is the pool's, and is given back when a routine has queued
its work: what has that memory next is queued behind it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ngrad_kernels.blas_library import LETTERS
from ngrad_kernels.codes import part_of, size_of
from ngrad_kernels.cuda.blas import TYPES
from ngrad_kernels.cuda.matrices import (
    adjoint,
    batched,
    identity,
    lower,
    lower_back,
    note_fault,
    part,
    pointers,
    tame,
)

if TYPE_CHECKING:
    from ngrad_kernels.cuda.libraries import Libraries, Routine

LOWER, UPPER = 0, 1
"""`cublasFillMode_t`."""
NONE, VECTORS = 0, 1
"""`cusolverEigMode_t`: no vectors, or vectors too."""
ALL, SOME = ord("A"), ord("S")
"""What of U and V^H `gesvd` gives: square ones, or as many columns and rows as values."""
JACOBI = 32
"""Rows and columns up to which a batch is one call of a method of Jacobi's, which takes no larger
matrices' singular values, and is made for such.
"""


def cholesky(libraries: Libraries, code: str) -> Routine:
    """Factors of matrices of a dtype. Words: how many, rows, columns, and who asks. Addresses: of
    the matrices, the factors, and an entry for a fault.
    """
    size, letter = size_of(code), LETTERS[code]

    def call(words: Sequence[int], addresses: Sequence[int]) -> None:
        count, rows, _, who = words
        matrices, factors, entry = addresses
        target, pool, square = libraries.target, libraries.target.pool, rows * rows * size
        solver, handle = libraries.handle("cusolverDn")
        infos, copies = pool.take(4 * count), pool.take(count * square)
        # By columns, as it sees them, and so turned: lower triangles stay what it is fast with.
        lower(target, code, count, rows, matrices, copies.address)
        if batched(count, rows):
            room = pool.take(8 * count)
            pointers(target, count, square, copies.address, room.address)
            factor = getattr(solver, f"{letter}potrf_batched")
            factor(handle, LOWER, rows, room.address, rows, infos.address, count)
        else:
            length = getattr(solver, f"{letter}potrf_buffer_size")(
                handle, LOWER, rows, copies.address, rows
            )
            room = pool.take(max(length, 1) * size)
            factor = getattr(solver, f"{letter}potrf")
            for k in range(count):
                place, info = copies.address + k * square, infos.address + 4 * k
                factor(handle, LOWER, rows, place, rows, room.address, length, info)
        # Small matrices of a batch come with both of their triangles written; and a NaN is no
        # negative pivot to it.
        lower_back(target, code, count, rows, copies.address, factors, infos.address)
        note_fault(target, infos.address, count, entry, who)

    return call


def qr(libraries: Libraries, code: str) -> Routine:
    """QR factors of a dtype. Words: how many, rows, columns, and whether Q is square. Addresses: of
    the matrices, which are written over, of Q and of R.
    """
    size, letter = size_of(code), LETTERS[code]
    make_q = letter + ("ungqr" if code[0] == "c" else "orgqr")

    def call(words: Sequence[int], addresses: Sequence[int]) -> None:
        count, rows, columns, complete = words
        matrices, q, r = addresses
        target, pool = libraries.target, libraries.target.pool
        least = min(rows, columns)
        inner = rows if complete else least
        if least == 0:
            identity(target, code, count, inner, q)
            return
        solver, handle = libraries.handle("cusolverDn")
        factor, make = getattr(solver, f"{letter}geqrf"), getattr(solver, make_q)
        scales, infos = pool.take(count * least * size), pool.take(4 * count)
        factoring = getattr(solver, f"{letter}geqrf_buffer_size")(
            handle, rows, columns, matrices, rows
        )
        making = getattr(solver, f"{make_q}_buffer_size")(
            handle, rows, inner, least, q, rows, scales.address
        )
        room = pool.take(max(factoring, making, 1) * size)
        for k in range(count):
            place, scale = matrices + k * rows * columns * size, scales.address + k * least * size
            info = infos.address + 4 * k
            factor(handle, rows, columns, place, rows, scale, room.address, factoring, info)
        # Below the diagonal are the reflections that Q is made of.
        part(target, code, "upper", count, (matrices, rows, columns), (r, inner, columns))
        part(target, code, "all", count, (matrices, rows, columns), (q, rows, inner))
        for k in range(count):
            place, scale = q + k * rows * inner * size, scales.address + k * least * size
            info = infos.address + 4 * k
            make(handle, rows, inner, least, place, rows, scale, room.address, making, info)

    return call


def eigh(libraries: Libraries, code: str) -> Routine:
    """Eigenvalues and eigenvectors of Hermitian matrices of a dtype. Words: how many, rows,
    columns, whether the lower triangle is meant, and who asks. Addresses: of the values, of the
    matrices, which become the vectors, and an entry for a fault.
    """
    size, part_size, letter = size_of(code), size_of(part_of(code)), LETTERS[code]
    kind = letter + ("he" if code[0] == "c" else "sy")
    settings = _Settings("syevj")

    def call(words: Sequence[int], addresses: Sequence[int]) -> None:
        count, rows, _, low, who = words
        values, vectors, entry = addresses
        target, pool = libraries.target, libraries.target.pool
        solver, handle = libraries.handle("cusolverDn")
        how = VECTORS, (LOWER if low else UPPER), rows
        infos = pool.take(4 * count)
        marks = tame(target, code, count, rows, rows, vectors, "lower" if low else "upper")
        if count > 1 and rows <= JACOBI:
            more = settings(solver, handle), count
            given = (handle, *how, vectors, rows, values)
            length = getattr(solver, f"{kind}evj_batched_buffer_size")(*given, *more)
            room = pool.take(max(length, 1) * size)
            solve = getattr(solver, f"{kind}evj_batched")
            solve(*given, room.address, length, infos.address, *more)
        else:
            length = getattr(solver, f"{kind}evd_buffer_size")(handle, *how, vectors, rows, values)
            room = pool.take(max(length, 1) * size)
            solve = getattr(solver, f"{kind}evd")
            for k in range(count):
                matrix, value = vectors + k * rows * rows * size, values + k * rows * part_size
                info = infos.address + 4 * k
                solve(handle, *how, matrix, rows, value, room.address, length, info)
        note_fault(target, infos.address, count, entry, who, marks.address)

    return call


def eig(libraries: Libraries, code: str) -> Routine:
    """Eigenvalues and eigenvectors of square matrices of a complex dtype. Words: how many, rows,
    columns, and who asks. Addresses: of the matrices, which are written over, of the values, of the
    vectors, and an entry for a fault.
    """
    size, kind = size_of(code), TYPES[code]
    params: dict[int, int] = {}

    def call(words: Sequence[int], addresses: Sequence[int]) -> None:
        count, rows, _, who = words
        matrices, values, vectors, entry = addresses
        target, pool = libraries.target, libraries.target.pool
        solver, handle = libraries.handle("cusolverDn")
        if handle not in params:
            params[handle] = solver.create_params()
        infos = pool.take(4 * count)
        marks = tame(target, code, count, rows, rows, matrices)
        for k in range(count):
            matrix, vector = (place + k * rows * rows * size for place in (matrices, vectors))
            given = (
                handle, params[handle], NONE, VECTORS, rows, kind, matrix, rows,
                kind, values + k * rows * size, kind, 0, rows, kind, vector, rows, kind,
            )  # fmt: skip
            length, of_host = solver.xgeev_buffer_size(*given)
            room, host = pool.take(max(length, 1)), ctypes.create_string_buffer(max(of_host, 1))
            at_host = ctypes.addressof(host)
            info = infos.address + 4 * k
            solver.xgeev(*given, room.address, length, at_host, of_host, info)
            # It works on the host too, perhaps until its work on the device is done.
            target.synchronize()
        note_fault(target, infos.address, count, entry, who, marks.address)

    return call


def svd(libraries: Libraries, code: str) -> Routine:
    """Singular values and vectors of matrices of a dtype, with as many rows as columns or more.
    Words: how many, rows, columns, whether U is square, and who asks. Addresses: of the matrices,
    which are written over, of U, of the values, of V^H, and an entry for a fault.
    """
    size, part_size, letter = size_of(code), size_of(part_of(code)), LETTERS[code]
    settings = _Settings("gesvdj")

    def one_by_one(sizes: Sequence[int], places: Sequence[int], infos: int) -> None:
        count, rows, columns, inner = sizes
        matrices, u, s, vh = places
        solver, handle = libraries.handle("cusolverDn")
        length = getattr(solver, f"{letter}gesvd_buffer_size")(handle, rows, columns)
        room = libraries.target.pool.take(max(length, 1) * size)
        rest = libraries.target.pool.take(columns * part_size)
        factor = getattr(solver, f"{letter}gesvd")
        job = ALL if inner == rows else SOME
        for k in range(count):
            factor(
                handle, job, job, rows, columns,
                matrices + k * rows * columns * size, rows, s + k * columns * part_size,
                u + k * rows * inner * size, rows, vh + k * columns * columns * size, columns,
                room.address, length, rest.address, infos + 4 * k,
            )  # fmt: skip

    def together(sizes: Sequence[int], places: Sequence[int], infos: int) -> None:
        count, rows, columns, inner = sizes
        matrices, u, s, vh = places
        target, pool = libraries.target, libraries.target.pool
        solver, handle = libraries.handle("cusolverDn")
        left, right = pool.take(count * rows**2 * size), pool.take(count * columns**2 * size)
        more = settings(solver, handle), count
        given = (
            handle, VECTORS, rows, columns, matrices, rows, s,
            left.address, rows, right.address, columns,
        )  # fmt: skip
        length = getattr(solver, f"{letter}gesvdj_batched_buffer_size")(*given, *more)
        room = pool.take(max(length, 1) * size)
        solve = getattr(solver, f"{letter}gesvdj_batched")
        solve(*given, room.address, length, infos, *more)
        part(target, code, "all", count, (left.address, rows, rows), (u, rows, inner))
        adjoint(target, code, count, columns, right.address, vh)

    def call(words: Sequence[int], addresses: Sequence[int]) -> None:
        count, rows, columns, full, who = words
        *places, entry = addresses
        target, inner = libraries.target, rows if full else columns
        if columns == 0:
            identity(target, code, count, inner, places[1])
            return
        infos = target.pool.take(4 * count)
        marks = tame(target, code, count, rows, columns, places[0])
        factor = together if count > 1 and rows <= JACOBI else one_by_one
        factor((count, rows, columns, inner), places, infos.address)
        note_fault(target, infos.address, count, entry, who, marks.address)

    return call


class _Settings:
    """What a method of Jacobi's keeps to, as the library has it if nothing is said: to the dtype's
    precision, values in order. Each handle has its own, which lives as long.
    """

    def __init__(self, method: str) -> None:
        self._method = method
        self._of: dict[int, int] = {}

    def __call__(self, solver: Any, handle: int) -> int:
        if handle not in self._of:
            self._of[handle] = getattr(solver, f"create_{self._method}_info")()
        return self._of[handle]


ROUTINES: tuple[Callable[[Libraries, str], Routine], ...]
ROUTINES = (cholesky, qr, eigh, eig, svd)
"""By the names of the ops."""
