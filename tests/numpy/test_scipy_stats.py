"""Every distribution of `ngrad.scipy.stats` beside SciPy's: values, edges, and gradients."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import pytest
import scipy.special
import scipy.stats
from numeric import check_gradient, check_second_gradient
from test_functions import assert_like

import ngrad
import ngrad.numpy as ours
from ngrad.scipy import stats

TAILS, QUANTILES = ("logcdf", "cdf", "logsf", "sf"), ("ppf", "isf")
DENSITY = ("logpdf", "pdf")
CONTINUOUS, MASSES = (*DENSITY, *TAILS, *QUANTILES), ("logpmf", "pmf", *TAILS, *QUANTILES)


class Row(NamedTuple):
    """A distribution: where it is smooth, its shapes, its methods; how many of the shapes are whole
    numbers, and how many have no second derivative in tails and quantiles.
    """

    name: str
    x: Any
    shapes: tuple[Any, ...] = ()
    methods: tuple[str, ...] = CONTINUOUS
    whole: int = 0
    once: int = 0

    def __str__(self) -> str:
        return self.name


REAL = np.array([-2.7, -0.4, 0.3, 1.9, 12.5])
ABOVE = np.array([0.2, 1.1, 2.5, 7.3])
UNIT = np.array([0.1, 0.35, 0.8])
FEW = np.array([0.6, 1.5, 3.0, 8.0])
CUT = (np.array([-1.0, -3.0, 2.0]), np.array([1.0, -2.0, 9.0]))
ROWS = [
    Row("norm", REAL),
    Row("expon", ABOVE),
    Row("laplace", REAL),
    Row("logistic", REAL),
    Row("uniform", UNIT),
    Row("cauchy", REAL),
    Row("gumbel_r", REAL),
    Row("gumbel_l", REAL / 4.0),
    Row("halfnorm", ABOVE),
    Row("halfcauchy", ABOVE),
    Row("rayleigh", ABOVE),
    Row("lognorm", ABOVE, (FEW,)),
    Row("pareto", ABOVE + 1.0, (FEW,)),
    Row("weibull_min", ABOVE / 2.0, (FEW / 2.0,)),
    Row("truncnorm", np.array([0.2, -2.5, 2.3]), CUT),
    Row("truncnorm", np.array([0.2, -0.5, 2.3]), (np.array([-1, -np.inf, 2]), np.array([1, 3, 9]))),
    Row("skewnorm", REAL, (np.array([-1.0, 0.5, 0.0, 2.0, 3.0]),), DENSITY),
    Row("vonmises", UNIT * 3.0, (np.array([0.5, 1.0, 7.0]),), DENSITY),
    Row("gamma", ABOVE, (FEW,), once=1),
    Row("invgamma", ABOVE, (FEW,), once=1),
    Row("chi2", ABOVE, (FEW,), once=1),
    Row("f", ABOVE, (FEW, FEW[::-1] + 1.0), once=2),
    Row("beta", UNIT, (np.array([0.7, 2.0, 3.5]), np.array([1.3, 0.8, 4.0])), once=2),
    Row("t", REAL, (np.array([0.8, 2.0, 3.0, 7.0, 30.0]),), once=1),
    Row("poisson", np.array([0, 1, 3, 9]), (np.array([0.5, 1.0, 4.0, 6.5]),), MASSES),
    Row("bernoulli", np.array([0, 1, 1]), (UNIT,), MASSES),
    Row("binom", np.array([0, 3, 2]), (np.array([4, 6, 3]), UNIT), MASSES, whole=1),
    Row("geom", np.array([1, 3, 2]), (UNIT,), MASSES),
    Row("nbinom", np.array([0, 3, 2]), (np.array([1.5, 6.0, 3.0]), UNIT), MASSES),
]
CASES = [(row, method) for row in ROWS for method in row.methods]
every_case = pytest.mark.parametrize(("row", "method"), CASES, ids=str)
EDGES = np.array([-np.inf, -1.0, -0.0, 0.0, 0.5, 1.0, 2.0, np.inf, np.nan])


PLANE = np.array([[0.2, 1.5], [-1.0, 0.3], [2.0, 2.5]])
SHARES = np.array([[0.2, 0.6], [0.5, 0.1], [0.3, 0.3]])


def both(name: str, method: str, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
    with np.errstate(all="ignore"):
        expected = getattr(getattr(scipy.stats, name), method)(*args, **kwargs)
    return getattr(getattr(stats, name), method)(*args, **kwargs), expected


@every_case
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_as_scipy(row: Row, method: str) -> None:
    x, edges = row.x, EDGES
    if method in QUANTILES:
        x, edges = np.linspace(0.05, 0.9, len(x)), np.array([0.0, 1.0, -0.5, 1.5, np.nan])
    elif method not in TAILS:  # of infinities SciPy's are NaN here and there
        edges = EDGES[~np.isinf(EDGES)]
        assert not np.asarray(
            getattr(getattr(stats, row.name), method[-3:])(np.inf, *row.shapes)
        ).any()
    assert_like(*both(row.name, method, x, *row.shapes), 16)
    if method not in QUANTILES:
        assert_like(*both(row.name, method, x + 2, *row.shapes, 2), 16)
    if row.methods != MASSES:
        moved = x if method in QUANTILES else 3 * x - 1
        assert_like(*both(row.name, method, moved, *row.shapes, loc=-1.0, scale=3.0), 32)
    shapes = [x[:, None] for x in row.shapes]
    assert_like(*both(row.name, method, edges, *shapes), 16)
    with np.errstate(all="ignore"):
        frozen = getattr(getattr(scipy.stats, row.name)(*row.shapes, loc=1), method)(x)
    found = getattr(getattr(stats, row.name)(*row.shapes, loc=1), method)(x)
    assert_like(found, frozen, 16)


@every_case
def test_gradients(row: Row, method: str) -> None:
    """In x, in the location and the scale, and in the shapes."""
    call = getattr(getattr(stats, row.name), method)
    fixed, shapes = row.shapes[: row.whole], row.shapes[row.whole :]
    if row.methods == MASSES and method in QUANTILES:  # they are steps
        given = [ours.array(z * 1.0) for z in (np.linspace(0.1, 0.9, len(row.x)), *row.shapes)]
        with pytest.warns(UserWarning, match="does not depend on"):
            slopes = ngrad.grad(lambda *xs: ours.sum(call(*xs)), tuple(range(len(given))))(*given)
        assert not any(np.asarray(slope).any() for slope in slopes)
        return
    if row.methods == MASSES:
        there = np.isfinite(np.asarray(call(row.x, *row.shapes)))
        kept = [shape[there] for shape in fixed]
        check_gradient(
            lambda *xs: ngrad.convert_to_tensor(call(row.x[there], *kept, *xs)),
            *(shape[there] for shape in shapes),
        )
        return

    def function(x: Any, loc: Any, scale: Any, *shapes: Any) -> Any:
        return ngrad.convert_to_tensor(call(x, *shapes, loc=loc, scale=scale))

    shapes = tuple(shape for shape in shapes if np.isfinite(shape).all())
    if len(shapes) < len(row.shapes):
        return
    x = np.linspace(0.15, 0.8, len(row.x)) if method in QUANTILES else 2.0 * row.x + 0.5
    arrays = (x, np.array(0.5), np.array(2.0), *shapes)
    check_gradient(function, *arrays)
    if method in ("logpdf", "cdf", "logsf", "ppf"):  # the others are made as these are
        once = row.once if method != "logpdf" else 0
        kept = arrays[len(arrays) - once :]
        check_second_gradient(
            lambda *xs: function(*xs, *kept), *arrays[: len(arrays) - once], rtol=1e-6
        )


@pytest.mark.parametrize(
    ("name", "method", "args"),
    [
        ("multivariate_normal", "pdf", (PLANE[0], [0.5, -1.0], [[2.0, 0.3], [0.3, 1.0]])),
        ("multivariate_normal", "logpdf", (PLANE, [0.5, -1.0], [[2.0, 0.3], [0.3, 1.0]])),
        ("multivariate_normal", "logpdf", (PLANE, [0.5, -1.0], [2.0, 3.0])),
        ("multivariate_normal", "logpdf", (PLANE, [0.5, -1.0], 2.0)),
        ("multivariate_normal", "logpdf", (np.array(0.5), [0.5, -1.0], [[2.0, 0.3], [0.3, 1.0]])),
        ("multivariate_normal", "logpdf", (np.array([0.5]), [0.0, 0.0], [[2.0, 0.3], [0.3, 1.0]])),
        ("multivariate_normal", "logpdf", (np.array([0.5, 2.0, 3.0]), 1.0, 2.0)),
        ("dirichlet", "logpdf", (SHARES, [1.5, 0.7, 3.0])),
        ("dirichlet", "pdf", (SHARES[:2], [1.5, 0.7, 3.0])),
        ("dirichlet", "logpdf", (SHARES[:, 0], [1.5, 0.7, 3.0])),
        ("multinomial", "logpmf", ([[1, 2, 1], [4, 0, 0], [1, 1, 1]], 4, [0.2, 0.5, 0.3])),
        ("multinomial", "pmf", ([1, 2, 1], 4, [0.2, 0.5, 0.3])),
    ],
)
def test_vectors(name: str, method: str, args: Any) -> None:
    """Values as SciPy's, called and frozen; gradients in x (but counts) and in all parameters."""
    found, expected = both(name, method, *args)
    x, *parameters = args
    frozen = getattr(getattr(stats, name)(*parameters), method)(x)
    assert_like(np.squeeze(found), np.squeeze(expected), 16)
    assert_like(np.squeeze(frozen), np.squeeze(expected), 16)
    if isinstance(expected, float):  # a number of NumPy's
        assert found.is_number
    call = getattr(getattr(stats, name), method)
    first = 2 if name == "multinomial" else 0
    arrays = [np.asarray(z, float) for z in args[first:]]
    if first and np.ndim(x) > 1:
        args = (x[:2], *parameters)  # the density of the last is zero

    def function(*given: Any) -> Any:
        if name == "multivariate_normal" and given[-1].ndim == 2:  # its upper half is not read
            given = (*given[:-1], (given[-1] + ngrad.transpose(given[-1])) / 2.0)
        return ngrad.convert_to_tensor(call(*args[:first], *given))

    check_gradient(function, *arrays)
    check_second_gradient(function, *arrays, rtol=1e-6)


