"""Draws as functions of the parameters of their laws: along one of these the share of the law that
is below a draw stays what it is (Figurnov, Mohamed and Mnih, "Implicit reparameterization
gradients", NeurIPS 2018). The values are whatever was drawn.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.dtypes import BY_CODE
from ngrad.errors import GradientError
from ngrad.graph.layout import Layout
from ngrad.graph.op import Op
from ngrad.ops.arithmetic import round_
from ngrad.ops.bessel import bessel_i0e, bessel_i1e, gap
from ngrad.ops.comparison import greater
from ngrad.ops.convert import cast_to, tensor
from ngrad.ops.elementwise import select
from ngrad.ops.exponential import exp
from ngrad.ops.incomplete import beta_slopes, gamma_slopes, student_slopes
from ngrad.ops.launching import prepare_copy
from ngrad.ops.no_nan import multiply_no_nan
from ngrad.ops.normal import erfcx
from ngrad.ops.power import sqrt
from ngrad.ops.reductions import reduce_sum
from ngrad.ops.shape import expand_dims, reshape, spread
from ngrad.ops.trigonometric import sin
from ngrad.record import apply

FLOAT64 = BY_CODE["f8"]


@functools.cache
def _gauss() -> tuple[Any, ...]:
    """Nodes and weights of an integral over [0, 1]. NumPy's polynomials wait until then."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    return 0.5 * nodes + 0.5, 0.5 * weights


TABLES: dict[str, Callable[[], tuple[Any, ...]]] = {"vonmises": _gauss}
"""By law, what gives the vectors that its rule reads behind the parameters."""


def _f_slopes(n: Any, d: Any, x: Any) -> tuple[Any, ...]:
    # n x / (n x + d) is beta distributed, and so is d / (n x + d): the lesser has all its digits.
    total, above = n * x + d, greater(n * x, d)
    share = select(above, d, n * x) / total
    one, other, density = beta_slopes(0.5 * select(above, d, n), 0.5 * select(above, n, d), share)
    in_n, in_d = select(above, -other, one), select(above, -one, other)
    along = density / (total * total)
    in_x = multiply_no_nan(along, x)  # where x is 0 the density may be infinite
    return 0.5 * in_n + in_x * d, 0.5 * in_d - in_x * n, along * n * d


def _wald_slopes(mean: Any, scale: Any, x: Any) -> tuple[Any, ...]:
    # By way of Mills' ratio; over the density.
    root = sqrt(x / scale)
    mills = math.sqrt(0.5 * math.pi) * erfcx(math.sqrt(0.5) * (x / mean + 1.0) / root)
    in_mean = -2.0 * x * root * (scale / (mean * mean)) * mills
    return in_mean, x * (2.0 * root * mills / mean - 1.0 / scale), 1.0


def _vonmises_slopes(mu: Any, kappa: Any, nodes: Any, weights: Any, x: Any) -> tuple[Any, ...]:
    # Over the density, which is symmetric about mu: of the share between mu and x an integral.
    z = x - mu
    z = expand_dims(z - 2.0 * math.pi * round_(z * (0.5 / math.pi)), -1)
    k = expand_dims(kappa, -1)
    zeroth = bessel_i0e(k)
    short = gap(k, zeroth - bessel_i1e(k), -1) / zeroth  # the mean resultant length, of 1
    half, last = sin(0.5 * z * nodes), sin(0.5 * z)
    above = 2.0 * (last * last - half * half)  # cos(t) - cos(z)
    inside = (short - 2.0 * half * half) * exp(k * above)
    return -1.0, reduce_sum(z * inside * weights, -1), 1.0


SLOPES: dict[str, Callable[..., tuple[Any, ...]]] = {
    "beta": beta_slopes,
    "chisquare": lambda df, x: gamma_slopes(0.5 * df, 0.5 * x),  # of which either is twice its own
    "f": _f_slopes,
    "standard_gamma": gamma_slopes,
    "standard_t": student_slopes,
    "vonmises": _vonmises_slopes,
    "wald": _wald_slopes,
}
"""By law, the derivatives of the share below an element, the last operand, in each parameter and in
that: or all of them over the latter."""


def _infer(drawn: Layout, *parameters: Layout, law: str) -> Layout:
    return drawn


def _prepare(inputs: tuple[Layout, ...], out: Layout, law: str) -> Any:
    return prepare_copy(inputs[0], out)


IMPLIED = Op("implied", _infer, _prepare, ("law",), family="engine")
"""What was drawn, of parameters that broadcast to its shape."""


@IMPLIED.vjp
def _(g: Any, out: Any, drawn: Any, *parameters: Any, law: str) -> Any:
    found = pulled(law, g, out, *parameters)
    return None, *found, *[None] * (len(parameters) - len(found))


def pulled(law: str, g: Any, out: Any, *parameters: Any) -> list[Any]:
    """A cotangent of elements of a law, pulled back to its parameters."""
    if law not in SLOPES:
        raise GradientError(
            f"{law}: draws have no derivative in the parameters of this law; keep them constant"
        )
    *slopes, density = SLOPES[law](*parameters, cast_to(out, FLOAT64))
    by_share = cast_to(g, FLOAT64) / density
    return [multiply_no_nan(-by_share, slope) for slope in slopes]


@IMPLIED.batch
def _(size: int, batched: Any, drawn: Any, *others: Any, law: str) -> Any:
    drawn = drawn if batched[0] else spread(drawn, size)
    aligned = [
        reshape(x, (size, *(1,) * (drawn.ndim - x.ndim), *x._layout.shape[1:])) if many else x
        for x, many in zip(others, batched[1:], strict=True)
    ]
    return apply(IMPLIED, (drawn, *aligned), (law,))


def implied(law: str, drawn: Any, *parameters: Any) -> Any:
    """Elements of a law, drawn with these parameters: with derivatives in them, or, if the law has
    none, told to who asks for one.
    """
    device = drawn._layout.device
    tables = [tensor(x, law, FLOAT64, device) for x in TABLES.get(law, tuple)()]
    return apply(IMPLIED, (drawn, *parameters, *tables), (law,))
