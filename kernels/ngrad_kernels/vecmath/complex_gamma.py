"""The gamma function of complex numbers, its reciprocal, its logarithm and what derives from that.

In the upper half plane, whose mirror image the lower is. Left of 1/2 and within 8 of the real axis
a number is reflected, gamma(z) gamma(1 - z) = pi / sin(pi z). What then is within 8 of 0 in both
directions is raised by the recurrence, gamma(z) = gamma(z + n) / (z (z + 1) ... (z + n - 1)), and
there, as anywhere else at once, Stirling's series has ten terms. Left of 0 it lacks
log(1 - exp(2 pi i z)): from 8 above the axis on less than 2^-71. Around 1 and 2, where the
logarithm is 0, it is Taylor's series.

The logarithm is the one that is analytic but for negative numbers (`loggamma`, not the principal
one of gamma): each time that the product passes those its angle has grown by a whole turn, and by
reflection there is a turn for each second whole number on the way.

In complex64 everything is computed in float64 and rounded once. Errors in complex128 are in eps of
the modulus, or of 1 where the docstring says so; poles are met exactly, and what is real is real.

Sources: D. E. G. Hare, "Computing the principal branch of log-Gamma" (1997), prop. 3.1; M.
Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 6.1.40, 6.3.18 and 6.4.12.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import (
    cartesian,
    ceil,
    copysign,
    fabs,
    floor,
    fma,
    rint,
    scalar,
    select,
)
from ngrad_kernels.vecmath.complex_exponential import (
    INFINITY,
    _inverse,
    exp_c16,
    log1p_c16,
    log_c16,
    narrowed,
)
from ngrad_kernels.vecmath.exponential import exp_f8
from ngrad_kernels.vecmath.gamma_value import is_odd
from ngrad_kernels.vecmath.hyperbolic import cosh_f8, sinh_f8
from ngrad_kernels.vecmath.trigonometric import cos_f8, sin_f8

NAN = np.nan
PI = 3.141592653589793
LOG_PI = 1.1447298858494002
FAR = 8.0
HIGH = 700.0
LEFT = 0.4189385332046727  # log(2 pi) / 2 - 1/2

# B(2j) / (2j (2j - 1)), B(2j) / (2j) and B(2j), of Bernoulli's numbers
S_0 = 0.08333333333333333
S_1 = -0.002777777777777778
S_2 = 0.0007936507936507937
S_3 = -0.0005952380952380953
S_4 = 0.0008417508417508417
S_5 = -0.0019175269175269176
S_6 = 0.00641025641025641
S_7 = -0.029550653594771242
S_8 = 0.17964437236883057
S_9 = -1.3924322169059011
D_0 = 0.08333333333333333
D_1 = -0.008333333333333333
D_2 = 0.003968253968253968
D_3 = -0.004166666666666667
D_4 = 0.007575757575757576
D_5 = -0.021092796092796094
D_6 = 0.08333333333333333
D_7 = -0.4432598039215686
D_8 = 3.0539543302701198
D_9 = -26.456212121212122
T_0 = 0.16666666666666666
T_1 = -0.03333333333333333
T_2 = 0.023809523809523808
T_3 = -0.03333333333333333
T_4 = 0.07575757575757576
T_5 = -0.2531135531135531
T_6 = 1.1666666666666667
T_7 = -7.092156862745098
T_8 = 54.971177944862156
T_9 = -529.1242424242424

# log gamma(2 + u): u times the sum of these times powers of u
NEAR_0 = 0.42278433509846713
NEAR_1 = 0.3224670334241132
NEAR_2 = -0.0673523010531981
NEAR_3 = 0.020580808427784546
NEAR_4 = -0.007385551028673986
NEAR_5 = 0.0028905103307415234
NEAR_6 = -0.001192753911703261
NEAR_7 = 0.0005096695247430425
NEAR_8 = -0.00022315475845357939
NEAR_9 = 9.945751278180853e-05
NEAR_10 = -4.492623673813314e-05
NEAR_11 = 2.050721277567069e-05
NEAR_12 = -9.439488275268397e-06
NEAR_13 = 4.374866789907488e-06
NEAR_14 = -2.039215753801366e-06
NEAR_15 = 9.55141213040742e-07
NEAR_16 = -4.492469198764566e-07
NEAR_17 = 2.1207184805554665e-07
NEAR_18 = -1.0043224823968099e-07
NEAR_19 = 4.7698101693639804e-08
NEAR_20 = -2.2711094608943164e-08
NEAR_21 = 1.0838659214896955e-08
NEAR_22 = -5.183475041970047e-09
NEAR_23 = 2.4836745438024785e-09
NEAR_24 = -1.1921401405860912e-09


@scalar
def _times(x, y):
    return cartesian(x.real * y.real - x.imag * y.imag, x.real * y.imag + x.imag * y.real)


@scalar
def _plus(x, y):
    return cartesian(x.real + y.real, x.imag + y.imag)


@scalar
def _series(q, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9):
    """a0 + a1 q + ... + a9 q^9, by Goertzel's recurrence: two products for each coefficient."""
    s, m = 2.0 * q.real, q.real * q.real + q.imag * q.imag
    b = fma(s, a9, a8)
    c = fma(s, b, fma(-m, a9, a7))
    b = fma(s, c, fma(-m, b, a6))
    c = fma(s, b, fma(-m, c, a5))
    b = fma(s, c, fma(-m, b, a4))
    c = fma(s, b, fma(-m, c, a3))
    b = fma(s, c, fma(-m, b, a2))
    c = fma(s, b, fma(-m, c, a1))
    rest = fma(-m, b, a0)
    return cartesian(fma(q.real, c, rest), q.imag * c)


