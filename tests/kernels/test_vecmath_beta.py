"""beta, betaln and binom: one ulp, for betaln of 1 where that is more, in any quarter of the plane,
from numbers whose products underflow to those whose sums overflow.
"""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import ulp

INF, NAN = np.inf, np.nan


def _lgamma(x):
    if x > 0:
        return mpmath.loggamma(x)
    if x == mpmath.floor(x):
        return mpmath.inf
    return mpmath.log(mpmath.pi / abs(x * mpmath.sinpi(x))) - mpmath.loggamma(-x)


def _sign(x):
    return 1 if x > 0 or not int(mpmath.floor(x)) % 2 else -1


def _precisely(x, y):
    """With as many bits as cancel in a sum of the two, or of their logarithms."""
    sizes = [abs(mpmath.mag(a)) for a in (x, y) if a]
    return mpmath.workprec(ulp.PRECISION + sum(sizes))


def betaln(x, y):
    with _precisely(x, y):
        return _lgamma(x) + _lgamma(y) - _lgamma(x + y)


def beta(x, y):
    with _precisely(x, y):
        size = betaln(x, y)
        return _exp(size) * _sign(x) * _sign(y) * _sign(x + y)


def _exp(size):
    """Without more digits than a float has of an exponent."""
    return mpmath.exp(min(size, 1e4)) if size > -1e4 else mpmath.mpf(0)


def binom(n, k):
    with _precisely(n, k):
        x, y, z = n + 1, k + 1, n - k + 1
        if x <= 0 and x == mpmath.floor(x):
            return mpmath.nan
        size = _lgamma(x) - (_lgamma(y) + _lgamma(z))
        return _exp(size) * _sign(x) * _sign(y) * _sign(z)


REFERENCES = {"beta": beta, "betaln": betaln, "binom": binom}
# the measured maximum and a little
LIMITS = {
    "beta": {"f4": 0.53, "f8": 0.86},
    "betaln": {"f4": 0.51, "f8": 0.6},
    "binom": {"f4": 0.53, "f8": 0.8},
}


def pole(x):
    """Where gamma has one."""
    return (x <= 0) & (x == np.floor(x))


def smooth(name, x, y):
    """Where the function has no pole."""
    return ~(pole(x) | pole(y)) if name != "binom" else ~pole(x)


def pairs(code, count, rng):
    """Pairs of which one or both are small, moderate or large, or near to each other."""
    top = {"f4": 36, "f8": 300}[code]
    dtype = ulp.DTYPES[code]

    def even(high):
        return rng.uniform(0, high, count)

    def spread(low, high):
        return 10.0 ** rng.uniform(low, high, count)

    def signs():
        return rng.choice([-1.0, 1.0], count)

    near = even(20.0)
    found = [
        (even(8.0), even(8.0)),
        (even(30.0), even(30.0)),
        (even(500.0), even(500.0)),
        (even(8.0), spread(0, top)),
        (even(60.0), spread(0, 8)),
        (signs() * spread(-top, top), signs() * spread(-top, top)),
        (signs() * spread(-top, 0), signs() * even(40.0)),
        (signs() * spread(-top, -top + 8), signs() * spread(-top, -top + 8)),
        (-even(30.0), signs() * even(30.0)),
        (-even(4000.0), even(4000.0)),
        (near, -near * (1 + signs() * spread(-15, -1))),
        (rng.integers(1, 60, count), rng.integers(1, 60, count)),
        (rng.integers(1, 20, count) - 0.5, signs() * (rng.integers(1, 20, count) - 0.5)),
    ]
    x, y = (np.concatenate([pair[k] for pair in found]).astype(dtype) for k in (0, 1))
    turn = rng.random(x.size) < 0.5
    return np.where(turn, x, y), np.where(turn, y, x)


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", REFERENCES)
def test_everywhere(name, code):
    x, y = pairs(code, 60, np.random.default_rng(8))
    keep = smooth(name, x, y)
    x, y = x[keep], y[keep]
    exact = ulp.exact_values(REFERENCES[name], x, y)
    got = ulp.apply(name, code, x, y)
    error = ulp.ulp_error(got, exact, x.dtype)
    if name == "betaln":  # in units of 1, where that is more
        smallest = np.minimum(1.0, np.abs(got)).astype(np.float64)
        exponent = np.frexp(smallest)[1] - 1
        error[np.isfinite(smallest)] *= np.ldexp(1.0, exponent)[np.isfinite(smallest)]
    at = int(np.argmax(error))
    assert error[at] <= LIMITS[name][code], (error[at], x[at], y[at], got[at], float(exact[at]))


