"""Sums and products with their rounding errors, and numbers kept as a sum of two floats.

All of it is generic: float32 and float64 alike, every argument of one call of the same type. A pair
(h, low) stands for h + low with |low| at most about half an ulp of h. Nothing here is safe for
infinities (inf - inf is NaN): callers select special results at the end.

Sources: T. J. Dekker, "A floating-point technique for extending the available precision" (1971);
D. Knuth, TAOCP 2, 4.2.2; M. Joldes, J.-M. Muller, V. Popescu, "Tight and rigorous error bounds for
basic building blocks of double-word arithmetic" (2017).
"""

from __future__ import annotations

from ngrad_kernels.intrinsics import fma, scalar


@scalar
def two_sum(a, b):
    """s + e = a + b exactly, s = round(a + b), for any order of magnitudes (Knuth)."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


@scalar
def fast_two_sum(a, b):
    """two_sum where |a| >= |b| or a is 0 (Dekker)."""
    s = a + b
    return s, b - (s - a)


@scalar
def two_product(a, b):
    """p + e = a * b exactly (unless e underflows), p = round(a * b)."""
    p = a * b
    return p, fma(a, b, -p)


@scalar
def pair_plus(h, low, y):
    """(h + low) + y, relative error about 2 u^2."""
    s, e = two_sum(h, y)
    return fast_two_sum(s, e + low)


@scalar
def pair_add(ah, al, bh, bl):
    """(ah + al) + (bh + bl), relative error about 3 u^2 also where the heads cancel."""
    s, e = two_sum(ah, bh)
    t, f = two_sum(al, bl)
    s, e = fast_two_sum(s, e + t)
    return fast_two_sum(s, e + f)


@scalar
def pair_times(h, low, y):
    """(h + low) * y, relative error about 2 u^2."""
    p, e = two_product(h, y)
    return fast_two_sum(p, fma(low, y, e))


@scalar
def pair_multiply(ah, al, bh, bl):
    """(ah + al) * (bh + bl), relative error about 5 u^2."""
    p, e = two_product(ah, bh)
    return fast_two_sum(p, e + fma(ah, bl, al * bh))


@scalar
def pair_divide(ah, al, bh, bl):
    """(ah + al) / (bh + bl), relative error about 10 u^2."""
    q = ah / bh
    r = fma(-q, bh, ah)  # exact
    return fast_two_sum(q, (r + fma(-q, bl, al)) / bh)


@scalar
def stepped(t, h, low, c):
    """(h + low) t + c for a polynomial's last steps, relative error about u |low| / |sum|."""
    p, e = two_product(t, h)
    s, f = two_sum(c, p)
    return s, fma(t, low, e + f)
