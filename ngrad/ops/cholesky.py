"""The Cholesky factorisation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ngrad.graph.layout import Layout
from ngrad.graph.op import Op
from ngrad.graph.program import OUT, Program
from ngrad.ops.by_kernel import each_by
from ngrad.ops.complexes import conj
from ngrad.ops.convert import tensor
from ngrad.ops.launching import dense_operands
from ngrad.ops.linalg import half_lower, hermitian, matrix_transpose
from ngrad.ops.matmul import product
from ngrad.ops.matrices import Batch, matrix_words, require_square
from ngrad.ops.triangular import solve
from ngrad.record import apply, apply_now
from ngrad.status import number
from ngrad.tensor import Tensor
from ngrad_kernels.cholesky import factored


def _infer(x: Layout) -> Layout:
    require_square("cholesky", x)
    return x.spec


def _prepare(
    inputs: tuple[Layout, ...], out: Layout
) -> tuple[Callable[..., Any] | Program, Layout]:
    if out.size == 0:
        return Program(), out
    words = [*matrix_words(out), number(Batch("cholesky", out.shape[:-2]))]
    own = out.device.target.libraries.routine("cholesky", out.dtype.code, words)
    if own is not None:
        x = dense_operands([*enumerate(inputs)])
        return x.launching(own, (*x.operands, (OUT, 0)), checks=True), out
    return each_by("cholesky", factored, inputs[0], out), out


CHOLESKY = Op("cholesky", _infer, _prepare, family="linalg")


@CHOLESKY.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    # With P the lower triangle of L^T g, its diagonal halved, the cotangent is the Hermitian part
    # of S = L^-T P conj(L)^-1: that of the Hermitian matrix of which x is the lower triangle.
    half = solve(out, half_lower(product(out, g, True)), transposed=True)
    whole = solve(conj(out), matrix_transpose(half), transposed=True)
    return (hermitian(matrix_transpose(whole)),)


CHOLESKY.batch(lambda size, batched, x: apply(CHOLESKY, (x,)))


def cholesky(input: Any, name: str | None = None) -> Tensor:
    """The lower triangular L, with a positive diagonal, for which L L^H is a symmetric (or complex
    Hermitian) positive definite matrix.

    Only the lower triangle is read. The gradient is that of such matrices, and one of them. It is
    computed where it is called, so that a matrix which is not positive definite raises there.

    Parameters
    ----------
    input : floating or complex tensor of shape (..., n, n)

    Raises
    ------
    LinAlgError
        If a matrix is not positive definite, saying which of the batch.
    MatrixShapeError
        If the last two axes are not of one size.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.cholesky([[4.0, 2.0], [2.0, 5.0]]).numpy()
    array([[2., 0.],
           [1., 2.]], dtype=float32)
    """
    return apply_now(CHOLESKY, (tensor(input, "cholesky"),))
