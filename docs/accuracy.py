"""Measure how exact and how fast vecmath is: `python docs/accuracy.py --samples 10000 --write`.

Prints the table of docs/vecmath.md and, with `--write`, puts it there. Arguments, references and
the error in ulp are those of tests/kernels; the code measured is that of the kernels that programs
run.
"""

from __future__ import annotations

import argparse
import datetime
import functools
import math
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import llvmlite.binding as llvm
import mpmath
import numpy as np

from ngrad_kernels import cpu
from ngrad_kernels.body import Body, Step
from ngrad_kernels.vecmath import FUNCTIONS

sys.path.append(str(Path(__file__).parents[1] / "tests" / "kernels"))
import regions
import test_vecmath_bessel as bessel
import test_vecmath_bessel_orders as orders
import test_vecmath_shares as shares
import ulp

TARGET = Path(__file__).with_name("vecmath.md")
BEGIN, END = "<!-- table -->\n", "<!-- end of table -->\n"
HEAD = """| function | for | float32: ulp | at | ns | float64: ulp | at | ns |
| --- | --- | --- | --- | --- | --- | --- | --- |"""
SEED = 1
DENSER = 20
"""Random float32 arguments for each float64 one: float64 finds the bad ones, faster than mpmath."""
WORST = {"f4": 2000, "f8": 200}
"""How many of the worst arguments are looked around."""
EXACT = 50
"""How many of them mpmath has the last word on: float64 has ranked those of float32."""
FEW = 250
"""Random arguments of each kind at most for functions whose reference takes long."""
ROUNDS = 6
"""How often neighbours of the worst ones so far are tried."""
BLOCK, REPEATS, CALLS = 4096, 100, 20
ORDER = 5
"""That of which functions of whole orders are timed."""


@dataclass(frozen=True)
class Row:
    """A function and the arguments that its figures are for: all, or one side of 0."""

    name: str
    side: str = "all"

    @property
    def crosses(self) -> bool:
        """Has zeros where no relative bound can hold: counts in eps max(1, |result|)."""
        return self.name == "betaln" or (
            self.side == "x < 0" and self.name in ("digamma", "lgamma")
        )

    @property
    def waves(self) -> bool:
        """Goes up and down around 0: counts in eps max(height, |result|)."""
        return self.name in (*bessel.WAVES, *orders.WAVES)

    @property
    def slow(self) -> bool:
        """Its reference takes milliseconds."""
        return self.name in shares.REFERENCES

    @property
    def mark(self) -> str:
        """That of a unit which is not the ulp."""
        return " *" if self.crosses else " †" if self.waves else ""

    def least(self, x: np.ndarray, *others: np.ndarray) -> np.ndarray:
        """The result of which the unit is eps, at x, if the result itself is smaller."""
        if self.name in orders.WAVES:  # of an order and of an argument
            return orders.height(x, *others)
        return np.ones(x.size) if self.crosses else np.maximum(np.abs(x), 1.0) ** -0.5

    def label(self) -> str:
        """How its line in the table begins."""
        return f"| `{self.name}` | {self.side}{self.mark} |"


def rows() -> Iterator[Row]:
    """Every function of vecmath, in alphabetical order."""
    for name in sorted(name.removesuffix("_f8") for name in FUNCTIONS if name.endswith("_f8")):
        for side in ("x > 0", "x < 0") if name in regions.SIDED else ("all",):
            yield Row(name, side)


@functools.cache
def _kernel(name: str, code: str) -> int:
    arity = regions.arity(name)
    step = Step(name, tuple(range(arity)), code)
    return cpu.kernel_of(Body("map", (code,) * arity, (step,), (arity,)))


def evaluate(name: str, code: str, *arguments: np.ndarray) -> np.ndarray:
    """The function of whole arrays, by the kernel that programs run, in one thread."""
    arrays = [np.ascontiguousarray(a, ulp.DTYPES[code]) for a in arguments]
    result = np.empty_like(arrays[0])
    addresses = [a.ctypes.data for a in (*arrays, result)]
    cpu.run(_kernel(name, code), 0, result.size, *addresses)
    return result


def errors(row: Row, code: str, *points: np.ndarray) -> np.ndarray:
    """The error of the row's function at each point, in the row's unit."""
    exact = ulp.exact_values(regions.reference(row.name), *points)
    found = ulp.ulp_error(evaluate(row.name, code, *points), exact, ulp.DTYPES[code])
    if row.mark:
        for i, (value, least) in enumerate(zip(exact, row.least(*points), strict=True)):
            if not mpmath.isfinite(value):
                continue
            unit = mpmath.ldexp(1, mpmath.frexp(value)[1] - 1)  # an ulp, over eps
            found[i] *= float(unit / max(least, abs(value)))
    return found


