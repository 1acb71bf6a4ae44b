"""SciPy's `stats`: densities of common distributions, with derivatives in x and in every parameter;
and their tails and quantiles: of these, incomplete gamma and beta functions have derivatives in all
but the shapes.
"""

from __future__ import annotations

from ngrad.scipy.continuous import (
    beta,
    cauchy,
    chi2,
    expon,
    f,
    gamma,
    gumbel_l,
    gumbel_r,
    halfcauchy,
    halfnorm,
    invgamma,
    laplace,
    logistic,
    lognorm,
    norm,
    pareto,
    rayleigh,
    skewnorm,
    t,
    truncnorm,
    uniform,
    vonmises,
    weibull_min,
)
from ngrad.scipy.discrete import bernoulli, binom, geom, nbinom, poisson
from ngrad.scipy.missing import missing
from ngrad.scipy.multivariate import dirichlet, multinomial, multivariate_normal

__getattr__ = missing("stats")
__all__ = [
    "bernoulli", "beta", "binom", "cauchy", "chi2", "dirichlet", "expon", "f", "gamma", "geom",
    "gumbel_l", "gumbel_r", "halfcauchy", "halfnorm", "invgamma", "laplace", "logistic", "lognorm",
    "multinomial", "multivariate_normal", "nbinom", "norm", "pareto", "poisson", "rayleigh",
    "skewnorm", "t", "truncnorm", "uniform", "vonmises", "weibull_min",
]  # fmt: skip
