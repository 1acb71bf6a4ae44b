"""SciPy's `stats`: densities of common distributions, with derivatives in x and in every parameter;
and their tails, those of gamma, beta and t with derivatives in all but the shapes.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ngrad.numpy.convert import array_of
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.norms import floats
from ngrad.ops.arithmetic import abs_, floor, maximum, minimum
from ngrad.ops.comparison import (
    equal,
    greater,
    greater_equal,
    isnan,
    less,
    less_equal,
    logical_and,
)  # fmt: skip
from ngrad.ops.convert import operands
from ngrad.ops.elementwise import select
from ngrad.ops.exponential import exp, expm1, log, log1p
from ngrad.scipy.missing import missing
from ngrad.scipy.special import SPECIAL

__getattr__ = missing("stats")


def _special(name: str) -> Callable[..., Any]:
    return lambda *xs: SPECIAL[name](*xs)._read()


betaln, gammaln, xlog1py, xlogy = map(_special, ("betaln", "gammaln", "xlog1py", "xlogy"))
expit, log_expit = _special("expit"), _special("log_expit")
ndtr, log_ndtr, stdtr = _special("ndtr"), _special("log_ndtr"), _special("stdtr")
gammainc, gammaincc = _special("gammainc"), _special("gammaincc")
betainc, betaincc = _special("betainc"), _special("betaincc")


class Law(NamedTuple):
    """A distribution without location and scale.

    Attributes
    ----------
    log_density : callable
        Of x and the shapes, within the support.
    shapes : tuple of (str, (low, high))
        Shape parameters, and between which numbers they lie; a low of -0.0 is taken, too.
    support : (low, high)
        Both are in it.
    somewhere : float
        A number in it where nothing is infinite, for x that are not, whose density is 0.
    below, above : callable
        Of x and the shapes: the distribution function, and the rest to 1.
    log_below, log_above : callable, optional
        Their logarithms, where these are more exact.
    """

    log_density: Callable[..., Any]
    below: Callable[..., Any]
    above: Callable[..., Any]
    shapes: tuple[tuple[str, tuple[float, float]], ...] = ()
    support: tuple[float, float] = (-math.inf, math.inf)
    somewhere: float = 0.5
    log_below: Callable[..., Any] | None = None
    log_above: Callable[..., Any] | None = None


class Distribution:
    """A distribution, whose methods take x, its shapes, a location and a scale; called with these,
    it gives one that takes x alone.

    Examples
    --------
    >>> import ngrad
    >>> from ngrad.scipy import stats
    >>> stats.norm.logpdf(1.0, loc=1.0, scale=2.0).round(4)
    array(-1.6121)
    >>> ngrad.grad(lambda a: stats.gamma(a).logpdf(2.0))(ngrad.constant(1.0)).numpy().round(4)
    np.float32(1.2704)
    """

    more: tuple[str, ...] = ("loc", "scale")

    def __init__(self, name: str, law: Law) -> None:
        self.name, self._law = name, law

    def __call__(self, *args: Any, **kwargs: Any) -> Frozen:
        return Frozen(self, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"ngrad.scipy.stats.{self.name} has no {name!r}; SciPy's own takes NumPy's arrays, "
            "without derivatives"
        )

    def __repr__(self) -> str:
        return f"<distribution {self.name}>"

    def _standard(self, what: str, x: Any, args: Any, kwargs: Any) -> tuple[Any, Any, Any, Any]:
        """x without location and scale; the shapes; the scale; and whether parameters are right."""
        law, names = self._law, (*(name for name, _ in self._law.shapes), *self.more)
        given = {"loc": 0.0, "scale": 1.0, **dict(zip(names, args, strict=False)), **kwargs}
        twice = kwargs.keys() & {*names[: len(args)]}
        if twice or kwargs.keys() - {*names} or {*names} - given.keys() or len(args) > len(names):
            raise TypeError(
                f"{self.name}.{what}: takes x, {', '.join(names)}, not {len(args)} parameters and "
                f"{', '.join(kwargs) or 'none'} by name"
            )
        own = [given[name] for name, _ in law.shapes]
        x, loc, scale, *shapes = operands(
            self.name, *map(floats, (x, given["loc"], given["scale"], *own))
        )
        valid = greater(scale, 0.0)
        for value, (_, (low, high)) in zip(shapes, law.shapes, strict=True):
            above = greater_equal if math.copysign(1.0, low) < 0.0 else greater
            valid = _all(valid, above(value, low), less_equal(value, high))
        return (x - loc) / scale, shapes, scale, valid

    def _log_density(self, what: str, x: Any, args: Any, kwargs: Any) -> Any:
        law = self._law
        y, shapes, scale, valid = self._standard(what, x, args, kwargs)
        inside = _all(greater_equal(y, law.support[0]), less_equal(y, law.support[1]), self._on(y))
        found = law.log_density(select(inside, y, law.somewhere), *shapes) - log(scale)
        found = select(inside, found, select(isnan(y), y, -np.inf))
        return select(valid, found, np.nan)

    def _on(self, y: Any) -> Any:
        """Whether a number is one of those that there are."""
        return equal(y, y)

    def _tail(self, above: bool, logarithm: bool, x: Any, args: Any, kwargs: Any) -> ndarray:
        law, names = self._law, (("cdf", "logcdf"), ("sf", "logsf"))
        y, shapes, _, valid = self._standard(names[above][logarithm], x, args, kwargs)
        y = maximum(minimum(self._step(y), law.support[1]), self._first())
        exact = law.log_above if above else law.log_below
        plain = law.above if above else law.below
        if not logarithm:
            found = plain(y, *shapes)
        else:
            found = log(plain(y, *shapes)) if exact is None else exact(y, *shapes)
        return array_of(select(logical_and(valid, equal(y, y)), found, np.nan))

    def _step(self, y: Any) -> Any:
        """The number up to which the probability is that up to another."""
        return y

    def _first(self) -> float:
        """A number up to which there is none."""
        return self._law.support[0]

    def logcdf(self, x: Any, *args: Any, **kwargs: Any) -> ndarray:
        """The logarithm of the distribution function."""
        return self._tail(False, True, x, args, kwargs)

    def cdf(self, x: Any, *args: Any, **kwargs: Any) -> ndarray:
        """The distribution function: the probability of numbers up to x."""
        return self._tail(False, False, x, args, kwargs)

    def logsf(self, x: Any, *args: Any, **kwargs: Any) -> ndarray:
        """The logarithm of `sf`."""
        return self._tail(True, True, x, args, kwargs)

    def sf(self, x: Any, *args: Any, **kwargs: Any) -> ndarray:
        """The probability of numbers above x."""
        return self._tail(True, False, x, args, kwargs)


class Continuous(Distribution):
    """One with a density."""

    def logpdf(self, x: Any, *args: Any, **kwargs: Any) -> ndarray:
        """The logarithm of the density."""
        return array_of(self._log_density("logpdf", x, args, kwargs))

    def pdf(self, x: Any, *args: Any, **kwargs: Any) -> ndarray:
        """The density."""
        return array_of(exp(self._log_density("pdf", x, args, kwargs)))


class Discrete(Distribution):
    """One of whole numbers, which has no scale."""

    more = ("loc",)

    def _on(self, y: Any) -> Any:
        return equal(y, floor(y))

    def _step(self, y: Any) -> Any:
        return floor(y)

    def _first(self) -> float:
        return self._law.support[0] - 1.0

    def logpmf(self, k: Any, *args: Any, **kwargs: Any) -> ndarray:
        """The logarithm of the probability."""
        return array_of(self._log_density("logpmf", k, args, kwargs))

    def pmf(self, k: Any, *args: Any, **kwargs: Any) -> ndarray:
        """The probability."""
        return array_of(exp(self._log_density("pmf", k, args, kwargs)))


class Frozen:
    """A distribution with its parameters."""

    def __init__(self, distribution: Distribution, args: Any, kwargs: Any) -> None:
        self.dist, self.args, self.kwds = distribution, args, kwargs

    def __getattr__(self, name: str) -> Callable[[Any], ndarray]:
        method = getattr(self.dist, name)
        return lambda x: method(x, *self.args, **self.kwds)


def _all(*conditions: Any) -> Any:
    return functools.reduce(logical_and, conditions)


# -- laws ------------------------------------------------------------------------------------------

POSITIVE, PROBABILITY = (0.0, math.inf), (-0.0, 1.0)


def _expon_below(y: Any) -> Any:
    far = log1p(-exp(-maximum(y, 0.5)))
    return select(greater(y, 0.7), far, log(-expm1(-y)))


def _laplace_below(y: Any) -> Any:
    size = -abs_(y)
    return select(less(y, 0.0), size - math.log(2.0), log1p(-0.5 * exp(size)))


def _logistic(y: Any) -> Any:
    size = -abs_(y)
    return size - 2.0 * log1p(exp(size))


def _t(y: Any, df: Any) -> Any:
    most = -0.5 * log(df) - betaln(0.5 * df, 0.5 + 0.0 * df)
    return most - 0.5 * (df + 1.0) * log1p(y * y / df)


def _bernoulli_above(k: Any, p: Any) -> Any:
    return select(less(k, 0.0), 1.0, select(less(k, 1.0), p, 0.0))


norm = Continuous(
    "norm",
    Law(
        lambda y: -0.5 * y * y - 0.5 * math.log(2.0 * math.pi),
        below=ndtr,
        above=lambda y: ndtr(-y),
        log_below=log_ndtr,
        log_above=lambda y: log_ndtr(-y),
    ),
)
expon = Continuous(
    "expon",
    Law(
        lambda y: -y,
        below=lambda y: -expm1(-y),
        above=lambda y: exp(-y),
        support=POSITIVE,
        log_below=_expon_below,
        log_above=lambda y: -y,
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
    ),
)
uniform = Continuous(
    "uniform",
    Law(lambda y: 0.0 * y, lambda y: y, lambda y: 1.0 - y, support=(0.0, 1.0)),
)
gamma = Continuous(
    "gamma",
    Law(
        lambda y, a: xlogy(a - 1.0, y) - y - gammaln(a),
        below=lambda y, a: gammainc(a, y),
        above=lambda y, a: gammaincc(a, y),
        shapes=(("a", POSITIVE),),
        support=POSITIVE,
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
    ),
)
t = Continuous(
    "t",
    Law(
        _t,
        below=lambda y, df: stdtr(df, y),
        above=lambda y, df: stdtr(df, -y),
        shapes=(("df", POSITIVE),),
    ),
)
poisson = Discrete(
    "poisson",
    Law(
        lambda k, mu: xlogy(k, mu) - gammaln(k + 1.0) - mu,
        below=lambda k, mu: gammaincc(k + 1.0, mu),
        above=lambda k, mu: gammainc(k + 1.0, mu),
        shapes=(("mu", (-0.0, math.inf)),),
        support=POSITIVE,
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

__all__ = [
    "bernoulli", "beta", "expon", "gamma", "laplace", "logistic", "norm", "poisson", "t", "uniform",
]  # fmt: skip
