"""Pooling, each routine a text with a place for a dtype: the largest element, or the mean, of each
window of a batch of rows, and what gives that back to the rows that windows show. Otherwise as
`typed.py`.

Facts of all, of three axes each: extents, how many windows, their sizes, steps, and how many
elements of the first window lie before an axis; then the elements of a row; and the bits of what no
element is less than. What a window has beyond an axis counts for nothing.
"""

from __future__ import annotations

import re
from textwrap import dedent, indent

LINE = 2048
"""Elements of lines that are joined before windows are told apart: the nearest cache has room."""
TILE = 1024
"""Elements of a result that are at work at a time."""
SHORT = 256
"""Elements of rows whose windows a table tells."""
LONG = 16
"""Elements of a window's part of a line that make a loop; of fewer, windows side by side do."""

JOINED = {"max": "select((here >= comes) | (here != here), here, comes)", "mean": "here + comes"}
"""What becomes of two elements of a window."""
IDENTITY = {"max": "load_{code}(words + 128, 0)", "mean": "{code}(0)"}
"""What changes nothing that it is joined with."""
GIVEN = {"ties": "{code}(1)", "hits": "load_{code}(given + at, AT)"}
"""What an element counts for, if it is the one that its window shows."""

FACTS = """
    facts = table_at(words)
    extent, size, step, lead, width = facts[2], facts[8], facts[11], facts[14], facts[15]
"""


PLACE = """
        k = item % facts[2]
        rest = item // facts[2]
        j = rest % facts[1]
        rest = rest // facts[1]
        i = rest % facts[0]
        batch = rest // facts[0]
"""
"""Where an item stands: in a batch, and along three axes."""
ONWARDS = """
        item, k = item + count, k + count
        if k == facts[2]:
            k, j = 0, j + 1
            if j == facts[1]:
                j, i = 0, i + 1
                if i == facts[0]:
                    i, batch = 0, batch + 1
"""
"""The item that is `count` further along a line, or begins the next one: without a division, which
takes as long as ten elements.
"""


def of_windows(text: str) -> str:
    """The same of windows, where extents are their counts."""
    for axis in (2, 1, 0):
        text = text.replace(f"facts[{axis}]", f"facts[{axis + 3}]")
    return text


PART = """
        above, left = i * facts[9] - facts[12], j * facts[10] - facts[13]
        first_p, last_p = max(0, -above), min(facts[6], facts[0] - above)
        first_q, last_q = max(0, -left), min(facts[7], facts[1] - left)
"""
"""Where a window begins, and what of it there is, along the first two axes."""

LINES = """
        a = (i + facts[12]) // facts[9] + 1
        p = i + facts[12] - a * facts[9]
        while p + facts[9] < facts[6]:
            a, p = a - 1, p + facts[9]
            if a < 0 or a >= facts[3]:
                continue
            b = (j + facts[13]) // facts[10] + 1
            q = j + facts[13] - b * facts[10]
            while q + facts[10] < facts[7]:
                b, q = b - 1, q + facts[10]
                if b < 0 or b >= facts[4]:
                    continue
                line = ((batch * facts[3] + a) * facts[4] + b) * facts[5]
"""
"""The lines of windows that show a row, in the order of where in a window it stands."""

