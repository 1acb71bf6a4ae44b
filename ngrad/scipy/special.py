"""SciPy's `special`: gamma, error, logistic, entropy, Bessel and elliptic functions, and more, with
derivatives.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.dtypes import BY_CODE
from ngrad.errors import ShapeError
from ngrad.numpy.convert import array_of
from ngrad.numpy.creation import asarray
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.norms import floats
from ngrad.numpy.place import located
from ngrad.numpy.signal import sinc
from ngrad.numpy.ufuncs import UFUNCS, ufunc
from ngrad.ops import reductions as r
from ngrad.ops import scipy_special as s
from ngrad.ops.activations import log_softmax as _log_softmax
from ngrad.ops.activations import softmax as _softmax
from ngrad.ops.arithmetic import abs_, sign
from ngrad.ops.comparison import (
    equal,
    greater,
    greater_equal,
    isfinite,
    isnan,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
)
from ngrad.ops.complexes import real
from ngrad.ops.convert import operands
from ngrad.ops.elementwise import select
from ngrad.ops.exponential import exp, expm1, log, log1p, sigmoid
from ngrad.ops.exponential import softplus as _softplus
from ngrad.ops.gammas import beta, betaln, binom, gamma, gammasgn, rgamma
from ngrad.ops.identity import stop_gradient
from ngrad.ops.incomplete import betainc, betaincc, gammainc, gammaincc, stdtr
from ngrad.ops.integrals import dawsn, erfi, exp1, expi, exprel
from ngrad.ops.no_nan import multiply_no_nan
from ngrad.ops.normal import erfcinv, erfcx, erfinv, log_ndtr, ndtri, ndtri_exp
from ngrad.ops.shape import reshape
from ngrad.ops.special import digamma as _digamma
from ngrad.ops.special import erf as _erf
from ngrad.ops.special import erfc as _erfc
from ngrad.ops.special import lgamma
from ngrad.ops.statistics import reduce_logsumexp
from ngrad.ops.zeta import riemann_zeta
from ngrad.ops.zeta import zeta as _zeta
from ngrad.record import apply
from ngrad.scipy.missing import missing
from ngrad.scipy.orders import BESSEL, expn, iv, ive, jv, kv, kve, polygamma, whole, yv

__getattr__ = missing("special")


# -- of one element, or two ------------------------------------------------------------------------


def _op(op: Any) -> Callable[..., Any]:
    return lambda *xs: apply(op, operands(op.name, *xs))


def _of_last(op: Any) -> Callable[..., Any]:
    return lambda *xs: s.of_last(op, *operands(op.name, *xs))


def _loggamma(x: Any) -> Any:
    return select(less(x, 0.0), np.nan, lgamma(select(less(x, 0.0), 1.0, x)))


def _boxcox(x: Any, power: Any) -> Any:
    x, power = operands("boxcox", x, power)
    size = log(x)
    up = multiply_no_nan(size, power)
    near = less(abs_(up), 1.0)  # beyond, terms of the first one's slope would cancel
    first = size * exprel(select(near, up, 0.0))
    return select(near, first, expm1(select(near, 1.0, up)) / select(near, 1.0, power))


def _logit(x: Any) -> Any:
    return log(x) - log1p(-x)


def _xlog(function: Any, at_zero: float) -> Callable[[Any, Any], Any]:
    """x * function(y), but 0 where x is 0, unless y is NaN. Where x is 0 and the function infinite,
    it counts as constant in both: `at_zero` is where the function is 0.
    """

    def compute(x: Any, y: Any) -> Any:
        x, y = operands("xlogy", x, y)
        edge = logical_and(equal(x, 0.0), equal(y, at_zero - 1.0))
        inside = select(edge, at_zero, y)
        return select(isnan(y), y, multiply_no_nan(function(inside), x))

    return compute


_xlogy, _xlog1py = _xlog(log, 1.0), _xlog(log1p, 0.0)


def _entr(x: Any) -> Any:
    inside = select(equal(x, 0.0), stop_gradient(x), x)  # at 0 the slope is infinite, by log(0)
    return select(less(x, 0.0), -np.inf, -multiply_no_nan(log(inside), x))


def _rel_entr(x: Any, y: Any) -> Any:
    x, y = operands("rel_entr", x, y)
    return _divergence(x, y, lambda p, q: p * _log_ratio(p, q), 0.0)


def _kl_div(x: Any, y: Any) -> Any:
    x, y = operands("kl_div", x, y)
    return _divergence(x, y, lambda p, q: p * _log_ratio(p, q) - p + q, y)


def _log_ratio(p: Any, q: Any) -> Any:
    """log(p / q) of positive numbers, whose quotient may be too small or large to have slopes."""
    ratio, least = p / q, float(p.dtype.finfo.tiny) ** 0.5
    there = logical_and(greater(ratio, least), less(ratio, 1.0 / least))
    return select(there, log(select(there, p, 1.0) / select(there, q, 1.0)), log(p) - log(q))


def _divergence(x: Any, y: Any, inside: Callable[[Any, Any], Any], at_zero: Any) -> Any:
    """Where both are positive; where x is 0; and infinite elsewhere."""
    positive = logical_and(greater(x, 0.0), greater(y, 0.0))
    zero = logical_and(equal(x, 0.0), greater_equal(y, 0.0))
    found = inside(select(positive, x, 1.0), select(positive, y, 1.0))
    other = select(logical_or(isnan(x), isnan(y)), np.nan, np.inf)
    return select(positive, found, select(zero, at_zero, other))


_gammainc, _gammaincc, _betainc = _op(gammainc), _op(gammaincc), _op(betainc)


def _of_f(name: str, n: Any, d: Any, x: Any) -> Any:
    """Degrees of freedom that are there, and a number, which is NaN where they are not; and where
    that is infinite, of any degrees.
    """
    n, d, x = operands(name, n, d, x)
    far = equal(x, np.inf)
    some = logical_and(greater(n, 0.0), greater(d, 0.0))
    there = logical_and(some, logical_or(isfinite(n + d), far))
    some = logical_and(there, logical_not(far))
    x = select(logical_and(there, greater_equal(x, 0.0)), x, np.nan)
    return select(some, n, 1.0), select(some, d, 1.0), x


def _fdtr(n: Any, d: Any, x: Any) -> Any:
    n, d, x = _of_f("fdtr", n, d, x)
    return _betainc(0.5 * n, 0.5 * d, select(equal(x, np.inf), 1.0, n * x / (d + n * x)))


def _fdtrc(n: Any, d: Any, x: Any) -> Any:
    n, d, x = _of_f("fdtrc", n, d, x)
    return _betainc(0.5 * d, 0.5 * n, d / (d + n * x))


def _huber(delta: Any, r: Any) -> Any:
    delta, r = operands("huber", delta, r)
    size = abs_(r)
    near = less_equal(size, delta)
    low, slope = select(near, r, 0.0), select(near, 0.0, delta)  # infinities in one branch alone
    found = select(near, 0.5 * low * low, slope * (size - 0.5 * slope))
    return select(less(delta, 0.0), np.inf, found)


def _bessel(kind: str, order: int) -> Callable[[Any], Any]:
    return lambda x: s.bessel(x, kind, order)


_TABLE: dict[str, tuple[Callable[..., Any], int, str]] = {
    # name: (of tensors, operands, what it is)
    "gamma": (gamma, 1, "The gamma function."),
    "gammaln": (lgamma, 1, "The logarithm of |gamma(x)|."),
    "digamma": (_digamma, 1, "The derivative of gammaln."),
    "beta": (beta, 2, "gamma(a) gamma(b) / gamma(a + b)."),
    "betaln": (betaln, 2, "The logarithm of |beta(a, b)|."),
    "gammainc": (_gammainc, 2, "The share of gamma(a) up to x."),
    "gammaincc": (_gammaincc, 2, "The share of gamma(a) above x."),
    "betainc": (_betainc, 3, "The share of beta(a, b) up to x."),
    "betaincc": (_op(betaincc), 3, "The share of beta(a, b) above x."),
    "stdtr": (_op(stdtr), 2, "Student's distribution function, of df and t."),
    "chdtr": (lambda v, x: _gammainc(0.5 * v, 0.5 * x), 2, "That of chi squared, of df and x."),
    "chdtrc": (lambda v, x: _gammaincc(0.5 * v, 0.5 * x), 2, "That above x, without cancellation."),
    "fdtr": (_fdtr, 3, "That of Fisher's F, of two df and x."),
    "fdtrc": (_fdtrc, 3, "That above x, without cancellation."),
    "gammaincinv": (_op(s.GAMMAINCINV), 2, "The inverse of gammainc(a, .)."),
    "gammainccinv": (_op(s.GAMMAINCCINV), 2, "The inverse of gammaincc(a, .)."),
    "betaincinv": (_op(s.BETAINCINV), 3, "The inverse of betainc(a, b, .)."),
    "betainccinv": (_op(s.BETAINCCINV), 3, "The inverse of betaincc(a, b, .)."),
    "stdtrit": (_op(s.STDTRIT), 2, "The inverse of stdtr(df, .)."),
    "loggamma": (_loggamma, 1, "The logarithm of gamma(x); NaN of negative numbers."),
    "gammasgn": (gammasgn, 1, "The sign of gamma(x)."),
    "rgamma": (rgamma, 1, "1 / gamma(x)."),
    "poch": (_op(s.POCH), 2, "gamma(z + m) / gamma(z)."),
    "binom": (binom, 2, "gamma(n + 1) / (gamma(k + 1) gamma(n - k + 1))."),
    "hyp1f1": (_of_last(s.HYP1F1), 3, "Kummer's function of a, b and x."),
    "hyp2f1": (_of_last(s.HYP2F1), 4, "Gauss's function of a, b, c and x."),
    "ellipk": (_op(s.ELLIPK), 1, "The complete elliptic integral of the first kind, of m."),
    "ellipe": (_op(s.ELLIPE), 1, "The complete elliptic integral of the second kind, of m."),
    "spence": (_op(s.SPENCE), 1, "The integral of log(t) / (1 - t) from 1 to x."),
    "expi": (expi, 1, "The integral of exp(t) / t up to x."),
    "exp1": (exp1, 1, "The integral of exp(-t) / t from x on."),
    "exprel": (exprel, 1, "(exp(x) - 1) / x."),
    "huber": (_huber, 2, "r**2 / 2 up to |r| = delta, and its tangent from there."),
    "boxcox": (_boxcox, 2, "(x**lmbda - 1) / lmbda, and log(x) where lmbda is 0."),
    "erf": (_erf, 1, "The error function."),
    "erfc": (_erfc, 1, "1 - erf(x), without cancellation."),
    "erfcx": (erfcx, 1, "exp(x**2) erfc(x), without overflow."),
    "erfinv": (erfinv, 1, "The inverse of erf."),
    "erfcinv": (erfcinv, 1, "The inverse of erfc."),
    "erfi": (erfi, 1, "The imaginary error function, -i erf(ix)."),
    "dawsn": (dawsn, 1, "Dawson's integral, exp(-x**2) erfi(x) sqrt(pi) / 2."),
    "ndtr": (lambda x: 0.5 * _erfc(x * -math.sqrt(0.5)), 1, "The normal distribution function."),
    "log_ndtr": (log_ndtr, 1, "The logarithm of ndtr, without underflow."),
    "ndtri": (ndtri, 1, "The inverse of ndtr."),
    "ndtri_exp": (ndtri_exp, 1, "The inverse of log_ndtr."),
    "expit": (sigmoid, 1, "1 / (1 + exp(-x))."),
    "logit": (_logit, 1, "The inverse of expit, log(x / (1 - x))."),
    "log_expit": (lambda x: -_softplus(-x), 1, "The logarithm of expit, without underflow."),
    "softplus": (_softplus, 1, "log(1 + exp(x)), without overflow."),
    "xlogy": (_xlogy, 2, "x log(y), but 0 where x is 0."),
    "xlog1py": (_xlog1py, 2, "x log1p(y), but 0 where x is 0."),
    "entr": (_entr, 1, "-x log(x); 0 at 0, and -inf below."),
    "rel_entr": (_rel_entr, 2, "x log(x / y); 0 where x is 0, and infinite where one is negative."),
    "kl_div": (_kl_div, 2, "x log(x / y) - x + y; infinite where x or y is negative."),
    **{
        f"{kind[0]}{order}{kind[1:]}": (
            _bessel(kind, order),
            1,
            f"Bessel's {name} of order {order}.",
        )
        for kind, name in BESSEL.items()
        for order in (0, 1)
    },
}
OF_TENSORS = {name: compute for name, (compute, _, _) in _TABLE.items()}
"""The functions of tensors of floats, and Python numbers beside them."""
SINGLE = {
    "betainc", "betaincc", "betainccinv", "betaincinv", "binom", "boxcox", "chdtr", "chdtrc",
    "entr", "erfcinv", "erfinv", "exp1", "expi", "fdtr", "fdtrc", "huber", "hyp1f1", "kl_div",
    "ndtri", "ndtri_exp", "poch", "rel_entr", "spence", "stdtr", "stdtrit",
}  # fmt: skip
"""What SciPy computes in float32 of integers that this holds; others in float64."""
SPECIAL = {
    name: ufunc(compute, name, nin, "float", least=BY_CODE["f4" if name in SINGLE else "f8"])
    for name, (compute, nin, _) in _TABLE.items()
}
for _name, _function in SPECIAL.items():
    _function.__doc__ = f"{_TABLE[_name][2]} SciPy's `{_name}`, with its derivative."
SPECIAL["psi"] = SPECIAL["digamma"]
SPECIAL |= {name: UFUNCS[name] for name in ("cbrt", "exp2", "expm1", "log1p")}
globals().update(SPECIAL)


# -- of integers, and of two numbers ---------------------------------------------------------------


jn, yn, kn = jv, yv, kv


def zeta(x: Any, q: Any = None) -> ndarray:
    """Hurwitz's zeta function, the sum of (k + q)**-x over k from 0 on; Riemann's, without q.

    Examples
    --------
    >>> from ngrad.scipy import special
    >>> special.zeta(2.0).round(6)
    np.float64(1.644934)
    """
    if q is None:
        return array_of(riemann_zeta(floats(x)))
    return array_of(_zeta(*operands("zeta", floats(x), floats(q))))


def multigammaln(a: Any, d: int) -> ndarray:
    """The logarithm of the gamma function of a symmetric matrix of d rows; NaN up to (d - 1) / 2.

    Examples
    --------
    >>> from ngrad.scipy import special
    >>> special.multigammaln(3.0, 2).round(6)
    np.float64(1.550195)
    """
    x, d = floats(a), whole("multigammaln", d)
    inside = greater(x, 0.5 * (d - 1))
    y = select(inside, x, float(d))
    found = sum((lgamma(y - 0.5 * k) for k in range(d)), 0.25 * d * (d - 1) * math.log(math.pi))
    return array_of(select(inside, found, np.nan))


def comb(N: Any, k: Any, *, exact: bool = False, repetition: bool = False) -> Any:
    """How many ways there are to choose k of N; 0 where k is negative or greater than N. With
    repetition, an element may be chosen again. Exact ones are a Python integer, by SciPy.

    Examples
    --------
    >>> from ngrad.scipy import special
    >>> special.comb(5, [0, 2, 7])
    array([ 1., 10.,  0.])
    """
    if exact:
        from scipy.special import comb as exactly

        return exactly(N, k, exact=True, repetition=repetition)
    n, x = operands("comb", floats(N), floats(k))
    if repetition:
        nothing = logical_and(equal(x, 0.0), greater_equal(n, 0.0))
        n = select(nothing, n, n + x - 1.0)
    there = logical_and(greater_equal(x, 0.0), greater_equal(n, x))
    return array_of(select(there, binom(n, select(there, x, 0.0)), 0.0))


def factorial(n: Any, exact: bool = False) -> Any:
    """gamma(n + 1), and 0 of negative numbers. Exact ones are integers, by SciPy.

    Examples
    --------
    >>> from ngrad.scipy import special
    >>> special.factorial([0, 3, 5])
    array([  1.,   6., 120.])
    """
    if exact:
        from scipy.special import factorial as exactly

        found = exactly(np.asarray(n)[()], exact=True)
        return asarray(found) if np.ndim(found) else found
    x = floats(n)
    below = less(x, 0.0)
    return array_of(select(below, 0.0, gamma(select(below, 0.0, x) + 1.0)))


# -- over axes -------------------------------------------------------------------------------------


def logsumexp(
    a: Any,
    axis: Any = None,
    b: Any = None,
    keepdims: bool = False,
    return_sign: bool = False,
) -> Any:
    """log(sum(b exp(a))) over axes, without overflow; with the sign of the sum, if `return_sign`,
    which of complex numbers is their phase.

    Examples
    --------
    >>> from ngrad.scipy import special
    >>> special.logsumexp([1000.0, 1000.0]).round(4)
    np.float64(1000.6931)
    """
    x = floats(a)
    if b is None and not return_sign and not x.dtype.is_complex:
        return array_of(reduce_logsumexp(x, axis, keepdims))
    x, share = operands("logsumexp", x, 1.0 if b is None else floats(b))
    size = real(x)
    top = stop_gradient(r.reduce_max(select(equal(share, 0.0), -np.inf, size), axis, True))
    above = x - select(isfinite(top), top, 0.0)
    # What has no share may lie so far above the rest that its exponential is infinite.
    above = select(greater(real(above), float(np.log(size.dtype.finfo.max))), -np.inf, above)
    total = r.reduce_sum(multiply_no_nan(exp(above), share), axis, True)
    found = log(abs_(total) if return_sign else total) + select(isfinite(top), top, 0.0)
    if not keepdims:
        shape = r.reduce_max(x, axis, False)._layout.shape
        found, total = reshape(found, shape), reshape(total, shape)
    return (array_of(found), array_of(sign(total))) if return_sign else array_of(found)


def softmax(x: Any, axis: Any = None) -> ndarray:
    """exp(x) / sum(exp(x)) over an axis, or over all.

    Examples
    --------
    >>> from ngrad.scipy import special
    >>> special.softmax([1.0, 1.0])
    array([0.5, 0.5])
    """
    return _over(_softmax, x, axis)


def log_softmax(x: Any, axis: Any = None) -> ndarray:
    """The logarithm of `softmax`, without underflow.

    Examples
    --------
    >>> from ngrad.scipy import special
    >>> special.log_softmax([0.0, 1000.0])
    array([-1000.,     0.])
    """
    return _over(_log_softmax, x, axis)


def _over(function: Any, x: Any, axis: Any) -> ndarray:
    x = floats(x)
    axes = range(x.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    if 0 in x._layout.shape and any(x._layout.shape[k] == 0 for k in axes):
        raise ShapeError(
            f"{function.__name__}: no number is the largest of none, over axis {axis} of shape "
            f"{x._layout.shape}"
        )
    if axis is None or x.ndim == 0:
        return array_of(reshape(function(reshape(x, (-1,))), x._layout.shape))
    if isinstance(axis, int):
        return array_of(function(x, axis))
    top = x - stop_gradient(r.reduce_max(x, axis, True))
    total = r.reduce_sum(exp(top), axis, True)
    return array_of(exp(top) / total if function is _softmax else top - log(total))


__all__ = [
    *SPECIAL, "comb", "expn", "factorial", "iv", "ive", "jn", "jv", "kn", "kv", "kve",
    "log_softmax", "logsumexp", "multigammaln", "polygamma", "sinc", "softmax", "yn", "yv", "zeta",
]  # fmt: skip
globals().update(located(globals(), __all__))
