"""Which kernels single ops need, and how to compile them ahead.

A kernel is found by resolving an op for tiny layouts, exactly as a program would: the bodies are
those that the ops themselves make, and nothing is run. So the table of ops is the list of kernels.
"""

from __future__ import annotations

import inspect
import itertools
import multiprocessing
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any, NamedTuple

from ngrad.dtypes import BY_CODE
from ngrad.errors import DTypeError
from ngrad.graph.layout import layout
from ngrad.graph.op import TABLE, Op
from ngrad.ops.elementwise import CAST, SELECT, Elementwise
from ngrad.ops.gather import ADD_ROWS
from ngrad.ops.interpolation import INTERP
from ngrad.ops.pools import LARGEST, OPERANDS
from ngrad.ops.put_rows import PUT_ROWS
from ngrad.ops.samplers import BINOMIAL, BITS, CATEGORICAL, GAMMA, INTEGERS, POISSON, UINT64
from ngrad.ops.scans import LINEAR
from ngrad.ops.slide import SLIDE, Places
from ngrad.ops.sorting import SEARCH
from ngrad.ops.windows import FOLD
from ngrad_kernels import cache, cpu, skeletons
from ngrad_kernels.scalars import supports

FLOATS = ("f4", "f8")
COMMON = {k: dtype for k, dtype in BY_CODE.items() if not (dtype.is_complex or dtype.is_half)}
"""The dtypes that kernels are made for in advance. Few programs have others, whose kernels are
compiled where they are needed.
"""
Spec = tuple[str, tuple[int, ...]]
"""A dtype code and a shape."""


class Task(NamedTuple):
    """A call whose preparation needs a kernel: the name of an op, its params, and its inputs."""

    op: str
    params: tuple[Any, ...]
    inputs: tuple[Spec, ...]

    def prepare(self) -> bool:
        """Compile (or load) what the call needs; whether the op takes these dtypes at all."""
        layouts = tuple(layout(BY_CODE[code], shape) for code, shape in self.inputs)
        try:
            call = TABLE[self.op].call(self.params, layouts)
        except DTypeError:
            return False
        return bool(call.outputs)

    def takes(self) -> bool:
        """Whether the op takes these dtypes; compiles nothing."""
        op = TABLE[self.op]
        layouts = tuple(layout(BY_CODE[code], shape) for code, shape in self.inputs)
        try:
            op.infer(*layouts, **op.keywords(self.params))
        except DTypeError:
            return False
        return True


def _shapes(op: Op) -> Iterator[tuple[tuple[Any, ...], tuple[tuple[int, ...], ...]]]:
    """Params and input shapes that stand for every kernel that a reduction has for a dtype."""
    square = (2, 2)
    if op.params == ("axes",):
        yield ((1,),), (square,)  # rows
        yield ((0,),), (square,)  # columns
    elif op.params == ("axis",):
        yield (1,), (square,)
    else:
        yield (), (square,) * len(inspect.signature(op.infer).parameters)


def _draws(op: Op) -> Iterator[Task]:
    """The draws of a sampler: from a state of four words at most, in the dtypes that it has."""
    one, state = (2,), ("u8", (4,))
    if op is GAMMA:
        for code in FLOATS:
            yield Task(op.name, (one,), (state, (code, one)))
    elif op in (POISSON, BINOMIAL):
        yield Task(op.name, (one,), (state, *[("f8", one)] * (1 + (op is BINOMIAL))))
    elif op is CATEGORICAL:
        yield Task(op.name, one, (state, ("f8", (1, 2))))
    elif op is BITS:
        yield Task(op.name, (UINT64, one), (state,))
    else:
        for code in ("i4", "i8") if op is INTEGERS else FLOATS:
            yield Task(op.name, (BY_CODE[code], one), (state,))


