"""The matrix product as a kernel: a tile of the result a block of threads, of tiles of the operands
in shared memory.

Each thread has 4 x 4 elements of the result in registers. An element is the sum of its products in
the order of the depth, floats by fma in their own dtype: its bits depend on neither the grid nor
the strides.
"""

from __future__ import annotations

from typing import NamedTuple

from ngrad_kernels.codes import part_of, size_of
from ngrad_kernels.cuda.source import Source
from ngrad_kernels.product import Product
from ngrad_kernels.scalars import SCALARS

SIDE = 4
"""Rows, and columns, of the result that a thread computes: as many as one wide access reads."""


class Tile(NamedTuple):
    """Rows and columns of the result that a block computes, and how deep its operands are read at a
    time.
    """

    rows: int
    columns: int
    depth: int

    @property
    def threads(self) -> int:
        """Of a block: it has so many, no more and no fewer."""
        return self.rows * self.columns // SIDE**2


def tile_of(threads: int) -> Tile:
    """The tile for blocks of a power of two of threads: square, or twice as high as wide.

    Examples
    --------
    >>> tile_of(256), tile_of(32)
    (Tile(rows=64, columns=64, depth=16), Tile(rows=32, columns=16, depth=4))
    """
    columns = SIDE << (threads.bit_length() - 1) // 2
    return Tile(SIDE**2 * threads // columns, columns, columns // 4)


def product_words(product: Product) -> list[int]:
    """The facts of a launch: sizes, the operands' strides, and where in the facts the batch axes of
    each are, as a view.
    """
    x, y = product.x, product.y
    head = [product.rows, product.columns, product.depth, x.down, x.across, y.down, y.across]
    views = [product.view(operand) for operand in (x, y)]
    start = len(head) + len(views)
    return [*head, start, start + len(views[0]), *views[0], *views[1]]


def tiles(product: Product, tile: Tile) -> int:
    """How many items a launch has: a tile of a result each."""
    high, wide = -(-product.rows // tile.rows), -(-product.columns // tile.columns)
    return product.products * high * wide


# A shared tile's runs are so much longer than they need be, so that threads which write one column
# of a run after the other meet different banks.
_APART = 4

_TEXT = """
def {name}(facts, n, a1, a2, a3):
    words = table_at(facts)
    rows, columns, depth = words[0], words[1], words[2]
    x_along, x_deeper, y_deeper, y_along = words[3], words[4], words[5], words[6]
    x_views, y_views = facts + words[7] * 8, facts + words[8] * 8
    wide = (columns + {columns} - 1) // {columns}
    tiles = (rows + {rows} - 1) // {rows} * wide
    left = shared_words({words})
    right = left + {right}
    thread = thread_id()
    row, column = thread // {across} * 4, thread % {across} * 4
{place_x}
{place_y}
    item = block_id()
    while item < n:
        batch = item // tiles
        top = (item - batch * tiles) // wide * {rows}
        edge = (item - batch * tiles) % wide * {columns}
        x = locate(a1, x_views, batch)
        y = locate(a2, y_views, batch)
{zeros}
        for start in range(0, depth, {depth}):
            barrier()
{load_x}
{load_y}
            barrier()
            for d in range({depth}):
                p0, p1, p2, p3 = load4_{code}(left + d * {x_run} + row * {size}, 0)
                q0, q1, q2, q3 = load4_{code}(right + d * {y_run} + column * {size}, 0)
{steps}
        corner = a3 + (batch * rows * columns + (top + row) * columns + edge + column) * {size}
{stores}
        item += grid_size()
"""

# Which element of a tile a thread reads first, and how far it is to its next: threads that follow
# one another read what follows one another in memory.
_PLACE = """
    if abs({operand}_deeper) <= abs({operand}_along):
        {operand}_i, {operand}_next_i = thread // {depth}, {threads} // {depth}
        {operand}_d, {operand}_next_d = thread % {depth}, 0
    else:
        {operand}_i, {operand}_next_i = thread % {extent}, 0
        {operand}_d, {operand}_next_d = thread // {extent}, {threads} // {extent}
"""
_LOAD = """
            for k in range({count}):
                i, d = {operand}_i + k * {operand}_next_i, {operand}_d + k * {operand}_next_d
                value = {code}(0)
                if {first} + i < {bound} and start + d < depth:
                    place = ({first} + i) * {operand}_along + (start + d) * {operand}_deeper
                    value = load_{code}({operand} + place, 0)
                store_{code}({shared}, d * {run} + i, value)
"""


class _Side(NamedTuple):
    """An operand as its texts name it: how many rows, or columns, of the result its tile is for,
    where these begin and how many there are, and where in shared memory it is.
    """

    operand: str
    extent: int
    first: str
    bound: str
    shared: str

    def text(self, template: str, code: str, tile: Tile) -> str:
        count, run = self.extent * tile.depth // tile.threads, self.extent + _APART
        more = {"depth": tile.depth, "threads": tile.threads, "count": count, "run": run}
        return template.strip("\n").format(code=code, **self._asdict(), **more)


def render_gemm(code: str, tile: Tile) -> Source:
    """The kernel of a dtype, launched in blocks of `tile.threads`.

    Examples
    --------
    >>> render_gemm("f4", tile_of(256)).name
    'gemm_f4_64x64'
    """
    size = size_of(code)
    x_run, y_run = tile.rows + _APART, tile.columns + _APART
    x = _Side("x", tile.rows, "top", "rows", "left")
    y = _Side("y", tile.columns, "edge", "columns", "right")
    places = [(i, j) for i in range(SIDE) for j in range(SIDE)]
    stores = [
        line
        for i, j in places
        for line in (
            f"        if top + row + {i} < rows and edge + column + {j} < columns:",
            f"            store_{code}(corner, {i} * columns + {j}, c{i}{j})",
        )
    ]
    name = f"gemm_{code}_{tile.rows}x{tile.columns}"
    text = _TEXT.format(
        name=name,
        code=code,
        size=size,
        rows=tile.rows,
        columns=tile.columns,
        depth=tile.depth,
        across=tile.columns // SIDE,
        right=tile.depth * x_run * size,
        words=tile.depth * (x_run + y_run) * size // 8,
        x_run=x_run * size,
        y_run=y_run * size,
        zeros="\n".join(f"        c{i}{j} = {code}(0)" for i, j in places),
        place_x=x.text(_PLACE, code, tile),
        place_y=y.text(_PLACE, code, tile),
        load_x=x.text(_LOAD, code, tile),
        load_y=y.text(_LOAD, code, tile),
        steps="\n".join(f"                c{i}{j} = {_step(code, i, j)}" for i, j in places),
        stores="\n".join(stores),
    )
    return Source(name, text, 3, tile.threads)


def _step(code: str, i: int, j: int) -> str:
    """An element's sum, and one product more."""
    if code[0] == "f":
        return f"fma(p{i}, q{j}, c{i}{j})"
    product, total = SCALARS["multiply"].expression(code[0]), SCALARS["add"].expression(code[0])
    assert product is not None and total is not None
    product = f"{code}({product.format(f'p{i}', f'q{j}', c=code, p=part_of(code))})"
    return f"{code}({total.format(f'c{i}{j}', product, c=code)})"
