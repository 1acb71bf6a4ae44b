"""Filters that slide over axes, a text with a place for a dtype: sums of products of what a window
shows of an input and the weights of a filter, for each channel by itself. Otherwise as `typed.py`.

Facts of all, of three axes each: extents of the input, how many windows, their sizes, steps, gaps
within a window, the holes of an input whose elements lie so far apart, and how far the first window
begins before the input. Then the channels, and elements from one filter of a batch to the next (0:
there is one for all). Then, along the last axis: how many windows there are from one that has an
element at some place to the next such, and how many elements on that is; and likewise for the
places of a window. Then how many batches there are, and places of a part: of windows that have more
along the last axis, there is a result for each part, one behind the other.
"""

from __future__ import annotations

from ngrad_kernels.pools import PLACE, TILE, of_windows

LONG = 16
"""Channels that make a loop; of fewer, windows side by side do."""
APART = 32
"""From so long windows on, what a line of one gives is added up by itself, which rounds less."""
PART = 1 << 12
"""Places of the last axis that are added up by themselves, where there are more: by any thread."""

WINDOW = f"""
{of_windows(PLACE).strip()}
        first = batch // facts[27] * facts[28]
        batch, last = batch % facts[27], min(size, first + facts[28])
""".strip()
LINES = """
at = i * facts[9] + p * facts[12] - facts[18]
a = at // facts[15]
if at < 0 or a * facts[15] != at or a >= facts[0]:
    continue
for q in range(facts[7]):
    at = j * facts[10] + q * facts[13] - facts[19]
    b = at // facts[16]
    if at < 0 or b * facts[16] != at or b >= facts[1]:
        continue
    row = ((batch * facts[0] + a) * facts[1] + b) * extent
    tap = (p * facts[7] + q) * size
"""
"""Of the places of a window along the first two axes, those that have elements: which rows begin
there, of the input and of the weights.
"""


def indented(margin: int, text: str) -> str:
    """A text that stands so far to the right, but for its first line."""
    return text.strip().replace("\n", "\n" + " " * margin).replace("APART", str(APART))


def _met(k: str, move: str, start: str, count: str, fact: int) -> str:
    """Of some windows, or places of a window, the first that has an element, which one that is, and
    how many have one.
    """
    return f"""
{k} = max({start}, ({move} - 1 - at) // {move})
end = min({count}, {k} + facts[{fact}])
s = (at + {k} * {move}) // hole
while {k} < end and s * hole != at + {k} * {move}:
    {k} += 1
    s = (at + {k} * {move}) // hole
if {k} >= end or s >= extent:
    continue
seen = min(({count} - 1 - {k}) // facts[{fact}], (extent - 1 - s) // facts[{fact + 1}]) + 1
"""


SHORT = """
place = line if size >= APART else target
if size >= APART:
    for z in range(windows * part):
        store_{code}(line, z, {code}(0))
after = first
while after < last:
    r, after = after, after + 1
    at = k * step + r * gap - lead
    if step == 1 and hole == 1:
        if width == 1 and at >= 0 and r + 4 <= last and at + 3 * gap + windows <= extent:
            source, far, weight = rows + at * {size}, gap * {size}, weights + r * {size}
            for z in range(windows):
                total = reload_{code}(place, z)
                more = product_{code}(load_{code}(source, z), load_{code}(weight, 0))
                total = {code}(total + more)
                more = product_{code}(load_{code}(source + far, z), load_{code}(weight, 1))
                total = {code}(total + more)
                more = product_{code}(load_{code}(source + 2 * far, z), load_{code}(weight, 2))
                total = {code}(total + more)
                more = product_{code}(load_{code}(source + 3 * far, z), load_{code}(weight, 3))
                store_{code}(place, z, {code}(total + more))
            after = r + 4
            continue
        c = max(0, -at)
        s = at + c
        seen = min(windows - c, extent - s)
        if seen <= 0:
            continue
    else:
        MET
    turn, hop = facts[23] * width, facts[24] * width
    for y in range(width):
        weight = load_{code}(weights, r * width + y)
        source, far = rows + (s * width + y) * {size}, place + (c * width + y) * {size}
        if turn == 1 and hop == 1:
            for z in range(seen):
                more = product_{code}(load_{code}(source, z), weight)
                store_{code}(far, z, {code}(reload_{code}(far, z) + more))
            continue
        for z in range(seen):
            more = product_{code}(load_{code}(source, z * hop), weight)
            store_{code}(far, z * turn, {code}(reload_{code}(far, z * turn) + more))
if size >= APART:
    for z in range(windows * part):
        store_{code}(target, z, {code}(reload_{code}(target, z) + reload_{code}(line, z)))
""".replace("MET", indented(8, _met("c", "step", "0", "windows", 23)))
"""Of few channels: one place of all windows after the other, mostly without a division; of one
channel four, which are added to a sum while it is at hand.
"""

