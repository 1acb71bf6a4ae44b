"""Bessel's functions of orders 0 and 1: one ulp in float32, two in float64.

An absolute bound, which falls as they do, for J and Y, which have zeros.
"""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import ulp

INF, NAN = np.inf, np.nan
SMALL = 1e4
"""What exp(x) is infinite of, in either dtype, and its inverse 0."""
FAR = 30
"""From it on asymptotic series have more than 80 bits."""
ENOUGH = 2.0**-110


def series(order, x):
    """sqrt(2 pi x) exp(-x) I(x), or with -x sqrt(2 x / pi) exp(x) K(x), of a large x."""
    total = term = mpmath.mpf(1)
    for k in range(1, 60):
        term *= ((2 * k - 1) ** 2 - 4 * order**2) / (8 * k * x)
        total += term
        if abs(term) < ENOUGH:
            break
    return total


def scaled_i(order):
    def function(x):
        a = abs(x)
        if a < FAR:
            return mpmath.besseli(order, x) * mpmath.exp(-a)
        return mpmath.sign(x) ** order * series(order, a) / mpmath.sqrt(2 * mpmath.pi * a)

    return function


def unscaled_i(order):
    scaled = scaled_i(order)

    def function(x):
        return scaled(x) * (mpmath.exp(abs(x)) if abs(x) < SMALL else mpmath.inf)

    return function


def height(x):
    """1 / sqrt(|x|), from 1 on: about how high the waves are there."""
    return 1 / mpmath.sqrt(max(abs(x), 1))


def signed(name):
    """Whether the function is real for x < 0 as well."""
    return name[7] in "ij"


def second_kind(order, x, way):
    """K(x), where `way` is 1; pi / 2 times Y1(x) or -Y0(x), where it is -1. By power series (DLMF
    10.8, 10.31) in integers, as mpmath takes up to half a second.
    """
    bits = mpmath.mp.prec + int(3 * x) + 30
    with mpmath.workprec(bits):
        one, twice_euler = 1 << bits, int(mpmath.ldexp(2 * mpmath.euler, bits))
        z = int(mpmath.ldexp(way * x * x / 4, bits))
        first, total, term, harmonic, k = 0, 0, one, 0, 1
        while abs(term) > 1:
            weight = 2 * harmonic - twice_euler + one // k if order else harmonic
            first += term
            total += term * weight >> bits
            term = (term * z >> bits) // (k * (k + order))
            harmonic += one // k
            k += 1
        first, total = (mpmath.ldexp(mpmath.mpf(y), -bits) for y in (first, total))
        log = mpmath.log(x / 2)
        if order:
            return way / x + log * first * x / 2 - x / 4 * total
        return total - (log + mpmath.euler) * first


def scaled_k(order):
    def function(x):
        if x < FAR:
            return second_kind(order, x, 1) * mpmath.exp(x)
        return series(order, -x) * mpmath.sqrt(mpmath.pi / (2 * x))

    return function


def unscaled_k(order):
    scaled = scaled_k(order)

    def function(x):
        return scaled(x) * (mpmath.exp(-x) if x < SMALL else 0)

    return function


