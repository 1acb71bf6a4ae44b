"""`Captured`: a plan on a GPU, whose launches are kept as a graph of the driver's where its
addresses come again, as in a loop they do.
"""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from ngrad.devices import HOST, Device
from ngrad.graph.layout import Layout
from ngrad.graph.plan import Plan
from ngrad.schedule import Loads, Schedule, program_of
from ngrad.status import Places, Status, begin, places, unsettled
from ngrad.tensor import Tensor
from ngrad_kernels.codes import words_for
from ngrad_kernels.memory import Buffer, FreeList

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


class Captured(Schedule):
    """A plan that is all launches on one GPU.

    A run launches one kernel after the other. What is launched depends on addresses alone; when the
    same ones come again on the same stream, the launches are captured, and from then on replayed,
    if they are not so few that launching takes less time. Results are put where those of earlier
    runs were, so that in a loop addresses do come again.
    """

    __slots__ = (
        "_blocks", "_depends", "_device", "_few", "_graphs", "_last", "_launch_all", "_seen",
        "_sizes", "_uid",
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
        self._graphs: dict[Key, Any] = {}
        self._seen: dict[Key, None] = {}
        self._last: tuple[bytes, Buffer | None] = b"", None  # the numbers of the last run

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
        if len(devices) != 1 or HOST in devices:
            return None
        programs = [step.call.program for step in plan.steps]
        if any(program is None or program.alone for program in programs):
            return None
        found = Captured(plan, loads, devices.pop())
        return found if found.temporaries <= ROOM else None

    def run(self, kept: Mapping[int, Any]) -> list[Tensor | None]:
        """The plan's outputs, for values by slot."""
        registers, used, wrong = [0], self._blocks.copy(), CHECKED
        numbers: list[tuple[int, Layout, Any]] = []
        for slot, where in self._loads:
            value = kept[slot]
            if type(value) is Tensor:
                block = value._block
                if block.status is not None and not block.status.fine:
                    wrong |= 1 << len(registers)
                registers.append(value._at)
                used.append(block)
            else:
                numbers.append((len(registers), where, value))
                registers.append(0)
        parents: tuple[Status, ...] = ()
        if wrong != CHECKED:
            parents = unsettled(used)
            used += [parent.buffer for parent in parents]
        pool = self._device.pool
        *lists, for_status, for_numbers = pool.own_lists(self._uid, self._sizes, used)
        held = self._put(numbers, registers, for_numbers) if numbers else None
        own, status = 0, parents[0] if parents else None
        if self.checks or len(parents) > 1:
            room = pool.take_of(for_status)
            status = Status(self._device, 1 + self.checks, room, parents)
            own = room.address
        made: list[Any] = []
        for where, free in zip(self._made, lists, strict=True):
            buffer = pool.take_of(free)
            if status is not None and self._depends[len(made)] & wrong:
                buffer.status = status
            registers.append(buffer.address)
            made.append(Tensor(buffer, buffer.address, where))
        registers.append(own)
        if self._few and not own:
            registers.append(0)
            self._launch_all(registers)
        else:
            self._launch(registers, places(parents) if own else ())
        del held
        return made if self._plain else self._results(kept, made)

    def _put(
        self, numbers: list[tuple[int, Layout, Any]], registers: list[int], own: FreeList
    ) -> Buffer:
        """Python numbers on the device, by one copy to memory that comes again in a loop; by none
        where they are those of the last run.
        """
        sizes = [words_for(1, where.dtype.code) for _, where, _ in numbers]
        words = (ctypes.c_int64 * sum(sizes))()
        offsets = [*itertools.accumulate(sizes, initial=0)]
        for (_, where, value), k in zip(numbers, offsets, strict=False):
            where.dtype.ctype.from_buffer(words, 8 * k).value = value
        (last, buffer), now = self._last, bytes(words)
        if buffer is None or last != now or buffer.free is not own:
            buffer, self._last = None, (b"", None)  # let go first: its memory is written again
            buffer = self._device.pool.take_of(own)
            self._device.target.copy_in(buffer.address, ctypes.addressof(words), len(now))
            self._last = now, buffer
        for (register, _, _), k in zip(numbers, offsets, strict=False):
            registers[register] = buffer.address + 8 * k
        return buffer

    def _launch(self, registers: Sequence[int], before: Places) -> None:
        key = (self._device.target.stream_number(), *registers, *before)
        graph = self._graphs.get(key)
        if graph is None and key in self._seen:
            # No lock: threads have streams, and so keys, of their own.
            graph = self._device.target.capture(lambda: self._queue(registers, before))
            if len(self._graphs) >= GRAPHS:
                self._graphs.pop(next(iter(self._graphs)), None)
            self._graphs[key] = graph
        if graph is not None:
            graph()
            return
        self._seen[key] = None
        if len(self._seen) > SEEN:
            self._seen.pop(next(iter(self._seen)), None)
        self._queue(registers, before)

    def _queue(self, registers: Sequence[int], before: Places) -> None:
        """Launch all, with temporaries in a block that is let go when they have run."""
        if self.checks or before:
            begin(self._device, registers[-1], 1 + self.checks, before)
        room = self._device.pool.take(self.temporaries) if self.temporaries else None
        self._launch_all([*registers, room.address if room else 0])
