"""Softmax, its logarithm, and that of sums of exponentials."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.dtypes import BY_CODE
from ngrad.errors import ShapeError
from ngrad.numpy.composed import as_floats
from ngrad.numpy.convert import array_of, beside, to_tensor
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.norms import floats
from ngrad.numpy.reductions import max as greatest
from ngrad.ops import reductions as r
from ngrad.ops.activations import log_softmax as _log_softmax
from ngrad.ops.activations import softmax as _softmax
from ngrad.ops.arithmetic import abs_, sign
from ngrad.ops.comparison import equal, greater, isfinite, logical_and
from ngrad.ops.complexes import real
from ngrad.ops.convert import operands
from ngrad.ops.elementwise import select
from ngrad.ops.exponential import exp, log
from ngrad.ops.identity import stop_gradient
from ngrad.ops.no_nan import multiply_no_nan
from ngrad.ops.shape import reshape
from ngrad.ops.statistics import reduce_logsumexp


def logsumexp(
    a: Any,
    axis: Any = None,
    b: Any = None,
    keepdims: bool = False,
    return_sign: bool = False,
) -> Any:
    """log(sum(b exp(a))) over axes, without overflow; with the sign of the sum, if `return_sign`,
    which of complex numbers is their phase.

    Examples
    --------
    >>> from ngrad.scipy import special
    >>> special.logsumexp([1000.0, 1000.0]).round(4)
    np.float64(1000.6931)
    """
    given = (floats(a), 1.0) if b is None else as_floats(beside((a, b)), BY_CODE["f8"])
    if b is None and not return_sign and not given[0].dtype.is_complex:
        return array_of(reduce_logsumexp(given[0], axis, keepdims))
    x, share = operands("logsumexp", *given)
    size = real(x)
    top = stop_gradient(r.reduce_max(select(equal(share, 0.0), -np.inf, size), axis, True))
    above = x - select(isfinite(top), top, 0.0)
    # What has no share may lie so far above the rest that its exponential is infinite.
    far = greater(real(above), float(np.log(size.dtype.finfo.max)))
    above = select(logical_and(equal(share, 0.0), far), -np.inf, above)
    total = r.reduce_sum(multiply_no_nan(exp(above), share), axis, True)
    found = log(abs_(total) if return_sign else total) + select(isfinite(top), top, 0.0)
    if not keepdims:
        shape = r.kept_shape(total._layout.shape, r.normal_axes(axis, total.ndim, "logsumexp"))
        found, total = reshape(found, shape), reshape(total, shape)
    return (array_of(found), array_of(sign(total))) if return_sign else array_of(found)


def softmax(x: Any, axis: Any = None) -> ndarray:
    """exp(x) / sum(exp(x)) over an axis, or over all.

    Examples
    --------
    >>> from ngrad.scipy import special
    >>> special.softmax([1.0, 1.0])
    array([0.5, 0.5])
    """
    return _over(_softmax, x, axis)


def log_softmax(x: Any, axis: Any = None) -> ndarray:
    """The logarithm of `softmax`, without underflow.

    Examples
    --------
    >>> from ngrad.scipy import special
    >>> special.log_softmax([0.0, 1000.0])
    array([-1000.,     0.])
    """
    return _over(_log_softmax, x, axis)


def _over(function: Any, x: Any, axis: Any) -> ndarray:
    (x,) = as_floats([to_tensor(x)])  # as wide as the exponentials of integers
    axes = range(x.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    if 0 in x._layout.shape and any(x._layout.shape[k] == 0 for k in axes):
        raise ShapeError(
            f"{function.__name__}: no number is the largest of none, over axis {axis} of shape "
            f"{x._layout.shape}"
        )
    if x.dtype.is_complex:
        return _of_complex(function, x, tuple(axes) if x.ndim else ())
    if axis is None or x.ndim == 0:
        return array_of(reshape(function(reshape(x, (-1,))), x._layout.shape))
    if isinstance(axis, int):
        return array_of(function(x, axis))
    top = x - stop_gradient(r.reduce_max(x, axis, True))
    total = r.reduce_sum(exp(top), axis, True)
    return array_of(exp(top) / total if function is _softmax else top - log(total))


def _of_complex(function: Any, x: Any, axes: tuple[int, ...]) -> ndarray:
    """The same of complex numbers, of which the largest is the last in NumPy's order: that decides
    how many turns there are in a logarithm.
    """
    top = stop_gradient(greatest(array_of(x), axes, keepdims=True)._read())
    if function is _log_softmax:
        top = select(isfinite(top), top, 0.0)
    above = x - top
    total = r.reduce_sum(exp(above), axes, True)
    return array_of(exp(above) / total if function is _softmax else above - log(total))
