"""Plans by structure: first with a kernel for each op, then with fused ones; the bits are the same.

A structure is what was recorded, which values are there, which are wanted, and which gradient. Two
structures are one when they are equal in full. When one comes for the first time and its fused
kernels are on disk, they are loaded; if not, it runs with the kernels of its ops, unless so many
of these are missing too that the fused ones take less time to compile (`cold.py`). When it comes
again, its fused kernels are compiled: in the background, where runs go on meanwhile, or at once.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import threading
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from ngrad.captured import Captured
from ngrad.cold import came_before, fused_sooner
from ngrad.config import settings
from ngrad.graph.cost import Cost, counters
from ngrad.graph.differentiate import Goal, Heard, Told, differentiate, tools
from ngrad.graph.dying import mark_dying
from ngrad.graph.entries import Entry, trace
from ngrad.graph.fuse import fuse
from ngrad.graph.gather import gather
from ngrad.graph.graph import Graph, Symbol
from ngrad.graph.layout import Layout
from ngrad.graph.plan import Plan
from ngrad.graph.simplify import rewrite
from ngrad.hooks import hooks
from ngrad.joined import joined
from ngrad.ops.fused import sources
from ngrad.record import execute
from ngrad.replay import Replay
from ngrad.schedule import writes_over_inputs
from ngrad.tensor import Tensor, scalar
from ngrad_kernels import beside
from ngrad_kernels.cache import NotCached, made_by, without_compiling
from ngrad_kernels.garbage import uncollected

PLANS_LIMIT = 1024
ENTRIES_LIMIT = 1 << 18
"""Entries of all plans that are kept: of each some four kilobytes."""
AT_ONCE = 256
"""Nodes up to which a graph that comes first may be cut at once, and its plan made to be replayed:
of more it takes a while, and they may never come again.
"""
FEW, WIDE = 64, 1 << 18
"""Nodes up to which it is cut at once in any case, and bytes of each, in the mean, from which on
more are too: to cut a node takes as long as to read and write so many with a kernel for each op.
"""
IDLE = 10.0
"""Seconds without work after which the process that compiles is let go."""


class Structure(NamedTuple):
    """All that decides a plan.

    Attributes
    ----------
    entries : tuple of Entry
    known : tuple of (slot, Layout), or None
        Entries that were run before, whose values are there; None if all count as such.
    wanted : tuple of int
        Slots whose values are stored.
    heard, goal : Heard and Goal, or None
        The gradient that is asked for.
    given : tuple of int
        Slots of values that nobody else has: a run may write over them.
    """

    entries: tuple[Entry, ...]
    known: tuple[tuple[int, Layout], ...] | None
    wanted: tuple[int, ...]
    heard: Heard | None = None
    goal: Goal | None = None
    given: tuple[int, ...] = ()


Key = tuple[Any, ...]
"""A structure as a bare tuple, as are what was heard and the goal, and without what is given if
nothing is: what plans are looked up by.
"""


Built = tuple[Graph, tuple[int, ...], dict[int, Layout]]
"""A graph; for each of its inputs the slot; and how that lies."""


@uncollected
def build(structure: Structure, told: Told | None = None) -> Built:
    """The graph of a structure; for each of its inputs the slot, and its layout. `told` is as for
    `differentiate`.
    """
    entries, known, wanted, heard, goal, _ = structure
    graph = Graph(rewrite)
    if known is None:
        known = tuple([(k, call.spec) for k, (call, *_) in enumerate(entries)])
    there = dict(known)
    values, loads = trace(graph, entries, there.get, tools.traced)
    layouts = {
        number: there.get(slot) or entries[slot][0].specs[0] for number, slot in loads.items()
    }
    places = [loads[number] for number in range(graph.inputs)]
    outputs: list[Symbol | None] = [values[slot] for slot in wanted]
    if goal is not None and heard is not None:
        outputs += differentiate(graph, entries, values, heard, goal, told)
    graph.outputs = tuple(None if symbol is None else symbol.index for symbol in outputs)
    graph.given.clear()
    return graph, tuple(places), layouts


class Cut:
    """A graph as a plan: one of the two ways to run it.

    Attributes
    ----------
    over : bool
        Whether it writes over inputs: then it is run by `run_over`, and in no other way.
    new : bool
        Whether it is long, and did not come before. What replays it takes longer to make than the
        plan takes to be run step by step, and it may never come again: that waits for a second run.
    """

    __slots__ = ("cost", "graph", "joined", "loads", "new", "over", "plan", "replay")

    @uncollected
    def __init__(
        self,
        graph: Graph,
        places: tuple[int, ...],
        layouts: dict[int, Layout],
        again: bool = False,
    ) -> None:
        self.graph = graph
        self.plan = Plan.of(graph, layouts, scalar)
        self.loads = tuple([(places[k], layouts[k]) for k in self.plan.inputs])
        self.over = writes_over_inputs(self.plan)
        self.replay: Replay | Captured | None = None
        self.joined: Plan | None = None
        self.new = not again and len(self.plan.steps) > AT_ONCE and not self.over
        if not self.new:
            self._prepare()
        launches = sum(step.call.launches for step in self.plan.steps)
        self.cost = Cost(launches, sum(step.call.bytes for step in self.plan.steps))

    @uncollected
    def _prepare(self) -> None:
        replay = Replay.of(self.plan, self.loads, self.over)
        self.replay = replay or Captured.of(self.plan, self.loads)
        self.joined = None if self.replay else joined(self.plan, self.loads)

    def run_over(
        self, kept: Mapping[int, Any], tell: Callable[[list[Tensor | None]], None]
    ) -> None:
        """Write over inputs; `tell` hears of the outputs, however this ends once it has begun."""
        assert isinstance(self.replay, Replay)
        self.cost.runs += 1
        self.replay.run(kept, tell)

    def run(self, kept: Mapping[int, Any]) -> list[Tensor | None]:
        """The outputs of the graph, tensors of their own, for values by slot."""
        if self.new and self.cost.runs:
            self._prepare()
            self.new = False  # last: who is interrupted before it begins again
        self.cost.runs += 1
        replay = self.replay
        if replay is not None and hooks.execute is None:
            return replay.run(kept)
        values: list[Any] = []
        for slot, where in self.loads:
            value = kept[slot]
            if type(value) is not Tensor:
                value = scalar(value, where.dtype, where.device)
            values.append(value)
        plan = self.plan if self.joined is None or hooks.execute is not None else self.joined
        return [
            None if x is None else Tensor(x._block, x._at, x._layout)
            for x in plan.run(values, execute)
        ]


class Planned:
    """How a structure runs, kept for the next time.

    Parameters
    ----------
    build : callable
        Gives its graph, for each input of that the slot, and how each lies. It is called when they
        are needed: what comes once may run without.
    given : tuple of int
        As in `Structure`.
    """

    __slots__ = ("_build", "_built", "_slots", "cut", "times", "tried")

    def __init__(self, build: Callable[[], Built], given: tuple[int, ...] = ()) -> None:
        self._build = build
        self._built: Built | None = None
        self._slots = given
        self.times = 0  # it came (`unplanned.py`)
        self.tried = 0
        self.cut: Cut | None = None

    @property
    def built(self) -> Built:
        built = self._built
        if built is None:
            built = self._built = self._build()
            counters["planned"] += 1
        return built

    @property
    def graph(self) -> Graph:
        return self.built[0]

    @property
    def places(self) -> tuple[int, ...]:
        return self.built[1]

    @property
    def layouts(self) -> dict[int, Layout]:
        return self.built[2]

    @property
    def _given(self) -> frozenset[int]:
        return frozenset([k for k, slot in enumerate(self.places) if slot in self._slots])

    def run(self, kept: Mapping[int, Any]) -> list[Tensor | None]:
        """The outputs of the graph: what is wanted, then the gradients."""
        return self.ready().run(kept)

    def ready(self) -> Cut:
        """The way to run it now."""
        if self.tried < 2:
            self._heat()
        cut = self.cut
        if cut is None:
            cut = self.cut = self._cut(lambda: mark_dying(self.graph, self._given))
        return cut

    def _heat(self) -> None:
        """Go over to fused kernels: loaded at the first run, compiled at the second."""
        if settings.fusion == "off":
            return
        self.tried += 1
        try:
            if self.tried == 1:
                self._fuse_at_first()
            else:
                self._fuse_later()
        except Exception as error:
            if settings.fusion == "wait":
                raise
            _failed(error)

    def _fuse_at_first(self) -> None:
        """Fuse, if the fused kernels are on disk, or are compiled sooner than those of the ops; and
        if that is not likely to take longer than it saves.
        """
        nodes = self.graph.nodes
        if len(nodes) > FEW and (
            len(nodes) > AT_ONCE or sum([x.spec.nbytes for x in nodes]) < len(nodes) * WIDE
        ):
            return
        fused = self._fused()
        try:
            with without_compiling():
                self._run_as(fused)
        except NotCached as error:
            if came_before(str(error)):  # with other sizes, which may be new each time
                self._fuse_later()
            elif fused_sooner(fused, self.graph, self.layouts):
                self._run_as(fused)

    def _fuse_later(self) -> None:
        """Fuse, with kernels that have to be compiled."""
        self.tried = 2
        if settings.fusion == "wait":
            self.fuse()
        else:
            _compiler.compile(self)

    def fuse(self) -> None:
        """Cut the graph into fused kernels, which may have to be compiled first."""
        self._run_as(self._fused())

    @uncollected
    def _fused(self) -> Graph:
        return gather(fuse(self.graph, self.layouts, self._given))

    def _run_as(self, fused: Graph) -> None:
        self.cut = self._cut(self._fused, fused)
        self.tried = 2
        counters["fused"] += 1

    def _cut(self, graph: Callable[[], Graph], first: Graph | None = None) -> Cut:
        """A graph as a plan: as it is made, or as it was at first."""
        again = first is not None
        cut = Cut(first or graph(), self.places, self.layouts, again)
        if cut.over and not isinstance(cut.replay, Replay):  # it is not all launches
            self._slots = ()
            cut = Cut(graph(), self.places, self.layouts, again)
        return cut

    def source(self) -> str:
        """The source of the kernels, where it is cut into as few as can be."""
        return "\n\n".join(sources(fuse(self.graph, self.layouts)))


class _Compiler:
    """A thread that fuses what came again, while runs go on; a process beside this one compiles."""

    def __init__(self) -> None:
        self._begin()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)
        atexit.register(self.stop)

    def _begin(self) -> None:
        self.waiting: queue.SimpleQueue[Planned | None] = queue.SimpleQueue()
        self.thread: threading.Thread | None = None
        self.lock = threading.RLock()
        self.pending: dict[int, Planned] = {}  # by `id`: what waits, and what is being compiled

    def _after_fork(self) -> None:
        """The thread is the parent's: the child asks for what it waits for when it comes again."""
        for planned in self.pending.values():
            planned.tried = 1
        self._begin()

    def compile(self, planned: Planned) -> None:
        """Have it fused.

        Raises
        ------
        RuntimeError
            If there can be no more threads, as while Python ends.
        """
        thread = threading.Thread(target=self._work, name="ngrad", daemon=True)
        with self.lock:
            self.pending[id(planned)] = planned
            self.waiting.put(planned)
            if self.thread is None:
                self.thread = thread
                try:
                    thread.start()
                except RuntimeError:
                    self.thread = None
                    raise

    def _work(self) -> None:
        with made_by(beside.make):
            while (planned := self._next()) is not None:
                try:
                    planned.fuse()
                except Exception as error:
                    _failed(error)
                finally:
                    self.pending.pop(id(planned), None)
        beside.end()

    def _next(self) -> Planned | None:
        """What comes next; a compiler that has nothing to do for a while is let go."""
        try:
            return self.waiting.get(timeout=IDLE)
        except queue.Empty:
            beside.end()
            return self.waiting.get()

    def stop(self) -> None:
        """Finish what is being compiled: an interpreter that ends amid it may crash."""
        if self.thread is not None:
            with contextlib.suppress(queue.Empty):
                while True:
                    self.waiting.get_nowait()
            self.waiting.put(None)
            self.thread.join()


