"""`ngrad.numpy.random` beside NumPy's: the same bits for the same seed; and derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.optimize
import scipy.stats
from numeric import check_gradient
from test_functions import converted

import ngrad
import ngrad.numpy as ours
from ngrad.ops.implied import SLOPES

A = np.linspace(0.5, 2.0, 6).reshape(2, 3)
P = np.array([0.1, 0.2, 0.3, 0.4])
V = np.array([1.0, 2.0, 3.0])
MEAN, COV = np.array([1.0, -1.0]), np.array([[2.0, 0.3], [0.3, 1.0]])

Call = Callable[[Any], Any]

BOTH: list[Call] = [
    lambda r: r.normal(),
    lambda r: r.normal(A, 0.5, (4, 2, 3)),
    lambda r: r.normal(size=5),
    lambda r: r.uniform(-1.0, A),
    lambda r: r.uniform(2, 7, size=(2, 2)),
    lambda r: r.exponential(A),
    lambda r: r.rayleigh(A, size=(2, 3)),
    lambda r: r.laplace(1.0, A),
    lambda r: r.logistic(A, 2.0),
    lambda r: r.gumbel(A, A),
    lambda r: r.lognormal(0.2, A, size=(5, 2, 3)),
    lambda r: r.lognormal(800.0 * A, A),
    lambda r: r.weibull(A),
    lambda r: r.power(A),
    lambda r: r.pareto(A, (3, 2, 3)),
    lambda r: r.gamma(A, 2.0),
    lambda r: r.beta(A, 1.5),
    lambda r: r.poisson(3.0, 10),
    lambda r: r.binomial(10, P),
    lambda r: r.multinomial(20, P),
    lambda r: r.multivariate_normal(MEAN, COV, 3),
    lambda r: r.dirichlet(P, 2),
    lambda r: r.chisquare(A),
    lambda r: r.standard_t(5, 3),
    lambda r: r.standard_normal((2, 3)),
    lambda r: r.standard_exponential(4),
    lambda r: r.standard_gamma(A),
    lambda r: r.standard_cauchy(4),
    lambda r: r.triangular(0, A, 3),
    lambda r: r.vonmises(0.0, A),
    lambda r: r.wald(A, 1.0),
    lambda r: r.zipf(3.0, 4),
    lambda r: r.geometric(0.3, 4),
    lambda r: r.hypergeometric(5, 6, 7, 4),
    lambda r: r.logseries(0.5, 4),
    lambda r: r.negative_binomial(3, 0.4, 4),
    lambda r: r.noncentral_chisquare(A, 1.0),
    lambda r: r.noncentral_f(3, A, 1.0),
    lambda r: r.f(A, 3.0),
    lambda r: r.random(7),
    lambda r: r.choice(10, 4),
    lambda r: r.choice(10, (2, 3), replace=False),
    lambda r: r.choice(np.arange(4) * 1.5, 9, p=P),
    lambda r: r.choice(["a", "bc", "d"]),
    lambda r: r.choice(["a", "bc", "d", "e"], (2, 3), p=P),
    lambda r: r.choice([b"a", b"bc", b"d"], 2, replace=False),
    lambda r: r.permutation(["a", "bc", "d", "e"]),
    lambda r: r.permutation(9),
    lambda r: r.permutation(A[0]),
    lambda r: r.permutation(np.arange(20.0).reshape(5, 4)),
    lambda r: [r.normal(), r.integers(0, 9, 3) if hasattr(r, "integers") else r.randint(0, 9, 3)],
]
NEW: list[Call] = [
    lambda r: r.integers(0, 10, size=20),
    lambda r: r.integers(5, dtype=np.uint8, endpoint=True, size=9),
    lambda r: r.integers([3, 200, 5], dtype=np.int32),
    lambda r: r.random(5, dtype=np.float32),
    lambda r: r.standard_normal(5, dtype=np.float32),
    lambda r: r.standard_exponential(5, method="inv"),
    lambda r: r.choice(A, 5, axis=1),
    lambda r: r.choice(A, 2, False, None, 0, False),
    lambda r: r.choice([["a", "b"], ["c", "d"]], 5, axis=1),
    lambda r: r.permutation(A, axis=1),
    lambda r: r.permuted(A),
    lambda r: r.permuted(A, axis=1),
    lambda r: r.permuted(A, axis=0),
    lambda r: r.multivariate_hypergeometric([3, 4, 5], 6),
    lambda r: r.multivariate_normal(MEAN, COV, method="cholesky"),
    lambda r: [child.random(2) for child in r.spawn(2)],
    lambda r: np.frombuffer(r.bytes(8), np.uint8),
]
OLD: list[Call] = [
    lambda r: r.rand(2, 3),
    lambda r: r.rand(),
    lambda r: r.randn(4),
    lambda r: r.randint(10, size=(2, 5)),
    lambda r: r.randint(2, 9, 5, dtype=np.int16),
    lambda r: r.random_sample((2, 2)),
    lambda r: [r.seed(3), r.rand(2)][1],
    lambda r: [r.set_state(np.random.RandomState(5).get_state()), r.rand(2)][1],
]


def assert_same(found: Any, expected: Any) -> None:
    if isinstance(expected, list):
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
        return
    if np.asarray(expected).dtype.kind in "US":  # of text
        assert type(found) is type(expected)
    found, expected = np.asarray(found), np.asarray(expected)
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    np.testing.assert_array_equal(found, expected)


class Converting:
    """A generator that is called with our arrays in place of NumPy's."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        return lambda *args, **kwargs: method(
            *map(converted, args), **{k: converted(x) for k, x in kwargs.items()}
        )


