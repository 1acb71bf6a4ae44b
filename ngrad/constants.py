"""What has a value while a `function` is recorded: what follows from constants alone, such as the
sizes of arguments, or a tensor that was there before.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Container, Mapping
from types import MappingProxyType
from typing import Any

from ngrad.graph.entries import PART_OF, Settled
from ngrad.graph.op import Call
from ngrad.record import plainly
from ngrad.scalars import scalar
from ngrad.tensor import Tensor
from ngrad.window import Window


def leading_to(
    window: Window,
    slot: int,
    admits: Callable[[int], bool],
    most: int = sys.maxsize,
    given: Container[int] = (),
) -> list[int] | None:
    """The slots that one follows from, and that one, in order: back to values that the window has,
    or that are given. None if one is not admitted, or there are more than so many.
    """
    needed: set[int] = set()
    wanted = [slot]
    while wanted:
        k = wanted.pop()
        if k in needed:
            continue
        needed.add(k)
        operands = window.entries[k][1:]
        known = k in window.kept or k in given
        # What has neither is an argument, or what the library asks itself.
        if not (known or operands) or not admits(k) or len(needed) > most:
            return None
        wanted += () if known else operands
    return sorted(needed)


def constant(
    window: Window, slot: int, given: Mapping[int, Callable[[], Any]] = MappingProxyType({})
) -> Tensor | None:
    """The value at a slot, if every call of the recording has it: computed here. None if not. Of
    open sizes it is the value at hand, and the recording holds for these alone.

    Parameters
    ----------
    given : mapping
        What gives the values of other slots, which are asked for if they are needed.
    """
    entries, kept = window.entries, window.kept

    def admits(k: int) -> bool:
        if k in given:
            return True
        if k in kept:
            return type(kept[k]) is not Tensor or bool(kept[k]._at)  # else it is waited for
        return entries[k][0].op.family != "opaque"  # a user's Python

    slots = leading_to(window, slot, admits, given=given)
    if slots is None:
        return None
    closed = Settled(int)  # open sizes are asked
    values: dict[int, Any] = {}
    for k in slots:
        call, *operands = entries[k]
        if k in given:
            values[k] = _known(given[k](), call, closed)
        elif k in kept:
            values[k] = _known(kept[k], call, closed)
        elif call.op is PART_OF:
            values[k] = values[operands[0]][call.params[0]]
        else:
            values[k] = plainly(call.op, closed(call.params), *(values[j] for j in operands))
    found: Tensor = values[slot]
    return found


def _known(value: Any, call: Call, closed: Settled) -> Any:
    if type(value) is Tensor:
        return value
    if type(value) is Call:
        return plainly(value.op, closed(value.params))
    where = call.spec
    return scalar(closed(value), where.dtype, where.device)
