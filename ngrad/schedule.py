"""`Schedule`: the launches of a plan, with a place in memory for every operand of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ngrad.graph.layout import Layout
from ngrad.graph.op import Call
from ngrad.graph.plan import Plan
from ngrad.graph.program import Launch, Program
from ngrad.graph.room import Room, Shelves
from ngrad.scalars import scalar
from ngrad.status import Status
from ngrad.tensor import Tensor
from ngrad_kernels.memory import OutOfMemory
from ngrad_kernels.words import Step

Loads = tuple[tuple[int, Layout], ...]
"""Where a plan's inputs come from: of each its slot, and its layout."""


class Schedule:
    """A plan that is all launches, over registers that hold base addresses: zero, then the plan's
    inputs, then a buffer for each result that is not an input's own memory. Constants have their
    address as an offset from zero.

    Temporaries lie in one block: each has its place up to its last use, then another has it.

    Parameters
    ----------
    plan : Plan
    loads : Loads
    block : (register, offset)
        Where that block begins.

    Attributes
    ----------
    launches : list of (Launch, list of (register, offset))
        In order, each with where its operands begin.
    open : bool
        Whether there are open sizes in it: it runs at such as `sized.py` makes numbers of.
    temporaries : int
        Bytes of the block that they take.
    checks : int
        Steps that note what is wrong, in entries of a status whose address is in the last register
        but one.
    """

    __slots__ = (
        "_first",
        "_loads",
        "_made",
        "_others",
        "_outputs",
        "_own",
        "_plain",
        "_plan",
        "_programs",
        "_wanted",
        "checks",
        "launches",
        "open",
        "temporaries",
    )

    def __init__(self, plan: Plan, loads: Loads, block: tuple[int, int]) -> None:
        self._plan, self._loads = plan, loads
        # They hold what launches have the addresses of: another thread may prepare a call again,
        # which then has another program.
        self._programs = [program_of(step.call) for step in plan.steps]
        first = len(loads) + len(plan.constants)  # the number of the first step's result
        owners = _owners(plan, self._programs, first)
        self._first = len(loads) + 1
        self._wanted = {owners[k] for k in plan.outputs if k is not None and owners[k] >= first}
        self._made: list[Layout] = []
        self.checks = 0
        self.launches: list[tuple[Launch, list[tuple[int, int]]]] = []
        self.open = any(step.call.open for step in plan.steps)
        base = self._placed(owners, block)
        lies: list[Layout | None] = [None] * first
        lies += [where for step in plan.steps for where in step.call.outputs]
        self._outputs = [
            None if k is None else self._found(owners[k], base[k], lies[k]) for k in plan.outputs
        ]
        # Of each output that is a buffer of its own, which one.
        made: dict[tuple[Any, int, Layout | None], int] = {
            (self._first + k, 0, where): k for k, where in enumerate(self._made)
        }
        self._own = [made.pop(output, None) if output else None for output in self._outputs]
        self._others = [
            number
            for number, output in enumerate(self._outputs)
            if output is not None and self._own[number] is None
        ]
        self._plain = self._own == [*range(len(self._made))]

    def _placed(self, owners: list[int], block: tuple[int, int]) -> list[tuple[int, int]]:
        """Lay out the launches; where each value begins."""
        plan, (register, begin) = self._plan, block
        room = Shelves() if self.open else Room()
        base: list[tuple[int, int]] = [(k + 1, 0) for k in range(len(self._loads))]
        base += [(0, constant._address) for constant in plan.constants]
        first, last = len(base), _last_uses(plan, owners)
        for index, ((call, read, _), program) in enumerate(
            zip(plan.steps, self._programs, strict=True)
        ):
            if program.view is not None:
                owner, offset = base[read[0]]
                base.append((owner, offset + program.view))
                continue
            start = len(base)  # the number of the first result
            for k, result in enumerate(call.outputs):
                if k in program.over:
                    base.append(base[read[program.over[k]]])
                elif start + k in self._wanted:
                    base.append((self._first + len(self._made), 0))
                    self._made.append(result)
                else:
                    base.append((register, begin + room.take(result.nbytes)))
            scratch = room.take(program.scratch) if program.scratch else None
            # Operands by their numbers: of those below zero scratch is the last, then, before it,
            # the results, and what a check notes.
            places = [base[k] for k in read]
            if program.checks:
                self.checks += 1
                places.append((-2, Status.nbytes(self.checks)))
            places += base[start:][::-1]
            places.append((register, begin + (scratch or 0)))
            for launch in program.launches:
                operands = []
                for which, more in launch.operands:
                    at, offset = places[which]
                    operands.append((at, offset + more))
                self.launches.append((launch, operands))
            if scratch is not None:
                room.give(scratch)
            for number in last.get(index, ()):
                if number >= first and number not in self._wanted:
                    room.give(base[number][1] - begin)
        self.temporaries = room.size
        return base

    def _found(
        self, owner: int, place: tuple[int, int], where: Layout | None
    ) -> tuple[Any, int, Layout | None]:
        """Where an output is: the register or the constant that it begins behind, by how much, and
        how it lies; None if as an input of the plan does.
        """
        register, offset = place
        number = owner - len(self._loads)
        if 0 <= number < len(self._plan.constants):  # it is nothing else, seen through a view
            constant = self._plan.constants[number]
            return constant, offset - constant._address, where or constant._layout
        return register, offset, where

    def refused(self, error: OutOfMemory) -> None:
        """Have an error say for whom there was no room: the step that makes most."""
        calls = [step.call for step in self._plan.steps]
        if self.open:  # sizes stand elsewhere, and the error has that of the result
            error.by(", ".join(dict.fromkeys([call.op.name for call in calls])))
            return
        most = max(calls, key=lambda call: sum([where.nbytes for where in call.outputs]))
        gives = ", ".join(map(repr, most.outputs))
        beside = f", the largest of {len(calls)} ops that run together" if len(calls) > 1 else ""
        error.by(f"{most!r} -> {gives}{beside}")

    def steps(self, registers: int) -> list[Step]:
        """The launches over so many registers; those below zero count from the last."""
        return [
            (x.kernel, x.facts, x.n, x.grain, [(which % registers, more) for which, more in places])
            for x, places in self.launches
        ]

    def _results(self, kept: Mapping[int, Any], made: list[Tensor]) -> list[Tensor | None]:
        """The outputs, where some are no buffers of their own."""
        results: list[Tensor | None] = [None if k is None else made[k] for k in self._own]
        for number in self._others:
            source, offset, where = cast("tuple[Any, int, Any]", self._outputs[number])
            if type(source) is int and source >= self._first:
                holder = made[source - self._first]
            else:
                holder = self._input(kept, source - 1) if type(source) is int else source
            out = Tensor(holder._block, holder._at + offset, where or holder._layout)
            results[number] = out
        return results

    def _input(self, kept: Mapping[int, Any], number: int) -> Tensor:
        slot, where = self._loads[number]
        value = kept[slot]
        return value if type(value) is Tensor else scalar(value, where.dtype, where.device)


