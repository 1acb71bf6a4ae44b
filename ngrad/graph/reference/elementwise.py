"""References of elementwise ops.

Those of exact ops compute in the op's own dtype, and so agree to the bit; the others compute in
float64, and agree as closely as the kernels promise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.dtypes import DType
from ngrad.graph.reference.folds import wide
from ngrad.graph.reference.special import BESSEL, ORDERS, expn, polygamma, special, trigamma

Array = np.ndarray[Any, Any]
Reference = Callable[..., Any]


def _in_float64(function: Reference) -> Reference:
    return lambda *xs: function(*map(wide, xs))


def _integral(function: Reference) -> Reference:
    """A function that gives integers, and so what is no float as it is."""
    return lambda x: function(x) if x.dtype.kind == "f" else x


def _zero(x: Array) -> Any:
    return x.dtype.type(0)


def _cast(x: Array, dtype: DType) -> Any:
    """Floats to integers saturate, and NaN is 0; of complex numbers the real part is taken; the
    rest is NumPy's.
    """
    target = dtype.numpy_dtype
    if x.dtype.kind == "c" and target.kind not in "cb":
        x = x.real
    if x.dtype.kind != "f" or target.kind not in "iu":
        return x.astype(target)
    info = np.iinfo(target)
    whole = np.nan_to_num(np.trunc(wide(x)), nan=0.0)
    # The greatest of 64 bits rounds up as a float, so compare before converting.
    over, under = whole >= float(info.max), whole <= float(info.min)
    inside = np.where(over | under, 0.0, whole).astype(target)
    return np.where(over, target.type(info.max), np.where(under, target.type(info.min), inside))


def _gamma_density(a: Array, x: Array) -> Any:
    size = special("xlogy")(a - 1.0, x) - x - special("gammaln")(a)
    return np.where((x >= 0) & (a >= 0), np.exp(size), np.nan)


def _gammainc_slope(a: Array, x: Array) -> Any:
    weight = special("xlogy")(a, x) - x - special("gammaln")(a + 1.0)
    total = np.zeros(np.broadcast_shapes(a.shape, x.shape))
    for n in range(200):
        rise = (
            special("xlogy")(n, x) + special("gammaln")(a + 1.0) - special("gammaln")(a + n + 1.0)
        )
        total = total + np.exp(weight + rise) * (np.log(x) - special("digamma")(a + n + 1.0))
    return np.where((x > 0) & (a > 0), total, np.nan)


def _from_0_to_1() -> tuple[Array, Array]:
    """Nodes and weights of Gauss's and Legendre's formula."""
    nodes, weights = np.polynomial.legendre.leggauss(200)
    return 0.5 * (nodes + 1.0), 0.5 * weights


def _betainc_slope(a: Array, b: Array, x: Array) -> Any:
    """The integral of the density's slope: from 0 by its series, or less that up to 1."""
    return np.where(x < 0.5, _lower_slope(a, b, x), -_upper_slope(a, b, x))


def _upper_slope(a: Array, b: Array, x: Array) -> Any:
    nodes, weights = _from_0_to_1()
    a, b, x = (np.asarray(z)[..., None] for z in (a, b, x))
    t = 1.0 - (1.0 - x) * nodes**8  # by which the end is smooth for b from 1 / 4 on
    rise = np.log(t) + special("digamma")(a + b) - special("digamma")(a)
    size = special("xlog1py")(b, -x) + (a - 1.0) * np.log(t) - special("betaln")(a, b)
    return (np.exp(size) * 8.0 * nodes ** (8.0 * b - 1.0) * rise) @ weights


def _lower_slope(a: Array, b: Array, x: Array) -> Any:
    powers = special("xlogy")(a, x) + special("xlog1py")(b, -x)
    term = np.exp(powers - special("betaln")(a, b)) / a
    total = np.zeros(np.shape(term))
    for n in range(400):
        rise = special("digamma")(a + b + n) - special("digamma")(a + n + 1.0)
        total = total + term * (np.log(x) + rise)
        term = term * x * (a + b + n) / (a + n + 1.0)
    return np.where((x > 0) & (x < 1) & (a > 0) & (b > 0), total, np.nan)


def _stdtr_slope(df: Array, t: Array) -> Any:
    """The integral of the density's slope over the angle whose tangent is t / sqrt(df)."""
    nodes, weights = _from_0_to_1()
    half, angle = 0.5 * df, np.arctan(t / np.sqrt(df))
    moved = -0.5 * _student_density(df, t) * t / df
    half, df, angles = half[..., None], df[..., None], angle[..., None] * nodes
    rise = np.log(np.cos(angles)) + 0.5 * (
        special("digamma")(half + 0.5) - special("digamma")(half)
    )
    size = (df - 1.0) * np.log(np.cos(angles)) - special("betaln")(half, 0.5)
    return angle * ((np.exp(size) * rise) @ weights) + moved


def _beta_density(a: Array, b: Array, x: Array) -> Any:
    powers = special("xlogy")(a - 1.0, x) + special("xlog1py")(b - 1.0, -x)
    return np.exp(powers - special("betaln")(a, b))


def _student_density(df: Array, t: Array) -> Any:
    size = -0.5 * (df + 1.0) * np.log1p(t * t / df) - special("betaln")(0.5 * df, 0.5)
    return np.exp(size) / np.sqrt(df)


