"""Floats taken apart into mantissa and power of two, and put together: exact, by their bits.

x = m 2^e with 0.5 <= |m| < 1, as C's frexp has it; of zeros, infinities and NaN, m is x and e is 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad_kernels.intrinsics import bits_of, fabs, from_bits, scalar, select

# Of a width: bits of the fraction, what the power of 1 is in bits, and 2^so many more than it.
_FORMATS = {"f4": (23, 126, 24), "f8": (52, 1022, 54)}


def _functions(code: str) -> tuple[Any, ...]:
    fraction, bias, growth = _FORMATS[code]
    to_bits, to_float = bits_of[code], from_bits[code]
    number, word = np.dtype(code).type, np.dtype(f"i{code[1]}").type
    width, half, grown = word(fraction), word(bias), word(growth)
    low, mask = word((1 << fraction) - 1 - (1 << 8 * int(code[1]) - 1)), word(2 * bias + 3)
    tiny, grow = number(2.0**-bias), number(2.0**growth)
    rounder = number(1.5 * 2.0**fraction)
    start = word(rounder.view(word))
    most = number(3 * bias)
    top, infinite, zero = word(bias + 1), number(np.inf), number(0)

    @scalar
    def plain(x):
        """Whether x is neither zero nor infinite nor NaN."""
        return (x != zero) & (fabs(x) < infinite)

    @scalar
    def mantissa(x):
        bits = to_bits(select(fabs(x) < tiny, x * grow, x))
        return select(plain(x), to_float(word(word(bits & low) | word(half << width))), x)

    @scalar
    def exponent(x):
        small = fabs(x) < tiny
        bits = to_bits(select(small, x * grow, x))
        power = word(word(word(bits >> width) & mask) - half)
        power = select(small, word(power - grown), power)
        return select(plain(x), power, word(0))

    @scalar
    def power(n):
        """2^n of an integer, where that is a normal number."""
        return to_float(word(word(n + top) << width))

    @scalar
    def ldexp(x, y):
        """x 2^y of a whole float y, rounded once: the first product is exact."""
        y = select(y > most, most, select(y < -most, -most, y))
        n = word(exponent(x) + word(to_bits(y + rounder) - start))
        # Half of what is below the least normal number goes to the second factor, and is rounded.
        first = select(n > top, top, select(n < -half + 1, word(-half + 1), n))
        rest = word(n - first)
        rest = select(rest > top, top, select(rest < -half, word(-half), rest))
        return mantissa(x) * power(first) * power(rest)

    return mantissa, exponent, ldexp


NAMESPACE: dict[str, Any] = {
    f"{function.py_func.__name__}_{code}": function
    for code in _FORMATS
    for function in _functions(code)
}
