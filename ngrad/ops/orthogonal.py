"""Orthogonal polynomials, which SciPy computes on the CPU. The derivative of each is one of another
family, of a degree less.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.ops.comparison import equal
from ngrad.ops.convert import beside
from ngrad.ops.elementwise import select
from ngrad.ops.scipy_special import by_scipy
from ngrad.record import apply


def _orthogonal(n: Any, *others: Any, family: str) -> Any:
    """Whole degrees as integers, of which SciPy's are more precise, and some the only ones."""
    import scipy.special

    whole = n.astype(np.int64)
    known = getattr(scipy.special, f"eval_{family}")
    return known(whole if (whole == n).all() else n, *others)


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


@ORTHOGONAL.vjp
def _(g: Any, out: Any, n: Any, *others: Any, family: str) -> Any:
    *parameters, x = others
    name, of = SLOPES[family]
    factor, *changed = of(n, *parameters)
    constant = equal(n, 0.0)
    lower = select(constant, n, n - 1.0)
    found = apply(ORTHOGONAL, (lower, *(beside(x, y, name) for y in changed), x), (name,))
    return *(0.0 * y for y in (n, *parameters)), g * select(constant, 0.0, factor * found)
