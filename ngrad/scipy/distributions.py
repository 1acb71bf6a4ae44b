"""What distributions have in common: location and scale, supports, and methods."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

import numpy as np

from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.norms import floats
from ngrad.ops.arithmetic import floor
from ngrad.ops.comparison import (
    equal,
    greater,
    greater_equal,
    isfinite,
    isnan,
    less,
    less_equal,
    logical_and,
)  # fmt: skip
from ngrad.ops.convert import operands
from ngrad.ops.elementwise import select
from ngrad.ops.exponential import exp, log
from ngrad.ops.scipy_special import WHOLE_QUANTILE
from ngrad.record import apply
from ngrad.scipy.formulas import log_of


class Law(NamedTuple):
    """A distribution without location and scale.

    Attributes
    ----------
    log_density : callable
        Of x and the shapes, within the support.
    shapes : tuple of (str, (low, high))
        Shape parameters, and between which numbers they lie; a low of -0.0 is taken, too.
    support : (low, high), or callable
        Both are in it; a function of the shapes that gives them.
    somewhere : float
        A number in it where nothing is infinite, for x that are not, whose density is 0.
    fits : callable, optional
        Of the shapes: whether they are right, beside their bounds.
    below, above : callable, optional
        Of x and the shapes: the distribution function, and the rest to 1.
    log_below, log_above : callable, optional
        Their logarithms, where these are more exact.
    density : callable, optional
        Of x and the shapes, if it is 0 somewhere in the support: its logarithm is infinite there.
    inverse, inverse_above : callable, optional
        Of a probability and the shapes: the inverses of `below` and `above`.
    """

    log_density: Callable[..., Any]
    below: Callable[..., Any] | None = None
    above: Callable[..., Any] | None = None
    shapes: tuple[tuple[str, tuple[float, float]], ...] = ()
    support: Any = (-math.inf, math.inf)
    somewhere: float = 0.5
    fits: Callable[..., Any] | None = None
    log_below: Callable[..., Any] | None = None
    log_above: Callable[..., Any] | None = None
    inverse: Callable[..., Any] | None = None
    inverse_above: Callable[..., Any] | None = None
    density: Callable[..., Any] | None = None


class Standard(NamedTuple):
    """What a method was called with, x without location and scale.

    Attributes
    ----------
    support : (low, high)
    valid : tensor of bool
        Whether the parameters are right.
    """

    x: Any
    loc: Any
    scale: Any
    shapes: list[Any]
    support: tuple[Any, Any]
    valid: Any


class Named:
    """What has a name in `stats`; called with parameters, it gives what takes x alone."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *args: Any, **kwargs: Any) -> Frozen:
        return Frozen(self, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        self._lacks(name)

    def _lacks(self, name: str) -> NoReturn:
        raise AttributeError(
            f"ngrad.scipy.stats.{self.name} has no {name!r}; SciPy's own takes NumPy's arrays, "
            "without derivatives"
        )

    def __repr__(self) -> str:
        return f"<distribution {self.name}>"


class Distribution(Named):
    """A distribution, whose methods take x, its shapes, a location and a scale.

    Examples
    --------
    >>> import ngrad
    >>> from ngrad.scipy import stats
    >>> stats.norm.logpdf(1.0, loc=1.0, scale=2.0).round(4)
    np.float64(-1.6121)
    >>> ngrad.grad(lambda a: stats.gamma(a).logpdf(2.0))(ngrad.constant(1.0)).numpy().round(4)
    np.float32(1.2704)
    """

    more: tuple[str, ...] = ("loc", "scale")

    def __init__(self, name: str, law: Law) -> None:
        super().__init__(name)
        self._law = law

    def _standard(self, what: str, x: Any, args: Any, kwargs: Any) -> Standard:
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
            valid = both(valid, above(value, low), less_equal(value, high))
        if law.fits is not None:
            valid = logical_and(valid, law.fits(*shapes))
        support = law.support(*shapes) if callable(law.support) else law.support
        return Standard((x - loc) / scale, loc, scale, shapes, support, valid)

    def _log_density(self, what: str, x: Any, args: Any, kwargs: Any) -> Any:
        law, given = self._law, self._standard(what, x, args, kwargs)
        y, inside = self._inside(given)
        found = law.log_density(y, *given.shapes) - log(given.scale)
        return self._within(given, inside, found, -np.inf)

    def _inside(self, given: Standard) -> tuple[Any, Any]:
        """A number of the support in place of one that is not, and whether it is one."""
        y, (low, high) = given.x, given.support
        inside = both(greater_equal(y, low), less_equal(y, high), isfinite(y), self._on(y))
        return select(inside, y, self._law.somewhere), inside

    def _within(self, given: Standard, inside: Any, found: Any, elsewhere: float) -> Any:
        found = select(inside, found, select(isnan(given.x), given.x, elsewhere))
        return select(given.valid, found, np.nan)

    def _on(self, y: Any) -> Any:
        """Whether a number is one of those that there are."""
        return equal(y, y)

    def _tail(self, above: bool, logarithm: bool, x: Any, args: Any, kwargs: Any) -> Any:
        law, names = self._law, (("cdf", "logcdf"), ("sf", "logsf"))
        name = names[above][logarithm]
        plain, other = (law.above, law.below) if above else (law.below, law.above)
        if plain is None or other is None:
            self._lacks(name)
        given = self._standard(name, x, args, kwargs)
        y, (low, high) = self._step(given.x), given.support
        inside = both(greater_equal(y, low), less(y, high), isfinite(y))
        exact = law.log_above if above else law.log_below
        at = select(inside, y, law.somewhere), *given.shapes
        if not logarithm:
            found = plain(*at)
        else:
            found = log_of(plain(*at), other(*at)) if exact is None else exact(*at)
        nothing, all_ = (-np.inf, 0.0) if logarithm else (0.0, 1.0)
        early, late = (all_, nothing) if above else (nothing, all_)
        found = select(inside, found, select(greater_equal(y, high), late, early))
        return ndarray(select(both(given.valid, equal(y, y)), found, np.nan))

    def _step(self, y: Any) -> Any:
        """The number up to which the probability is that up to another."""
        return y

    def logcdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the distribution function."""
        return self._tail(False, True, x, args, kwargs)

    def cdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The distribution function: the probability of numbers up to x."""
        return self._tail(False, False, x, args, kwargs)

    def logsf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of `sf`."""
        return self._tail(True, True, x, args, kwargs)

    def sf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The probability of numbers above x."""
        return self._tail(True, False, x, args, kwargs)


class Continuous(Distribution):
    """One with a density."""

    def logpdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the density."""
        return ndarray(self._log_density("logpdf", x, args, kwargs))

    def pdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The density."""
        density = self._law.density
        if density is None:
            return ndarray(exp(self._log_density("pdf", x, args, kwargs)))
        given = self._standard("pdf", x, args, kwargs)
        y, inside = self._inside(given)
        found = density(y, *given.shapes) / given.scale
        return ndarray(self._within(given, inside, found, 0.0))

    def ppf(self, q: Any, *args: Any, **kwargs: Any) -> Any:
        """The inverse of `cdf`: the number up to which the probability is q."""
        return self._quantile("ppf", self._law.inverse, q, args, kwargs)

    def isf(self, q: Any, *args: Any, **kwargs: Any) -> Any:
        """The inverse of `sf`: the number above which the probability is q."""
        return self._quantile("isf", self._law.inverse_above, q, args, kwargs)

    def _quantile(self, name: str, inverse: Any, q: Any, args: Any, kwargs: Any) -> Any:
        if inverse is None:
            self._lacks(name)
        given = self._standard(name, 0.0, args, kwargs)
        q, loc, scale, *shapes = operands(
            self.name, floats(q), given.loc, given.scale, *given.shapes
        )
        first, last = given.support if name == "ppf" else given.support[::-1]
        found = inverse(select(both(greater(q, 0.0), less(q, 1.0)), q, 0.5), *shapes)
        found = select(equal(q, 0.0), first, select(equal(q, 1.0), last, found))
        right = both(given.valid, greater_equal(q, 0.0), less_equal(q, 1.0))
        return ndarray(select(right, found * scale + loc, np.nan))


class Discrete(Distribution):
    """One of whole numbers, which has no scale."""

    more = ("loc",)

    def _on(self, y: Any) -> Any:
        return equal(y, floor(y))

    def _step(self, y: Any) -> Any:
        return floor(y)

    def logpmf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the probability."""
        return ndarray(self._log_density("logpmf", k, args, kwargs))

    def pmf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """The probability."""
        return ndarray(exp(self._log_density("pmf", k, args, kwargs)))

    def ppf(self, q: Any, *args: Any, **kwargs: Any) -> Any:
        """The least number up to which the probability is q or more; it has no derivative in q."""
        return self._quantile("ppf", q, args, kwargs)

    def isf(self, q: Any, *args: Any, **kwargs: Any) -> Any:
        """The least number above which the probability is q or less."""
        return self._quantile("isf", q, args, kwargs)

    def _quantile(self, method: str, q: Any, args: Any, kwargs: Any) -> Any:
        given = self._standard(method, 0.0, args, kwargs)
        q, loc, *shapes = operands(self.name, floats(q), given.loc, *given.shapes)
        return ndarray(apply(WHOLE_QUANTILE, (q, *shapes), (self.name, method)) + loc)


class Frozen:
    """A distribution with its parameters."""

    def __init__(self, distribution: Named, args: Any, kwargs: Any) -> None:
        self.dist, self.args, self.kwds = distribution, args, kwargs

    def __getattr__(self, name: str) -> Callable[..., ndarray]:
        method = getattr(self.dist, name)
        return lambda *x: method(*x, *self.args, **self.kwds)


def both(*conditions: Any) -> Any:
    """Whether all of them hold."""
    return functools.reduce(logical_and, conditions)
