"""Arrays that functions of other libraries are called with, and how calls are written."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

RNG = np.random.default_rng(11)
V = RNG.uniform(0.2, 0.9, 12)
W = np.sort(RNG.uniform(0.2, 0.9, 12))
M = RNG.normal(size=(6, 5))
N = RNG.normal(size=(6, 5))
SPD = M.T @ M + np.eye(5)
ROW = RNG.normal(size=5)
X = RNG.normal(size=(30, 4))
Y = X @ np.array([1.0, -2.0, 0.5, 0.0]) + 0.1 * RNG.normal(size=30)
LABELS = np.arange(30) % 2
GUESSES = np.where(RNG.uniform(size=30) < 0.8, LABELS, 1 - LABELS)
SCORES = np.clip(0.4 * LABELS + RNG.uniform(0.05, 0.55, 30), 0.0, 1.0)
SHARES = RNG.dirichlet(np.ones(3), 10)
EXPECTED = RNG.dirichlet(np.ones(3), 10)
POSITIVE = RNG.uniform(0.5, 2.0, 30)
OTHERS = RNG.uniform(0.5, 2.0, 30)
TAPS, POLES = np.array([0.5, 0.3]), np.array([1.0, -0.5])
PICTURE = RNG.normal(size=(7, 6))
MOVED = X[::-1] * 0.7
SHIFTED = X + LABELS[:, None]
CUT = np.array(0.3)

Rows = list[tuple[str, Callable[..., Any], tuple[Any, ...]]]
"""Names, functions of arrays, and the arrays."""


def library(x: Any) -> Any:
    """The namespace of an array or a number."""
    return x.__array_namespace__()


def after(function: Callable[..., Any], *given: Any) -> Callable[..., Any]:
    """A function of arrays that come after what is given."""
    return lambda *arrays: function(*given, *arrays)


def made(function: Callable[..., Any], *given: Any) -> Callable[..., Any]:
    """A function of an array in whose library something is made of numbers."""
    return lambda x: function(*given, xp=library(x))


def parts(found: Any) -> Iterator[Any]:
    """The arrays and numbers of a result, real ones; text and what is not there are none."""
    if dataclasses.is_dataclass(found):
        found = [getattr(found, field.name) for field in dataclasses.fields(found)]
    elif isinstance(found, dict):
        found = [*found.values()]
    if isinstance(found, (tuple, list)):
        for part in found:
            yield from parts(part)
    elif np.dtype(getattr(found, "dtype", float)).kind == "c":
        yield from (found.real, found.imag)
    elif found is not None and type(found) is not str:
        yield found
