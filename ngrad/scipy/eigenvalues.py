"""Eigenvalues and eigenvectors of a matrix, also beside another."""

from __future__ import annotations

import operator
from typing import Any

from ngrad.errors import NumberError
from ngrad.numpy.convert import array_of
from ngrad.numpy.linalg import eig as _eig
from ngrad.numpy.linalg import eigh as _eigh
from ngrad.numpy.linalg import eigvals as _eigvals
from ngrad.numpy.linalg import eigvalsh as _eigvalsh
from ngrad.numpy.linalg import solve as _solve
from ngrad.numpy.ndarray import ndarray
from ngrad.ops.cholesky import CHOLESKY
from ngrad.ops.linalg import adjoint
from ngrad.ops.matmul import product
from ngrad.ops.of_hermitian import of_hermitian
from ngrad.ops.triangular import TRIANGULAR
from ngrad.record import apply_now
from ngrad.scipy.factors import triangle
from ngrad.scipy.taken import among, least_floats, matrices

DRIVERS, DRIVERS_BESIDE = ("ev", "evd", "evr", "evx"), ("gv", "gvd", "gvx")
"""LAPACK's, which SciPy is told the names of: of a matrix, and of one beside another."""


def _solved(x: Any, y: Any, lower: bool = True) -> Any:
    return apply_now(TRIANGULAR, (x, y), (lower, False))


def eigh(
    a: Any,
    b: Any = None,
    *,
    lower: bool = True,
    eigvals_only: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    type: int = 1,
    check_finite: bool = True,
    subset_by_index: Any = None,
    subset_by_value: Any = None,
    driver: Any = None,
) -> Any:
    """Eigenvalues, ascending, and eigenvectors of symmetric or Hermitian matrices; beside a
    positive definite b those of a v = w b v, a b v = w v or b a v = w v, by its type. Of indices
    from a first to a last one, if they are given.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.eigh([[2.0, 0.0], [0.0, 6.0]], [[1.0, 0.0], [0.0, 2.0]], eigvals_only=True)
    array([2., 3.])
    """
    if subset_by_value is not None or type not in (1, 2, 3):
        raise NumberError(
            f"eigh: type is 1, 2 or 3, and values are no bounds, not {type!r}, {subset_by_value}"
        )
    among("eigh", "driver", driver, (None, *(DRIVERS if b is None else DRIVERS_BESIDE)))
    x = matrices("eigh", a, square=True)
    part = slice(None)
    if subset_by_index is not None:
        first, last = map(operator.index, subset_by_index)
        if not 0 <= first <= last < x._layout.shape[-1]:
            raise NumberError(
                f"eigh: indices are from 0 to {x._layout.shape[-1] - 1}, the first one not beyond "
                f"the last, not {first} and {last}"
            )
        part = slice(first, last + 1)
    half: Any = None
    if b is not None:
        x, y = least_floats("eigh", x, b)
        half = apply_now(CHOLESKY, (y if lower else adjoint(y),))
        x = triangle(of_hermitian(x), lower, "hermitian")
        if type == 1:
            x = _solved(half, adjoint(_solved(half, x)))
        else:
            x = product(product(adjoint(half), x), half)
        lower = True
    if eigvals_only:
        return _eigvalsh(array_of(x), "L" if lower else "U")[..., part]
    values, vectors = _eigh(array_of(x), "L" if lower else "U")
    if half is not None:
        found = vectors._read()
        if type == 3:
            found = product(half, found)
        else:
            found = _solved(adjoint(half), found, False)
        vectors = array_of(found)
    return values[..., part], vectors[..., part]


def eigvalsh(a: Any, b: Any = None, **options: Any) -> ndarray:
    """The eigenvalues that `eigh` gives."""
    values: ndarray = eigh(a, b, eigvals_only=True, **options)
    return values


def eig(
    a: Any,
    b: Any = None,
    left: bool = False,
    right: bool = True,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    homogeneous_eigvals: bool = False,
) -> Any:
    """Eigenvalues, in no order, and eigenvectors of length 1 of square matrices: complex numbers,
    always. Beside a b that is not singular those of a v = w b v. None that are left.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.eig([[4.0]], [[2.0]])[0]
    array([2.+0.j])
    """
    if left or homogeneous_eigvals:
        raise NumberError(f"eig: gives right eigenvectors, and values that are numbers, {left!r}")
    if b is None:
        whole = array_of(matrices("eig", a, square=True))
    else:
        whole = _solve(*map(array_of, least_floats("eig", b, a)))
    return tuple(_eig(whole)) if right else _eigvals(whole)


def eigvals(
    a: Any,
    b: Any = None,
    overwrite_a: bool = False,
    check_finite: bool = True,
    homogeneous_eigvals: bool = False,
) -> ndarray:
    """The eigenvalues that `eig` gives."""
    values: ndarray = eig(a, b, right=False, homogeneous_eigvals=homogeneous_eigvals)
    return values
