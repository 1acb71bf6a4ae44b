"""The pool: accounting, limits, alignment, and threads."""

from __future__ import annotations

import itertools
import random
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ngrad
from ngrad_kernels.memory import ALIGNMENT, SMALLEST, OutOfMemory, Pool, pool


@given(st.integers(0, 1 << 40))
def test_size_classes(nbytes: int) -> None:
    """A class holds its sizes, wastes at most a quarter, and is its own class."""
    size = Pool.class_size(nbytes)
    assert size >= max(nbytes, SMALLEST)
    assert size % ALIGNMENT == 0
    assert size <= max(1.25 * nbytes, nbytes + ALIGNMENT)
    assert Pool.class_size(size) == size


@given(st.lists(st.integers(0, 1 << 16), max_size=30), st.integers(0, 9))
def test_accounting(sizes: list[int], seed: int) -> None:
    """Live and pooled bytes are what was taken and given back; no two blocks overlap."""
    own = Pool()
    held = [own.take(nbytes) for nbytes in sizes]
    classes = [Pool.class_size(nbytes) for nbytes in sizes]
    spans = sorted((b.address, b.address + size) for b, size in zip(held, classes, strict=True))
    assert all(start % ALIGNMENT == 0 for start, _ in spans)
    assert all(stop <= start for (_, stop), (start, _) in itertools.pairwise(spans))
    total = sum(classes)
    stats = own.stats()
    assert (stats.live_bytes, stats.live_blocks, stats.pooled_bytes) == (total, len(sizes), 0)
    order = list(range(len(sizes)))
    random.Random(seed).shuffle(order)
    live = total
    keep = dict(enumerate(held))
    del held
    for k in order:
        del keep[k]
        live -= classes[k]
        assert own.stats().live_bytes == live
        assert own.stats().pooled_bytes == total - live
    again = [own.take(nbytes) for nbytes in sizes]
    assert own.stats().live_bytes + own.stats().pooled_bytes == total  # nothing new was needed
    del again
    assert own.release() == total
    assert own.stats().pooled_bytes == own.stats().pooled_blocks == 0


def test_freed_memory_is_used_again() -> None:
    own = Pool()
    address = own.take(1000).address
    assert own.take(1000).address == address


def test_limit() -> None:
    own = Pool(limit=1 << 20)
    first = own.take(1 << 19)
    with pytest.raises(OutOfMemory, match=r"limit is 1,048,576; 524,288 bytes in 1 buffers"):
        own.take(1 << 20)
    assert own.stats().limit_bytes == 1 << 20
    del first
    whole = own.take(1 << 20)  # what was pooled made room
    assert own.stats().live_bytes == 1 << 20 and own.stats().pooled_bytes == 0
    del whole


def test_the_limit_of_the_process() -> None:
    ngrad.config.release_memory()  # what waits would make room
    ngrad.config.set_memory_limit(ngrad.config.memory_stats().live_bytes + (1 << 22))
    try:
        with pytest.raises(MemoryError, match="raise the limit"):
            ngrad.eval(ngrad.ones([1 << 22]) + 1.0)
        assert (ngrad.ones([4]) + 1.0).numpy().tolist() == [2, 2, 2, 2]
    finally:
        ngrad.config.set_memory_limit(None)
    with pytest.raises(ValueError, match="positive"):
        ngrad.config.set_memory_limit(0)


def test_release_keeps_what_is_held() -> None:
    x = ngrad.constant(np.arange(100_000.0))
    y = x + 1.0
    ngrad.eval(y)
    del y
    assert ngrad.config.memory_stats().pooled_bytes >= 800_000
    assert ngrad.config.release_memory() >= 800_000
    assert ngrad.config.memory_stats().pooled_bytes == 0
    np.testing.assert_array_equal(x, np.arange(100_000.0))


def test_more_than_there_is() -> None:
    """The system's refusal, and a size beyond the address space, are both a MemoryError."""
    with pytest.raises(MemoryError):
        ngrad.eval(ngrad.fill([1 << 46], 1.0) + 1.0)
    with pytest.raises(MemoryError):
        ngrad.zeros([1 << 62, 1 << 62])


def test_threads() -> None:
    """Taken and given back by several threads at once: no block is two threads'."""
    ngrad.eval(ngrad.ones([2]) + 1.0)  # the room for small temporaries, which is kept
    before = pool.stats().live_bytes
    wrong: list[int] = []

    def work(k: int) -> None:
        for repeat in range(300):
            x = ngrad.constant(np.full(50 + repeat % 3, k, np.int64))
            y = x + x
            if not (y.numpy() == 2 * k).all():
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert pool.stats().live_bytes == before
