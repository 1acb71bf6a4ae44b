"""cuSOLVER: the Cholesky factorisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ngrad_kernels.codes import size_of
from ngrad_kernels.cuda.matrices import PRECISIONS, batched, lower, note_fault, pointers

if TYPE_CHECKING:
    from ngrad_kernels.cuda.libraries import Libraries, Routine

UPPER = 1
"""`cublasFillMode_t`: by columns, as it sees them, lower triangles are upper ones."""


def cholesky(libraries: Libraries, code: str) -> Routine:
    """Factors of matrices of a dtype. Words: how many, rows, columns, and who asks. Addresses: of
    the matrices, the factors, and an entry for a fault.
    """
    size, letter = size_of(code), PRECISIONS[code]

    def call(words: Sequence[int], addresses: Sequence[int]) -> None:
        count, rows, _, who = words
        matrices, factors, entry = addresses
        target, pool, square = libraries.target, libraries.target.pool, rows * rows * size
        lower(target, code, count, rows, matrices, factors)
        solver, handle = libraries.handle("cusolverDn")
        infos = pool.take(4 * count)
        if batched(count, rows):
            room = pool.take(8 * count)
            pointers(target, count, square, factors, room.address)
            factor = getattr(solver, f"{letter}potrf_batched")
            factor(handle, UPPER, rows, room.address, rows, infos.address, count)
            # Small matrices come back with both of their triangles written.
            lower(target, code, count, rows, factors, factors)
        else:
            length = getattr(solver, f"{letter}potrf_buffer_size")(
                handle, UPPER, rows, factors, rows
            )
            room = pool.take(max(length, 1) * size)
            factor = getattr(solver, f"{letter}potrf")
            for k in range(count):
                place, info = factors + k * square, infos.address + 4 * k
                factor(handle, UPPER, rows, place, rows, room.address, length, info)
        note_fault(target, infos.address, count, entry, who)

    return call
