"""Every function of `ngrad.scipy.special` beside SciPy's: values, edges, and gradients."""

from __future__ import annotations

import itertools
import math
import pickle
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special
from calls import Case, table
from numeric import check_gradient, check_second_gradient
from test_functions import assert_like, converted, function_of

import ngrad.numpy as ours
from ngrad.scipy import special

POSITIVE = np.linspace(0.3, 6.7, 12).reshape(3, 4)
UNIT = np.linspace(0.15, 0.9, 12).reshape(3, 4)
ANY = np.linspace(-3.3, 4.1, 12).reshape(3, 4)
CUBE = np.random.default_rng(3).normal(size=(2, 3, 4))
EDGES = np.array([0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 0.5])
FIRST, SECOND = (x.ravel() for x in np.meshgrid(EDGES, EDGES))
CASES, case = table()

for name in ("gamma", "gammaln", "digamma", "psi"):
    case(name, POSITIVE, orders=1 if "psi" in name or name == "digamma" else 2)
    case(name, ANY)
    case(name, np.array([1, 2, 5]))
COMPLEX = np.array([1.5 + 2j, -1.5, -2.3 + 0.4j, -2.0, 3.25 - 4j, complex(-0.5, -0.0)])
for name in ("gamma", "loggamma", "rgamma", "digamma", "psi"):
    case(name, COMPLEX)
    case(name, COMPLEX[:1].astype(np.complex64))
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
    case(name, FIRST, SECOND, 0.3)
    case(name, FIRST, SECOND, np.inf)
    case(name, *np.meshgrid([1e-3, 50.0], [1e-3, 50.0], [1e-200, 1e-17, 0.9, 1e20]))
case("stdtrit", 3.0, UNIT, orders=2)
case("hyp1f1", 0.5, 1.5, ANY, orders=2)
case("hyp2f1", 0.5, 1.5, 2.0, 2 * UNIT - 1, orders=2)
case("hyp0f1", 0.7, ANY, orders=2)
case("hyperu", 0.5, 1.3, POSITIVE, orders=2)
for name in ("ellipkinc", "ellipeinc"):
    case(name, ANY, 0.7, orders=2)
    case(name, [0.5, 1.0, 2.0], [[-3.0], [0.0], [0.9]])
case("owens_t", ANY, POSITIVE, orders=2)
case("owens_t", FIRST, SECOND)
case("wrightomega", ANY, orders=2)
case("wrightomega", EDGES)
for family, before in (
    *((family, ()) for family in ("chebyt", "chebyu", "legendre", "hermite", "hermitenorm")),
    *(("laguerre", ()), ("genlaguerre", (0.5,)), ("gegenbauer", (0.7,)), ("jacobi", (0.5, 1.5))),
):
    for n in (0, 1, 4):
        case(f"eval_{family}", n, *before, ANY / 4.0, orders=2)
    case(f"eval_{family}", [[0], [3], [30]], *before, UNIT)
    if "hermite" not in family:
        case(f"eval_{family}", 2.5, *before, UNIT, orders=1)
        case(f"eval_{family}", -3, *before, UNIT, orders=2)
for name in ("pdtr", "pdtrc"):
    case(name, 2, POSITIVE, orders=2)
    case(name, np.array([0.0, 3.7, -1.0, 5.0]), np.array([0.0, 1.5, 1.5, -1.0]))
case("pdtri", 2, UNIT, orders=2)
case("pdtri", [0, 3, 3, 3], [0.5, 0.0, 1.0, -0.5])
TRIALS = [0.0, 3.7, -1.0, 5.0, 6.0, 2.0], [5], [0.3, 1.0, 0.3, 0.4, 0.4, 1.5]
for name in ("bdtr", "bdtrc", "bdtri"):
    case(name, 2, 7, UNIT, orders=2)
    case(name, *map(np.array, TRIALS))
for name in ("nbdtr", "nbdtrc", "nbdtri"):
    case(name, 2, 7, UNIT, orders=2)
    case(name, [0, 3, -1, 2], [5, 1, 5, 5], [0.3, 1.0, 0.3, 1.5])
for name in ("gdtr", "gdtrc"):
    case(name, POSITIVE, 1.5, POSITIVE[::-1], orders=1)
    case(name, [-1.0, 2.0, 2.0], 1.5, [-1.0, 0.0, np.inf])
for name in ("gdtrix", "chdtri", "fdtri"):
    before = {"gdtrix": (2.0, 1.5), "chdtri": (3.0,), "fdtri": (3.0, 5.0)}[name]
    case(name, *before, UNIT, orders=2)
    case(name, *before, np.array([1e-3, 0.999]))
