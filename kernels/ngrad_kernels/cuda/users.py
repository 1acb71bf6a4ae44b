"""What users' kernels are launched with: Numba's arrays over our memory, and its name for our
stream.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from numba import cuda


def run_user(
    run: Callable[[Any, list[Any]], object], arrays: Sequence[Any], stream: int, ordinal: int
) -> None:
    """Call a user's Python, `run(stream, arrays)`, in the context of a device."""
    with cuda.gpus[ordinal]:
        # The stream orders what is launched, so nobody has to wait.
        seen = [
            cuda.from_cuda_array_interface(x.__array_interface__, owner=x, sync=False)
            for x in arrays
        ]
        run(cuda.external_stream(stream), seen)
