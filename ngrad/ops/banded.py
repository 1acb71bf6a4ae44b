"""Linear systems of matrices that have few diagonals."""

from __future__ import annotations

from functools import partial
from typing import Any

from ngrad.errors import DTypeError, NumberError, ShapeError
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.graph.program import Program
from ngrad.ops.batching import elementwise
from ngrad.ops.by_kernel import inner_dtype, taken_by
from ngrad.ops.complexes import conj
from ngrad.ops.convert import operands, tensor
from ngrad.ops.diagonal import diagonal
from ngrad.ops.joining import embedded, stack
from ngrad.ops.linalg import matrix_transpose
from ngrad.ops.matmul import matrices_of
from ngrad.ops.matrices import batch_shape, require_matrices
from ngrad.ops.reductions import reduce_sum
from ngrad.ops.shape import expand_dims, squeeze
from ngrad.ops.slicing import reverse, strided
from ngrad.record import apply, apply_now
from ngrad.tensor import Tensor
from ngrad_kernels.banded import Banded, solved


def _infer(bands: Layout, rhs: Layout, lower: int, upper: int, transposed: bool) -> Layout:
    require_matrices("banded_solve", bands)
    if bands.dtype is not rhs.dtype:
        raise DTypeError(
            f"banded_solve: operands must have one dtype, not {bands.dtype.name}, {rhs.dtype.name}"
        )
    if bands.shape[-2] != lower + upper + 1:
        raise ShapeError(
            f"banded_solve: {lower} diagonals below the main one and {upper} above it take "
            f"{lower + upper + 1} rows, not {bands.shape[-2]}: shape {bands.shape}"
        )
    if rhs.ndim < 2 or rhs.shape[-2] != bands.shape[-1]:
        raise ShapeError(
            f"banded_solve: diagonals of shape {bands.shape} take right-hand sides of shape "
            f"(..., {bands.shape[-1]}, k), not {rhs.shape}"
        )
    batch = batch_shape("banded_solve", bands.shape, rhs.shape)
    return layout(rhs.dtype, (*batch, *rhs.shape[-2:]))


def _prepare(
    inputs: tuple[Layout, ...], out: Layout, lower: int, upper: int, transposed: bool
) -> tuple[Any, Layout]:
    if out.size == 0:
        return Program(), out
    *batch, rows, columns = out.shape
    codes, lead = (out.dtype.code, inner_dtype(out).code), tuple(batch)
    x, y = (matrices_of(where, batch) for where in inputs)
    system = Banded(*codes, lead, rows, columns, lower, upper, x, y, transposed)
    run = taken_by("banded_solve", solved(system), (out,), lead, arity=2)
    return lambda bands, rhs: run(bands, rhs)[0], out


BANDED_SOLVE = Op(
    "banded_solve", _infer, _prepare, ("lower", "upper", "transposed"), family="linalg"
)
"""The X of A X = B, or of A^T X = B, by A's diagonals as rows, the lowest first, each with its
element of A's k-th row at k; what lies outside of A is not read.
"""
BANDED_SOLVE.batch(partial(elementwise, BANDED_SOLVE))


@BANDED_SOLVE.vjp
def _(g: Any, out: Any, bands: Any, rhs: Any, lower: int, upper: int, transposed: bool) -> Any:
    in_rhs = apply(BANDED_SOLVE, (bands, g), (lower, upper, not transposed))
    left, right = (out, in_rhs) if transposed else (in_rhs, out)
    # That of A is -left right^T, of which each diagonal is a sum of products.
    *lead, rows, columns = right._layout.shape
    right = embedded(right, (*((0, 0) for _ in lead), (lower, upper), (0, 0)), 0.0)
    ends = [(0, 1, n) for n in lead], (0, 1, columns)
    beside = [strided(right, (*ends[0], (k, 1, rows), ends[1])) for k in range(lower + upper + 1)]
    return -stack([reduce_sum(left * part, -1) for part in beside], -2), in_rhs


def banded(x: Any, y: Any, how: tuple[int, int, bool], vector: bool) -> Any:
    """As `BANDED_SOLVE`, of one vector in place of right-hand sides if there is but that."""
    if not vector:
        return apply_now(BANDED_SOLVE, (x, y), how)
    return squeeze(apply_now(BANDED_SOLVE, (x, expand_dims(y, -1)), how), -1)


FORMATS = "compact", "sequence", "matrix"


def tridiagonal_solve(
    diagonals: Any,
    rhs: Any,
    diagonals_format: str = "compact",
    transpose_rhs: bool = False,
    conjugate_rhs: bool = False,
    name: str | None = None,
    partial_pivoting: bool = True,
    perturb_singular: bool = False,
) -> Tensor:
    """The X of A X = B for matrices with three diagonals, in time that grows with their rows.

    Parameters
    ----------
    diagonals : tensor of shape (..., 3, n), three tensors, or matrices of shape (..., n, n)
        As the format says. "compact" and "sequence" have the diagonal above the main one, that, and
        the one below it; the last element of the first, and the first of the last, mean nothing,
        and three tensors may lack them.
    rhs : tensor of shape (..., n) or (..., n, k)
    partial_pivoting : bool
        It always is, whatever is asked for.

    Raises
    ------
    LinAlgError
        Where it is called, if a matrix is singular.
    NumberError
        For another format, or if singular matrices are to be perturbed.

    Examples
    --------
    >>> import ngrad
    >>> diagonals = [[1.0, 1.0, 0.0], [2.0, 2.0, 2.0], [0.0, 1.0, 1.0]]
    >>> ngrad.linalg.tridiagonal_solve(diagonals, [3.0, 4.0, 3.0]).numpy()
    array([1., 1., 1.], dtype=float32)
    """
    if diagonals_format not in FORMATS:
        raise NumberError(
            f"tridiagonal_solve: diagonals_format is one of {', '.join(FORMATS)}, not "
            f"{diagonals_format!r}"
        )
    if perturb_singular:
        raise NumberError("tridiagonal_solve: singular matrices raise, and are not perturbed")
    if diagonals_format == "compact":
        x = tensor(diagonals, "tridiagonal_solve")
    else:
        x = stack(_three(diagonals, diagonals_format), -2)
    x, y = operands("tridiagonal_solve", x, rhs)
    if conjugate_rhs:
        y = conj(y)
    vector = y.ndim < x.ndim
    if transpose_rhs and not vector:
        y = matrix_transpose(y)
    found: Tensor = banded(reverse(x, [-2]), y, (1, 1, False), vector)
    return found


def _three(diagonals: Any, form: str) -> list[Any]:
    """The diagonal above the main one, that, and the one below it, each as long as a matrix."""
    if form == "matrix":
        x = tensor(diagonals, "tridiagonal_solve")
        first, last = x.ndim - 2, x.ndim - 1
        above, main, below = (diagonal(x, first, last, k) for k in (1, 0, -1))
    else:
        above, main, below = operands("tridiagonal_solve", *diagonals)
    return [_as_long(above, main, (0, 1)), main, _as_long(below, main, (1, 0))]


def _as_long(x: Any, main: Any, ends: tuple[int, int]) -> Any:
    if x._layout.shape[-1] == main._layout.shape[-1]:
        return x
    return embedded(x, (*((0, 0) for _ in range(x.ndim - 1)), ends), 0.0)
