"""What is V D U^H of the singular vectors of a matrix: its pseudo-inverse, with reciprocals of the
singular values in D, and its adjugate, with the product of all others for each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ngrad_kernels.codes import part_of, size_of
from ngrad_kernels.cuda import blas, lu, matrices, solver

if TYPE_CHECKING:
    from ngrad_kernels.cuda.libraries import Libraries, Routine


def pinv(libraries: Libraries, code: str) -> Routine:
    """Pseudo-inverses of matrices of a dtype, with as many rows as columns or more. Words: how
    many, rows, columns, whether they are Hermitian, which makes no difference here, and who asks.
    Addresses: of the matrices, which are written over, of the shares of the largest singular value
    up to which none counts, of the results, and an entry for a fault.
    """
    size, part_size = size_of(code), size_of(part_of(code))
    factor, product = solver.svd(libraries, code), blas.adjoint_product(libraries, code)

    def call(words: Sequence[int], addresses: Sequence[int]) -> None:
        count, rows, columns, _, who = words
        source, shares, result, entry = addresses
        target, pool = libraries.target, libraries.target.pool
        u, vh = pool.take(count * rows * columns * size), pool.take(count * columns**2 * size)
        s, scales = pool.take(count * columns * part_size), pool.take(count * columns * size)
        factor((count, rows, columns, 0, who), (source, u.address, s.address, vh.address, entry))
        matrices.reciprocals(target, code, count, columns, s.address, shares, scales.address)
        matrices.scale_rows(target, code, count, columns, vh.address, scales.address)
        product((count, rows, columns), (u.address, vh.address, result))

    return call


def adjugate(libraries: Libraries, code: str) -> Routine:
    """Adjugates of a dtype; NaN of matrices that are not finite. Words: how many, rows, columns,
    and who asks. Addresses: of the matrices, which are written over, of the results, and an entry
    for a fault.
    """
    size, part_size = size_of(code), size_of(part_of(code))
    factor, product = solver.svd(libraries, code), blas.adjoint_product(libraries, code)

    def call(words: Sequence[int], addresses: Sequence[int]) -> None:
        count, rows, _, who = words
        source, result, entry = addresses
        target, pool, all_of = libraries.target, libraries.target.pool, count * rows * rows * size
        vectors, s = pool.take(2 * all_of), pool.take(count * rows * part_size)
        u, vh = vectors.address, vectors.address + all_of
        marks = matrices.tame(target, code, count, rows, rows, source)
        factor((count, rows, rows, 0, who), (source, u, s.address, vh, entry))
        # The determinants of U and V^H, of modulus 1, are the matrix's own but for its size.
        copies, signs = pool.take(2 * all_of), pool.take(2 * count * size)
        logarithms, scales = pool.take(2 * count * part_size), pool.take(count * rows * size)
        target.copy(copies.address, u, 2 * all_of)
        pivots = lu.pivots_of(libraries, 2 * count, rows)
        lu.factored(libraries, code, (2 * count, rows, rows), copies.address, pivots.address)
        found = signs.address, logarithms.address
        matrices.determinant(target, code, 2 * count, rows, copies.address, pivots.address, found)
        matrices.products_of_others(
            target, code, count, rows, s.address, signs.address, scales.address
        )
        matrices.scale_rows(target, code, count, rows, vh, scales.address)
        product((count, rows, rows), (u, vh, result))
        matrices.unknown(target, code, count, rows * rows, marks.address, result)

    return call


ROUTINES: tuple[Callable[[Libraries, str], Routine], ...]
ROUTINES = (pinv, adjugate)
"""By the names of the ops."""
