"""Shared routines that reckon, each a text with a place for a dtype: scatters, searches, the
largest elements, interpolation and the folding of windows. Otherwise as `skeletons.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from ngrad_kernels.pools import PLACE, POOLS
from ngrad_kernels.slides import SLIDE

JOINED = {
    "add": "here + comes",
    "multiply": "here * comes",
    "max": "select((here >= comes) | (here != here), here, comes)",
    "min": "select((here <= comes) | (here != here), here, comes)",
}
"""What becomes of an element of a result by one that comes to it: a NaN stays."""

PARTS = """
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
"""

SCATTER = '''
def scatter_NAME_{code}(table, lo, hi):
    """Join rows: out[b, index[b, m]] with g[b, m], m in order. Item: (batch, part of the rows, tile
    of a row).

    Each part owns a range of rows of the output and reads every index, so the order in which an
    element is joined is that of m, whatever the number of threads. Facts: rows, indices a batch,
    elements a row, how many batches in a row have the same indices, parts, tiles.
    """
    PARTS
        if width == 1 and parts == 1:
            source, target = table[1] + batch * count * {size}, table[3] + batch * rows * {size}
            for m in range(count):
                at = load_i8(index, m)
                at = at + rows if at < 0 else at
                if u8(at) < u8(rows):
                    here, comes = reload_{code}(target, at), load_{code}(source, m)
                    store_{code}(target, at, {code}(JOINED))
            continue
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
'''.replace("PARTS", PARTS.strip())


def scatters(text: str, joined: Mapping[str, str] = JOINED) -> dict[str, str]:
    """The routines that join rows, of one text."""
    return {
        f"scatter_{name}": text.replace("NAME", name).replace("JOINED", how)
        for name, how in joined.items()
    }


OTHERS = '''
def others_{code}(table, lo, hi):
    """For each row, the product of the others at its index: of those before it, then of those
    behind. Item, facts and parts are those of a scatter; its result is memory to reckon in.
    """
    PARTS
        for turn in range(2):
            for row in range(first, last):
                state = table[3] + ((batch * rows + row) * width + begin) * {size}
                for j in range(end - begin):
                    store_{code}(state, j, {code}(1))
            if width == 1 and parts == 1:
                begun = batch * count * {size}
                source, target = table[1] + begun, table[4] + begun
                state = table[3] + batch * rows * {size}
                for k in range(count):
                    m = count - 1 - k if turn else k
                    at = load_i8(index, m)
                    at = at + rows if at < 0 else at
                    if u8(at) < u8(rows):
                        far = reload_{code}(state, at)
                        near = reload_{code}(target, m) if turn else {code}(1)
                        store_{code}(target, m, {code}(near * far))
                        store_{code}(state, at, {code}(far * load_{code}(source, m)))
                continue
            for k in range(count):
                m = count - 1 - k if turn else k
                at = load_i8(index, m)
                at = at + rows if at < 0 else at
                if at < first or at >= last:
                    continue
                place = ((batch * count + m) * width + begin) * {size}
                source, target = table[1] + place, table[4] + place
                state = table[3] + ((batch * rows + at) * width + begin) * {size}
                for j in range(end - begin):
                    far = reload_{code}(state, j)
                    near = reload_{code}(target, j) if turn else {code}(1)
                    store_{code}(target, j, {code}(near * far))
                    store_{code}(state, j, {code}(far * load_{code}(source, j)))
'''.replace("PARTS", PARTS.strip())

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

SIFT = """
        while 2 * at + 1 < end:
            below = 2 * at + 1
            place = reload_i8(heap, below)
            value = load_{code}(row, place)
            if below + 1 < end:
                other = reload_i8(heap, below + 1)
                beside = load_{code}(row, other)
                if OTHER_FIRST:
                    below, place, value = below + 1, other, beside
            other = moved
            beside = sifted
            if OTHER_FIRST:
                break
            store_i8(heap, at, place)
            at = below
        store_i8(heap, at, moved)