case("gdtria", UNIT, 1.5, POSITIVE, orders=1)
case("nrdtrimn", UNIT, 2.0, ANY, orders=1)
case("nrdtrimn", [0.3, 0.0, 0.3], [-1.0, 2.0, 0.0], 1.5)
case("nrdtrisd", ANY, UNIT / 3.0, POSITIVE, orders=1)
case("nrdtrisd", 1.0, [0.0, 1.0, 0.3], 1.5)
case("perm", np.array([5, 6, 2, 3, 0]), np.array([0, 3, 4, -1, 0]))
case("perm", POSITIVE + 2.0, UNIT * 2, orders=2)
case("perm", 100, 30, exact=True)
for name in ("rgamma", "gammasgn", "loggamma"):
    case(name, np.array([-2.0, -1.5, -0.3, 0.0, 0.5, 3.0, 7.5]), orders=2 * (name == "rgamma"))
case("loggamma", POSITIVE, orders=2)
case("binom", POSITIVE + 2.0, UNIT * 2, orders=2)
case("binom", np.array([5, 6, 2]), np.array([0, 3, 4]))
case("poch", POSITIVE, UNIT, orders=2)
case("comb", np.array([5, 6, 2, 3]), np.array([0, 3, 4, -1]))
case("comb", POSITIVE + 2.0, UNIT * 2, orders=2)
case("comb", np.array([5, 0, 2, 3]), np.array([0, 0, 4, -1]), repetition=True)
case("comb", np.array([np.nan, 5.0]), 2.0, repetition=True)
case("comb", 100, 30, exact=True)
case("comb", 10, 3, exact=True, repetition=True)
case("factorial", 30, exact=True)
case("factorial", np.array([3, 20]), exact=True)
case("zeta", 2.5, POSITIVE, orders=2)
case("zeta", np.array([2.0, 0.5, -3.0, 1.0]))
for q in (2, 2.5, None):
    case("zeta", np.array([2.5, 3.0], np.float32), q)
case("zeta", 2.5, np.array([0.5, 3.0], np.float32))
case("multigammaln", POSITIVE + 2.0, 3, orders=2)
for name in ("exprel", "spence", "exp1", "expi"):
    case(name, POSITIVE / 4.0, orders=2)
    case(name, EDGES)
for name in ("ellipk", "ellipe", "ellipkm1"):
    case(name, np.array([-3.0, -0.4, 0.0, 0.3, 0.9]) + 4.0 * (name == "ellipkm1"), orders=2)
    case(name, EDGES)
case("exprel", np.array([-1.5, 0.0, 1e-9]), orders=2)
case("spence", np.array([1.0, 1.3]), orders=2)
for n in (0, 1, 3):
    case("expn", n, POSITIVE, orders=2)
case("boxcox", POSITIVE, np.array([0.0, -1.0, 0.5, 2.0]), orders=2)
case("boxcox", FIRST, SECOND)
for name in ("boxcox1p", "inv_boxcox", "inv_boxcox1p"):
    case(name, UNIT, np.array([0.0, -0.9, 0.5, 2.0]), orders=2)
    case(name, FIRST, SECOND)
case("powm1", POSITIVE, np.array([0.0, -1.0, 0.5, 2.0]), orders=2)
case("powm1", 1.0 + UNIT * 1e-9, np.array([0.0, -1.0, 0.5, 2.0]))
case(
    "powm1",
    np.array([-1.0 - 1e-12, -2.0, -2.0, 0.0, np.inf, -np.inf, np.nan]),
    [2, 3, 0.5, 2, 0, 0, 0],
)
case("pseudo_huber", 1.5, ANY, orders=2)
case(
    "pseudo_huber",
    np.array([2.0, 0.0, 0.0, -1.0, 1.0, 2.0]),
    [1e-9, 3.0, np.nan, 1.0, np.inf, np.nan],
)
case("cosm1", ANY, orders=2)
case("cosm1", np.array([0.0, 1e-9, -1e-200, np.inf, np.nan]))
for name in ("sindg", "cosdg", "tandg", "cotdg"):
    case(name, UNIT * 80.0 + (90.0 if name == "tandg" else 0.0) - 90.0, orders=2)
    case(name, np.array([0.0, 30.0, -90.0, 180.0, 270.0, 45.0, -360.0, 450.0, 1e9 + 30.0, np.nan]))
case("radian", POSITIVE, ANY, UNIT, orders=1)
case("radian", 1, 2, 3)
case("exp10", np.array([-400.0, -3.0, 0.5, 3.0, 22.0, 400.0, np.nan]))
case("zetac", np.array([-3.0, -0.5, 0.5, 1.0, 1.5, 4.0, 30.0, 80.0, np.inf]))
case("round", np.array([0.5, 1.5, -2.5, 2.6, np.inf, np.nan]))
for name in ("exp10", "zetac"):
    case(name, POSITIVE / 2.0 + 1.3, orders=2)
