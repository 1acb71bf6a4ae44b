"""What a recorded function returns: which result of a call each leaf is, or what it always is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ngrad.ops.weak import Weak
from ngrad.tensor import Tensor
from ngrad.tracing import Trace


class Made(NamedTuple):
    """An array that a function makes of what it always holds: another at each call, since it can be
    assigned to.
    """

    kind: Callable[[Tensor], Any]
    held: Tensor


def output_of(
    trace: Trace, value: Any, wanted: list[int], held: dict[int, Tensor]
) -> tuple[int, Any]:
    """Which of the results a leaf of what a function returns is, or -1 and what it always is, as an
    array from outside is; `held` is what arrays hold, by their ids.
    """
    made = held.get(id(value))
    if made is not None and value._uid < trace.since:
        return -1, value
    plain = value.tensor if type(value) is Weak else value
    tensor = plain if made is None else made
    if type(tensor) is Tensor and tensor._window is trace.window:
        wanted.append(tensor._slot)
        return len(wanted) - 1, None if tensor is value else Weak if made is None else value.kind
    if made is not None:
        return -1, Made(value.kind, made)
    return -1, value


def all_made(outputs: list[tuple[int, Any]], results: list[Any]) -> list[Any]:
    return [made_of(value, None if k < 0 else results[k]) for k, value in outputs]


def made_of(value: Any, result: Any) -> Any:
    """An output of a call: what it always is, or a result, as a tensor or of another kind. NumPy's
    arrays can be written to, so each call has its own.
    """
    if result is None:
        if type(value) is np.ndarray:
            return value.copy()
        return value.kind(value.held) if type(value) is Made else value
    if value is Weak:
        return result.item()
    return result if value is None else value(result)
