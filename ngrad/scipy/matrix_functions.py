"""Functions of square matrices, as power series of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.errors import LinAlgError, MatrixShapeError
from ngrad.graph.op import Op
from ngrad.numpy.composed import COMPLEX128, FLOAT64
from ngrad.numpy.convert import array_of
from ngrad.numpy.creation import asarray
from ngrad.numpy.filled import zeros_like
from ngrad.numpy.joining import block
from ngrad.numpy.linalg import matrix_power, solve
from ngrad.numpy.manipulation import atleast_2d
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.norms import floats
from ngrad.ops.convert import cast_to
from ngrad.ops.matrices import require_square
from ngrad.ops.matrix_functions import EXPM, LOGM, SQRTM
from ngrad.record import apply_now
from ngrad.scipy.taken import among, single_floats


def expm(A: Any) -> ndarray:
    """The exponential of square matrices; a number is one.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.expm([[0.0, 1.0], [0.0, 0.0]])
    array([[1., 1.],
           [0., 1.]])
    """
    return array_of(apply_now(EXPM, (single_floats(atleast_2d(A)),), (False,)))


def logm(A: Any) -> ndarray:
    """The principal logarithm of square matrices; of real ones in complex numbers, if an eigenvalue
    is negative. It is computed, as SciPy's, in double precision.

    Raises
    ------
    LinAlgError
        If there is none; and in a `function`, where real matrices have a complex one.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.logm([[1.0, 1.0], [0.0, 1.0]])
    array([[0., 1.],
           [0., 0.]])
    """
    return _complex_if_needed(LOGM, _wide(floats(A))._read())


def _wide(x: Any) -> ndarray:
    return array_of(cast_to(x, COMPLEX128 if x.dtype.is_complex else FLOAT64))


def sqrtm(A: Any) -> ndarray:
    """The principal square root of square matrices; of real ones in complex numbers, if an
    eigenvalue is negative.

    Raises
    ------
    LinAlgError
        If there is none; and in a `function`, where real matrices have a complex one.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.sqrtm([[4.0, 0.0], [0.0, 9.0]])
    array([[2., 0.],
           [0., 3.]])
    >>> linalg.sqrtm([[-4.0]])
    array([[0.+2.j]])
    """
    return _complex_if_needed(SQRTM, single_floats(A))


def _complex_if_needed(op: Op, x: Any) -> ndarray:
    """An op of matrices; if that of real ones is refused, in complex numbers. Their values alone
    tell, which a program that is recorded has not: there it is refused when that runs.
    """
    try:
        return array_of(apply_now(op, (x,), (False,)))
    except LinAlgError:
        if x.dtype.is_complex:
            raise
    return array_of(apply_now(op, (x,), (True,)))


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
    x = asarray(A)
    power = np.asarray(t) if isinstance(t, (int, float, np.generic, np.ndarray)) else None
    if power is not None and power.ndim == 0 and float(power).is_integer():
        return matrix_power(x, int(power))
    return expm(t * logm(x))


def _square(what: str, A: Any) -> ndarray:
    x = single_floats(A)
    require_square(what, x._layout)
    return array_of(x)


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
    x = _square("signm", A)
    return solve(sqrtm(x @ x), x)


def coshm(A: Any) -> ndarray:
    """The hyperbolic cosine of square matrices."""
    x = _square("coshm", A)
    return 0.5 * (expm(x) + expm(-x))


def sinhm(A: Any) -> ndarray:
    """The hyperbolic sine of square matrices."""
    x = _square("sinhm", A)
    return 0.5 * (expm(x) - expm(-x))


def tanhm(A: Any) -> ndarray:
    """The hyperbolic tangent of square matrices."""
    x = _square("tanhm", A)
    return solve(coshm(x), sinhm(x))


def cosm(A: Any) -> ndarray:
    """The cosine of square matrices."""
    x = _square("cosm", A)
    return coshm(1j * x) if x.dtype.kind == "c" else expm(1j * x).real


def sinm(A: Any) -> ndarray:
    """The sine of square matrices."""
    x = _square("sinm", A)
    return -1j * sinhm(1j * x) if x.dtype.kind == "c" else expm(1j * x).imag


def tanm(A: Any) -> ndarray:
    """The tangent of square matrices."""
    x = _square("tanm", A)
    return solve(cosm(x), sinm(x))


def expm_frechet(
    A: Any, E: Any, method: Any = None, compute_expm: bool = True, check_finite: bool = True
) -> Any:
    """The exponential of a square matrix, and its derivative in the direction E; that alone, if not
    `compute_expm`. Whatever the method, both are of the exponential of a matrix twice as large, in
    double precision.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.expm_frechet([[0.0, 0.0], [0.0, 0.0]], [[1.0, 2.0], [3.0, 4.0]])[1]
    array([[1., 2.],
           [3., 4.]])
    """
    among("expm_frechet", "method", method, (None, "SPS", "blockEnlarge"))
    x, y = (_wide(_square("expm_frechet", z)._read()) for z in (A, E))
    if x.shape[-1] != y.shape[-1]:
        raise MatrixShapeError(
            f"expm_frechet: takes matrices of one size, not {x.shape} and {y.shape}"
        )
    n = x.shape[-1]
    whole = expm(block([[x, y], [zeros_like(x), x]]))
    return (whole[..., :n, :n], whole[..., :n, n:]) if compute_expm else whole[..., :n, n:]