for name in ("cbrt", "exp2", "expm1", "log1p", "sinc"):
    case(name, POSITIVE, orders=1)
case("erfcinv", 2 * UNIT, orders=2)
case("ndtri_exp", np.array([-300.0, -2.0, -0.1]), orders=2)
for name in ("erfi", "dawsn"):
    case(name, ANY / 2.0, orders=2)
PLANE = np.array([0.3 - 0.2j, 1.5 + 2j, -1.3 - 0.7j, 9.0 + 0.1j, -0.5 + 4j, 2.0, 3j, 0.0])
for name in ("erf", "erfc", "erfcx", "erfi", "dawsn", "wofz", "ndtr"):
    case(name, PLANE)
    case(name, PLANE[:2].astype(np.complex64))
    case(name, [complex(x, y) for x in (0.0, np.inf, -np.inf) for y in (0.0, 2.0, np.nan)])
OTHER_LOOPS = np.lib.NumpyVersion(scipy.__version__) >= "1.18.0"
for code in ("f8",) if OTHER_LOOPS else ("f2", "f4", "i2", "f8"):
    case("wofz", ANY.astype(code))
for name in ("erf", "erfc", "erfcx", "ndtr", "log_ndtr", "expit", "log_expit", "softplus"):
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
    case(name, np.nan, POSITIVE)
    case(name, [[[np.nan]], [[1.5]]], POSITIVE)
    case(name, 2, POSITIVE, orders=2)
    case(name, 1.5, POSITIVE, orders=1)
    if name != "jn":
        case(name, [[0], [2], [1.5]], POSITIVE, orders=1)
        case(name, np.array([0, -1, 2, 60]), POSITIVE)
        case(name, np.ones((0, 1, 1)), POSITIVE)
case("polygamma", [[2], [0], [1]], POSITIVE, orders=1)
case("gdtria", 0.4, 2.3, POSITIVE)
case("gdtrix", POSITIVE, 2.3, 0.4)
case("nrdtrimn", 0.4, 2.3, POSITIVE)
case("nrdtrisd", 0.3, 0.4, POSITIVE)
case("polygamma", [-1.0, 0.5, np.nan, 1.0, -2.0], 1.5)
case("expn", [0, 1, 2, 3], 0)
case("expn", [-2.0, np.nan, 1.0], 1.5)
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
for infinite in ([np.inf, 1.0], [np.inf, -np.inf]):
    case("logsumexp", np.array(infinite), b=2.0)
    case("logsumexp", np.array(infinite), b=np.array([2.0, -1.0]), return_sign=True)
TURNED = CUBE * (1.0 - 0.5j)
for kwargs in ({}, {"b": CUBE}, {"b": TURNED, "return_sign": True}):
    case("logsumexp", TURNED, axis=1, keepdims=True, **kwargs)
case("logsumexp", np.array([1e3 + 1j, 1e3, complex(-np.inf, 0.0)]))
case("logsumexp", np.array([1.0, 2.0], np.float32), return_sign=True)
case("logsumexp", np.array([1.0, 2j], np.complex64), return_sign=True)
for b in (2, 2.0, True, np.ones(2, np.int8), np.ones(2)):
    for code in ("i1", "f4", "c8"):
        case("logsumexp", np.array([1, 2], code), b=b)
case("logsumexp", np.array([1, 2], np.int8), b=np.ones(2, np.float32))
case("logsumexp", np.zeros((0, 3), complex), axis=0)
case("logsumexp", np.array([1.0, 2.0]), 0, np.ones((3, 2)))
for name in ("softmax", "log_softmax"):
    for axis in (None, 1, (0, 2)):
        case(name, 9.0 * TURNED, axis)
    case(name, TURNED[0].astype(np.complex64), -1)
    case(name, np.array(1 + 2j))
case("log_softmax", np.array([complex(np.inf, 0.0), 2j]))
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


DTYPES = ("b1", "i1", "u1", "i2", "i8", "f2", "f4", "f8")
KINDS = (
    "gammaln", "expm1", "cbrt", "ndtri", "round", "beta", "binom", "fdtr", "nbdtr", "pdtri",
    "eval_legendre", "zeta", "jv", "kn", "expn",
)  # fmt: skip


