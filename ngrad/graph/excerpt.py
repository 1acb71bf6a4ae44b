"""What one gradient needs of a long recording: a structure by itself, which is as that of the same
gradient anywhere else.

Under an outer tape, and in a `function`, a window goes on: a loop's gradients stand in one, one
behind the other. If each were looked up, and planned, with all that stands before it, time would
grow with the square of their number, and no two were alike.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, NamedTuple

from ngrad.graph.differentiate import NEVER, Goal, Heard
from ngrad.graph.entries import CONSTANT_OF, SCALAR, Entry, leaf


class Excerpt(NamedTuple):
    """A structure, of some of a recording's entries, numbered from 0.

    Attributes
    ----------
    entries : tuple of Entry
    heard, goal : Heard and Goal
        As of the recording, of these entries.
    slots : list of int
        Where each entry stands in the recording.
    """

    entries: tuple[Entry, ...]
    heard: Heard
    goal: Goal
    slots: list[int]


def excerpt(
    entries: Sequence[Entry], heard: Heard | tuple[Any, ...], goal: Goal | tuple[Any, ...]
) -> Excerpt:
    """What the targets were computed of, as far as that was followed; other values are leaves."""
    spans, watched = heard
    targets, seeds, sources = goal
    since = _followed(entries, spans, dict(watched))
    waiting = [k for k in (*targets, *seeds, *itertools.chain(*sources)) if k >= 0]
    computed: dict[int, bool] = {}  # of each slot that is needed: whether as it was recorded
    while waiting:
        slot = waiting.pop()
        if slot in computed:
            continue
        call, *operands = entries[slot]
        computed[slot] = since.get(slot, NEVER) <= slot and bool(operands)
        if computed[slot]:
            waiting += operands
            if call.several:  # its parts stand behind it
                waiting += range(slot + 1, slot + 1 + len(call.specs))
    slots = sorted(computed)
    place = {-1: -1, **{slot: k for k, slot in enumerate(slots)}}
    lines: list[Entry] = []
    for slot in slots:
        call, *operands = entries[slot]
        if computed[slot]:
            lines.append((call, *[place[k] for k in operands]))
        else:
            lines.append((call,) if call.op in (SCALAR, CONSTANT_OF) else leaf(call.spec))
    listened = ((0, len(slots)),)
    begun = sorted((place[k], bisect_left(slots, when)) for k, when in watched if k in place)
    wanted = tuple([tuple([place[k] for k in own]) for own in sources])
    return Excerpt(
        tuple(lines),
        Heard(listened, tuple(begun)),
        Goal(tuple([place[k] for k in targets]), tuple([place[k] for k in seeds]), wanted),
        slots,
    )


def _followed(
    entries: Sequence[Entry], spans: Sequence[tuple[int, int]], watched: dict[int, int]
) -> dict[int, int]:
    """From which entry on each slot is followed, of those that are: `differentiate.follow`, of what
    was listened to alone.
    """
    since = watched
    for first, last in spans:
        for slot in range(first, min(last, len(entries))):
            call, *operands = entries[slot]
            if not call.op.ends and any(since.get(k, NEVER) <= slot for k in operands):
                since[slot] = min(since.get(slot, NEVER), slot)
    return since
