"""sin, cos, tan and their inverses: one ulp in float32, two in float64, for every argument."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import ulp

INF, NAN, PI = np.inf, np.nan, np.pi
BORDERS = (PI / 4, PI / 2, np.sqrt(2) - 1, np.sqrt(2) + 1, 0.5, 1.0)
# next to a multiple of pi/2 as no other number of the type is, then well-known hard and huge ones
HARD = {
    "f4": (16367173 * 2.0**72, 1e30, 2.0**90, 3.4028235e38),
    "f8": (6381956970095103 * 2.0**797, 1e22, 1e300, 2.0**1023, 1.7976931348623157e308),
}
# the measured maximum and a little
LIMITS = {
    "sin": {"f4": 0.61, "f8": 1.2},
    "cos": {"f4": 0.61, "f8": 1.2},
    "tan": {"f4": 0.57, "f8": 1.2},
    "asin": {"f4": 0.6, "f8": 0.75},
    "acos": {"f4": 0.6, "f8": 0.7},
    "atan": {"f4": 0.52, "f8": 0.66},
    "atan2": {"f4": 0.52, "f8": 1.5},
}


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", [name for name in LIMITS if name != "atan2"])
def test_accuracy(name, code):
    high = 1.0 if name in ("asin", "acos") else INF
    xs = ulp.samples(code, 1000, BORDERS, high=high)[:: 1 if code == "f4" else 3]
    if high == INF:
        rng = np.random.default_rng(1)
        close = rng.integers(1, 2 ** np.arange(1, 40).repeat(20)) * (PI / 2)
        xs = np.concatenate([xs, np.array([*close, *HARD[code]], xs.dtype)])
    error, where, got, wanted = ulp.worst_case(name, code, xs)
    assert error <= LIMITS[name][code], (error, where, got, wanted)


@pytest.mark.parametrize("code", ["f4", "f8"])
def test_atan2_accuracy(code):
    rng = np.random.default_rng(2)
    xs = ulp.samples(code, 100)
    y, x = rng.choice(xs, 4000), rng.choice(xs, 4000)
    with np.errstate(over="ignore", under="ignore"):
        x[::2] = (y * np.exp2(rng.uniform(-30, 30, y.size)))[::2]  # ratios that matter
    good = np.isfinite(x) & (y != 0)
    error, *where = ulp.worst_case("atan2", code, y[good], x[good])
    assert error <= LIMITS["atan2"][code], (error, where)


def atan2_table():
    for y, x, angle in [
        *((0.0, x, 0.0) for x in (0.0, 1.0, INF)),
        *((0.0, x, PI) for x in (-0.0, -1.0, -INF)),
        *((y, x, PI / 2) for y in (1.0, INF) for x in (0.0, -0.0)),
        (1.0, INF, 0.0),
        (1.0, -INF, PI),
        *((INF, x, PI / 2) for x in (1.0, -1.0)),
        (INF, INF, PI / 4),
        (INF, -INF, 3 * PI / 4),
    ]:
        yield y, x, angle
        yield -y, x, -angle
    yield from ((NAN, x, NAN) for x in (0.0, 1.0, INF, NAN))
    yield from ((y, NAN, NAN) for y in (0.0, 1.0, INF))


SPECIAL = {
    "sin": [(0.0, 0.0), (-0.0, -0.0), (INF, NAN), (-INF, NAN), (NAN, NAN)],
    "cos": [(0.0, 1.0), (-0.0, 1.0), (INF, NAN), (-INF, NAN), (NAN, NAN)],
    "tan": [(0.0, 0.0), (-0.0, -0.0), (INF, NAN), (-INF, NAN), (NAN, NAN)],
    "asin": [
        *((0.0, 0.0), (-0.0, -0.0), (1.0, PI / 2), (-1.0, -PI / 2)),
        *((1.5, NAN), (-1.5, NAN), (INF, NAN), (NAN, NAN)),
    ],
    "acos": [
        *((0.0, PI / 2), (-0.0, PI / 2), (1.0, 0.0), (-1.0, PI)),
        *((1.5, NAN), (-1.5, NAN), (-INF, NAN), (NAN, NAN)),
    ],
    "atan": [(0.0, 0.0), (-0.0, -0.0), (INF, PI / 2), (-INF, -PI / 2), (NAN, NAN)],
    "atan2": list(atan2_table()),
}


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", list(SPECIAL))
def test_special_values(name, code):
    assert ulp.special_failures(name, code, SPECIAL[name]) == []


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", ["sin", "tan", "asin", "atan"])
def test_odd(name, code):
    xs = ulp.samples(code, 2000, high=1.0 if name == "asin" else INF, signed=False)
    assert (ulp.apply(name, code, -xs) == -ulp.apply(name, code, xs)).all()


def test_references():
    """The hardest argument is as close to a multiple of pi/2 as it is known to be."""
    with mpmath.workprec(1200):
        turns = mpmath.mpf(HARD["f8"][0]) * 2 / mpmath.pi
        assert 2**-62 < abs(turns - mpmath.nint(turns)) < 2**-60
