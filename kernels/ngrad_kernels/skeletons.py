"""Routines that every kernel shares, compiled once: strided access, copies, gathers, and their
siblings.

Each has the kernel signature `(table, lo, hi)`, `table[0]` being the address of the launch's facts,
or is a helper that kernels reach by address. They move bytes, whatever the dtype, unless a dtype
code is in the name.

What they call is in `moves.py`, and what the words of a view are.
"""

# pyright: reportUndefinedVariable=false
# The names come from the kernels' namespace, into which the source of these functions is executed.
# ruff: noqa: F821

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

CALLED = ("fetch", "fetch_rows")
"""The routines that kernels call by address; the others are kernels."""
HEADER = 8
"""Words of scratch that `fetch` and `fetch_rows` take before the elements that they pack."""


def as_helpers(*functions: Callable[..., Any]) -> str:
    """The source of routines that others of the same text call."""
    return "".join(f"@helper()\n{inspect.getsource(function)}\n" for function in functions)


def fetch(where, base, view, start, count):
    """Leave at `where` the address of elements [start, start + count) of a view: where they lie if
    in one contiguous row, else packed behind `HEADER` words there.

    There is room for twice as many elements. What comes again and again is packed once, as long as
    it is the same: the second word says from which element on (-1 at first), the third how many.
    """
    words, packed = table_at(view), where + 64
    ndim, size = words[1], words[0]
    inner = words[2 * ndim]
    if row_contiguous(view) and start % inner + count <= inner:
        store_i8(where, 0, locate(base, view, start))
        return
    period, times = repeats(view, count)
    first, many = start, count
    if period > 0:
        place = start % (period * times)
        if place + count <= period * times:
            first, many = start - place, min(period + count, period * times)
    phase = (start - first) % period if period > 0 else 0
    held = table_at(where)
    if period == 0 or held[1] != first or held[2] < phase + count:
        gather(packed, base, view, first, many)
        held[1], held[2] = first, many
    held[0] = packed + phase * size


def fetch_rows(where, base, view, start, count):
    """Leave at `where` the address of elements [start, start + count) of rows that indices name,
    one behind the other: where they lie if they are of one row, else packed behind `HEADER` words
    there. The second word is the address of the indices; the view is as `named_row` has it.
    """
    words, found = table_at(view), table_at(where)
    size, width, index = words[0], words[1], found[1]
    begin = start // width
    place, first = begin, start - begin * width
    if first + count <= width:
        if words[5] < words[4]:
            found[0] = row_of_table(base, index, view, place) + first * size
        else:
            found[0] = named_row(base, index, view, place) + first * size
        return
    packed, whole = where + 64, width * size
    found[0], end, tables = packed, packed + count * size, words[5] < words[4]
    evenly = words[3] == whole and (tables or whole <= LINE)
    while packed < end:
        many = (end - packed) // whole if first == 0 and evenly else 0
        if many > 0:
            take_named(packed, base, index, view, place, many)
            packed, place = packed + many * whole, place + many
            continue
        run = min(whole - first * size, end - packed)
        if tables:
            source = row_of_table(base, index, view, place)
        else:
            source = named_row(base, index, view, place)
        copy_bytes(packed, source + first * size, run)
        packed, place, first = packed + run, place + 1, 0
    if whole > LINE and not tables:  # of shorter rows, many are on their way at once anyway
        for k in range(place, 2 * place - begin):
            ask_row(base, index, view, k, 0, min(width, count) * size)


