"""Remainders of floats, exact, as IEEE 754 and C's fmod have them, and quotients rounded down.

x less an integer multiple of y has the remainder of x, and one fma takes it away, exactly if the
difference is a float. It is, where the integer is the quotient, rounded: let u be the last place of
y. What is as large as y is a multiple of u, so the difference is one, and if it is at most y, it
has no more digits. Where the quotient q is so large that not all integers are floats, let d be its
last place: x is a multiple of d u, as q y is, and the difference is at most d y / 2. By such a step
x is 2**53 times less; the last leaves less than y.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad_kernels.codegen import helper
from ngrad_kernels.intrinsics import copysign, fabs, floor, fma, rint, scalar, select, trunc

ONE, ZERO, INFINITY, NAN = (np.float64(k) for k in (1, 0, np.inf, np.nan))
INTEGERS, SHORT = np.float64(2.0**53), np.float64(2.0**50)
GROW = np.float64(2.0**512)


@scalar
def _nearer(r, y, inverse):
    """r less the multiple of y that is next to it, as far as a float can tell."""
    return fma(-rint(r * inverse), y, r)


@scalar
def fmod_f4(x, y):
    """In float64, without a branch. Quotients are below 2**277, and by way of 1 / y off by 2**-51.9
    of themselves, which makes differences of 26 digits; after six steps nothing is left to mend but
    the sign.
    """
    a, b = np.float64(fabs(x)), np.float64(fabs(y))
    inverse = ONE / b
    r = _nearer(_nearer(_nearer(a, b, inverse), b, inverse), b, inverse)
    r = _nearer(_nearer(_nearer(r, b, inverse), b, inverse), b, inverse)
    r = np.float32(select(r < ZERO, r + b, r))
    return select(a < b, x, copysign(r, x))


@helper()
def _fmod_far(x, y):
    """The remainder, but for its sign and a multiple of y, whatever the quotient is."""
    size = fabs(y)
    if not (fabs(x) < INFINITY and size > ZERO):
        return NAN
    while fabs(x) >= size:
        step = y
        while fabs(x / step) == INFINITY:
            step = step * GROW  # a multiple of y, which was below 1: its remainder will do
        x = fma(-trunc(x / step), step, x)
    return x


@scalar
def fmod_f8(x, y):
    """In one step, where it can be: by the integer below the quotient, or, since that is rounded,
    the next.
    """
    quotient = x / y
    if fabs(quotient) < INTEGERS:
        r = fma(-trunc(quotient), y, x)
    else:
        r = _fmod_far(x, y)
    signed = copysign(r, x)
    r = select(signed != r, r + copysign(y, x), signed)
    return select(fabs(x) < fabs(y), x, r)


def _floored(fmod: Any) -> tuple[Any, Any]:
    """`mod` and `floordiv` by an exact remainder."""

    @scalar
    def mod(x, y):
        """Remainder with the sign of the divisor: moved by y where it has another."""
        remainder = fmod(x, y)
        signed = copysign(remainder, y)
        return select(signed != remainder, remainder + y, signed)

    @scalar
    def floordiv(x, y):
        """Largest integral quotient: (x - mod(x, y)) / y, rounded to the integer it approximates.

        Source: the definition of floor division by way of the exact remainder, as in Python's float
        `//`.
        """
        remainder = fmod(x, y)
        one = type(x)(1)  # a bare 1 would make float32 float64
        quotient = (x - remainder) / y
        quotient = select(copysign(remainder, y) != remainder, quotient - one, quotient)
        below = floor(quotient)
        nearest = select(quotient - below > type(x)(0.5), below + one, below)
        nearest = select(quotient == 0, copysign(type(x)(0), x / y), nearest)
        return select(y == 0, x / y, nearest)

    return mod, floordiv


mod_f4, floordiv_f4 = _floored(fmod_f4)
_mod_far, _floordiv_far = _floored(fmod_f8)


@scalar
def mod_f8(x, y):
    """In one step, where it can be: what is left of x is on the other side of 0 than y where the
    quotient was rounded up to an integer.
    """
    quotient = x / y
    if (fabs(quotient) < INTEGERS) & (fabs(y) < INFINITY):
        left = fma(-floor(quotient), y, x)
        signed = copysign(left, y)
        return select(signed != left, left + y, signed)
    return _mod_far(x, y)


@scalar
def floordiv_f8(x, y):
    """As `mod_f8`. By its remainder it would be that integer, too: a quotient that is off by a
    quarter at most, before it is rounded to one.
    """
    quotient = x / y
    if (fabs(quotient) < SHORT) & (fabs(y) < INFINITY):
        whole = floor(quotient)
        left = fma(-whole, y, x)
        return select(copysign(left, y) != left, whole - ONE, whole)
    return _floordiv_far(x, y)


NAMESPACE: dict[str, Any] = {
    "fmod_f4": fmod_f4,
    "fmod_f8": fmod_f8,
    "mod_f4": mod_f4,
    "mod_f8": mod_f8,
    "floordiv_f4": floordiv_f4,
    "floordiv_f8": floordiv_f8,
}
