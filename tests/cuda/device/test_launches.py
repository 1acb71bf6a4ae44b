"""Launches: their words, their order, their errors; facts; kernels loaded once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from device_work import MIX, WORDS, Thread, get, kernel, mix, put, text

from ngrad_kernels.contract import CHUNK
from ngrad_kernels.cuda import devices
from ngrad_kernels.cuda.errors import CudaError
from ngrad_kernels.cuda.memory import DeviceBuffer
from ngrad_kernels.cuda.source import Source
from ngrad_kernels.cuda.target import CudaTarget

COUNT = 100


def test_words(target: CudaTarget) -> None:
    """A kernel has the words of its own launch, and 0 for operands that it does without."""
    number = kernel(target, WORDS)
    a, b = target.pool.take(40), target.pool.take(40)
    target.launch(number, 7, 3, CHUNK, (a.address, 1 << 62, 11))
    target.launch(number, 0, 2, CHUNK, (b.address,))
    assert get(target, a, 5).tolist() == [7, 3, a.address, 1 << 62, 11]
    assert get(target, b, 5).tolist() == [0, 2, b.address, 0, 0]


def test_no_items(target: CudaTarget) -> None:
    target.launch(kernel(target, WORDS), 0, 0, CHUNK, (0,))
    assert target.counters["launches"] == 0


def test_too_many_operands(target: CudaTarget) -> None:
    with pytest.raises(CudaError, match="words: takes 5 words, not 6"):
        target.launch(kernel(target, WORDS), 0, 1, CHUNK, (0, 0, 0, 0))


def test_more_words_than_a_launch_takes(target: CudaTarget) -> None:
    operands = ", ".join(f"a{k}" for k in range(511))
    with pytest.raises(CudaError, match="many: a launch has at most 512 words, not 513"):
        target.load("many", lambda: text(f"def many(facts, n, {operands}): pass", 511))


def test_launches_of_a_thread_run_in_order(target: CudaTarget) -> None:
    one = put(target, np.ones(COUNT))
    total = put(target, np.zeros(COUNT))
    number = kernel(target, MIX)
    work = (number, 0, COUNT, CHUNK, (total.address, one.address, total.address))
    target.launch_all([work] * 5)
    assert (get(target, total, COUNT) == 10).all()
    assert target.counters["launches"] == 5


def test_a_kernel_is_loaded_once(target: CudaTarget) -> None:
    asked = 0

    def source() -> Source:
        nonlocal asked
        asked += 1
        return text(MIX)

    threads = [Thread() for _ in range(3)]
    numbers = {thread.do(target.load, "key", source) for thread in threads}
    numbers.add(target.load("key", source))
    assert len(numbers) == asked == 1
    assert target.load("another", lambda: text(WORDS)) not in numbers
    for thread in threads:
        thread.end()


def test_facts(target: CudaTarget) -> None:
    """Facts are there for every thread, and their memory is used again only when all are done."""
    words = np.arange(COUNT)
    address, keep = target.facts(words)
    words[:] = 0
    other = Thread()
    zeros = other.do(put, target, np.zeros(COUNT))

    def launch() -> DeviceBuffer:
        out = target.pool.take(8 * COUNT)
        operands = (address, zeros.address, out.address)
        target.launch(kernel(target, MIX), 0, COUNT, CHUNK, operands)
        return out

    out = other.do(launch)
    del keep
    again = put(target, np.full(COUNT, -1))  # over the facts, which that kernel has still to read
    assert again.address == address
    target.synchronize()
    assert (other.do(get, target, out, COUNT) == np.arange(COUNT)).all()
    other.end()


@pytest.mark.skipif(not devices.simulated(), reason="would lose the process its GPU")
def test_a_kernel_that_fails(target: CudaTarget) -> None:
    """It is an error where the host waits, and names the kernel; the simulator goes on."""
    x = put(target, np.arange(COUNT))
    y = mix(target, x, x, COUNT)
    end = y.address + y.nbytes
    target.launch(kernel(target, MIX), 0, 1, CHUNK, (x.address, x.address, end))
    with pytest.raises(CudaError, match=r"^mix: .*not the device's") as caught:
        target.synchronize()
    assert caught.value.name == "CUDA_ERROR_LAUNCH_FAILED"
    assert (get(target, y, COUNT) == 3 * np.arange(COUNT)).all()


def test_two_devices(open_target: Callable[..., CudaTarget]) -> None:
    """Each has its own memory, streams, kernels and counters."""
    if devices.count() < 2:
        pytest.skip("there is one GPU")
    first, second = open_target(0), open_target(1)
    x, y = put(first, np.arange(COUNT)), put(second, np.ones(COUNT))
    moved = second.pool.take(8 * COUNT)
    second.use([x])
    second.copy(moved.address, x.address, 8 * COUNT)
    z = mix(second, moved, y, COUNT)
    assert first.counters["launches"] == 0
    assert second.counters["launches"] == 1
    assert first.pool.stats().live_blocks == 1
    address = x.address
    del x  # its memory waits for the copy
    assert put(first, np.zeros(COUNT)).address == address
    first.synchronize()
    assert (get(second, z, COUNT) == np.arange(COUNT) + 2).all()
