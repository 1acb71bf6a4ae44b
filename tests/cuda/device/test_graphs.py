"""Runs of launches, captured and repeated."""

from __future__ import annotations

import numpy as np
import pytest
from device_work import Thread, get, mix, put

from ngrad_kernels.cuda.errors import CudaError
from ngrad_kernels.cuda.target import CudaTarget

COUNT = 20


def test_a_run_is_repeated(target: CudaTarget) -> None:
    """It runs not when it is captured, and then as often as it is called, in one call each."""
    one, total = put(target, np.ones(COUNT)), put(target, np.zeros(COUNT))

    def run() -> None:
        mix(target, total, mix(target, one, one, COUNT), COUNT, total)

    replay = target.capture(run)
    assert (get(target, total, COUNT) == 0).all()
    before = target.counters
    for _ in range(3):
        replay()
    assert target.counters - before == {"replays": 3}
    assert (get(target, total, COUNT) == 18).all()
    run()
    assert (get(target, total, COUNT) == 24).all()


def test_memory_of_a_graph_is_its_own(target: CudaTarget) -> None:
    """What a run takes and lets go is not used by others while the graph can run."""
    x, out = put(target, np.arange(COUNT)), put(target, np.zeros(COUNT))
    replay = target.capture(lambda: mix(target, mix(target, x, x, COUNT), x, COUNT, out))
    live = target.pool.stats().live_blocks
    assert live == 3
    others = [put(target, np.full(COUNT, -1)) for _ in range(3)]
    replay()
    assert (get(target, out, COUNT) == 5 * np.arange(COUNT)).all()
    assert all((get(target, other, COUNT) == -1).all() for other in others)
    del replay, others
    assert target.pool.stats().live_blocks == 2


def test_another_thread_repeats_it(target: CudaTarget) -> None:
    """In the order of calls, whichever threads they come from."""
    x, total = put(target, np.ones(COUNT)), put(target, np.zeros(COUNT))
    replay = target.capture(lambda: mix(target, total, x, COUNT, total))
    other = Thread()
    mix(target, x, x, COUNT, total)
    other.do(replay)
    assert (other.do(get, target, total, COUNT) == 5).all()
    other.do(replay)
    out = mix(target, total, total, COUNT)
    assert (get(target, out, COUNT) == 21).all()
    other.end()


def test_a_run_that_reads_another_threads_value(target: CudaTarget) -> None:
    x = put(target, np.arange(COUNT))
    other = Thread()
    y = other.do(lambda: (target.use([x]), mix(target, x, x, COUNT))[1])
    out = target.pool.take(8 * COUNT)
    replay = target.capture(lambda: mix(target, y, y, COUNT, out))
    replay()
    assert (get(target, out, COUNT) == 9 * np.arange(COUNT)).all()
    other.end()


def test_other_threads_go_on_while_a_run_is_captured(target: CudaTarget) -> None:
    x, out = put(target, np.arange(COUNT)), target.pool.take(8 * COUNT)
    other = Thread()

    def run() -> None:
        mix(target, x, x, COUNT, out)
        y = other.do(mix, target, x, x, COUNT)  # x is of the stream that is captured
        assert (other.do(get, target, y, COUNT) == 3 * np.arange(COUNT)).all()

    target.capture(run)()
    assert (get(target, out, COUNT) == 3 * np.arange(COUNT)).all()
    other.end()


def test_memory_is_released_while_a_run_is_captured(target: CudaTarget) -> None:
    """When the work that was queued before is done."""
    x = put(target, np.arange(COUNT))
    y = mix(target, x, x, COUNT)
    out = mix(target, y, x, COUNT)
    size = y.nbytes
    del y  # which those two kernels have still to use
    released: list[int] = []

    def run() -> None:
        released.append(target.pool.release())
        mix(target, out, mix(target, x, x, COUNT), COUNT, out)

    target.capture(run)()
    assert released == [size]
    assert (get(target, out, COUNT) == 11 * np.arange(COUNT)).all()


@pytest.mark.parametrize("copy", ["copy_in", "copy_out"])
def test_a_run_does_not_copy_from_or_to_the_host(target: CudaTarget, copy: str) -> None:
    """It is refused before anything is queued, and the stream is as before."""
    x, host = put(target, np.arange(COUNT)), np.zeros(COUNT, np.int64)
    places = (x.address, host.ctypes.data)[:: 1 if copy == "copy_in" else -1]
    with pytest.raises(CudaError, match=f"{copy}: the memory of the host"):
        target.capture(lambda: getattr(target, copy)(*places, 8 * COUNT))
    assert (get(target, mix(target, x, x, COUNT), COUNT) == 3 * np.arange(COUNT)).all()