def wave(order, second):
    """J, or Y: of a large x by Hankel's expansion, to precisions that mpmath does not find."""

    def function(x):
        a = abs(x)
        if a < FAR and second:
            return (-1) ** (1 - order) * second_kind(order, x, -1) * 2 / mpmath.pi
        if a < FAR:
            return mpmath.besselj(order, x)
        term, parts = mpmath.mpf(1), [mpmath.mpf(1), mpmath.mpf(0)]
        for k in range(1, 60):
            term *= (4 * order**2 - (2 * k - 1) ** 2) / (8 * k * a)
            parts[k % 2] += (-1) ** (k // 2) * term
            if abs(term) < ENOUGH:
                break
        with mpmath.workprec(mpmath.mp.prec + max(0, mpmath.frexp(a)[1])):
            angle = a - (2 * order + 1) * mpmath.pi / 4
            cosine, sine = mpmath.cos(angle), mpmath.sin(angle)
        p, q = parts
        value = p * sine + q * cosine if second else p * cosine - q * sine
        return mpmath.sign(x) ** order * value * mpmath.sqrt(2 / (mpmath.pi * a))

    return function


REFERENCES = {
    **{f"bessel_i{order}": unscaled_i(order) for order in (0, 1)},
    **{f"bessel_i{order}e": scaled_i(order) for order in (0, 1)},
    **{f"bessel_k{order}": unscaled_k(order) for order in (0, 1)},
    **{f"bessel_k{order}e": scaled_k(order) for order in (0, 1)},
    **{f"bessel_j{order}": wave(order, second=False) for order in (0, 1)},
    **{f"bessel_y{order}": wave(order, second=True) for order in (0, 1)},
}
WAVES = tuple(name for name in REFERENCES if name[7] in "jy")
"""Those that have zeros: there the unit is eps times the larger of |result| and `height`."""
# the measured maximum and a little
LIMITS = {
    "bessel_i0": {"f4": 0.51, "f8": 1.2},
    "bessel_i0e": {"f4": 0.51, "f8": 1.6},
    "bessel_i1": {"f4": 0.51, "f8": 1.4},
    "bessel_i1e": {"f4": 0.51, "f8": 1.2},
    "bessel_k0": {"f4": 0.51, "f8": 1.75},
    "bessel_k0e": {"f4": 0.51, "f8": 1.4},
    "bessel_k1": {"f4": 0.51, "f8": 1.6},
    "bessel_k1e": {"f4": 0.51, "f8": 1.6},
}
BORDERS = {
    **{f"bessel_i{order}": (2.0, 2.5, 4.0, 5.0, 7.5, 91.9, 713.98) for order in (0, 1)},
    **{f"bessel_i{order}e": (2.0, 2.5, 4.0, 5.0, 7.5) for order in (0, 1)},
    **{f"bessel_k{order}": (1.0, 103.0, 741.0) for order in (0, 1)},
    **{f"bessel_k{order}e": (1.0,) for order in (0, 1)},
    **dict.fromkeys(WAVES, (8.0, 2.404825557695773, 3.8317059702075125, 0.8935769662791675)),
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


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", WAVES)
def test_with_zeros(name, code):
    """|got - exact| <= 1.7 2^-52 max(|exact|, height), or 0.55 2^-23 in float32."""
    xs = ulp.samples(code, 300, BORDERS[name], signed=signed(name))[:: 2 if code == "f4" else 11]
    rng = np.random.default_rng(8)
    xs = np.concatenate([xs, rng.uniform(0, 9, 600), rng.uniform(0, 300, 300)]).astype(xs.dtype)
    xs = xs[xs != 0]
    exact = ulp.exact_values(REFERENCES[name], xs)
    bound = {"f4": 0.55 * 2.0**-23, "f8": 1.7 * 2.0**-52}[code]
    largest = float(np.finfo(xs.dtype).max)
    for x, got, wanted in zip(xs, ulp.apply(name, code, xs).tolist(), exact, strict=True):
        near = abs(got - wanted) <= bound * max(abs(wanted), height(x))
        assert near or (got == -INF and wanted < -largest), (x, got, float(wanted))


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", WAVES)
def test_near_zero(name, code):
    """Ulps count, some way before the first zero."""
    rng = np.random.default_rng(9)
    xs = np.concatenate([rng.uniform(0, 0.5, 500), 10 ** rng.uniform(-300, -1, 300)])
    xs = xs.astype(ulp.DTYPES[code])
    xs = xs[xs > 0]
    error, where, got, wanted = ulp.worst_case(name, code, xs, exact=REFERENCES[name])
    assert error <= {"f4": 0.51, "f8": 1.9}[code], (error, where, got, wanted)


SPECIAL = {
    "bessel_i0": [(0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, INF), (1e30, INF), (NAN, NAN)],
    "bessel_i0e": [(0.0, 1.0), (-0.0, 1.0), (INF, 0.0), (-INF, 0.0), (NAN, NAN)],
    "bessel_i1": [(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -INF), (-1e30, -INF), (NAN, NAN)],
    "bessel_i1e": [(0.0, 0.0), (-0.0, -0.0), (INF, 0.0), (-INF, -0.0), (NAN, NAN)],
    **{
        f"bessel_k{order}": [
            *((0.0, INF), (-0.0, INF), (INF, 0.0), (1e30, 0.0)),
            *((x, NAN) for x in (-1e-30, -1.0, -INF, NAN)),
        ]
        for order in (0, 1)
    },
    **{
        f"bessel_k{order}e": [
            *((0.0, INF), (-0.0, INF), (INF, 0.0)),
            *((x, NAN) for x in (-1e-30, -1.0, -INF, NAN)),
        ]
        for order in (0, 1)
    },
    "bessel_j0": [(0.0, 1.0), (-0.0, 1.0), (INF, 0.0), (-INF, 0.0), (NAN, NAN)],
    "bessel_j1": [(0.0, 0.0), (-0.0, -0.0), (INF, 0.0), (-INF, -0.0), (NAN, NAN)],
    **{
        f"bessel_y{order}": [
            *((0.0, -INF), (-0.0, -INF), (INF, 0.0)),
            *((x, NAN) for x in (-1e-30, -1.0, -INF, NAN)),
        ]
        for order in (0, 1)
    },
}


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", list(SPECIAL))
def test_special_values(name, code):
    assert ulp.special_failures(name, code, SPECIAL[name]) == []
