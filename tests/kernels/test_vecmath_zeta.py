"""zeta, riemann_zeta, polygamma: at most two ulp, of negative arguments too.

Where x < 0 and zeta's exponent is odd there are zeros between the poles: there the unit is the
largest term's.
"""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import ulp
from mpmath import mpf

INF, NAN = np.inf, np.nan
SHIFT = 60
"""Where the expansion of the reference begins: mpmath's own lacks digits of a large q."""


def _far(s, w):
    """zeta(s, w) for w > 0: terms while they matter, then Euler's and Maclaurin's expansion."""
    total = mpf(0)
    while w < SHIFT or s > 2 * w:
        term = w**-s
        total += term
        w += 1
        if term < total * mpf(2) ** -160:
            return total
    power = w ** (1 - s)
    total += power * (1 / (s - 1) + 1 / (2 * w))
    product, power = s, power / w**2
    for j in range(1, 31):
        term = mpmath.bernoulli(2 * j) / mpmath.factorial(2 * j) * product * power
        total += term
        if abs(term) < abs(total) * mpf(2) ** -150:
            break
        product *= (s + 2 * j - 1) * (s + 2 * j)
        power /= w**2
    return total


def zeta(s, q):
    if q > 0:
        return _far(s, q)
    m = int(mpmath.nint(-q))
    if m < 60:
        return sum((q + k) ** -s for k in range(m + 1)) + _far(s, q + m + 1)
    t, sign = q + m, 1 - 2 * (int(s) % 2)
    return t**-s + _far(s, 1 + t) + sign * (_far(s, 1 - t) - _far(s, 1 - q))


def polygamma(n, x):
    return -((-1) ** int(n)) * mpmath.gamma(n + 1) * zeta(n + 1, x)


def riemann_zeta(x):
    if x < -400:
        return mpmath.inf if x % 2 else mpf(0)
    return mpmath.zeta(min(x, mpf(2000))) if abs(x) > 1e-30 else mpf(-0.5)


REFERENCES = {"polygamma": polygamma, "riemann_zeta": riemann_zeta, "zeta": zeta}
PAIRS = ("polygamma", "zeta")
LIMITS = {
    "polygamma": {"f4": 0.51, "f8": 0.7},
    "riemann_zeta": {"f4": 0.51, "f8": 1.1},
    "zeta": {"f4": 0.51, "f8": 0.8},
}
BORDERS = (0.25, 1.0, 2.0, 8.0, 60.0)
TOPS = {"f4": 60.0, "f8": 255.0}
"""Up to where riemann_zeta(-x) is finite."""


def pairs(name, code, count, rng):
    """An exponent, or an order, and an argument."""
    near = {"f4": 5, "f8": 14}[code]
    wide = {"f4": 30, "f8": 200}[code]

    def spread(low, high):
        return 10.0 ** rng.uniform(low, high, count)

    whole = rng.integers(2, 15, count) * 1.0
    even = 2.0 * rng.integers(1, 8, count)
    found = [
        (whole, spread(-3, 5)),
        (rng.integers(2, 150, count) * 1.0, spread(-1, 3)),
        (even, -rng.uniform(0, 30, count)),
        (even, -spread(1, 5)),
    ]
    if name == "polygamma":
        found += [(whole, spread(-1, 2)), (whole, rng.uniform(0, 20, count))]
        found = [(s - (s > 1) * (x < 0), x) for s, x in found]
    else:
        found += [
            (rng.uniform(1, 12, count), spread(-6, 5)),
            (1 + spread(-near, 2.8), spread(-4, 5)),
            (1 + spread(-near, 0), spread(-wide, wide)),
        ]
    s, x = (np.concatenate([pair[k] for pair in found]).astype(ulp.DTYPES[code]) for k in (0, 1))
    return s, x


def smooth(name, s, x):
    """Where the function is finite and has no zeros."""
    at = s + (name == "polygamma")
    whole = np.floor(s) == s
    inside = (x > 0) | ((np.floor(x) != x) & whole & (at % 2 == 0))
    return (at > 1) & inside & (whole if name == "polygamma" else True)


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", PAIRS)
def test_everywhere(name, code):
    s, x = pairs(name, code, 60, np.random.default_rng(8))
    keep = smooth(name, s, x)
    s, x = s[keep], x[keep]
    error = ulp.ulp_error(
        ulp.apply(name, code, s, x), ulp.exact_values(REFERENCES[name], s, x), s.dtype
    )
    at = int(np.argmax(error))
    assert error[at] <= LIMITS[name][code], (error[at], s[at], x[at])


