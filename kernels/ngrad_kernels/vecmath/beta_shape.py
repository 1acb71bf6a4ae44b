"""The derivative in a of P(a, b, x), the share of the beta function below x; in b it is that of Q,
with the parameters and x, y = 1 - x changed for one another.

With D(a) = x^a y^b / (a beta(a, b)) it is P(a) - P(a + 1) = D(a). So P is the sum of D(a + k), and
its derivative, with psi = digamma, that of

    D(a + k) m_k,  m_k = log(x) + psi(a + b + k) - psi(a + k + 1)

whose terms have one sign where m_0 <= 0, up to where a + k is large and m_k small. There D changes
slowly, and the rest is a sum of D(a + k - 12), ..., D(a + k + 11): the formula for a derivative by
central differences of P, of order 24, whose steps of one need not be small. Where m_0 > 0, far from
there, P is 1 less a continued fraction, that of beta_share, which is differentiated term by term.

Sources: the sum is DLMF 8.17.20; R. J. Boik, J. F. Robison-Cox, "Derivatives of the incomplete beta
function" (1998) differentiate a continued fraction.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fma, scalar
from ngrad_kernels.vecmath.beta_density import times_beta_density8
from ngrad_kernels.vecmath.beta_share import (
    DOWN,
    FEW,
    FEW4,
    HUGE,
    SLOW,
    SLOW4,
)
from ngrad_kernels.vecmath.digamma import (
    PSI_FAR_0,
    PSI_FAR_1,
    PSI_FAR_2,
    PSI_FAR_3,
    PSI_FAR_4,
    PSI_FAR_5,
    PSI_FAR_6,
    PSI_FAR_7,
    PSI_FAR_8,
)
from ngrad_kernels.vecmath.doubled import two_sum
from ngrad_kernels.vecmath.gamma import HALF, INFINITY, ONE, TWO, ZERO
from ngrad_kernels.vecmath.gamma_share import EXACT, EXACT4, MOST
from ngrad_kernels.vecmath.gamma_value import NAN
from ngrad_kernels.vecmath.logarithm import log1p_f8, log_f8

FAR = np.float64(9.0)
START, NEAR = np.float64(40.0), np.float64(0.4)
"""From which parameter on, and up to which m, differences are taken."""
SCALE = np.float64(2.0**-100)  # sqrt(DOWN)

# the sums from i + 1 on of the weights of central differences of order 24
W_0 = np.float64(0.6727474995428286)
W_1 = np.float64(-0.25032942353409443)
W_2 = np.float64(0.11230793910326822)
W_3 = np.float64(-0.04886422206889295)
W_4 = np.float64(0.01913028342561254)
W_5 = np.float64(-0.00646764805467188)
W_6 = np.float64(0.001827977888012886)
W_7 = np.float64(-0.0004174546979769755)
W_8 = np.float64(7.373368020830667e-05)
W_9 = np.float64(-9.430489643169681e-06)
W_10 = np.float64(7.760221113296897e-07)
W_11 = np.float64(-3.081676254377829e-08)


@scalar
def _of_powers(c, rest, power, both, u, v):
    """One term of the polynomials in u and v, the one less the other, over u - v."""
    power = power * u
    both = fma(both, v, power)
    return fma(c, both, rest), power, both


@scalar
def psi_rests8(p, q):
    """psi(p + q) - psi(p) - log((p + q) / p), p and p + q from 8 on."""
    u, v = ONE / p, ONE / (p + q)
    uu, vv = u * u, v * v
    rest, power, both = PSI_FAR_0, ONE, ONE
    rest, power, both = _of_powers(PSI_FAR_1, rest, power, both, uu, vv)
    rest, power, both = _of_powers(PSI_FAR_2, rest, power, both, uu, vv)
    rest, power, both = _of_powers(PSI_FAR_3, rest, power, both, uu, vv)
    rest, power, both = _of_powers(PSI_FAR_4, rest, power, both, uu, vv)
    rest, power, both = _of_powers(PSI_FAR_5, rest, power, both, uu, vv)
    rest, power, both = _of_powers(PSI_FAR_6, rest, power, both, uu, vv)
    rest, power, both = _of_powers(PSI_FAR_7, rest, power, both, uu, vv)
    rest, power, both = _of_powers(PSI_FAR_8, rest, power, both, uu, vv)
    return q * u * v * fma(u + v, rest, HALF)


@scalar
def log_rise8(a, b, x, y):
    """log(x) + psi(a + b) - psi(a + 1), by recurrence up to where psi is a logarithm and a rest:
    the logarithms are taken together, and the rests.
    """
    p, q, r = a + ONE, b - ONE, a + b
    total = ZERO
    for _ in range(8):
        if not p < FAR:
            break
        total = total + q / p / r
        p = p + ONE
        r = r + ONE
    t = fma(q, x, -p * y) / p
    total = total + (log1p_f8(t) if t > -HALF else log_f8(x * (r / p)))
    return total + psi_rests8(p, q)


@scalar
def _apart(i, weight, a, b, x, y, up, down, total):
    """The sum with D(a + i) / D(a) - 1 = `up` and D(a - i - 1) / D(a) - 1; those one further."""
    q = b - ONE
    n = a - i
    step = fma(n, y, -q * x) / (x * (n + q))
    down = fma(down, step, down) + step
    total = fma(weight, up + down, total)
    n = a + (i + ONE)
    step = fma(q, x, -n * y) / n
    up = fma(up, step, up) + step
    return up, down, total


@scalar
def differences8(a, b, x, y):
    """W: the derivative of P is -D (1 + W)."""
    up, down, total = _apart(0.0, W_0, a, b, x, y, ZERO, ZERO, ZERO)
    up, down, total = _apart(1.0, W_1, a, b, x, y, up, down, total)
    up, down, total = _apart(2.0, W_2, a, b, x, y, up, down, total)
    up, down, total = _apart(3.0, W_3, a, b, x, y, up, down, total)
    up, down, total = _apart(4.0, W_4, a, b, x, y, up, down, total)
    up, down, total = _apart(5.0, W_5, a, b, x, y, up, down, total)
    up, down, total = _apart(6.0, W_6, a, b, x, y, up, down, total)
    up, down, total = _apart(7.0, W_7, a, b, x, y, up, down, total)
    up, down, total = _apart(8.0, W_8, a, b, x, y, up, down, total)
    up, down, total = _apart(9.0, W_9, a, b, x, y, up, down, total)
    up, down, total = _apart(10.0, W_10, a, b, x, y, up, down, total)
    up, down, total = _apart(11.0, W_11, a, b, x, y, up, down, total)
    return total


@scalar
def _sum8(a, b, x, y, mean, enough):
    """The derivative over D; `mean` is m_0."""
    q = b - ONE
    term, total, low = ONE, ZERO, ZERO
    for _ in range(MOST):
        far = mean < -NEAR
        if a >= START and not far:
            return fma(-term, ONE + differences8(a, b, x, y), total + low)
        more = term * mean
        total, e = two_sum(total, more)
        low = low + e
        if far and more > enough * total:  # both are negative
            break
        p, r = a + ONE, a + b
        mean = mean - q / p / r
        term = term * (x * (r / p))
        a = p
    return total + low


@scalar
def _fraction8(a, b, x, y, rise, enough):
    """The derivative of P in b, over D, whose logarithm's is `rise`; x is below the mean.

    D / P = G is the continued fraction of beta_share, here with divisions: a recurrence without
    them would take its derivative from two that are alike.
    """
    off = fma(a, y, ONE - b * x)
    ay = a * y
    slow = ONE / (ay if ay > HALF else HALF)
    many = a * (b / (a + b))
    many = HALF * (many if many < START else START)
    if enough > EXACT:
        count = np.int64(fma(SLOW4, slow, fma(HALF, many, FEW4)))
    else:
        count = np.int64(fma(SLOW, slow, FEW + many))
    k = np.float64(count)
    last = a + fma(TWO, k, ONE)
    found, slope = k + ONE, ZERO
    twice = (a + b) + (b - ONE)
    for _ in range(count):
        # b_k, and a_k of what follows it
        before = a + fma(TWO, k, -ONE)
        upper, lower = (a + k) / last, k / before
        level = fma(lower, (b - k) * x, k) + upper * fma(k, ONE + y, off)
        factor = upper * ((k + ONE) * x)
        step = factor * (x * ((a + b + k) / last)) * (b - k - ONE)
        step_b = factor * (x / last) * twice
        slope = fma(lower - upper, x, (step_b - step * (slope / found)) / found)
        found = level + step / found
        last = before
        k = k - ONE
    inverse = ONE / last
    ratio = x * inverse
    step = ((a + b) * ratio) * ((b - ONE) * ratio)
    step_b = ratio * ratio * twice
    slope = fma(-x, inverse, (step_b - step * (slope / found)) / found)
    found = off * inverse + step / found
    return (rise - slope / found) / found


@scalar
def beta_shape8(a, b, xh, xl, yh, yl, enough):
    """The derivative of positive finite a and b and 0 < x < 1, x + y = 1, pairs."""
    scale = ONE
    if a > HUGE and b > HUGE:
        a, b, scale = a * DOWN, b * DOWN, SCALE
    mean = log_rise8(a, b, xh, yh)
    if mean > ZERO and (a < START or mean > NEAR):
        part = -_fraction8(b, a, yh, xh, mean + ONE / a, enough)
        a, b = b, a
        xh, yh = yh, xh
        xl, yl = yl, xl
    else:
        part = _sum8(a, b, xh, yh, mean, enough)
    return times_beta_density8(a, b, xh, xl, yh, yl, scale * part, ZERO)


@scalar
def _slope8(a, b, xh, xl, yh, yl, enough):
    if not (a > ZERO and b >= ZERO and xh >= ZERO and xh <= ONE) or (a == INFINITY and b == a):
        return NAN
    if a == INFINITY or b in (INFINITY, ZERO) or xh == ZERO or yh == ZERO:
        return ZERO
    return beta_shape8(a, b, xh, xl, yh, yl, enough)


@scalar
def betainc_slope_f8(a, b, x):
    """The derivative of `betainc` in a."""
    yh, yl = two_sum(ONE, -x)
    return _slope8(a, b, x, ZERO, yh, yl, EXACT)


@scalar
def betainc_slope_f4(a, b, x):
    """In float64."""
    y = np.float64(x)
    return np.float32(_slope8(np.float64(a), np.float64(b), y, ZERO, ONE - y, ZERO, EXACT4))


@scalar
def betaincc_slope_f8(a, b, x):
    """The derivative of `betaincc` in b."""
    yh, yl = two_sum(ONE, -x)
    return _slope8(b, a, yh, yl, x, ZERO, EXACT)


@scalar
def betaincc_slope_f4(a, b, x):
    """In float64."""
    y = np.float64(x)
    return np.float32(_slope8(np.float64(b), np.float64(a), ONE - y, ZERO, y, ZERO, EXACT4))
