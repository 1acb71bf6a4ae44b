"""Shares of the gamma and beta functions, Student's distribution and the densities of these: few
ulp, from parameters whose shares are near their end to those of a normal distribution, and down to
the smallest shares.
"""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import share_references
import ulp

INF, NAN = np.inf, np.nan
# the measured maximum and a little
LIMITS = {
    "beta_density": {"f4": 0.52, "f8": 4.0},
    "betainc": {"f4": 0.52, "f8": 4.0},
    "betainc_slope": {"f4": 0.52, "f8": 16.0},
    "betaincc": {"f4": 0.52, "f8": 4.0},
    "betaincc_slope": {"f4": 0.52, "f8": 16.0},
    "gamma_density": {"f4": 0.52, "f8": 2.0},
    "gammainc": {"f4": 0.52, "f8": 2.0},
    "gammainc_slope": {"f4": 0.52, "f8": 12.0},
    "gammaincc": {"f4": 0.52, "f8": 4.0},
    "stdtr": {"f4": 0.52, "f8": 4.0},
    "stdtr_slope": {"f4": 0.52, "f8": 20.0},
    "student_density": {"f4": 0.52, "f8": 2.0},
}
REFERENCES = {name: getattr(share_references, name) for name in LIMITS}
TRIPLES = tuple(name for name in REFERENCES if name.startswith("beta"))
PAIRS = tuple(name for name in REFERENCES if name not in TRIPLES)
DELICATE = tuple(name for name, limit in LIMITS.items() if limit["f8"] > 2)
"""Of which float64 is allowed more than 2 ulp."""


def arguments(name, code, count, rng):
    """Parameters and x: near to each other, far, small, and at the borders of formulas."""
    kinds = _of_student if name.startswith("st") else _of_beta if name in TRIPLES else _of_gamma
    points = [
        np.concatenate(column).astype(ulp.DTYPES[code])
        for column in zip(*kinds(code, count, rng), strict=True)
    ]
    keep = inside(name, *points)
    return tuple(p[keep] for p in points)


def _spread(rng, count, low, high):
    return 10.0 ** rng.uniform(low, high, count)


def _of_gamma(code, count, rng):
    low, high = {"f4": (-38.0, 7.0), "f8": (-300.0, 14.0)}[code]

    def spread(low, high):
        return _spread(rng, count, low, high)

    def around(a, width):
        return np.abs(a + width * rng.normal(size=count) * np.sqrt(a))

    def tails(a):
        side = rng.choice([-1.0, 1.0], count)
        return np.maximum(0.01 * a, a + side * rng.uniform(5, 38, count) * np.sqrt(a))

    even, middle, large = rng.uniform(0, 20, count), rng.uniform(5, 200, count), spread(2, high)
    border = rng.uniform(11, 30, count)
    return [
        (even, even * spread(-1, 1)),
        (even, rng.uniform(0, 20, count)),
        (rng.uniform(0, 1.2, count), rng.uniform(0, 1.6, count)),
        (spread(-12, 0), spread(-8, 0.6)),
        (spread(low, 0), spread(low, 1)),
        (middle, around(middle, 3.0)),
        (border, border * rng.choice([rng.uniform(0.25, 0.45), rng.uniform(1.8, 2.7)], count)),
        (large, around(large, 3.0)),
        (large, tails(large)),
        (rng.uniform(0, 15, count), rng.uniform(0, 740, count)),
        (middle, middle * spread(-1, 0) ** (150.0 / middle)),
        (spread(-3, 5), spread(-3, 5)),
    ]


def _of_beta(code, count, rng):
    low, high = {"f4": (-30.0, 6.0), "f8": (-280.0, 12.0)}[code]

    def spread(low, high):
        return _spread(rng, count, low, high)

    def around(a, b, width):
        mean = a / (a + b)
        return mean + width * rng.normal(size=count) * np.sqrt(mean * (1 - mean) / (a + b + 1))

    even = rng.uniform(0, 20, (2, count))
    pairs = [
        (rng.uniform(0, 200, count), rng.uniform(0, 200, count)),
        (spread(-2, 4), spread(-2, 4)),
        (spread(1, high), spread(1, high)),
        (spread(0, 2), spread(4, high)),
        (spread(4, high), spread(-1, 2)),
    ]
    return [
        (*even, rng.uniform(0, 1, count)),
        (rng.uniform(0, 1.2, count), rng.uniform(0, 1.2, count), rng.uniform(0, 1, count)),
        *((a, b, around(a, b, width)) for a, b in pairs for width in (3.0, 15.0)),
        (spread(-12, 0), spread(-12, 0), rng.uniform(0, 1, count)),
        (spread(-12, 0), spread(-1, 5), spread(-8, 0)),
        (spread(-1, 5), spread(-12, 0), 1 - spread(-8, 0)),
        (spread(-3, 1), spread(-3, 3), spread(low / 2, -1)),
        (spread(low / 5, 0), spread(low / 5, 0), rng.uniform(0, 1, count)),
    ]


