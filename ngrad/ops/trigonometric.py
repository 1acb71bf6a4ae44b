"""Trigonometric functions and their inverses, each with its rule."""

from __future__ import annotations

from typing import Any

from ngrad.ops.complexes import along
from ngrad.ops.elementwise import elementwise
from ngrad.ops.infinite import direction, vanishing
from ngrad.ops.power import hypot, sqrt
from ngrad.tensor import Tensor


@elementwise(floats=True)
def sin(x):
    """Sine of x radians.

    Integers and bools are converted to float64. Of an infinity it is NaN. The derivative is
    cos(x).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.sin([0.0, 1.0]).numpy()
    array([0.        , 0.84147096], dtype=float32)
    """


@sin.vjp
def _(g, out, x):
    return (g * cos(x),)


@elementwise(floats=True)
def cos(x):
    """Cosine of x radians.

    Integers and bools are converted to float64. Of an infinity it is NaN. The derivative is
    -sin(x).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.cos([0.0, 2.0]).numpy()
    array([ 1.        , -0.41614684], dtype=float32)
    """


@cos.vjp
def _(g, out, x):
    return (-g * sin(x),)


@elementwise(floats=True)
def tan(x):
    """Tangent of x radians.

    Integers and bools are converted to float64. Of an infinity it is NaN. The derivative is
    1 + tan(x)**2 (DLMF 4.20).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.tan([0.0, 1.0]).numpy()
    array([0.       , 1.5574077], dtype=float32)
    """


@tan.vjp
def _(g, out, x):
    return (g * (1.0 + out * out),)


@elementwise(floats=True)
def asin(x):
    """Inverse sine, in radians, in [-pi/2, pi/2].

    Integers and bools are converted to float64. Outside [-1, 1] it is NaN. The derivative
    is 1 / sqrt(1 - x**2) (DLMF 4.24), infinite at both ends.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.asin([0.0, 1.0, 2.0]).numpy()
    array([0.       , 1.5707964,       nan], dtype=float32)
    """


@asin.vjp
def _(g, out, x):
    return (g / (sqrt(along(-x, 1.0)) * sqrt(along(x, 1.0))),)


@elementwise(floats=True)
def acos(x):
    """Inverse cosine, in radians, in [0, pi].

    Integers and bools are converted to float64. Outside [-1, 1] it is NaN. The derivative
    is -1 / sqrt(1 - x**2) (DLMF 4.24), infinite at both ends.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.acos([1.0, 0.0, 2.0]).numpy()
    array([0.       , 1.5707964,       nan], dtype=float32)
    """


@acos.vjp
def _(g, out, x):
    return (-g / (sqrt(along(-x, 1.0)) * sqrt(along(x, 1.0))),)


@elementwise(floats=True)
def atan(x):
    """Inverse tangent, in radians, in [-pi/2, pi/2].

    Integers and bools are converted to float64. The derivative is 1 / (1 + x**2)
    (DLMF 4.24).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.atan([0.0, 1.0]).numpy()
    array([0.       , 0.7853982], dtype=float32)
    """


@atan.vjp
def _(g, out, x):
    return (vanishing(x, lambda y: g / (1.0 + y * y)),)


@elementwise(floats=True)
def atan2_(x, y):
    """The angle of the point (y, x): operands are in atan2's order, whatever they are called."""


@atan2_.vjp
def _(g, out, y, x):
    length = hypot(x, y)  # whose square could overflow, or be 0
    return g * direction(x, length) / length, -g * direction(y, length) / length


def atan2(y: Any, x: Any, name: str | None = None) -> Tensor:
    """The angle of the point (x, y), in radians, in [-pi, pi].

    Integers and bools are converted to float64. Zeros and infinities are as in C99 (F.9.1.4), so
    atan2(0, 0) is 0. The derivatives are x / (x**2 + y**2) in y and -y / (x**2 + y**2) in x,
    NaN at (0, 0).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.atan2(y=[0.0, 1.0, -1.0], x=[1.0, 0.0, -1.0]).numpy()
    array([ 0.       ,  1.5707964, -2.3561945], dtype=float32)
    """
    return atan2_(y, x)