def _tasks(op: Op) -> Iterator[Task]:
    one = (2,)
    if isinstance(op, Elementwise):
        real = any(supports(op.name, code) for code in COMMON)
        for code, dtype in (COMMON if real else BY_CODE).items():
            if dtype.is_floating or not op.floats:
                yield Task(op.name, (), ((code, one),) * op.arity)
    elif op is CAST:
        for source, target in itertools.permutations(COMMON, 2):
            yield Task(op.name, (BY_CODE[target],), ((source, one),))
    elif op is SELECT:
        for code in COMMON:
            yield Task(op.name, (), (("b1", one), (code, one), (code, one)))
    elif op is LINEAR:  # the derivative of a running product: of floats only
        for code in FLOATS:
            yield Task(op.name, (), ((code, (2, 2)),) * 2)
    elif op is SLIDE:
        for code, dtype in COMMON.items():
            if not dtype.is_bool:
                yield Task(op.name, tuple(Places.along(2, 0)), ((code, (1, 2, 1)),) * 2)
    elif op is FOLD:
        for code, dtype in COMMON.items():
            if not dtype.is_bool:
                yield Task(op.name, ((2,), (1,), (1,), (1,)), ((code, (1, 2, 1, 2)),))
    elif op.name in OPERANDS:
        how, lies = ((2,), (2,), ((0, 0),)), {"x": (1, 2, 2), "y": (1, 1, 2)}
        for code, dtype in COMMON.items():
            if dtype.is_floating or (op is LARGEST and not dtype.is_bool):
                inputs = tuple((code, lies[name]) for name in OPERANDS[op.name])
                yield Task(op.name, ((2,), *how) if "extents" in op.params else how, inputs)
    elif op is SEARCH:
        for code in COMMON:
            yield Task(op.name, (False,), ((code, (1, 2)),) * 2)
    elif op is INTERP:
        for code in FLOATS:
            yield Task(op.name, (), ((code, (1, 2)),) * 3)
    elif op is ADD_ROWS:
        for code, dtype in COMMON.items():
            if not dtype.is_bool:
                yield Task(op.name, (2, 0, 0), ((code, (2, 2)), ("i8", (2,))))
    elif op is PUT_ROWS:  # bytes, whatever they are; to add, it has the kernels of `ADD_ROWS`
        for code in ("u1", "u2", "u4", "u8"):
            spec: Spec = (code, (2, 2))
            yield Task(op.name, (False, "put", 0, 0), (spec, spec, ("i8", (2,))))
    elif op.family == "random":
        yield from _draws(op)
    elif op.family == "reduction":
        for params, shapes in _shapes(op):
            for code in COMMON:
                yield Task(op.name, params, tuple((code, shape) for shape in shapes))


def tasks(names: Iterable[str] = ()) -> list[Task]:
    """Every call that has a kernel of its own, for every real dtype that its op takes.

    Parameters
    ----------
    names : iterable of str
        Of ops; all if empty. Ops that move bytes share the kernels that `shared` names.

    Raises
    ------
    ValueError
        For a name that is no op's.

    Examples
    --------
    >>> [(task.op, task.inputs) for task in tasks(["sqrt"])]
    [('sqrt', (('f4', (2,)),)), ('sqrt', (('f8', (2,)),))]
    """
    chosen = list(names) or list(TABLE)
    unknown = [name for name in chosen if name not in TABLE]
    if unknown:
        raise ValueError(f"no op is named {', '.join(unknown)}; docs/ops.md lists them")
    return [task for name in chosen for task in _tasks(TABLE[name]) if task.takes()]


def shared() -> list[str]:
    """The routines that ops of every dtype share."""
    kernel = ["table", "lo", "hi"]
    found = inspect.getmembers(skeletons, inspect.isfunction)
    signatures = {name: list(inspect.signature(function).parameters) for name, function in found}
    called = skeletons.CALLED
    return [name for name, words in signatures.items() if words == kernel or name in called]


def chunks(todo: list[Task]) -> list[list[Task]]:
    """The tasks in pieces: kernels that call the same functions together, the longest first."""

    def group(task: Task) -> tuple[str, str]:
        return task.op, task.inputs[0][0] if task.op == CAST.name else ""

    pieces = [list(piece) for _, piece in itertools.groupby(todo, group)]
    # A kernel of floats, which may call vecmath, takes several times one of integers.
    return sorted(pieces, key=lambda piece: -sum(4 if _floats(task) else 1 for task in piece))


def _floats(task: Task) -> bool:
    return task.inputs[0][0][0] == "f"


def _compile(piece: list[Task]) -> tuple[int, int, int]:
    before = cache.counters.copy()
    for task in piece:
        task.prepare()
    after = cache.counters - before
    return len(piece), after["compiled"], after["loaded"]


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def warm(todo: list[Task], jobs: int) -> Iterator[tuple[int, int, int]]:
    """Compile the kernels of tasks in processes of their own.

    Parameters
    ----------
    todo : list of Task
    jobs : int
        Number of processes.

    Yields
    ------
    How many kernels a piece of work had, and how many of these were compiled, and found on disk.
    """
    for name in shared():
        cpu.skeleton(name)
    # Spawned, not forked: a child must not inherit a compiler or threads at work.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        futures = [pool.submit(_compile, piece) for piece in chunks(todo)]
        for future in as_completed(futures):
            yield future.result()
