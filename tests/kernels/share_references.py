"""Shares of the gamma and beta functions in mpmath, faster than its own and over all of their
range: by power series, a continued fraction, or an expansion where those would be long.
"""

from __future__ import annotations

from typing import Any

import mpmath
from mpmath import mpf

BARE = mpf(10) ** -40
"""Up to which parameter the share above x is, but for 1e-37 of it, in proportion to it."""
LONG, TERMS = 300, 60
"""From which parameter on sums are long near it, and the terms of what is used then."""


def _bits(*numbers: Any) -> int:
    """As many as cancel in a sum of 1 and these, or in products of their logarithms."""
    return 60 + sum(abs(mpmath.mag(x)) for x in numbers)


def gamma_density(a: Any, x: Any) -> Any:
    """x^(a - 1) exp(-x) / gamma(a)."""
    with mpmath.extraprec(_bits(a, x)):
        if a < BARE:
            return a * mpmath.exp(a * mpmath.log(x) - x) / x
        return mpmath.exp(_near(((a - 1) * mpmath.log(x) - x) - mpmath.loggamma(a)))


def _near(size: Any) -> Any:
    """An exponent without more digits than a float's has."""
    return max(size, mpf(-3000))


def _series(a: Any, x: Any) -> Any:
    term = total = mpf(1)
    k = a
    while term > mpmath.eps * total:
        k += 1
        term = term * x / k
        total += term
    return total


def _fraction(a: Any, x: Any) -> Any:
    count = int(100 + (mpmath.mp.prec * 0.35) ** 2 / x)
    found = x + 2 * count + 1 - a
    for k in range(count, 0, -1):
        found = x + 2 * k - 1 - a + k * (a - k) / found
    return 1 / found


def _coefficients(skew: Any, q: Any) -> list[Any]:
    """Of h / w by powers of h, where w w' = h (1 + skew w - q w^2)."""
    w, square = [mpf(0), mpf(1)], [mpf(0), mpf(0)]
    for n in range(2, TERMS + 2):
        square.append(mpmath.fdot(w[1:n], w[n - 1 : 0 : -1]))
        inner = mpmath.fdot(w[2:n], w[n - 1 : 1 : -1]) / 2
        w.append((skew * w[n - 1] - q * square[n - 1]) / (n + 1) - inner)
    f = [mpf(1)]
    for n in range(1, TERMS + 1):
        f.append(-mpmath.fdot(w[2 : n + 2], f[::-1]))
    return f


def polynomial(coefficients: list[Any], x: Any) -> Any:
    """The sum of coefficients times powers of x, the lowest first."""
    total = mpf(0)
    for c in reversed(coefficients):
        total = total * x + c
    return total


def _uniform(n: Any, w: Any, half: Any, coefficients: list[Any]) -> Any:
    """The smaller share, by Temme's expansion to more terms than bits ask for: beyond h, of the
    sign of w, with h^2 / 2 = half.
    """
    h = mpmath.sqrt(2 * half) * mpmath.sign(w)
    beta = [mpf(0)] * (TERMS + 2)
    for k in range(TERMS, 0, -1):
        beta[k - 1] = coefficients[k] + (k + 1) / n * beta[k + 1]
    rest = polynomial(beta, h) / (1 + beta[1] / n) / mpmath.sqrt(2 * mpmath.pi * n)
    rest = rest if w > 0 else -rest
    return mpmath.erfc(mpmath.sqrt(n * half)) / 2 + mpmath.exp(_near(-n * half)) * rest


def gamma_shares(a: Any, x: Any) -> tuple[Any, Any]:
    """(P, Q) of positive numbers."""
    if a < BARE:
        upper = a * mpmath.e1(x)
        return 1 - upper, upper
    with mpmath.extraprec(_bits(a, x)):
        density = gamma_density(a, x)
        if not density:
            return (mpf(0), mpf(1)) if x < a else (mpf(1), mpf(0))
        if a > LONG and abs(x - a) < a / 4:
            w = (x - a) / a
            part = _uniform(a, w, w - mpmath.log1p(w), _coefficients(mpf(1), mpf(0)))
            return (1 - part, part) if x > a else (part, 1 - part)
        if x < a or x < 10:
            lower = density * x / a * _series(a, x)
            return lower, 1 - lower
        upper = density * x * _fraction(a, x)
        return 1 - upper, upper


def gammainc(a: Any, x: Any) -> Any:
    """The share of gamma(a) up to x."""
    return gamma_shares(a, x)[0]


def gammaincc(a: Any, x: Any) -> Any:
    """The share of gamma(a) above x."""
    return gamma_shares(a, x)[1]


def gammainc_slope(a: Any, x: Any) -> Any:
    """The derivative of `gammainc` in a, by a difference, of the smaller share."""
    with mpmath.extraprec(240):
        step = mpmath.ldexp(a, -160)
        ends = [gamma_shares(a + way * step, x) for way in (1, -1)]
        below, above = (ahead - behind for ahead, behind in zip(*ends, strict=True))
        return (below if a > BARE and x < a else -above) / (2 * step)


