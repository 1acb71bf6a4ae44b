"""What is recording: each thread's window of work, its stack of tapes, and `apply`.

An op that is applied is not run but noted in the thread's window: its call, and where in the window
its operands stand. Whoever looks at a value has the window run (`evaluate.py`). A tape is a reader
of the window: it says from where to where it listened, and what it watched.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np

from ngrad.config import settings
from ngrad.graph.graph import Graph, Symbol
from ngrad.graph.op import Call, Op, Params
from ngrad.hooks import hooks
from ngrad.tensor import Tensor
from ngrad.window import Window, found, recorded
from ngrad_kernels.machine import MOST
from ngrad_kernels.memory import OutOfMemory

uids = itertools.count(1)
"""A number of its own for each variable. Numbers, unlike `id`s, are never used again."""
next_uid = uids.__next__

PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
INNER = PACKAGE, os.path.dirname(np.__file__) + os.sep
"""Where no line is a user's: NumPy may ask on behalf of this package."""


def own_frames(depth: int = 0) -> Iterator[Any]:
    """The frames of this package, from the one that is so far above the caller out to its user."""
    frame: Any = sys._getframe(depth + 1)
    while frame is not None and frame.f_code.co_filename.startswith(PACKAGE):
        yield frame
        frame = frame.f_back


def user_line() -> str:
    """Where the innermost frame outside of this package is. Called for each op that checks indices,
    so without a generator.
    """
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(INNER):
        frame = frame.f_back
    return "a line" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"


# -- threads ---------------------------------------------------------------------------------------


class Recorder(Protocol):
    """Whatever wants to know what a thread records."""

    def variable_read(self, variable: Any) -> None: ...

    def follows(self, uid: int) -> bool: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...


class State(threading.local):
    """A thread's recorders, innermost last; the graph being traced, if one is; its window; and how
    many gradients were recorded themselves.
    """

    def __init__(self) -> None:
        self.stack: list[Recorder] = []
        self.graph: Graph | None = None
        self.window = Window()
        self.swept = 0

    def listens(self) -> bool:
        """Whether what is computed may be wanted again: by a tape, for the graph that is being
        traced, or by the `function` that is being recorded.
        """
        return True if self.stack else self.graph is not None or self.window.trace is not None


state = State()


def traced(graph: Graph, function: Callable[[], Any]) -> Any:
    """What a function returns; within it, ops on symbols become nodes of `graph`."""
    outer = state.graph
    try:
        state.graph = graph
        return function()
    finally:  # not an `__exit__`: Ctrl-C at its door would leave the graph in place for good
        state.graph = outer


class paused:
    """Within it nothing listens: neither the tapes of this thread nor the graph being traced."""

    def __enter__(self) -> None:
        self.outer = state.graph, state.stack
        for recorder in state.stack:
            recorder.pause()
        state.graph, state.stack = None, []

    def __exit__(self, *exc: object) -> None:
        state.graph, state.stack = self.outer
        for recorder in state.stack:
            recorder.resume()


class _Move:
    """What moves operands to one device, and what applies an op to floats of two bytes by way of
    float32; set where copies and conversions are made.
    """

    together: Callable[[str, tuple[Any, ...]], tuple[Any, ...]]
    widened: Callable[[Op, tuple[Any, ...], Params], Any]


move = _Move()


def apply(op: Op, inputs: tuple[Any, ...], params: Params = ()) -> Any:
    """Apply an op to tensors (or symbols): resolve and record.

    Parameters
    ----------
    op : Op
    inputs : tuple of Tensor, or of Symbol while a graph is traced
    params : tuple
        The op's static parameters, hashable.
    """
    try:
        out = found(state.window, op.calls, params, settings.small, inputs, op)
    except OutOfMemory as error:
        error.by(f"{op.name}({', '.join([repr(x._layout) for x in inputs])})")
        raise
    if out is not None:
        return out
    layouts = tuple([x._layout for x in inputs])
    if state.graph is not None and any(type(x) is Symbol for x in inputs):
        if op.is_widened(layouts):
            return move.widened(op, inputs, params)
        return state.graph.apply(op, inputs, params)
    call = op.calls.get((params, layouts)) or op.anew(params, layouts)
    if call is None:
        if op.is_widened(layouts):
            return move.widened(op, inputs, params)
        return apply(op, move.together(op.name, inputs), params)
    window = state.window
    if settings.eager:
        return run_now(call, inputs)
    # Another thread may have computed it just now, which decides how it lies.
    there = op.view and inputs[0]._at and inputs[0]._layout is layouts[0]
    # What is recorded is done again, for other values, and for batches: so are views.
    heard = there and (window.trace is not None or (state.stack and window.slot_of(inputs[0]) >= 0))
    if there and not heard and call.shown:
        # Seen through another layout at once: then a new part of a batch is no new structure.
        return call.run(*inputs)
    at_once = settings.watched and call.size <= settings.at_once and window.idle()
    if at_once and all(x._at for x in inputs):
        return run_now(call, inputs)
    if call.several or len(inputs) > MOST:
        append = window.append_several if call.several else window.append
        return append(call, tuple([window[x] for x in inputs]))
    return recorded(window, call, *inputs)


def apply_now(op: Op, inputs: tuple[Any, ...], params: Params = ()) -> Any:
    """As `apply`, of an op that may fail on values: run here, so that it raises on this line. While
    a graph is traced or a `function` recorded there are no values, and it raises when that runs.
    """
    if state.graph is not None or state.window.trace is not None:
        return apply(op, inputs, params)
    call = op.calls.get((params, tuple([x._layout for x in inputs])))
    if call is None:
        inputs = move.together(op.name, inputs)
        call = op.call(params, tuple([x._layout for x in inputs]))
    return run_now(call, inputs)


def run_now(call: Call, inputs: tuple[Any, ...]) -> Any:
    """Run a call, and record it if a tape listens."""
    window = state.window
    listened = state.stack and window.readers
    for x in inputs:
        if not x._at:  # made before, while evaluation was deferred
            Tensor.evaluate(x)
        elif listened and x._block.shared:
            inputs = tuple(map(heard, inputs))
    layouts = tuple([x._layout for x in inputs])
    if layouts != call.inputs:
        call = call.op.call(call.params, layouts)
    out = execute(call, inputs)
    call.cost.runs += 1
    if listened:
        window.note_done(call, tuple([window[x] for x in inputs]), out)
    if hooks.ran is not None:
        hooks.ran(call, inputs, out)
    return out


def heard(x: Any) -> Any:
    """What stands for a tensor where a tape listens: for memory that others may write to, the copy
    that the tape has of it.
    """
    window = state.window
    if state.stack and window.readers and x._at and x._block.shared:
        return window.tensor(window[x])
    return x


def copied(x: Any) -> Any:
    """A tensor of the same value in memory that nobody else writes to: itself, unless others may;
    the copy that a tape has of it, where one listens.
    """
    if type(x) is not Tensor:
        return x  # a symbol
    x = heard(x) if state.stack else x  # asked here too: mostly nothing listens
    return Tensor.own(x) if x._at and x._block.shared else x


def plainly(op: Op, params: Params, *inputs: Any) -> Any:
    """What an op gives for tensors whose values are there: nobody hears of it."""
    return op.call(params, tuple([x._layout for x in inputs])).run(*inputs)


def execute(call: Call, inputs: tuple[Any, ...]) -> Any:
    """Run a call: nothing is recorded."""
    try:
        return call.run(*inputs) if hooks.execute is None else hooks.execute(call, inputs)
    except OutOfMemory as error:
        error.by(repr(call))
        raise
