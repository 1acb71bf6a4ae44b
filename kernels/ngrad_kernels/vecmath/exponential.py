"""exp and what is made of it: exp2, expm1, sigmoid, softplus.

x = n ln 2 + r with |r| <= ln(2) / 2: the reduction of W. J. Cody and W. Waite (Software Manual for
the Elementary Functions, 1980), exact up to its last product thanks to fma, and a minimax
polynomial for exp(r) (the Remez algorithm; tests/kernels/fit.py), which stays a sum r + t of a
leading part without error and the rest.

n is never converted: adding 1.5 * 2^p rounds to an integer and leaves it in the low bits of the
sum, where a NaN does no harm. Every function has the same text for float32 and float64, other
constants aside.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import (
    bits_of_f4,
    bits_of_f8,
    copysign,
    f4_from_bits,
    f8_from_bits,
    fabs,
    fma,
    scalar,
    select,
)
from ngrad_kernels.vecmath.doubled import fast_two_sum, two_sum
from ngrad_kernels.vecmath.logarithm import (
    LN2_HEAD4,
    LN2_HEAD8,
    LN2_TAIL4,
    LN2_TAIL8,
    log_tail4,
    log_tail8,
)

LOG2E8 = 1.4426950408889634
LN2_8 = 0.6931471805599453
LN2_REST8 = 2.3190468138462996e-17
LOG2E4 = np.float32(LOG2E8)
LN2_4 = np.float32(LN2_8)
LN2_REST4 = np.float32(LN2_8 - float(LN2_4))
ROUND4 = np.float32(1.5 * 2.0**23 + 2 * 127)  # twice the bias: halves of n stay positive
ROUND8 = 1.5 * 2.0**52 + 2 * 1023
POWER4 = np.float32(1.5 * 2.0**23 + 127)
POWER8 = 1.5 * 2.0**52 + 1023
DOWN4 = np.float32(1.5 * 2.0**23 + 127 + 64)  # powers down to the smallest stay normal, 2^64 x
DOWN8 = 1.5 * 2.0**52 + 1023 + 512


@scalar
def halves4(shifted):
    """(s, t) with s * t = 2^n from n + ROUND4, |n| < 250: y * s * t rounds only once."""
    bits = bits_of_f4(shifted)
    half = np.int32(bits >> np.int32(1))
    rest = np.int32(np.int32(bits - half) << np.int32(23))
    return f4_from_bits(np.int32(half << np.int32(23))), f4_from_bits(rest)


@scalar
def halves8(shifted):
    """(s, t) with s * t = 2^n from n + ROUND8, |n| < 2040: y * s * t rounds only once."""
    bits = bits_of_f8(shifted)
    half = bits >> 1
    return f8_from_bits(half << 52), f8_from_bits((bits - half) << 52)


@scalar
def power4(n):
    """2^n for an integral -127 < n < 128."""
    return f4_from_bits(np.int32(bits_of_f4(n + POWER4) << np.int32(23)))


@scalar
def power8(n):
    """2^n for an integral -1023 < n < 1024."""
    return f8_from_bits(bits_of_f8(n + POWER8) << 52)


@scalar
def exp_rest4(r, low):
    """t of exp(r + low) = 1 + r + t, where |r| <= ln(2) / 2; `low` is at most an ulp of r or so."""
    near = r + low
    z = near * near
    p = fma(np.float32(0.0001974612), near, np.float32(0.0013935451))
    p = fma(p, z, fma(np.float32(0.008333564), near, np.float32(0.04166646)))
    p = fma(p, z, fma(np.float32(0.16666666), near, np.float32(0.5)))
    return fma(z, p, low)


@scalar
def exp_rest8(r, low):
    """t of exp(r + low) = 1 + r + t, where |r| <= ln(2) / 2; `low` is at most an ulp of r or so."""
    near = r + low
    z = near * near
    p = fma(2.5001413884916452e-08, near, 2.763065764765503e-07)
    p = fma(p, z, fma(2.755758034553591e-06, near, 2.48014920459725e-05))
    p = fma(p, z, fma(0.00019841269516268165, near, 0.0013888888944576482))
    p = fma(p, z, fma(0.008333333333488093, near, 0.04166666666652663))
    p = fma(p, z, fma(0.16666666666666427, near, 0.5000000000000011))
    return fma(z, p, low)


@scalar
def exp_reduced4(x):
    """(n + ROUND4, n, r, t): exp(x) = 2^n (1 + r + t), where r has no error and |t| < 0.08."""
    shifted = fma(x, LOG2E4, ROUND4)
    n = shifted - ROUND4
    head = fma(-n, LN2_4, x)  # exact
    return shifted, n, head, exp_rest4(head, -n * LN2_REST4)


@scalar
def exp_reduced8(x, low):
    """(n + ROUND8, n, r, t): exp(x + low) = 2^n (1 + r + t), r without error and |t| < 0.08."""
    shifted = fma(x, LOG2E8, ROUND8)
    n = shifted - ROUND8
    head = fma(-n, LN2_8, x)  # exact
    return shifted, n, head, exp_rest8(head, fma(-n, LN2_REST8, low))


@scalar
def exp_wide4(t):
    """exp(t) of a float64 |t| < 700 to 39 bits: for results in float32."""
    n = fma(t, LOG2E8, ROUND8) - ROUND8
    r = fma(-n, LN2_8, t)
    p = fma(2.4707797700703075e-05, r, 0.00019909300199320843)
    p = fma(p, r, 0.0013889200417053018)
    p = fma(p, r, 0.008333281257147537)
    p = fma(p, r, 0.04166666436874404)
    p = fma(p, r, 0.1666666678633358)
    p = fma(p, r, 0.5000000000435982)
    p = fma(p, r, 1.0)
    p = fma(p, r, 1.0)
    return p * power8(n)


@scalar
def exp_f4(x):
    """exp(x). Max error 0.87 ulp."""
    x = select(x < np.float32(-104.5), np.float32(-104.5), x)
    x = select(x > np.float32(89), np.float32(89), x)
    shifted, _, r, t = exp_reduced4(x)
    s, u = halves4(shifted)
    return (np.float32(1) + (r + t)) * s * u


@scalar
def exp_f8(x):
    """exp(x). Max error 0.87 ulp."""
    x = select(x < -746.0, -746.0, x)
    x = select(x > 710.0, 710.0, x)
    shifted, _, r, t = exp_reduced8(x, 0.0)
    s, u = halves8(shifted)
    return (1.0 + (r + t)) * s * u


@scalar
def exp_nonpositive4(x):
    """exp(x) of x <= 0 or NaN, bit for bit, without what larger arguments take."""
    x = select(x < np.float32(-104.5), np.float32(-104.5), x)
    shifted = fma(x, LOG2E4, DOWN4)
    n = shifted - DOWN4
    r = fma(-n, LN2_4, x)  # exact
    power = f4_from_bits(np.int32(bits_of_f4(shifted) << np.int32(23)))
    return (np.float32(1) + (r + exp_rest4(r, -n * LN2_REST4))) * power * np.float32(2.0**-64)


@scalar
def exp_nonpositive8(x):
    """exp(x) of x <= 0 or NaN, bit for bit, without what larger arguments take."""
    x = select(x < -746.0, -746.0, x)
    shifted = fma(x, LOG2E8, DOWN8)
    n = shifted - DOWN8
    r = fma(-n, LN2_8, x)  # exact
    power = f8_from_bits(bits_of_f8(shifted) << 52)
    return (1.0 + (r + exp_rest8(r, -n * LN2_REST8))) * power * 2.0**-512


@scalar
def exp2_f4(x):
    """2^x = 2^n exp((x - n) ln 2), whose product is split exactly. Max error 0.87 ulp."""
    x = select(x < np.float32(-151), np.float32(-151), x)
    x = select(x > np.float32(129), np.float32(129), x)
    shifted = x + ROUND4
    rest = x - (shifted - ROUND4)
    r = rest * LN2_4
    t = exp_rest4(r, fma(rest, LN2_REST4, fma(rest, LN2_4, -r)))
    s, u = halves4(shifted)
    return (np.float32(1) + (r + t)) * s * u


@scalar
def exp2_f8(x):
    """2^x = 2^n exp((x - n) ln 2), whose product is split exactly. Max error 0.87 ulp."""
    x = select(x < -1076.0, -1076.0, x)
    x = select(x > 1025.0, 1025.0, x)
    shifted = x + ROUND8
    rest = x - (shifted - ROUND8)
    r = rest * LN2_8
    t = exp_rest8(r, fma(rest, LN2_REST8, fma(rest, LN2_8, -r)))
    s, u = halves8(shifted)
    return (1.0 + (r + t)) * s * u


@scalar
def expm1_f4(x):
    """exp(x) - 1 = 2^n ((1 - 2^-n) + r + t). Max error 0.97 ulp."""
    y = select(x < np.float32(-20), np.float32(-20), x)
    y = select(y > np.float32(89), np.float32(89), y)
    shifted, n, r, t = exp_reduced4(y)
    one, less = two_sum(np.float32(1), -power4(select(n > np.float32(64), np.float32(-64), -n)))
    head, tail = fast_two_sum(one, r)  # for n = 0 the first is 0
    s, u = halves4(shifted)
    return copysign((head + (tail + (t + less))) * s * u, x)


@scalar
def expm1_f8(x):
    """exp(x) - 1 = 2^n ((1 - 2^-n) + r + t). Max error 1.2 ulp."""
    y = select(x < -40.0, -40.0, x)
    y = select(y > 710.0, 710.0, y)
    shifted, n, r, t = exp_reduced8(y, 0.0)
    one, less = two_sum(1.0, -power8(select(n > 128.0, -128.0, -n)))
    head, tail = fast_two_sum(one, r)  # for n = 0 the first is 0
    s, u = halves8(shifted)
    return copysign((head + (tail + (t + less))) * s * u, x)


@scalar
def sigmoid_f4(x):
    """1 / (1 + exp(-x)); for x < 0 it is exp(x) / (1 + exp(x)), scaled last. Max error 0.94 ulp."""
    y = -fabs(x)
    y = select(y < np.float32(-104.5), np.float32(-104.5), y)
    shifted, _, r, t = exp_reduced4(y)
    s, u = halves4(shifted)
    power = s * u  # exact: every power of two down to the smallest number
    head, tail = fast_two_sum(np.float32(1), r + t)
    below, rest = fast_two_sum(np.float32(1), head * power)
    negative = x < np.float32(0)
    above = select(negative, head, np.float32(1))
    inverse = np.float32(1) / below
    q = above * inverse
    error = fma(-q, below, above) + fma(-q, rest, select(negative, tail, np.float32(0)))
    q = fma(error, inverse, q)
    return select(negative, q * power, q)


@scalar
def sigmoid_f8(x):
    """1 / (1 + exp(-x)); for x < 0 it is exp(x) / (1 + exp(x)), scaled last. Max error 0.94 ulp."""
    y = -fabs(x)
    y = select(y < -746.0, -746.0, y)
    shifted, _, r, t = exp_reduced8(y, 0.0)
    s, u = halves8(shifted)
    power = s * u  # exact: every power of two down to the smallest number
    head, tail = fast_two_sum(1.0, r + t)
    below, rest = fast_two_sum(1.0, head * power)
    negative = x < 0.0
    above = select(negative, head, 1.0)
    inverse = 1.0 / below
    q = above * inverse
    error = fma(-q, below, above) + fma(-q, rest, select(negative, tail, 0.0))
    q = fma(error, inverse, q)
    return select(negative, q * power, q)


@scalar
def softplus_f4(x):
    """log(1 + exp(x)) = max(x, 0) + log(1 + z) with z = exp(-|x|) as a pair. Max error 0.93 ulp.

    1 + z is 1 + f, or from z = 1/3 on 2 (1 + f), so that |f| <= 1/3 as in log.
    """
    y = -fabs(x)
    y = select(y < np.float32(-104.5), np.float32(-104.5), y)
    shifted, _, r, t = exp_reduced4(y)
    s, u = halves4(shifted)
    head, tail = fast_two_sum(np.float32(1), r)
    head, tail = fast_two_sum(head, tail + t)
    z = head * s * u
    rest = tail * (s * u)
    large = z > np.float32(1 / 3)
    less, error = fast_two_sum(np.float32(-1), z)
    f = select(large, np.float32(0.5) * less, z)
    g = select(large, np.float32(0.5) * (rest + error), rest)
    g = fma(g, fma(f, f, -f), g) + select(large, LN2_TAIL4, np.float32(0))
    a, b = fast_two_sum(select(large, LN2_HEAD4, np.float32(0)), f)
    head, tail = two_sum(select(x > np.float32(0), x, np.float32(0)), a)
    result = head + (tail + (b + (g + log_tail4(f))))
    return select(x > np.float32(100), x, result)


@scalar
def softplus_f8(x):
    """log(1 + exp(x)) = max(x, 0) + log(1 + z) with z = exp(-|x|) as a pair. Max error 0.97 ulp.

    1 + z is 1 + f, or from z = 1/3 on 2 (1 + f), so that |f| <= 1/3 as in log.
    """
    y = -fabs(x)
    y = select(y < -746.0, -746.0, y)
    shifted, _, r, t = exp_reduced8(y, 0.0)
    s, u = halves8(shifted)
    head, tail = fast_two_sum(1.0, r)
    head, tail = fast_two_sum(head, tail + t)
    z = head * s * u
    rest = tail * (s * u)
    large = z > 1 / 3
    less, error = fast_two_sum(-1.0, z)
    f = select(large, 0.5 * less, z)
    g = select(large, 0.5 * (rest + error), rest)
    g = fma(g, fma(f, f, -f), g) + select(large, LN2_TAIL8, 0.0)
    a, b = fast_two_sum(select(large, LN2_HEAD8, 0.0), f)
    head, tail = two_sum(select(x > 0.0, x, 0.0), a)
    result = head + (tail + (b + (g + log_tail8(f))))
    return select(x > 800.0, x, result)


NONPOSITIVE = {"exp_nonpositive_f4": exp_nonpositive4, "exp_nonpositive_f8": exp_nonpositive8}
"""Not functions of their own: what kernels call for exp where they know its argument."""
