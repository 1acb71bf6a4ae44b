"""Functions that draw random numbers, mapped over a batch: in one launch, as a loop draws them."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numeric import assert_same_bits, weights

import ngrad
import ngrad.numpy as np_
from ngrad import constant, random
from ngrad.graph.op import TABLE

X = np.abs(weights((3, 2))) + 0.5
F8 = ngrad.float64


class Streams:
    """Generators that a test seeds anew."""

    def __init__(self) -> None:
        random.set_seed(5)
        self.own = random.Generator.from_seed(3)
        self.numpys = np_.random.default_rng(4)


Program = Callable[[Streams, Any], Any]
DRAWS: dict[str, Program] = {
    "two of the global seed": lambda s, row: row + random.normal([2]) * random.uniform([]),
    "a seed of its own": lambda s, row: row + random.normal([2], seed=4) - random.normal([2]),
    "truncated": lambda s, row: random.truncated_normal([5], mean=row[0], dtype=F8),
    "whole numbers": lambda s, row: random.uniform([2, 3], -4, 9, dtype=ngrad.int64),
    "bits": lambda s, row: random.uniform([3], None, None, dtype=ngrad.uint32),
    "gamma": lambda s, row: random.gamma([3], row, dtype=F8),
    "gamma of no example's": lambda s, row: row + random.gamma([], [0.5, 2.0], dtype=F8),
    "poisson": lambda s, row: random.poisson([2], 20.0 * row),
    "binomial": lambda s, row: s.own.binomial([4, 2], 30.0, row / 3.0),
    "categorical": lambda s, row: random.categorical([row, -row], 5),
    "shuffle": lambda s, row: random.shuffle(row),
    "dropout": lambda s, row: ngrad.nn.dropout(row, 0.5),
    "a generator": lambda s, row: row * s.own.normal([2], dtype=F8),
    "stateless": lambda s, row: row * random.stateless_normal([2], [1, 2], dtype=F8),
    "NumPy's generator": lambda s, row: row * s.numpys.normal(size=2),
    "NumPy's number": lambda s, row: row * s.numpys.normal(),
    "a map within": lambda s, row: ngrad.vmap(lambda e: e * random.normal([2], dtype=F8))(row),
    "parameters of a map within": lambda s, row: ngrad.vmap(
        lambda e: random.gamma([2], e, dtype=F8)
    )(row),
    "a derivative": lambda s, row: ngrad.grad(
        lambda row: ngrad.reduce_sum(random.gamma([2], row, dtype=F8) * row)
    )(row),
}


@pytest.mark.parametrize("name", DRAWS)
def test_as_a_loop_draws(name: str) -> None:
    """Also in a `function`, at every call; and the next draw after it is the same."""
    f = DRAWS[name]
    x = constant(X)
    streams = Streams()
    expected = [np.stack([np.asarray(f(streams, x[k])) for k in range(3)]) for _ in range(2)]
    following = random.normal([2]).numpy()
    streams = Streams()
    for rows in expected:
        assert_same_bits(np.asarray(ngrad.vmap(lambda row: f(streams, row))(x)), rows)
    assert_same_bits(random.normal([2]).numpy(), following)
    streams = Streams()
    run = ngrad.function(lambda x: ngrad.vmap(lambda row: f(streams, row))(x))
    for rows in expected:
        assert_same_bits(np.asarray(run(x)), rows)
    assert ngrad.vmap(lambda row: f(streams, row))(x[:0]).shape == (0, *expected[0].shape[1:])


@pytest.mark.parametrize("name", DRAWS)
def test_launches_do_not_grow_with_the_examples(name: str) -> None:
    streams, counts = Streams(), []
    for size in (2, 9):
        x = constant(np.resize(X, (size, 2)))
        with ngrad.profile() as profile:
            ngrad.eval(ngrad.vmap(lambda row: DRAWS[name](streams, row))(x))
        draws = [event for event in profile.events if is_draw(event.name)]
        counts.append(sum(event.launches for event in draws))
    assert counts[0] == counts[1]


def is_draw(name: str) -> bool:
    return name in TABLE and TABLE[name].family == "random"


def test_a_gradient_function_that_draws() -> None:
    """In a Jacobian, as in a loop of gradients."""

    @ngrad.custom_gradient
    def noisy(x: Any) -> Any:
        return x * 1.0, lambda g: g + random.normal([2], dtype=F8)

    x = constant(X[0])
    found = []
    for chunk in (None, 1):
        random.set_seed(8)
        with ngrad.GradientTape() as tape:
            tape.watch(x)
            y = noisy(x)
        found.append(tape.jacobian(y, x, chunk_size=chunk).numpy())
    assert_same_bits(*found)
    assert len(np.unique(found[0])) == 4


def test_mapped_over_slices() -> None:
    """Without a warning, which would be an error."""
    streams = Streams()
    found = ngrad.vectorized_map(lambda row: DRAWS["dropout"](streams, row), constant(X))
    assert found.shape == (3, 2)


def test_a_function_keeps_the_generator_of_a_map_within() -> None:
    streams = [np_.random.default_rng(4)]
    run = ngrad.function(lambda x: ngrad.vmap(lambda row: row * streams[0].normal(size=2))(x))
    run(constant(X))
    streams.clear()
    gc.collect()
    own = np.random.default_rng(4)
    own.normal(size=X.shape)
    assert_same_bits(run(constant(X)).numpy(), X * own.normal(size=X.shape))


def test_a_function_of_any_number_of_examples_draws_for_each() -> None:
    f = ngrad.function(
        ngrad.vmap(lambda row: row * random.normal([], dtype=F8) + random.gamma([], row, dtype=F8)),
        input_signature=[ngrad.TensorSpec([None], F8)],
    )
    for size in (3, 1, 5, 3):
        x = np.linspace(0.5, 1.5, size)
        random.set_seed(size)
        found = f(x)
        random.set_seed(size)
        rows = [v * random.normal([], dtype=F8) + random.gamma([], v, dtype=F8) for v in x]
        assert_same_bits(found.numpy(), np.array([row.numpy() for row in rows]))


def test_logits_that_are_no_numbers_are_refused_where_they_are_mapped() -> None:
    with pytest.raises(ngrad.errors.NumberError, match="categorical"):
        ngrad.vmap(lambda row: random.categorical(row[None] * np.nan, 3))(constant(X))
    assert (constant([1.0]) * 2.0).numpy() == 2.0  # nothing of it is pending
