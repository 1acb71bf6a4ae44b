"""Draws with derivatives in what is no scale or location: by the share of their law that is below
them, or by a path from other draws.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from ngrad.devices import current
from ngrad.numpy.convert import array_of
from ngrad.numpy.draws import (
    Draws,
    along,
    array_at,
    is_ours,
    on_host,
    parameter,
    refuse_negative,
    size_of,
)
from ngrad.numpy.factors import cholesky, eigh, svd
from ngrad.numpy.laying import as_array
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.out import written
from ngrad.numpy.place import where_they_lie
from ngrad.numpy.selection import where
from ngrad.numpy.ufuncs import UFUNCS
from ngrad.ops.identity import stop_gradient
from ngrad.ops.implied import implied
from ngrad.ops.triangular import triangular_solve

sqrt = UFUNCS["sqrt"]


class Laws(Draws):
    """What NumPy's `Generator` and `RandomState` share, of such laws."""

    def _of_law(self, law: str, size: Any, *given: Any) -> Any:
        """A draw whose derivatives are by the share below it."""
        drawn = self._draw(law, *given, size=size)
        return where_they_lie(_by_share, law, drawn, *given) if any(map(is_ours, given)) else drawn

    def beta(self, a: Any, b: Any, size: Any = None) -> Any:
        """Of a beta distribution; with derivatives in its parameters."""
        return self._of_law("beta", size, a, b)

    def chisquare(self, df: Any, size: Any = None) -> Any:
        """Of a chi-squared distribution; with a derivative in its parameter."""
        return self._of_law("chisquare", size, df)

    def f(self, dfnum: Any, dfden: Any, size: Any = None) -> Any:
        """Of an F distribution; with derivatives in its parameters."""
        return self._of_law("f", size, dfnum, dfden)

    def noncentral_chisquare(self, df: Any, nonc: Any, size: Any = None) -> Any:
        """Of a noncentral chi-squared distribution; who asks for a derivative is refused."""
        return self._of_law("noncentral_chisquare", size, df, nonc)

    def noncentral_f(self, dfnum: Any, dfden: Any, nonc: Any, size: Any = None) -> Any:
        """Of a noncentral F distribution; who asks for a derivative is refused."""
        return self._of_law("noncentral_f", size, dfnum, dfden, nonc)

    def standard_t(self, df: Any, size: Any = None) -> Any:
        """Of Student's distribution; with a derivative in its parameter."""
        return self._of_law("standard_t", size, df)

    def vonmises(self, mu: Any, kappa: Any, size: Any = None) -> Any:
        """Angles of a von Mises distribution; with derivatives in its parameters."""
        return self._of_law("vonmises", size, mu, kappa)

    def wald(self, mean: Any, scale: Any, size: Any = None) -> Any:
        """Of an inverse Gaussian distribution; with derivatives in its parameters."""
        return self._of_law("wald", size, mean, scale)

    # -- of gamma draws ----------------------------------------------------------------------------

    def standard_gamma(self, shape: Any, *args: Any, out: Any = None, **kwargs: Any) -> Any:
        """Of a gamma distribution of scale 1; with a derivative in its shape."""
        drawn = self._into("standard_gamma", shape, *args, out=out, **kwargs)
        if not is_ours(shape):
            return drawn
        found = where_they_lie(_by_share, "standard_gamma", drawn, shape)
        return found if out is None else written("standard_gamma", found._read(), drawn)

    def gamma(self, shape: Any, scale: Any = 1.0, size: Any = None) -> Any:
        """Of a gamma distribution; with derivatives in its parameters."""
        if not (is_ours(shape) or is_ours(scale)):
            return self._draw("gamma", shape, scale, size=size)
        return where_they_lie(self._gamma, shape, scale, size)

    def _gamma(self, shape: Any, scale: Any, size: Any) -> Any:
        refuse_negative("scale", scale)
        return parameter(scale) * self.standard_gamma(shape, size_of(size, shape, scale))

    def dirichlet(self, alpha: Any, size: Any = None) -> Any:
        """Shares of a Dirichlet distribution; with a derivative in its parameter, but where a
        `Generator` is given none of 0.1 or more.
        """
        if not is_ours(alpha):
            return self._draw("dirichlet", alpha, size)
        return where_they_lie(self._dirichlet, alpha, size)

    def _dirichlet(self, alpha: Any, size: Any) -> Any:
        plain = on_host(alpha)
        if isinstance(self._source, np.random.Generator) and np.max(plain, initial=0.0) < 0.1:
            return _by_share("dirichlet", self._draw("dirichlet", alpha, size), alpha)
        drawn = array_at(copy.deepcopy(self._source).dirichlet(plain, size), current())
        z = self.standard_gamma(alpha, drawn.shape)  # of which NumPy makes it
        return along(drawn, z / z.sum(-1, keepdims=True))

    # -- by paths ----------------------------------------------------------------------------------

    def triangular(self, left: Any, mode: Any, right: Any, size: Any = None) -> Any:
        """Of a triangular distribution; with derivatives in its parameters."""

        def path(u: Any, left: Any, mode: Any, right: Any) -> Any:
            whole = right - left
            rises = u * whole <= mode - left
            part = where(rises, u * (mode - left), (1.0 - u) * (right - mode))
            root = sqrt(part * whole)
            return where(rises, left + root, right - root)

        return self._followed("triangular", "random", size, (left, mode, right), path)

    def multivariate_normal(
        self, mean: Any, cov: Any, size: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Vectors of a normal distribution; with derivatives in its mean, and in its covariance by
        the factor that is used: not where that is one of eigenvectors of equal eigenvalues. The
        other arguments are NumPy's.
        """
        drawn = self._draw("multivariate_normal", mean, cov, size, *args, **kwargs)
        if not (is_ours(mean) or is_ours(cov)):
            return drawn
        return where_they_lie(self._of_factor, drawn, mean, cov, kwargs.get("method", "svd"))

    def _of_factor(self, drawn: Any, mean: Any, cov: Any, method: str) -> Any:
        center = parameter(mean)
        if not is_ours(cov):
            return along(drawn, center)
        rows = (drawn - center).reshape(-1, drawn.shape[-1])
        if method == "cholesky":
            factor = cholesky(parameter(cov))
            z = array_of(triangular_solve(factor._read(), rows.T._read())).T
        else:
            factor, z = _by_columns(self._source, parameter(cov), rows, method)
        found = array_of(stop_gradient(z._read())) @ factor.T
        return along(drawn, center + found.reshape(drawn.shape))


def _by_columns(source: Any, cov: ndarray, rows: ndarray, method: str) -> tuple[ndarray, ndarray]:
    """The factor that NumPy multiplies standard numbers by, of singular vectors or of eigenvectors
    as columns, and these numbers; none along a column of length 0.
    """
    if method == "eigh":
        sizes, columns = eigh(cov)
    else:
        left, sizes, right = svd(cov)
        columns = left if isinstance(source, np.random.Generator) else right.T
    spread = where(sizes > 0.0, sqrt(where(sizes > 0.0, sizes, 1.0)), 0.0)
    return columns * spread, where(sizes > 0.0, rows @ columns / spread, 0.0)


def _by_share(law: str, drawn: Any, *given: Any) -> ndarray:
    x = drawn if isinstance(drawn, ndarray) else parameter(drawn)
    return as_array(implied(law, x._read(), *(parameter(y)._read() for y in given)))
