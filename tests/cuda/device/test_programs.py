"""Whole programs on a GPU: the CPU's bits, whichever way they are evaluated, and what a warm loop
asks of the driver.

The values compared hold no matrix product but the kernel's own over integers: those of floats are
near, and tested in `test_matrix_ops.py`.
"""

from __future__ import annotations

import functools
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from device_work import Thread
from rows import ROWS
from table import Row

import ngrad
import ngrad.numpy as ours
from ngrad.devices import device_of
from ngrad.graph.op import TABLE
from ngrad_kernels.contract import CHUNK, STRETCH
from ngrad_kernels.cuda import devices

SEED = int(os.environ.get("NGRAD_CUDA_SEED", "0"))
GPU = "cuda:0"
X = np.linspace(-2.0, 2.0, 12, dtype=np.float32).reshape(3, 4)
HOST_ONLY = {op.name for op in TABLE.values() if op.family in ("linalg", "special")}
HOST_ONLY |= {"to_device", "trigamma"}  # whose derivative is the host's, and which is digamma's
HOST_ONLY.add("rank_places")  # of what was not sorted
PARTITIONS = {"partition", "argpartition"}
"""Ops of which but a few places are determined: a GPU sorts for them."""


def bits(value: Any) -> list[bytes]:
    """With one NaN for all: a GPU makes them of other bits than a CPU."""
    leaves = value if isinstance(value, (list, tuple)) else [value]
    arrays = [np.array(leaf.numpy()) for leaf in leaves]
    for array in arrays:
        if array.dtype.kind == "f":
            array[array != array] = np.nan
    return [array.tobytes() for array in arrays]


def on_gpu(f: Callable[[], Any]) -> Any:
    with ngrad.device(GPU):
        return f()


@contextmanager
def evaluated(way: str) -> Iterator[None]:
    before = ngrad.config.fusion()
    ngrad.config.set_eager(way == "eager")
    ngrad.config.set_fusion("wait" if way == "fused" else "off")
    try:
        yield
    finally:
        ngrad.config.set_eager(False)
        ngrad.config.set_fusion(before)


# -- every op once, in a dtype that the seed draws -------------------------------------------------


def _drawn(row: Row) -> tuple[str, Any]:
    rng = np.random.default_rng((SEED, zlib.crc32(str(row).encode())))
    real = [c for c in ("f4", "f8", "i4", "i8", "u1", "b1") if c[0] in row.kinds]
    codes = real or ["c8", "c16"]
    shapes = [shapes for shapes in row.cases if any(np.prod(shape) > 1 for shape in shapes)]
    return rng.choice(codes), shapes[rng.integers(len(shapes))] if shapes else row.cases[0]


EXACT = [row for row in ROWS if row.op not in HOST_ONLY | PARTITIONS]


@pytest.mark.parametrize("row", EXACT, ids=str)
def test_every_op(row: Row) -> None:
    code, shapes = _drawn(row)
    arrays = row.sample(shapes, code)

    def run() -> Any:
        tensors = [ngrad.constant(array) for array in arrays]
        sources = [x for x in tensors if x.dtype.is_inexact]
        if not (row.smooth and sources):
            return [row.function(*tensors)]
        with ngrad.GradientTape() as tape:
            tape.watch(sources)
            out = row.function(*tensors)
        return [out, *tape.gradient(out, sources, unconnected_gradients="zero")]

    found = on_gpu(run)
    assert {x.device for x in found} == {GPU}
    assert bits(found) == bits(run())


@pytest.mark.parametrize("name", sorted(PARTITIONS))
def test_partitions(name: str) -> None:
    x, kth = np.array([[5, 1, 4, 1, 3, 9, 2], [2, 2, 7, 0, 8, 8, 1]], np.float32), 3
    found = np.asarray(on_gpu(lambda: getattr(ours, name)(ours.array(x), kth)))
    parts = np.take_along_axis(x, found, -1) if name == "argpartition" else found
    ordered = np.sort(x)
    np.testing.assert_array_equal(np.sort(parts), ordered)
    np.testing.assert_array_equal(parts[:, kth], ordered[:, kth])
    assert (parts[:, :kth] <= parts[:, [kth]]).all() and (parts[:, kth:] >= parts[:, [kth]]).all()


# -- programs --------------------------------------------------------------------------------------


def chain() -> Any:
    x = ngrad.constant(X)
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        y = ngrad.reduce_sum(ngrad.tanh(x * 1.5 + x[::-1]) ** 2 * ngrad.exp(-x))
    return y, tape.gradient(y, x)


def rows(values: Any = X) -> Any:
    x, scale = ngrad.constant(values), ngrad.constant(values[0])
    with ngrad.GradientTape() as tape:
        tape.watch([x, scale])
        mean, variance = ngrad.nn.moments(x, [1], keepdims=True)
        h = ngrad.nn.batch_normalization(x, mean, variance, None, scale, 1e-3)
        loss = ngrad.reduce_sum(ngrad.nn.softmax(h) * h)
    return h, *tape.gradient(loss, [x, scale])


