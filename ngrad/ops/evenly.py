"""Numbers evenly spaced, as `arange` and `linspace` have them."""

from __future__ import annotations

import numpy as np

from ngrad.devices import HOST, Device
from ngrad.dtypes import DType
from ngrad.graph.layout import layout
from ngrad.tensor import Tensor, empty, from_numpy
from ngrad_kernels import evenly as kernels

MANY = 1 << 16
"""Numbers from which all threads write them."""


def evenly(
    first: float,
    step: float,
    count: int,
    dtype: DType,
    device: Device,
    last: float | None = None,
) -> Tensor:
    """`k * step + first` of the first `count` numbers k, in int64 or float64; but for the last, if
    that is given.

    Examples
    --------
    >>> from ngrad.dtypes import float64
    >>> evenly(1.0, 0.5, 3, float64, HOST).numpy()
    array([1. , 1.5, 2. ])
    """
    if count < MANY or device is not HOST:
        numbers = np.arange(count, dtype=dtype.numpy_dtype)
        numbers = numbers if step == 1 else numbers * step
        numbers = numbers + first if first or step < 0 else numbers  # which makes 0 of -0
        if last is not None:
            numbers[-1] = last
        return from_numpy(numbers, dtype, device)
    found = empty(layout(dtype, (count,)))
    kernels.write(dtype.code, first, step, count, found._at)
    if last is not None:
        found._layout.array(found._at, None, True)[-1] = last
    return found
