"""Derivatives of draws in the parameters of their laws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.stats
from numeric import check_gradient
from test_numpy_random import COV, A, V, assert_same

import ngrad
import ngrad.numpy as ours
from ngrad.ops.implied import SLOPES


@pytest.mark.parametrize("name", ["default_rng", "RandomState"])
@pytest.mark.parametrize(
    "draw",
    [
        lambda r, a: r.normal(a, a**2),
        lambda r, a: r.normal(a, 0.5, size=(4, 2, 3)),
        lambda r, a: r.uniform(-a, 2.0 * a),
        lambda r, a: r.exponential(a, (2, 2, 3)),
        lambda r, a: r.rayleigh(a),
        lambda r, a: r.laplace(a, a),
        lambda r, a: r.logistic(a, a),
        lambda r, a: r.gumbel(a, a),
        lambda r, a: r.gamma([0.5, 2.0, 3.0], a),
        lambda r, a: r.gamma(2.0, a, (2, 2, 3)),
        lambda r, a: r.multivariate_normal(a[0, :2], COV, (2, 2)),
        lambda r, a: r.multivariate_normal(a[0, :2], covariance(a), (2, 2)),
        lambda r, a: r.multivariate_normal([1.0, -1.0], covariance(a)),
        lambda r, a: r.triangular(-a, 0.3 * a, a),
        lambda r, a: r.triangular(0.0, a[0], 2.0, (4, 3)),
        lambda r, a: r.vonmises(a, 3.0),
        lambda r, a: r.lognormal(a, a),
        lambda r, a: r.lognormal(a, 0.0 * a),
        lambda r, a: r.weibull(a),
        lambda r, a: r.power(a),
        lambda r, a: r.pareto(a),
        lambda r, a: r.permutation(a) * np.array([1.0, 2.0, 3.0]),
        lambda r, a: r.choice(a[0], 5, p=[0.2, 0.3, 0.5]),
    ],
)
def test_derivatives_in_parameters(name: str, draw: Any) -> None:
    def function(a: Any) -> Any:
        return ngrad.convert_to_tensor(draw(getattr(ours.random, name)(3), ours.asarray(a)))

    check_gradient(function, A)


def covariance(a: Any) -> Any:
    return ours.stack([ours.stack([a[0, 0], a[0, 1]]), ours.stack([a[0, 1], a[0, 2] + a[1, 2]])])


@pytest.mark.parametrize("method", ["svd", "eigh", "cholesky"])
def test_derivatives_in_a_covariance_are_those_of_the_factor(method: str) -> None:
    def function(a: Any) -> Any:
        cov = covariance(ours.asarray(a))
        own = ours.random.default_rng(3)
        return own.multivariate_normal([1.0, -1.0], cov, 5, method=method)._read()

    check_gradient(function, A)


def test_a_covariance_of_less_than_full_rank() -> None:
    """What it does not reach has no derivative, and the mean has."""

    def function(mean: Any) -> Any:
        cov = ours.outer(ours.array(V), V)
        return ours.random.default_rng(3).multivariate_normal(mean, cov, check_valid="ignore").sum()

    np.testing.assert_allclose(ngrad.grad(function)(ours.array(V)), 1.0)


ANGLES, LOW, HIGH = np.array([-1.0, 0.3, 2.9]), A[0], np.array([0.3, 1.7, 9.0])
SHARES: dict[str, tuple[tuple[Any, ...], Callable[..., Any]]] = {
    "standard_gamma": ((HIGH,), scipy.stats.gamma),
    "gamma": ((HIGH, LOW), lambda a, b: scipy.stats.gamma(a, scale=b)),
    "beta": ((HIGH, LOW), scipy.stats.beta),
    "chisquare": ((HIGH,), scipy.stats.chi2),
    "f": ((HIGH, LOW), scipy.stats.f),
    "standard_t": ((HIGH,), scipy.stats.t),
    "vonmises": ((ANGLES, HIGH), lambda mu, kappa: scipy.stats.vonmises(kappa, loc=mu)),
    "wald": ((HIGH, LOW), lambda mean, scale: scipy.stats.invgauss(mean / scale, scale=scale)),
    "triangular": (
        (ANGLES, ANGLES + 0.5, ANGLES + 2.0),
        lambda a, b, c: scipy.stats.triang((b - a) / (c - a), loc=a, scale=c - a),
    ),
}


@pytest.mark.parametrize("make", ["default_rng", "RandomState"])
@pytest.mark.parametrize("law", SHARES)
def test_along_a_parameter_the_share_below_a_draw_stays(law: str, make: str) -> None:
    given, distribution = SHARES[law]
    parameters = [ours.array(x) for x in given]
    with ngrad.GradientTape() as tape:
        tape.watch(parameters)
        drawn = getattr(getattr(ours.random, make)(5), law)(*parameters)
        y = drawn.sum()
    found = tape.gradient(y, parameters)
    x = np.asarray(drawn)
    assert_same(x, getattr(getattr(np.random, make)(5), law)(*given))
    density, low = distribution(*given).pdf(x), distribution(*given).cdf(x) < 0.5
    for k, slope in enumerate(found):

        def share(step: Any, k: int = k) -> Any:
            near = distribution(*given[:k], given[k] + step, *given[k + 1 :])
            return np.where(low, near.cdf(x), -near.sf(x))

        step = 1e-3 * np.maximum(np.abs(given[k]), 0.1)
        rise = 8.0 * (share(step) - share(-step)) - (share(2 * step) - share(-2 * step))
        np.testing.assert_allclose(slope, -rise / (12.0 * step) / density, 1e-6, 1e-9)


@pytest.mark.parametrize(
    ("n", "d", "x"),
    [(463.0, 0.188, 1.5e12), (4.03, 0.0579, 5.2e30), (3.0, 2.0, 1e-30), (0.5, 3.0, 2e-9)],
)
def test_f_draws_far_out_have_all_digits(n: float, d: float, x: float) -> None:
    """One of the two shares of the beta law behind it is as good as 1."""
    given = [ngrad.constant(v, "f8") for v in (n, d, x)]
    in_n, in_d, density = [float(v) for v in SLOPES["f"](*given)]
    with mpmath.workdps(80):
        n, d, x, h = (mpmath.mpf(v) for v in (n, d, x, 1e-20))

        def share(n: Any, d: Any, x: Any) -> Any:
            return mpmath.betainc(n / 2, d / 2, 0, n * x / (n * x + d), regularized=True)

        rise = share(n, d, x * (1 + h)) - share(n, d, x * (1 - h))
        for found, up, down in ((in_n, (n + h, d), (n - h, d)), (in_d, (n, d + h), (n, d - h))):
            exact = float((share(*up, x) - share(*down, x)) / rise * x)
            np.testing.assert_allclose(found / density, exact, 1e-10)


def test_an_f_draw_of_0_stays_0() -> None:
    found = ngrad.grad(lambda n: ours.random.default_rng(2).f(n, 1.2))(ours.array(2e-3))
    assert float(ours.random.default_rng(2).f(2e-3, 1.2)) == 0.0 == float(found)


def test_a_dirichlet_draw_is_of_gamma_draws() -> None:
    weights = np.arange(12.0).reshape(4, 3)
    for make in (ours.random.default_rng, ours.random.RandomState):

        def shares(a: Any, make: Any = make) -> Any:
            return (make(3).dirichlet(a, 4) * weights).sum()

        def plain(a: Any, make: Any = make) -> Any:
            z = make(3).standard_gamma(a, (4, 3))
            return (z / z.sum(-1, keepdims=True) * weights).sum()

        found, expected = (ngrad.grad(f)(ours.array(HIGH)) for f in (shares, plain))
        np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("law", "draw"),
    [
        ("noncentral_chisquare", lambda r, a: r.noncentral_chisquare(a, 1.0)),
        ("noncentral_f", lambda r, a: r.noncentral_f(3.0, a, 1.0)),
        ("dirichlet", lambda r, a: r.dirichlet(0.01 * a)),
        ("gammainc", lambda r, a: ngrad.grad(lambda b: r.standard_gamma(b).sum())(a)),
    ],
)
def test_derivatives_that_are_not_there_are_told(law: str, draw: Any) -> None:
    """They are no zeros beside other terms; and the draw itself is NumPy's."""

    def loss(a: Any) -> Any:
        return (a * draw(ours.random.default_rng(3), a)).sum()

    with pytest.raises(ngrad.errors.GradientError, match=f"{law}: .*no (second )?derivative in"):
        ngrad.grad(loss)(ours.array(LOW))
    drawn = draw(ours.random.default_rng(3), ours.array(LOW))
    if law != "gammainc":
        assert_same(drawn, draw(np.random.default_rng(3), LOW))


def test_draws_of_a_law_are_batched() -> None:
    def draw(kappa: Any) -> Any:
        return ours.random.default_rng(3).vonmises(0.2, kappa)

    slopes = ngrad.grad(lambda kappa: draw(kappa).sum())(ours.array(HIGH))
    rows = ngrad.jacobian(draw)(ours.array(HIGH))
    np.testing.assert_allclose(np.asarray(rows), np.diag(slopes), rtol=1e-12)
    curved = ngrad.hessian(lambda kappa: draw(kappa).sum())(ours.array(HIGH))
    assert np.isfinite(np.diag(curved)).all() and np.diag(curved).all()
