"""What `linalg` takes: operands in SciPy's dtypes, and only finite ones where it asks for that."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.errors import NumberError
from ngrad.numpy.composed import FLOAT32, as_loops
from ngrad.numpy.convert import to_tensor
from ngrad.numpy.norms import floats
from ngrad.ops.convert import cast_to, operands
from ngrad.ops.matrices import require_matrices, require_square
from ngrad.record import state

LAPACKS = ("f4", "f8", "c8", "c16")
"""Codes of the dtypes that LAPACK has."""


def least_floats(what: str, *values: Any) -> tuple[Any, ...]:
    """Tensors of the least dtype of LAPACK's that holds them all."""
    found = [to_tensor(x) for x in values]
    if any(x._layout.dtype.code not in LAPACKS for x in found):
        found = as_loops(found, FLOAT32)
    return operands(what, *found)


def matrices(what: str, x: Any, square: bool = False) -> Any:
    """A tensor of matrices, of the least dtype of LAPACK's that holds it.

    Raises
    ------
    MatrixShapeError
    """
    (found,) = least_floats(what, x)
    (require_square if square else require_matrices)(what, found._layout)
    return found


def among(what: str, name: str, value: Any, known: tuple[Any, ...]) -> None:
    """Raise unless an argument is one of those that there are.

    Raises
    ------
    NumberError
    """
    if value not in known:
        raise NumberError(f"{what}: {name} is one of {known}, not {value!r}")


def single_floats(x: Any) -> Any:
    """A tensor of floats or complex numbers: of halves as float32, of integers as float64."""
    x = floats(x)
    return x if x._layout.dtype.code in LAPACKS else cast_to(x, FLOAT32)


def require_finite(what: str, check_finite: bool, *values: Any) -> None:
    """Raise if a NaN or an infinity is in tensors; while a program is recorded there are none.

    Raises
    ------
    NumberError
    """
    if not check_finite or state.window.trace is not None:
        return
    if not all(np.isfinite(np.asarray(x)).all() for x in values):
        raise NumberError(
            f"{what}: array must not contain infs or NaNs; with check_finite=False nobody looks"
        )