def labels() -> Any:
    x = ngrad.constant(X)
    given = ngrad.constant([0, 3, 1])
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        loss = ngrad.nn.sparse_softmax_cross_entropy_with_logits(given, x)
    return loss, tape.gradient(loss, x), ngrad.gather(x, given[:2], axis=1)


def nested() -> Any:
    x = ngrad.constant(X[0])
    with ngrad.GradientTape() as outer:
        outer.watch(x)
        with ngrad.GradientTape() as inner:
            inner.watch(x)
            y = ngrad.sin(x) * x
        g = inner.gradient(y, x)
    return g, outer.gradient(g, x)


def jacobian() -> Any:
    x = ngrad.constant(X[1])
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        y = ngrad.cumsum(ngrad.exp(x)) * x
    return tape.jacobian(y, x)


def function() -> Any:
    @ngrad.function
    def f(x: Any, a: float) -> Any:
        return ngrad.reduce_mean(ngrad.log1p(x * x) * a, 0)

    return [f(ngrad.constant(X), 2.0), f(ngrad.constant(-X), 3.0)]


def draws() -> Any:
    ngrad.set_random_seed(3)
    return [
        ngrad.random.normal([5]),
        ngrad.random.uniform([2, 3], maxval=9, dtype=ngrad.int32, minval=0),
        ngrad.random.truncated_normal([4], dtype=ngrad.float64),
    ]


def halves() -> Any:
    x, y = (ngrad.cast(ngrad.constant(X), dtype) for dtype in (ngrad.float16, ngrad.bfloat16))
    with ngrad.GradientTape() as tape:
        tape.watch([x, y])
        h = ngrad.reduce_sum(ngrad.nn.softmax(x) * ngrad.tanh(x), 0)
        loss = ngrad.reduce_sum(ngrad.exp(-h) * ngrad.reduce_mean(y * y, 0))
    return loss, *tape.gradient(loss, [x, y])


@pytest.mark.parametrize("way", ["deferred", "eager", "fused"])
@pytest.mark.parametrize("program", [chain, rows, labels, nested, jacobian, function, draws])
def test_programs(program: Callable[[], Any], way: str) -> None:
    expected = bits(program())
    with evaluated(way):
        for _ in range(2):  # the second is fused, where that is the way
            assert bits(on_gpu(program)) == expected


def test_rows_of_several_chunks() -> None:
    """And of several stretches, where there is a GPU: the simulator would take minutes."""
    length = CHUNK + 100 if devices.simulated() else 2 * STRETCH + 100
    x = np.random.default_rng(SEED).normal(size=length)

    def program() -> Any:
        with ngrad.GradientTape() as tape:
            tape.watch(v := ngrad.constant(x))
            total = ngrad.reduce_sum(v * v)
            shares = v / total
        return total, shares, ngrad.reduce_max(v), tape.gradient(total, v)

    expected = bits(program())
    for way in ("deferred", "fused"):
        with evaluated(way):
            assert bits(on_gpu(program)) == expected


@pytest.mark.parametrize("code", ["f4", "f8"])
def test_rows_of_any_length(code: str) -> None:
    """Those that warps keep, with their columns, and those that thread blocks pass over."""
    shapes = [(18, 17), (3, 40)]
    if not devices.simulated():
        shapes += [(1041, 33), (37, 128), (2100, 512), (1000, 1000), (1030, 1024), (40, 1500)]
    for shape in shapes:
        values = np.random.default_rng(SEED).normal(size=shape).astype(code)
        expected = bits(rows(values))
        with evaluated("fused"):
            for _ in range(2):
                assert bits(on_gpu(functools.partial(rows, values))) == expected, shape


def test_columns_of_what_is_written_over() -> None:
    """Rows, columns and elements of a tensor that nobody holds: the latter may take its place."""

    def program() -> Any:
        eye = ngrad.constant(np.eye(20))
        x = ngrad.matmul(eye, ngrad.constant(np.arange(20.0 * 40).reshape(20, 40)))
        return ngrad.reduce_sum(x, 0), ngrad.reduce_sum(x, 1), x + 1.0

    expected = bits(program())
    with evaluated("fused"):
        for _ in range(3):
            assert bits(on_gpu(program)) == expected


def test_floats_of_two_bytes() -> None:
    test_programs(halves, "fused")


# -- a warm loop -----------------------------------------------------------------------------------


def loss_of(w: Any, b: Any) -> Any:
    return ngrad.reduce_mean((ngrad.tanh(w) * b - 0.5) ** 2)


def slopes(w: Any, b: Any) -> tuple[Any, Any]:
    with ngrad.GradientTape() as tape:
        loss = loss_of(w, b)
    return loss, tape.gradient(loss, [w, b])


Step = Callable[[float], None]


def by_an_optimizer(w: Any, b: Any) -> Step:
    adam = ngrad.optimizers.Adam(0.1)

    def step(rate: float) -> None:
        adam.learning_rate = rate
        _, gradients = slopes(w, b)
        adam.apply_gradients(zip(gradients, [w, b], strict=True))

    return step


