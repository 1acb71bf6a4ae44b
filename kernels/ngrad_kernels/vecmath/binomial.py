"""Binomial coefficients of numbers that need not be whole.

gamma(n + 1) / (gamma(k + 1) gamma(j + 1)) with j = n - k, where gamma(a + 1) is a gamma(a), or for
a < 0 it is 1 / (sin(pi |a|) / pi gamma(|a|)): of |n|, |k| and |j| one is the sum of the others, and
that of the three gammas, or its reciprocal, is `gamma_ratio`'s.

Source: M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 6.1.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fabs, fma, rint, scalar, select
from ngrad_kernels.vecmath.doubled import pair_multiply, two_sum
from ngrad_kernels.vecmath.exponential import LN2_8, LN2_REST8
from ngrad_kernels.vecmath.gamma import HALF, INFINITY, ONE, ZERO, sinc4
from ngrad_kernels.vecmath.gamma_ratio import (
    DOWN,
    HUGE,
    LARGEST,
    LARGEST4,
    UP,
    exp_quotient4,
    exp_quotient8,
    ratio4,
    ratio8,
    sinc_sum8,
)
from ngrad_kernels.vecmath.gamma_value import NAN, is_odd

LARGE, LESS, LESS_BITS = np.float64(2.0**500), np.float64(2.0**-600), np.float64(600.0)


@scalar
def factor8(a, low, negative):
    """(h, l, e): what gamma(a), without the factor 1 / a up to 1 / 2, is to be taken times, a >= 0.

    It is 2^e (h + l), so that products of two do not overflow.
    """
    n = rint(a)
    t, tl = two_sum(a - n, low)
    m = rint(t)  # not 0 where a is so large that all are whole
    t = t - m
    odd = is_odd(n) ^ is_odd(m)
    h, l = sinc_sum8(t, tl)  # noqa: E741
    big = a > HALF
    h = select(negative, select(odd, -h, h), ONE)
    l = select(negative, select(odd, -l, l), ZERO)  # noqa: E741
    huge = ~negative & (a > LARGE)
    scale = select(huge, LESS, ONE)
    sh = select(big, select(negative, t, a * scale), ONE)
    sl = select(big, select(negative, tl, low * scale), ZERO)
    h, l = pair_multiply(h, l, sh, sl)  # noqa: E741
    return h, l, select(huge, LESS_BITS, ZERO)


@scalar
def factor4(a, low, negative):
    """factor8 to 35 bits."""
    n = rint(a)
    t = (a - n) + low
    m = rint(t)
    t = t - m
    h = select(a > HALF, select(negative, t, a), ONE)
    sine = h * sinc4(t * t)
    return select(negative, select(is_odd(n) ^ is_odd(m), -sine, sine), h)


@scalar
def binom_edges8(n, k, value):
    """NaN where n is a pole, and where n or k is NaN or infinite, else `value`."""
    pole = (n < ZERO) & (rint(n) == n)
    finite = (fabs(n) < INFINITY) & (fabs(k) < INFINITY)
    return select(pole | ~finite, NAN, value)


@scalar
def binom_f4(n, k):
    """In float64. Largest error 0.52 ulp."""
    x, y = np.float64(n), np.float64(k)
    a = select(fabs(x) < INFINITY, fabs(x), LARGEST4)
    b = select(fabs(y) < INFINITY, fabs(y), LARGEST4)
    swap = b < a
    lo = select(swap, b, a)
    hi = select(swap, a, b)
    lneg = select(swap, y < ZERO, x < ZERO)
    hneg = select(swap, x < ZERO, y < ZERO)
    s, sl = two_sum(x, -y)
    most = (x < ZERO) != (y < ZERO)
    top, bottom, e = ratio4(lo, True, hi, True, fabs(s), True, most)
    first = factor4(lo, ZERO, lneg)
    second = factor4(hi, ZERO, hneg)
    third = factor4(fabs(s), select(s < ZERO, -sl, sl), s < ZERO)
    top = top * first * select(most, second, third)
    bottom = bottom * select(most, third, second)
    inverse = (x < ZERO) == (most | ~swap)
    value = exp_quotient4(
        select(inverse, bottom, top), select(inverse, top, bottom), select(inverse, -e, e)
    )
    return np.float32(binom_edges8(x, y, value))


@scalar
def binom_f8(n, k):
    """Largest error 0.85 ulp."""
    a = select(fabs(n) < INFINITY, fabs(n), LARGEST)
    b = select(fabs(k) < INFINITY, fabs(k), LARGEST)
    swap = b < a
    huge = (a > HUGE) | (b > HUGE)
    down = select(huge, DOWN, ONE)
    up = select(huge, UP, ONE)
    lo = select(swap, b, a) * down
    hi = select(swap, a, b) * down
    lneg = select(swap, k < ZERO, n < ZERO)
    hneg = select(swap, n < ZERO, k < ZERO)
    sh, sl = two_sum(n * down, -k * down)
    sneg = sh < ZERO
    sh = fabs(sh)
    sl = select(sneg, -sl, sl)
    most = (n < ZERO) != (k < ZERO)
    th, tl, bh, bl, eh, el = ratio8(lo, True, hi, True, sh, sl, True, most, down, up)

    fh, fl, f = factor8(lo * up, ZERO, lneg)
    gh, gl, g = factor8(hi * up, ZERO, hneg)
    jh, jl, j = factor8(sh * up, sl * up, sneg)
    shift = f + select(most, g - j, j - g)
    eh, e = two_sum(eh, shift * LN2_8)
    el = el + (e + fma(shift, LN2_REST8, fma(shift, LN2_8, -(shift * LN2_8))))
    th, tl = pair_multiply(th, tl, fh, fl)
    th, tl = pair_multiply(th, tl, select(most, gh, jh), select(most, gl, jl))
    bh, bl = pair_multiply(bh, bl, select(most, jh, gh), select(most, jl, gl))
    inverse = (n < ZERO) == (most | ~swap)
    value = exp_quotient8(
        select(inverse, bh, th),
        select(inverse, bl, tl),
        select(inverse, th, bh),
        select(inverse, tl, bl),
        select(inverse, -eh, eh),
        select(inverse, -el, el),
        ZERO,
    )
    return binom_edges8(n, k, value)
