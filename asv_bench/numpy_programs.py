"""Programs of plain NumPy code, run with NumPy and with `ngrad.numpy` in its place.

    python asv_bench/numpy_programs.py

Each is a function of the namespace and of arrays, and is timed until its results are NumPy arrays.
Figures are the least of several rounds, in which both have their turn.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy
from figures import least
from rich.console import Console
from rich.table import Table

import ngrad
import ngrad.numpy

Array = numpy.ndarray[Any, Any]


class Program(NamedTuple):
    """A program and its arrays."""

    name: str
    run: Callable[..., Any]
    arrays: tuple[Array, ...]


def black_scholes(np: Any, price: Any, strike: Any, time: Any) -> Any:
    """Values of options; the normal distribution by Zelen and Severo's polynomial."""

    def normal(x: Any) -> Any:
        t = 1.0 / (1.0 + 0.2316419 * np.abs(x))
        p = 1.781477937 + t * (-1.821255978 + t * 1.330274429)
        p = 0.31938153 + t * (-0.356563782 + t * p)
        tail = np.exp(-0.5 * x * x) * 0.3989422804014327 * t * p
        return np.where(x > 0, 1.0 - tail, tail)

    width = 0.3 * np.sqrt(time)
    above = (np.log(price / strike) + (0.02 + 0.045) * time) / width
    return price * normal(above) - strike * np.exp(-0.02 * time) * normal(above - width)


def heat(np: Any, u: Any) -> Any:
    """Steps of the heat equation on a square."""
    for _ in range(10):
        inner = u[1:-1, 1:-1]
        around = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2]
        u = np.pad(inner + 0.2 * (around - 4.0 * inner), 1)
    return u


def reaction(np: Any, a: Any, b: Any) -> Any:
    """Gray and Scott's reaction, on a torus."""

    def spread(x: Any) -> Any:
        sides = np.roll(x, 1, 0) + np.roll(x, -1, 0) + np.roll(x, 1, 1) + np.roll(x, -1, 1)
        return sides - 4.0 * x

    for _ in range(5):
        made = a * b * b
        a = a + 0.16 * spread(a) - made + 0.035 * (1.0 - a)
        b = b + 0.08 * spread(b) + made - 0.1 * b
    return b


def bodies(np: Any, place: Any, mass: Any) -> Any:
    """Accelerations by gravity, each body by each."""
    apart = place[None, :, :] - place[:, None, :]
    near = np.sum(apart * apart, axis=-1) + 1e-3
    return np.sum(apart * (mass[None, :] / (near * np.sqrt(near)))[:, :, None], axis=1)


def softmax(np: Any, x: Any) -> Any:
    high = np.exp(x - np.max(x, axis=1, keepdims=True))
    return high / np.sum(high, axis=1, keepdims=True)


def mandelbrot(np: Any, x0: Any, y0: Any) -> Any:
    """How long each point stays, in real arithmetic."""
    x, y, count = np.zeros_like(x0), np.zeros_like(y0), np.zeros_like(x0)
    for _ in range(20):
        x, y = x * x - y * y + x0, 2.0 * x * y + y0
        inside = x * x + y * y < 4.0
        x, y = np.where(inside, x, 2.0), np.where(inside, y, 2.0)
        count = count + inside
    return count


def standardised(np: Any, x: Any) -> Any:
    return (x - np.mean(x, axis=0)) / (np.std(x, axis=0) + 1e-9)


def horner(np: Any, x: Any) -> Any:
    total = np.zeros_like(x)
    for factor in (0.5, -1.25, 3.0, -0.75, 2.0, 1.5, -0.3, 0.9):
        total = total * x + factor
    return total


def haversine(np: Any, lat: Any, lon: Any) -> Any:
    """Distances on a sphere from one place."""
    a, b = np.radians(lat), np.radians(lon)
    half = np.sin((a - 0.9) / 2.0) ** 2 + np.cos(a) * np.cos(0.9) * np.sin((b - 0.1) / 2.0) ** 2
    return 2.0 * 6371.0 * np.arcsin(np.sqrt(half))


def logistic_map(np: Any, x: Any) -> Any:
    for _ in range(30):
        x = 3.7 * x * (1.0 - x)
    return x


def life(np: Any, cells: Any) -> Any:
    """Conway's game, on a torus."""
    for _ in range(5):
        rows = cells + np.roll(cells, 1, 0) + np.roll(cells, -1, 0)
        near = rows + np.roll(rows, 1, 1) + np.roll(rows, -1, 1) - cells
        cells = ((near == 3) | ((near == 2) & (cells == 1))).astype(np.int32)
    return cells


def distances(np: Any, x: Any, y: Any) -> Any:
    """The nearest of some points to each of many."""
    return np.argmin(np.sum((x[:, None, :] - y[None, :, :]) ** 2, axis=-1), axis=1)


def moving_average(np: Any, x: Any) -> Any:
    total = np.cumsum(x)
    return (total[64:] - total[:-64]) / 64.0


def pi(np: Any, x: Any, y: Any) -> Any:
    return 4.0 * np.mean(x * x + y * y < 1.0)


def likelihood(np: Any, x: Any) -> Any:
    z = (x - 0.3) / 1.7
    return np.sum(-0.5 * z * z - np.log(1.7) - 0.9189385332046727)


