"""Backward sweeps, planned once for each structure of what a tape recorded."""

from __future__ import annotations

from typing import Any, NamedTuple

from ngrad.graph.differentiate import Entry, Load, differentiate, reads
from ngrad.graph.layout import Layout
from ngrad.graph.plan import Plan
from ngrad.ops.identity import identity
from ngrad.record import execute, state
from ngrad.replay import Replay
from ngrad.tensor import scalar

PLANS_LIMIT = 1024


Structure = tuple[
    tuple[Entry, ...], tuple[tuple[int, Layout], ...], tuple[Layout | None, ...], tuple[int, ...]
]
"""All that decides a sweep: what was recorded, up to the last target; slot and layout of each
target; the layout of the cotangent given for each (empty if none is); the sources' slots. Two
structures are one when they are equal in full.
"""


class PlannedSweep(NamedTuple):
    """A plan, its replay if its values are small, and where a tape keeps each of its inputs."""

    plan: Plan
    replay: Replay | None
    loads: tuple[Load, ...]
    """Of entry -1 for a seed."""

    def run(self, values: list[Any]) -> list[Any]:
        """The gradients for the inputs, a list that is taken over; recorded if a tape listens."""
        if self.replay is not None and not state.stack:
            return self.replay.run(values)
        results = self.plan.run(values, execute)
        # A forward value that is a gradient as it stands becomes a tensor of its own, so that tapes
        # can tell the two apart.
        return [
            identity(result) if given else result
            for result, given in zip(results, self.plan.given, strict=True)
        ]


class _Plans:
    """Planned sweeps by structure, a bounded number."""

    def __init__(self) -> None:
        self.found: dict[Structure, PlannedSweep] = {}

    def get(self, structure: Structure) -> PlannedSweep | None:
        # A dictionary compares in full what hashes alike.
        return self.found.get(structure)

    def put(self, structure: Structure, planned: PlannedSweep) -> None:
        # No lock, which a fork could leave taken: threads that meet lose a plan at worst.
        self.found[structure] = planned
        if len(self.found) > PLANS_LIMIT:
            # The oldest half goes: a program that still runs plans what it needs again, once.
            self.found = dict(list(self.found.items())[PLANS_LIMIT // 2 :])


plans = _Plans()


def plan_sweep(structure: Structure) -> PlannedSweep:
    """Differentiate and plan; kept for the next time, unless a user's Python is part of it."""
    entries, targets, seeds, sources = structure
    seeded = [where is not None for where in seeds] or [False] * len(targets)
    sweep = differentiate(entries, targets, seeded, sources)
    layouts = dict(enumerate(where for where in seeds if where is not None))
    first = len(layouts)
    for number, load in sweep.loads.items():
        call, inputs = entries[load.entry]
        position = reads(call, inputs)[load.kept]
        layouts[number] = (*call.inputs, *call.outputs)[position]
    plan = Plan(sweep.graph, layouts, scalar)
    loads = tuple(Load(-1, k) if k < first else sweep.loads[k] for k in plan.inputs)
    planned = PlannedSweep(plan, Replay.of(plan, len(loads)), loads)
    if not any(call.op.family == "opaque" for call, _ in entries):
        plans.put(structure, planned)
    return planned
