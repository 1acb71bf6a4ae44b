"""Sweeps beside PyTorch's and `jax.jit`'s, in turns in one process, warm: value and gradient.

    python asv_bench/fused.py

`sweeps.py` has the programs. Every figure is the least of several rounds; in a round each contender
has its turn. `--first` times the first calls of the first program in new processes instead: with an
empty kernel cache, and with what that left there.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile

from figures import installed, least
from rich.console import Console
from rich.table import Table
from sweeps import programs

import ngrad as tf

FIRST = """
import time
import ngrad as tf
tf.config.set_fusion("wait")
from sweeps import elementwise
work = elementwise(1000).ours
for _ in range(3):
    start = time.perf_counter()
    work()
    print(f"{(time.perf_counter() - start) * 1e3:.1f} ms", end="  ")
print()
"""


def first_calls() -> None:
    """The first three calls, in a new process each."""
    with tempfile.TemporaryDirectory() as folder:
        here = os.path.dirname(os.path.abspath(__file__))
        path = os.pathsep.join([here, os.environ.get("PYTHONPATH", "")])
        environment = {**os.environ, "NGRAD_CACHE_DIR": folder, "PYTHONPATH": path}
        for what in ("empty cache", "from disk"):
            print(f"{what:12}", end="", flush=True)
            subprocess.run([sys.executable, "-c", FIRST], env=environment, check=True)


def main() -> None:
    """Time all, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=15, help="of which the least counts (15)")
    parser.add_argument("--scale", type=float, default=1.0, help="of the sizes (1)")
    parser.add_argument("--only", default="", help="programs whose name has this in it")
    parser.add_argument("--first", action="store_true", help="first calls in new processes")
    chosen = parser.parse_args()
    if chosen.first:
        first_calls()
        return
    tf.config.set_fusion("wait")
    table = Table(title=f"{tf.config.threads()} threads, least of {chosen.rounds} rounds")
    for heading in ("value and gradient", "ngrad", "floor", "jax.jit", "PyTorch", "aim"):
        table.add_column(heading)
    peers = [
        name for name, module in (("jax.jit", "jax"), ("PyTorch", "torch")) if installed(module)
    ]
    for program in programs(chosen.scale):
        if chosen.only not in program.name:
            continue
        contenders = {"ngrad": program.ours}
        if program.floor is not None:
            contenders["floor"] = program.floor
        contenders |= {name: program.others[name]() for name in peers}
        best = least(contenders, chosen.rounds, program.repeat)

        def cell(name: str, best: dict[str, float] = best) -> str:
            if name not in best:
                return ""
            return f"{_time(best[name])} ({best[name] / best['ngrad']:.2f} x)"

        others = [cell(name) for name in ("floor", "jax.jit", "PyTorch")]
        table.add_row(program.name, _time(best["ngrad"]), *others, program.aim)
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def _time(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.1f} us"


if __name__ == "__main__":
    main()
