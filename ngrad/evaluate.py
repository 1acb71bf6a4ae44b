"""Running windows: what is pending and held, and a gradient if one is asked for, as one plan.

A plan is found by its structure: what was recorded, which values are there, which are wanted, and
which gradient. Two structures are one when they are equal in full. The first time, a structure is
planned with a kernel for each op; when it comes again, with fused kernels. Both give the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

from ngrad.cell import Cell
from ngrad.constants import constant
from ngrad.errors import IndexBoundsError
from ngrad.giving import given, run_over
from ngrad.graph.differentiate import Goal, Heard
from ngrad.graph.entries import CONSTANT_OF, LEAF, SCALAR, Entry, leaf
from ngrad.graph.excerpt import excerpt, leading
from ngrad.graph.layout import Layout
from ngrad.nests import leaves_of
from ngrad.plans import Planned, plans
from ngrad.record import state
from ngrad.structure import Key, Structure, build
from ngrad.tensor import Tensor, settle
from ngrad.unplanned import run_as_read
from ngrad.window import RECOMPUTED, Fault, Window, waiting

# -- what of a window is run -----------------------------------------------------------------------


LONG, SHARE = 64, 4
"""Entries of a window from which on a gradient is planned by what it needs of them, if some were
run before: to go through all takes as long. And how many times what it follows they must be.
"""
Work = tuple[int, tuple[int, ...], list[Tensor | None]]
"""A window up to now: how many entries it has, the slots that are wanted, and for each of these the
tensor that waits for the value; None for what only a tape may ask for.
"""


def pending_work(window: Window) -> Work:
    # Another thread may be adding to them, to the entries last: so there is a holder for each.
    count = len(window.entries)
    wanted, tensors, gone = waiting(window.results, window.done, count)
    if gone and window.claimed() is not None:
        kept = [slot for slot in gone if _is_for_tapes(window, slot)]
        wanted += kept
        tensors += [None] * len(kept)
    return count, tuple(wanted), tensors


def _first(window: Window, count: int) -> tuple[Entry, ...]:
    return tuple(islice(window.entries, count))  # of which another thread may add more


def _is_for_tapes(window: Window, slot: int) -> bool:
    """Whether a value that nobody holds is stored for tapes that may ask for it."""
    return window.entries[slot][0].op.family not in RECOMPUTED and slot not in window.kept


def publish(window: Window, work: Work, values: Sequence[Any]) -> None:
    """Give the tensors their values. A thread that looks meanwhile finds all of one, or none."""
    count, wanted, tensors = work
    readers = window.readers
    going_on = readers or window.claimed() is not None
    for number, tensor in enumerate(tensors):
        value = values[number]
        if tensor is None:
            window.keep(wanted[number], value)
        else:
            settle(tensor, value)
            if going_on:
                slot = wanted[number]
                window.computed[id(tensor)] = slot
                if window.entries[slot][0].op.family not in RECOMPUTED:
                    window.keep(slot, tensor)
            tensor._window = None
    if window.done < count:
        window.done = count
    if not readers and state.window is window:
        state.window = Window()


def _value(window: Window, slot: int) -> Any:
    """The value of a slot, if it is there; whoever holds it keeps it for the window from now on."""
    value = window.kept.get(slot)
    if value is None:
        value = window.held(slot)
        if value is None or not value._at:
            return None
        window.keep(slot, value)
    return value


def _since(window: Window, done: int, work: Work) -> tuple[Key, dict[int, Any]]:
    """The structure of what was recorded from an entry on, before which all was run, numbered from
    0: so that looks in a loop under a tape are alike. And its values by slot.

    A value from before that nobody kept is computed again.
    """
    count, wanted, _ = work
    if done == 0:
        known = known_values(window, count) if window.ahead else ()
        return (_first(window, count), known, wanted, None, None), window.kept
    entries = window.entries
    found: dict[int, Any] = {}
    open_ = [*range(done, count)]
    while open_:  # what is needed, and no more of what was before: that may be long
        slot = open_.pop()
        if slot not in found:
            found[slot] = value = _value(window, slot)
            if value is None:
                open_ += entries[slot][1:]
    lines: list[Entry] = []
    kept: dict[int, Any] = {}
    place: dict[int, int] = {}
    number = place.__getitem__
    for slot in sorted(found):
        value, entry = found[slot], entries[slot]
        place[slot] = here = len(lines)
        if value is None:
            lines.append((entry[0], *map(number, entry[1:])))
            continue
        kept[here] = value
        is_value = type(value) is Tensor and entry[0].op is not CONSTANT_OF
        lines.append(leaf(value._layout) if is_value else entry[:1])
    return (tuple(lines), (), tuple([place[slot] for slot in wanted]), None, None), kept


def run(window: Window) -> None:
    """Compute every value of a window that is pending and held."""
    if window.trace is not None:
        raise window.trace.refuse()
    with window.lock():
        # What the collector has run of this window from here on changes none of these, and is given
        # nothing of what this run may be given.
        left, window.left = window.left, []
        try:
            done = window.done
            work = pending_work(window)
            values: Sequence[Tensor | None] = ()
            if work[1]:
                key, kept = _since(window, done, work)
                slots = given(window, left) if left else ()
                cut = plans[(*key, slots)].ready() if slots else None
                if cut is not None and cut.over:
                    run_over(kept, slots, cut.run_over, partial(publish, window, work))
                    return
                try:
                    values = _outputs(key, kept) if cut is None else cut.run(kept)
                except IndexBoundsError:
                    work, values = _without_faults(work, key, kept)
            publish(window, work, values)
        finally:
            window.left = left


def _outputs(key: Key, kept: Mapping[int, Any]) -> list[Tensor | None]:
    """The outputs of a structure: what is wanted, then the gradients."""
    planned = plans[key]
    found = run_as_read(planned, key, kept)
    return planned.run(kept) if found is None else found


def _without_faults(
    work: Work, key: Key, kept: dict[int, Any]
) -> tuple[Work, Sequence[Tensor | None]]:
    """What can be computed of a window in which an index is out of bounds. Values that depend on
    the index have none from now on: of halves that fail, halves are tried, down to one value, and
    what follows from that fails with it.
    """
    entries, known, wanted, _, _ = key
    found: dict[int, Any] = {}  # by place in the structure
    failed: dict[int, IndexBoundsError] = {}
    waiting = [list(wanted)]
    while waiting:
        part = [k for k in waiting.pop() if k not in failed]
        if not part:
            continue
        try:
            # Such a structure comes once: nobody keeps its plan.
            made = Planned(partial(build, Structure(entries, known, tuple(part)))).run(kept)
            found.update(zip(part, made, strict=True))
        except IndexBoundsError as error:
            if len(part) > 1:
                half = len(part) // 2
                waiting += [part[half:], part[:half]]
                continue
            failed[part[0]] = error
            for k in range(part[0] + 1, len(entries)):
                if not failed.keys().isdisjoint(entries[k][1:]):
                    failed.setdefault(k, error)
    slots, tensors, values = [], [], []
    for k, slot, tensor in zip(wanted, *work[1:], strict=True):
        if k in found:
            slots.append(slot)
            tensors.append(tensor)
            values.append(found[k])
        elif tensor is not None:
            tensor._window = Fault(failed[k])
    return (work[0], tuple(slots), tensors), values


def eval(*tensors: Any) -> None:
    """Compute pending values now: those of nests of tensors, variables and arrays, or all of this
    thread's if none are given.

    Values are computed when someone looks at them, so this is needed for timing, and to let go of
    what pending work holds.

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.ones([2]) * 3.0
    >>> ngrad.eval(x)
    """
    if len(tensors) == 1 and type(tensors[0]) is Tensor:
        if not tensors[0]._at:
            look(tensors[0])
        return
    if not tensors and state.window.trace is None:
        run(state.window)
    parts: Sequence[Any] = leaves_of(tensors, "eval")
    for part in parts:
        value = getattr(part, "_tensor", part)  # what a variable holds: no tape hears of a look
        if isinstance(value, Cell):
            value = value._read()
        if isinstance(value, Tensor) and not value._at:
            look(value)


def look(tensor: Tensor) -> None:
    """Compute a pending tensor, and what else its window has to do."""
    window = tensor._window
    if type(window) is Window:
        if window.trace is not None and not window.trace.ended:
            value = constant(window, tensor._slot)
            if value is not None:
                settle(tensor, value)  # it stands in the recording all the same
                return
        run(window)
    if tensor._at:
        return
    window = tensor._window
    if type(window) is Fault:
        raise type(window.error)(*window.error.args)
    if type(window) is Window and tensor._slot in window.kept:  # a number, which no run computes
        settle(tensor, window.tensor(tensor._slot))
        return
    raise AssertionError(f"{tensor._layout!r} is pending, and its window does not know of it")


def sweep(window: Window, heard: Heard, goal: Goal) -> list[Tensor | None]:
    """Run a window and a gradient through it, as one plan; the gradients."""
    count = len(window.entries)
    if (
        window.done
        and count > LONG
        and leading(window.entries, heard, goal[0], count // SHARE) is not None
    ):
        try:
            return _excerpted(window, heard, goal)
        except IndexBoundsError:
            pass  # it may not be the gradient that depends on the index

    def found(entries: Any, known: Any, wanted: Any) -> list[Any]:
        return _outputs((entries, known, wanted, heard, goal), window.kept)

    return swept(window, found)


def _excerpted(window: Window, heard: Heard, goal: Goal) -> list[Tensor | None]:
    """The same of a long window that goes on after it was run: with what they need of it alone."""
    with window.lock():
        work = pending_work(window)
        wanted = work[1]
        part = excerpt(window.entries, heard, goal, wanted, partial(_value, window))
        values = _outputs(part[:5], part.values)
        publish(window, work, values)
    return values[len(wanted) :]


def swept(window: Window, found: Callable[..., list[Any]]) -> list[Any]:
    """What a plan gives beside the values that are pending of a window, which get theirs:
    `found(entries, known, wanted)` is all values, those that are wanted first.
    """
    with window.lock():
        work = count, wanted, _ = pending_work(window)
        entries = _first(window, count)
        known = known_values(window, count) if window.done or window.ahead else ()
        try:
            values = found(entries, known, wanted)
        except IndexBoundsError:
            run(window)  # it may not be the gradient that depends on the index
            known, wanted = known_values(window, count), ()
            values = found(entries, known, wanted)
            work = count, wanted, []
        publish(window, work, values)
    return values[len(wanted) :]


def known_values(window: Window, count: int) -> tuple[tuple[int, Layout], ...]:
    """The values that are there of what would else be computed."""
    if window.done == 0 and not window.ahead:
        return ()
    found = []
    for slot in range(count):
        if window.entries[slot][0].op not in (LEAF, SCALAR, CONSTANT_OF):
            value = _value(window, slot)
            if value is not None:
                found.append((slot, value._layout))
    return tuple(found)


Tensor.evaluate = staticmethod(look)
Window.run = staticmethod(run)
