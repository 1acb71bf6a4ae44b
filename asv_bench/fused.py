"""Sweeps beside PyTorch's and `jax.jit`'s, in turns in one process, warm: value and gradient.

    python asv_bench/fused.py [--device cuda [--queued 10]] [--alone] [--layers]

`sweeps.py` has the programs, `layers.py` layers of networks. Every figure is the least of several
rounds; in a round each contender has its turn. A GPU is waited for after each call, or after
several that are queued at once: then it is busy all the time, unless what the host does for a call
takes longer. `--first` times the first calls of the first program in new processes instead: with an
empty kernel cache, and with what that left there.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

import layers
import place
import sweeps
from figures import least, shown
from peers import Program
from rich.console import Console
from rich.table import Table

import ngrad as tf

OTHERS = ("floor", "jax.jit", "PyTorch", "torch.compile", "CuPy")

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


def main(arguments: list[str] | None = None) -> None:
    """Time all, and print the table."""
    parser = place.parser(__doc__, 15)
    parser.add_argument("--scale", type=float, default=1.0, help="of the sizes (1)")
    parser.add_argument("--only", default="", help="programs whose name has this in it")
    parser.add_argument("--queued", type=int, default=1, help="calls between two waits (1)")
    parser.add_argument("--alone", action="store_true", help="time no others")
    parser.add_argument("--layers", action="store_true", help="layers of networks, and a GP")
    parser.add_argument("--first", action="store_true", help="first calls in new processes")
    chosen = parser.parse_args(arguments)
    place.choose(chosen.device)
    if chosen.first:
        first_calls()
        return
    tf.config.set_fusion("wait")
    found, absent = [], {}
    for program in (layers if chosen.layers else sweeps).programs(chosen.scale):
        if chosen.only in program.name:
            contenders, others = program.contenders(chosen.queued, chosen.alone)
            calls = chosen.queued if program.waits else 1
            best = least(contenders, chosen.rounds, -(-program.repeat // calls))
            found.append((program, {name: seconds / calls for name, seconds in best.items()}))
            absent |= others
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(place.heading(), highlight=False)
    for name, why in absent.items():
        console.print(f"without {name}: {why}", highlight=False)
    title = f"least of {chosen.rounds} rounds"
    console.print(_table(found, title + f", {chosen.queued} calls at a time" * (chosen.queued > 1)))


def _table(found: list[tuple[Program, dict[str, float]]], title: str) -> Table:
    others = [name for name in OTHERS if any(name in best for _, best in found)]
    table = Table(title=title)
    for heading in ("value and gradient", "ngrad", *others):
        table.add_column(heading)
    if not place.on_gpu():
        table.add_column("aim")
    for program, best in found:
        own = best["ngrad"]
        cells = [
            f"{shown(best[name])} ({best[name] / own:.2f} x)" if name in best else ""
            for name in others
        ]
        aim = [] if place.on_gpu() else [program.aim]
        table.add_row(program.name, shown(own), *cells, *aim)
    return table


if __name__ == "__main__":
    main()
