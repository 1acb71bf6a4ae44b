"""Orthogonal polynomials, which SciPy computes on the CPU. The derivative of each is one of another
family, of a degree less.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.ops.comparison import equal, less
from ngrad.ops.convert import beside
from ngrad.ops.elementwise import select
from ngrad.ops.scipy_special import by_scipy
from ngrad.record import apply


def _orthogonal(n: Any, *others: Any, family: str) -> Any:
    """By SciPy's polynomials of integers where a degree is whole, which are more precise, and by
    those of floats elsewhere, if there are any: each element by its own.
    """
    import scipy.special

    known = getattr(scipy.special, f"eval_{family}")
    whole = (np.floor(n) == n) & (np.abs(n) < 2.0**63)
    found = known(np.where(whole, n, 0.0).astype(np.int64), *others)
    if whole.all():
        return found
    return np.where(whole, found, np.nan if family in WHOLE_ALONE else known(n, *others))


WHOLE_ALONE = ("hermite", "hermitenorm")
ORTHOGONAL = by_scipy("orthogonal", _orthogonal, ("family",))
"""A polynomial of a family, of its degree, the family's parameters, and a number."""

SLOPES: dict[str, tuple[str, Callable[..., Any]]] = {
    "chebyt": ("chebyu", lambda n: (n,)),
    "chebyu": ("gegenbauer", lambda n: (2.0, 2.0)),
    "legendre": ("gegenbauer", lambda n: (1.0, 1.5)),
    "gegenbauer": ("gegenbauer", lambda n, a: (2.0 * a, a + 1.0)),
    "hermite": ("hermite", lambda n: (2.0 * n,)),
    "hermitenorm": ("hermitenorm", lambda n: (n,)),
    "laguerre": ("genlaguerre", lambda n: (-1.0, 1.0)),
    "genlaguerre": ("genlaguerre", lambda n, a: (-1.0, a + 1.0)),
    "jacobi": ("jacobi", lambda n, a, b: (0.5 * (n + a + b + 1.0), a + 1.0, b + 1.0)),
}
"""By family that of the derivative, and how often it is in it and the parameters it has there (DLMF
18.9.15 to 18.9.26)."""
MIRRORED = {"chebyu": (-1.0, 2.0), "legendre": (1.0, 1.0)}
"""Of negative degrees, where the derivative's family has none, how often a polynomial is that of
degree -(n + m), and m."""


@ORTHOGONAL.vjp
def _(g: Any, out: Any, n: Any, *others: Any, family: str) -> Any:
    *parameters, x = others
    if family in MIRRORED:
        times, m = MIRRORED[family]
        below = less(n, 0.0)
        n, g = select(below, -m - n, n), select(below, times * g, g)
    name, of = SLOPES[family]
    factor, *changed = of(n, *parameters)
    constant = equal(n, 0.0)
    lower = select(constant, n, n - 1.0)
    found = apply(ORTHOGONAL, (lower, *(beside(x, y, name) for y in changed), x), (name,))
    return *(0.0 * y for y in (n, *parameters)), g * select(constant, 0.0, factor * found)
