"""Every function of `ngrad.scipy.special` beside SciPy's: values, edges, and gradients."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special
import scipy.stats
from calls import Case
from numeric import check_gradient, check_second_gradient
from test_functions import assert_like, converted, function_of

import ngrad
import ngrad.numpy as ours
from ngrad.errors import GradientError
from ngrad.scipy import special

POSITIVE = np.linspace(0.3, 6.7, 12).reshape(3, 4)
UNIT = np.linspace(0.15, 0.9, 12).reshape(3, 4)
ANY = np.linspace(-3.3, 4.1, 12).reshape(3, 4)
CUBE = np.random.default_rng(3).normal(size=(2, 3, 4))
EDGES = np.array([0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 0.5])
FIRST, SECOND = (x.ravel() for x in np.meshgrid(EDGES, EDGES))
CASES: list[Case] = []


def case(name: str, *args: Any, orders: int = 0, **kwargs: Any) -> None:
    CASES.append(Case(name, args, kwargs, orders))


for name in ("gamma", "gammaln", "digamma", "psi"):
    case(name, POSITIVE, orders=1 if "psi" in name or name == "digamma" else 2)
    case(name, ANY)
    case(name, np.array([1, 2, 5]))
for name in ("gammainccinv", "gammaincinv"):
    case(name, 1.5, UNIT, orders=2)
    case(name, POSITIVE, UNIT)
for name in ("betaincinv", "betainccinv"):
    case(name, 1.5, 0.7, UNIT, orders=2)
    case(name, POSITIVE, 2.0, UNIT)
for name in ("chdtr", "chdtrc", "huber"):
    case(name, 1.5, POSITIVE, orders=2)
    case(name, FIRST, SECOND)
for name in ("fdtr", "fdtrc"):
    case(name, 3.0, 5.0, POSITIVE, orders=2)
    case(name, 2.5, 1.5, EDGES)
case("stdtrit", 3.0, UNIT, orders=2)
case("hyp1f1", 0.5, 1.5, ANY, orders=2)
case("hyp2f1", 0.5, 1.5, 2.0, 2 * UNIT - 1, orders=2)
for name in ("rgamma", "gammasgn", "loggamma"):
    case(name, np.array([-2.0, -1.5, -0.3, 0.0, 0.5, 3.0, 7.5]), orders=2 * (name == "rgamma"))
case("loggamma", POSITIVE, orders=2)
case("binom", POSITIVE + 2.0, UNIT * 2, orders=2)
case("binom", np.array([5, 6, 2]), np.array([0, 3, 4]))
case("poch", POSITIVE, UNIT, orders=2)
case("comb", np.array([5, 6, 2, 3]), np.array([0, 3, 4, -1]))
case("comb", POSITIVE + 2.0, UNIT * 2, orders=2)
case("comb", np.array([5, 0, 2, 3]), np.array([0, 0, 4, -1]), repetition=True)
case("comb", 100, 30, exact=True)
case("comb", 10, 3, exact=True, repetition=True)
case("factorial", 30, exact=True)
case("factorial", np.array([3, 20]), exact=True)
case("zeta", 2.5, POSITIVE, orders=2)
case("zeta", np.array([2.0, 0.5, -3.0, 1.0]))
case("multigammaln", POSITIVE + 2.0, 3, orders=2)
for name in ("exprel", "spence", "exp1", "expi"):
    case(name, POSITIVE / 4.0, orders=2)
    case(name, EDGES)
for name in ("ellipk", "ellipe"):
    case(name, np.array([-3.0, -0.4, 0.0, 0.3, 0.9]), orders=2)
    case(name, EDGES)
case("exprel", np.array([-1.5, 0.0, 1e-9]), orders=2)
case("spence", np.array([1.0, 1.3]), orders=2)
for n in (0, 1, 3):
    case("expn", n, POSITIVE, orders=2)
case("boxcox", POSITIVE, np.array([0.0, -1.0, 0.5, 2.0]), orders=2)
case("boxcox", FIRST, SECOND)
for name in ("cbrt", "exp2", "expm1", "log1p", "sinc"):
    case(name, POSITIVE, orders=1)
case("erfcinv", 2 * UNIT, orders=2)
case("ndtri_exp", np.array([-300.0, -2.0, -0.1]), orders=2)
for name in ("erfi", "dawsn"):
    case(name, ANY / 2.0, orders=2)
for name in ("erf", "erfc", "erfcx", "ndtr", "log_ndtr", "expit", "log_expit"):
    case(name, ANY, orders=2)
    case(name, EDGES)
    case(name, ANY.astype(np.float32))
case("log_ndtr", np.array([-40.0, -300.0]))
case("log_expit", np.array([-800.0, 800.0]))
case("erfinv", 2 * UNIT - 1, orders=2)
for name in ("ndtri", "logit"):
    case(name, UNIT, orders=2)
    case(name, EDGES)
case("entr", POSITIVE, orders=2)
case("entr", EDGES)
for name in ("xlogy", "xlog1py", "rel_entr", "kl_div", "beta", "betaln"):
    case(name, POSITIVE, UNIT, orders=2)
    case(name, np.array([1, 2]), 3)
    if "beta" not in name:
        case(name, FIRST, SECOND)
# Whose quotient is no number between 0 and infinity.
case("rel_entr", np.array([1e-300, 1e300]), np.array([1e100, 1e-100]))
case("gammasgn", np.array([-5e-324, -1e-300, -1.5, -2.5]))
for name in ("gammainc", "gammaincc"):
    case(name, POSITIVE, POSITIVE[::-1])
    case(name, 1.5, POSITIVE, orders=2)
    case(name, np.array([1.0, 0.5, 2.0]), np.array([0.0, 0.0, np.inf]))
for name in ("betainc", "betaincc"):
    case(name, POSITIVE, POSITIVE[::-1], UNIT)
    case(name, 1.5, 0.7, UNIT, orders=2)
case("stdtr", POSITIVE, ANY)
case("stdtr", 3.0, ANY, orders=2)
for name in ("j0", "j1", "y0", "y1", "i0", "i1", "k0", "k1", "i0e", "i1e", "k0e", "k1e"):
    case(name, POSITIVE, orders=2)
case("i0e", ANY, orders=2)
for name in ("i0e", "i1e", "k0e", "k1e"):
    case(name, np.array([0.0, 800.0, 1e10, 1e300, np.inf, np.nan]))
case("yn", 2, POSITIVE)
case("kn", 2, POSITIVE)
for n in (-3, -1, 0, 1, 2, 3):
    for name in ("yv", "kv", "kve"):
        case(name, n, np.array([0.0, -1.0, 1e-200, 100.0, np.nan]))
    case("kv", n, np.array([np.inf]))
for name in ("jv", "jn", "yv", "iv", "kv", "ive", "kve"):
    case(name, 2, POSITIVE, orders=2)
    case(name, 1.5, POSITIVE, orders=1)
    if name != "jn":
        case(name, [[0], [2], [1.5]], POSITIVE, orders=1)
        case(name, np.array([0, -1, 2, 60]), POSITIVE)
        case(name, np.ones((0, 1, 1)), POSITIVE)
case("polygamma", [[2], [0], [1]], POSITIVE, orders=1)
case("expn", [0, 1, 2, 3], 0)
case("expn", [[3], [1], [3]], POSITIVE, orders=1)
for n in (0, 1, 2, 4):
    case("polygamma", n, POSITIVE, orders=2)
case("factorial", np.array([0, 1, 5, -1]))
case("factorial", POSITIVE, orders=1)
for axis in (None, 0, -1, (0, 2)):
    case("logsumexp", CUBE, axis=axis, orders=2)
    case("logsumexp", CUBE, axis=axis, keepdims=True, b=np.abs(CUBE))
    case("softmax", CUBE, axis=axis, orders=2)
    case("log_softmax", CUBE, axis=axis, orders=2)
case("logsumexp", CUBE, 1, CUBE)
case("logsumexp", CUBE, 1, CUBE, return_sign=True, orders=1)
case("logsumexp", CUBE, 1, np.array([1.0, 0.0, 2.0])[:, None], orders=1)
case("logsumexp", np.array([-np.inf, -np.inf]))
case("logsumexp", np.array([1000.0, np.inf]))
case("logsumexp", np.array([1e3, 1e3]), b=[1.0, -0.5])
TURNED = CUBE * (1.0 - 0.5j)
for kwargs in ({}, {"b": CUBE}, {"b": TURNED, "return_sign": True}):
    case("logsumexp", TURNED, axis=1, keepdims=True, **kwargs)
case("logsumexp", np.array([1e3 + 1j, 1e3, complex(-np.inf, 0.0)]))
case("logsumexp", np.array([1.0, 2.0], np.float32), return_sign=True)
case("logsumexp", np.array([1.0, 2j], np.complex64), return_sign=True)
case("softmax", np.array([1, 2, 3]))
case("log_softmax", np.array([0.0, 1e4]))


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_as_scipy(case: Case) -> None:
    expected = getattr(scipy.special, case.name)(*case.args, **case.kwargs)
    args = [converted(x) for x in case.args]
    assert_like(getattr(special, case.name)(*args, **case.kwargs), expected, 4)


@pytest.mark.parametrize("case", [case for case in CASES if case.orders], ids=str)
def test_gradients(case: Case) -> None:
    function, arrays = function_of(case, special)
    check_gradient(function, *arrays)
    if case.orders > 1:
        check_second_gradient(function, *arrays, rtol=1e-6)


EXACT: list[tuple[Any, ...]] = [
    # name, operands before the last, mpmath's function of the last one, where
    ("zeta", (2.5,), lambda x: mpmath.zeta(2.5, x), (0.3, 4.0)),
    ("gamma", (), mpmath.gamma, (0.4, -1.3, 5.2)),
    ("rgamma", (), mpmath.rgamma, (-2.0, -0.6, 0.0, 0.5, 3.3)),
    ("digamma", (), mpmath.digamma, (0.4, 7.5)),
    ("gammainc", (1.5,), lambda x: mpmath.gammainc(1.5, 0, x, regularized=True), (0.2, 3.0)),
    ("gammaincc", (2.5,), lambda x: mpmath.gammainc(2.5, x, regularized=True), (0.2, 9.0)),
    ("betainc", (1.5, 0.7), lambda x: mpmath.betainc(1.5, 0.7, 0, x, regularized=True), (0.1, 0.9)),
    ("binom", (7.5,), lambda x: mpmath.binomial(7.5, x), (1.2, 3.0)),
    ("poch", (2.5,), lambda x: mpmath.rf(2.5, x), (0.5, 3.0)),
    ("erfi", (), mpmath.erfi, (-1.2, 0.0, 2.5)),
    (
        "dawsn",
        (),
        lambda x: mpmath.sqrt(mpmath.pi) / 2 / mpmath.exp(x * x) * mpmath.erfi(x),
        (1.4,),
    ),
    ("erfinv", (), mpmath.erfinv, (-0.7, 0.2)),
    ("spence", (), lambda x: mpmath.polylog(2, 1 - x), (0.05, 0.7, 1.0, 1.8)),
    ("ellipk", (), mpmath.ellipk, (-7.0, 0.0, 0.4, 0.99)),
    ("ellipe", (), mpmath.ellipe, (-7.0, 0.0, 0.4, 0.99)),
    ("exp1", (), mpmath.e1, (0.3, 4.0)),
    ("expi", (), mpmath.ei, (-1.0, 0.5, 4.0)),
    ("expn", (3,), lambda x: mpmath.expint(3, x), (0.3, 4.0)),
    ("exprel", (), lambda x: mpmath.hyp1f1(1, 2, x), (-3.0, 0.0, 1e-8, 2.0)),
    ("hyp1f1", (0.5, 1.7), lambda x: mpmath.hyp1f1(0.5, 1.7, x), (-2.0, 3.0)),
    ("hyp2f1", (0.5, 1.7, 2.2), lambda x: mpmath.hyp2f1(0.5, 1.7, 2.2, x), (-2.0, 0.8)),
    ("jv", (2,), lambda x: mpmath.besselj(2, x), (0.4, 6.0)),
    ("yv", (1.5,), lambda x: mpmath.bessely(1.5, x), (0.4, 6.0)),
    ("i0", (), lambda x: mpmath.besseli(0, x), (-3.0, 0.0, 1e-9, 0.2, 0.3, 9.0)),
    ("i1", (), lambda x: mpmath.besseli(1, x), (-3.0, 0.0, 1e-9, 0.2, 0.3, 9.0)),
    ("i1e", (), lambda x: mpmath.besseli(1, x) * mpmath.exp(-abs(x)), (1e-9, 0.2, -0.3, 9.0)),
    ("iv", (2,), lambda x: mpmath.besseli(2, x), (0.4, 6.0)),
    ("j0", (), lambda x: mpmath.besselj(0, x), (-3.0, 0.0, 1e-9, 0.2, 0.3, 9.0)),
    ("j1", (), lambda x: mpmath.besselj(1, x), (-3.0, 0.0, 1e-9, 0.2, 0.3, 9.0)),
    *((f"y{n}", (), lambda x, n=n: mpmath.bessely(n, x), (0.4, 6.0, 9.0)) for n in (0, 1)),
    *((f"k{n}", (), lambda x, n=n: mpmath.besselk(n, x), (0.4, 6.0)) for n in (0, 1)),
    *(("kn", (n,), lambda x, n=n: mpmath.besselk(n, x), (0.4, 6.0, 90.0)) for n in (2, 3, 4)),
    *(("yn", (n,), lambda x, n=n: mpmath.bessely(n, x), (0.4, 6.0, 90.0)) for n in (2, 3, 4)),
    ("yv", (-3,), lambda x: mpmath.bessely(-3, x), (0.4, 6.0)),
    ("kve", (3,), lambda x: mpmath.besselk(3, x) * mpmath.exp(x), (0.4, 6.0)),
    ("ive", (1,), lambda x: mpmath.besseli(1, x) * mpmath.exp(-abs(x)), (-2.0, 6.0)),
    ("kve", (0.5,), lambda x: mpmath.besselk(0.5, x) * mpmath.exp(x), (0.4, 6.0)),
]


@pytest.mark.parametrize("row", EXACT, ids=lambda row: row[0])
def test_as_mpmath(row: Any) -> None:
    """The value, and two derivatives."""
    name, before, exact, places = row
    slope = ngrad.grad(lambda x: getattr(special, name)(*before, x))
    ways = (lambda x: getattr(special, name)(*before, x), slope, ngrad.grad(slope))
    with mpmath.workdps(30):
        for order, way in enumerate(ways):
            found = [float(way(ours.array(x))) for x in places]
            expected = [float(mpmath.diff(exact, x, order)) for x in places]
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


LATE = (9.9, 10.1, 29.9, 30.1, 1e6)
HARD: list[tuple[Any, ...]] = [
    # name, mpmath's function, where its derivatives would cancel, on both sides of formulas' bounds
    (
        "log_ndtr",
        lambda x: mpmath.log(mpmath.ncdf(x)),
        (-1e4, -3e3, -6.1, -5.9, 0.0, 9.0, 14.0, 45),
    ),
    ("erfcx", lambda x: mpmath.exp(x * x) * mpmath.erfc(x), (-3.0, 4.1, 4.4, 30.0, 1e4)),
    (
        "dawsn",
        lambda x: mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(-x * x) * mpmath.erfi(x),
        (-1e4, -8.1, 4.9, 5.1, 7.9, 1e4),
    ),
    ("zeta", mpmath.zeta, (-40.2, -20.5, -12.7, -4.0, -0.6, -0.4)),
    ("rgamma", mpmath.rgamma, (-30.5, -20.0)),
    *(
        (f"i{n}e", lambda x, n=n: mpmath.besseli(n, x) * mpmath.exp(-abs(x)), (-1e6, -31.0, *LATE))
        for n in (0, 1)
    ),
    *((f"k{n}e", lambda x, n=n: mpmath.besselk(n, x) * mpmath.exp(x), LATE) for n in (0, 1)),
]


@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 1e-11), ("float32", 2e-4)])
@pytest.mark.parametrize("row", HARD, ids=lambda row: row[0])
def test_derivatives_that_would_cancel(row: Any, dtype: str, rtol: float) -> None:
    name, exact, places = row
    slope = ngrad.grad(getattr(special, name))
    with mpmath.workdps(60):
        for order, way in ((1, slope), (2, ngrad.grad(slope))):
            xs = [np.dtype(dtype).type(x) for x in places]
            found = [float(way(ours.array(x))) for x in xs]
            expected = [float(mpmath.diff(exact, mpmath.mpf(float(x)), order)) for x in xs]
            np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-37, err_msg=str(order))


@pytest.mark.parametrize(
    ("call", "at", "expected"),
    [
        *((lambda x: special.boxcox(x, 2.0), x, (x, 1.0)) for x in (1e-100, 1e-12, 0.5, 1e10)),
        *((lambda x: special.boxcox(x, 1.0), x, (1.0, 0.0)) for x in (0.3, 0.4, 3.0)),
        *((lambda x: special.boxcox(x, -1.0), x, (x**-2, -2 * x**-3)) for x in (1e-12, 1e12)),
        (lambda x: special.boxcox(x, 0.0), 1e-12, (1e12, -1e24)),
        (lambda x: special.spence(x), 1e-30, (np.log(1e-30), 1e30)),
        (lambda x: 1e31 * special.spence(x), 1e16, (-1e15 * np.log(1e16), np.log(1e16) / 10 - 0.1)),
        (lambda x: 1e24 * special.exprel(x), -1e8, (1e8, 2.0)),
        (lambda x: special.huber(1.5, x), np.inf, (1.5, 0.0)),
        (lambda x: special.huber(1.5, x), -np.inf, (-1.5, 0.0)),
        (lambda x: special.huber(np.inf, x), 2.0, (2.0, 1.0)),
    ],
)
def test_slopes_and_curves(call: Any, at: float, expected: Any) -> None:
    slope = ngrad.grad(call)
    found = [float(way(ours.array(at))) for way in (slope, ngrad.grad(slope))]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


def test_every_name_has_a_case() -> None:
    assert set(special.__all__) == {case.name for case in CASES}


def test_an_exact_factorial_of_an_element() -> None:
    assert special.factorial(ours.array([25])[0], exact=True) == math.factorial(25)


def test_derivatives_at_the_edges() -> None:
    slopes = [
        (special.xlogy, (0.0, 2.0), (np.log(2.0), 0.0)),
        (special.xlogy, (0.0, 0.0), (0.0, 0.0)),
        (special.xlog1py, (0.0, -1.0), (0.0, 0.0)),
        (special.xlog1py, (0.0, 1.0), (np.log(2.0), 0.0)),
        (special.log_ndtr, (-40.0,), (40.0249688472,)),
        (special.log_expit, (-800.0,), (1.0,)),
        (special.entr, (0.0,), (np.inf,)),
        (special.ellipe, (1.0 - 2.0**-53,), (-9.37734732298,)),
        (special.ellipe, (1.0,), (-np.inf,)),
        (special.ellipk, (1.0,), (np.inf,)),
        (special.zeta, (np.inf,), (0.0,)),
        (special.j1, (0.0,), (0.5,)),
        (special.binom, (2.0, 5.0), (1 / 30, -1 / 30)),
        (special.binom, (5.0, 6.0), (1 / 6, -1 / 6)),
        (special.binom, (5.0, -1.0), (0.0, 1 / 6)),
        (special.binom, (1e3, 1e3 + 2), (-1 / (1001 * 1002), 1 / (1001 * 1002))),
        (special.poch, (-1.0, 2.0), (-1.0, 0.0)),
        (special.poch, (0.0, 2.0), (1.0, 0.0)),
        (lambda x: special.betaln(x, 0.5), (1e15,), (-0.5e-15,)),
        (lambda x: special.beta(x, 1e-20), (20.0,), (float(-mpmath.polygamma(1, 20)),)),
        (special.betaln, (10.0, 1e-17), (-1e-17 * float(mpmath.polygamma(1, 10)), -1e17)),
        (special.expi, (712.0,), (float(mpmath.exp(712) / 712),)),
        (ngrad.grad(special.expi), (712.0,), (float(mpmath.exp(712) / 712 * 711 / 712),)),
        (ngrad.grad(special.i1), (720.0,), (np.inf,)),
        (ngrad.grad(lambda x: special.rel_entr(x, 1e10)), (1e-300,), (1e300,)),
        (special.rel_entr, (1.0, 1e-300), (300.0 * np.log(10.0) + 1.0, -1e300)),
        *((lambda x: special.poch(x, 2.0), (x,), (2.0 * x + 1.0,)) for x in (-3.0, -1.0, -2.5)),
        (lambda x: special.poch(x, -1.0), (0.0,), (-1.0,)),
        (special.log_ndtr, (np.inf,), (0.0,)),
        (special.i0e, (0.0,), (0.0,)),
        (special.i0e, (-np.inf,), (0.0,)),
        (special.k0e, (-40.0,), (np.nan,)),
        (ngrad.grad(special.log_ndtr), (np.inf,), (0.0,)),
        (ngrad.grad(special.log_ndtr), (-np.inf,), (-1.0,)),
        (ngrad.grad(special.dawsn), (-np.inf,), (0.0,)),
        (ngrad.grad(special.erfcx), (np.inf,), (0.0,)),
        *(
            (ngrad.grad(lambda x, a=a: special.gammainc(a, x)), (0.0,), (slope,))
            for a, slope in ((1.0, -1.0), (1.5, np.inf), (2.0, 1.0), (3.0, 0.0))
        ),
        *(
            (ngrad.grad(lambda x, b=b: special.betainc(2.0, b, x)), (x,), (slope,))
            for b, x, slope in ((2.0, 0.0, 6.0), (2.0, 1.0, -6.0), (1.0, 0.0, 2.0), (1.0, 1.0, 2.0))
        ),
        (lambda x: special.logsumexp(x * np.array([1.0, 0.0]), b=[0.0, 1.0]), (3.0,), (0.0,)),
    ]
    for function, at, expected in slopes:
        arguments = [ours.array(x) for x in at]
        found = ngrad.grad(function, argnums=tuple(range(len(at))))(*arguments)
        np.testing.assert_allclose([float(x) for x in found], expected, rtol=1e-9)


EXPONENTS = (1.01, 1.5, 2.0, 8.0, 50.0, 400.0)


@pytest.mark.parametrize(
    ("x", "q"),
    [(x, None) for x in (-100.3, -20.5, -12.7, -2.0, -0.51, -0.5, 0.0, *EXPONENTS)]
    + [(x, q) for x in EXPONENTS for q in (0.3, 2.7, 30.0)],
)
def test_the_slope_of_zeta_in_its_exponent(x: float, q: float | None) -> None:
    found = ngrad.grad(lambda x: special.zeta(x, q))(ours.array(x))
    expected = float(mpmath.zeta(x, q or 1.0, 1))
    np.testing.assert_allclose(float(found), expected, rtol=1e-13)


def test_parameters_of_hypergeometric_functions() -> None:
    """They have no derivative, and whoever asks for it is told, once they are followed."""
    a = ours.array(1.5)
    with pytest.raises(GradientError, match="hyp1f1: has a derivative in its last operand"):
        ngrad.grad(lambda a: special.hyp1f1(a, 2.0, 0.5))(a)
    x = ours.array([0.25, 0.5])
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        found = special.hyp1f1(a, 2.0, x)
    slopes = 0.75 * scipy.special.hyp1f1(2.5, 3.0, [0.25, 0.5])
    np.testing.assert_allclose(np.diagonal(tape.jacobian(found, x)), slopes, rtol=1e-12)


def share_of_gamma(a: Any) -> Any:
    return mpmath.gammainc(a, 0, 3, regularized=True)


def share_of_beta(a: Any, b: Any = 2.5, x: Any = 0.375) -> Any:
    return mpmath.betainc(a, b, 0, x, regularized=True)


PARAMETERS = [
    # of a parameter; the same in mpmath; the function that has no second derivative
    (lambda a: special.gammainc(a, 3.0), share_of_gamma, "gammainc"),
    (lambda a: special.chdtrc(2.0 * a, 6.0), lambda a: -share_of_gamma(a), "gammainc"),
    (lambda a: special.gammainc(a, special.gammaincinv(a, 0.3)), lambda a: 0, "gammainc"),
    (lambda a: special.betainc(a, 2.5, 0.375), share_of_beta, "betainc"),
    (lambda b: special.betaincc(2.5, b, 0.625), lambda b: share_of_beta(b), "betainc"),
    (lambda b: special.betainc(2.5, b, 0.375), lambda b: share_of_beta(2.5, b), "betainc"),
    (lambda b: special.betainc(2.5, b, special.betaincinv(2.5, b, 0.3)), lambda b: 0, "betainc"),
    (lambda a: special.betaincc(a, 1.5, special.betainccinv(a, 1.5, 0.3)), lambda a: 0, "betainc"),
    (
        lambda n: special.fdtr(n, 5.0, 1.25),
        lambda n: share_of_beta(n / 2, 2.5, n / (n + 4)),
        "betainc",
    ),
    (
        lambda d: special.fdtrc(3.0, d, 1.25),
        lambda d: share_of_beta(d / 2, 1.5, d / (d + 3.75)),
        "betainc",
    ),
    (
        lambda df: special.stdtr(df, 1.5),
        lambda df: 1 - share_of_beta(df / 2, 0.5, df / (df + 2.25)) / 2,
        "stdtr",
    ),
    (lambda df: special.stdtr(df, special.stdtrit(df, 0.3)), lambda df: 0, "stdtr"),
]


@pytest.mark.parametrize(("call", "exact", "name"), PARAMETERS)
def test_parameters_of_incomplete_functions(call: Any, exact: Any, name: str) -> None:
    """They have a derivative, and no second one, of which whoever asks for it is told."""
    slope = ngrad.grad(call)
    for a in (0.1, 2.5, 30.0):
        with mpmath.workdps(30):
            expected = float(mpmath.diff(exact, a))
        np.testing.assert_allclose(float(slope(ours.array(a))), expected, rtol=1e-12, atol=1e-15)
    with pytest.raises(GradientError, match=f"{name}: has no second derivative"):
        ngrad.grad(slope)(ours.array(2.5))


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: special.polygamma(-1, 2.0), ValueError, "order is a whole number"),
        (lambda: special.polygamma(0.5, 2.0), ValueError, "order is a whole number"),
        (lambda: special.jv(1j, 2.0), TypeError, "must be a string or a real number"),
        (lambda: special.polygamma([0, -1], 2.0), ValueError, "order is a whole number"),
        (lambda: special.multigammaln(3.0, [1, 2]), ValueError, r"not an array of shape \(2,\)"),
        (lambda: special.expn(1.5, 2.0), ValueError, "expn: the order is a whole number"),
        (lambda: special.wofz, AttributeError, "ngrad.scipy.special has no 'wofz'"),
        (lambda: special.erf("a"), TypeError, "cannot make an array"),
        (lambda: special.beta(np.ones(2), np.ones(3)), ValueError, r"beta: shapes \(2,\) and"),
    ],
)
def test_what_is_refused(call: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()
