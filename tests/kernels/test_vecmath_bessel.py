"""Bessel's functions of orders 0 and 1: one ulp in float32, two in float64."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import ulp

INF, NAN = np.inf, np.nan
SMALL = 1e4
"""What exp(x) is infinite of, in either dtype, and its inverse 0."""


def series(order, x):
    """sqrt(2 pi x) exp(-x) I(x), or with -x sqrt(2 x / pi) exp(x) K(x), of a large x."""
    total = term = mpmath.mpf(1)
    for k in range(1, 60):
        term *= ((2 * k - 1) ** 2 - 4 * order**2) / (8 * k * x)
        total += term
    return total


def scaled_i(order):
    def function(x):
        a = abs(x)
        if a < 300:
            return mpmath.besseli(order, x) * mpmath.exp(-a)
        return mpmath.sign(x) ** order * series(order, a) / mpmath.sqrt(2 * mpmath.pi * a)

    return function


def unscaled_i(order):
    scaled = scaled_i(order)

    def function(x):
        return scaled(x) * (mpmath.exp(abs(x)) if abs(x) < SMALL else mpmath.inf)

    return function


def signed(name):
    """Whether the function is real for x < 0 as well."""
    return name[7] in "ij"


REFERENCES = {
    **{f"bessel_i{order}": unscaled_i(order) for order in (0, 1)},
    **{f"bessel_i{order}e": scaled_i(order) for order in (0, 1)},
}
# the measured maximum and a little
LIMITS = {
    "bessel_i0": {"f4": 0.51, "f8": 1.2},
    "bessel_i0e": {"f4": 0.51, "f8": 1.6},
    "bessel_i1": {"f4": 0.51, "f8": 1.4},
    "bessel_i1e": {"f4": 0.51, "f8": 1.2},
}
BORDERS = {
    **{f"bessel_i{order}": (2.0, 2.5, 4.0, 5.0, 7.5, 91.9, 713.98) for order in (0, 1)},
    **{f"bessel_i{order}e": (2.0, 2.5, 4.0, 5.0, 7.5) for order in (0, 1)},
}


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", list(LIMITS))
def test_without_zeros(name, code):
    xs = ulp.samples(code, 600, BORDERS[name], signed=signed(name))[:: 2 if code == "f4" else 11]
    rng = np.random.default_rng(7)
    more = rng.uniform(0, 9, 600), rng.uniform(0, 100 if code == "f4" else 720, 600)
    xs = np.concatenate([xs, *more]).astype(xs.dtype)
    error, where, got, wanted = ulp.worst_case(name, code, xs, exact=REFERENCES[name])
    assert error <= LIMITS[name][code], (error, where, got, wanted)


SPECIAL = {
    "bessel_i0": [(0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, INF), (1e30, INF), (NAN, NAN)],
    "bessel_i0e": [(0.0, 1.0), (-0.0, 1.0), (INF, 0.0), (-INF, 0.0), (NAN, NAN)],
    "bessel_i1": [(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -INF), (-1e30, -INF), (NAN, NAN)],
    "bessel_i1e": [(0.0, 0.0), (-0.0, -0.0), (INF, 0.0), (-INF, -0.0), (NAN, NAN)],
}


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", list(SPECIAL))
def test_special_values(name, code):
    assert ulp.special_failures(name, code, SPECIAL[name]) == []
