"""Plans with calls of libraries in them, of linear algebra for instance: the launches between two
such calls are one step, which is replayed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ngrad.graph.layout import Layout
from ngrad.graph.plan import Plan
from ngrad.replay import Replay
from ngrad.schedule import Loads


class Joined:
    """The call of a step that runs others, in order.

    Attributes
    ----------
    several : bool
        It gives several results: those that are read after it.
    """

    __slots__ = ("_replay",)
    several = True

    def __init__(self, replay: Replay) -> None:
        self._replay = replay

    def run(self, *inputs: Any) -> list[Any]:
        return self._replay.run(dict(enumerate(inputs)))


def joined(plan: Plan, loads: Loads) -> Plan | None:
    """The same plan in fewer steps, if some of it, but not all, is launches; else None."""
    launches = [step.call.program is not None for step in plan.steps]
    if all(launches) or not any(launches):
        return None
    return _Joining(plan, loads, launches).new


class _Joining:
    """
    Attributes
    ----------
    place : dict of int to int
        By a register of the plan, the new one, of values that are not inside of a joined step.
    """

    def __init__(self, plan: Plan, loads: Loads, launches: Sequence[bool]) -> None:
        self.plan = plan
        self.where: list[Layout] = [where for _, where in loads]
        self.where += [constant._layout for constant in plan.constants]
        first = len(self.where)
        self.place = {k: k for k in range(first)}
        self.starts: list[int] = []  # the first register of each step's results
        for step in plan.steps:
            self.starts.append(len(self.where))
            self.where += step.call.outputs
        self.last = {k: len(plan.steps) for k in plan.outputs if k is not None}
        for index in range(len(plan.steps) - 1, -1, -1):
            for k in plan.steps[index].inputs:
                self.last.setdefault(k, index)
        self.steps: list[tuple[Any, tuple[int, ...], range]] = []
        run: list[int] = []
        for index, launched in enumerate([*launches, False]):
            if launched:
                run.append(index)
                continue
            if len(run) < 2 or not self._join(run):
                for k in run:
                    self._keep(k)
            run = []
            if index < len(plan.steps):
                self._keep(index)
        outputs = tuple([None if k is None else self.place[k] for k in plan.outputs])
        self.new = Plan(plan.inputs, plan.constants, self.steps, outputs)

    def _results(self, index: int) -> range:
        start = self.starts[index]
        return range(start, start + len(self.plan.steps[index].call.outputs))

    def _add(self, call: Any, inputs: Sequence[int], results: Sequence[int]) -> None:
        start = len(self.place)
        self.place.update(zip(results, range(start, start + len(results)), strict=True))
        operands = tuple([self.place[k] for k in inputs])
        self.steps.append((call, operands, range(start, start + len(results))))

    def _keep(self, index: int) -> None:
        step = self.plan.steps[index]
        self._add(step.call, step.inputs, self._results(index))

    def _join(self, run: list[int]) -> bool:
        """One step of several; False if they cannot be replayed."""
        steps = [self.plan.steps[index] for index in run]
        made = range(self.starts[run[0]], self._results(run[-1]).stop)
        read = (k for step in steps for k in step.inputs if k not in made)
        inputs = [*dict.fromkeys(read)]
        number = {k: at for at, k in enumerate((*inputs, *made))}
        wanted = [k for k in made if self.last.get(k, -1) > run[-1]]
        calls = []
        for index, step in zip(run, steps, strict=True):
            start, count = number[self.starts[index]], len(step.call.outputs)
            operands = tuple([number[k] for k in step.inputs])
            calls.append((step.call, operands, range(start, start + count)))
        part = Plan(tuple(range(len(inputs))), (), calls, tuple([number[k] for k in wanted]))
        replay = Replay.of(part, tuple([(at, self.where[k]) for at, k in enumerate(inputs)]))
        if replay is None:
            return False
        self._add(Joined(replay), inputs, wanted)
        return True