POOL = '''
def pool_NAME_{code}(table, lo, hi):
    """What the elements of each window make together. Item: a row of the result.

    Lines that windows have in common are joined first, element by element, and what windows show
    of that then, both in order.
    """
    words = table[0]
    FACTS
    line, after, item = stack_words(LINE), extent * width * {size}, lo
    most, part, several = width, size, 0
    if size * width <= LINE:
        several = (LINE // width - size) // step + 1
    else:
        most, several = min(width, LINE // LONG), 1
        part = min(size, LINE // most)
    WINDOW
    while item < hi:
        PART
        windows = min(facts[5] - k, hi - item, several)
        for begin in range(0, width, most):
            wide = min(most, width - begin)
            nbytes, target = wide * {size}, table[2] + (item * width + begin) * {size}
            for z in range(windows * wide):
                store_{code}(target, z, IDENTITY)
            for passed in range(0, size, part):
                many = min(part, size - passed)
                start, rows = k * step - lead + passed, (windows - 1) * step + many
                low = min(rows, max(0, -start))
                high = max(low, min(rows, extent - start))
                for z in range(low * wide):
                    store_{code}(line, z, IDENTITY)
                for z in range((rows - high) * wide):
                    store_{code}(line + high * nbytes, z, IDENTITY)
                pieces, piece = high - low, wide
                if wide == width:
                    pieces, piece = 1, piece * pieces
                fresh = True
                for p in range(first_p, last_p):
                    q = first_q
                    while q < last_q:
                        two = fresh and q + 1 < last_q
                        row = (batch * facts[0] + above + p) * facts[1] + left + q
                        row = row * extent + start + low
                        source = table[1] + (row * width + begin) * {size}
                        place = line + low * nbytes
                        for _ in range(pieces):
                            if two:
                                for z in range(piece):
                                    here = load_{code}(source, z)
                                    comes = load_{code}(source + after, z)
                                    store_{code}(place, z, {code}(JOINED))
                            elif fresh:
                                for z in range(piece):
                                    store_{code}(place, z, load_{code}(source, z))
                            else:
                                for z in range(piece):
                                    here, comes = reload_{code}(place, z), load_{code}(source, z)
                                    store_{code}(place, z, {code}(JOINED))
                            source, place = source + width * {size}, place + nbytes
                        fresh, q = False, q + (2 if two else 1)
                if fresh:
                    for z in range((high - low) * wide):
                        store_{code}(line + low * nbytes, z, IDENTITY)
                if many * wide >= LONG:
                    for c in range(windows):
                        place, source = target + c * nbytes, line + c * step * nbytes
                        for r in range(many):
                            for z in range(wide):
                                here, comes = reload_{code}(place, z), reload_{code}(source, z)
                                store_{code}(place, z, {code}(JOINED))
                            source += nbytes
                    continue
                for r in range(many):
                    for z in range(wide):
                        place, source = target + z * {size}, line + r * nbytes + z * {size}
                        for c in range(windows):
                            here = reload_{code}(place, c * wide)
                            comes = reload_{code}(source, c * step * wide)
                            store_{code}(place, c * wide, {code}(JOINED))
            FINISHED
        WINDOWS_ON
'''

DIVIDED = """
            there = max(0, last_p - first_p) * max(0, last_q - first_q)
            start = k * step - lead
            same = start >= 0 and start + (windows - 1) * step + size <= extent
            for c in range(1 if same else windows):
                first = start + c * step
                seen = max(0, min(size, extent - first) - max(0, -first))
                count, place = {code}(there * seen), target + c * nbytes
                for z in range(windows * wide if same else wide):
                    store_{code}(place, z, {code}(reload_{code}(place, z) / count))
"""

CHOSEN = '''
def pool_NAME_{code}(table, lo, hi):
    """The sum of what elements count for that are what their window shows. Item: a window's row."""
    words, given, source = table[0], table[1], table[INPUT]
    FACTS
    several, hop, item = max(1, TILE // width), step * width, lo
    ends, told_k, told = table_at(stack_words(TWICE)), -1, 0
    WINDOW
    while item < hi:
        PART
        windows = min(facts[5] - k, hi - item, several)
        if size * width < LONG and (k != told_k or windows != told):
            told_k, told = k, windows
            for r in range(size):
                start = k * step - lead + r
                ends[2 * r] = max(0, (step - 1 - start) // step)
                ends[2 * r + 1] = min(windows, (extent - 1 - start) // step + 1)
        for begin in range(0, width, TILE):
            wide = min(TILE, width - begin)
            offset = (item * width + begin) * {size}
            shown, target = table[SHOWN] + offset, table[OUTPUT] + offset
            for z in range(windows * wide):
                store_{code}(target, z, {code}(0))
            for p in range(first_p, last_p):
                for q in range(first_q, last_q):
                    row = (batch * facts[0] + above + p) * facts[1] + left + q
                    row = row * extent + k * step - lead
                    if size * width >= LONG:
                        for c in range(windows):
                            start, far = (k + c) * step - lead, c * wide * {size}
                            first, last = max(0, -start), min(size, extent - start)
                            at = ((row + c * step + first) * width + begin) * {size}
                            for r in range(last - first):
                                for z in range(wide):
                                    hit = load_{code}(source + at, z) == load_{code}(shown + far, z)
                                    value = select(hit, GIVEN[z], {code}(0))
                                    total = reload_{code}(target + far, z) + value
                                    store_{code}(target + far, z, {code}(total))
                                at += width * {size}
                        continue
                    for r in range(size):
                        first, last = ends[2 * r], ends[2 * r + 1]
                        for z in range(wide):
                            at = ((row + r + first * step) * width + z) * {size}
                            far = (first * wide + z) * {size}
                            for c in range(last - first):
                                here = load_{code}(source + at, c * hop)
                                hit = here == load_{code}(shown + far, c * wide)
                                value = select(hit, GIVEN[c * hop], {code}(0))
                                total = reload_{code}(target + far, c * wide) + value
                                store_{code}(target + far, c * wide, {code}(total))
        WINDOWS_ON
'''

