"""`Captured`: a plan on a GPU, whose launches are kept as a graph of the driver's where its
addresses come again, as in a loop they do.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import finalize

from ngrad.devices import HOST, Device
from ngrad.graph.plan import Plan
from ngrad.numbers import Numbers
from ngrad.schedule import Loads, Schedule, program_of
from ngrad.status import Places, Status, begin, places, unsettled
from ngrad.tensor import Tensor
from ngrad_kernels.choices import choices
from ngrad_kernels.codes import words_for
from ngrad_kernels.machine import MOST
from ngrad_kernels.memory import Buffer, FreeList, OutOfMemory
from ngrad_kernels.words import packed, unpacked

ROOM = 1 << 26
"""Bytes of temporaries up to which a plan has them in one block. In a larger plan memory counts:
there each value is let go as soon as it has been read."""
GRAPHS = 8
"""Graphs that a plan keeps: in a loop, buffers are used in turn."""
SEEN = 64
"""Sets of addresses that are remembered, to know one that comes again."""

LEAST = 3
"""Kernels from which on they are captured: to launch fewer takes the driver less time than a graph;
three take as long either way (on an H200).
"""
CHECKED = 1
"""The bit that stands for a plan's own checks; those of inputs are numbered as their registers."""

Key = tuple[Any, ...]
_next_uid = itertools.count().__next__


def _drop_first(kept: dict[Key, Any]) -> None:
    """Drop what was kept first, in one step beside other threads: an iterator would find others."""
    first, *_ = kept.copy()
    kept.pop(first, None)