@pytest.mark.parametrize("code", ["f4", "f8"])
def test_between_poles(code):
    """|got - exact| is at most an eps of the term nearest to the pole, also around zeros."""
    rng = np.random.default_rng(9)
    s = (2 * rng.integers(1, 8, 400) + 1).astype(ulp.DTYPES[code])
    q = np.concatenate([-rng.uniform(0, 30, 200), -(10 ** rng.uniform(1, 4, 200))]).astype(s.dtype)
    keep = np.floor(q) != q
    s, q = s[keep], q[keep]
    for a, b, got in zip(s, q, ulp.apply("zeta", code, s, q), strict=True):
        unit = abs(float(b) - np.rint(float(b))) ** -float(a) * float(np.finfo(s.dtype).eps)
        with mpmath.workprec(200):
            exact = zeta(mpf(float(a)), mpf(float(b)))
        assert abs(float(got) - float(exact)) <= unit, (a, b)


@pytest.mark.parametrize("code", ["f4", "f8"])
def test_riemann_zeta(code):
    rng = np.random.default_rng(10)
    xs = ulp.samples(code, 200, BORDERS, high=TOPS[code])[:: 3 if code == "f4" else 23]
    more = [rng.uniform(-1, 3, 300), -rng.uniform(0, TOPS[code], 300)]
    steps = 10.0 ** -rng.uniform(1, 12, 200) * rng.choice([-1, 1], 200)
    more += [1 + steps, -2.0 * rng.integers(1, 20, 200) + steps]
    xs = np.concatenate([xs, *(part.astype(xs.dtype) for part in more)])
    xs = xs[xs != 1]
    error, where, got, wanted = ulp.worst_case("riemann_zeta", code, xs, exact=riemann_zeta)
    assert error <= LIMITS["riemann_zeta"][code], (error, where, got, wanted)


SPECIAL = {
    "zeta": [
        *((2.0, 0.0, INF), (2.0, -0.0, INF), (3.0, -1.0, INF), (2.5, -1.0, INF), (2.0, -INF, INF)),
        *((1.0, 2.0, INF), (1.0, -0.5, INF), (1.0, INF, INF)),
        *((0.5, 2.0, NAN), (-2.0, 2.0, NAN), (0.5, -1.0, NAN), (2.5, -1.5, NAN)),
        *((INF, 1.0, 1.0), (INF, 0.5, INF), (INF, 2.0, 0.0), (1e30, 2.0, 0.0), (2.0, INF, 0.0)),
        *((2.0, 1e-30, INF), (NAN, 1.0, NAN), (2.0, NAN, NAN), (1.0, NAN, NAN)),
    ],
    "polygamma": [
        *((n, x, INF if n % 2 else -INF) for n in (1.0, 2.0, 200.0) for x in (0.0, -0.0, -3.0)),
        *((1.0, INF, 0.0), (2.0, INF, -0.0), (2.0, NAN, NAN), (1486.0, 77.75, -INF)),
        *((0.0, 1.0, NAN), (-1.0, 1.0, NAN), (1.5, 1.0, NAN)),  # not its business
    ],
}


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", list(SPECIAL))
def test_special_values(name, code):
    for s, x, wanted in SPECIAL[name]:
        if s == 2.0 and x == 1e-30 and code == "f8":
            continue
        (got,) = ulp.apply(name, code, np.array([s]), np.array([x]))
        assert np.array_equal(got, wanted, equal_nan=True), (s, x, got)


@pytest.mark.parametrize("code", ["f4", "f8"])
def test_special_values_of_riemann_zeta(code):
    cases = [(0.0, -0.5), (-0.0, -0.5), (1.0, INF), (INF, 1.0), (1e30, 1.0), (-INF, NAN)]
    cases += [(x, 0.0) for x in (-2.0, -4.0, -300.0, -1e30)]
    cases += [(-301.0, -INF), (-303.0, INF), (NAN, NAN)]
    assert ulp.special_failures("riemann_zeta", code, cases) == []
