"""How the time of a sweep grows with the number of elements, beside PyTorch's and `jax.jit`'s.

    python asv_bench/scaling.py [--device cuda]

Prints a table and draws docs/scaling.svg (matplotlib is in the extra `bench`): overhead, then
memory's speed. The program is the first of `fused.py`: value and three gradients of
sum(tanh(x*y + z)**2 * exp(-x)) in float32.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import place
from figures import least
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
        if size > 30_000_000:  # of PyTorch's intermediates some eight live at once
            program.others.pop("PyTorch")
        contenders, _ = program.contenders()
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
        style = "--" if name == "floor" else "o-"
        label = "copy of as many bytes" if name == "floor" else name
        axes.loglog(sizes[: len(seconds)], [s * 1e3 for s in seconds], style, label=label)
    axes.set_xlabel("elements")
    axes.set_ylabel("ms, value and three gradients")
    axes.set_title(f"sum(tanh(x*y + z)**2 * exp(-x)), float32\n{place.heading()}")
    axes.grid(True, which="major", alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(TARGET, metadata={"Date": None})


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, draw."""
    parser = place.parser(__doc__, 15)
    parser.add_argument("--largest", type=float, default=1e8, help="number of elements (1e8)")
    parser.add_argument("--plot", action="store_true", help="draw docs/scaling.svg, of the CPU")
    chosen = parser.parse_args(arguments)
    place.choose(chosen.device)
    tf.config.set_fusion("wait")
    sizes = [n for k in range(3, 9) for n in (10**k, 3 * 10**k) if n <= chosen.largest]
    found: dict[str, list[Any]] = measure(sizes, chosen.rounds)
    table = Table(title=f"ms by number of elements; {place.heading()}")
    for heading in ("elements", *found):
        table.add_column(heading, justify="right")
    for row, size in enumerate(sizes):
        cells = [f"{own[row] * 1e3:.3f}" if row < len(own) else "" for own in found.values()]
        table.add_row(f"{size:.0e}", *cells)
    Console().print(table)
    if chosen.plot and not place.on_gpu():
        draw(sizes, found)


if __name__ == "__main__":
    main()
