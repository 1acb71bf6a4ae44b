"""How far a scalar function of vecmath is from the exact value, in units in the last place.

`worst_case("exp", "f8", samples("f8", 1000))` runs the kernel of the function's op over the samples
and compares with mpmath. Set NGRAD_ULP_SAMPLES to draw more random samples than a test asks for.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import mpmath
import numpy as np

from ngrad_kernels import cpu
from ngrad_kernels.body import Body, Step

DTYPES = {"f4": np.dtype(np.float32), "f8": np.dtype(np.float64)}
INTEGERS = {"f4": np.dtype(np.int32), "f8": np.dtype(np.int64)}
PRECISION = 200
"""Bits that references are computed with."""


def apply(name: str, code: str, *arguments: Any) -> np.ndarray:
    """The scalar function on arrays of one length, by the kernel of its op."""
    arrays = [np.ascontiguousarray(a, DTYPES[code]) for a in np.broadcast_arrays(*arguments)]
    result = np.empty_like(arrays[0])
    count = len(arrays)
    body = Body("map", (code,) * count, (Step(name, tuple(range(count)), code),), (count,))
    addresses = [a.ctypes.data for a in (*arrays, result)]
    cpu.launch(cpu.kernel_of(body), 0, result.size, max(result.size, 1), addresses)
    return result


def samples(
    code: str,
    count: int,
    borders: Iterable[float] = (),
    low: float = 0.0,
    high: float = np.inf,
    signed: bool = True,
    seed: int = 0,
) -> np.ndarray:
    """Finite arguments with low <= |x| <= high: every kind that has its own way to go wrong.

    Zeros, the smallest and largest numbers, powers of two and what is next to them, subnormals, the
    neighbours of `borders` (where a function changes its formula), `count` numbers drawn
    log-uniformly over all of the range and `count` drawn evenly between its ends (where these are
    moderate) or from [0, 1000].
    """
    dtype, info = DTYPES[code], np.finfo(DTYPES[code])
    rng = np.random.default_rng(seed)
    count = max(count, int(os.environ.get("NGRAD_ULP_SAMPLES", "0")))

    def bits(x: Any) -> int:
        return int(np.asarray(x, dtype).view(INTEGERS[code]))

    top = min(high, float(info.max))
    drawn = rng.integers(bits(low), bits(top), count, endpoint=True, dtype=INTEGERS[code]).view(
        dtype
    )
    even = rng.uniform(low, min(top, 1000.0 if top > 1e6 else top), count).astype(dtype)
    powers = np.ldexp(dtype.type(1), np.arange(info.minexp - info.nmant, info.maxexp)).astype(dtype)
    special = np.array(
        [0.0, info.max, info.tiny, 0.5, 1.0, 1.5, 2.0, np.pi, np.e, *np.abs(list(borders))], dtype
    )
    subnormal = rng.integers(1, bits(info.tiny), 20, dtype=INTEGERS[code]).view(dtype)
    near = [powers, special]
    for direction in (-np.inf, np.inf):
        for pointed, steps in ((powers, 1), (special, 3)):
            for _ in range(steps):
                with np.errstate(over="ignore"):
                    pointed = np.nextafter(pointed, dtype.type(direction))
                near.append(pointed)
    magnitudes = np.abs(np.concatenate([drawn, even, subnormal, *near]))
    magnitudes = np.unique(magnitudes[(magnitudes >= low) & (magnitudes <= top)])
    return np.concatenate([-magnitudes, magnitudes]) if signed else magnitudes


def exact_values(reference: Callable[..., Any], *arguments: np.ndarray) -> list[Any]:
    """The reference at every sample, a real mpf: NaN outside of the domain, +inf at a pole."""
    values = []
    with mpmath.workprec(PRECISION):
        for point in zip(*(a.tolist() for a in arguments), strict=True):
            try:
                value = reference(*map(mpmath.mpf, point))
            except (ValueError, ZeroDivisionError):
                value = mpmath.inf
            values.append(mpmath.nan if isinstance(value, mpmath.mpc) else value)
    return values


def ulp_error(got: np.ndarray, exact: Sequence[Any], dtype: Any) -> np.ndarray:
    """|got - exact| in ulps of the exact value; inf where only one of the two is NaN.

    The ulp of a subnormal result is the smallest subnormal. An infinite result counts as the power
    of two after the largest number, so that overflow at the right place is at most half an ulp, and
    so does any exact value above.
    """
    info = np.finfo(dtype)
    errors = np.empty(len(exact))
    with mpmath.workprec(PRECISION):
        limit = mpmath.mpf(2) ** info.maxexp
        for i, (value, wanted) in enumerate(zip(got.tolist(), exact, strict=True)):
            if mpmath.isnan(wanted) or math.isnan(value):
                errors[i] = 0.0 if mpmath.isnan(wanted) and math.isnan(value) else np.inf
                continue
            if mpmath.isinf(wanted):
                wanted = limit * mpmath.sign(wanted)
            # frexp: 2^(exponent - 1) <= |wanted| < 2^exponent
            exponent = mpmath.frexp(wanted)[1] if wanted else info.minexp
            if exponent > info.maxexp:
                wanted, exponent = limit * mpmath.sign(wanted), info.maxexp
            if math.isinf(value):
                value = math.copysign(1.0, value) * limit
            unit = max(exponent - 1, info.minexp) - info.nmant
            errors[i] = mpmath.ldexp(abs(value - wanted), -unit)
    return errors


def worst_case(
    name: str, code: str, *arguments: np.ndarray, exact: Callable[..., Any] | None = None
) -> tuple[float, tuple[float, ...], float, float]:
    """(max ulp, where, what came out, what is right); `exact` is mpmath's own unless given."""
    got = apply(name, code, *arguments)
    wanted = exact_values(exact or getattr(mpmath, name), *arguments)
    errors = ulp_error(got, wanted, DTYPES[code])
    at = int(np.argmax(errors))
    return (
        float(errors[at]),
        tuple(float(a[at]) for a in arguments),
        float(got[at]),
        float(wanted[at]),
    )


def same(got: float, wanted: float) -> bool:
    """Equal with the sign of zero; every NaN is the same."""
    if np.isnan(got) or np.isnan(wanted):
        return bool(np.isnan(got) and np.isnan(wanted))
    return got == wanted and np.signbit(got) == np.signbit(wanted)


def special_failures(name: str, code: str, table: Iterable[Sequence[float]]) -> list[str]:
    """Rows (argument, ..., result) that do not come out exactly, each as a line to print."""
    rows = np.array(list(table), DTYPES[code])
    got = apply(name, code, *rows.T[:-1])
    return [
        f"{name}_{code}{tuple(row[:-1].tolist())} is {value}, not {row[-1]}"
        for row, value in zip(rows, got, strict=True)
        if not same(value, row[-1])
    ]
