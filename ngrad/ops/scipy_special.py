"""Special functions that SciPy computes on the CPU, each with its rule."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ngrad.errors import DTypeError
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op, require
from ngrad.ops import integrals
from ngrad.ops.arithmetic import abs_, floor, maximum, sign
from ngrad.ops.bessel import BY_ORDER
from ngrad.ops.bessel_orders import BY_KIND, HIGHEST
from ngrad.ops.comparison import equal, less, logical_and
from ngrad.ops.convert import beside
from ngrad.ops.elementwise import select
from ngrad.ops.exponential import exp, log
from ngrad.ops.fixed import fixed
from ngrad.ops.gammas import beta, gamma, half_turns
from ngrad.ops.hosted import on_host
from ngrad.ops.incomplete import beta_slopes, gamma_slopes, student_slopes
from ngrad.ops.launching import broadcast_shapes
from ngrad.ops.no_nan import multiply_no_nan
from ngrad.ops.on_threads import in_parts
from ngrad.ops.special import digamma, erf
from ngrad.ops.trigonometric import cos
from ngrad.record import apply

OPERATIONS = 100
"""That a function takes for an element, or so."""


def by_scipy(
    name: str, function: Callable[..., Any] | None = None, params: tuple[str, ...] = ()
) -> Op:
    """SciPy's function of this name, or one that the params decide, of each element."""

    def infer(*xs: Layout, **given: Any) -> Layout:
        for x in xs:
            require(name, x, "f", "floating-point tensors")
            if x.dtype is not xs[0].dtype:
                raise DTypeError(
                    f"{name}: operands must have one dtype, not {xs[0].dtype.name}, {x.dtype.name}"
                )
        return layout(xs[0].dtype, broadcast_shapes(name, *xs))

    def compute(*xs: Any, **given: Any) -> Any:
        import scipy.special

        known = getattr(scipy.special, name) if function is None else partial(function, **given)
        return in_parts(known, xs, 0, OPERATIONS)

    op = on_host(name, infer, compute, params, "special")
    op.widens = True
    return op


POCH = by_scipy("poch")


@POCH.vjp
def _(g: Any, out: Any, x: Any, m: Any) -> Any:
    # By reflection where gamma(x) may have poles, and `out` zeros, at which digamma is infinite.
    left, last = logical_and(less(x, 0.5), less(0.0, m)), digamma(x + m)
    y, more = select(left, 1.0 - x, 0.5), select(left, m, 1.0)
    pole = _gammas(y, select(left, x + m, 1.5), 0.5 * more) * cos(half_turns(select(left, x, 0.0)))
    first = select(left, pole - out * digamma(y), -out * digamma(select(left, 0.5, x)))
    # Of a whole m it is a polynomial, or its inverse, also where both gammas have poles.
    whole = logical_and(equal(m, floor(m)), less(maximum(x, x + m), 0.5))
    start, end = select(whole, 1.0 - x, 1.0), select(whole, 1.0 - x - m, 1.0)
    in_x = select(whole, out * (digamma(end) - digamma(start)), out * last + first)
    return g * in_x, g * (out * last)


def _gammas(a: Any, b: Any, half: Any) -> Any:
    """gamma(a) gamma(b), where a + b is 1 + 2 half, by gamma's duplication (DLMF 5.5.5): overflows
    only if the product does.
    """
    halves = gamma(0.5 + half), gamma(1.0 + half)
    return beta(a, b) * 4.0**half * halves[0] * (halves[1] / math.sqrt(math.pi))


# -- by order --------------------------------------------------------------------------------------


def _bessel(x: Any, kind: str, order: float) -> Any:
    import scipy.special

    return getattr(scipy.special, f"{kind[0]}v{kind[1:]}")(order, x)


def _expn(x: Any, order: int) -> Any:
    from scipy.special import expn

    return expn(order, x)


def _whole_quantile(q: Any, *shapes: Any, law: str, method: str) -> Any:
    import scipy.stats

    return getattr(getattr(scipy.stats, law), method)(q, *shapes)


WHOLE_QUANTILE = by_scipy("whole_quantile", _whole_quantile, ("law", "method"))
"""Quantiles of distributions of whole numbers, which are steps."""
WHOLE_QUANTILE.vjp(lambda g, out, *xs, law, method: (None,) * len(xs))
EXPN = by_scipy("high_expn", _expn, ("order",))
"""The exponential integral of orders beyond those of the kernel."""
BESSEL = by_scipy("bessel", _bessel, ("kind", "order"))
"""Of kind j, y, i or k; i times exp(-|x|) is of kind "ie", k times exp(x) of kind "ke". Those
of whole orders up to `HIGHEST` are kernels: `bessel` finds either.
"""
NEIGHBOURS = {"j": (0.5, -0.5), "y": (0.5, -0.5), "i": (0.5, 0.5), "k": (-0.5, -0.5)}
"""By kind, how much of the functions of the orders below and above is in a derivative (DLMF 10.6.1,
10.29.1)."""


