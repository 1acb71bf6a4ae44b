"""Elementwise arithmetic, rounding, extremes and parts of floats, each with its rule."""

from __future__ import annotations

from typing import Any

from ngrad.ops.comparison import equal, isnan
from ngrad.ops.creation import zeros_of
from ngrad.ops.elementwise import elementwise, select


@elementwise
def add(x, y):
    """Sum x + y.

    Operands are promoted to one dtype as in NumPy 2, Python numbers being weak. Integers wrap past
    their range; of bools it is `or`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.add([1.0, 2.0], [0.5, 4.0]).numpy()
    array([1.5, 6. ], dtype=float32)
    """


@add.vjp
def _(g, out, x, y):
    return g, g


@elementwise
def subtract(x, y):
    """Difference x - y.

    Takes integers, which wrap past their range, and floats; bools raise DTypeError.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.subtract([1, 2], [3, 1]).numpy()
    array([-2,  1], dtype=int32)
    """


@subtract.vjp
def _(g, out, x, y):
    return g, -g


@elementwise
def multiply(x, y):
    """Product x * y.

    Integers wrap past their range; of bools it is `and`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.multiply([1.0, 2.0], [0.5, 4.0]).numpy()
    array([0.5, 8. ], dtype=float32)
    """


@multiply.vjp
def _(g, out, x, y):
    return g * y, g * x


@elementwise(floats=True)
def divide(x, y):
    """Quotient x / y.

    Integers and bools are converted to float64. By zero it is an infinity or NaN, as in IEEE 754.
    The derivatives are 1 / y and -x / y**2.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.divide([1, -1, 0], [4, 0, 0]).numpy()
    array([0.25, -inf,  nan])
    """


@divide.vjp
def _(g, out, x, y):
    share = g / y
    return share, -share * out


@elementwise
def floordiv(x, y):
    """Quotient rounded down, floor(x / y), in the dtype of the operands.

    Takes integers and floats. For integers x // 0 is 0, and MIN // -1 wraps to MIN; for floats
    division by zero is as in IEEE 754. Its derivative is zero.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.floordiv([7, -7, 7], [2, 2, 0]).numpy()
    array([ 3, -4,  0], dtype=int32)
    """


@floordiv.vjp
def _(g, out, x, y):
    return None, None


@elementwise
def mod(x, y):
    """Remainder x - floor(x / y) * y, with the sign of y.

    Takes integers and floats, and is exact in both. x % 0 is 0 for integers, NaN for floats. The
    derivative is 1 in x, and -floor(x / y) in y.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.mod([7, -7, 7], [3, 3, -3]).numpy()
    array([ 1,  2, -2], dtype=int32)
    """


@mod.vjp
def _(g, out, x, y):
    return g, -g * floordiv(x, y)


@elementwise
def negative(x):
    """Negation -x.

    Takes integers and floats. The lowest signed integer is its own negation; unsigned ones
    wrap.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.negative([1.0, -2.0]).numpy()
    array([-1.,  2.], dtype=float32)
    """


@negative.vjp
def _(g, out, x):
    return (-g,)


@elementwise
def abs_(x):
    """Absolute value |x|.

    Takes integers, floats, and complex numbers, of which it is the modulus, a float. The lowest
    signed integer stays as it is. The derivative is sign(x), so 0 at 0.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.abs([-1.5, 2.0]).numpy()
    array([1.5, 2. ], dtype=float32)
    """


@elementwise
def sign(x):
    """-1, 0 or 1, by the sign of x; of a complex number x / |x|.

    Of zeros of either sign it is 0, and NaN of NaN. The derivative of a real one is zero.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.sign([-2.5, 0.0, 3.0]).numpy()
    array([-1.,  0.,  1.], dtype=float32)
    """


@elementwise
def floor(x):
    """Largest integer not above x, in the dtype of x.

    Takes floats, and integers, which it leaves as they are. Its derivative is zero.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.floor([-1.5, 1.5]).numpy()
    array([-2.,  1.], dtype=float32)
    """


@elementwise
def ceil(x):
    """Smallest integer not below x, in the dtype of x.

    Takes floats, and integers, which it leaves as they are. Its derivative is zero.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.ceil([-1.5, 1.5]).numpy()
    array([-1.,  2.], dtype=float32)
    """


@elementwise
def round_(x):
    """Nearest integer, halves to even, in the dtype of x.

    Takes floats, and integers, which it leaves as they are. Its derivative is zero.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.round([-1.5, 0.5, 2.6]).numpy()
    array([-2.,  0.,  3.], dtype=float32)
    """


@elementwise
def trunc(x):
    """x without its fraction, in the dtype of x.

    Takes floats, and integers, which it leaves as they are. Its derivative is zero.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.trunc([-1.5, 1.5]).numpy()
    array([-1.,  1.], dtype=float32)
    """


for _op in (floor, ceil, round_, trunc):
    _op.vjp(lambda g, out, x: (None,))


@elementwise
def maximum(x, y):
    """The larger of x and y, NaN if either is.

    Takes every dtype. The cotangent goes to the larger operand; a tie shares it evenly.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.maximum([1.0, 5.0], [3.0, 2.0]).numpy()
    array([3., 5.], dtype=float32)
    """


@elementwise
def minimum(x, y):
    """The smaller of x and y, NaN if either is.

    Takes every dtype. The cotangent goes to the smaller operand; a tie shares it evenly.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.minimum([1.0, 5.0], [3.0, 2.0]).numpy()
    array([1., 2.], dtype=float32)
    """


def _extreme_rule(g: Any, out: Any, x: Any, y: Any) -> Any:
    half = 0.5 * g
    tie = equal(x, y)
    return (
        select(tie, half, select(equal(x, out), g, 0.0)),
        select(tie, half, select(equal(y, out), g, 0.0)),
    )


maximum.vjp(_extreme_rule)
minimum.vjp(_extreme_rule)


@elementwise
def fmax(x, y):
    """The larger of x and y; of a number and NaN the number.

    Takes floats and complex numbers. The cotangent goes to the operand that it is; a tie shares it
    evenly.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.fmax([1.0, np.nan], [3.0, 2.0])
    array([3., 2.])
    """


@elementwise
def fmin(x, y):
    """The smaller of x and y; of a number and NaN the number.

    Takes floats and complex numbers. The cotangent goes to the operand that it is; a tie shares it
    evenly.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.fmin([1.0, np.nan], [3.0, 2.0])
    array([1., 2.])
    """


def _number_rule(g: Any, out: Any, x: Any, y: Any) -> Any:
    of_x, of_y = _extreme_rule(g, out, x, y)
    return select(isnan(y), g, of_x), of_y


fmax.vjp(_number_rule)
fmin.vjp(_number_rule)


@elementwise
def heaviside(x, y):
    """0 below 0, 1 above, y at 0; of NaN NaN.

    Takes floats. The derivative is zero in x, and 1 in y where x is 0.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.heaviside([-1.5, 0.0, 2.0], 0.5)
    array([0. , 0.5, 1. ])
    """


heaviside.vjp(lambda g, out, x, y: (zeros_of(x._layout), select(equal(x, 0.0), g, 0.0)))


@elementwise
def fmod(x, y):
    """Remainder x - trunc(x / y) * y, with the sign of x, and exact.

    Takes floats. The derivative is 1 in x, and -trunc(x / y) in y.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.fmod([7.5, -7.5], 2.0)
    array([ 1.5, -1.5])
    """


fmod.vjp(lambda g, out, x, y: (g, -g * round_((x - out) / y)))
