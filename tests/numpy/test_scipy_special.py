"""Every function of `ngrad.scipy.special` beside SciPy's: values, edges, and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.special
import scipy.stats
from cases import Case
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
for name in ("gammainc", "gammaincc"):
    case(name, POSITIVE, POSITIVE[::-1])
    case(name, 1.5, POSITIVE, orders=2)
    case(name, np.array([1.0, 0.5, 2.0]), np.array([0.0, 0.0, np.inf]))
for name in ("betainc", "betaincc"):
    case(name, POSITIVE, POSITIVE[::-1], UNIT)
    case(name, 1.5, 0.7, UNIT, orders=2)
case("stdtr", POSITIVE, ANY)
case("stdtr", 3.0, ANY, orders=2)
for name in ("j0", "j1", "y0", "y1", "i0", "i1", "k0", "k1"):
    case(name, POSITIVE, orders=2)
for name in ("jv", "jn", "yv", "iv", "kv"):
    case(name, 2, POSITIVE, orders=2)
    case(name, 1.5, POSITIVE, orders=1)
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


def test_every_name_has_a_case() -> None:
    assert set(special.__all__) == {case.name for case in CASES}


def test_derivatives_at_the_edges() -> None:
    slopes = [
        (special.xlogy, (0.0, 2.0), (np.log(2.0), 0.0)),
        (special.xlog1py, (0.0, 1.0), (np.log(2.0), 0.0)),
        (special.log_ndtr, (-40.0,), (40.0249688472,)),
        (special.log_expit, (-800.0,), (1.0,)),
        (special.j1, (0.0,), (0.5,)),
        (lambda x: special.logsumexp(x * np.array([1.0, 0.0]), b=[0.0, 1.0]), (3.0,), (0.0,)),
    ]
    for function, at, expected in slopes:
        arguments = [ours.array(x) for x in at]
        found = ngrad.grad(function, argnums=tuple(range(len(at))))(*arguments)
        np.testing.assert_allclose([float(x) for x in found], expected, rtol=1e-9)


def test_parameters_of_incomplete_functions() -> None:
    """They have no derivative, and whoever asks for it is told, once they are followed."""
    a = ours.array(1.5)
    with pytest.raises(GradientError, match="gammainc: has a derivative in its last operand"):
        ngrad.grad(lambda a: special.gammainc(a, 2.0))(a)
    x = ours.array([1.0, 2.0])
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        share = special.gammainc(a, x)
    found = tape.jacobian(share, x)
    density = scipy.stats.gamma.pdf([1.0, 2.0], 1.5)
    np.testing.assert_allclose(np.diagonal(found), density, rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: special.polygamma(-1, 2.0), ValueError, "order is a whole number"),
        (lambda: special.polygamma(0.5, 2.0), ValueError, "order is a whole number"),
        (lambda: special.jv(np.ones(2), 2.0), ValueError, "jv: the order is one Python number"),
        (lambda: special.factorial(3, exact=True), ValueError, "use math.factorial"),
        (lambda: special.zeta, AttributeError, "ngrad.scipy.special has no 'zeta'"),
        (lambda: special.erf("a"), TypeError, "cannot make an array"),
        (lambda: special.beta(np.ones(2), np.ones(3)), ValueError, r"beta: shapes \(2,\) and"),
    ],
)
def test_what_is_refused(call: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()
