"""Products of small matrices on the CPU, whole batches in a call: to have BLAS begin one takes
longer than the product does.

An element of a result is a sum of products in order, each added with one rounding: whatever the
batch, the threads, and how operands lie.
"""

from __future__ import annotations

import functools

from ngrad_kernels import cache, moves, skeletons
from ngrad_kernels.codes import size_of
from ngrad_kernels.contract import PIECE, SQUARE
from ngrad_kernels.product import Prepared, Product
from ngrad_kernels.words import facts

AT_ONCE = (8, 4, 3, 2, 1)
"""Rows that are multiplied at once: each waits for its own sums alone."""
SCRATCH = 1 << 14
"""Bytes of matrices that are turned at a time, a part of the nearest cache."""
GRAIN = 1 << 16
"""Elements that an item of work reads, and 32 for each product: some ten microseconds."""


def _more(k: int) -> str:
    """Source that adds what a row has of products."""
    return f"s{k} = add_products_{{code}}(load_{{code}}(a{k} + l * x_across, 0), row, s{k})"


def _rows_at_once(count: int) -> str:
    """Source that multiplies so many rows at a time, while there are as many."""
    each = range(count)
    lines = [
        f"while i + {count} <= rows:",
        *[f"    a{k}, s{k} = x + (i + {k}) * x_down, no_sums_{{code}}()" for k in each],
        "    for l in range(depth):",
        "        row = row_piece_{code}(b + l * b_down, columns)",
        *[f"        {_more(k)}" for k in each],
        *[f"    store_sums_{{code}}(out + (i + {k}) * line, columns, s{k})" for k in each],
        f"    i += {count}",
    ]
    return "\n".join(lines)


TEXT = '''
def {name}(table, lo, hi):
    """x @ y of a batch. Item: a product.

    Facts: rows, columns, depth; bytes from row to row, and from column to column, of x and of y;
    along the last axis of the batch, the extent, and bytes from matrix to matrix of x and of y; how
    many matrices of y are turned at a time, or 0: their rows are runs; where views of batches are.
    """
    facts = table_at(table[0])
    rows, columns, depth = facts[0], facts[1], facts[2]
    x_down, x_across, y_down, y_across = facts[3], facts[4], facts[5], facts[6]
    extent, x_step, y_step, turned = facts[7], facts[8], facts[9], facts[10]
    line, scratch, item = columns * {size}, stack_words(SCRATCH), lo
    while item < hi:
        count = min(hi - item, extent - item % extent)
        x = locate(table[1], table[0] + facts[11] * 8, item)
        b = locate(table[2], table[0] + facts[12] * 8, item)
        out, b_down, b_step = table[3] + item * rows * line, y_down, y_step
        if turned != 0:
            count = min(count, turned)
            for z in range(1 if y_step == 0 else count):
                place, source = scratch + z * depth * line, b + z * y_step
                if depth <= 4 and columns <= 4:
                    turn_4_{code}(place, line, columns, source, y_across, depth)
                    continue
                for l in range(0, depth, {square}):
                    for j in range(0, columns, {square}):
                        turn_{square}_{code}(
                            place + l * line + j * {size}, line, columns - j,
                            source + l * {size} + j * y_across, y_across, depth - l,
                        )
            b, b_down, b_step = scratch, line, 0 if y_step == 0 else depth * line
        item += count
        for _ in range(count):
            i = 0
            ROWS
            x, b, out = x + x_step, b + b_step, out + rows * line
'''.replace("SCRATCH", str((SCRATCH + SQUARE * PIECE) // 8)).replace(
    "ROWS", "\n".join(map(_rows_at_once, AT_ONCE)).replace("\n", "\n" + " " * 12)
)

_HELPERS = skeletons.as_helpers(moves.locate)


@functools.cache
def kernel(code: str) -> int:
    """The address of the kernel for a dtype."""
    name, size = f"small_products_{code}", size_of(code)
    text = TEXT.format(name=name, code=code, size=size, square=min(SQUARE, PIECE // size))
    return cache.load(name, _HELPERS + text)


# -- what is launched ------------------------------------------------------------------------------


def suits(product: Product) -> bool:
    """Whether this is a product for the kernel: that depends on its sizes alone.

    Examples
    --------
    >>> from ngrad_kernels.product import Matrices
    >>> lies = Matrices((), 64, 4)
    >>> suits(Product("f4", (), 16, 16, 16, lies, lies))
    True
    >>> suits(Product("f4", (), 16, 17, 16, lies, lies))
    False
    """
    most = PIECE // size_of(product.code)
    return max(product.rows, product.columns, product.depth) <= most


def _joined(product: Product) -> list[tuple[int, int, int]]:
    """The extents of a batch, and bytes from matrix to matrix of x and of y: axes that follow one
    another in both are one.
    """
    axes = [(1, 0, 0)]
    for n, of_x, of_y in zip(product.batch, product.x.batch, product.y.batch, strict=True):
        extent, *before = axes[-1]
        if extent == 1:
            axes[-1] = n, of_x, of_y
        elif before == [n * of_x, n * of_y]:
            axes[-1] = extent * n, of_x, of_y
        elif n > 1:
            axes.append((n, of_x, of_y))
    return axes


def prepared(product: Product) -> Prepared:
    """What is launched over x, y and the result."""
    rows, columns, depth, size = product.rows, product.columns, product.depth, size_of(product.code)
    axes = _joined(product)
    x_view, y_view = (
        [size, len(axes), *(word for axis in axes for word in (axis[0], axis[which]))]
        for which in (1, 2)
    )
    y, turned = product.y, 0
    if y.across != size and columns > 1:
        turned = SCRATCH // (columns * max(1, depth) * size) if axes[-1][2] else product.products
    lies = [product.x.down, product.x.across, y.down, y.across]
    head = [rows, columns, depth, *lies, *axes[-1], turned]
    start = len(head) + 2
    words = [*head, start, start + len(x_view), *x_view, *y_view]
    where, held = facts(words)
    grain = GRAIN // (32 + depth * (rows + columns))
    return Prepared(kernel(product.code), where, product.products, grain, held)
