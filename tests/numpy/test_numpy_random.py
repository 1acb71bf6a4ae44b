"""`ngrad.numpy.random` beside NumPy's: the same bits for the same seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.optimize
from numeric import check_gradient
from test_functions import converted

import ngrad
import ngrad.numpy as ours
from ngrad.errors import TraceError

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
    with pytest.raises(AttributeError, match=r"random has no 'bit_generator': numpy\.random\.bit"):
        _ = ours.random.bit_generator
    with pytest.raises(AttributeError, match=r"lib has no 'format': numpy\.lib\.format is"):
        _ = ours.lib.format


def test_the_legacy_part_is_there_by_the_name_of_its_module() -> None:
    for space in (np, ours):
        space.random.seed(3)
        found = space.random.mtrand._rand.rand(2), space.random.mtrand.normal(size=2)
        assert isinstance(space.random.mtrand._rand, space.random.mtrand.RandomState)
        if space is np:
            expected = found
    np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))


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


def test_bytes_are_not_recorded() -> None:
    """They would be those of the recording, at each call and for each of a batch."""
    rng = ours.random.default_rng(1)
    draw = lambda x: x + float(rng.bytes(1)[0])  # noqa: E731
    for mapped in (ngrad.function(draw), ngrad.vmap(draw)):
        with pytest.raises(TraceError, match="bytes"):
            mapped(ours.ones(3))
    assert rng.bytes(3) == np.random.default_rng(1).bytes(3)
