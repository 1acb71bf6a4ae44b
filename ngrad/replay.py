"""Running programs: one call's, or all of a plan's at once.

A plan whose values are small spends its time in Python, a microsecond a call. So all its launches
are laid out as words that one compiled routine goes through (`making.py`), with temporaries in a
single block of memory. The kernels, their order and their bits are those of running each call by
itself.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ngrad.devices import HOST, Device
from ngrad.graph.layout import Layout
from ngrad.graph.op import Call, Op
from ngrad.graph.plan import Plan
from ngrad.graph.program import Program
from ngrad.graph.room import padded
from ngrad.scalars import scalar
from ngrad.schedule import Loads, Schedule
from ngrad.status import begun, unsettled
from ngrad.tensor import Tensor, empty, ran, replayed, seen
from ngrad_kernels import cpu, native
from ngrad_kernels.machine import MOST
from ngrad_kernels.memory import Buffer, OutOfMemory, pool
from ngrad_kernels.scalars import long_cost
from ngrad_kernels.words import Step, Words, packed

SMALL = 1 << 20
"""Bytes of results and temporaries, and of what one step reads, up to which a plan is run by this
thread alone."""
LONG = 1 << 21
"""Bytes that a step of long scalars reads and makes, times what these cost (`scalars.py`), up to
which the same holds: those of 2^17 float32 take one thread as long as 10 MB take to be copied."""
LARGE = 1 << 26
"""Bytes of them up to which a plan is replayed at once; in a larger one, time is in the kernels,
and memory counts: there each value is let go as soon as it has been read."""


def runner(
    program: Program, arity: int, outputs: Layout | tuple[Layout, ...]
) -> Callable[..., Any]:
    """A callable over tensors that runs a program; frequent kinds of program are spelled out.

    It returns a tuple of results if `outputs` is one.
    """
    outs = outputs if isinstance(outputs, tuple) else (outputs,)
    few = arity + len(outs) <= MOST
    if few and program.launches and not program.over and _is_short(program, outs):
        return _walked(program, arity, outs, isinstance(outputs, tuple))
    if isinstance(outputs, tuple):
        return _several(program, outputs)
    return _single(program, arity, outputs)


def _is_short(program: Program, outs: tuple[Layout, ...]) -> bool:
    """Whether a program is a few grains on the CPU, which no thread is woken for."""
    return (
        all(where.device is HOST for where in outs)
        and program.scratch <= SMALL
        and all(x.n <= x.grain and len(x.operands) < native.TABLE for x in program.launches)
    )


def _single(program: Program, arity: int, out: Layout) -> Callable[..., Tensor]:
    if program.view is not None:
        return seen(program.view, out, program)
    if program.over:
        several = _several(program, (out,))
        return lambda *tensors: several(*tensors)[0]
    return _general(program, out)


def _walked(
    program: Program, arity: int, outs: tuple[Layout, ...], several: bool
) -> Callable[..., Any]:
    """A short program as words, which machine code goes through."""
    registers = arity + len(outs) + 1
    room = arena() if program.scratch else None
    words = Words(
        (
            (kernel, facts, n, grain, [(which % registers, offset) for which, offset in operands])
            for kernel, facts, n, grain, operands, _ in program.launches
        ),
        (arity, len(program.launches), room.address if room else 0, int(several)),
    )
    return ran(words.address, outs, program, room, words)


def _general(program: Program, out: Layout) -> Callable[..., Tensor]:
    scratch, device = program.scratch, out.device

    def general(*tensors: Tensor) -> Tensor:
        result = empty(out)
        room = device.pool.take(scratch) if scratch else None
        _launch(device, program, tensors, (result,), room)
        return result

    return general


def _several(program: Program, outs: tuple[Layout, ...]) -> Callable[..., tuple[Tensor, ...]]:
    scratch, device, over = program.scratch, outs[0].device, program.over

    def several(*tensors: Tensor) -> tuple[Tensor, ...]:
        results = []
        for k, out in enumerate(outs):
            if k in over:  # made by the same plan, where nobody else has it
                dies = tensors[over[k]]
                results.append(Tensor(dies._block, dies._at, out))
            else:
                results.append(empty(out))
        room = device.pool.take(scratch) if scratch else None
        _launch(device, program, tensors, results, room)
        return tuple(results)

    return several


def _launch(
    device: Device,
    program: Program,
    tensors: Sequence[Tensor],
    results: Sequence[Tensor],
    room: Buffer | None,
) -> None:
    """Run launches over operands, which are numbered as `graph.program` says."""
    base = [x._address for x in tensors]
    if device is not HOST:
        blocks = [x._buffer for x in tensors]
        device.target.use(blocks)
        status = begun(device, unsettled(blocks), int(program.checks))
        if status is not None:
            for x in results:
                x._block.status = status
            if program.checks:
                base.append(status.entry(0))
    base += [x._at for x in reversed(results)]
    base.append(0 if room is None else room.address)
    launch_all = device.target.launch_all
    waiting: list[cpu.Work] = []
    for kernel, facts, n, grain, operands, alongside in program.launches:
        if waiting and not alongside:
            launch_all(waiting)
            waiting = []
        waiting.append((kernel, facts, n, grain, [base[which] + more for which, more in operands]))
    launch_all(waiting)


Op.runner = staticmethod(runner)


def _is_long(call: Call) -> bool:
    """Whether threads are to share a call, however few its bytes, for what it computes of each."""
    cost = sum([long_cost(name) for name in call.ops])
    return cost > 0 and cost * sum([x.nbytes for x in (*call.inputs, *call.outputs)]) >= LONG


class Replay(Schedule):
    """A plan on the CPU as words, in this thread and with temporaries in the block
    that all such replays share; or, where its launches are worth the threads, on them, with
    temporaries of a run's own.

    Attributes
    ----------
    shared : bool
        Whether the threads share its launches.
    """

    __slots__ = ("_march", "_walk", "shared")

    def __init__(self, plan: Plan, loads: Loads, shared: bool) -> None:
        super().__init__(plan, loads, (-1, 0) if shared else (0, arena().address))
        self.shared = shared
        if not self.open:
            steps, before = self.laid_out()
            self.lay(Words(steps, before))

    def laid_out(self) -> tuple[list[Step], tuple[int, ...]]:
        """The launches over the registers of a run, and what is to stand before them."""
        steps = self.steps(self._first + len(self._made) + 1)
        return steps, () if self.shared else (len(steps),)

    def lay(self, words: Words) -> None:
        """Run these, which are the launches."""
        if self.shared:
            self._march = cpu.marching(words)
        else:
            slots, wheres = zip(*self._loads, strict=True) if self._loads else ((), ())
            self._walk = replayed(
                words.address, tuple(slots), tuple(wheres), tuple(self._made), words, arena()
            )

    @property
    def sized(self) -> tuple[Any, ...]:
        """All that sizes stand in, apart from launches."""
        return self._loads, tuple(self._made), tuple(self._outputs), self.temporaries

    @sized.setter
    def sized(self, given: tuple[Any, ...]) -> None:
        self._loads, self._made, self._outputs, self.temporaries = given

    @staticmethod
    def of(plan: Plan, loads: Loads, over: bool = False) -> Replay | None:
        """A replay of a plan, if it is all launches of values on the CPU that are not too large.
        `loads` says of each input its slot, and its layout.
        """
        total, heavy = 0, len(loads) + len(plan.outputs) > MOST  # more than `replayed` takes
        for call, operands, _ in plan.steps:
            program = call.program
            if program is None or call.spec.device is not HOST:
                return None
            read = sum([loads[k][1].nbytes for k in operands if k < len(loads)])
            for launch in program.launches:
                if len(launch.operands) >= native.TABLE:
                    return None
                # What a contraction takes shows not in bytes, but in the parts that it is cut into;
                # and what a reduction takes not in those of its result.
                if launch.n > launch.grain:
                    heavy |= call.op.family == "linalg" or read > SMALL or _is_long(call)
            if program.view is None:  # what lies in the memory of an operand takes none
                made = [where for k, where in enumerate(call.outputs) if k not in program.over]
                total += sum([padded(where.nbytes) for where in made])
            if program.scratch:
                total += padded(program.scratch)
        if total > LARGE and not over:
            return None
        return Replay(plan, loads, heavy or over or total > SMALL)

    def run(
        self, kept: Mapping[int, Any], tell: Callable[[list[Tensor | None]], None] | None = None
    ) -> list[Tensor | None]:
        """The plan's outputs, for values by slot; where it writes over some, they are told of
        however this ends, once it has begun.
        """
        made: list[Any]
        if not self.shared:
            try:
                made = self._walk(kept)
            except OutOfMemory as error:
                self.refused(error)
                raise
            return made if self._plain else self._results(kept, made)
        registers = [0]
        numbers = []  # held until they have been read
        for slot, where in self._loads:
            value = kept[slot]
            if type(value) is not Tensor:
                value = scalar(value, where.dtype)
                numbers.append(value)
            registers.append(value._at)
        try:
            made = [empty(where) for where in self._made]
            room = pool.take(self.temporaries)
        except OutOfMemory as error:
            self.refused(error)
            raise
        registers += [x._at for x in made]
        registers.append(room.address)
        results = made if self._plain else self._results(kept, made)
        words = packed(registers)
        if tell is None:
            self._march(words)
            return results
        try:
            self._march(words)  # whole: Ctrl-C is heard of after it
        finally:
            tell(results)
        return results


@functools.cache
def arena() -> Buffer:
    """Memory for the temporaries of every replay: they hold the GIL, so only one runs at a
    time.
    """
    return pool.take(SMALL)
