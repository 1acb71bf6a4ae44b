"""Routines that every kernel shares, compiled once: strided access, copies, gathers, and their
siblings.

Each has the kernel signature `(table, lo, hi)`, `table[0]` being the address of the launch's facts,
or is a helper that kernels reach by address. They move bytes, whatever the dtype, unless a dtype
code is in the name.

A strided view is described by words: item size, number of dimensions, then size and stride (in
bytes) of each.
"""

# pyright: reportUndefinedVariable=false
# The names come from the kernels' namespace, into which the source of these functions is executed.
# ruff: noqa: F821

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

CALLED = ("pack", "fetch")
"""The routines that kernels call by address; the others are kernels."""


def as_helpers(*functions: Callable[..., Any]) -> str:
    """The source of routines that others of the same text call."""
    return "".join(f"@helper()\n{inspect.getsource(function)}\n" for function in functions)


def move(target, source, size, count, step_to, step_from):
    """Copy `count` items between addresses that advance by a step each."""
    if step_to == size and step_from == size:
        copy_bytes(target, source, count * size)
    elif size == 4:
        for i in range(count):
            store_i4(target + i * step_to, 0, load_i4(source + i * step_from, 0))
    elif size == 8:
        for i in range(count):
            store_i8(target + i * step_to, 0, load_i8(source + i * step_from, 0))
    elif size == 16:
        for i in range(count):
            store_i8(target + i * step_to, 0, load_i8(source + i * step_from, 0))
            store_i8(target + i * step_to, 1, load_i8(source + i * step_from, 1))
    elif size == 1:
        for i in range(count):
            store_i1(target + i * step_to, 0, load_i1(source + i * step_from, 0))
    else:
        for i in range(count):
            copy_bytes(target + i * step_to, source + i * step_from, size)


def transfer(contiguous, base, view, start, count, scatter):
    """Copy elements [start, start + count) of a view, in logical order, to (or from) contiguous
    memory.
    """
    words = table_at(view)
    size, ndim = words[0], words[1]
    index = table_at(stack_words(64))
    rest = start
    address = base
    for d in range(ndim - 1, -1, -1):
        extent = words[2 + 2 * d]
        index[d] = rest % extent
        rest = rest // extent
        address += index[d] * words[3 + 2 * d]
    if ndim == 0:
        copy_bytes(base if scatter else contiguous, contiguous if scatter else base, size)
        return
    last = ndim - 1
    inner, stride = words[2 + 2 * last], words[3 + 2 * last]
    done = 0
    while done < count:
        run = min(inner - index[last], count - done)
        near = contiguous + done * size
        target, source = (address, near) if scatter else (near, address)
        step_to, step_from = (stride, size) if scatter else (size, stride)
        move(target, source, size, run, step_to, step_from)
        done += run
        address -= index[last] * stride
        index[last] = 0
        d = last - 1
        while d >= 0:
            index[d] += 1
            address += words[3 + 2 * d]
            if index[d] < words[2 + 2 * d]:
                break
            address -= index[d] * words[3 + 2 * d]
            index[d] = 0
            d -= 1


def locate(base, view, start):
    """The address of element `start` of a view."""
    words = table_at(view)
    address = base
    for d in range(words[1] - 1, -1, -1):
        extent = words[2 + 2 * d]
        address += (start % extent) * words[3 + 2 * d]
        start = start // extent
    return address


def row_contiguous(view):
    """Whether the innermost dimension of a view is contiguous."""
    words = table_at(view)
    return words[1 + 2 * words[1]] == words[0]


def pack(target, base, view, start, count):
    """Copy elements [start, start + count) of a view to contiguous memory."""
    transfer(target, base, view, start, count, False)


def fetch(where, base, view, start, count):
    """Leave at `where` the address of elements [start, start + count) of a view: where they lie if
    in one contiguous row, else packed 64 bytes behind `where`.
    """
    words = table_at(view)
    ndim = words[1]
    inner = words[2 * ndim]
    if row_contiguous(view) and start % inner + count <= inner:
        store_i8(where, 0, locate(base, view, start))
    else:
        transfer(where + 64, base, view, start, count, False)
        store_i8(where, 0, where + 64)


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
    packed = stack_words(16384)
    operands[0] = table[0]
    first, widest = lo, 8
    for k in range(inputs):
        if facts[5 + 2 * k] != 0:
            widest = max(widest, table_at(table[0] + facts[5 + 2 * k] * 8)[0])
    most = 8192 // widest  # elements that fit where they are packed
    while first < hi:
        count = min(most, hi - first)
        if inner != 0:
            count = min(count, inner - first % inner)
        for k in range(inputs):
            view, once = facts[5 + 2 * k], facts[6 + 2 * k]
            here = packed + k * 8192
            if view == 0:
                operands[k + 1] = table[k + 1] + first * once  # the item size
            elif once == 0 and inner != 0 and row_contiguous(table[0] + view * 8):
                operands[k + 1] = locate(table[k + 1], table[0] + view * 8, first)
            else:
                operands[k + 1] = here
                if once == 0 or first == lo:
                    n = count if once == 0 else min(most, hi - lo)
                    transfer(here, table[k + 1], table[0] + view * 8, first, n, False)
        operands[inputs + 1] = table[inputs + 1] + first * facts[3]
        call_kernel(kernel, words, 0, count)
        first += count


