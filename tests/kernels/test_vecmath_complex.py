"""Functions of complex numbers: their errors, as docstrings state them, and special values."""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Callable
from typing import Any

import mpmath
import numba as nb
import numpy as np
import pytest
from numeric import assert_same_bits

from ngrad_kernels.intrinsics import load, store
from ngrad_kernels.vecmath import FUNCTIONS, complex_exponential, complex_trigonometric

Array = np.ndarray[Any, Any]
MODULUS = ("rsqrt", "sigmoid")
"""Functions whose parts cancel: their error is in ulp of the modulus."""
REFERENCES: dict[str, Callable[[Any], Any]] = {
    "log1p": lambda z: mpmath.log(1 + z),
    "log2": lambda z: mpmath.log(z) / mpmath.log(2),
    "rsqrt": lambda z: 1 / mpmath.sqrt(z),
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
}
NAMES = [
    *("exp", "log", "log2", "log10", "log1p", "sqrt", "rsqrt", "sigmoid"),
    *("sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "sin", "cos", "tan"),
    *("asin", "acos", "atan"),
]
GAMMAS = ("gamma", "rgamma", "loggamma", "digamma", "trigamma")
"""Those of `test_vecmath_complex_gamma.py`."""
ERRORS = ("erf", "erfc", "erfcx", "erfi", "wofz", "dawsn")
"""Those of `test_vecmath_complex_error.py`."""
NUMPYS = {f"a{name}": f"arc{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")}


@functools.cache
def _kernel(name: str, code: str) -> Any:
    function, read, write = FUNCTIONS[f"{name}_{code}"], load[code], store[code]

    @nb.cfunc("void(intp,intp,intp)", error_model="numpy")
    def kernel(x, y, n):
        for i in range(n):
            write(y, i, function(read(x, i)))

    return kernel.ctypes


def apply(name: str, z: Array) -> Array:
    out = np.empty_like(z)
    _kernel(name, f"c{z.itemsize}")(z.ctypes.data, out.ctypes.data, z.size)
    return out


def points(count: int = 12) -> Array:
    """All over the plane, on and beside the unit circle, beside 1 and -1, tiny ones."""
    rng = np.random.default_rng(5)

    def spread(low: float, high: float) -> Array:
        sizes = 10 ** rng.uniform(low, high, count)
        return sizes * rng.choice([-1, 1], count)

    angles = np.exp(1j * rng.uniform(0, 2 * np.pi, count))
    beside = spread(-16, -1) + 1j * spread(-16, -1)
    return np.concatenate(
        [
            *(spread(low, high) + 1j * spread(low, high) for low, high in ((-3, 2.5), (-1, 0.7))),
            angles * (1 + spread(-16, -1)),
            *(1 + beside, beside - 1, spread(-30, -1) + 1j * spread(-30, -1)),
        ]
    )


def errors(name: str, z: Array) -> Array:
    """In ulp: of each part, or of the modulus."""
    function = REFERENCES.get(name) or getattr(mpmath, name)
    found, worst = apply(name, z), []
    with mpmath.workprec(500):
        for x, y in zip(z, found, strict=True):
            exact = function(mpmath.mpc(float(x.real), float(x.imag)))
            pairs = [(y.real, exact.real), (y.imag, exact.imag)]
            sizes = [abs(exact)] * 2 if name in MODULUS else [abs(part) for _, part in pairs]
            for (part, wanted), size in zip(pairs, sizes, strict=True):
                unit = np.spacing(y.real.dtype.type(max(float(size), 1e-300)))
                worst.append(float(abs(float(part) - wanted) / float(unit)))
    return np.array(worst)


@pytest.mark.parametrize("name", NAMES)
def test_errors_are_as_stated(name: str) -> None:
    stated = re.search(r"Max error\s+([\d.]+)\s+ulp", FUNCTIONS[f"{name}_c16"].__doc__)
    assert stated is not None
    z = points()
    z = z[np.abs(z.imag) < 3] if name == "sigmoid" else z  # away from the poles
    assert errors(name, z).max() <= float(stated[1])


@pytest.mark.parametrize("name", ["exp", "log", "asin"])
def test_complex64_is_rounded_once(name: str) -> None:
    z = points().astype(np.complex64)
    z = z[(np.abs(z) > 1e-15) & (z.real < 80)]
    assert errors(name, z).max() <= 0.51


def test_functions_are_tested() -> None:
    defined = {name.removesuffix("_c16") for name in FUNCTIONS if name.endswith("_c16")}
    assert defined == {*NAMES, *GAMMAS, *ERRORS, "expm1", "pow"}
    for module in (complex_exponential, complex_trigonometric):
        assert "C99" in (module.__doc__ or "")


SPECIAL = [0.0, -0.0, 1.0, -2.5, np.inf, -np.inf, np.nan, 1e308, 710.0, -745.0]
UNSPECIFIED = {
    # The sign of an infinity or a zero beside a NaN, or of one that lies in no direction.
    "exp": lambda z: (z.real == -np.inf) & np.isinf(z.imag),
    "sinh": lambda z: np.isinf(z.real) & ~np.isfinite(z.imag),
    "cosh": lambda z: np.isinf(z.real) & ~np.isfinite(z.imag),
    "sin": lambda z: np.isinf(z.imag) & ~np.isfinite(z.real),
    "cos": lambda z: ~np.isfinite(z.real) | np.isnan(z.imag),
}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("rsqrt", "sigmoid")])
def test_special_values(name: str) -> None:
    """Infinities, NaN and signed zeros where NumPy, by C99, has them."""
    z = np.array([complex(x, y) for x in SPECIAL for y in SPECIAL])
    if name in UNSPECIFIED:
        z = z[~UNSPECIFIED[name](z)]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        wanted = getattr(np, NUMPYS.get(name, name))(z)
    found = apply(name, z)
    for x, y in ((found.real, wanted.real), (found.imag, wanted.imag)):
        whole = ~np.isfinite(y) | (y == 0)
        assert_same_bits(x[whole], y[whole])
        np.testing.assert_allclose(x[~whole], y[~whole], 1e-14)
