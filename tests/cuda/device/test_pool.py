"""Device memory: the pool, and the order in which threads' streams use it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from device_work import MIX, Thread, elsewhere, get, kernel, mix, put
from hypothesis import given, settings
from hypothesis import strategies as st

from ngrad_kernels.cuda.memory import DeviceBuffer
from ngrad_kernels.cuda.target import CudaTarget
from ngrad_kernels.memory import OutOfMemory

Open = Callable[..., CudaTarget]
COUNT = 40


def test_freed_memory_is_used_again(target: CudaTarget) -> None:
    address = target.pool.take(1000).address
    assert target.pool.take(900).address == address
    assert target.counters["allocations"] == 1
    assert target.pool.stats().pooled_bytes == target.pool.class_size(1000)
    assert target.pool.release() == target.pool.class_size(1000)


def test_a_warm_loop_allocates_nothing_and_waits_for_nothing(target: CudaTarget) -> None:
    """Batches come in, kernels follow one another, and nobody looks."""
    total = put(target, np.zeros(COUNT))

    def step(k: int) -> None:
        nonlocal total
        batch = put(target, np.full(COUNT, k))
        total = mix(target, mix(target, total, batch, COUNT), batch, COUNT)

    step(0)
    target.synchronize()
    step(0)
    before = target.counters
    for k in range(10):
        step(k)
    assert (get(target, total, COUNT) == 4 * 45).all()
    for k in range(10):
        step(k)
    done = target.counters - before
    # Pinned pieces, until the device has read them: so many may wait at a time.
    assert done.pop("allocations", 0) <= 10
    assert done == {"launches": 40, "copies": 21, "synchronisations": 1}


def test_memory_of_who_is_gone_is_everybodys(target: CudaTarget) -> None:
    """What waits, and what comes back later."""
    pool = target.pool
    lists = pool.own_lists("somebody", [8 * COUNT])
    one, other = pool.take_of(lists[0]), pool.take_of(lists[0])
    places = {one.address, other.address}
    del one, lists
    pool.forget("somebody")
    assert pool.stats().live_blocks == 1
    del other
    found = [pool.take(8 * COUNT), pool.take(8 * COUNT)]
    assert {buffer.address for buffer in found} == places


def test_limit(target: CudaTarget) -> None:
    target.pool.limit = 1 << 20
    held = [target.pool.take(1 << 17) for _ in range(4)]
    half = target.pool.take(1 << 18)
    with pytest.raises(OutOfMemory) as caught:
        target.pool.take(1 << 19)
    lines = str(caught.value).splitlines()
    assert "the pool's limit is 1,048,576; 786,432 bytes in 5 buffers" in lines[0]
    assert [line.split() for line in lines[1:]] == [
        ["4", "x", "131,072", "bytes"],
        ["1", "x", "262,144", "bytes"],
    ]
    del half
    assert target.pool.take(1 << 19).nbytes == 1 << 19  # what waited made room
    del held


def test_out_of_memory(open_target: Open) -> None:
    """What waits is given back, then what only a cycle holds; then it is an error."""
    target = open_target(0, memory=1 << 20)
    held = target.pool.take(1 << 19)
    waiting = [target.pool.take(1 << 16) for _ in range(8)]
    del waiting
    large = target.pool.take(1 << 19)
    assert target.pool.stats().pooled_blocks == 0
    with pytest.raises(OutOfMemory, match=r"cuda:0 has no more; 1,048,576 bytes in 2 buffers"):
        target.pool.take(1)
    cycle: list[object] = [large]
    cycle.append(cycle)
    del cycle, large
    assert target.pool.take(1 << 18).nbytes == 1 << 18
    assert held.nbytes == 1 << 19


def test_what_waits_is_given_back_when_nothing_uses_it(open_target: Open) -> None:
    """A kernel that is queued may still write a block that was let go."""
    target = open_target(0)
    x = put(target, np.arange(COUNT))
    del_me = mix(target, x, x, COUNT)
    y = mix(target, del_me, x, COUNT)
    del del_me
    assert target.pool.release() > 0
    assert (get(target, y, COUNT) == 5 * np.arange(COUNT)).all()


def test_a_value_of_another_thread(target: CudaTarget) -> None:
    """It is read after it was written, and its memory written again after it was read."""
    x = put(target, np.arange(COUNT))
    y = mix(target, x, x, COUNT)
    other = Thread()
    z = other.do(mix, target, y, y, COUNT)
    waits = target.counters["waits"]
    assert waits == 1
    address = y.address
    del y
    again = target.pool.take(8 * COUNT)
    assert again.address == address
    mix(target, x, x, COUNT, again)  # over what the other thread has still to read
    assert target.counters["waits"] == waits + 1
    assert (get(target, again, COUNT) == 3 * np.arange(COUNT)).all()
    assert (other.do(get, target, z, COUNT) == 9 * np.arange(COUNT)).all()
    other.end()


def test_memory_that_another_stream_let_go(target: CudaTarget) -> None:
    """A thread has it rather than new memory, behind what is queued there."""
    x = put(target, np.arange(COUNT))
    y = mix(target, x, x, COUNT)
    address = x.address
    del x
    allocations, other = target.counters["allocations"], Thread()
    taken = other.do(target.pool.take, 8 * COUNT)
    assert taken.address == address
    assert target.counters["allocations"] == allocations
    assert target.counters["waits"] == 1
    other.do(lambda: target.copy(taken.address, taken.address, 8))
    other.do(target.synchronize)
    assert (get(target, y, COUNT) == 3 * np.arange(COUNT)).all()
    other.end()


def test_memory_that_a_third_stream_has_read(target: CudaTarget) -> None:
    """Who has it waits for the reader too, though its own stream has not yet."""
    x = put(target, np.arange(COUNT))
    target.synchronize()
    reader, taker = Thread(), Thread()
    y = reader.do(mix, target, x, x, COUNT)
    address = x.address
    del x
    z = taker.do(put, target, np.zeros(COUNT))
    assert z.address == address
    taker.do(target.synchronize)
    assert (reader.do(get, target, y, COUNT) == 3 * np.arange(COUNT)).all()
    reader.end()
    taker.end()


def test_a_stream_outlives_its_thread(target: CudaTarget) -> None:
    """The next thread has it, with the memory that waits there."""
    first = elsewhere(lambda: put(target, np.arange(COUNT)).address)
    second = elsewhere(lambda: put(target, np.arange(COUNT)).address)
    assert first == second
    assert len(target.streams.all) == 1
    assert target.counters["waits"] == 0


def test_threads_at_once(target: CudaTarget) -> None:
    """Several threads that read one value, and take and let go memory of one another's."""
    shared = put(target, np.arange(COUNT))
    kernel(target, MIX)

    def work(k: int) -> list[bool]:
        right = []
        for step in range(8):
            own = put(target, np.full(COUNT, k))
            out = mix(target, own, shared, COUNT)
            del own
            if step % 3 == k % 3:
                right.append((get(target, out, COUNT) == k + 2 * np.arange(COUNT)).all())
        return right

    with ThreadPoolExecutor(4) as threads:
        assert all(right and all(right) for right in threads.map(work, range(4)))
    assert target.pool.stats().live_blocks == 1
    assert (get(target, shared, COUNT) == np.arange(COUNT)).all()


