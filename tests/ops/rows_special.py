"""Rows of special functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sc
from numeric import Array
from scipy import stats
from table import EPS, Row

import ngrad
from ngrad.graph.op import TABLE
from ngrad.record import apply


def _special(op: str, reference: Any, *domains: Any, params: Any = (), **options: Any) -> Row:
    function = options.pop("function", lambda *xs: apply(TABLE[op], xs, params))
    options = {"ulps": 8, "floor": 16 * EPS, **options}
    return Row(op, function, reference, domains, **options)


def _of_order(op: str, reference: Any, domain: Any, *params: Any, **options: Any) -> Row:
    """A function that has an order as its last param."""
    label = "-".join(map(str, params))

    def at_order(x: Array) -> Array:
        return reference(params[-1], x)

    return _special(op, at_order, domain, params=params, label=label, **options)


def _incomplete(
    op: str, domain: Any, *parameters: float, reference: Any = None, params: Any = ()
) -> Row:
    """A function of its last operand; in the others it has no derivative."""

    def function(x: Any) -> Any:
        fixed = [ngrad.stop_gradient(0.0 * x + value) for value in parameters]
        operands = (*fixed, x) if x.dtype.is_floating else (x,) * 2
        return apply(TABLE[op], operands, params)

    by_scipy = reference or (lambda x: getattr(sc, op)(*parameters, x))
    return _special(
        op, by_scipy, domain, function=function, label="-".join(params), ulps=64
    )  # SciPy's err by so much


def _of_angle(op: str, domain: Any, m: float, reference: Any = None, *params: str) -> Row:
    """A function of its first operand; in the other it has one derivative."""
    by_scipy = reference or getattr(sc, op)
    return _special(
        op,
        lambda x: by_scipy(x, m),
        domain,
        function=lambda x: apply(TABLE[op], (x, ngrad.stop_gradient(0.0 * x + m)), params),
        label="-".join(params),
        ulps=64 if params else 8,  # a reference that cancels
    )


def _slope_of_ellipkinc(angle: Array, m: float) -> Array:
    first, second = sc.ellipkinc(angle, m), sc.ellipeinc(angle, m)
    rest = np.sin(2.0 * angle) / (2.0 * np.sqrt(1.0 - m * np.sin(angle) ** 2))
    return ((second - (1.0 - m) * first) / m - rest) / (1.0 - m)


def _gammainc_slope(x: Array) -> Array:
    """At a = 1."""
    return -np.exp(-x) * (np.log(x) + np.euler_gamma) - sc.exp1(x)


def _stdtr_slope(t: Array) -> Array:
    """At df = 2: the integral of the density's derivative from 0 on."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    s = 0.5 * t[..., None] * (nodes + 1.0)
    u = 0.5 * s * s
    rise = 0.5 * (1.5 - 2.0 * np.log(2.0) - np.log1p(u) + 1.5 * u / (1.0 + u))
    return 0.5 * t * ((1.0 + u) ** -1.5 / np.sqrt(8.0) * rise @ weights)


SPECIAL = [
    _incomplete("gammainc", (0.3, 4), 1.5),
    _incomplete("gammaincc", (0.3, 4), 2.5),
    _incomplete("gammainc_slope", (0.3, 4), 1.0, reference=_gammainc_slope),
    _incomplete("betainc", (0.2, 0.9), 1.5, 2.5),
    _incomplete("betaincc", (0.2, 0.9), 0.5, 2.5),
    _incomplete("stdtr", (-3, 3), 4.0),
    _incomplete("betainc_slope", (0.2, 0.9), 1.5, 1.0, reference=lambda x: x**1.5 * np.log(x)),
    _incomplete(
        "betaincc_slope", (0.2, 0.9), 1.0, 1.5, reference=lambda x: (1 - x) ** 1.5 * np.log1p(-x)
    ),
    _incomplete("stdtr_slope", (-3, 3), 2.0, reference=_stdtr_slope),
    _special("poch", sc.poch, (0.6, 3), (0.3, 2)),
    _special("spence", sc.spence, (0.3, 2)),
    _special("ellipk", sc.ellipk, (0.1, 0.9)),
    _special("ellipe", sc.ellipe, (0.1, 0.9)),
    _special("ellipkm1", sc.ellipkm1, (0.1, 0.9)),
    *(_of_angle(name, (-2, 2), 0.625) for name in ("ellipkinc", "ellipeinc")),
    _of_angle("elliptic_slope", (-2, 2), 0.625, _slope_of_ellipkinc, "F"),
    _of_angle(
        "elliptic_slope",
        (-2, 2),
        0.625,
        lambda x, m: (sc.ellipkinc(x, m) - sc.ellipeinc(x, m)) / m,
        "E",
    ),
    _special("owens_t", sc.owens_t, (-2, 2), (0.2, 1.5)),
    _special("wrightomega", sc.wrightomega, (-2, 2)),
    _incomplete("gammaincinv", (0.2, 0.9), 1.5),
    _incomplete("gammainccinv", (0.2, 0.9), 2.5),
    _incomplete("betaincinv", (0.2, 0.9), 1.5, 2.5),
    _incomplete("betainccinv", (0.2, 0.9), 0.5, 2.5),
    _incomplete("stdtrit", (0.6, 0.9), 4.0),
    _special(
        "whole_quantile",
        lambda q: stats.poisson.ppf(q, 2.5),
        (0.2, 0.9),
        function=lambda q: apply(TABLE["whole_quantile"], (q, 0.0 * q + 2.5), ("poisson", "ppf")),
        smooth=False,
    ),
    _incomplete("hyp1f1", (-2, 2), 1.5, 2.5),
    _incomplete("hyp2f1", (-0.8, 0.8), 1.5, 0.5, 2.5),
    _incomplete("hyp0f1", (-2, 2), 1.5),
    _incomplete("hyperu", (0.5, 2), 1.5, 0.5),
    *(
        _incomplete("orthogonal", (-0.8, 0.8), *shape, reference=by_scipy, params=(family,))
        for family, shape, by_scipy in (
            ("legendre", (4.0,), lambda x: sc.eval_legendre(4, x)),
            ("jacobi", (3.0, 0.5, 1.5), lambda x: sc.eval_jacobi(3, 0.5, 1.5, x)),
            ("chebyt", (2.0,), lambda x: 2.0 * x * x - 1.0),
        )
    ),
    *(_of_order("high_expn", sc.expn, (0.3, 3), order) for order in (51, 60)),
    *(
        _of_order("bessel", getattr(sc, f"{kind}v"), (0.6, 5), kind, order, floor=64 * EPS)
        for kind in "jyik"
        for order in (0.5, 2.5)
    ),
]
