"""NumPy's and SciPy's functions of many things at once, each thread for a part of them: their loops
hold no lock of Python's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from ngrad import config

Array = np.ndarray[Any, Any]

WORTH = 1 << 18
"""Operations from which on a part is worth a thread, which takes some 30 us to begin."""


class _Threads:
    """Those beside the one that asks, from when they are needed on."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._count = 0

    def submit(self, works: Sequence[Callable[[], Any]]) -> list[Future[Any]]:
        count = config.threads() - 1
        if self._pool is None or count > self._count:
            self._pool, self._count = ThreadPoolExecutor(count, "ngrad"), count
        return [self._pool.submit(work) for work in works]


_threads = _Threads()


def _after_fork() -> None:
    global _threads
    _threads = _Threads()  # the others were the parent's


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def each_part(function: Callable[[slice], Any], count: int, work: float) -> list[Any]:
    """What a function gives for each of the parts that `count` things are cut into, in order.

    Parameters
    ----------
    work : float
        Operations in all, which decide with the number of threads how many parts there are.
    """
    parts = max(1, min(config.threads(), count, int(work / WORTH)))
    if parts == 1:
        return [function(slice(0, count))]
    edges = [count * k // parts for k in range(parts + 1)]
    first, *others = [slice(*ends) for ends in pairwise(edges)]
    waiting = _threads.submit([partial(function, part) for part in others])
    try:
        found = [function(first)]
    finally:  # whoever asked owns the memory: nobody is at it any more, also where this raises
        for one in waiting:
            one.exception()
    return found + [one.result() for one in waiting]


def in_parts(compute: Callable[..., Any], arrays: Sequence[Array], core: int, work: float) -> Any:
    """What a function gives for batches, which it computes over their last axes alone: an array, or
    a tuple of them, the batch's axes first.

    Parameters
    ----------
    core : int
        How many axes each of the arrays has of its own; those before them broadcast.
    work : float
        Operations for one of the batch.
    """
    batch = np.broadcast_shapes(*(x.shape[: x.ndim - core] for x in arrays))
    if not batch:
        return compute(*arrays)
    axis = int(np.argmax(batch))
    count, after = batch[axis], len(batch) - axis + core  # axes from that one on

    def computed(part: slice) -> Any:
        at = [
            x[(*[slice(None)] * (x.ndim - after), part)]
            if x.ndim >= after and x.shape[x.ndim - after] == count
            else x
            for x in arrays
        ]
        return compute(*at)

    found = each_part(computed, count, work * np.prod(batch, dtype=float))
    if len(found) == 1:
        return found[0]
    if isinstance(found[0], tuple):
        return tuple([np.concatenate(parts, axis) for parts in zip(*found, strict=True)])
    return np.concatenate(found, axis)
