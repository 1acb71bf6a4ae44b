"""The error function of complex numbers and its kin, by Faddeeva's function, w(z) = exp(-z^2) times
erfc(-i z).

In the first quadrant, of which the others are mirror images, that is an integral over the real line
by the trapezoidal rule with 12 nodes on either side, at multiples of h or half-way between them,
whichever are further from z, and what a pole of the integrand adds where it is near the line. Both
converge like exp(-pi^2 / h^2), which is less than 1e-16. Below the real axis w(z) is 2 exp(-z^2) -
w(-z).

Squares in exponents are computed with their rounding errors. Within 1 of 0, where erf and Dawson's
integral would cancel, they are Taylor's series. In complex64 everything is computed in float64 and
rounded once. Errors in complex128 are in eps of the modulus, or of 1 where the docstring says so:
erf, erfc, w and Dawson's integral have zeros. What is real or imaginary on an axis is so exactly.

Sources: M. Al Azah, S. N. Chandler-Wilde, "Computation of the complex error function using modified
trapezoidal rules" (2021); F. Matta, A. Reichel, "Uniform computation of the error function and
other related functions" (1971).
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import (
    cartesian,
    copysign,
    fabs,
    floor,
    fma,
    rint,
    scalar,
    select,
)
from ngrad_kernels.vecmath.complex_exponential import INFINITY, _inverse, exp_halved, narrowed
from ngrad_kernels.vecmath.complex_gamma import _times
from ngrad_kernels.vecmath.doubled import two_product, two_sum
from ngrad_kernels.vecmath.exponential import exp_f8
from ngrad_kernels.vecmath.trigonometric import cos_f8, sin_f8

NAN = np.nan
TWO_PI = 6.283185307179586
ROOT_PI = 1.772453850905516
FAR = 1e8
HIGH = 50.0

# 1 / h, where h^2 is pi / 12, and what that leaves; pi / h, 2 pi / h, 2 h / pi and h / pi
H_INVERSE = 1.9544100476116797
H_INVERSE_LOW = -4.159077300370675e-18
EDGE = 6.139960247678931
RISE = 12.279920495357862
OUTER = 0.32573500793527993
INNER = 0.16286750396763996

# (k + 1/2)^2 h^2 and exp of less that; (k + 1)^2 h^2, likewise
M_0, U_0 = 0.06544984694978737, 0.9366460212365959
M_1, U_1 = 0.5890486225480862, 0.5548549101598534
M_2, U_2 = 1.636246173744684, 0.1947095780852903
M_3, U_3 = 3.2070425005395804, 0.04047614460380574
M_4, U_4 = 5.301437602932776, 0.004984423132468586
M_5, U_5 = 7.9194314809242705, 0.00036360898638930446
M_6, U_6 = 11.061024134514064, 1.571296901780048e-05
M_7, U_7 = 14.726215563702155, 4.022405421564814e-07
M_8, U_8 = 18.915005768488548, 6.0998249159121596e-09
M_9, U_9 = 23.627394748873236, 5.479650239757527e-11
M_10, U_10 = 28.863382504856226, 2.916031755179499e-13
M_11, U_11 = 34.62296903643751, 9.192541525134372e-16
N_0, V_0 = 0.26179938779914946, 0.7696654124932398
N_1, V_1 = 1.0471975511965979, 0.350919807178411
N_2, V_2 = 2.356194490192345, 0.09478022484215486
N_3, V_3 = 4.188790204786391, 0.01516461986454657
N_4, V_4 = 6.544984694978736, 0.0014373060804075317
N_5, V_5 = 9.42477796076938, 8.06995175703046e-05
N_6, V_6 = 12.828170002158322, 2.684086793096743e-06
N_7, V_7 = 16.755160819145566, 5.2884221169441576e-08
N_8, V_8 = 21.205750411731103, 6.17247886522431e-10
N_9, V_9 = 26.179938779914945, 4.267731135455224e-12
N_10, V_10 = 31.677725923697082, 1.7479879405655014e-14
N_11, V_11 = 37.69911184307752, 4.241151183016078e-17

# erf(z) and Dawson's integral: z times the sum of these times powers of z^2
E_0 = 1.1283791670955126
E_1 = -0.37612638903183754
E_2 = 0.11283791670955126
E_3 = -0.026866170645131252
E_4 = 0.005223977625442188
E_5 = -0.0008548327023450853
E_6 = 0.00012055332981789664
E_7 = -1.492565035840625e-05
E_8 = 1.6462114365889248e-06
E_9 = -1.6365844691234924e-07
E_10 = 1.4807192815879218e-08
E_11 = -1.2290555301717928e-09
E_12 = 9.422759064650411e-11
E_13 = -6.7113668551641105e-12
E_14 = 4.4632242632864775e-13
E_15 = -2.7835162072109215e-14
E_16 = 1.6342614095367152e-15
E_17 = -9.063970842808673e-17
E_18 = 4.763348040515068e-18
D_0 = 1.0
D_1 = -0.6666666666666666
D_2 = 0.26666666666666666
D_3 = -0.0761904761904762
D_4 = 0.016931216931216932
D_5 = -0.0030784030784030783
D_6 = 0.0004736004736004736
D_7 = -6.314672981339648e-05
D_8 = 7.4290270368701745e-06
D_9 = -7.820028459863341e-07
D_10 = 7.447646152250801e-08
D_11 = -6.476214045435479e-09
D_12 = 5.180971236348383e-10
D_13 = -3.8377564713691727e-11
D_14 = 2.6467286009442573e-12
D_15 = -1.7075668393188757e-13
D_16 = 1.0348889935265912e-14
D_17 = -5.913651391580522e-16
D_18 = 3.196568319773255e-17
D_19 = -1.6392658050119255e-18


@scalar
def _square(x, y):
    """(u, u_low, v, v_low): y^2 - x^2 and -2 x y, the parts of -(x + i y)^2, with their errors."""
    a, a_low = two_sum(y, x)
    b, b_low = two_sum(y, -x)
    u, u_low = two_product(a, b)
    apart = (x != 0.0) & (y != 0.0)
    v, v_low = two_product(select(apart, -2.0 * x, 0.0), select(apart, y, 0.0))
    return u, fma(a, b_low, fma(b, a_low, u_low)), v, v_low


@scalar
def _gauss(x, y):
    """(e, scale): exp(-(x + i y)^2) is e scale, where e alone does not overflow."""
    u, u_low, v, v_low = _square(x, y)
    size, scale = exp_halved(u)
    size = select((fabs(u) < INFINITY) & (size < INFINITY), fma(size, u_low, size), size)
    c, s = cos_f8(v), sin_f8(v)
    c, s = fma(-s, v_low, c), fma(c, v_low, s)
    nothing = size == 0.0
    re, im = select(nothing, 0.0, size * c), select(nothing | (s == 0.0), s, size * s)
    return cartesian(re, select(nothing, 0.0, im)), scale


@scalar
def _node(d, y, t, e, re, im):
    """The sum re + i im with e / (d - t + i y)."""
    d = d - t
    e = e / (d * d + y * y)
    return fma(d, e, re), fma(-y, e, im)


@scalar
def _first(x, y):
    """w(x + i y) of numbers that are not negative."""
    far = (x > FAR) | (y > FAR)
    a, b = select(far, 1.0, x), select(far, 1.0, y)
    u = a * H_INVERSE
    share = u - floor(u)
    above = (b >= a) & (b >= EDGE)  # where no pole counts
    between = (share >= 0.25) & (share < 0.75) & ((b < a) | (b < EDGE))

    # The sum, times 2 i h z / pi, and the node at 0.
    d, y2 = (a - b) * (a + b), 2.0 * (a * b)
    re, im = 0.0, 0.0
    re, im = _node(d, y2, select(between, N_0, M_0), select(between, V_0, U_0), re, im)
    re, im = _node(d, y2, select(between, N_1, M_1), select(between, V_1, U_1), re, im)
    re, im = _node(d, y2, select(between, N_2, M_2), select(between, V_2, U_2), re, im)
    re, im = _node(d, y2, select(between, N_3, M_3), select(between, V_3, U_3), re, im)
    re, im = _node(d, y2, select(between, N_4, M_4), select(between, V_4, U_4), re, im)
    re, im = _node(d, y2, select(between, N_5, M_5), select(between, V_5, U_5), re, im)
    re, im = _node(d, y2, select(between, N_6, M_6), select(between, V_6, U_6), re, im)
    re, im = _node(d, y2, select(between, N_7, M_7), select(between, V_7, U_7), re, im)
    re, im = _node(d, y2, select(between, N_8, M_8), select(between, V_8, U_8), re, im)
    re, im = _node(d, y2, select(between, N_9, M_9), select(between, V_9, U_9), re, im)
    re, im = _node(d, y2, select(between, N_10, M_10), select(between, V_10, U_10), re, im)
    re, im = _node(d, y2, select(between, N_11, M_11), select(between, V_11, U_11), re, im)
    re, im = OUTER * (a * re - b * im), OUTER * (a * im + b * re)
    re, im = -im, re
    inverse = _inverse(cartesian(select(between, a, 1.0), select(between, b, 1.0)))
    re = select(between, fma(-INNER, inverse.imag, re), re)
    im = select(between, fma(INNER, inverse.real, im), im)

    # What the pole adds: 2 exp(-z^2) / (1 + exp(-2 pi i z / h)), or 1 less that.
    turn = TWO_PI * (fma(a, H_INVERSE, -rint(u)) + a * H_INVERSE_LOW)
    rise = exp_f8(RISE * select(b > HIGH, HIGH, b)) * select(between, -1.0, 1.0)
    pole = _inverse(cartesian(fma(rise, cos_f8(turn), 1.0), -rise * sin_f8(turn)))
    e, _ = _gauss(a, select(above, 0.0, b))
    add = _times(e, pole)
    re = select(above, re, fma(2.0, add.real, re))
    im = select(above, im, fma(2.0, add.imag, im))

    # Far out i / (sqrt(pi) z), and nothing at infinity.
    inverse = _inverse(cartesian(select(far, x, 1.0), select(far, y, 1.0)))
    endless = (x == INFINITY) | (y == INFINITY)
    re = select(far, select(endless, 0.0, -inverse.imag / ROOT_PI), re)
    im = select(far, select(endless, 0.0, inverse.real / ROOT_PI), im)
    missing = (x != x) | (y != y)
    return cartesian(select(missing, NAN, re), select(missing, NAN, select(x == 0.0, 0.0, im)))


@scalar
def wofz_c16(z):
    """Faddeeva's function. Max error 8 eps of the modulus, or, below the real axis, of 1."""
    x, y = z.real, z.imag
    w = _first(fabs(x), fabs(y))
    e, scale = _gauss(x, y)
    re = select(y == 0.0, e.real, w.real)
    im = select(x == 0.0, x, copysign(w.imag, x))
    below = y < 0.0
    low_re, low_im = 2.0 * e.real * scale - w.real, 2.0 * e.imag * scale
    low_im = select(x == 0.0, x, low_im + copysign(w.imag, x))
    return cartesian(select(below, low_re, re), select(below, low_im, im))


