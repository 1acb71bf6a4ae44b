"""The gamma function of complex numbers and its kin: errors as docstrings state them, and poles."""

from __future__ import annotations

import re
from typing import Any

import mpmath
import numpy as np
import pytest
from test_vecmath_complex import GAMMAS, Array, apply

from ngrad_kernels.vecmath import FUNCTIONS

REFERENCES = {"trigamma": lambda z: mpmath.psi(1, z)}
POWERS = ("gamma", "rgamma")
"""Whose errors are those of an exponent: as many more as that is large."""
EPS = 2.0**-52


def points(count: int = 25) -> Array:
    """About 0, in both half planes, on the real axis, about poles and 1 and 2, tiny, far out."""
    rng = np.random.default_rng(5)

    def spread(low: float, high: float) -> Array:
        return 10 ** rng.uniform(low, high, count) * rng.choice([-1, 1], count)

    def box(x: float, y: float) -> Array:
        return rng.uniform(-x, x, count) + 1j * rng.uniform(-y, y, count)

    return np.concatenate(
        [
            *(box(3, 2), box(12, 12), box(150, 150), box(12, 0)),
            *(rng.integers(-8, 3, count) + spread(-12, -0.3) + 1j * spread(-12, -0.3),),
            *(spread(-150, -1) + 1j * spread(-150, -1), spread(0, 12) + 1j * spread(0, 12)),
            *(1e5 * box(1, 0) + 1j * spread(-9, 1.5), 0.5 + box(0.1, 0) + 8j + 1j * box(0.1, 0)),
        ]
    )


def errors(name: str, z: Array) -> Array:
    """In eps of the modulus, or of what the docstring says."""
    reference = REFERENCES.get(name) or getattr(mpmath, name)
    found, worst = apply(name, z), []
    with mpmath.workdps(60):
        for x, y in zip(z, found, strict=True):
            point = mpmath.mpc(float(x.real), float(x.imag))
            exact = reference(point)
            size = float(abs(exact)) if abs(exact) < 1e300 else np.inf
            if name in POWERS:
                if not 1e-290 < size < 1e300:
                    continue
                size *= max(1.0, float(abs(mpmath.loggamma(point))) / 40.0)
            elif name != "loggamma" or min(abs(x - 1), abs(x - 2)) > 0.5:
                size = max(size, 1.0)
            worst.append(float(abs(mpmath.mpc(y.real, y.imag) - exact)) / (size * EPS))
    return np.array(worst)


@pytest.mark.parametrize("name", GAMMAS)
def test_errors_are_as_stated(name: str) -> None:
    stated = re.search(r"Max error\s+(\d+)\s+eps", FUNCTIONS[f"{name}_c16"].__doc__)
    assert stated is not None
    z = points()
    z = z[np.abs(z) < 500] if name == "trigamma" else z  # further out the reference takes seconds
    assert errors(name, z).max() <= float(stated[1])


@pytest.mark.parametrize("name", GAMMAS)
def test_complex64_is_rounded_once(name: str) -> None:
    z = points().astype(np.complex64)
    z = z[(np.abs(z) > 1e-15) & (np.abs(z) < 30)]
    with np.errstate(over="ignore"):
        wanted = apply(name, z.astype(np.complex128)).astype(np.complex64)
    np.testing.assert_array_equal(apply(name, z), wanted)


@pytest.mark.parametrize("name", GAMMAS)
def test_the_other_half_plane(name: str) -> None:
    """f(conj z) is conj f(z), to the bit; what is real is so, but for the logarithm's turns."""
    z = points()
    np.testing.assert_array_equal(apply(name, z.conj()), apply(name, z).conj())
    real = np.linspace(-7.3, 9.0, 40) + 0j
    found = apply(name, real)
    turns = np.where(real.real < 0, np.floor(real.real), 0.0) if name == "loggamma" else 0.0
    np.testing.assert_allclose(found.imag, np.pi * turns, rtol=1e-15)


@pytest.mark.parametrize("name", GAMMAS)
def test_poles_and_infinities(name: str) -> None:
    poles = np.array([0j, complex(-0.0, -0.0), -1 + 0j, complex(-7.0, -0.0), -1e20 + 0j])
    at: dict[str, Any] = {"rgamma": 0.0}
    np.testing.assert_array_equal(apply(name, poles).real, at.get(name, np.nan))
    far: dict[str, Any] = {"gamma": np.nan, "rgamma": 0.0, "trigamma": 0.0}
    found = apply(name, np.array([np.inf + 0j, complex(np.nan, 1), complex(1, np.nan)]))
    np.testing.assert_array_equal(found.real, [far.get(name, np.inf), np.nan, np.nan])
