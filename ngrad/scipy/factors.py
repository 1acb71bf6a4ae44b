"""Factors of matrices, as SciPy returns them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.dtypes import BY_CODE
from ngrad.errors import LinAlgError, MatrixShapeError, NumberError
from ngrad.numpy.composed import COMPLEX128, FLOAT64
from ngrad.numpy.convert import array_of
from ngrad.numpy.creation import asarray
from ngrad.numpy.editing import pad
from ngrad.numpy.linalg import cholesky as _cholesky
from ngrad.numpy.linalg import det as _det
from ngrad.numpy.linalg import norm as _norm
from ngrad.numpy.linalg import pinv as _pinv
from ngrad.numpy.linalg import qr as _qr
from ngrad.numpy.linalg import svd as _svd
from ngrad.numpy.manipulation import atleast_2d
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.norms import epsilon
from ngrad.numpy.triangles import tril
from ngrad.ops import reductions
from ngrad.ops.complexes import conj, real
from ngrad.ops.convert import cast_to
from ngrad.ops.linalg import adjoint, band, hermitian, matrix_transpose
from ngrad.ops.lu import factors
from ngrad.ops.matmul import product
from ngrad.ops.polar import POLAR
from ngrad.record import apply_now
from ngrad.scipy.taken import among, least_floats, matrices

INT32 = BY_CODE["i4"]
SVD_DRIVERS = ("gesdd", "gesvd")


def cholesky(
    a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> ndarray:
    """The Cholesky factor, upper triangular unless `lower`: that triangle of a is read. A
    number is a matrix.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.cholesky([[4.0, 2.0], [2.0, 5.0]])
    array([[2., 1.],
           [0., 2.]])
    """
    (x,) = least_floats("cholesky", atleast_2d(a))
    return _cholesky(array_of(x), upper=not lower)


def cho_factor(
    a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> tuple[ndarray, bool]:
    """The Cholesky factor, and whether it is the lower one, for `cho_solve`. The other triangle,
    where SciPy leaves anything, is zero.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.cho_solve(linalg.cho_factor([[4.0, 2.0], [2.0, 5.0]]), [6.0, 7.0])
    array([1., 1.])
    """
    return cholesky(a, lower), lower


def lu(
    a: Any,
    permute_l: bool = False,
    overwrite_a: bool = False,
    check_finite: bool = True,
    p_indices: bool = False,
) -> Any:
    """P, L and U with P L U the matrix: a permutation, a lower triangle with ones on its diagonal,
    and an upper triangle. With `permute_l` P L and U; with `p_indices` the rows of L in place of P.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.lu([[0.0, 2.0], [1.0, 3.0]])[2]
    array([[1., 3.],
           [0., 2.]])
    """
    p, lower, upper = factors(*least_floats("lu", a))
    if permute_l:
        return array_of(product(cast_to(p, lower.dtype), lower)), array_of(upper)
    if p_indices:
        rows = reductions.argmax if p.shape[-1] else reductions.reduce_sum  # of none it is none
        p = cast_to(rows(p, -1), INT32)
    return array_of(p), array_of(lower), array_of(upper)


def lu_factor(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> tuple[Any, Any]:
    """L and U in one matrix, without the ones on L's diagonal, and which row each was exchanged
    with: that looks at values.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.lu_factor([[0.0, 2.0], [1.0, 3.0]])[1]
    array([1, 1], dtype=int32)
    """
    p, lower, upper = map(array_of, factors(*least_floats("lu_factor", a)))
    rows, inner, columns = lower.shape[-2], lower.shape[-1], upper.shape[-1]
    lead = ((0, 0),) * (lower.ndim - 2)
    below = pad(tril(lower, -1), (*lead, (0, 0), (0, columns - inner)))
    found = below + pad(upper, (*lead, (0, rows - inner), (0, 0)))
    return found, asarray(_pivots(np.asarray(p), inner))


def _pivots(p: Any, count: int) -> Any:
    """The exchanges, one after the other, that a permutation is made of."""
    order = np.argmax(p, -2) if p.size else p[..., :0, :].sum(-2)  # from which row each comes
    found = np.empty((*order.shape[:-1], count), np.int32)
    for at in np.ndindex(order.shape[:-1]):
        rows = [*range(order.shape[-1])]
        for k, row in enumerate(order[at][:count].tolist()):
            found[(*at, k)] = other = rows.index(row)
            rows[k], rows[other] = rows[other], rows[k]
    return found


def exchanged(pivots: Any) -> Any:
    """The order that rows have after exchanges, one after the other."""
    found = np.empty(pivots.shape, np.int64)
    for at in np.ndindex(pivots.shape[:-1]):
        rows = [*range(pivots.shape[-1])]
        for k, other in enumerate(pivots[at].tolist()):
            rows[k], rows[other] = rows[other], rows[k]
        found[at] = rows
    return found


def triangle(x: Any, lower: bool, form: str) -> Any:
    """Symmetric or Hermitian matrices, of which one triangle is read; of the diagonal of the latter
    the real part.
    """
    half, diagonal = band(x, -1, 0) if lower else band(x, 0, -1), band(x, 0, 0)
    turned = matrix_transpose(half) if form == "symmetric" else adjoint(half)
    return half + turned - (diagonal if form == "symmetric" else hermitian(diagonal))


def qr(
    a: Any,
    overwrite_a: bool = False,
    lwork: Any = None,
    mode: str = "full",
    pivoting: bool = False,
    check_finite: bool = True,
) -> tuple[ndarray, ...]:
    """Q, whose columns are orthonormal, and R, upper triangular, both full, or "economic"; R alone
    in a tuple if the mode is "r". Columns are not exchanged.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.qr([[3.0], [4.0]], mode="economic")[1].round(12)
    array([[-5.]])
    """
    if mode not in ("full", "economic", "r") or pivoting:
        raise NumberError(
            f"qr: mode is 'full', 'economic' or 'r' without pivoting, not {mode!r}, {pivoting!r}"
        )
    found = _qr(array_of(matrices("qr", a)), "reduced" if mode == "economic" else "complete")
    return (found.R,) if mode == "r" else (found.Q, found.R)


def svd(
    a: Any,
    full_matrices: bool = True,
    compute_uv: bool = True,
    overwrite_a: bool = False,
    check_finite: bool = True,
    lapack_driver: str = "gesdd",
) -> Any:
    """U, the singular values, and V^H; the values alone if not `compute_uv`.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.svd([[0.0, 2.0], [1.0, 0.0]])[1]
    array([2., 1.])
    """
    among("svd", "lapack_driver", lapack_driver, SVD_DRIVERS)
    if not compute_uv:
        return svdvals(a)
    return tuple(_svd(array_of(matrices("svd", a)), full_matrices))


def polar(a: Any, side: str = "right") -> tuple[ndarray, ndarray]:
    """U, with orthonormal columns or rows, and P, positive definite, with a = U P; P U, on the
    left. The derivative is that of matrices of full rank.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.polar([[0.0, -2.0], [3.0, 0.0]])[1].round(12)
    array([[3., 0.],
           [0., 2.]])
    """
    if side not in ("left", "right"):
        raise NumberError(f"polar: side is 'left' or 'right', not {side!r}")
    x = matrices("polar", a)
    u = apply_now(POLAR, (x,))
    size = product(adjoint(u), x) if side == "right" else product(x, adjoint(u))
    return array_of(u), array_of(hermitian(size))


def orthogonal_procrustes(A: Any, B: Any, check_finite: bool = True) -> tuple[ndarray, ndarray]:
    """The orthogonal or unitary R for which |A R - B| is least, and the sum of the singular values
    of A^H B. The derivative is that where this has full rank.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.orthogonal_procrustes([[2, 0], [0, 1]], [[0, 1], [3, 0]])[0].round(12)
    array([[0., 1.],
           [1., 0.]])
    """
    x, y = least_floats("orthogonal_procrustes", A, B)
    if x.ndim != 2 or x._layout.shape != y._layout.shape:
        raise MatrixShapeError(
            f"orthogonal_procrustes: takes two matrices of one shape, and no batches, not "
            f"{x._layout.shape} and {y._layout.shape}"
        )
    turned = product(adjoint(x), y)
    u = apply_now(POLAR, (turned,))
    # The trace of U^H A^H B, which has derivatives where singular values are equal.
    return array_of(u), array_of(reductions.reduce_sum(real(conj(u) * turned)))


def _rank(what: str, values: Any, shape: tuple[int, ...], rcond: Any) -> int:
    """How many singular values are no zeros: in each matrix of a batch as many."""
    there = np.asarray(values)
    bound = np.finfo(there.dtype).eps * max(shape) if rcond is None else rcond
    ranks = {*(there > bound * there.max(-1, keepdims=True, initial=0.0)).sum(-1).flat}
    if len(ranks) > 1:
        raise LinAlgError(f"{what}: takes matrices of one rank, not of {sorted(map(int, ranks))}")
    return int(ranks.pop()) if ranks else 0


def orth(A: Any, rcond: Any = None) -> ndarray:
    """An orthonormal basis of what a matrix's columns span: one of many. How large that is is
    looked at; for the matrices of a batch it has to be the same.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.orth([[1.0, 2.0], [2.0, 4.0]]).shape
    (2, 1)
    """
    x = array_of(matrices("orth", A))
    u, values, _ = _svd(x, False)
    basis: ndarray = u[..., : _rank("orth", values, x.shape[-2:], rcond)]
    return basis


def null_space(
    A: Any,
    rcond: Any = None,
    *,
    overwrite_a: bool = False,
    check_finite: bool = True,
    lapack_driver: str = "gesdd",
) -> ndarray:
    """An orthonormal basis of what a matrix takes to 0: one of many. How large that is is looked
    at; for the matrices of a batch it has to be the same.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.null_space([[1.0, 2.0], [2.0, 4.0]]).shape
    (2, 1)
    """
    among("null_space", "lapack_driver", lapack_driver, SVD_DRIVERS)
    x = array_of(matrices("null_space", A))
    _, values, vh = _svd(x)
    rank = _rank("null_space", values, x.shape[-2:], rcond)
    return array_of(adjoint(vh[..., rank:, :]._read()))


def pinv(
    a: Any, *, atol: Any = None, rtol: Any = None, return_rank: bool = False,
    check_finite: bool = True,
) -> Any:  # fmt: skip
    """The pseudo-inverse, for which singular values up to atol + rtol times the largest are zeros.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.pinv([[2.0, 0.0], [0.0, 0.0]])
    array([[0.5, 0. ],
           [0. , 0. ]])
    """
    return _pseudo("pinv", array_of(matrices("pinv", a)), atol, rtol, return_rank)


def pinvh(
    a: Any, atol: Any = None, rtol: Any = None, lower: bool = True, return_rank: bool = False,
    check_finite: bool = True,
) -> Any:  # fmt: skip
    """The pseudo-inverse of symmetric or Hermitian matrices, of which one triangle is read."""
    whole = array_of(triangle(matrices("pinvh", a, square=True), lower, "hermitian"))
    return _pseudo("pinvh", whole, atol, rtol, return_rank)


def _pseudo(what: str, x: ndarray, atol: Any, rtol: Any, ranked: bool) -> Any:
    if any(value is not None and np.any(np.asarray(value) < 0.0) for value in (atol, rtol)):
        raise NumberError(f"{what}: atol and rtol are not negative, not {atol!r} and {rtol!r}")
    hermitian = what == "pinvh"
    bound = epsilon(x._read()) if rtol is None else rtol
    if not (ranked or atol):
        return _pinv(x, bound, hermitian)
    values = np.asarray(_svd(x, compute_uv=False, hermitian=hermitian))
    most = values.max(-1, keepdims=True, initial=0.0)
    cutoff = (0.0 if atol is None else atol) + bound * most
    relative = np.divide(cutoff, most, out=np.zeros_like(most), where=most > 0)[..., 0]
    found = _pinv(x, relative, hermitian)
    if not ranked:
        return found
    ranks = (values > cutoff).sum(-1)
    if ranks.ndim:
        return found, asarray(ranks)
    return found, int(ranks) if hermitian else ranks


def svdvals(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> ndarray:
    """The singular values, in descending order."""
    values: ndarray = _svd(array_of(matrices("svdvals", a)), compute_uv=False)
    return values


def det(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> ndarray:
    """The determinants of square matrices, in double precision."""
    found = _det(array_of(matrices("det", a, square=True)))._read()
    return array_of(cast_to(found, COMPLEX128 if found.dtype.is_complex else FLOAT64))


def norm(
    a: Any, ord: Any = None, axis: Any = None, keepdims: bool = False, check_finite: bool = True
) -> ndarray:
    """The norm of vectors or matrices, in all of NumPy's orders."""
    return _norm(a, ord, axis, keepdims)