@scalar
def _near(q):
    """log gamma(2 + q) / q, for |q| <= 1/2."""
    s, m = 2.0 * q.real, q.real * q.real + q.imag * q.imag
    b = fma(s, NEAR_24, NEAR_23)
    c = fma(s, b, fma(-m, NEAR_24, NEAR_22))
    b = fma(s, c, fma(-m, b, NEAR_21))
    c = fma(s, b, fma(-m, c, NEAR_20))
    b = fma(s, c, fma(-m, b, NEAR_19))
    c = fma(s, b, fma(-m, c, NEAR_18))
    b = fma(s, c, fma(-m, b, NEAR_17))
    c = fma(s, b, fma(-m, c, NEAR_16))
    b = fma(s, c, fma(-m, b, NEAR_15))
    c = fma(s, b, fma(-m, c, NEAR_14))
    b = fma(s, c, fma(-m, b, NEAR_13))
    c = fma(s, b, fma(-m, c, NEAR_12))
    b = fma(s, c, fma(-m, b, NEAR_11))
    c = fma(s, b, fma(-m, c, NEAR_10))
    b = fma(s, c, fma(-m, b, NEAR_9))
    c = fma(s, b, fma(-m, c, NEAR_8))
    b = fma(s, c, fma(-m, b, NEAR_7))
    c = fma(s, b, fma(-m, c, NEAR_6))
    b = fma(s, c, fma(-m, b, NEAR_5))
    c = fma(s, b, fma(-m, c, NEAR_4))
    b = fma(s, c, fma(-m, b, NEAR_3))
    c = fma(s, b, fma(-m, c, NEAR_2))
    b = fma(s, c, fma(-m, b, NEAR_1))
    rest = fma(-m, c, NEAR_0)
    return cartesian(fma(q.real, b, rest), q.imag * b)


@scalar
def _factor(x, y, k, p, turns):
    """The product of factors below z + k and that one, which counts where its real part is less
    than 8; and how often its angle was half a whole turn.
    """
    below = x + k < FAR
    q = _times(p, cartesian(select(below, x + k, 1.0), select(below, y, 0.0)))
    return q, turns + select((p.imag >= 0.0) & (q.imag < 0.0), 1.0, 0.0)


@scalar
def _raised(x, y):
    """(w, p, turns): gamma(x + i y) = gamma(w) / p, for what is not to be reflected."""
    near = y < FAR
    a = select(near, x, FAR)
    p, turns = cartesian(1.0, 0.0), 0.0
    p, turns = _factor(a, y, 0.0, p, turns)
    p, turns = _factor(a, y, 1.0, p, turns)
    p, turns = _factor(a, y, 2.0, p, turns)
    p, turns = _factor(a, y, 3.0, p, turns)
    p, turns = _factor(a, y, 4.0, p, turns)
    p, turns = _factor(a, y, 5.0, p, turns)
    p, turns = _factor(a, y, 6.0, p, turns)
    p, turns = _factor(a, y, 7.0, p, turns)
    return cartesian(x + _steps(a), y), p, turns