UPWARD = (2, 3)
"""Orders to which a recurrence that vectorises leads with an error of at most 2 eps."""


def bessel(x: Any, kind: str, order: float) -> Any:
    """Bessel's function of a kind, and of any order."""
    kernel = BY_ORDER.get((kind, abs(order)))
    if kernel is not None:
        found = kernel(x)
    elif kind[0] in "yk" and abs(order) in UPWARD:
        found = _upward(x, kind, int(abs(order)))
    elif order == int(order) and abs(order) <= HIGHEST:
        return BY_KIND[kind](beside(x, float(order), "bessel"), x)
    else:
        return apply(BESSEL, (x,), (kind, order))
    return -found if order < 0 and order % 2 and kind in "jy" else found  # DLMF 10.4.1, 10.27


def _upward(x: Any, kind: str, order: int) -> Any:
    """By recurrence from orders 0 and 1, stable for the second kind (DLMF 10.6.1, 10.29.1)."""
    way, limit = (-1.0, -math.inf) if kind == "y" else (1.0, math.inf)
    below, found = BY_ORDER[kind, 0](x), BY_ORDER[kind, 1](x)
    for k in range(1, order):
        below, found = found, (2.0 * k / x) * found + way * below
    return select(equal(x, 0.0), limit, found)


@BESSEL.vjp
def _(g: Any, out: Any, x: Any, kind: str, order: float) -> Any:
    below, above = NEIGHBOURS[kind[0]]
    lower, upper = (bessel(x, kind, order + step) for step in (-1, 1))
    slope = below * lower + above * upper
    if kind[1:]:
        slope = slope - sign(x) * out if kind == "ie" else slope + out
    return (g * slope,)


@EXPN.vjp
def _(g: Any, out: Any, x: Any, order: int) -> Any:
    return (-g * expn(order - 1, x),)


def expn(order: int, x: Any) -> Any:
    """The integral of exp(-x t) / t**order from 1 on."""
    if order > HIGHEST:
        return apply(EXPN, (x,), (order,))
    return integrals.expn(beside(x, float(order), "expn"), x)


FAR, TERMS = 1e3, 7
"""From how many times the parameters' size on `hyp1f1` is its expansion, and of how many terms."""


def _hyp1f1(a: Any, b: Any, x: Any) -> Any:
    """SciPy's, but far out, where it takes as long as x is large, and of negative x goes wrong."""
    from scipy.special import gammasgn, hyp1f1

    a, b, x = (np.asarray(y, np.float64) for y in np.broadcast_arrays(a, b, x))
    ends = [(y <= 0.0) & (np.floor(y) == y) for y in (a, b)]  # of polynomials, and poles
    plain = ends[0] | ends[1]
    far = ~plain & (np.abs(x) > FAR * (1.0 + np.abs(a)) * (1.0 + np.abs(a) + np.abs(b)))
    found = hyp1f1(a, b, np.where(far, 0.0, x))
    found = np.where(far & (x > 0.0), np.inf, found)
    found = np.where(np.isinf(found) & ~plain & (x > 0.0), gammasgn(a) * gammasgn(b) * found, found)
    left = far & (x < 0.0)
    a, b, x = (np.where(left, y, 1.0) for y in (a, b, -x))
    series: Any = 1.0
    for k in range(TERMS, 0, -1):  # DLMF 13.7.2, with what decays left out
        series = 1.0 + (a + (k - 1.0)) * (a - b + k) / (k * x) * series
    return np.where(left, _decaying(a, b, x) * series, found)


def _decaying(a: Any, b: Any, x: Any) -> Any:
    """gamma(b) / gamma(b - a) x**-a, in two steps where one overflows."""
    from scipy.special import poch

    size, step = poch(b - a, a), x ** (-0.5 * a)
    half = 0.5 * np.where(np.isinf(size), a, 0.0)
    twice = poch(b - a, half) * step * (poch(b - half, half) * step)
    return np.where(np.isinf(size), twice, size * step * step)


# -- incomplete functions --------------------------------------------------------------------------


