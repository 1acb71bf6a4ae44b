"""Student's distribution of df degrees of freedom: its share below t, its density, and the
derivative of the share in df.

That below -|t| is half the share of beta(df / 2, 1 / 2) up to x = df / (df + t^2), a pair, as
1 - x is; where t^2 would overflow, x is its logarithm alone, and where it would vanish, 1 - x is.
Of beta_shape's terms for the derivative and of what x adds to it, as it depends on df, the sum is
D(a + k) c_k,

    c_k = log(x) + psi(a + k + 1/2) - psi(a + k + 1) + 1 - x (a + k + 1/2) / (a + k + 1)

whose terms nearly cancel: c_k is found from those behind it, down from where it is small.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import ceil, fabs, fma, scalar, sqrt
from ngrad_kernels.vecmath.beta_density import log_share8, near_density8, times_beta_density8
from ngrad_kernels.vecmath.beta_shape import START, differences8, log_rise8, psi_rests8
from ngrad_kernels.vecmath.beta_share import beta_share8
from ngrad_kernels.vecmath.doubled import fast_two_sum, pair_divide, two_product, two_sum
from ngrad_kernels.vecmath.gamma import FAR, HALF, INFINITY, ONE, TWO, ZERO
from ngrad_kernels.vecmath.gamma_share import EXACT, EXACT4, THIRD
from ngrad_kernels.vecmath.gamma_value import NAN
from ngrad_kernels.vecmath.logarithm import log_f8, log_tail8
from ngrad_kernels.vecmath.power import log_pair8

NORMAL = np.float64(1e30)
"""From so many degrees of freedom on it is the normal distribution."""
QUARTER = np.float64(0.25)
SLOW, MANY = np.float64(0.7), 100
"""Up to which x a sum needs no more than so many terms beyond `START`."""
LONG = np.float64(2.0**480)
SHORT = np.float64(2.0**-480)


@scalar
def shares_of8(df, size):
    """(xh, xl, yh, yl): df / (df + t^2) and 1 less that, for t = `size` up to 2^480."""
    sh, sl = two_product(size, size)
    h, e = two_sum(df, sh)
    h, l = fast_two_sum(h, e + sl)  # noqa: E741
    xh, xl = pair_divide(df, ZERO, h, l)
    yh, yl = pair_divide(sh, sl, h, l)
    return xh, xl, yh, yl


@scalar
def _log_far8(df, size):
    """(h, l): log(df / t^2)."""
    h, l = log_pair8(df)  # noqa: E741
    sh, sl = log_pair8(size)
    h, e = two_sum(h, -TWO * sh)
    return h, fma(-TWO, sl, l + e)


@scalar
def tail8(df, size, enough):
    """The share below -`size` of finite positive df and 0 < `size` < inf."""
    df = df if df < NORMAL else NORMAL
    a = HALF * df
    if size < SHORT:
        return HALF
    if size > LONG:
        if a >= FAR:
            return ZERO
        h, l = _log_far8(df, size)  # noqa: E741
        return near_density8(a, HALF, a, ZERO, HALF, ZERO, h, l, ZERO, ZERO, True, HALF, ZERO)
    xh, xl, yh, yl = shares_of8(df, size)
    return HALF * beta_share8(a, HALF, xh, xl, yh, yl, False, enough)


@scalar
def _share8(df, t, enough):
    if not (df > ZERO and t == t):
        return NAN
    size = fabs(t)
    if size == INFINITY:
        tail = ZERO
    elif size == ZERO:
        tail = HALF
    else:
        tail = tail8(df, size, enough)
    return ONE - tail if t > ZERO else tail


@scalar
def stdtr_f4(df, t):
    """In float64."""
    return np.float32(_share8(np.float64(df), np.float64(t), EXACT4))


@scalar
def stdtr_f8(df, t):
    """The share of Student's distribution up to t."""
    return _share8(df, t, EXACT)


@scalar
def student_density_f8(df, t):
    """(1 + t^2 / df)^(-(df + 1) / 2) / (sqrt(df) beta(df / 2, 1 / 2))."""
    if not (df > ZERO and t == t):
        return NAN
    size = fabs(t)
    if size == INFINITY:
        return ZERO
    df = df if df < NORMAL else NORMAL
    a = HALF * df
    if size > LONG:
        h, l = _log_far8(df, size)  # noqa: E741
    elif size < SHORT:
        h, l = ZERO, ZERO  # noqa: E741
    else:
        xh, xl, yh, yl = shares_of8(df, size)
        h, l = log_share8(xh, xl, yh, yl)  # noqa: E741
    c, low = two_sum(a, HALF)
    root = sqrt(df)
    nh, nl = pair_divide(ONE, ZERO, root, fma(-root, root, df) * (HALF / root))
    return near_density8(a, HALF, c, low, ZERO, ZERO, h, l, ZERO, ZERO, False, nh, nl)


@scalar
def student_density_f4(df, t):
    """In float64."""
    return np.float32(student_density_f8(np.float64(df), np.float64(t)))


@scalar
def _moving_sum8(a, x, y):
    """The sum over D(a), x + y = 1."""
    count = np.int64(ceil(START - a)) if a < START else 0
    far = x < SLOW
    count = count + MANY if far else count
    n = a + np.float64(count)
    p = n + ONE
    off = fma(-HALF, x, -p * y) / p
    bend = log_f8(x * ((n + HALF) / p)) - off if off < -THIRD else log_tail8(off)
    c = bend + psi_rests8(p, -HALF)
    total = ZERO if far else -differences8(n, HALF, x, y)
    for k in range(count - 1, -1, -1):
        n = a + np.float64(k)
        p = n + ONE
        c = c - HALF / p * (ONE / (n + HALF) - x / (p + ONE))
        total = fma(x * ((n + HALF) / p), total, c)
    return total


@scalar
def _slope8(df, t):
    if not (df > ZERO and t == t):
        return NAN
    size, fourth = fabs(t), QUARTER if t < ZERO else -QUARTER
    if size in (ZERO, INFINITY) or df == INFINITY:
        return ZERO
    a = HALF * df
    far, close = size > LONG, size < SHORT
    if far and a >= FAR:
        return ZERO
    if far or close:
        h, l = _log_far8(df, size)  # noqa: E741
        xh, xl, yh, yl = (h, l, ZERO, ZERO) if far else (ZERO, ZERO, -h, -l)
        part = ONE + h + log_rise8(a, HALF, ONE, ZERO) if far else _moving_sum8(a, ONE, ZERO)
        part = fourth * part
        return near_density8(a, HALF, a, ZERO, HALF, ZERO, xh, xl, yh, yl, True, part, ZERO)
    xh, xl, yh, yl = shares_of8(df, size)
    part = fourth * _moving_sum8(a, xh, yh)
    return times_beta_density8(a, HALF, xh, xl, yh, yl, part, ZERO)


@scalar
def stdtr_slope_f8(df, t):
    """The derivative of `stdtr` in df."""
    return _slope8(df, t)


@scalar
def stdtr_slope_f4(df, t):
    """In float64."""
    return np.float32(_slope8(np.float64(df), np.float64(t)))
