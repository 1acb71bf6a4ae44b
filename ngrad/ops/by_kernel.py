"""How kernels of the CPU compute ops on batches of matrices, a launch after the other, and raise
where they are called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from ngrad.devices import HOST
from ngrad.dtypes import BY_CODE
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.graph.program import SCRATCH, Launch, Program, result
from ngrad.graph.strides import ordered_layout
from ngrad.ops.batching import elementwise
from ngrad.ops.by_library import by_library, columns_first
from ngrad.ops.matmul import matrices_of
from ngrad.ops.matrices import Batch, array_at
from ngrad.replay import runner
from ngrad_kernels.lapack_calls import Squares
from ngrad_kernels.lapack_steps import Given
from ngrad_kernels.product import Prepared

INT32 = BY_CODE["i4"]
PRECISE = {"f4": BY_CODE["f8"], "c8": BY_CODE["c16"]}
"""By code of a dtype the one in which the CPU factors its matrices: NumPy's own choice."""

Place = tuple[int, int]
"""An operand, as a `Launch` has it."""


class Step(NamedTuple):
    """A launch of a program, how many bytes of scratch memory there are by then, and what to keep
    for it.
    """

    launch: Launch
    scratch: int
    keep: Any


def step(work: Prepared, room: int, operands: Sequence[Place], scratch: int) -> Step:
    """What was prepared, with so many bytes of room behind so much scratch."""
    places = (*operands, (SCRATCH, scratch)) if room else operands
    launch = Launch(work.kernel, work.facts, work.n, work.grain, tuple(places))
    return Step(launch, scratch + room, work.keep)


def program_of(*steps: Step) -> Program:
    """Steps that follow one another; each needs its room no longer than it runs."""
    launches, scratch, keep = zip(*steps, strict=True)
    return Program(launches, max(scratch), keep=keep)


def hosted(program: Program, out: Layout) -> Program | Callable[..., Any]:
    """A program of kernels of the CPU's. For other devices it is none (`Call`), so that operands
    are copied to the CPU, and the result back.
    """
    return program if out.device is HOST else runner(program, 0, out)


def inner_dtype(where: Layout) -> Any:
    """The dtype in which the CPU factors matrices."""
    return PRECISE.get(where.dtype.code, where.dtype)


def by_columns(where: Layout) -> Layout:
    """The layout of as many matrices, by columns."""
    return ordered_layout(where, columns_first(where.ndim))


def squares_of(x: Layout, dtype: Any) -> Squares:
    """Matrices as kernels are told of them, which factor them in a dtype."""
    *batch, rows, _ = x.shape
    return Squares(x.dtype.code, dtype.code, tuple(batch), rows, matrices_of(x, batch))


def by_routines(
    name: str,
    infer: Callable[..., Any],
    work: Callable[..., tuple[Prepared, int]],
    params: tuple[str, ...],
    into: Mapping[int, int] = MappingProxyType({}),
    tall: bool = False,
) -> Op:
    """An op on batches of matrices, whose results routines of LAPACK's find.

    Parameters
    ----------
    work : callable
        `work(given, **params)`, as of `factors`.
    into, tall
        How a device's library has its operands, as `by_library` says.
    """

    def prepare(inputs: tuple[Layout, ...], out: Any, **told: Any) -> tuple[Any, Any]:
        outs: tuple[Layout, ...] = out if isinstance(out, tuple) else (out,)
        own = by_library(name, into, tall, inputs, outs, told)
        if own is not None:
            program, laid = own
            return program, laid if outs is out else laid[0]
        if not any(where.size for where in outs):
            return Program(), out
        (x,) = inputs
        *batch, rows, columns = x.shape
        inner, lies = inner_dtype(x), matrices_of(x, batch)
        given = Given(x.dtype.code, inner.code, tuple(batch), rows, columns, lies)
        run = taken_by(name, work(given, **told), outs, tuple(batch))
        return run if outs is out else lambda x: run(x)[0], out

    op = Op(name, infer, prepare, params, "linalg")
    op.batch(partial(elementwise, op))
    return op


def taken_by(
    name: str,
    work: tuple[Prepared, int],
    outs: tuple[Layout, ...],
    batch: tuple[int, ...],
    arity: int = 1,
) -> Callable[..., Any]:
    """What gives results of so many operands, or raises, by a kernel with the addresses of these,
    of results, of which matrices are taken, and of some room.
    """
    given, found = ((k, 0) for k in range(arity)), ((result(k), 0) for k in range(len(outs) + 1))
    program = program_of(step(*work, (*given, *found), 0))
    run = raising(name, program, (*outs, layout(INT32, batch)), batch, arity)
    return lambda *operands: run(*operands)[:-1]


def each_by(
    name: str, prepared: Callable[[Squares], tuple[Prepared, int]], x: Layout, out: Layout
) -> Callable[..., Any]:
    """What gives a matrix for each of a batch, or raises, likewise."""
    run = taken_by(name, prepared(squares_of(x, inner_dtype(x))), (out,), out.shape[:-2])
    return lambda x: run(x)[0]


def raising(
    name: str, program: Program, laid: tuple[Layout, ...], batch: tuple[int, ...], arity: int = 1
) -> Callable[..., Any]:
    """What runs a program over so many operands, or raises.

    Parameters
    ----------
    name : str
        The op, as `WRONG` knows it.
    laid : tuple of Layout
        How results lie. The last is in int32, and the first of each matrix is 0 if it is not taken.
    batch : tuple of int
        Sizes of the batch axes.
    """
    run_all = runner(program, arity, laid)
    first = array_at(layout(INT32, batch, laid[-1].strides[: len(batch)]))

    def run(*operands: Any) -> Any:
        found = run_all(*operands)
        taken = first(found[-1]._at)
        if not (taken.all() if batch else taken):
            which = int(taken.argmin())
            raise Batch(name, batch).error(which, which)
        return found

    return run