@st.composite
def programs(draw: st.DrawFn) -> list[tuple[str, int, int, int]]:
    """Steps: (what, thread, operand, operand), operands as positions among the values that live."""
    what = st.sampled_from(("mix", "mix", "mix", "put", "drop", "drop", "get"))
    number = st.integers(0, 999)
    return draw(
        st.lists(st.tuples(what, st.integers(0, 2), number, number), min_size=5, max_size=40)
    )


@settings(max_examples=150)
@given(programs())
def test_threads_in_any_order(open_target: Open, program: list[tuple[str, int, int, int]]) -> None:
    """Values that three threads make of one another's, and let go, are those of one thread."""
    target = open_target(0)
    kernel(target, MIX)
    threads = [Thread() for _ in range(3)]
    values: list[tuple[DeviceBuffer, np.ndarray]] = []
    count = 3
    for what, thread, i, j in program:
        do = threads[thread].do
        if what == "put" or not values:
            expected = np.arange(count) + i
            values.append((do(put, target, expected), expected))
            continue
        a, b = values[i % len(values)], values[j % len(values)]
        if what == "mix":
            values.append((do(mix, target, a[0], b[0], count), a[1] + 2 * b[1]))
        elif what == "drop":
            a = b = None
            values.pop(i % len(values))
        else:
            do(target.use, [a[0]])
            assert (do(get, target, a[0], count) == a[1]).all()
        a = b = None
    for k, (buffer, expected) in enumerate(values):
        do = threads[k % 3].do
        do(target.use, [buffer])
        assert (do(get, target, buffer, count) == expected).all()
    for each in threads:
        each.end()
