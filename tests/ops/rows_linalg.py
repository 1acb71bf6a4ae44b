"""Rows of products, triangular systems, Cholesky factors, and Fourier transforms."""

from __future__ import annotations

from typing import Any

import numpy as np
from numeric import Array
from scipy.linalg import solve_triangular
from table import EPS, Row

from ngrad import linalg
from ngrad.graph.op import TABLE
from ngrad.graph.reference import REFERENCES
from ngrad.ops.matmul import product
from ngrad.record import apply


def _unit(x: Any, size: float = 1.0) -> Any:
    """Identity matrices like x, which may be a symbol; integers stay, for the op to refuse."""
    return linalg.diag(0.0 * linalg.diag_part(x) + size) if x.dtype.is_inexact else x


def _factor(x: Any) -> Any:
    """A Cholesky factor, of a matrix that is Hermitian and definite whatever x is in the domain."""
    return linalg.cholesky(x + linalg.adjoint(x) + _unit(x, 4.0))


def _factor_array(x: Array) -> Array:
    return np.linalg.cholesky(x + np.swapaxes(x, -1, -2).conj() + 4 * np.eye(x.shape[-1]))


def _solution(lower: bool, adjoint: bool) -> Any:
    """The op, on a triangle of a matrix whose diagonal keeps away from zero."""
    return lambda x, y: linalg.triangular_solve(x + _unit(x), y, lower, adjoint)


def _solved(lower: bool, adjoint: bool) -> Any:
    def reference(x: Array, y: Array) -> Array:
        regular = x + np.eye(x.shape[-1])
        batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
        regular = np.broadcast_to(regular, (*batch, *x.shape[-2:]))
        out = np.empty((*batch, *y.shape[-2:]), x.dtype)
        for k in np.ndindex(batch):
            rhs = np.broadcast_to(y, out.shape)[k]
            out[k] = solve_triangular(regular[k], rhs, 2 * adjoint, lower)
        return out

    return reference


_WINDOWED = [
    (
        "1d",
        (False, (3,), (1,), (1,), ((1, 1),)),
        (((1, 2, 5, 3), (1, 9, 4)), ((2, 1, 4, 1), (2, 3, 2)), ((1, 0, 5, 1), (1, 3, 2))),
    ),
    (
        "steps and gaps",
        (False, (2, 3), (2, 1), (1, 2), ((0, 1), (2, 0))),
        (((2, 2, 4, 5, 2), (2, 12, 3)),),
    ),
    (
        "3d",
        (False, (1, 2, 2), (1,) * 3, (1,) * 3, ((0, 0),) * 3),
        (((1, 1, 2, 3, 3, 1), (1, 4, 2)),),
    ),
    (
        "transposed",
        (True, (2, 3), (1, 1), (1, 1), ((1, 1), (0, 0))),
        (((1, 2, 3, 4, 2), (1, 2, 4, 2, 3)), ((2, 1, 3, 3, 1), (2, 1, 4, 1, 2))),
    ),
    (
        "transposed, steps",
        (True, (3,), (2,), (2,), ((1, 2),)),
        (((1, 2, 6, 2), (1, 2, 3, 4)), ((1, 0, 6, 2), (1, 0, 3, 4))),
    ),
]
"""Parameters of `windows_matmul` and shapes that go with them."""


LINALG = [
    Row(
        "matmul",
        lambda x, y: x @ y,
        np.matmul,
        ((-2, 2), (-2, 2)),
        "fiubc",
        shapes=(
            *(((3, 4), (4, 2)), ((2, 3, 4), (4, 2)), ((0, 3), (3, 2)), ((2, 0), (0, 3))),
            *(((3, 4), (4,)), ((4,), (4, 2)), ((0, 3), (3,)), ((0,), (0, 3))),
        ),
        ulps=8,
        floor=32 * EPS,
    ),
    *(
        Row(
            "matmul",
            lambda x, t=transposed: product(x, x, t, not t),
            lambda x, t=transposed: np.matmul(*((x.mT, x) if t else (x, x.mT))),
            ((-2, 2),),
            "fiubc",
            shapes=(((3, 4),), ((2, 20, 4),), ((0, 3),), ((2, 0),)),
            ulps=8,
            floor=64 * EPS,
            label="x.T @ x" if transposed else "x @ x.T",
        )
        for transposed in (False, True)
    ),
    *(
        Row(
            "windows_matmul",
            lambda x, y, p=params: apply(TABLE["windows_matmul"], (x, y), p),
            lambda x, y, p=params: REFERENCES["windows_matmul"](x, y, *p),
            ((-2, 2), (-2, 2)),
            "fc",
            shapes=shapes,
            ulps=8,
            floor=64 * EPS,
            label=label,
        )
        for label, params, shapes in _WINDOWED
    ),
    Row(
        "vecdot",
        lambda x, y: apply(TABLE["vecdot"], (x, y)),
        REFERENCES["vecdot"],
        ((-2, 2), (-2, 2)),
        "fiubc",
        shapes=(((4,), (4,)), ((2, 3), (3,)), ((2, 1, 3), (2, 3)), ((2, 0), (2, 0))),
        ulps=8,
        floor=32 * EPS,
    ),
    Row(
        "cholesky",
        _factor,
        _factor_array,
        ((-0.4, 0.4),),
        "fc",
        shapes=(((3, 3),), ((2, 2, 2),), ((1, 1),), ((0, 0),), ((2, 0, 3, 3),)),
        ulps=8,
        floor=32 * EPS,
    ),
    *(
        Row(
            "triangular_solve",
            _solution(lower, adjoint),
            _solved(lower, adjoint),
            ((-0.4, 0.4), (-2, 2)),
            "fc",
            shapes=(((3, 3), (3, 2)), ((2, 2, 2), (2, 1)), ((2, 2), (3, 2, 1)), ((2, 2), (2, 0))),
            ulps=8,
            floor=32 * EPS,
            label=f"{'lower' if lower else 'upper'}{'-adjoint' * adjoint}",
        )
        for lower in (True, False)
        for adjoint in (False, True)
    ),
    Row(
        "rfft",
        lambda x: apply(TABLE["rfft"], (x,)),
        np.fft.rfft,
        shapes=(((1,),), ((2,),), ((5,),), ((2, 6),), ((0, 3),)),
        ulps=8,
        floor=32 * EPS,
    ),
    *(
        Row(
            "irfft",
            lambda x, n=length: apply(TABLE["irfft"], (x,), (n,)),
            lambda x, n=length: np.fft.irfft(x, n, norm="forward"),
            kinds="c",
            shapes=((shape,),),
            ulps=8,
            floor=32 * EPS,
            label=str(length),
        )
        for length, shape in ((1, (1,)), (2, (2,)), (5, (3,)), (6, (2, 4)), (3, (0, 2)))
    ),
    *(
        Row(
            "fft",
            lambda x, back=inverse: apply(TABLE["fft"], (x,), (back,)),
            lambda x, back=inverse: np.fft.ifft(x, norm="forward") if back else np.fft.fft(x),
            kinds="c",
            shapes=(((1,),), ((5,),), ((2, 6),), ((0, 3),)),
            ulps=8,
            floor=32 * EPS,
            label="inverse" if inverse else "",
        )
        for inverse in (False, True)
    ),
]
