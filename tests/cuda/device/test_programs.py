"""Whole programs on a GPU: the CPU's bits, whichever way they are evaluated.

The values compared hold no matrix product but the kernel's own over integers: those of floats are
near, and tested in `test_matrix_ops.py`.
"""

from __future__ import annotations

import functools
import os
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from evaluating import GPU, bits, evaluated, on_gpu
from rows import ROWS
from table import Row

import ngrad
import ngrad.numpy as ours
from ngrad.graph.op import TABLE
from ngrad_kernels.contract import CHUNK, STRETCH
from ngrad_kernels.cuda import devices

SEED = int(os.environ.get("NGRAD_CUDA_SEED", "0"))
X = np.linspace(-2.0, 2.0, 12, dtype=np.float32).reshape(3, 4)
HOST_ONLY = {op.name for op in TABLE.values() if op.family in ("linalg", "special")}
HOST_ONLY |= {"to_device", "trigamma"}  # whose derivative is the host's, and which is digamma's
HOST_ONLY.add("rank_places")  # of what was not sorted
PARTITIONS = {"partition", "argpartition"}
"""Ops of which but a few places are determined: a GPU sorts for them."""


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


def turned() -> Any:
    """Chains over transposed values, with what broadcasts and a sum beside them."""
    x = ngrad.constant(np.stack([X, -X, X + 1]))
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        y = ngrad.tanh(ngrad.exp(ngrad.transpose(x, (0, 2, 1))) + X[:, 0])
        total = ngrad.reduce_sum(y * y, 1)
    return y, total, tape.gradient(total, x)


def labels() -> Any:
    x = ngrad.constant(X)
    given = ngrad.constant([0, 3, 1])
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        loss = ngrad.nn.sparse_softmax_cross_entropy_with_logits(given, x)
    return loss, tape.gradient(loss, x), ngrad.gather(x, given[:2], axis=1)


def rows_by_index() -> Any:
    """In a space of them, in one of all elements, and one element a row."""
    table, weights = ngrad.constant(np.concatenate([X] * 6, 1)), ngrad.constant(X[0])
    index = np.array([2, 0, -1, 2])
    with ngrad.GradientTape() as tape:
        tape.watch([table, weights])
        total = ngrad.reduce_sum(ngrad.tanh(table[index]) * weights[index][:, None])
        loss = total + ngrad.reduce_sum(ngrad.square(ngrad.nn.softmax(table[::-1][index])))
    return loss, ngrad.reduce_max(table[index], 0), *tape.gradient(loss, [table, weights])


def rows_of_tables() -> Any:
    """The same of each of a batch, and others of each."""
    x = np.concatenate([X] * (1 + 64 // X.shape[1]), 1)
    tables, weights = ngrad.constant(np.stack([x, -x, x * 0.5])), ngrad.constant(x[0])
    index = np.array([[2, 0], [0, 0], [1, 2]])
    with ngrad.GradientTape() as tape:
        tape.watch([tables, weights])
        total = ngrad.reduce_sum(ngrad.tanh(ngrad.gather(tables, index[0], axis=1)) * weights)
        own = ngrad.nn.softmax(ngrad.gather(tables, index, batch_dims=1) * weights)
        loss = total + ngrad.reduce_sum(ngrad.square(own))
    return loss, own, *tape.gradient(loss, [tables, weights])


def parts() -> Any:
    """Of images and their surroundings, along several axes; and every other element of rows."""
    x = ngrad.constant(
        np.linspace(-1.0, 1.0, 2 * 3 * 22 * 3, dtype=np.float32).reshape(2, 3, 22, 3)
    )
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        p = ngrad.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])
        y = x * (p[:, 2:, 1:-1] - p[:, :-2, 1:-1]) + x[:, 1:2, 1:2] * p[:, 1:-1, 2:]
        z = ngrad.reshape(x, (6, 66))
        z = (z[:, ::2] * z[:, 1::2]) ** 2
    return [y, z, tape.gradient([y, z], x)]


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
@pytest.mark.parametrize(
    "program",
    [
        chain,
        rows,
        turned,
        labels,
        rows_by_index,
        rows_of_tables,
        parts,
        nested,
        jacobian,
        function,
        draws,
    ],
)
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
