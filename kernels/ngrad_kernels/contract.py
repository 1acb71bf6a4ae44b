"""The numerical contract of reductions: in which order, and in which dtype, values are combined.

A block of at most `BLOCK` elements is reduced in lanes, element i in lane i % `lanes(code)`, the
lanes as a tree; fewer than `SHORT` elements are reduced in order. Blocks are folded in order into
an accumulator, `CHUNK` elements at a time; chunks are folded in order, `STRETCH` elements at a
time; stretches are folded in order. Reductions over an earlier axis combine rows in order, `SLAB`
at a time in the operand's own dtype; slabs are folded in order into an accumulator, `ROWS` rows at
a time; these are folded in order. Of axes that lie apart the last that lie together are reduced
first, to a result in the operand's own dtype, then the others. Nothing else (strides, threads, what
shares the loop) decides. Segments of a vector are added in order, on the CPU those of `LONG`
elements or more in blocks.

So a float32 meets at most 22 roundings in float32 in a block, and 16 in a slab, before it is part
of a float64.
"""

from __future__ import annotations

from ngrad_kernels.codes import part_of, size_of

BLOCK = 1 << 10
CHUNK = 1 << 14
"""Also the elements of one parallel work item."""
STRETCH = 1 << 20
FOLDED = STRETCH // CHUNK
"""Chunks of a stretch: the partial results that one thread folds, where there are many."""
BESIDE = 4
"""Rows that a scan goes along at a time."""
SHORT = 1 << 4
LONG = 1 << 6
ROWS = 1 << 10
SLAB = 1 << 4
PIECE = 1 << 6
"""Bytes of as many elements of a row as are multiplied at once (`lanes.py`). Products of matrices
that have no more elements along any axis are sums in order (`small_products.py`), others BLAS's."""

# What changes no bit:
TOGETHER = 128
"""Elements of the longest rows that are taken several at a time. Where columns are reduced, a block
has to hold a slab of rows, too."""
FEW, FEW_LONG = 1 << 7, 64
"""The same, of rows of which nothing is reduced and no view packed: in bytes, as to begin a loop
over a row takes as long as to read so many again, of what is repeated for each; and where scalars
are long.
"""
SEVERAL = 1 << 7
"""The most short rows that are taken at a time (`short_rows.py`)."""
STRIP = 1 << 6
"""The elements of which a loop reduces what it computes (`strips.py`): a multiple of all lanes."""
IN_STRIPS = dict.fromkeys(("f4", "f8", "i4", "i8", "u4", "u8"), ("sum", "prod"))
"""The reductions that a loop does itself, by the dtype of what is reduced; extremes, which look for
NaN too, gain nothing by it."""
SQUARE = 8
"""The most rows, and columns, of a matrix that are turned at once (`lanes.py`)."""
LINE = 1 << 6
"""Bytes of a line of the caches: so many go past them at once (`streaming.py`), or are written when
a value is repeated (so many may be written past the last)."""


def lanes(code: str) -> int:
    """The lanes of a block: as many as several vectors hold, so that one need not wait for another.

    Examples
    --------
    >>> lanes("f4"), lanes("f8")
    (64, 32)
    """
    return min(64, 256 // size_of(code))


def accumulator(code: str) -> str:
    """The dtype in which blocks of `code` are folded.

    Examples
    --------
    >>> accumulator("f4"), accumulator("c8"), accumulator("i4")
    ('f8', 'c16', 'i4')
    """
    return {"f": "f8", "c": "c16"}.get(code[0], code)


def started(reduction: str, code: str, part: str) -> str:
    """Source of a chunk that is one block: what a fold makes of the block's result.

    A product of complex numbers is not what one times it is, if it is infinite or a signed zero.

    Examples
    --------
    >>> started("sum", "c16", "part"), started("prod", "c16", "part")
    ('part', 'combine_prod(c16(1), part)')
    """
    if reduction == "prod" and code[0] == "c":
        return f"combine_prod({identity(reduction, code)}, {part})"
    return part


def identity(reduction: str, code: str) -> str:
    """Source of the value that changes nothing: where a fold starts.

    Examples
    --------
    >>> identity("max", "i1"), identity("prod", "f8")
    ('i1(-128)', 'f8(1)')
    """
    if reduction in ("sum", "prod"):
        return f"{code}({int(reduction == 'prod')})"
    if reduction in ("and", "or", "xor"):
        return f"{code}({-int(reduction == 'and')})"
    if code[0] == "f":
        return f"{code}({'-' if reduction == 'max' else ''}np.inf)"
    if code[0] == "c":
        part = identity(reduction, part_of(code))
        return f"cartesian({part}, {part})"
    if code == "b1":
        return "b1(False)" if reduction == "max" else "b1(True)"
    bits = 8 * size_of(code)
    lowest = 0 if code[0] == "u" else -(1 << bits - 1)
    highest = (1 << bits) - 1 if code[0] == "u" else (1 << bits - 1) - 1
    return f"{code}({lowest if reduction == 'max' else highest})"
