"""LU factors by LAPACK, as doubles of cuBLAS and of cuSOLVER find them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from doubled import Array, array_at
from scipy.linalg import lapack

from ngrad_kernels.blas_library import LETTERS


def of_lapack(name: str, code: str) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(lapack, LETTERS[code] + name)
    return function


def info_at(address: int) -> Array:
    return array_at(address, 4, (1,), "i4")


def factored(a: Array, pivots: int, info: int, lost: bool) -> None:
    """Have a matrix written over by its LU factors. Of a NaN no one is the largest of a column: it
    is `lost`, and numbers are found; or, as some LAPACKs do, a row is named that is not there.
    """
    least, known = min(a.shape), lost or np.isfinite(a).all()
    factors, found, wrong = of_lapack("getrf", a.dtype.str[1:])(finite(a) if lost else a)
    a[...] = factors
    array_at(pivots, 4 * least, (least,), "i4")[...] = found + 1 if known else len(a) + 1
    info_at(info)[...] = wrong


def finite(a: Array) -> Array:
    """A matrix with ones in place of what is not finite."""
    return np.where(np.isfinite(a), a, a.dtype.type(1))


def solved(trans: int, a: Array, pivots: int, b: Array) -> None:
    """Have right-hand sides written over by solutions, of matrices or (1) of their transposes."""
    found = array_at(pivots, 4 * len(a), (len(a),), "i4")
    known = (found <= len(a)).all()
    b[...] = of_lapack("getrs", a.dtype.str[1:])(a, found - 1, b, trans)[0] if known else np.nan
