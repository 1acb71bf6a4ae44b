"""Continuous distributions."""

from __future__ import annotations

import math

from ngrad.ops.arithmetic import abs_
from ngrad.ops.comparison import less
from ngrad.ops.exponential import exp, expm1, log, log1p
from ngrad.ops.incomplete import beta_density, gamma_density
from ngrad.ops.power import sqrt
from ngrad.ops.trigonometric import atan2, cos, tan
from ngrad.scipy.distributions import Continuous, Law
from ngrad.scipy.formulas import (
    LOG_ROOT,
    cauchy_inverse,
    expon_below,
    f_density,
    f_inverse,
    f_log_density,
    gumbel_density,
    gumbel_log_share,
    halfnorm_log_above,
    laplace_below,
    laplace_inverse,
    log1p_square,
    log_i0e,
    log_mass,
    logistic_log_density,
    or_at_zero,
    short_exp,
    t_log_density,
    truncated,
    truncated_inverse,
    truncated_log,
    weibull_density,
    weibull_log_density,
)
from ngrad.scipy.odds import f_tail
from ngrad.scipy.shares import log_betainc, log_betaincc, log_gammainc, log_gammaincc, log_stdtr
from ngrad.scipy.special import OF_TENSORS as of

ANY, POSITIVE = (-math.inf, math.inf), (0.0, math.inf)
betaln, gammaln, xlog1py, xlogy = of["betaln"], of["gammaln"], of["xlog1py"], of["xlogy"]
ndtr, log_ndtr, ndtri = of["ndtr"], of["log_ndtr"], of["ndtri"]
expit, log_expit, logit = of["expit"], of["log_expit"], of["logit"]
stdtr, stdtrit = of["stdtr"], of["stdtrit"]
erf, erfc, erfinv = of["erf"], of["erfc"], of["erfinv"]
gammainc, gammaincc = of["gammainc"], of["gammaincc"]
gammaincinv, gammainccinv = of["gammaincinv"], of["gammainccinv"]
betainc, betaincc = of["betainc"], of["betaincc"]
betaincinv, betainccinv = of["betaincinv"], of["betainccinv"]


# -- of the whole line -----------------------------------------------------------------------------

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
        lambda y, a, b: -0.5 * y * y - LOG_ROOT - log_mass(a, b),
        below=lambda y, a, b: truncated(a, y, log_mass(a, b)),
        above=lambda y, a, b: truncated(y, b, log_mass(a, b)),
        log_below=lambda y, a, b: truncated_log(
            log_mass(a, y) - log_mass(a, b), truncated(y, b, log_mass(a, b))
        ),
        log_above=lambda y, a, b: truncated_log(
            log_mass(y, b) - log_mass(a, b), truncated(a, y, log_mass(a, b))
        ),
        inverse=truncated_inverse,
        inverse_above=lambda q, a, b: -truncated_inverse(q, -b, -a),
        shapes=(("a", ANY), ("b", ANY)),
        support=lambda a, b: (a, b),
        fits=less,
    ),
)
laplace = Continuous(
    "laplace",
    Law(
        lambda y: -abs_(y) - math.log(2.0),
        below=lambda y: exp(laplace_below(y)),
        above=lambda y: exp(laplace_below(-y)),
        log_below=laplace_below,
        log_above=lambda y: laplace_below(-y),
        inverse=laplace_inverse,
        inverse_above=lambda q: -laplace_inverse(q),
    ),
)
logistic = Continuous(
    "logistic",
    Law(
        logistic_log_density,
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
        t_log_density,
        below=lambda y, df: stdtr(df, y),
        above=lambda y, df: stdtr(df, -y),
        log_below=lambda y, df: log_stdtr(df, y),
        log_above=lambda y, df: log_stdtr(df, -y),
        shapes=(("df", POSITIVE),),
        inverse=lambda p, df: stdtrit(df, p),
        inverse_above=lambda q, df: -stdtrit(df, q),
    ),
)
cauchy = Continuous(
    "cauchy",
    Law(
        lambda y: -math.log(math.pi) - log1p_square(y),
        below=lambda y: atan2(1.0, -y) / math.pi,
        above=lambda y: atan2(1.0, y) / math.pi,
        inverse=cauchy_inverse,
        inverse_above=lambda q: -cauchy_inverse(q),
    ),
)
gumbel_r = Continuous(
    "gumbel_r",
    Law(
        lambda y: -y - exp(-y),
        density=lambda y: gumbel_density(-y),
        below=lambda y: exp(-short_exp(-y)),
        above=lambda y: -expm1(-short_exp(-y)),
        log_below=lambda y: -exp(-y),
        log_above=lambda y: gumbel_log_share(-y),
        inverse=lambda p: -log(-log(p)),
        inverse_above=lambda q: -log(-log1p(-q)),
    ),
)
gumbel_l = Continuous(
    "gumbel_l",
    Law(
        lambda y: y - exp(y),
        density=gumbel_density,
        below=lambda y: -expm1(-short_exp(y)),
        above=lambda y: exp(-short_exp(y)),
        log_below=gumbel_log_share,
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
        lambda y, kappa: kappa * (cos(y) - 1.0) - math.log(2.0 * math.pi) - log_i0e(kappa),
        shapes=(("kappa", (-0.0, math.inf)),),
    ),
)


