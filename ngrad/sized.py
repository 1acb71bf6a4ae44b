"""`Sized`: a plan with open sizes, laid out once, and run at any sizes at which it holds.

All that differs from one size to another are numbers, in launches, in their facts, and in layouts,
each of which is a polynomial of the sizes. So at new sizes nothing is traced, differentiated, fused
or prepared: the numbers are computed, and the launches are run.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from ngrad.graph.cost import Cost
from ngrad.graph.dims import Sizes
from ngrad.graph.formulas import parts, words
from ngrad.graph.plan import Plan
from ngrad.replay import Replay
from ngrad_kernels.words import OpenFacts, Words, in_order


class Sized:
    """A plan on the CPU that is all launches.

    Parameters
    ----------
    replay : Replay
        Of open sizes.
    sizes : Sizes
        These.
    """

    __slots__ = ("_facts", "_parts", "_replay", "_steps", "_words")

    def __init__(self, plan: Plan, replay: Replay, sizes: Sizes) -> None:
        steps, before = replay.laid_out()
        facts: list[Any] = []
        placed = []
        for kernel, where, n, grain, operands in steps:
            if isinstance(where, OpenFacts):
                held, where = where, f"facts + {8 * len(facts)}"
                facts += held.words
            placed.append((kernel, where, n, grain, operands))
        self._replay, self._steps = replay, len(steps)
        self._facts = words(sizes, facts)
        self._words = words(sizes, in_order(placed, before), "facts")
        calls = [step.call for step in plan.steps]
        cost = sum([call.launches for call in calls]), sum([call.bytes for call in calls])
        self._parts = parts(sizes, (cost, replay.sized))

    def at(self, values: Sequence[int]) -> tuple[Replay, Cost]:
        """What runs it where atoms have these values, and what that costs."""
        found, facts = copy.copy(self._replay), self._facts(*values)
        cost, found.sized = self._parts(*values)
        laid = self._words(facts.buffer_info()[0], *values)
        found.lay(Words.of(laid, self._steps, (facts, self._replay)))
        return found, Cost(*cost)