def test_binomial_coefficients_are_exact():
    """As far as they are float64, and 0 for k > n."""
    n, k = (x.ravel().astype(float) for x in np.indices((57, 70)))
    got = ulp.apply("binom", "f8", n, k)
    assert got.tolist() == [float(mpmath.binomial(a, b)) for a, b in zip(n, k, strict=True)]


SPECIAL = {
    "beta": [
        *(
            (0.0, 2.5, INF),
            (-0.0, -0.5, INF),
            (-2.0, 2.5, INF),
            (2.0, -1.0, INF),
            (-1e30, 0.5, INF),
        ),
        *((-1.0, -1.0, -INF), (-1.0, -2.0, INF)),  # the sign as SciPy has it
        *((-1.0, 1.0, -1.0), (2.0, -2.0, 0.5), (-4.0, 1.0, -0.25), (1.0, -(2.0**24), -(2.0**-24))),
        *((1.0, 1.0, 1.0), (1.0, 4.0, 0.25), (2.0, 3.0, 1 / 12)),
        *((2.5, INF, 0.0), (INF, INF, 0.0), (INF, -0.5, -INF), (-1.5, INF, INF), (-INF, 2.5, INF)),
        *((NAN, 1.0, NAN), (1.0, NAN, NAN), (NAN, 0.0, NAN)),
    ],
    "betaln": [
        *(
            (0.0, 2.5, INF),
            (-0.0, -0.5, INF),
            (-2.0, 2.5, INF),
            (2.0, -1.0, INF),
            (-1.0, -1.0, INF),
        ),
        *((-1.0, 1.0, 0.0), (1.0, 1.0, 0.0), (-0.5, -0.5, -INF), (-1.5, 0.5, -INF)),
        *((2.5, INF, -INF), (INF, INF, -INF), (INF, -0.5, INF), (-INF, 2.5, INF)),
        *((NAN, 1.0, NAN), (1.0, NAN, NAN), (NAN, 0.0, NAN)),
    ],
    "binom": [
        *((0.0, 0.0, 1.0), (-0.0, 0.0, 1.0), (2.5, -0.0, 1.0), (-0.5, 0.0, 1.0), (-1.5, 1.0, -1.5)),
        *((5.0, 2.0, 10.0), (0.5, 2.0, -0.125), (1e30, 1.0, 1e30), (1e-40, 0.0, 1.0)),
        *((x, k, NAN) for x in (-1.0, -2.0, -1e30, -INF, INF, NAN) for k in (0.0, 1.0, -0.5)),
        *((2.0, x, NAN) for x in (INF, -INF, NAN)),
    ],
}


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", REFERENCES)
def test_special_values(name, code):
    rows = [*SPECIAL[name]]
    if name != "binom":  # the sign at two poles is the second's
        rows += [(y, x, z) for x, y, z in SPECIAL[name] if (x, y) != (-1.0, -2.0)]
    assert ulp.special_failures(name, code, rows) == []


def test_zeros():
    """Where the sum is a pole and neither is, whatever the zero's sign."""
    x, y = np.array([-0.5, -1.5, 0.5, -2.25]), np.array([-0.5, 0.5, -0.5, 1.25])
    assert (ulp.apply("beta", "f8", x, y) == 0).all()


def test_logarithms_of_the_largest():
    """They overflow where the logarithm does."""
    x = np.array([1e308, 1.7976931348623157e308, 1e306, 1e308])
    y = np.array([1e308, 1.7976931348623157e308, 1.0, 1e308 / 4])
    with mpmath.workprec(2400):
        wanted = [float(betaln(mpmath.mpf(a), mpmath.mpf(b))) for a, b in zip(x, y, strict=True)]
    np.testing.assert_allclose(ulp.apply("betaln", "f8", x, y), wanted, rtol=1e-15)