failures: list[str] = []
"""What went wrong where a program could go on: a test that finds something here fails."""


def _failed(error: Exception) -> None:
    """A program could not be fused: it runs as it did."""
    counters["failed"] += 1
    failures.append(repr(error))
    with contextlib.suppress(RuntimeWarning):  # where warnings are errors
        warnings.warn(
            f"a program is not fused, and runs with a kernel for each op: {error!r}",
            RuntimeWarning,
            stacklevel=1,
        )


_compiler = _Compiler()


class _Plans(dict[Key, Planned]):
    """What was planned, by structure: a bounded number, of so many entries in all, which is `size`.
    A dictionary compares in full what hashes alike; what is not there is planned.
    """

    size = 0

    def __missing__(self, key: Key) -> Planned:
        entries, known, wanted, heard, goal, *given = key
        structure = Structure(
            entries, known, wanted, heard and Heard(*heard), goal and Goal(*goal), *given
        )
        planned = Planned(partial(build, structure), structure.given)
        if any(call.open for call, *_ in structure.entries):
            return planned  # a recording's
        # No lock, which a fork could leave taken: threads that meet lose a plan at worst.
        self[key] = planned
        self.size += len(entries)
        if len(self) > PLANS_LIMIT or self.size > ENTRIES_LIMIT:
            # The oldest half goes: a program that still runs plans again what it needs, once.
            keys = list(self)
            for old in keys[: len(keys) // 2]:
                self.pop(old, None)
            self.size = sum(len(kept[0]) for kept in keys[len(keys) // 2 :])
        return planned


plans = _Plans()
