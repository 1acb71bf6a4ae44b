"""Derivatives of special functions beside mpmath's: also where a formula for them would cancel, at
the edges, and in parameters.
"""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special

import ngrad
import ngrad.numpy as ours
from ngrad.errors import GradientError
from ngrad.scipy import special

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
    ("ellipkm1", (), lambda x: mpmath.ellipk(1 - x), (1e-6, 0.3, 1.0, 7.0)),
    ("exp1", (), mpmath.e1, (0.3, 4.0)),
    ("exp10", (), lambda x: mpmath.mpf(10) ** x, (-3.0, 0.0, 2.5)),
    ("cosm1", (), lambda x: mpmath.cos(x) - 1, (0.0, 1e-8, 2.0)),
    ("zetac", (), lambda x: mpmath.zeta(x) - 1, (-0.3, 0.5, 1.5, 30.0)),
    ("wrightomega", (), lambda x: mpmath.lambertw(mpmath.exp(x)).real, (-3.0, 0.0, 2.0)),
    ("sindg", (), lambda x: mpmath.sin(mpmath.radians(x)), (0.0, 100.0, -200.0, 330.0)),
    ("tandg", (), lambda x: mpmath.tan(mpmath.radians(x)), (0.0, 100.0, -200.0, 330.0)),
    ("hyp0f1", (1.7,), lambda x: mpmath.hyp0f1(1.7, x), (-2.0, 0.0, 3.0)),
    ("hyperu", (0.5, 1.7), lambda x: mpmath.hyperu(0.5, 1.7, x), (0.4, 3.0)),
    ("eval_jacobi", (3, 0.5, 1.5), lambda x: mpmath.jacobi(3, 0.5, 1.5, x), (-0.4, 0.9)),
    ("eval_chebyu", (4,), lambda x: mpmath.chebyu(4, x), (-0.4, 0.0, 0.9)),
    ("eval_legendre", (4,), lambda x: mpmath.legendre(4, x), (-0.4, 0.0, 0.9)),
    ("eval_chebyt", (-4,), lambda x: mpmath.chebyt(-4, x), (-0.4, 0.9)),
    ("eval_chebyu", (-4,), lambda x: -mpmath.chebyu(2, x), (-0.4, 0.9)),
    ("eval_legendre", (-4,), lambda x: mpmath.legendre(3, x), (-0.4, 0.9)),
    ("eval_legendre", (-2.5,), lambda x: mpmath.legendre(-2.5, x), (-0.4, 0.9)),
    ("eval_genlaguerre", (3, 0.5), lambda x: mpmath.laguerre(3, 0.5, x), (0.4, 2.0)),
    ("inv_boxcox", (0.3,), lambda x: mpmath.exp(mpmath.log1p(0.3 * x) / x), (-1.5, 1e-8, 0.4, 3.0)),
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
        (lambda x: special.inv_boxcox(x, 0.0), 0.5, (np.exp(0.5), np.exp(0.5))),
        (lambda p: special.inv_boxcox(2.0, p), 0.0, (-2 * np.exp(2), 28 / 3 * np.exp(2))),
        (lambda y: special.powm1(1.0 + 1e-8, y), 0.0, (1e-8 - 5e-17, 1e-16 - 1e-24)),
        (lambda x: special.pseudo_huber(1.5, x), 0.0, (0.0, 1.0)),
        (lambda x: special.huber(1.5, x), np.inf, (1.5, 0.0)),
        (lambda x: special.huber(1.5, x), -np.inf, (-1.5, 0.0)),
        (lambda x: special.huber(np.inf, x), 2.0, (2.0, 1.0)),
    ],
)
def test_slopes_and_curves(call: Any, at: float, expected: Any) -> None:
    slope = ngrad.grad(call)
    found = [float(way(ours.array(at))) for way in (slope, ngrad.grad(slope))]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


def test_derivatives_at_the_edges() -> None:
    slopes = [
        (special.xlogy, (0.0, 2.0), (np.log(2.0), 0.0)),
        (special.xlogy, (0.0, 0.0), (0.0, 0.0)),
        (special.xlog1py, (0.0, -1.0), (0.0, 0.0)),
        (special.xlog1py, (0.0, 1.0), (np.log(2.0), 0.0)),
        (special.log_ndtr, (-40.0,), (40.0249688472,)),
        (special.log_expit, (-800.0,), (1.0,)),
        (special.entr, (0.0,), (np.inf,)),
        (special.entr, (np.inf,), (-np.inf,)),
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
        (special.wrightomega, (np.inf,), (1.0,)),
        (special.wrightomega, (-np.inf,), (0.0,)),
        (ngrad.grad(special.wrightomega), (1e13 + np.log(1e13),), (1e-26,)),
        (ngrad.grad(special.wrightomega), (-800.0,), (0.0,)),
        (special.owens_t, (0.0, np.inf), (0.0, 0.0)),
        (lambda v: special.chdtri(v, 1.0), (3.0,), (0.0,)),
        (lambda a, b: special.gdtrix(a, b, 0.0), (2.0, 3.0), (0.0, 0.0)),
        (special.pseudo_huber, (0.0, 1.0), (1.0, 0.0)),
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


def test_parameters_of_hypergeometric_functions_and_orders() -> None:
    """They have no derivative, and whoever asks for it is told, once they are followed."""
    a = ours.array(1.5)
    with pytest.raises(GradientError, match="hyp1f1: has no derivative in a; keep it constant"):
        ngrad.grad(lambda a: special.hyp1f1(a, 2.0, 0.5))(a)
    with pytest.raises(GradientError, match="eval_genlaguerre: has no derivative in alpha"):
        ngrad.grad(lambda a: special.eval_genlaguerre(2, a, 0.5))(a)
    for order in (1.5, ours.array([1.5, 2.0])):
        with pytest.raises(GradientError, match="jv: has no derivative in v"):
            ngrad.grad(lambda v, order=order: ours.sum(special.jv(order * v, 2.0)))(a)
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
    *(
        (
            lambda a, name=name, angle=angle, rise=rise: getattr(special, name)(angle, rise(a)),
            lambda a, exact=exact, angle=angle, rise=rise: exact(angle, rise(a)),
            f"{name}: has no second derivative in m",
        )
        for name, exact in (("ellipkinc", mpmath.ellipf), ("ellipeinc", mpmath.ellipe))
        for angle in (1e-3, 1.5, -3.0, 7.0)
        for rise in (lambda a: -a, lambda a: 1 / (1 + a), lambda a: 1e-4 * (a - 2.5))
    ),
]


@pytest.mark.parametrize(("call", "exact", "name"), PARAMETERS)
def test_parameters_of_incomplete_functions(call: Any, exact: Any, name: str) -> None:
    """They have a derivative, and no second one, of which whoever asks for it is told."""
    slope = ngrad.grad(call)
    for a in (0.1, 2.5, 30.0):
        with mpmath.workdps(30):
            expected = float(mpmath.diff(exact, a))
        np.testing.assert_allclose(float(slope(ours.array(a))), expected, rtol=1e-12, atol=1e-15)
    with pytest.raises(GradientError, match=name):
        ngrad.grad(slope)(ours.array(2.5))
