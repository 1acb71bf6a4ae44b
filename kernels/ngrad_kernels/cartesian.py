"""Complex arithmetic by parts: products, quotients, and the order by real and then imaginary part.

No product is contracted with a sum, so the bits are those of the formulas as they stand, on every
target; and NumPy's, whose formulas these are. What Numba makes of `x * y` and `x / y` is Python's,
which from 3.14 on finds infinities where these have none.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad_kernels.intrinsics import COMPUTED, cartesian, copysign, fabs, scalar, select
from ngrad_kernels.vecmath.power import hypot_f4, hypot_f8


@scalar
def complex_multiply(x, y):
    """x * y."""
    return cartesian(x.real * y.real - x.imag * y.imag, x.real * y.imag + x.imag * y.real)


@scalar
def _product(x, y):
    return x * y


@scalar
def complex_equal(x, y):
    """Whether both parts are equal."""
    return (x.real == y.real) & (x.imag == y.imag)


@scalar
def complex_isnan(x):
    """Whether a part is NaN."""
    return (x.real != x.real) | (x.imag != x.imag)


@scalar
def complex_less(x, y):
    """Whether x comes before y: by the real part and, where these are equal, by the imaginary; a
    NaN comes before nothing, and nothing before it.
    """
    numbers = (x.imag == x.imag) & (y.imag == y.imag)
    return ((x.real < y.real) & numbers) | ((x.real == y.real) & (x.imag < y.imag))


@scalar
def complex_less_equal(x, y):
    """Whether x comes before y, or is equal to it."""
    numbers = (x.imag == x.imag) & (y.imag == y.imag)
    return ((x.real < y.real) & numbers) | ((x.real == y.real) & (x.imag <= y.imag))


def _of_precision(part: Any, hypot: Any) -> dict[str, Any]:
    """The functions that need numbers, or functions, of one precision."""
    zero, one, infinity = part(0), part(1), part(np.inf)

    @scalar
    def divide(x, y):
        """x / y as Smith has it (1962), by the larger part of y: what need not overflow does not.

        By 0 it is the quotient of each part by 0.
        """
        a, b = fabs(y.real), fabs(y.imag)
        wide = a >= b
        large, small = select(wide, y.real, y.imag), select(wide, y.imag, y.real)
        nothing = (a == zero) & (b == zero)
        ratio = select(nothing, zero, small / large)
        scale = one / select(nothing, a, large + small * ratio)
        re = select(wide, x.real + x.imag * ratio, x.real * ratio + x.imag) * scale
        im = select(wide, x.imag - x.real * ratio, x.imag * ratio - x.real) * scale
        by_zero = cartesian(x.real / a, x.imag / a)
        return select(nothing, by_zero, cartesian(re, im))

    @scalar
    def sign(x):
        """x / |x|, 0 at 0; of an infinity the direction, if it has one."""
        a, b = fabs(x.real), fabs(x.imag)
        length = hypot(x.real, x.imag)
        nothing = length == zero
        by = select(nothing, one, length)
        ordinary = cartesian(select(nothing, zero, x.real / by), select(nothing, zero, x.imag / by))
        endless = cartesian(
            select(a == infinity, copysign(one, x.real), zero),
            select(b == infinity, copysign(one, x.imag), zero),
        )
        one_way = (a == infinity) != (b == infinity)  # NaN beside an infinity turns it no other way
        return select(one_way, endless, ordinary)

    return {"divide": divide, "sign": sign}


NAMESPACE: dict[str, Any] = {
    "complex_multiply": complex_multiply,
    **{f"product_{code}": complex_multiply if code[0] == "c" else _product for code in COMPUTED},
    "complex_equal": complex_equal,
    "complex_isnan": complex_isnan,
    "complex_less": complex_less,
    "complex_less_equal": complex_less_equal,
    **{
        f"{name}_{code}": function
        for code, part, hypot in (("c8", np.float32, hypot_f4), ("c16", np.float64, hypot_f8))
        for name, function in _of_precision(part, hypot).items()
    },
}
"""The names that rendered source may use."""
