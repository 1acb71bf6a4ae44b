"""Determinants, their logarithms, and adjugates, whose transposes are the derivatives of
determinants.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.graph.layout import Layout, layout
from ngrad.ops.complexes import complex_, imag
from ngrad.ops.convert import tensor
from ngrad.ops.hosted import by_lapack
from ngrad.ops.inverse import INV
from ngrad.ops.linalg import matrix_transpose
from ngrad.ops.matmul import product
from ngrad.ops.matrices import require_finite, require_square
from ngrad.ops.reductions import reduce_sum
from ngrad.ops.shape import expand_dims
from ngrad.record import apply, apply_now
from ngrad.tensor import Tensor


def _det_infer(x: Layout) -> Layout:
    require_square("det", x)
    return layout(x.dtype, x.shape[:-2])


def _slogdet_infer(x: Layout) -> tuple[Layout, Layout]:
    require_square("slogdet", x)
    return layout(x.dtype, x.shape[:-2]), layout(x.dtype.real_dtype, x.shape[:-2])


def _adjugate_infer(x: Layout) -> Layout:
    require_square("adjugate", x)
    return x.spec


def _adjugate(x: Any) -> Any:
    # det(A) A^-1, as a polynomial of the singular values: of singular matrices, too.
    require_finite(x)
    u, s, vh = np.linalg.svd(x)
    others = np.where(np.eye(s.shape[-1], dtype=bool), 1, s[..., None, :]).prod(-1, dtype=s.dtype)
    sign = np.sign(np.linalg.det(u) * np.linalg.det(vh))
    return sign[..., None, None] * ((u * others[..., None, :]) @ vh).conj().swapaxes(-1, -2)


DET = by_lapack("det", _det_infer, np.linalg.det)
ADJUGATE = by_lapack("adjugate", _adjugate_infer, _adjugate)
"""The determinant times the inverse, also where there is none: the transpose of the cofactors."""
SLOGDET = by_lapack("slogdet", _slogdet_infer, np.linalg.slogdet)
"""The sign of a determinant, and the logarithm of its magnitude."""


def _as_matrix(x: Any) -> Any:
    return expand_dims(expand_dims(x, -1), -1)


@DET.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    return (_as_matrix(g) * matrix_transpose(apply(ADJUGATE, (x,))),)


@ADJUGATE.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    # The derivative of det(A) A^-1; 0 / 0 where A is singular.
    along = _as_matrix(reduce_sum(g * out, (-2, -1))) * matrix_transpose(out)
    across = product(product(out, g, True), out, False, True)
    return ((along - across) / _as_matrix(apply(DET, (x,))),)


@SLOGDET.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    # The logarithm of det(A) is log |det A| + i angle; and the sign is exp(i angle).
    (in_sign, in_log), (sign, _) = g, out
    along = complex_(in_log, imag(in_sign * sign)) if x.dtype.is_complex else in_log
    return (_as_matrix(along) * matrix_transpose(apply(INV, (x,))),)


def det(input: Any, name: str | None = None) -> Tensor:
    """The determinants of square matrices. Those of singular ones have a derivative, too; but no
    second one.

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