def place(table, lo, hi):
    """Copy elements [lo, hi) of a source view to a target view. Facts: offsets of both views, then
    the views.
    """
    facts = table_at(table[0])
    source, target = table[0] + facts[0] * 8, table[0] + facts[1] * 8
    packed = stack_words(1024)
    most = 8192 // max(8, table_at(source)[0])
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
    count from the end.

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
        for m in range(many):
            at = load_i8(index, m)
            at = at + rows if at < 0 else at
            if size == 4:
                store_i4(target, m, load_i4(source, at))
            elif size == 8:
                store_i8(target, m, load_i8(source, at))
            else:
                copy_bytes(target + m * size, source + at * size, size)
        item, batch, first = item + many, batch + 1, 0


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
    """For each row of a batch, the last place at which an index names it; -1 if none does. Item:
    batch and part of the rows, which reads every index. Negative indices count from the end.

    Facts: rows and indices of a batch, parts.
    """
    facts = table_at(table[0])
    rows, count, parts = facts[0], facts[1], facts[2]
    for item in range(lo, hi):
        batch, part = item // parts, item % parts
        first, end = rows * part // parts, rows * (part + 1) // parts
        for row in range(first, end):
            store_i8(table[2], batch * rows + row, -1)
        for m in range(count):
            at = load_i8(table[1], batch * count + m)
            at = at + rows if at < 0 else at
            if first <= at and at < end:
                store_i8(table[2], batch * rows + at, m)


JOINED = {
    "add": "here + comes",
    "max": "select((here >= comes) | (here != here), here, comes)",
    "min": "select((here <= comes) | (here != here), here, comes)",
}
"""What becomes of an element of a result by one that comes to it: a NaN stays."""

SCATTER = '''
def scatter_NAME_{code}(table, lo, hi):
    """Join rows: out[b, index[b, m]] with g[b, m], m in order. Item: (batch, part of the rows, tile
    of a row).

    Each part owns a range of rows of the output and reads every index, so the order in which an
    element is joined is that of m, whatever the number of threads. Facts: rows, indices a batch,
    elements a row, how many batches in a row have the same indices, parts, tiles.
    """
    facts = table_at(table[0])
    rows, count, width, sharing = facts[0], facts[1], facts[2], facts[3]
    parts, tiles = facts[4], facts[5]
    for item in range(lo, hi):
        tile = item % tiles
        part = (item // tiles) % parts
        batch = item // (tiles * parts)
        first, last = rows * part // parts, rows * (part + 1) // parts
        begin, end = width * tile // tiles, width * (tile + 1) // tiles
        index = table[2] + batch // sharing * count * 8
        for m in range(count):
            at = load_i8(index, m)
            at = at + rows if at < 0 else at
            if at < first or at >= last:
                continue
            source = table[1] + ((batch * count + m) * width + begin) * {size}
            target = table[3] + ((batch * rows + at) * width + begin) * {size}
            for j in range(end - begin):
                here, comes = reload_{code}(target, j), load_{code}(source, j)
                store_{code}(target, j, {code}(JOINED))
'''


def scatters(text: str) -> dict[str, str]:
    """The routines that join rows, of one text."""
    return {
        f"scatter_{name}": text.replace("NAME", name).replace("JOINED", how)
        for name, how in JOINED.items()
    }


SLIDE = '''
def slide_{code}(table, lo, hi):
    """Sums of products of a row and weights that slide along it: out[b, i] = sum over k, in order,
    of x[b, i + k - lead] * w[b, k], where x has such an element. Item: (batch, tile of outputs).

    Facts: elements of x, of w and of out a batch, lead, tiles, elements a tile.
    """
    facts = table_at(table[0])
    n, m, size, lead, tiles, tile = facts[0], facts[1], facts[2], facts[3], facts[4], facts[5]
    for item in range(lo, hi):
        batch = item // tiles
        begin = (item - batch * tiles) * tile
        end = min(size, begin + tile)
        target = table[3] + (batch * size) * {size}
        for i in range(begin, end):
            store_{code}(target, i, {code}(0))
        for k in range(max(0, lead - end + 1), min(m, n + lead - begin)):
            weight = load_{code}(table[2], batch * m + k)
            first = max(begin, lead - k)
            source = table[1] + (batch * n + first + k - lead) * {size}
            place = target + first * {size}
            for i in range(min(end, n + lead - k) - first):
                total = reload_{code}(place, i) + load_{code}(source, i) * weight
                store_{code}(place, i, {code}(total))
'''