# -- of positive numbers, and of an interval -------------------------------------------------------

expon = Continuous(
    "expon",
    Law(
        lambda y: -y,
        below=lambda y: -expm1(-y),
        above=lambda y: exp(-y),
        support=POSITIVE,
        log_below=lambda y: expon_below(y, log(y)),
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
        log_above=halfnorm_log_above,
        support=POSITIVE,
        inverse=lambda p: math.sqrt(2.0) * erfinv(p),
        inverse_above=lambda q: -ndtri(0.5 * q),
    ),
)
halfcauchy = Continuous(
    "halfcauchy",
    Law(
        lambda y: math.log(2.0 / math.pi) - log1p_square(y),
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
        density=lambda y: y * exp(-0.5 * y * y),
        below=lambda y: -expm1(-0.5 * y * y),
        above=lambda y: exp(-0.5 * y * y),
        log_below=lambda y: expon_below(0.5 * y * y, 2.0 * log(y) - math.log(2.0)),
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
        density=lambda y, a: gamma_density(a, y),
        below=lambda y, a: gammainc(a, y),
        above=lambda y, a: gammaincc(a, y),
        log_below=lambda y, a: log_gammainc(a, y),
        log_above=lambda y, a: log_gammaincc(a, y),
        shapes=(("a", POSITIVE),),
        support=POSITIVE,
        inverse=lambda p, a: gammaincinv(a, p),
        inverse_above=lambda q, a: gammainccinv(a, q),
    ),
)
invgamma = Continuous(
    "invgamma",
    Law(
        or_at_zero(-math.inf, lambda y, a: -(a + 1.0) * log(y) - gammaln(a) - 1.0 / y),
        below=or_at_zero(0.0, lambda y, a: gammaincc(a, 1.0 / y)),
        above=or_at_zero(1.0, lambda y, a: gammainc(a, 1.0 / y)),
        log_below=or_at_zero(-math.inf, lambda y, a: log_gammaincc(a, 1.0 / y)),
        log_above=or_at_zero(0.0, lambda y, a: log_gammainc(a, 1.0 / y)),
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
        density=lambda y, df: 0.5 * gamma_density(0.5 * df, 0.5 * y),
        below=lambda y, df: gammainc(0.5 * df, 0.5 * y),
        above=lambda y, df: gammaincc(0.5 * df, 0.5 * y),
        log_below=lambda y, df: log_gammainc(0.5 * df, 0.5 * y),
        log_above=lambda y, df: log_gammaincc(0.5 * df, 0.5 * y),
        shapes=(("df", POSITIVE),),
        support=POSITIVE,
        inverse=lambda p, df: 2.0 * gammaincinv(0.5 * df, p),
        inverse_above=lambda q, df: 2.0 * gammainccinv(0.5 * df, q),
    ),
)
f = Continuous(
    "f",
    Law(
        f_log_density,
        density=f_density,
        below=lambda y, m, n: f_tail(betainc, betaincc, y, m, n),
        above=lambda y, m, n: f_tail(betaincc, betainc, y, m, n),
        log_below=lambda y, m, n: f_tail(log_betainc, log_betaincc, y, m, n),
        log_above=lambda y, m, n: f_tail(log_betaincc, log_betainc, y, m, n),
        shapes=(("dfn", POSITIVE), ("dfd", POSITIVE)),
        support=POSITIVE,
        inverse=lambda p, m, n: f_inverse(
            less(p, betainc(0.5 * m, 0.5 * n, 0.5)), betaincinv, betainccinv, p, m, n
        ),
        inverse_above=lambda q, m, n: f_inverse(
            less(betaincc(0.5 * m, 0.5 * n, 0.5), q), betainccinv, betaincinv, q, m, n
        ),
    ),
)
lognorm = Continuous(
    "lognorm",
    Law(
        or_at_zero(-math.inf, lambda y, s: -0.5 * (log(y) / s) ** 2 - log(s * y) - LOG_ROOT),
        below=or_at_zero(0.0, lambda y, s: ndtr(log(y) / s)),
        above=or_at_zero(1.0, lambda y, s: ndtr(-log(y) / s)),
        log_below=or_at_zero(-math.inf, lambda y, s: log_ndtr(log(y) / s)),
        log_above=or_at_zero(0.0, lambda y, s: log_ndtr(-log(y) / s)),
        shapes=(("s", POSITIVE),),
        support=POSITIVE,
        inverse=lambda p, s: exp(s * ndtri(p)),
        inverse_above=lambda q, s: exp(-s * ndtri(q)),
    ),
)
weibull_min = Continuous(
    "weibull_min",
    Law(
        weibull_log_density,
        density=weibull_density,
        below=lambda y, c: -expm1(-(y**c)),
        above=lambda y, c: exp(-(y**c)),
        log_below=lambda y, c: expon_below(y**c, c * log(y)),
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
        density=lambda y, a, b: beta_density(a, b, y),
        below=lambda y, a, b: betainc(a, b, y),
        above=lambda y, a, b: betaincc(a, b, y),
        log_below=lambda y, a, b: log_betainc(a, b, y),
        log_above=lambda y, a, b: log_betaincc(a, b, y),
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
