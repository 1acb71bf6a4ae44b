"""Rows by their length, sums at indices and linear algebra beside PyTorch's, on a GPU or the CPU.

    python asv_bench/routines.py [--device cuda] [--only rows_of]

Sums at indices are timed as they are by default, with the CPU's bits, and (on a GPU) in whichever
order threads come, which is PyTorch's way. Every figure is the least of several rounds, of ten
calls between two waits.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import place
from figures import least, shown
from peers import copying, numbers
from place import Work, missing, torch_tensor, waiting
from rich.console import Console
from rich.table import Table

import ngrad as tf
import ngrad.numpy as gnp

CALLS = 10
LENGTHS = (32, 64, 128, 256, 512, 1024, 1500, 2048, 4096, 16384)
INDICES = ((10, 10_000, 64), (1000, 10_000, 64), (1000, 1_000_000, 1), (100_000, 1_000_000, 1),
           (100_000, 100_000, 64), (10, 1_000_000, 64))  # fmt: skip
"""Rows of the result, indices, and elements a row."""
MATRICES = ((512, 512), (2048, 2048), (1000, 8, 8), (16, 200, 200))
FACTORS = ("cholesky", "inv", "det", "qr", "eigh")


class Line(NamedTuple):
    """What was timed, and the seconds that each contender took."""

    name: str
    best: dict[str, float]


def _timed(works: dict[str, Work], rounds: int) -> dict[str, float]:
    queued = {name: waiting(name, work, CALLS) for name, work in works.items()}
    return {name: seconds / CALLS for name, seconds in least(queued, rounds).items()}


def rows_of(rounds: int, scale: float) -> Iterator[Line]:
    """Sums and softmax, and this with its gradient, of as many elements in rows of several
    lengths.
    """
    elements = int((1 << (26 if place.on_gpu() else 22)) * scale)
    for length in LENGTHS:
        values = numbers((max(1, elements // length), length))[0]
        x = tf.constant(values)

        def derived(x: Any = x) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = tf.nn.softmax(x)
            return y, tape.gradient(y, x, output_gradients=x)

        def plain(x: Any = x) -> None:
            tf.eval(tf.nn.softmax(x))

        def added(x: Any = x) -> None:
            tf.eval(tf.reduce_sum(x, 1))

        for name, work, arrays in (
            ("sum", added, 1),
            ("softmax", plain, 2),
            ("softmax and gradient", derived, 3),
        ):
            works: dict[str, Work] = {"ngrad": work, "copy": copying(arrays * values.nbytes)}
            if not missing("PyTorch"):
                works["PyTorch"] = _by_pytorch(values, name)
            yield Line(f"{name}, rows of {length}", _timed(works, rounds))


def _by_pytorch(values: Any, name: str) -> Work:
    import torch

    x = torch_tensor(values, name == "softmax and gradient")

    def derived() -> Any:
        y = torch.softmax(x, 1)
        return y, torch.autograd.grad(y, x, x.detach())

    works: dict[str, Work] = {
        "sum": lambda: torch.sum(x, 1),
        "softmax": lambda: torch.softmax(x, 1),
        "softmax and gradient": derived,
    }
    return works[name]


def sums_at_indices(rounds: int, scale: float) -> Iterator[Line]:
    """`unsorted_segment_sum`, and PyTorch's `index_add_` to zeros."""
    for rows, count, width in INDICES:
        sizes = (max(2, int(n * scale)) for n in (rows, count))
        yield _sum_at_indices(*sizes, width, rounds)


def _sum_at_indices(rows: int, count: int, width: int, rounds: int) -> Line:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(count, width)).astype(np.float32)
    places = rng.integers(0, rows, count)
    data, ids = tf.constant(values), tf.constant(places)

    def ours(more: int = 0) -> Work:
        return lambda: tf.eval(tf.math.unsorted_segment_sum(data, ids, rows + more))

    works = {"ngrad": ours()}
    if not missing("PyTorch"):
        theirs, at = torch_tensor(values), torch_tensor(places)
        works["PyTorch"] = lambda: theirs.new_zeros((rows, width)).index_add_(0, at, theirs)
    best = _timed(works, rounds)
    if place.on_gpu():
        tf.config.set_op_determinism(False)
        try:  # of one more row: a plan keeps what it was made with
            best["in any order"] = _timed({"ngrad": ours(1)}, rounds)["ngrad"]
        finally:
            tf.config.set_op_determinism(True)
    return Line(f"{count:,} rows of {width} to {rows:,}", best)


def linear_algebra(rounds: int, scale: float) -> Iterator[Line]:
    """Factors and what is computed by them, of positive definite matrices."""
    rng = np.random.default_rng(0)
    for shape in MATRICES:
        *batch, rows, _ = (max(2, int(n * scale)) for n in shape)
        x = rng.normal(size=(*batch, rows, rows))
        x = (x @ np.swapaxes(x, -1, -2) + np.eye(rows)).astype(np.float32)
        for name in FACTORS:
            yield _factors(name, x, rounds)


def _factors(name: str, x: Any, rounds: int) -> Line:
    ours, given = getattr(gnp.linalg, name), tf.constant(x)

    def work() -> None:
        results = ours(given)
        tf.eval(*results) if isinstance(results, tuple) else tf.eval(results)

    works: dict[str, Work] = {"ngrad": work}
    if not missing("PyTorch"):
        import torch

        theirs, tensor = getattr(torch.linalg, name), torch_tensor(x)
        works["PyTorch"] = lambda: theirs(tensor)
    return Line(f"{name} of {' x '.join(map(str, x.shape))} float32", _timed(works, rounds))


PARTS = {lines.__name__: lines for lines in (rows_of, sums_at_indices, linear_algebra)}


def main(arguments: list[str] | None = None) -> None:
    """Time all, and print the table."""
    parser = place.parser(__doc__, 3)
    parser.add_argument("--scale", type=float, default=1.0, help="of the sizes (1)")
    parser.add_argument("--only", default="", help="one of " + ", ".join(PARTS))
    chosen = parser.parse_args(arguments)
    place.choose(chosen.device)
    tf.config.set_fusion("wait")
    table = Table(title=f"{place.heading()}, least of {chosen.rounds} rounds")
    for heading in ("", "ngrad", "copy", "in any order", "PyTorch"):
        table.add_column(heading)
    for lines in [PARTS[chosen.only]] if chosen.only else PARTS.values():
        for name, best in lines(chosen.rounds, chosen.scale):
            own = best["ngrad"]
            others = [
                f"{shown(best[other])} ({best[other] / own:.2f} x)" if other in best else ""
                for other in ("copy", "in any order", "PyTorch")
            ]
            table.add_row(name, shown(own), *others)
    Console(width=None if sys.stdout.isatty() else 120).print(table)


if __name__ == "__main__":
    main()
