"""Powers and roots, each with its rule."""

from __future__ import annotations

from ngrad.ops.comparison import equal
from ngrad.ops.elementwise import elementwise, select
from ngrad.ops.exponential import log
from ngrad.ops.infinite import direction, vanishing
from ngrad.ops.no_nan import multiply_no_nan


@elementwise
def square(x):
    """Square x * x.

    Takes floats, and integers, which wrap past their range.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.square([-3.0, 0.5]).numpy()
    array([9.  , 0.25], dtype=float32)
    """


@square.vjp
def _(g, out, x):
    return (g * (2.0 * x),)


@elementwise(floats=True)
def sqrt(x):
    """Square root, rounded correctly.

    Integers and bools are converted to float64. Below 0 it is NaN. The derivative is
    1 / (2 sqrt(x)), infinite at 0.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.sqrt([4.0, 2.25, -1.0]).numpy()
    array([2. , 1.5, nan], dtype=float32)
    """


@sqrt.vjp
def _(g, out, x):
    return (g / (2.0 * out),)


@elementwise(floats=True)
def rsqrt(x):
    """Reciprocal of the square root, 1 / sqrt(x).

    Integers and bools are converted to float64. At 0 it is infinite, below 0 NaN. The
    derivative is -1/2 x**(-3/2).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.rsqrt([4.0, 0.25, 0.0]).numpy()
    array([0.5, 2. , inf], dtype=float32)
    """


@rsqrt.vjp
def _(g, out, x):
    return (g * (-0.5 * out * (out * out)),)


@elementwise(floats=True)
def reciprocal(x):
    """Reciprocal 1 / x.

    Integers and bools are converted to float64. At 0 it is infinite, with the sign of the
    zero. The derivative is -1 / x**2.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.reciprocal([4.0, -0.0]).numpy()
    array([0.25, -inf], dtype=float32)
    """


@reciprocal.vjp
def _(g, out, x):
    return (-g * (out * out),)


@elementwise(floats=True)
def inverse_square(x):
    """1 / (x * x), which x**-2 means."""


@inverse_square.vjp
def _(g, out, x):
    return (g * (-2.0 * (out / x)),)


@elementwise(floats=True)
def cbrt(x):
    """Cube root, with the sign of x.

    Integers and bools are converted to float64. The derivative is 1 / (3 cbrt(x)**2),
    infinite at 0.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.cbrt([-8.0, 27.0]).numpy()
    array([-2.,  3.], dtype=float32)
    """


@cbrt.vjp
def _(g, out, x):
    return (vanishing(out, lambda y: g / (3.0 * (y * y))),)


@elementwise(floats=True)
def hypot(x, y):
    """Length sqrt(x**2 + y**2), without overflow on the way.

    Integers and bools are converted to float64. It is infinite if either operand is, were
    the other NaN (C99, F.9.4.3). The derivatives are x / hypot and y / hypot, 0 at
    (0, 0), to any order.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.hypot([3.0, 5e30], [4.0, 12e30]).numpy()
    array([5.0e+00, 1.3e+31], dtype=float32)
    """


@hypot.vjp
def _(g, out, x, y):
    nothing = equal(out, 0.0)
    length = select(nothing, 1.0, out)  # by 0 a second derivative would be NaN
    return (
        g * select(nothing, 0.0, direction(x, length)),
        g * select(nothing, 0.0, direction(y, length)),
    )


@elementwise
def pow(x, y):
    """x**y, with C99's special cases (F.9.4.4); integers to non-negative integer powers, wrapping.

    What `ngrad.pow` applies where no shorter product or root will do. At x = 0 the derivative in x
    is y * 0**(y - 1) (0 for y = 0), and in y it is 0.
    """


@pow.vjp
def _(g, out, x, y):
    # Of 0 no logarithm is taken, and no infinite power of it is multiplied by 0: either would come
    # back as NaN from a second derivative.
    zero = equal(x, 0.0)
    in_x = multiply_no_nan(multiply_no_nan(pow(x, y - 1.0), y), g)
    in_y = select(zero, 0.0, g * (out * log(select(zero, 1.0, x))))
    return in_x, in_y
