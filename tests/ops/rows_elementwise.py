"""Rows of elementwise ops."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sc
from numeric import Array
from table import EPS, Row, exact, saturated, smooth

import ngrad
from ngrad import nn
from ngrad.graph.op import TABLE
from ngrad.graph.reference.special import trigamma
from ngrad.ops import (
    arithmetic,
    bessel_orders,
    comparison,
    exponential,
    float_parts,
    gammas,
    incomplete,
    integrals,
    normal,
    power,
    zeta,
)  # fmt: skip
from ngrad.ops.bitwise import bit_count, gcd, lcm
from ngrad.ops.no_nan import multiply_no_nan
from ngrad.ops.sinc import sinc


def _product(x: Array, y: Array) -> Array:
    """x * y; of complex numbers part by part, since NumPy's own may use fused products."""
    if x.dtype.kind != "c":
        return np.multiply(x, y)
    out = np.empty(np.broadcast_shapes(x.shape, y.shape), x.dtype)
    out.real = x.real * y.real - x.imag * y.imag
    out.imag = x.real * y.imag + x.imag * y.real
    return out


def _joined(x: Array, y: Array) -> Array:
    out = np.empty(np.broadcast_shapes(x.shape, y.shape), f"c{2 * x.itemsize}")
    out.real, out.imag = x, y
    return out


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x)) if x.dtype.kind == "c" else sc.expit(x)


def _extreme(x: Array, y: Array, better: Any) -> Array:
    return np.where(better(x, y) | (x != x), x, y)


def _powers(x: Array) -> Array:
    return np.where(np.isfinite(x), np.frexp(x)[1], 0).astype(np.int32)


def _gamma_density(a: Array, x: Array) -> Array:
    return np.exp(sc.xlogy(a - 1, x) - x - sc.gammaln(a))


def _number(x: Array, y: Array, first: Array) -> Array:
    """Of two the first where it comes first, or the other is NaN: of zeros, too."""
    return np.where(first | np.isnan(y), x, y)


def _beta_density(a: Array, b: Array, x: Array) -> Array:
    return x ** (a - 1) * (1 - x) ** (b - 1) / sc.beta(a, b)


def _student_density(df: Array, t: Array) -> Array:
    return (1 + t * t / df) ** (-0.5 * (df + 1)) / (np.sqrt(df) * sc.beta(0.5 * df, 0.5))


