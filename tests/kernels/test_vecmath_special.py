"""erf, erfc, lgamma, digamma, trigamma: one ulp in float32, two in float64.

For x < 0, where they have zeros, an absolute bound for lgamma and digamma.
"""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import ulp

INF, NAN = np.inf, np.nan
ZERO = 1.4616321449683623  # of digamma, for x > 0


def lgamma(x):
    if x > 0:
        return mpmath.loggamma(x)
    if x == mpmath.floor(x):
        return mpmath.inf
    return mpmath.log(mpmath.pi / abs(x * mpmath.sin(mpmath.pi * x))) - mpmath.loggamma(-x)


def digamma(x):
    return mpmath.nan if x <= 0 and x == mpmath.floor(x) else mpmath.digamma(x)


def trigamma(x):
    if x <= 0 and x == mpmath.floor(x):
        return mpmath.inf
    if x < 0:
        return (mpmath.pi / mpmath.sinpi(x)) ** 2 - mpmath.psi(1, 1 - x)
    if x > 1e20:  # mpmath is slow for huge arguments, and fails
        return 1 / x + 1 / (2 * x**2)
    return 1 / x**2 + mpmath.psi(1, 1 + x)


def erfc(x):
    return mpmath.erfc(min(x, 40))  # mpmath fails for huge arguments


REFERENCES = {
    "erf": mpmath.erf,
    "erfc": erfc,
    "lgamma": lgamma,
    "digamma": digamma,
    "trigamma": trigamma,
}
# the measured maximum and a little; lgamma and digamma for x > 0
LIMITS = {
    "erf": {"f4": 1.0, "f8": 1.6},
    "erfc": {"f4": 0.58, "f8": 1.4},
    "lgamma": {"f4": 0.55, "f8": 2.0},
    "digamma": {"f4": 0.55, "f8": 2.0},
    "trigamma": {"f4": 0.51, "f8": 1.6},
}
BORDERS = {
    "erf": (0.5, 1.0, 3.95, 6.0),
    "erfc": (0.5, 1.0, 3.0, 10.1, 10.2, 26.5, 27.3),
    "lgamma": (0.5, 1.0, 1.5, 2.0, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5),
    "digamma": (1.0, 2.0, 4.0, 8.0, ZERO),
    "trigamma": (1.0,),
}


def around(points, dtype):
    """Numbers at distances from 1 to 1e-16 on both sides."""
    steps = 10.0 ** np.linspace(-16, -1, 46)
    return np.concatenate([[p - s, p + s] for p in points for s in (steps,)], axis=None).astype(
        dtype
    )


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", ["erf", "erfc"])
def test_error_function(name, code):
    xs = ulp.samples(code, 1000, BORDERS[name])[:: 2 if code == "f4" else 7]
    rng = np.random.default_rng(3)
    xs = np.concatenate([xs, rng.uniform(-6, 28, 1500).astype(xs.dtype)])
    error, where, got, wanted = ulp.worst_case(name, code, xs, exact=REFERENCES[name])
    assert error <= LIMITS[name][code], (error, where, got, wanted)


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", ["lgamma", "digamma", "trigamma"])
def test_gamma_positive(name, code):
    xs = ulp.samples(code, 600, BORDERS[name], signed=False)[:: 2 if code == "f4" else 11]
    rng = np.random.default_rng(4)
    more = around((1.0, 2.0, ZERO), xs.dtype), rng.uniform(0, 9, 600).astype(xs.dtype)
    xs = np.concatenate([xs, *more])
    xs = xs[xs > 0]
    error, where, got, wanted = ulp.worst_case(name, code, xs, exact=REFERENCES[name])
    assert error <= LIMITS[name][code], (error, where, got, wanted)


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", ["lgamma", "digamma"])
def test_gamma_negative(name, code):
    """|got - exact| <= 3 2^-53 max(1, |exact|), or 2^-24 in float32."""
    rng = np.random.default_rng(5)
    xs = [-rng.uniform(0, 3, 500), -rng.uniform(0, 30, 500), -(10 ** rng.uniform(-30, 2, 200))]
    xs = np.concatenate(
        [*map(ulp.DTYPES[code].type, xs), around(range(0, -9, -1), ulp.DTYPES[code])]
    )
    xs = xs[(xs < 0) & (xs != np.floor(xs))]
    exact = ulp.exact_values(REFERENCES[name], xs)
    bound = {"f4": 1.05 * 2.0**-24, "f8": 3 * 2.0**-53}[code]
    for x, got, wanted in zip(xs, ulp.apply(name, code, xs).tolist(), exact, strict=True):
        assert abs(got - wanted) <= bound * max(1, abs(wanted)), (x, got, float(wanted))


@pytest.mark.parametrize("code", ["f4", "f8"])
def test_trigamma_negative(code):
    """It has no zeros there, so that ulps count."""
    rng = np.random.default_rng(6)
    xs = [-rng.uniform(0, 3, 400), -rng.uniform(0, 30, 400), -(10 ** rng.uniform(-200, 6, 300))]
    xs = np.concatenate(
        [*map(ulp.DTYPES[code].type, xs), around(range(0, -9, -1), ulp.DTYPES[code])]
    )
    error, where, got, wanted = ulp.worst_case("trigamma", code, xs[xs < 0], exact=trigamma)
    assert error <= {"f4": 0.51, "f8": 0.9}[code], (error, where, got, wanted)


SPECIAL = {
    "erf": [(0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, -1.0), (9.0, 1.0), (NAN, NAN)],
    "erfc": [(0.0, 1.0), (-0.0, 1.0), (INF, 0.0), (-INF, 2.0), (30.0, 0.0), (NAN, NAN)],
    "lgamma": [
        *((x, INF) for x in (0.0, -0.0, -1.0, -2.0, -1e30, INF, -INF)),
        *((1.0, 0.0), (2.0, 0.0), (NAN, NAN)),
    ],
    "digamma": [
        *((0.0, -INF), (-0.0, INF), (INF, INF)),
        *((x, NAN) for x in (-1.0, -2.0, -1e30, -INF, NAN)),
    ],
    "trigamma": [
        *((x, INF) for x in (0.0, -0.0, -1.0, -2.0, -1e30)),
        *((INF, 0.0), (-INF, NAN), (NAN, NAN)),
    ],
}


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", list(SPECIAL))
def test_special_values(name, code):
    assert ulp.special_failures(name, code, SPECIAL[name]) == []


def test_lgamma_overflow():
    largest = 2.5563481638716906e305
    got = ulp.apply("lgamma", "f8", np.array([largest, 1.01 * largest, 1.7976931348623157e308]))
    assert np.isfinite(got[0]) and (got[1:] == INF).all()
