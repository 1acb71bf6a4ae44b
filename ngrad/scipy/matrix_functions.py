"""Functions of square matrices, as power series of them."""

from __future__ import annotations

from typing import Any

from ngrad.numpy.composed import COMPLEX128, FLOAT64
from ngrad.numpy.convert import array_of
from ngrad.numpy.creation import zeros_like
from ngrad.numpy.joining import block
from ngrad.numpy.linalg import matrix_power, solve
from ngrad.numpy.manipulation import atleast_2d
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.norms import floats
from ngrad.ops.convert import cast_to
from ngrad.ops.matrix_functions import EXPM, LOGM, SQRTM
from ngrad.record import apply_now
from ngrad.scipy.taken import single_floats


def expm(A: Any) -> ndarray:
    """The exponential of square matrices; a number is one.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.expm([[0.0, 1.0], [0.0, 0.0]])
    array([[1., 1.],
           [0., 1.]])
    """
    return array_of(apply_now(EXPM, (single_floats(atleast_2d(A)),)))


def logm(A: Any) -> ndarray:
    """The principal logarithm of square matrices. Where there is none, or where that of a real
    matrix is complex, it raises LinAlgError. It is computed, as SciPy's, in double precision.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.logm([[1.0, 1.0], [0.0, 1.0]])
    array([[0., 1.],
           [0., 0.]])
    """
    x = floats(A)
    wide = COMPLEX128 if x.dtype.is_complex else FLOAT64
    return array_of(apply_now(LOGM, (cast_to(x, wide),)))


def sqrtm(A: Any) -> ndarray:
    """The principal square root of square matrices. Where there is none, or where that of a real
    matrix is complex, it raises LinAlgError.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.sqrtm([[4.0, 0.0], [0.0, 9.0]])
    array([[2., 0.],
           [0., 3.]])
    """
    return array_of(apply_now(SQRTM, (single_floats(A),)))


def fractional_matrix_power(A: Any, t: Any) -> ndarray:
    """Square matrices to a power: `matrix_power` if that is whole, and else exp(t log(A)), with the
    logarithm's demands.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.fractional_matrix_power([[4.0, 0.0], [0.0, 9.0]], -0.5).round(12)
    array([[0.5       , 0.        ],
           [0.        , 0.33333333]])
    """
    x = array_of(floats(A))
    if isinstance(t, (int, float)) and t == int(t):
        return matrix_power(x, int(t))
    return expm(t * logm(x))


def signm(A: Any) -> ndarray:
    """The sign of square matrices, A (A A)^(-1/2): +1 and -1 for eigenvalues right and left of the
    imaginary axis.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.signm([[2.0, 1.0], [0.0, -3.0]]).round(12)
    array([[ 1. ,  0.4],
           [ 0. , -1. ]])
    """
    x = array_of(floats(A))
    return solve(sqrtm(x @ x), x)


def coshm(A: Any) -> ndarray:
    """The hyperbolic cosine of square matrices."""
    x = array_of(floats(A))
    return 0.5 * (expm(x) + expm(-x))


def sinhm(A: Any) -> ndarray:
    """The hyperbolic sine of square matrices."""
    x = array_of(floats(A))
    return 0.5 * (expm(x) - expm(-x))


def tanhm(A: Any) -> ndarray:
    """The hyperbolic tangent of square matrices."""
    x = array_of(floats(A))
    return solve(coshm(x), sinhm(x))


def cosm(A: Any) -> ndarray:
    """The cosine of square matrices."""
    x = array_of(floats(A))
    return coshm(1j * x) if x.dtype.kind == "c" else expm(1j * x).real


def sinm(A: Any) -> ndarray:
    """The sine of square matrices."""
    x = array_of(floats(A))
    return -1j * sinhm(1j * x) if x.dtype.kind == "c" else expm(1j * x).imag


def tanm(A: Any) -> ndarray:
    """The tangent of square matrices."""
    x = array_of(floats(A))
    return solve(cosm(x), sinm(x))


def expm_frechet(
    A: Any, E: Any, method: Any = None, compute_expm: bool = True, check_finite: bool = True
) -> Any:
    """The exponential of a square matrix, and its derivative in the direction E; that alone, if not
    `compute_expm`. Whatever the method, both are of the exponential of a matrix twice as large.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.expm_frechet([[0.0, 0.0], [0.0, 0.0]], [[1.0, 2.0], [3.0, 4.0]])[1]
    array([[1., 2.],
           [3., 4.]])
    """
    x, y = array_of(floats(A)), array_of(floats(E))
    n = x.shape[-1]
    whole = expm(block([[x, y], [zeros_like(x), x]]))
    return (whole[..., :n, :n], whole[..., :n, n:]) if compute_expm else whole[..., :n, n:]