ARITHMETIC = [
    exact("add", np.add, kinds="fiubc"),
    exact("subtract", np.subtract, kinds="fiuc"),
    exact("multiply", _product, kinds="fiubc"),
    exact("divide", np.divide, kinds="fc", converts="iub", domains=((-3, 3), (0.5, 2))),
    exact("floordiv", np.floor_divide, domains=((-3, 3), (0.7, 2)), smooth=False),
    exact("mod", np.mod, domains=((-3, 3), (0.7, 2))),
    exact("fmod", np.fmod, kinds="f", function=arithmetic.fmod, domains=((-3, 3), (0.7, 2))),
    exact("negative", np.negative, 1, "fiuc"),
    exact("abs", np.abs, 1, "fiuc", complex_ulps=2),
    exact("sign", np.sign, 1, "fiuc", smooth=False, complex_ulps=3),
    Row(
        "complex",
        lambda x, y: ngrad.sign(ngrad.complex(x, y)),
        lambda x, y: np.sign(_joined(x, y)),
        ((-2, 2), (0.2, 2)),
        ulps=3,
        label="sign",
    ),
    exact("floor", np.floor, 1, smooth=False),
    exact("ceil", np.ceil, 1, smooth=False),
    exact("round", lambda x: np.rint(x) if x.dtype.kind == "f" else x, 1, smooth=False),
    exact("trunc", np.trunc, 1, smooth=False),
    exact("square", lambda x: _product(x, x), 1, "fiuc"),
    exact("sqrt", np.sqrt, 1, "fc", converts="iub", domains=((0.2, 4),), complex_ulps=3),
    exact(
        "rsqrt",
        lambda x: 1 / np.sqrt(x),
        1,
        "fc",
        converts="iub",
        domains=((0.2, 4),),
        complex_ulps=6,
    ),
    exact("reciprocal", lambda x: 1 / x, 1, "fc", converts="iub", domains=((0.2, 4),)),
    exact(
        "inverse_square",
        lambda x: 1 / _product(x, x),
        1,
        "fc",
        converts="iub",
        function=power.inverse_square,
        domains=((0.2, 4),),
    ),
    exact("maximum", lambda x, y: _extreme(x, y, np.greater_equal), kinds="fiubc"),
    exact("minimum", lambda x, y: _extreme(x, y, np.less_equal), kinds="fiubc"),
    exact("fmax", lambda x, y: _number(x, y, x >= y), kinds="fc", function=arithmetic.fmax),
    exact("fmin", lambda x, y: _number(x, y, x <= y), kinds="fc", function=arithmetic.fmin),
    exact("heaviside", np.heaviside, kinds="f", function=arithmetic.heaviside),
    exact("mantissa", lambda x: np.frexp(x)[0], 1, "f", function=float_parts.mantissa),
    exact("exponent", lambda x: _powers(x), 1, "f", function=float_parts.exponent, smooth=False),
    exact(
        "ldexp",
        lambda x, y: np.ldexp(x, np.clip(np.nan_to_num(y), -9999, 9999).astype(int)),
        kinds="f",
        function=lambda x, y: float_parts.ldexp(x, ngrad.cast(ngrad.cast(y, "i4"), x.dtype)),
    ),
    exact("spacing", np.spacing, 1, "f", function=float_parts.spacing),
    exact("fraction", lambda x: np.modf(x)[0], 1, "f", function=float_parts.fraction),
    exact("copysign", np.copysign, kinds="f"),
    exact("nextafter", np.nextafter, kinds="f"),
    exact("relu", lambda x: np.maximum(x, 0), 1, function=nn.relu),
    exact(
        "multiply_no_nan",
        lambda x, y: np.where(y == 0, 0, _product(x, y)),
        kinds="fc",
        function=multiply_no_nan,
    ),
]
COMPARISON = [
    *(
        exact(name, getattr(np, name), kinds="fiubc", smooth=False)
        for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
    ),
    *(
        exact(name, getattr(np, name), 1, kinds="fiubc", smooth=False)
        for name in ("isnan", "isinf", "isfinite")
    ),
    exact("signbit", np.signbit, 1, kinds="f", smooth=False, function=comparison.signbit),
    *(
        exact(name, getattr(np, name), kinds="b", smooth=False)
        for name in ("logical_and", "logical_or", "logical_xor")
    ),
    exact("logical_not", np.logical_not, 1, kinds="b", smooth=False),
]
BITWISE = [
    exact("bitwise_and", np.bitwise_and, kinds="iub", smooth=False),
    exact("bitwise_or", np.bitwise_or, kinds="iub", smooth=False),
    exact("bitwise_xor", np.bitwise_xor, kinds="iub", smooth=False),
    exact("invert", np.invert, 1, kinds="iub", smooth=False),
    exact("left_shift", np.left_shift, kinds="iu", smooth=False, whole=(None, (-3, 70))),
    exact("right_shift", np.right_shift, kinds="iu", smooth=False, whole=(None, (-3, 70))),
    exact("bit_count", np.bitwise_count, 1, "iu", function=bit_count, smooth=False),
    exact("gcd", np.gcd, kinds="iu", smooth=False, function=gcd),
    exact("lcm", np.lcm, kinds="iu", smooth=False, function=lcm),
]
VECMATH = [
    smooth("exp", np.exp, kinds="fc"),
    smooth("exp2", np.exp2, function=exponential.exp2),
    smooth("expm1", np.expm1, kinds="fc"),
    smooth("log", np.log, (0.2, 4), kinds="fc"),
    smooth("log1p", np.log1p, (-0.7, 4), kinds="fc"),
    smooth("log2", np.log2, (0.2, 4), kinds="fc"),
    smooth("log10", np.log10, (0.2, 4), kinds="fc"),
    smooth("sin", np.sin, (-5, 5), kinds="fc"),
    smooth("cos", np.cos, (-5, 5), kinds="fc"),
    smooth("tan", np.tan, (-1.2, 1.2), kinds="fc"),
    smooth("sinc", np.sinc, (-5, 5), kinds="fc", function=sinc, ulps=8, floor=8 * EPS),
    smooth("asin", np.arcsin, (-0.8, 0.8), kinds="fc"),
    smooth("acos", np.arccos, (-0.8, 0.8), kinds="fc"),
    smooth("atan", np.arctan, kinds="fc"),
    smooth("atan2", np.arctan2, (0.3, 2), (-2, 2)),
    smooth("sinh", np.sinh, kinds="fc"),
    smooth("cosh", np.cosh, kinds="fc"),
    smooth("tanh", np.tanh, kinds="fc"),
    smooth("asinh", np.arcsinh, kinds="fc"),
    smooth("acosh", np.arccosh, (1.3, 4), kinds="fc"),
    smooth("atanh", np.arctanh, (-0.8, 0.8), kinds="fc"),
    smooth("sigmoid", _sigmoid, (-4, 4), kinds="fc"),
    smooth("softplus", lambda x: np.logaddexp(0, x), (-4, 4)),
    smooth("erf", sc.erf, kinds="fc", complex_ulps=64),
    smooth("erfc", sc.erfc, kinds="fc", ulps=16, complex_ulps=64),
    *(
        smooth(
            *("wofz", sc.wofz, domain),
            function=TABLE["wofz"],
            kinds="c",
            converts="",
            label=label,
            ulps=64,  # SciPy's
            rtol=1e-6,
        )
        for label, domain in (("", (-2, 2)), ("below", (-4, -1)), ("far", (7, 12)))
    ),
    smooth(
        "gamma", sc.gamma, (0.4, 5), kinds="fc", function=gammas.gamma, ulps=8, complex_ulps=128
    ),
    smooth(
        *("gamma", sc.gamma, (-3.7, -3.3)),
        kinds="fc",
        function=gammas.gamma,
        label="negative",
        rtol=1e-6,
        ulps=8,
        complex_ulps=128,
    ),
    smooth(
        *("rgamma", sc.rgamma, (0.4, 5)),
        kinds="fc",
        function=gammas.rgamma,
        ulps=8,
        complex_ulps=128,
    ),
    smooth(
        *("rgamma", sc.rgamma, (-3.7, -3.3)),
        kinds="fc",
        function=gammas.rgamma,
        label="negative",
        rtol=1e-6,
        ulps=8,
        complex_ulps=128,
    ),
    exact("gammasgn", sc.gammasgn, 1, "f", converts="iub", function=gammas.gammasgn, smooth=False),
    smooth("beta", sc.beta, (0.3, 4), (0.5, 3), function=gammas.beta, ulps=16),
    smooth("betaln", sc.betaln, (0.3, 4), (0.5, 3), function=gammas.betaln, floor=16 * EPS),
    smooth("binom", sc.binom, (3, 6), (0.5, 2), function=gammas.binom, ulps=16),
    smooth(
        *("gamma_density", _gamma_density, (0.6, 4), (0.3, 4)),
        function=incomplete.gamma_density,
        ulps=32,
    ),
    smooth(
        *("beta_density", _beta_density, (0.6, 4), (0.6, 3), (0.1, 0.8)),
        function=incomplete.beta_density,
        ulps=32,
    ),
    smooth(
        *("student_density", _student_density, (0.6, 4), (-3, 3)),
        function=incomplete.student_density,
        ulps=32,
    ),
    smooth("erfinv", sc.erfinv, (-0.9, 0.9), ulps=8),
    smooth("erfcinv", sc.erfcinv, (0.2, 1.8), ulps=8),
    smooth("ndtri", sc.ndtri, (0.1, 0.9), ulps=8),
    smooth("erfcx", sc.erfcx, (-2, 5), kinds="fc", function=normal.erfcx, ulps=8, complex_ulps=64),
    smooth(
        *("log_ndtr", sc.log_ndtr, (-9, 3)),
        function=normal.log_ndtr,
        ulps=8,
        floor=16 * EPS,
        rtol=1e-6,
    ),
    smooth(
        *("ndtri_exp", sc.ndtri_exp, (-4, -0.1)),
        function=normal.ndtri_exp,
        ulps=8,
        floor=16 * EPS,
    ),
    smooth("lgamma", sc.gammaln, (0.4, 6), floor=4 * EPS),
    smooth("digamma", sc.digamma, (0.4, 6), kinds="fc", floor=16 * EPS),
    smooth(
        *("digamma", sc.digamma, (-3.7, -3.3)),
        kinds="fc",
        label="negative",
        floor=32 * EPS,
        rtol=1e-6,
    ),
    smooth("trigamma", trigamma, (0.4, 6), kinds="fc", ulps=16),
    *(
        smooth(
            *("loggamma", sc.loggamma, domain),
            function=TABLE["loggamma"],
            kinds="c",
            converts="",
            label=label,
            ulps=8,
            floor=32 * EPS,
            rtol=1e-6,
        )
        for label, domain in (("", (0.4, 6)), ("negative", (-3.7, -3.3)))
    ),
    *(
        smooth(
            *(name, getattr(sc, name), domain),
            function=getattr(integrals, name),
            kinds="fc" if name in ("dawsn", "erfi") else "f",
            label=label,
            ulps=64,  # SciPy's
            complex_ulps=64,
            floor=64 * EPS,
            rtol=1e-6,
        )
        for name, ranges in {
            "dawsn": ((-2, 2), (3.1, 4.9), (5.1, 9)),
            "erfi": ((-2, 2), (3.1, 4.9)),
            "exp1": ((0.3, 0.9), (1.1, 5)),
            "expi": ((0.6, 5), (7, 11), (-3, -0.4)),
            "exprel": ((-2, 2), (-30, -3)),
        }.items()
        for label, domain in zip(("near", "middle", "far"), ranges, strict=False)
    ),
    *(
        smooth(
            "expn",
            lambda x, n=n: sc.expn(n, x),
            domain,
            function=lambda x, n=n: integrals.expn(0.0 * x + n, x),
            label=f"{n}-{domain[0]}",
            ulps=64,  # SciPy's
            rtol=1e-6,
        )
        for n in (0, 1, 3)
        for domain in ((0.3, 0.9), (1.1, 5))
    ),
    smooth("zeta", sc.zeta, (1.5, 4), (0.6, 4), function=zeta.zeta, ulps=16),
    *(
        smooth(
            *("riemann_zeta", sc.zeta, domain),
            function=zeta.riemann_zeta,
            label=label,
            ulps=16,
            floor=64 * EPS,  # SciPy's
        )
        for label, domain in (("right", (1.5, 4)), ("left", (-0.4, 0.6)))
    ),
    *(
        smooth(
            "polygamma",
            lambda x, order=order: sc.polygamma(order, x),
            domain,
            function=lambda x, order=order: zeta.polygamma(0.0 * x + order, x),
            label=f"{order}-{label}",
            ulps=16,
            rtol=1e-5 if label == "left" else 1e-6,
        )
        for order in (2, 3)
        for label, domain in (("right", (0.6, 5)), ("left", (-2.4, -2.2)))
    ),
    *(
        smooth(f"bessel_{name}", getattr(sc, name), domain, ulps=16, label=label)
        for name in ("i0", "i0e", "i1", "i1e")
        for label, domain in (("near", (0.1, 2)), ("far", (5, 12)), ("left", (-6, -0.1)))
    ),
    *(
        smooth(f"bessel_{name}", getattr(sc, name), domain, floor=16 * EPS, ulps=16, label=label)
        for name in ("j0", "j1", "k0", "k0e", "k1", "k1e", "y0", "y1")
        for label, domain in (("near", (0.3, 0.9)), ("middle", (1.1, 7)), ("far", (8.1, 12)))
    ),
    *(
        smooth(
            f"bessel_{kind[0]}n{kind[1:]}",
            lambda x, kind=kind, n=n: getattr(sc, f"{kind[0]}v{kind[1:]}")(n, x),
            domain,
            function=lambda x, kind=kind, n=n: bessel_orders.BY_KIND[kind](0.0 * x + n, x),
            label=f"{n}-{domain[0]}",
            floor=64 * EPS if kind in "jy" else 0.0,
            ulps=64,
            rtol=1e-6,
        )
        for kind in bessel_orders.BY_KIND
        for n, domain in ((2, (0.6, 5)), (5, (3, 8)), (7, (30.5, 34)))
    ),
    smooth("cbrt", np.cbrt, (0.3, 3)),
    smooth("hypot", np.hypot, (-2, 2), (0.5, 2)),
    Row(
        "logaddexp",
        exponential.logaddexp,
        np.logaddexp,
        ((-2, 2), (-1, 3)),
        converts="iub",
        ulps=4,
        floor=4 * EPS,
    ),
    Row("pow", ngrad.pow, np.power, ((0.4, 2), (-2, 2)), "fiuc", ulps=4, whole=(None, (0, 5))),
]
SELECTION = [
    Row(
        "where",
        ngrad.where,
        np.where,
        ((0, 1), (-2, 2), (-2, 2)),
        "fiubc",
        fixed=("b1", None, None),
    ),
    *(
        Row(
            "cast",
            lambda x, code=code: ngrad.cast(x, code),
            lambda x, code=code: saturated(x, code),
            ((-3, 3),),
            "fiubc",
            smooth=code[0] in "fc",
            rtol=1e-7 if code in ("f8", "c16") else 1e-3,
            label=code,
        )
        for code in ("f8", "f4", "i1", "u2", "i8", "b1", "c8", "c16")
    ),
]


COMPLEX = [
    Row("complex", ngrad.complex, _joined, ((-2, 2), (-2, 2))),
    *(
        exact(name, getattr(np, name), 1, "c", function=TABLE[name])
        for name in ("real", "imag", "conj")
    ),
    exact("angle", np.angle, 1, "c", function=TABLE["angle"], complex_ulps=2),
]
