"""Distributions of vectors."""

from __future__ import annotations

import math
from typing import Any

from ngrad.errors import NumberError, ShapeError
from ngrad.numpy.convert import array_of
from ngrad.numpy.creation import eye
from ngrad.numpy.joining import concatenate
from ngrad.numpy.linalg import cholesky
from ngrad.numpy.norms import floats
from ngrad.numpy.reductions import all as all_
from ngrad.numpy.reductions import sum as sum_
from ngrad.numpy.selection import diagonal, where
from ngrad.numpy.ufuncs import UFUNCS
from ngrad.scipy.distributions import Named
from ngrad.scipy.linalg import solve_triangular
from ngrad.scipy.special import SPECIAL

exp, log, equal, floor = (UFUNCS[name] for name in ("exp", "log", "equal", "floor"))
gammaln, xlogy = SPECIAL["gammaln"], SPECIAL["xlogy"]


class MultivariateNormal(Named):
    """Of vectors in the last axis of x; the covariance is a matrix, the variances of independent
    components, or the one of all.

    Examples
    --------
    >>> from ngrad.scipy import stats
    >>> stats.multivariate_normal.logpdf([1.0, 0.0], cov=[[2.0, 0.5], [0.5, 1.0]]).round(4)
    np.float64(-2.4034)
    """

    def logpdf(self, x: Any, mean: Any = None, cov: Any = 1.0, allow_singular: bool = False) -> Any:
        """The logarithm of the density."""
        if allow_singular:
            raise NumberError(f"{self.name}: a singular covariance has no density here")
        x, cov = array_of(floats(x)), array_of(floats(cov))
        mean = array_of(floats(0.0 if mean is None else mean))
        size = max(z.shape[-1] if z.ndim else 1 for z in (mean, cov))
        if cov.ndim < 2:
            cov = eye(size, dtype=cov.dtype) * cov
        points = x.reshape(*x.shape, 1) if size == 1 and x.shape[-1:] != (1,) else x
        fits = points.shape[-1] == size and cov.shape == (size, size) and mean.ndim < 2
        if not fits or mean.shape not in ((), (1,), (size,)):
            raise ShapeError(
                f"{self.name}: x of shape {x.shape}, a mean of {mean.shape} and a covariance of "
                f"{cov.shape} do not fit"
            )
        factor, apart = cholesky(cov), points - mean
        steps = solve_triangular(factor, apart.reshape(-1, size).T, lower=True)
        whole = sum_(steps * steps, axis=0).reshape(apart.shape[:-1])
        return -0.5 * (whole + size * math.log(2.0 * math.pi)) - sum_(log(diagonal(factor)))

    def pdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The density."""
        return exp(self.logpdf(x, *args, **kwargs))


class Dirichlet(Named):
    """Of shares along the first axis of x, the last of which may be left out. Whether they add up
    to 1 is not looked at; of negative ones, and parameters that are not positive, it is NaN.

    Examples
    --------
    >>> from ngrad.scipy import stats
    >>> stats.dirichlet.logpdf([0.2, 0.3, 0.5], [1.0, 2.0, 3.0]).round(4)
    np.float64(1.5041)
    """

    def logpdf(self, x: Any, alpha: Any) -> Any:
        """The logarithm of the density."""
        x, alpha = array_of(floats(x)), array_of(floats(alpha))
        if alpha.ndim != 1 or x.ndim < 1 or alpha.size - x.shape[0] not in (0, 1):
            raise ShapeError(
                f"{self.name}: takes x of one row for each alpha, or of one less, not of shape "
                f"{x.shape} beside {alpha.shape}"
            )
        if x.shape[0] < alpha.size:
            x = concatenate([x, 1.0 - sum_(x, axis=0, keepdims=True)])
        x, alpha = where(x < 0.0, math.nan, x), where(alpha > 0.0, alpha, math.nan)
        powers = xlogy((alpha - 1.0).reshape(-1, *(1,) * (x.ndim - 1)), x)
        return sum_(powers, axis=0) + gammaln(sum_(alpha)) - sum_(gammaln(alpha))

    def pdf(self, x: Any, alpha: Any) -> Any:
        """The density."""
        return exp(self.logpdf(x, alpha))


class Multinomial(Named):
    """Of counts in the last axis of x, of n draws; probabilities are taken as they are given.

    Examples
    --------
    >>> from ngrad.scipy import stats
    >>> stats.multinomial.pmf([1, 2, 1], 4, [0.2, 0.5, 0.3]).round(4)
    np.float64(0.18)
    """

    def logpmf(self, x: Any, n: Any, p: Any) -> Any:
        """The logarithm of the probability; -inf of what are no counts, or do not add up to n."""
        x, n, p = (array_of(floats(z)) for z in (x, n, p))
        ways = gammaln(n + 1.0) - sum_(gammaln(x + 1.0), axis=-1)
        counts = equal(sum_(x, axis=-1), n) & all_(equal(floor(x), x) & (x >= 0.0), axis=-1)
        return where(counts, ways + sum_(xlogy(x, p), axis=-1), -math.inf)

    def pmf(self, x: Any, n: Any, p: Any) -> Any:
        """The probability."""
        return exp(self.logpmf(x, n, p))


multivariate_normal = MultivariateNormal("multivariate_normal")
dirichlet = Dirichlet("dirichlet")
multinomial = Multinomial("multinomial")
