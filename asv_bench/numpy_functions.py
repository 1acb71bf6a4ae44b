"""What single functions of large arrays take, beside NumPy's own time.

    python asv_bench/numpy_functions.py
    python asv_bench/numpy_functions.py --size 100

Each is an expression of a namespace and of arrays of some million elements, and is timed until its
result is a NumPy array: warm, with all that it compiles there. Figures are the least of several
rounds, in which both have their turn. Those that take longer than NumPy are shown, and how many
there are.
"""

from __future__ import annotations

import argparse
import os
import statistics
from typing import Any

os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "20")  # its threads would spin in the other's turn

import numpy
from figures import least, together
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import ngrad.numpy

ELEMENTWISE = """
x + y; x - y; 2.5 * x; x / y; x ** 2; x ** 3; x ** 0.5; -x; x < y; x * y + x; np.power(x, 2.5)
np.exp(x); np.log(y); np.sin(x); np.tan(x); np.tanh(x); np.arcsin(x); np.sinh(x); np.sqrt(x)
np.cbrt(x); np.exp2(x); np.log1p(x); np.expm1(x); np.arctan2(x, y); np.hypot(x, y)
np.logaddexp(x, y); np.sinc(x); np.heaviside(x, 0.5); np.abs(x); np.sign(x); np.signbit(x)
np.floor(10 * x); np.trunc(9 * x); np.round(x, 2); np.mod(x, 0.3); np.fmod(x, 0.3)
np.floor_divide(x, 0.3); np.maximum(x, y); np.fmax(x, y); np.clip(x, 0.2, 0.8); np.where(b, x, y)
np.select([x < 0.2, x < 0.5], [x, y], 0.0); np.choose(s % 2, [x, y]); np.nan_to_num(x)
np.piecewise(x, [x < 0.5], [0, 1]); np.isnan(x); np.isclose(x, y); np.copysign(x, -y)
np.nextafter(x, y); np.spacing(x); np.frexp(x)[0]; np.ldexp(x, 2); np.deg2rad(x)
(x - x.mean()) / x.std(); np.polyval(q[:6], x); np.interp(x, z, y); np.unwrap(x); s + s; s * s
s // 7; s % 7; s << 2; s & 3; s > 50; np.gcd(s, s + 1); np.lcm(s + 1, s + 2); np.bitwise_count(s)
b & b; ~b; s.astype('f8'); x.astype('i8'); x.astype('f4'); f.astype('f8'); x.astype(bool); f + f
np.exp(f); c * c; np.exp(c); np.abs(c); np.angle(c); c.conj(); c.real.copy(); np.ceil(10 * x)
np.square(x); np.reciprocal(y); np.isinf(x); np.conj(c); np.logical_and(b, b); np.logical_not(b)
np.bitwise_and(s, s); np.minimum(x, 0.5); np.vectorize(float)(q); np.geomspace(1, 9, n)
"""
REDUCTIONS = """
x.sum(); x.max(); x.mean(); x.std(); x.prod(); x.argmax(); b.sum(); b.any(); b.all(); s.sum()
s.max(); f.sum(); np.count_nonzero(b); np.count_nonzero(t, axis=1); np.ptp(x); np.nansum(x)
np.nanmax(x); np.nanmean(t, axis=0); np.sum(t, axis=0); np.sum(t, axis=1); np.sum(w, axis=0)
np.sum(w, axis=1); np.max(t, axis=0); np.max(t, axis=1); np.max(w, axis=0); np.max(w, axis=1)
np.argmax(t, axis=1); np.argmax(w, axis=0); np.mean(m, axis=0); np.var(m, axis=1)
np.average(x, weights=y); np.cov(w); np.corrcoef(w); np.median(x); np.median(t, axis=0)
np.median(t, axis=1); np.quantile(t, 0.3, axis=0); np.percentile(x, [10, 50, 90])
np.linalg.norm(x); np.linalg.norm(m, axis=1); np.allclose(x, x); np.array_equal(x, x)
np.trapezoid(y, x); np.cumsum(x); np.cumprod(y); np.cumsum(m, axis=0); np.cumsum(m, axis=1)
s.cumsum(); np.add.accumulate(x); np.add.reduceat(x, np.arange(0, n, 100))
"""
ORDER = """
np.sort(x); np.sort(f); np.sort(s); np.sort(t, axis=0); np.sort(t, axis=1); np.argsort(x)
s[np.argsort(s)]; np.argsort(t, axis=1); np.partition(x, n // 999)[n // 999]
x[np.argpartition(x, n // 999)][n // 999]; np.lexsort((x, s)); np.searchsorted(z, x)
np.digitize(x, q.cumsum() / 128); np.unique(x)
np.unique(s); np.unique(s, return_inverse=True)[1]; np.unique(s, return_counts=True)[1]
np.isin(s, [1, 5, 9]); np.intersect1d(s, s); np.setdiff1d(s, [1, 2]); np.union1d(s, s)
np.bincount(s); np.bincount(s, x); np.histogram(x, 100)[0]; np.histogram2d(x, y, 20)[0]
np.where(x > 0.5)[0]; np.nonzero(b)[0]; np.argwhere(b); np.extract(b, x); np.compress(b, x)
"""
SHAPES = """
x[b]; x[i]; t[s]; m.T.copy(); x[::-1].copy(); x[::2].copy(); np.ravel(m.T); np.flip(m, 1).copy()
np.rot90(m).copy(); np.roll(x, 100); np.roll(m, 3, axis=1); np.concatenate([x, y])
np.stack([x, y]); np.stack([x, y], 1); np.hstack([t, t]); np.dstack([m, m])
np.column_stack([x, y]); np.append(x, y); np.block([[m, m], [m, m]]); np.tile(q, n // 256)
np.repeat(x, 2); np.repeat(q, n // 256); np.pad(m, 2); np.pad(m, 2, mode='edge')
np.pad(x, 100, mode='reflect'); np.delete(x, [1, 5, 9]); np.insert(x, 5, 1.0); np.tril(m)
np.triu(m); np.take(t, s, axis=0); np.diff(x); np.gradient(x); np.ediff1d(x)
np.take_along_axis(t, np.argsort(t, axis=1), 1); np.packbits(b)
np.repeat(x[:99], s[:99]); np.resize(q, n); np.diag(q); np.full_like(x, 2.0); m.flatten()
x.flatten(); np.diag_indices(len(m))[0]; np.rollaxis(t, 1).copy(); np.atleast_1d(x).copy()
np.swapaxes(t.reshape(-1, 4, 2), 1, 2).copy(); np.moveaxis(t.reshape(-1, 4, 2), 0, 2).copy()
np.arange(n); np.arange(float(n)); np.linspace(0, 1, n); np.ones(n); np.full(n, 3.0)
np.eye(len(m)); np.indices(m.shape)[0].copy(); np.meshgrid(q, q)[0].copy()
np.cross(t[:, :3], t[:, 3:6]); np.lib.stride_tricks.sliding_window_view(x, 8).sum(axis=1)
"""
PRODUCTS = """
m @ m; m @ m.T; m @ m[0]; m.dot(m[0]); m[0] @ m; np.dot(x, y); np.outer(q, q)
np.kron(q[:50], q[:50])
np.einsum('ij,ij->i', t, t); np.einsum('ij,ij->j', t, t); np.einsum('ij,kj->ik', t[:999], t[:999])
np.tensordot(t, t, ([0], [0])); np.convolve(x, q); np.correlate(x[:99999], q); np.vecdot(t, t)
np.fft.fft(c); np.fft.rfft(x); np.fft.irfft(c); np.fft.fft2(m); np.linalg.inv(m[:300, :300])
np.linalg.solve(m[:300, :300], m[:300]); np.linalg.svd(m[:200, :200])[1]
np.linalg.det(m[:300, :300]); np.linalg.qr(m[:300, :300])[0]
np.linalg.eigh(m[:200, :200] + m[:200, :200].T)[0]; np.polyfit(x, y, 3); np.vander(q, 5)
np.roots(q[:9]); np.polyadd(x, y); np.linalg.lstsq(m[:300, :99], m[:300, 0], None)[0]
np.random.default_rng(0).random(n); np.random.default_rng(0).standard_normal(n)
np.random.default_rng(0).integers(0, 100, n); np.random.default_rng(0).permutation(n)
"""
EXPRESSIONS = [
    expression.strip()
    for part in (ELEMENTWISE, REDUCTIONS, ORDER, SHAPES, PRODUCTS)
    for line in part.strip().splitlines()
    for expression in line.split(";")
]


