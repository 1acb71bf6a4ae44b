"""The error function of complex numbers and its kin: errors as docstrings state them, axes, and
infinities.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special
from test_vecmath_complex import ERRORS, Array, apply

import ngrad
from ngrad.scipy import special
from ngrad_kernels.vecmath import FUNCTIONS, complex_error

EPS = 2.0**-52
REFERENCES: dict[str, Callable[[Any], Any]] = {
    "wofz": lambda z: mpmath.exp(-z * z) * mpmath.erfc(-1j * z),
    "erfcx": lambda z: mpmath.exp(z * z) * mpmath.erfc(z),
    "dawsn": lambda z: mpmath.exp(-z * z) * mpmath.erfi(z) * mpmath.sqrt(mpmath.pi) / 2,
}
WHERE: dict[str, Callable[[Array], Array]] = {
    "wofz": lambda z: z.imag >= 0,
    "erfcx": lambda z: z.real >= 0,
    "erfc": lambda z: z.real >= 0,
}
"""Where errors are of the modulus; of others within 1 of 0. Elsewhere there are zeros."""


def points(count: int = 60) -> Array:
    """About 0, all over the plane, near both axes and on them, tiny, far out, and about nodes."""
    rng = np.random.default_rng(5)

    def spread(low: float, high: float) -> Array:
        return 10 ** rng.uniform(low, high, count) * rng.choice([-1, 1], count)

    def box(x: float, y: float) -> Array:
        return rng.uniform(-x, x, count) + 1j * rng.uniform(-y, y, count)

    step = np.sqrt(np.pi / 12)
    nodes = 0.25 * step * rng.integers(-50, 50, count) + 1e-3 * box(1, 1)
    edge = np.pi / step
    return np.concatenate(
        [
            *(box(1.2, 1.2), box(3, 3), box(8, 8), box(26, 26), box(9, 0), 1j * box(9, 0)),
            *(spread(-12, 1) + 1j * spread(-12, 1), spread(-300, -5) + 1j * spread(-300, -5)),
            *(spread(0, 12) + 1j * spread(-9, 1), spread(-9, 1) + 1j * spread(0, 1.3)),
            *(nodes, nodes.real + 1j * spread(-20, -1), box(9, 0) + 1j * (edge + 1e-3 * box(1, 0))),
        ]
    )


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_as_stated(name: str) -> None:
    stated = re.search(r"Max error\s+(\d+)\s+eps", FUNCTIONS[f"{name}_c16"].__doc__)
    assert stated is not None
    z, reference, worst = points(), REFERENCES.get(name) or getattr(mpmath, name), 0.0
    of_modulus = WHERE.get(name, lambda z: np.abs(z) <= 1)(z)
    with mpmath.workdps(60):
        for x, y, own in zip(z, apply(name, z), of_modulus, strict=True):
            exact = reference(mpmath.mpc(x))
            if not 1e-290 < abs(exact) < 1e290:
                continue
            size = abs(exact) if own else max(abs(exact), 1)
            worst = max(worst, float(abs(mpmath.mpc(complex(y)) - exact) / (size * EPS)))
    assert worst <= float(stated[1])


@pytest.mark.parametrize("name", ERRORS)
def test_complex64_is_rounded_once(name: str) -> None:
    z = points().astype(np.complex64)
    z = z[np.abs(z) > 1e-15]
    with np.errstate(over="ignore", invalid="ignore"):
        wanted = apply(name, z.astype(np.complex128)).astype(np.complex64)
    np.testing.assert_array_equal(apply(name, z), wanted)


@pytest.mark.parametrize("name", ERRORS)
def test_mirror_images(name: str) -> None:
    """To the bit; and what is real or imaginary on an axis is so."""
    z, odd = points(), name in ("erf", "erfi", "dawsn")
    z = z[np.abs(z) < 20]
    if name == "wofz":
        np.testing.assert_array_equal(apply(name, -z.conj()), apply(name, z).conj())
    else:
        np.testing.assert_array_equal(apply(name, z.conj()), apply(name, z).conj())
        assert not apply(name, z.real + 0j).imag.any()
    if odd:
        np.testing.assert_array_equal(apply(name, -z), -apply(name, z))
        assert not apply(name, 1j * z.imag).real.any()


@pytest.mark.parametrize("name", ERRORS)
def test_infinities_are_scipys(name: str) -> None:
    """Where it finds any, and they lie in a direction."""
    numbers = [0.0, 1.0, -2.5, np.inf, -np.inf, np.nan]
    z = np.array([complex(x, y) for x in numbers for y in numbers])
    with np.errstate(all="ignore"):
        wanted = getattr(scipy.special, name)(z)
    found = apply(name, z)
    known = ~np.isnan(wanted)
    for x, y in ((found.real, wanted.real), (found.imag, wanted.imag)):
        np.testing.assert_allclose(x[known], y[known], 1e-13, 1e-15)
    assert np.isnan(found[np.isnan(z)]).all()


@pytest.mark.parametrize("name", ["erf", "erfc", "erfi", "dawsn", "wofz", "erfcx"])
def test_what_overflows_on_an_axis_is_infinite(name: str) -> None:
    turn = {"erfi": 1 + 0j, "wofz": -1j, "erfcx": -1 + 0j}.get(name, 1j)
    z = turn * np.array([30.0, 40.0, 700.0, 1e200])
    wanted = getattr(scipy.special, name)(z)
    found = apply(name, z)
    assert np.isinf(found).all()
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("name", ["erfcx", "wofz"])
def test_slopes_far_out(name: str) -> None:
    """Where the exponential of the other half plane overflows."""
    z = np.array([28 + 8j, 27 + 0j, 100 + 3j, 9 + 9j, 8 + 30j, 9 + 0j])
    own = ngrad.constant(z)
    with ngrad.GradientTape() as tape:
        tape.watch(own)
        y = getattr(special, name)(own)
    found = tape.gradient(y, own).numpy().conj()
    with mpmath.workdps(60):
        exact = [complex(mpmath.diff(REFERENCES[name], mpmath.mpc(x))) for x in z]
    np.testing.assert_allclose(found, exact, 1e-13)


def test_constants_follow_from_the_step() -> None:
    with mpmath.workdps(40):
        step = mpmath.sqrt(mpmath.pi / 12)
        for k in range(12):
            for nodes, weights, at in (("M", "U", k + mpmath.mpf("0.5")), ("N", "V", k + 1)):
                square = (at * step) ** 2
                assert getattr(complex_error, f"{nodes}_{k}") == float(square)
                assert getattr(complex_error, f"{weights}_{k}") == float(mpmath.exp(-square))
