"""Where masks hold, and what is there, of any number of elements and on any number of threads."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest

from ngrad_kernels import held, threads

SIZES = [1, 7, 8, 9, 31 * 8, 31 * 8 + 1, 4095, 20_000, held.MANY, held.MANY + 4097]
SHARES = [0.0, 0.03, 0.5, 0.97, 1.0]
BESIDE = 64
"""Bytes after what is written that are to stay as they are."""


def masks(size: int) -> Any:
    rng = np.random.default_rng(size)
    for share in SHARES:
        mask = rng.random(size) < share
        yield mask.view("u1")
        yield mask * rng.integers(1, 256, size).astype("u1")  # as other libraries may have them


def on(count: int, work: Any) -> bytes:
    before = threads.used()
    try:
        threads.use(count)
        written = work()
    finally:
        threads.use(before)
    return bytes(written)


@pytest.mark.parametrize("size", SIZES)
def test_places_and_elements(size: int) -> None:
    rng = np.random.default_rng(0)
    for mask in masks(size):
        facts = held.counted(mask.ctypes.data, size)
        (where,) = mask.nonzero()
        assert facts[-1] == where.size

        def places(mask: Any = mask, facts: Any = facts) -> Any:
            out = (ctypes.c_char * (8 * facts[-1] + BESIDE))()
            held.write(mask.ctypes.data, facts, ctypes.addressof(out))
            return out

        for count in (1, 2):
            assert on(count, places) == where.tobytes() + bytes(BESIDE)
        for nbytes in held.PARTS:
            x = rng.integers(0, 256, (size, nbytes)).astype("u1")

            def elements(mask: Any = mask, facts: Any = facts, x: Any = x) -> Any:
                out = (ctypes.c_char * (x.shape[1] * facts[-1] + BESIDE))()
                addresses = mask.ctypes.data, facts, ctypes.addressof(out)
                held.pick(x.ctypes.data, x.shape[1], *addresses)
                return out

            for count in (1, 2):
                assert on(count, elements) == x[where].tobytes() + bytes(BESIDE)