def _rough_errors(row: Row, *points: np.ndarray) -> np.ndarray:
    """Errors of float32 against float64, whose own are 2^29 times smaller."""
    info = np.finfo(np.float32)
    limit = 2.0**info.maxexp
    got = np.clip(evaluate(row.name, "f4", *points).astype(np.float64), -limit, limit)
    wide = np.clip(evaluate(row.name, "f8", *points), -limit, limit)
    exponent = np.clip(np.frexp(wide)[1], info.minexp + 1, info.maxexp) - 1
    unit = np.ldexp(1.0, exponent)
    if row.mark:
        unit = np.maximum(row.least(*(p.astype(np.float64) for p in points)), np.abs(wide))
        unit = np.maximum(unit, float(info.tiny))
    found = np.abs(got - wide) / (float(info.eps) * unit)
    found[np.isnan(found)] = np.inf
    found[np.isnan(got) & np.isnan(wide)] = 0
    return found


def _ranks(row: Row, code: str, *points: np.ndarray) -> np.ndarray:
    """Errors by which points are told apart."""
    return _rough_errors(row, *points) if code == "f4" else errors(row, code, *points)


def measure(row: Row, code: str, count: int, seed: int) -> tuple[float, tuple[float, ...]]:
    """The largest error, and where: over random and special arguments, then beside the worst."""
    if row.slow:
        count = min(count, FEW)
    if code == "f4":
        count *= DENSER
    kept = WORST["f8" if row.slow else code]
    points = regions.arguments(row.name, row.side, code, count, seed)
    found = _ranks(row, code, *points)
    for step in range(ROUNDS + 1):
        chosen = np.argsort(found)[-kept:]
        points, found = tuple(p[chosen] for p in points), found[chosen]
        if step < ROUNDS:
            more = regions.beside(row.name, row.side, points, count, seed + step)
            points = tuple(np.concatenate(pair) for pair in zip(points, more, strict=True))
            found = np.concatenate([found, _ranks(row, code, *more)])
    if code == "f4":
        points = tuple(p[-EXACT:] for p in points)
        found = errors(row, code, *points)
    at = int(np.argmax(found))
    return float(found[at]), tuple(p[at].item() for p in points)


def nanoseconds(name: str, code: str) -> float:
    """Best time an element of a block that stays in the caches, in one thread."""
    dtype = ulp.DTYPES[code]
    room = np.zeros(4 * BLOCK + 16, dtype)
    start = -room.ctypes.data % 64 // dtype.itemsize
    blocks = room[start : start + 4 * BLOCK].reshape(4, BLOCK)
    blocks[:] = np.random.default_rng(SEED).uniform(0.1, 0.9, BLOCK) + (name == "acosh")
    if name in regions.WHOLE:
        blocks[0] = ORDER
    addresses = [block.ctypes.data for block in blocks][: 1 + regions.arity(name)]
    kernel, best = _kernel(name, code), math.inf
    for _ in range(REPEATS):
        begin = time.perf_counter()
        for _ in range(CALLS):
            cpu.run(kernel, 0, BLOCK, *addresses)
        best = min(best, time.perf_counter() - begin)
    return best / (CALLS * BLOCK) * 1e9


def rounded_up(error: float) -> float:
    """Two decimals that are not below what was seen."""
    return math.ceil(100 * error) / 100


def line(row: Row, count: int) -> str:
    """The row as text."""
    cells = []
    for code in ("f4", "f8"):
        error, where = measure(row, code, count, SEED)
        at = ", ".join(str(ulp.DTYPES[code].type(x)) for x in where)
        cells.append(f" {rounded_up(error):.2f} | {at} | {nanoseconds(row.name, code):.2f} |")
    return row.label() + "".join(cells)


def processor() -> str:
    """The CPU's own name, where the system tells it, and LLVM's."""
    path = Path("/proc/cpuinfo")
    told = path.read_text().splitlines() if path.exists() else []
    names = [entry.partition(": ")[2] for entry in told if entry.startswith("model name")]
    return f"{[*names, platform.processor()][0]} ({llvm.get_host_cpu_name()})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=10000, help="random arguments of each kind")
    parser.add_argument("--write", action="store_true", help=f"update {TARGET.name}")
    options = parser.parse_args()
    text = (
        f"Measured on {datetime.date.today()} with `--samples {options.samples}` on "
        f"{processor()}, one thread.\n\n{HEAD}\n"
    )
    print(text, end="", flush=True)
    for row in rows():
        text += line(row, options.samples) + "\n"
        print(text.splitlines()[-1], flush=True)
    if options.write:
        before, _, rest = TARGET.read_text().partition(BEGIN)
        TARGET.write_text(before + BEGIN + text + END + rest.partition(END)[2])


if __name__ == "__main__":
    main()
