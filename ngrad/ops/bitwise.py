"""Bitwise ops, shifts and divisors of integers. They have no derivative."""

from __future__ import annotations

from ngrad.ops.elementwise import elementwise


@elementwise
def bitwise_and(x, y):
    """Bits that are set in both x and y, x & y.

    Takes integers and bools; floats raise DTypeError.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.bitwise.bitwise_and([6, 5], 3).numpy()
    array([2, 1], dtype=int32)
    """


@elementwise
def bitwise_or(x, y):
    """Bits that are set in x or y, x | y.

    Takes integers and bools; floats raise DTypeError.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.bitwise.bitwise_or([6, 5], 3).numpy()
    array([7, 7], dtype=int32)
    """


@elementwise
def bitwise_xor(x, y):
    """Bits that are set in exactly one of x and y, x ^ y.

    Takes integers and bools; floats raise DTypeError.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.bitwise.bitwise_xor([6, 5], 3).numpy()
    array([5, 6], dtype=int32)
    """


@elementwise
def invert(x):
    """All bits flipped, ~x.

    Takes integers (-x - 1 if signed) and bools (`not`); floats raise DTypeError.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.bitwise.invert([0, 5]).numpy()
    array([-1, -6], dtype=int32)
    """


@elementwise
def left_shift(x, y):
    """Bits moved up by y places, x << y.

    Takes integers. It is 0 if y is negative or at least the width of the dtype,
    where C is undefined.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.bitwise.left_shift([1, 1, 1], [3, 32, -1]).numpy()
    array([8, 0, 0], dtype=int32)
    """


@elementwise
def right_shift(x, y):
    """Bits moved down by y places, x >> y; a signed x keeps its sign.

    Takes integers. It is 0 (-1 for a negative x) if y is negative or at least the width of the
    dtype, where C is undefined.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.bitwise.right_shift([-8, 8, -8], [1, 32, 32]).numpy()
    array([-4,  0, -1], dtype=int32)
    """


@elementwise
def gcd(x, y):
    """The greatest common divisor of x and y, which is not negative.

    Takes integers. Of 0 and 0 it is 0.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.gcd([12, -18, 0], [18, 12, 5])
    array([6, 6, 5])
    """
