"""What one gradient needs of a long recording: a structure by itself, which is as that of the same
gradient anywhere else.

Under an outer tape, in a `function`, and while a persistent tape is there, a window goes on: a
loop's gradients stand in one, one behind the other. If each were looked up, and planned, with all
that stands before it, time would grow with the square of their number, and no two were alike.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from ngrad.graph.differentiate import NEVER, Goal, Heard
from ngrad.graph.entries import CONSTANT_OF, SCALAR, Entry, leaf
from ngrad.graph.layout import Layout
from ngrad.graph.op import Call


class Excerpt(NamedTuple):
    """A structure, of some of a recording's entries, numbered from 0.

    Attributes
    ----------
    entries : tuple of Entry
    known : tuple of (int, Layout)
        Which of them that are computed have a value, and how it lies.
    wanted : tuple of int
    heard, goal : Heard and Goal
        As of the recording, of these entries.
    slots : list of int
        Where each entry stands in the recording.
    values : dict
        Those that are there, by number.
    """

    entries: tuple[Entry, ...]
    known: tuple[tuple[int, Layout], ...]
    wanted: tuple[int, ...]
    heard: Heard
    goal: Goal
    slots: list[int]
    values: dict[int, Any]


def _as_leaf(entry: Entry, value: Any) -> Entry:
    """The entry of what is not computed there; its value may lie otherwise than the call says."""
    call = entry[0]
    if call.op in (SCALAR, CONSTANT_OF):
        return (call,)
    return leaf(call.spec if value is None else value._layout)


def excerpt(
    entries: Sequence[Entry],
    heard: Heard | tuple[Any, ...],
    goal: Goal | tuple[Any, ...],
    wanted: tuple[int, ...] = (),
    there: Callable[[int], Any] | None = None,
) -> Excerpt:
    """What the targets were computed of, as far as that was followed; other values are leaves. Of
    these, and of what is wanted, those that are not `there` are computed too.
    """
    spans, watched = heard
    targets, seeds, sources = goal
    waiting = [k for k in (*targets, *seeds, *wanted) if k >= 0]
    since = _followed(entries, heard, targets)
    computed: dict[int, bool] = {}  # of each slot that is needed: whether as it was recorded
    values: dict[int, Any] = {}
    listened = None
    while waiting:
        slot = waiting.pop()
        if slot in computed:
            continue
        entry = entries[slot]
        own = since.get(slot, NEVER) <= slot
        if there is not None:
            value = there(slot)
            if value is not None:
                values[slot] = value
            elif not own:
                own, listened = True, spans
        computed[slot] = own = own and len(entry) > 1
        if own:
            waiting += entry[1:]
            if entry[0].several:
                waiting += _parts(entry[0], slot)
    slots = sorted(computed)
    place = {slot: k for k, slot in enumerate(slots)}
    place[-1] = -1

    def places(of: Iterable[int]) -> tuple[int, ...]:
        return tuple([place[k] for k in of])

    # Of a source, such as a variable had many values, those from which nothing leads to a target
    # say nothing, and would make each step of a loop another structure.
    reached = [[k for k in own if k in computed] for own in sources]
    lines: list[Entry] = []
    known = []
    for slot in slots:
        entry = entries[slot]
        if not computed[slot]:
            lines.append(_as_leaf(entry, values.get(slot)))
            continue
        if slot in values:
            known.append((place[slot], values[slot]._layout))
        lines.append((entry[0], *[place[k] for k in entry[1:]]))
    if listened is None:  # all that is computed is followed
        listened = ((0, len(slots)),)
    else:
        those = [(bisect_left(slots, one), bisect_left(slots, end)) for one, end in spans]
        listened = tuple([(one, end) for one, end in those if one < end])
    begun = sorted((place[k], bisect_left(slots, when)) for k, when in watched if k in place)
    return Excerpt(
        tuple(lines),
        tuple(known),
        places(wanted),
        Heard(listened, tuple(begun)),
        Goal(places(targets), places(seeds), tuple(map(places, reached))),
        slots,
        {place[slot]: value for slot, value in values.items()},
    )


def _parts(call: Call, slot: int) -> range:
    """Where the results of a call of several stand: behind it."""
    return range(slot + 1, slot + 1 + len(call.specs))


def leading(
    entries: Sequence[Entry], heard: Heard | tuple[Any, ...], targets: Iterable[int], most: int
) -> set[int] | None:
    """Slots that were listened to and lead to some, and what was computed along with these; None if
    they are more than so many.
    """
    spans = heard[0]  # one behind the other
    starts = [first for first, _ in spans]
    seen, waiting = set[int](), [*targets]
    while waiting and len(seen) <= most:
        slot = waiting.pop()
        if slot in seen:
            continue
        k = bisect_right(starts, slot) - 1
        if k < 0 or slot >= spans[k][1]:
            continue
        seen.add(slot)
        call, *operands = entries[slot]
        if not call.op.ends:  # which no tape follows: what a variable held once is not gone through
            waiting += operands
        if call.several:
            waiting += _parts(call, slot)
    return seen if len(seen) <= most else None


def _followed(entries: Sequence[Entry], heard: Any, targets: Iterable[int]) -> dict[int, int]:
    """From which entry on each slot is followed, of those that are and lead to a target:
    `differentiate.follow`, of what was listened to alone.
    """
    since = dict(heard[1])
    for slot in sorted(leading(entries, heard, targets, len(entries)) or ()):
        entry = entries[slot]
        if entry[0].op.ends or since.get(slot, NEVER) <= slot:
            continue
        for k in entry[1:]:
            if since.get(k, NEVER) <= slot:
                since[slot] = slot
                break
    return since
