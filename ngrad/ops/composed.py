"""Sums, polynomials, counts and the like, made of other ops, among TensorFlow's `math`."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from ngrad.dtypes import as_dtype, int64
from ngrad.errors import DTypeError, NumberError, ShapeError
from ngrad.ops.arithmetic import add, divide, floordiv, fmod, mod, subtract, trunc
from ngrad.ops.comparison import greater, greater_equal, less, logical_and, not_equal
from ngrad.ops.complexes import conj
from ngrad.ops.convert import cast_to, floating, operands, tensor, tensors
from ngrad.ops.creation import zeros_like
from ngrad.ops.elementwise import select
from ngrad.ops.exponential import softplus
from ngrad.ops.extents import dims
from ngrad.ops.identity import identity
from ngrad.ops.math import clip_by_value
from ngrad.ops.power import square
from ngrad.ops.reductions import reduce_all, reduce_sum
from ngrad.ops.shape import broadcast_to, reshape
from ngrad.ops.sorting import positions
from ngrad.tensor import Tensor


def squared_difference(x: Any, y: Any, name: str | None = None) -> Tensor:
    """(x - y)**2; of complex numbers |x - y|**2, as a complex number.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.squared_difference([1.0, 4.0], 2.0).numpy()
    array([1., 4.], dtype=float32)
    """
    away = subtract(x, y)
    return conj(away) * away if away.dtype.is_complex else square(away)


def add_n(inputs: Any, name: str | None = None) -> Tensor:
    """The sum of tensors of one shape and dtype.

    Raises
    ------
    NumberError
        If there is none.
    ShapeError, DTypeError
        If they differ.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.add_n([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]).numpy()
    array([ 9., 12.], dtype=float32)
    """
    xs = tensors("add_n", *(inputs if isinstance(inputs, Sequence) else [inputs]))
    if not xs:
        raise NumberError("add_n: takes at least one tensor")
    first = xs[0]
    for x in xs:
        if x._layout.shape != first._layout.shape:
            shapes = ", ".join(str(tuple(x.shape)) for x in xs)
            raise ShapeError(f"add_n: takes tensors of one shape, not {shapes}; use + to broadcast")
        if x.dtype is not first.dtype:
            names = ", ".join(x.dtype.name for x in xs)
            raise DTypeError(f"add_n: takes tensors of one dtype, not {names}; use ngrad.cast")
    return functools.reduce(add, xs) if len(xs) > 1 else identity(first)


def accumulate_n(
    inputs: Any, shape: Any = None, tensor_dtype: Any = None, name: str | None = None
) -> Tensor:
    """`add_n` of tensors that are of a shape and of a dtype, if these are given.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.accumulate_n([[1.0, 2.0], [3.0, 4.0]], shape=[2]).numpy()
    array([4., 6.], dtype=float32)
    """
    total = add_n(inputs)
    if shape is not None and dims(shape, "accumulate_n") != total._layout.shape:
        raise ShapeError(f"accumulate_n: tensors have shape {total._layout.shape}, not {shape}")
    if tensor_dtype is not None and as_dtype(tensor_dtype) is not total.dtype:
        raise DTypeError(
            f"accumulate_n: tensors are {total.dtype.name}, not {as_dtype(tensor_dtype).name}"
        )
    return total


def scalar_mul(scalar: Any, x: Any, name: str | None = None) -> Tensor:
    """A tensor times a number, in the tensor's dtype.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.scalar_mul(2, [1.5, 2.0]).numpy()
    array([3., 4.], dtype=float32)
    """
    x = tensor(x, "scalar_mul")
    by = tensor(scalar, "scalar_mul", x.dtype)
    if by.ndim:
        raise ShapeError(f"scalar_mul: takes one number, not a tensor of shape {by._layout.shape}")
    return x * cast_to(by, x.dtype)


def polyval(coeffs: Any, x: Any, name: str | None = None) -> Tensor:
    """The polynomial with these coefficients, a list from the highest power down, by Horner's rule.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.polyval([1.0, 0.0, -1.0], [2.0, 3.0]).numpy()
    array([3., 8.], dtype=float32)
    """
    if not isinstance(coeffs, (list, tuple)):
        raise DTypeError(
            f"polyval: takes a list of coefficients, not {type(coeffs).__name__}; use ngrad.unstack"
        )
    x = tensor(x, "polyval")
    if not coeffs:
        return zeros_like(x)
    first = broadcast_to(tensor(coeffs[0], "polyval", x.dtype), x._layout.shape)
    return functools.reduce(lambda found, a: a + found * x, coeffs[1:], first)


def count_nonzero(
    input: Any, axis: Any = None, keepdims: bool | None = None, dtype: Any = int64,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """How many elements over axes are not 0.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.count_nonzero([[1, 0], [2, 3]], axis=1).numpy()
    array([1, 2])
    """
    there = not_equal(tensor(input, "count_nonzero"), 0)
    return reduce_sum(cast_to(there, as_dtype(dtype)), axis, bool(keepdims))


def log_sigmoid(x: Any, name: str | None = None) -> Tensor:
    """log(sigmoid(x)), without underflow.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.log_sigmoid([-1000.0, 1000.0]).numpy()
    array([-1000.,    -0.], dtype=float32)
    """
    return -softplus(-floating(x, "log_sigmoid"))


def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> Tensor:
    """Convert to a dtype; what is out of its range becomes its least or greatest value.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.saturate_cast([-1, 7, 300], ngrad.uint8).numpy()
    array([  0,   7, 255], dtype=uint8)
    """
    x, wanted = tensor(value, "saturate_cast"), as_dtype(dtype)
    whole = x.dtype.is_integer
    # A float that is made an integer saturates by itself.
    if (whole and wanted.is_integer) or (wanted.is_floating and not x.dtype.is_complex):
        exact: Any = int if whole else float
        low, high, least, greatest = map(exact, (*x.dtype.limits, *wanted.limits))
        if least > low or greatest < high:
            x = clip_by_value(x, max(low, least), min(high, greatest))
    return cast_to(x, wanted)


def invert_permutation(x: Any, name: str | None = None) -> Tensor:
    """Where each of the numbers 0, 1, ... stands in a permutation of them.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.invert_permutation([2, 0, 1]).numpy()
    array([1, 2, 0], dtype=int32)
    """
    x = tensor(x, "invert_permutation")
    if x.ndim != 1 or not x.dtype.is_integer:
        raise ShapeError(
            f"invert_permutation: takes a vector of integers, not {x.dtype.name} of shape "
            f"{x._layout.shape}"
        )
    return cast_to(positions(x, 0), x.dtype)


def is_non_decreasing(x: Any, name: str | None = None) -> Tensor:
    """Whether no element is less than the one before it, of the flattened tensor.

    Examples
    --------
    >>> import ngrad
    >>> bool(ngrad.math.is_non_decreasing([1.0, 1.0, 3.0]))
    True
    """
    return _each_beside_the_last(greater_equal, x, "is_non_decreasing")


def is_strictly_increasing(x: Any, name: str | None = None) -> Tensor:
    """Whether each element is greater than the one before it, of the flattened tensor.

    Examples
    --------
    >>> import ngrad
    >>> bool(ngrad.math.is_strictly_increasing([1.0, 1.0, 3.0]))
    False
    """
    return _each_beside_the_last(greater, x, "is_strictly_increasing")


def _each_beside_the_last(compare: Any, x: Any, what: str) -> Any:
    (x,) = operands(what, x)
    row = reshape(x, (x._layout.size,))
    return reduce_all(compare(row[1:], row[:-1]))


def truncatediv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The quotient of integers rounded towards 0, where `floordiv` rounds down; 0 by 0.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.truncatediv([7, -7], 2).numpy()
    array([ 3, -3], dtype=int32)
    """
    x, y = operands("truncatediv", x, y)
    if not x.dtype.is_integer:
        return trunc(divide(x, y))
    below = floordiv(x, y)
    inexact = logical_and(not_equal(below * y, x), not_equal(y, 0))
    return below + cast_to(logical_and(inexact, less(x, 0) != less(y, 0)), x.dtype)


def truncatemod(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The remainder of `truncatediv`, with the sign of x, and exact; of integers by 0 it is 0.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.truncatemod([7, -7], 2).numpy()
    array([ 1, -1], dtype=int32)
    """
    if type(x) is Tensor and type(y) is float and x._layout.dtype.is_floating:
        return fmod(x, y)
    x, y = operands("truncatemod", x, y)
    if x.dtype.is_floating:
        return fmod(x, y)
    rest = mod(x, y)  # not of |x|: the least integer has no magnitude
    return select(logical_and(not_equal(rest, 0), less(x, 0) != less(y, 0)), rest - y, rest)