SMALL = 1000
"""Elements up to which many short rounds are taken, and calls of which none uses a thread."""


def arrays(n: int) -> dict[str, Any]:
    """Vectors of n numbers, complex numbers, indices, small integers and bools; a square matrix of
    them, one of eight columns, and one of eight rows; and a few hundred.
    """
    draw = numpy.random.default_rng(0)
    side = int(n**0.5)
    return {
        "x": draw.random(n),
        "y": draw.random(n) + 0.1,
        "z": numpy.sort(draw.random(n)),
        "f": draw.random(n).astype("f4"),
        "c": draw.random(n) + 1j * draw.random(n),
        "i": draw.integers(0, n, n),
        "s": draw.integers(0, min(100, n // 8), n),
        "b": draw.random(n) > 0.5,
        "m": draw.random((side, side)),
        "q": draw.random(256),
        "t": draw.random((n // 8, 8)),
        "w": draw.random((8, n // 8)),
    }


def main() -> None:
    """Time all, and print those that take longer than NumPy."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5, help="of which the least counts (5)")
    parser.add_argument("--size", type=float, default=1e6, help="elements (1e6)")
    parser.add_argument("--only", default="", help="expressions that have this in them")
    parser.add_argument("--from", type=float, default=1.0, help="times NumPy's to show (1)")
    chosen = parser.parse_args()
    ngrad.config.set_fusion("wait")
    n = int(chosen.size)
    given = arrays(n)
    own = {name: ngrad.numpy.array(x) for name, x in given.items()}
    found = []
    for expression in EXPRESSIONS:
        if chosen.only not in expression:
            continue
        code = compile(expression, expression, "eval")
        theirs, ours = {**given, "np": numpy, "n": n}, {**own, "np": ngrad.numpy, "n": n}
        contenders = {
            "NumPy": lambda code=code, names=theirs: numpy.asarray(eval(code, names)),
            "ngrad": lambda code=code, names=ours: numpy.asarray(eval(code, names)),
        }
        numpy.testing.assert_allclose(contenders["ngrad"](), contenders["NumPy"](), 1e-6, 1e-9)
        if n <= SMALL:
            best, ratio = together(contenders, 40, 30)
        else:
            best = least(contenders, chosen.rounds)
            ratio = best["ngrad"] / best["NumPy"]
        found.append((ratio, expression, best))
    unit, scale = ("microseconds", 1e6) if n <= SMALL else ("milliseconds", 1e3)
    table = Table(title=f"{n:,} elements, least of several rounds, {unit}")
    for heading in ("expression", "NumPy", "ngrad.numpy", "times NumPy's"):
        table.add_column(heading)
    for ratio, expression, best in sorted(found, reverse=True):
        if ratio > vars(chosen)["from"]:
            times = (f"{scale * best[name]:.2f}" for name in ("NumPy", "ngrad"))
            table.add_row(escape(expression), *times, f"{ratio:.1f}")
    console = Console(width=100)
    console.print(table)
    ratios = [ratio for ratio, *_ in found]
    console.print(
        f"of {len(ratios)}, {sum(ratio <= 1 for ratio in ratios)} take no longer than NumPy; "
        f"median {statistics.median(ratios):.2f} of its time, greatest {max(ratios):.1f}"
    )


if __name__ == "__main__":
    main()
