"""Bessel's functions of whole orders: below two ulp, of J and Y three, or beyond their order
of the height at which they go up and down.
"""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import ulp

INF, NAN = np.inf, np.nan


def _in(n, x):
    value = mpmath.besseli(abs(n), abs(x))  # which mpmath has not for both below 0
    return -value if x < 0 and n % 2 else value


def _kn(n, x):
    """By DLMF 10.32.9 and the trapezoidal rule, to 120 bits: mpmath takes 0.1 s, here and there."""
    if x > 800:
        return mpmath.besselk(n, x)
    with mpmath.workprec(140):
        step, total, t = 9 / (100 + x + 2 * abs(n)), mpmath.exp(-x) / 2, mpmath.mpf(0)
        while True:
            t += step
            term = mpmath.exp(-x * mpmath.cosh(t)) * mpmath.cosh(n * t)
            total += term
            if x * mpmath.sinh(t) > abs(n) and term < total * mpmath.mpf(2) ** -130:
                return total * step


def _scaled(function, way):
    return lambda n, x: function(n, x) * mpmath.exp(way * abs(x))


REFERENCES = {
    "bessel_in": _in,
    "bessel_ine": _scaled(_in, -1),
    "bessel_jn": mpmath.besselj,
    "bessel_kn": _kn,
    "bessel_kne": _scaled(_kn, 1),
    "bessel_yn": mpmath.bessely,
}
WAVES = ("bessel_jn", "bessel_yn")
LIMIT = {"f4": 0.51, "f8": 2.5}


def height(n, x):
    """How high J and Y go about x, where they wave; elsewhere 0."""
    return np.where(np.abs(x) > np.abs(n), np.maximum(np.abs(x), 1.0) ** -0.5, 0.0)


def pairs(name, code, count, rng):
    """Orders, and arguments small, near to them and large; results may be subnormal or infinite."""
    n = rng.integers(-6, 51, 6 * count) * 1.0
    top = 3.3 if name in ("bessel_ine", "bessel_kne", *WAVES) else 2.8
    few = rng.integers(0, 6, count) * 1.0
    n[:count] = few
    x = np.concatenate(
        [
            rng.uniform(0, 12, count),
            rng.uniform(0, 60, count),
            np.abs(n[2 * count : 3 * count]) * rng.uniform(0.8, 1.2, count) + 0.01,
            10.0 ** rng.uniform(1, top, count),
            10.0 ** rng.uniform(-8, 0, count),
            rng.uniform(20, 45, count),
        ]
    )
    if name in ("bessel_in", "bessel_ine", "bessel_jn"):
        x *= rng.choice([-1, 1], x.size)
    return n.astype(ulp.DTYPES[code]), x.astype(ulp.DTYPES[code])


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", list(REFERENCES))
def test_everywhere(name, code):
    n, x = pairs(name, code, 30, np.random.default_rng(8))
    exact = ulp.exact_values(REFERENCES[name], n, x)
    got = ulp.apply(name, code, n, x)
    error = ulp.ulp_error(got, exact, n.dtype)
    if name in WAVES:
        least = height(n.astype(float), x.astype(float))
        for i in np.flatnonzero(least):
            unit = float(np.finfo(n.dtype).eps) * max(least[i], abs(float(exact[i])))
            error[i] = abs(float(got[i]) - float(exact[i])) / unit
    at = int(np.argmax(error))
    assert error[at] <= LIMIT[code], (error[at], n[at], x[at])


@pytest.mark.parametrize("code", ["f4", "f8"])
def test_edges(code):
    """Odd orders are odd functions; what is no order of ours is NaN."""
    for name, cases in {
        "bessel_jn": [(2, 0.0, 0.0), (0, 0.0, 1.0), (3, INF, 0.0), (3, NAN, NAN), (2.5, 1.0, NAN)],
        "bessel_in": [
            (2, 0.0, 0.0),
            (0, 0.0, 1.0),
            (3, -INF, -INF),
            (2, -INF, INF),
            (65, 1.0, NAN),
        ],
        "bessel_ine": [(2, 0.0, 0.0), (0, 0.0, 1.0), (3, INF, 0.0), (3, NAN, NAN), (NAN, 1.0, NAN)],
        "bessel_yn": [(2, 0.0, -INF), (50, 1e-20, -INF), (3, INF, 0.0), (3, -1.0, NAN)],
        "bessel_kn": [(2, 0.0, INF), (50, 1e-20, INF), (3, INF, 0.0), (3, -1.0, NAN)],
        "bessel_kne": [(2, -0.0, INF), (50, 1e-20, INF), (3, INF, 0.0), (3, NAN, NAN)],
    }.items():
        for n, x, wanted in cases:
            (got,) = ulp.apply(name, code, np.array([float(n)]), np.array([x]))
            assert np.array_equal(got, wanted, equal_nan=True), (name, n, x, got)
    for name in ("bessel_jn", "bessel_yn"):
        ours = ulp.apply(name, code, np.array([-3.0, 3.0, -4.0, 4.0]), np.full(4, 2.5))
        assert ours[0] == -ours[1] and ours[2] == ours[3]
