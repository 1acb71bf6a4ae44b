"""`Structure`: all that decides a plan; and its graph."""

from __future__ import annotations

from typing import Any, NamedTuple

from ngrad.graph.differentiate import Goal, Heard, Told, differentiate, tools
from ngrad.graph.entries import Entry, trace
from ngrad.graph.graph import Graph, Symbol
from ngrad.graph.layout import Layout
from ngrad.graph.simplify import rewrite
from ngrad_kernels.garbage import uncollected


class Structure(NamedTuple):
    """All that decides a plan.

    Attributes
    ----------
    entries : tuple of Entry
    known : tuple of (slot, Layout), or None
        Entries that were run before, whose values are there; None if all count as such.
    wanted : tuple of int
        Slots whose values are stored.
    heard, goal : Heard and Goal, or None
        The gradient that is asked for.
    given : tuple of int
        Slots of values that nobody else has: a run may write over them.
    """

    entries: tuple[Entry, ...]
    known: tuple[tuple[int, Layout], ...] | None
    wanted: tuple[int, ...]
    heard: Heard | None = None
    goal: Goal | None = None
    given: tuple[int, ...] = ()


Key = tuple[Any, ...]
"""A structure as a bare tuple, as are what was heard and the goal, and without what is given if
nothing is: what plans are looked up by.
"""


def structure_of(key: Key) -> Structure:
    """The structure that is looked up by a key."""
    entries, known, wanted, heard, goal, *given = key
    return Structure(entries, known, wanted, heard and Heard(*heard), goal and Goal(*goal), *given)


Built = tuple[Graph, tuple[int, ...], dict[int, Layout]]
"""A graph; for each of its inputs the slot; and how that lies."""


@uncollected
def build(structure: Structure, told: Told | None = None) -> Built:
    """The graph of a structure; for each of its inputs the slot, and its layout. `told` is as for
    `differentiate`.
    """
    entries, known, wanted, heard, goal, _ = structure
    graph = Graph(rewrite)
    if known is None:
        known = tuple([(k, call.spec) for k, (call, *_) in enumerate(entries)])
    there = dict(known)
    values, loads = trace(graph, entries, there.get, tools.traced)
    layouts = {
        number: there.get(slot) or entries[slot][0].specs[0] for number, slot in loads.items()
    }
    places = [loads[number] for number in range(graph.inputs)]
    outputs: list[Symbol | None] = [values[slot] for slot in wanted]
    if goal is not None and heard is not None:
        outputs += differentiate(graph, entries, values, heard, goal, told)
    graph.outputs = tuple(None if symbol is None else symbol.index for symbol in outputs)
    graph.given.clear()
    return graph, tuple(places), layouts
