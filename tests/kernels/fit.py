"""Minimax polynomials and rationals: where the coefficients of vecmath come from.

`polynomial` minimises the largest |weight(x) (f(x) - sum of c_k x^k)| over an interval by the
exchange algorithm of Remez on a fixed fine grid, with mpmath; `rounded` gives coefficients that are
numbers of a floating-point type: from the most important one on each is rounded and the rest is
fitted again. `rational` does P(x) / Q(x), Q(0) = 1; `near_rational` does so too where the
exchange does not find its way, by weighted least squares, at some cost in the largest error.

    c, error = rounded(lambda x: (exp(x) - 1 - x) / x**2, (-0.35, 0.35), range(4), np.float32)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy as np
from mpmath import mpf

GRID = 1500
ROUNDS = 40


def _grid(interval: tuple[Any, Any], count: int) -> list[Any]:
    """Chebyshev points with the ends, off 0 (where quotients such as sin(x)/x are 0/0)."""
    low, high = map(mpf, interval)
    points = [
        (low + high) / 2 - (high - low) / 2 * mpmath.cos(mpmath.pi * i / (count - 1))
        for i in range(count)
    ]
    return [x if x else (high - low) * mpf(2) ** -40 for x in points]


def _extrema(errors: list[Any], count: int) -> list[int]:
    """`count` indices of alternating extremes of the error, the largest where there are more."""
    runs: list[int] = []
    for i, error in enumerate(errors):
        if runs and (errors[runs[-1]] < 0) == (error < 0):
            if abs(error) > abs(errors[runs[-1]]):
                runs[-1] = i
        else:
            runs.append(i)
    while len(runs) > count:  # drop an end, or the smallest inner one with its neighbour
        if len(runs) == count + 1:
            runs.pop(0 if abs(errors[runs[0]]) < abs(errors[runs[-1]]) else -1)
        else:
            i = min(
                range(len(runs) - 1), key=lambda i: abs(errors[runs[i]]) + abs(errors[runs[i + 1]])
            )
            del runs[i : i + 2]
    return runs


def polynomial(
    function: Callable[[Any], Any],
    interval: tuple[Any, Any],
    powers: Sequence[int],
    weight: Callable[[Any], Any] | None = None,
) -> tuple[list[Any], Any]:
    """(coefficients in the order of `powers`, largest weighted error)."""
    xs = _grid(interval, GRID)
    # the errors of the best fit alternate where the basis has no sign of its own: |weight x^least|
    least = min(powers)
    weights = [abs((weight(x) if weight else 1) * x**least) for x in xs]
    basis = [[w * x ** (k - least) for k in powers] for x, w in zip(xs, weights, strict=True)]
    targets = [w * function(x) / x**least for x, w in zip(xs, weights, strict=True)]
    n = len(powers)
    chosen = [
        round((GRID - 1) * (1 - float(mpmath.cos(mpmath.pi * i / n))) / 2) for i in range(n + 1)
    ]
    best: tuple[list[Any], Any] = ([], mpmath.inf)
    for _ in range(ROUNDS):
        system = mpmath.matrix([basis[i] + [mpf((-1) ** j)] for j, i in enumerate(chosen)])
        solution = mpmath.lu_solve(system, mpmath.matrix([targets[i] for i in chosen]))
        c = [solution[k] for k in range(n)]
        errors = [t - mpmath.fdot(b, c) for b, t in zip(basis, targets, strict=True)]
        largest = max(map(abs, errors))
        if largest < best[1]:
            best = (c, largest)
        found = _extrema(errors, n + 1)
        if largest <= abs(solution[n]) * mpf("1.0001") or len(found) <= n:
            break
        chosen = found
    return best


def rounded(
    function: Callable[[Any], Any],
    interval: tuple[Any, Any],
    powers: Sequence[int],
    dtype: Any,
    weight: Callable[[Any], Any] | None = None,
    fixed: dict[int, Any] | None = None,
) -> tuple[list[Any], Any]:
    """`polynomial` with coefficients that are numbers of `dtype`; `fixed` ones are set beforehand.

    Each error of rounding is made up for by the coefficients that come after it.
    """
    known = {k: mpf(float(v)) for k, v in (fixed or {}).items()}
    error = mpmath.inf
    for power in powers:
        if power in known:
            continue
        rest = [k for k in powers if k not in known]

        def remaining(x: Any) -> Any:
            return function(x) - sum(c * x**k for k, c in known.items())

        c, error = polynomial(remaining, interval, rest, weight)
        known[power] = mpf(float(dtype(float(c[rest.index(power)]))))
    xs = _grid(interval, 2 * GRID + 1)
    error = max(
        abs((weight(x) if weight else 1) * (function(x) - sum(c * x**k for k, c in known.items())))
        for x in xs
    )
    return [dtype(float(known[k])) for k in powers], error


def rational(
    function: Callable[[Any], Any],
    interval: tuple[Any, Any],
    degrees: tuple[int, int],
    weight: Callable[[Any], Any] | None = None,
) -> tuple[list[Any], list[Any], Any]:
    """(numerator, denominator with leading 1, largest weighted error), coefficients from x^0 on."""
    p, q = degrees
    xs = _grid(interval, GRID)
    values = [function(x) for x in xs]
    weights = [abs(weight(x)) if weight else mpf(1) for x in xs]
    n = p + q + 1
    chosen = [
        round((GRID - 1) * (1 - float(mpmath.cos(mpmath.pi * i / n))) / 2) for i in range(n + 1)
    ]
    level = mpf(0)
    best: tuple[list[Any], list[Any], Any] = ([], [], mpmath.inf)
    for _ in range(ROUNDS):
        for _ in range(
            8
        ):  # (f - s e / w) Q = P is linear once the level of e is taken from the last solution
            rows, right = [], []
            for j, i in enumerate(chosen):
                sign = mpf((-1) ** j) / weights[i]
                shifted = values[i] - sign * level
                rows.append(
                    [xs[i] ** k for k in range(p + 1)]
                    + [-shifted * xs[i] ** k for k in range(1, q + 1)]
                )
                rows[-1].append(sign)
                right.append(values[i])
            solution = mpmath.lu_solve(mpmath.matrix(rows), mpmath.matrix(right))
            if abs(solution[n] - level) <= abs(level) * mpf("1e-6"):
                break
            level = solution[n]
        top = [solution[k] for k in range(p + 1)]
        bottom = [mpf(1)] + [solution[p + k] for k in range(1, q + 1)]
        errors = [
            w * (v - mpmath.polyval(top[::-1], x) / mpmath.polyval(bottom[::-1], x))
            for x, v, w in zip(xs, values, weights, strict=True)
        ]
        largest = max(map(abs, errors))
        if largest < best[2]:
            best = (top, bottom, largest)
        found = _extrema(errors, n + 1)
        if largest <= abs(level) * mpf("1.0001") or len(found) <= n:
            break
        chosen = found
    return best


def near_rational(
    function: Callable[[Any], Any],
    interval: tuple[Any, Any],
    degrees: tuple[int, int],
    weight: Callable[[Any], Any] | None = None,
    rounds: int = 12,
) -> tuple[list[Any], list[Any], Any]:
    """As `rational`, by least squares on four Chebyshev points a coefficient; needs 70 digits.

    w (f Q - P) / Q of the round before is linear in the coefficients (H. L. Loeb, 1957).
    """
    p, q = degrees
    n = p + q + 1
    xs = _grid(interval, 4 * n)
    values = [function(x) for x in xs]
    weights = [abs(weight(x)) if weight else mpf(1) for x in xs]
    below = [mpf(1)] * len(xs)
    best: tuple[list[Any], list[Any], Any] = ([], [], mpmath.inf)
    for _ in range(rounds):
        rows = mpmath.matrix(len(xs), n)
        right = mpmath.matrix(len(xs), 1)
        for i, x in enumerate(xs):
            w = weights[i] / below[i]
            for k in range(n):
                rows[i, k] = w * x**k if k <= p else -w * values[i] * x ** (k - p)
            right[i] = w * values[i]
        solution = mpmath.lu_solve(rows.T * rows, rows.T * right)
        top = [solution[k] for k in range(p + 1)]
        bottom = [mpf(1)] + [solution[p + k] for k in range(1, q + 1)]
        below = [mpmath.polyval(bottom[::-1], x) for x in xs]
        largest = max(
            abs(w * (v - mpmath.polyval(top[::-1], x) / b))
            for x, v, w, b in zip(xs, values, weights, below, strict=True)
        )
        if largest < best[2]:
            best = (top, bottom, largest)
    return best


def source(name: str, values: Sequence[Any], dtype: Any = np.float64) -> str:
    """Assignments of the coefficients to constants NAME_0, NAME_1, ... as source text."""
    kind = np.dtype(dtype).name
    return "\n".join(
        f"{name}_{k} = np.{kind}({np.dtype(dtype).type(float(v))!s})" for k, v in enumerate(values)
    )
