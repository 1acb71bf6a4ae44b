"""How many ways there are to choose and to order."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.errors import DTypeError
from ngrad.numpy.composed import FLOAT32, FLOAT64, as_loops
from ngrad.numpy.convert import array_of, to_tensor
from ngrad.numpy.creation import asarray
from ngrad.numpy.norms import floats
from ngrad.ops.comparison import equal, greater_equal, isnan, less, logical_and
from ngrad.ops.convert import cast_to, operands
from ngrad.ops.elementwise import select
from ngrad.ops.gammas import binom, gamma
from ngrad.ops.scipy_special import POCH
from ngrad.record import apply


def comb(N: Any, k: Any, *, exact: bool = False, repetition: bool = False) -> Any:
    """How many ways there are to choose k of N; 0 where k is negative or greater than N. With
    repetition, an element may be chosen again. Exact ones are a Python integer, by SciPy.

    Examples
    --------
    >>> from ngrad.scipy import special
    >>> special.comb(5, [0, 2, 7])
    array([ 1., 10.,  0.])
    """
    if exact:
        from scipy.special import comb as exactly

        return exactly(N, k, exact=True, repetition=repetition)
    n, x = operands("comb", *as_loops([to_tensor(N), to_tensor(k)], FLOAT32))
    if repetition:
        nothing = logical_and(equal(x, 0.0), greater_equal(n, 0.0))
        n = select(nothing, n, n + x - 1.0)
    there = logical_and(greater_equal(x, 0.0), greater_equal(n, x))
    found = select(there, binom(n, select(there, x, 0.0)), 0.0)
    return array_of(select(isnan(n + x), np.nan, found))


def perm(N: Any, k: Any, exact: bool = False) -> Any:
    """How many ways there are to choose k of N in order; 0 where k is negative or greater than N.
    Exact ones are a Python integer, by SciPy.

    Examples
    --------
    >>> from ngrad.scipy import special
    >>> special.perm(5, [0, 2, 7])
    array([ 1., 20.,  0.])
    """
    if exact:
        from scipy.special import perm as exactly

        return exactly(N, k, exact=True)
    n, x = operands("perm", *as_loops([to_tensor(N), to_tensor(k)], FLOAT32))
    there = logical_and(greater_equal(x, 0.0), greater_equal(n, x))
    x = select(there, x, 0.0)
    return array_of(select(there, apply(POCH, (select(there, n, 1.0) - x + 1.0, x)), 0.0))


def factorial(n: Any, exact: bool = False) -> Any:
    """gamma(n + 1), and 0 of negative numbers. Exact ones are integers, by SciPy.

    Examples
    --------
    >>> from ngrad.scipy import special
    >>> special.factorial([0, 3, 5])
    array([  1.,   6., 120.])
    """
    if exact:
        from scipy.special import factorial as exactly

        found = exactly(np.asarray(n)[()], exact=True)
        return asarray(found) if np.ndim(found) else found
    x = floats(n)
    if x.dtype.is_complex:
        raise DTypeError("factorial: does not take complex numbers; of these it is gamma(n + 1)")
    x = cast_to(x, FLOAT64)
    below = less(x, 0.0)
    return array_of(select(below, 0.0, gamma(select(below, 0.0, x) + 1.0)))