def test_normals_that_do_not_spread_everywhere() -> None:
    """As SciPy's, with derivatives along what they spread in; and entropies of these and others."""
    points = np.array([[0.3, 0.3, 0.5], [1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
    normal, known = stats.multivariate_normal, scipy.stats.multivariate_normal
    flat = np.array([[1.0, 1.0, 0.2], [1.0, 1.0, 0.2], [0.2, 0.2, 2.0]])
    for cov in (np.eye(3), flat, np.diag([0.0, 0.0, 4.0]), np.zeros((3, 3)), 2.0 * np.ones((3, 3))):
        expected = known.logpdf(points, None, cov, allow_singular=True)
        found = normal.logpdf(points, None, cov, allow_singular=True)
        np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-12)
        np.testing.assert_allclose(normal.entropy(cov=cov), known.entropy(cov=cov), rtol=1e-12)
        assert normal(None, cov, True).entropy() == normal.entropy(cov=cov)
    half = np.array([[1.0, 0.3], [1.0, 0.3], [0.2, 1.5]])  # whose product spreads in a plane

    def along(scale: Any, step: Any) -> Any:
        cov = ngrad.matmul(half * scale, half * scale, transpose_b=True)
        found = normal.logpdf(ngrad.linalg.matvec(half, step), None, cov, allow_singular=True)
        return ngrad.convert_to_tensor(found + normal.entropy(cov=cov))

    check_gradient(along, np.array([1.2, 0.7]), np.array([0.5, -0.8]))
    check_second_gradient(along, np.array([1.2, 0.7]), np.array([0.5, -0.8]), rtol=1e-6)
    with pytest.raises(ValueError, match="positive semidefinite"):
        normal.entropy(cov=-np.eye(2))
    with pytest.raises(ngrad.errors.LinAlgError, match="positive definite"):
        normal.logpdf([0.5, 1.0], cov=np.ones((2, 2)))


def test_every_name_has_a_row() -> None:
    vectors = {"dirichlet", "multinomial", "multivariate_normal"}  # in `test_vectors`
    assert set(stats.__all__) == {row.name for row in ROWS} | vectors


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("norm", (0.5, 0.0, -1.0)),
        ("norm", (0.5, 0.0, 0.0)),
        ("gamma", (0.5, -1.0)),
        ("gamma", (0.5, 0.0)),
        ("beta", (0.5, 1.0, -2.0)),
        ("t", (0.5, 0.0)),
        ("gamma", (0.0, 1.0)),
        ("beta", (1.0, 2.0, 1.0)),
        ("beta", (0.0, 0.5, 1.0)),
        ("lognorm", (0.0, 1.0)),
        ("invgamma", (0.0, 1.0)),
        ("rayleigh", (0.0,)),
        ("truncnorm", (0.5, 1.0, 0.0)),
        ("truncnorm", (9.0, 8.0, np.inf)),
    ],
)
def test_parameters_at_their_bounds(name: str, args: Any) -> None:
    assert_like(*both(name, "logpdf", *args), 4)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("poisson", (0, 0.0)),
        ("poisson", (2, 0.0)),
        ("poisson", (2, -1.0)),
        ("poisson", (1.5, 2.0)),
        ("bernoulli", (1, 0.0)),
        ("bernoulli", (0, 0.0)),
        ("bernoulli", (1, 1.5)),
        ("binom", (4, 3.0, 0.5)),
        ("binom", (2, 2.5, 0.5)),
        ("binom", (0, 0.0, 0.5)),
        ("geom", (1, 1.0)),
        ("geom", (0, 0.5)),
    ],
)
def test_masses_at_bounds(name: str, args: Any) -> None:
    assert_like(*both(name, "logpmf", *args), 4)


