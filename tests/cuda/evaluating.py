"""Programs of tensors on a GPU, each way they can be evaluated, and their bits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import ngrad

GPU = "cuda:0"


def bits(value: Any) -> list[bytes]:
    """With one NaN for all: a GPU makes them of other bits than a CPU."""
    leaves = value if isinstance(value, (list, tuple)) else [value]
    arrays = [np.array(leaf.numpy()) for leaf in leaves]
    for array in arrays:
        if array.dtype.kind == "f":
            array[array != array] = np.nan
    return [array.tobytes() for array in arrays]


def on_gpu(f: Callable[[], Any]) -> Any:
    with ngrad.device(GPU):
        return f()


@contextmanager
def evaluated(way: str) -> Iterator[None]:
    before = ngrad.config.fusion()
    ngrad.config.set_eager(way == "eager")
    ngrad.config.set_fusion("wait" if way == "fused" else "off")
    try:
        yield
    finally:
        ngrad.config.set_eager(False)
        ngrad.config.set_fusion(before)