@scalar
def _steps(a):
    """How many times 1 is added to a number, for 8 or more."""
    return select(a < FAR, ceil(FAR - a), 0.0)


@scalar
def _terms(x, y):
    """(w, first, second): the sums of 1 / (z + k) and of 1 / (z + k)^2, for z + k below w."""
    near = y < FAR
    a = select(near, x, FAR)
    first, second = cartesian(0.0, 0.0), cartesian(0.0, 0.0)
    first, second = _term(a, y, 0.0, first, second)
    first, second = _term(a, y, 1.0, first, second)
    first, second = _term(a, y, 2.0, first, second)
    first, second = _term(a, y, 3.0, first, second)
    first, second = _term(a, y, 4.0, first, second)
    first, second = _term(a, y, 5.0, first, second)
    first, second = _term(a, y, 6.0, first, second)
    first, second = _term(a, y, 7.0, first, second)
    return cartesian(x + _steps(a), y), first, second


@scalar
def _term(x, y, k, first, second):
    """These sums with 1 / (z + k), if its real part is less than 8."""
    below = x + k < FAR
    u, v = select(below, x + k, INFINITY), select(below, y, 0.0)
    size = u * u + v * v
    t = cartesian(select(below, u, 1.0) / size, -v / size)
    return _plus(first, t), _plus(second, _times(t, t))


@scalar
def _log_gamma(w):
    """Stirling's series."""
    log = log_c16(w)
    r = _inverse(w)
    series = _times(r, _series(_times(r, r), S_0, S_1, S_2, S_3, S_4, S_5, S_6, S_7, S_8, S_9))
    main = _times(cartesian(w.real - 0.5, w.imag), cartesian(log.real - 1.0, log.imag))
    return cartesian(main.real + (LEFT + series.real), main.imag + series.imag)


@scalar
def _sine(x, y):
    """(sin, cos) of pi z."""
    whole = rint(x)
    t = PI * (x - whole)
    s, c = sin_f8(t), cos_f8(t)
    sh, ch = sinh_f8(PI * y), cosh_f8(PI * y)
    sign = select(is_odd(whole), -1.0, 1.0)
    return (
        cartesian(sign * s * ch, sign * c * sh),
        cartesian(sign * c * ch, -sign * s * sh),
    )


@scalar
def _upper(z):
    """(x, y, left, pole): of z or its mirror image in the upper half plane, the parts; whether it
    is to be reflected, and whether it is a pole of gamma.
    """
    x, y = z.real, fabs(z.imag)
    left = (x < 0.5) & (y < FAR)
    return x, y, left, (y == 0.0) & (x <= 0.0) & (floor(x) == x)


@scalar
def _mirrored(z, re, im, nowhere):
    """re + i im in the half plane of z; NaN where there is nothing. What is infinite on the real
    axis is real.
    """
    im = select((z.imag == 0.0) & (im != im), 0.0, im)
    nowhere = nowhere | (re != re) | (im != im)
    return cartesian(select(nowhere, NAN, re), select(nowhere, NAN, copysign(1.0, z.imag) * im))


@scalar
def _exponent(x, y, left, sign):
    """(e, scale, p, s): gamma(z)^sign is e scale p^-sign or, `left`, e scale (pi p / s)^sign, where
    `scale` alone overflows.
    """
    w, p, _ = _raised(select(left, 1.0 - x, x), y)
    log = _log_gamma(w)
    a, b = sign * select(left, -log.real, log.real), sign * log.imag  # of the conjugate, turned
    low = select(a > HIGH, HIGH, a)
    s, _ = _sine(select(left, x, 0.0), select(left, y, 1.0))
    p = cartesian(p.real, select(left, -p.imag, p.imag))
    return exp_c16(cartesian(low, b)), exp_f8(select(a > low, a - low, 0.0)), p, s