def grey(np: Any, picture: Any) -> Any:
    light = picture[..., 0] * 0.2126 + picture[..., 1] * 0.7152 + picture[..., 2] * 0.0722
    return np.clip((light - light.min()) / (light.max() - light.min()), 0.05, 0.95)


def integral(np: Any, x: Any) -> Any:
    y = np.exp(-x) * np.sin(3.0 * x) ** 2
    return np.sum((y[1:] + y[:-1]) * (x[1:] - x[:-1])) / 2.0


def piecewise(np: Any, x: Any) -> Any:
    return np.where(x < -1.0, -2.0 * x - 1.0, np.where(x > 1.0, 2.0 * x - 1.0, x * x))


def rosenbrock(np: Any, x: Any) -> Any:
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def leapfrog(np: Any, place: Any, speed: Any) -> Any:
    """Pendulums, step by step."""
    for _ in range(20):
        speed = speed - 0.005 * np.sin(place)
        place = place + 0.01 * speed
        speed = speed - 0.005 * np.sin(place)
    return 0.5 * speed**2 - np.cos(place)


def programs(scale: float = 1.0) -> list[Program]:
    """All of them; `scale` makes them smaller."""
    draw = numpy.random.default_rng(0)

    def n(size: int) -> int:
        return max(80, int(size * scale))

    def flat(size: int, low: float = -2.0, high: float = 2.0) -> Array:
        return draw.uniform(low, high, n(size))

    def square(size: int) -> Array:
        return draw.random((max(8, int(size * scale**0.5)),) * 2)

    side = max(8, int(1500 * scale**0.5))
    picture, points = draw.random((side, side, 3)), flat(400_000).reshape(-1, 2)
    options = flat(2_000_000, 5, 30), flat(2_000_000, 1, 100), flat(2_000_000, 0.25, 10)
    return [
        Program("Black-Scholes, 2e6", black_scholes, options),
        Program("heat equation, 1000 x 1000, 10 steps", heat, (square(1000),)),
        Program("Gray-Scott, 700 x 700, 5 steps", reaction, (square(700), square(700))),
        Program("n-body, 1000", bodies, (draw.normal(size=(n(1000), 3)), draw.random(n(1000)))),
        Program("softmax, (4000, 1000)", softmax, (draw.normal(size=(n(4000), 1000)),)),
        Program("Mandelbrot, 1e6, 20 steps", mandelbrot, (flat(1_000_000), flat(1_000_000))),
        Program("standardised columns, (1e5, 30)", standardised, (draw.random((n(100_000), 30)),)),
        Program("polynomial by Horner, 5e6", horner, (flat(5_000_000),)),
        Program("haversine, 2e6", haversine, (flat(2_000_000, -80, 80), flat(2_000_000, -90, 90))),
        Program("logistic map, 1e6, 30 steps", logistic_map, (flat(1_000_000, 0, 1),)),
        Program("life, 1000 x 1000, 5 steps", life, ((square(1000) < 0.3).astype(numpy.int32),)),
        Program("nearest of 50 points, 2e5", distances, (points, draw.random((50, 2)))),
        Program("moving average, 5e6", moving_average, (flat(5_000_000),)),
        Program("pi by chance, 1e7", pi, (flat(10_000_000, 0, 1), flat(10_000_000, 0, 1))),
        Program("normal log-likelihood, 1e7", likelihood, (flat(10_000_000),)),
        Program("picture to grey, 1500 x 1500", grey, (picture,)),
        Program("trapezoids, 5e6", integral, (numpy.sort(flat(5_000_000, 0, 5)),)),
        Program("piecewise function, 1e7", piecewise, (flat(10_000_000),)),
        Program("Rosenbrock, 1e7", rosenbrock, (flat(10_000_000),)),
        Program("leapfrog, 1e6, 20 steps", leapfrog, (flat(1_000_000), flat(1_000_000))),
    ]  # fmt: skip


def main() -> None:
    """Time all, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5, help="of which the least counts (5)")
    parser.add_argument("--scale", type=float, default=1.0, help="of the sizes (1)")
    parser.add_argument("--only", default="", help="programs whose name has this in it")
    chosen = parser.parse_args()
    ngrad.config.set_fusion("wait")
    table = Table(title=f"{ngrad.config.threads()} threads, least of {chosen.rounds} rounds")
    for heading in ("program", "NumPy", "ngrad.numpy", "faster"):
        table.add_column(heading)
    ratios = []
    for program in programs(chosen.scale):
        if chosen.only not in program.name:
            continue
        own = [ngrad.numpy.array(x) for x in program.arrays]
        contenders = {
            "NumPy": lambda p=program: p.run(numpy, *p.arrays),
            "ngrad": lambda p=program, own=own: numpy.asarray(p.run(ngrad.numpy, *own)),
        }
        numpy.testing.assert_allclose(
            contenders["ngrad"](), contenders["NumPy"](), rtol=1e-9, atol=1e-9
        )
        best = least(contenders, chosen.rounds)
        ratios.append(best["NumPy"] / best["ngrad"])
        times = [f"{best[name] * 1e3:.2f} ms" for name in ("NumPy", "ngrad")]
        table.add_row(program.name, *times, f"{ratios[-1]:.1f} x")
    table.caption = f"median {statistics.median(ratios):.1f} x, least {min(ratios):.1f} x"
    Console(width=None if sys.stdout.isatty() else 120).print(table)


if __name__ == "__main__":
    main()