@scalar
def erfcx_c16(z):
    """w(i z). Max error 8 eps of the modulus, or, left of the imaginary axis, of 1."""
    return wofz_c16(cartesian(-z.imag, z.real))


@scalar
def _right(x, y):
    """erfc(x + i y) of numbers that are not negative."""
    e, scale = _gauss(x, y)
    w = _first(y, x)
    value = _times(e, cartesian(w.real, -w.imag))
    up = (x == 0.0) & (y == INFINITY)
    return cartesian(value.real * scale, select(up, -INFINITY, value.imag * scale))


@scalar
def erfc_c16(z):
    """Max error 8 eps of the modulus, or, left of the imaginary axis, of 1."""
    value = _right(fabs(z.real), fabs(z.imag))
    re = select(z.real < 0.0, 2.0 - value.real, value.real)
    im = select(z.imag < 0.0, -value.imag, value.imag)
    return cartesian(select(z.real == 0.0, 1.0, re), select(z.imag == 0.0, -z.imag, im))


@scalar
def _about_zero(z):
    """Whether a number is within 1 of 0; itself there, and its square, else 0."""
    near = z.real * z.real + z.imag * z.imag <= 1.0
    z = select(near, z, cartesian(0.0, 0.0))
    return near, z, _times(z, z)


@scalar
def erf_c16(z):
    """Max error 8 eps of the modulus, or of 1; within 1 of 0 of the modulus."""
    near, small, q = _about_zero(z)
    series = _erf_series(small, q)
    value = _right(fabs(z.real), fabs(z.imag))
    re = select(z.real == 0.0, z.real, copysign(1.0, z.real) * (1.0 - value.real))
    im = select(z.imag == 0.0, z.imag, copysign(1.0, z.imag) * -value.imag)
    return select(near, series, cartesian(re, im))


