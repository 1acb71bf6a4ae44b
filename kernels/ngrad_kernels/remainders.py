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
INTEGERS = np.float64(2.0**53)
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
            step = step * GROW  # whose remainder has that of y, and which was below 1
        x = fma(-trunc(x / step), step, x)
    return x


@scalar
def fmod_f8(x, y):
    """In one step, where it can be, and without the rest of it a loop has no other branch: the
    integer is the one below the quotient, or, since that is rounded, the next.
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


NAMESPACE: dict[str, Any] = {}
for _code, _fmod in (("f4", fmod_f4), ("f8", fmod_f8)):
    _mod, _floordiv = _floored(_fmod)
    NAMESPACE |= {
        f"fmod_{_code}": _fmod,
        f"mod_{_code}": _mod,
        f"floordiv_{_code}": _floordiv,
    }
