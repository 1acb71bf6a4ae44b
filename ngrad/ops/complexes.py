"""Complex numbers and their parts, each with its rule.

Within a sweep a cotangent g of z pairs with a tangent dz as the real part of g dz, without a
conjugate: so rules of holomorphic functions are those of real ones, and only the functions here,
which are not, have others. What a tape gives and takes is the conjugate of g (`differentiate.py`).
"""

from __future__ import annotations

import math
from typing import Any

from ngrad.dtypes import float32
from ngrad.ops.arithmetic import abs_, divide, multiply, negative, sign
from ngrad.ops.comparison import equal, less
from ngrad.ops.convert import number, tensor
from ngrad.ops.creation import zeros_of
from ngrad.ops.elementwise import elementwise, select
from ngrad.tensor import Tensor


@elementwise
def complex_(x, y):
    """The complex number of two parts, which are floats."""


@complex_.vjp
def _(g, out, x, y):
    return real_(g), negative(imag_(g))


@elementwise
def real_(x):
    """The real part of a complex number."""


@elementwise
def imag_(x):
    """The imaginary part of a complex number."""


@elementwise
def angle_(x):
    """The angle of a complex number."""


@elementwise
def conj_(x):
    """The conjugate of a complex number."""


@real_.vjp
def _(g, out, x):
    return (complex_(g, zeros_of(g._layout)),)


@imag_.vjp
def _(g, out, x):
    return (_turned(negative(g)),)


@angle_.vjp
def _(g, out, x):
    return (divide(_turned(negative(g)), x),)


@conj_.vjp
def _(g, out, x):
    return (conj_(g),)


def _turned(x: Any) -> Any:
    """i x of a real x."""
    return complex_(zeros_of(x._layout), x)


def complex(real: Any, imag: Any, name: str | None = None) -> Tensor:
    """The complex number real + i imag, of two floating-point numbers.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.complex([2.25, 3.25], [4.75, 5.75]).numpy()
    array([2.25+4.75j, 3.25+5.75j], dtype=complex64)
    """
    return complex_(real, imag)


def real(input: Any, name: str | None = None) -> Tensor:
    """The real part; of what is not complex, itself.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.real(ngrad.constant([1 + 2j, 3.0])).numpy()
    array([1., 3.])
    """
    x = tensor(input, "real")
    return real_(x) if x.dtype.is_complex else x


def imag(input: Any, name: str | None = None) -> Tensor:
    """The imaginary part; of what is not complex, zeros.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.imag(ngrad.constant([1 + 2j, 3.0])).numpy()
    array([2., 0.])
    """
    x = tensor(input, "imag")
    return imag_(x) if x.dtype.is_complex else zeros_of(x._layout.spec)


def along(x: Any, by: float) -> Any:
    """x + by, a real number, which leaves an imaginary part of 0 its sign: what lies on a branch
    cut stays on its side of it.
    """
    return complex_(real_(x) + by, imag_(x)) if x.dtype.is_complex else x + by


def turned(x: Any) -> Any:
    """i x of a complex x, part by part."""
    return complex_(negative(imag_(x)), real_(x))


def conj(x: Any, name: str | None = None) -> Tensor:
    """The complex conjugate; of what is not complex, itself.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.conj(ngrad.constant([1 + 2j, 3.0])).numpy()
    array([1.-2.j, 3.-0.j])
    """
    x = tensor(x, "conj")
    return conj_(x) if x.dtype.is_complex else x


def angle(input: Any, name: str | None = None) -> Tensor:
    """The angle of a complex number, in radians, in [-pi, pi]: 0 or pi for a real one, by its sign.

    The derivative is NaN at 0.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.angle(ngrad.constant([1j, -2 + 0j])).numpy()
    array([1.57079633, 3.14159265])
    """
    x = tensor(input, "angle")
    if x.dtype.is_complex:
        return angle_(x)
    dtype, device = x.dtype if x.dtype.is_floating else float32, x._layout.device
    half, none, nan = (number(value, dtype, device) for value in (math.pi, 0.0, math.nan))
    return select(less(x, 0), half, select(equal(x, x), none, nan))


@abs_.vjp
def _(g, out, x):
    if not x.dtype.is_complex:
        return (g * sign(x),)
    direction = sign(x)
    return (complex_(multiply(g, real_(direction)), negative(multiply(g, imag_(direction)))),)


@sign.vjp
def _(g, out, x):
    if not x.dtype.is_complex:
        return (zeros_of(x._layout),)  # connected, as in TensorFlow; what follows is not
    nothing = equal(x, 0)
    return (select(nothing, 0.0, divide(_turned(imag_(multiply(g, out))), x)),)