UNPOOL = '''
def unpool_NAME_{code}(table, lo, hi):
    """Of each row, the sum of what windows that show it give back, in the order of where in a
    window it stands. Item: such a row.

    Where lines of windows are narrow, a table says which of them shows an element, from the last
    such window on: as many rounds as windows overlap.
    """
    words, given = table[0], table[1]
    FACTS
    narrow, room, item = size * width < LONG, max(1, TILE // width), lo
    several = max(1, (SHORT if narrow else TILE) // width)
    shows, told_k, told, rounds = stack_words(SHOWS), -1, 0, 0
    BEFORE
    ROW
    while item < hi:
        count = min(extent - k, hi - item, several)
        first_c = max(0, (k + lead - size + step) // step)
        last_c = min(facts[5], (k + count - 1 + lead) // step + 1)
        if narrow and (k != told_k or count != told):
            told_k, told = k, count
            rounds, at = 0, shows
            while rounds * step < size:
                c = (k + lead) // step
                r, c = k + lead - c * step, c - rounds
                for _ in range(count):
                    lies = r + rounds * step < size and c >= 0 and c < facts[5]
                    for z in range(width):
                        store_i2(at, z, i2((c - first_c) * width + z if lies else -1))
                    r, at = r + 1, at + 2 * width
                    if r == step:
                        r, c = 0, c + 1
                rounds += 1
        for begin in range(0, width, TILE):
            wide = min(TILE, width - begin)
            nbytes, target = wide * {size}, table[OUTPUT] + (item * width + begin) * {size}
            for z in range(count * wide):
                store_{code}(target, z, {code}(0))
            AHEAD
            LINES
                    end = last_c
                    while end > first_c:  # the last of windows comes to a row first
                        c0 = max(first_c, end - room)
                        windows = end - c0
                        offset = ((line + c0) * width + begin) * {size}
                        SHARES
                        end, place, far = c0, target, 0
                        if narrow:
                            for turn in range(rounds):
                                at = shows + turn * count * width * 2
                                for z in range(count * width):
                                    window = i8(reload_i2(at, z))
                                    which = max(window, 0)
                                    value = select(window >= 0, VALUE[z, which], {code}(0))
                                    store_{code}(place, z, {code}(reload_{code}(place, z) + value))
                            continue
                        for c in range(windows - 1, -1, -1):
                            start = (c0 + c) * step - lead - k
                            first, last = max(0, -start), min(size, count - start)
                            far, place = c * nbytes, target + (start + first) * nbytes
                            if width == 1:
                                for z in range(last - first):
                                    total = reload_{code}(place, z) + VALUE[z, 0]
                                    store_{code}(place, z, {code}(total))
                                continue
                            for r in range(last - first):
                                for z in range(wide):
                                    total = reload_{code}(place, z) + VALUE[z, z]
                                    store_{code}(place, z, {code}(total))
                                place += nbytes
        ROWS_ON
'''

