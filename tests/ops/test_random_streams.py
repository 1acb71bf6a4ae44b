"""Where random numbers come from: places, threads, seeds, counters, generators. Seeds are fixed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ngrad
from ngrad import config, random
from ngrad.errors import NumberError, ShapeError
from ngrad.ops.draws import GAMMA, NORMAL, UNIFORM
from ngrad.random import Generator

LARGE = 3 * (1 << 14) + 1237
"""Several grains of a launch, and a part of one."""

dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])

# name -> a draw of a shape and dtype
DRAWS: dict[str, Callable[..., Any]] = {
    "normal": random.normal,
    "truncated_normal": random.truncated_normal,
    "uniform": random.uniform,
    "gamma": lambda shape, dtype, **more: random.gamma(shape, 0.7, dtype=dtype, **more),
    "poisson": lambda shape, dtype, **more: random.poisson(shape, 12.0, dtype=dtype, **more),
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


@every_draw
def test_empty_draws(name: str) -> None:
    assert DRAWS[name]([0], dtype="float32").size == 0


def test_seeds_that_follow_from_one_differ() -> None:
    seeds = [*random.split([1, 2], 3), *(random.fold_in([1, 2], k) for k in range(3))]
    assert len({tuple(seed.numpy().tolist()) for seed in [ngrad.constant([1, 2]), *seeds]}) == 7
    for again, seed in zip(random.split([1, 2], 3), seeds, strict=False):
        np.testing.assert_array_equal(again.numpy(), seed.numpy())
    drawn = [random.stateless_uniform([], seed=seed).numpy() for seed in seeds]
    assert len(set(drawn)) == 6
