"""erf, erfc, gamma, rgamma, lgamma, digamma, trigamma: one ulp in float32, two in float64.

For x < 0, where they have zeros, an absolute bound for lgamma and digamma.
"""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
import ulp

INF, NAN = np.inf, np.nan
ZERO = 1.4616321449683623  # of digamma, for x > 0


def gamma(x):
    if x > 1e4:
        return mpmath.inf
    if x <= 0 and x == mpmath.floor(x):
        return mpmath.nan
    return mpmath.gamma(x) if x > -1e4 else mpmath.mpf(0)


def rgamma(x):
    return mpmath.rgamma(x) if x < 1e4 else mpmath.mpf(0)


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
    "gamma": gamma,
    "rgamma": rgamma,
    "lgamma": lgamma,
    "digamma": digamma,
    "trigamma": trigamma,
}
# the measured maximum and a little; lgamma and digamma for x > 0
LIMITS = {
    "erf": {"f4": 1.0, "f8": 1.6},
    "erfc": {"f4": 0.87, "f8": 1.4},
    "gamma": {"f4": 0.51, "f8": 0.76},
    "rgamma": {"f4": 0.51, "f8": 0.76},
    "lgamma": {"f4": 0.55, "f8": 2.0},
    "digamma": {"f4": 0.55, "f8": 2.0},
    "trigamma": {"f4": 0.51, "f8": 1.6},
}
STEPS = tuple(k + 0.5 for k in range(8))
TOPS = {"f4": 45.0, "f8": 190.0}
"""From where on gamma overflows and, at -x, is 0."""
BORDERS = {
    "erf": (0.5, 1.0, 3.95, 6.0),
    "erfc": (0.5, 1.0, 3.0, 10.1, 10.2, 26.5, 27.3),
    "gamma": (*STEPS, 35.04, 170.62, 171.62, 180.5),
    "rgamma": (*STEPS, 35.04, 170.62, 171.62, 180.5),
    "lgamma": (*STEPS, 1.0, 2.0),
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
@pytest.mark.parametrize("name", ["gamma", "rgamma", "lgamma", "digamma", "trigamma"])
def test_gamma_positive(name, code):
    xs = ulp.samples(code, 600, BORDERS[name], signed=False)[:: 2 if code == "f4" else 11]
    rng = np.random.default_rng(4)
    if name in ("gamma", "rgamma"):
        xs = np.concatenate([xs, rng.uniform(0, TOPS[code], 600).astype(xs.dtype)])
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
@pytest.mark.parametrize("name", ["trigamma", "gamma", "rgamma"])
def test_negative_in_ulps(name, code):
    """There they have no zeros but for poles of gamma, at which rgamma is 0."""
    rng = np.random.default_rng(6)
    xs = [-rng.uniform(0, 3, 400), -rng.uniform(0, 30, 400), -(10 ** rng.uniform(-200, 6, 300))]
    xs += [-rng.uniform(0, TOPS[code], 400)]
    xs = np.concatenate(
        [*map(ulp.DTYPES[code].type, xs), around(range(0, -9, -1), ulp.DTYPES[code])]
    )
    error, where, got, wanted = ulp.worst_case(name, code, xs[xs < 0], exact=REFERENCES[name])
    assert error <= {"f4": 0.51, "f8": 0.9}[code], (error, where, got, wanted)


@pytest.mark.parametrize("code", ["f4", "f8"])
def test_factorials_are_exact(code):
    """As far as the dtype has them, and correctly rounded on."""
    whole = {"f4": 34, "f8": 23}[code]
    got = ulp.apply("gamma", code, np.arange(1, whole + 1))
    wanted = [math.factorial(n) for n in range(whole)]
    assert got.tolist() == np.array(wanted, ulp.DTYPES[code]).tolist()


SPECIAL = {
    "erf": [(0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, -1.0), (9.0, 1.0), (NAN, NAN)],
    "erfc": [(0.0, 1.0), (-0.0, 1.0), (INF, 0.0), (-INF, 2.0), (30.0, 0.0), (NAN, NAN)],
    "gamma": [
        *((0.0, INF), (-0.0, -INF), (INF, INF), (320.0, INF), (5.0, 24.0)),
        *((-1000.5, -0.0), (-1001.5, 0.0)),
        *((x, NAN) for x in (-1.0, -2.0, -1e30, -INF, NAN)),
    ],
    "rgamma": [
        *((0.0, 0.0), (-0.0, -0.0), (INF, 0.0), (320.0, 0.0), (3.0, 0.5)),
        *((-1000.5, -INF), (-1001.5, INF), (NAN, NAN)),
        *((x, 0.0) for x in (-1.0, -2.0, -1e30, -INF)),
    ],
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
