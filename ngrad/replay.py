"""Running programs: one call's, or all of a plan's at once.

A plan whose values are small spends its time in Python, a microsecond a call. So all its launches
are laid out as words that one compiled routine walks through (`cpu.walk`), with temporaries in a
single block of memory. The kernels, their order and their bits are those of running each call by
itself.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ngrad.devices import HOST, Device
from ngrad.graph.layout import Layout
from ngrad.graph.op import Call, Op
from ngrad.graph.plan import Plan
from ngrad.graph.program import OUT, SCRATCH, Launch, Program, result
from ngrad.graph.room import Room, padded
from ngrad.tensor import Place, Tensor, allocate, scalar
from ngrad_kernels import cpu, native
from ngrad_kernels.cpu import walk
from ngrad_kernels.memory import Buffer, pool

SMALL = 1 << 20
"""Bytes of results and temporaries up to which a plan is replayed at once; in a larger one, time is
in the kernels, and memory counts: there each value is let go as soon as it has been read."""


def runner(
    program: Program, arity: int, outputs: Layout | tuple[Layout, ...]
) -> Callable[..., Any]:
    """A callable over tensors that runs a program; frequent kinds of program are spelled out.

    It returns a tuple of results if `outputs` is one.
    """
    if isinstance(outputs, tuple):
        return _several(program, outputs)
    return _single(program, arity, outputs)


def _single(program: Program, arity: int, out: Layout) -> Callable[..., Tensor]:
    if program.view is not None:
        offset = program.view

        def view(x: Tensor) -> Tensor:
            return Tensor(x._buffer, x._address + offset, out)

        return view
    if len(program.launches) == 1 and not program.scratch:
        (launch,) = program.launches
        plain = launch.operands == (*((k, 0) for k in range(arity)), (OUT, 0))
        plain = plain and out.device is HOST
        if plain and launch.n <= launch.grain and arity in (1, 2):
            return _unary(program, out) if arity == 1 else _binary(program, out)
    return _general(program, out)


def _unary(program: Program, out: Layout) -> Callable[..., Tensor]:
    (launch,) = program.launches
    kernel, facts, n, free, nbytes = launch.kernel, launch.facts, launch.n, out.free, out.nbytes
    run = cpu.run

    def unary(x: Tensor, keep: Any = program) -> Tensor:
        try:
            buffer = Buffer(free, free.pop())
        except IndexError:
            buffer = pool.take(nbytes)
        address = buffer.address
        run(kernel, facts, n, x._address, address)
        return Tensor(buffer, address, out)

    return unary


def _binary(program: Program, out: Layout) -> Callable[..., Tensor]:
    (launch,) = program.launches
    kernel, facts, n, free, nbytes = launch.kernel, launch.facts, launch.n, out.free, out.nbytes
    run = cpu.run

    def binary(x: Tensor, y: Tensor, keep: Any = program) -> Tensor:
        try:
            buffer = Buffer(free, free.pop())
        except IndexError:
            buffer = pool.take(nbytes)
        address = buffer.address
        run(kernel, facts, n, x._address, y._address, address)
        return Tensor(buffer, address, out)

    return binary


def _general(program: Program, out: Layout) -> Callable[..., Tensor]:
    launches, scratch, device = program.launches, program.scratch, out.device

    def general(*tensors: Tensor, keep: Any = program) -> Tensor:
        buffer = allocate(out)
        room = device.pool.take(scratch) if scratch else None
        _launch(device, launches, tensors, (buffer,), room)
        return Tensor(buffer, buffer.address, out)

    return general


def _several(program: Program, outs: tuple[Layout, ...]) -> Callable[..., tuple[Tensor, ...]]:
    launches, scratch, device = program.launches, program.scratch, outs[0].device

    def several(*tensors: Tensor, keep: Any = program) -> tuple[Tensor, ...]:
        buffers = tuple([allocate(out) for out in outs])
        room = device.pool.take(scratch) if scratch else None
        _launch(device, launches, tensors, buffers, room)
        return tuple(
            [Tensor(own, own.address, out) for own, out in zip(buffers, outs, strict=True)]
        )

    return several


def _launch(
    device: Device,
    launches: tuple[Launch, ...],
    tensors: tuple[Tensor, ...],
    buffers: tuple[Buffer, ...],
    room: Buffer | None,
) -> None:
    """Run launches over operands, which are numbered as `graph.program` says."""
    if device is not HOST:
        device.target.use([x._buffer for x in tensors])
    base = [x._address for x in tensors]
    base += [buffer.address for buffer in reversed(buffers)]
    base.append(0 if room is None else room.address)
    launch_all = device.target.launch_all
    waiting: list[cpu.Work] = []
    for kernel, facts, n, grain, operands, alongside in launches:
        if waiting and not alongside:
            launch_all(waiting)
            waiting = []
        waiting.append((kernel, facts, n, grain, [base[which] + more for which, more in operands]))
    launch_all(waiting)


Op.runner = staticmethod(runner)


Loads = tuple[tuple[int, Layout], ...]
"""Where a plan's inputs come from: of each its slot, and its layout."""


