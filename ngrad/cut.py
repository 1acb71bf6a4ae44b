"""`Cut`: a graph as a plan, and what replays it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ngrad.captured import Captured
from ngrad.graph.cost import Cost
from ngrad.graph.graph import Graph
from ngrad.graph.layout import Layout
from ngrad.graph.plan import Plan
from ngrad.hooks import hooks
from ngrad.joined import joined
from ngrad.record import execute
from ngrad.replay import Replay
from ngrad.scalars import scalar
from ngrad.schedule import written_inputs
from ngrad.tensor import Tensor
from ngrad_kernels.garbage import uncollected

AT_ONCE = 256
"""Nodes up to which a graph that comes first may be cut at once, and its plan made to be replayed:
of more it takes a while, and they may never come again.
"""


class Cut:
    """A graph as a plan: one of the two ways to run it.

    Parameters
    ----------
    again : bool
        Whether it came before.
    at_once : int
        Steps up to which what replays it is made at once.

    Attributes
    ----------
    over : bool
        Whether it writes over inputs: then it is run by `run_over`, and in no other way.
    new : bool
        Whether it is long, and did not come before. What replays it takes longer to make than the
        plan takes to be run step by step, and it may never come again: that waits for a second run.
    """

    __slots__ = ("_written", "cost", "graph", "joined", "loads", "new", "over", "plan", "replay")

    @uncollected
    def __init__(
        self,
        graph: Graph,
        places: tuple[int, ...],
        layouts: dict[int, Layout],
        again: bool = False,
        at_once: int = AT_ONCE,
    ) -> None:
        self.graph = graph
        self.plan = Plan.of(graph, layouts, scalar)
        self.loads = tuple([(places[k], layouts[k]) for k in self.plan.inputs])
        self._written = written_inputs(self.plan)
        self.over = bool(self._written)
        self.replay: Replay | Captured | None = None
        self.joined: Plan | None = None
        self.new = not again and len(self.plan.steps) > at_once and not self.over
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
        if hooks.execute is None:
            self.replay.run(kept, tell)
            return
        # Over copies: it may be interrupted between two steps.
        slots = [self.loads[k][0] for k in self._written]
        tell(self._stepped({**kept, **{slot: Tensor.own(kept[slot]) for slot in slots}}))

    def run(self, kept: Mapping[int, Any]) -> list[Tensor | None]:
        """The outputs of the graph, tensors of their own, for values by slot."""
        if self.new and self.cost.runs:
            self._prepare()
            self.new = False  # last: who is interrupted before it begins again
        self.cost.runs += 1
        replay = self.replay
        if replay is not None and hooks.execute is None:
            return replay.run(kept)
        return self._stepped(kept)

    def _stepped(self, kept: Mapping[int, Any]) -> list[Tensor | None]:
        """The same, call by call."""
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
