"""The derivative of digamma: the sum over k >= 0 of 1 / (x + k)^2.

From 1 on the first terms of the asymptotic series, 1 / x + 1 / (2 x^2), and a rational function of
1 / x for the rest of it, all of whose coefficients are positive. Below 1 one step of the
recurrence, trigamma(x) = trigamma(x + 1) + 1 / x^2; negative x are reflected, trigamma(x) =
(pi / sin(pi x))^2 - trigamma(1 - x). So below 1 there is always the square of a reciprocal, and it
is the larger term: trigamma has no zeros, and nothing cancels.

Source: M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 6.4. Coefficients: minimax
fits by tests/kernels/fit.py.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fma, rint, scalar, select
from ngrad_kernels.vecmath.doubled import two_product
from ngrad_kernels.vecmath.gamma import sinc4, sinc_pair8

ZERO = np.float64(0.0)
HALF = np.float64(0.5)
ONE = np.float64(1.0)
TWO = np.float64(2.0)
INFINITY = np.float64(np.inf)

# trigamma(y) = r + r^2 (1/2 + r TOP(r) / BOTTOM(r)) for r = 1 / y <= 1: 2^-58.14
TOP_0 = np.float64(0.16666666666666666)
TOP_1 = np.float64(2.4329519745903148)
TOP_2 = np.float64(16.747139302879805)
TOP_3 = np.float64(69.65345391927067)
TOP_4 = np.float64(189.67749696427794)
TOP_5 = np.float64(344.99469063389296)
TOP_6 = np.float64(409.83169176170605)
TOP_7 = np.float64(292.9724727056766)
TOP_8 = np.float64(98.21614330051483)
BOTTOM_0 = np.float64(1.0)
BOTTOM_1 = np.float64(14.597711847541929)
BOTTOM_2 = np.float64(100.68283581725544)
BOTTOM_3 = np.float64(420.84026588844443)
BOTTOM_4 = np.float64(1158.0586916148372)
BOTTOM_5 = np.float64(2152.050815518884)
BOTTOM_6 = np.float64(2676.4185101625662)
BOTTOM_7 = np.float64(2131.0460934564244)
BOTTOM_8 = np.float64(978.809519807459)
BOTTOM_9 = np.float64(196.4322865063136)

# the same of lower degree over one denominator, y^2 BOTTOM4(y): 2^-33.58
TOP4_0 = np.float64(0.712148057836629)
TOP4_1 = np.float64(2.711167017478221)
TOP4_2 = np.float64(5.226439633870333)
TOP4_3 = np.float64(5.689598584284519)
TOP4_4 = np.float64(3.4032049331170957)
TOP4_5 = np.float64(1.0)
BOTTOM4_0 = np.float64(0.7126794346772596)
BOTTOM4_1 = np.float64(2.7068949621804532)
BOTTOM4_2 = np.float64(4.071329774929183)
BOTTOM4_3 = np.float64(2.9032049331170957)
BOTTOM4_4 = np.float64(1.0)


@scalar
def trigamma_f4(x):
    """In float64. Largest error 0.51 ulp."""
    wide = np.float64(x)
    negative = wide < ZERO
    below = wide < ONE
    y = select(negative, ONE - wide, select(below, wide + ONE, wide))
    y = select(y < INFINITY, y, ONE)
    p = fma(fma(fma(TOP4_5, y, TOP4_4), y, TOP4_3), y, TOP4_2)
    p = fma(fma(p, y, TOP4_1), y, TOP4_0)
    q = fma(fma(fma(BOTTOM4_4, y, BOTTOM4_3), y, BOTTOM4_2), y, BOTTOM4_1)
    q = fma(q, y, BOTTOM4_0)
    series = p / (y * y * q)  # y^6 of the largest float32 is far from overflow in float64
    t = wide - rint(wide)
    r = ONE / select(negative, t * sinc4(t * t), wide)
    value = select(below, fma(r, r, select(negative, -series, series)), series)
    value = select(wide == INFINITY, ZERO, value)
    return select(x == x, np.float32(value), x)


@scalar
def trigamma_f8(x):
    """Largest error 1.55 ulp, for x < 0 0.75 ulp."""
    negative = x < ZERO
    below = x < ONE
    y = select(negative, ONE - x, select(below, x + ONE, x))
    y = select(y < INFINITY, y, ONE)
    r = ONE / y
    p = fma(fma(fma(fma(TOP_8, r, TOP_7), r, TOP_6), r, TOP_5), r, TOP_4)
    p = fma(fma(fma(fma(p, r, TOP_3), r, TOP_2), r, TOP_1), r, TOP_0)
    q = fma(fma(fma(fma(BOTTOM_9, r, BOTTOM_8), r, BOTTOM_7), r, BOTTOM_6), r, BOTTOM_5)
    q = fma(fma(fma(fma(q, r, BOTTOM_4), r, BOTTOM_3), r, BOTTOM_2), r, BOTTOM_1)
    q = fma(q, r, BOTTOM_0)
    # fma(-r, y, 1) is what the division left, exactly; r + r^2 about the slope of the series in it
    z = r * r
    series = r + fma(fma(-r, y, ONE), r + z, z * fma(r, p / q, HALF))

    t = x - rint(x)
    c, cl = sinc_pair8(t)
    h, low = two_product(t, c)
    low = fma(t, cl, low)
    h = select(negative, h, x)
    r = ONE / h
    square = r * r
    rest = fma(-r, h, ONE) - select(negative, r * low, ZERO)
    rest = fma(TWO * rest, square, fma(r, r, -square))
    value = select(negative, rest - series, rest + series)
    value = select(square < INFINITY, square + value, square)
    value = select(below, value, select(x == INFINITY, ZERO, series))
    return select(x == x, value, x)