HALVING = """
        first, last = 0, long
        while first < last:
            middle = (first + last) // 2
            there = load_{code}(row, middle)
            if right:
                before = there == value or precedes(there, value) or value != value
            else:
                before = precedes(there, value) or (value != value and there == there)
            if before:
                first = middle + 1
            else:
                last = middle
"""

SEARCH = f'''
def search_{{code}}(table, lo, hi):
    """How many elements of a sorted row come before each value; NaN is the greatest.

    Facts: elements of a row, values a row, whether what is equal comes before.
    """
    facts = table_at(table[0])
    long, count, right = facts[0], facts[1], facts[2]
    for item in range(lo, hi):
        row = table[1] + item // count * long * {{size}}
        value = load_{{code}}(table[2], item)
        {HALVING.strip()}
        store_i8(table[3], item, first)
'''

BETWEEN = f"""
        row, right = places + {{size}}, True
        {HALVING.strip()}
        after = first + min(1, count - 1)
        x0, y0 = load_{{code}}(places, first), load_{{code}}(values, first)
        x1, y1 = load_{{code}}(places, after), load_{{code}}(values, after)
        slope = (y1 - y0) / (x1 - x0)
        found = slope * (value - x0) + y0
        if found != found and value == value:  # from infinite values a line may be known still
            found = slope * (value - x1) + y1
            if value == x0 or found != found and y0 == y1:
                found = y0
        if value >= load_{{code}}(places, count - 1):
            found = load_{{code}}(values, count - 1)
        if value < load_{{code}}(places, 0):
            found = load_{{code}}(values, 0)
"""
"""The line through the two points that a value lies between, of `count` at rising places; `long` of
them are inner ones."""

INTERP = f'''
def interp_{{code}}(table, lo, hi):
    """The piecewise linear function through points of a row, at each value.

    Facts: points a row, inner ones, values a row.
    """
    facts = table_at(table[0])
    count, long = facts[0], facts[1]
    for item in range(lo, hi):
        at = item // facts[2] * count * {{size}}
        value, places, values = load_{{code}}(table[1], item), table[2] + at, table[3] + at
        {BETWEEN.strip()}
        store_{{code}}(table[4], item, found)
'''

PLACE = """
        k = item % facts[2]
        rest = item // facts[2]
        j = rest % facts[1]
        rest = rest // facts[1]
        i = rest % facts[0]
        batch = rest // facts[0]
"""
"""Where an item of a fold stands: in the batch, and along three axes."""

OVERLAPPING = """
        for p in range(facts[6]):
            a = i - p * facts[12]
            if a < 0 or a % facts[9] or a // facts[9] >= facts[3]:
                continue
            for q in range(facts[7]):
                b = j - q * facts[13]
                if b < 0 or b % facts[10] or b // facts[10] >= facts[4]:
                    continue
                for r in range(facts[8]):
                    c = k - r * facts[14]
                    if c < 0 or c % facts[11] or c // facts[11] >= facts[5]:
                        continue
                    window = (batch * facts[3] + a // facts[9]) * facts[4] + b // facts[10]
                    window = window * facts[5] + c // facts[11]
                    row = ((window * facts[6] + p) * facts[7] + q) * facts[8] + r
"""
"""The rows of windows that show the element there, in the order of where in a window they stand."""

FOLD = f'''
def fold_{{code}}(table, lo, hi):
    """Sums of what overlaps: of each row of the result, the rows of windows that show it. Item:
    such a row.

    Facts, of three axes each: extents, how many windows, their sizes, steps and gaps; and the
    elements of a row.
    """
    facts = table_at(table[0])
    width = facts[15]
    for item in range(lo, hi):
        {PLACE.strip()}
        target = table[2] + item * width * {{size}}
        for z in range(width):
            store_{{code}}(target, z, {{code}}(0))
        {OVERLAPPING.strip()}
                    source = table[1] + row * width * {{size}}
                    for z in range(width):
                        total = reload_{{code}}(target, z) + load_{{code}}(source, z)
                        store_{{code}}(target, z, {{code}}(total))
'''

TYPED = {
    **scatters(SCATTER), "slide": SLIDE, "search": SEARCH, "interp": INTERP, "fold": FOLD,
}  # fmt: skip
"""Routines that compare or reckon, and so are compiled for each dtype."""