def strided_map(table, lo, hi):
    """Run an elementwise kernel over strided operands, a block at a time, each packed where it must
    be.

    Facts: the kernel, the number of inputs, of operands, the output's item size, and an extent that
    no block crosses (or 0): one that divides every view's innermost, so that contiguous rows are
    read in place. Then for each input the offset (in words) of its view, and whether it is one
    element for all; for a contiguous input 0 and its item size. Then the views.
    """
    facts = table_at(table[0])
    kernel, inputs, inner = facts[0], facts[1], facts[4]
    words = stack_words(20)
    operands = table_at(words)
    # Each input has room for 8192 bytes, twice, and a header; if there are more than three, less.
    scratch, apart = stack_words(6192), 49536 // max(inputs, 3) & -64
    operands[0] = table[0]
    first, widest = lo, 8
    for k in range(inputs):
        store_i8(scratch + k * apart, 1, -1)
        if facts[5 + 2 * k] != 0:
            widest = max(widest, table_at(table[0] + facts[5 + 2 * k] * 8)[0])
    most = (apart // 2 - 64) // widest  # elements that fit where they are packed
    while first < hi:
        count = min(most, hi - first)
        if inner != 0:
            count = min(count, inner - first % inner)
        for k in range(inputs):
            view, once = facts[5 + 2 * k], facts[6 + 2 * k]
            here = scratch + k * apart
            if view == 0:
                operands[k + 1] = table[k + 1] + first * once  # the item size
            elif once == 0:
                fetch(here, table[k + 1], table[0] + view * 8, first, count)
                operands[k + 1] = table_at(here)[0]
            elif first == lo:
                n = min(most, hi - lo)
                transfer(here + 64, table[k + 1], table[0] + view * 8, first, n, False)
                operands[k + 1] = here + 64
        operands[inputs + 1] = table[inputs + 1] + first * facts[3]
        call_kernel(kernel, words, 0, count)
        first += count


def place(table, lo, hi):
    """Copy elements [lo, hi) of a source view to a target view. Facts: offsets of both views, then
    the views.
    """
    facts = table_at(table[0])
    source, target = table[0] + facts[0] * 8, table[0] + facts[1] * 8
    here, there = table_at(source), table_at(target)
    size = here[0]
    if here[1] == 1 and here[3] == size:  # elements side by side need not be packed first
        transfer(table[1] + lo * size, table[2], target, lo, hi - lo, True)
        return
    if there[1] == 1 and there[3] == size:
        transfer(table[2] + lo * size, table[1], source, lo, hi - lo, False)
        return
    if min(row_length(source), row_length(target)) >= 16:
        between(table[2], target, table[1], source, lo, hi - lo)
        return
    packed = stack_words(1024)
    most = 8192 // max(8, size)
    for first in range(lo, hi, most):
        count = min(most, hi - first)
        for scatter in range(2):
            view = target if scatter else source
            transfer(packed, table[1 + scatter], view, first, count, scatter != 0)


def fill(table, lo, hi):
    """Copy one item to elements [lo, hi). Facts: its size."""
    size = table_at(table[0])[0]
    move(table[2] + lo * size, table[1], size, hi - lo, size, 0)


def clear(table, lo, hi):
    """Zero words [lo, hi) of 8 bytes."""
    for i in range(hi - lo):
        store_i8(table[1] + lo * 8, i, 0)


def take(table, lo, hi):
    """Gather rows: out[b, m] = x[b, index[b // sharing, m]]; item b * count + m. Negative indices
    count from the end. Indices were checked, but another library may have written over them since:
    no row but one of x is read.

    Facts: rows of x, indices a batch, bytes a row, how many batches in a row have the same indices.
    """
    facts = table_at(table[0])
    rows, count, size, sharing = facts[0], facts[1], facts[2], facts[3]
    item, batch = lo, lo // count
    first = lo - batch * count
    while item < hi:
        many = min(count - first, hi - item)
        index = table[2] + ((batch if sharing == 1 else batch // sharing) * count + first) * 8
        source, target = table[1] + batch * rows * size, table[3] + item * size
        take_rows(target, source, index, many, rows, size)
        item, batch, first = item + many, batch + 1, 0


def pack_bits(table, lo, hi):
    """Bytes of eight bools each, which a product gathers in the upper byte of a word. Item: a byte.

    Facts: by what eight bools, as a word, are multiplied.
    """
    factor = u8(table_at(table[0])[0])
    source, target = table[1] + lo * 8, table[2] + lo
    for i in range(hi - lo):
        store_i1(target, i, i1((load_u8(source, i) * factor) >> u8(56)))


def unpack_bits(table, lo, hi):
    """The bits of bytes, each as a byte of a word. Item: a byte of the operand.

    Facts: a bit in each byte of a word, that which it shows.
    """
    mask, lowest, most = u8(table_at(table[0])[0]), u8(0x0101010101010101), u8(0x7F7F7F7F7F7F7F7F)
    source, target = table[1] + lo, table[2] + lo * 8
    for i in range(hi - lo):
        shown = (u8(load_u1(source, i)) * lowest) & mask
        store_u8(target, i, ((shown + most) >> u8(7)) & lowest)


def extremes(table, lo, hi):
    """The least and the greatest of integers [lo, hi), in 8 bytes each. Facts: their size, 4 or
    8.
    """
    least, greatest = i8(0x7FFFFFFFFFFFFFFF), i8(-0x8000000000000000)
    if table_at(table[0])[0] == 4:
        for i in range(lo, hi):
            value = i8(load_i4(table[1], i))
            least, greatest = min(least, value), max(greatest, value)
    else:
        for i in range(lo, hi):
            value = load_i8(table[1], i)
            least, greatest = min(least, value), max(greatest, value)
    store_i8(table[2], 0, least)
    store_i8(table[2], 1, greatest)


def last(table, lo, hi):
    """For each row of a batch, the last place at which an index names it, counted from 1; what none
    names stays as it is. Item: batch and part of the rows, which reads every index. Negative
    indices count from the end.

    Facts: rows and indices of a batch, parts.
    """
    facts = table_at(table[0])
    rows, count, parts = facts[0], facts[1], facts[2]
    for item in range(lo, hi):
        batch, part = item // parts, item % parts
        first, end = rows * part // parts, rows * (part + 1) // parts
        for m in range(count):
            at = load_i8(table[1], batch * count + m)
            at = at + rows if at < 0 else at
            if first <= at and at < end:
                store_i8(table[2], batch * rows + at, m + 1)
