"""Comparisons, tests of floats and logic. Results are bool, so nothing flows back."""

from __future__ import annotations

from typing import Any

from ngrad.dtypes import BY_CODE
from ngrad.graph.graph import Symbol
from ngrad.ops.convert import cast_to, from_outside, tensor
from ngrad.ops.elementwise import Binary, elementwise, select
from ngrad.tensor import Tensor

FLOAT64, UINT64 = BY_CODE["f8"], BY_CODE["u8"]
MIXED = {"i8", "u8"}
"""Dtypes of integers that no dtype of integers is common to."""
INFINITY = float("inf")


class Comparison(Binary):
    """A comparison of numbers as they are: also of int64 with uint64, and of integers with a Python
    integer that their dtype does not hold.
    """

    def _first(self, *values: Any) -> Any:
        x, y = read = [from_outside(value) for value in values]
        if {_code(value) for value in read} == MIXED:
            x, y = tensor(x), tensor(y)
            signed, below = (x, self(x, 0)) if _code(x) == "i8" else (y, self(0, y))
            return select(less(signed, 0), below, self(cast_to(x, UINT64), cast_to(y, UINT64)))
        return super()._first(x, y)

    def _operands(self, *values: Any) -> tuple[Any, ...]:
        try:
            return super()._operands(*values)
        except OverflowError:  # beyond all integers of a dtype is as good as infinite
            return super()._operands(*map(_as_float, values))


def _as_float(value: Any) -> Any:
    """A tensor as floats; a Python integer as an infinity."""
    if type(value) is int:
        return INFINITY if value > 0 else -INFINITY
    return cast_to(tensor(value), FLOAT64)


def _code(value: Any) -> Any:
    if isinstance(value, (Tensor, Symbol)):
        return value._layout.dtype.code
    dtype = getattr(value, "dtype", None)
    return None if dtype is None else dtype.str[1:]


@Comparison
def equal(x, y):
    """Whether x == y.

    Takes every dtype, after promotion to one; gives bool, through which no derivative flows.
    NaN equals nothing, itself included.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.equal([1, 2], [1.0, 3.0]).numpy()
    array([ True, False])
    """


@Comparison
def not_equal(x, y):
    """Whether x != y.

    Takes every dtype, after promotion to one; gives bool, through which no derivative flows.
    NaN differs from everything, itself included.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.not_equal([1, 2], [1.0, 3.0]).numpy()
    array([False,  True])
    """


@Comparison
def less(x, y):
    """Whether x < y.

    Takes every dtype, after promotion to one; gives bool, through which no derivative flows.
    NaN is less than nothing.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.less([1, 2], [2, 2]).numpy()
    array([ True, False])
    """


@Comparison
def less_equal(x, y):
    """Whether x <= y.

    Takes every dtype, after promotion to one; gives bool, through which no derivative flows.
    It does not hold if either is NaN.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.less_equal([1, 3], [1, 2]).numpy()
    array([ True, False])
    """


@Comparison
def greater(x, y):
    """Whether x > y.

    Takes every dtype, after promotion to one; gives bool, through which no derivative flows.
    NaN is greater than nothing.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.greater([3, 2], [2, 2]).numpy()
    array([ True, False])
    """


@Comparison
def greater_equal(x, y):
    """Whether x >= y.

    Takes every dtype, after promotion to one; gives bool, through which no derivative flows.
    It does not hold if either is NaN.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.greater_equal([2, 1], [2, 2]).numpy()
    array([ True, False])
    """


@elementwise
def isnan(x):
    """Whether x is NaN.

    Takes every dtype (only floats can be); gives bool, through which no derivative
    flows.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.is_nan([1.0, float("nan")]).numpy()
    array([False,  True])
    """


@elementwise
def signbit(x):
    """Whether x has a negative sign, that of a zero or NaN included.

    Takes floats; gives bool, through which no derivative flows.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.signbit([1.0, -0.0])
    array([False,  True])
    """


@elementwise
def isinf(x):
    """Whether x is an infinity.

    Takes every dtype (only floats can be); gives bool, through which no derivative
    flows.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.is_inf([1.0, float("-inf")]).numpy()
    array([False,  True])
    """


@elementwise
def isfinite(x):
    """Whether x is neither NaN nor an infinity.

    Takes every dtype (integers and bools always are); gives bool, through which no derivative
    flows.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.is_finite([1.0, float("nan"), float("inf")]).numpy()
    array([ True, False, False])
    """


@elementwise
def logical_and(x, y):
    """Whether x and y both hold.

    Takes bools and gives bools; others raise DTypeError: convert with `ngrad.cast`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.logical_and([True, True, False], [True, False, False]).numpy()
    array([ True, False, False])
    """


@elementwise
def logical_or(x, y):
    """Whether x or y holds, or both.

    Takes bools and gives bools; others raise DTypeError: convert with `ngrad.cast`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.logical_or([True, True, False], [True, False, False]).numpy()
    array([ True,  True, False])
    """


@elementwise
def logical_xor(x, y):
    """Whether exactly one of x and y holds.

    Takes bools and gives bools; others raise DTypeError: convert with `ngrad.cast`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.logical_xor([True, True, False], [True, False, False]).numpy()
    array([False,  True, False])
    """


@elementwise
def logical_not(x):
    """Whether x does not hold.

    Takes bools and gives bools; others raise DTypeError: convert with `ngrad.cast`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.logical_not([True, False]).numpy()
    array([False,  True])
    """
