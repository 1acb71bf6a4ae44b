"""Copies between host and device: in pieces, through pinned memory, or with a launch."""

from __future__ import annotations

import numpy as np
import pytest
from device_work import get, get_array, mix, put, put_array

from ngrad_kernels.cuda.staging import FLYING, PIECE
from ngrad_kernels.cuda.target import MOST_CARRIED, CudaTarget


@pytest.mark.parametrize(
    "nbytes", [0, 8, MOST_CARRIED, MOST_CARRIED + 8, PIECE - 8, PIECE, PIECE + 8, 3 * PIECE + 1000]
)
def test_in_and_out(target: CudaTarget, nbytes: int) -> None:
    """What comes in may change as soon as it is copied; what comes out is there."""
    values = np.arange(nbytes // 8)
    source = values.copy()
    buffer = target.pool.take(nbytes)
    target.copy_in(buffer.address, source.ctypes.data, nbytes)
    source[:] = -1
    copy = target.pool.take(nbytes)
    target.copy(copy.address, buffer.address, nbytes)
    assert target.counters["synchronisations"] == 0
    assert (get(target, copy, nbytes // 8) == values).all()
    pieces = -(-nbytes // PIECE)
    assert target.counters["synchronisations"] == pieces
    copied_in = pieces if nbytes > MOST_CARRIED else 0
    assert target.counters["copies"] == copied_in + pieces + (nbytes > 0)


def test_a_few_bytes_go_with_launches(target: CudaTarget) -> None:
    """Just those, wherever they go, and with nothing that waits."""
    expected = np.full(MOST_CARRIED + 64, 7, np.uint8)
    buffer = put_array(target, expected)
    source = np.arange(MOST_CARRIED, dtype=np.uint8) * 3 + 128
    before = target.counters
    for nbytes, at in ((1, 0), (2, 3), (4, 8), (8, 16), (13, 25), (64, 40), (65, 41), (200, 60)):
        moved = source.copy()
        target.copy_in(buffer.address + at, moved.ctypes.data, nbytes)
        moved[:] = 0
        expected[at : at + nbytes] = source[:nbytes]
    assert target.counters - before == {"launches": 12}
    assert (get_array(target, buffer, expected.size, np.uint8) == expected).all()


def test_a_look_waits_once(target: CudaTarget) -> None:
    x = put(target, np.arange(10))
    y = mix(target, x, x, 10)
    assert get(target, y, 10).tolist() == [3 * k for k in range(10)]
    assert target.counters["synchronisations"] == 1


def test_pinned_memory_is_used_again(target: CudaTarget) -> None:
    """However many copies are queued, only so many pieces wait for the device to read them."""
    count = MOST_CARRIED // 8 + 1
    buffers = [put(target, np.full(count, k)) for k in range(3 * FLYING)]
    assert target.staging.pool.stats().live_blocks <= FLYING
    for k, buffer in enumerate(buffers):
        assert (get(target, buffer, count) == k).all()
    stats = target.staging.pool.stats()
    put(target, np.zeros(count))
    assert stats.live_blocks + stats.pooled_blocks <= FLYING + 1