class Replay:
    """A plan as words for `cpu.walk`.

    Registers hold base addresses: zero, then the plan's inputs, then a buffer for each result that
    is not an input's own memory. Constants and temporaries have their address as an offset from
    zero: a temporary has its place up to its last use, then another has it.

    Attributes
    ----------
    temporaries : int
        Bytes of the block that they take.
    """

    __slots__ = (
        "_code", "_first", "_keep", "_loads", "_made", "_outputs", "_plain", "_steps", "_where",
        "temporaries",
    )  # fmt: skip

    def __init__(self, plan: Plan, loads: Loads) -> None:
        self._loads = loads
        inputs = len(loads)
        first = inputs + len(plan.constants)  # the number of the first step's result
        layouts = [where for step in plan.steps for where in step.call.outputs]
        base: list[tuple[int, int]] = [(k + 1, 0) for k in range(inputs)]
        base += [(0, constant._address) for constant in plan.constants]
        owners = self._owners(plan, first)
        wanted = {owners[k] for k in plan.outputs if k is not None and owners[k] >= first}
        self._first = inputs + 1
        self._made: list[Layout] = []
        block, room = arena(), Room()
        last = self._last_uses(plan, owners)
        words: list[int] = []
        self._steps = 0
        for index, step in enumerate(plan.steps):
            program = _program(step.call)
            if program.view is not None:
                register, offset = base[step.inputs[0]]
                base.append((register, offset + program.view))
                continue
            results = range(len(base), len(base) + len(step.call.outputs))
            for number in results:
                if number in wanted:
                    base.append((self._first + len(self._made), 0))
                    self._made.append(layouts[number - first])
                else:
                    base.append((0, block.address + room.take(layouts[number - first].nbytes)))
            places = {which: base[k] for which, k in enumerate(step.inputs)}
            places |= {result(k): base[number] for k, number in enumerate(results)}
            scratch = room.take(program.scratch) if program.scratch else None
            places[SCRATCH] = 0, block.address + (scratch or 0)
            for launch in program.launches:
                words += [launch.kernel, launch.facts, launch.n, launch.grain, len(launch.operands)]
                for which, more in launch.operands:
                    register, offset = places[which]
                    words += [register, offset + more]
                self._steps += 1
            if scratch is not None:
                room.give(scratch)
            for number in last.get(index, ()):
                if number >= first and number not in wanted:
                    room.give(base[number][1] - block.address)
        self.temporaries = room.size
        self._code = np.array(words or [0], np.int64)
        self._where = self._code.ctypes.data
        self._outputs: list[tuple[Any, int, Any] | None] = []
        for output in plan.outputs:
            if output is None:
                self._outputs.append(None)
                continue
            register, offset = base[output]
            where = layouts[output - first] if output >= first else None
            owner = owners[output] - inputs
            if 0 <= owner < len(plan.constants):  # nothing but a constant, seen through a view
                constant = plan.constants[owner]
                self._outputs.append(
                    (constant, offset - constant._address, where or constant._layout)
                )
            else:
                self._outputs.append((register, offset, where))
        # Whether each output is a buffer of its own, in the order in which they are made.
        made = [(self._first + k, 0, where) for k, where in enumerate(self._made)]
        self._plain = self._outputs == made
        self._keep = plan, block

    @staticmethod
    def _last_uses(plan: Plan, owners: list[int]) -> dict[int, list[int]]:
        """By step, the values whose memory nobody reads after it, not even through a view."""
        last: dict[int, int] = {}
        made = len(owners) - sum(len(step.call.outputs) for step in plan.steps)
        for index, step in enumerate(plan.steps):
            results = range(made, made + len(step.call.outputs))
            made += len(results)
            last |= {owners[k]: index for k in (*step.inputs, *results)}
        found: dict[int, list[int]] = {}
        for number, index in last.items():
            found.setdefault(index, []).append(number)
        return found

    @staticmethod
    def _owners(plan: Plan, first: int) -> list[int]:
        """For each value, the value whose memory it is."""
        owners = list(range(first))
        for step in plan.steps:
            if _program(step.call).view is not None:
                owners.append(owners[step.inputs[0]])
            else:
                owners.extend(range(len(owners), len(owners) + len(step.call.outputs)))
        return owners

    @staticmethod
    def of(plan: Plan, loads: Loads) -> Replay | None:
        """A replay of a plan, if it is all launches of small values on the CPU. `loads` says of
        each input its slot, and its layout.
        """
        total = 0
        for step in plan.steps:
            program = step.call.program
            if program is None or step.call.spec.device is not HOST:
                return None
            if any(len(launch.operands) >= native.TABLE for launch in program.launches):
                return None
            total += sum(padded(where.nbytes) for where in step.call.outputs)
            total += padded(program.scratch)
        return None if total > SMALL else Replay(plan, loads)

    def run(self, kept: Mapping[int, Any]) -> list[Place | None]:
        """Where the plan's outputs lie, for values by slot."""
        registers = [0]
        numbers = []  # held until they have been read
        for slot, where in self._loads:
            value = kept[slot]
            if type(value) is not Tensor:
                value = scalar(value, where.dtype)
                numbers.append(value)
            registers.append(value._at)
        made: list[Any] = []
        for where in self._made:
            free = where.free
            try:  # `allocate`, spelled out: every small gradient comes here
                address = free.pop()
                buffer = Buffer(free, address)
            except IndexError:
                buffer = pool.take(where.nbytes)
                address = buffer.address
            registers.append(address)
            made.append((buffer, address, where))
        walk(self._where, self._steps, *registers)
        return made if self._plain else self._places(kept, made)

    def _places(self, kept: Mapping[int, Any], made: list[Place]) -> list[Place | None]:
        """The outputs, where some are no buffers of their own."""
        places: list[Place | None] = []
        for output in self._outputs:
            if output is None:
                places.append(None)
                continue
            source, offset, where = output
            if type(source) is int and source >= self._first:
                buffer, address, lies = made[source - self._first]
            else:
                holder = self._input(kept, source - 1) if type(source) is int else source
                buffer, address, lies = holder._block, holder._at, holder._layout
            places.append((buffer, address + offset, where or lies))
        return places

    def _input(self, kept: Mapping[int, Any], number: int) -> Tensor:
        slot, where = self._loads[number]
        value = kept[slot]
        return value if type(value) is Tensor else scalar(value, where.dtype)


def _program(call: Call) -> Program:
    assert call.program is not None  # as `Replay.of` has seen
    return call.program


@functools.cache
def arena() -> Buffer:
    """Memory for the temporaries of every replay: `cpu.walk` holds the GIL, so only one runs at a
    time.
    """
    return pool.take(SMALL)
