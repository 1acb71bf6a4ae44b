"""`Sized`: a plan with open sizes, laid out once, and run at any sizes at which it holds.

All that differs from one size to another are numbers, in launches, in their facts, and in layouts,
each of which is a polynomial of the sizes. So at new sizes nothing is traced, differentiated, fused
or prepared: the numbers are computed, and the launches are run.
"""

from __future__ import annotations

import copy
from array import array
from collections.abc import Callable, Sequence
from typing import Any

from ngrad.graph.cost import Cost
from ngrad.graph.dims import Sizes
from ngrad.graph.entries import Settled
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

    __slots__ = ("_cost", "_facts", "_replay", "_steps", "_words")

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
        self._facts: Callable[..., Sequence[int]] = sizes.numbers(facts)
        self._words: Callable[..., Sequence[int]] = sizes.numbers(in_order(placed, before), "facts")
        calls = [step.call for step in plan.steps]
        totals = [sum([call.launches for call in calls]), sum([call.bytes for call in calls])]
        self._cost = sizes.numbers([*totals, replay.temporaries])

    def at(self, settled: Settled) -> tuple[Replay, Cost]:
        """What runs it with numbers for sizes, and what that costs."""
        found, values = copy.copy(self._replay), settled.values
        launches, nbytes, found.temporaries = self._cost(*values)
        found.settle(settled)
        facts = array("q", self._facts(*values))
        words = self._words(facts.buffer_info()[0], *values)
        found.lay(Words.of(words, self._steps, (facts, self._replay)))
        return found, Cost(launches, nbytes)
