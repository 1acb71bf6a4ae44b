"""Rows joined at many indices: these are put in order, so that each row of the result is read and
written once, by who joins all that comes to it, in the order in which it came. So the bits are
those of `typed.SCATTER`, where every part of the rows reads all indices.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ngrad_kernels.choices import choices
from ngrad_kernels.codes import part_of, size_of
from ngrad_kernels.cuda.sorting import DIGIT, Reading, by_digits, launch, source
from ngrad_kernels.cuda.source import GROUP, Source
from ngrad_kernels.typed import JOINED

if TYPE_CHECKING:
    from ngrad_kernels.cuda.libraries import Libraries, Routine

TILE = 64
"""Columns that a group has."""
GROUPS = 1 << 13
"""Groups of threads that a large GPU runs at the same time."""
LAUNCH = 333
"""Words that a group reads, 16 at a time, while a kernel is launched: some 20 times."""
AHEAD = 8
"""Rows that are read before the first of them is joined."""


def pays(batches: int, rows: int, count: int, width: int, sharing: int) -> bool:
    """Whether a group reads less, where `count` indices of each batch are put in order, than where
    it reads all of them: a digit takes three launches, and some four words for each index, which
    `sharing` batches have in common.

    Examples
    --------
    >>> pays(1, 10000, 1000, 64, 1), pays(1, 10000, 100000, 64, 1)
    (False, True)
    """
    all_read = count * max(1, batches * -(-width // TILE) / GROUPS)
    ordered = _digits(rows) * (3 * LAUNCH + 4 * count * (batches // sharing) / GROUPS)
    return all_read > ordered


def _digits(rows: int) -> int:
    """Of the largest key, which stands for no row."""
    return max(1, -(-rows.bit_length() // DIGIT))


_JOIN = '''
def join_{how}_{code}(facts, n, a0, a1, a2, a3, rows, count, width, sharing, key):
    """Join rows in the order of their keys: a group has a place of it, and a tile of 64 columns. If
    a key is there for the first time, all that have it are joined.
    """
    tiles = (width + 63) // 64
    lane, unit = thread_index() % 16, thread_index() // 16
    while unit < n:
        item = quotient(unit, tiles)
        batch = quotient(item, count)
        first, begin = item - batch * count, (unit - item * tiles) * 64
        keys = a1 + quotient(batch, sharing) * count * key
        order = a2 + quotient(batch, sharing) * count * 8
        row = load_bits(keys, first, key)
        if row < rows and (first == 0 or load_bits(keys, first - 1, key) != row):
            for j in range(begin + lane, min(width, begin + 64), 16):
                source = a0 + (batch * count * width + j) * {size}
                target, m = (batch * rows + row) * width + j, first
                here = reload_{code}(a3, target)
                while m + {last} < count and load_bits(keys, m + {last}, key) == row:
                    {names} = at_hand(({loads}))
{joins}
                    m += {ahead}
                while m < count and load_bits(keys, m, key) == row:
                    comes = load_{code}(source, load_i8(order, m) * width)
                    here = {code}({joined})
                    m += 1
                store_{code}(a3, target, here)
        unit += thread_count() // 16
'''

_ADD_ATOMICALLY = '''
def add_atomically_{code}(facts, n, a0, a1, a2, rows, count, width, sharing):
    """Add rows at indices, in any order: a thread for each element that is added."""
    item = thread_index()
    while item < n:
        place = quotient(item, width)
        batch = quotient(place, count)
        row = row_of(load_i8(a1, place - (batch - quotient(batch, sharing)) * count), rows)
        if row >= 0:
            to = (batch * rows + row) * width + item - place * width
            atomic_add_{code}(a2, to, load_{code}(a0, item))
        item += thread_count()
'''


@functools.cache
def join(how: str, code: str) -> Source:
    """The source of the kernel that joins rows in order."""
    names = [f"x{k}" for k in range(AHEAD)]
    loads = [f"load_{code}(source, load_i8(order, m + {k}) * width)" for k in range(AHEAD)]
    lines = [f"comes = {x}\n{' ' * 20}here = {code}({JOINED[how]})" for x in names]
    text = _JOIN.format(
        how=how, code=code, size=size_of(code), joined=JOINED[how], last=AHEAD - 1, ahead=AHEAD,
        names=", ".join(names), loads=", ".join(loads),
        joins="\n".join(f"{' ' * 20}{line}" for line in lines),
    )  # fmt: skip
    return Source(f"join_{how}_{code}", text, 9, GROUP)


@functools.cache
def add_atomically(code: str) -> Source:
    """The source of the kernel that adds rows in any order, of float32 or float64."""
    return Source(f"add_atomically_{code}", _ADD_ATOMICALLY.format(code=code), 7, 1)


def scatter(how: str, libraries: Libraries, code: str) -> Routine:
    """Join rows at indices in int64 to those of the result. Words: batches, rows of the result,
    indices a batch, elements a row, how many batches in a row have the same indices. Addresses: of
    what is joined, of the indices, and of the result.
    """
    target = libraries.target
    part = part_of(code)
    parts = size_of(code) // size_of(part)

    def in_order(words: Sequence[int], addresses: Sequence[int]) -> None:
        batches, rows, count, width, sharing = words
        values, index, out = addresses
        vectors, size = batches // sharing, 4 if rows < 1 << 31 else 8
        keys, ordered = (target.pool.take(size * vectors * count) for _ in range(2))
        order = target.pool.take(8 * vectors * count)
        launch(target, source("index_keys"), vectors * count, index, keys.address, rows, size)
        by_digits(
            target, keys.address, order.address, vectors, count, Reading(size), _digits(rows),
            ordered.address,
        )  # fmt: skip
        launch(
            target, join(how, code), batches * count * -(-width // TILE),
            values, ordered.address, order.address, out, rows, count, width, sharing, size,
        )  # fmt: skip

    def call(words: Sequence[int], addresses: Sequence[int]) -> None:
        if choices.deterministic or how != "add" or part[0] != "f":
            in_order(words, addresses)
            return
        batches, rows, count, width, sharing = words
        width *= parts  # those of complex numbers are added by themselves
        launch(
            target, add_atomically(part), batches * count * width,
            *addresses, rows, count, width, sharing,
        )  # fmt: skip

    return call


ROUTINES: dict[str, Callable[[Libraries, str], Routine]] = {
    f"scatter_{how}": functools.partial(scatter, how) for how in JOINED
}
