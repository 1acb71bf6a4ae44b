"""Scatters on a GPU: rows that are put in order by their indices are joined to the CPU's bits, and
atomically to numbers near them, where a program asks for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from composed import Array, same_bits
from device_work import get_array, put_array
from launches import CODES
from spaces import numbers

import ngrad
from ngrad.devices import device_of
from ngrad.ops.gather import ADD_ROWS
from ngrad.record import apply
from ngrad_kernels import cpu
from ngrad_kernels.cuda import scattering
from ngrad_kernels.cuda.target import CudaTarget
from ngrad_kernels.typed import JOINED

GPU = "cuda:0"
Sizes = tuple[int, int, int, int, int]


@pytest.fixture
def in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the sizes, indices are put in order; and no call is one of before."""
    monkeypatch.setattr(scattering, "pays", lambda *sizes: True)
    monkeypatch.setattr(ADD_ROWS, "calls", {})


@pytest.fixture
def atomically() -> Iterator[None]:
    ngrad.config.set_op_determinism(False)
    yield
    ngrad.config.set_op_determinism(True)


# -- the routine -----------------------------------------------------------------------------------


def joined(target: CudaTarget | None, how: str, sizes: Sizes, g: Array, index: Array) -> Array:
    """Rows joined to zeros, or to ones if they are multiplied, on a device, or on the CPU by the
    kernel that reads all indices.
    """
    batches, rows, count, width, sharing = sizes
    out, code = np.full((batches, rows, width), how == "multiply", g.dtype), g.dtype.str[1:]
    if target is None:
        facts = np.array([rows, count, width, sharing, 1, 1])
        memory = np.concatenate([(around := np.full(2 * width, 7, g.dtype)), out.ravel(), around])
        inner = memory[2 * width : -2 * width]
        addresses = [x.ctypes.data for x in (g, index, inner)]
        cpu.launch(cpu.typed(f"scatter_{how}", code), facts.ctypes.data, batches, 1, addresses)
        assert (memory[: 2 * width] == 7).all() and (memory[-2 * width :] == 7).all()
        return inner.reshape(out.shape)
    work = target.libraries.routine(f"scatter_{how}", code, sizes)
    assert work is not None
    held = [put_array(target, x) for x in (g, index, out)]
    addresses = [buffer.address for buffer in held]
    target.launch(work.kernel, work.facts, work.n, work.grain, addresses)
    return get_array(target, held[2], out.shape, g.dtype)


