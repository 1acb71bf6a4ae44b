"""Inverses, pseudo-inverses, and linear systems of square matrices."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ngrad.errors import ShapeError
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.graph.program import OUT, SCRATCH, Program, result
from ngrad.graph.room import padded
from ngrad.ops.batching import elementwise
from ngrad.ops.by_kernel import INT32, by_columns, inner_dtype, program_of, raising, step
from ngrad.ops.by_library import by_library
from ngrad.ops.complexes import conj
from ngrad.ops.convert import operands, tensor
from ngrad.ops.factored import factoring, solved
from ngrad.ops.hosted import by_lapack
from ngrad.ops.linalg import adjoint as adjoint_of
from ngrad.ops.linalg import hermitian as hermitian_part
from ngrad.ops.linalg import matrix_transpose
from ngrad.ops.matmul import matrices_of, product
from ngrad.ops.matrices import (
    batch_shape,
    require_finite,
    require_matrices,
    require_square,
)
from ngrad.ops.shape import expand_dims
from ngrad.record import apply, apply_now
from ngrad.tensor import Tensor
from ngrad_kernels import lu


def _inv_infer(x: Layout) -> Layout:
    require_square("inv", x)
    return x.spec


def _inv_prepare(inputs: tuple[Layout, ...], out: Layout) -> tuple[Any, Layout]:
    own = by_library("inv", {}, False, inputs, (out,), {})
    if own is not None:
        program, laid = own
        return program, laid[0]
    if out.size == 0:
        return Program(), out
    # By factors in scratch memory; a matrix has none if its first pivot, of a hidden result, is 0.
    *batch, rows, _ = out.shape
    factors = by_columns(layout(inner_dtype(out), out.shape))
    pivots = layout(INT32, (*batch, rows, 1))
    lies = matrices_of(factors, batch), matrices_of(pivots, batch)
    places, scratch = ((SCRATCH, 0), (result(1), 0)), padded(factors.nbytes)
    codes = out.dtype.code, factors.dtype.code
    system = lu.Solved(*codes, tuple(batch), rows, rows, *lies, None, False)
    program = program_of(
        factoring(inputs[0], factors.dtype, places, scratch),
        step(*lu.solved(system), (*places, (OUT, 0), (OUT, 0)), scratch),
    )
    run = raising("inv", program, (out, pivots), tuple(batch))
    return lambda x: run(x)[0], out


INV = Op("inv", _inv_infer, _inv_prepare, family="linalg")
INV.batch(partial(elementwise, INV))


@INV.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    return (-product(product(out, g, True), out, False, True),)


def _pinv_infer(x: Layout, cutoff: Layout, hermitian: bool) -> Layout:
    (require_square if hermitian else require_matrices)("pinv", x)
    batch = batch_shape("pinv", x.shape, cutoff.shape)
    return layout(x.dtype, (*batch, x.shape[-1], x.shape[-2]))


def _pinv(x: Any, cutoff: Any, hermitian: bool) -> Any:
    require_finite(np.tril(x) if hermitian else x)
    return np.linalg.pinv(x, cutoff[..., 0, 0], hermitian)


PINV = by_lapack("pinv", _pinv_infer, _pinv, ("hermitian",), tall=True)
"""Of singular values not above `cutoff`, of shape (..., 1, 1), times the largest, none counts."""


@PINV.vjp
def _(g: Any, out: Any, x: Any, cutoff: Any, hermitian: bool) -> Any:
    # Golub and Pereyra (1973), while the rank stays: with P the pseudo-inverse,
    # dP = -P dA P + P P^H dA^H (1 - A P) + (1 - P A) dA^H P^H P.
    back, own = matrix_transpose(g), adjoint_of(out)
    left, right = _three(back, out, own), _three(own, out, back)
    whole = left - _three(x, out, left) + right - _three(right, out, x)
    whole = conj(whole) - _three(matrix_transpose(out), g, matrix_transpose(out))
    return hermitian_part(whole) if hermitian else whole, None


def _three(x: Any, y: Any, z: Any) -> Any:
    """The product of a matrix, one of the transposed shape, and one of the first's: what is between
    is the smaller of two squares.
    """
    rows, columns = x._layout.shape[-2:]
    if rows > columns:
        return product(x, product(y, z))
    return product(product(x, y), z)


def _lstsq_infer(matrix: Layout, rhs: Layout, cutoff: Layout) -> tuple[Layout, ...]:
    require_matrices("lstsq", matrix)
    batch = batch_shape("lstsq", matrix.shape, rhs.shape)
    if matrix.dtype is not rhs.dtype or matrix.shape[-2] != rhs.shape[-2]:
        raise ShapeError(
            f"lstsq: takes right-hand sides of as many rows, not {matrix.dtype.name} of shape "
            f"{matrix.shape} and {rhs.dtype.name} of shape {rhs.shape}"
        )
    shape = (*batch_shape("lstsq", (*batch, 1, 1), cutoff.shape), matrix.shape[-1], rhs.shape[-1])
    sizes = (*shape[:-2], min(matrix.shape[-2:]))
    return layout(rhs.dtype, shape), layout(INT32, shape[:-2]), layout(rhs.dtype.real_dtype, sizes)


def _lstsq(matrix: Any, rhs: Any, cutoff: Any) -> Any:
    require_finite(matrix)
    if matrix.ndim == rhs.ndim == cutoff.ndim == 2:
        solution, _, rank, values = np.linalg.lstsq(matrix, rhs, float(cutoff[0, 0]))
        return solution, rank, values
    columns, width = matrix.shape[-1], rhs.shape[-1]
    lead = np.broadcast_shapes(matrix.shape[:-2], rhs.shape[:-2], cutoff.shape[:-2])
    found, ranks = np.empty((*lead, columns, width), matrix.dtype), np.empty(lead, np.int32)
    sizes = np.empty((*lead, min(matrix.shape[-2:])), matrix.real.dtype)
    a, b = (np.broadcast_to(x, (*lead, *x.shape[-2:])) for x in (matrix, rhs))
    bounds = np.broadcast_to(cutoff[..., 0, 0], lead)
    for at in np.ndindex(lead):
        found[at], _, ranks[at], sizes[at] = np.linalg.lstsq(a[at], b[at], float(bounds[at]))
    return found, ranks, sizes


LSTSQ = by_lapack("lstsq", _lstsq_infer, _lstsq)
"""The shortest X for which |A X - B| is least, and the rank of A, with `cutoff` as of `PINV`; and
its singular values as that came by them, through which no derivative flows.
"""


@LSTSQ.vjp
def _(g: Any, out: Any, matrix: Any, rhs: Any, cutoff: Any) -> Any:
    # The rule of `PINV`, times B: with X = P B and R = B - A X,
    # dX = P dB - P dA X + P P^H dA^H R + (1 - P A) dA^H P^H X.
    inverse, x = apply(PINV, (matrix, cutoff), (False,)), out[0]
    in_rhs = product(inverse, g[0], True)
    along = product(rhs - product(matrix, x), product(conj(inverse), in_rhs), False, True)
    across = g[0] - product(matrix, in_rhs, True)
    along = along + product(product(conj(inverse), x, True), across, False, True)
    return conj(along) - product(in_rhs, x, False, True), in_rhs, None


def inv(input: Any, adjoint: bool = False, name: str | None = None) -> Tensor:
    """The inverses of square matrices; of their conjugate transposes, if `adjoint`.

    It is computed where it is called, so that a singular matrix raises there.

    Raises
    ------
    LinAlgError
        If a matrix is singular, saying which of the batch.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.inv([[2.0, 0.0], [0.0, 4.0]]).numpy()
    array([[0.5 , 0.  ],
           [0.  , 0.25]], dtype=float32)
    """
    found = apply_now(INV, (tensor(input, "inv"),))
    return adjoint_of(found) if adjoint else found


def solve(matrix: Any, rhs: Any, adjoint: bool = False, name: str | None = None) -> Tensor:
    """The X of A X = B for square matrices; axes before the last two are batches and broadcast.

    Parameters
    ----------
    matrix : floating or complex tensor of shape (..., n, n)
        A, or its conjugate transpose if `adjoint`.
    rhs : floating or complex tensor of shape (..., n, k)
        B.

    Raises
    ------
    LinAlgError
        Where it is called, if a matrix is singular.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.solve([[2.0, 0.0], [0.0, 4.0]], [[2.0], [2.0]]).numpy()
    array([[1. ],
           [0.5]], dtype=float32)
    """
    x, y = operands("solve", matrix, rhs)
    if not adjoint:
        return solved(apply_now, x, y)
    return conj(solved(apply_now, x, conj(y), True))


def pinv(a: Any, rcond: Any = None, validate_args: bool = False, name: str | None = None) -> Tensor:
    """The pseudo-inverse, for which singular values up to `rcond` times the largest are zeros.

    Its derivative is that of matrices that keep their rank.

    Parameters
    ----------
    rcond : number, optional
        10 times the larger size times the dtype's epsilon if not given.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.pinv([[2.0, 0.0], [0.0, 0.0]]).numpy()
    array([[0.5, 0. ],
           [0. , 0. ]], dtype=float32)
    """
    x = tensor(a, "pinv")
    require_matrices("pinv", x._layout)
    if rcond is None:
        rcond = 10.0 * max(x._layout.shape[-2:]) * float(x.dtype.finfo.eps)
    cutoff = tensor(rcond, "pinv", x.dtype.real_dtype, x._layout.device)
    cutoff = expand_dims(expand_dims(cutoff, -1), -1)
    return apply_now(PINV, (x, cutoff), (False,))
