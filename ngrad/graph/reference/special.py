"""SciPy's special functions, imported when one is first called: only the oracle needs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def special(name: str) -> Callable[..., Any]:
    """A function of `scipy.special`.

    Raises
    ------
    ImportError
        Saying what needs SciPy, if it is not installed.
    """

    def function(*xs: Any) -> Any:
        try:
            import scipy.special
        except ImportError as error:
            raise ImportError(
                f"the reference of {name} is SciPy's; install scipy to interpret it"
            ) from error
        return getattr(scipy.special, name)(*xs)

    return function


def expn(order: Any, x: Any) -> Any:
    """SciPy's, of an order that is a float."""
    return special("expn")(np.int64(order), x)


def trigamma(x: Any) -> Any:
    """SciPy's, as a zeta function; of complex numbers, which that does not take, twenty terms and
    what is above them.
    """
    x = np.asarray(x)
    if x.dtype.kind != "c":
        return special("zeta")(2.0, x)
    r = 1.0 / (x + 20.0)
    rest = r + r**2 / 2 + r**3 / 6 - r**5 / 30 + r**7 / 42 - r**9 / 30
    return rest + sum((x + k) ** -2.0 for k in range(20))


def polygamma(order: Any, x: Any) -> Any:
    """SciPy's, of an order that is a float."""
    return special("polygamma")(np.int64(order), x)


def _bessel(x: Any, kind: str, order: float) -> Any:
    return special(f"{kind}v")(order, x)


ORDERS = {"jn": "jv", "yn": "yv", "in": "iv", "ine": "ive", "kn": "kv", "kne": "kve"}
"""Bessel's functions of whole orders that are ops, and SciPy's names."""
BESSEL = ("i0", "i0e", "i1", "i1e", "j0", "j1", "k0", "k0e", "k1", "k1e", "y0", "y1")
"""Bessel's functions that are elementwise ops, by SciPy's names."""


def _elliptic_slope(angle: Any, m: Any, kind: str) -> Any:
    """By integrals of the other kinds, which cancel where m is near 0."""
    first, second = special("ellipkinc")(angle, m), special("ellipeinc")(angle, m)
    if kind == "E":
        return (first - second) / m
    rest = np.sin(2.0 * angle) / (2.0 * np.sqrt(1.0 - m * np.sin(angle) ** 2))
    return ((second - (1.0 - m) * first) / m - rest) / (1.0 - m)


def _whole_quantile(*xs: Any, law: str, method: str) -> Any:
    import scipy.stats

    return getattr(getattr(scipy.stats, law), method)(*xs)


SPECIAL: dict[str, Callable[..., Any]] = {
    **{
        name: special(name)
        for name in (
            *("gammaincinv", "gammainccinv", "betaincinv", "betainccinv", "stdtrit"),
            *("poch", "spence", "ellipk", "ellipe", "hyp1f1", "hyp2f1", "hyp0f1", "hyperu"),
            *("ellipkm1", "ellipkinc", "ellipeinc", "owens_t", "wrightomega"),
        )
    },
    "elliptic_slope": _elliptic_slope,
    "high_expn": lambda x, order: special("expn")(order, x),
    "bessel": _bessel,
    "orthogonal": lambda *xs, family: special(f"eval_{family}")(*xs),
    "whole_quantile": _whole_quantile,
}
