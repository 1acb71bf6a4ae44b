"""What an array is: close to another, real, of which shape; and numbers in place of others."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from ngrad.dtypes import kind_of
from ngrad.numpy.convert import OURS, array_of, operand, to_tensor
from ngrad.numpy.creation import asarray, itself
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.out import into
from ngrad.numpy.readonly import Shown
from ngrad.numpy.reductions import all as every
from ngrad.numpy.selection import where
from ngrad.numpy.ufuncs import UFUNCS
from ngrad.numpy.views import OfComplex
from ngrad.ops import complexes
from ngrad.ops.shape import normal_axis
from ngrad.replayed import replayed
from ngrad.tensor import Tensor


def isclose(
    a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: bool = False
) -> ndarray:
    """Whether elements differ by no more than `atol + rtol * |b|`.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.isclose([1.0, 1e-9], [1.0001, 0.0])
    array([False,  True])
    """
    x, y = operand(a), operand(b)
    if not isinstance(y, Tensor):
        y = y if isinstance(y, complex) else float(y)
    elif not y.dtype.is_inexact:
        y = to_tensor(asarray(array_of(y), np.float64))
    numbers = int, float
    rtol, atol = (d if isinstance(d, numbers) else asarray(d) for d in (rtol, atol))
    absolute, one, two = UFUNCS["absolute"], x, y
    size = absolute(two) if isinstance(two, Tensor) else abs(two)
    near = UFUNCS["less_equal"](absolute(UFUNCS["subtract"](one, two)), atol + rtol * size)
    found = (near & UFUNCS["isfinite"](two)) | UFUNCS["equal"](one, two)
    if equal_nan:
        found = found | (UFUNCS["isnan"](one) & UFUNCS["isnan"](two))
    return found


def allclose(
    a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: bool = False
) -> builtins.bool:
    """Whether all elements are close, as `isclose` says."""
    return builtins.bool(every(isclose(a, b, rtol, atol, equal_nan)))


def _pair(a1: Any, a2: Any) -> tuple[ndarray, ndarray] | None:
    try:
        return asarray(a1), asarray(a2)
    except (TypeError, ValueError):
        return None


def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> builtins.bool:
    """Whether two arrays have one shape and the same elements.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.array_equal([1, 2], [1.0, 2.0])
    True
    """
    pair = _pair(a1, a2)
    if pair is None or pair[0].shape != pair[1].shape:
        return False
    x, y = pair
    same = UFUNCS["equal"](x, y)
    if equal_nan:
        same = same | (UFUNCS["isnan"](x) & UFUNCS["isnan"](y))
    return builtins.bool(every(same))


def array_equiv(a1: Any, a2: Any) -> builtins.bool:
    """Whether two arrays, broadcast together, have the same elements."""
    pair = _pair(a1, a2)
    if pair is None:
        return False
    try:
        np.broadcast_shapes(pair[0].shape, pair[1].shape)
    except ValueError:
        return False
    return builtins.bool(every(UFUNCS["equal"](*pair)))


# -- reals and infinities --------------------------------------------------------------------------


REAL, IMAG = OfComplex("real"), OfComplex("imag")
NONE = Shown("imag", complexes.imag, np.imag)


def real(val: Any) -> ndarray:
    """The real part: of an array a view, of real numbers themselves."""
    x = itself(val)
    if not x._layout.dtype.is_complex:
        return x
    return array_of(complexes.real(x._held)) if x.is_number else x._seen_by(REAL)


def imag(val: Any) -> ndarray:
    """The imaginary part: of an array a view, of real numbers zeros, which are not written to."""
    x = itself(val)
    if x.is_number:
        return array_of(complexes.imag(x._read()))
    return x._seen_by(IMAG if x._layout.dtype.is_complex else NONE)


def real_if_close(a: Any, tol: Any = 100) -> ndarray:
    """The real part, if all imaginary parts are less than `tol` (above 1 in units of the dtype's
    epsilon); if not, the array itself.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.real_if_close(np.array([2.1 + 4e-14j, 5.2 + 3e-15j]), tol=1000)
    array([2.1, 5.2])
    """
    x = asarray(a)
    if x.dtype.kind != "c":
        return x
    bound = float(np.finfo(x.dtype).eps) * tol if tol > 1 else tol
    return real(x) if every(UFUNCS["absolute"](imag(x)) < bound) else x


def isreal(x: Any) -> ndarray:
    """Whether each element has no imaginary part."""
    return UFUNCS["equal"](imag(x), 0)


def iscomplex(x: Any) -> ndarray:
    """Whether each element has an imaginary part."""
    return UFUNCS["not_equal"](imag(x), 0)


def isrealobj(x: Any) -> builtins.bool:
    """Whether a value is not of a complex dtype."""
    return not iscomplexobj(x)


def iscomplexobj(x: Any) -> builtins.bool:
    """Whether a value is of a complex dtype."""
    if isinstance(x, OURS):
        return to_tensor(x).dtype.is_complex
    return builtins.bool(np.iscomplexobj(x))


def angle(z: Any, deg: bool = False) -> ndarray:
    """The angle of numbers with the positive axis: of real ones 0 or pi."""
    x = asarray(z)
    x = x.astype(float) if x.dtype.kind == "b" else x
    found = (
        UFUNCS["arctan2"](imag(x), real(x))
        if x.dtype.kind != "c"
        else array_of(complexes.angle(x._read()))
    )
    return found * (180 / np.pi) if deg else found


def _infinite(name: str, sign: int) -> Any:
    @into
    def infinite(x: Any, out: Any = None) -> ndarray:
        value = asarray(x)
        if value.dtype.kind == "c":
            raise TypeError(f"{name}: complex numbers have no infinity with a sign")
        whole = kind_of(value.dtype) != "f"
        return iscomplex(x) if whole else UFUNCS["equal"](value, sign * float("inf"))

    infinite.__name__ = infinite.__qualname__ = name
    infinite.__doc__ = f"Whether each element is {'+' if sign > 0 else '-'}infinity."
    return infinite


isposinf, isneginf = _infinite("isposinf", 1), _infinite("isneginf", -1)


def nan_to_num(
    x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> ndarray:
    """Numbers in place of NaN (0) and infinities (the greatest and the least that there are).

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.nan_to_num([1.0, np.nan, np.inf], posinf=9.0)
    array([1., 0., 9.])
    """
    value = asarray(x)
    if value.dtype.kind == "c":
        whole, turned = (
            nan_to_num(part, True, nan, posinf, neginf)._read() for part in (real(x), imag(x))
        )
        found = array_of(complexes.complex(whole, turned))
    elif kind_of(value.dtype) != "f":
        found = value.copy() if copy else value
    else:
        for number in (nan, posinf, neginf):
            if iscomplexobj(number):
                raise TypeError(f"nan_to_num: cannot cast {number!r} to {value.dtype}")
        found = _finite(value, nan, posinf, neginf)
    if copy or found is value:
        return array_of(found._read())
    value[...] = found
    return value


@replayed
def _finite(x: ndarray, nan: Any, posinf: Any, neginf: Any) -> ndarray:
    """Floats in place of what is none."""
    limits = x._layout.dtype.finfo
    high = float(limits.max) if posinf is None else posinf
    low = float(limits.min) if neginf is None else neginf
    found = where(isposinf(x), high, where(isneginf(x), low, x))
    return where(UFUNCS["isnan"](x), nan, found).astype(x.dtype)


@into
def fix(x: Any, out: Any = None) -> ndarray:
    """The integer next to each element towards 0."""
    return UFUNCS["trunc"](x)


# -- facts -----------------------------------------------------------------------------------------


def ndim(a: Any) -> int:
    """How many axes an array has."""
    return asarray(a).ndim


def shape(a: Any) -> tuple[int, ...]:
    """The sizes of an array's axes."""
    return asarray(a).shape


def size(a: Any, axis: Any = None) -> int:
    """How many elements an array has, or along an axis."""
    x = asarray(a)
    if axis is None:
        return x.size
    found = 1
    for k in axis if isinstance(axis, tuple) else (axis,):
        found *= x.shape[normal_axis(k, x.ndim, "size")]
    return found


def isscalar(element: Any) -> builtins.bool:
    """Whether a value is a number or text, or one of ours: no array, not one of 0 axes either."""
    if isinstance(element, ndarray):
        return element.is_number
    return builtins.bool(np.isscalar(element))


__all__ = [
    "allclose", "angle", "array_equal", "array_equiv", "fix", "imag", "isclose", "iscomplex",
    "iscomplexobj", "isneginf", "isposinf", "isreal", "isrealobj", "isscalar", "nan_to_num", "ndim",
    "real", "real_if_close", "shape", "size",
]  # fmt: skip
