"""NumPy's and SciPy's functions of many things at once, each thread for a part of them: their loops
hold no lock of Python's.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from ngrad import config

Array = np.ndarray[Any, Any]

WORTH = 1 << 19
"""Operations from which on a part is worth a thread, which takes some 60 us to begin."""


def each_part(function: Callable[[slice], Any], count: int, work: float) -> list[Any]:
    """What a function gives for each of the parts that `count` things are cut into, in order.

    Whoever is interrupted leaves threads behind that are still at it: the function is to hold the
    memory that it reads and writes.

    Parameters
    ----------
    work : float
        Operations in all, which decide with the number of threads how many parts there are.
    """
    parts = min(count, int(work / WORTH))
    if parts < 2 or (parts := min(parts, config.threads())) < 2:
        return [function(slice(0, count))]
    edges = [count * k // parts for k in range(parts + 1)]
    slices = [slice(*ends) for ends in pairwise(edges)]
    done: queue.SimpleQueue[tuple[int, Any, BaseException | None]] = queue.SimpleQueue()
    here = [0]
    for k in range(1, parts):
        thread = threading.Thread(
            target=_put, args=(done, k, partial(function, slices[k])), name="ngrad", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:  # there can be no more, as while Python ends
            here += range(k, parts)
            break
    found: dict[int, Any] = {k: function(slices[k]) for k in here}
    while len(found) < parts:
        k, found[k], error = done.get()
        if error is not None:
            raise error
    return [found[k] for k in range(parts)]


def _put(
    done: queue.SimpleQueue[tuple[int, Any, BaseException | None]],
    k: int,
    compute: Callable[[], Any],
) -> None:
    try:
        done.put((k, compute(), None))
    except BaseException as error:
        done.put((k, None, error))


def each_row(compute: Callable[..., Any], arrays: Sequence[Array], work: float) -> None:
    """Have a function read and write arrays of as many rows, which lie along their last axes.

    Parameters
    ----------
    work : float
        Operations in all.
    """
    lead = arrays[0].shape[:-1]
    axis = lead.index(max(lead))
    each_part(
        lambda part: compute(*(x[(*[slice(None)] * axis, part)] for x in arrays)), lead[axis], work
    )


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
    if {x.ndim for x in arrays} == {core}:
        return compute(*arrays)
    batch = np.broadcast_shapes(*(x.shape[: x.ndim - core] for x in arrays))
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
