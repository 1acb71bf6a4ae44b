"""Factorisations and determinants of batches of matrices, for `linalg`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ngrad.numpy.convert import array_of
from ngrad.numpy.creation import asarray
from ngrad.numpy.naming import named
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.norms import floats
from ngrad.numpy.selection import take_along_axis
from ngrad.numpy.ufuncs import UFUNCS
from ngrad.ops.cholesky import CHOLESKY
from ngrad.ops.determinant import DET, SLOGDET
from ngrad.ops.eig import decomposed
from ngrad.ops.eig import eigenvalues as any_eigenvalues
from ngrad.ops.eigh import EIGH, eigenvalues
from ngrad.ops.linalg import adjoint
from ngrad.ops.norms import singular_values
from ngrad.ops.qr import QR
from ngrad.ops.svd import SVD
from ngrad.record import apply_now


class QRResult(NamedTuple):
    """Q and R."""

    Q: ndarray
    R: ndarray


class EigResult(NamedTuple):
    """Eigenvalues in no order, and eigenvectors as columns."""

    eigenvalues: ndarray
    eigenvectors: ndarray


class EighResult(NamedTuple):
    """Eigenvalues in ascending order, and eigenvectors as columns."""

    eigenvalues: ndarray
    eigenvectors: ndarray


class SVDResult(NamedTuple):
    """U, singular values in descending order, and the adjoint of V."""

    U: ndarray
    S: ndarray
    Vh: ndarray


class SlogdetResult(NamedTuple):
    """The sign of a determinant, and the logarithm of its magnitude."""

    sign: ndarray
    logabsdet: ndarray


def cholesky(a: Any, /, *, upper: bool = False) -> ndarray:
    """The triangular L with L L^H a positive definite matrix; its adjoint, if `upper`. Only that
    triangle of the matrix is read; the gradient is that of symmetric or Hermitian matrices.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.linalg.cholesky([[4.0, 2.0], [2.0, 5.0]])
    array([[2., 0.],
           [1., 2.]])
    """
    x = floats(a)
    if not upper:
        return array_of(apply_now(CHOLESKY, (x,)))
    return array_of(adjoint(apply_now(CHOLESKY, (adjoint(x),))))


def qr(a: Any, mode: str = "reduced") -> Any:
    """Q, whose columns are orthonormal, and R, upper triangular; R alone if the mode is "r".

    Its derivative is that of matrices of full rank; columns of Q that `mode="complete"` adds are
    one basis of many, and only what does not depend on the choice has a derivative.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.abs(np.linalg.qr([[3.0, 1.0], [4.0, 2.0]]).R).round(3)
    array([[5. , 2.2],
           [0. , 0.4]])
    """
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"qr: mode is 'reduced', 'complete' or 'r', not {mode!r}")
    q, r = apply_now(QR, (floats(a),), (mode == "complete",))
    return array_of(r) if mode == "r" else QRResult(array_of(q), array_of(r))


def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    """U, the singular values, and V^H; the values alone if not `compute_uv`.

    Columns of U and V that `full_matrices` adds, and those of equal singular values, are one choice
    of many. What does not depend on the first has a derivative; that by way of the second is not
    finite if the values are equal to the last bit, and has no correct digits if they are but for
    rounding. Singular values themselves always have one, and so has U V^H, which is
    `scipy.linalg.polar`'s. Of a complex matrix
    a column of U and the row of V^H that belongs to it are one choice, too, up to a factor of
    modulus 1: only what does not depend on it has a derivative.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.linalg.svd([[0.0, 2.0], [1.0, 0.0]]).S
    array([2., 1.])
    """
    x = floats(a)
    if not compute_uv:
        return array_of(singular_values(x, hermitian))
    if not hermitian:
        return SVDResult(*map(array_of, apply_now(SVD, (x,), (bool(full_matrices),))))
    values, vectors = eigh(array_of(x))
    size = UFUNCS["absolute"](values)
    order = asarray(np.argsort(np.asarray(size), -1)[..., ::-1])
    vectors = take_along_axis(vectors, order[..., None, :], -1)
    signs = take_along_axis(UFUNCS["copysign"](1.0, values), order, -1)  # 0 has one, too
    rows = adjoint(vectors * signs[..., None, :])
    return SVDResult(vectors, take_along_axis(size, order, -1), array_of(rows))


def svdvals(x: Any, /) -> ndarray:
    """The singular values, in descending order."""
    return array_of(singular_values(floats(x)))


def eigh(a: Any, UPLO: str = "L") -> EighResult:
    """Eigenvalues, ascending, and eigenvectors of symmetric or Hermitian matrices: one triangle of
    each is read.

    The gradient is that of such matrices; by way of eigenvectors of equal eigenvalues, which are
    one choice of many, it is not finite, and has no correct digits if they are equal but for
    rounding: take `scipy.linalg.expm`, `logm` or `sqrtm` for functions of the matrix. Complex
    eigenvectors are one choice, too, up to factors of modulus 1, and only what does not depend on
    these has a derivative.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.linalg.eigh([[2.0, 0.0], [0.0, 1.0]]).eigenvalues
    array([1., 2.])
    """
    values, vectors = apply_now(EIGH, (floats(a),), (_lower(UPLO),))
    return EighResult(array_of(values), array_of(vectors))


@named
def eigvalsh(a: Any, UPLO: str = "L") -> ndarray:
    """The eigenvalues of symmetric or Hermitian matrices, ascending."""
    return array_of(eigenvalues(floats(a), _lower(UPLO)))


def _lower(triangle: Any) -> bool:
    if triangle not in ("L", "l", "U", "u"):
        raise ValueError(f"UPLO argument must be 'L' or 'U', not {triangle!r}")
    return triangle in "Ll"


def eig(a: Any) -> EigResult:
    """Eigenvalues, in no order, and eigenvectors of length 1 of square matrices.

    They are complex numbers, as in the Array API and since NumPy 2.5, even where all happen to be
    real. Those that are apart have derivatives. Eigenvectors are one choice of many, up to factors
    of modulus 1: only what does not depend on these has a derivative. By way of those of equal
    eigenvalues it is wrong, as of `eigh`.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.linalg.eig([[0.0, 2.0], [-2.0, 0.0]]).eigenvalues
    array([0.+2.j, 0.-2.j])
    """
    return EigResult(*map(array_of, decomposed(floats(a))))


def eigvals(a: Any) -> ndarray:
    """The eigenvalues of square matrices, in no order: complex numbers, as of `eig`.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.linalg.eigvals([[2.0, 0.0], [0.0, 1.0]])
    array([2.+0.j, 1.+0.j])
    """
    return array_of(any_eigenvalues(floats(a)))


def det(a: Any) -> ndarray:
    """The determinants of square matrices; of singular ones, too, with a derivative.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.linalg.det([[2.0, 0.0], [0.0, 4.0]])
    np.float64(7.999999999999998)
    """
    return array_of(apply_now(DET, (floats(a),)))


def slogdet(a: Any) -> SlogdetResult:
    """The signs of determinants, and the logarithms of their magnitudes.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.linalg.slogdet([[0.0, 1.0], [1.0, 0.0]])
    SlogdetResult(sign=np.float64(-1.0), logabsdet=np.float64(0.0))
    """
    sign, logarithm = apply_now(SLOGDET, (floats(a),))
    return SlogdetResult(array_of(sign), array_of(logarithm))
