"""Random tensors: distributions, bounds, gradients, errors. Every seed is fixed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

import ngrad
from ngrad import random
from ngrad.errors import DTypeError, NumberError, ShapeError
from ngrad.random import Generator

FLOATS = ["float32", "float64"]
COUNT = 100_000
LARGE = 3 * (1 << 14) + 1237
"""Several grains of a launch, and a part of one."""
INF = float("inf")
GAMMAS = [0.05, 0.7, 1.0, 2.5, 40.0]

dtypes = pytest.mark.parametrize("dtype", FLOATS)

# -- distributions ---------------------------------------------------------------------------------


def check_distribution(x: Any, expected: Any) -> None:
    """Kolmogorov-Smirnov, and the first two moments within five standard errors."""
    values = x.numpy().astype(np.float64).ravel()
    assert stats.kstest(values, expected.cdf).pvalue > 1e-3
    mean, variance, _, kurtosis = expected.stats(moments="mvsk")
    assert abs(values.mean() - mean) < 5 * np.sqrt(variance / values.size)
    spread = np.sqrt(variance**2 * (kurtosis + 2) / values.size)
    assert abs(values.var() - variance) < 5 * spread


@dtypes
@pytest.mark.parametrize("seed", [1, 2])
def test_normal(dtype: str, seed: int) -> None:
    check_distribution(random.stateless_normal([COUNT], [seed, 0], dtype=dtype), stats.norm())
    shifted = random.stateless_normal([COUNT], [seed, 1], mean=-3.0, stddev=0.5, dtype=dtype)
    check_distribution(shifted, stats.norm(-3.0, 0.5))


@dtypes
def test_normal_reaches_its_tails(dtype: str) -> None:
    x = np.abs(random.stateless_normal([4_000_000], [3, 0], dtype=dtype).numpy())
    for sigma in (3.0, 4.0, 4.75):
        expected = x.size * 2 * stats.norm.sf(sigma)
        assert abs((x > sigma).sum() - expected) < 5 * np.sqrt(expected)


@dtypes
@pytest.mark.parametrize("seed", [1, 2])
def test_truncated_normal(dtype: str, seed: int) -> None:
    x = random.stateless_truncated_normal([COUNT], [seed, 0], dtype=dtype)
    check_distribution(x, stats.truncnorm(-2, 2))
    assert np.abs(x.numpy()).max() <= 2.0


@dtypes
@pytest.mark.parametrize("seed", [1, 2])
def test_uniform(dtype: str, seed: int) -> None:
    check_distribution(random.stateless_uniform([COUNT], [seed, 0], dtype=dtype), stats.uniform())
    x = random.stateless_uniform([COUNT], [seed, 1], -2.0, 5.0, dtype=dtype)
    check_distribution(x, stats.uniform(-2.0, 7.0))


@dtypes
@pytest.mark.parametrize("alpha", GAMMAS)
def test_gamma(dtype: str, alpha: float) -> None:
    x = random.stateless_gamma([COUNT], [5, 0], alpha, dtype=dtype)
    check_distribution(x, stats.gamma(alpha))


def test_gamma_has_a_distribution_for_each_alpha_and_beta() -> None:
    alpha, beta = np.array([[0.5], [6.0]]), np.array([1.0, 0.1, 20.0])
    x = random.stateless_gamma([40_000, 2, 3], [6, 0], alpha, beta, dtype="float64")
    assert x.shape == (40_000, 2, 3)
    for i, a in enumerate(alpha[:, 0]):
        for j, b in enumerate(beta):
            check_distribution(x[:, i, j], stats.gamma(a, scale=1 / b))


@pytest.mark.parametrize("alpha", [0.0, -1.0, float("nan"), INF])
def test_gamma_of_no_alpha_is_nan(alpha: float) -> None:
    assert np.isnan(random.gamma([3], alpha).numpy()).all()


def check_counts(x: Any, expected: Any) -> None:
    """A chi-squared test over what is expected five times or more."""
    values = x.numpy()
    likely = np.arange(int(values.max()) + 2)
    weights = expected.pmf(likely) * values.size
    kept = weights >= 5.0
    found = np.bincount(values.astype(np.int64), minlength=likely.size)
    rest = values.size - np.array([found[kept].sum(), weights[kept].sum()])
    found, weights = np.append(found[kept], rest[0]), np.append(weights[kept], rest[1] + 1e-9)
    assert stats.chisquare(found, weights * (found.sum() / weights.sum())).pvalue > 1e-3


@pytest.mark.parametrize("rate", [0.0, 0.4, 9.5, 10.0, 60.0])
def test_poisson(rate: float) -> None:
    check_counts(random.stateless_poisson([COUNT], [9, 0], rate), stats.poisson(rate))


@pytest.mark.parametrize("n, p", [(0, 0.3), (7, 0.2), (40, 0.3), (40, 0.9), (500, 0.01), (9, 1.0)])
def test_binomial(n: int, p: float) -> None:
    check_counts(random.stateless_binomial([COUNT], [10, 0], n, p), stats.binom(n, p))


def test_counts_have_the_shapes_and_dtypes_of_tensorflow() -> None:
    found = random.poisson([5], [[0.5], [20.0]])
    assert found.shape == (5, 2, 1) and found.dtype == "float32"
    assert np.isnan(random.poisson([1], [-1.0, INF, np.nan]).numpy()).all()
    assert random.poisson([2], 3, dtype="float16").dtype == "float16"
    each = Generator.from_seed(1).binomial([4, 3], [0, 5, 9], [[1.0]] * 4)
    assert each.tolist() == [[0, 5, 9]] * 4 and each.dtype == "int32"
    assert random.stateless_binomial([3], [1, 2], [3, -1, 4], [1.5, 0.5, 0.0]).tolist() == [0, 0, 0]


@pytest.mark.parametrize("dtype", ["int32", "int64"])
@pytest.mark.parametrize(("low", "high"), [(0, 2), (-3, 4), (10, 27), (-500, 500)])
def test_integers(dtype: str, low: int, high: int) -> None:
    x = random.stateless_uniform([COUNT], [7, low], low, high, dtype=dtype).numpy()
    assert x.dtype == dtype and x.min() == low and x.max() == high - 1
    assert stats.chisquare(np.bincount(x - low, minlength=high - low)).pvalue > 1e-3


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_integers_of_the_whole_range(dtype: str) -> None:
    limits = np.iinfo(dtype)
    x = random.stateless_uniform([COUNT], [8, 0], int(limits.min), int(limits.max), dtype=dtype)
    values = x.numpy().astype(np.float64) / float(limits.max)
    check_distribution(ngrad.constant(values), stats.uniform(-1.0, 2.0))
    assert random.uniform([3], 5, 6, dtype=dtype).tolist() == [5, 5, 5]
    top = int(limits.max)
    assert random.uniform([3], top, top + 1, dtype=dtype).tolist() == [top] * 3


@pytest.mark.parametrize("dtype", FLOATS)
def test_categorical(dtype: str) -> None:
    logits = np.array([[0.0, 1.0, -INF, 2.0, -1.0], [-INF, 700.0, 701.0, -INF, -INF]], dtype)
    x = random.stateless_categorical(logits, COUNT, [9, 0]).numpy()
    assert x.shape == (2, COUNT) and x.dtype == np.int64
    for row, samples in zip(logits.astype(np.float64), x, strict=True):
        share = np.exp(row - row.max())
        expected = COUNT * share / share.sum()
        found = np.bincount(samples, minlength=5)
        assert (found[expected == 0] == 0).all()
        kept = expected > 0
        assert stats.chisquare(found[kept], expected[kept]).pvalue > 1e-3


def test_categorical_of_many_classes_and_strided_logits() -> None:
    logits = np.log(np.arange(1.0, 1001.0))
    turned = ngrad.transpose(ngrad.constant(np.stack([logits, -logits], 1)))
    x = random.stateless_categorical(turned, COUNT, [10, 0], dtype="int32").numpy()
    assert x.dtype == np.int32
    for row, sign in zip(x, (1.0, -1.0), strict=True):
        share = np.exp(sign * logits)
        cut = [0, 10, 100, 300, 600, 1000]
        expected = COUNT * np.add.reduceat(share, cut[:-1]) / share.sum()
        assert stats.chisquare(np.histogram(row, cut)[0], expected).pvalue > 1e-3


def test_shuffle_draws_every_order_alike() -> None:
    generator = iter(range(6000))
    orders = [tuple(random.stateless_shuffle([0, 1, 2], [k, 11]).tolist()) for k in generator]
    counts = [orders.count(order) for order in sorted(set(orders))]
    assert len(counts) == 6 and stats.chisquare(counts).pvalue > 1e-3


def test_shuffle_moves_slices() -> None:
    x = np.arange(3000).reshape(1000, 3)
    found = random.shuffle(x, seed=1).numpy()
    assert (found != x).any()
    assert (found[np.argsort(found[:, 0])] == x).all()
    assert random.shuffle(np.zeros((0, 2))).shape == (0, 2)


def test_neighbours_and_draws_are_independent() -> None:
    random.set_seed(12)
    x, y = (random.normal([COUNT]).numpy() for _ in range(2))
    for a, b in [(x, y), (x[1:], x[:-1]), (x[4:], x[:-4]), (x**2, np.roll(x, 2) ** 2)]:
        assert abs(np.corrcoef(a, b)[0, 1]) < 5 / np.sqrt(COUNT)


# -- bounds ----------------------------------------------------------------------------------------


@dtypes
@pytest.mark.parametrize(
    ("low", "high"),
    [(0.0, 1.0), (1.0, 2.0), (10.0, 11.0), (-1.0, 0.0), (-11.0, -10.0), (1e6, 1e6 + 1), (0.0, 3.7)],
)
@pytest.mark.parametrize("tensors", [False, True])
def test_uniform_never_reaches_maxval(dtype: str, low: float, high: float, tensors: bool) -> None:
    """Even where u * (high - low) + low rounds up to `high`, as it does now and then."""
    bounds = [ngrad.constant(v, dtype) if tensors else v for v in (low, high)]
    x = random.stateless_uniform([1_000_000], [13, 0], *bounds, dtype=dtype).numpy()
    assert x.min() >= low and x.max() < high
    assert x.max() > low + 0.9 * (high - low)


def test_uniform_of_close_bounds() -> None:
    one = np.float32(1)
    above = np.nextafter(one, np.float32(2))
    x = random.uniform([1000], float(one), float(above)).numpy()
    assert (x == one).all()
    assert (random.uniform([5], 3.0, 3.0).numpy() == 3.0).all()
    tensors = [ngrad.constant(v) for v in (one, above)]
    assert (random.uniform([1000], *tensors).numpy() == one).all()


# -- gradients -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["normal", "truncated_normal"])
def test_gradient_of_mean_and_stddev(name: str) -> None:
    mean = ngrad.Variable([1.0, 2.0, 3.0], dtype="float64")
    stddev = ngrad.Variable(0.5, dtype="float64")
    random.set_seed(23)
    with ngrad.GradientTape() as tape:
        x = getattr(random, name)([4, 3], mean, stddev, dtype="float64")
        y = ngrad.reduce_sum(x * x)
    to_mean, to_stddev = tape.gradient(y, [mean, stddev])
    values = x.numpy()
    z = (values - mean.numpy()) / 0.5
    np.testing.assert_allclose(to_mean.numpy(), (2 * values).sum(0), rtol=1e-13)
    np.testing.assert_allclose(to_stddev.numpy(), (2 * values * z).sum(), rtol=1e-12)


def test_gradient_of_bounds() -> None:
    low, high = ngrad.Variable(1.0), ngrad.Variable(2.0)
    with ngrad.GradientTape() as tape:
        x = random.stateless_uniform([LARGE], [24, 0], low, high)
        y = ngrad.reduce_mean(x)
    to_low, to_high = tape.gradient(y, [low, high])
    u = (x.numpy().astype(np.float64) - 1.0).mean()
    assert float(to_high) == pytest.approx(u, rel=1e-5)
    assert float(to_low) == pytest.approx(1 - u, rel=1e-5)


def test_gradient_of_gamma() -> None:
    """In alpha along draws of the same share."""
    alpha, beta = ngrad.Variable(3.0), ngrad.Variable([2.0, 4.0])
    with ngrad.GradientTape() as tape:
        x = random.gamma([5], alpha, beta)
        y = ngrad.reduce_sum(x)
    to_alpha, to_beta = tape.gradient(y, [alpha, beta])
    z, step = x.numpy() * beta.numpy().astype(float), 1e-3
    shares = stats.gamma(3.0).cdf(z)
    ends = [stats.gamma(3.0 + h).ppf(shares) for h in (-step, step)]
    expected = (np.subtract(*ends[::-1]) / (2 * step) / beta.numpy()).sum()
    np.testing.assert_allclose(to_alpha.numpy(), expected, rtol=1e-5)
    np.testing.assert_allclose(to_beta.numpy(), -x.numpy().sum(0) / beta.numpy(), rtol=1e-6)


def test_gradient_of_shuffle_and_categorical() -> None:
    x = ngrad.Variable([1.0, 2.0, 3.0])
    with ngrad.GradientTape(persistent=True) as tape:
        y = ngrad.reduce_sum(random.shuffle(x) * [10.0, 20.0, 30.0])
        drawn = ngrad.cast(random.categorical(ngrad.reshape(x, (1, 3)), 4), "float32")
    order = tape.gradient(y, x).numpy()
    assert sorted(order) == [10.0, 20.0, 30.0]
    assert float(y) == pytest.approx(float(order @ np.array([1.0, 2.0, 3.0])))
    assert tape.gradient(drawn, x) is None


# -- errors ----------------------------------------------------------------------------------------

WRONG: dict[str, tuple[type[Exception], Callable[[], Any], str]] = {
    "negative size": (ShapeError, lambda: random.normal([2, -1]), "normal"),
    "size no integer": (DTypeError, lambda: random.normal([2.5]), "normal"),
    "integer normal": (DTypeError, lambda: random.normal([2], dtype="int32"), "int32"),
    "bool uniform": (DTypeError, lambda: random.uniform([2], dtype="bool"), "bool"),
    "mean's shape": (ShapeError, lambda: random.normal([2], [1.0, 2.0, 3.0]), "normal"),
    "mean's size": (ShapeError, lambda: random.normal([2], [[1.0], [2.0]]), "mean"),
    "mean's dtype": (DTypeError, lambda: random.normal([2], ngrad.constant(1)), "mean"),
    "empty range": (NumberError, lambda: random.uniform([2], 2.0, 1.0), "uniform"),
    "infinite range": (NumberError, lambda: random.uniform([2], 0.0, INF), "uniform"),
    "too wide": (NumberError, lambda: random.uniform([2], -3e38, 3e38), "finite"),
    "no maxval": (NumberError, lambda: random.uniform([2], dtype="int32"), "maxval"),
    "no integer": (NumberError, lambda: random.uniform([2], 3, 3, dtype="int32"), "3"),
    "beyond int32": (
        NumberError,
        lambda: random.uniform([2], 0, 2**31 + 1, dtype="int32"),
        "int32",
    ),
    "all of int64": (
        NumberError,
        lambda: random.uniform([2], -(2**63), 2**63, dtype="int64"),
        "2\\*\\*64",
    ),
    "float bound": (DTypeError, lambda: random.uniform([2], 0, 2.5, dtype="int32"), "uniform"),
    "logits 1-d": (ShapeError, lambda: random.categorical([0.0, 1.0], 2), "categorical"),
    "no classes": (ShapeError, lambda: random.categorical(np.zeros((2, 0)), 2), "categorical"),
    "integer logits": (DTypeError, lambda: random.categorical([[1, 2]], 2), "int32"),
    "float classes": (DTypeError, lambda: random.categorical([[1.0]], 2, "float32"), "float32"),
    "row of -inf": (NumberError, lambda: random.categorical([[0.0], [-INF]], 2), "row 1"),
    "row with NaN": (NumberError, lambda: random.categorical([[0.0, np.nan]], 2), "row 0"),
    "negative count": (ShapeError, lambda: random.categorical([[0.0]], -1), "categorical"),
    "alpha and beta": (ShapeError, lambda: random.gamma([2], [1.0, 2.0], [1.0] * 3), "gamma"),
    "part of a shape": (ShapeError, lambda: random.stateless_gamma([3], [1, 2], [1.0, 2.0]), "end"),
    "complex rates": (DTypeError, lambda: random.poisson([3], 1j), "lam must be real"),
    "whole number of bytes": (DTypeError, lambda: random.poisson([3], 1.0, "int8"), "int64, not"),
    "shuffled scalar": (ShapeError, lambda: random.shuffle(1.0), "shuffle"),
    "one seed": (NumberError, lambda: random.stateless_normal([2], seed=1), "two integers"),
    "float seed": (DTypeError, lambda: random.set_seed(1.5), "set_seed"),
    "two seeds": (NumberError, lambda: random.normal([2], seed=[1, 2]), "one integer"),
    "algorithm": (ValueError, lambda: Generator.from_seed(1, alg="threefry"), "'philox', not"),
    "stateless": (
        NumberError,
        lambda: random.stateless_normal([2], [1, 2], alg="threefry"),
        "'philox', not",
    ),
    "negative split": (NumberError, lambda: Generator.from_seed(1).split(-1), "split"),
}


@pytest.mark.parametrize(("error", "wrong", "names"), WRONG.values(), ids=WRONG)
def test_errors(error: type[Exception], wrong: Callable[[], Any], names: str) -> None:
    with pytest.raises(error, match=names):
        wrong()


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint32", "uint64"])
def test_integers_without_bounds_are_all_of_a_dtype(dtype: str) -> None:
    x = random.stateless_uniform([COUNT], [8, 0], None, None, dtype)
    least, greatest = map(int, ngrad.as_dtype(dtype).limits)
    check_distribution(ngrad.cast(x, "float64"), stats.uniform(least, greatest - least))


def test_draws_of_generators_that_are_whole_words() -> None:
    generator = Generator.from_seed(3)
    assert generator.uniform_full_int([2], "int32").dtype is ngrad.int32
    seeds = generator.make_seeds(3).numpy()
    assert seeds.shape == (2, 3) and seeds.dtype == np.int64
    assert random.stateless_normal([2], seed=seeds[:, 0]).shape == (2,)


def test_gamma_of_two_bytes_is_rounded() -> None:
    wide = random.stateless_gamma([5], [1, 2], 2.0, 3.0).numpy()
    found = random.stateless_gamma([5], [1, 2], 2.0, 3.0, dtype="float16").numpy()
    np.testing.assert_array_equal(found, wide.astype("float16"))


def test_scalar_draws() -> None:
    assert random.normal([]).shape == () and random.gamma([], 2.0).shape == ()


def test_aliases() -> None:
    assert random.random_normal is random.normal and random.random_uniform is random.uniform
    assert random.random_shuffle is random.shuffle
    assert random.experimental.stateless_shuffle is random.stateless_shuffle
