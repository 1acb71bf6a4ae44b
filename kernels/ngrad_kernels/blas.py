"""Matrix products of floats and complex numbers on the CPU: BLAS, called by our threads, each for a
tile of the result; but for small matrices (`small_products.py`), and for those that meet themselves
(`symmetric.py`).

BLAS could share a product among threads of its own. But these go on looking for work for a while
after it, as ours do, and where both are at home on the same cores each waits for the other: a
training step of a small perceptron spent half as long again in its products as they take alone.
So BLAS is called with one thread, by a kernel that is launched as any other; which also leaves
products small enough for one call to be walked through with everything else.

How a product is cut into tiles depends on its sizes and on how many threads the process began with:
not on how many are in use.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence

from ngrad_kernels import blas_threads, cache, moves, skeletons, small_products, symmetric, windowed
from ngrad_kernels.blas_calls import BEGIN, END, HELPERS
from ngrad_kernels.blas_library import LETTERS, LONGEST, library
from ngrad_kernels.codes import size_of
from ngrad_kernels.contract import PIECE, SQUARE
from ngrad_kernels.product import Prepared, Product, Windowed
from ngrad_kernels.target import Libraries
from ngrad_kernels.tiles import most_threads, span, tiles
from ngrad_kernels.words import facts

# -- the kernel ------------------------------------------------------------------------------------

TURNED = 32
"""The most columns of a second operand of floats that is turned if it lies by columns, and the
first by rows: else BLAS takes longer, unless they have more depth than rows or columns."""

# A matrix and a vector BLAS multiplies by a routine of their own.
_TEXT = """
def {name}(table, lo, hi):
    facts = table_at(table[0])
    rows, columns, depth, down, across = facts[0], facts[1], facts[2], facts[3], facts[4]
    x_by, x_run, y_by, y_run = facts[5], facts[6], facts[7], facts[8]
    gemm, gemv = facts[9], facts[10]
    get_threads, set_threads, held = facts[11], facts[12], facts[13]
    x_view, y_view = table[0] + facts[14] * 8, table[0] + facts[15] * 8
    turned = x_by == 0 and y_by != 0 and depth <= min(rows, columns) and columns <= {turned}
    scratch = stack_words({scratch})
    BEGIN
    given = table_at(words)
    for item in range(lo, hi):
        batch, tile = item // (down * across), item % (down * across)
        top, high = span(rows, down, tile // across)
        left, wide = span(columns, across, tile % across)
        if high <= 0 or wide <= 0:
            continue
        x = locate(table[1], x_view, batch) + top * (1 if x_by else x_run) * {size}
        y = locate(table[2], y_view, batch) + left * (y_run if y_by else 1) * {size}
        out = table[3] + (batch * rows * columns + top * columns + left) * {size}
        if depth > 0 and (rows == 1 or columns == 1):
            matrix, by, run, sums, vector, step = x, x_by, x_run, high, y, 1 if y_by else y_run
            if rows == 1:
                matrix, by, run, sums, vector, step = y, 1 - y_by, y_run, wide, x, 1
                if x_by:
                    step = x_run
            store_u1(flags, 0, u1(78 if by else 84))  # N, or T
            store_i8(numbers, 0, i8(sums if by else depth))
            store_i8(numbers, 1, i8(depth if by else sums))
            store_i8(numbers, 2, i8(run))
            store_i8(numbers, 3, i8(step))
            store_i8(numbers, 4, i8(1))
            given[0], given[1], given[2], given[3] = flags, numbers, numbers + 8, one
            given[4], given[5], given[6] = matrix, numbers + 16, vector
            given[7], given[8], given[9], given[10] = numbers + 24, zero, out, numbers + 32
            call_words(gemv, words, 11)
            continue
        by, run = y_by, y_run
        if turned:
            by, run = 0, (wide + {square} - 1) // {square} * {square}
            for l in range(0, depth, {square}):
                for j in range(0, wide, {square}):
                    turn_{square}_{code}(
                        scratch + (l * run + j) * {size}, run * {size}, wide - j,
                        y + (l + j * y_run) * {size}, y_run * {size}, depth - l,
                    )
            y = scratch
        multiply(gemm, words, by, x_by, wide, high, depth, y, run, x, x_run, zero, out, columns)
    END
""".replace("BEGIN", BEGIN).replace("END", END)

_HELPERS = skeletons.as_helpers(moves.locate, span, *HELPERS)


@functools.cache
def kernel(code: str) -> int:
    """The address of the kernel for products of a dtype."""
    name = f"product_{code}"
    size, turned = size_of(code), TURNED if code[0] == "f" else 0
    square = min(SQUARE, PIECE // size)
    text = _TEXT.format(
        name=name, code=code, size=size, turned=turned, square=square,
        scratch=(turned + square) ** 2 * size // 8,
    )  # fmt: skip
    return cache.load(name, _HELPERS + text)


# -- what is launched ------------------------------------------------------------------------------


class Blas:
    """The CPU's `target.Libraries`: products of what BLAS knows; the rest is NumPy's and SciPy's,
    which ops call.
    """

    halves = False

    def product(self, product: Product) -> Prepared | None:
        """A batch of products; None for integers, and where BLAS cannot count so far."""
        code, size = product.code, size_of(product.code)
        sizes = [product.rows, product.columns, product.depth]
        lies = [*product.x.lies(product.depth, size), *product.y.lies(product.columns, size)]
        if code not in LETTERS or max(*sizes, *lies) > LONGEST:
            return None
        if small_products.suits(product):
            return small_products.prepared(product)
        if symmetric.suits(product):
            return symmetric.prepared(product)
        down, across, grain = tiles(product, most_threads())
        letter = LETTERS[code]
        routines, pool = library()
        called = [routines[f"{letter}gemm"], routines[f"{letter}gemv"], *blas_threads.words(pool)]
        views = [product.view(operand) for operand in (product.x, product.y)]
        start = len(sizes) + 2 + len(lies) + len(called) + len(views)
        words = [*sizes, down, across, *lies, *called, start, start + len(views[0])]
        items = product.products * down * across
        where, held = facts([*words, *views[0], *views[1]])
        return Prepared(kernel(code), where, items, grain, held)

    def windows(self, work: Windowed) -> tuple[Prepared, int, int] | None:
        """Windows times matrices, by blocks; None where BLAS cannot count so far."""
        return windowed.prepared(work) if max(work.depth, work.columns) <= LONGEST else None

    def routine(self, name: str, code: str, words: Sequence[int]) -> None:
        """It has none."""


libraries: Libraries = Blas()
assert sys.byteorder == "little"
