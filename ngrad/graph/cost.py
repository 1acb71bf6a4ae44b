"""What was run: how often, and what it launched and moved."""

from __future__ import annotations

from collections import Counter
from weakref import ref

counters: Counter[str] = Counter()
"""What happened since the process began: structures `planned`, `fused` and `sized`, and what plans
and calls that are gone have run. `counted` adds what those that are there have.
"""


class Cost:
    """What a run of a plan, or of a call by itself, launches and moves, and how often it ran: one
    count, since every gradient comes here, in place of three.
    """

    __slots__ = ("__weakref__", "bytes", "launches", "plans", "runs")

    def __init__(self, launches: int, nbytes: int, plans: int = 1) -> None:
        """`plans`: 0 if it is a call by itself."""
        self.runs, self.launches, self.bytes, self.plans = 0, launches, nbytes, plans
        _costs.add(ref(self, _costs.discard))

    def add_to(self, total: Counter[str]) -> None:
        total["runs"] += self.runs * self.plans
        total["launches"] += self.runs * self.launches
        total["bytes"] += self.runs * self.bytes

    def __del__(self, total: Counter[str] = counters) -> None:  # there also as Python ends
        if hasattr(self, "plans"):  # set last: it is not half made
            self.add_to(total)


_costs: set[ref[Cost]] = set()
"""Those that are there. No `WeakSet`, which cannot be listed while another thread adds to it."""

FREE = Cost(0, 0, plans=0)
"""That of calls that are not prepared: what users' Python does is not known."""


def counted() -> Counter[str]:
    """The counters as they are now: kernels that plans, and ops that ran where they were called,
    launched, and the bytes that kernels read and wrote, if each element is read once.
    """
    total = Counter(counters)
    for held in list(_costs):  # in one step: other threads may be planning
        cost = held()
        if cost is not None:
            cost.add_to(total)
    return total
