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

import ngrad.numpy  # noqa: F401 - its ops are in the table, too
from ngrad.dtypes import BY_CODE, COMMON, DType
from ngrad.errors import DTypeError
from ngrad.graph.layout import layout
from ngrad.graph.op import TABLE, Op
from ngrad_kernels import cache, cpu, skeletons

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


def _tasks(op: Op) -> Iterator[Task]:
    """Calls that between them need an op's kernels: of common dtypes, or of others, if it takes
    none of these.
    """
    yield from [*_of_dtypes(op, COMMON)] or _of_dtypes(op, BY_CODE.values())


def _of_dtypes(op: Op, dtypes: Iterable[DType]) -> Iterator[Task]:
    if op.samples is None:  # it moves bytes, or has a library's routines
        return
    for dtype in dtypes:
        for params, operands in op.samples(dtype):
            task = Task(op.name, params, tuple([(of.code, shape) for of, shape in operands]))
            if task.takes():
                yield task


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
    return [task for name in chosen for task in _tasks(TABLE[name])]


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
        return task.op, task.inputs[0][0] if task.op == "cast" else ""

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