@pytest.mark.parametrize("convert", [False, True], ids=["numpy", "ours"])
@pytest.mark.parametrize("number", range(len(BOTH + NEW)))
def test_default_rng(number: int, convert: bool) -> None:
    """Whether parameters are NumPy's arrays or ours; and what is drawn next."""
    call = (BOTH + NEW)[number]
    for seed in (0, 7):
        own, theirs = ours.random.default_rng(seed), np.random.default_rng(seed)
        assert_same(
            call(Converting(own) if convert else own),
            call(theirs),
        )
        assert_same(own.random(3), theirs.random(3))


@pytest.mark.parametrize("convert", [False, True], ids=["numpy", "ours"])
@pytest.mark.parametrize("number", range(len(BOTH + OLD)))
def test_random_state(number: int, convert: bool) -> None:
    call = (BOTH + OLD)[number]
    for seed in (0, 7):
        own, theirs = ours.random.RandomState(seed), np.random.RandomState(seed)
        assert_same(call(Converting(own) if convert else own), call(theirs))
        assert_same(own.rand(3), theirs.rand(3))


@pytest.mark.parametrize("number", range(len(BOTH + OLD)))
def test_legacy_functions(number: int) -> None:
    call = (BOTH + OLD)[number]
    ours.random.seed(11)
    found = call(ours.random)
    np.random.seed(11)
    assert_same(found, call(np.random))


@pytest.mark.parametrize(
    "call",
    [
        lambda r: r.default_rng(1).random(),
        lambda r: r.default_rng(1).random(dtype=np.float32),
        lambda r: r.default_rng(1).normal(1.0, 2.0),
        lambda r: r.default_rng(1).lognormal(),
        lambda r: r.default_rng(1).gamma(2.0),
        lambda r: r.default_rng(1).integers(9),
        lambda r: r.default_rng(1).integers(9, dtype=np.uint8),
        lambda r: r.default_rng(1).poisson(3.0),
        lambda r: r.default_rng(1).choice(5),
        lambda r: r.RandomState(1).rand(),
        lambda r: r.RandomState(1).randn(),
        lambda r: r.RandomState(1).randint(9),
        lambda r: r.RandomState(1).uniform(2, 3),
        lambda r: r.RandomState(1).choice(5),
    ],
)
def test_a_draw_of_one_number_is_numpys(call: Call) -> None:
    """Which leaves float32 to an array beside it, in a `function` too, if it is Python's float."""
    expected = call(np.random)
    found = call(ours.random)
    assert (type(found), found) == (type(expected), expected)
    x = np.ones(2, np.float32)
    drawn = ngrad.function(lambda x: (call(ours.random), x * call(ours.random)))
    for number, product in (drawn(ours.array(x)) for _ in range(2)):
        assert number == expected
        assert type(number) is type(expected) or not isinstance(expected, float)
        if not isinstance(expected, int):  # of Python's, which int64 stands for
            assert_same(product, x * expected)


def test_every_name_is_there() -> None:
    own = set(ours.random.__all__)
    assert set(np.random.__all__) - own == set()
    methods = {name for name in dir(np.random.Generator) if not name.startswith("_")}
    assert methods - set(dir(ours.random.Generator)) == set()
    methods = {name for name in dir(np.random.RandomState) if not name.startswith("_")}
    assert methods - set(dir(ours.random.RandomState)) == set()
    with pytest.raises(AttributeError, match=r"random has no 'mtrand': numpy\.random\.mtrand is"):
        _ = ours.random.mtrand
    with pytest.raises(AttributeError, match=r"lib has no 'format': numpy\.lib\.format is"):
        _ = ours.lib.format


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


def test_shuffle_is_an_assignment() -> None:
    for own, theirs in (
        (ours.random.default_rng(3), np.random.default_rng(3)),
        (ours.random.RandomState(3), np.random.RandomState(3)),
        (ours.random.default_rng(3), np.random.default_rng(3)),
    ):
        x, y = ours.arange(24.0).reshape(6, 4), np.arange(24.0).reshape(6, 4)
        row = x[0]
        own.shuffle(x)
        theirs.shuffle(y)
        assert_same(x, y)
        assert_same(row, y[0])
        v, w = ours.arange(9), np.arange(9)
        own.shuffle(v)
        theirs.shuffle(w)
        assert_same(v, w)

    def function(x: Any) -> Any:
        y = ours.array(x)
        ours.random.default_rng(5).shuffle(y, axis=1)
        return ngrad.convert_to_tensor(y)

    check_gradient(function, A)


