"""Random tensors: distributions, bounds, seeds, gradients, errors. Every seed is fixed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

import ngrad
from ngrad import config, random
from ngrad.errors import DTypeError, NumberError, ShapeError
from ngrad.ops.samplers import GAMMA, NORMAL, UNIFORM
from ngrad.random import Generator

FLOATS = ["float32", "float64"]
COUNT = 100_000
LARGE = 3 * (1 << 14) + 1237
"""Several grains of a launch, and a part of one."""
INF = float("inf")
GAMMAS = [0.05, 0.7, 1.0, 2.5, 40.0]

dtypes = pytest.mark.parametrize("dtype", FLOATS)

# name -> a draw of a shape and dtype
DRAWS: dict[str, Callable[..., Any]] = {
    "normal": random.normal,
    "truncated_normal": random.truncated_normal,
    "uniform": random.uniform,
    "gamma": lambda shape, dtype, **more: random.gamma(shape, 0.7, dtype=dtype, **more),
    "integers": lambda shape, dtype, **more: random.uniform(
        shape, 0, 1000, dtype={"float32": "int32", "float64": "int64"}[dtype], **more
    ),
    "categorical": lambda shape, dtype, **more: random.categorical(
        [[0.0, 1.0, 2.0]], int(np.prod(shape)), **more
    ),
    "shuffle": lambda shape, dtype, **more: random.shuffle(np.arange(np.prod(shape)), **more),
}
every_draw = pytest.mark.parametrize("name", DRAWS)


def bits(x: Any) -> bytes:
    return bytes(x.numpy().tobytes())


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
    x = random.stateless_gamma([40_000], [6, 0], alpha, beta, dtype="float64")
    assert x.shape == (40_000, 2, 3)
    for i, a in enumerate(alpha[:, 0]):
        for j, b in enumerate(beta):
            check_distribution(x[:, i, j], stats.gamma(a, scale=1 / b))


@pytest.mark.parametrize("alpha", [0.0, -1.0, float("nan"), INF])
def test_gamma_of_no_alpha_is_nan(alpha: float) -> None:
    assert np.isnan(random.gamma([3], alpha).numpy()).all()


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


# -- streams ---------------------------------------------------------------------------------------


@every_draw
@dtypes
def test_threads_change_no_bit(name: str, dtype: str) -> None:
    found = []
    for count in (1, 2):
        config.set_threads(count)
        random.set_seed(14)
        found.append(bits(DRAWS[name]([LARGE], dtype=dtype)))
    assert found[0] == found[1]


@pytest.mark.parametrize("name", ["normal", "truncated_normal", "uniform", "gamma", "integers"])
@dtypes
def test_an_element_depends_on_its_place_alone(name: str, dtype: str) -> None:
    found = []
    for shape in ([LARGE], [7], [5, 100], [20_000]):
        random.set_seed(15)
        found.append(DRAWS[name](shape, dtype=dtype).numpy().ravel())
    for part in found[1:]:
        assert part.tobytes() == found[0][: part.size].tobytes()


@every_draw
def test_set_seed_repeats_what_follows(name: str) -> None:
    def three(**more: Any) -> list[bytes]:
        return [bits(DRAWS[name]([100], dtype="float32", **more)) for _ in range(3)]

    random.set_seed(16)
    first, own = three(), three(seed=5)
    random.set_seed(16)
    assert three(seed=5) == own  # a seed of its own has a counter of its own
    assert three() == first
    random.set_seed(17)
    other = three() + three(seed=5) + three(seed=6)
    assert len({*first, *own, *other}) == 15


def test_generators_and_stateless_draws_leave_the_global_stream_alone() -> None:
    random.set_seed(18)
    first = bits(random.normal([9]))
    random.set_seed(18)
    Generator.from_seed(18).normal([9])
    random.stateless_normal([9], [18, 0])
    random.normal([9], seed=18)
    assert bits(random.normal([9])) == first


def test_a_refused_draw_is_not_counted() -> None:
    random.set_seed(19)
    first = bits(random.normal([9]))
    random.set_seed(19)
    with pytest.raises(ShapeError):
        random.normal([9], mean=[1.0, 2.0])
    with pytest.raises(NumberError):
        random.uniform([9], 2.0, 1.0)
    assert bits(random.normal([9])) == first


def test_ways_of_seeding_share_no_stream() -> None:
    random.set_seed(3)
    draws = [
        random.normal([50]),
        random.normal([50], seed=0),
        random.normal([50], seed=3),
        random.stateless_normal([50], [3, 0]),
        random.stateless_normal([50], [0, 3]),
        random.stateless_normal([50], [3, 3]),
        random.stateless_normal([50], [-3, 0]),
        Generator.from_seed(3).normal([50]),
        *(child.normal([50]) for child in Generator.from_seed(3).split(2)),
    ]
    assert len({bits(x) for x in draws}) == len(draws)


def test_generator() -> None:
    a, b = Generator.from_seed(20), Generator.from_seed(20)
    for method in ("normal", "uniform", "truncated_normal"):
        x, y = getattr(a, method)([5]), getattr(b, method)([5])
        assert bits(x) == bits(y)
        assert bits(getattr(a, method)([5])) != bits(y)
        getattr(b, method)([5])
    children, same = a.split(2), b.split(2)
    assert [bits(g.uniform([4])) for g in children] == [bits(g.uniform([4])) for g in same]
    assert bits(a.uniform([4])) == bits(b.uniform([4]))
    fresh = [Generator.from_non_deterministic_state().uniform([4]) for _ in range(2)]
    assert bits(fresh[0]) != bits(fresh[1])
    die = a.uniform([100], 1, 7, dtype="int32").numpy()
    assert die.min() == 1 and die.max() == 6


def test_stateless_draws_depend_on_their_arguments_alone() -> None:
    seed = ngrad.constant([1, 2])
    first = random.stateless_uniform([4], seed)
    random.set_seed(5)
    assert bits(random.stateless_uniform([4], (1, 2))) == bits(first)
    assert bits(random.stateless_uniform([4], np.array([1, 2]))) == bits(first)
    for name in ("normal", "truncated_normal", "uniform"):
        draw = getattr(random, f"stateless_{name}")
        assert bits(draw([4], seed=[1, 2])) == bits(draw([4], seed=[1, 2]))
        assert bits(draw([4], seed=[1, 2])) != bits(draw([4], seed=[2, 1]))


def test_threads_never_share_a_draw() -> None:
    random.set_seed(21)
    found: list[bytes] = []
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        own = [bits(random.uniform([4])) for _ in range(300)]
        own += [bits(random.uniform([4], seed=k % 10)) for k in range(300)]
        found.extend(own)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(set(found)) == 4 * 600
    random.set_seed(21)
    alone = {bits(random.uniform([4])) for _ in range(1200)}
    alone |= {bits(random.uniform([4], seed=k % 10)) for k in range(1200)}
    assert set(found) == alone


def test_draws_share_their_calls() -> None:
    random.normal([3, 5])
    calls = len(NORMAL.calls), len(UNIFORM.calls), len(GAMMA.calls)
    random.set_seed(22)
    for k in range(20):
        random.normal([3, 5], mean=float(k))
        random.normal([3, 5], seed=k)
    assert (len(NORMAL.calls), len(UNIFORM.calls), len(GAMMA.calls)) == calls


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
    alpha, beta = ngrad.Variable(3.0), ngrad.Variable([2.0, 4.0])
    with ngrad.GradientTape() as tape:
        x = random.gamma([5], alpha, beta)
        y = ngrad.reduce_sum(x)
    to_alpha, to_beta = tape.gradient(y, [alpha, beta])
    assert to_alpha is None
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
    "shuffled scalar": (ShapeError, lambda: random.shuffle(1.0), "shuffle"),
    "one seed": (NumberError, lambda: random.stateless_normal([2], seed=1), "two integers"),
    "float seed": (DTypeError, lambda: random.set_seed(1.5), "set_seed"),
    "two seeds": (NumberError, lambda: random.normal([2], seed=[1, 2]), "one integer"),
    "negative split": (NumberError, lambda: Generator.from_seed(1).split(-1), "split"),
}


@pytest.mark.parametrize(("error", "wrong", "names"), WRONG.values(), ids=WRONG)
def test_errors(error: type[Exception], wrong: Callable[[], Any], names: str) -> None:
    with pytest.raises(error, match=names):
        wrong()


@every_draw
def test_empty_draws(name: str) -> None:
    assert DRAWS[name]([0], dtype="float32").size == 0


def test_scalar_draws() -> None:
    assert random.normal([]).shape == () and random.gamma([], 2.0).shape == ()


def test_aliases() -> None:
    assert random.random_normal is random.normal and random.random_uniform is random.uniform
    assert random.random_shuffle is random.shuffle
    assert random.experimental.stateless_shuffle is random.stateless_shuffle
