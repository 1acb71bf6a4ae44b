"""Routines of the CUDA target that reckon, each a text with a place for a dtype. Otherwise as
`routines.py`; facts and operands are those of the CPU's, in `ngrad_kernels/typed.py`.
"""

from __future__ import annotations

from ngrad_kernels.cuda.pools import POOLS
from ngrad_kernels.pools import PLACE
from ngrad_kernels.slides import APART, LINES, WINDOW, indented
from ngrad_kernels.typed import BETWEEN, HALVING, OVERLAPPING, scatters

PARTS = """
    words = table_at(facts)
    rows, count, width, sharing = words[0], words[1], words[2], words[3]
    tiles = (width + 63) // 64
    batches = n // (words[4] * words[5])
    lane, groups = thread_index() % 16, thread_count() // 16
    parts = max(1, min(rows, groups // max(1, batches * tiles)))
    unit = thread_index() // 16
    while unit < batches * parts * tiles:
        tile = unit % tiles
        part = (unit // tiles) % parts
        batch = unit // (tiles * parts)
        first, last = rows * part // parts, rows * (part + 1) // parts
        begin, end = tile * 64 + lane, min(width, tile * 64 + 64)
        index = a1 + batch // sharing * count * 8
"""

SCATTER = '''
def scatter_NAME_{code}(facts, n, a0, a1, a2):
    """Join rows, of each element of the result in the order of m.

    A group has a part of the rows of a batch and a tile of 64 columns; it reads every index, and
    joins what falls into its part. How many parts there are follows from the number of threads, and
    changes no bit.
    """
    PARTS
        for start in range(0, count, 16):
            m = start + lane
            at = i8(-1)
            if m < count:
                at = load_i8(index, m)
                at = at + rows if at < 0 else at
            hits = ballot(first <= at and at < last)
            if hits != 0:
                for k in range(16):
                    if (hits >> k) & 1:
                        row = shuffle(at, k)
                        source = a0 + (batch * count + start + k) * width * {size}
                        target = a2 + (batch * rows + row) * width * {size}
                        for j in range(begin, end, 16):
                            here, comes = reload_{code}(target, j), load_{code}(source, j)
                            store_{code}(target, j, {code}(JOINED))
        unit += groups
'''.replace("PARTS", PARTS.strip())

OTHERS = '''
def others_{code}(facts, n, a0, a1, a2, a3):
    """Products of the others: groups share them as they share a scatter's rows. A thread has the
    same columns throughout, so it waits for no other.
    """
    PARTS
        for turn in range(2):
            for row in range(first, last):
                state = a2 + (batch * rows + row) * width * {size}
                for j in range(begin, end, 16):
                    store_{code}(state, j, {code}(1))
            for start in range(0, count, 16):
                m = start + lane
                at = i8(-1)
                if m < count:
                    at = load_i8(index, count - 1 - m if turn else m)
                    at = at + rows if at < 0 else at
                hits = ballot(first <= at and at < last)
                if hits != 0:
                    for k in range(16):
                        if (hits >> k) & 1:
                            row = shuffle(at, k)
                            m = count - 1 - start - k if turn else start + k
                            place = (batch * count + m) * width * {size}
                            state = a2 + (batch * rows + row) * width * {size}
                            for j in range(begin, end, 16):
                                far = reload_{code}(state, j)
                                near = reload_{code}(a3 + place, j) if turn else {code}(1)
                                store_{code}(a3 + place, j, {code}(near * far))
                                store_{code}(state, j, {code}(far * load_{code}(a0 + place, j)))
        unit += groups
'''.replace("PARTS", PARTS.strip())

SLIDE = f'''
def slide_{{code}}(words, n, a0, a1, a2):
    """Sums of products of what windows show and weights: a thread for each element."""
    facts = table_at(words)
    extent, size, width = facts[2], facts[8], facts[21]
    place = thread_index()
    while place < n * width:
        item = place // width
        channel = place % width
        {WINDOW}
        total = {{code}}(0)
        for p in range(facts[6]):
            {indented(12, LINES)}
                line = {{code}}(0) if size >= {APART} else total
                for r in range(first, last):
                    at = k * facts[11] + r * facts[14] - facts[20]
                    s = at // facts[17]
                    if at < 0 or s * facts[17] != at or s >= extent:
                        continue
                    x = load_{{code}}(a0, (row + s) * width + channel)
                    w = load_{{code}}(a1, batch * facts[22] + (tap + r) * width + channel)
                    line = {{code}}(line + product_{{code}}(x, w))
                total = {{code}}(total + line) if size >= {APART} else line
        store_{{code}}(a2, place, total)
        place += thread_count()
'''

SEARCH = f'''
def search_{{code}}(facts, n, a0, a1, a2):
    """How many elements of a sorted row come before each value: a thread for each."""
    words = table_at(facts)
    long, count, right = words[0], words[1], words[2]
    item = thread_index()
    while item < n:
        row = a0 + item // count * long * {{size}}
        value = load_{{code}}(a1, item)
        {HALVING.strip()}
        store_i8(a2, item, first)
        item += thread_count()
'''

INTERP = f'''
def interp_{{code}}(facts, n, a0, a1, a2, a3):
    """The piecewise linear function through points of a row: a thread for each value."""
    words = table_at(facts)
    count, long = words[0], words[1]
    item = thread_index()
    while item < n:
        at = item // words[2] * count * {{size}}
        value, places, values = load_{{code}}(a0, item), a1 + at, a2 + at
        {BETWEEN.strip()}
        store_{{code}}(a3, item, found)
        item += thread_count()
'''

FOLD = f'''
def fold_{{code}}(words, n, a0, a1):
    """Sums of what overlaps, of each row of the result: a thread for each element."""
    facts = table_at(words)
    width = facts[15]
    at = thread_index()
    while at < n * width:
        item = at // width
        {PLACE.strip()}
        total = {{code}}(0)
        {OVERLAPPING.strip()}
                    total = {{code}}(total + load_{{code}}(a0 + row, at % width))
        store_{{code}}(a1, at, total)
        at += thread_count()
'''

TYPED = {
    **scatters(SCATTER), "others": OTHERS, "slide": SLIDE, "search": SEARCH, "interp": INTERP,
    "fold": FOLD, **POOLS,
}  # fmt: skip