def _of_student(code, count, rng):
    low, high = {"f4": (-30.0, 30.0), "f8": (-70.0, 120.0)}[code]

    def spread(low, high):
        return _spread(rng, count, low, high)

    normal = rng.normal(size=count)
    return [
        (rng.uniform(0, 40, count), 3 * normal),
        (rng.uniform(0, 3, count), rng.uniform(-2, 2, count)),
        (spread(-3, 8), normal * spread(-3, 2)),
        (spread(-2, 2), -spread(-10, 8)),
        (spread(-2, 1), -spread(low, high)),
        (spread(4, 25), -rng.uniform(0, 38, count)),
    ]


def inside(name, *points):
    """Where the reference is meant."""
    *parameters, x = points
    keep = np.logical_and.reduce([(a > 0) & (a < 1e26) for a in parameters])
    if name in TRIPLES:
        return keep & (x > 0) & (x < 1)
    return keep & np.isfinite(x) & (x != 0 if name.startswith("st") else (x > 0) & (x < 1e30))


SLOW = ("betainc_slope", "betaincc_slope", "stdtr_slope")
"""Functions whose references take long."""


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", REFERENCES)
def test_everywhere(name, code):
    points = arguments(name, code, 4 if name in SLOW else 8, np.random.default_rng(5))
    exact = ulp.exact_values(REFERENCES[name], *points)
    got = ulp.apply(name, code, *points)
    error = ulp.ulp_error(got, exact, points[0].dtype)
    at = int(np.argmax(error))
    where = [p[at] for p in points]
    assert error[at] <= LIMITS[name][code], (error[at], where, got[at], float(exact[at]))


@pytest.mark.parametrize(
    ("a", "x"), [(0.3, 0.7), (2.5, 9.0), (40.0, 70.0), (400.0, 430.0), (3000.0, 2600.0)]
)
def test_references_of_gamma(a, x):
    """As mpmath's own."""
    with mpmath.workprec(ulp.PRECISION):
        a, x = mpmath.mpf(a), mpmath.mpf(x)
        lower, upper = share_references.gamma_shares(a, x)
        assert mpmath.almosteq(lower, mpmath.gammainc(a, 0, x, regularized=True), 1e-40)
        assert mpmath.almosteq(upper, mpmath.gammainc(a, x, regularized=True), 1e-40)


@pytest.mark.parametrize(
    ("a", "b", "x"),
    [
        *((0.3, 0.7, 0.2), (2.5, 1.5, 0.8), (40.0, 70.0, 0.3), (700.0, 700.0, 0.45)),
        *((1e-5, 3.0, 0.2), (300.0, 0.2, 0.999), (5.0, 0.1, 0.4), (1000.0, 3000.0, 0.26)),
    ],
)
def test_references_of_beta(a, b, x):
    """As mpmath's own."""
    with mpmath.workprec(ulp.PRECISION):
        a, b, x = map(mpmath.mpf, (a, b, x))
        lower, upper = share_references.beta_shares(a, b, x)
        assert mpmath.almosteq(lower, mpmath.betainc(a, b, 0, x, regularized=True), 1e-40)
        assert mpmath.almosteq(upper, mpmath.betainc(a, b, x, 1, regularized=True), 1e-40)


