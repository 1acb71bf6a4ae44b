"""pow, cbrt, hypot.

pow(x, y) = exp(y log |x|). In float64 the logarithm and the product are pairs of floats of some 65
bits, since the error of y log |x| is an absolute one and the product goes up to 745; in float32
float64 does. Sources: the series of atanh in double-double (J.-M. Muller, Elementary Functions, 3rd
ed., 2016, ch. 11 and 14), special cases by C99, Annex F.9.4.4. cbrt: a minimax polynomial for
m^(-1/3) and Newton's method without a division, the last step around the rounded result.
Coefficients by the Remez algorithm (tests/kernels/fit.py).
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import (
    bits_of_f8,
    copysign,
    f8_from_bits,
    fabs,
    fma,
    rint,
    scalar,
    select,
    sqrt,
)
from ngrad_kernels.vecmath.doubled import fast_two_sum
from ngrad_kernels.vecmath.exponential import (
    LN2_8,
    exp_reduced8,
    exp_wide4,
    halves8,
    power8,
)
from ngrad_kernels.vecmath.logarithm import (
    GROW8,
    INF4,
    INF8,
    INTEGER8,
    INTEGER_BITS8,
    LN2_HEAD8,
    LN2_TAIL8,
    NAN4,
    NAN8,
    TINY8,
)

ROOT_HALF_BITS8 = np.int64(0x3FE6A09E667F3BCD)
ONE_BITS8 = np.int64(0x3FF0000000000000)
THIRDS2 = 0.6666666666666666
THIRDS2_REST = 3.700743415417188e-17
CUBE_ROOT_HALF = 0.7937005259840998
CUBE_ROOT_QUARTER = 0.6299605249474366


@scalar
def split_from8(x, start):
    """(e, m): x = 2^e m of a positive normal x; m starts at the number with the bits `start`."""
    bits = bits_of_f8(x)
    e = (bits - start) >> 52
    return f8_from_bits(e + INTEGER_BITS8) - INTEGER8, f8_from_bits(bits - (e << 52))


@scalar
def log_of_ratio4(s, e):
    """e ln 2 + log((1 + s) / (1 - s)), |s| <= 0.1716, to 44 bits."""
    z = s * s
    p = fma(0.1958552770046132, z, 0.22176099152284)
    p = fma(p, z, 0.2857211114659674)
    p = fma(p, z, 0.39999995604647925)
    p = fma(p, z, 0.6666666667584646)
    return fma(e, LN2_8, fma(s * z, p, s + s))


@scalar
def log_wide4(x):
    """log(x) of a positive normal float64 to 44 bits: for results in float32."""
    e, m = split_from8(x, ROOT_HALF_BITS8)
    f = m - 1.0
    return log_of_ratio4(f / (2.0 + f), e)


@scalar
def cube_of_ratio8(s, s_low):
    """log((1 + s) / (1 - s)) - 2 s as a pair, relative error about 2^-59, a pair |s| <= 0.1716.

    s^3 (2/3 + s^2 P(s^2)), where only s^2 P is a plain float.
    """
    z = s * s
    z_low = fma(s + s, s_low, fma(s, s, -z))
    p = fma(0.1319787602107353, z, 0.13256655710189907)
    p = fma(p, z, 0.1538676407586412)
    p = fma(p, z, 0.18181784225678693)
    p = fma(p, z, 0.22222222521478374)
    p = fma(p, z, 0.2857142857009123)
    p = fma(p, z, 0.4000000000000227)
    c, c_low = fast_two_sum(THIRDS2, fma(z, p, THIRDS2_REST))
    w = z * c
    w_low = fma(z, c_low, fma(z_low, c, fma(z, c, -w)))
    u = s * w
    return u, fma(s, w_low, fma(s_low, w, fma(s, w, -u)))


@scalar
def log_of_ratio8(s, s_low, e):
    """e ln 2 + log((1 + s) / (1 - s)) as a pair, relative error about 2^-65; |s| <= 0.1716, a pair.

    2 s and the cube above.
    """
    u, u_low = cube_of_ratio8(s, s_low)
    head, tail = fast_two_sum(e * LN2_HEAD8, s + s)
    head, more = fast_two_sum(head, u)
    return fast_two_sum(head, tail + (more + fma(e, LN2_TAIL8, fma(2.0, s_low, u_low))))


@scalar
def log_pair8(x):
    """log(x) of a positive finite x as a pair, relative error about 2^-65."""
    small = x < TINY8
    e, m = split_from8(select(small, x * GROW8, x), ROOT_HALF_BITS8)
    e = select(small, e - 54.0, e)
    f = m - 1.0
    d, d_low = fast_two_sum(2.0, f)
    inverse = 1.0 / d
    s = f * inverse
    s_low = fma(-s, d_low, fma(-s, d, f)) * inverse
    return log_of_ratio8(s, s_low, e)


@scalar
def log_sum8(x, low):
    """log(x + low) of a pair as one, x normal and positive; relative error about 2^-65, off 1."""
    e, m = split_from8(x, ROOT_HALF_BITS8)
    m_low = low * power8(-e)
    f = m - 1.0
    d, d_low = fast_two_sum(2.0, f)
    inverse = 1.0 / d
    s = f * inverse
    s_low = (fma(-s, d_low, fma(-s, d, f)) + fma(-s, m_low, m_low)) * inverse
    s, s_low = fast_two_sum(s, s_low)
    return log_of_ratio8(s, s_low, e)


@scalar
def pow_special4(x, y, result):
    """The sign of pow and its special cases; `result` is |x|^y where that is ordinary."""
    a = fabs(x)
    zero = np.float32(0)
    half = np.float32(0.5) * y
    integral = rint(y) == y
    odd = integral & (rint(half) != half)
    edge = (a == zero) | (a == INF4)
    result = select(edge, select((a == zero) == (y < zero), INF4, zero), result)
    result = select(odd, copysign(result, x), result)
    result = select((x < zero) & (a < INF4) & ~integral, NAN4, result)
    ordered = (x == x) & (y == y)
    result = select(ordered, result, x + y)
    return select((y == zero) | (x == np.float32(1)), np.float32(1), result)


@scalar
def pow_special8(x, y, result):
    """The sign of pow and its special cases; `result` is |x|^y where that is ordinary."""
    a = fabs(x)
    half = 0.5 * y
    integral = rint(y) == y
    odd = integral & (rint(half) != half)
    edge = (a == 0.0) | (a == INF8)
    result = select(edge, select((a == 0.0) == (y < 0.0), INF8, 0.0), result)
    result = select(odd, copysign(result, x), result)
    result = select((x < 0.0) & (a < INF8) & ~integral, NAN8, result)
    ordered = (x == x) & (y == y)
    result = select(ordered, result, x + y)
    return select((y == 0.0) | (x == 1.0), 1.0, result)


@scalar
def pow_f4(x, y):
    """x to the power y, by float64. Max error 0.51 ulp."""
    b = select(y > np.float32(2.0**40), np.float32(2.0**40), y)  # |log x| is 0 or above 2^-25
    b = select(b < np.float32(-(2.0**40)), np.float32(-(2.0**40)), b)
    t = np.float64(b) * log_wide4(np.float64(fabs(x)))
    t = select(t < -110.0, -110.0, t)
    t = select(t > 90.0, 90.0, t)
    return pow_special4(x, y, np.float32(exp_wide4(t)))


@scalar
def pow_f8(x, y):
    """x to the power y. Max error 1.1 ulp."""
    h, low = log_pair8(fabs(x))
    b = select(y > 2.0**65, 2.0**65, y)  # |log x| is 0 or above 2^-54: nothing changes
    b = select(b < -(2.0**65), -(2.0**65), b)
    t = b * h
    t_low = fma(b, low, fma(b, h, -t))
    t_low = select(fabs(t) < 760.0, t_low, 0.0)
    t = select(t < -760.0, -760.0, t)
    t = select(t > 760.0, 760.0, t)
    shifted, _, r, rest = exp_reduced8(t, t_low)
    s, u = halves8(shifted)
    return pow_special8(x, y, (1.0 + (r + rest)) * s * u)


@scalar
def cbrt_start8(a):
    """(M, z, 2^k) of a positive normal a = 8^k M, 1 <= M < 8, where z is M^(-1/3) to 17 bits."""
    e, m = split_from8(a, ONE_BITS8)
    k = rint(fma(e, 1 / 3, -1 / 3))
    rest = e - 3.0 * k  # 0, 1 or 2
    z = fma(-0.017019049050471607, m, 0.15607172045596165)
    z = fma(z, m, -0.59787336114127)
    z = fma(z, m, 1.2437864520453736)
    z = fma(z, m, -1.5660294024561698)
    z = fma(z, m, 1.781057891317936)
    z = z * select(rest == 0.0, 1.0, select(rest == 1.0, CUBE_ROOT_HALF, CUBE_ROOT_QUARTER))
    return m * power8(rest), z, power8(k)


@scalar
def cbrt_f4(x):
    """The cube root of x, by float64. Max error 0.51 ulp."""
    a = fabs(x)
    m, z, power = cbrt_start8(np.float64(a))
    y = m * z * z
    y = fma(fma(-y * y, y, m) * (1 / 3), z * z, y)
    ordinary = (a > np.float32(0)) & (a < INF4)
    return select(ordinary, copysign(np.float32(y * power), x), x)


@scalar
def cbrt_f8(x):
    """The cube root of x. Max error 0.51 ulp."""
    a = fabs(x)
    small = a < TINY8
    m, z, power = cbrt_start8(select(small, a * GROW8, a))
    z = fma(fma(-m * z * z, z, 1.0) * (1 / 3), z, z)
    y = m * z * z
    square = y * y
    error = fma(-square, y, m) - fma(y, y, -square) * y
    y = fma(error * (1 / 3), z * z, y) * power
    y = copysign(select(small, y * 2.0**-18, y), x)
    return select((a > 0.0) & (a < INF8), y, x)


@scalar
def hypot_f4(x, y):
    """sqrt(x^2 + y^2), by float64. Max error 0.5 ulp."""
    a = np.float64(x)
    b = np.float64(y)
    infinite = (fabs(x) == INF4) | (fabs(y) == INF4)
    return select(infinite, INF4, np.float32(sqrt(fma(a, a, b * b))))


@scalar
def hypot_f8(x, y):
    """sqrt(x^2 + y^2), scaled where the squares could leave the range. Max error 1 ulp."""
    x = fabs(x)
    y = fabs(y)
    a = select(x > y, x, y)
    b = select(x > y, y, x)
    large = a > 2.0**500
    small = a < 2.0**-450
    scale = select(large, 2.0**-600, select(small, 2.0**600, 1.0))
    a = a * scale
    b = b * scale
    root = sqrt(fma(a, a, b * b))
    root = root * select(large, 2.0**600, select(small, 2.0**-600, 1.0))
    return select((x == INF8) | (y == INF8), INF8, root)