def beta_density(a: Any, b: Any, x: Any) -> Any:
    """x^(a - 1) (1 - x)^(b - 1) / beta(a, b)."""
    with mpmath.extraprec(_bits(a, b, x)):
        powers = (a - 1) * mpmath.log(x) + (b - 1) * mpmath.log(1 - x)
        return mpmath.exp(_near(powers - _betaln(a, b)))


def _betaln(a: Any, b: Any) -> Any:
    return mpmath.loggamma(a) + mpmath.loggamma(b) - mpmath.loggamma(a + b)


def _beta_series(a: Any, b: Any, x: Any) -> Any:
    term = total = mpf(1)
    k = 0
    while term > mpmath.eps * total:
        term = term * (a + b + k) * x / (a + 1 + k)
        k += 1
        total += term
    return total


def _beta_fraction(a: Any, b: Any, x: Any) -> Any:
    off = a - (a + b) * x + 1
    count = int(60 + (mpmath.mp.prec * 0.2) ** 2 / max(a * (1 - x), mpf(1) / 4))

    def level(k: int) -> Any:
        return (
            k + k * (b - k) * x / (a + 2 * k - 1) + (a + k) * (off + k * (2 - x)) / (a + 2 * k + 1)
        )

    found = level(count)
    for k in range(count, 0, -1):
        scale = (a + k - 1) * (a + b + k - 1) * k * (b - k) * (x / (a + 2 * k - 1)) ** 2
        found = (level(k - 1) if k > 1 else a * off / (a + 1)) + scale / found
    return a / found


def beta_shares(a: Any, b: Any, x: Any) -> tuple[Any, Any]:
    """The shares below and above x."""
    with mpmath.extraprec(_bits(a, b, x)):
        y = 1 - x
        small = a < 1 and x < 0.5 and b * x < 1
        if not small and ((b < 1 and y < 0.5 and a * y < 1) or x * (a + b) > a):
            return tuple(reversed(_beta_ordered(b, a, y)))
        return _beta_ordered(a, b, x)


def _beta_ordered(a: Any, b: Any, x: Any) -> tuple[Any, Any]:
    n, w = a * b / (a + b), (b * x - a * (1 - x)) * (a + b) / (a * b)
    density = beta_density(a, b, x) * x * (1 - x) / a
    if n > LONG and abs(w) < 0.25:
        v, u = n * w / a, n * w / b
        half = (a * (v - mpmath.log1p(v)) - b * (u + mpmath.log1p(-u))) / n
        lower = _uniform(n, w, half, _coefficients((b - a) / (a + b), a * b / (a + b) ** 2))
    elif b * x < a / 2 + 1 and x < 0.6:
        lower = density * _beta_series(a, b, x)
    else:
        lower = density * _beta_fraction(a, b, x)
    return lower, 1 - lower


def betainc(a: Any, b: Any, x: Any) -> Any:
    """The share of beta(a, b) up to x."""
    return beta_shares(a, b, x)[0]


def betaincc(a: Any, b: Any, x: Any) -> Any:
    """The share of beta(a, b) above x."""
    return beta_shares(a, b, x)[1]


def betainc_slope(a: Any, b: Any, x: Any) -> Any:
    """The derivative of `betainc` in a, by a difference, of the smaller share."""
    with mpmath.extraprec(240):
        step = mpmath.ldexp(a, -160)
        ends = [beta_shares(a + way * step, b, x) for way in (1, -1)]
        below, above = (ahead - behind for ahead, behind in zip(*ends, strict=True))
        return (below if x * (a + b) < a else -above) / (2 * step)


def betaincc_slope(a: Any, b: Any, x: Any) -> Any:
    """The derivative of `betaincc` in b."""
    with mpmath.extraprec(_bits(x)):
        return betainc_slope(b, a, 1 - x)


def stdtr(df: Any, t: Any) -> Any:
    """Student's distribution function."""
    with mpmath.extraprec(_bits(df, t)):
        tail = beta_shares(df / 2, mpf(1) / 2, df / (df + t * t))[0] / 2
        return tail if t < 0 else 1 - tail


def stdtr_slope(df: Any, t: Any) -> Any:
    """The derivative of `stdtr` in df, by a difference."""
    with mpmath.extraprec(240 + _bits(df, t)):
        step = mpmath.ldexp(df, -160)
        ahead, behind = (stdtr(df + way * step, -abs(t)) for way in (1, -1))
        return mpmath.sign(-t) * (ahead - behind) / (2 * step)


def student_density(df: Any, t: Any) -> Any:
    """Its density."""
    with mpmath.extraprec(_bits(df, t)):
        size = -(df + 1) / 2 * mpmath.log1p(t * t / df) - _betaln(df / 2, mpf(1) / 2)
        return mpmath.exp(_near(size)) / mpmath.sqrt(df)