SPECIAL = {
    "gammainc": [
        *((2.5, 0.0, 0.0), (2.5, -0.0, 0.0), (0.0, 2.5, 1.0), (INF, 2.5, 0.0), (2.5, INF, 1.0)),
        *((INF, 0.0, 0.0), (0.0, INF, 1.0), (1.0, 1e-30, 1e-30)),
        *((0.0, 0.0, NAN), (INF, INF, NAN), (-1.0, 2.5, NAN), (2.5, -1.0, NAN), (-1.0, 0.0, NAN)),
        *((NAN, 1.0, NAN), (1.0, NAN, NAN), (NAN, 0.0, NAN), (0.0, NAN, NAN)),
        *((1e30, 1e29, 0.0), (1e30, 1e31, 1.0)),
    ],
    "gammainc_slope": [
        *(
            (2.5, 0.0, 0.0),
            (2.5, INF, 0.0),
            (INF, 2.5, 0.0),
            (1e30, 1e29, -0.0),
            (1e30, 1e31, -0.0),
        ),
        *((0.0, 0.0, NAN), (0.0, 2.5, NAN), (INF, INF, NAN), (-1.0, 2.5, NAN), (2.5, -1.0, NAN)),
        *((NAN, 1.0, NAN), (1.0, NAN, NAN), (NAN, 0.0, NAN), (INF, NAN, NAN)),
    ],
    "gamma_density": [
        *((2.5, 0.0, 0.0), (1.0, 0.0, 1.0), (0.5, 0.0, INF), (0.0, 2.5, 0.0), (2.5, INF, 0.0)),
        *((INF, 2.5, 0.0), (0.0, 0.0, NAN), (INF, INF, NAN), (-1.0, 2.5, NAN), (2.5, -1.0, NAN)),
        *((NAN, 1.0, NAN), (1.0, NAN, NAN), (NAN, 0.0, NAN), (0.0, NAN, NAN)),
        *((1e30, 1e29, 0.0), (1e30, 1e31, 0.0)),
    ],
    "betainc": [
        *((2.5, 0.5, 0.0, 0.0), (2.5, 0.5, 1.0, 1.0), (1.0, 1.0, 0.25, 0.25)),
        *((0.0, 2.5, 0.5, 1.0), (0.0, 2.5, 0.0, 0.0), (2.5, 0.0, 0.5, 0.0), (2.5, 0.0, 1.0, 1.0)),
        *((INF, 2.5, 0.5, 0.0), (INF, 2.5, 1.0, 1.0), (2.5, INF, 0.5, 1.0), (2.5, INF, 0.0, 0.0)),
        *((0.0, 0.0, 0.5, NAN), (INF, INF, 0.5, NAN), (-1.0, 2.5, 0.5, NAN), (2.5, -1.0, 0.5, NAN)),
        *((2.5, 0.5, -0.5, NAN), (2.5, 0.5, 1.5, NAN), (NAN, 1.0, 0.5, NAN), (1.0, NAN, 0.5, NAN)),
        *((1.0, 1.0, NAN, NAN), (1e30, 1e30, 0.25, 0.0), (1e30, 1e30, 0.75, 1.0)),
    ],
    "betainc_slope": [
        *((2.5, 0.5, 0.0, 0.0), (2.5, 0.5, 1.0, 0.0), (2.5, 0.0, 0.5, 0.0), (INF, 2.5, 0.5, 0.0)),
        *((2.5, INF, 0.5, 0.0), (1e30, 1e30, 0.25, -0.0), (1e30, 1e30, 0.75, -0.0)),
        *((0.0, 2.5, 0.5, NAN), (INF, INF, 0.5, NAN), (-1.0, 2.5, 0.5, NAN), (2.5, -1.0, 0.5, NAN)),
        *((2.5, 0.5, -0.5, NAN), (2.5, 0.5, 1.5, NAN), (NAN, 1.0, 0.5, NAN), (1.0, NAN, 0.5, NAN)),
        *((1.0, 1.0, NAN, NAN), (INF, 1.0, NAN, NAN)),
    ],
    "stdtr_slope": [
        *((2.5, 0.0, 0.0), (2.5, INF, 0.0), (2.5, -INF, 0.0), (INF, 1.0, 0.0)),
        *((0.0, 1.0, NAN), (-1.0, 1.0, NAN), (NAN, 1.0, NAN), (1.0, NAN, NAN)),
    ],
    "beta_density": [
        *((2.5, 0.5, 0.0, 0.0), (2.5, 0.5, 1.0, INF), (0.5, 2.5, 0.0, INF), (0.5, 2.5, 1.0, 0.0)),
        *((1.0, 2.5, 0.0, 2.5), (2.5, 1.0, 1.0, 2.5), (1.0, 1.0, 0.25, 1.0)),
        *((0.0, 2.5, 0.5, NAN), (-1.0, 2.5, 0.5, NAN), (2.5, 0.5, -0.5, NAN), (2.5, 0.5, 1.5, NAN)),
        *((INF, 2.5, 0.5, 0.0), (NAN, 1.0, 0.5, NAN), (1.0, NAN, 0.5, NAN), (1.0, 1.0, NAN, NAN)),
    ],
    "stdtr": [
        *((2.5, 0.0, 0.5), (1.0, 1.0, 0.75), (2.5, INF, 1.0), (2.5, -INF, 0.0)),
        *((0.0, 1.0, NAN), (-1.0, 1.0, NAN), (NAN, 1.0, NAN), (1.0, NAN, NAN), (INF, 0.0, 0.5)),
    ],
    "student_density": [
        *((2.5, INF, 0.0), (2.5, -INF, 0.0), (0.0, 1.0, NAN), (-1.0, 1.0, NAN)),
        *((NAN, 1.0, NAN), (1.0, NAN, NAN)),
    ],
}
SPECIAL["betaincc_slope"] = [(b, a, 1.0 - x, slope) for a, b, x, slope in SPECIAL["betainc_slope"]]
for _name in ("gammainc", "betainc"):
    SPECIAL[f"{_name}c"] = [(*at, 1.0 - p) for *at, p in SPECIAL[_name] if 1e-30 not in at]


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", REFERENCES)
def test_special_values(name, code):
    assert ulp.special_failures(name, code, SPECIAL[name]) == []