@scalar
def erfi_c16(z):
    """-i erf(i z). Max error 8 eps of the modulus, or of 1; within 1 of 0 of the modulus."""
    value = erf_c16(cartesian(-z.imag, z.real))
    return cartesian(value.imag, -value.real)


@scalar
def dawsn_c16(z):
    """Max error 8 eps of the modulus, or of 1; within 1 of 0 of the modulus."""
    near, small, q = _about_zero(z)
    series = _dawson_series(small, q)
    x, y = fabs(z.real), fabs(z.imag)
    e, scale = _gauss(x, y)
    w = _first(x, y)
    re = 0.5 * ROOT_PI * (w.imag - e.imag * scale)
    im = 0.5 * ROOT_PI * (e.real * scale - w.real)
    re = select(x == 0.0, z.real, copysign(1.0, z.real) * re)
    im = select(y == 0.0, z.imag, copysign(1.0, z.imag) * im)
    return select(near, series, cartesian(re, im))


@scalar
def _erf_series(z, q):
    """z (E_0 + E_1 q + ...), by Goertzel's recurrence: two products for each coefficient."""
    s, m = 2.0 * q.real, q.real * q.real + q.imag * q.imag
    b = fma(s, E_18, E_17)
    c = fma(s, b, fma(-m, E_18, E_16))
    b = fma(s, c, fma(-m, b, E_15))
    c = fma(s, b, fma(-m, c, E_14))
    b = fma(s, c, fma(-m, b, E_13))
    c = fma(s, b, fma(-m, c, E_12))
    b = fma(s, c, fma(-m, b, E_11))
    c = fma(s, b, fma(-m, c, E_10))
    b = fma(s, c, fma(-m, b, E_9))
    c = fma(s, b, fma(-m, c, E_8))
    b = fma(s, c, fma(-m, b, E_7))
    c = fma(s, b, fma(-m, c, E_6))
    b = fma(s, c, fma(-m, b, E_5))
    c = fma(s, b, fma(-m, c, E_4))
    b = fma(s, c, fma(-m, b, E_3))
    c = fma(s, b, fma(-m, c, E_2))
    b = fma(s, c, fma(-m, b, E_1))
    rest = fma(-m, c, E_0)
    return _times(cartesian(fma(q.real, b, rest), q.imag * b), z)