def drawn(sizes: Sizes, code: str, rng: np.random.Generator) -> tuple[Array, Array]:
    """Special values, at indices of which many are equal, some negative, and some in no row."""
    batches, rows, count, width, sharing = sizes
    g = numbers(rng, code, (batches, count, width), True)
    return g, rng.integers(-rows - 1, rows + 1, (batches // sharing, count), endpoint=True)


@pytest.mark.usefixtures("in_order")
@pytest.mark.parametrize("code", [code for code in CODES if code != "b1"])
def test_every_dtype(code: str, target: CudaTarget, rng: np.random.Generator) -> None:
    sizes = (2, 3, 40, 2, 1)
    how = "add" if code[0] == "c" else str(rng.choice([*JOINED, "add"]))
    g, index = drawn(sizes, code, rng)
    assert same_bits(joined(target, how, sizes, g, index), joined(None, how, sizes, g, index))


@pytest.mark.usefixtures("in_order")
@pytest.mark.parametrize(
    "sizes", [(1, 1, 40, 1, 1), (4, 20, 9, 3, 2), (1, 300, 7, 70, 1), (3, 1, 1, 65, 3)], ids=str
)
def test_sizes_and_blocks(
    sizes: Sizes, open_target: Callable[..., CudaTarget], rng: np.random.Generator
) -> None:
    """Rows of several tiles, indices of one to three digits, batches that have them in common."""
    g, index = drawn(sizes, "f4", rng)
    for how, threads in zip(JOINED, rng.permutation([32, 32, 64, 64]), strict=True):
        target = open_target(0, threads=int(threads))
        assert same_bits(joined(target, how, sizes, g, index), joined(None, how, sizes, g, index))


@pytest.mark.parametrize(
    "sizes, pays",
    [
        ((1, 1000, 128, 64, 1), False),  # a few: two launches
        ((1, 50_000, 100_000, 512, 1), True),  # an embedding
        ((1, 10, 100_000, 1, 1), True),
        ((4096, 512, 512, 64, 1), False),  # there are batches for all groups
        ((4096, 10_000, 10_000, 64, 4096), True),  # they share what is put in order
    ],
    ids=str,
)
def test_the_form_follows_from_sizes(sizes: Sizes, pays: bool) -> None:
    assert scattering.pays(*sizes) == pays


# -- ops -------------------------------------------------------------------------------------------

X = np.linspace(-2.0, 2.0, 24, dtype=np.float32).reshape(4, 6)
INDEX = np.array([1, 2, 1, 1, 0, 1])


def gathered() -> Any:
    with ngrad.GradientTape() as tape:
        tape.watch(x := ngrad.constant(X))
        y = ngrad.reduce_sum(ngrad.gather(x, INDEX, axis=1) ** 3)
    return tape.gradient(y, x)


def in_batches() -> Any:
    with ngrad.GradientTape() as tape:
        tape.watch(x := ngrad.constant(X))
        index = np.array([[1, 1, 0], [2, 2, 2], [0, 1, 2], [0, 0, 5]])
        y = ngrad.reduce_sum(ngrad.exp(ngrad.gather(x, index, batch_dims=1)))
    return tape.gradient(y, x)


def at_nothing() -> Any:
    return ngrad.scatter_nd(np.zeros((0, 1), int), np.zeros((0, 2), np.float32), [3, 2])


def at_negative() -> Any:
    return apply(ADD_ROWS, (ngrad.constant(X), ngrad.constant(np.array([-1, 0, -1, 1]))), (3, 0, 0))


def segments() -> Any:
    ids = np.array([2, -1, 0, 2])  # -1 is in none
    return ngrad.math.unsorted_segment_sum(ngrad.constant(X), ids, 3)


PROGRAMS = (gathered, in_batches, at_nothing, at_negative, segments)


@pytest.mark.usefixtures("in_order")
@pytest.mark.parametrize("program", PROGRAMS)
def test_ops(program: Callable[[], Any]) -> None:
    with ngrad.device(GPU):
        found = program().numpy()
    assert same_bits(found, program().numpy())


def added(g: Array) -> tuple[Array, int, int]:
    """Rows added on a GPU, what the driver launched for it, and how often it was waited for."""
    counters = device_of(GPU).target.driver.counters
    with ngrad.device(GPU):
        operands = ngrad.constant(g), ngrad.constant(np.resize(INDEX, len(g)))
        for _ in range(2):  # the first run writes facts too
            before = dict(counters)
            out = apply(ADD_ROWS, operands, (20, 0, 0))
            ngrad.eval(out)
            after = dict(counters)
    return out.numpy(), *(after[what] - before[what] for what in ("launches", "synchronisations"))


@pytest.mark.usefixtures("in_order")
def test_what_is_launched() -> None:
    """Zeros, keys, three kernels for each of two digits, and the sums: nothing waits."""
    g = X.astype(np.float64)
    expected = np.zeros((20, 6))
    np.add.at(expected, INDEX[:4], g)
    found, *counts = added(g)
    assert same_bits(found, expected)
    assert counts == [1 + 1 + 3 * 2 + 1, 0]


@pytest.mark.usefixtures("in_order", "atomically")
@pytest.mark.parametrize("code", ["f4", "f8", "c8", "c16", "i4"])
def test_atomics_when_asked(code: str, rng: np.random.Generator) -> None:
    """Of floats, one launch after the zeros; sums of small integers are exact in any order."""
    g = rng.integers(-9, 9, (12, 3)).astype(code)
    if code[0] == "c":
        g += 1j * rng.integers(-9, 9, g.shape)
    expected = np.zeros((20, 3), code)
    np.add.at(expected, np.resize(INDEX, 12), g)
    found, launches, _ = added(g)
    assert same_bits(found, expected)
    assert launches == (9 if code == "i4" else 2)


@pytest.mark.usefixtures("atomically")
def test_atomics_skip_what_is_in_no_row(
    monkeypatch: pytest.MonkeyPatch, target: CudaTarget, rng: np.random.Generator
) -> None:
    monkeypatch.setattr(scattering, "pays", lambda *sizes: True)
    sizes = (4, 5, 7, 3, 2)
    _, index = drawn(sizes, "f4", rng)
    g = rng.integers(-9, 9, (4, 7, 3)).astype("f4")
    np.testing.assert_array_equal(
        joined(target, "add", sizes, g, index), joined(None, "add", sizes, g, index)
    )


@pytest.mark.usefixtures("atomically")
def test_the_cpu_keeps_its_order(rng: np.random.Generator) -> None:
    g = rng.normal(size=(400, 2)).astype("f4")
    index = rng.integers(0, 3, 400)
    found = [apply(ADD_ROWS, (ngrad.constant(g), ngrad.constant(index)), (3, 0, 0)).numpy()]
    ngrad.config.set_op_determinism(True)
    found.append(apply(ADD_ROWS, (ngrad.constant(g), ngrad.constant(index)), (3, 0, 0)).numpy())
    assert same_bits(*found)
