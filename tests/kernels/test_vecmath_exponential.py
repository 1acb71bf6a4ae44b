"""Exponentials, logarithms, hyperbolic functions and powers of vecmath: ulps and special values."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
from ulp import DTYPES, apply, samples, special_failures, worst_case

INF, NAN = np.inf, np.nan
MAX_ULP = {"f4": 1.0, "f8": 2.0}
COUNT = 1000


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + mpmath.exp(-x))


def _softplus(x: Any) -> Any:
    return mpmath.log1p(mpmath.exp(x))


def _cbrt(x: Any) -> Any:
    return mpmath.sign(x) * mpmath.cbrt(abs(x))


# arguments beyond which a function is constant, infinite or undefined: mpmath need not go there
EXP = (0.35, 1, 17.3, 37, 87.3, 88.7, 103, 104, 708.3, 709.7, 745, 745.2)
EXP2 = (0.5, 1.5, 126, 127.5, 128, 149, 150, 1022, 1023.5, 1024, 1074, 1075)
UNARY: dict[str, dict[str, Any]] = {
    "exp": {"high": 1e4, "borders": EXP},
    "exp2": {"high": 1e4, "borders": EXP2, "exact": lambda x: mpmath.power(2, x)},
    "expm1": {"high": 1e4, "borders": EXP},
    "sigmoid": {"high": 1e4, "borders": EXP, "exact": _sigmoid},
    "softplus": {"high": 1e4, "borders": (1.0986, *EXP), "exact": _softplus},
    "log": {"borders": (2 / 3, 4 / 3), "signed": False},
    "log2": {"borders": (2 / 3, 4 / 3), "signed": False, "exact": lambda x: mpmath.log(x, 2)},
    "log10": {"borders": (2 / 3, 4 / 3), "signed": False, "exact": mpmath.log10},
    "log1p": {"borders": (1 / 3, 2.0**60, 2.0**100)},
    "sinh": {"high": 1e4, "borders": (*EXP, 89.4, 710.4)},
    "cosh": {"high": 1e4, "borders": (*EXP, 89.4, 710.4)},
    "tanh": {"high": 1e4, "borders": (9.01, 19.06, 22)},
    "asinh": {"borders": (2.0**60, 2.0**500)},
    "acosh": {"borders": (2.0**60, 2.0**500), "low": 1.0, "signed": False},
    "atanh": {"high": 1.0},
    "cbrt": {"borders": (8, 27), "exact": _cbrt},
}


def _clipped(borders: tuple[float, ...], code: str) -> list[float]:
    return [b for b in borders if b <= float(np.finfo(DTYPES[code]).max)]


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", UNARY)
def test_ulp(name: str, code: str) -> None:
    options = dict(UNARY[name])
    exact = options.pop("exact", None)
    options["borders"] = _clipped(options.get("borders", ()), code)
    x = samples(code, COUNT, **options)
    if name.startswith("log"):
        inner = np.random.default_rng(1).uniform(0.5, 2, COUNT).astype(x.dtype)
        x = np.concatenate([x, inner - 1 if name == "log1p" else inner])
        x = x[x > -1]
    x = x[x != 0] if name in ("log", "log2", "log10") else x
    x = x[np.abs(x) < 1] if name == "atanh" else x
    worst = worst_case(name, code, x, exact=exact)
    assert worst[0] <= MAX_ULP[code], worst


def _pairs(code: str) -> tuple[np.ndarray, np.ndarray]:
    """Bases and exponents: results over all of the range, bases next to 1, integers, subnormals."""
    rng, dtype = np.random.default_rng(2), DTYPES[code]
    info = np.finfo(dtype)
    limit = float(np.log(info.max)) * 1.05
    x = np.exp2(rng.uniform(info.minexp - info.nmant, info.maxexp, COUNT))
    near = np.concatenate([np.exp2(rng.uniform(-1, 1, COUNT)), 1 + rng.uniform(-1e-3, 1e-3, COUNT)])
    bases = np.concatenate([x, near, -x[:100]]).astype(dtype)
    with np.errstate(divide="ignore"):
        logs = np.log(np.abs(bases.astype(np.float64)))
    exponents = rng.uniform(-limit, limit, bases.size) / np.where(logs == 0, 1, logs)
    exponents[-100:] = rng.integers(-6, 7, 100)
    keep = (bases != 0) & np.isfinite(bases)
    return bases[keep], exponents.astype(dtype)[keep]


@pytest.mark.parametrize("code", ["f4", "f8"])
def test_ulp_of_pow(code: str) -> None:
    x, y = _pairs(code)
    worst = worst_case("pow", code, x, y, exact=mpmath.power)
    assert worst[0] <= MAX_ULP[code], worst


@pytest.mark.parametrize("code", ["f4", "f8"])
def test_ulp_of_hypot(code: str) -> None:
    x = samples(code, COUNT, seed=3)
    y = (x * np.random.default_rng(4).uniform(-0.9, 0.9, x.size)).astype(x.dtype)
    y[::2] = x[np.random.default_rng(5).permutation(x.size)[: y[::2].size]]
    worst = worst_case("hypot", code, x, y, exact=mpmath.hypot)
    assert worst[0] <= MAX_ULP[code], worst


SPECIAL: dict[str, list[tuple[float, ...]]] = {
    "exp": [(0, 1), (-0.0, 1), (INF, INF), (-INF, 0), (1e5, INF), (-1e5, 0), (NAN, NAN)],
    "exp2": [(0, 1), (-0.0, 1), (10, 1024), (-149, 2.0**-149), (INF, INF), (-INF, 0), (NAN, NAN)],
    "expm1": [(0, 0), (-0.0, -0.0), (INF, INF), (-INF, -1), (-1e5, -1), (1e5, INF), (NAN, NAN)],
    "sigmoid": [(0, 0.5), (-0.0, 0.5), (INF, 1), (-INF, 0), (1e5, 1), (-1e5, 0), (NAN, NAN)],
    "softplus": [(INF, INF), (-INF, 0), (-1e5, 0), (1e5, 1e5), (1e30, 1e30), (NAN, NAN)],
    "log": [(1, 0), (0, -INF), (-0.0, -INF), (-1, NAN), (-INF, NAN), (INF, INF), (NAN, NAN)],
    "log2": [(1, 0), (8, 3), (2.0**-149, -149), (0, -INF), (-0.0, -INF), (-1, NAN), (INF, INF)],
    "log10": [(1, 0), (1000, 3), (0, -INF), (-0.0, -INF), (-1, NAN), (INF, INF), (NAN, NAN)],
    "log1p": [(0, 0), (-0.0, -0.0), (-1, -INF), (-1.5, NAN), (-INF, NAN), (INF, INF), (NAN, NAN)],
    "sinh": [(0, 0), (-0.0, -0.0), (INF, INF), (-INF, -INF), (-1e5, -INF), (NAN, NAN)],
    "cosh": [(0, 1), (-0.0, 1), (INF, INF), (-INF, INF), (-1e5, INF), (NAN, NAN)],
    "tanh": [(0, 0), (-0.0, -0.0), (INF, 1), (-INF, -1), (-100, -1), (NAN, NAN)],
    "asinh": [(0, 0), (-0.0, -0.0), (INF, INF), (-INF, -INF), (NAN, NAN)],
    "acosh": [(1, 0), (0.5, NAN), (-1, NAN), (-INF, NAN), (INF, INF), (NAN, NAN)],
    "atanh": [(0, 0), (-0.0, -0.0), (1, INF), (-1, -INF), (1.5, NAN), (-INF, NAN), (NAN, NAN)],
    "cbrt": [(0, 0), (-0.0, -0.0), (27, 3), (-8, -2), (INF, INF), (-INF, -INF), (NAN, NAN)],
    "hypot": [(3, 4, 5), (0, -0.0, 0), (-5, 0, 5), (NAN, 1, NAN), (1, NAN, NAN)]
    + [(a, b, INF) for a in (INF, -INF) for b in (0, 1, INF, NAN)]
    + [(b, a, INF) for a in (INF, -INF) for b in (0, 1, INF, NAN)],
    "pow": [(x, 0, 1) for x in (0, -0.0, 1, -2, INF, -INF, NAN)]
    + [(x, -0.0, 1) for x in (0, -0.0, 1, -2, INF, -INF, NAN)]
    + [(1, y, 1) for y in (2.5, INF, -INF, NAN, 1e30)]
    + [(-1, y, 1) for y in (INF, -INF, 1e30, 2)]
    + [(-1, 3, -1), (-1, -3, -1), (-1, 0.5, NAN), (-2, 3, -8), (-2, -2, 0.25), (-2, 0.5, NAN)]
    + [(0, -3, INF), (-0.0, -3, -INF), (0, -2, INF), (-0.0, -2, INF), (-0.0, -2.5, INF)]
    + [(0, 3, 0), (-0.0, 3, -0.0), (0, 2, 0), (-0.0, 2, 0), (-0.0, 2.5, 0), (0, 1e-30, 0)]
    + [(0, -INF, INF), (-0.0, -INF, INF), (0, INF, 0), (-0.0, INF, 0), (2, 1e30, INF)]
    + [(0.5, -INF, INF), (-0.5, -INF, INF), (2, -INF, 0), (-2, -INF, 0), (2, -1e30, 0)]
    + [(0.5, INF, 0), (-0.5, INF, 0), (2, INF, INF), (-2, INF, INF), (-2, 1e30, INF)]
    + [(-INF, -3, -0.0), (-INF, -2, 0), (-INF, -2.5, 0), (-INF, 3, -INF), (-INF, 2, INF)]
    + [(-INF, 2.5, INF), (INF, -1, 0), (INF, 2, INF), (INF, 1e-30, INF), (INF, INF, INF)]
    + [(INF, -INF, 0), (-INF, INF, INF), (-INF, -INF, 0), (-3, 1e6 + 1, -INF)]
    + [(NAN, 1, NAN), (2, NAN, NAN), (NAN, NAN, NAN), (0, NAN, NAN), (NAN, INF, NAN)]
    + [(10, 3, 1000), (2, -149, 2.0**-149), (2, -126, 2.0**-126), (2.0**-149, 1, 2.0**-149)],
}


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", SPECIAL)
def test_special_values(name: str, code: str) -> None:
    assert not special_failures(name, code, SPECIAL[name])


@pytest.mark.parametrize("name", ["expm1", "log1p", "sinh", "tanh", "asinh", "atanh"])
@pytest.mark.parametrize("code", ["f4", "f8"])
def test_tiny_arguments_come_back(name: str, code: str) -> None:
    x = samples(code, 100, high=2.0**-60)
    assert np.array_equal(apply(name, code, x).view(np.uint8), x.view(np.uint8))


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", ["exp", "expm1", "sigmoid", "softplus", "log", "sinh", "tanh"])
def test_grows(name: str, code: str) -> None:
    x = np.sort(np.random.default_rng(6).uniform(0.01, 80, 20000)).astype(DTYPES[code])
    y = apply(name, code, x).astype(np.float64)
    assert (np.diff(y) >= -2 * np.spacing(y[1:].astype(DTYPES[code]))).all()


def test_tails() -> None:
    assert apply("sigmoid", "f8", [-100.0])[0] == pytest.approx(3.720075976020836e-44, rel=4e-16)
    assert apply("softplus", "f8", [-700.0])[0] == apply("exp", "f8", [-700.0])[0] > 0
