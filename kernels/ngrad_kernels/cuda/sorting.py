"""The stable order of rows: a radix sort by digits of four bits, the lowest first.

A row is cut into *units* of elements, each of which a group reads 16 at a time, in order. There are
as many values of a digit as threads in a group, and each thread counts one of them in a register.
Of a digit a first kernel counts the elements with each value, a unit at a time; a second makes
places of the counts; a third moves the elements there: the unit's thread for a value knows where
the next one goes, and ballots tell an element how many of these come before it. Nothing is added
atomically, so an order depends on nothing but the elements.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ngrad_kernels.codes import size_of
from ngrad_kernels.cuda import routines
from ngrad_kernels.cuda.source import GROUP, THREADS, Source

if TYPE_CHECKING:
    from ngrad_kernels.cuda.libraries import Libraries, Routine
    from ngrad_kernels.cuda.target import CudaTarget

DIGIT = 4
"""Bits of a digit, whose values are as many as a group has threads."""
LEAST = 16 * GROUP
"""Elements of the smallest unit, of which counts are a sixteenth."""
UNITS = 4096
"""The most units that a row has: a thread block makes places of the counts of all."""
_INFINITY = {"f4": 0x7F800000, "f8": 0x7FF0000000000000}
"""The bits of infinity, beyond which are those of NaN."""
KERNELS = {"sort_count": GROUP, "sort_places": THREADS, "sort_move": GROUP, "index_keys": 1}
"""By name, the threads that a unit keeps busy, or a row."""


@functools.cache
def source(name: str) -> Source:
    """The source of one of these kernels.

    Examples
    --------
    >>> source("sort_places").operands
    2
    """
    function = getattr(routines, name)
    operands = len(inspect.signature(function).parameters) - 2
    return Source(name, inspect.getsource(function), operands, KERNELS[name])


def flipped(code: str, descending: int) -> int:
    """The bits that are inverted so that elements order as unsigned integers: the sign, where there
    is one, and all for a descending order.

    Examples
    --------
    >>> flipped("u1", 0), flipped("i1", 0), flipped("i1", 1)
    (0, -128, 127)
    """
    return (0 if code[0] in "ub" else -1 << (8 * size_of(code) - 1)) ^ -descending


def argsort(libraries: Libraries, code: str) -> Routine:
    """Where the elements of each row of a dtype stand in it once they are in order, in int64.
    Words: rows, their length, whether the order descends. Addresses: of the rows, and the result.
    """
    size, infinity = size_of(code), _INFINITY.get(code, 0)

    def call(words: Sequence[int], addresses: Sequence[int]) -> None:
        rows, length, descending = words
        keys, out = addresses
        reading = Reading(size, infinity, flipped(code, descending))
        by_digits(libraries.target, keys, out, rows, length, reading, 8 * size // DIGIT)

    return call


class Reading(NamedTuple):
    """How keys are read as unsigned integers: their bytes, the bits of their infinity (0 if there
    is none), and the bits that are inverted.
    """

    size: int
    infinity: int = 0
    flip: int = 0


def by_digits(
    target: CudaTarget, keys: int, out: int, rows: int, length: int, reading: Reading, digits: int,
    keys_out: int = 0,
) -> None:  # fmt: skip
    """Queue the order of each row of keys by so many digits: where they stand, in int64; and, if
    there is an address for them, the keys in that order.
    """
    pool, size = target.pool, reading.size
    unit = max(LEAST, -(-length // (GROUP * UNITS)) * GROUP)
    units = -(-length // unit)
    counts = pool.take(8 * GROUP * rows * units)
    # What a digit moves the next one reads, and the last writes to the result.
    moved = [pool.take(size * rows * length) for _ in range(2)]
    other = pool.take(8 * rows * length)
    order = 0
    for k in range(digits):
        more = (length, units, unit, *reading, k * DIGIT)
        to_keys = moved[k % 2].address if k + 1 < digits else keys_out
        to_order = (other.address, out)[(digits - k) % 2]
        launch(target, source("sort_count"), rows * units, keys, counts.address, *more)
        launch(target, source("sort_places"), rows, counts.address, GROUP * units)
        launch(
            target, source("sort_move"), rows * units,
            keys, order, counts.address, to_keys, to_order, *more,
        )  # fmt: skip
        keys, order = to_keys, to_order


def launch(target: CudaTarget, kernel: Source, n: int, *operands: int) -> None:
    """Queue a kernel that is told of sizes by words of the launch."""
    target.launch(target.load(kernel.name, lambda: kernel), 0, n, n, operands)
