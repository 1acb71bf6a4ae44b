"""The beta function and its logarithm.

A quotient of three gammas, whose exponential is scaled last. Negative x or y are reflected: with
s = x + y and S(a) = a sin(pi a) / pi,

    x, y < 0         -S(|s|) / (S(|x|) S(|y|)) / beta(|x|, |y|)
    x < 0 < s        -1 / S(|x|) / beta(|x|, s)
    x, s < 0 < y     S(|s|) / S(|x|) * beta(|s|, y)

which is one quotient of products. Where |x| and |y| are tiny beta(cx, cy) = beta(x, y) / c, and
where one is beta(cx, y) = beta(x, y) / c: so they are scaled to where nothing underflows.

Source: M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 6.1, 6.2.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fabs, floor, fma, rint, scalar, select
from ngrad_kernels.vecmath.doubled import (
    pair_divide,
    pair_multiply,
    two_product,
    two_sum,
)
from ngrad_kernels.vecmath.exponential import LN2_8, LN2_REST8, power8
from ngrad_kernels.vecmath.gamma import (
    HALF,
    INFINITY,
    ONE,
    ZERO,
    sinc4,
)
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
from ngrad_kernels.vecmath.gamma_value import is_odd
from ngrad_kernels.vecmath.power import (
    ONE_BITS8,
    log_sum8,
    log_wide4,
    split_from8,
)

SMALL, LIFTED = np.float64(2.0**-64), np.float64(-64.0)
SMALLER, LIFTED_LESS = np.float64(2.0**-200), np.float64(-200.0)


@scalar
def sine8(a, low, whole):
    """(h, l): a sin(pi a) / pi for a + low >= 0, without the factor a up to 1/2, as `near8` has it
    then; without the sine where `whole` says that those of two whole numbers cancel.
    """
    n = rint(a)
    t, tl = two_sum(a - n, low)
    h, l = sinc_sum8(t, tl)  # noqa: E741
    h, l = pair_multiply(h, l, t, tl)  # noqa: E741
    h = select(whole, ONE, h)
    l = select(whole, ZERO, l)  # noqa: E741
    big = a > HALF
    h, l = pair_multiply(h, l, select(big, a, ONE), select(big, low, ZERO))  # noqa: E741
    odd = is_odd(n) & ~whole
    return select(odd, -h, h), select(odd, -l, l)


@scalar
def sine4(a, whole):
    """sine8 to 35 bits."""
    n = rint(a)
    t = a - n
    h = select(whole, ONE, t * sinc4(t * t)) * select(a <= HALF, ONE, a)
    return select(is_odd(n) & ~whole, -h, h)


@scalar
def _scaled8(lo, hi):
    """(lo, hi, n, down, up): what is tiny times powers of 2, which make 2^n of the result, and what
    is huge times `down`, which is 1 / `up`.
    """
    grow = select(hi < SMALL, LIFTED - split_from8(hi, ONE_BITS8)[0], ZERO)
    lo = lo * power8(grow)
    hi = hi * power8(grow)
    more = select(lo < SMALLER, LIFTED_LESS - split_from8(lo, ONE_BITS8)[0], ZERO)
    lo = lo * power8(more)
    huge = hi > HUGE
    down = select(huge, DOWN, ONE)
    return lo * down, hi * down, grow + more, down, select(huge, UP, ONE)


@scalar
def positive_parts8(x, y):
    """parts8 of finite x, y > 0."""
    swap = y < x
    lo, hi, scale, down, up = _scaled8(select(swap, y, x), select(swap, x, y))
    sh, sl = two_sum(hi, lo)
    nh, nl, dh, dl, eh, el = ratio8(lo, False, hi, False, sh, sl, False, True, down, up)
    return nh, nl, dh, dl, eh, el, scale


@scalar
def parts8(x, y):
    """(N, D, E, n): beta(x, y) = 2^n N / D exp(E), where N, D and E are pairs."""
    xneg = x < ZERO
    yneg = y < ZERO
    ax = select(fabs(x) < INFINITY, fabs(x), LARGEST)
    ay = select(fabs(y) < INFINITY, fabs(y), LARGEST)
    swap = ay < ax
    lo = select(swap, ay, ax)
    hi = select(swap, ax, ay)
    lneg = select(swap, yneg, xneg)
    hneg = select(swap, xneg, yneg)
    lo, hi, scale, down, up = _scaled8(lo, hi)
    sh, sl = two_sum(select(hneg, -hi, hi), select(lneg, -lo, lo))
    sneg = sh <= ZERO
    sh = fabs(sh)
    sl = select(sneg, -sl, sl)

    same = lneg == hneg
    nh, nl, dh, dl, eh, el = ratio8(lo, lneg, hi, hneg, sh, sl, sneg, same, down, up)

    whole = (rint(x) == x) & (rint(y) == y)
    odd = whole & sneg & is_odd(select(xneg, y, x))  # where sin(pi s) / sin(pi x) is -1
    th, tl = sine8(sh * up, sl * up, whole)
    bh, bl = sine8(lo * up, ZERO, whole)
    ch, cl = sine8(hi * up, ZERO, whole)
    bh, bl = pair_multiply(
        select(lneg, bh, ONE), select(lneg, bl, ZERO), select(hneg, ch, ONE), select(hneg, cl, ZERO)
    )
    th = select(sneg, th, ONE)
    tl = select(sneg, tl, ZERO)
    # 1 / beta where the formula has it
    inverse = (same & lneg) | ~(same | sneg)
    th = select(odd, -th, th)
    tl = select(odd, -tl, tl)
    th, tl = pair_multiply(th, tl, select(inverse, -dh, nh), select(inverse, -dl, nl))
    bh, bl = pair_multiply(bh, bl, select(inverse, nh, dh), select(inverse, nl, dl))
    eh = select(inverse, -eh, eh)
    el = select(inverse, -el, el)
    return th, tl, bh, bl, eh, el, scale


@scalar
def parts4(x, y):
    """(N, D, E): beta(x, y) = N / D exp(E), of float32 as float64."""
    xneg = x < ZERO
    yneg = y < ZERO
    ax = select(fabs(x) < INFINITY, fabs(x), LARGEST4)
    ay = select(fabs(y) < INFINITY, fabs(y), LARGEST4)
    swap = ay < ax
    lo = select(swap, ay, ax)
    hi = select(swap, ax, ay)
    lneg = select(swap, yneg, xneg)
    hneg = select(swap, xneg, yneg)
    s = select(hneg, -hi, hi) + select(lneg, -lo, lo)
    sneg = s <= ZERO
    s = fabs(s)

    same = lneg == hneg
    n, d, e = ratio4(lo, lneg, hi, hneg, s, sneg, same)

    whole = (rint(x) == x) & (rint(y) == y)
    odd = whole & sneg & is_odd(select(xneg, y, x))
    top = select(sneg, sine4(s, whole), ONE) * select(odd, -ONE, ONE)
    bottom = select(lneg, sine4(lo, whole), ONE) * select(hneg, sine4(hi, whole), ONE)
    inverse = (same & lneg) | ~(same | sneg)
    top = top * select(inverse, -d, n)
    bottom = bottom * select(inverse, n, d)
    return top, bottom, select(inverse, -e, e)


@scalar
def edges8(x, y):
    """(pole, infinite, finite's sign): whether x or y is a pole of gamma that the other does not
    make up for; else whether one is infinite; and what is negative then.
    """
    xpole = (x <= ZERO) & (rint(x) == x)
    ypole = (y <= ZERO) & (rint(y) == y)
    pole = xpole | ypole
    finite = (fabs(x) < INFINITY) & (fabs(y) < INFINITY)
    whole = (rint(x) == x) & (rint(y) == y)
    some = whole & finite & (xpole != ypole) & (x + y <= ZERO)
    pole = pole & ~some
    infinite = ~(pole | finite)
    other = select(x == INFINITY, y, x)
    negative = select(pole, xpole & ypole & is_odd(y), is_odd(floor(other)))
    return pole, infinite, other, negative


@scalar
def beta_edges8(x, y, value):
    """beta where x or y is a pole, infinite or NaN, and else `value`."""
    pole, infinite, other, negative = edges8(x, y)
    special = select(negative, -INFINITY, INFINITY)
    special = select(infinite & (other > ZERO), ZERO, special)
    value = select(pole | infinite, special, value)
    return select((x == x) & (y == y), value, x + y)


@scalar
def betaln_edges8(x, y, value):
    """log |beta| where x or y is a pole, infinite or NaN, and else `value`."""
    pole, infinite, other, _ = edges8(x, y)
    special = select(infinite & (other > ZERO), -INFINITY, INFINITY)
    value = select(pole | infinite, special, value)
    return select((x == x) & (y == y), value, x + y)


@scalar
def beta_f4(x, y):
    """In float64. Largest error 0.52 ulp."""
    wide, long = np.float64(x), np.float64(y)
    n, d, e = parts4(wide, long)
    return np.float32(beta_edges8(wide, long, exp_quotient4(n, d, e)))


@scalar
def beta_f8(x, y):
    """Largest error 0.7 ulp, of a subnormal result 0.85."""
    th, tl, bh, bl, eh, el, k = parts8(x, y)
    return beta_edges8(x, y, exp_quotient8(th, tl, bh, bl, eh, el, k))


@scalar
def betaln_f4(x, y):
    """In float64. Largest error 0.51 * 2^-23 max(1, |result|)."""
    wide, long = np.float64(x), np.float64(y)
    n, d, e = parts4(wide, long)
    value = fabs(n / d)
    value = select(value > ZERO, log_wide4(value) + e, -INFINITY)
    return np.float32(betaln_edges8(wide, long, value))


@scalar
def betaln_f8(x, y):
    """Largest error 0.55 * 2^-52 max(1, |result|)."""
    th, tl, bh, bl, eh, el, k = parts8(x, y)
    h, l = pair_divide(th, tl, bh, bl)  # noqa: E741
    h, l = log_sum8(fabs(h), select(h < ZERO, -l, l))  # noqa: E741
    h, e = two_sum(h, eh)
    sh, sl = two_product(k, LN2_8)
    h, f = two_sum(h, sh)
    value = h + (l + (el + (e + (f + fma(k, LN2_REST8, sl)))))
    value = select(fabs(eh) < INFINITY, value, eh)
    return betaln_edges8(x, y, select(th == ZERO, -INFINITY, value))
