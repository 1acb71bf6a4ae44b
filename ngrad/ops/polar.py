"""The unitary factor of a polar decomposition."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.graph.layout import Layout
from ngrad.ops.complexes import conj
from ngrad.ops.factored import solved
from ngrad.ops.hosted import by_lapack
from ngrad.ops.linalg import adjoint, hermitian
from ngrad.ops.matmul import product
from ngrad.ops.matrices import require_matrices
from ngrad.ops.sylvester import SYLVESTER
from ngrad.record import apply


def _infer(x: Layout) -> Layout:
    require_matrices("polar", x)
    return x.spec


def _polar(x: Any) -> Any:
    if x.size == 0:
        return x
    u, _, vh = np.linalg.svd(x, full_matrices=False)
    return u @ vh


POLAR = by_lapack("polar", _infer, _polar)
"""The U of X = U P, with orthonormal columns (or rows, of X with more columns than rows), and P
positive definite.
"""


@POLAR.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    # U changes by U W and by what is outside of its columns, (1 - U U^H) dX P^-1, where W is skew
    # and W P + P W twice the skew part of U^H dX (Higham, Functions of Matrices, 2008, 8.4); P
    # follows from U. Singular values may be equal.
    rows, columns = x._layout.shape[-2:]
    if rows < columns:
        return (adjoint(_cotangent(*map(adjoint, (g, out, x)))),)
    return (_cotangent(g, out, x),)


def _cotangent(g: Any, u: Any, x: Any) -> Any:
    rows, columns = x._layout.shape[-2:]
    size, g = hermitian(product(adjoint(u), x)), conj(g)
    inner = product(adjoint(u), g)
    turn = apply(SYLVESTER, (size, size, inner - adjoint(inner)))
    found = product(u, turn)
    if rows > columns:
        rest = adjoint(g - product(u, inner))
        found = found + adjoint(solved(apply, size, rest))
    return conj(found)