I_RATIO = scipy.special.i1(1.0) / scipy.special.i0(1.0)


def slope(function: Any, at: float) -> Any:
    return ngrad.grad(function)(ours.asarray(at))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (lambda: stats.cauchy.logpdf(1e300), -math.log(math.pi) - 600 * math.log(10.0)),
        (lambda: stats.halfcauchy.logpdf(1e300), math.log(2 / math.pi) - 600 * math.log(10.0)),
        (lambda: stats.t.logpdf(1e200, 2.0), -600 * math.log(10.0)),
        (lambda: stats.multinomial.logpmf([1.5, 1.5], 3, [0.3, 0.7]), -math.inf),
        (lambda: stats.t.logpdf(0.5, np.inf), scipy.stats.norm.logpdf(0.5)),
        (lambda: slope(lambda y: stats.cauchy.logpdf(y), 1e300), -2e-300),
        (lambda: slope(lambda k: stats.vonmises.logpdf(1.0, k), 0.0), math.cos(1.0)),
        (lambda: slope(lambda mu: stats.poisson.logpmf(0, mu), 0.0), -1.0),
        (lambda: slope(lambda p: stats.bernoulli.logpmf(0, p), 0.0), -1.0),
        (lambda: slope(lambda p: stats.geom.logpmf(1, p), 1.0), 1.0),
        (lambda: slope(lambda y: stats.gamma.logpdf(y, 1.0), 0.0), -1.0),
        (lambda: slope(lambda y: stats.beta.logpdf(y, 1.0, 1.0), 0.0), 0.0),
        (lambda: slope(lambda k: stats.vonmises.logpdf(1.0, k), 1.0), math.cos(1.0) - I_RATIO),
        (lambda: slope(lambda y: stats.laplace.cdf(y), 0.0), 0.5),
        (lambda: slope(lambda y: stats.laplace.sf(y), 0.0), -0.5),
        (lambda: slope(lambda y: stats.laplace.logcdf(y), 0.0), 1.0),
        (lambda: slope(lambda y: stats.laplace.logsf(y), 0.0), -1.0),
        (lambda: slope(ngrad.grad(lambda y: stats.logistic.logpdf(y)), 0.0), -0.5),
        (lambda: slope(ngrad.grad(lambda y: stats.norm.logcdf(y)), 40.0), 0.0),
        (lambda: slope(ngrad.grad(lambda y: stats.norm.logcdf(y)), -1e4), 1e-8 - 6e-16 - 1.0),
        (lambda: slope(lambda y: stats.gamma.pdf(y, 1.0), 0.0), -1.0),
        (lambda: slope(lambda y: stats.gamma.pdf(y, 2.0), 0.0), 1.0),
        (lambda: slope(lambda y: stats.gamma.pdf(y, 3.0), 0.0), 0.0),
        (lambda: slope(ngrad.grad(lambda y: stats.gamma.pdf(y, 3.0)), 0.0), 1.0),
        (lambda: slope(lambda a: stats.gamma.pdf(0.0, a), 2.0), 0.0),
        (lambda: slope(lambda y: stats.chi2.pdf(y, 4.0, scale=0.5), 0.0), 1.0),
        (lambda: slope(lambda y: stats.f.pdf(y, 4.0, 5.0), 0.0), 5.6),
        (lambda: slope(lambda y: stats.beta.pdf(y, 2.0, 2.0), 0.0), 6.0),
        (lambda: slope(lambda y: stats.beta.pdf(y, 2.0, 2.0), 1.0), -6.0),
        (lambda: slope(ngrad.grad(lambda y: stats.beta.pdf(y, 2.0, 2.0)), 0.0), -12.0),
        (lambda: slope(lambda y: stats.beta.pdf(y, 0.5, 0.5), 0.0), -math.inf),
        (lambda: slope(lambda y: stats.beta.pdf(y, 0.5, 0.5), 1.0), math.inf),
        (lambda: slope(lambda y: stats.beta.pdf(y, 1.0, 3.0), 0.0), -6.0),
        (lambda: slope(lambda y: stats.rayleigh.pdf(y), 0.0), 1.0),
        (lambda: slope(lambda y: stats.weibull_min.pdf(y, 2.0), 0.0), 2.0),
        (lambda: stats.weibull_min.pdf(1e200, 3.0), 0.0),
        (lambda: stats.cauchy.ppf(1e-20), -1e20 / math.pi),
        (lambda: stats.cauchy.isf(1e-300), 1e300 / math.pi),
        (lambda: slope(lambda p: stats.cauchy.ppf(p), 1e-20), 1e40 / math.pi),
        (lambda: stats.gamma.logsf(1e-12, 1.0), -1e-12),
        (lambda: stats.uniform.logsf(1e-12), -1e-12 - 5e-25),
        (lambda: stats.gumbel_l.logcdf(3.0), math.log1p(-math.exp(-math.exp(3.0)))),
        (lambda: stats.gumbel_r.logsf(1000.0), -1000.0),
        (lambda: stats.gumbel_l.pdf(1e100), 0.0),
        (lambda: stats.gumbel_r.pdf(-1e300), 0.0),
        (lambda: slope(lambda y: stats.gumbel_l.pdf(y), 1e100), 0.0),
        (lambda: stats.dirichlet.pdf([-0.2, 1.2], [1.0, 2.0]), math.nan),
        (lambda: stats.dirichlet.pdf([0.2, 0.8], [-1.0, 2.0]), math.nan),
        (lambda: stats.gumbel_l.logcdf(-39.0), -39.0),
        (lambda: slope(lambda y: stats.gumbel_l.logcdf(y), -1e10), 1.0),
        (lambda: stats.halfnorm.logsf(1e-12), -1e-12 * math.sqrt(2.0 / math.pi) - 3.2e-25),
        (lambda: stats.t.logcdf(50.0, 30.0), -scipy.stats.t.sf(50.0, 30.0)),
        (lambda: slope(lambda y: stats.rayleigh.logcdf(y), 10.0), 10.0 * math.exp(-50.0)),
        (lambda: stats.truncnorm.logcdf(10.0, 0.0, np.inf), -2.0 * scipy.stats.norm.sf(10.0)),
        (lambda: stats.truncnorm.sf(1e300, 0.0, np.inf), 0.0),
        (lambda: slope(lambda y: stats.truncnorm.cdf(y, 0.0, 9e9), 0.0), math.sqrt(2 / math.pi)),
        (lambda: slope(lambda y: stats.truncnorm.logsf(y, 0.0, 9e9), 0.0), -math.sqrt(2 / math.pi)),
        (lambda: stats.f.sf(1e10, 2.0, 2.0), 1.0 / (1e10 + 1.0)),
        (lambda: stats.f.logsf(1e300, 2.0, 2.0), -300.0 * math.log(10.0)),
        (lambda: slope(lambda y: stats.gamma.logsf(y, 0.5), 0.0), -math.inf),
        (lambda: slope(lambda y: stats.chi2.logsf(y, 1.0), 0.0), -math.inf),
        (lambda: slope(lambda y: stats.beta.logsf(y, 0.5, 2.0), 0.0), -math.inf),
        (lambda: slope(lambda y: stats.gamma.logcdf(y, 0.5), 0.0), math.inf),
        (lambda: slope(lambda y: stats.f.cdf(y, 1.0, 2.0), 0.0), math.inf),
        (lambda: slope(lambda y: stats.f.logsf(y, 1.0, 2.0), 0.0), -math.inf),
        (lambda: slope(lambda y: stats.f.pdf(y, 1.0, 3.0), 0.0), -math.inf),
        (lambda: slope(lambda y: stats.f.pdf(y, 3.0, 3.0), 0.0), math.inf),
        (lambda: stats.f.cdf(1e-20, 4.0, 2.0), 4e-40),
        (lambda: slope(ngrad.grad(lambda y: stats.beta.logsf(y, 2.0, 2.0)), 0.0), -6.0),
        (lambda: slope(lambda y: stats.gumbel_l.pdf(y), 1e10), 0.0),
        (lambda: slope(lambda y: stats.gumbel_r.cdf(y), -1e300), 0.0),
        (lambda: stats.f.pdf(1e30, 2.0, 1.0) * 1e45, 0.5 / 2**0.5),
        (lambda: stats.gamma.logsf(1e5, 2.0), math.log1p(1e5) - 1e5),
        (lambda: slope(lambda y: stats.gamma.logsf(y, 2.0), 1e5), -1e5 / (1e5 + 1.0)),
        (lambda: slope(ngrad.grad(lambda y: stats.gamma.logsf(y, 2.0)), 1e5), -((1e5 + 1.0) ** -2)),
        (lambda: slope(lambda y: stats.gamma.logcdf(y, 2.0), 1e-300), 2e300),
        (lambda: stats.chi2.logsf(1600.0, 4.0), math.log1p(800.0) - 800.0),
        (lambda: stats.invgamma.logcdf(1e-4, 2.0), math.log1p(1e4) - 1e4),
        (lambda: stats.gamma.logsf(0.1, 1e-150), math.log(1e-150 * scipy.special.exp1(0.1))),
        (lambda: stats.t.logcdf(-1e200, 1.0), -math.log(math.pi) - 200.0 * math.log(10.0)),
        (lambda: slope(lambda y: stats.t.logsf(y, 3.0), 1e300), -3e-300),
        (lambda: stats.t.logsf(40.0, np.inf), scipy.stats.norm.logsf(40.0)),
        (lambda: stats.beta.logcdf(1e-200, 3.0, 1.0), -600.0 * math.log(10.0)),
        (lambda: stats.beta.logsf(0.75, 1.0, 1e4), -1e4 * math.log(4.0)),
        (lambda: stats.f.logsf(1e300, 2.0, 4.0), 2.0 * (math.log(2.0) - 300.0 * math.log(10.0))),
        (lambda: stats.poisson.logcdf(1, 1e4), math.log1p(1e4) - 1e4),
        (lambda: stats.binom.logsf(999, 1000, 0.01), 1000.0 * math.log(0.01)),
        (lambda: stats.nbinom.logcdf(0, 1e4, 0.5), -1e4 * math.log(2.0)),
        (lambda: stats.f.isf(1.0 - 2.0**-40, 2.0, 2.0), 1.0 / (2.0**40 - 1.0)),
        (lambda: stats.f.ppf(1.0 - 2.0**-40, 2.0, 2.0), 2.0**40 - 1.0),
        (lambda: slope(lambda q: stats.f.isf(q, 2.0, 4.0), 1e-40), -1e60),
        (lambda: stats.halfnorm.ppf(1e-300), 1e-300 * math.sqrt(0.5 * math.pi)),
        (lambda: stats.rayleigh.logcdf(1e-200), -400.0 * math.log(10.0) - math.log(2.0)),
        (lambda: stats.weibull_min.logcdf(1e-200, 3.0), -600.0 * math.log(10.0)),
    ],
)
def test_far_out_and_at_the_ends_of_parameters(found: Any, expected: float) -> None:
    """Where SciPy has infinities, or a formula a kink that the function has not."""
    assert float(found()) == pytest.approx(expected, rel=1e-14, nan_ok=True)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        *(("gamma", (2.0,)), ("gamma", (0.5,)), ("chi2", (3.0,)), ("f", (1.0, 3.0))),
        *(("beta", (2.0, 3.0)), ("rayleigh", ()), ("weibull_min", (0.5,)), ("expon", ())),
    ],
)
def test_logarithms_of_nothing_rise_without_bound(name: str, shapes: Any) -> None:
    call = getattr(stats, name).logcdf
    assert float(slope(lambda y: call(y, *shapes), 0.0)) == math.inf