STDTRIT = by_scipy("stdtrit")
GAMMAINCINV, GAMMAINCCINV = by_scipy("gammaincinv"), by_scipy("gammainccinv")
BETAINCINV, BETAINCCINV = by_scipy("betaincinv"), by_scipy("betainccinv")
HYP1F1, HYP2F1 = by_scipy("hyp1f1", _hyp1f1), by_scipy("hyp2f1")


def _quantile(inverse: Op, slopes: Callable[..., Any], way: float = 1.0) -> None:
    """The rule of the inverse, in the last operand, of a distribution function (or of what is above
    it, if `way` is -1), of which `slopes` gives the derivatives: along parameters the share stays
    what it is.
    """

    @inverse.vjp
    def _(g: Any, out: Any, *operands: Any) -> Any:
        *in_parameters, density = slopes(*operands[:-1], out)
        by_share = g / density  # infinite where the density is 0, and with it other slopes
        along = [multiply_no_nan(-by_share, slope) for slope in in_parameters]
        return *along, way * by_share


_quantile(GAMMAINCINV, gamma_slopes)
_quantile(GAMMAINCCINV, gamma_slopes, -1.0)
_quantile(BETAINCINV, beta_slopes)
_quantile(BETAINCCINV, beta_slopes, -1.0)
_quantile(STDTRIT, student_slopes)


@HYP1F1.vjp
def _(g: Any, out: Any, a: Any, b: Any, x: Any) -> Any:
    return 0.0 * a, 0.0 * b, g * (a / b) * apply(HYP1F1, (a + 1.0, b + 1.0, x))


@HYP2F1.vjp
def _(g: Any, out: Any, a: Any, b: Any, c: Any, x: Any) -> Any:
    slope = a * b / c * apply(HYP2F1, (a + 1.0, b + 1.0, c + 1.0, x))
    return 0.0 * a, 0.0 * b, 0.0 * c, g * slope


HYP0F1, HYPERU = by_scipy("hyp0f1"), by_scipy("hyperu")


@HYP0F1.vjp
def _(g: Any, out: Any, b: Any, x: Any) -> Any:
    return 0.0 * b, g * (apply(HYP0F1, (b + 1.0, x)) / b)


@HYPERU.vjp
def _(g: Any, out: Any, a: Any, b: Any, x: Any) -> Any:
    return 0.0 * a, 0.0 * b, -g * (a * apply(HYPERU, (a + 1.0, b + 1.0, x)))


# -- whose derivatives are elementary --------------------------------------------------------------

OWENS_T, WRIGHTOMEGA = by_scipy("owens_t"), by_scipy("wrightomega")


@OWENS_T.vjp
def _(g: Any, out: Any, h: Any, a: Any) -> Any:
    square, up = 1.0 + a * a, multiply_no_nan(a, h)
    in_h = exp(-0.5 * h * h) * erf(math.sqrt(0.5) * up) * (-0.5 / math.sqrt(2.0 * math.pi))
    in_a = exp(multiply_no_nan(square, -0.5 * (h * h))) / square * (0.5 / math.pi)
    return g * in_h, g * in_a


@WRIGHTOMEGA.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    far = less(1.0, out)  # where the slope's own one would cancel, and infinities have no quotient
    low, high = select(far, 0.0, out), select(far, out, 1.0)
    return (g * select(far, 1.0 / (1.0 + 1.0 / high), low / (1.0 + low)),)


# -- whose derivatives are hypergeometric functions, smooth where a quotient of them were 0 / 0 ----

SPENCE = by_scipy("spence")


def hypergeometric(op: Op, *operands: Any) -> Any:
    """A hypergeometric function of parameters that are numbers."""
    *parameters, x = operands
    return apply(op, (*(beside(x, a, "hypergeometric") for a in parameters), x))


@SPENCE.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    near = less(abs_(x - 1.0), 0.5)
    close, away = select(near, x, 1.0), select(near, 2.0, x)
    there = -hypergeometric(HYP2F1, 1.0, 1.0, 2.0, 1.0 - close)
    return (g * select(near, there, log(away) / (1.0 - away)),)


# -- parameters without a derivative ---------------------------------------------------------------


def of_last(
    op: Op, what: str, names: str, operands: Sequence[Any], params: tuple[Any, ...] = ()
) -> Any:
    """A function of its last operand; the parameters before it, by their names, are constant."""
    *parameters, x = operands
    kept = [
        fixed(y, f"{what}: has no derivative in {name}")
        for y, name in zip(parameters, names.split(), strict=True)
    ]
    return apply(op, (*kept, x), params)