MEANS = """
                        start = c0 * step - lead
                        same = start >= 0 and start + (windows - 1) * step + size <= extent
                        above, left = a * facts[9] - facts[12], b * facts[10] - facts[13]
                        there = min(facts[6], facts[0] - above) - max(0, -above)
                        there *= min(facts[7], facts[1] - left) - max(0, -left)
                        for c in range(1 if same else windows):
                            first = start + c * step
                            seen = {code}(there * (min(size, extent - first) - max(0, -first)))
                            far = c * nbytes
                            for z in range(windows * wide if same else wide):
                                share = load_{code}(given + offset + far, z) / seen
                                store_{code}(shares + far, z, {code}(share))
"""
"""What windows give back to each element of which they are the mean."""

AHEAD = """
            for z in range(0, count * nbytes, 64):
                fetch_ahead(target + across + count * nbytes + z)
"""
"""Rows are read from the last on, which the processor does not guess: it is told what comes."""

VALUES = {
    "mean": "reload_{code}(shares + far, SEEN)",
    "hits": "select(load_{code}(place + across, AT) == load_{code}(shown + far, SEEN), "
    "load_{code}(share + far, SEEN), {code}(0))",
}
"""What a window gives to an element: its place among windows, and the element's among rows."""


def pool(name: str, text: str) -> str:
    """The routine that joins all elements of a window."""
    text = text.replace("IDENTITY", IDENTITY[name]).replace("JOINED", JOINED[name])
    return text.replace("NAME", name)


def chosen(name: str, text: str) -> str:
    """The routine that adds up what elements count for, of those that a window shows."""
    text = re.sub(r"GIVEN\[(.*?)\]", lambda at: GIVEN[name].replace("AT", at[1]), text)
    return text.replace("NAME", name)


def unpool(name: str, text: str) -> str:
    """The routine that gives back."""

    def value(at: re.Match[str]) -> str:
        return VALUES[name].replace("AT", at[1]).replace("SEEN", at[2])

    return re.sub(r"VALUE\[(.*?), (.*?)\]", value, text).replace("NAME", name)


COMMON = {
    "FACTS": FACTS, "PART": PART, "LINES": LINES,
    "ROWS_ON": ONWARDS, "ROW": PLACE,
    "WINDOWS_ON": of_windows(ONWARDS).replace("count", "windows"), "WINDOW": of_windows(PLACE),
}  # fmt: skip
NUMBERS = {
    "LINE": LINE, "TILE": TILE, "SHORT": SHORT, "LONG": LONG, "TWICE": 2 * LONG,
    "SHOWS": SHORT * LONG // 4,
}  # fmt: skip


def whole(text: str, **parts: str) -> str:
    """A text with what these have in common, and other parts: lines of their own, or words."""
    for name, part in {**COMMON, **parts}.items():
        lines = dedent(part).strip("\n")
        for margin in set(re.findall(f"^( *){name}$", text, re.MULTILINE)):
            text = text.replace(f"\n{margin}{name}\n", f"\n{indent(lines, margin)}\n")
        text = text.replace(name, part)
    for name, number in NUMBERS.items():
        text = text.replace(name, str(number))
    return text


POOLS = {
    "pool_max": pool("max", whole(POOL, FINISHED="")),
    "pool_mean": pool("mean", whole(POOL, FINISHED=DIVIDED)),
    "pool_ties": chosen("ties", whole(CHOSEN, SHOWN="1", INPUT="2", OUTPUT="3")),
    "pool_hits": chosen("hits", whole(CHOSEN, SHOWN="2", INPUT="3", OUTPUT="4")),
    "unpool_mean": unpool(
        "mean",
        whole(
            UNPOOL, BEFORE="shares = stack_words(TILE)", AHEAD="", SHARES=MEANS, OUTPUT="2"
        ),
    ),
    "unpool_hits": unpool(
        "hits",
        whole(
            UNPOOL, BEFORE="across = table[3] - table[4]", AHEAD=AHEAD,
            SHARES="share, shown = given + offset, table[2] + offset", OUTPUT="4",
        ),
    ),
}  # fmt: skip
"""The routines of pooling, for `typed.TYPED`."""
