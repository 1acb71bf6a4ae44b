"""`Program`: what a call launches, as plain data, so that one routine can run it, alone or within a
plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

SCRATCH = -1
"""The operand that is memory which lives as long as the call."""


def result(k: int) -> int:
    """The operand that is result `k` of a call.

    Examples
    --------
    >>> result(0), result(1)
    (-2, -3)
    """
    return -2 - k


OUT = result(0)
"""The operand that is the only, or the first, result."""


class Launch(NamedTuple):
    """One launch of a kernel.

    Attributes
    ----------
    kernel, facts : int
        Addresses of the kernel and of its run-time facts (0 if it has none).
    n, grain : int
        Work items, and how many a call of the kernel takes at a time.
    operands : tuple of (which, offset)
        Which input (or `result(k)`, SCRATCH), and how many bytes from where its elements begin.
    alongside : bool
        Whether it may run at the same time as the launch before it.
    """

    kernel: int
    facts: int
    n: int
    grain: int
    operands: tuple[tuple[int, int], ...]
    alongside: bool = False


class Program(NamedTuple):
    """The launches of a call, in order.

    Attributes
    ----------
    launches : tuple of Launch
    scratch : int
        Bytes of memory that the launches share.
    view : int or None
        If the result is the first input's own memory: how many bytes from its beginning. Nothing is
        launched then.
    keep : tuple
        What the addresses point into.
    checks : bool
        Whether it notes what is wrong with its operands, in an entry of the run's status
        (`ngrad/status.py`): its launches know that as one more result.
    over : dict of int to int
        Which results are put in the memory of an input, and of which one.
    alone : bool
        Whether a launch may wait for its device, as some of a library do: then it can be no part of
        a graph of the driver's.
    moved : int or None
        Bytes that it reads and writes, if these are not all of its operands and results.
    """

    launches: tuple[Launch, ...] = ()
    scratch: int = 0
    view: int | None = None
    keep: tuple[Any, ...] = ()
    checks: bool = False
    over: Mapping[int, int] = MappingProxyType({})
    alone: bool = False
    moved: int | None = None


def operands(inputs: int) -> tuple[tuple[int, int], ...]:
    """Each input, then the result."""
    return (*((k, 0) for k in range(inputs)), (OUT, 0))


def moved(program: Program, places: Mapping[int, tuple[int, int]]) -> tuple[Launch, ...]:
    """A program's launches as a part of another's, in which its operands are elsewhere: by number,
    each that is, and so many bytes on.
    """
    launches = []
    for launch in program.launches:
        operands = []
        for which, offset in launch.operands:
            other, more = places.get(which, (which, 0))
            operands.append((other, offset + more))
        launches.append(launch._replace(operands=tuple(operands)))
    return tuple(launches)
