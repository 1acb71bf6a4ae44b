"""Indices that another library writes over after they were checked, as PyTorch does to memory that
is read-only: nothing but what is indexed is read, or written to.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ngrad
import ngrad.numpy as ours

X, INDEX = np.arange(1.0, 13.0).reshape(3, 4), np.arange(3)
READS: dict[str, Callable[[Any, Any], Any]] = {
    "gather": lambda x, i: ngrad.gather(x, i),
    "of a batch": lambda x, i: ngrad.gather(x, i, axis=1, batch_dims=1),
    "rows": lambda x, i: x[i],
    "columns": lambda x, i: x[:, i],
    "elements": lambda x, i: x[i, [0, 1, 2]],
    "of numbers": lambda x, i: ours.asarray(x)[ours.asarray(i)]._read(),
    "picked": lambda x, i: ngrad.gather(ngrad.exp(x), i, axis=1, batch_dims=1),
    "entropy": lambda x, i: ngrad.nn.sparse_softmax_cross_entropy_with_logits(i, x),
    "added": lambda x, i: ngrad.scatter_nd(i[:, None], x, [3, 4]),
    "put": lambda x, i: ngrad.tensor_scatter_nd_update(x, i[:, None], 2.0 * x),
    "segments": lambda x, i: ngrad.math.unsorted_segment_sum(x, i, 3),
    "reduceat": lambda x, i: ours.add.reduceat(ours.asarray(x), ours.asarray(i), axis=1)._read(),
}
BEYOND = {"a row behind": 3, "far behind": 1 << 40, "far before": -(1 << 40), "least": -(1 << 63)}


def write(x: Any, value: int) -> None:
    """What a library does that heeds no flag."""
    there = np.asarray(x)
    assert not there.flags.writeable
    other = np.full(there.shape, value, there.dtype)
    ctypes.memmove(there.ctypes.data, other.ctypes.data, other.nbytes)


pytestmark = pytest.mark.usefixtures("waiting")


def summed(read: Callable[[Any, Any], Any], x: Any, index: Any, checked: int, value: int) -> Any:
    """The sum of what is read at indices that are written over when they were checked so often."""
    for k in range(2):
        if k == checked:
            write(index, value)
        found = read(x, index)
    if checked == 2:
        write(index, value)
    return ngrad.reduce_sum(found)


@pytest.mark.parametrize("value", BEYOND.values(), ids=BEYOND)
@pytest.mark.parametrize("name", READS)
def test_no_other_memory_is_read(name: str, value: int) -> None:
    """Whether they are written over before they are indexed by again, or before a look."""
    for checked in (1, 2) * 3:
        x = ngrad.constant(X)
        with ngrad.GradientTape() as tape:
            tape.watch(x)
            try:
                found = summed(READS[name], x, ngrad.constant(INDEX), checked, value)
            except IndexError:  # some look at indices each time
                continue
        for some in (found, tape.gradient(found, x)):
            assert np.all(np.abs(some.numpy()) <= 1e6)
        again = summed(READS[name], x, ngrad.constant(INDEX), checked, value)
        assert abs(again.numpy()) <= 1e6


def test_the_nearest_is_read() -> None:
    x, index = ours.array(X), ours.array([*INDEX] * 100)
    assert x[index][0, 0] == 1.0
    write(index, 3)  # of so many, what was found is kept
    assert (x[index] == x[2]).all()
    write(index, -4)
    assert (x[index] == x[0]).all()


@pytest.mark.parametrize("value", BEYOND.values(), ids=BEYOND)
def test_few_are_looked_at_each_time(value: int) -> None:
    x, index = ours.array(X), ours.array(INDEX)
    assert x[index][0, 0] == 1.0
    write(index, value)
    with pytest.raises(IndexError, match=f"index {value} is out of range"):
        x[index]
