"""How the time of a sweep grows with the number of elements, beside PyTorch's and `jax.jit`'s.

    python asv_bench/scaling.py

Prints a table and draws docs/scaling.svg (matplotlib is in the extra `bench`): overhead, then
memory's speed. The program is the first of `fused.py`: value and three gradients of
sum(tanh(x*y + z)**2 * exp(-x)) in float32.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from figures import installed, least
from rich.console import Console
from rich.table import Table
from sweeps import elementwise

import ngrad as tf

TARGET = Path(__file__).parents[1] / "docs" / "scaling.svg"


def measure(sizes: list[int], rounds: int) -> dict[str, list[float]]:
    """Seconds by contender, for each size."""
    found: dict[str, list[float]] = {}
    for size in sizes:
        program = elementwise(size)
        contenders = {"ngrad": program.ours}
        if program.floor is not None:
            contenders["copy of as many bytes"] = program.floor
        for name, module in (("jax.jit", "jax"), ("PyTorch", "torch")):
            # Of PyTorch's intermediates some eight live at once.
            if installed(module) and (name != "PyTorch" or size <= 30_000_000):
                contenders[name] = program.others[name]()
        few = max(3, min(rounds, int(2e8 / size)))
        best = least(contenders, few, max(1, min(200, 300_000 // size)))
        for name, seconds in best.items():
            found.setdefault(name, []).append(seconds)
        tf.config.release_memory()
    return found


def draw(sizes: list[int], found: dict[str, list[float]]) -> None:
    """The plot, on logarithmic axes."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "ngrad"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.5))
    for name, seconds in found.items():
        style = "--" if name.startswith("copy") else "o-"
        axes.loglog(sizes[: len(seconds)], [s * 1e3 for s in seconds], style, label=name)
    axes.set_xlabel("elements")
    axes.set_ylabel("ms, value and three gradients")
    axes.set_title("sum(tanh(x*y + z)**2 * exp(-x)), float32, 2 threads")
    axes.grid(True, which="major", alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(TARGET, metadata={"Date": None})


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=15, help="of which the least counts (15)")
    parser.add_argument("--largest", type=float, default=1e8, help="number of elements (1e8)")
    parser.add_argument("--plot", action="store_true", help="draw docs/scaling.svg")
    chosen = parser.parse_args()
    tf.config.set_fusion("wait")
    sizes = [n for k in range(3, 9) for n in (10**k, 3 * 10**k) if n <= chosen.largest]
    found: dict[str, list[Any]] = measure(sizes, chosen.rounds)
    table = Table(title="ms by number of elements")
    for heading in ("elements", *found):
        table.add_column(heading, justify="right")
    for row, size in enumerate(sizes):
        cells = [f"{own[row] * 1e3:.3f}" if row < len(own) else "" for own in found.values()]
        table.add_row(f"{size:.0e}", *cells)
    Console().print(table)
    if chosen.plot:
        draw(sizes, found)


if __name__ == "__main__":
    main()
