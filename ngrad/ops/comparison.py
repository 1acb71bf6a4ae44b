"""Comparisons, tests of floats and logic. Results are bool, so nothing flows back."""

from __future__ import annotations

from ngrad.ops.elementwise import elementwise


@elementwise
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


@elementwise
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


@elementwise
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


@elementwise
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


@elementwise
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


@elementwise
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