MANY = """
for c in range(windows):
    at = (k + c) * step - lead
    r, s, seen = first, at + first * gap, last - first
    if hole != 1 or s < 0 or at + (last - 1) * gap >= extent:
        MET
    weight, source = weights + r * nbytes, rows + (s * width + begin) * {size}
    turn, hop = facts[25] * nbytes, facts[26] * nbytes
    far = target + c * nbytes
    place = line if size >= APART else far
    if size >= APART:
        for z in range(part):
            store_{code}(line, z, {code}(0))
    while seen >= 3:
        for z in range(part):
            total = reload_{code}(place, z)
            more = product_{code}(load_{code}(source, z), load_{code}(weight, z))
            total = {code}(total + more)
            more = product_{code}(load_{code}(source + hop, z), load_{code}(weight + turn, z))
            total = {code}(total + more)
            more = product_{code}(
                load_{code}(source + 2 * hop, z), load_{code}(weight + 2 * turn, z)
            )
            store_{code}(place, z, {code}(total + more))
        weight, source, seen = weight + 3 * turn, source + 3 * hop, seen - 3
    for _ in range(seen):
        for z in range(part):
            more = product_{code}(load_{code}(source, z), load_{code}(weight, z))
            store_{code}(place, z, {code}(reload_{code}(place, z) + more))
        weight, source = weight + turn, source + hop
    if size >= APART:
        for z in range(part):
            store_{code}(far, z, {code}(reload_{code}(far, z) + reload_{code}(line, z)))
""".replace("MET", indented(8, _met("r", "gap", "first", "last", 25)))
"""Of many channels: all places of one window after the other, three at a time. For a window that
lies within the input, as most do, nothing is divided.
"""


SLIDE = f'''
def slide_{{code}}(table, lo, hi):
    """out[b, i, c] = the sum over p, in order, of x[b, (i * step + p * gap - lead) / hole, c] *
    w[b, p, c], where x has such an element. Item: a row of the result.
    """
    facts = table_at(table[0])
    extent, size, width = facts[2], facts[8], facts[21]
    step, gap, hole, lead = facts[11], facts[14], facts[17], facts[20]
    nbytes, line = width * {{size}}, stack_words({2 * TILE})
    several, item = max(1, {TILE} // width), lo
    while item < hi:
        {WINDOW}
        windows = min(facts[5] - k, hi - item, several)
        for begin in range(0, width, {TILE}):
            part = min({TILE}, width - begin)
            target = table[3] + (item * width + begin) * {{size}}
            for z in range(windows * part):
                store_{{code}}(target, z, {{code}}(0))
            for p in range(facts[6]):
                {indented(16, LINES)}
                    weights = table[2] + (batch * facts[22] + tap * width + begin) * {{size}}
                    rows = table[1] + row * nbytes
                    if width < {LONG}:
                        {indented(24, SHORT)}
                    else:
                        {indented(24, MANY)}
        item += windows
'''
