"""Products of matrices with their own transposes on the CPU: BLAS, called by our threads as for
other products, for half of the tiles. The other half is copied: results are symmetric, as NumPy's.
"""

from __future__ import annotations

import functools
import math

from ngrad_kernels import blas_threads, cache, moves, skeletons
from ngrad_kernels.blas_calls import BEGIN, END, HELPERS
from ngrad_kernels.blas_library import LETTERS, library
from ngrad_kernels.codes import size_of
from ngrad_kernels.product import Prepared, Product
from ngrad_kernels.tiles import TILE, most_threads, span
from ngrad_kernels.words import facts

FEW, MUCH = 32, 1 << 20
"""Rows of a tile of the diagonal, and its multiply-adds, up to which BLAS sooner multiplies all."""

# X X^T is symmetric: of what BLAS sees by columns it is asked for the lower triangle of a tile of
# the diagonal, which is the upper one here. Rows of tiles that are further down are longer.
_TEXT = """
def {name}(table, lo, hi):
    facts = table_at(table[0])
    rows, depth, parts, by, run = facts[0], facts[1], facts[2], facts[3], facts[4]
    syrk, gemm, get_threads, set_threads, held = facts[5], facts[6], facts[7], facts[8], facts[9]
    tiles, line, row = parts * (parts + 1) // 2, rows * {size}, (1 if by else run) * {size}
    BEGIN
    given = table_at(words)
    for item in range(lo, hi):
        batch, across, down = item // tiles, item % tiles, 0
        while across > down:
            down += 1
            across -= down
        top, high = span(rows, parts, down)
        left, wide = span(rows, parts, across)
        if high <= 0:
            continue
        x = locate(table[1], table[0] + 10 * 8, batch)
        out = table[3] + batch * rows * line
        below, above = out + top * line + left * {size}, out + left * line + top * {size}
        if down == across and (high > {few} or high * high * depth > {much}):
            store_u1(flags, 0, u1(76))  # L
            store_u1(flags, 1, u1(78 if by else 84))  # N, or T
            store_i8(numbers, 0, i8(high))
            store_i8(numbers, 1, i8(depth))
            store_i8(numbers, 2, i8(run))
            store_i8(numbers, 3, i8(rows))
            given[0], given[1], given[2], given[3] = flags, flags + 1, numbers, numbers + 8
            given[4], given[5], given[6], given[7] = one, x + top * row, numbers + 16, zero
            given[8], given[9] = below, numbers + 24
            call_words(syrk, words, 10)
        else:
            multiply(
                gemm, words, 1 - by, by, wide, high, depth,
                x + left * row, run, x + top * row, run, zero, below, rows,
            )
        if down == across:
            for k in range(1, high):
                move(below + k * line, below + k * {size}, {size}, k, {size}, line)
        else:
            move_matrix(above, line, {size}, below, {size}, line, {size}, wide, high)
    END
""".replace("BEGIN", BEGIN).replace("END", END)

_HELPERS = skeletons.as_helpers(
    moves.locate, moves.turn, moves.move, moves.move_matrix, span, *HELPERS
)


@functools.cache
def kernel(code: str) -> int:
    """The address of the kernel for a dtype."""
    name = f"symmetric_{code}"
    text = _TEXT.format(name=name, code=code, size=size_of(code), few=FEW, much=MUCH)
    return cache.load(name, _HELPERS + text)


def suits(product: Product) -> bool:
    """Whether a product has two halves that are alike."""
    return product.same and product.rows > 1 and product.depth > 0


def parts_of(product: Product, threads: int) -> int:
    """Into how many parts rows are cut: tiles of two a thread, if each is worth one.

    Examples
    --------
    >>> from ngrad_kernels.product import Matrices
    >>> lies = Matrices((), 2048, 4)
    >>> parts_of(Product("f4", (), 512, 512, 512, lies, lies, True), 2)
    4
    """
    wanted = 2 * -(-threads // product.products) if product.products < threads else 1
    return max(1, min(wanted, math.isqrt(product.rows * product.rows * product.depth // TILE)))


def prepared(product: Product) -> Prepared:
    """What is launched for products that are `same`, of a dtype and sizes that BLAS knows."""
    code, rows, depth = product.code, product.rows, product.depth
    parts, letter = parts_of(product, most_threads()), LETTERS[code]
    tiles = parts * (parts + 1) // 2
    grain = max(1, TILE * tiles // max(1, rows * rows * depth // 2))
    routines, pool = library()
    words = [
        *(rows, depth, parts, *product.x.lies(depth, size_of(code))),
        *(routines[f"{letter}syrk"], routines[f"{letter}gemm"], *blas_threads.words(pool)),
        *product.view(product.x),
    ]
    where, held = facts(words)
    return Prepared(kernel(code), where, product.products * tiles, grain, held)