def test_what_lies_outside_has_no_gradient() -> None:
    for call in (
        lambda x: stats.gamma.logpdf(x, 0.5),
        lambda x: stats.expon.pdf(x),
        lambda x: stats.uniform.cdf(x),
        lambda x: stats.beta.pdf(x, 0.5, 0.5),
    ):
        for at in (-1.0, -0.1):
            assert float(ngrad.grad(call)(ours.array(at))) == 0.0


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: stats.gamma.logpdf(1.0), TypeError, "gamma.logpdf: takes x, a, loc, scale"),
        (lambda: stats.norm.pdf(1.0, 2.0, 3.0, 4.0), TypeError, "norm.pdf: takes x, loc, scale"),
        (lambda: stats.norm.pdf(1.0, mu=2.0), TypeError, "not 0 parameters and mu by name"),
        (lambda: stats.norm.pdf(1.0, 2.0, loc=1.0), TypeError, "norm.pdf"),
        (lambda: stats.poisson.pmf(1, 2.0, scale=2.0), TypeError, "poisson.pmf: takes x, mu, loc"),
        (lambda: stats.vonmises.ppf(0.5, 1.0), AttributeError, "stats.vonmises has no 'ppf'"),
        (lambda: stats.skewnorm.cdf(0.5, 1.0), AttributeError, "stats.skewnorm has no 'cdf'"),
        (lambda: stats.norm().rvs, AttributeError, "ngrad.scipy.stats.norm has no 'rvs'"),
        (lambda: stats.levy, AttributeError, "ngrad.scipy.stats has no 'levy'"),
        (
            lambda: stats.multivariate_normal.pdf([1.0, 2.0], [0.0, 0.0, 0.0]),
            ValueError,
            r"x of shape \(2,\), a mean of \(3,\)",
        ),
        (
            lambda: stats.multivariate_normal.pdf([1.0, 2.0], None, [[1.0, 2.0], [2.0, 1.0]]),
            np.linalg.LinAlgError,
            "positive definite",
        ),
        (lambda: stats.dirichlet.pdf([0.5, 0.5], [1.0] * 4), ValueError, r"of shape \(2,\)"),
    ],
)
def test_what_is_refused(call: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()
