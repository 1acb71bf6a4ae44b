"""dawsn, erfi, exp1, expi, exprel: at most 0.53 ulp in float32, in float64 two."""

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
