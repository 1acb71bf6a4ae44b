"""Linear systems of triangular matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.errors import ShapeError
from ngrad.graph.layout import Layout
from ngrad.graph.op import Op
from ngrad.graph.program import OUT, Program
from ngrad.ops.batching import elementwise
from ngrad.ops.by_library import repeated
from ngrad.ops.complexes import conj
from ngrad.ops.convert import operands
from ngrad.ops.launching import dense, dense_operands, place_launch
from ngrad.ops.linalg import band
from ngrad.ops.matmul import matrices_of, product, suits_blas
from ngrad.ops.matrices import Batch, Matrix, array_at, bad_matrix, matrix_words, solution
from ngrad.record import apply, apply_now
from ngrad.status import number
from ngrad.tensor import Tensor, empty
from ngrad_kernels import cpu
from ngrad_kernels.product import Prepared
from ngrad_kernels.triangular import Triangular, prepared


def _infer(matrix: Layout, rhs: Layout, lower: bool, transposed: bool) -> Layout:
    return solution("triangular_solve", matrix, rhs)


def _prepare(
    inputs: tuple[Layout, ...], out: Layout, lower: bool, transposed: bool
) -> tuple[Callable[..., Any] | Program, Layout]:
    if out.size == 0:
        return Program(), out
    who = number(Batch("triangular_solve", out.shape[:-2]))
    words = [*matrix_words(out), int(lower), int(transposed), who]
    work = out.device.target.libraries.routine("triangular_solve", out.dtype.code, words)
    if work is not None:
        return _launched(inputs, out, work), out
    return _by_blas(inputs, out, lower, transposed), out


def _by_blas(
    inputs: tuple[Layout, ...], out: Layout, lower: bool, transposed: bool
) -> Callable[..., Tensor]:
    """What the CPU does, where it is called: so that a singular matrix raises there."""
    suits = suits_blas(inputs[0])
    fix, lies = (None, inputs[0]) if suits else (dense(inputs[0]), inputs[0].spec)
    read_matrix, read_rhs, write = array_at(lies), array_at(inputs[1]), array_at(out)
    *batch, rows, columns = out.shape
    where = matrices_of(lies, batch)
    code = out.dtype.code
    work = prepared(Triangular(code, tuple(batch), rows, columns, where, lower, transposed))
    if work is None:
        raise ShapeError(f"triangular_solve: BLAS cannot count the elements of shape {out.shape}")

    def run(matrix: Tensor, rhs: Tensor) -> Tensor:
        if fix is not None:
            matrix = fix(matrix)
        matrices = read_matrix(matrix._address)
        if not np.diagonal(matrices, axis1=-2, axis2=-1).all():
            raise bad_matrix("triangular_solve", matrices, _is_regular)
        made = empty(out)
        write(made._at)[...] = read_rhs(rhs._address)
        cpu.launch(work.kernel, work.facts, work.n, work.grain, (matrix._address, made._at))
        return made

    return run


def _launched(inputs: tuple[Layout, ...], out: Layout, work: Prepared) -> Program:
    """The library's routine, which solves in place, behind a copy of the right-hand sides."""
    matrix, rhs = (repeated(where, out.shape[:-2]) for where in inputs)
    read = dense_operands([(0, matrix)])
    copy, held = place_launch(rhs, [(rhs.size, rhs.dtype.itemsize)], which=1)
    behind = read._replace(launches=(*read.launches, copy), keep=(*read.keep, held))
    return behind.launching(work, (*read.operands, (OUT, 0)), checks=True)


def _is_regular(matrix: Matrix) -> bool:
    return bool(np.diagonal(matrix).all())


TRIANGULAR = Op("triangular_solve", _infer, _prepare, ("lower", "transposed"), family="linalg")


@TRIANGULAR.vjp
def _(g: Any, out: Any, matrix: Any, rhs: Any, lower: bool, transposed: bool) -> Any:
    in_rhs = solve(matrix, g, lower, not transposed)
    full = product(out, in_rhs, False, True) if transposed else product(in_rhs, out, False, True)
    return -(band(full, -1, 0) if lower else band(full, 0, -1)), in_rhs


@TRIANGULAR.batch
def _(size: int, batched: Any, matrix: Any, rhs: Any, **params: Any) -> Any:
    return elementwise(TRIANGULAR, size, batched, matrix, rhs, **params)


def solve(matrix: Any, rhs: Any, lower: bool = True, transposed: bool = False) -> Any:
    """As `triangular_solve`, by the transpose in place of the adjoint, of tensors of one dtype,
    recorded like any other op: for rules.
    """
    return apply(TRIANGULAR, (matrix, rhs), (lower, transposed))


def triangular_solve(
    matrix: Any, rhs: Any, lower: bool = True, adjoint: bool = False, name: str | None = None
) -> Tensor:
    """The X of A X = B for triangular A; axes before the last two are batches and broadcast.

    Only the triangle is read. It is computed where it is called, so that a singular matrix raises
    there.

    Parameters
    ----------
    matrix : floating or complex tensor of shape (..., n, n)
        A.
    rhs : floating or complex tensor of shape (..., n, k)
        B.
    lower : bool
        Whether A is the lower triangle of `matrix`, or the upper one.
    adjoint : bool
        Solve with the conjugate transpose of A.

    Raises
    ------
    LinAlgError
        If a matrix has a zero on its diagonal, saying which of the batch.
    ShapeError
        If the shapes do not fit.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.triangular_solve([[2.0, 0.0], [1.0, 4.0]], [[2.0], [5.0]]).numpy()
    array([[1.],
           [1.]], dtype=float32)
    """
    a, b = operands("triangular_solve", matrix, rhs)
    a = conj(a) if adjoint else a
    return apply_now(TRIANGULAR, (a, b), (bool(lower), bool(adjoint)))
