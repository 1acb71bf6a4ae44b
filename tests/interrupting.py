"""Ctrl-C, or what a finalizer does, at any place of the engine, one after the other."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Container
from typing import Any


class Caught(KeyboardInterrupt):
    """Ctrl-C, at a place of the test's choosing."""


def interrupt() -> None:
    raise Caught


def caught_at(
    place: int,
    function: Callable[[], Any],
    files: Container[str],
    counts: Callable[[str, str], bool],
    opcodes: bool = False,
    meanwhile: Callable[[], Any] = interrupt,
) -> bool:
    """Whether running a function came to as many places, and was stopped there, or something else
    was done: events in some files that count, by the file's name and the event's; of each bytecode
    there is one if asked.
    """
    left = place

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal left
        name = os.path.basename(frame.f_code.co_filename)
        # What is raised at the closing of a generator, or in __del__, goes nowhere.
        if name not in files or frame.f_code.co_name in ("<genexpr>", "__del__"):
            return None
        frame.f_trace_opcodes = opcodes
        if counts(name, event):
            left -= 1
            if left == 0:
                sys.settrace(None)
                meanwhile()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    except Caught:
        pass
    finally:
        sys.settrace(before)
    return left <= 0