def test_a_function_draws_at_every_call() -> None:
    """As the Python that it stands in for would: on and on from a generator made outside, anew from
    one that it makes.
    """
    outside, theirs = ours.random.default_rng(3), np.random.default_rng(3)

    @ngrad.function
    def f(scale: Any) -> Any:
        own = ours.random.default_rng(9)
        return outside.normal(0.0, scale, size=2), own.integers(0, 100, 3)

    for scale in (1.0, 2.0, 0.5):
        found, fixed = f(ngrad.constant(scale, "f8"))
        assert_same(found, theirs.normal(0.0, scale, size=2))
        assert_same(fixed, np.random.default_rng(9).integers(0, 100, 3))

    @ngrad.function
    def followed(a: Any) -> Any:
        own = ours.random.default_rng(9)
        return own.lognormal(a, a), own.weibull(a), own.power(a), own.pareto(a)

    for a in (1.5, 0.7):
        theirs = np.random.default_rng(9)
        expected = [theirs.lognormal(a, a), theirs.weibull(a), theirs.power(a), theirs.pareto(a)]
        np.testing.assert_allclose(followed(ngrad.constant(a, "f8")), expected, rtol=1e-14)

    @ngrad.function
    def of_drawn(low: float) -> Any:
        own = ours.random.default_rng(9)
        return own.normal(own.random(), own.exponential(), 3), own.uniform(low, own.random(), 2)

    for low in (-1.0, 0.25):
        theirs = np.random.default_rng(9)
        expected = theirs.normal(theirs.random(), theirs.exponential(), 3)
        found, uniform = of_drawn(low)
        assert_same(found, expected)
        assert_same(uniform, theirs.uniform(low, theirs.random(), 2))

    @ngrad.function
    def g() -> Any:
        ours.random.seed(4)
        return ours.random.rand(2)

    for _ in range(2):
        assert_same(g(), np.random.RandomState(4).rand(2))


@pytest.mark.parametrize(
    "call",
    [
        lambda r: r.normal(0.0, -A),
        lambda r: r.normal(A, 1.0, size=2),
        lambda r: r.uniform(A, np.inf),
        lambda r: r.exponential(-1.0),
        lambda r: r.integers(5, 2),
        lambda r: r.choice(5, 9, replace=False),
        lambda r: r.choice(A, 2, p=[0.5, 0.7]),
        lambda r: r.choice(0, 1),
        lambda r: r.poisson(-1.0),
        lambda r: r.random(-1),
    ],
)
def test_what_is_refused(call: Call) -> None:
    """With the type of error that NumPy raises."""
    with pytest.raises(Exception) as theirs:
        call(np.random.default_rng(0))
    with pytest.raises(type(theirs.value)):
        call(Converting(ours.random.default_rng(0)))


@pytest.mark.parametrize("out", [np.zeros((3, 2), int), np.zeros((2, 3), "i4"), [0]])
def test_nothing_is_drawn_for_what_does_not_fit(out: Any) -> None:
    own, x = ours.random.default_rng(3), ours.arange(6).reshape(2, 3)
    with pytest.raises((ValueError, TypeError), match="permuted: "):
        own.permuted(x, axis=1, out=converted(out))
    assert own.random() == np.random.default_rng(3).random()


def test_what_ours_alone_refuses() -> None:
    with pytest.raises(TypeError, match=r"shuffle: takes a list, or an array .*tuple"):
        ours.random.default_rng(0).shuffle((1, 2))


def test_a_users_own_bit_generator() -> None:
    class Own(ours.random.PCG64):  # type: ignore[misc]
        def name(self) -> str:
            return "own"

    own = Own(ours.array(3))
    assert type(own) is Own and own.name() == "own"
    assert ours.random.Generator(own).random() == np.random.default_rng(3).random()
    assert isinstance(own, ours.random.PCG64) and issubclass(Own, ours.random.PCG64)
    assert not isinstance(np.random.PCG64(1), Own)
    assert issubclass(np.random.PCG64, ours.random.PCG64)


def test_numpy_and_scipy_draw_from_it() -> None:
    ours_, numpys = ours.random.default_rng(5), np.random.default_rng(5)
    again = np.random.default_rng(ours_)
    for one, other in ((ours_, numpys), (again, numpys), (ours_, numpys)):
        np.testing.assert_array_equal(one.random(3), other.random(3))

    def found(rng: Any) -> Any:
        return scipy.optimize.differential_evolution(
            lambda x: float(x @ x), [(-3, 2)] * 2, rng=rng, maxiter=3, polish=False
        ).x

    np.testing.assert_array_equal(found(ours_), found(numpys))
