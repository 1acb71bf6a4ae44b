"""Sylvester's equation, A X + X B = Q, whose derivatives are solutions of another."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.errors import DTypeError, ShapeError
from ngrad.graph.layout import Layout, layout
from ngrad.ops.hosted import by_lapack
from ngrad.ops.linalg import matrix_transpose
from ngrad.ops.matmul import product
from ngrad.ops.matrices import batch_shape, require_square
from ngrad.record import apply


def _infer(a: Layout, b: Layout, q: Layout) -> Layout:
    for x in (a, b):
        require_square("sylvester", x)
        if x.dtype is not q.dtype:
            raise DTypeError(
                f"sylvester: operands must have one dtype, not {x.dtype.name}, {q.dtype.name}"
            )
    if q.ndim < 2 or q.shape[-2:] != (a.shape[-1], b.shape[-1]):
        raise ShapeError(
            f"sylvester: matrices of shapes {a.shape} and {b.shape} take {a.shape[-1]} rows of "
            f"{b.shape[-1]}, not shape {q.shape}"
        )
    batch = batch_shape("sylvester", (*batch_shape("sylvester", a.shape, b.shape), 1, 1), q.shape)
    return layout(q.dtype, (*batch, *q.shape[-2:]))


def _sylvester(a: Any, b: Any, q: Any) -> Any:
    from scipy.linalg import solve_sylvester

    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2], q.shape[:-2])
    a, b, q = (np.broadcast_to(x, (*batch, *x.shape[-2:])) for x in (a, b, q))
    found = np.empty(q.shape, q.dtype)
    for at in np.ndindex(batch) if q.size else ():
        found[at] = solve_sylvester(a[at], b[at], q[at])
    return found


SYLVESTER = by_lapack("sylvester", _infer, _sylvester, package="scipy")
"""The X of A X + X B = Q, which A, B and Q decide if no eigenvalue of A is one of -B."""


@SYLVESTER.vjp
def _(g: Any, out: Any, a: Any, b: Any, q: Any) -> Any:
    found = apply(SYLVESTER, (matrix_transpose(a), matrix_transpose(b), g))
    return -product(found, out, False, True), -product(out, found, True), found