""".replace(
    "OTHER_FIRST",
    "precedes(beside, value) or (value != value and beside == beside)"
    " or (other > place and (beside == value or (beside != beside and value != value)))",
)
"""Put a place where it belongs in a heap of `end` places, from `at` down; the root is that of the
least element, of equal ones of the last. `sifted` is the element at the place that is `moved`.
"""


def _sift(indent: int) -> str:
    return SIFT.strip().replace("\n", "\n" + " " * indent)


LARGEST = f'''
def largest_{{code}}(table, lo, hi):
    """Where the largest elements of rows stand, the largest first, equal ones in order; NaN is the
    largest. Item: a row.

    A heap holds the largest so far, and its root is left for what is larger. Facts: elements of a
    row, how many are wanted.
    """
    facts = table_at(table[0])
    long, count = facts[0], facts[1]
    for item in range(lo, hi):
        row, heap = table[1] + item * long * {{size}}, table[2] + item * count * 8
        for k in range(count):
            store_i8(heap, k, k)
        for k in range(count // 2):
            at, end = count // 2 - 1 - k, count
            moved = at
            sifted = load_{{code}}(row, moved)
            {_sift(4)}
        least = load_{{code}}(row, reload_i8(heap, 0))
        for k in range(count, long):
            sifted = load_{{code}}(row, k)
            if precedes(least, sifted) or (sifted != sifted and least == least):
                at, end, moved = 0, count, k
                {_sift(8)}
                least = load_{{code}}(row, reload_i8(heap, 0))
        for k in range(count - 1):
            end = count - 1 - k
            moved = reload_i8(heap, end)
            store_i8(heap, end, reload_i8(heap, 0))
            at, sifted = 0, load_{{code}}(row, moved)
            {_sift(4)}
'''

SETTLE = '''
def settle_{code}(table, lo, hi):
    """Have equal elements stand as they did, in rows of places that are in the order of elements.
    Item: a row. Facts: elements of a row.

    To put n of them in order among themselves takes n * n / 4 steps, and to find them all of a row.
    """
    long = table_at(table[0])[0]
    for item in range(lo, hi):
        row, places = table[1] + item * long * {size}, table[2] + item * long * 8
        first, value = 0, load_{code}(row, reload_i8(places, 0))
        for k in range(1, long + 1):
            other = value
            if k < long:
                other = load_{code}(row, reload_i8(places, k))
                if same(value, other):
                    continue
            if (k - first) * (k - first) > 4 * long:
                at = first
                for j in range(long):
                    if same(value, load_{code}(row, j)):
                        store_i8(places, at, j)
                        at += 1
            else:
                for i in range(first + 1, k):
                    place, at = reload_i8(places, i), i
                    while at > first and reload_i8(places, at - 1) > place:
                        store_i8(places, at, reload_i8(places, at - 1))
                        at -= 1
                    store_i8(places, at, place)
            first, value = k, other
'''

IN_ORDER = '''
def NAME_{code}(table, lo, hi):
    """Short rows in order, RESULT; equal elements stay as they were, and NaN is the largest.
    Item: a row. Facts: elements of a row, and whether the order descends.

    Each is put among those before it, which takes n * n / 4 steps.
    """
    facts = table_at(table[0])
    long, falls = facts[0], facts[1]
    for item in range(lo, hi):
        row, target = table[1] + item * long * {size}, table[2] + item * long * WIDTH
        for k in range(long):
            value, at = load_{code}(row, k), k
            while at > 0:
                other = OTHER
                first, last = (other, value) if falls else (value, other)
                if not (precedes(first, last) or (last != last and first == first)):
                    break
                store_KIND(target, at, reload_KIND(target, at - 1))
                at -= 1
            store_KIND(target, at, OWN)
'''


def _in_order(name: str, what: str, kind: str, width: str, other: str, own: str) -> str:
    text = IN_ORDER.replace("NAME", name).replace("RESULT", what).replace("WIDTH", width)
    return text.replace("KIND", kind).replace("OTHER", other).replace("OWN", own)


PLACES = "load_{code}(row, reload_i8(target, at - 1))"
ORDERED = _in_order("ordered", "where they stand", "i8", "8", PLACES, "k")
ARRANGED = _in_order(
    "arranged", "themselves", "{code}", "{size}", "reload_{code}(target, at - 1)", "value"
)

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
                    row = batch * facts[16] + a // facts[9] * facts[17] + p * facts[20]
                    row += b // facts[10] * facts[18] + q * facts[21]
                    row += c // facts[11] * facts[19] + r * facts[22]
"""
"""Where the rows of windows begin that show the element there, in the order of where in a window
they stand.
"""

