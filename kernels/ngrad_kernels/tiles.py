"""How products are cut into tiles, each for a thread."""

from __future__ import annotations

from ngrad_kernels import threads
from ngrad_kernels.product import Product

TILE = 1 << 20
"""Multiply-adds from which a tile is worth a thread: some ten microseconds."""
LARGE = 1 << 27
"""Multiply-adds of a tile, where there are more tiles than threads, so that one which is held up
holds up less."""
VECTOR = 1 << 17
"""Elements of a matrix that meets one vector, of which each is read for one multiply-add."""


def span(extent: int, parts: int, part: int) -> tuple[int, int]:
    """Where a part of an axis begins, and how much of it there is: parts begin at a multiple of 16,
    as BLAS's own do.
    """
    each = ((extent + parts - 1) // parts + 15) // 16 * 16
    first = part * each
    return first, min(each, extent - first)


def tiles(product: Product, threads: int) -> tuple[int, int, int]:
    """Down and across, how many tiles a result is cut into; and how many tiles are one item of
    work.

    Examples
    --------
    >>> from ngrad_kernels.product import Matrices
    >>> lies = Matrices((), 2048, 4)
    >>> tiles(Product("f4", (), 512, 512, 512, lies, lies), 4)
    (2, 2, 1)
    >>> tiles(Product("f4", (999,), 16, 16, 16, lies, lies), 4)
    (1, 1, 256)
    """
    rows, columns, depth = product.rows, product.columns, product.depth
    work = rows * columns * max(depth, 1)
    worth = VECTOR if rows == 1 or columns == 1 else TILE
    wanted = max(1, min(-(-threads // product.products), work // worth))
    if product.products == 1 and (each := work // (LARGE * threads)) > 1:
        wanted = threads * (4 if each >= 4 else 2)  # each thread as many as any other
    pairs = [(n, wanted // n) for n in range(1, wanted + 1) if wanted % n == 0]
    down, across = min(pairs, key=lambda pair: rows * pair[1] + columns * pair[0])  # of an edge
    return down, across, max(1, worth * down * across // max(work, 1))


def most_threads() -> int:
    """How many threads the process began with; two if it was one, since a lone item is run with
    Python's lock held.
    """
    return max(2, threads.most())
