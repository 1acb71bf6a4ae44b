"""Fusion from the outside: eager code under a tape, counted in launches, bytes and compilations."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
import pytest

import ngrad
from ngrad import GradientTape, background, cold, constant, plans
from ngrad.graph.graph import Graph
from ngrad.ops.fixed import fixed
from ngrad.unplanned import OFTEN
from ngrad_kernels import cache

Result = list[Any]


pytestmark = pytest.mark.usefixtures("waiting")


def launches(function: Callable[[], Any]) -> int:
    """How many kernels a program launches once it has been seen, if it is long some times."""
    for _ in range(OFTEN + 1):
        function()
    before = ngrad.stats().launches
    function()
    return ngrad.stats().launches - before


def numbers(*shape: int, dtype: str = "f4", seed: int = 0) -> Any:
    return constant(np.random.default_rng(seed).uniform(-1, 1, shape).astype(dtype))


def taped(f: Callable[..., Any], *inputs: Any) -> Result:
    with GradientTape() as tape:
        tape.watch(inputs)
        value = f(*inputs)
    return [value, *tape.gradient(value, inputs)]


def elementwise(x: Any, y: Any, z: Any) -> Any:
    return ngrad.reduce_sum(ngrad.tanh(x * y + z) ** 2 * ngrad.exp(-x))


def rosenbrock(x: Any) -> Any:
    return ngrad.reduce_sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def cross_entropy(x: Any) -> Any:
    labels = ngrad.range(x.shape[0]) % x.shape[1]
    return ngrad.nn.sparse_softmax_cross_entropy_with_logits(labels, x)


def layer_norm(x: Any, scale: Any, offset: Any) -> Any:
    mean, variance = ngrad.nn.moments(x, [1], keepdims=True)
    return ngrad.tanh(ngrad.nn.batch_normalization(x, mean, variance, offset, scale, 1e-5))


def layer(x: Any, w: Any, b: Any) -> Any:
    return ngrad.nn.relu(x @ w + b)


PROGRAMS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "elementwise": (elementwise, tuple(numbers(50_000, seed=k) for k in range(3))),
    "rosenbrock": (rosenbrock, (numbers(50_000, dtype="f8"),)),
    "cross-entropy": (cross_entropy, (numbers(300, 40),)),
    "layer norm": (layer_norm, (numbers(300, 40), numbers(40, seed=1), numbers(40, seed=2))),
    "layer": (layer, (numbers(30, 20), numbers(20, 10, seed=1), numbers(10, seed=2))),
}
TALL, WIDE = numbers(300, 400), numbers(1, 299)
POINTS = numbers(4000, 3)
PRODUCTS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "rows that run backwards": (
        lambda x: ngrad.tanh(ngrad.transpose(x))[::-1] @ numbers(300, 1), (TALL,)
    ),
    "every other row": (
        lambda x: ngrad.tanh(ngrad.transpose(x))[::2] @ numbers(300, 1), (TALL,)
    ),
    "columns": (
        lambda x: ngrad.tanh(ngrad.transpose(x) * 2.0) @ numbers(300, 1), (TALL,)
    ),
    "channels that came first": (
        lambda x: ngrad.reshape(
            ngrad.tanh(ngrad.transpose(ngrad.reshape(x, (4, 30, 10, 100)), (0, 2, 3, 1)) * 2.0),
            (4, 1000, 30),
        ) @ numbers(30, 1),
        (TALL,),
    ),
    "beside what repeats": (
        lambda x, w: tuple(
            taped(lambda x, w: ngrad.reduce_sum(ngrad.tanh(ngrad.transpose(x @ w)) * 0.5), x, w)
        ),
        (numbers(1000, 1), numbers(1, 77)),
    ),
    "beside a part of what repeats": (
        lambda x, w: tuple(
            taped(lambda x, w: ngrad.reduce_sum(ngrad.tanh(ngrad.transpose(x @ w))[1:] * 0.5), x, w)
        ),
        (numbers(1000, 1), numbers(1, 77)),
    ),
    "a part": (lambda x: WIDE @ ngrad.tanh(x)[1:, :-1], (TALL,)),
    "some of few columns": (
        lambda x: numbers(1, 3999) @ ngrad.tanh(x)[1:, :-1], (POINTS,)
    ),
    "few columns": (
        lambda x: (numbers(1, 4000) @ ngrad.tanh(x) + x[1:2, :], x[:, 1]), (POINTS,)
    ),
    "bits": (
        lambda x: ngrad.tanh(
            ngrad.bitcast(ngrad.transpose(ngrad.bitcast(ngrad.exp(x), "int32")), "float32")
        ) @ numbers(300, 1),
        (TALL,),
    ),
}  # fmt: skip
every_program = pytest.mark.parametrize("name", PROGRAMS)


@pytest.mark.parametrize("name", PRODUCTS)
def test_what_a_product_reads_lies_as_if_nothing_were_fused(name: str) -> None:
    """What BLAS gives for a column or a row depends on that."""
    f, inputs = PRODUCTS[name]

    def bits() -> list[bytes]:
        found = f(*inputs)
        return [x.numpy().tobytes() for x in (found if isinstance(found, tuple) else (found,))]

    ngrad.config.set_eager(True)
    try:
        expected = bits()
    finally:
        ngrad.config.set_eager(False)
    assert [bits() for _ in range(3)] == [expected] * 3


@every_program
def test_the_same_bits_however_it_runs(name: str) -> None:
    """Fused, unfused, eager; on one thread and on two."""
    f, inputs = PROGRAMS[name]
    taped(f, *inputs), taped(f, *inputs)
    found = [x.numpy().tobytes() for x in taped(f, *inputs)]
    ngrad.config.set_threads(1)
    assert [x.numpy().tobytes() for x in taped(f, *inputs)] == found
    ngrad.config.set_eager(True)
    try:
        assert [x.numpy().tobytes() for x in taped(f, *inputs)] == found
    finally:
        ngrad.config.set_eager(False)


def test_launches() -> None:
    """One pass over memory, and what folds the partial results of a sum."""
    most = {"elementwise": 2, "rosenbrock": 3, "cross-entropy": 2, "layer norm": 4, "layer": 4}
    found = {name: launches(lambda p=p: taped(p[0], *p[1])) for name, p in PROGRAMS.items()}
    assert all(found[name] <= most[name] for name in most), found


def test_a_chain_is_one_launch_without_a_tape() -> None:
    x = numbers(1000)

    def chain() -> None:
        y = x
        for _ in range(10):
            y = ngrad.tanh(y * 1.5 + x)
        ngrad.eval(y)

    assert launches(chain) == 1


def test_a_long_loop_over_a_scalar_is_few_launches() -> None:
    x = constant(1.01)

    def loop() -> None:
        with GradientTape() as tape:
            tape.watch(x)
            y = x
            for _ in range(40):
                y = y * x + 1.0
        tape.gradient(y, x)

    def short() -> None:
        with GradientTape() as tape:
            tape.watch(x)
            y = (x * x) * (x * x)
        tape.gradient(y, x)

    assert launches(loop) <= 5
    assert (
        launches(short) == 6
    )  # not worth a kernel: the launch of one op costs no more than a step


def test_updates_of_many_parameters_are_few_launches() -> None:
    sizes = [(300, 100), (100,), (100, 50), (50,), (50, 7), (7,)] * 2
    variables = [ngrad.Variable(numbers(*size, seed=k)) for k, size in enumerate(sizes)]
    optimizer = ngrad.optimizers.Adam(0.1)
    slopes = [numbers(*size, seed=k + 20) for k, size in enumerate(sizes)]

    def update() -> None:
        optimizer.apply_gradients(zip(slopes, variables, strict=True))
        ngrad.eval(variables)

    assert launches(update) <= 6


def test_memory_is_inputs_and_gradients() -> None:
    """No intermediate value is stored."""
    inputs = tuple(numbers(1 << 20, seed=k) for k in range(3))
    for _ in range(2):
        taped(elementwise, *inputs)
    ngrad.config.release_memory()
    before = ngrad.config.memory_stats().live_bytes
    found = taped(elementwise, *inputs)
    after = ngrad.config.memory_stats()
    gradients = 3 * inputs[0].nbytes
    assert after.live_bytes + after.pooled_bytes - before <= 1.05 * gradients
    del found


def compiled(function: Callable[[], Any]) -> int:
    before = cache.counters["compiled"] + cache.counters["loaded"]
    function()
    return cache.counters["compiled"] + cache.counters["loaded"] - before


def test_nothing_compiles_for_other_sizes_slices_and_floats() -> None:
    def run(n: int, start: int, factor: float) -> None:
        x = numbers(n)
        for _ in range(3):
            with GradientTape() as tape:
                tape.watch(x)
                part = x[start : start + n // 2]
                y = ngrad.reduce_sum(ngrad.tanh(part * factor) ** 2)
            ngrad.eval(tape.gradient(y, x))

    run(1000, 10, 0.5)
    run(100_000, 10, 0.5)
    assert compiled(lambda: [run(n, 10, 0.5) for n in (999, 1001, 5000, 65_537)]) == 0
    assert compiled(lambda: [run(1000, k, 0.5) for k in range(11, 30)]) == 0
    assert compiled(lambda: [run(1000, 10, k / 7) for k in range(1, 30)]) == 0


def test_what_never_repeats_is_not_fused() -> None:
    """A program that is different each time compiles no fused kernel."""
    x = numbers(16)

    def once(k: int) -> None:
        y = x
        for bit in range(9):
            y = ngrad.sin(y) if k >> bit & 1 else ngrad.cos(y)
        ngrad.eval(y)

    once(0), once(511)  # the kernels of the two ops
    before = cache.counters["compiled"]
    for k in range(1, 200):
        once(k)
    assert cache.counters["compiled"] == before


def test_the_background_gives_the_same_bits_meanwhile() -> None:
    ngrad.config.set_fusion("background")
    x = numbers(5000, seed=7)

    def value() -> bytes:
        got: bytes = ngrad.reduce_sum(ngrad.exp(ngrad.sin(x) * 0.25) - x * 0.125).numpy().tobytes()
        return got

    first = value()
    assert all(value() == first for _ in range(200))


def test_a_program_goes_on_where_no_thread_can_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    """As while Python ends."""

    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "ngrad":  # another may still be compiling what an earlier test ran
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    monkeypatch.setattr(plans.Planned, "_fuse_at_first", lambda planned: None)
    monkeypatch.setattr(background, "failures", [])
    for name, value in {"thread": None, "pending": {}, "waiting": SimpleQueue()}.items():
        monkeypatch.setattr(background.compiler, name, value)
    ngrad.config.set_fusion("background")
    x = numbers(5000, seed=7)
    with pytest.warns(RuntimeWarning, match="not fused"):
        found = {ngrad.reduce_sum(ngrad.sin(ngrad.exp(x)) * x).numpy() for _ in range(3)}
    assert len(found) == len(background.failures) == 1


def test_a_program_that_has_no_derivative_says_so_and_no_more() -> None:
    ngrad.config.set_fusion("background")
    x, before = ngrad.constant([0.5, 1.5]), len(background.failures)
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        y = fixed(x, "f: has no derivative in x")
    with pytest.raises(ngrad.errors.GradientError, match="f: has no derivative in x"):
        tape.gradient(y, x).numpy()
    assert len(background.failures) == before


def test_a_first_run_compiles_what_is_there_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fused kernels where those of many ops are missing; these at last, where it goes on so."""
    monkeypatch.setattr(cold, "missing", lambda graph, _: {"fused"} if graph is fused else ops)
    monkeypatch.setattr(cold, "_put_off", Counter())
    fused, graph, ops = Graph(), Graph(), {"a", "b", "c", "d"}
    sooner = [cold.fused_sooner(fused, graph, {}) for _ in range(4)]
    assert sooner == [True, False, False, False]
    ops |= {f"new {k}" for k in range(8)}
    sooner = [cold.fused_sooner(fused, graph, {}) for _ in range(4)]
    assert sooner == [True, True, True, False]