class Captured(Schedule):
    """A plan that is all launches on one GPU.

    A run launches one kernel after the other. What is launched depends on addresses alone; when the
    same ones come again on the same stream, the launches are captured, and from then on replayed,
    if they are not so few that launching takes less time. Results are put where those of earlier
    runs were, so that in a loop addresses do come again.
    """

    __slots__ = (
        "__weakref__", "_blocks", "_depends", "_device", "_few", "_gather", "_graphs",
        "_launch_all", "_numbers", "_seen", "_sizes", "_uid",
    )  # fmt: skip

    def __init__(self, plan: Plan, loads: Loads, device: Device) -> None:
        super().__init__(plan, loads, (-1, 0))  # the last register: the block is a run's own
        self._device, self._uid = device, _next_uid()
        self._depends = self._dependences(plan)
        self._blocks = [constant._block for constant in plan.constants]
        steps = self.steps(len(loads) + len(self._made) + 3)  # zero, the status, and the block
        self._launch_all = device.target.in_a_row(steps)
        few = len(steps) < LEAST and all(kernel > 0 for kernel, *_ in steps)
        self._few = few and not (self.checks or self.temporaries)
        # A buffer for each result, and one for the status of a run, and one for its numbers.
        numbers = sum(words_for(1, where.dtype.code) for _, where in loads)
        self._sizes = [where.nbytes for where in self._made]
        self._sizes += [Status.nbytes(1 + self.checks), 8 * numbers]
        finalize(self, device.pool.forget, self._uid).atexit = False
        self._graphs: dict[Key, Any] = {}
        self._seen: dict[Key, None] = {}
        self._numbers: Numbers | None = None  # a run tells which of its operands are numbers
        keys, checked = [slot for slot, _ in loads], [bool(k & CHECKED) for k in self._depends]
        bound = keys, self._blocks, self._made, checked
        self._gather = device.pool.gatherer(Tensor, *map(tuple, bound))

    def _dependences(self, plan: Plan) -> list[int]:
        """For each result, as bits, the inputs that it depends on, and whether on checks."""
        found = [2 << k for k in range(len(self._loads))] + [0] * len(plan.constants)
        for step in plan.steps:
            own = CHECKED * program_of(step.call).checks
            for k in step.inputs:
                own |= found[k]
            found += [own] * len(step.call.outputs)
        return [found[k] for k in sorted(self._wanted)]

    @staticmethod
    def of(plan: Plan, loads: Loads) -> Captured | None:
        """A plan of launches on one GPU, if it is one that a graph may hold, and its temporaries
        are not too large.
        """
        devices = {step.call.spec.device for step in plan.steps}
        devices |= {where.device for _, where in loads}
        if len(devices) != 1 or HOST in devices or len(loads) + len(plan.outputs) > MOST:
            return None
        programs = [step.call.program for step in plan.steps]
        if any(program is None or program.alone for program in programs):
            return None
        found = Captured(plan, loads, devices.pop())
        return found if found.temporaries <= ROOM else None

    def run(self, kept: Mapping[int, Any]) -> list[Tensor | None]:
        """The plan's outputs, for values by slot."""
        try:
            lists = self._device.pool.own_lists(self._uid, self._sizes)
            numbers = self._numbers  # another thread may put others in their place
            addresses, held = numbers.put(kept, lists[-1]) if numbers else ((), None)
            own = self._begin(lists) if self.checks else None
            found = self._gather(kept, lists, own, own.buffer.address if own else 0, addresses)
            if found is None:
                own = None  # its memory comes again
                found, held = self._gather_others(kept, lists)
            registers, made, *before = found
            if self._few and not before:
                self._launch_all(registers)
            else:
                self._launch(lists, registers, *before)
        except OutOfMemory as error:
            self.refused(error)
            raise
        del held
        return made if self._plain else self._results(kept, made)

    def _begin(self, lists: Sequence[FreeList], parents: tuple[Status, ...] = ()) -> Status:
        """The status of a run."""
        room = self._device.pool.take_of(lists[-2])
        return Status(self._device, 1 + self.checks, room, parents)

    def _gather_others(
        self, kept: Mapping[int, Any], lists: Sequence[FreeList]
    ) -> tuple[tuple[Any, ...], Buffer | None]:
        """The registers and the results, and statuses that the run's own begins with, where there
        is more to do: for operands that are another stream's or not known to be fine, and where
        results have no memory yet. Beside it what is held until all is launched.
        """
        registers, used, wrong = [0], self._blocks.copy(), CHECKED
        loads = tuple([load for load in self._loads if type(kept[load[0]]) is not Tensor])
        numbers = self._numbers
        if loads != (numbers.loads if numbers else ()):
            numbers = self._numbers = Numbers(self._device, loads)
        addresses, held = numbers.put(kept, lists[-1]) if numbers else ((), None)
        given = iter(addresses)
        for slot, _ in self._loads:
            value = kept[slot]
            if type(value) is Tensor:
                block = value._block
                if block.status is not None and not block.status.fine:
                    wrong |= 1 << len(registers)
                registers.append(value._at)
                used.append(block)
            else:
                registers.append(next(given))
        parents = unsettled(used) if wrong != CHECKED else ()
        self._device.target.use([*used, *[parent.buffer for parent in parents]])
        own, status = 0, parents[0] if parents else None
        if self.checks or len(parents) > 1:
            status = self._begin(lists, parents)
            own = status.buffer.address
        made: list[Any] = []
        for where, free, depends in zip(self._made, lists, self._depends, strict=False):
            buffer = self._device.pool.take_of(free)
            if status is not None and depends & wrong:
                buffer.status = status
            registers.append(buffer.address)
            made.append(Tensor(buffer, buffer.address, where))
        before = (places(parents),) if own else ()
        return (packed([*registers, own, 0]), made, *before), held

    def _launch(self, lists: Sequence[FreeList], registers: bytes, before: Places = ()) -> None:
        # The lists are one stream's, and live as long as this.
        key = id(lists), choices.precision, choices.deterministic, registers, before
        graph = self._graphs.get(key)
        if graph is None and key in self._seen:
            # No lock: threads have streams, and so keys, of their own.
            graph = self._device.target.capture(lambda: self._queue(registers, before))
            if len(self._graphs) >= GRAPHS:
                _drop_first(self._graphs)
            self._graphs[key] = graph
        if graph is not None:
            graph()
            return
        self._seen[key] = None
        if len(self._seen) > SEEN:
            _drop_first(self._seen)
        self._queue(registers, before)

    def _queue(self, registers: bytes, before: Places) -> None:
        """Launch all, with temporaries in a block that is let go when they have run."""
        if self.checks or before:
            own, _ = unpacked(registers[-16:])
            begin(self._device, own, 1 + self.checks, before)
        if not self.temporaries:
            self._launch_all(registers)
            return
        room = self._device.pool.take(self.temporaries)
        self._launch_all(registers[:-8] + packed([room.address]))
