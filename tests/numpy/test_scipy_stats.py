"""Every distribution of `ngrad.scipy.stats` beside SciPy's: values, edges, and gradients."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
import scipy.stats
from numeric import check_gradient, check_second_gradient
from test_functions import assert_like

import ngrad
import ngrad.numpy as ours
from ngrad.errors import GradientError
from ngrad.scipy import stats

TAILS = ("logcdf", "cdf", "logsf", "sf")
DENSITIES, MASSES = ("logpdf", "pdf", *TAILS), ("logpmf", "pmf", *TAILS)


class Row(NamedTuple):
    """A distribution: where it is smooth, its shapes, and its methods."""

    name: str
    x: Any
    shapes: tuple[Any, ...]
    methods: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


REAL = np.array([-2.7, -0.4, 0.3, 1.9, 12.5])
ABOVE = np.array([0.2, 1.1, 2.5, 7.3])
UNIT = np.array([0.1, 0.35, 0.8])
ROWS = [
    Row("norm", REAL, (), DENSITIES),
    Row("expon", ABOVE, (), DENSITIES),
    Row("laplace", REAL, (), DENSITIES),
    Row("logistic", REAL, (), DENSITIES),
    Row("uniform", UNIT, (), DENSITIES),
    Row("gamma", ABOVE, (np.array([0.6, 1.5, 3.0, 8.0]),), DENSITIES),
    Row("beta", UNIT, (np.array([0.7, 2.0, 3.5]), np.array([1.3, 0.8, 4.0])), DENSITIES),
    Row("t", REAL, (np.array([0.8, 2.0, 3.0, 7.0, 30.0]),), DENSITIES),
    Row("poisson", np.array([0, 1, 3, 9]), (np.array([0.5, 1.0, 4.0, 6.5]),), MASSES),
    Row("bernoulli", np.array([0, 1, 1]), (UNIT,), MASSES),
]
CASES = [(row, method) for row in ROWS for method in row.methods]
every_case = pytest.mark.parametrize(("row", "method"), CASES, ids=str)
EDGES = np.array([-np.inf, -1.0, -0.0, 0.0, 0.5, 1.0, 2.0, np.inf, np.nan])


def both(name: str, method: str, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
    with np.errstate(all="ignore"):
        expected = getattr(getattr(scipy.stats, name), method)(*args, **kwargs)
    return getattr(getattr(stats, name), method)(*args, **kwargs), expected


@every_case
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_as_scipy(row: Row, method: str) -> None:
    assert_like(*both(row.name, method, row.x, *row.shapes), 4)
    assert_like(*both(row.name, method, row.x + 2, *row.shapes, 2), 4)
    if row.methods != MASSES:
        assert_like(*both(row.name, method, 3 * row.x - 1, *row.shapes, loc=-1.0, scale=3.0), 8)
    shapes = [x[:, None] for x in row.shapes]
    assert_like(*both(row.name, method, EDGES, *shapes), 4)
    with np.errstate(all="ignore"):
        frozen = getattr(getattr(scipy.stats, row.name)(*row.shapes, loc=1), method)(row.x)
    found = getattr(getattr(stats, row.name)(*row.shapes, loc=1), method)(row.x)
    assert_like(found, frozen, 4)


@every_case
def test_gradients(row: Row, method: str) -> None:
    """In x, in the location and the scale, and in the shapes."""
    call = getattr(getattr(stats, row.name), method)
    if row.methods == MASSES:
        there = np.isfinite(np.asarray(call(row.x, *row.shapes)))
        shapes = [shape[there] for shape in row.shapes]
        check_gradient(lambda *xs: ngrad.convert_to_tensor(call(row.x[there], *xs)), *shapes)
        return

    fixed: tuple[Any, ...] = ()

    def function(x: Any, loc: Any, scale: Any, *shapes: Any) -> Any:
        return ngrad.convert_to_tensor(call(x, *shapes, *fixed, loc=loc, scale=scale))

    arrays = (2.0 * row.x + 0.5, np.array(0.5), np.array(2.0), *row.shapes)
    if method in TAILS and row.shapes:
        arrays, fixed = arrays[:3], row.shapes
        with pytest.raises(GradientError, match="has a derivative in its last operand"):
            ngrad.grad(lambda shape: ours.sum(call(row.x, *(shape,) * len(fixed))))(fixed[0])
    check_gradient(function, *arrays)
    check_second_gradient(function, *arrays, rtol=1e-6)


def test_every_name_has_a_row() -> None:
    assert set(stats.__all__) == {row.name for row in ROWS}


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
        ("t", (1e200, 2.0)),
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
    ],
)
def test_masses_at_bounds(name: str, args: Any) -> None:
    assert_like(*both(name, "logpmf", *args), 4)


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
        (lambda: stats.gamma.ppf, AttributeError, "ngrad.scipy.stats.gamma has no 'ppf'"),
        (lambda: stats.norm().rvs, AttributeError, "ngrad.scipy.stats.norm has no 'rvs'"),
        (lambda: stats.cauchy, AttributeError, "ngrad.scipy.stats has no 'cauchy'"),
    ],
)
def test_what_is_refused(call: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()
