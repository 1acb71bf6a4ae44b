"""What has a value while a `function` is recorded: what follows from constants alone, such as the
sizes of arguments, or a tensor that was there before.
"""

from __future__ import annotations

import operator
from typing import Any

from ngrad.graph.dims import Dim
from ngrad.graph.entries import PART_OF
from ngrad.graph.op import Call
from ngrad.tensor import Tensor, scalar
from ngrad.window import Window


def constant(window: Window, slot: int) -> Tensor | None:
    """The value at a slot, if every call of the recording has it: computed here. None if not. Of
    open sizes it is the value at hand, and the recording holds for these alone.
    """
    entries, kept = window.entries, window.kept
    needed: set[int] = set()
    wanted = [slot]
    while wanted:
        k = wanted.pop()
        if k in needed:
            continue
        needed.add(k)
        if k in kept:
            if type(kept[k]) is Tensor and not kept[k]._at:
                return None  # waited for
            continue
        call, *operands = entries[k]
        if not operands or call.op.family == "opaque":
            return None  # an argument, or what the library asks itself; or a user's Python
        wanted += operands
    values: dict[int, Any] = {}
    for k in sorted(needed):
        call, *operands = entries[k]
        if k in kept:
            values[k] = _known(kept[k], call)
        elif call.op is PART_OF:
            values[k] = values[operands[0]][call.params[0]]
        else:
            values[k] = _run(call, *(values[j] for j in operands))
    found: Tensor = values[slot]
    return found


def _known(value: Any, call: Call) -> Tensor:
    if type(value) is Tensor:
        return value
    if type(value) is Call:
        made: Tensor = _run(value)
        return made
    where = call.spec
    return scalar(_closed(value), where.dtype, where.device)


def _run(call: Call, *operands: Tensor) -> Any:
    layouts = tuple([x._layout for x in operands])
    return call.op.call(_closed(call.params), layouts).run(*operands)


def _closed(thing: Any) -> Any:
    """Params with numbers for open sizes, which are asked for."""
    if isinstance(thing, Dim):
        return int(thing)
    if isinstance(thing, tuple):
        parts = [_closed(part) for part in thing]
        same = all(map(operator.is_, thing, parts))
        return thing if same else type(thing)(parts)
    return thing
