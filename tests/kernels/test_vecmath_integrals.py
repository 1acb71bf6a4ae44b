"""dawsn, erfi, exp1, expi, exprel, expn: at most 0.53 ulp in float32, in float64 two."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import ulp
from mpmath import mpf

INF, NAN = np.inf, np.nan
ROOT = 0.37250741078136663
"""The zero of expi."""


def dawsn(x):
    if abs(x) < 40:
        return mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(-x * x) * mpmath.erfi(x)
    term = total = mpf(1)
    for k in range(1, 60):
        term *= (2 * k - 1) / (2 * x * x)
        total += term
    return total / (2 * x)


def erfi(x):
    return mpmath.erfi(x) if abs(x) < 30 else mpmath.sign(x) * mpmath.inf


def exp1(x):
    if x <= 0:
        return mpmath.nan if x < 0 else mpmath.inf
    return mpmath.e1(x) if x < 800 else mpf(0)


def expi(x):
    if x <= 0:
        return -exp1(-x)
    return mpmath.ei(x) if x < 800 else mpmath.inf


def exprel(x):
    return (mpmath.expm1(x) / x if x < 1000 else mpmath.inf) if x else mpf(1)


def expn(n, x):
    if x <= 1:
        return mpmath.expint(n, x)
    k = 50 + int(800 / x)
    f = x + n + 2 * k
    for j in range(k, 0, -1):
        f = x + n + 2 * (j - 1) - j * (n + j - 1) / f
    return mpmath.exp(-x) / f


def pairs(name, code, count, rng):
    """Orders, and arguments for expn."""
    n = rng.integers(0, 51, 6 * count) * 1.0
    n[:count] = rng.integers(0, 6, count)
    n[-count:] = rng.integers(0, 3, count)
    top = {"f4": 85, "f8": 700}[code]
    ranges = (0, 5), (0, 1), (1, 2), (1, 30), (5, top), (0.5, 4)
    x = np.concatenate([rng.uniform(*ends, count) for ends in ranges])
    return n.astype(ulp.DTYPES[code]), x.astype(ulp.DTYPES[code])


REFERENCES = {"dawsn": dawsn, "erfi": erfi, "exp1": exp1, "expi": expi, "exprel": exprel}
REGIONS = {
    "dawsn": {"borders": (3.0, 5.0)},
    "erfi": {"borders": (3.0, 5.0, 26.5), "high": 27.0},
    "exp1": {"borders": (1.0, 738.0), "signed": False, "high": 800.0},
    "expi": {"borders": (1.0, 6.0, 12.0, 26.0, ROOT, 0.75 * ROOT, 1.25 * ROOT), "high": 750.0},
    "exprel": {"borders": (50.0, 709.7, 716.0)},
}


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", list(REFERENCES))
def test_everywhere(name, code):
    xs = ulp.samples(code, 300, **REGIONS[name])[:: 3 if code == "f4" else 19]
    rng = np.random.default_rng(3)
    few = (
        rng.uniform(0, 8, 600),
        rng.uniform(0, 30, 600),
        ROOT * (1 + 10.0 ** rng.uniform(-15, -1, 99)),
    )
    more = np.concatenate(few).astype(xs.dtype)
    more *= rng.choice([-1, 1] if REGIONS[name].get("signed", True) else [1], more.size)
    xs = np.concatenate([xs, more[np.abs(more) <= REGIONS[name].get("high", INF)]])
    error, where, got, wanted = ulp.worst_case(name, code, xs, exact=REFERENCES[name])
    assert error <= {"f4": 0.53, "f8": 2.0}[code], (error, where, got, wanted)


@pytest.mark.parametrize("code", ["f4", "f8"])
def test_of_order(code):
    n, x = pairs("expn", code, 40, np.random.default_rng(4))
    exact = ulp.exact_values(expn, n, x)
    error = ulp.ulp_error(ulp.apply("expn", code, n, x), exact, n.dtype)
    at = int(np.argmax(error))
    assert error[at] <= {"f4": 0.51, "f8": 0.8}[code], (error[at], n[at], x[at])
    cases = [(0, 0.0, INF), (1, 0.0, INF), (2, -0.0, 1.0), (5, 0.0, 0.25), (3, INF, 0.0)]
    cases += [(3, -1.0, NAN), (3, NAN, NAN), (-1, 1.0, NAN), (65, 1.0, NAN), (0.5, 1.0, NAN)]
    for n, x, wanted in cases:
        (got,) = ulp.apply("expn", code, np.array([float(n)]), np.array([x]))
        assert np.array_equal(got, wanted, equal_nan=True), (n, x, got)


SPECIAL = {
    "dawsn": [(0.0, 0.0), (-0.0, -0.0), (INF, 0.0), (-INF, -0.0), (NAN, NAN)],
    "erfi": [(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -INF), (27.0, INF), (NAN, NAN)],
    "exp1": [
        (0.0, INF),
        (-0.0, INF),
        (INF, 0.0),
        (1e30, 0.0),
        (-1.0, NAN),
        (-INF, NAN),
        (NAN, NAN),
    ],
    "expi": [(0.0, -INF), (-0.0, -INF), (INF, INF), (-INF, -0.0), (1e30, INF), (NAN, NAN)],
    "exprel": [(0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, 0.0), (1e30, INF), (NAN, NAN)],
}


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", list(SPECIAL))
def test_special_values(name, code):
    assert ulp.special_failures(name, code, SPECIAL[name]) == []


def test_exprel_where_the_exponential_is_infinite():
    (got,) = ulp.apply("exprel", "f8", np.array([712.0]))
    assert np.isclose(got, float(mpmath.exp(712) / 712), rtol=1e-15)
