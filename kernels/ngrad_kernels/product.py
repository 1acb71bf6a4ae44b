"""`Product`, a batch of matrix products, and `Windowed`, windows times matrices, as a target is
asked for them; and how a target says what it launches.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from ngrad_kernels.codes import size_of


class Matrices(NamedTuple):
    """Where a batch of matrices lies: bytes between neighbours.

    Attributes
    ----------
    batch : tuple of int
        Along each batch axis; 0 where one matrix serves all.
    down, across : int
        From row to row, and from column to column.
    """

    batch: tuple[int, ...]
    down: int
    across: int

    def lies(self, columns: int, size: int) -> tuple[int, int]:
        """Whether matrices of so many columns lie by columns (1, or 0), and elements from one run
        to the next.
        """
        if self.across == size and self.down >= columns * size:
            return 0, self.down // size
        return 1, self.across // size


class Product(NamedTuple):
    """Matrices of `rows` x `depth` times others of `depth` x `columns`; results lie in row-major
    order.

    Attributes
    ----------
    code : str
        The dtype of all three.
    batch : tuple of int
        Sizes of the batch axes.
    rows, columns, depth : int
        None is 0 but perhaps the depth.
    x, y : Matrices
        The operands. Of floats, each has rows or columns that are runs, as BLAS reads them.
    same : bool
        Whether the second is the first, transposed: results below the diagonal may be those above.
    """

    code: str
    batch: tuple[int, ...]
    rows: int
    columns: int
    depth: int
    x: Matrices
    y: Matrices
    same: bool = False

    @property
    def products(self) -> int:
        """How many products there are."""
        return math.prod(self.batch)

    def view(self, operand: Matrices) -> list[int]:
        """Where an operand's matrices begin, as a strided view."""
        dims = zip(self.batch, operand.batch, strict=True)
        return [size_of(self.code), len(self.batch), *(word for dim in dims for word in dim)]


class Windowed(NamedTuple):
    """Windows, a row each, times matrices; or their transpose, times a row for each window.

    Attributes
    ----------
    code : str
        The dtype.
    groups : int
        How often: of windows of their own, and a matrix of their own.
    counts : tuple of int
        How many windows there are in a group: of each of a batch, along each of three axes.
    offsets : sequence of int
        Of a window: where its runs of elements begin, in bytes from where it does.
    run : int
        Elements of a run.
    steps : tuple of int
        Bytes from a group to the next, and to the next window along each of `counts`.
    columns : int
        Of the matrix, and of rows for each window.
    across : bool
        Whether it is the transpose.
    """

    code: str
    groups: int
    counts: tuple[int, ...]
    offsets: tuple[int, ...]
    run: int
    steps: tuple[int, ...]
    columns: int
    across: bool

    @property
    def windows(self) -> int:
        """How many windows a group has."""
        return math.prod(self.counts)

    @property
    def depth(self) -> int:
        """Elements of a window."""
        return len(self.offsets) * self.run


class Prepared(NamedTuple):
    """What a target launches for a product, or has a library do.

    Attributes
    ----------
    kernel : int
        Negative if it is a library's.
    facts, n, grain : int
        As a launch has them; a library's facts lie in the host's memory.
    keep : object
        What holds the facts.
    """

    kernel: int
    facts: int
    n: int
    grain: int
    keep: Any
