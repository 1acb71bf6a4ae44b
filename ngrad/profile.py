"""`profile`: what ran, when, and for how long."""

from __future__ import annotations

import functools
import json
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ngrad.graph.gather import TOGETHER
from ngrad.graph.group import FUSED
from ngrad.graph.layout import Layout
from ngrad.graph.op import Call
from ngrad.hooks import hooks
from ngrad.ops.fused import rendered
from ngrad.stats import size
from ngrad_kernels import cache


class Event(NamedTuple):
    """Something that took time.

    Attributes
    ----------
    kind : {"run", "compiled", "loaded"}
        Whether a call ran, or its kernel was compiled or loaded.
    name : str
        Of the op; of the kernel if that is fused, compiled or loaded.
    ops : tuple of str
        What a call computes: the names of the ops that it fuses, or its own.
    start, duration : int
        In nanoseconds, from when the profile began.
    thread : int
        As `threading.get_ident` numbers them.
    inputs, outputs : tuple of str
        Dtypes and shapes.
    launches, bytes : int
        How many kernels were launched, and what was read and written, if each element is read once.
    """

    kind: str
    name: str
    ops: tuple[str, ...]
    start: int
    duration: int
    thread: int
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    launches: int = 0
    bytes: int = 0


class Row(NamedTuple):
    """All runs of one kernel, or of a Python step such as a matrix product."""

    name: str
    ops: tuple[str, ...]
    calls: int
    seconds: float
    share: float
    bytes: int

    @property
    def bandwidth(self) -> float:
        """Bytes a second."""
        return self.bytes / self.seconds if self.seconds else 0.0


_Seen = tuple[str, Call | str, int, int, int]
"""A kind of event, the call or kernel, its start and end, and the thread."""


@functools.lru_cache(1024)
def _named(op: Any, params: Any, inputs: tuple[Layout, ...]) -> str:
    """The name of what a call runs."""
    if op is TOGETHER:
        return f"{len(params[0])} together"
    return rendered(params[0], inputs)[0] if op is FUSED else op.name


class Profile:
    """What ran within a `profile`, on every thread of the process."""

    def __init__(self) -> None:
        self._seen: list[_Seen] = []
        self._began = 0

    def __enter__(self) -> Profile:
        self._seen = []
        self._began = time.perf_counter_ns()
        _active.add(self)
        return self

    def __exit__(self, *exc: object) -> None:
        _active.remove(self)

    def note(self, seen: _Seen) -> None:
        """Note what ran; in what words is decided when someone asks."""
        self._seen.append(seen)

    @property
    def events(self) -> list[Event]:
        """All that ran, in the order in which it ended."""
        return [self._event(*seen) for seen in self._seen]

    def _event(self, kind: str, what: Call | str, start: int, end: int, thread: int) -> Event:
        when = start - self._began, end - start, thread
        if isinstance(what, str):
            return Event(kind, what, (), *when)
        name, ops = _named(what.op, what.params, what.inputs), tuple(what.ops)
        shapes = tuple(map(repr, what.inputs)), tuple(map(repr, what.outputs))
        return Event(kind, name, ops, *when, *shapes, what.launches, what.bytes)

    def rows(self) -> list[Row]:
        """By kernel, the one that took longest first."""
        runs = [event for event in self.events if event.kind == "run"]
        total = sum(event.duration for event in runs) or 1
        found: dict[tuple[str, tuple[str, ...]], list[Event]] = {}
        for event in runs:
            found.setdefault((event.name, event.ops), []).append(event)
        rows = []
        for (name, ops), same in found.items():
            spent = sum(event.duration for event in same)
            moved = sum(event.bytes for event in same)
            rows.append(Row(name, ops, len(same), spent / 1e9, spent / total, moved))
        return sorted(rows, key=lambda row: row.seconds, reverse=True)

    def table(self) -> Any:
        """A table (rich's) by kernel, and of what was compiled and loaded: print it with rich, or
        `str` the profile.
        """
        from rich.table import Table  # loaded by who prints, not by who imports ngrad

        table = Table(show_edge=False)
        table.add_column("kernel", overflow="fold")
        for title in ("calls", "ms", "share", "bytes", "GB/s"):
            table.add_column(title, justify="right", no_wrap=True)
        table.add_column("ops", overflow="fold")
        for row in self.rows():
            table.add_row(
                row.name,
                f"{row.calls:,}",
                f"{row.seconds * 1e3:.3f}",
                f"{row.share:.1%}",
                size(row.bytes),
                f"{row.bandwidth / 1e9:.1f}",
                _counted(row.ops),
            )
        events = self.events
        for what in ("compiled", "loaded"):
            spent = [event.duration for event in events if event.kind == what]
            if spent:
                table.add_row(f"({what})", f"{len(spent):,}", f"{sum(spent) / 1e6:.3f}")
        return table

    def __str__(self) -> str:
        from rich.console import Console

        console = Console(width=120, no_color=True)
        with console.capture() as capture:
            console.print(self.table())
        return capture.get()

    def chrome_trace(self, path: str | os.PathLike[str]) -> None:
        """Write the events as JSON for Perfetto (https://ui.perfetto.dev) or chrome://tracing."""
        Path(path).write_text(json.dumps({"traceEvents": self._trace(), "displayTimeUnit": "ms"}))

    def _trace(self) -> list[dict[str, Any]]:
        process = os.getpid()
        names = {thread.ident: thread.name for thread in threading.enumerate()}
        events = sorted(self.events, key=lambda event: event.start)
        lines: list[dict[str, Any]] = [
            {
                "ph": "M",
                "name": "thread_name",
                "pid": process,
                "tid": thread,
                "args": {"name": names.get(thread, f"thread {thread}")},
            }
            for thread in sorted({event.thread for event in events})
        ]
        return lines + [_line(event, process) for event in events]


