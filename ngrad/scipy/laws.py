"""Distribution functions and their inverses, by shares of the gamma and beta functions: NaN where
there is no such law.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.ops.arithmetic import floor, trunc
from ngrad.ops.comparison import (
    equal,
    greater,
    greater_equal,
    isfinite,
    less,
    logical_and,
    logical_not,
    logical_or,
)
from ngrad.ops.convert import operands
from ngrad.ops.elementwise import select
from ngrad.ops.incomplete import betainc, betaincc, gammainc, gammaincc
from ngrad.ops.normal import ndtri
from ngrad.ops.scipy_special import BETAINCCINV, BETAINCINV, GAMMAINCCINV, GAMMAINCINV
from ngrad.record import apply
from ngrad.scipy.odds import f_tail


def chdtr(v: Any, x: Any) -> Any:
    return gammainc(0.5 * v, 0.5 * x)


def chdtrc(v: Any, x: Any) -> Any:
    return gammaincc(0.5 * v, 0.5 * x)


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


def fdtr(n: Any, d: Any, x: Any) -> Any:
    n, d, x = _of_f("fdtr", n, d, x)
    return f_tail(betainc, betaincc, x, n, d)


def fdtrc(n: Any, d: Any, x: Any) -> Any:
    n, d, x = _of_f("fdtrc", n, d, x)
    return f_tail(betaincc, betainc, x, n, d)


def _among(there: Any, found: Any) -> Any:
    return select(there, found, np.nan)


def _inverse(op: Any, *xs: Any) -> Any:
    return apply(op, operands(op.name, *xs))


def chdtri(v: Any, p: Any) -> Any:
    return 2.0 * _inverse(GAMMAINCCINV, 0.5 * v, p)


def fdtri(n: Any, d: Any, p: Any) -> Any:
    n, d, p = operands("fdtri", n, d, p)
    n, d = 0.5 * n, 0.5 * d
    return d / n * (_inverse(BETAINCINV, n, d, p) / _inverse(BETAINCCINV, d, n, p))


def gdtr(a: Any, b: Any, x: Any) -> Any:
    return _among(greater_equal(x, 0.0), gammainc(b, a * x))


def gdtrc(a: Any, b: Any, x: Any) -> Any:
    return _among(greater_equal(x, 0.0), gammaincc(b, a * x))


def gdtrix(a: Any, b: Any, p: Any) -> Any:
    a, b, p = operands("gdtrix", a, b, p)
    return _inverse(GAMMAINCINV, b, p) / a


def gdtria(p: Any, b: Any, x: Any) -> Any:
    p, b, x = operands("gdtria", p, b, x)
    return _inverse(GAMMAINCINV, b, p) / x


def _deviations(p: Any) -> Any:
    return ndtri(_among(logical_and(greater(p, 0.0), less(p, 1.0)), p))


def nrdtrimn(p: Any, std: Any, x: Any) -> Any:
    p, std, x = operands("nrdtrimn", p, std, x)
    return x - _among(greater(std, 0.0), std) * _deviations(p)


def nrdtrisd(mn: Any, p: Any, x: Any) -> Any:
    mn, p, x = operands("nrdtrisd", mn, p, x)
    return (x - mn) / _deviations(p)


# -- of counts, which are rounded ------------------------------------------------------------------


def _whole(k: Any) -> Any:
    return _among(greater(k, -1.0), trunc(k))


def pdtr(k: Any, m: Any) -> Any:
    k, m = operands("pdtr", k, m)
    return gammaincc(_among(greater_equal(k, 0.0), floor(k)) + 1.0, m)


def pdtrc(k: Any, m: Any) -> Any:
    k, m = operands("pdtrc", k, m)
    return gammainc(_among(greater_equal(k, 0.0), floor(k)) + 1.0, m)


def pdtri(k: Any, p: Any) -> Any:
    k, p = operands("pdtri", k, p)
    return _inverse(GAMMAINCCINV, _whole(k) + 1.0, _among(less(p, 1.0), p))


def _trials(name: str, k: Any, n: Any, p: Any) -> tuple[Any, Any, Any, Any]:
    """A share's first shape; its second, 1 where all succeed; that of one, and whether they do."""
    k, n, p = operands(name, k, n, p)
    k, n = floor(k), trunc(n)
    every = equal(k, n)
    return k + 1.0, select(every, 1.0, n - k), p, every


def bdtr(k: Any, n: Any, p: Any) -> Any:
    a, b, p, every = _trials("bdtr", k, n, p)
    found = betaincc(_among(greater_equal(a, 1.0), a), b, p)
    return select(every, 1.0 + 0.0 * found, found)


def bdtrc(k: Any, n: Any, p: Any) -> Any:
    a, b, p, every = _trials("bdtrc", k, n, p)
    none = less(a, 1.0)
    found = betainc(select(none, 1.0, a), b, p)
    return select(none, 1.0 + 0.0 * found, select(every, 0.0 * found, found))


def bdtri(k: Any, n: Any, q: Any) -> Any:
    a, b, q, every = _trials("bdtri", k, n, q)
    there = logical_and(greater_equal(a, 1.0), logical_not(every))
    return _inverse(BETAINCCINV, _among(there, a), b, q)


def _failures(name: str, k: Any, n: Any, p: Any) -> tuple[Any, Any, Any]:
    k, n, p = operands(name, k, n, p)
    n = trunc(n)
    return _among(greater(n, 0.0), n), _whole(k) + 1.0, p


def nbdtr(k: Any, n: Any, p: Any) -> Any:
    return betainc(*_failures("nbdtr", k, n, p))


def nbdtrc(k: Any, n: Any, p: Any) -> Any:
    return betaincc(*_failures("nbdtrc", k, n, p))


def nbdtri(k: Any, n: Any, q: Any) -> Any:
    return _inverse(BETAINCINV, *_failures("nbdtri", k, n, q))
