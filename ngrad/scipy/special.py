"""SciPy's `special`: gamma, error, logistic, entropy, Bessel and elliptic functions, and more, with
derivatives.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.dtypes import BY_CODE
from ngrad.numpy.composed import FLOAT32, FLOAT64, exp2, rint
from ngrad.numpy.convert import array_of
from ngrad.numpy.naming import located
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.norms import floats
from ngrad.numpy.signal import sinc
from ngrad.numpy.ufuncs import ufunc
from ngrad.ops import elliptic
from ngrad.ops import scipy_special as s
from ngrad.ops.comparison import greater, less
from ngrad.ops.complexes import complex_, imag, real
from ngrad.ops.convert import cast_to, operands
from ngrad.ops.elementwise import select
from ngrad.ops.exponential import expm1, log, log1p, sigmoid
from ngrad.ops.exponential import softplus as _softplus
from ngrad.ops.faddeeva import wofz as _complex_wofz
from ngrad.ops.gammas import beta, betaln, binom, gamma, gammasgn, rgamma
from ngrad.ops.gammas import loggamma as _complex_loggamma
from ngrad.ops.incomplete import betainc, betaincc, gammainc, gammaincc, stdtr
from ngrad.ops.integrals import dawsn, erfi, exp1, expi, exprel
from ngrad.ops.normal import erfcinv, erfcx, erfinv, log_ndtr, ndtri, ndtri_exp
from ngrad.ops.orthogonal import ORTHOGONAL
from ngrad.ops.power import cbrt
from ngrad.ops.special import digamma as _digamma
from ngrad.ops.special import erf as _erf
from ngrad.ops.special import erfc as _erfc
from ngrad.ops.special import lgamma
from ngrad.ops.trigonometric import sin
from ngrad.ops.zeta import riemann_zeta
from ngrad.ops.zeta import zeta as _zeta
from ngrad.record import apply
from ngrad.scipy import convex, degrees, laws, powers
from ngrad.scipy.counts import comb, factorial, perm
from ngrad.scipy.missing import missing
from ngrad.scipy.orders import BESSEL, expn, iv, ive, jv, kn, kv, kve, polygamma, whole, yn, yv
from ngrad.scipy.over_axes import log_softmax, logsumexp, softmax

__getattr__ = missing("special")


# -- of one element, or two ------------------------------------------------------------------------


def _op(op: Any) -> Callable[..., Any]:
    return lambda *xs: apply(op, operands(op.name, *xs))


def _of_last(op: Any, names: str) -> Callable[..., Any]:
    return lambda *xs: s.of_last(op, op.name, names, operands(op.name, *xs))


def _family(family: str, names: str) -> Callable[..., Any]:
    name = f"eval_{family}"
    return lambda *xs: s.of_last(ORTHOGONAL, name, names, operands(name, *xs), (family,))


def _loggamma(x: Any) -> Any:
    if x.dtype.is_complex:
        return _complex_loggamma(x)
    return select(less(x, 0.0), np.nan, lgamma(select(less(x, 0.0), 1.0, x)))


def _ndtr(x: Any) -> Any:
    scale = -math.sqrt(0.5)
    if x.dtype.is_complex:  # whose infinities a product would lose
        return 0.5 * _erfc(complex_(scale * real(x), scale * imag(x)))
    return 0.5 * _erfc(scale * x)


def _wofz(x: Any) -> Any:
    if not x.dtype.is_complex:
        x = complex_(cast_to(x, BY_CODE["f8"]), 0.0)
    return _complex_wofz(x)


def _logit(x: Any) -> Any:
    return log(x) - log1p(-x)


def _cosm1(x: Any) -> Any:
    half = sin(0.5 * x)
    return -2.0 * (half * half)


def _zetac(x: Any) -> Any:
    far = greater(x, 1.0)
    above = _zeta(select(far, x, 2.0), 2.0)
    return select(far, above, riemann_zeta(select(far, 0.0, x)) - 1.0)


def _bessel(kind: str, order: int) -> Callable[[Any], Any]:
    return lambda x: s.bessel(x, kind, order)


_TABLE: dict[str, tuple[Callable[..., Any], int, str]] = {
    # name: (of tensors, operands, what it is)
    "gamma": (gamma, 1, "The gamma function."),
    "gammaln": (lgamma, 1, "The logarithm of |gamma(x)|."),
    "digamma": (_digamma, 1, "The derivative of gammaln."),
    "beta": (beta, 2, "gamma(a) gamma(b) / gamma(a + b)."),
    "betaln": (betaln, 2, "The logarithm of |beta(a, b)|."),
    "gammainc": (gammainc, 2, "The share of gamma(a) up to x."),
    "gammaincc": (gammaincc, 2, "The share of gamma(a) above x."),
    "betainc": (betainc, 3, "The share of beta(a, b) up to x."),
    "betaincc": (betaincc, 3, "The share of beta(a, b) above x."),
    "stdtr": (stdtr, 2, "Student's distribution function, of df and t."),
    "chdtr": (laws.chdtr, 2, "That of chi squared, of df and x."),
    "chdtrc": (laws.chdtrc, 2, "That above x, without cancellation."),
    "fdtr": (laws.fdtr, 3, "That of Fisher's F, of two df and x."),
    "fdtrc": (laws.fdtrc, 3, "That above x, without cancellation."),
    "fdtri": (laws.fdtri, 3, "The inverse of fdtr(dfn, dfd, .)."),
    "chdtri": (laws.chdtri, 2, "The inverse of chdtrc(df, .)."),
    "gdtr": (laws.gdtr, 3, "The gamma distribution's function, of rate, shape and x."),
    "gdtrc": (laws.gdtrc, 3, "That above x, without cancellation."),
    "gdtrix": (laws.gdtrix, 3, "The inverse of gdtr(a, b, .)."),
    "gdtria": (laws.gdtria, 3, "The rate a for which gdtr(a, b, x) is p, of p, b and x."),
    "pdtr": (laws.pdtr, 2, "Poisson's distribution function, of k and the mean."),
    "pdtrc": (laws.pdtrc, 2, "That above k, without cancellation."),
    "pdtri": (laws.pdtri, 2, "The inverse of pdtr(k, .)."),
    "bdtr": (laws.bdtr, 3, "The binomial distribution's function, of k, n and p."),
    "bdtrc": (laws.bdtrc, 3, "That above k, without cancellation."),
    "bdtri": (laws.bdtri, 3, "The inverse of bdtr(k, n, .)."),
    "nbdtr": (laws.nbdtr, 3, "That of failures before n successes, of k, n and p."),
    "nbdtrc": (laws.nbdtrc, 3, "That above k, without cancellation."),
    "nbdtri": (laws.nbdtri, 3, "The inverse of nbdtr(k, n, .)."),
    "nrdtrimn": (laws.nrdtrimn, 3, "The mean of a normal law, of p, std and x with ndtr there p."),
    "nrdtrisd": (laws.nrdtrisd, 3, "The deviation of one, of mean, p and x."),
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
    "hyp1f1": (_of_last(s.HYP1F1, "a b"), 3, "Kummer's function of a, b and x."),
    "hyp2f1": (_of_last(s.HYP2F1, "a b c"), 4, "Gauss's function of a, b, c and x."),
    "hyp0f1": (_of_last(s.HYP0F1, "v"), 2, "The confluent limit function of v and x."),
    "hyperu": (_of_last(s.HYPERU, "a b"), 3, "Tricomi's function of a, b and x."),
    "ellipkm1": (_op(elliptic.ELLIPKM1), 1, "ellipk(1 - p), also of small p."),
    "ellipkinc": (_op(elliptic.ELLIPKINC), 2, "The integral of the first kind up to phi, of m."),
    "ellipeinc": (_op(elliptic.ELLIPEINC), 2, "That of the second kind."),
    "owens_t": (_op(s.OWENS_T), 2, "Owen's T, of h and a."),
    "wrightomega": (_op(s.WRIGHTOMEGA), 1, "The w with w + log(w) = x."),
    "ellipk": (_op(elliptic.ELLIPK), 1, "The complete elliptic integral of the first kind, of m."),
    "ellipe": (_op(elliptic.ELLIPE), 1, "The complete elliptic integral of the second kind, of m."),
    "spence": (_op(s.SPENCE), 1, "The integral of log(t) / (1 - t) from 1 to x."),
    "expi": (expi, 1, "The integral of exp(t) / t up to x."),
    "exp1": (exp1, 1, "The integral of exp(-t) / t from x on."),
    "exprel": (exprel, 1, "(exp(x) - 1) / x."),
    "exp10": (powers.exp10, 1, "10**x."),
    "cosm1": (_cosm1, 1, "cos(x) - 1, without cancellation."),
    "powm1": (powers.powm1, 2, "x**y - 1, without cancellation."),
    "zetac": (_zetac, 1, "Riemann's zeta function less 1, without cancellation."),
    "sindg": (degrees.sindg, 1, "The sine of x degrees."),
    "cosdg": (degrees.cosdg, 1, "The cosine of x degrees."),
    "tandg": (degrees.tandg, 1, "The tangent of x degrees."),
    "cotdg": (degrees.cotdg, 1, "The cotangent of x degrees."),
    "radian": (degrees.radian, 3, "Degrees, minutes and seconds in radians."),
    "pseudo_huber": (
        convex.pseudo_huber,
        2,
        "(sqrt(1 + (r / delta)**2) - 1) delta**2.",
    ),
    "huber": (convex.huber, 2, "r**2 / 2 up to |r| = delta, and its tangent from there."),
    "boxcox": (powers.boxcox, 2, "(x**lmbda - 1) / lmbda, and log(x) where lmbda is 0."),
    "boxcox1p": (powers.boxcox1p, 2, "boxcox(1 + x, lmbda), without cancellation."),
    "inv_boxcox": (powers.inv_boxcox, 2, "The inverse of boxcox(., lmbda)."),
    "inv_boxcox1p": (powers.inv_boxcox1p, 2, "The inverse of boxcox1p(., lmbda)."),
    **{
        f"eval_{family}": (
            _family(family, names),
            len(names.split()) + 1,
            f"{of} at x, of its degree n.",
        )
        for family, names, of in (
            ("chebyt", "n", "Chebyshev's polynomial of the first kind"),
            ("chebyu", "n", "Chebyshev's polynomial of the second kind"),
            ("legendre", "n", "Legendre's polynomial"),
            ("gegenbauer", "n alpha", "Gegenbauer's polynomial of a parameter"),
            ("hermite", "n", "Hermite's polynomial (the physicists')"),
            ("hermitenorm", "n", "Hermite's polynomial with a leading 1"),
            ("laguerre", "n", "Laguerre's polynomial"),
            ("genlaguerre", "n alpha", "Laguerre's polynomial of a parameter"),
            ("jacobi", "n alpha beta", "Jacobi's polynomial of two parameters"),
        )
    },
    "erf": (_erf, 1, "The error function."),
    "erfc": (_erfc, 1, "1 - erf(x), without cancellation."),
    "erfcx": (erfcx, 1, "exp(x**2) erfc(x), without overflow."),
    "wofz": (_wofz, 1, "Faddeeva's function, exp(-z**2) erfc(-i z)."),
    "erfinv": (erfinv, 1, "The inverse of erf."),
    "erfcinv": (erfcinv, 1, "The inverse of erfc."),
    "erfi": (erfi, 1, "The imaginary error function, -i erf(ix)."),
    "dawsn": (dawsn, 1, "Dawson's integral, exp(-x**2) erfi(x) sqrt(pi) / 2."),
    "ndtr": (_ndtr, 1, "The normal distribution function."),
    "log_ndtr": (log_ndtr, 1, "The logarithm of ndtr, without underflow."),
    "ndtri": (ndtri, 1, "The inverse of ndtr."),
    "ndtri_exp": (ndtri_exp, 1, "The inverse of log_ndtr."),
    "cbrt": (cbrt, 1, "The cube root."),
    "exp2": (exp2, 1, "2**x."),
    "expm1": (expm1, 1, "exp(x) - 1, without cancellation."),
    "log1p": (log1p, 1, "log(1 + x), without cancellation."),
    "round": (rint, 1, "The nearest whole number; of two, the even one."),
    "expit": (sigmoid, 1, "1 / (1 + exp(-x))."),
    "logit": (_logit, 1, "The inverse of expit, log(x / (1 - x))."),
    "log_expit": (lambda x: -_softplus(-x), 1, "The logarithm of expit, without underflow."),
    "softplus": (_softplus, 1, "log(1 + exp(x)), without overflow."),
    "xlogy": (convex.xlogy, 2, "x log(y), but 0 where x is 0."),
    "xlog1py": (convex.xlog1py, 2, "x log1p(y), but 0 where x is 0."),
    "entr": (convex.entr, 1, "-x log(x); 0 at 0, and -inf below."),
    "rel_entr": (
        convex.rel_entr,
        2,
        "x log(x / y); 0 where x is 0, infinite where one is negative.",
    ),
    "kl_div": (convex.kl_div, 2, "x log(x / y) - x + y; infinite where x or y is negative."),
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
    "bdtr", "bdtrc", "bdtri", "betainc", "betaincc", "betainccinv", "betaincinv", "binom", "boxcox",
    "boxcox1p", "chdtr", "chdtrc", "chdtri", "entr", "erfcinv", "erfinv", "exp1", "expi", "fdtr",
    "fdtrc", "fdtri", "gdtr", "gdtrc", "gdtria", "gdtrix", "huber", "hyp0f1", "hyp1f1", "hyperu",
    "inv_boxcox", "inv_boxcox1p", "kl_div", "ndtri", "ndtri_exp", "nrdtrimn", "nrdtrisd", "owens_t",
    "pdtr", "pdtrc", "poch", "powm1", "pseudo_huber", "rel_entr", "spence", "stdtr", "stdtrit",
    "round", "wrightomega",
}  # fmt: skip
"""What SciPy computes in float32 of integers that this holds; others in float64."""
WHOLE = {
    "eval_chebyt": 1, "eval_chebyu": 1, "eval_gegenbauer": 1, "eval_genlaguerre": 1,
    "eval_jacobi": 1, "eval_laguerre": 1, "eval_legendre": 1, "nbdtr": 2, "nbdtrc": 2, "nbdtri": 2,
    "pdtri": 1,
}  # fmt: skip
"""Of what begins with so many counts; where they are integers SciPy computes it in float64."""
SPECIAL: dict[str, ufunc] = {}
for _name, (_compute, _nin, _about) in _TABLE.items():
    _whole = WHOLE.get(_name, 0)
    _least = FLOAT32 if _whole or _name in SINGLE else FLOAT64
    _function = ufunc(_compute, _name, _nin, "float", least=_least, whole=_whole)
    _function.__doc__ = f"{_about} SciPy's `{_name}`, with its derivative."
    _function.__module__ = __name__
    SPECIAL[_name] = _function
SPECIAL["psi"] = SPECIAL["digamma"]
globals().update(SPECIAL)


# -- of integers, and of two numbers ---------------------------------------------------------------


jn = jv


_hurwitz = ufunc(_zeta, "zeta", 2, "float", least=FLOAT32)


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
    return _hurwitz(x, q)


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


__all__ = [
    *SPECIAL, "comb", "expn", "factorial", "iv", "ive", "jn", "jv", "kn", "kv", "kve",
    "log_softmax", "logsumexp", "multigammaln", "perm", "polygamma", "sinc", "softmax", "yn",
    "yv", "zeta",
]  # fmt: skip
globals().update(located(globals(), __all__))
