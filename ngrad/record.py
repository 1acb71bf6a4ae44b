"""What is recording: the stack of tapes (and graphs under construction) of each thread, and
`apply`.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any, Protocol

from ngrad.graph.graph import Graph, Symbol
from ngrad.graph.op import Call, Op, Params

next_uid = itertools.count(1).__next__
"""A number of its own for each value that a tape follows. Numbers, unlike `id`s, are never used
again.
"""


class Recorder(Protocol):
    """Whatever wants to know what runs."""

    def record(self, call: Call, inputs: tuple[Any, ...], outputs: Any) -> None: ...

    def variable_read(self, variable: Any) -> None: ...


class State(threading.local):
    """A thread's recorders, innermost last; and the graph being traced, if one is."""

    def __init__(self) -> None:
        self.stack: list[Recorder] = []
        self.graph: Graph | None = None


state = State()


def traced(graph: Graph, function: Callable[[], Any]) -> Any:
    """What a function returns; within it, ops on symbols become nodes of `graph`, and no tape
    records.
    """
    outer = state.graph, state.stack
    try:
        state.graph, state.stack = graph, []
        return function()
    finally:  # not an `__exit__`: Ctrl-C at its door would leave the graph in place for good
        state.graph, state.stack = outer


class paused:
    """Within it nothing records: neither the tapes of this thread nor the graph being traced."""

    def __enter__(self) -> None:
        self.outer = state.graph, state.stack
        state.graph, state.stack = None, []

    def __exit__(self, *exc: object) -> None:
        state.graph, state.stack = self.outer


def apply(op: Op, inputs: tuple[Any, ...], params: Params = ()) -> Any:
    """Apply an op to tensors (or symbols): resolve, run, record.

    Parameters
    ----------
    op : Op
    inputs : tuple of Tensor, or of Symbol while a graph is traced
    params : tuple
        The op's static parameters, hashable.
    """
    if state.graph is not None and any(type(x) is Symbol for x in inputs):
        return state.graph.apply(op, inputs, params)
    layouts = tuple([x._layout for x in inputs])
    call = op.calls.get((params, layouts)) or op.call(params, layouts)
    out = call.run(*inputs)
    if state.stack:
        record(call, inputs, out)
    return out


def record(call: Call, inputs: tuple[Any, ...], out: Any) -> None:
    """Tell every tape of this thread what ran."""
    for recorder in state.stack:
        recorder.record(call, inputs, out)


def execute(call: Call, inputs: tuple[Any, ...]) -> Any:
    """Run a call that is already resolved, and record it; a user's Python records what it runs
    itself.
    """
    out = call.run(*inputs)
    if state.stack and call.op.family != "opaque":
        record(call, inputs, out)
    return out
