"""Figures with their ratios to the floor and to other libraries, timed in turns in one process.

    python asv_bench/figures.py [--device cuda]

The floor of an operation on large arrays is a parallel copy of memory: a bandwidth as a share of
the copy's. PyTorch, JAX and autograd are timed where they are installed, with as many threads.
Every figure is the least of several rounds; in a round each contender has its turn.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import numba as nb
import numpy as np
import place
from place import Work, installed, missing, torch_tensor, waiting
from rich.console import Console
from rich.table import Table

import ngrad as tf

GRAIN = 1 << 14


class Figure(NamedTuple):
    """One line: what was timed, its value, the comparison, their ratio, and what it should be."""

    name: str
    value: str
    against: str
    ratio: float
    aim: str


def turns(
    contenders: dict[str, Work], rounds: int, repeat: int = 1, pause: float = 0.15
) -> dict[str, list[float]]:
    """The seconds a call of each contender, in rounds in which each has its turn.

    A turn begins with a pause and a call that is not timed: the threads of the one before may still
    be spinning (OpenBLAS's do so for 0.1 s), and its data are in the cache. What uses no threads
    needs none: a shared machine that changes its pace has the same for turns on end.
    """
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for work in contenders.values():
        work()
        work()
    for _ in range(rounds):
        for name, work in contenders.items():
            time.sleep(pause)
            for _ in range(2):
                work()
                start = time.perf_counter()
                for _ in range(repeat):
                    work()
                found[name].append((time.perf_counter() - start) / repeat)
    return found


def least(contenders: dict[str, Work], rounds: int, repeat: int = 1) -> dict[str, float]:
    """The least seconds a call of each contender, over rounds in which each has its turn."""
    return {name: min(times) for name, times in turns(contenders, rounds, repeat).items()}


def together(
    contenders: dict[str, Work], rounds: int, repeat: int
) -> tuple[dict[str, float], float]:
    """The least seconds a call of two contenders that use no threads, and how many times as long
    the second takes: the median of turns on end.
    """
    times = turns(contenders, rounds, repeat, 0.0)
    first, second = times.values()
    ratios = [y / x for x, y in zip(first, second, strict=True)]
    return {name: min(own) for name, own in times.items()}, statistics.median(ratios)


def shown(seconds: float) -> str:
    """A time in the unit that suits it."""
    return f"{seconds * 1e3:.2f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.1f} us"


@nb.njit(parallel=True)
def copy(target: Any, source: Any) -> None:
    for k in nb.prange((source.size + GRAIN - 1) // GRAIN):
        first, last = k * GRAIN, min((k + 1) * GRAIN, source.size)
        target[first:last] = source[first:last]


# -- importing -------------------------------------------------------------------------------------


def importing(rounds: int) -> Iterator[Figure]:
    """`import ngrad`, in a process of its own, beside what it stands on; Numba, which it imports
    when something has to be compiled or shared by threads, is in neither.
    """
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

    def program(text: str) -> Work:
        return lambda: subprocess.run([sys.executable, "-c", text], check=True, env=environment)

    kinds = {"none": "", "numpy": "import numpy", "numba": "import numba", "ngrad": "import ngrad"}
    best = least({kind: program(text) for kind, text in kinds.items()}, rounds)
    value, numpy, numba = [best[kind] - best["none"] for kind in ("ngrad", "numpy", "numba")]
    yield Figure(
        "import ngrad",
        f"{value:.3f} s",
        f"numpy {numpy:.3f} s, numba {numba:.3f} s",
        value / numba,
        "at most 0.25 s more than numba",
    )


# -- overhead --------------------------------------------------------------------------------------


def small_op(rounds: int) -> Iterator[Figure]:
    """x * x at a scalar: with a tape that records it, without, and PyTorch's."""
    x = tf.constant(1.5)
    tape = tf.GradientTape(persistent=True)

    def recorded() -> None:
        with tape:
            tape.watch(x)
            for _ in range(1000):
                x * x
        tape.reset()

    def plain() -> None:
        for _ in range(1000):
            x * x

    contenders: dict[str, Work] = {"recorded": recorded, "plain": plain}
    if installed("torch"):
        import torch

        t = torch.tensor(1.5, requires_grad=True)

        def theirs() -> None:
            for _ in range(1000):
                t * t

        contenders["PyTorch"] = theirs
    best = least(contenders, rounds)
    for name, label in (("recorded", "one small op under a tape"), ("plain", "without a tape")):
        other = best.get("PyTorch", float("nan"))
        yield Figure(
            label,
            f"{best[name] * 1e3:.2f} us",
            f"PyTorch {other * 1e3:.2f} us",
            best[name] / other,
            "at most 2 us" if name == "recorded" else "",
        )


def gradient(rounds: int) -> Iterator[Figure]:
    """The gradient of (x*x)*(x*x) at a scalar, tape and all."""
    x = tf.constant(1.5)

    def ours() -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = (x * x) * (x * x)
        return tape.gradient(y, x)

    best = least({"ngrad": ours, **other_gradients()}, rounds * 3, repeat=200)
    for name in [name for name in best if name != "ngrad"] or ["ngrad"]:
        yield Figure(
            "gradient of (x*x)*(x*x)",
            f"{best['ngrad'] * 1e6:.1f} us",
            f"{name} {best[name] * 1e6:.1f} us",
            best["ngrad"] / best[name],
            "at most 0.25" if name == "PyTorch" else "",
        )


def other_gradients() -> dict[str, Work]:
    """The same gradient by whatever else is installed."""
    found: dict[str, Work] = {}
    if installed("torch"):
        import torch

        def of_torch() -> Any:
            t = torch.tensor(1.5, requires_grad=True)
            ((t * t) * (t * t)).backward()
            return t.grad

        found["PyTorch"] = of_torch
    if installed("autograd"):
        import autograd

        derivative = autograd.grad(lambda x: (x * x) * (x * x))
        found["autograd"] = lambda: derivative(1.5)
    if installed("jax"):
        import jax

        compiled = jax.jit(jax.grad(lambda x: (x * x) * (x * x)))
        found["jax.jit"] = lambda: compiled(1.5).block_until_ready()
    return found


# -- throughput ------------------------------------------------------------------------------------


def copied(source: Any) -> Work:
    """A parallel copy of an array."""
    target = np.empty_like(source)
    return lambda: copy(target, source)


def bandwidth(rounds: int, size: int) -> Iterator[Figure]:
    """Elementwise ops and reductions, as a share of the copy's bandwidth."""
    rng = np.random.default_rng(0)
    for dtype in ("float32", "float64"):
        a, b = (rng.uniform(0.5, 2.0, size).astype(dtype) for _ in range(2))
        x, y = tf.constant(a), tf.constant(b)
        contenders: dict[str, Work] = {
            "copy": place.copying(2 * a.nbytes) if place.on_gpu() else copied(a),
            "add": lambda x=x, y=y: tf.eval(x + y),
            "multiply": lambda x=x, y=y: tf.eval(x * y),
            "reduce_sum": lambda x=x: tf.eval(tf.reduce_sum(x)),
            "reduce_max": lambda x=x: tf.eval(tf.reduce_max(x)),
        }
        best = least({name: waiting(name, work) for name, work in contenders.items()}, rounds)
        arrays = {"copy": 2, "add": 3, "multiply": 3, "reduce_sum": 1, "reduce_max": 1}
        rate = {name: arrays[name] * a.nbytes / seconds / 1e9 for name, seconds in best.items()}
        for name in arrays:
            if name != "copy":
                yield Figure(
                    f"{name}, {size:.0e} {dtype}",
                    f"{rate[name]:.1f} GB/s",
                    f"copy {rate['copy']:.1f} GB/s",
                    rate[name] / rate["copy"],
                    "at least 0.8",
                )


def transcendental(rounds: int, size: int) -> Iterator[Figure]:
    """exp, tanh and log next to PyTorch's."""
    if missing("PyTorch"):
        return
    import torch

    a = np.random.default_rng(0).uniform(0.5, 2.0, size).astype(np.float32)
    for dtype in ("float32", "float64"):
        x, t = tf.constant(a.astype(dtype)), torch_tensor(a.astype(dtype))
        for name in ("exp", "tanh", "log"):
            ours, theirs = getattr(tf, name), getattr(torch, name)
            works: dict[str, Work] = {
                "ngrad": lambda f=ours, x=x: tf.eval(f(x)),
                "PyTorch": lambda f=theirs, t=t: f(t),
            }
            best = least({name: waiting(name, work) for name, work in works.items()}, rounds)
            yield Figure(
                f"{name}, {size:.0e} {dtype}",
                shown(best["ngrad"]),
                f"PyTorch {shown(best['PyTorch'])}",
                best["ngrad"] / best["PyTorch"],
                "at most 1",
            )


def main(arguments: list[str] | None = None) -> None:
    """Time all, and print the table: on a GPU the throughput, since overheads are the CPU's."""
    parser = place.parser(__doc__, 10)
    parser.add_argument("--size", type=int, default=10_000_000, help="of large arrays (1e7)")
    chosen = parser.parse_args(arguments)
    place.choose(chosen.device)
    table = Table(title=f"{place.heading()}, least of {chosen.rounds} rounds")
    for heading in ("", "ngrad", "against", "ratio", "aim"):
        table.add_column(heading, no_wrap=True)
    console = Console(width=None if sys.stdout.isatty() else 120)
    with console.status("timing"):
        overheads = (importing, small_op, gradient)
        for figures in (
            *(() if place.on_gpu() else (each(chosen.rounds) for each in overheads)),
            bandwidth(chosen.rounds, chosen.size),
            transcendental(chosen.rounds, chosen.size),
        ):
            for name, value, against, ratio, aim in figures:
                table.add_row(name, value, against, f"{ratio:.2f}", aim)
    console.print(table)


if __name__ == "__main__":
    main()
