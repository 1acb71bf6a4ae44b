"""Linear systems of square matrices, in two ops: factors, and what is solved by them. So a graph,
which merges equal nodes, factors a matrix once, for all that is solved with it and all gradients.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ngrad.devices import HOST
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.graph.program import OUT, SCRATCH, Program, result
from ngrad.graph.room import padded
from ngrad.ops.batching import elementwise
from ngrad.ops.by_kernel import (
    INT32,
    PRECISE,
    Place,
    Step,
    by_columns,
    hosted,
    inner_dtype,
    program_of,
    raising,
    squares_of,
    step,
)
from ngrad.ops.by_library import by_library
from ngrad.ops.launching import place_launch
from ngrad.ops.matmul import matrices_of, product
from ngrad.ops.matrices import require_square, solution
from ngrad.ops.shape import reshape, transpose
from ngrad.record import apply
from ngrad_kernels import lu


def _factor_infer(x: Layout, precise: bool) -> tuple[Layout, Layout]:
    require_square("lu_factor", x)
    dtype = inner_dtype(x) if precise else x.dtype
    return layout(dtype, x.shape), layout(INT32, (*x.shape[:-1], 1))


def _factor_prepare(
    inputs: tuple[Layout, ...], outs: Any, precise: bool
) -> tuple[Any, tuple[Layout, ...]]:
    own = by_library("lu_factor", {0: 0}, False, inputs, outs, {})
    if own is not None:
        return own
    factors, pivots = outs
    if factors.size == 0:
        return Program(), outs
    laid = by_columns(factors), pivots
    program = program_of(factoring(inputs[0], factors.dtype, ((result(0), 0), (result(1), 0))))
    return raising("lu_factor", program, laid, factors.shape[:-2]), laid


def factoring(x: Layout, dtype: Any, places: tuple[Place, Place], scratch: int = 0) -> Step:
    """How the CPU factors the first operand, in a dtype, and where it puts factors and pivots."""
    return step(*lu.factored(squares_of(x, dtype)), ((0, 0), *places), scratch)


LU_FACTOR = Op("lu_factor", _factor_infer, _factor_prepare, ("precise",), "linalg")
"""LAPACK's `getrf`: both factors in one matrix, NaN of a matrix with a NaN in it; and which row
each was exchanged with, from 1, in a column. If `precise`, factors are of the dtype in `PRECISE`.
"""
LU_FACTOR.ends = True
LU_FACTOR.batch(partial(elementwise, LU_FACTOR))


def _infer(
    factors: Layout, pivots: Layout, rhs: Layout, matrix: Layout, transposed: bool
) -> Layout:
    return solution("solve", matrix, rhs)


def _prepare(inputs: tuple[Layout, ...], out: Layout, transposed: bool) -> tuple[Any, Layout]:
    own = by_library("solve", {2: 0}, False, inputs[:3], (out,), {"transposed": transposed})
    if own is not None:
        program, laid = own
        return program, laid[0]
    if out.size == 0:
        return Program(), out
    *batch, rows, columns = out.shape
    lies, places, launches, keep, scratch = [], [], [], [], 0
    for k, where in enumerate(inputs[:2]):
        if _is_by_columns(where):
            places.append((k, 0))
            lies.append(matrices_of(where, batch))
            continue
        turned = by_columns(where)
        region = [*zip(where.shape, turned.strides, strict=True)]
        copy, held = place_launch(where, region, scratch, k, SCRATCH)
        places.append((SCRATCH, scratch))
        lies.append(matrices_of(turned, batch))
        launches.append(copy)
        keep.append(held)
        scratch += padded(where.nbytes)
    factors, pivots, rhs = *lies, matrices_of(inputs[2], batch)
    codes = out.dtype.code, inputs[0].dtype.code
    system = lu.Solved(*codes, tuple(batch), rows, columns, factors, pivots, rhs, transposed)
    last = step(*lu.solved(system), (*places, (2, 0), (OUT, 0)), scratch)
    program = Program((*launches, last.launch), last.scratch, keep=(*keep, last.keep))
    return hosted(program, out), out


def _is_by_columns(where: Layout) -> bool:
    (rows, columns), size = where.shape[-2:], where.dtype.itemsize
    down, across = where.strides[-2:]
    return (rows == 1 or down == size) and (columns == 1 or across == rows * size)


SOLVE = Op("solve", _infer, _prepare, ("transposed",), "linalg")
"""The X of A X = B, or of A^T X = B, by A's factors and pivots. A comes last, and is not read: the
derivative is stated in terms of it, so the factors need none.
"""


@SOLVE.vjp
def _(g: Any, out: Any, factors: Any, pivots: Any, rhs: Any, matrix: Any, transposed: bool) -> Any:
    in_rhs = apply(SOLVE, (factors, pivots, g, matrix), (not transposed,))
    left, right = (out, in_rhs) if transposed else (in_rhs, out)
    return None, None, in_rhs, -product(left, right, False, True)


@SOLVE.batch
def _(
    size: int,
    batched: Any,
    factors: Any,
    pivots: Any,
    rhs: Any,
    matrix: Any,
    transposed: bool,
) -> Any:
    given = factors, pivots, rhs, matrix
    if batched[0] or batched[1] or batched[3]:
        return elementwise(SOLVE, size, batched, *given, transposed=transposed)
    # One matrix serves all: they are more columns.
    *lead, columns = rhs._layout.shape[1:]
    last = rhs.ndim - 1
    rhs = reshape(transpose(rhs, (*range(1, last), 0, last)), (*lead, size * columns))
    found = apply(SOLVE, (factors, pivots, rhs, matrix), (transposed,))
    found = reshape(found, (*found._layout.shape[:-1], size, columns))
    last = found.ndim - 1
    return transpose(found, (last - 1, *range(last - 1), last))


def solved(run: Callable[..., Any], matrix: Any, rhs: Any, transposed: bool = False) -> Any:
    """The X of A X = B, or of A^T X = B; `run` is `apply`, in rules, or `apply_now`."""
    solution("solve", matrix._layout, rhs._layout)  # before anything is computed
    precise = matrix.dtype.code in PRECISE and _on_host(matrix._layout)
    factors, pivots = run(LU_FACTOR, (matrix,), (precise,))
    return run(SOLVE, (factors, pivots, rhs, matrix), (transposed,))


def _on_host(where: Layout) -> bool:
    """Whether the CPU factors matrices, as it does for devices without a routine."""
    if where.device is HOST:
        return True
    routine = where.device.target.libraries.routine
    return routine("lu_factor", where.dtype.code, [1, 1, 1, 0]) is None