AHEAD = 1 << 12
"""Bytes from what a fold reads to what it will: what it reads of windows that overlap is in pieces,
and the processor does not guess which come next.
"""

FOLD = f'''
def fold_{{code}}(table, lo, hi):
    """Sums of what overlaps: of each row of the result, the rows of windows that show it, in the
    order of where in a window they stand. Item: such a row.

    Of some rows of a line along the last axis, or of whole lines, windows are read one after the
    other, from the last on: so they come to each row in that order. Facts, of three axes each:
    extents, how many windows, their sizes, steps and gaps; the elements of a row; and how windows
    lie, by the bytes from a batch to the next, for each axis from a window to the next, and for
    each within a window.
    """
    facts = table_at(table[0])
    size, step, gap, width = facts[8], facts[11], facts[14], facts[15]
    nbytes, hop = width * {{size}}, facts[22]
    # Neighbours in a window are neighbours in a line, if there are no gaps.
    together = size if gap == 1 and hop == nbytes else 1
    ahead = max(1, {AHEAD} // max(1, facts[19])) * facts[19]
    item = lo
    while item < hi:
        {PLACE.strip()}
        lines, count = 1, min(facts[2] - k, hi - item)
        if count == facts[2]:
            lines = min(facts[1] - j, (hi - item) // count)
        target = table[2] + item * nbytes
        for z in range(lines * count * width):
            store_{{code}}(target, z, {{code}}(0))
        first_b = max(0, (j - (facts[7] - 1) * facts[13] + facts[10] - 1) // facts[10])
        first_c = max(0, (k - (size - 1) * gap + step - 1) // step)
        last_b = min(facts[4], (j + lines - 1) // facts[10] + 1)
        last_c = min(facts[5], (k + count - 1) // step + 1)
        for p in range(facts[6]):
            a = i - p * facts[12]
            if a < 0 or a % facts[9] or a // facts[9] >= facts[3]:
                continue
            slab = table[1] + batch * facts[16] + a // facts[9] * facts[17] + p * facts[20]
            for b in range(last_b - 1, first_b - 1, -1):
                for c in range(last_c - 1, first_c - 1, -1):
                    window = slab + b * facts[18] + c * facts[19]
                    for q in range(facts[7]):
                        line = b * facts[10] + q * facts[13] - j
                        if line < 0 or line >= lines:
                            continue
                        for r in range(0, size, together):
                            at = c * step - k + r * gap
                            low, high = max(0, -at), min(together, count - at)
                            source = window + q * facts[21] + (r + low) * hop
                            place = target + (line * count + at + low) * nbytes
                            for z in range(0, (high - low) * nbytes, 64):
                                fetch_ahead(source - ahead + z)
                            for z in range((high - low) * width):
                                total = reload_{{code}}(place, z) + load_{{code}}(source, z)
                                store_{{code}}(place, z, {{code}}(total))
        item += lines * count
'''

TYPED = {
    **scatters(SCATTER, JOINED | {"put": "comes"}), "others": OTHERS, "slide": SLIDE,
    "search": SEARCH, "interp": INTERP, "largest": LARGEST, "settle": SETTLE, "fold": FOLD,
    "ordered": ORDERED, "arranged": ARRANGED, **POOLS,
}  # fmt: skip
"""Routines that compare or reckon, and so are compiled for each dtype."""
