"""The inverses of erf and erfc, and of the normal distribution function and its logarithm.

One of two forms, with a quotient of polynomials in each: near the middle, |x| <= c = 27/32,
erfinv(x) = x (sqrt(pi) / 2 + x^2 P(u) / Q(u)) with u = c^2 - x^2; further out, where p <= 5/64 is
the share of the tail, erfcinv(2 p) = r + P(r) / Q(r) with r = sqrt(-log(p)). All coefficients of a
polynomial have one sign and its argument is positive, so that nothing cancels; the quotients are
small beside what they are added to. The two forms are selected before the one division.

Source of the two variables: M. J. Wichura, "Algorithm AS 241: The percentage points of the normal
distribution" (1988). Coefficients: tests/kernels/fit.py, near_rational.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import copysign, fabs, fma, scalar, select, sqrt
from ngrad_kernels.vecmath.doubled import fast_two_sum, pair_multiply, two_product, two_sum
from ngrad_kernels.vecmath.exponential import exp_reduced8, power8
from ngrad_kernels.vecmath.logarithm import (
    INF4,
    INF8,
    LN2_HEAD8,
    LN2_TAIL8,
    NAN4,
    NAN8,
    log_tail8,
    split_any8,
)
from ngrad_kernels.vecmath.power import log_wide4

CENTRE, CENTRE_LOW = 0.8862269254527580, 1.4728933874949224e-18  # sqrt(pi) / 2
EDGE = 0.84375  # of the form near the middle
SQUARE = EDGE * EDGE
SHARE = 0.078125  # of the tail there
ROOT, ROOT_LOW = 1.4142135623730951, -9.667293313452913e-17  # sqrt(2)
LN2, LN2_LOW = 0.6931471805599453, 2.3190468138462996e-17
LOG_PI = 1.1447298858494002
LOWER = 2.5490  # of -log(p): from here on p is below SHARE
UPPER = 0.0813  # of -log(p): up to here 1 - p is below SHARE
BEYOND = 740.0  # of -log(p): the end of the form in r

# middle: for float32, 2^-35.19 (of the quotient times x^2); for float64, 2^-61.30
NEAR4_P_0 = np.float64(0.4241544029851799)
NEAR4_P_1 = np.float64(2.1111178289244834)
NEAR4_P_2 = np.float64(2.921471917096305)
NEAR4_P_3 = np.float64(1.0375711467388966)
NEAR4_P_4 = np.float64(0.016491702254794436)
NEAR4_Q_0 = np.float64(1.0)
NEAR4_Q_1 = np.float64(6.440598047005634)
NEAR4_Q_2 = np.float64(13.28876419655632)
NEAR4_Q_3 = np.float64(9.728526437120443)
NEAR4_Q_4 = np.float64(1.9044262533128082)
NEAR_P_0 = np.float64(0.42415440301227897)
NEAR_P_1 = np.float64(4.350443463513891)
NEAR_P_2 = np.float64(17.207729576509717)
NEAR_P_3 = np.float64(33.11677439878232)
NEAR_P_4 = np.float64(32.228148625832205)
NEAR_P_5 = np.float64(14.969578257636252)
NEAR_P_6 = np.float64(2.7934408074513093)
NEAR_P_7 = np.float64(0.13354835350294217)
NEAR_Q_0 = np.float64(1.0)
NEAR_Q_1 = np.float64(11.720103897973756)
NEAR_Q_2 = np.float64(54.69631198282336)
NEAR_Q_3 = np.float64(129.98899945427962)
NEAR_Q_4 = np.float64(167.22096314560702)
NEAR_Q_5 = np.float64(114.54473198210746)
NEAR_Q_6 = np.float64(38.43344471470029)
NEAR_Q_7 = np.float64(5.234662112827637)
NEAR_Q_8 = np.float64(0.18186876577022823)

# tail, relative to erfcinv: for float32, 1.58 <= r <= 10.3, 2^-35.93; for float64, 1.58 <= r <=
# 27.4, 2^-64.20
FAR4_P_0 = np.float64(-2.2420207555601386)
FAR4_P_1 = np.float64(-8.904069826569975)
FAR4_P_2 = np.float64(-4.511577575458723)
FAR4_P_3 = np.float64(-0.5599761007426645)
FAR4_P_4 = np.float64(-0.015274835591707486)
FAR4_P_5 = np.float64(-1.6347576812198267e-05)
FAR4_Q_0 = np.float64(1.0)
FAR4_Q_1 = np.float64(7.610716810939695)
FAR4_Q_2 = np.float64(9.518105593834834)
FAR4_Q_3 = np.float64(2.9311693768576093)
FAR4_Q_4 = np.float64(0.2558604693620087)
FAR4_Q_5 = np.float64(0.004882704200173931)
FAR_P_0 = np.float64(-2.643839656641953)
FAR_P_1 = np.float64(-46.813849623486796)
FAR_P_2 = np.float64(-189.23519519028682)
FAR_P_3 = np.float64(-286.07494401132436)
FAR_P_4 = np.float64(-207.13723080750688)
FAR_P_5 = np.float64(-85.85713898091606)
FAR_P_6 = np.float64(-20.026071890400278)
FAR_P_7 = np.float64(-2.409799742376624)
FAR_P_8 = np.float64(-0.13966288235190213)
FAR_P_9 = np.float64(-0.0036094659513634057)
FAR_P_10 = np.float64(-3.6095352215465506e-05)
FAR_P_11 = np.float64(-9.944535933163416e-08)
FAR_P_12 = np.float64(-1.03938049644542e-11)
FAR_Q_0 = np.float64(1.0)
FAR_Q_1 = np.float64(26.047288288973697)
FAR_Q_2 = np.float64(149.60312889702743)
FAR_Q_3 = np.float64(324.193834898114)
FAR_Q_4 = np.float64(334.33395045268895)
FAR_Q_5 = np.float64(190.44749111529765)
FAR_Q_6 = np.float64(64.48882911865391)
FAR_Q_7 = np.float64(12.320070708303692)
FAR_Q_8 = np.float64(1.2282603824755207)
FAR_Q_9 = np.float64(0.0597763331203146)
FAR_Q_10 = np.float64(0.00130448094418248)
FAR_Q_11 = np.float64(1.0902122168809632e-05)
FAR_Q_12 = np.float64(2.3805908090350515e-08)


@scalar
def _quantile4(x, near, t):
    """erfinv(x) where `near`, else erfcinv(2 exp(-t)), 31 bits in float64."""
    z = x * x
    u = SQUARE - z
    p = fma(fma(fma(fma(NEAR4_P_4, u, NEAR4_P_3), u, NEAR4_P_2), u, NEAR4_P_1), u, NEAR4_P_0)
    q = fma(fma(fma(fma(NEAR4_Q_4, u, NEAR4_Q_3), u, NEAR4_Q_2), u, NEAR4_Q_1), u, NEAR4_Q_0)
    r = sqrt(t)
    a = fma(fma(fma(fma(FAR4_P_5, r, FAR4_P_4), r, FAR4_P_3), r, FAR4_P_2), r, FAR4_P_1)
    a = fma(a, r, FAR4_P_0)
    b = fma(fma(fma(fma(FAR4_Q_5, r, FAR4_Q_4), r, FAR4_Q_3), r, FAR4_Q_2), r, FAR4_Q_1)
    b = fma(b, r, FAR4_Q_0)
    quotient = select(near, z * p, a) / select(near, q, b)
    return (select(near, CENTRE, r) + quotient) * select(near, x, 1.0)


@scalar
def _quantile8(x, low, near, t, rest):
    """A pair: erfinv(x + low) where `near`, else erfcinv(2 exp(-t - rest))."""
    z = x * x
    u = SQUARE - z
    p = fma(fma(fma(fma(NEAR_P_7, u, NEAR_P_6), u, NEAR_P_5), u, NEAR_P_4), u, NEAR_P_3)
    p = fma(fma(fma(p, u, NEAR_P_2), u, NEAR_P_1), u, NEAR_P_0)
    q = fma(fma(fma(fma(NEAR_Q_8, u, NEAR_Q_7), u, NEAR_Q_6), u, NEAR_Q_5), u, NEAR_Q_4)
    q = fma(fma(fma(fma(q, u, NEAR_Q_3), u, NEAR_Q_2), u, NEAR_Q_1), u, NEAR_Q_0)
    r = sqrt(t)
    a = fma(fma(fma(fma(FAR_P_12, r, FAR_P_11), r, FAR_P_10), r, FAR_P_9), r, FAR_P_8)
    a = fma(fma(fma(fma(a, r, FAR_P_7), r, FAR_P_6), r, FAR_P_5), r, FAR_P_4)
    a = fma(fma(fma(fma(a, r, FAR_P_3), r, FAR_P_2), r, FAR_P_1), r, FAR_P_0)
    b = fma(fma(fma(fma(FAR_Q_12, r, FAR_Q_11), r, FAR_Q_10), r, FAR_Q_9), r, FAR_Q_8)
    b = fma(fma(fma(fma(b, r, FAR_Q_7), r, FAR_Q_6), r, FAR_Q_5), r, FAR_Q_4)
    b = fma(fma(fma(fma(b, r, FAR_Q_3), r, FAR_Q_2), r, FAR_Q_1), r, FAR_Q_0)
    quotient = select(near, z * p, a) / select(near, q, b)
    h, l = fast_two_sum(select(near, CENTRE, r), quotient)  # noqa: E741
    l = l + select(near, CENTRE_LOW, (fma(-r, r, t) + rest) / (r + r))  # noqa: E741
    x = select(near, x, 1.0)
    ph, pl = two_product(h, x)
    return ph, pl + fma(l, x, h * select(near, low, 0.0))


@scalar
def _minus_log(x, halvings):
    """-log(x 2^-halvings) of a positive x, as a pair."""
    e, f = split_any8(x)
    n = halvings - e
    h, l = fast_two_sum(n * LN2_HEAD8, -f)  # noqa: E741
    return fast_two_sum(h, l + fma(n, LN2_TAIL8, -log_tail8(f)))


@scalar
def erfinv_f4(x):
    """In float64. Largest error 0.51 ulp."""
    wide = np.float64(x)
    a = fabs(wide)
    value = np.float32(_quantile4(a, a <= EDGE, LN2 - log_wide4(1.0 - a)))
    value = select(a < 1.0, value, select(a == 1.0, INF4, NAN4))
    return copysign(value, x)


@scalar
def erfinv_f8(x):
    """Largest error 2.1 ulp."""
    a = fabs(x)
    t, rest = _minus_log(1.0 - a, 1.0)
    h, l = _quantile8(a, 0.0, a <= EDGE, t, rest)  # noqa: E741
    value = select(a < 1.0, h + l, select(a == 1.0, INF8, NAN8))
    return copysign(value, x)


@scalar
def erfcinv_f4(x):
    """In float64. Largest error 0.51 ulp."""
    wide = np.float64(x)
    q = select(wide > 1.0, 2.0 - wide, wide)
    value = np.float32(_quantile4(1.0 - q, q >= 2.0 * SHARE, LN2 - log_wide4(q)))
    value = select(q > 0.0, value, select(q == 0.0, INF4, NAN4))
    return select(wide > 1.0, -value, value)


@scalar
def erfcinv_f8(x):
    """Largest error 2.2 ulp."""
    q = select(x > 1.0, 2.0 - x, x)
    c, low = fast_two_sum(1.0, -q)
    t, rest = _minus_log(q, 1.0)
    h, l = _quantile8(c, low, q >= 2.0 * SHARE, t, rest)  # noqa: E741
    value = select(q > 0.0, h + l, select(q == 0.0, INF8, NAN8))
    return select(x > 1.0, -value, value)


@scalar
def ndtri_f4(x):
    """In float64. Largest error 0.51 ulp."""
    wide = np.float64(x)
    p = select(wide > 0.5, 1.0 - wide, wide)
    value = np.float32(ROOT * _quantile4(fma(-2.0, p, 1.0), p >= SHARE, -log_wide4(p)))
    value = select(p > 0.0, value, select(p == 0.0, INF4, NAN4))
    return select(wide < 0.5, -value, value)


@scalar
def ndtri_f8(x):
    """Largest error 2.7 ulp."""
    p = select(x > 0.5, 1.0 - x, x)
    c, low = fast_two_sum(1.0, -2.0 * p)
    t, rest = _minus_log(p, 0.0)
    h, l = _quantile8(c, low, p >= SHARE, t, rest)  # noqa: E741
    h, l = pair_multiply(h, l, ROOT, ROOT_LOW)  # noqa: E741
    value = select(p > 0.0, h + l, select(p == 0.0, INF8, NAN8))
    return select(x < 0.5, -value, value)


@scalar
def _asymptotic(t):
    """erfcinv(exp(-t))^2 for t > 700.

    It is s with s + log(pi s) / 2 + v - 5/2 v^2 + ... = t, where v = 1 / (2 s) (DLMF 7.12.1): one
    step of Newton's method, from a first s whose logarithm differs little from that of t.
    """
    head, low = _minus_log(t, 0.0)
    first = 0.5 * (LOG_PI - (head + low))  # log(pi t) / 2
    less = first - 0.5 * (first - 1.0) / t
    d = -less / t
    p = fma(fma(fma(fma(1 / 7, d, -1 / 6), d, 1 / 5), d, -1 / 4), d, 1 / 3)
    log = fma(d * d, fma(p, d, -0.5), d)  # log(1 + d)
    v = 0.5 / (t - less)
    p = fma(fma(fma(fma(4081 / 5, v, -353 / 4), v, 37 / 3), v, -2.5), v, 1.0)
    error = (first - less) + fma(0.5, log, p * v)
    return t - (less + error / fma(fma(-2.0, v, 1.0), v, 1.0))


@scalar
def ndtri_exp_f8(x):
    """ndtri(exp(x)). Largest error 2.8 ulp.

    1 - 2 exp(x) in the middle, and 1 - exp(x) in the upper tail, are pairs by way of expm1.
    """
    a = -x
    lower = a > LOWER
    upper = a < UPPER
    d, low = two_sum(LN2, -a)
    d = select(upper, -a, select(lower, 0.0, d))
    _, n, r, t = exp_reduced8(d, select(upper, 0.0, low + LN2_LOW))
    power = power8(n)
    one, less = two_sum(1.0, -power8(-n))
    h, l = fast_two_sum(one, r)  # noqa: E741
    h, l = fast_two_sum(-h * power, -(l + (t + less)) * power)  # noqa: E741
    t, rest = _minus_log(h, 0.0)
    t = select(lower, a, t)
    rest = select(lower, 0.0, rest - l / h)
    h, l = _quantile8(h, l, ~(lower | upper), t, rest)  # noqa: E741
    h, l = pair_multiply(h, l, ROOT, ROOT_LOW)  # noqa: E741
    beyond = 2.0 * sqrt(0.5 * _asymptotic(select(a > BEYOND, a, BEYOND) - LN2))
    value = select(a > BEYOND, beyond, h + l)
    value = select(upper, value, -value)
    other = select(a == 0.0, INF8, select(a == INF8, -INF8, NAN8))
    return select((a > 0.0) & (a < INF8), value, other)


@scalar
def ndtri_exp_f4(x):
    """In float64. Largest error 0.51 ulp."""
    return np.float32(ndtri_exp_f8(np.float64(x)))
