"""`Case`: a call of one of NumPy's functions; and the arrays that most of them take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

A = np.linspace(-1.3, 2.1, 12).reshape(3, 4)
B = np.cos(np.arange(12.0)).reshape(3, 4) * 1.7
UNIT = np.linspace(-0.9, 0.9, 12).reshape(3, 4)
POSITIVE = np.linspace(0.2, 3.7, 12).reshape(3, 4)
CUBE = np.random.default_rng(5).permutation(24).reshape(2, 3, 4) / 8.0 - 1.4
V = np.array([0.5, -1.5, 2.5, 3.25])
W = np.array([2.0, 0.25, -0.75, 1.5])
SINGLE = A.astype(np.float32)
K = np.array([[3, -7, 2, 0], [5, 1, -4, 9]])
J = np.array([[2, 3, -5, 1], [4, -2, 7, 3]])
SMALL = np.array([-100, 27, 127], np.int8)
UNSIGNED = np.array([0, 3, 250], np.uint8)
M = np.array([[True, False, True, False], [False, False, True, True]])
HOLED = np.where(A > 1.2, np.nan, A)
SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1.5, -1.5, 2.5])


class Case(NamedTuple):
    """A call of a function by name; `orders`, how often it is differentiated in its floats."""

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    orders: int

    def __str__(self) -> str:
        shown = [describe(x) for x in self.args] + [
            f"{k}={describe(v)}" for k, v in self.kwargs.items()
        ]
        return f"{self.name}({', '.join(shown)})"


def describe(x: Any) -> str:
    if callable(x):
        return str(getattr(x, "__name__", type(x).__name__))  # no address: it differs by process
    if isinstance(x, np.ndarray):
        return f"{x.dtype.str[1:]}{list(x.shape)}".replace(" ", "")
    return "..." if isinstance(x, (list, tuple)) else str(x)


def table() -> tuple[list[Case], Callable[..., None]]:
    """Rows, and what adds one."""
    rows: list[Case] = []

    def case(name: str, *args: Any, orders: int = 0, **kwargs: Any) -> None:
        rows.append(Case(name, args, kwargs, orders))

    return rows, case


def to_second_order(cases: list[Case]) -> list[Case]:
    """The cases, the first of each name that is differentiated once differentiated twice."""
    twice, found = {case.name for case in cases if case.orders > 1}, []
    for case in cases:
        if case.orders == 1 and case.name not in twice:
            twice.add(case.name)
            case = case._replace(orders=2)
        found.append(case)
    return found
