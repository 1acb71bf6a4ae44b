"""Continuous distributions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ngrad.ops.arithmetic import abs_, maximum
from ngrad.ops.comparison import greater, isfinite, less, less_equal
from ngrad.ops.elementwise import select
from ngrad.ops.exponential import exp, expm1, log, log1p
from ngrad.ops.power import sqrt, square
from ngrad.ops.trigonometric import atan2, cos, tan
from ngrad.scipy.distributions import Continuous, Law
from ngrad.scipy.special import OF_TENSORS as of

ANY, POSITIVE = (-math.inf, math.inf), (0.0, math.inf)
LOG_ROOT = 0.5 * math.log(2.0 * math.pi)
betaln, gammaln, xlog1py, xlogy = of["betaln"], of["gammaln"], of["xlog1py"], of["xlogy"]
ndtr, log_ndtr, ndtri, ndtri_exp = of["ndtr"], of["log_ndtr"], of["ndtri"], of["ndtri_exp"]
expit, log_expit, logit = of["expit"], of["log_expit"], of["logit"]
stdtr, stdtrit, erf, erfc = of["stdtr"], of["stdtrit"], of["erf"], of["erfc"]
i0, i0e = of["i0"], of["i0e"]
gammainc, gammaincc = of["gammainc"], of["gammaincc"]
gammaincinv, gammainccinv = of["gammaincinv"], of["gammainccinv"]
betainc, betaincc = of["betainc"], of["betaincc"]
betaincinv, betainccinv = of["betaincinv"], of["betainccinv"]


# -- of the whole line -----------------------------------------------------------------------------


def _laplace_below(y: Any) -> Any:
    size = -abs_(y)
    return select(less(y, 0.0), size - math.log(2.0), log1p(-0.5 * exp(size)))


def _laplace_inverse(p: Any) -> Any:
    return select(less(p, 0.5), log(2.0 * p), -log(2.0 * (1.0 - p)))


def _logistic(y: Any) -> Any:
    size = -abs_(y)
    return size - 2.0 * log1p(exp(size))


FAR = 1e8
"""Beyond it 1 is nothing beside a square."""


def _log1p_square(y: Any) -> Any:
    """log(1 + y**2), whose square may be infinite."""
    far = greater(abs_(y), FAR)
    return select(far, 2.0 * log(abs_(select(far, y, FAR))), log1p(square(select(far, 0.0, y))))


def _t(y: Any, df: Any) -> Any:
    some = isfinite(df)
    n = select(some, df, 1.0)
    most = -0.5 * log(n) - betaln(0.5 * n, 0.5 + 0.0 * n)
    found = most - 0.5 * (n + 1.0) * _log1p_square(y / sqrt(n))
    return select(some, found, -0.5 * y * y - LOG_ROOT)


def _log_i0e(kappa: Any) -> Any:
    """The logarithm of i0e, which has a kink at 0, of numbers from 0 on, of which none is one."""
    small = less(kappa, 1.0)
    near, away = select(small, kappa, 0.0), select(small, 1.0, kappa)
    return select(small, log(i0(near)) - near, log(i0e(away)))


def _log_mass(a: Any, b: Any) -> Any:
    """The logarithm of the normal probability between two numbers: of the two tails that lie beyond
    them, or as the difference of two on one side.
    """
    right = greater(a, 0.0)
    low, high = select(right, -b, a), select(right, -a, b)
    open_ = isfinite(low)
    first = select(open_, log_ndtr(select(open_, low, 0.0)), -math.inf)
    side, across = less_equal(high, 0.0), less(0.0, high)
    last = log_ndtr(select(side, high, 0.0))
    between = last + log1p(-exp(select(side, first - last, -1.0)))
    return select(across, log1p(-ndtr(low) - ndtr(-select(across, high, 1.0))), between)


def _truncated_inverse(p: Any, a: Any, b: Any) -> Any:
    """By the smaller tail, in logarithms."""
    right = greater(a, 0.0)
    edge, log_share = select(right, -b, a), select(right, log1p(-p), log(p))
    open_ = isfinite(edge)
    start = select(open_, log_ndtr(select(open_, edge, 0.0)), -math.inf)
    share = log_share + _log_mass(a, b)
    top = maximum(start, share)
    found = ndtri_exp(top + log1p(exp(-abs_(select(open_, start - share, -math.inf)))))
    return select(right, -found, found)


norm = Continuous(
    "norm",
    Law(
        lambda y: -0.5 * y * y - LOG_ROOT,
        below=ndtr,
        above=lambda y: ndtr(-y),
        log_below=log_ndtr,
        log_above=lambda y: log_ndtr(-y),
        inverse=ndtri,
        inverse_above=lambda q: -ndtri(q),
    ),
)
truncnorm = Continuous(
    "truncnorm",
    Law(
        lambda y, a, b: -0.5 * y * y - LOG_ROOT - _log_mass(a, b),
        below=lambda y, a, b: exp(_log_mass(a, y) - _log_mass(a, b)),
        above=lambda y, a, b: exp(_log_mass(y, b) - _log_mass(a, b)),
        log_below=lambda y, a, b: _log_mass(a, y) - _log_mass(a, b),
        log_above=lambda y, a, b: _log_mass(y, b) - _log_mass(a, b),
        inverse=_truncated_inverse,
        inverse_above=lambda q, a, b: -_truncated_inverse(q, -b, -a),
        shapes=(("a", ANY), ("b", ANY)),
        support=lambda a, b: (a, b),
        fits=less,
    ),
)
laplace = Continuous(
    "laplace",
    Law(
        lambda y: -abs_(y) - math.log(2.0),
        below=lambda y: exp(_laplace_below(y)),
        above=lambda y: exp(_laplace_below(-y)),
        log_below=_laplace_below,
        log_above=lambda y: _laplace_below(-y),
        inverse=_laplace_inverse,
        inverse_above=lambda q: -_laplace_inverse(q),
    ),
)
logistic = Continuous(
    "logistic",
    Law(
        _logistic,
        below=expit,
        above=lambda y: expit(-y),
        log_below=log_expit,
        log_above=lambda y: log_expit(-y),
        inverse=logit,
        inverse_above=lambda q: -logit(q),
    ),
)
t = Continuous(
    "t",
    Law(
        _t,
        below=lambda y, df: stdtr(df, y),
        above=lambda y, df: stdtr(df, -y),
        shapes=(("df", POSITIVE),),
        inverse=lambda p, df: stdtrit(df, p),
        inverse_above=lambda q, df: -stdtrit(df, q),
    ),
)
cauchy = Continuous(
    "cauchy",
    Law(
        lambda y: -math.log(math.pi) - _log1p_square(y),
        below=lambda y: atan2(1.0, -y) / math.pi,
        above=lambda y: atan2(1.0, y) / math.pi,
        inverse=lambda p: tan(math.pi * (p - 0.5)),
        inverse_above=lambda q: tan(math.pi * (0.5 - q)),
    ),
)
gumbel_r = Continuous(
    "gumbel_r",
    Law(
        lambda y: -y - exp(-y),
        below=lambda y: exp(-exp(-y)),
        above=lambda y: -expm1(-exp(-y)),
        log_below=lambda y: -exp(-y),
        inverse=lambda p: -log(-log(p)),
        inverse_above=lambda q: -log(-log1p(-q)),
    ),
)
gumbel_l = Continuous(
    "gumbel_l",
    Law(
        lambda y: y - exp(y),
        below=lambda y: -expm1(-exp(y)),
        above=lambda y: exp(-exp(y)),
        log_above=lambda y: -exp(y),
        inverse=lambda p: log(-log1p(-p)),
        inverse_above=lambda q: log(-log(q)),
    ),
)
skewnorm = Continuous(
    "skewnorm",
    Law(
        lambda y, a: math.log(2.0) - 0.5 * y * y - LOG_ROOT + log_ndtr(a * y),
        shapes=(("a", ANY),),
    ),
)
vonmises = Continuous(
    "vonmises",
    Law(
        lambda y, kappa: kappa * (cos(y) - 1.0) - math.log(2.0 * math.pi) - _log_i0e(kappa),
        shapes=(("kappa", (-0.0, math.inf)),),
    ),
)


# -- of positive numbers, and of an interval -------------------------------------------------------


def _or(at_zero: float, inside: Callable[..., Any]) -> Callable[..., Any]:
    """A function of positive numbers, and what it is at 0, where its terms are infinite."""

    def found(y: Any, *shapes: Any) -> Any:
        there = greater(y, 0.0)
        return select(there, inside(select(there, y, 1.0), *shapes), at_zero)

    return found


def _expon_below(y: Any) -> Any:
    far = log1p(-exp(-maximum(y, 0.5)))
    return select(greater(y, 0.7), far, log(-expm1(-y)))


def _f(y: Any, m: Any, n: Any) -> Any:
    a, b = 0.5 * m, 0.5 * n
    return a * log(m / n) + xlogy(a - 1.0, y) - (a + b) * log1p(m / n * y) - betaln(a, b)


def _f_share(y: Any, m: Any, n: Any) -> tuple[Any, Any, Any]:
    return 0.5 * m, 0.5 * n, m * y / (m * y + n)


def _f_inverse(share: Any, m: Any, n: Any) -> Any:
    return n * share / (m * (1.0 - share))


expon = Continuous(
    "expon",
    Law(
        lambda y: -y,
        below=lambda y: -expm1(-y),
        above=lambda y: exp(-y),
        support=POSITIVE,
        log_below=_expon_below,
        log_above=lambda y: -y,
        inverse=lambda p: -log1p(-p),
        inverse_above=lambda q: -log(q),
    ),
)
halfnorm = Continuous(
    "halfnorm",
    Law(
        lambda y: 0.5 * math.log(2.0 / math.pi) - 0.5 * y * y,
        below=lambda y: erf(y * math.sqrt(0.5)),
        above=lambda y: erfc(y * math.sqrt(0.5)),
        log_above=lambda y: math.log(2.0) + log_ndtr(-y),
        support=POSITIVE,
        inverse=lambda p: ndtri(0.5 + 0.5 * p),
        inverse_above=lambda q: -ndtri(0.5 * q),
    ),
)
halfcauchy = Continuous(
    "halfcauchy",
    Law(
        lambda y: math.log(2.0 / math.pi) - _log1p_square(y),
        below=lambda y: atan2(y, 1.0) * (2.0 / math.pi),
        above=lambda y: atan2(1.0, y) * (2.0 / math.pi),
        support=POSITIVE,
        inverse=lambda p: tan(0.5 * math.pi * p),
        inverse_above=lambda q: 1.0 / tan(0.5 * math.pi * q),
    ),
)
rayleigh = Continuous(
    "rayleigh",
    Law(
        lambda y: log(y) - 0.5 * y * y,
        below=lambda y: -expm1(-0.5 * y * y),
        above=lambda y: exp(-0.5 * y * y),
        log_above=lambda y: -0.5 * y * y,
        support=POSITIVE,
        inverse=lambda p: sqrt(-2.0 * log1p(-p)),
        inverse_above=lambda q: sqrt(-2.0 * log(q)),
    ),
)
gamma = Continuous(
    "gamma",
    Law(
        lambda y, a: xlogy(a - 1.0, y) - y - gammaln(a),
        below=lambda y, a: gammainc(a, y),
        above=lambda y, a: gammaincc(a, y),
        shapes=(("a", POSITIVE),),
        support=POSITIVE,
        inverse=lambda p, a: gammaincinv(a, p),
        inverse_above=lambda q, a: gammainccinv(a, q),
    ),
)
invgamma = Continuous(
    "invgamma",
    Law(
        _or(-math.inf, lambda y, a: -(a + 1.0) * log(y) - gammaln(a) - 1.0 / y),
        below=_or(0.0, lambda y, a: gammaincc(a, 1.0 / y)),
        above=_or(1.0, lambda y, a: gammainc(a, 1.0 / y)),
        shapes=(("a", POSITIVE),),
        support=POSITIVE,
        inverse=lambda p, a: 1.0 / gammainccinv(a, p),
        inverse_above=lambda q, a: 1.0 / gammaincinv(a, q),
    ),
)
chi2 = Continuous(
    "chi2",
    Law(
        lambda y, df: xlogy(0.5 * df - 1.0, 0.5 * y) - 0.5 * y - gammaln(0.5 * df) - math.log(2.0),
        below=lambda y, df: gammainc(0.5 * df, 0.5 * y),
        above=lambda y, df: gammaincc(0.5 * df, 0.5 * y),
        shapes=(("df", POSITIVE),),
        support=POSITIVE,
        inverse=lambda p, df: 2.0 * gammaincinv(0.5 * df, p),
        inverse_above=lambda q, df: 2.0 * gammainccinv(0.5 * df, q),
    ),
)
f = Continuous(
    "f",
    Law(
        _f,
        below=lambda y, m, n: betainc(*_f_share(y, m, n)),
        above=lambda y, m, n: betaincc(*_f_share(y, m, n)),
        shapes=(("dfn", POSITIVE), ("dfd", POSITIVE)),
        support=POSITIVE,
        inverse=lambda p, m, n: _f_inverse(betaincinv(0.5 * m, 0.5 * n, p), m, n),
        inverse_above=lambda q, m, n: 1.0 / _f_inverse(betaincinv(0.5 * n, 0.5 * m, q), n, m),
    ),
)
lognorm = Continuous(
    "lognorm",
    Law(
        _or(-math.inf, lambda y, s: -0.5 * (log(y) / s) ** 2 - log(s * y) - LOG_ROOT),
        below=_or(0.0, lambda y, s: ndtr(log(y) / s)),
        above=_or(1.0, lambda y, s: ndtr(-log(y) / s)),
        log_below=_or(-math.inf, lambda y, s: log_ndtr(log(y) / s)),
        log_above=_or(0.0, lambda y, s: log_ndtr(-log(y) / s)),
        shapes=(("s", POSITIVE),),
        support=POSITIVE,
        inverse=lambda p, s: exp(s * ndtri(p)),
        inverse_above=lambda q, s: exp(-s * ndtri(q)),
    ),
)
weibull_min = Continuous(
    "weibull_min",
    Law(
        lambda y, c: log(c) + xlogy(c - 1.0, y) - y**c,
        below=lambda y, c: -expm1(-(y**c)),
        above=lambda y, c: exp(-(y**c)),
        log_above=lambda y, c: -(y**c),
        shapes=(("c", POSITIVE),),
        support=POSITIVE,
        inverse=lambda p, c: (-log1p(-p)) ** (1.0 / c),
        inverse_above=lambda q, c: (-log(q)) ** (1.0 / c),
    ),
)
pareto = Continuous(
    "pareto",
    Law(
        lambda y, b: log(b) - (b + 1.0) * log(y),
        below=lambda y, b: -expm1(-b * log(y)),
        above=lambda y, b: exp(-b * log(y)),
        log_above=lambda y, b: -b * log(y),
        shapes=(("b", POSITIVE),),
        support=(1.0, math.inf),
        somewhere=2.0,
        inverse=lambda p, b: exp(-log1p(-p) / b),
        inverse_above=lambda q, b: exp(-log(q) / b),
    ),
)
beta = Continuous(
    "beta",
    Law(
        lambda y, a, b: xlog1py(b - 1.0, -y) + xlogy(a - 1.0, y) - betaln(a, b),
        below=lambda y, a, b: betainc(a, b, y),
        above=lambda y, a, b: betaincc(a, b, y),
        shapes=(("a", POSITIVE), ("b", POSITIVE)),
        support=(0.0, 1.0),
        inverse=lambda p, a, b: betaincinv(a, b, p),
        inverse_above=lambda q, a, b: betainccinv(a, b, q),
    ),
)
uniform = Continuous(
    "uniform",
    Law(
        lambda y: 0.0 * y,
        below=lambda y: y,
        above=lambda y: 1.0 - y,
        support=(0.0, 1.0),
        inverse=lambda p: p,
        inverse_above=lambda q: 1.0 - q,
    ),
)
