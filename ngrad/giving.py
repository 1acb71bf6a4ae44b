"""Values whose memory a run may write its results to: what variables held before they were assigned
to, where nobody else has it.

A step of training then takes no memory beside that of its variables, and writes to lines that it
has just read. What was given is gone once a run has begun: so such a run is all launches, one after
the other in machine code, and however it ends its results are told of.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from weakref import getweakrefcount

from ngrad.errors import NgradError
from ngrad.graph.layout import Layout
from ngrad.record import state
from ngrad.tensor import Tensor
from ngrad.window import Window
from ngrad_kernels.garbage import NAMED
from ngrad_kernels.memory import Buffer

LEAST = 1 << 16
"""Bytes of a value from which on its memory is worth giving."""


def is_large(where: Layout) -> bool:
    """Whether the memory of a value is worth giving."""
    return where.open or where.nbytes >= LEAST


def alone(values: Mapping[int, Any], slots: Iterable[int], holders: int) -> tuple[int, ...]:
    """Of these slots those of values that nobody has but so many holders, `values` among them, and
    of whose memory nobody has any, on the CPU; all of it, in row-major order.
    """
    found = []
    for slot in slots:
        value = values[slot]
        if type(value) is not Tensor or not value._at:
            continue
        block, where = value._block, value._layout
        if (
            type(block) is Buffer
            and sys.getrefcount(value) == NAMED + holders
            and sys.getrefcount(block) == NAMED + 1
            and getweakrefcount(value) == 0
            and value._at == block.address
            and where.contiguous
            and is_large(where)
        ):
            found.append(slot)
    return tuple(found)


def leave(value: Tensor, work: Any) -> None:
    """A variable holds what is pending in a window from now on, and this value no longer."""
    if is_large(value._layout) and type(work) is Window and work.trace is None:
        slot = work.get(value, -1)
        if slot >= 0:
            work.left.append(slot)
        elif value._at:  # it may have been read through another layout, which was seen at once
            block, kept = value._block, list(work.kept.items())
            work.left += [k for k, x in kept if type(x) is Tensor and x._at and x._block is block]


def given(window: Window, left: list[int]) -> tuple[int, ...]:
    """The slots of what variables left in a window that a run of all of it may write over: if it is
    the thread's own, and nobody asks for anything of it after that.

    Raises
    ------
    NgradError
        If that has begun before, and was interrupted before its results were told of.
    """
    asked = window.readers or window.claimed() is not None or state.window is not window
    if asked or window.done or window.checks or window.ahead or window.opaque:
        left.clear()  # what a window is run for once more, it is not given
        return ()
    kept, slots = window.kept, sorted(set(left))
    if any(slot not in kept for slot in slots):
        raise NgradError(
            "values of variables were being updated in place when this was interrupted, twice; "
            "they are lost"
        )
    return alone(kept, slots, 2)  # the window has a value twice: as a key, and by its slot


def run_over(
    kept: dict[int, Any],
    slots: Iterable[int],
    run: Callable[[dict[int, Any], Callable[[Any], None]], Any],
    tell: Callable[[Sequence[Any]], None],
) -> None:
    """Run what writes over the values of some slots, which are kept no longer: `run(values, tell)`.

    Parameters
    ----------
    tell : callable
        Is told the results, also where Ctrl-C came meanwhile.
    """
    taken: dict[int, Any] = {}
    told = False

    def tell_once(results: Sequence[Any]) -> None:
        nonlocal told
        told = True
        tell(results)

    try:
        for slot in slots:
            taken[slot] = kept.pop(slot)
        run({**kept, **taken}, tell_once)
    except BaseException:
        if not told:  # nothing was written
            kept.update(taken)
        raise
