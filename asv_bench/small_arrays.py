"""What an operation on a hundred elements takes, with a look at its value, beside NumPy's own time.

    python asv_bench/small_arrays.py

Each is a function of the namespace and of arrays, and is timed until its result is a NumPy array.
Times are the least of many short rounds, in which both have their turn; how many times NumPy's they
are is the median of rounds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable
from typing import Any

import numpy
from figures import together
from rich.console import Console
from rich.table import Table

import ngrad.numpy

SIZE = 100
REPEAT = 100

OPERATIONS: dict[str, Callable[..., Any]] = {
    "x + y": lambda np, x, y, m, i: x + y,
    "x - y": lambda np, x, y, m, i: x - y,
    "2.5 * x": lambda np, x, y, m, i: 2.5 * x,
    "x / y": lambda np, x, y, m, i: x / y,
    "x ** 2": lambda np, x, y, m, i: x**2,
    "-x": lambda np, x, y, m, i: -x,
    "x < y": lambda np, x, y, m, i: x < y,
    "m + row": lambda np, x, y, m, i: m + m[0],
    "sqrt": lambda np, x, y, m, i: np.sqrt(x),
    "exp": lambda np, x, y, m, i: np.exp(x),
    "sin": lambda np, x, y, m, i: np.sin(x),
    "tanh": lambda np, x, y, m, i: np.tanh(x),
    "abs": lambda np, x, y, m, i: np.abs(x),
    "maximum": lambda np, x, y, m, i: np.maximum(x, y),
    "power": lambda np, x, y, m, i: np.power(x, y),
    "where": lambda np, x, y, m, i: np.where(x < y, x, y),
    "clip": lambda np, x, y, m, i: np.clip(x, 0.2, 0.8),
    "sum": lambda np, x, y, m, i: np.sum(x),
    "sum, axis 0": lambda np, x, y, m, i: m.sum(axis=0),
    "mean": lambda np, x, y, m, i: x.mean(),
    "std": lambda np, x, y, m, i: x.std(),
    "max": lambda np, x, y, m, i: x.max(),
    "argmax": lambda np, x, y, m, i: x.argmax(),
    "cumsum": lambda np, x, y, m, i: np.cumsum(x),
    "x[3]": lambda np, x, y, m, i: x[3],
    "x[10:90:2]": lambda np, x, y, m, i: x[10:90:2],
    "x[3] + x[4]": lambda np, x, y, m, i: x[3] + x[4],
    "x[3] < x[4]": lambda np, x, y, m, i: x[3] < x[4],
    "i[3] & 1": lambda np, x, y, m, i: i[3] & 1,
    "x at i": lambda np, x, y, m, i: x[i],
    "x at part of i": lambda np, x, y, m, i: x[i[:5]],
    "x at x > 0.5": lambda np, x, y, m, i: x[x > 0.5],
    "m[1:3, 2:5]": lambda np, x, y, m, i: m[1:3, 2:5],
    "m at i, i": lambda np, x, y, m, i: m[i % 10, i % 7],
    "m.T": lambda np, x, y, m, i: m.T,
    "reshape": lambda np, x, y, m, i: x.reshape(10, 10),
    "array(3.0)": lambda np, x, y, m, i: np.array(3.0),
    "array of a list": lambda np, x, y, m, i: np.array([1.0, 2.0, 3.0]),
    "zeros": lambda np, x, y, m, i: np.zeros(SIZE),
    "arange": lambda np, x, y, m, i: np.arange(SIZE),
    "linspace": lambda np, x, y, m, i: np.linspace(0.0, 1.0, 10),
    "eye": lambda np, x, y, m, i: np.eye(3),
    "concatenate": lambda np, x, y, m, i: np.concatenate([x, y]),
    "stack": lambda np, x, y, m, i: np.stack([x, y]),
    "outer": lambda np, x, y, m, i: np.outer(x, y),
    "fft": lambda np, x, y, m, i: np.fft.fft(x),
    "m @ m": lambda np, x, y, m, i: m @ m,
    "dot": lambda np, x, y, m, i: np.dot(x, y),
    "einsum": lambda np, x, y, m, i: np.einsum("ij,jk->ik", m, m),
    "sort": lambda np, x, y, m, i: np.sort(x),
    "argsort": lambda np, x, y, m, i: np.argsort(x),
    "diff": lambda np, x, y, m, i: np.diff(x),
    "interp": lambda np, x, y, m, i: np.interp(y, x.cumsum(), x),
    "take": lambda np, x, y, m, i: np.take(m, i[:5] % 10, axis=1),
    "x.take": lambda np, x, y, m, i: x.take(i),
    "take_along_axis": lambda np, x, y, m, i: np.take_along_axis(x, i, 0),
    "delete": lambda np, x, y, m, i: np.delete(x, 3),
    "insert": lambda np, x, y, m, i: np.insert(x, 3, 1.5),
    "extract": lambda np, x, y, m, i: np.extract(x < y, x),
    "count_nonzero": lambda np, x, y, m, i: np.count_nonzero(x > 0.5),
    "nonzero": lambda np, x, y, m, i: (x > 0.5).nonzero()[0],
    "unique": lambda np, x, y, m, i: np.unique(i),
    "histogram": lambda np, x, y, m, i: np.histogram(x, 10)[0],
    "choose": lambda np, x, y, m, i: np.choose(i % 2, [x, y]),
    "percentile": lambda np, x, y, m, i: np.percentile(x, 40),
    "vecdot": lambda np, x, y, m, i: np.vecdot(m, m),
    "poly": lambda np, x, y, m, i: np.poly(x[:5]),
    "norm": lambda np, x, y, m, i: np.linalg.norm(x),
    "solve": lambda np, x, y, m, i: np.linalg.solve(m, m),
    "inv": lambda np, x, y, m, i: np.linalg.inv(m),
    "cholesky": lambda np, x, y, m, i: np.linalg.cholesky(m @ m.T),
}


def arrays() -> tuple[Any, ...]:
    """Two vectors, a matrix and indices, of a hundred elements each."""
    draw = numpy.random.default_rng(0)
    x, y = draw.random(SIZE), draw.random(SIZE)
    matrix = draw.random((10, 10)) + 10.0 * numpy.eye(10)
    return x, y, matrix, draw.integers(0, SIZE, SIZE)


def main() -> None:
    """Time all, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=60, help="of which the least counts (60)")
    parser.add_argument("--only", default="", help="operations whose name has this in it")
    chosen = parser.parse_args()
    table = Table(title=f"{SIZE} elements, least of {chosen.rounds} rounds")
    for heading in ("operation", "NumPy", "ngrad.numpy", "times NumPy's"):
        table.add_column(heading)
    given = arrays()
    own = [ngrad.numpy.array(x) for x in given]
    ratios = []
    for name, run in OPERATIONS.items():
        if chosen.only not in name:
            continue
        contenders = {
            "NumPy": lambda run=run: numpy.asarray(run(numpy, *given)),
            "ngrad": lambda run=run: numpy.asarray(run(ngrad.numpy, *own)),
        }
        numpy.testing.assert_allclose(contenders["ngrad"](), contenders["NumPy"](), 1e-9, 1e-15)
        best, ratio = together(contenders, chosen.rounds, REPEAT)
        ratios.append(ratio)
        times = [f"{best[k] * 1e6:.2f} us" for k in ("NumPy", "ngrad")]
        table.add_row(name, *times, f"{ratios[-1]:.1f}")
    within = sum(ratio <= 4.0 for ratio in ratios)
    table.caption = f"median {statistics.median(ratios):.1f}; {within} of {len(ratios)} within 4"
    Console(width=None if sys.stdout.isatty() else 100).print(table)


if __name__ == "__main__":
    main()
