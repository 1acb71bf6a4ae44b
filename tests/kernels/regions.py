"""For each function of vecmath: its reference, and arguments of all of its range to measure it at.

References and the borders between formulas are those of the tests beside this file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy as np
import test_vecmath_bessel as bessel
import test_vecmath_bessel_orders as orders
import test_vecmath_beta as beta
import test_vecmath_exponential as exponential
import test_vecmath_integrals as integrals
import test_vecmath_normal as normal
import test_vecmath_shares as shares
import test_vecmath_special as special
import test_vecmath_trigonometric as trigonometric
import test_vecmath_zeta as zeta
import ulp

PAIRS = ("atan2", "beta", "betaln", "binom", "hypot", "polygamma", "pow", "zeta")
PAIRS += ("expn", *orders.REFERENCES, *shares.PAIRS)
"""Functions of two arguments."""
WHOLE = {**dict.fromkeys(orders.REFERENCES, orders), "expn": integrals}
"""Those of a whole order, and where their arguments are drawn."""
TRIPLES = shares.TRIPLES
"""Of three."""
SIDED = ("digamma", "gamma", "lgamma", "rgamma", "trigamma")
"""Functions that are reflected for x < 0, and there have poles, or zeros, at the whole numbers."""
POLES = {
    "riemann_zeta": (1,),
    "log": (0,),
    "log2": (0,),
    "log10": (0,),
    "log1p": (-1,),
    "atanh": (-1, 1),
}
REGIONS: dict[str, dict[str, Any]] = {
    **{name: {"borders": trigonometric.BORDERS} for name in trigonometric.LIMITS},
    **{name: {"borders": special.BORDERS[name]} for name in special.REFERENCES},
    **{
        name: {"borders": bessel.BORDERS[name], "signed": bessel.signed(name)}
        for name in bessel.REFERENCES
    },
    **normal.REGIONS,
    **integrals.REGIONS,
    "riemann_zeta": {"borders": zeta.BORDERS, "high": zeta.TOPS["f8"]},
    **exponential.UNARY,
}
for _name in ("asin", "acos"):
    REGIONS[_name] = {**REGIONS[_name], "high": 1.0}
for _name in ("gamma", "rgamma"):
    REGIONS[_name] = {**REGIONS[_name], "high": special.TOPS["f8"]}

Points = tuple[np.ndarray, ...]


def arity(name: str) -> int:
    """How many arguments a function has."""
    return 1 + (name in PAIRS) + 2 * (name in TRIPLES)


def reference(name: str) -> Callable[..., Any]:
    """The function in mpmath."""
    if name == "pow":
        return mpmath.power
    exact = {
        **special.REFERENCES,
        **normal.REFERENCES,
        **integrals.REFERENCES,
        **bessel.REFERENCES,
        **beta.REFERENCES,
        **zeta.REFERENCES,
        **orders.REFERENCES,
        "expn": integrals.expn,
        **shares.REFERENCES,
    }.get(name)
    exact = exact or REGIONS.get(name, {}).get("exact")
    return exact or getattr(mpmath, name)


def arguments(name: str, side: str, code: str, count: int, seed: int) -> Points:
    """At most 10 `count` arguments: random and special ones. `side`: "all", "x > 0" or "x < 0"."""
    rng = np.random.default_rng(seed)
    if name in beta.REFERENCES:
        points = beta.pairs(code, count, rng)
    elif name in WHOLE:
        points = WHOLE[name].pairs(name, code, count, rng)
    elif name in zeta.PAIRS:
        points = zeta.pairs(name, code, count, rng)
    elif name in shares.REFERENCES:
        points = shares.arguments(name, code, count, rng)
    elif name in PAIRS:
        points = _pairs(name, code, count, rng)
    else:
        points = _numbers(name, code, count, rng)
    points = _within(name, side, points)
    chosen = rng.permutation(points[0].size)[: 10 * count]
    return tuple(p[chosen] for p in points)


def beside(name: str, side: str, points: Sequence[np.ndarray], count: int, seed: int) -> Points:
    """Random neighbours of the given arguments, at relative distances from 1/8 to 2^-30."""
    rng = np.random.default_rng(seed)
    chosen = rng.integers(0, points[0].size, count)
    with np.errstate(over="ignore"):
        moved = tuple(
            (p[chosen] * (1 + rng.choice([-1, 1], count) * 2 ** -rng.uniform(3, 30, count))).astype(
                p.dtype
            )
            for p in points
        )
    if name == "polygamma" or name in WHOLE:
        moved = (points[0][chosen], moved[1])
    return _within(name, side, moved)


def _within(name: str, side: str, points: Points) -> Points:
    """Those arguments for which the reference is meant: no poles, inside of the region."""
    keep = np.logical_and.reduce([np.isfinite(p) for p in points])
    if name in beta.REFERENCES:
        keep &= beta.smooth(name, *points)
    if name in shares.REFERENCES:
        keep &= shares.inside(name, *points)
    if name in WHOLE or name in shares.REFERENCES:
        return tuple(p[keep] for p in points)
    if name in zeta.PAIRS:
        keep &= zeta.smooth(name, *points)
    if name in PAIRS:
        return tuple(p[keep & (points[0] != 0) & (points[1] != 0)] for p in points)
    (x,), region = points, REGIONS[name]
    keep &= (np.abs(x) >= region.get("low", 0)) & (np.abs(x) <= region.get("high", np.inf))
    keep &= normal.inside(name, x) & ~np.isin(x, POLES.get(name, ()))
    keep &= (x > 0) | region.get("signed", True)
    if side != "all":
        keep &= x > 0 if side == "x > 0" else (x < 0) & (x != np.floor(x))
    return (x[keep],)


def _numbers(name: str, code: str, count: int, rng: np.random.Generator) -> Points:
    """Samples of the whole range, more near 0 where functions bend, and each one's hard cases."""
    dtype, region = ulp.DTYPES[code], {k: v for k, v in REGIONS[name].items() if k != "exact"}
    largest = float(np.finfo(dtype).max)
    region["borders"] = [border for border in region.get("borders", ()) if border <= largest]
    found = [ulp.samples(code, count, seed=int(rng.integers(2**31)), **region)]
    low, high = region.get("low", 0.0), region.get("high", np.inf)
    for width in (2.0, 30.0):
        inner = rng.uniform(low, min(low + width, high), count)
        found.append(inner * rng.choice([-1, 1] if region.get("signed", True) else [1], count))
    if name in trigonometric.LIMITS and high == np.inf:
        turns = rng.integers(1, 2 ** rng.integers(1, 40, count), endpoint=True)
        found += [turns * (np.pi / 2), np.array(trigonometric.HARD[code])]
    if name in normal.REFERENCES:
        found.append(normal.arguments(name, code, count, rng))
    if name in SIDED:
        found.append(special.around((*range(-8, 3), special.ZERO), dtype))
    return (np.concatenate([part.astype(dtype) for part in found]),)


