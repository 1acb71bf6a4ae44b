"""Products of many matrices, in the order that takes the fewest multiplications."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ngrad.ops.matmul import product


def chained(factors: Sequence[Any]) -> Any:
    """The product of two matrices or more.

    Examples
    --------
    >>> import ngrad
    >>> chained([ngrad.ones((1, 2)), ngrad.ones((2, 3)), ngrad.ones((3, 1))]).numpy()
    array([[6.]], dtype=float32)
    """
    sizes = [int(x._layout.shape[0]) for x in factors]
    last = _splits(np.array([*sizes, int(factors[-1]._layout.shape[1])], np.float64))
    found: dict[tuple[int, int], Any] = {(k, k): x for k, x in enumerate(factors)}
    steps, todo = [], [(0, len(factors) - 1)]
    while todo:  # as deep as there are factors, so not by recursion
        first, end = todo.pop()
        if first < end:
            parts = (first, int(last[first, end])), (int(last[first, end]) + 1, end)
            steps.append(((first, end), *parts))
            todo += parts
    for whole, left, right in reversed(steps):
        found[whole] = product(found.pop(left), found.pop(right))
    return found[0, len(factors) - 1]


def _splits(sizes: Any) -> Any:
    """By the first and the last of factors that follow one another, the last of those that are
    multiplied apart from the others (Cormen et al., "Introduction to Algorithms", 15.2).
    """
    n = len(sizes) - 1
    cost, last = np.zeros((n, n)), np.zeros((n, n), np.int64)
    for more in range(1, n):
        first = np.arange(n - more)[:, None]
        end, split = first + more, first + np.arange(more)
        sums = cost[first, split] + cost[split + 1, end]
        sums += sizes[first] * sizes[split + 1] * sizes[end + 1]
        best = sums.argmin(1)[:, None]
        cost[first, end] = np.take_along_axis(sums, best, 1)
        last[first, end] = first + best
    return last