@pytest.mark.skipif(OTHER_LOOPS, reason="its functions have other loops")
@pytest.mark.parametrize("name", KINDS)
def test_dtypes_are_scipys(name: str) -> None:
    """Of arrays, and of a Python number beside one."""
    known, function = getattr(scipy.special, name), getattr(special, name)
    nin = getattr(known, "nin", 2)
    for code, other in itertools.product(DTYPES, (*DTYPES, int, float)):
        last = np.ones(2, other) if isinstance(other, str) else other(1)
        given = [np.ones(2, code), last, np.ones(2, code)][:nin]
        for args in (given, given[::-1]):
            with np.errstate(divide="ignore"):  # of ndtri at 1
                assert_like(function(*map(converted, args)), known(*args), 4)


@pytest.mark.parametrize("code", [code for code in DTYPES if code != "b1"])
def test_dtypes_of_counts_and_shares(code: str) -> None:
    """Of SciPy's functions in Python, which are told Python numbers as arrays."""
    x = np.ones(2, code)
    for name, args in (
        *((name, given) for name in ("comb", "perm") for given in ((x, x), (x, 1), (1.0, x))),
        *((name, (x,)) for name in ("factorial", "logsumexp")),
        *((name, (x,)) for name in ("softmax", "log_softmax") if code != "u1"),  # there it is NaN
    ):
        expected = getattr(scipy.special, name)(*args)
        assert getattr(special, name)(*map(converted, args)).dtype == expected.dtype


@pytest.mark.parametrize("name", ["yn", "kn", "expn"])
def test_orders_that_are_truncated(name: str) -> None:
    for order in (1.5, -0.5, [[2.5], [0.0], [1.0]]):
        with pytest.warns(RuntimeWarning, match="truncated to an integer"):
            found = getattr(special, name)(order, POSITIVE)
        assert_like(found, getattr(special, name)(np.trunc(order), POSITIVE))


def test_kummers_function_far_out() -> None:
    """Where SciPy's does not return, or is wrong; but of polynomials."""
    found = special.hyp1f1(ours.array([1.0, 1.5, 0.0, -1.0]), 0.3, [np.inf, 1e300, np.inf, 1e300])
    assert found.tolist() == [np.inf, np.inf, 1.0, float(scipy.special.hyp1f1(-1.0, 0.3, 1e300))]
    found = special.hyp1f1(
        [-0.5, 1.5, -0.5, 1.5, 0.5], [1.5, -0.3, -1.5, 0.5, 1.5], [1e13, 1e5, 1e4, -1e20, -np.inf]
    )
    assert found.tolist() == [-np.inf, -np.inf, -np.inf, 0.0, 0.0]
    for a, b in ((0.5, 1.5), (-0.5, 1.5), (2.3, -0.6), (30.0, 12.5), (-2.5, 0.4)):
        for x in (-1e6, -1e13, -1e60):
            expected = float(mpmath.hyp1f1(a, b, x))
            np.testing.assert_allclose(special.hyp1f1(a, b, x), expected, rtol=1e-12)
    np.testing.assert_allclose(special.hyp1f1(2.0, 1e200, -1e213), 1e-26, rtol=1e-12)


@pytest.mark.parametrize("name", [name for name in special.__all__ if name.startswith("eval_")])
def test_whole_degrees_are_integers_whatever_the_others(name: str) -> None:
    """Of which SciPy's polynomials are more precise; those of Hermite have no others."""
    known, between = getattr(scipy.special, name), [0.5] * (getattr(special, name).nin - 2)
    found = getattr(special, name)(ours.array([60.0, 2.5, np.nan]), *between, 12.0)
    others = [known(2.5, *between, 12.0), np.nan] if "hermite" not in name else [np.nan] * 2
    np.testing.assert_array_equal(found, [known(60, *between, 12.0), *others])


def test_every_name_has_a_case() -> None:
    assert set(special.__all__) == {case.name for case in CASES}


def test_functions_are_pickled_by_their_names() -> None:
    for name in (*special.__all__, "psi"):
        function = getattr(special, name)
        assert pickle.loads(pickle.dumps(function)) is function


def test_an_exact_factorial_of_an_element() -> None:
    assert special.factorial(ours.array([25])[0], exact=True) == math.factorial(25)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: special.jv(1j, 2.0), TypeError, "must be a string or a real number"),
        (lambda: special.multigammaln(3.0, [1, 2]), ValueError, r"not an array of shape \(2,\)"),
        (lambda: special.shichi, AttributeError, "ngrad.scipy.special has no 'shichi'"),
        (lambda: special.softmax([]), ValueError, r"softmax: no number .* shape \(0,\)"),
        (lambda: special.log_softmax(np.ones((0, 2)), 0), ValueError, "log_softmax: .* axis 0"),
        (lambda: special.erf("a"), TypeError, "cannot make an array"),
        (lambda: special.beta(np.ones(2), np.ones(3)), ValueError, r"beta: shapes \(2,\) and"),
    ],
)
def test_what_is_refused(call: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()