def product(x: Array, y: Array) -> Any:
    """x * y; of complex numbers part by part, since NumPy's own may use fused products."""
    if x.dtype.kind != "c":
        return np.multiply(x, y)
    real = x.real * y.real - x.imag * y.imag
    return _complex(real, x.real * y.imag + x.imag * y.real)


def _complex(x: Array, y: Array) -> Any:
    out = np.empty(np.broadcast_shapes(x.shape, y.shape), f"c{2 * x.dtype.itemsize}")
    out.real, out.imag = x, y
    return out


def _sigmoid(x: Array) -> Any:
    return 1 / (1 + np.exp(-x)) if x.dtype.kind == "c" else special("expit")(x)


def _power(x: Array, y: Array) -> Any:
    if x.dtype.kind in "fc":
        return np.power(wide(x), wide(y))
    return np.power(x, np.maximum(y, _zero(y)))  # to a negative power: refused before it runs


ELEMENTWISE: dict[str, Reference] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": product,
    "multiply_no_nan": lambda x, y: np.where(y == 0, _zero(x), product(x, y)),
    "divide": np.divide,
    "floordiv": np.floor_divide,
    "mod": np.mod,
    "negative": np.negative,
    "abs": np.abs,
    "sign": np.sign,
    "floor": _integral(np.floor),
    "ceil": _integral(np.ceil),
    "round": _integral(np.rint),
    "trunc": _integral(np.trunc),
    "square": lambda x: product(x, x),
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "reciprocal": lambda x: 1 / x,
    "inverse_square": lambda x: 1 / product(x, x),
    "maximum": lambda x, y: np.where((x >= y) | (x != x), x, y),
    "minimum": lambda x, y: np.where((x <= y) | (x != x), x, y),
    "fmax": lambda x, y: np.where((x >= y) | (y != y), x, y),
    "fmin": lambda x, y: np.where((x <= y) | (y != y), x, y),
    "heaviside": np.heaviside,
    "fmod": np.fmod,
    "spacing": np.spacing,
    "fraction": lambda x: np.modf(x)[0],
    "bit_count": np.bitwise_count,
    "mantissa": lambda x: np.frexp(x)[0],
    "exponent": lambda x: np.where(np.isfinite(x), np.frexp(x)[1], 0).astype(np.int32),
    "ldexp": lambda x, y: np.ldexp(x, np.clip(np.nan_to_num(y), -5000, 5000).astype(np.int32)),
    "copysign": np.copysign,
    "nextafter": np.nextafter,
    "gcd": np.gcd,
    "lcm": np.lcm,
    "relu": lambda x: np.where(x <= 0, _zero(x), x),
    "where": np.where,
    "complex": _complex,
    "real": np.real,
    "imag": np.imag,
    "angle": np.angle,
    "conj": np.conj,
    "cast": _cast,
    **{
        name: getattr(np, name)
        for name in (
            *("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"),
            *("isnan", "isinf", "isfinite", "signbit"),
            *("logical_and", "logical_or", "logical_xor", "logical_not"),
            *("bitwise_and", "bitwise_or", "bitwise_xor", "invert", "left_shift", "right_shift"),
        )
    },
    "pow": _power,
    **{
        name: _in_float64(function)
        for name, function in {
            **{
                name: getattr(np, name)
                for name in (
                    *("exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "cbrt", "hypot"),
                    "logaddexp",
                    *("sin", "cos", "tan", "sinh", "cosh", "tanh", "sinc"),
                )
            },
            "asin": np.arcsin,
            "acos": np.arccos,
            "atan": np.arctan,
            "atan2": np.arctan2,
            "asinh": np.arcsinh,
            "acosh": np.arccosh,
            "atanh": np.arctanh,
            "sigmoid": _sigmoid,
            "softplus": lambda x: np.logaddexp(0.0, x),
            "erf": special("erf"),
            "erfc": special("erfc"),
            "gamma": special("gamma"),
            "rgamma": special("rgamma"),
            "loggamma": special("loggamma"),
            "wofz": special("wofz"),
            "gammasgn": special("gammasgn"),
            "beta": special("beta"),
            "betaln": special("betaln"),
            "binom": special("binom"),
            "gammainc": special("gammainc"),
            "gammaincc": special("gammaincc"),
            "gammainc_slope": _gammainc_slope,
            "betainc": special("betainc"),
            "betaincc": special("betaincc"),
            "betainc_slope": _betainc_slope,
            "betaincc_slope": lambda a, b, x: _betainc_slope(b, a, 1.0 - x),
            "stdtr": special("stdtr"),
            "stdtr_slope": _stdtr_slope,
            "gamma_density": _gamma_density,
            "beta_density": _beta_density,
            "student_density": _student_density,
            **{
                name: special(name)
                for name in ("erfinv", "erfcinv", "erfcx", "ndtri", "log_ndtr", "ndtri_exp")
            },
            **{name: special(name) for name in ("dawsn", "erfi", "exp1", "expi", "exprel")},
            "lgamma": special("gammaln"),
            "digamma": special("digamma"),
            "expn": expn,
            "polygamma": polygamma,
            "riemann_zeta": special("zeta"),
            "zeta": special("zeta"),
            "trigamma": trigamma,
            **{f"bessel_{name}": special(name) for name in BESSEL},
            **{f"bessel_{name}": special(theirs) for name, theirs in ORDERS.items()},
        }.items()
    },
}