@pytest.mark.parametrize(("steps", "size", "cut"), [(5, 3, 1), (70, 3, 0), (70, 1 << 17, 1)])
def test_what_is_cut_at_a_first_run(
    steps: int, size: int, cut: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A longer graph where its values are large: else it takes longer than it saves."""
    asked = []

    def noting(planned: plans.Planned) -> Graph:
        asked.append(planned)
        return fused(planned)

    fused = plans.Planned._fused
    monkeypatch.setattr(plans.Planned, "_fused", noting)
    y = constant(np.ones(size + steps, np.float32))
    for _ in range(steps):
        y = y + 1.0
    assert y.numpy()[0] == 1 + steps
    assert len(asked) == cut


COLD = """
import numpy as np
import ngrad
from ngrad_kernels import cache

names = []
cache.listeners.append(lambda what, name, *_: names.append(name.split("_")[0]))
x = ngrad.constant(np.linspace(0.0, 1.0, 3000, dtype="f4"))
def value():
    return ngrad.reduce_sum(ngrad.tanh(x * x + 1.0) * ngrad.exp(x) - x / 3.0).numpy().tobytes()
first = value()
print(*names)
ngrad.config.set_eager(True)
print(first == value())
"""


def in_an_empty_cache(program: str, fusion: str, folder: Path) -> list[str]:
    """The words that a program prints."""
    settings = {"NGRAD_CACHE_DIR": str(folder / "kernels"), "NGRAD_FUSION": fusion}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_a_new_program_in_an_empty_cache_compiles_its_fused_kernel(tmp_path: Path) -> None:
    assert in_an_empty_cache(COLD, "background", tmp_path) == ["space", "True"]


SIZES = """
import numpy as np
import ngrad

def fused(size):
    before = ngrad.stats().fused
    x = ngrad.constant(np.ones(size, "f4"))
    (ngrad.tanh(x) * 2.0 + x).numpy()
    return ngrad.stats().fused - before

ngrad.config.set_eager(True)
fused(5)
ngrad.config.set_eager(False)
print(*[fused(size) for size in (6, 7, 8)])
"""


def test_a_kernel_that_is_missed_again_is_compiled(tmp_path: Path) -> None:
    """Where sizes are new each time, no structure comes again. The kernels of ops are there."""
    assert in_an_empty_cache(SIZES, "wait", tmp_path) == ["0", "1", "1"]
