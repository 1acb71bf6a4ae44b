"""Exact remainders of floats, and the quotients that belong to them: NumPy's bits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from ulp import DTYPES, INTEGERS, apply

Array = np.ndarray
COUNT = 20_000
REFERENCES = {"fmod": np.fmod, "mod": np.remainder, "floordiv": np.floor_divide}


def any_bits(code: str, rng: np.random.Generator) -> tuple[Array, Array]:
    """Quotients of all sizes, of subnormal and infinite numbers and NaN."""
    info = np.iinfo(INTEGERS[code])
    bits = rng.integers(info.min, info.max, (2, COUNT), INTEGERS[code], endpoint=True)
    x, y = bits.view(DTYPES[code])
    return x, y


def small_divisors(code: str, rng: np.random.Generator) -> tuple[Array, Array]:
    """Subnormal ones: the largest quotients there are, and those that no float holds."""
    y = rng.integers(1, 200, COUNT).astype(INTEGERS[code]).view(DTYPES[code])
    return any_bits(code, rng)[0], y


def near_multiples(code: str, rng: np.random.Generator) -> tuple[Array, Array]:
    """Whole quotients, and quotients just above and below, which rounding takes across."""
    y = np.ldexp(rng.standard_normal(COUNT), rng.integers(-60, 60, COUNT)).astype(DTYPES[code])
    x = y * np.rint(np.ldexp(rng.standard_normal(COUNT), rng.integers(0, 60, COUNT)))
    x = x.astype(DTYPES[code])
    return np.nextafter(x, x * rng.choice([0, 1, 2], COUNT).astype(x.dtype)), y


def alike(code: str, rng: np.random.Generator) -> tuple[Array, Array]:
    """Numbers a few units in the last place apart."""
    x = rng.standard_normal(COUNT).astype(DTYPES[code])
    return x, (x.view(INTEGERS[code]) + rng.integers(-3, 4, COUNT, INTEGERS[code])).view(x.dtype)


def special(code: str, rng: np.random.Generator) -> tuple[Array, Array]:
    """Each of the numbers at which anything ends with each."""
    info = np.finfo(DTYPES[code])
    ends = [0, 1, 3, info.tiny, info.smallest_subnormal, info.max, info.eps, np.inf, np.nan]
    both = np.array([*ends, *np.negative(ends)], DTYPES[code])
    x, y = np.meshgrid(both, both)
    return x.ravel(), y.ravel()


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize("draw", [any_bits, small_divisors, near_multiples, alike, special])
def test_bits(draw: Callable[..., tuple[Array, Array]], name: str, code: str) -> None:
    x, y = draw(code, np.random.default_rng(0))
    with np.errstate(all="ignore"):
        expected = REFERENCES[name](x, y)
    found = apply(name, code, x, y)
    same = (found.view(INTEGERS[code]) == expected.view(INTEGERS[code])) | (
        np.isnan(found) & np.isnan(expected)
    )
    wrong = [*zip(x[~same], y[~same], found[~same], expected[~same], strict=True)]
    assert not wrong, wrong[:3]