@scalar
def gamma_c16(z):
    """Max error 40 eps of the modulus, and |log gamma(z)| of them where that is more."""
    x, y, left, pole = _upper(z)
    e, scale, p, s = _exponent(x, y, left, 1.0)
    e = _times(e, _inverse(select(left, s, p)))
    value = select(left, _times(e, cartesian(PI * p.real, PI * p.imag)), e)
    return _mirrored(z, value.real * scale, value.imag * scale, pole)


@scalar
def rgamma_c16(z):
    """0 at the poles of gamma. Max error 40 eps of the modulus, and as many as there."""
    x, y, left, pole = _upper(z)
    e, scale, p, s = _exponent(x, y, left, -1.0)
    inverse = _inverse(p)
    by = select(left, _times(s, cartesian(inverse.real / PI, inverse.imag / PI)), p)
    value = _times(e, by)
    value = _mirrored(z, value.real * scale, value.imag * scale, False)
    return select(pole, cartesian(0.0, z.imag), value)


@scalar
def loggamma_c16(z):
    """Max error 32 eps of the modulus, or of 1; about 1 and 2 of the modulus."""
    x, y, left, pole = _upper(z)
    u = select(left, 1.0 - x, x)
    w, p, turns = _raised(u, y)
    log, product = _log_gamma(w), log_c16(p)
    re, im = log.real - product.real, log.imag - (product.imag + 2.0 * PI * turns)

    one, two = cartesian(u - 1.0, y), cartesian(u - 2.0, y)
    about_one = one.real * one.real + y * y <= 0.25
    about_two = two.real * two.real + y * y < 0.25
    v = select(about_one, one, select(about_two, two, cartesian(0.0, 0.0)))
    near, more = _times(v, _near(v)), log1p_c16(v)
    re = select(about_one | about_two, near.real - select(about_one, more.real, 0.0), re)
    im = select(about_one | about_two, near.imag - select(about_one, more.imag, 0.0), im)

    s, _ = _sine(select(left, x, 0.0), select(left, y, 1.0))
    sine = log_c16(s)
    re = select(left, LOG_PI - sine.real - re, re)
    im = select(left, im - sine.imag + 2.0 * PI * floor(0.5 * x + 0.25), im)
    return _mirrored(z, re, im, pole)


@scalar
def digamma_c16(z):
    """Max error 16 eps of the modulus, or of 1."""
    x, y, left, pole = _upper(z)
    w, first, _ = _terms(select(left, 1.0 - x, x), y)
    log, r = log_c16(w), _inverse(w)
    q = _times(r, r)
    series = _times(q, _series(q, D_0, D_1, D_2, D_3, D_4, D_5, D_6, D_7, D_8, D_9))
    re = log.real - 0.5 * r.real - series.real - first.real
    im = log.imag - 0.5 * r.imag - series.imag - first.imag
    s, c = _sine(select(left, x, 0.0), select(left, y, 1.0))
    cot = _times(c, _inverse(s))
    re = select(left, re - PI * cot.real, re)
    im = select(left, -im - PI * cot.imag, im)
    return _mirrored(z, re, im, pole)


@scalar
def trigamma_c16(z):
    """Max error 6 eps of the modulus, or of 1."""
    x, y, left, pole = _upper(z)
    w, _, second = _terms(select(left, 1.0 - x, x), y)
    r = _inverse(w)
    q = _times(r, r)
    series = _times(_times(q, r), _series(q, T_0, T_1, T_2, T_3, T_4, T_5, T_6, T_7, T_8, T_9))
    re = r.real + 0.5 * q.real + series.real + second.real
    im = r.imag + 0.5 * q.imag + series.imag + second.imag
    s, _ = _sine(select(left, x, 0.0), select(left, y, 1.0))
    cosecant = _inverse(s)
    more = _times(cosecant, cosecant)
    re = select(left, PI * PI * more.real - re, re)
    im = select(left, PI * PI * more.imag + im, im)
    return _mirrored(z, re, im, pole)


gamma_c8, rgamma_c8, loggamma_c8 = narrowed(gamma_c16), narrowed(rgamma_c16), narrowed(loggamma_c16)
digamma_c8, trigamma_c8 = narrowed(digamma_c16), narrowed(trigamma_c16)
