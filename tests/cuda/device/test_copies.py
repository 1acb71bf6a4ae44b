"""Copies between host and device, in pieces, through pinned memory."""

from __future__ import annotations

import numpy as np
import pytest
from device_work import get, mix, put

from ngrad_kernels.cuda.staging import FLYING, PIECE
from ngrad_kernels.cuda.target import CudaTarget


@pytest.mark.parametrize("nbytes", [0, 8, PIECE - 8, PIECE, PIECE + 8, 3 * PIECE + 1000])
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
    assert target.counters["copies"] == 2 * pieces + (nbytes > 0)


def test_a_look_waits_once(target: CudaTarget) -> None:
    x = put(target, np.arange(10))
    y = mix(target, x, x, 10)
    assert get(target, y, 10).tolist() == [3 * k for k in range(10)]
    assert target.counters["synchronisations"] == 1


def test_pinned_memory_is_used_again(target: CudaTarget) -> None:
    """However many copies are queued, only so many pieces wait for the device to read them."""
    buffers = [put(target, np.full(10, k)) for k in range(3 * FLYING)]
    assert target.staging.pool.stats().live_blocks <= FLYING
    for k, buffer in enumerate(buffers):
        assert (get(target, buffer, 10) == k).all()
    stats = target.staging.pool.stats()
    put(target, np.zeros(10))
    assert stats.live_blocks + stats.pooled_blocks <= FLYING + 1