def by_hand(w: Any, b: Any) -> Step:
    def step(rate: float) -> None:
        _, (dw, db) = slopes(w, b)
        w.assign_sub(rate * dw)
        b.assign_add(-rate * db + 1e-3)
        b.assign_sub(rate * 1e-3)

    return step


def in_a_function(w: Any, b: Any) -> Step:
    @ngrad.function
    def step(rate: float) -> Any:
        loss, (dw, db) = slopes(w, b)
        w.assign_sub(rate / (1.0 + rate) * dw)
        b.assign_sub(rate * 0.5 * db)
        return loss

    return step


def steadily(w: Any, b: Any) -> Step:
    step = in_a_function(w, b)
    return lambda rate: step(0.1)


def by_a_schedule_in_a_function(w: Any, b: Any) -> Step:
    adam = ngrad.optimizers.Adam(lambda done: 0.1 / (done + 1))

    @ngrad.function
    def step() -> Any:
        loss, gradients = slopes(w, b)
        adam.apply_gradients(zip(gradients, [w, b], strict=True))
        return loss

    return lambda rate: step()


def eagerly(w: Any, b: Any) -> Step:
    by = by_hand(w, b)

    def step(rate: float) -> None:
        with evaluated("eager"):
            by(rate)

    return step


def descend(maker: Callable[[Any, Any], Step], steps: int) -> tuple[Any, list[dict[str, int]]]:
    """Steps of a fit by least squares, each with another number; and what the driver was asked for
    up to each.
    """
    w, b, counts = ngrad.Variable(X), ngrad.Variable(X[0]), []
    step = maker(w, b)
    for k in range(steps):
        step(0.3 / (k + 1))
        ngrad.eval(w, b)
        counts.append(dict(device_of(GPU).target.counters))
    return [w.numpy(), b.numpy()], counts


@pytest.mark.parametrize(
    "maker, launches, replays",
    [
        (by_an_optimizer, 1, 2),
        (by_hand, 3, 1),  # an update is one launch, which takes less time than a graph
        (in_a_function, 1, 1),
        (steadily, 0, 1),
        (by_a_schedule_in_a_function, 1, 1),
        (eagerly, None, 1),
    ],
)
def test_a_warm_loop(maker: Callable[[Any, Any], Step], launches: int | None, replays: int) -> None:
    """Its plans are replayed as graphs. The numbers that each needs go with one launch, if others
    than before: none is allocated for, copied, or waited for. And they are the CPU's.
    """
    # A number that ops are given one by one is kept for a while.
    steps = 80 if launches is None else 14
    with evaluated("fused"):
        found, counts = on_gpu(lambda: descend(maker, steps))
        expected, _ = descend(maker, steps)
    for x, y in zip(found, expected, strict=True):
        assert x.tobytes() == y.tobytes()
    before, after = counts[-5], counts[-1]
    for what in ("allocations", "copies", "synchronisations", "waits"):
        assert after[what] == before[what], what
    assert after["replays"] == before["replays"] + 4 * replays
    assert launches is None or after["launches"] == before["launches"] + 4 * launches


def test_numbers_of_the_last_run_serve_the_next() -> None:
    """If they have its bits, and are this thread's: another's may be read before they are there."""
    x, other = on_gpu(lambda: ngrad.constant(X)), Thread()

    def here(f: Callable[[Any], Any], k: Any) -> Any:
        return f(k)

    def product(k: float) -> Any:
        z = x * k
        ngrad.eval(z)
        return z

    with evaluated("fused"):
        for numbers, launches in [((2.0,) * 6, 1), ((0.0, -0.0) * 2, 2), ((np.nan,) * 3, 1)]:
            found: list[list[Any]] = []
            for do in (here, other.do):
                found.append([do(product, k) for k in numbers])
                before = dict(device_of(GPU).target.counters)
                found[-1].append(do(product, numbers[0]))
                after = device_of(GPU).target.counters
                assert after["launches"] == before["launches"] + launches
            expected = bits([ngrad.constant(X) * k for k in (*numbers, numbers[0])])
            assert other.do(bits, found[1]) == expected  # before this thread's stream runs
            assert bits(found[0]) == expected
    other.end()


# -- memory ----------------------------------------------------------------------------------------


def test_memory_is_counted_and_limited_by_device() -> None:
    ngrad.config.release_memory(GPU)
    before = ngrad.config.memory_stats(GPU)
    x = on_gpu(lambda: ngrad.constant(np.zeros(5000)))
    assert ngrad.config.memory_stats(GPU).live_bytes - before.live_bytes >= x.nbytes
    total = ngrad.config.memory_stats(GPU)
    ngrad.config.set_memory_limit(total.live_bytes + total.pooled_bytes + 1000, GPU)
    try:
        with pytest.raises(
            ngrad.errors.OutOfMemory, match=r"the pool's limit(.|\n)*x +40,960 bytes"
        ):
            on_gpu(lambda: ngrad.constant(np.zeros(5000)))
    finally:
        ngrad.config.set_memory_limit(None, GPU)
    assert bits(x * 1.0) == bits(ngrad.zeros([5000], ngrad.float64))
    with pytest.raises(ValueError, match="cuda:"):
        ngrad.config.memory_stats("tpu:0")
