"""The derivative of zeta functions in their exponent, which SciPy does not have."""

from __future__ import annotations

from typing import Any

from ngrad.ops.exponential import exp, log

TERMS = 10
"""Terms of the series before the rest is taken by its expansion."""
BERNOULLI = (
    1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000,
    1 / 74724249600, -3617 / 10670622842880000,
)  # fmt: skip
"""B(2j) / (2j)!, of Bernoulli's numbers, for j from 1 on."""


def slope(x: Any, q: Any) -> Any:
    """The derivative in x of zeta(x, q), the sum of (k + q)**-x over k from 0 on, for x > 1 and
    q > 0: the first terms, and of the rest Euler's and Maclaurin's expansion (Johansson, Rigorous
    high-precision computation of the Hurwitz zeta function, 2015, eq. 5), each differentiated. Near
    1e-14 of the value in float64. Below 1 it continues Riemann's, as near from -0.5 on.
    """
    found: Any = 0.0
    for k in range(TERMS):
        base = log(q + float(k))
        found = found - base * exp(-x * base)
    end = q + float(TERMS)
    base = log(end)
    tail, above = exp(-x * base), 1.0 / (x - 1.0)
    found = found - end * tail * above * (base + above) - 0.5 * base * tail
    # x (x + 1) ... (x + 2 j - 2) and its derivative, and end**(1 - 2 j).
    product, its, power = x, 1.0, 1.0 / end
    for j, number in enumerate(BERNOULLI, 1):
        found = found + number * tail * power * (its - base * product)
        one, two = x + float(2 * j - 1), x + float(2 * j)
        its = its * (one * two) + product * (one + two)
        product, power = product * (one * two), power / (end * end)
    return found
