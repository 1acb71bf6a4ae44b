"""Distributions of vectors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ngrad.errors import NumberError, ShapeError
from ngrad.numpy.convert import array_of
from ngrad.numpy.creation import eye
from ngrad.numpy.joining import concatenate
from ngrad.numpy.linalg import cholesky
from ngrad.numpy.manipulation import broadcast_to
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
LOG_TURN = math.log(2.0 * math.pi)


def _parameters(mean: Any, cov: Any) -> tuple[Any, Any]:
    """A mean, and a covariance as a matrix."""
    mean, cov = (array_of(floats(z)) for z in (0.0 if mean is None else mean, cov))
    size = max(z.shape[-1] if z.ndim else 1 for z in (mean, cov))
    return mean, eye(size, dtype=cov.dtype) * cov if cov.ndim < 2 else cov


class _Spread:
    """How a normal distribution spreads.

    A singular covariance has a factor with the directions in which there is nothing added to it, as
    long as its largest: it has the same inverse in the others, and derivatives of every order as
    long as the directions stay.

    Attributes
    ----------
    factor : array
        Lower triangular.
    rank : int
    log_size : array
        Half of the logarithm of the determinant, of the directions in which it spreads.
    null : array, of NumPy's
        The other directions, as columns.
    least : float
        How far from the subspace is beyond it, for SciPy.
    """

    def __init__(self, cov: Any, allow_singular: bool) -> None:
        self.rank, more = len(cov), 0.0
        if allow_singular:
            sizes, directions = np.linalg.eigh(np.asarray(cov))
            top = float(np.abs(sizes).max())
            few = (1e3 if sizes.dtype == np.float32 else 1e6) * np.finfo(sizes.dtype).eps * top
            if sizes.min() < -few:
                raise NumberError(
                    "multivariate_normal: the covariance must be symmetric positive semidefinite; "
                    f"its least eigenvalue is {sizes.min()}"
                )
            self.null, self.least = directions[:, sizes <= few], 1e3 * few
            self.rank -= self.null.shape[1]
            if self.null.size:
                top = top or 1.0
                cov = cov + top * (self.null @ self.null.T)
                more = 0.5 * self.null.shape[1] * math.log(top)
        self.factor = cholesky(cov)
        self.log_size = sum_(log(diagonal(self.factor))) - more


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
        """The logarithm of the density; of a singular covariance, if that is allowed, of that in
        the subspace in which it spreads, and -inf elsewhere. Its values are looked at then.
        """
        x, (mean, cov) = array_of(floats(x)), _parameters(mean, cov)
        size = len(cov)
        points = x.reshape(*x.shape, 1) if x.ndim == 0 or x.shape[-1] != size == 1 else x
        fits = points.shape[-1] in (1, size) and cov.shape == (size, size) and mean.ndim < 2
        if not fits or mean.shape not in ((), (1,), (size,)):
            raise ShapeError(
                f"{self.name}: x of shape {x.shape}, a mean of {mean.shape} and a covariance of "
                f"{cov.shape} do not fit"
            )
        spread, apart = _Spread(cov, allow_singular), points - mean
        apart = broadcast_to(apart, (*apart.shape[:-1], size))
        columns = apart.reshape(-1, size).T
        steps = solve_triangular(spread.factor, columns, lower=True, check_finite=False)
        whole = sum_(steps * steps, axis=0)
        found = -0.5 * (whole + spread.rank * LOG_TURN) - spread.log_size
        if spread.rank < size:
            beyond = sum_((spread.null.T @ columns) ** 2, axis=0) >= spread.least**2
            found = where(beyond, -math.inf, found)
        return found.reshape(apart.shape[:-1]) if apart.ndim > 1 else found[0]

    def entropy(self, mean: Any = None, cov: Any = 1.0, allow_singular: bool = True) -> Any:
        """The entropy. With `allow_singular`, as SciPy's, it looks at values of the covariance."""
        spread = _Spread(_parameters(mean, cov)[1], allow_singular)
        return 0.5 * spread.rank * (LOG_TURN + 1.0) + spread.log_size

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
