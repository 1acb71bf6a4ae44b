"""Determinants, their logarithms, and adjugates, whose transposes are the derivatives of
determinants.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.graph.program import OUT, SCRATCH, Program, result
from ngrad.graph.room import padded
from ngrad.ops.batching import elementwise
from ngrad.ops.by_kernel import hosted, inner_dtype, program_of, squares_of, step
from ngrad.ops.by_library import by_library
from ngrad.ops.complexes import complex_, imag
from ngrad.ops.convert import tensor
from ngrad.ops.factored import factoring
from ngrad.ops.hosted import by_lapack
from ngrad.ops.inverse import INV
from ngrad.ops.linalg import matrix_transpose
from ngrad.ops.matmul import product
from ngrad.ops.matrices import batch_shape, require_square
from ngrad.ops.reductions import reduce_sum
from ngrad.ops.shape import expand_dims
from ngrad.record import apply, apply_now
from ngrad.tensor import Tensor
from ngrad_kernels import lu
from ngrad_kernels.adjugate import adjugates


def _det_infer(x: Layout) -> Layout:
    require_square("det", x)
    return layout(x.dtype, x.shape[:-2])


def _slogdet_infer(x: Layout) -> tuple[Layout, Layout]:
    require_square("slogdet", x)
    return layout(x.dtype, x.shape[:-2]), layout(x.dtype.real_dtype, x.shape[:-2])


def _adjugate_infer(x: Layout) -> Layout:
    require_square("adjugate", x)
    return x.spec


def _adjugate_along_infer(x: Layout, way: Layout) -> Layout:
    require_square("adjugate_along", x)
    batch = batch_shape("adjugate_along", x.shape, way.shape)
    return layout(x.dtype, (*batch, *x.shape[-2:]))


def _adjugate_prepare(inputs: tuple[Layout, ...], out: Layout) -> tuple[Any, Layout]:
    # det(A) A^-1, as a polynomial of the elements: of singular matrices, too.
    own = by_library("adjugate", {}, False, inputs, (out,), {})
    if own is not None:
        program, laid = own
        return program, laid[0]
    if out.size == 0:
        return Program(), out
    x = inputs[0]
    work = step(*adjugates(squares_of(x, inner_dtype(x))), ((0, 0), (OUT, 0)), 0)
    return hosted(program_of(work), out), out


def _adjugate_along(x: Any, way: Any) -> Any:
    # By singular values: that of a diagonal matrix, whose minors are products of all but two.
    finite = np.isfinite(x).all((-2, -1), keepdims=True)
    u, s, vh = np.linalg.svd(np.where(finite, x, 0))
    unit = np.eye(s.shape[-1], dtype=bool)
    minors = np.where(unit, 0, _others(np.where(unit, 1, s[..., None, :])))
    uh, v = (z.conj().swapaxes(-1, -2) for z in (u, vh))
    turned = uh @ way @ v
    traces = (minors * np.diagonal(turned, 0, -2, -1)[..., None, :]).sum(-1)
    found = _sign(u, vh) * (v @ np.where(unit, traces[..., None], -minors * turned) @ uh)
    return np.where(finite, found, np.nan)


def _sign(u: Any, vh: Any) -> Any:
    """That of the determinant of a matrix with these singular vectors."""
    return np.sign(np.linalg.det(u) * np.linalg.det(vh))[..., None, None]


def _others(s: Any) -> Any:
    """For each element along the last axis the product of the others."""
    apart = np.where(np.eye(s.shape[-1], dtype=bool), 1, s[..., None, :])
    return apart.prod(-1, dtype=s.dtype)


def _prepare(inputs: tuple[Layout, ...], out: Any) -> tuple[Any, Any]:
    """By factors in scratch memory: of one result determinants, of two signs and logarithms."""
    outs: tuple[Layout, ...] = out if isinstance(out, tuple) else (out,)
    own = by_library("det" if outs == (out,) else "slogdet", {}, False, inputs, outs, {})
    if own is not None:
        program, laid = own
        return program, laid if outs == out else laid[0]
    if outs[0].size == 0:
        return Program(), out
    (x,) = inputs
    *batch, rows, _ = x.shape
    inner = inner_dtype(x)
    behind = padded(x.size * inner.itemsize)
    places = (SCRATCH, 0), (SCRATCH, behind)
    scratch = behind + padded(4 * math.prod((*batch, rows)))
    results = [(result(k), 0) for k in range(len(outs))]
    work = lu.determinants(x.dtype.code, inner.code, outs[0].size, rows, len(outs) == 1)
    steps = [step(work, 0, (*places, *results), scratch)]
    if rows > 0:
        steps.insert(0, factoring(x, inner, places, scratch))
    return hosted(program_of(*steps), outs[0]), out


DET = Op("det", _det_infer, _prepare, family="linalg")
DET.batch(partial(elementwise, DET))
ADJUGATE = Op("adjugate", _adjugate_infer, _adjugate_prepare, family="linalg")
"""The determinant times the inverse, also where there is none: the transpose of the cofactors."""
ADJUGATE.batch(partial(elementwise, ADJUGATE))
ADJUGATE_ALONG = by_lapack("adjugate_along", _adjugate_along_infer, _adjugate_along)
"""The derivative of the adjugate of a matrix along another."""
SLOGDET = Op("slogdet", _slogdet_infer, _prepare, family="linalg")
"""The sign of a determinant, and the logarithm of its magnitude."""
SLOGDET.batch(partial(elementwise, SLOGDET))


def _as_matrix(x: Any) -> Any:
    return expand_dims(expand_dims(x, -1), -1)


@DET.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    return (_as_matrix(g) * matrix_transpose(apply(ADJUGATE, (x,))),)


@ADJUGATE.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    return (_along(x, g),)


def _along(x: Any, g: Any) -> Any:
    """A cotangent of the adjugate, pulled back: the second derivative of the determinant, which is
    symmetric, along its transpose.
    """
    return matrix_transpose(apply(ADJUGATE_ALONG, (x, matrix_transpose(g))))


@ADJUGATE_ALONG.vjp
def _(g: Any, out: Any, x: Any, way: Any) -> Any:
    # That of (tr(A' way) A' - A' way A') / det(A), A' the adjugate; 0 / 0 where A is singular.
    adjugate = apply(ADJUGATE, (x,))
    turned, across = matrix_transpose(adjugate), matrix_transpose(way)
    trace, scale = (_as_matrix(reduce_sum(y, (-2, -1))) for y in (turned * way, g * adjugate))
    crossed = product(product(g, turned), across) + product(product(across, turned), g)
    inverse = 1.0 / _as_matrix(apply(DET, (x,)))
    in_x = _along(x, inverse * (across * scale + g * trace - crossed))
    return in_x - inverse * _as_matrix(reduce_sum(g * out, (-2, -1))) * turned, _along(x, g)


@SLOGDET.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    # The logarithm of det(A) is log |det A| + i angle; and the sign is exp(i angle).
    (in_sign, in_log), (sign, _) = g, out
    along = complex_(in_log, imag(in_sign * sign)) if x.dtype.is_complex else in_log
    return (_as_matrix(along) * matrix_transpose(apply(INV, (x,))),)


def det(input: Any, name: str | None = None) -> Tensor:
    """The determinants of square matrices. Those of singular ones have two derivatives, too; but no
    third one.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.det([[2.0, 0.0], [0.0, 4.0]]).numpy()
    np.float32(8.0)
    """
    return apply_now(DET, (tensor(input, "det"),))


def slogdet(input: Any, name: str | None = None) -> tuple[Any, Any]:
    """The signs of determinants, which of complex ones are numbers of modulus 1, and the logarithms
    of their magnitudes.

    Examples
    --------
    >>> import ngrad
    >>> sign, logarithm = ngrad.linalg.slogdet([[0.0, 1.0], [1.0, 0.0]])
    >>> sign.numpy(), logarithm.numpy()
    (np.float32(-1.0), np.float32(0.0))
    """
    sign, logarithm = apply_now(SLOGDET, (tensor(input, "slogdet"),))
    return sign, logarithm
