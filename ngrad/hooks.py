"""What debugging asks to see of the engine; nobody, but within `profile` and `check_numerics`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ngrad.graph.differentiate import Goal, Heard
from ngrad.graph.op import Call

Execute = Callable[[Call, tuple[Any, ...]], Any]


class _Hooks:
    """Who is told; None while nobody is. They are the whole process's.

    Attributes
    ----------
    execute : callable or None
        Runs a call on tensors in place of its own `run`. While it is set, plans are stepped through
        call by call, unfused or fused as they are.
    ran : callable or None
        `ran(call, inputs, result)`: told of each op that ran where it was called.
    sweep : callable or None
        `sweep(window, heard, goal)`: told of each gradient before it is run or recorded.
    """

    __slots__ = ("execute", "ran", "sweep")

    def __init__(self) -> None:
        self.execute: Execute | None = None
        self.ran: Callable[[Call, tuple[Any, ...], Any], None] | None = None
        self.sweep: Callable[[Any, Heard, Goal], None] | None = None


hooks = _Hooks()