def _pairs(name: str, code: str, count: int, rng: np.random.Generator) -> Points:
    """Pairs of the whole range, most with a moderate ratio; for pow, with a result in range."""
    info = np.finfo(ulp.DTYPES[code])
    every = ulp.samples(code, count, seed=int(rng.integers(2**31))).astype(np.float64)
    every = every[every != 0]
    x, y = rng.choice(every, 6 * count), rng.choice(every, 6 * count)
    with np.errstate(over="ignore"):
        if name != "pow":
            y[::2] = (x * np.exp2(rng.uniform(-30, 30, x.size)))[::2]
            return x.astype(info.dtype), y.astype(info.dtype)
        x[count:] = np.abs(x[count:])
        x[count : 2 * count] = 1 + rng.choice([-1, 1], count) * np.exp2(-rng.uniform(1, 52, count))
        x[2 * count : 4 * count] = rng.uniform(0.5, 2, 2 * count)
        x = x.astype(info.dtype).astype(np.float64)
        y = rng.uniform(-1.05, 1.05, x.size) * math.log(float(info.max))
        y /= np.where(np.abs(x) == 1, 1, np.log(np.abs(x)))
        y[:count] = np.where(np.arange(count) % 2, rng.integers(-6, 7, count), np.rint(y[:count]))
        return x.astype(info.dtype), y.astype(info.dtype)
