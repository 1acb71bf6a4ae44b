"""What debugging asks to see of the engine: nobody does, but within `profile`, `check_numerics` and
`errstate`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ngrad.config import settings
from ngrad.graph.differentiate import Goal, Heard
from ngrad.graph.op import Call

Execute = Callable[[Call, tuple[Any, ...]], Any]
Ran = Callable[[Call, tuple[Any, ...], Any], None]


class _Hooks:
    """Who is told; None while nobody is. They are the whole process's.

    Attributes
    ----------
    execute : callable or None
        Runs a call on tensors in place of its own `run`. While it is set, plans are stepped through
        call by call, unfused or fused as they are.
    ran : callable or None
        `ran(call, inputs, result)`: told of each op that ran where it was called; it tells all of
        `listeners`.
    sweep : callable or None
        `sweep(window, heard, goal)`: told of each gradient before it is run or recorded.
    """

    __slots__ = ("execute", "listeners", "ran", "sweep")

    def __init__(self) -> None:
        self.execute: Execute | None = None
        self.ran: Ran | None = None
        self.listeners: tuple[Ran, ...] = ()
        self.sweep: Callable[[Any, Heard, Goal], None] | None = None

    def tell(self, listener: Ran, on: bool) -> None:
        """Have a listener told of ops that ran, or no longer."""
        others = tuple(other for other in self.listeners if other is not listener)
        self.listeners = (*others, listener) if on else others
        self.ran = self._tell if self.listeners else None
        self.watch()

    def run_by(self, execute: Execute | None) -> None:
        """Have calls run by this, or by themselves."""
        self.execute = execute
        self.watch()

    def watch(self) -> None:
        """Have every op find out whether it is looked at."""
        settings.watched = self.execute is not None or self.ran is not None
        settings.decide()

    def _tell(self, call: Call, inputs: tuple[Any, ...], out: Any) -> None:
        for listener in self.listeners:
            listener(call, inputs, out)


hooks = _Hooks()