def _last_uses(plan: Plan, owners: list[int]) -> dict[int, list[int]]:
    """By step, the values whose memory nobody reads after it, not even through a view."""
    last: dict[int, int] = {}
    made = len(owners) - sum([len(step.call.specs) for step in plan.steps])
    for index, (call, inputs, _) in enumerate(plan.steps):
        for k in inputs:
            last[owners[k]] = index
        for _ in call.specs:
            last[owners[made]] = index
            made += 1
    found: dict[int, list[int]] = {}
    for number, index in last.items():
        found.setdefault(index, []).append(number)
    return found


def _owners(plan: Plan, programs: list[Program], first: int) -> list[int]:
    """For each value, the value whose memory it is."""
    owners = list(range(first))
    for (call, inputs, _), program in zip(plan.steps, programs, strict=True):
        over = program.over if program.view is None else {0: 0}
        for k in range(len(call.specs)):
            owners.append(owners[inputs[over[k]]] if k in over else len(owners))
    return owners


def written_inputs(plan: Plan) -> set[int]:
    """The numbers of the plan's inputs over which steps put results."""
    programs = [step.call.program or Program() for step in plan.steps]
    over = [
        step.inputs[k]
        for step, program in zip(plan.steps, programs, strict=True)
        if program.over
        for k in program.over.values()
    ]
    inputs = len(plan.inputs)
    owners = _owners(plan, programs, inputs + len(plan.constants)) if over else []
    return {owners[k] for k in over if owners[k] < inputs}


def program_of(call: Call) -> Program:
    """What a call launches, where it is known to launch and to do nothing else."""
    program = call.program
    assert program is not None
    return program
