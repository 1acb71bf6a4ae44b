"""Distributions of whole numbers."""

from __future__ import annotations

import math
from typing import Any

from ngrad.ops.arithmetic import floor
from ngrad.ops.comparison import equal, less
from ngrad.ops.elementwise import select
from ngrad.ops.exponential import exp, expm1, log, log1p
from ngrad.scipy.distributions import Discrete, Law
from ngrad.scipy.shares import log_betainc, log_betaincc, log_gammainc, log_gammaincc
from ngrad.scipy.special import OF_TENSORS as of

FROM_ZERO, PROBABILITY, SURE = (-0.0, math.inf), (-0.0, 1.0), (0.0, 1.0)
gammaln, xlog1py, xlogy = of["gammaln"], of["xlog1py"], of["xlogy"]
gammainc, gammaincc = of["gammainc"], of["gammaincc"]
betainc, betaincc = of["betainc"], of["betaincc"]


def _bernoulli_above(k: Any, p: Any) -> Any:
    return select(less(k, 0.0), 1.0, select(less(k, 1.0), p, 0.0))


def _binom(k: Any, n: Any, p: Any) -> Any:
    ways = gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)
    return ways + xlogy(k, p) + xlog1py(n - k, -p)


def _nbinom(k: Any, n: Any, p: Any) -> Any:
    ways = gammaln(n + k) - gammaln(k + 1.0) - gammaln(n)
    return ways + n * log(p) + xlog1py(k, -p)


poisson = Discrete(
    "poisson",
    Law(
        lambda k, mu: xlogy(k, mu) - gammaln(k + 1.0) - mu,
        below=lambda k, mu: gammaincc(k + 1.0, mu),
        above=lambda k, mu: gammainc(k + 1.0, mu),
        log_below=lambda k, mu: log_gammaincc(k + 1.0, mu),
        log_above=lambda k, mu: log_gammainc(k + 1.0, mu),
        shapes=(("mu", FROM_ZERO),),
        support=(0.0, math.inf),
        somewhere=1.0,
    ),
)
bernoulli = Discrete(
    "bernoulli",
    Law(
        lambda k, p: xlogy(k, p) + xlog1py(1.0 - k, -p),
        below=lambda k, p: 1.0 - _bernoulli_above(k, p),
        above=_bernoulli_above,
        shapes=(("p", PROBABILITY),),
        support=(0.0, 1.0),
        somewhere=1.0,
    ),
)
binom = Discrete(
    "binom",
    Law(
        _binom,
        below=lambda k, n, p: betaincc(k + 1.0, n - k, p),
        above=lambda k, n, p: betainc(k + 1.0, n - k, p),
        log_below=lambda k, n, p: log_betaincc(k + 1.0, n - k, p),
        log_above=lambda k, n, p: log_betainc(k + 1.0, n - k, p),
        shapes=(("n", FROM_ZERO), ("p", PROBABILITY)),
        support=lambda n, p: (0.0, n),
        somewhere=0.0,
        fits=lambda n, p: equal(n, floor(n)),
    ),
)
geom = Discrete(
    "geom",
    Law(
        lambda k, p: xlog1py(k - 1.0, -p) + log(p),
        below=lambda k, p: -expm1(k * log1p(-p)),
        above=lambda k, p: exp(k * log1p(-p)),
        log_above=lambda k, p: k * log1p(-p),
        shapes=(("p", SURE),),
        support=(1.0, math.inf),
        somewhere=1.0,
    ),
)
nbinom = Discrete(
    "nbinom",
    Law(
        _nbinom,
        below=lambda k, n, p: betainc(n, k + 1.0, p),
        above=lambda k, n, p: betaincc(n, k + 1.0, p),
        log_below=lambda k, n, p: log_betainc(n, k + 1.0, p),
        log_above=lambda k, n, p: log_betaincc(n, k + 1.0, p),
        shapes=(("n", (0.0, math.inf)), ("p", SURE)),
        support=(0.0, math.inf),
        somewhere=1.0,
    ),
)
