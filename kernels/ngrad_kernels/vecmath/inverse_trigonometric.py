"""Inverse sine, cosine and tangent, and the angle of a point.

float32 goes through float64 with short polynomials; float64 carries the rounding errors of
quotients and roots along. Coefficients: minimax fits by tests/kernels/fit.py.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import (
    bits_of_f4,
    bits_of_f8,
    f4_from_bits,
    f8_from_bits,
    fabs,
    fma,
    scalar,
    select,
    sqrt,
)
from ngrad_kernels.vecmath.doubled import fast_two_sum, two_sum

ZERO = np.float64(0.0)
HALF = np.float64(0.5)
ONE = np.float64(1.0)
TWO = np.float64(2.0)
INFINITY = np.float64(np.inf)
PI, PI_LOW = np.float64(3.141592653589793), np.float64(1.2246467991473532e-16)
HALF_PI, HALF_PI_LOW = np.float64(1.5707963267948966), np.float64(6.123233995736766e-17)
QUARTER_PI, QUARTER_PI_LOW = np.float64(0.7853981633974483), np.float64(3.061616997868383e-17)
TANGENT = np.float64(0.41421356237309503)  # of pi/8
HUGE = np.float64(2.0**1020)
TINY = np.float64(2.0**-500)
UP = np.float64(2.0**510)
DOWN = np.float64(2.0**-5)

# (asin x - x) / x^3 in x^2, |x| <= 1/2: 2^-55.8, and 2^-27.6 for float32
ASIN_0 = np.float64(0.16666666666665403)
ASIN_1 = np.float64(0.07500000000338594)
ASIN_2 = np.float64(0.044642856826905886)
ASIN_3 = np.float64(0.030381959199949442)
ASIN_4 = np.float64(0.022371756447600463)
ASIN_5 = np.float64(0.017359730209862707)
ASIN_6 = np.float64(0.01388497250564151)
ASIN_7 = np.float64(0.012171008655512976)
ASIN_8 = np.float64(0.0065199217869334435)
ASIN_9 = np.float64(0.01955101586078942)
ASIN_10 = np.float64(-0.01626098272809061)
ASIN_11 = np.float64(0.03193809837105491)
ASIN4_0 = np.float64(0.16666752681208089)
ASIN4_1 = np.float64(0.0749528867538294)
ASIN4_2 = np.float64(0.045471606985927636)
ASIN4_3 = np.float64(0.024172952157424737)
ASIN4_4 = np.float64(0.042178239539835384)

# (atan t - t) / t^3 in t^2, |t| <= tan(pi/8): 2^-59.4, and 2^-30.5 for float32
ATAN_0 = np.float64(-0.333333333333332)
ATAN_1 = np.float64(0.19999999999953652)
ATAN_2 = np.float64(-0.14285714280196382)
ATAN_3 = np.float64(0.11111110783298875)
ATAN_4 = np.float64(-0.09090897751180547)
ATAN_5 = np.float64(0.07692060086520687)
ATAN_6 = np.float64(-0.06663102583999123)
ATAN_7 = np.float64(0.05847879090896621)
ATAN_8 = np.float64(-0.05039261916871611)
ATAN_9 = np.float64(0.03806357420996305)
ATAN_10 = np.float64(-0.017906250721715165)
ATAN4_0 = np.float64(-0.33333315171905503)
ATAN4_1 = np.float64(0.1999847041060114)
ATAN4_2 = np.float64(-0.1424351110099644)
ATAN4_3 = np.float64(0.10593640018767046)
ATAN4_4 = np.float64(-0.060777594590288725)


@scalar
def _signed_f4(x, y):
    """x >= 0 with the sign of y."""
    return f4_from_bits(bits_of_f4(x) | (bits_of_f4(y) & np.int32(-(2**31))))


@scalar
def _signed_f8(x, y):
    """x >= 0 with the sign of y."""
    return f8_from_bits(bits_of_f8(x) | (bits_of_f8(y) & np.int64(-(2**63))))


@scalar
def _asin_parts_f4(x):
    """(|x| > 1/2, a): asin |x| = a, or pi/2 - a where the first is true."""
    ax = fabs(x)
    big = ax > HALF
    z = select(big, fma(-HALF, ax, HALF), ax * ax)
    s = select(big, TWO * sqrt(z), ax)
    p = fma(fma(fma(fma(ASIN4_4, z, ASIN4_3), z, ASIN4_2), z, ASIN4_1), z, ASIN4_0)
    return big, fma(s * z, p, s)


@scalar
def asin_f4(x):
    """asin x = pi/2 - 2 asin sqrt((1 - x) / 2) above 1/2; in float64. Largest error 0.59 ulp."""
    big, a = _asin_parts_f4(np.float64(x))
    return _signed_f4(np.float32(select(big, HALF_PI - a, a)), x)


@scalar
def acos_f4(x):
    """acos x = 2 asin sqrt((1 - x) / 2) above 1/2; in float64. Largest error 0.59 ulp."""
    wide = np.float64(x)
    big, a = _asin_parts_f4(wide)
    small = HALF_PI - _signed_f8(a, wide)
    return np.float32(select(wide > HALF, a, select(big, PI - a, small)))


@scalar
def _asin_parts_f8(x):
    """(|x| > 1/2, h, l): asin |x| = h + l, or pi/2 - (h + l) where the first is true."""
    ax = fabs(x)
    big = ax > HALF
    z = select(big, fma(-HALF, ax, HALF), ax * ax)  # the first is exact
    root = sqrt(z)
    lost = fma(-root, root, z) / select(z > ZERO, root, ONE)  # 2 sqrt(z) - 2 root
    p = fma(fma(fma(fma(fma(ASIN_11, z, ASIN_10), z, ASIN_9), z, ASIN_8), z, ASIN_7), z, ASIN_6)
    p = fma(
        fma(fma(fma(fma(fma(p, z, ASIN_5), z, ASIN_4), z, ASIN_3), z, ASIN_2), z, ASIN_1), z, ASIN_0
    )
    h = select(big, TWO * root, ax)
    return big, h, fma(h * z, p, select(big, lost, ZERO))


@scalar
def asin_f8(x):
    """asin x = pi/2 - 2 asin sqrt((1 - x) / 2) above 1/2, the root with its error.

    Largest error 0.75 ulp.
    """
    big, h, l = _asin_parts_f8(x)  # noqa: E741
    s, e = fast_two_sum(HALF_PI, -h)
    return _signed_f8(select(big, s + (e + (HALF_PI_LOW - l)), h + l), x)


@scalar
def acos_f8(x):
    """acos x = 2 asin sqrt((1 - x) / 2) above 1/2, pi less that of -x below -1/2.

    Largest error 0.7 ulp.
    """
    big, h, l = _asin_parts_f8(x)  # noqa: E741
    right = x > HALF
    sign = select(right, ONE, select(big, -ONE, _signed_f8(ONE, -x)))  # of the arc against the base
    base = select(right, ZERO, select(big, PI, HALF_PI))
    base_low = select(right, ZERO, select(big, PI_LOW, HALF_PI_LOW))
    s, e = fast_two_sum(base, sign * h)
    return s + (e + fma(sign, l, base_low))


@scalar
def _angle_f4(y, x):
    """atan(y / x) for 0 <= y, x <= inf, not both 0 or infinite; about 30 bits in float64."""
    low = y <= TANGENT * x
    high = x <= TANGENT * y
    t = select(low, y, select(high, -x, y - x)) / select(low, x, select(high, y, y + x))
    z = t * t
    p = fma(fma(fma(fma(ATAN4_4, z, ATAN4_3), z, ATAN4_2), z, ATAN4_1), z, ATAN4_0)
    return fma(t * z, p, t) + select(low, ZERO, select(high, HALF_PI, QUARTER_PI))


@scalar
def atan_f4(x):
    """Within tan(pi/8) of 0, 1 and infinity by one polynomial, in float64.

    Largest error 0.51 ulp.
    """
    return _signed_f4(np.float32(_angle_f4(np.float64(fabs(x)), ONE)), x)


@scalar
def atan2_f4(y, x):
    """As atan, of |y| / |x|, then mirrored into the quadrant. Largest error 0.51 ulp."""
    ay, ax = fabs(np.float64(y)), fabs(np.float64(x))
    infinite = (ay == INFINITY) | (ax == INFINITY)
    py = select(infinite, select(ay == INFINITY, ONE, ZERO), ay)
    px = select(infinite, select(ax == INFINITY, ONE, ZERO), select(ay + ax == ZERO, ONE, ax))
    angle = _angle_f4(py, px)
    angle = select(_signed_f8(ONE, np.float64(x)) < ZERO, PI - angle, angle)
    value = _signed_f4(np.float32(angle), y)
    return select(y == y, select(x == x, value, x), y)


@scalar
def _angle_f8(y, x):
    """(h, l): atan(y / x) = h + l for 0 <= y, x, not both 0, the larger one in [2^-500, 2^1020]."""
    low = y <= TANGENT * x
    high = x <= TANGENT * y
    dh, dl = two_sum(y, x)
    nh, nl = two_sum(y, -x)
    middle = low == high  # both false
    numerator = select(low, y, select(high, -x, nh))
    denominator = select(low, x, select(high, y, dh))
    r = ONE / denominator
    t = numerator * r
    lost = fma(-t, denominator, numerator) + select(middle, fma(-t, dl, nl), ZERO)
    tl = lost * r
    z = t * t
    p = fma(fma(fma(fma(fma(ATAN_10, z, ATAN_9), z, ATAN_8), z, ATAN_7), z, ATAN_6), z, ATAN_5)
    p = fma(fma(fma(fma(fma(p, z, ATAN_4), z, ATAN_3), z, ATAN_2), z, ATAN_1), z, ATAN_0)
    tl = fma(t * z, p, fma(-z, tl, tl))
    h, e = fast_two_sum(select(low, ZERO, select(high, HALF_PI, QUARTER_PI)), t)
    base_low = select(low, ZERO, select(high, HALF_PI_LOW, QUARTER_PI_LOW))
    return h, e + (base_low + tl)


@scalar
def atan_f8(x):
    """Within tan(pi/8) of 0, 1 and infinity by one polynomial, the quotient with its error.

    Largest error 0.66 ulp.
    """
    ax = fabs(x)
    h, l = _angle_f8(select(ax > HUGE, HUGE, ax), ONE)  # noqa: E741
    return _signed_f8(h + l, x)


@scalar
def atan2_f8(y, x):
    """As atan, of |y| / |x|, then mirrored into the quadrant; scaled lest x + y or 1 / x overflow.

    Largest error 0.7 ulp; 1.5 ulp where y / x is below 2^-900.
    """
    ay, ax = fabs(y), fabs(x)
    larger = select(ay > ax, ay, ax)
    scale = select(larger > HUGE, DOWN, select(larger < TINY, UP, ONE))
    infinite = (ay == INFINITY) | (ax == INFINITY)
    py = select(infinite, select(ay == INFINITY, ONE, ZERO), ay * scale)
    px = select(
        infinite, select(ax == INFINITY, ONE, ZERO), select(larger == ZERO, ONE, ax * scale)
    )
    h, l = _angle_f8(py, px)  # noqa: E741
    left = _signed_f8(ONE, x) < ZERO
    s, e = fast_two_sum(select(left, PI, ZERO), select(left, -h, h))
    value = _signed_f8(s + (e + select(left, PI_LOW - l, l)), y)
    return select(y == y, select(x == x, value, x), y)
