"""Pooling on a GPU: a thread for each element of the result, which joins in the order of the CPU's
routines, whose facts and operands these have too (`ngrad_kernels/pools.py`).
"""

from __future__ import annotations

from ngrad_kernels.pools import chosen, pool, unpool, whole

SEEN = """
        low = k * facts[11] - facts[14]
        first_r, last_r = max(0, -low), min(facts[8], facts[2] - low)
"""
"""What of a window there is along the last axis."""

POOL = '''
def pool_NAME_{code}(words, n, a0, a1):
    """What the elements of each window make together: those of a place in its lines, of all of its
    lines, and then what places have.
    """
    FACTS
    place = thread_index()
    while place < n * width:
        item, z = place // width, place % width
        WINDOW
        PART
        SEEN
        total = IDENTITY
        for r in range(first_r, last_r):
            here = IDENTITY
            for p in range(first_p, last_p):
                for q in range(first_q, last_q):
                    row = (batch * facts[0] + above + p) * facts[1] + left + q
                    comes = load_{code}(a0, (row * extent + low + r) * width + z)
                    here = {code}(JOINED)
            comes, here = here, total
            total = {code}(JOINED)
        FINISHED
        store_{code}(a1, place, total)
        place += thread_count()
'''

DIVIDED = """
        there = max(0, last_p - first_p) * max(0, last_q - first_q) * max(0, last_r - first_r)
        total = {code}(total / {code}(there))
"""

CHOSEN = '''
def pool_NAME_{code}(words, n, OPERANDS):
    """The sum of what elements count for that are what their window shows."""
    FACTS
    given, place = a0, thread_index()
    while place < n * width:
        item, z = place // width, place % width
        WINDOW
        PART
        SEEN
        total, shown = {code}(0), load_{code}(SHOWN, place)
        for p in range(first_p, last_p):
            for q in range(first_q, last_q):
                row = (batch * facts[0] + above + p) * facts[1] + left + q
                at = ((row * extent + low) * width + z) * {size}
                for r in range(first_r, last_r):
                    hit = load_{code}(SOURCE + at, r * width) == shown
                    total = {code}(total + select(hit, GIVEN[r * width], {code}(0)))
        store_{code}(RESULT, place, total)
        place += thread_count()
'''

UNPOOL = '''
def unpool_NAME_{code}(words, n, OPERANDS):
    """Of each row, the sum of what windows that show it give back, in the order of where in a
    window it stands.
    """
    FACTS
    at = thread_index()
    while at < n * width:
        item, z = at // width, at % width
        ROW
        total = {code}(0)
        BEFORE
        LINES
                for r in range(size):
                    far = k + lead - r
                    c = far // step
                    if far < 0 or c * step != far or c >= facts[5]:
                        continue
                    seen = (line + c) * width + z
                    GIVES
                    total = {code}(total + value)
        store_{code}(RESULT, at, total)
        at += thread_count()
'''

MEANS = """
                    above, left = a * facts[9] - facts[12], b * facts[10] - facts[13]
                    there = min(facts[6], facts[0] - above) - max(0, -above)
                    there *= min(facts[7], facts[1] - left) - max(0, -left)
                    there *= min(size, extent - c * step + lead) - max(0, lead - c * step)
                    value = load_{code}(a0, seen) / {code}(there)
"""

HITS = """
                    share = load_{code}(a0, seen)
                    value = select(here == load_{code}(a1, seen), share, {code}(0))
"""

POOLS = {
    "pool_max": pool("max", whole(POOL, SEEN=SEEN, FINISHED="")),
    "pool_mean": pool("mean", whole(POOL, SEEN=SEEN, FINISHED=DIVIDED)),
    "pool_ties": chosen(
        "ties",
        whole(CHOSEN, SEEN=SEEN, OPERANDS="a0, a1, a2", SHOWN="a0", SOURCE="a1", RESULT="a2"),
    ),
    "pool_hits": chosen(
        "hits",
        whole(CHOSEN, SEEN=SEEN, OPERANDS="a0, a1, a2, a3", SHOWN="a1", SOURCE="a2", RESULT="a3"),
    ),
    "unpool_mean": unpool(
        "mean", whole(UNPOOL, OPERANDS="a0, a1", BEFORE="", GIVES=MEANS, RESULT="a1")
    ),
    "unpool_hits": unpool(
        "hits",
        whole(
            UNPOOL, OPERANDS="a0, a1, a2, a3", BEFORE="here = load_{code}(a2, at)",
            GIVES=HITS, RESULT="a3",
        ),
    ),
}  # fmt: skip
OPERANDS = {
    "pool_max": 2, "pool_mean": 2, "pool_hits": 4, "unpool_mean": 2, "unpool_hits": 4,
}  # fmt: skip
"""How many operands those have that have not three."""