def _line(event: Event, process: int) -> dict[str, Any]:
    """A complete event, in microseconds."""
    return {
        "ph": "X",
        "name": event.name if len(event.ops) < 2 else _counted(event.ops),
        "cat": event.kind,
        "ts": event.start / 1e3,
        "dur": event.duration / 1e3,
        "pid": process,
        "tid": event.thread,
        "args": {
            "kernel": event.name,
            "ops": event.ops,
            "inputs": event.inputs,
            "outputs": event.outputs,
            "launches": event.launches,
            "bytes": event.bytes,
        },
    }


def _counted(ops: Sequence[str]) -> str:
    """Names in order of their first use, each once, with how often.

    Examples
    --------
    >>> _counted(["multiply", "add", "multiply"])
    'multiply x2, add'
    """
    counts = {name: ops.count(name) for name in ops}
    return ", ".join(name if n == 1 else f"{name} x{n}" for name, n in counts.items())


class _Active:
    """The profiles that are open, and the hooks while there are any."""

    def __init__(self) -> None:
        self.profiles: tuple[Profile, ...] = ()
        self.lock = threading.RLock()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._renew_lock)

    def _renew_lock(self) -> None:
        self.lock = threading.RLock()

    def add(self, profile: Profile) -> None:
        with self.lock:
            self._set((*self.profiles, profile))

    def remove(self, profile: Profile) -> None:
        with self.lock:
            self._set(tuple(other for other in self.profiles if other is not profile))

    def _set(self, profiles: tuple[Profile, ...]) -> None:
        if profiles and not self.profiles:
            hooks.run_by(self.execute)
            cache.listeners.append(self.made)
        elif self.profiles and not profiles:
            hooks.run_by(None)
            cache.listeners.remove(self.made)
        self.profiles = profiles

    def execute(self, call: Call, inputs: tuple[Any, ...]) -> Any:
        """Run a call, and say how long that took."""
        where = call.outputs  # prepared, so that no kernel is compiled in the time that is taken
        assert where
        start = time.perf_counter_ns()
        out = call.run(*inputs)
        end = time.perf_counter_ns()
        if call.bytes:  # a view takes no time
            self._tell(("run", call, start, end, threading.get_ident()))
        return out

    def made(self, what: str, name: str, start: int, end: int) -> None:
        """Say that a kernel was compiled or loaded."""
        self._tell((what, name, start, end, threading.get_ident()))

    def _tell(self, seen: _Seen) -> None:
        for profile in self.profiles:
            profile.note(seen)


_active = _Active()


def profile() -> Profile:
    """Time every kernel, and every Python step such as a matrix product, that runs within it.

    Plans are stepped through call by call meanwhile, where they would be replayed in one: so small
    programs take longer, by one or two microseconds a call, which the times of kernels do not
    include. Work that is pending when it ends is not in it: look at the values, or `ngrad.eval`
    them, within.

    Returns
    -------
    Profile
        A context manager.

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.constant([0.5] * 1000)
    >>> with ngrad.profile() as profile:
    ...     ngrad.eval(x + x)
    >>> [(row.name, row.calls, row.bytes) for row in profile.rows()]
    [('add', 1, 12000)]
    """
    return Profile()


__all__ = ["Event", "Profile", "Row", "profile"]
