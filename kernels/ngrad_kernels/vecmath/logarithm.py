"""log, log1p, log2, log10.

x = 2^e (1 + f) with |f| <= 1/3, by integer arithmetic on the bits; log(x) = e ln 2 + f + tail(f).
The head of ln 2 is short enough for e ln 2 to be exact, and the sum with f keeps its rounding
error; with e = 0 the sum is f itself. float32: tail is f^2 times a minimax polynomial. float64:
with s = f / (2 + f), log(1 + f) = 2 atanh(s), an odd series in s, written around f so that the
error of the division is damped. Sources: the reduction and the series are textbook material
(J.-M. Muller, Elementary Functions, 3rd ed., 2016, ch. 11); coefficients by the Remez algorithm
(tests/kernels/fit.py).
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import (
    bits_of_f4,
    bits_of_f8,
    copysign,
    f4_from_bits,
    f8_from_bits,
    fma,
    scalar,
    select,
)
from ngrad_kernels.vecmath.doubled import fast_two_sum, two_product, two_sum

LN2_HEAD4 = np.float32(0.693145751953125)
LN2_TAIL4 = np.float32(1.4286068e-06)
LN2_HEAD8 = 0.693147180559663
LN2_TAIL8 = 2.8235290563031577e-13
LG2_HEAD4 = np.float32(0.301025390625)
LG2_TAIL4 = np.float32(4.605039e-06)
LG2_HEAD8 = 0.30102999566383914
LG2_TAIL8 = 1.42050232272661e-13
LOG2E_HEAD4 = np.float32(1.442695)
LOG2E_TAIL4 = np.float32(1.925963e-08)
LOG2E_HEAD8 = 1.4426950408889634
LOG2E_TAIL8 = 2.0355273740931033e-17
LOG10E_HEAD4 = np.float32(0.4342945)
LOG10E_TAIL4 = np.float32(-1.010305e-08)
LOG10E_HEAD8 = 0.4342944819032518
LOG10E_TAIL8 = 1.098319650216765e-17

TINY4 = np.float32(2.0**-126)
TINY8 = 2.0**-1022
GROW4 = np.float32(2.0**24)
GROW8 = 2.0**54
INF4 = np.float32(np.inf)
NAN4 = np.float32(np.nan)
INF8 = np.inf
NAN8 = np.nan
START4 = np.int32(0x3F2AAAAB)  # bits of 2/3, where 1 + f begins
START8 = np.int64(0x3FE5555555555555)
INTEGER8 = 1.5 * 2.0**52  # + e: the integer e in the low bits
INTEGER_BITS8 = np.int64(0x4338000000000000)


@scalar
def split4(x):
    """(e, f) of a positive normal x."""
    bits = bits_of_f4(x)
    e = np.int32(np.int32(bits - START4) >> np.int32(23))
    m = f4_from_bits(np.int32(bits - np.int32(e << np.int32(23))))
    return np.float32(e), m - np.float32(1)


@scalar
def split8(x):
    """(e, f) of a positive normal x; e becomes a float by its bits, which AVX2 can do as well."""
    bits = bits_of_f8(x)
    e = (bits - START8) >> 52
    return f8_from_bits(e + INTEGER_BITS8) - INTEGER8, f8_from_bits(bits - (e << 52)) - 1.0


@scalar
def split_any4(x):
    """(e, f) of a positive x, subnormal or not."""
    small = x < TINY4
    e, f = split4(select(small, x * GROW4, x))
    return select(small, e - np.float32(24), e), f


@scalar
def split_any8(x):
    """(e, f) of a positive x, subnormal or not."""
    small = x < TINY8
    e, f = split8(select(small, x * GROW8, x))
    return select(small, e - 54.0, e), f


@scalar
def log_tail_parts4(f):
    """(z, g) with log(1 + f) - f = g - z / 2 for |f| <= 1/3, z = f^2 rounded."""
    z, low = two_product(f, f)
    p = fma(np.float32(-0.12880209), f, np.float32(0.13984594))
    p = fma(p, f, np.float32(-0.121874474))
    p = fma(p, f, np.float32(0.14005734))
    p = fma(p, f, np.float32(-0.16680197))
    p = fma(p, f, np.float32(0.20010427))
    p = fma(p, f, np.float32(-0.24999806))
    p = fma(p, f, np.float32(0.33333215))
    return z, fma(z * f, p, np.float32(-0.5) * low)


@scalar
def log_tail4(f):
    """log(1 + f) - f for |f| <= 1/3."""
    z, g = log_tail_parts4(f)
    return fma(np.float32(-0.5), z, g)


@scalar
def log_tail8(f):
    """log(1 + f) - f for |f| <= 1/3: s (f^2 / 2 + R(s^2)) - f^2 / 2."""
    s = f / (2.0 + f)
    z = s * s
    p = fma(0.1384374194145962, z, 0.13173505724618986)
    p = fma(p, z, 0.15391116665112098)
    p = fma(p, z, 0.18181665765232163)
    p = fma(p, z, 0.22222224297636928)
    p = fma(p, z, 0.2857142855582398)
    p = fma(p, z, 0.4000000000005668)
    p = fma(p, z, 0.666666666666666)
    half = 0.5 * f * f
    return fma(s, fma(z, p, half), -half)


@scalar
def log_special4(x, y):
    """y, except where x is not a positive finite number."""
    other = select(x == np.float32(0), -INF4, select(x == INF4, INF4, NAN4))
    return select((x > np.float32(0)) & (x < INF4), y, other)


@scalar
def log_special8(x, y):
    """y, except where x is not a positive finite number."""
    other = select(x == 0.0, -INF8, select(x == INF8, INF8, NAN8))
    return select((x > 0.0) & (x < INF8), y, other)


@scalar
def log_f4(x):
    """log(x). Max error 0.83 ulp."""
    e, f = split_any4(x)
    head, tail = fast_two_sum(e * LN2_HEAD4, f)
    return log_special4(x, head + (tail + fma(e, LN2_TAIL4, log_tail4(f))))


@scalar
def log_f8(x):
    """log(x). Max error 0.83 ulp."""
    e, f = split_any8(x)
    head, tail = fast_two_sum(e * LN2_HEAD8, f)
    return log_special8(x, head + (tail + fma(e, LN2_TAIL8, log_tail8(f))))


@scalar
def log2_f4(x):
    """log2(x) = e + log2(e) (f + tail). Max error 0.86 ulp."""
    e, f = split_any4(x)
    p, low = two_product(f, LOG2E_HEAD4)
    head, tail = fast_two_sum(e, p)
    small = tail + fma(f, LOG2E_TAIL4, low)
    z, g = log_tail_parts4(f)
    small = fma(z, np.float32(-0.5) * LOG2E_HEAD4, fma(g, LOG2E_HEAD4, small))
    return log_special4(x, head + small)


@scalar
def log2_f8(x):
    """log2(x) = e + log2(e) (f + tail). Max error 0.98 ulp."""
    e, f = split_any8(x)
    p, low = two_product(f, LOG2E_HEAD8)
    head, tail = fast_two_sum(e, p)
    small = tail + fma(f, LOG2E_TAIL8, low)
    return log_special8(x, head + fma(log_tail8(f), LOG2E_HEAD8, small))


@scalar
def log10_f4(x):
    """log10(x) = e log10(2) + log10(e) (f + tail). Max error 0.88 ulp."""
    e, f = split_any4(x)
    p, low = two_product(f, LOG10E_HEAD4)
    head, tail = fast_two_sum(e * LG2_HEAD4, p)
    small = tail + fma(e, LG2_TAIL4, fma(f, LOG10E_TAIL4, low))
    z, g = log_tail_parts4(f)
    small = fma(z, np.float32(-0.5) * LOG10E_HEAD4, fma(g, LOG10E_HEAD4, small))
    return log_special4(x, head + small)


@scalar
def log10_f8(x):
    """log10(x) = e log10(2) + log10(e) (f + tail). Max error 1.3 ulp."""
    e, f = split_any8(x)
    p, low = two_product(f, LOG10E_HEAD8)
    head, tail = fast_two_sum(e * LG2_HEAD8, p)
    small = tail + fma(e, LG2_TAIL8, fma(f, LOG10E_TAIL8, low))
    return log_special8(x, head + fma(log_tail8(f), LOG10E_HEAD8, small))


@scalar
def log1p_sum4(x, low, extra):
    """log(1 + x + low) + extra ln 2 for finite x > -1 and |low| below an ulp of x."""
    u, c = two_sum(np.float32(1), x)
    bits = bits_of_f4(u)
    shift = np.int32(np.int32(np.int32(bits - START4) >> np.int32(23)) << np.int32(23))
    c = (c + low) * f4_from_bits(np.int32(np.int32(0x3F800000) - shift))
    c = select(u > np.float32(2.0**60), np.float32(0), c)  # as 2^-e need not be a number
    f, g = fast_two_sum(f4_from_bits(np.int32(bits - shift)) - np.float32(1), c)
    g = fma(g, fma(f, f, -f), g)  # g / (1 + f)
    e = np.float32(np.int32(shift >> np.int32(23))) + extra
    head, tail = fast_two_sum(e * LN2_HEAD4, f)
    return head + (tail + (g + fma(e, LN2_TAIL4, log_tail4(f))))


@scalar
def log1p_sum8(x, low, extra):
    """log(1 + x + low) + extra ln 2 for finite x > -1 and |low| below an ulp of x."""
    u, c = two_sum(1.0, x)
    bits = bits_of_f8(u)
    e = (bits - START8) >> 52
    shift = e << 52
    c = (c + low) * f8_from_bits(np.int64(0x3FF0000000000000) - shift)
    c = select(u > 2.0**100, 0.0, c)  # as 2^-e need not be a number
    f, g = fast_two_sum(f8_from_bits(bits - shift) - 1.0, c)
    g = fma(g, fma(f, f, -f), g)  # g / (1 + f)
    n = f8_from_bits(e + INTEGER_BITS8) - INTEGER8 + extra
    head, tail = fast_two_sum(n * LN2_HEAD8, f)
    return head + (tail + (g + fma(n, LN2_TAIL8, log_tail8(f))))


@scalar
def log1p_f4(x):
    """log(1 + x): the rounding error of 1 + x is carried along. Max error 0.84 ulp."""
    y = copysign(log1p_sum4(x, np.float32(0), np.float32(0)), x)
    other = select(x == np.float32(-1), -INF4, select(x == INF4, INF4, NAN4))
    return select((x > np.float32(-1)) & (x < INF4), y, other)


@scalar
def log1p_f8(x):
    """log(1 + x): the rounding error of 1 + x is carried along. Max error 0.85 ulp."""
    y = copysign(log1p_sum8(x, 0.0, 0.0), x)
    other = select(x == -1.0, -INF8, select(x == INF8, INF8, NAN8))
    return select((x > -1.0) & (x < INF8), y, other)