@scalar
def _dawson_series(z, q):
    """z (D_0 + D_1 q + ...), likewise."""
    s, m = 2.0 * q.real, q.real * q.real + q.imag * q.imag
    b = fma(s, D_19, D_18)
    c = fma(s, b, fma(-m, D_19, D_17))
    b = fma(s, c, fma(-m, b, D_16))
    c = fma(s, b, fma(-m, c, D_15))
    b = fma(s, c, fma(-m, b, D_14))
    c = fma(s, b, fma(-m, c, D_13))
    b = fma(s, c, fma(-m, b, D_12))
    c = fma(s, b, fma(-m, c, D_11))
    b = fma(s, c, fma(-m, b, D_10))
    c = fma(s, b, fma(-m, c, D_9))
    b = fma(s, c, fma(-m, b, D_8))
    c = fma(s, b, fma(-m, c, D_7))
    b = fma(s, c, fma(-m, b, D_6))
    c = fma(s, b, fma(-m, c, D_5))
    b = fma(s, c, fma(-m, b, D_4))
    c = fma(s, b, fma(-m, c, D_3))
    b = fma(s, c, fma(-m, b, D_2))
    c = fma(s, b, fma(-m, c, D_1))
    rest = fma(-m, b, D_0)
    return _times(cartesian(fma(q.real, c, rest), q.imag * c), z)


wofz_c8, erfcx_c8, erfc_c8 = narrowed(wofz_c16), narrowed(erfcx_c16), narrowed(erfc_c16)
erf_c8, erfi_c8, dawsn_c8 = narrowed(erf_c16), narrowed(erfi_c16), narrowed(dawsn_c16)
